//! Many at once: one works, the others wait or are refused.

use std::fs;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use crate::workspace::{Workspace, said};

const HCL: &str = r#"
    variable "n" { type = number }
    data "host" "h" {
      name      = "h"
      transport = "directory"
      root      = "hosts/h"
    }
    resource "terraform_data" "x" { input = var.n }
    resource "host_file" "n" {
      host    = data.host.h
      path    = "/n"
      content = "${terraform_data.x.output}"
    }
"#;

const CROWD: usize = 12;

fn crowd(workspace: &Workspace, patience: &str) -> Vec<(usize, Output)> {
    let begin = |n: usize| {
        let (number, timeout) = (format!("-var=n={n}"), format!("-lock-timeout={patience}"));
        let args = ["apply", "-auto-approve", &number, &timeout];
        (n, workspace.command(&args).spawn().unwrap())
    };
    let running: Vec<_> = (0..CROWD).map(begin).collect();
    running.into_iter().map(|(n, child)| (n, child.wait_with_output().unwrap())).collect()
}

/// The number that the state holds is that on the host, whoever was last.
fn is_of_one(workspace: &Workspace) {
    let state = workspace.state();
    let input = &state["objects"]["terraform_data.x"]["attributes"]["input"]["value"];
    let on_host = fs::read_to_string(workspace.work().join("hosts/h/n")).unwrap();
    assert_eq!(input.to_string(), on_host);
}

#[test]
fn those_who_wait_work_one_after_the_other() {
    let workspace = Workspace::new(HCL);
    let ended = crowd(&workspace, "120s");
    for (n, output) in &ended {
        assert!(output.status.success(), "{n}: {}", said(output));
    }
    is_of_one(&workspace);
    assert_eq!(workspace.state()["serial"], CROWD, "each changed the state once");
}

#[test]
fn those_who_do_not_wait_are_refused() {
    let workspace = Workspace::new(HCL);
    let mut done = 0;
    for _ in 0..3 {
        for (n, output) in crowd(&workspace, "0s") {
            match output.status.code() {
                Some(0) => done += 1,
                code => {
                    assert_eq!(code, Some(3), "{n}: {}", said(&output));
                    assert!(said(&output).contains("State locked"), "{n}: {}", said(&output));
                }
            }
        }
    }
    is_of_one(&workspace);
    assert!(done >= 3, "somebody works each time");
    let serial = workspace.state()["serial"].as_u64().unwrap();
    assert!(serial <= done, "{serial} changes of {done} runs");
}

#[test]
fn a_dead_holder_holds_nothing() {
    let workspace = Workspace::new(HCL);
    let mut holder = workspace.command(&["apply", "-auto-approve", "-var=n=1"]).spawn().unwrap();
    let lock = workspace.state_file(".lock");
    let until = Instant::now() + Duration::from_secs(30);
    while !fs::read_to_string(&lock).is_ok_and(|text| text.contains("\"pid\"")) {
        assert!(Instant::now() < until, "the lock is never taken");
    }
    let signal = |name: &str| {
        let status = Command::new("kill").args([name, &holder.id().to_string()]).status();
        assert!(status.unwrap().success());
    };
    signal("-STOP");
    let refused = workspace.ends(&["apply", "-auto-approve", "-var=n=2"], 3);
    let by = "by tester@";
    let process = format!("(process {}) for apply in ", holder.id());
    let flat = refused.replace('│', " ");
    let flat = flat.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains(by) && flat.contains(&process), "{refused}");
    let id: serde_json::Value = serde_json::from_slice(&fs::read(&lock).unwrap()).unwrap();
    let unlock = ["force-unlock", "-force", id["id"].as_str().unwrap()];
    assert!(workspace.ends(&unlock, 1).contains("That process lives"));
    signal("-KILL");
    holder.wait().unwrap();
    assert!(workspace.ends(&unlock, 1).contains("Nobody holds the state"));
    workspace.ends(&["apply", "-auto-approve", "-var=n=2"], 0);
    is_of_one(&workspace);
}
