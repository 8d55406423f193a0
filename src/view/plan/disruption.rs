//! Which members go down for a moment, one after the other.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use quorate_engine::plan::{Plan, PlannedObject};
use quorate_engine::resource::Disruption;
use quorate_engine::value::Text;
use quorate_engine::world::Op;

use crate::view::page::{Mark, Page, Tone};
use crate::view::text::{clean, seconds};

/// A service whose members go down for a moment.
pub struct Service<'p> {
    /// Its name.
    pub domain: Cow<'p, str>,
    /// The members in the order in which they go down.
    pub members: Vec<Member<'p>>,
}

/// A member that goes down.
pub struct Member<'p> {
    /// Its name.
    pub name: Cow<'p, str>,
    /// The object whose change takes it down.
    pub object: &'p PlannedObject,
}

/// The services of which a plan takes members down.
pub fn services(plan: &Plan) -> Vec<Service<'_>> {
    let mut domains: BTreeMap<&Text, Vec<(&Disruption, &PlannedObject)>> = BTreeMap::new();
    for object in &plan.objects {
        if let Some(disruption) = object.change.disrupts() {
            domains.entry(&disruption.domain).or_default().push((disruption, object));
        }
    }
    let mut services = Vec::new();
    for (domain, mut members) in domains {
        members.sort_by_key(|(disruption, object)| {
            (disruption.rank, disruption.member.clone(), object.addr.clone())
        });
        let mut service = Service { domain: clean(domain), members: Vec::new() };
        for (disruption, object) in members {
            service.members.push(Member { name: clean(&disruption.member), object });
        }
        services.push(service);
    }
    services
}

/// Writes, per service, the members in the order in which they go down.
pub fn put(page: &mut Page<'_>, plan: &Plan) -> io::Result<()> {
    services(plan).iter().try_for_each(|service| put_service(page, service))
}

fn put_service(page: &mut Page<'_>, service: &Service<'_>) -> io::Result<()> {
    let title = page.paint(Tone::Bold, format!("Members of {} go down", service.domain));
    page.gap()?;
    page.line(format!("{title} one at a time, each healthy again before the next:"))?;
    let width = service.members.iter().map(|m| m.name.chars().count()).max().unwrap_or(0);
    for (index, Member { name, object }) in service.members.iter().enumerate() {
        let number = index + 1;
        let row = format!("{number}. {name:width$}  {}{}", object.addr, patience(object));
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
