//! `quorate show`

use std::fs;
use std::io::Write as _;
use std::path::Path;

use quorate_engine::diag::{Diagnostic, Reported};
use quorate_engine::plan::saved::{self, Saved, Unusable};
use quorate_engine::state::FileStore;

use super::stored::Snapshot;
use super::{Context, Stop, plan_file};
use crate::args::ShowArgs;
use crate::exit::Exit;
use crate::session::registry;
use crate::settings::rfc3339;
use crate::view::json::plan::{Around, write as write_json};
use crate::view::outputs::put_outputs;
use crate::view::plan::render;
use crate::view::state::put_object;
use crate::view::{html, markdown, notice};

/// Shows all objects and outputs.
pub fn run(context: &mut Context, args: &ShowArgs) -> Result<Exit, Stop> {
    let snapshot = match &args.file {
        None => Snapshot::read(context)?,
        Some(path) => match shown(context, path)? {
            File::State(_) if args.markdown || args.html => return Err(no_plan(context, path)),
            File::State(snapshot) => snapshot,
            File::Plan(plan) if args.markdown => return put_comment(context, path, &plan),
            File::Plan(plan) if args.html => return put_page(context, path, &plan),
            File::Plan(plan) => return put_plan(context, path, &plan, args.json),
        },
    };
    if args.json {
        context.ui.line(snapshot.to_json())?;
        return Ok(Exit::Success);
    }
    let mut page = context.ui.page();
    if snapshot.objects.is_empty() && snapshot.outputs.is_empty() {
        page.line("The state is empty. Nothing was applied yet.")?;
    }
    for (index, object) in snapshot.objects.iter().enumerate() {
        if index > 0 {
            page.gap()?;
        }
        put_object(&mut page, &object.addr, object.status, &object.value)?;
    }
    if !snapshot.outputs.is_empty() {
        put_outputs(&mut page, snapshot.outputs.iter().map(|(name, value)| (&**name, value)))?;
    }
    Ok(Exit::Success)
}

/// What a file turned out to be.
enum File {
    State(Snapshot),
    Plan(Saved),
}

fn shown(context: &mut Context, path: &Path) -> Result<File, Reported> {
    let bytes = fs::read(path).map_err(|error| {
        let detail = format!("Reading {} failed: {error}.", path.display());
        context.diagnostics.error(Diagnostic::error("File not readable", detail))
    })?;
    match saved::read(&bytes) {
        Ok(plan) => Ok(File::Plan(plan)),
        Err(Unusable::NotAPlan) => match FileStore::new(path).peek() {
            Ok(state) => Ok(File::State(Snapshot::of(&state))),
            Err(error) => {
                let detail = format!(
                    "{} is neither a saved plan nor a state file: {error}.",
                    path.display()
                );
                Err(context.diagnostics.error(Diagnostic::error("Unknown kind of file", detail)))
            }
        },
        Err(reason) => Err(plan_file::unusable(&mut context.diagnostics, path, &reason)),
    }
}

fn no_plan(context: &mut Context, path: &Path) -> Stop {
    let detail = format!(
        "{} is a state. Only a saved plan can be shown as a page or a comment.",
        path.display()
    );
    let help = "Save a plan with \"quorate plan -out=FILE\".";
    context.diagnostics.error(Diagnostic::error("Not a saved plan", detail).help(help)).into()
}

fn put_comment(context: &mut Context, path: &Path, saved: &Saved) -> Result<Exit, Stop> {
    let plan = saved
        .plan()
        .map_err(|reason| plan_file::unusable(&mut context.diagnostics, path, &reason))?;
    write!(
        context.ui.out,
        "{}",
        markdown::render(&plan, &notice::saved(saved.review()), markdown::COMMENT)
    )?;
    Ok(Exit::Success)
}

fn put_page(context: &mut Context, path: &Path, saved: &Saved) -> Result<Exit, Stop> {
    let read = || Ok((saved.plan()?, saved.waves()?));
    let (plan, waves) =
        read().map_err(|reason| plan_file::unusable(&mut context.diagnostics, path, &reason))?;
    html::render(&plan, &notice::saved(saved.review()), &waves, &mut context.ui.out)?;
    Ok(Exit::Success)
}

fn put_plan(context: &mut Context, path: &Path, plan: &Saved, json: bool) -> Result<Exit, Stop> {
    let planned = plan
        .plan()
        .map_err(|reason| plan_file::unusable(&mut context.diagnostics, path, &reason))?;
    if json {
        let read = || Ok((plan.variables()?, plan.now()?));
        let (variables, now) = read()
            .map_err(|reason| plan_file::unusable(&mut context.diagnostics, path, &reason))?;
        let around = Around {
            variables: &variables,
            timestamp: &rfc3339(now),
            review: plan.review(),
            registry: &registry(),
        };
        write_json(&planned, &around, &mut context.ui.out)?;
    } else {
        render(&planned, context.ui.view, &mut context.ui.out)?;
        let mut page = context.ui.page();
        for notice in notice::saved(plan.review()) {
            page.gap()?;
            page.prose(&format!("Warning: {}", notice.sentence()))?;
        }
    }
    Ok(Exit::Success)
}
