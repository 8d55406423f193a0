//! The objects of a plan by where they are: what is made here, then host by host, then what spans
//! several hosts, and last what only the state records.

use std::collections::{BTreeSet, HashMap};
use std::io;

use quorate_engine::plan::{Action, Plan, PlannedObject};
use quorate_engine::value::{Text, Value};
use quorate_engine::world::{Op, Step};

use super::object::is_only_recorded;
use super::shows;
use crate::view::page::{Page, Tone};
use crate::view::text::clean;
use crate::view::value::one_line;

/// Where the change of an object takes place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Where {
    /// In the state, and on the machine that Quorate runs on.
    Here,
    /// On one host.
    Host(Text),
    /// On several hosts at once.
    Several,
    /// In the state only, of objects that are more than an entry in it.
    State,
}

/// What takes place at one place, in the order of the plan.
pub struct Section<'p> {
    /// Where.
    pub place: Where,
    /// How the host is shown: `infra0 (ssh root@10.0.0.6)`.
    label: String,
    /// The objects that are shown.
    pub objects: Vec<&'p PlannedObject>,
}

/// The sections of a plan, hosts by name.
pub fn of(plan: &Plan) -> Vec<Section<'_>> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    let mut index: HashMap<Where, usize> = HashMap::new();
    for object in plan.objects.iter().filter(|object| shows(object)) {
        let place = place(object);
        let at = *index.entry(place.clone()).or_insert_with(|| {
            let label = label(&place, object);
            sections.push(Section { place, label, objects: Vec::new() });
            sections.len() - 1
        });
        sections[at].objects.push(object);
    }
    sections.sort_by_key(|section| match &section.place {
        Where::Here => (0, None),
        Where::Host(name) => (1, Some(name.clone())),
        Where::Several => (2, None),
        Where::State => (3, None),
    });
    sections
}

/// The name of the host that an object lives on.
pub fn host_of(object: &PlannedObject) -> Option<&str> {
    object.change.after().or(object.change.before()).and_then(host_name)
}

/// Where the change of an object takes place.
pub fn place(object: &PlannedObject) -> Where {
    if is_only_recorded(object) {
        return Where::State;
    }
    let own = host_of(object);
    let stepped = object.change.steps().into_iter().flat_map(hosts_of);
    let hosts: BTreeSet<&str> = own.into_iter().chain(stepped).collect();
    let mut hosts = hosts.into_iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => Where::Here,
        (Some(host), None) => Where::Host(host.into()),
        (Some(_), Some(_)) => Where::Several,
    }
}

/// The hosts that a step acts on or asks.
fn hosts_of(step: &Step) -> impl Iterator<Item = &str> {
    let asked = match &step.op {
        Op::Await { asks, .. } => asks.as_slice(),
        _ => &[],
    };
    let own = step.host.as_ref().map(|host| &*host.name);
    own.into_iter().chain(asked.iter().map(|ask| &*ask.host.name))
}

/// The name of the host that an object says it lives on.
fn host_name(value: &Value) -> Option<&str> {
    value.attr("host").filter(|host| host.attr("name").is_some())?.attr("name")?.as_str()
}

fn label(place: &Where, object: &PlannedObject) -> String {
    match place {
        Where::Here => "Here".to_owned(),
        Where::Several => "Across hosts".to_owned(),
        Where::State => "State only".to_owned(),
        Where::Host(name) => {
            let value = object.change.after().or(object.change.before());
            let reached = value.and_then(|value| value.attr("host")).and_then(one_line);
            // `"infra0" (ssh 10.0.0.6)`: the quotes are for configuration, not for a heading.
            let reached = reached.and_then(|text| {
                text.split_once(" (").map(|(_, how)| format!("{} ({how}", clean(name)))
            });
            reached.unwrap_or_else(|| clean(name).into_owned())
        }
    }
}

impl Section<'_> {
    /// How the place is shown.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Where, and how much of what: `infra0 (ssh root@10.0.0.6) · 2 to update`.
    pub fn title(&self) -> String {
        format!("{} · {}", self.label, self.counts())
    }

    /// Writes the heading: where, and how much of what happens there.
    pub fn put_heading(&self, page: &mut Page<'_>) -> io::Result<()> {
        let text = format!("── {} ", self.title());
        let used = unicode_width::UnicodeWidthStr::width(&*text);
        let rule = "─".repeat(page.options().width.min(77).saturating_sub(used));
        page.gap()?;
        let line = page.paint(Tone::Bold, format!("{text}{rule}").trim_end());
        page.line(line)
    }

    fn counts(&self) -> String {
        let words = [
            (Action::Create, "to create"),
            (Action::Update, "to update"),
            (Action::Replace, "to replace"),
            (Action::Delete, "to destroy"),
            (Action::Read, "to read"),
            (Action::Forget, "to forget"),
            (Action::NoOp, "moved"),
        ];
        let count = |action| {
            let taken_over = |o: &PlannedObject| o.importing.is_some() && action == Action::NoOp;
            let is = |o: &&&PlannedObject| o.change.action() == action && !taken_over(o);
            self.objects.iter().filter(is).count()
        };
        let imported = self.objects.iter().filter(|object| object.importing.is_some()).count();
        let counted = words.iter().map(|(action, words)| (count(*action), words));
        let counted = std::iter::once((imported, &"to import")).chain(counted);
        let parts: Vec<_> =
            counted.filter(|(n, _)| *n > 0).map(|(n, words)| format!("{n} {words}")).collect();
        parts.join(", ")
    }
}
