//! Which members go down for a moment, one after the other.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use quorate_engine::plan::{Plan, PlannedObject};
use quorate_engine::resource::Disruption;
use quorate_engine::value::Text;
use quorate_engine::world::Op;
use unicode_width::UnicodeWidthStr as _;

use crate::view::page::{Detail, Mark, Page, Tone};
use crate::view::text::{clean, seconds, wrap};

/// A service whose members go down for a moment.
pub struct Service<'p> {
    /// Its name.
    pub domain: Cow<'p, str>,
    /// The members in the order in which they go down.
    pub members: Vec<Member<'p>>,
    /// Whether all of these are down already, and are only brought up.
    only_up: bool,
    /// How many it has.
    all: usize,
    /// How many of them must be there for it to answer.
    quorum: usize,
}

impl Service<'_> {
    /// Whom it is about, as the beginning of a sentence.
    pub fn whom(&self) -> &'static str {
        match self.members.len() {
            _ if self.only_up => "The members that are down",
            1 => "A member",
            _ => "Members",
        }
    }

    /// How the members go down, in a sentence.
    pub fn manner(&self) -> &'static str {
        match self.members.len() {
            _ if self.only_up => "come up before any other goes down",
            1 => "goes down for a moment",
            _ => {
                "go down one at a time, each healthy again before the next; after a failure no other"
            }
        }
    }

    /// What is left of the service meanwhile, in a sentence.
    pub fn left(&self) -> String {
        let Service { all, quorum, .. } = self;
        let left = all.saturating_sub(1);
        if self.only_up {
            return format!("The service has {all}; its quorum is {quorum}.");
        }
        match left >= *quorum {
            true => format!("While one is down, {left} of {all} are up; the quorum is {quorum}."),
            false => format!(
                "While one is down, {left} of {all} are up, fewer than the quorum of {quorum}: \
                 nothing is answered meanwhile."
            ),
        }
    }
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
        let none = Vec::new();
        let mut service =
            Service { domain: clean(domain), members: none, only_up: true, all: 0, quorum: 0 };
        for (disruption, object) in members {
            service.only_up &= disruption.rank == 0;
            service.all = service.all.max(disruption.members);
            service.quorum = service.quorum.max(disruption.quorum);
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
    let sentence = format!("{} of {} {}.", service.whom(), service.domain, service.manner());
    page.gap()?;
    for line in wrap(&sentence, page.options().width) {
        page.line(page.paint(Tone::Bold, line))?;
    }
    page.prose(&service.left())?;
    if let Some(row) = in_a_row(page, service) {
        return page.row(0, Mark::Same, row);
    }
    let width = service.members.iter().map(|m| m.name.chars().count()).max().unwrap_or(0);
    for (index, Member { name, object }) in service.members.iter().enumerate() {
        let number = index + 1;
        let row = format!("{number}. {name:width$}  {}{}", object.addr, patience(object));
        page.row(0, Mark::Same, row)?;
    }
    Ok(())
}

/// `infra0, infra1, infra2: each waited for at most 2m30s`, where that says all and fits.
fn in_a_row(page: &Page<'_>, service: &Service<'_>) -> Option<String> {
    let first = service.members.first().filter(|_| page.options().detail == Detail::Brief)?;
    let wait = patience(first.object);
    let alike = |member: &Member<'_>| {
        let same_block = member.object.addr.config() == first.object.addr.config();
        same_block && patience(member.object) == wait
    };
    let names: Vec<&str> = service.members.iter().map(|member| &*member.name).collect();
    let each = if names.len() > 1 { "each " } else { "" };
    let wait = wait.trim_matches([' ', '(', ')']);
    let wait = if wait.is_empty() { String::new() } else { format!(": {each}{wait}") };
    let row = format!("{}{wait}", names.join(", then "));
    (service.members.iter().all(alike) && row.width() + 4 <= page.options().width).then_some(row)
}

/// How long at most is waited until the member is healthy again.
fn patience(object: &PlannedObject) -> String {
    let waits = object.change.steps().into_iter().filter_map(|step| match &step.op {
        Op::Await { limit, .. } => Some(*limit),
        _ => None,
    });
    match waits.sum::<Duration>() {
        Duration::ZERO => String::new(),
        limit => format!(" (waited for at most {})", seconds(limit)),
    }
}
