//! Saved plans as files: written at once or not at all, for their owner only, and refused with
//! the reason where they are not what they were.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use quorate_engine::config::{Config, Missing};
use quorate_engine::desired::Inputs;
use quorate_engine::diag::{Diagnostic, Diagnostics, Reported};
use quorate_engine::plan::saved::{self, Contents, Materials, Moved, Saved, Unusable};
use quorate_engine::plan::{Aim, Plan, Planning, Waves};
use quorate_engine::resource::Realm as _;
use quorate_engine::state::State;
use quorate_engine::value::{Text, Value};

use super::Context;
use crate::args::{ApplyArgs, Assignment, VariableArgs};
use crate::identity::Person;
use crate::session::{Made, Session};
use crate::view::json;
use crate::view::progress::Command;
use crate::whole_file;

/// How many names of moved objects a message gives.
const NAMED: usize = 10;

/// Refuses to write over what is no saved plan: a slip of the hand must not cost a state.
pub fn refuse_foreign(context: &mut Context, path: &Path) -> Result<(), Reported> {
    if !is_foreign(path) {
        return Ok(());
    }
    let detail = format!("There is a file {} already, and it is not a saved plan.", path.display());
    let help = "Give another name to -out, or remove the file.";
    Err(context.diagnostics.error(Diagnostic::error("Plan not saved", detail).help(help)))
}

/// A device or a pipe is never replaced by a file, and a pipe not even read.
fn is_foreign(path: &Path) -> bool {
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => return true,
        _ => {}
    }
    match fs::read(path) {
        Ok(bytes) => !bytes.is_empty() && matches!(saved::read(&bytes), Err(Unusable::NotAPlan)),
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    }
}

/// Writes a plan: at once or not at all, for its owner only.
pub fn save(
    context: &mut Context,
    session: &Session,
    path: &Path,
    made: &Made,
    aim: &Aim,
    state: &State,
) -> Result<(), Reported> {
    let schedule = session.schedule(&made.planning, state, &mut context.diagnostics)?;
    let waves = Waves::of(&made.planning.plan, &schedule);
    let contents = Contents {
        inputs: &session.inputs,
        files: &session.files(),
        state,
        observed: &made.observed,
        aim,
        plan: &made.planning.plan,
        waves: &waves,
        review: review(&session.inputs, &made.planning.plan, state),
    };
    let seal = |secret: &[u8]| session.person.seal(secret);
    let bytes = saved::write(&contents, &seal).map_err(|d| context.diagnostics.error(*d))?;
    whole_file::put(path, &bytes, 0o600).map_err(|error| {
        let detail = format!("Writing the plan to {} failed: {error}.", path.display());
        context.diagnostics.error(Diagnostic::world("Plan not saved", detail))
    })
}

/// What readers need of the configuration and the state.
fn review(inputs: &Inputs, plan: &Plan, state: &State) -> serde_json::Value {
    json::plan::review(
        json::configuration::document(&inputs.config, &inputs.registry),
        json::relevant::attributes(&inputs.config, plan),
        plan,
        state,
    )
}

/// Refuses what says again, or otherwise, what the saved plan says.
pub fn refuse_flags(
    context: &mut Context,
    args: &ApplyArgs,
    command: Command,
) -> Result<(), Reported> {
    let diagnostic = match command {
        Command::Destroy => Diagnostic::error(
            "Plan file not expected",
            "\"quorate destroy\" makes its own plan and takes no saved one.",
        )
        .help("Save the plan with \"quorate plan -destroy -out=FILE\" and run \"quorate apply FILE\"."),
        Command::Apply if !args.work.refresh => Diagnostic::error(
            "Planning options with a saved plan",
            "The option -refresh=false belongs to planning. A saved plan is applied as it was made.",
        )
        .help("Leave the option out, or make a new plan with it."),
        Command::Apply if !args.work.aim.is_default() => Diagnostic::error(
            "Planning options with a saved plan",
            "The options -target, -exclude, -replace and -refresh-only belong to planning. A saved \
             plan is applied as it was made.",
        )
        .help("Leave the options out, or make a new plan with them."),
        Command::Apply => return Ok(()),
    };
    Err(context.diagnostics.error(diagnostic))
}

/// Reads a saved plan.
pub fn read(context: &mut Context, path: &Path) -> Result<Saved, Reported> {
    let bytes = fs::read(path).map_err(|error| {
        let detail = format!("Reading the plan {} failed: {error}.", path.display());
        context.diagnostics.error(Diagnostic::error("Plan file not readable", detail))
    })?;
    saved::read(&bytes).map_err(|reason| unusable(&mut context.diagnostics, path, &reason))
}

/// The message for a file that cannot be used.
pub fn unusable(diagnostics: &mut Diagnostics, path: &Path, reason: &Unusable) -> Reported {
    let detail = format!("{} cannot be used as a plan: {reason}.", path.display());
    let diagnostic = Diagnostic::error("Plan file not usable", detail);
    diagnostics.error(diagnostic.help("Make a new plan with \"quorate plan -out=FILE\"."))
}

/// A saved plan, opened to be made again.
pub struct Replay {
    /// Its configuration, variables, files and time.
    pub session: Session,
    materials: Materials,
}

/// Opens a saved plan: its seal, where it has one, and its configuration.
pub fn reopen(
    context: &mut Context,
    path: &Path,
    plan: &Saved,
    args: &VariableArgs,
) -> Result<Replay, Reported> {
    let person = Person::opening(&context.environment, &plan.opening());
    let opened = plan.sealed().map(|sealed| person.unseal(sealed)).transpose();
    let opened = opened.map_err(|diagnostic| {
        let detail = format!("{} holds sensitive values. {}", path.display(), diagnostic.detail);
        context.diagnostics.error(Diagnostic { detail, ..*diagnostic })
    })?;
    let materials = plan
        .materials(opened.as_ref().map(|text| &***text))
        .map_err(|reason| unusable(&mut context.diagnostics, path, &reason))?;
    let open: Vec<Text> = materials
        .variables
        .iter()
        .filter(|(_, value)| value.is_none())
        .map(|(name, _)| name.clone())
        .collect();
    if args.given.iter().any(|given| !sets_one_of(given, &open)) {
        return Err(context.diagnostics.error(set_already()));
    }
    let given = |context: &mut Context, config: &Config| given_again(context, config, args, &open);
    let session = Session::reopen(context, &materials, given)?;
    Ok(Replay { session, materials })
}

/// Whether an option sets what the plan does not keep. A file may set other variables too; the
/// plan's values stay.
fn sets_one_of(given: &Assignment, open: &[Text]) -> bool {
    match given {
        Assignment::File(_) => !open.is_empty(),
        Assignment::Value(text) => {
            let name = text.split('=').next().unwrap_or_default().trim();
            open.iter().any(|one| &**one == name)
        }
    }
}

/// The values of ephemeral variables, which no plan keeps.
fn given_again(
    context: &mut Context,
    config: &Config,
    args: &VariableArgs,
    open: &[Text],
) -> Result<BTreeMap<Text, Value>, Reported> {
    let mut all = context.variables_or(Missing::Unknown, config, args)?;
    all.retain(|name, _| open.contains(name));
    for (name, _) in all.iter().filter(|(_, value)| !value.is_wholly_known()) {
        let detail = format!(
            "The variable {name:?} is ephemeral, so the saved plan does not keep its value."
        );
        let help = format!("Give it again, with -var '{name}=...' or QUORATE_VAR_{name}.");
        let error = Diagnostic::error("No value for required variable", detail).help(help);
        context.diagnostics.error(error);
    }
    context.diagnostics.reported().map(|()| all)
}

fn set_already() -> Diagnostic {
    Diagnostic::error(
        "Can't set variables when applying a saved plan",
        "The -var and -var-file options cannot be used when applying a saved plan file, because a \
         saved plan includes the variable values that were set when it was created.",
    )
    .help("Leave them out, or make a new plan with them.")
}

/// Refuses a plan whose state has moved on, and says what moved.
pub fn refuse_moved(
    context: &mut Context,
    path: &Path,
    plan: &Saved,
    state: &State,
) -> Result<(), Reported> {
    let moved =
        plan.moved(state).map_err(|reason| unusable(&mut context.diagnostics, path, &reason))?;
    let what = match moved {
        None => return Ok(()),
        Some(Moved::Lineage) => "it is another state, with a lineage of its own".to_owned(),
        Some(Moved::Contents(names)) => format!("since then these changed: {}", listed(&names)),
    };
    let detail = format!(
        "The state is not the one that {} was made from: {what}. Nothing was changed.",
        path.display()
    );
    let diagnostic = Diagnostic::error("Saved plan is stale", detail);
    let help = "Make a new plan, and review it.";
    Err(context.diagnostics.error(diagnostic.help(help)))
}

fn listed(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
    match names.len().checked_sub(NAMED).filter(|more| *more > 0) {
        Some(more) => format!("{} and {more} more", shown.join(", ")),
        None => shown.join(", "),
    }
}

impl Replay {
    /// Makes the plan again, and proves that it is the one that was reviewed.
    pub fn make(
        &self,
        context: &mut Context,
        path: &Path,
        plan: &Saved,
        state: &State,
    ) -> Result<Planning, Reported> {
        let Replay { session, materials } = self;
        let diagnostics = &mut context.diagnostics;
        let planning = session.make(state, &materials.observed, &materials.aim, diagnostics)?;
        plan.is_made_again(&planning.plan, materials).map_err(|what| {
            let detail = format!(
                "Made again from what {} holds, the plan differs at {what}. Nothing was changed.",
                path.display()
            );
            diagnostics.error(differs(plan.made_by(), detail))
        })?;
        Ok(planning)
    }
}

fn differs(made_by: &str, detail: String) -> Diagnostic {
    let own = env!("CARGO_PKG_VERSION");
    if made_by == own {
        return Diagnostic::bug("Saved plan cannot be repeated", detail);
    }
    let detail = format!("{detail} It was made by Quorate {made_by}; this is {own}.");
    Diagnostic::error("Saved plan cannot be repeated", detail)
        .help("Apply it with the version that made it, or make a new plan.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_is_cut() {
        let names: Vec<String> = (0..12).map(|n| format!("a.b[{n}]")).collect();
        assert!(listed(&names).ends_with("a.b[9] and 2 more"));
        assert_eq!(listed(&names[..2]), "a.b[0], a.b[1]");
    }
}
