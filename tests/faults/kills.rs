//! SIGKILL of the real binary, at each boundary of the journal and at any instant between.
//!
//! Terraform 1.11.4 on a local state left an empty state file in 12 of 16 such trials.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Child;
use std::time::{Duration, Instant};

use crate::workspace::{Workspace, said};

/// Files that the hosts have already, of which some are to be otherwise.
fn adopting() -> String {
    r#"
        locals { hosts = toset(["h0", "h1", "h2"]) }
        data "host" "h" {
          for_each  = local.hosts
          name      = each.key
          transport = "directory"
          root      = "hosts/${each.key}"
        }
        resource "host_file" "found" {
          for_each = local.hosts
          host     = data.host.h[each.key]
          path     = "/etc/found"
          content  = "as wanted"
        }
        import {
          for_each = local.hosts
          to       = host_file.found[each.key]
          id       = "${each.key}:/etc/found"
        }
        resource "host_file" "after" {
          for_each = local.hosts
          host     = data.host.h[each.key]
          path     = "/etc/after"
          content  = host_file.found[each.key].sha256
        }
    "#
    .to_owned()
}

/// Keys, certificates, files and directories on three hosts, in several waves.
pub fn hcl(revision: u32) -> String {
    format!(
        r#"
        locals {{ hosts = toset(["h0", "h1", "h2"]) }}
        data "host" "h" {{
          for_each  = local.hosts
          name      = each.key
          transport = "directory"
          root      = "hosts/${{each.key}}"
        }}
        resource "host_directory" "d" {{
          for_each = local.hosts
          host     = data.host.h[each.key]
          path     = "/srv/app"
        }}
        resource "pki_ca" "ca" {{ algorithm = "ECDSA-P256" }}
        resource "pki_certificate" "server" {{
          for_each  = local.hosts
          host      = data.host.h[each.key]
          ca        = pki_ca.ca
          profile   = "server"
          name      = each.key
          address   = "10.0.0.1"
          sans      = ["r{revision}.example.com"]
          algorithm = "ECDSA-P256"
        }}
        resource "host_file" "a" {{
          for_each = local.hosts
          host     = data.host.h[each.key]
          path     = "${{host_directory.d[each.key].path}}/a"
          content  = "revision {revision}"
        }}
        resource "host_file" "b" {{
          for_each = local.hosts
          host     = data.host.h[each.key]
          path     = "/srv/app/b"
          content  = join(", ", [for a in host_file.a : a.content])
        }}
        resource "terraform_data" "t" {{ input = host_file.b["h0"].content }}
        output "t" {{ value = terraform_data.t.output }}
        "#
    )
}

#[derive(Clone, Copy, Debug)]
enum When {
    /// After the journal or the state has changed so many times.
    Boundary(usize),
    /// After a part of the time that an undisturbed run takes, in thousandths.
    Instant(u32),
}

/// What is to be done, from what.
#[derive(Clone, Copy, Debug)]
enum Scenario {
    Create,
    Update,
    Destroy,
    Adopt,
}

impl Scenario {
    const ALL: [Scenario; 4] =
        [Scenario::Create, Scenario::Update, Scenario::Destroy, Scenario::Adopt];

    fn begin(self) -> Workspace {
        if matches!(self, Scenario::Adopt) {
            return Scenario::found();
        }
        let workspace = Workspace::new(&hcl(1));
        if !matches!(self, Scenario::Create) {
            workspace.ends(&["apply", "-auto-approve"], 0);
        }
        if matches!(self, Scenario::Update) {
            workspace.write(&hcl(2));
        }
        workspace
    }

    fn found() -> Workspace {
        let workspace = Workspace::new(&adopting());
        for (host, content) in [("h0", "otherwise"), ("h1", "as wanted"), ("h2", "otherwise")] {
            let folder = workspace.work().join(format!("hosts/{host}/etc"));
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("found"), content).unwrap();
        }
        workspace
    }

    fn command(self) -> [&'static str; 2] {
        match self {
            Scenario::Create | Scenario::Update | Scenario::Adopt => ["apply", "-auto-approve"],
            Scenario::Destroy => ["destroy", "-auto-approve"],
        }
    }
}

/// How an undisturbed run ends.
struct Course {
    scenario: Scenario,
    objects: BTreeMap<String, String>,
    hosts: BTreeMap<String, String>,
    took: Duration,
    boundaries: usize,
}

impl Course {
    fn of(scenario: Scenario) -> Course {
        let workspace = scenario.begin();
        let begun = Instant::now();
        let child = workspace.command(&scenario.command()).spawn().unwrap();
        let (_, boundaries) = watch(&workspace, child, |_| false);
        let took = begun.elapsed();
        let (objects, hosts) = (workspace.objects(), workspace.hosts());
        Course { scenario, objects, hosts, took, boundaries }
    }

    /// Kills a run, repeats it, and tells how it ended otherwise than an undisturbed one.
    fn kill(&self, when: When) -> (bool, Result<(), String>) {
        let workspace = self.scenario.begin();
        let child = workspace.command(&self.scenario.command()).spawn().unwrap();
        let begun = Instant::now();
        let (killed, _) = watch(&workspace, child, |seen| match when {
            When::Boundary(boundary) => seen >= boundary,
            When::Instant(part) => begun.elapsed() >= self.took * part / 1000,
        });
        (killed, self.recovers(&workspace))
    }

    fn recovers(&self, workspace: &Workspace) -> Result<(), String> {
        let was_empty = fs::metadata(workspace.state_file("")).is_ok_and(|file| file.len() == 0);
        must(!was_empty, || "the state is empty".to_owned())?;
        let rerun = workspace.run(&self.scenario.command());
        must(rerun.status.success(), || format!("rerun: {}", said(&rerun)))?;
        must(workspace.objects() == self.objects, || format!("state: {:?}", workspace.objects()))?;
        must(workspace.hosts() == self.hosts, || format!("hosts: {:?}", workspace.hosts()))?;
        if !matches!(self.scenario, Scenario::Destroy) {
            let plan = workspace.run(&["plan", "-detailed-exitcode"]);
            must(plan.status.code() == Some(0), || format!("next plan: {}", said(&plan)))?;
        }
        let journal = workspace.state_file(".journal").exists();
        must(!journal, || "a journal is left".to_owned())
    }
}

fn must(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

/// Counts how often the journal or the state changes, and kills when told; whether it did, and the
/// count.
fn watch(workspace: &Workspace, mut child: Child, kill: impl Fn(usize) -> bool) -> (bool, usize) {
    let size =
        |extension| fs::metadata(workspace.state_file(extension)).map(|file| file.len()).ok();
    let look = || (size(".journal"), size(""), size(".backup"), size(".new"));
    let (mut last, mut seen) = (look(), 0);
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return (status.signal().is_some(), seen);
        }
        let now = look();
        if now != last {
            (last, seen) = (now, seen + 1);
        }
        if kill(seen) {
            child.kill().unwrap();
            let status = child.wait().unwrap();
            return (status.signal() == Some(9), seen);
        }
    }
}

fn wanted() -> u32 {
    std::env::var("QUORATE_KILLS").ok().and_then(|count| count.parse().ok()).unwrap_or(24)
}

#[test]
fn a_killed_run_is_carried_on_to_the_same_end() {
    let (mut runs, mut killed, mut losses) = (0, 0, Vec::new());
    for scenario in Scenario::ALL {
        let course = Course::of(scenario);
        let count = wanted() / 4;
        let boundaries = course.boundaries.max(1);
        for n in 0..count {
            let when = match n % 2 {
                0 => When::Boundary(1 + (n / 2) as usize % boundaries),
                // A sequence that spreads evenly however many there are.
                _ => When::Instant(n * 618 % 1000),
            };
            let (was_killed, outcome) = course.kill(when);
            runs += 1;
            killed += u32::from(was_killed);
            losses.extend(outcome.err().map(|loss| format!("{scenario:?} {when:?}: {loss}")));
        }
        println!("{scenario:?}: {boundaries} boundaries, {count} runs");
    }
    println!("{runs} runs, {killed} killed before they ended, {} losses", losses.len());
    assert!(losses.is_empty(), "{}", losses.join("\n"));
    assert!(killed * 3 > runs, "only {killed} of {runs} runs were killed before they ended");
}

#[test]
fn what_was_in_flight_is_said_by_the_next_command() {
    let told = (0..10).find_map(|_| {
        let workspace = Workspace::new(&hcl(1));
        let child = workspace.command(&["apply", "-auto-approve"]).spawn().unwrap();
        let journal = workspace.state_file(".journal");
        let begun = || fs::read_to_string(&journal).is_ok_and(|text| text.contains("\"began\""));
        watch(&workspace, child, |_| begun());
        let said = workspace.ends(&["show"], 0);
        let planned = workspace.ends(&["plan"], 0);
        said.contains("Work in flight").then_some((said, planned))
    });
    let (shown, planned) = told.unwrap();
    for said in [shown, planned] {
        assert!(said.contains("being created since 20"), "{said}");
        assert!(said.contains("under way"), "{said}");
    }
}

/// Kills an apply once its journal has several lines, and gives the journal.
pub fn journal_of_a_killed_run(workspace: &Workspace) -> Vec<u8> {
    let journal = workspace.state_file(".journal");
    for _ in 0..20 {
        let child = workspace.command(&["apply", "-auto-approve"]).spawn().unwrap();
        let lines = || fs::read(&journal).map_or(0, |text| text.split(|b| *b == b'\n').count() - 1);
        watch(workspace, child, |_| lines() >= 4);
        if lines() >= 4 {
            return fs::read(&journal).unwrap();
        }
        workspace.ends(&["destroy", "-auto-approve"], 0);
    }
    panic!("no run was killed in its middle");
}
