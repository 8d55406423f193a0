//! The real binary against real hosts: `tests/run-lab` brings the lab up and runs these.
//!
//! They are ignored otherwise, because a lab needs root. Each begins with fresh hosts, so they
//! run one after the other. `UPDATE_GOLDEN=1 tests/run-lab` writes the transcripts anew; read the
//! difference before it is committed.

// A test that cannot go on may panic anywhere, also outside of test functions; the times that it
// prints are looked at when it fails.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod cluster;
mod golden;
mod interrupts;
mod kills;
mod lab;
mod life;
mod secrets;
mod workspace;
mod wrong_hosts;
