//! The cluster as its users see it: `etcdctl` with the certificates that were put on the hosts.

use std::fs;
use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use crate::lab::{self, HOSTS};

/// A client with the health check's certificate.
pub struct Client(tempfile::TempDir);

impl Client {
    /// Fetches the certificate over ssh, as an operator would.
    pub fn new() -> Client {
        let dir = tempfile::tempdir().unwrap();
        for name in ["ca.crt", "healthcheck-client.crt", "healthcheck-client.key"] {
            let path = format!("/etc/kubernetes/pki/etcd/{name}");
            fs::write(dir.path().join(name), lab::lab(&["ssh", "h1", "cat", &path])).unwrap();
        }
        Client(dir)
    }

    /// `etcdctl` with the certificate.
    pub fn run(&self, endpoint: &str, args: &[&str]) -> Output {
        let file = |name: &str| self.0.path().join(name);
        let mut command = lab::operator(lab::etcdctl());
        command.arg("--cert").arg(file("healthcheck-client.crt"));
        command.arg("--key").arg(file("healthcheck-client.key"));
        command.arg("--cacert").arg(file("ca.crt"));
        command.args(["--endpoints", &url(endpoint)]).args(args).output().unwrap()
    }

    /// `etcdctl` that knows the CA, but has nothing to show.
    pub fn run_without_certificate(&self, endpoint: &str, args: &[&str]) -> Output {
        let mut command = lab::operator(lab::etcdctl());
        command.arg("--cacert").arg(self.0.path().join("ca.crt"));
        command.args(["--dial-timeout=2s", "--command-timeout=3s"]);
        command.args(["--endpoints", &url(endpoint)]).args(args).output().unwrap()
    }

    /// Stops the test unless all members are healthy now.
    pub fn is_healthy(&self) {
        let output = self.run(HOSTS[0].2, &["endpoint", "health", "--cluster"]);
        let said = both(&output);
        assert!(output.status.success(), "{said}");
        assert_eq!(said.matches("is healthy").count(), HOSTS.len(), "{said}");
    }

    /// What one member writes the others read; strangers are refused.
    pub fn serves_its_clients_alone(&self) {
        let written = self.run(HOSTS[0].2, &["put", "greeting", "hello"]);
        assert!(written.status.success(), "{}", both(&written));
        for (_, _, address) in HOSTS {
            let read = self.run(address, &["get", "--print-value-only", "greeting"]);
            assert_eq!(String::from_utf8_lossy(&read.stdout), "hello\n", "{}", both(&read));
            let refused = self.run_without_certificate(address, &["get", "greeting"]);
            assert!(!refused.status.success() && refused.stdout.is_empty(), "{}", both(&refused));
        }
    }
}

fn url(address: &str) -> String {
    format!("https://{address}:2379")
}

/// What a command said on either channel.
pub fn both(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}

/// Whether a member runs on the host.
pub fn runs(host: &str) -> bool {
    lab::holds(host, "grep -qsx etcd /proc/[0-9]*/comm")
}

/// Waits until it has ended: kubelet gives a pod half a minute.
pub fn ends(host: &str) {
    let until = Instant::now() + Duration::from_secs(45);
    while runs(host) {
        assert!(Instant::now() < until, "etcd still runs on {host}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// The manifest of a host is byte for byte what kubeadm makes of the configuration beside it,
/// which it is let do in a folder of its own.
fn manifest_is_kubeadms(host: &str) {
    lab::on(
        host,
        "set -e; scratch=$(mktemp -d); cd /etc/kubernetes; mkdir -p $scratch/tmp $scratch$PWD
         cp kubeadmcfg.yaml $scratch$PWD
         kubeadm init phase etcd local --rootfs $scratch --config $PWD/kubeadmcfg.yaml
         cmp $scratch$PWD/manifests/etcd.yaml manifests/etcd.yaml
         rm -r $scratch",
    );
}

/// The manifests of all hosts are kubeadm's.
pub fn manifests_are_kubeadms() {
    std::thread::scope(|scope| {
        for (host, ..) in HOSTS {
            scope.spawn(move || manifest_is_kubeadms(host));
        }
    });
}

/// The text of a file on a host.
pub fn read(host: &str, path: impl AsRef<Path>) -> String {
    lab::on(host, &format!("cat {}", path.as_ref().display()))
}
