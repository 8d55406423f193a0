//! What is wrong with a cluster's description, found before anything is touched.
//!
//! Every check is a function from plain values to findings; none stops at the first.
//! Summaries are constant per kind of problem; the detail says what, and the help what to do.

mod cluster;
mod etcd_flags;
mod image;
mod kubelet_flags;

pub use cluster::{addresses, initial_cluster, member_count, member_names, sans};
pub use etcd_flags::{OWNED_FLAGS, etcd_flags, owned_flags};
pub use image::image;
pub use kubelet_flags::kubelet_flags;

use super::etcd_version::EtcdVersion;
use super::member::EtcdMember;

/// One thing that is wrong, or looks wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Whether to go on.
    pub severity: Severity,
    /// The kind of problem.
    pub summary: &'static str,
    /// This very problem.
    pub detail: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Works, and will hurt.
    Warning,
    /// Does not work, or endangers data.
    Error,
}

impl Finding {
    fn error(summary: &'static str, detail: String) -> Self {
        Self { severity: Severity::Error, summary, detail, help: None }
    }

    fn warning(summary: &'static str, detail: String) -> Self {
        Self { severity: Severity::Warning, summary, detail, help: None }
    }

    fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

/// Checks everything about one member that can be told from itself.
///
/// `permitted` names the flags of ours that the user has said to override.
pub fn member(member: &EtcdMember, permitted: &[String]) -> Vec<Finding> {
    let mut found = member_names(&[&member.name]);
    found.extend(addresses(&[(&member.name, &member.advertise_address.to_string())]));
    found.extend(folder("data directory", &member.data_dir));
    found.extend(folder("certificates directory", &member.certificates_dir));
    found.extend(image(member.version, &member.image));
    found.extend(owned_flags(&member.extra_args, permitted));
    // The merged flags, so that kubeadm's own are held against the image too.
    if let Ok(etcd) = member.image.tag.parse::<EtcdVersion>() {
        found.extend(etcd_flags(&etcd, &member.flags()));
    }
    found
}

/// kubeadm refuses relative paths, and copies a slash at the end into the manifest.
fn folder(what: &str, path: &str) -> Option<Finding> {
    if path.starts_with('/') && (path.len() == 1 || !path.ends_with('/')) {
        return None;
    }
    let detail = format!("The {what} is `{path}`.");
    Some(
        Finding::error("The path of a folder is not absolute and plain", detail)
            .help("Start it with a slash, and end it without one."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kube::member::Arg;

    fn found(change: impl FnOnce(&mut EtcdMember)) -> Vec<&'static str> {
        let version = "1.34.1".parse().unwrap();
        let mut subject = EtcdMember::new(version, "infra0", "10.0.0.6".parse().unwrap());
        change(&mut subject);
        member(&subject, &["snapshot-count".to_owned()]).iter().map(|f| f.summary).collect()
    }

    #[test]
    fn a_good_member_is_quiet() {
        assert_eq!(found(|_| ()), [""; 0]);
        assert_eq!(found(|m| m.extra_args = vec![Arg::new("snapshot-count", "5000")]), [""; 0]);
    }

    #[test]
    fn folders_are_absolute_and_plain() {
        for path in ["var/lib/etcd", "/var/lib/etcd/", ""] {
            let path = path.to_owned();
            assert_eq!(
                found(|m| m.data_dir = path),
                ["The path of a folder is not absolute and plain"]
            );
        }
    }

    /// kubeadm 1.36 passes feature gates to any etcd, and kubeadm before 1.34 experimental flags.
    #[test]
    fn the_flags_of_kubeadm_are_checked_against_the_image() {
        let unknown = "The flag does not exist in this version of etcd";
        let with = |version: &str, tag: &str| {
            found(|m| {
                m.version = version.parse().unwrap();
                m.image.tag = tag.to_owned();
            })
        };
        assert_eq!(with("1.36.0", "3.5.24-0"), [unknown, unknown]);
        assert_eq!(with("1.33.0", "3.7.0-0"), [unknown, unknown]);
        assert_eq!(with("1.35.0", "3.5.24-0"), [""; 0]);
        assert_eq!(with("1.33.0", "3.6.5-0"), [""; 0]);
    }

    #[test]
    fn every_finding_speaks() {
        let version = "1.34.1".parse().unwrap();
        let mut bad = EtcdMember::new(version, "Default", "127.0.0.1".parse().unwrap());
        bad.data_dir = "x".to_owned();
        bad.image.tag = "3.5.0-0".to_owned();
        bad.extra_args = vec![Arg::new("name", "$(hostname)"), Arg::new("config-file", "/x")];
        let findings = member(&bad, &[]);
        assert!(findings.len() >= 7, "{findings:#?}");
        for finding in findings {
            assert!(finding.detail.ends_with('.'), "{finding:?}");
            assert!(!finding.summary.ends_with('.'), "{finding:?}");
            assert!(finding.help.is_none_or(|help| help.ends_with('.')));
        }
    }
}
