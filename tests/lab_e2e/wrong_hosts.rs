//! Hosts that cannot be worked with: an error that names host and step, soon, and a true state.

use crate::cluster::Client;
use crate::golden::{check, transcript};
use crate::lab::{self, HOSTS, lab};
use crate::workspace::{Run, Workspace};

const APPLY: [&str; 2] = ["apply", "-auto-approve"];
const PLAN: [&str; 2] = ["plan", "-detailed-exitcode"];

/// What is wrong with a host that can not even be looked at.
fn plan_fails(workspace: &Workspace, name: &str, args: &[&str]) {
    let run = workspace.run(args).ends(3);
    assert!(run.err.contains("infra2"), "{}", run.err);
    check(name, &transcript(workspace, args, &run));
    assert!(workspace.objects().is_empty());
}

#[test]
#[ignore = "needs the lab"]
fn a_host_that_cannot_be_entered() {
    lab::reset();
    let workspace = Workspace::new();

    lab(&["off", "h3"]);
    plan_fails(&workspace, "unreachable.txt", &PLAN);
    lab(&["boot", "h3"]);
    lab(&["ready", "h3"]);

    lab::on("h3", "mv /root/.ssh/authorized_keys /root/aside");
    plan_fails(&workspace, "refused.txt", &PLAN);
    lab::on("h3", "mv /root/aside /root/.ssh/authorized_keys");

    lab(&["nosudo", "h3"]);
    let as_ops = [&PLAN[..], &["-var", "user=ops"]].concat();
    plan_fails(&workspace, "no-sudo.txt", &as_ops);
    lab(&["sudo", "h3", "password"]);
    plan_fails(&workspace, "sudo-password.txt", &as_ops);
    lab(&["sudo", "h3", "free"]);

    lab(&["rekey", "h3"]);
    plan_fails(&workspace, "host-key.txt", &PLAN);
    lab(&["trust", "h3"]);
    workspace.run(&PLAN).ends(2);
}

/// Each error names that host, and no other.
fn blames(run: &Run, member: &str) {
    let errors = run.errors();
    assert!(!errors.is_empty());
    for error in errors.split_inclusive("╵\n") {
        assert!(error.contains(&format!("│ {member}")), "{error}");
        assert_eq!(HOSTS.iter().filter(|(_, name, _)| error.contains(name)).count(), 1, "{error}");
    }
}

/// The part of the transcript that tells what went wrong.
fn complaints(workspace: &Workspace, run: &Run) -> String {
    let quiet = Run { code: run.code, out: String::new(), err: run.errors() };
    transcript(workspace, &APPLY, &quiet)
}

#[test]
#[ignore = "needs the lab"]
fn a_host_that_fails_meanwhile() {
    lab::reset();
    let workspace = Workspace::new();

    lab(&["fulldisk", "h2", "/etc/kubernetes"]);
    let full = workspace.run(&APPLY).ends(3);
    blames(&full, "infra1");
    check("full-disk.txt", &complaints(&workspace, &full));
    workspace.remembers(&full);
    lab(&["fulldisk", "h2", "/etc/kubernetes", "off"]);

    lab(&["reset", "h3"]);
    let step = Some("  infra2: systemctl restart kubelet.service");
    let cut = workspace.run_until(&APPLY, step, |_| drop(lab(&["link", "h3", "down"]))).ends(3);
    blames(&cut, "infra2");
    println!("{}", cut.errors());
    workspace.remembers(&cut);
    lab(&["link", "h3", "up"]);
    lab(&["ready", "h3"]);

    workspace.run(&APPLY).ends(0);
    workspace.run(&PLAN).ends(0);
    Client::new().is_healthy();
}
