//! `quorate console`: expressions in, answers out.

mod entry;
mod interactive;
mod piped;

use std::io::{self, IsTerminal};
use std::sync::Arc;

use quorate_engine::apply::Clock;
use quorate_engine::build::build;
use quorate_engine::config::{Config, DiskFiles, Missing, has_configuration};
use quorate_engine::desired::{Console, Inputs};
use quorate_engine::diag::{Diagnostic, Diagnostics, Reported};
use quorate_engine::eval::parse_expression;
use quorate_engine::event::Silent;
use quorate_engine::plan::Aim;
use quorate_engine::resource::Realm;
use quorate_engine::state::{FileStore, State};

use super::{Context, Stop, runtime};
use crate::args::ConsoleArgs;
use crate::exit::Exit;
use crate::session::{Session, peek, registry, state_failed};

/// How messages call what was typed.
const SOURCE: &str = "<console-input>";

/// Reads expressions to the end of the input and answers each.
pub fn run(context: &mut Context, args: &ConsoleArgs) -> Result<Exit, Stop> {
    if args.plan {
        return with_plan(context, args);
    }
    let config = configuration(context)?;
    let variables = context.variables_or(Missing::Unknown, &config, &args.variables)?;
    let written = build(&config, &mut context.diagnostics)?;
    let state = state(context, args)?;
    let person = context.person(&config.settings)?;
    let inputs = Inputs {
        config: Arc::new(config),
        variables,
        registry: registry(),
        files: Arc::new(DiskFiles::default()),
        now: person.now(),
    };
    let entropy = Arc::new(Clock(person));
    let console = Console::open(&inputs, &written, &state, entropy, &mut context.diagnostics);
    converse(context, &console)
}

/// The same with the values of a plan, which asks the hosts.
fn with_plan(context: &mut Context, args: &ConsoleArgs) -> Result<Exit, Stop> {
    let session = Session::open(context, &args.variables)?;
    let state = state(context, args)?;
    let aim = Aim::default();
    let made = runtime(context)?.block_on(async {
        let made = session.plan(&state, &aim, &Silent, &mut context.diagnostics).await;
        session.close().await;
        made
    })?;
    let entropy = Arc::new(Clock(session.person.clone()));
    let tables = made.planning.tables;
    let console = Console::planned(&session.inputs, &session.written, tables, entropy);
    converse(context, &console)
}

fn converse(context: &mut Context, console: &Console<'_>) -> Result<Exit, Stop> {
    greet(context);
    match io::stdin().is_terminal() {
        true => interactive::run(context, console),
        false => piped::run(context, console),
    }
}

/// The configuration of the working directory; functions can be tried without one.
fn configuration(context: &mut Context) -> Result<Config, Reported> {
    match has_configuration(".", &DiskFiles::default()) {
        true => context.config(),
        false => Ok(Config::empty(".", context.sources.clone())),
    }
}

fn state(context: &mut Context, args: &ConsoleArgs) -> Result<State, Reported> {
    match &args.state {
        Some(path) => FileStore::new(path)
            .peek()
            .map_err(|error| context.diagnostics.error(state_failed(&error))),
        None => peek(context),
    }
}

/// Says what is wrong with the configuration before anything is asked.
fn greet(context: &mut Context) {
    if context.diagnostics.has_errors() {
        let detail = "Due to the problems above, some expressions may produce unexpected results.";
        let found = std::mem::take(&mut context.diagnostics);
        report(context, &found);
        context.diagnostics.push(Diagnostic::warning("Incomplete values", detail));
    }
    let found = std::mem::take(&mut context.diagnostics);
    report(context, &found);
}

/// Answers an expression, or says what is wrong with it.
///
/// The text is kept only as long as that takes: a script may bring any number of them.
fn answer(context: &mut Context, console: &Console<'_>, text: &str) -> Result<String, Wrong> {
    let kept = context.sources.clone();
    let source = context.sources.add(SOURCE, text);
    let mut found = Diagnostics::default();
    let answer = parse_expression(text, source)
        .map_err(|problem| found.error(*problem))
        .and_then(|expr| console.answer(&expr, &mut found));
    report(context, &found);
    context.sources = kept;
    answer.map_err(|_| Wrong(Exit::of(&found)))
}

/// An expression without a value, and how a script that holds it ends.
struct Wrong(Exit);

fn report(context: &mut Context, diagnostics: &Diagnostics) {
    if !diagnostics.is_empty() {
        context.ui.report(diagnostics, &context.sources);
    }
}
