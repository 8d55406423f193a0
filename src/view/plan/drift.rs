//! What was changed outside: said before anything else, and apart from what will be done.

use std::io;

use quorate_engine::addr::InstanceAddr;
use quorate_engine::plan::{Drift, Plan};

use super::object::{close_block, open_block, put_identity, put_title, put_values};
use crate::view::page::{Mark, Page, Tone};

/// Writes all drift; nothing where there is none.
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
    for object in &plan.objects {
        let Some(drift) = &object.drift else { continue };
        page.gap()?;
        put_one(page, object.moved_from.as_ref().unwrap_or(&object.addr), drift)?;
    }
    page.gap()?;
    page.rule()
}

fn put_one(page: &mut Page<'_>, addr: &InstanceAddr, drift: &Drift) -> io::Result<()> {
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
            put_values(page, &addr.block.kind, stored, seen, &[])?;
        }
    }
    close_block(page)
}
