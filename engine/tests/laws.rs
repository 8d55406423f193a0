//! Laws of every schedule, held against random graphs in which random steps fail.
//!
//! `QUORATE_FAULTS=all` tries more graphs.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by its panic")]

mod bench;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use bench::Bench;
use quorate_engine::event::{Event, Events};
use quorate_engine::plan::{Action, Aim, Goal};

/// A generator whose numbers are the same everywhere (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % sides as u64) as usize
    }

    fn one_in(&mut self, sides: usize) -> bool {
        self.roll(sides) == 0
    }
}

/// One object as it is written.
#[derive(Clone)]
struct Node {
    host: usize,
    path: usize,
    content: usize,
    /// Whether it lies below the first object that it refers to, and moves with it.
    below: bool,
    first: bool,
    member: bool,
    on: BTreeSet<usize>,
}

type Graph = BTreeMap<usize, Node>;

fn node(dice: &mut Dice, index: usize, known: &[usize]) -> Node {
    let mut on = BTreeSet::new();
    for _ in 0..dice.roll(3) {
        on.extend(known.get(dice.roll(known.len().max(1))));
    }
    let member = dice.one_in(4);
    let below = dice.one_in(4) && !member;
    let (host, first) = (dice.roll(3), dice.one_in(4));
    Node { host, path: index, content: 0, below, first, member, on }
}

fn first_graph(dice: &mut Dice) -> Graph {
    let mut graph = Graph::new();
    for index in 0..4 + dice.roll(9) {
        let known: Vec<usize> = graph.keys().copied().collect();
        graph.insert(index, node(dice, index, &known));
    }
    graph
}

/// The same with objects gone, changed, elsewhere and new.
fn changed(graph: &Graph, dice: &mut Dice) -> Graph {
    let mut next = Graph::new();
    for (index, old) in graph {
        let mut node = old.clone();
        match dice.roll(8) {
            0 => continue,
            1 | 2 => node.path += 100,
            3 | 4 => node.content += 1,
            _ => {}
        }
        node.on.retain(|on| next.contains_key(on));
        next.insert(*index, node);
    }
    let fresh = graph.keys().max().map_or(0, |last| last + 1);
    for index in fresh..fresh + dice.roll(3) {
        let known: Vec<usize> = next.keys().copied().collect();
        next.insert(index, node(dice, index, &known));
    }
    next
}

fn hcl(graph: &Graph) -> String {
    let mut text = String::new();
    for (index, Node { host, path, content, below, first, member, on }) in graph {
        let refs: Vec<String> = on.iter().map(|on| format!("${{toy_file.n{on}.path}}")).collect();
        let folder = refs.first().filter(|_| *below).map_or("", String::as_str);
        let rank = if *member { format!("rank = {index}") } else { String::new() };
        let refs = refs.join(" ");
        writeln!(
            text,
            "resource \"toy_file\" \"n{index}\" {{\nhost = {{ name = \"h{host}\" }}\n\
             path = \"{folder}/{path}\"\ncontent = \"{content} {refs}\"\n{rank}\n\
             lifecycle {{ create_before_destroy = {first} }}\n}}"
        )
        .unwrap();
    }
    text
}

#[derive(Default)]
struct Heard(Mutex<Vec<Event>>);

impl Events for Heard {
    fn emit(&self, event: Event) {
        self.0.lock().unwrap().push(event);
    }
}

/// What happened to one object, by the places of its events.
#[derive(Debug, Default)]
struct Course {
    /// Removed: began, ended well.
    removed: (Option<usize>, Option<usize>),
    /// Made, changed or replaced at once: began, ended well.
    made: (Option<usize>, Option<usize>),
    /// A former object removed: began.
    former: Option<usize>,
    /// Failed or not begun.
    undone: bool,
}

fn courses(events: &[Event]) -> BTreeMap<usize, Course> {
    let mut all: BTreeMap<usize, Course> = BTreeMap::new();
    for (place, event) in events.iter().enumerate() {
        let (addr, action, began, ended) = match event {
            Event::Started { addr, action } => (addr, *action, true, false),
            Event::Finished { addr, action, .. } => (addr, *action, false, true),
            Event::Failed { addr, action, .. } => (addr, *action, false, false),
            Event::Skipped { addr, .. } => (addr, Action::NoOp, false, false),
            _ => continue,
        };
        let course = all.entry(addr.block.name[1..].parse().unwrap()).or_default();
        course.undone |= !began && !ended;
        if addr.deposed.is_some() {
            course.former = course.former.or(Some(place).filter(|_| began));
            continue;
        }
        let half = if action == Action::Delete { &mut course.removed } else { &mut course.made };
        half.0 = half.0.or(Some(place).filter(|_| began));
        half.1 = half.1.or(Some(place).filter(|_| ended));
    }
    all
}

fn law(holds: bool, said: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(said()) }
}

/// Nothing is made or changed before all that it is made from is, or after that failed.
fn dependencies_come_first(graph: &Graph, courses: &BTreeMap<usize, Course>) -> Result<(), String> {
    for (index, node) in graph {
        let Some(began) = courses.get(index).and_then(|course| course.made.0) else { continue };
        for course in node.on.iter().filter_map(|on| courses.get(on)) {
            let ready = course.made.1.is_some_and(|ended| ended < began);
            law(ready, || format!("n{index} did not wait for {course:?}"))?;
        }
    }
    Ok(())
}

/// Nothing goes while something still uses it.
fn removed_last(
    before: &Graph,
    after: &Graph,
    courses: &BTreeMap<usize, Course>,
) -> Result<(), String> {
    for (index, course) in courses {
        let gone = course.removed.0.filter(|_| !after.contains_key(index));
        // A member of a service is not kept half replaced for the sake of others.
        let former = course.former.filter(|_| !after.get(index).is_some_and(|node| node.member));
        let Some(began) = former.or(gone) else { continue };
        let users = before.iter().filter(|(_, node)| node.on.contains(index));
        for (user, course) in users.filter_map(|(user, _)| Some((user, courses.get(user)?))) {
            let ended = course.made.1.or(course.removed.1);
            let free = !course.undone && ended.is_some_and(|ended| ended < began);
            law(free, || format!("n{index} went while n{user} used it: {course:?}"))?;
        }
    }
    Ok(())
}

/// One member of a service is taken down at a time, and none after one did not come back.
fn one_member_at_a_time(before: &Graph, after: &Graph, events: &[Event]) -> Result<(), String> {
    // Which member is down, and whether a former object is yet to go.
    let mut down: Option<(usize, Action)> = None;
    let mut lost = false;
    for event in events {
        let (addr, action) = match event {
            Event::Started { addr, action }
            | Event::Finished { addr, action, .. }
            | Event::Failed { addr, action, .. } => (addr, *action),
            _ => continue,
        };
        let index: usize = addr.block.name[1..].parse().unwrap();
        let both = before.get(&index).zip(after.get(&index));
        if !both.is_some_and(|(_, node)| node.member) {
            continue;
        }
        match (event, down) {
            (Event::Started { .. }, None) => {
                law(!lost, || format!("{addr} went down after another had failed"))?;
                down = Some((index, action));
            }
            (Event::Started { .. }, Some((other, _))) => {
                law(other == index, || format!("{addr} went down beside n{other}"))?;
            }
            (Event::Failed { .. }, _) => (down, lost) = (None, true),
            // The half that began first is not the end.
            (_, Some((_, first @ (Action::Create | Action::Delete)))) if first == action => {}
            _ => down = None,
        }
    }
    Ok(())
}

/// Every file is of an object that the state knows.
fn nothing_is_forgotten(bench: &Bench) -> Result<(), String> {
    let state = bench.store.peek().unwrap();
    let held = |stored: &quorate_engine::state::Stored| {
        let attributes = stored.record.attributes();
        let host = attributes["host"].get("value").unwrap_or(&attributes["host"])["name"].clone();
        format!("{}:{}", host.as_str().unwrap(), attributes["path"].as_str().unwrap())
    };
    let known: BTreeSet<String> = state.objects.values().map(held).collect();
    let files = bench.world.files.lock().unwrap();
    let lost: Vec<_> = files.keys().filter(|place| !known.contains(*place)).collect();
    law(lost.is_empty(), || format!("forgotten: {lost:?}"))
}

/// What is made before its predecessor goes, which needs another place: what says so, and all that it is
/// made from.
fn made_first(graph: &Graph) -> BTreeSet<usize> {
    let mut all = BTreeSet::new();
    for (index, node) in graph.iter().rev() {
        if node.first || all.contains(index) {
            all.insert(*index);
            all.extend(&node.on);
        }
    }
    all
}

/// A plan that makes some objects anew although nothing else asks for it, members among them.
fn some_anew(bench: &Bench, graph: &Graph, dice: &mut Dice) -> Aim {
    let state = bench.store.peek().unwrap();
    let first = made_first(graph);
    let known = state.objects.into_keys().filter(|addr| {
        let index: usize = addr.block.name[1..].parse().unwrap();
        addr.deposed.is_none() && graph.contains_key(&index) && !first.contains(&index)
    });
    Aim { replace: known.filter(|_| dice.one_in(4)).collect(), ..Aim::default() }
}

async fn must_end_well(bench: &Bench, after: &Graph) -> Result<(), String> {
    let text = hcl(after);
    let (_, outcome) = bench.run(&text, Goal::Converge, true).await?;
    let outcome = outcome.unwrap();
    law(outcome.is_complete(), || format!("rerun: {outcome:?}"))?;
    let plan = bench.plan(&text).await;
    law(plan.is_empty(), || format!("the next plan is not empty: {plan}"))?;
    let state = bench.store.peek().unwrap();
    law(state.objects.len() == after.len(), || format!("left: {:?}", state.objects.keys()))?;
    let files = bench.world.files.lock().unwrap().len();
    law(files == after.len() && state.under_way.is_empty(), || format!("{files} files"))
}

async fn try_graph(seed: u64) -> Result<usize, String> {
    let mut dice = Dice(seed);
    let before = first_graph(&mut dice);
    let heard = Arc::new(Heard::default());
    let mut bench = Bench::new();
    bench.events = heard.clone();
    bench.apply(&hcl(&before)).await;
    let mut failures = 0;
    let (mut old, mut new) = (before.clone(), before);
    for _ in 0..3 {
        new = changed(&new, &mut dice);
        let text = hcl(&new);
        let places: Vec<String> = bench.world.files.lock().unwrap().keys().cloned().collect();
        for _ in 0..dice.roll(3) {
            let (host, path) = (dice.roll(3), dice.roll(12) + 100 * dice.roll(2));
            let old = places.get(dice.roll(places.len().max(1))).cloned();
            let broken = if dice.one_in(2) { old } else { None };
            let broken = broken.unwrap_or_else(|| format!("h{host}:/{path}"));
            bench.world.broken.lock().unwrap().insert(broken);
        }
        heard.0.lock().unwrap().clear();
        let aim = some_anew(&bench, &new, &mut dice);
        let (planned, outcome) = bench.run(&text, aim, true).await?;
        bench.world.broken.lock().unwrap().clear();
        let outcome = outcome.unwrap();
        failures += outcome.failed.len();
        let events = heard.0.lock().unwrap().clone();
        let courses = courses(&events);
        let told = |error: String| {
            format!("{error}\nbefore:\n{}\nafter:\n{text}\nplan:\n{planned}", hcl(&old))
        };
        dependencies_come_first(&new, &courses).map_err(told)?;
        one_member_at_a_time(&old, &new, &events).map_err(told)?;
        nothing_is_forgotten(&bench).map_err(told)?;
        removed_last(&old, &new, &courses).map_err(told)?;
        if outcome.is_complete() || dice.one_in(2) {
            must_end_well(&bench, &new).await.map_err(told)?;
            old = new.clone();
        } else {
            // What was made from what is known only where all went well.
            break;
        }
    }
    must_end_well(&bench, &new).await.map_err(|error| format!("{error}\nafter:\n{}", hcl(&new)))?;
    Ok(failures)
}

#[tokio::test]
async fn every_schedule_keeps_the_laws() {
    let all = std::env::var("QUORATE_FAULTS").is_ok_and(|value| value == "all");
    let mut failures = 0;
    for seed in 0..if all { 3_000 } else { 60 } {
        match try_graph(seed).await {
            Ok(failed) => failures += failed,
            Err(error) => panic!("seed {seed}: {error}"),
        }
    }
    assert!(failures > 10, "only {failures} steps failed: that shows little");
}
