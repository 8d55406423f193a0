//! `quorate output`

use quorate_engine::diag::{Diagnostic, Reported};
use quorate_engine::suggest::did_you_mean;
use quorate_engine::value::Value;
use serde_json::{Map, Value as Json};

use super::stored::Snapshot;
use super::{Context, Stop};
use crate::args::OutputArgs;
use crate::exit::Exit;
use crate::view::json::{output_json, value_json};
use crate::view::outputs::{put_each, shown};

/// Shows one output or all.
pub fn run(context: &mut Context, args: &OutputArgs) -> Result<Exit, Stop> {
    let snapshot = Snapshot::read(context)?;
    match &args.name {
        Some(name) => one(context, &snapshot, name, args),
        None => all(context, &snapshot, args.json),
    }
}

fn all(context: &mut Context, snapshot: &Snapshot, json: bool) -> Result<Exit, Stop> {
    if json {
        let outputs = snapshot.outputs.iter().map(|(name, value)| {
            (name.to_string(), output_json(value, value.unmark().1.sensitive))
        });
        let text = Json::Object(outputs.collect::<Map<_, _>>());
        context.ui.line(format_args!("{text:#}"))?;
        return Ok(Exit::Success);
    }
    if snapshot.outputs.is_empty() {
        let detail = "The state has no outputs: none is declared, or nothing was applied yet.";
        context.diagnostics.push(Diagnostic::warning("No outputs found", detail));
    }
    let outputs = snapshot.outputs.iter().map(|(name, value)| (&**name, value));
    put_each(&mut context.ui.page(), outputs)?;
    Ok(Exit::Success)
}

fn one(
    context: &mut Context,
    snapshot: &Snapshot,
    name: &str,
    args: &OutputArgs,
) -> Result<Exit, Stop> {
    let Some(value) = snapshot.outputs.get(name) else {
        return Err(unknown(context, snapshot, name).into());
    };
    if args.raw || args.json {
        readable(context, name, value)?;
    }
    match (args.raw, args.json) {
        (true, _) => {
            let text = raw(context, name, value)?;
            context.ui.out.write_all(text.as_bytes())?;
        }
        (_, true) => context.ui.line(value_json(value))?,
        _ => context.ui.line(shown(value))?,
    }
    Ok(Exit::Success)
}

fn unknown(context: &mut Context, snapshot: &Snapshot, name: &str) -> Reported {
    let detail = format!("The state has no output named {name:?}.");
    let mut diagnostic = Diagnostic::error("Output not found", detail);
    diagnostic.help = did_you_mean(name, snapshot.outputs.keys());
    context.diagnostics.error(diagnostic)
}

/// What the state keeps sealed is never a value for the next program.
fn readable(context: &mut Context, name: &str, value: &Value) -> Result<(), Reported> {
    if value.is_wholly_known() {
        return Ok(());
    }
    let detail = format!("The output {name:?} is sensitive, and the state keeps it sealed.");
    Err(context.diagnostics.error(Diagnostic::error("Output is sealed", detail)))
}

fn raw(context: &mut Context, name: &str, value: &Value) -> Result<String, Reported> {
    match value.bare() {
        Value::String(text) => Ok(text.to_string()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(truth) => Ok(truth.to_string()),
        _ => {
            let detail = format!("-raw writes a string, a number or a bool; {name:?} is another.");
            let diagnostic = Diagnostic::error("Unsupported value for raw output", detail);
            Err(context.diagnostics.error(diagnostic.help("Use -json instead.")))
        }
    }
}
