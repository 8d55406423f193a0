//! Quorate's command line: reads arguments, chains the engine's stages, shows what happens.
//!
//! The only code of the project that prints or exits.

pub mod args;
pub mod exit;
pub mod view;

use std::process::ExitCode;

/// Runs the program with the arguments and the environment of this process.
pub fn run() -> ExitCode {
    let variable = |name: &str| std::env::var_os(name);
    match args::parse(std::env::args_os(), &variable) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = error.print();
            ExitCode::from(if error.use_stderr() { exit::Exit::User.code() } else { 0 })
        }
    }
}
