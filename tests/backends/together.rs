//! Many at once, and one that is killed with the lock in its hands, over HTTP and S3.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::http::Gitlab;
use super::{Machine, s3, text};

const CROWD: usize = 4;

/// Applies that do not wait: each works alone or is refused.
fn nobody_works_beside_another(machines: &[Machine]) {
    machines.iter().for_each(|machine| drop(machine.good("init")));
    for _ in 0..2 {
        let begin = |machine: &Machine| {
            let mut command = machine.command("apply -auto-approve");
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let running: Vec<Child> = machines.iter().map(begin).collect();
        let ended = running.into_iter().map(|child| child.wait_with_output().unwrap());
        let ended: Vec<_> = ended.collect();
        for output in ended.iter().filter(|output| !output.status.success()) {
            assert!(text(output).contains("State locked"), "{}", text(output));
        }
        assert!(ended.iter().any(|output| output.status.success()), "somebody works each time");
    }
    machines[0].good("apply -auto-approve");
    for machine in machines {
        assert_eq!(machine.good("state list").lines().count(), 20);
        machine.good("plan -detailed-exitcode");
    }
}

/// Kills an apply while it holds the lock; then somebody else goes on.
fn a_dead_holder_is_taken_away(dying: &Machine, other: &Machine) {
    dying.good("init");
    other.good("init");
    let mut command = dying.command("apply -auto-approve");
    let mut run = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let told = stopped_with_the_lock(&mut run, other);
    assert!(told.contains("by ada@"), "{told}");
    run.kill().unwrap();
    run.wait().unwrap();
    assert!(other.bad("plan -lock-timeout=1s").contains("State locked"), "a store sees no death");
    other.bad("force-unlock -force another");
    let (_, id) = told.split_once("The lock has the id ").unwrap();
    let id: String = id.chars().take_while(|c| c.is_ascii_hexdigit() || *c == '-').collect();
    other.good(&format!("force-unlock -force {id}"));
    dying.good("apply -auto-approve");
    other.good("plan -detailed-exitcode");
}

/// Lets a process go on until it is stopped with the lock in its hands; gives what another is told.
fn stopped_with_the_lock(run: &mut Child, other: &Machine) -> String {
    loop {
        signal(run, "-STOP");
        let output = other.run("plan");
        let told = text(&output).replace(['│', '╷', '╵'], " ");
        if told.contains("State locked") {
            return told.split_whitespace().collect::<Vec<_>>().join(" ");
        }
        signal(run, "-CONT");
        assert!(run.try_wait().unwrap().is_none(), "it ended before it was seen with the lock");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn signal(run: &Child, name: &str) {
    let sent = Command::new("kill").args([name, &run.id().to_string()]).status();
    assert!(sent.unwrap().success());
}

#[test]
#[ignore = "needs servers; tests/run-backends"]
fn over_http_nobody_works_beside_another() {
    let gitlab = Gitlab::start();
    nobody_works_beside_another(&[(); CROWD].map(|()| gitlab.machine(20)));
}

#[test]
#[ignore = "needs servers; tests/run-backends"]
fn over_s3_nobody_works_beside_another() {
    let server = s3::start();
    nobody_works_beside_another(&[(); CROWD].map(|()| s3::machine(&server, 20)));
}

#[test]
#[ignore = "needs servers; tests/run-backends"]
fn over_http_a_dead_holder_is_taken_away() {
    let gitlab = Gitlab::start();
    a_dead_holder_is_taken_away(&gitlab.machine(1000), &gitlab.machine(1000));
}

#[test]
#[ignore = "needs servers; tests/run-backends"]
fn over_s3_a_dead_holder_is_taken_away() {
    let server = s3::start();
    a_dead_holder_is_taken_away(&s3::machine(&server, 1000), &s3::machine(&server, 1000));
}
