//! Flags that a kubelet does not have any more, or had better not be given.
//!
//! A kubelet that is given an unknown flag exits, and etcd with it never starts.

use super::Finding;
use crate::kube::version::KubernetesVersion;

/// Flags that are gone: name, the first minor without it, and what to do instead.
const REMOVED: &[(&str, u32, &str)] = &[
    ("allow-privileged", 15, "Leave it out; privileged pods are always allowed."),
    ("cni-bin-dir", 24, "Configure the container runtime."),
    ("cni-cache-dir", 24, "Configure the container runtime."),
    ("cni-conf-dir", 24, "Configure the container runtime."),
    ("container-runtime", 27, "Leave it out; `remote` is all there is."),
    ("docker-endpoint", 24, "Use a CRI runtime."),
    ("image-pull-progress-deadline", 24, "Use a CRI runtime."),
    ("network-plugin", 24, "Configure the container runtime."),
    ("network-plugin-mtu", 24, "Configure the container runtime."),
];

/// Flags that still work and belong in the configuration file: name, field, and the first minor with the field.
const DEPRECATED: &[(&str, &str, u32)] = &[
    ("address", "address", 10),
    ("cgroup-driver", "cgroupDriver", 10),
    ("container-runtime-endpoint", "containerRuntimeEndpoint", 27),
    ("pod-manifest-path", "staticPodPath", 10),
];

/// Checks words such as `--address=127.0.0.1` of a kubelet's command line.
pub fn kubelet_flags(version: KubernetesVersion, words: &[&str]) -> Vec<Finding> {
    words
        .iter()
        .filter_map(|word| flag_name(word))
        .filter_map(|name| check(version, name))
        .collect()
}

fn flag_name(word: &str) -> Option<&str> {
    let name = word.strip_prefix('-')?.trim_start_matches('-');
    Some(name.split_once('=').map_or(name, |(name, _)| name))
}

fn check(version: KubernetesVersion, name: &str) -> Option<Finding> {
    let minor = version.minor();
    if let Some((_, gone, help)) =
        REMOVED.iter().find(|(removed, gone, _)| *removed == name && minor >= *gone)
    {
        let detail = format!("kubelet {version} has no --{name}; it went with 1.{gone}.");
        let summary = "The flag does not exist in this version of kubelet";
        return Some(Finding::error(summary, detail).help(*help));
    }
    let (_, field, _) =
        DEPRECATED.iter().find(|(flag, _, since)| *flag == name && minor >= *since)?;
    let detail = format!("kubelet {version} still takes --{name}.");
    Some(
        Finding::warning("The flag is deprecated", detail)
            .help(format!("Set `{field}` in the configuration file.")),
    )
}

#[cfg(test)]
mod tests {
    use super::super::Severity;
    use super::*;
    use crate::kube::kubelet::{CgroupDriver, EtcdKubelet, Runtime};

    fn check(version: &str, word: &str) -> Option<Severity> {
        let findings = kubelet_flags(version.parse().unwrap(), &[word]);
        findings.first().map(|finding| finding.severity)
    }

    #[test]
    fn flags_of_the_guides() {
        for (version, word, severity) in [
            ("1.20.2", "--allow-privileged=true", Some(Severity::Error)),
            ("1.26", "--container-runtime=remote", None),
            ("1.27", "--container-runtime=remote", Some(Severity::Error)),
            ("1.26", "--container-runtime-endpoint=unix:///x", None),
            ("1.27", "--container-runtime-endpoint=unix:///x", Some(Severity::Warning)),
            ("1.23", "--network-plugin", None),
            ("1.24", "--network-plugin", Some(Severity::Error)),
            ("1.34", "--pod-manifest-path=/etc/kubernetes/manifests", Some(Severity::Warning)),
            ("1.34", "--config=/x", None),
            ("1.34", "/usr/bin/kubelet", None),
        ] {
            assert_eq!(check(version, word), severity, "{version} {word}");
        }
    }

    #[test]
    fn our_own_command_line_is_quiet() {
        for version in ["1.20.2", "1.23", "1.24", "1.26", "1.27", "1.37"] {
            let version = version.parse().unwrap();
            let runtime = Runtime::Cri("unix:///run/containerd/containerd.sock".to_owned());
            let kubelet = EtcdKubelet::new(version, CgroupDriver::Systemd, runtime);
            let words = kubelet.command().unwrap();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            assert_eq!(kubelet_flags(version, &words), []);
        }
    }
}
