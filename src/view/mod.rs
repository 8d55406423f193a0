//! What a person sees. Nothing here decides; everything is a function of plain data.

pub mod diagnostic;
pub mod dot;
pub mod html;
pub mod json;
pub mod markdown;
pub mod notice;
pub mod outputs;
pub mod page;
pub mod plan;
pub mod progress;
pub mod state;
pub mod text;
pub mod value;

mod delta;
mod lines;
mod made;
mod meaning;
mod paths;
mod sequence;
mod stand_in;

pub use page::{Detail, Page, ViewOptions};
