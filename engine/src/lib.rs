//! Quorate's engine: language, graph, diff, plan, apply, state.
//!
//! ```text
//! .hcl --load--> Config --build--> Graph ---------------------+
//!                                                             |
//! state --lock--> State --observe--> Observed ---plan-------> Plan --apply--> State
//!                         (reads hosts)        (pure, sync)     |    (acts)
//!                                                               +--> shown, checked, saved
//! ```
//!
//! The engine knows no provider, no SSH, no X.509 and no etcd.
//! It never prints, never reads the environment and never exits; a person sees what
//! the binary makes of [`diag::Diagnostics`] and [`event::Event`].

pub mod addr;
pub mod apply;
pub mod build;
pub mod builtin;
pub mod config;
pub mod desired;
pub mod diag;
pub mod eval;
pub mod event;
pub mod functions;
mod grammar;
pub mod graph;
pub mod layout;
mod lex;
pub mod observe;
pub mod parallel;
pub mod plan;
pub mod refactor;
pub mod resource;
pub mod schema;
pub mod source;
pub mod state;
pub mod suggest;
pub mod validate;
pub mod value;
pub mod world;
