//! `quorate validate`

use std::collections::BTreeMap;
use std::sync::Arc;

use quorate_engine::config::{Config, DiskFiles};
use quorate_engine::desired::Inputs;
use quorate_engine::diag::Reported;
use quorate_engine::resource::Realm as _;
use quorate_engine::validate::{open_variables, validate};
use quorate_engine::value::{Text, Value};

use super::{Context, Stop};
use crate::args::{ValidateArgs, VariableArgs};
use crate::backend::wanted;
use crate::exit::Exit;
use crate::session::registry;
use crate::view::diagnostic::validation_json;
use crate::view::page::Tone;

/// Checks all that can be checked without a host or a state.
pub fn run(context: &mut Context, args: &ValidateArgs) -> Result<Exit, Stop> {
    let outcome = check(context, &args.variables);
    if args.json {
        return json(context);
    }
    outcome?;
    let page = context.ui.page();
    let success = page.paint(Tone::Add, "Success!");
    let rest = match context.diagnostics.is_empty() {
        true => "The configuration is valid.",
        false => "The configuration is valid, but there were some warnings as shown below.",
    };
    context.ui.line(format_args!("{success} {rest}"))?;
    Ok(Exit::Success)
}

/// Writes the messages as a result, so that nothing is left to report.
fn json(context: &mut Context) -> Result<Exit, Stop> {
    let messages = std::mem::take(&mut context.diagnostics);
    let shown = validation_json(&messages, &context.sources);
    context.ui.line(format_args!("{shown:#}"))?;
    Ok(Exit::of(&messages))
}

fn check(context: &mut Context, args: &VariableArgs) -> Result<(), Reported> {
    let config = context.config()?;
    let variables = variables(context, &config, args)?;
    let backend = wanted(config.settings.backend.as_ref(), &BTreeMap::new());
    backend.map_err(|error| context.diagnostics.error(*error))?;
    let now = context.person(&config.settings)?.now();
    let inputs = Inputs {
        config: Arc::new(config),
        variables,
        registry: registry(),
        files: Arc::new(DiskFiles::default()),
        now,
    };
    validate(&inputs, &mut context.diagnostics)
}

fn variables(
    context: &mut Context,
    config: &Config,
    args: &VariableArgs,
) -> Result<BTreeMap<Text, Value>, Reported> {
    match args.given.is_empty() {
        true => Ok(open_variables(config).collect()),
        false => context.variables(config, args),
    }
}
