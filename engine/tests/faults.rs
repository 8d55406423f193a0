//! Nothing is ever lost: a run that is disturbed at any operation of the disk or of a host, and then
//! repeated, ends where an undisturbed one ends.
//!
//! `QUORATE_FAULTS=all` tries every fault at every operation; otherwise a part of them.
#![allow(
    clippy::print_stdout,
    reason = "the figures of a run are for whoever asks with --nocapture"
)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by its panic")]

mod bench;

use std::collections::{BTreeMap, BTreeSet};

use bench::Bench;
use quorate_engine::plan::Goal;
use quorate_engine::state::fragile::{EACCES, EIO, ENOSPC, EROFS, FragileDisk, Survives, Trouble};
use quorate_engine::state::{State, Status};

const FIRST: &str = r#"
    resource "toy_file" "a" {
      for_each = toset(["h1", "h2"])
      host     = { name = each.key }
      path     = "/a"
      content  = "one"
    }
    resource "toy_file" "b" {
      host     = { name = "h1" }
      path     = "/b"
      content  = "${toy_file.a["h1"].content}, ${toy_file.a["h2"].content}"
    }
    resource "toy_file" "moves" {
      host    = { name = "h2" }
      path    = "/old"
      content = "same"
    }
    resource "toy_file" "goes" {
      host    = { name = "h2" }
      path    = "/goes"
      content = "short"
    }
    resource "terraform_data" "t" { input = toy_file.b.content }
    output "t" { value = terraform_data.t.output }
"#;

const SECOND: &str = r#"
    resource "toy_file" "a" {
      for_each = toset(["h1", "h2"])
      host     = { name = each.key }
      path     = "/a"
      content  = "two"
    }
    resource "toy_file" "b" {
      host     = { name = "h1" }
      path     = "/b"
      content  = "${toy_file.a["h1"].content}, ${toy_file.a["h2"].content}"
    }
    resource "toy_file" "moves" {
      host    = { name = "h2" }
      path    = "/new"
      content = "same"
      lifecycle { create_before_destroy = true }
    }
    resource "toy_file" "comes" {
      host    = { name = "h2" }
      path    = "/comes"
      content = toy_file.moves.content
    }
    resource "terraform_data" "t" { input = toy_file.b.content }
    output "t" { value = terraform_data.t.output }
"#;

/// One file differs from what is on its host, one does not, one is not there.
const ADOPT: &str = r#"
    locals { hosts = toset(["h1", "h2"]) }
    resource "toy_file" "a" {
      for_each = local.hosts
      host     = { name = each.key }
      path     = "/a"
      content  = "new"
    }
    import {
      for_each = local.hosts
      to       = toy_file.a[each.key]
      id       = each.key
    }
    resource "toy_file" "b" {
      host    = { name = "h1" }
      path    = "/b"
      content = join(", ", [for a in toy_file.a : a.content])
    }
    output "b" { value = toy_file.b.content }
"#;

const FOUND: [(&str, &str); 2] = [("h1:/a", "old"), ("h2:/a", "new")];

/// What is done, from what.
struct Scenario {
    name: &'static str,
    /// What the hosts have that no run made.
    found: &'static [(&'static str, &'static str)],
    before: Option<&'static str>,
    hcl: &'static str,
    goal: Goal,
}

const fn scenario(name: &'static str, before: Option<&'static str>, hcl: &'static str) -> Scenario {
    Scenario { name, found: &[], before, hcl, goal: Goal::Converge }
}

const SCENARIOS: [Scenario; 4] = [
    scenario("create", None, FIRST),
    scenario("update", Some(FIRST), SECOND),
    Scenario { goal: Goal::Destroy, ..scenario("destroy", Some(FIRST), FIRST) },
    Scenario { found: &FOUND, ..scenario("adopt", None, ADOPT) },
];

type Files = BTreeMap<String, String>;

/// A disk and hosts as a scenario finds them, and as it leaves them undisturbed.
struct Course<'s> {
    scenario: &'s Scenario,
    disk: FragileDisk,
    files: Files,
    expected_files: Files,
    expected: BTreeSet<String>,
    operations: usize,
}

impl Course<'_> {
    async fn of(scenario: &Scenario) -> Course<'_> {
        let disk = FragileDisk::default();
        let found =
            scenario.found.iter().map(|(place, text)| (place.to_string(), text.to_string()));
        let bench = Bench::on(&disk, found.collect());
        if let Some(before) = scenario.before {
            complete(&bench, before, Goal::Converge).await;
        }
        let files = files(&bench);
        let (end, begin) = (disk.copy(), disk);
        let bench = Bench::on(&end, files.clone());
        end.trouble(usize::MAX, Trouble::Dies);
        complete(&bench, scenario.hcl, scenario.goal).await;
        let operations = end.operations();
        let expected = shape(&bench.store.peek().unwrap());
        let expected_files = self::files(&bench);
        Course { scenario, disk: begin, files, expected_files, expected, operations }
    }

    /// One disturbed run, then the crash if there is one, then a run to the end.
    async fn run(&self, fault: Fault) -> Result<(), String> {
        let disk = self.disk.copy();
        let bench = Bench::on(&disk, self.files.clone());
        disk.trouble(fault.at, fault.trouble);
        disturbed(&bench, &disk, self.scenario).await;
        let disturbed_files = files(&bench);
        drop(bench);
        disk.restart(fault.survives);
        if let Some((at, trouble)) = fault.again {
            let bench = Bench::on(&disk, disturbed_files.clone());
            disk.trouble(at, trouble);
            disturbed(&bench, &disk, self.scenario).await;
            let left = files(&bench);
            drop(bench);
            disk.restart(fault.survives);
            return self.must_recover(&disk, left).await;
        }
        self.must_recover(&disk, disturbed_files).await
    }

    async fn must_recover(&self, disk: &FragileDisk, left: Files) -> Result<(), String> {
        let bench = Bench::on(disk, left.clone());
        let found = bench.store.peek().map_err(|error| format!("state: {error}"))?;
        self.nothing_is_forgotten(&found, &left)?;
        let settled = settled(&found, &left, &self.expected_files);
        let (_, outcome) = bench.run(self.scenario.hcl, self.scenario.goal, true).await?;
        let outcome = outcome.ok_or("nothing was carried out")?;
        must(outcome.is_complete(), || format!("rerun: {outcome:?}"))?;
        let log = bench.world.log.lock().unwrap().clone();
        let twice = log.iter().find(|line| settled.iter().any(|path| line.contains(path)));
        must(twice.is_none(), || format!("made twice: {twice:?}"))?;
        let (ended, state) = (files(&bench), bench.store.peek().unwrap());
        must(ended == self.expected_files, || format!("hosts: {ended:?}"))?;
        must(shape(&state) == self.expected, || format!("state: {:?}", shape(&state)))?;
        must(state.under_way.is_empty(), || format!("under way: {:?}", state.under_way))?;
        let again = match self.scenario.goal {
            Goal::Converge | Goal::RefreshOnly => bench.plan(self.scenario.hcl).await,
            Goal::Destroy => String::new(),
        };
        must(again.is_empty(), || format!("the next plan is not empty: {again}"))?;
        let names = disk.names();
        must(names.len() == 2, || format!("files beside the state: {names:?}"))
    }

    /// Whatever an earlier run made on a host is in the state; nothing that was there is gone.
    fn nothing_is_forgotten(&self, found: &State, left: &Files) -> Result<(), String> {
        for (place, text) in left {
            if self.scenario.found.contains(&(place, text)) {
                continue;
            }
            let (_, path) = place.split_once(':').unwrap();
            let known = found.objects.values().any(|stored| {
                let attributes = stored.record.attributes().to_string();
                attributes.contains(&format!("\"{path}\""))
            });
            must(known, || format!("{place} is forgotten"))?;
        }
        Ok(())
    }
}

/// The files of objects that the state says are as they should be, and are so.
fn settled(found: &State, left: &Files, expected: &Files) -> Vec<String> {
    let ready = found.objects.values().filter(|stored| stored.status == Status::Ready);
    let places = ready.filter_map(|stored| {
        let attributes = stored.record.attributes();
        let host = attributes.get("host")?.get("value").unwrap_or(attributes.get("host")?);
        let host = host.get("name")?.as_str()?;
        Some((host.to_owned(), attributes.get("path")?.as_str()?.to_owned()))
    });
    let done = places.filter(|(host, path)| {
        let place = format!("{host}:{path}");
        expected.contains_key(&place) && left.get(&place) == expected.get(&place)
    });
    done.map(|(host, path)| format!("{host}: write {path} ")).collect()
}

fn must(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

fn files(bench: &Bench) -> Files {
    bench.world.files.lock().unwrap().clone()
}

/// The state without what differs from run to run: serial, lineage, names made at random.
fn shape(state: &State) -> BTreeSet<String> {
    let object = |(addr, stored): (&quorate_engine::addr::InstanceAddr, _)| {
        let stored: &quorate_engine::state::Stored = stored;
        let mut attributes = stored.record.attributes().clone();
        if let Some(attributes) = attributes.as_object_mut() {
            attributes.remove("id");
        }
        format!("{addr} {:?} {attributes} {:?}", stored.status, stored.depends_on)
    };
    let outputs = state.outputs.iter().map(|(name, output)| format!("{name} {output:?}"));
    state.objects.iter().map(object).chain(outputs).collect()
}

async fn complete(bench: &Bench, hcl: &str, goal: Goal) {
    let (_, outcome) = bench.run(hcl, goal, true).await.unwrap();
    assert!(outcome.unwrap().is_complete());
}

/// A run that may fail anyhow; when its process dies, all of it is dropped where it stands.
async fn disturbed(bench: &Bench, disk: &FragileDisk, scenario: &Scenario) {
    let death = async {
        while !disk.is_dead() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        () = death => {}
        _ = bench.run(scenario.hcl, scenario.goal, true) => {}
    }
}

#[derive(Clone, Copy, Debug)]
struct Fault {
    at: usize,
    trouble: Trouble,
    survives: Survives,
    /// Another one while the run after it recovers.
    again: Option<(usize, Trouble)>,
}

/// Every fault at one operation.
fn faults(at: usize) -> Vec<Fault> {
    let fault = |trouble, survives| Fault { at, trouble, survives, again: None };
    let mut faults = Vec::new();
    for code in [ENOSPC, EROFS, EACCES, EIO] {
        faults.push(fault(Trouble::Once(code), Survives::All));
        faults.push(fault(Trouble::FromThenOn(code), Survives::All));
    }
    faults.push(fault(Trouble::FromThenOn(EIO), Survives::Durable));
    faults.push(fault(Trouble::Once(EIO), Survives::Part(at as u64)));
    faults.push(fault(Trouble::Short, Survives::All));
    faults.push(fault(Trouble::Short, Survives::Durable));
    let parts = (0..4).map(|n| Survives::Part((at * 4 + n) as u64));
    for survives in [Survives::All, Survives::Durable].into_iter().chain(parts) {
        faults.push(fault(Trouble::Dies, survives));
        faults.push(fault(Trouble::DiesWithin, survives));
    }
    faults
}

fn everything() -> bool {
    std::env::var("QUORATE_FAULTS").is_ok_and(|value| value == "all")
}

async fn try_all(course: &Course<'_>, faults: impl Iterator<Item = Fault>) -> (usize, Vec<String>) {
    let (mut tried, mut losses) = (0, Vec::new());
    for fault in faults {
        tried += 1;
        if let Err(loss) = course.run(fault).await {
            losses.push(format!("{} {fault:?}: {loss}", course.scenario.name));
        }
    }
    (tried, losses)
}

#[tokio::test]
async fn a_fault_at_any_operation_loses_nothing() {
    for scenario in &SCENARIOS {
        let course = Course::of(scenario).await;
        let stride = if everything() { 1 } else { 5 };
        let all = (0..course.operations).flat_map(faults).enumerate();
        let some = all.filter(|(n, fault)| (n + fault.at) % stride == 0).map(|(_, fault)| fault);
        let (tried, losses) = try_all(&course, some).await;
        println!(
            "{}: {} operations, {tried} faults, {} losses",
            scenario.name,
            course.operations,
            losses.len()
        );
        assert!(losses.is_empty(), "{}", losses.join("\n"));
    }
}

#[tokio::test]
async fn a_second_fault_while_recovering_loses_nothing() {
    for scenario in &SCENARIOS {
        let course = Course::of(scenario).await;
        let count = if everything() { 2000 } else { 60 };
        let kinds =
            [Trouble::Dies, Trouble::DiesWithin, Trouble::FromThenOn(ENOSPC), Trouble::Short];
        let fault = |n: usize| Fault {
            at: n * 7 % course.operations,
            trouble: kinds[n % 4],
            survives: [Survives::All, Survives::Durable, Survives::Part(n as u64)][n % 3],
            again: Some((n * 13 % course.operations, kinds[n / 4 % 4])),
        };
        let (tried, losses) = try_all(&course, (0..count).map(fault)).await;
        println!("{}: {tried} pairs of faults, {} losses", scenario.name, losses.len());
        assert!(losses.is_empty(), "{}", losses.join("\n"));
    }
}

/// What was in flight is said by object, step, host and time.
#[tokio::test]
async fn a_death_between_two_steps_is_told() {
    let course = Course::of(&SCENARIOS[0]).await;
    let mut told = BTreeSet::new();
    for at in 0..course.operations {
        let disk = course.disk.copy();
        let bench = Bench::on(&disk, Files::new());
        disk.trouble(at, Trouble::Dies);
        disturbed(&bench, &disk, course.scenario).await;
        drop(bench);
        disk.restart(Survives::Durable);
        let state = Bench::on(&disk, Files::new()).store.peek().unwrap();
        told.extend(state.under_way.iter().map(|(addr, work)| format!("{addr} {work}")));
    }
    let since = "since 1970-01-01T00:00:00Z;";
    for expected in [
        "step 1 of 2 was under way on h1: write /b (0644 root:root)",
        "step 2 of 2 was under way on h1: wait until it is so (at most 1 s)",
    ] {
        assert!(told.contains(&format!("toy_file.b {since} {expected}")), "{told:#?}");
    }
}

/// Between being taken over and being changed an object is known as it was found.
#[tokio::test]
async fn a_death_between_import_and_change_leaves_what_was_found() {
    let course = Course::of(&SCENARIOS[3]).await;
    let mut known = BTreeSet::new();
    let undisturbed = course.disk.copy();
    let bench = Bench::on(&undisturbed, course.files.clone());
    undisturbed.trouble(usize::MAX, Trouble::Dies);
    complete(&bench, ADOPT, Goal::Converge).await;
    let log = undisturbed.log();
    // Both are of one batch, of which the power may leave any part.
    let at = log.iter().position(|line| line == "sync state.json.journal").unwrap();
    for sectors in 0..40 {
        let disk = course.disk.copy();
        let bench = Bench::on(&disk, course.files.clone());
        disk.trouble(at, Trouble::Dies);
        disturbed(&bench, &disk, course.scenario).await;
        let left = files(&bench);
        drop(bench);
        disk.restart(Survives::First(sectors));
        let state = Bench::on(&disk, Files::new()).store.peek().unwrap();
        let object = state.objects.iter().find(|(addr, _)| addr.to_string().contains("h1"));
        known.insert(object.map(|(_, stored)| {
            let content = stored.record.attributes()["content"].to_string();
            (format!("{:?}", stored.status), content, left["h1:/a"].clone())
        }));
        course.must_recover(&disk, left).await.unwrap();
    }
    let known: Vec<_> = known.into_iter().collect();
    let as_found = |status: &str| Some((status.to_owned(), "\"old\"".to_owned(), "old".to_owned()));
    assert_eq!(known, [None, as_found("Ready"), as_found("Updating")]);
}

/// The order of the journal: a step never begins before the disk has its intent.
#[tokio::test]
async fn no_step_begins_before_its_intent_is_durable() {
    let course = Course::of(&SCENARIOS[0]).await;
    let disk = course.disk.copy();
    let bench = Bench::on(&disk, Files::new());
    disk.trouble(usize::MAX, Trouble::Dies);
    complete(&bench, FIRST, Goal::Converge).await;
    let log = disk.log();
    let position = |what: &str| log.iter().position(|line| line == what).unwrap();
    let write = position("h1: write /b (0644 root:root)");
    // What else begins with it may reach its host first.
    let before = log[..write].iter().rfind(|line| !line.starts_with("h2: write"));
    assert_eq!(before.map(String::as_str), Some("sync state.json.journal"), "{log:#?}");
}
