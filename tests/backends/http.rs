use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{Machine, Server, holds};

pub(super) struct Gitlab {
    server: Server,
    dir: tempfile::TempDir,
}

impl Gitlab {
    pub(super) fn start() -> Gitlab {
        let dir = tempfile::tempdir().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/backends/http_server.py");
        let mut command = Command::new("python3");
        command.arg(script).arg(dir.path());
        Gitlab { server: Server::start(command), dir }
    }

    /// What the server keeps in a file.
    fn kept(&self, name: &str) -> String {
        fs::read_to_string(self.dir.path().join(name)).unwrap_or_default()
    }

    fn cut(&self, when: &str) {
        fs::write(self.dir.path().join("cut"), when).unwrap();
    }

    fn mend(&self) {
        fs::remove_file(self.dir.path().join("cut")).unwrap();
    }

    pub(super) fn machine(&self, count: usize) -> Machine {
        let port = self.server.port;
        let main = format!(
            r#"quorate {{
  backend "http" {{
    address        = "http://127.0.0.1:{port}/state"
    lock_address   = "http://127.0.0.1:{port}/state/lock"
    unlock_address = "http://127.0.0.1:{port}/state/lock"
    lock_method    = "POST"
    unlock_method  = "DELETE"
    retry_max      = 0
  }}
}}
resource "terraform_data" "x" {{
  count = {count}
}}
"#
        );
        let secret = [("QUORATE_HTTP_USERNAME", "ada"), ("QUORATE_HTTP_PASSWORD", "hunter2-http")];
        Machine::new(&main, &secret)
    }
}

#[test]
#[ignore = "needs servers; tests/run-backends"]
fn a_life_over_http() {
    let gitlab = Gitlab::start();
    let machine = gitlab.machine(3);
    assert!(machine.bad("plan").contains("Backend initialization required"));
    machine.good("init");
    machine.good("apply -auto-approve");
    assert!(gitlab.kept("state").contains("terraform_data.x[2]"));
    assert!(!gitlab.dir.path().join("lock").exists(), "the lock was given back");
    assert!(!machine.file("quorate.journal").exists());
    assert!(!machine.file("quorate.state.json").exists());
    machine.good("plan -detailed-exitcode");
    assert_eq!(machine.good("state list").lines().count(), 3);
    let other = gitlab.machine(3);
    other.good("init");
    other.good("plan -detailed-exitcode");
    other.good("destroy -auto-approve");
    assert!(!holds(machine.dir.path(), "hunter2-http"), "no credential is kept");
}

#[test]
#[ignore = "needs servers; tests/run-backends"]
fn a_write_that_is_cut_is_taken_up_by_the_next_command() {
    for when in ["before", "after"] {
        let gitlab = Gitlab::start();
        let machine = gitlab.machine(2);
        machine.good("init");
        machine.good("apply -auto-approve");
        let made = gitlab.kept("state");
        // The first write of a run is the mark; nothing was begun when it is cut.
        gitlab.cut(when);
        machine.bad("destroy -auto-approve");
        gitlab.mend();
        assert_eq!(machine.good("state list").lines().count(), 2, "{when}");
        machine.good("plan -detailed-exitcode");
        machine.good("destroy -auto-approve");
        assert_eq!(machine.good("state list").lines().count(), 0, "{when}");
        assert_ne!(gitlab.kept("state"), made);
        let serials: Vec<u64> =
            gitlab.kept("serials").lines().map(|n| n.parse().unwrap()).collect();
        assert!(serials.is_sorted_by(|a, b| a < b), "{when}: {serials:?}");
    }
}

#[test]
#[ignore = "needs servers; tests/run-backends"]
fn what_another_machine_did_not_save_is_noticed_and_a_dead_lock_taken_away() {
    let gitlab = Gitlab::start();
    let machine = gitlab.machine(1);
    machine.good("init");
    machine.good("apply -auto-approve");
    // A run that died: its lock and its mark are there, its journal is on its machine.
    let lock = r#"{"ID":"dead","Operation":"apply","Who":"bob@desk","Created":"then","Path":"/w"}"#;
    fs::write(gitlab.dir.path().join("lock"), lock).unwrap();
    let told = machine.bad("plan");
    assert!(told.contains("by bob@desk") && told.contains("the id dead"), "{told}");
    assert!(machine.bad("plan -lock-timeout=1s").contains("State locked"));
    machine.good("plan -lock=false");
    machine.bad("force-unlock -force other");
    machine.good("force-unlock -force dead");
    machine.good("plan");
    let marked = gitlab.kept("state").replacen(
        "\"outputs\"",
        r#""runs": {"open": {"id": "dead", "who": "bob@desk", "pid": 1, "operation": "apply",
            "since": "then", "folder": "/w"}}, "outputs""#,
        1,
    );
    fs::write(gitlab.dir.path().join("state"), marked).unwrap();
    let told = machine.bad("apply -auto-approve");
    assert!(told.contains("Run not ended") && told.contains("bob@desk"), "{told}");
    machine.good("force-unlock -force -journal-lost dead");
    machine.good("plan -detailed-exitcode");
}

#[test]
#[ignore = "needs servers; tests/run-backends"]
fn a_state_moves_between_backends_and_is_pushed_only_forward() {
    let gitlab = Gitlab::start();
    let machine = gitlab.machine(2);
    let remote = fs::read_to_string(machine.file("main.hcl")).unwrap();
    let local = &remote[remote.find("resource").unwrap()..];
    fs::write(machine.file("main.hcl"), local).unwrap();
    machine.good("init");
    machine.good("apply -auto-approve");
    fs::write(machine.file("main.hcl"), &remote).unwrap();
    assert!(machine.bad("init").contains("-migrate-state"));
    machine.good("init -force-copy");
    machine.good("plan -detailed-exitcode");
    let old = machine.good("state pull");
    fs::write(machine.file("old.json"), &old).unwrap();
    machine.good("destroy -auto-approve");
    assert!(machine.bad("state push old.json").contains("is not below that of the new one"));
    let foreign = old.replace("\"lineage\": \"", "\"lineage\": \"x");
    fs::write(machine.file("foreign.json"), foreign).unwrap();
    assert!(machine.bad("state push foreign.json").contains("another history"));
    machine.good("state push -force old.json");
    machine.good("plan -detailed-exitcode");
    fs::write(machine.file("newer.json"), r#"{"version": 9}"#).unwrap();
    assert!(machine.bad("state push newer.json").contains("has version 9"));
    let secret = machine.bad("init -backend-config=password=hunter2-http");
    assert!(secret.contains("QUORATE_HTTP_PASSWORD"), "{secret}");
}

#[test]
#[ignore = "needs servers; tests/run-backends"]
fn what_was_done_before_the_last_write_was_cut_is_not_lost() {
    for when in ["before 1", "after 1"] {
        let gitlab = Gitlab::start();
        let machine = gitlab.machine(3);
        machine.good("init");
        gitlab.cut(when);
        machine.bad("apply -auto-approve");
        assert!(machine.file("quorate.journal").exists(), "{when}: facts are kept");
        gitlab.mend();
        assert_eq!(machine.good("state list").lines().count(), 3, "{when}");
        machine.good("plan -detailed-exitcode");
        assert!(!machine.file("quorate.journal").exists(), "{when}: facts are in the state");
        let kept: serde_json::Value = serde_json::from_str(&gitlab.kept("state")).unwrap();
        assert!(kept["runs"]["open"].is_null(), "{when}: {kept}");
    }
}

#[test]
#[ignore = "needs servers; tests/run-backends"]
fn a_run_that_is_killed_before_its_last_write_is_carried_on() {
    let gitlab = Gitlab::start();
    let machine = gitlab.machine(3);
    machine.good("init");
    gitlab.cut("hang 1");
    let mut apply = machine.command("apply -auto-approve");
    let mut run = apply.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    while !gitlab.dir.path().join("hanging").exists() {
        assert!(Instant::now() < until, "the last write never begins");
        std::thread::sleep(Duration::from_millis(10));
    }
    run.kill().unwrap();
    run.wait().unwrap();
    gitlab.mend();
    assert!(machine.bad("plan").contains("State locked"), "a server cannot see who is dead");
    let other = gitlab.machine(3);
    other.good("init");
    let lock: serde_json::Value = serde_json::from_str(&gitlab.kept("lock")).unwrap();
    other.good(&format!("force-unlock -force {}", lock["ID"].as_str().unwrap()));
    let told = other.bad("apply -auto-approve");
    assert!(told.contains("Run not ended"), "another machine does not guess: {told}");
    let told = machine.good("plan -detailed-exitcode");
    assert!(told.contains("Earlier run taken over"), "{told}");
    assert_eq!(other.good("state list").lines().count(), 3);
    other.good("plan -detailed-exitcode");
}

#[test]
#[ignore = "needs servers; tests/run-backends"]
fn of_two_applies_at_once_one_waits() {
    let gitlab = Gitlab::start();
    let (first, second) = (gitlab.machine(20), gitlab.machine(20));
    first.good("init");
    second.good("init");
    let line = "apply -auto-approve -lock-timeout=60s";
    let running = first.command(line).stdout(Stdio::null()).spawn().unwrap();
    second.good(line);
    assert!(running.wait_with_output().unwrap().status.success());
    assert_eq!(first.good("state list").lines().count(), 20);
    first.good("plan -detailed-exitcode");
}
