//! Lists, tuples, maps and objects.

pub mod list;
pub mod map;
pub mod search;
