//! Quorate's command line: reads arguments, chains the engine's stages, shows what happens.
//!
//! The only code of the project that prints or exits.

pub mod args;
pub mod backend;
pub mod commands;
pub mod exit;
pub mod identity;
pub mod interrupt;
pub mod log;
pub mod session;
pub mod settings;
pub mod state_failed;
pub mod ui;
pub mod view;
pub mod whole_file;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use quorate_engine::diag::{Diagnostic, Diagnostics};
use quorate_engine::source::Sources;

use commands::Context;
use exit::Exit;
use settings::Environment;
use ui::Ui;

/// Runs the program with the arguments and the environment of this process.
pub fn run() -> ExitCode {
    let mut typed = std::env::args_os().skip(1);
    if typed.next().is_some_and(|first| first == args::completion::ASK) {
        return offered(&commands::completion::answer(typed));
    }
    let environment: Environment = std::env::vars_os().collect();
    let variable = |name: &str| environment.get(name);
    let args = match args::parse(std::env::args_os(), &variable) {
        Ok(args) => args,
        Err(error) => return refused(&error),
    };
    let ui = Ui::of_process(args.no_color);
    let sources = Sources::default();
    let (diagnostics, chdir) = (Diagnostics::default(), args.chdir.clone());
    let mut context = Context { environment, ui, sources, diagnostics, chdir };
    if let Err(reason) = log::start(&context.environment) {
        let diagnostic = Diagnostic::error("Log not possible", format!("{reason}."));
        context.diagnostics.push(diagnostic);
        context.ui.report(&context.diagnostics, &context.sources);
        return ExitCode::from(Exit::User.code());
    }
    let exit = match args.chdir.as_deref().map_or(Ok(()), |dir| enter(&mut context, dir)) {
        Ok(()) => commands::run(&mut context, &args),
        Err(exit) => exit,
    };
    ExitCode::from(exit.code())
}

/// Answers the completion of a shell.
fn offered(candidates: &[String]) -> ExitCode {
    let mut out = std::io::stdout().lock();
    // Nobody reads it when writing fails.
    let _ = candidates.iter().try_for_each(|candidate| writeln!(out, "{candidate}"));
    ExitCode::SUCCESS
}

/// What the parser of arguments says: help, the version, or a mistake.
fn refused(error: &clap::Error) -> ExitCode {
    // Nobody reads it when writing fails.
    let _ = error.print();
    ExitCode::from(if error.use_stderr() { Exit::User.code() } else { Exit::Success.code() })
}

/// Relative paths mean the directory that was asked for, also within configurations.
fn enter(context: &mut Context, dir: &Path) -> Result<(), Exit> {
    std::env::set_current_dir(dir).map_err(|error| {
        let detail = format!("The directory {} given with -C: {error}.", dir.display());
        context.diagnostics.push(Diagnostic::error("Directory not usable", detail));
        context.ui.report(&context.diagnostics, &context.sources);
        Exit::User
    })
}
