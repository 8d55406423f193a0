//! Outputs that change.

use std::io;

use quorate_engine::plan::{OutputChange, Plan};

use crate::view::delta::put_changed;
use crate::view::page::{Mark, Page};
use crate::view::value::{Names, Place, Typing, put as put_value};

/// Writes the outputs that change; nothing where none does.
pub fn put(page: &mut Page<'_>, plan: &Plan) -> io::Result<()> {
    let changed: Vec<_> = plan.outputs.iter().filter(|(_, o)| o.before != o.after).collect();
    if changed.is_empty() {
        return Ok(());
    }
    page.gap()?;
    page.line("Changes to Outputs:")?;
    let width = changed.iter().map(|(name, _)| Names::Bare.width(name)).max().unwrap_or(0);
    for (name, output) in changed {
        put_one(page, &Names::Bare.lead(name, width), output)?;
    }
    Ok(())
}

fn put_one(page: &mut Page<'_>, lead: &str, output: &OutputChange) -> io::Result<()> {
    let at = Place { lead, ..Place::bare(0, Mark::Same, Typing::Free) };
    match (&output.before, &output.after) {
        (None, None) => Ok(()),
        (None, Some(after)) => put_value(page, at.marked(Mark::Add), after),
        (Some(before), None) => {
            put_value(page, Place { tail: " -> null", ..at.marked(Mark::Remove) }, before)
        }
        (Some(before), Some(after)) => put_changed(page, at.marked(Mark::Change), before, after),
    }
}
