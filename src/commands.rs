//! One file per command: arguments in, one function that chains the engine's stages.

mod again;
mod apply;
pub mod completion;
mod console;
mod edit;
mod fmt;
mod force_unlock;
mod graph;
mod import;
mod init;
mod migrate;
mod output;
mod plan;
mod plan_file;
mod reseal;
mod show;
mod state;
mod stored;
mod validate;
mod version;
mod voice;

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::sync::Arc;

use quorate_engine::config::{Config, DiskFiles, Missing, Settings, VarInputs, load, root_values};
use quorate_engine::diag::{Diagnostic, Diagnostics, Reported};
use quorate_engine::source::Sources;
use quorate_engine::value::{Text, Value};
use quorate_providers::modules::builtin_modules;

use crate::args::{Args, Command, VariableArgs};
use crate::exit::Exit;
use crate::identity::Person;
use crate::settings::{Environment, variable_sources};
use crate::ui::Ui;
use crate::view::progress::Command as Done;

/// What every command works with.
pub struct Context {
    /// What the environment says.
    pub environment: Environment,
    /// Where to write and ask.
    pub ui: Ui,
    /// The texts that messages point into.
    pub sources: Sources,
    /// All messages so far.
    pub diagnostics: Diagnostics,
    /// The folder to work in, where another was given than the one the program was started in.
    pub chdir: Option<PathBuf>,
}

/// Why a command ended early.
#[derive(Debug)]
pub enum Stop {
    /// For a reason that is among the messages.
    Reported(Reported),
    /// Because its output could not be written.
    Output(io::Error),
}

impl From<Reported> for Stop {
    fn from(reported: Reported) -> Self {
        Stop::Reported(reported)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Stop::Output(error)
    }
}

impl Context {
    /// Reads the configuration of the working directory.
    pub fn config(&mut self) -> Result<Config, Reported> {
        let files = DiskFiles::default();
        load(".", &files, &builtin_modules(), &mut self.sources, &mut self.diagnostics)
    }

    /// Who runs this process, with what a configuration says of seals.
    pub fn person(&mut self, settings: &Settings) -> Result<Arc<Person>, Reported> {
        let person = Person::of(&self.environment, settings);
        person.map(Arc::new).map_err(|error| self.diagnostics.error(*error))
    }

    /// The values of the root module's variables.
    pub fn variables(
        &mut self,
        config: &Config,
        args: &VariableArgs,
    ) -> Result<BTreeMap<Text, Value>, Reported> {
        self.variables_or(Missing::Refused, config, args)
    }

    /// The same, where variables without a value may be acceptable.
    pub fn variables_or(
        &mut self,
        missing: Missing,
        config: &Config,
        args: &VariableArgs,
    ) -> Result<BTreeMap<Text, Value>, Reported> {
        let (environment, broken) = self.environment.variables();
        for name in broken {
            let detail = format!("The value of {name} in the environment is not UTF-8.");
            self.diagnostics.error(Diagnostic::error("Invalid value for variable", detail));
        }
        self.diagnostics.reported()?;
        let command_line = variable_sources(args);
        let inputs = VarInputs { environment: &environment, command_line: &command_line };
        let files = DiskFiles::default();
        root_values(config, inputs, missing, &files, &mut self.sources, &mut self.diagnostics)
    }
}

/// Runs a command and reports all messages.
pub fn run(context: &mut Context, args: &Args) -> Exit {
    context.ui.compact_warnings = args.command.compact_warnings();
    context.ui.view = context.ui.view.with(args.command.detail());
    if !args.command.may_ask() {
        context.environment.ask_nobody();
    }
    let outcome = match &args.command {
        Command::Init(args) => init::run(context, args),
        Command::ForceUnlock(args) => force_unlock::run(context, args),
        Command::Validate(args) => validate::run(context, args),
        Command::Fmt(args) => fmt::run(context, args),
        Command::Plan(args) => plan::run(context, args),
        Command::Apply(args) => apply::run(context, args, Done::Apply),
        Command::Destroy(args) => apply::run(context, args, Done::Destroy),
        Command::Show(args) => show::run(context, args),
        Command::Output(args) => output::run(context, args),
        Command::State(args) => state::run(context, &args.command),
        Command::Console(args) => console::run(context, args),
        Command::Import(args) => import::run(context, args),
        Command::Taint(args) => edit::taint(context, args, edit::Mark::Taint),
        Command::Untaint(args) => edit::taint(context, args, edit::Mark::Untaint),
        Command::Graph(args) => graph::run(context, args),
        Command::Completion { shell } => completion::run(context, *shell),
        Command::Man { dir } => completion::man(context, dir),
        Command::Version => version::run(context),
    };
    let written = context.ui.out.flush().map_err(Stop::Output);
    let exit = match outcome.and_then(|exit| written.map(|()| exit)) {
        Ok(exit) => exit.max(Exit::of(&context.diagnostics)),
        Err(Stop::Reported(_)) => Exit::of(&context.diagnostics),
        Err(Stop::Output(error)) => output_failed(context, &error),
    };
    context.ui.report(&context.diagnostics, &context.sources);
    exit
}

/// Something that lives until the process ends, and that the system then takes away as a whole:
/// taking large structures apart piece by piece takes a tenth of a large plan's time.
pub fn last<T>(value: T) -> ManuallyDrop<T> {
    ManuallyDrop::new(value)
}

/// What drives the engine's asynchronous stages.
fn runtime(context: &mut Context) -> Result<tokio::runtime::Runtime, Reported> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
        let detail = format!("Starting the threads for input and output failed: {error}.");
        context.diagnostics.error(Diagnostic::world("Threads not started", detail))
    })
}

/// A reader that has seen enough (`quorate output | head -1`) is no failure.
fn output_failed(context: &mut Context, error: &io::Error) -> Exit {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Exit::Success;
    }
    let detail = format!("Writing to the standard output failed: {error}.");
    context.diagnostics.error(Diagnostic::world("Output not written", detail));
    Exit::World
}
