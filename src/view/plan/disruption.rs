//! Which members go down for a moment, one after the other.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use quorate_engine::plan::{Plan, PlannedObject};
use quorate_engine::resource::Disruption;
use quorate_engine::value::Text;
use quorate_engine::world::Op;

use crate::view::page::{Mark, Page, Tone};
use crate::view::text::{clean, seconds};

/// Writes, per service, the members in the order in which they go down.
pub fn put(page: &mut Page<'_>, plan: &Plan) -> io::Result<()> {
    let mut domains: BTreeMap<&Text, Vec<(&Disruption, &PlannedObject)>> = BTreeMap::new();
    for object in &plan.objects {
        if let Some(disruption) = object.change.disrupts() {
            domains.entry(&disruption.domain).or_default().push((disruption, object));
        }
    }
    for (domain, mut members) in domains {
        members.sort_by_key(|(disruption, object)| {
            (disruption.rank, disruption.member.clone(), object.addr.clone())
        });
        put_domain(page, domain, &members)?;
    }
    Ok(())
}

fn put_domain(
    page: &mut Page<'_>,
    domain: &str,
    members: &[(&Disruption, &PlannedObject)],
) -> io::Result<()> {
    let title = page.paint(Tone::Bold, format!("Members of {} go down", clean(domain)));
    page.gap()?;
    page.line(format!("{title} one at a time, each healthy again before the next:"))?;
    let name = |disruption: &Disruption| clean(&disruption.member).into_owned();
    let width = members.iter().map(|(d, _)| name(d).chars().count()).max().unwrap_or(0);
    for (index, (disruption, object)) in members.iter().enumerate() {
        let (number, member) = (index + 1, name(disruption));
        let row = format!("{number}. {member:width$}  {}{}", object.addr, patience(object));
        page.row(0, Mark::Same, row)?;
    }
    Ok(())
}

/// How long at most is waited until the member is healthy again.
fn patience(object: &PlannedObject) -> String {
    let waits = object.change.steps().into_iter().filter_map(|step| match &step.op {
        Op::Await { limit, .. } => Some(*limit),
        _ => None,
    });
    match waits.sum::<Duration>() {
        Duration::ZERO => String::new(),
        limit => format!(" (at most {})", seconds(limit)),
    }
}
