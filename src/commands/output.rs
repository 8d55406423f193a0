//! `quorate output`
//!
//! As with Terraform a list masks what is sensitive; who asks for one output, or for JSON, is shown
//! it. It is sealed in the state, so that takes the identity.

use std::collections::BTreeMap;

use quorate_engine::diag::{Diagnostic, Reported};
use quorate_engine::resource::Realm as _;
use quorate_engine::state::{OpenError, State, StoredOutput};
use quorate_engine::suggest::did_you_mean;
use quorate_engine::value::{Text, Type, Value};
use serde_json::{Map, Value as Json, json};

use super::stored::Snapshot;
use super::{Context, Stop};
use crate::args::OutputArgs;
use crate::backend::settings_of_folder;
use crate::exit::Exit;
use crate::session::peek;
use crate::view::json::{type_json, value_json};
use crate::view::outputs::{put_each, shown};

/// Shows one output or all.
pub fn run(context: &mut Context, args: &OutputArgs) -> Result<Exit, Stop> {
    let state = peek(context)?;
    match &args.name {
        Some(name) => one(context, &state, name, args),
        None if args.json => all_as_json(context, &state),
        None => all(context, &state),
    }
}

fn all(context: &mut Context, state: &State) -> Result<Exit, Stop> {
    let outputs = Snapshot::of(state).outputs;
    if outputs.is_empty() {
        let detail = "The state has no outputs: none is declared, or nothing was applied yet.";
        context.diagnostics.push(Diagnostic::warning("No outputs found", detail));
    }
    let outputs = outputs.iter().map(|(name, value)| (&**name, value));
    put_each(&mut context.ui.page(), outputs)?;
    Ok(Exit::Success)
}

fn all_as_json(context: &mut Context, state: &State) -> Result<Exit, Stop> {
    let outputs = opened(context, state.outputs.iter())?;
    let document = outputs.iter().map(|(name, value)| {
        let output = json!({
            "sensitive": state.outputs.get(name).is_some_and(|output| output.sensitive),
            "type": type_json(&value.type_of()),
            "value": value_json(value),
        });
        (name.to_string(), output)
    });
    let text = Json::Object(document.collect::<Map<_, _>>());
    context.ui.line(format_args!("{text:#}"))?;
    Ok(Exit::Success)
}

fn one(context: &mut Context, state: &State, name: &str, args: &OutputArgs) -> Result<Exit, Stop> {
    let Some(found) = state.outputs.get_key_value(name) else {
        return Err(unknown(context, state, name).into());
    };
    let all = opened(context, [found].into_iter())?;
    let value = all.get(name).unwrap_or(&Value::NULL);
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

fn unknown(context: &mut Context, state: &State, name: &str) -> Reported {
    let detail = format!("The state has no output named {name:?}.");
    let mut diagnostic = Diagnostic::error("Output not found", detail);
    diagnostic.help = did_you_mean(name, state.outputs.keys());
    context.diagnostics.error(diagnostic)
}

/// The values of outputs, in clear. Where one is sealed the configuration says who can open it; all
/// others need none.
fn opened<'s>(
    context: &mut Context,
    outputs: impl Iterator<Item = (&'s Text, &'s StoredOutput)> + Clone,
) -> Result<BTreeMap<Text, Value>, Reported> {
    let sealed = outputs.clone().any(|(_, output)| output.record.secret_paths().next().is_some());
    let settings = if sealed { settings_of_folder(context) } else { Default::default() };
    let person = context.person(&settings)?;
    let open = |text: &str| person.unseal(text);
    let one = |(name, output): (&Text, &StoredOutput)| {
        let value = output.record.opened(&Type::Any, &open);
        let value = value.map_err(|error| context.diagnostics.error(closed(name, error)))?;
        Ok((name.clone(), value.unmark_deep().0))
    };
    outputs.map(one).collect()
}

fn closed(name: &str, error: OpenError) -> Diagnostic {
    match error {
        OpenError::Closed(diagnostic) => {
            let detail =
                format!("The output {name:?} is sensitive and kept sealed. {}", diagnostic.detail);
            Diagnostic { detail, ..*diagnostic }
        }
        OpenError::Shape(error) => {
            Diagnostic::bug("Output not readable", format!("The output {name:?}: {error}."))
        }
    }
}

fn raw(context: &mut Context, name: &str, value: &Value) -> Result<String, Reported> {
    match value {
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
