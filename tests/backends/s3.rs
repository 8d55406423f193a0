use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use super::wire::{Cut, Wire};
use super::{Machine, Server};

/// The program that `tests/run-backends` installs.
pub(super) fn start() -> Server {
    let python = std::env::var("QUORATE_S3_PYTHON").expect("tests/run-backends sets it");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/backends/s3_server.py");
    let mut command = Command::new(python);
    command.arg(script);
    Server::start(command)
}

pub(super) fn machine(server: &Server, count: usize) -> Machine {
    machine_at(server.port, count)
}

fn machine_at(port: u16, count: usize) -> Machine {
    let main = format!(
        r#"quorate {{
  backend "s3" {{
    bucket         = "states"
    key            = "prod/etcd.json"
    region         = "us-east-1"
    endpoint       = "http://127.0.0.1:{port}"
    use_path_style = true
    retry_max      = 1
  }}
}}
resource "terraform_data" "x" {{
  count = {count}
}}
"#
    );
    let secret = [("AWS_ACCESS_KEY_ID", "ada"), ("AWS_SECRET_ACCESS_KEY", "hunter2-s3")];
    Machine::new(&main, &secret)
}

#[test]
#[ignore = "needs servers; tests/run-backends"]
fn a_life_over_s3() {
    let server = start();
    let (first, second) = (machine(&server, 3), machine(&server, 3));
    first.good("init");
    first.good("apply -auto-approve");
    first.good("plan -detailed-exitcode");
    assert_eq!(first.good("state list").lines().count(), 3);
    second.good("init");
    second.good("plan -detailed-exitcode");
    assert!(!super::holds(first.dir.path(), "hunter2-s3"));
    second.good("destroy -auto-approve");
    assert_eq!(first.good("state list").lines().count(), 0);
}

#[test]
#[ignore = "needs servers; tests/run-backends"]
fn of_two_applies_at_once_none_is_lost() {
    let server = start();
    let (first, second) = (machine(&server, 20), machine(&server, 20));
    first.good("init");
    second.good("init");
    let line = "apply -auto-approve -lock-timeout=60s";
    let running = first.command(line).stdout(std::process::Stdio::null()).spawn().unwrap();
    let waited = second.run(line);
    assert!(waited.status.success(), "{}", super::text(&waited));
    assert!(running.wait_with_output().unwrap().status.success());
    assert_eq!(first.good("state list").lines().count(), 20);
    first.good("plan -detailed-exitcode");
}

/// Makes an object as a client that has died did.
fn put(server: &Server, path: &str, text: &str) {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
    let (port, length) = (server.port, text.len());
    let head = format!(
        "PUT {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n"
    );
    stream.write_all(format!("{head}{text}").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains(" 200 "), "{answer}");
}

#[test]
#[ignore = "needs servers; tests/run-backends"]
fn a_dead_lock_names_its_holder_and_is_taken_away_by_its_id() {
    let server = start();
    let machine = machine(&server, 2);
    machine.good("init");
    machine.good("apply -auto-approve");
    let lock = r#"{"id":"dead","who":"bob@desk","pid":7,"operation":"apply","since":"then"}"#;
    put(&server, "/states/prod/etcd.json.lock", lock);
    let told = machine.bad("plan");
    assert!(told.contains("by bob@desk") && told.contains("the id dead"), "{told}");
    assert!(machine.bad("force-unlock -force other").contains("Nothing unlocked"));
    machine.good("force-unlock -force dead");
    machine.good("plan -detailed-exitcode");
}

/// The path of the state, and how often a run writes it: its mark, and its end.
const STATE: &str = "/states/prod/etcd.json";

#[test]
#[ignore = "needs servers; tests/run-backends"]
fn a_mark_that_is_cut_begins_nothing() {
    for cut in [Cut::Half, Cut::Answer] {
        let server = start();
        let wire = Wire::to(server.port);
        let machine = machine_at(wire.port, 3);
        machine.good("init");
        machine.good("apply -auto-approve");
        let before = machine.good("state pull");
        wire.cut(STATE, 0, cut);
        let told = machine.bad("destroy -auto-approve");
        assert!(told.contains("State not accessible") || told.contains("has changed"), "{told}");
        wire.mend();
        assert_eq!(machine.good("state list").lines().count(), 3, "{cut:?}");
        machine.good("plan -detailed-exitcode");
        assert!(!machine.file("quorate.journal").exists(), "{cut:?}");
        let ids = |text: &str| text.matches("\"id\"").count();
        assert_eq!(ids(&machine.good("state pull")), ids(&before), "{cut:?}");
    }
}

#[test]
#[ignore = "needs servers; tests/run-backends"]
fn what_was_done_before_the_last_write_was_cut_is_not_lost() {
    for cut in [Cut::Half, Cut::Answer] {
        let server = start();
        let wire = Wire::to(server.port);
        let machine = machine_at(wire.port, 3);
        machine.good("init");
        wire.cut(STATE, 1, cut);
        machine.bad("apply -auto-approve");
        assert!(machine.file("quorate.journal").exists(), "{cut:?}: facts are kept");
        wire.mend();
        let other = self::machine(&server, 3);
        other.good("init");
        assert_eq!(machine.good("state list").lines().count(), 3, "{cut:?}");
        machine.good("plan -detailed-exitcode");
        assert!(!machine.file("quorate.journal").exists(), "{cut:?}: facts are in the state");
        other.good("plan -detailed-exitcode");
    }
}
