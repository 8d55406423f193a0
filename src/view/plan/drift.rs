//! What was changed outside: said before anything else, and apart from what will be done.

use std::io;

use quorate_engine::addr::InstanceAddr;
use quorate_engine::plan::{Drift, Plan};
use quorate_engine::value::{Text, Value};

use super::object::{close_block, open_block, put_identity, put_title, put_values};
use crate::view::delta::Told;
use crate::view::page::{Mark, Page, Tone};
use crate::view::value::is_multi_line;

/// Writes all drift with a heading; nothing where there is none.
pub fn put(page: &mut Page<'_>, plan: &Plan) -> io::Result<()> {
    if plan.objects.iter().all(|object| object.drift.is_none()) {
        return Ok(());
    }
    let title = page.paint(Tone::Read, "Note:");
    let rest = page.paint(Tone::Bold, "Objects have changed outside of Quorate");
    page.gap()?;
    page.line(format!("{title} {rest}"))?;
    page.gap()?;
    page.prose("Quorate found these differences between its state and the hosts:")?;
    put_each(page, plan)?;
    page.gap()?;
    page.rule()
}

/// Writes all drift, where a heading stands already.
pub fn put_each(page: &mut Page<'_>, plan: &Plan) -> io::Result<()> {
    for object in &plan.objects {
        let Some(drift) = &object.drift else { continue };
        page.gap()?;
        let addr = object.moved_from.as_ref().unwrap_or(&object.addr);
        put_one(page, addr, drift, object.change.after())?;
    }
    Ok(())
}

fn put_one(
    page: &mut Page<'_>,
    addr: &InstanceAddr,
    drift: &Drift,
    planned: Option<&Value>,
) -> io::Result<()> {
    let name = addr.to_string();
    match drift {
        Drift::Gone { stored } => {
            put_title(page, &name, "has been deleted")?;
            open_block(page, Mark::Remove, addr)?;
            put_identity(page, Mark::Remove, stored)?;
        }
        Drift::Changed { stored, seen } => {
            put_title(page, &name, "has changed")?;
            open_block(page, Mark::Change, addr)?;
            let names = put_back(stored, seen, planned);
            let told = Told { names: &names, remark: "put back: see below" };
            put_values(page, &addr.block.kind, stored, seen, &[], told)?;
        }
    }
    close_block(page)
}

/// The texts that will be again what they were: what was changed in them is shown there, line by line,
/// and need not be read twice.
pub fn put_back(stored: &Value, seen: &Value, planned: Option<&Value>) -> Vec<Text> {
    let (Some(stored), Some(seen)) = (stored.entries(), seen.entries()) else { return Vec::new() };
    let is_text = |value: &Value| value.as_str().is_some_and(is_multi_line);
    let again = |name: &Text, before: &Value| {
        let seen = seen.get(name).filter(|seen| !seen.is_null());
        seen.is_none_or(|seen| seen != before && is_text(seen))
            && is_text(before)
            && planned.and_then(|planned| planned.attr(name)) == Some(before)
    };
    let names = stored.iter().filter(|(name, before)| again(name, before));
    names.map(|(name, _)| name.clone()).collect()
}
