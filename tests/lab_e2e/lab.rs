//! The lab as tests use it: hosts that fail on demand, and a console that works all the same.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// The hosts, by the names of the members that they carry.
pub const HOSTS: [(&str, &str, &str); 3] = [
    ("h1", "infra0", "10.77.0.11"),
    ("h2", "infra1", "10.77.0.12"),
    ("h3", "infra2", "10.77.0.13"),
];

/// A variable that `lab env` exports.
pub fn env(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: use tests/run-lab"))
}

/// A command of the lab, which must succeed.
pub fn lab(args: &[&str]) -> String {
    let output = try_lab(args);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "lab {args:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// A command of the lab, however it ends.
fn try_lab(args: &[&str]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/lab");
    Command::new(script).args(args).output().unwrap()
}

/// A script as root on a host's console.
pub fn on(host: &str, script: &str) -> String {
    lab(&["exec", host, "sh", "-c", script])
}

/// Begins a script as root on a host's console.
pub fn begin(host: &str, script: &str) -> Child {
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/lab"));
    command.args(["exec", host, "sh", "-c", script]).stdin(Stdio::null());
    command.stdout(Stdio::piped()).spawn().unwrap()
}

/// Whether that script succeeds.
pub fn holds(host: &str, script: &str) -> bool {
    try_lab(&["exec", host, "sh", "-c", script]).status.success()
}

/// Fresh machines, all three.
pub fn reset() {
    lab(&["reset", "h1", "h2", "h3"]);
}

/// A command on the operator's side of the lab's network.
pub fn operator(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new("nsenter");
    command.arg(format!("--net={}", env("LAB_NETNS"))).arg(program);
    command
}

/// The operator's client of etcd.
pub fn etcdctl() -> PathBuf {
    Path::new(&env("LAB_ETCD")).join("3.5.16/etcdctl")
}

/// The paths below everything that a cluster touches on a host.
pub fn files(host: &str) -> Vec<String> {
    const PLACES: &str = "/etc/kubernetes /var/lib/etcd /etc/systemd/system \
                          /var/lib/kubelet/etcd-service-manager.yaml";
    let found = on(host, &format!("find {PLACES} 2>/dev/null; true"));
    let mut found: Vec<String> = found.lines().map(str::to_owned).collect();
    found.sort();
    found
}
