//! The steps: under each object, and counted per host.

use std::collections::BTreeMap;
use std::io;

use quorate_engine::plan::{Action, Change, Plan, PlannedObject};
use quorate_engine::value::Text;
use quorate_engine::world::{Op, Step};

use crate::view::page::{Detail, Mark, Page, Tone};
use crate::view::text::{clean, count, wrap};

/// Writes the steps of one object in the order in which they run.
pub fn put_list(page: &mut Page<'_>, change: &Change) -> io::Result<()> {
    let steps = change.steps();
    if steps.is_empty() && change.action() == Action::Update {
        return put_arrow(page, "only the state changes");
    }
    if page.options().detail == Detail::Brief {
        return put_brief(page, change, &steps);
    }
    for run in steps.chunk_by(|a, b| tidies(a) && tidies(b) && a.host == b.host) {
        match run {
            [one] => put_arrow(page, &line(one))?,
            several => put_tidying(page, several)?,
        }
    }
    Ok(())
}

/// What is computed in one row; what is removed because it is empty by then is said once for all
/// objects that go.
fn put_brief(page: &mut Page<'_>, change: &Change, steps: &[&Step]) -> io::Result<()> {
    let goes = change.action() == Action::Delete;
    let alike = |a: &&Step, b: &&Step| {
        (tidies(a) && tidies(b) || computes(a) && computes(b)) && a.host == b.host
    };
    for run in steps.chunk_by(alike) {
        match run {
            [first, ..] if tidies(first) && goes => {}
            [one] => put_arrow(page, &line(one))?,
            [first, rest @ ..] if computes(first) => {
                let rest = rest.iter().map(|step| clean(&step.op.to_string()).into_owned());
                let all: Vec<_> = std::iter::once(line(first)).chain(rest).collect();
                put_arrow(page, &all.join(", "))?;
            }
            several => put_tidying(page, several)?,
        }
    }
    Ok(())
}

fn computes(step: &Step) -> bool {
    matches!(step.op, Op::Compute { .. })
}

/// Writes which directories the objects that go leave behind, and are removed where they are empty.
pub fn put_left(page: &mut Page<'_>, objects: &[&PlannedObject]) -> io::Result<()> {
    let gone = objects.iter().filter(|object| object.change.action() == Action::Delete);
    let mut left: BTreeMap<Option<&Text>, Vec<&Step>> = BTreeMap::new();
    for step in gone.flat_map(|object| object.change.steps()).filter(|step| tidies(step)) {
        let host = left.entry(step.host.as_ref().map(|host| &host.name)).or_default();
        if !host.iter().any(|known| known.op == step.op) {
            host.push(step);
        }
    }
    for steps in left.values_mut() {
        // What is in another directory goes first.
        steps.sort_by_key(|step| std::cmp::Reverse(depth(step)));
        put_tidying(page, steps)?;
    }
    Ok(())
}

fn depth(step: &Step) -> usize {
    match &step.op {
        Op::RemoveDir { path } => path.as_str().matches('/').count(),
        _ => 0,
    }
}

fn put_arrow(page: &mut Page<'_>, text: &str) -> io::Result<()> {
    let text = page.paint(Tone::Dim, format!("→ {text}"));
    page.row(0, Mark::Same, text)
}

fn tidies(step: &Step) -> bool {
    matches!(step.op, Op::RemoveDir { .. })
}

/// Writes the steps that remove what is empty by now as one.
fn put_tidying(page: &mut Page<'_>, steps: &[&Step]) -> io::Result<()> {
    let host = steps.first().and_then(|step| step.host.as_ref());
    let host = host.map(|host| format!("{host}: ")).unwrap_or_default();
    let paths = steps.iter().filter_map(|step| match &step.op {
        Op::RemoveDir { path } => Some(path.as_str()),
        _ => None,
    });
    let text = format!("{host}remove if empty: {}", paths.collect::<Vec<_>>().join(", "));
    let width = page.options().width.saturating_sub(STEP);
    for (index, part) in wrap(&text, width).into_iter().enumerate() {
        let lead = if index == 0 { "→ " } else { "    " };
        let text = page.paint(Tone::Dim, format!("{lead}{part}"));
        page.row(0, Mark::Same, text)?;
    }
    Ok(())
}

/// The columns before the text of a step that goes on in a second line.
const STEP: usize = 8;

/// Fewer columns than these are not worth breaking a row for.
const NARROW: usize = 30;

/// `infra0: write /etc/… (0600 root:root)`
pub fn line(step: &Step) -> String {
    let op = step.op.to_string();
    match &step.host {
        Some(host) => clean(&format!("{host}: {op}")).into_owned(),
        None => clean(&op).into_owned(),
    }
}

/// So many steps of a host a reader counts at a glance.
const COUNTED: usize = 12;

/// More hosts than these are not listed by name.
const FEW: usize = 5;

/// What happens on one host, counted.
#[derive(Default)]
struct Tally<'p> {
    steps: usize,
    written: usize,
    removed: usize,
    directories: usize,
    reloads: usize,
    computed: usize,
    waits: usize,
    units: BTreeMap<(&'static str, &'p str), usize>,
}

impl<'p> Tally<'p> {
    fn add(&mut self, op: &'p Op) {
        self.steps += 1;
        match op {
            Op::WriteFile { .. } => self.written += 1,
            Op::RemoveFile { .. } | Op::RemoveDir { .. } | Op::RemoveTree { .. } => {
                self.removed += 1;
            }
            Op::MakeDir { .. } => self.directories += 1,
            Op::DaemonReload => self.reloads += 1,
            Op::Unit { name, verb } => *self.units.entry((verb.as_str(), name)).or_default() += 1,
            Op::Compute { .. } => self.computed += 1,
            Op::Await { .. } => self.waits += 1,
        }
    }

    fn parts(&self) -> Vec<String> {
        let counted = [
            (self.computed, "computation"),
            (self.directories, "directory made"),
            (self.written, "file written"),
            (self.removed, "path removed"),
            (self.reloads, "daemon-reload"),
        ];
        let plural = |(number, noun): (usize, &str)| match (number, noun.split_once(' ')) {
            (0, _) => None,
            (1, _) => Some(format!("1 {noun}")),
            (n, Some(("directory", rest))) => Some(format!("{n} directories {rest}")),
            (n, Some((noun, rest))) => Some(format!("{n} {noun}s {rest}")),
            (n, None) => Some(count(n, noun)),
        };
        let units = self.units.iter().map(|((verb, name), n)| match n {
            1 => format!("{verb} {}", clean(name)),
            n => format!("{verb} {} ({n} times)", clean(name)),
        });
        let waits = (self.waits > 0).then(|| count(self.waits, "wait"));
        counted.into_iter().filter_map(plural).chain(units).chain(waits).collect()
    }
}

/// Writes one row per host: how many steps, and of which kind.
pub fn put_summary(page: &mut Page<'_>, plan: &Plan) -> io::Result<()> {
    let mut hosts: BTreeMap<Option<&Text>, Tally<'_>> = BTreeMap::new();
    for step in plan.objects.iter().flat_map(|object| object.change.steps()) {
        hosts.entry(step.host.as_ref().map(|host| &host.name)).or_default().add(&step.op);
    }
    let mut tallies = hosts.iter().filter(|(host, _)| host.is_some());
    let is_long = tallies.any(|(_, tally)| tally.steps > COUNTED);
    if hosts.is_empty() || (page.options().detail == Detail::Brief && !is_long) {
        return Ok(());
    }
    page.gap()?;
    page.line("Steps per host:")?;
    let mut rows: Vec<(Vec<String>, usize, Vec<String>)> = Vec::new();
    for (host, tally) in &hosts {
        let name = host.map_or("(here)".to_owned(), |host| clean(host).into_owned());
        match rows.iter_mut().find(|(_, _, parts)| host.is_some() && *parts == tally.parts()) {
            Some((names, ..)) => names.push(name),
            None => rows.push((vec![name], tally.steps, tally.parts())),
        }
    }
    let width = rows.iter().map(|(names, ..)| listed(names).chars().count()).max().unwrap_or(0);
    for (names, steps, parts) in &rows {
        let each = if names.len() > 1 { " each" } else { "" };
        let (names, steps) = (listed(names), count(*steps, "step"));
        let row = format!("{steps}{each}: {}", parts.join(", "));
        let room = page.options().width.saturating_sub(width + 6).max(NARROW);
        for (index, part) in wrap(&row, room).into_iter().enumerate() {
            let lead = if index == 0 { &*names } else { "" };
            page.row(0, Mark::Same, format!("{lead:width$}  {part}"))?;
        }
    }
    Ok(())
}

/// Hosts with the same steps: a few by name, more by number.
fn listed(names: &[String]) -> String {
    match names {
        [one] => one.clone(),
        few if few.len() <= FEW => few.join(", "),
        [first, .., last] => format!("{first} ... {last} ({})", count(names.len(), "host")),
        [] => String::new(),
    }
}
