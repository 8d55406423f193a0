//! What nobody can bring back: said once more at the end, where it is not overlooked.

use std::io;

use quorate_engine::plan::{Action, Plan, PlannedObject};
use quorate_engine::schema::{Attr, Form};
use quorate_engine::world::Op;

use super::{steps, unsaid};
use crate::view::page::{Mark, Page, Tone};
use crate::view::text::{clean, count};

/// More than these are counted.
const MANY: usize = 20;

/// The steps that remove what no configuration describes, and so nothing makes again.
pub fn losses(plan: &Plan) -> Vec<String> {
    let steps = plan.objects.iter().flat_map(|object| object.change.steps());
    let trees = steps.filter(|step| matches!(step.op, Op::RemoveTree { .. })).map(steps::line);
    trees.chain(plan.objects.iter().filter_map(lost_key)).collect()
}

/// A key that is nowhere but in the state, and goes with its object.
fn lost_key(object: &PlannedObject) -> Option<String> {
    let goes = [Action::Delete, Action::Replace].contains(&object.change.action());
    let attrs = &unsaid::schema(&object.addr.block.kind)?.attrs;
    let sealed = attrs.iter().filter(|attr| attr.form == Form::Sealed);
    let is_there = |attr: &Attr| {
        object.change.before()?.attr(attr.name).filter(|value| !value.is_null()).map(drop)
    };
    let is_lost = goes && sealed.filter_map(is_there).next().is_some();
    is_lost.then(|| {
        let addr = object.addr.to_string();
        format!("{}: its key, sealed in the state and nowhere else", clean(&addr))
    })
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
