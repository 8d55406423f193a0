//! Many at once, and one that is killed with the lock in its hands, over HTTP and S3.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

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

/// Kills an apply while it holds the lock, whose text `lock` gives; then somebody else goes on.
fn a_dead_holder_is_taken_away(machines: [Machine; 2], lock: impl Fn() -> Option<String>) {
    let [dying, other] = machines;
    dying.good("init");
    other.good("init");
    let mut command = dying.command("apply -auto-approve");
    let mut run = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    let held = loop {
        assert!(Instant::now() < until, "the lock is never taken");
        if let Some(held) = lock() {
            break held;
        }
    };
    let stopped = Command::new("kill").args(["-STOP", &run.id().to_string()]).status();
    assert!(stopped.unwrap().success());
    assert!(lock().is_some(), "the run had ended before it could be stopped");
    assert!(other.bad("plan").contains("by ada@"));
    run.kill().unwrap();
    run.wait().unwrap();
    assert!(other.bad("plan -lock-timeout=1s").contains("State locked"), "a store sees no death");
    assert!(other.bad("force-unlock -force another").contains("Nothing unlocked"));
    let held: serde_json::Value = serde_json::from_str(&held).unwrap();
    let id = held.get("id").or(held.get("ID")).and_then(|id| id.as_str()).unwrap();
    other.good(&format!("force-unlock -force {id}"));
    dying.good("apply -auto-approve");
    other.good("plan -detailed-exitcode");
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
    let lock = || Some(gitlab.kept("lock")).filter(|text| text.contains('}'));
    a_dead_holder_is_taken_away([(); 2].map(|()| gitlab.machine(300)), lock);
}

#[test]
#[ignore = "needs servers; tests/run-backends"]
fn over_s3_a_dead_holder_is_taken_away() {
    let server = s3::start();
    let lock = || get(server.port, "/states/prod/etcd.json.lock");
    a_dead_holder_is_taken_away([(); 2].map(|()| s3::machine(&server, 300)), lock);
}

/// The text of an object, if there is one.
fn get(port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let head =
        format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    head.contains(" 200 ").then(|| body.to_owned())
}
