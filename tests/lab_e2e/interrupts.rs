//! A run that is stopped leaves a state that the next one can go on from.

use std::process::Command;

use crate::cluster::Client;
use crate::lab;
use crate::workspace::Workspace;

const APPLY: [&str; 2] = ["apply", "-auto-approve"];

fn signal(name: &str, pid: u32) {
    let sent = Command::new("kill").args([name, &pid.to_string()]).status().unwrap();
    assert!(sent.success());
}

/// The next apply ends with a healthy cluster, and leaves nothing to do.
fn the_next_apply_converges(workspace: &Workspace) {
    workspace.run(&APPLY).ends(0);
    workspace.run(&["plan", "-detailed-exitcode"]).ends(0);
    Client::new().is_healthy();
}

#[test]
#[ignore = "needs the lab"]
fn an_interrupt_finishes_what_is_in_flight() {
    lab::reset();
    let workspace = Workspace::new();
    let kubelet = Some("  infra0: wait until kubelet is healthy");
    let run = workspace.run_until(&APPLY, kubelet, |pid| signal("-INT", pid)).ends(4);
    let drop_ins = run.made().iter().filter(|made| made.contains("kubelet_dropin")).count();
    assert!(drop_ins > 0, "what was in flight was not finished:\n{}", run.out);
    let members = run.made().iter().filter(|made| made.contains("etcd_static_pod")).count();
    assert_eq!(members, 0, "more was begun:\n{}", run.out);
    workspace.remembers(&run);
    the_next_apply_converges(&workspace);
}

#[test]
#[ignore = "needs the lab"]
fn a_killed_apply_is_gone_on_with() {
    lab::reset();
    let workspace = Workspace::new();
    let certificate = Some("  infra0: write /etc/kubernetes/pki/etcd/server.crt");
    let run = workspace.run_until(&APPLY, certificate, |pid| signal("-KILL", pid));
    assert_eq!(run.code, None);
    workspace.remembers(&run);
    the_next_apply_converges(&workspace);
}
