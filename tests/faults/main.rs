//! The real binary, killed, crowded and overheard: nothing is lost, done twice or given away.
//!
//! Hosts are folders. `QUORATE_KILLS=300 cargo test --test faults` kills that many runs instead of a few.
#![allow(
    clippy::print_stdout,
    reason = "the figures of a run are for whoever asks with --nocapture"
)]
// A test that cannot go on may panic anywhere, also outside of test functions.
#![allow(clippy::unwrap_used)]

mod crowd;
mod damaged;
mod files;
mod kills;
mod overheard;
mod workspace;
