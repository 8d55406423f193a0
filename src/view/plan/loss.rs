//! What nobody can bring back: said once more at the end, where it is not overlooked.

use std::io;

use quorate_engine::plan::Plan;
use quorate_engine::world::Op;

use super::steps;
use crate::view::page::{Mark, Page, Tone};
use crate::view::text::count;

/// More than these are counted.
const MANY: usize = 20;

/// The steps that remove what no configuration describes, and so nothing makes again.
pub fn losses(plan: &Plan) -> Vec<String> {
    let steps = plan.objects.iter().flat_map(|object| object.change.steps());
    steps.filter(|step| matches!(step.op, Op::RemoveTree { .. })).map(steps::line).collect()
}

/// Lists them; nothing where there are none.
pub fn put(page: &mut Page<'_>, plan: &Plan) -> io::Result<()> {
    let losses = losses(plan);
    if losses.is_empty() {
        return Ok(());
    }
    page.gap()?;
    page.line(page.paint(Tone::Remove, "Lost for good:"))?;
    losses.iter().take(MANY).try_for_each(|loss| page.row(0, Mark::Same, loss))?;
    match losses.len().saturating_sub(MANY) {
        0 => Ok(()),
        more => page.row(0, Mark::Same, format!("and {}", count(more, "more step"))),
    }
}
