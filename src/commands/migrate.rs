//! What `init` does about the backend: note it, or move the state to it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use quorate_engine::config::{Config, DiskFiles, values_of};
use quorate_engine::diag::{Diagnostic, Reported};
use quorate_engine::state::{Backend, Overwrite};
use quorate_providers::backend::{Kind, Settings};

use super::{Context, Stop};
use crate::args::InitArgs;
use crate::backend::{Chosen, connect, lock, setting_text, wanted};
use crate::session::state_failed;
use crate::ui::MIGRATE;

/// Makes the backend of the configuration the one of this directory.
pub fn settle(context: &mut Context, args: &InitArgs, config: &Config) -> Result<(), Stop> {
    let block = config.settings.backend.as_ref();
    let old = match args.reconfigure {
        // What cannot be read is written anew.
        true => Chosen::read().unwrap_or_default(),
        false => Chosen::read().map_err(|error| context.diagnostics.error(error))?,
    };
    let mut given = if args.reconfigure { BTreeMap::new() } else { old.given.clone() };
    let kind = block.and_then(|block| Kind::named(block.label.as_deref()?).ok());
    if kind != Some(old.settings.kind()) {
        given.clear();
    }
    given.extend(assignments(context, kind, &args.backend_config)?);
    let settings = wanted(block, &given).map_err(|error| context.diagnostics.error(*error))?;
    let backend = connected(context, &settings)?;
    if !old.is(&settings) && !args.reconfigure {
        move_state(context, args, &old, backend)?;
    }
    let untouched = old.is(&settings) && old.given == given;
    if untouched && settings == Settings::new(Kind::Local) {
        return Ok(());
    }
    Chosen { settings, given }.save().map_err(|error| context.diagnostics.error(error))?;
    Ok(())
}

fn connected(context: &mut Context, settings: &Settings) -> Result<Arc<dyn Backend>, Reported> {
    connect(&context.environment, settings).map_err(|error| context.diagnostics.error(error))
}

/// What `-backend-config` gives: single settings, and files of them. What comes later wins.
fn assignments(
    context: &mut Context,
    kind: Option<Kind>,
    given: &[String],
) -> Result<BTreeMap<String, String>, Reported> {
    let mut all = BTreeMap::new();
    for text in given {
        match text.split_once('=') {
            Some((name, value)) => {
                public(context, kind, name, value)?;
                all.insert(name.to_owned(), value.to_owned());
            }
            None => {
                for (name, value) in file(context, text)? {
                    public(context, kind, &name, &value)?;
                    all.insert(name, value);
                }
            }
        }
    }
    Ok(all)
}

/// A secret would have to be written down for the next command.
fn public(
    context: &mut Context,
    kind: Option<Kind>,
    name: &str,
    value: &str,
) -> Result<(), Reported> {
    let Some(variables) = kind.and_then(|kind| Settings::is_secret(kind, name, value)) else {
        return Ok(());
    };
    let detail = format!("{name:?} is a secret, which no file of this directory may hold.");
    let help = format!("Set {} in the environment instead.", variables.join(" or "));
    let error = Diagnostic::error("Invalid backend setting", detail);
    Err(context.diagnostics.error(error.help(help)))
}

/// The settings in a file, which has lines of the form `name = value`.
fn file(context: &mut Context, path: &str) -> Result<Vec<(String, String)>, Reported> {
    let Context { sources, diagnostics, .. } = context;
    let values = values_of(path, &DiskFiles::default(), sources, diagnostics)?;
    let texts = values.into_iter().map(|(name, (value, at))| match setting_text(&value) {
        Some(text) => Ok((name.to_string(), text)),
        None => {
            let detail = format!("{name:?} is neither a string, a number nor a bool.");
            let error = Diagnostic::error("Invalid backend setting", detail).at(at);
            Err(diagnostics.error(error))
        }
    });
    texts.collect()
}

/// Copies the state of the old backend, if it has one.
fn move_state(
    context: &mut Context,
    args: &InitArgs,
    old: &Chosen,
    to: Arc<dyn Backend>,
) -> Result<(), Stop> {
    let from = connected(context, &old.settings)?;
    let present = from.read();
    if present.map_err(|error| context.diagnostics.error(state_failed(&error)))?.is_none() {
        return Ok(());
    }
    if !args.migrate_state && !args.force_copy {
        let detail = format!(
            "The state is in {}, and the configuration names {}.",
            from.place(),
            to.place()
        );
        let help = "Copy it with \"quorate init -migrate-state\", or leave it there and use what is \
                    in the new place with \"quorate init -reconfigure\".";
        let diagnostic = Diagnostic::error("Backend configuration changed", detail).help(help);
        return Err(context.diagnostics.error(diagnostic).into());
    }
    if !args.force_copy && !approved(context, args)? {
        let diagnostic = Diagnostic::error("State not copied", "Nothing was changed.");
        return Err(context.diagnostics.error(diagnostic).into());
    }
    let overwrite = if args.force_copy { Overwrite::Forced } else { Overwrite::WhereNewer };
    let source = lock(context, from, "init", Duration::ZERO)?;
    let mut target = lock(context, to, "init", Duration::ZERO)?;
    let copied = target.push(source.state().clone(), overwrite);
    copied.map_err(|error| context.diagnostics.error(state_failed(&error)))?;
    let (from, to) = (source.place(), target.place());
    context.ui.line(format_args!("Copied the state from {from} to {to}."))?;
    context.ui.line("")?;
    Ok(())
}

fn approved(context: &mut Context, args: &InitArgs) -> Result<bool, Reported> {
    let answer = context.ui.approve(&MIGRATE, args.input);
    answer.map_err(|diagnostic| context.diagnostics.error(*diagnostic))
}
