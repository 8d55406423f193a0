use std::path::Path;
use std::process::Command;

use super::{Machine, Server};

/// The program that `tests/run-backends` installs.
fn start() -> Server {
    let python = std::env::var("QUORATE_S3_PYTHON").expect("tests/run-backends sets it");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/backends/s3_server.py");
    let mut command = Command::new(python);
    command.arg(script);
    Server::start(command)
}

fn machine(server: &Server, count: usize) -> Machine {
    let main = format!(
        r#"quorate {{
  backend "s3" {{
    bucket         = "states"
    key            = "prod/etcd.json"
    region         = "us-east-1"
    endpoint       = "http://127.0.0.1:{}"
    use_path_style = true
    retry_max      = 1
  }}
}}
resource "terraform_data" "x" {{
  count = {count}
}}
"#,
        server.port
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
