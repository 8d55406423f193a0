//! Commands that write files of the user, disturbed by `strace` at every call that changes a file: a
//! full disk, an I/O error that stays, SIGKILL. Each file is the old one or the new one.
//!
//! `QUORATE_FAULTS=all` disturbs each call; otherwise a part of them.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Output};

use serde_json::Value as Json;

use crate::workspace::{Workspace, said};

/// The system calls that change what is on a disk.
const CALLS: &str = "ftruncate,fsync,fdatasync,rename,renameat,renameat2,\
                     link,linkat,unlink,unlinkat,chmod,fchmod,fchmodat,mkdir,flock";

/// The same with writing, for commands that talk to no host: threads of others wake each other by
/// writing, which is no matter of disks.
const WRITES: &str = "write,writev,pwrite64,";

const HCL: &str = r#"
    data "host" "h" {
      name      = "h"
      transport = "directory"
      root      = "hosts/h"
    }
    resource "host_file" "a" {
      host    = data.host.h
      path    = "/a"
      content = "a"
    }
    resource "terraform_data" "x" { input = "x" }
"#;

/// A command, and what it is to do.
struct Case {
    name: &'static str,
    args: &'static [&'static str],
    prepare: fn(&Workspace),
}

impl Case {
    fn calls(&self) -> String {
        let asks_hosts = matches!(self.args[0], "plan" | "import");
        if asks_hosts { CALLS.to_owned() } else { format!("{WRITES}{CALLS}") }
    }
}

fn nothing(_: &Workspace) {}

fn with_saved_plan(workspace: &Workspace) {
    workspace.ends(&["plan", "-out=saved"], 0);
    workspace.write(&HCL.replace("input = \"x\"", "input = \"y\""));
}

fn untidy(workspace: &Workspace) {
    workspace.write("locals {\na=1\n    bb  = 2\n}\n");
}

fn forgotten(workspace: &Workspace) {
    workspace.ends(&["state", "rm", "host_file.a"], 0);
}

fn older(workspace: &Workspace) {
    fs::copy(workspace.state_file(""), workspace.work().join("old.json")).unwrap();
    workspace.ends(&["taint", "host_file.a"], 0);
}

fn tainted(workspace: &Workspace) {
    workspace.ends(&["taint", "host_file.a"], 0);
}

fn empty(workspace: &Workspace) {
    fs::write(workspace.state_file(""), "").unwrap();
    fs::copy(workspace.state_file(".backup"), workspace.work().join("old.json")).unwrap();
}

fn without_identity(workspace: &Workspace) {
    fs::remove_dir_all(workspace.path("home/.config")).unwrap();
}

const CASES: [Case; 11] = [
    Case { name: "plan -out", args: &["plan", "-out=saved"], prepare: nothing },
    Case {
        name: "plan -out over another",
        args: &["plan", "-out=saved"],
        prepare: with_saved_plan,
    },
    Case { name: "fmt", args: &["fmt"], prepare: untidy },
    Case {
        name: "state mv",
        args: &["state", "mv", "host_file.a", "host_file.b"],
        prepare: nothing,
    },
    Case { name: "state rm", args: &["state", "rm", "host_file.a"], prepare: nothing },
    Case { name: "taint", args: &["taint", "host_file.a"], prepare: nothing },
    Case { name: "untaint", args: &["untaint", "host_file.a"], prepare: tainted },
    Case { name: "import", args: &["import", "host_file.a", "h:/a"], prepare: forgotten },
    Case { name: "state push", args: &["state", "push", "-force", "old.json"], prepare: older },
    Case {
        name: "state push over an empty one",
        args: &["state", "push", "-force", "old.json"],
        prepare: empty,
    },
    Case { name: "init", args: &["init"], prepare: without_identity },
];

/// What happens at one call.
const TROUBLES: [&str; 3] = ["error=ENOSPC", "error=EIO", "signal=SIGKILL"];

/// Runs under `strace` that disturbs the call of a number, or all from it on.
fn disturbed(workspace: &Workspace, case: &Case, when: &str) -> Output {
    let calls = case.calls();
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o"]).arg(workspace.path("trace"));
    strace.args(["-e", &format!("trace={calls}")]);
    if !when.is_empty() {
        strace.args(["-e", &format!("inject={calls}:{when}")]);
    }
    workspace.under(strace, case.args).output().unwrap()
}

/// The most calls that one thread makes: `strace` counts for each.
fn calls(workspace: &Workspace) -> usize {
    let trace = fs::read_to_string(workspace.path("trace")).unwrap();
    let mut counts = BTreeMap::<&str, usize>::new();
    for thread in trace.lines().filter_map(|line| line.split_whitespace().next()) {
        *counts.entry(thread).or_default() += 1;
    }
    counts.into_values().max().unwrap_or_default()
}

/// A state without what each run gives another.
fn objects(text: &[u8]) -> Option<Json> {
    let state: Json = serde_json::from_slice(text).ok()?;
    Some(state["objects"].clone())
}

/// Each file of the user as it is: what no command may leave half-written.
struct Files {
    configuration: Vec<u8>,
    state: Vec<u8>,
    has_plan: bool,
}

impl Files {
    fn of(workspace: &Workspace) -> Files {
        Files {
            configuration: fs::read(workspace.work().join("main.hcl")).unwrap(),
            state: fs::read(workspace.state_file("")).unwrap(),
            has_plan: workspace.work().join("saved").exists(),
        }
    }

    /// What stands between the files before and after is a loss.
    fn must_be_between(
        &self,
        old: &Files,
        new: &Files,
        workspace: &Workspace,
    ) -> Result<(), String> {
        let configuration = [&old.configuration, &new.configuration];
        must(configuration.contains(&&self.configuration), "the configuration is another")?;
        let state = self.state == old.state || objects(&self.state) == objects(&new.state);
        must(state, "the state is another")?;
        must(self.has_plan || !old.has_plan, "the plan is gone")?;
        let plan = !self.has_plan || workspace.run(&["show", "saved"]).status.success();
        must(plan, "the plan is no plan")?;
        let identity = workspace.path("home/.config/quorate/identity.txt");
        let whole =
            fs::read_to_string(identity).map_or(true, |text| text.contains("AGE-SECRET-KEY-"));
        must(whole, "the identity is half-written")
    }
}

fn must(holds: bool, otherwise: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise.to_owned()) }
}

impl Case {
    fn begin(&self, template: &Workspace) -> Workspace {
        let workspace = template.copy();
        (self.prepare)(&workspace);
        workspace
    }

    /// One disturbed run, what it left, and the same command again.
    fn try_one(&self, begin: &Workspace, when: &str, new: &Files) -> Result<(), String> {
        let workspace = begin.copy();
        let old = Files::of(&workspace);
        let output = disturbed(&workspace, self, when);
        let panicked = said(&output).contains("panicked");
        must(!panicked, &format!("it panicked: {}", said(&output)))?;
        Files::of(&workspace).must_be_between(&old, new, &workspace)?;
        // What an undisturbed run would refuse was done already.
        let again = workspace.run(self.args);
        must(matches!(again.status.code(), Some(0 | 1)), &format!("again: {}", said(&again)))?;
        let end = Files::of(&workspace);
        must(objects(&end.state) == objects(&new.state), "another end of the state")?;
        must(end.configuration == new.configuration, "another end of the configuration")?;
        must(end.has_plan == new.has_plan, "another end of the plan")
    }
}

fn stride() -> usize {
    if std::env::var("QUORATE_FAULTS").is_ok_and(|value| value == "all") { 1 } else { 8 }
}

#[test]
fn no_file_of_the_user_is_ever_half_written() {
    let template = Workspace::new(HCL);
    template.ends(&["apply", "-auto-approve"], 0);
    let (mut tried, mut losses) = (0, Vec::new());
    for (n, case) in CASES.iter().enumerate() {
        let begin = case.begin(&template);
        let undisturbed = begin.copy();
        let output = disturbed(&undisturbed, case, "");
        assert!(output.status.success(), "{}: {}", case.name, said(&output));
        let (calls, new) = (calls(&undisturbed), Files::of(&undisturbed));
        let all = (1..=calls).flat_map(|at| TROUBLES.map(|trouble| (at, trouble)));
        for (_, (at, trouble)) in all.enumerate().filter(|(m, _)| (m + n) % stride() == 0) {
            let from = if trouble == "error=EIO" { "+" } else { "" };
            let when = format!("{trouble}:when={at}{from}");
            let outcome = case.try_one(&begin, &when, &new);
            losses.extend(outcome.err().map(|loss| format!("{}, {when}: {loss}", case.name)));
            tried += 1;
        }
        println!("{}: {calls} calls", case.name);
    }
    println!("{tried} faults, {} losses", losses.len());
    assert!(losses.is_empty(), "{}", losses.join("\n"));
}

#[test]
fn a_plan_is_never_put_in_the_place_of_what_is_no_file() {
    let workspace = Workspace::new(HCL);
    for path in ["/dev/null", "hosts"] {
        fs::create_dir_all(workspace.work().join("hosts")).unwrap();
        let said = workspace.ends(&["plan", &format!("-out={path}")], 1);
        assert!(said.contains("Plan not saved"), "{path}: {said}");
    }
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}
