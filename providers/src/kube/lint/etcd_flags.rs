//! Flags of etcd: those that a version does not have, and those that are not the user's to set.
//!
//! etcd: CHANGELOG-3.4.md to CHANGELOG-3.7.md. An etcd that is given an unknown flag exits.

use std::collections::BTreeSet;

use super::Finding;
use crate::kube::etcd_version::EtcdVersion;
use crate::kube::member::Arg;

/// Flags that follow from the cluster's description; `extra_args` may not set them unasked.
pub const OWNED_FLAGS: &[&str] = &[
    "advertise-client-urls",
    "cert-file",
    "client-cert-auth",
    "data-dir",
    "initial-advertise-peer-urls",
    "initial-cluster",
    "initial-cluster-state",
    "key-file",
    "listen-client-urls",
    "listen-metrics-urls",
    "listen-peer-urls",
    "name",
    "peer-cert-file",
    "peer-client-cert-auth",
    "peer-key-file",
    "peer-trusted-ca-file",
    "trusted-ca-file",
];

/// Flags of etcd 3 that are gone: name, the minor without it, and what to do instead.
const REMOVED: &[(&str, u32, &str)] = &[
    ("debug", 5, "Use --log-level=debug."),
    ("log-output", 5, "Use --log-outputs."),
    ("log-package-levels", 5, "Use --log-level."),
    ("enable-v2", 6, "Leave it out; there is no v2 API any more."),
    ("experimental-enable-v2v3", 6, "Leave it out; there is no v2 API any more."),
    ("proxy", 6, "Leave it out; the v2 proxy is gone."),
    ("proxy-dial-timeout", 6, "Leave it out; the v2 proxy is gone."),
    ("proxy-failure-wait", 6, "Leave it out; the v2 proxy is gone."),
    ("proxy-read-timeout", 6, "Leave it out; the v2 proxy is gone."),
    ("proxy-refresh-interval", 6, "Leave it out; the v2 proxy is gone."),
    ("proxy-write-timeout", 6, "Leave it out; the v2 proxy is gone."),
    ("discovery", 7, "Use --initial-cluster; the v2 discovery is gone."),
    ("discovery-proxy", 7, "Use --initial-cluster; the v2 discovery is gone."),
];

/// Flags that came in a minor of etcd 3.
const ADDED: &[(&str, u32)] = &[
    ("client-cert-file", 5),
    ("client-key-file", 5),
    ("enable-log-rotation", 5),
    ("log-rotation-config-json", 5),
    ("peer-client-cert-file", 5),
    ("peer-client-key-file", 5),
    ("self-signed-cert-validity", 5),
    ("socket-reuse-address", 5),
    ("socket-reuse-port", 5),
    ("v2-deprecation", 5),
    ("feature-gates", 6),
    ("log-format", 6),
];

/// Flags that lost the prefix `experimental-` in 3.6; the prefixed ones live until 3.7.
const GRADUATED: &[&str] = &[
    "bootstrap-defrag-threshold-megabytes",
    "compact-hash-check-time",
    "compaction-batch-limit",
    "compaction-sleep-interval",
    "corrupt-check-time",
    "distributed-tracing-address",
    "distributed-tracing-instance-id",
    "distributed-tracing-sampling-rate",
    "distributed-tracing-service-name",
    "downgrade-check-time",
    "enable-distributed-tracing",
    "max-learners",
    "memory-mlock",
    "peer-skip-client-san-verification",
    "snapshot-catchup-entries",
    "warning-apply-duration",
    "watch-progress-notify-interval",
];

/// Experimental flags that became feature gates in 3.6.
const GATES: &[(&str, &str)] = &[
    ("experimental-compact-hash-check-enabled", "CompactHashCheck"),
    ("experimental-enable-lease-checkpoint", "LeaseCheckpoint"),
    ("experimental-enable-lease-checkpoint-persist", "LeaseCheckpointPersist"),
    ("experimental-initial-corrupt-check", "InitialCorruptCheck"),
    ("experimental-stop-grpc-service-on-defrag", "StopGRPCServiceOnDefrag"),
    ("experimental-txn-mode-write-with-shared-buffer", "TxnModeWriteWithSharedBuffer"),
];

/// Finds flags that this etcd would refuse to start with, and values that do not mean what they say.
pub fn etcd_flags(etcd: &EtcdVersion, args: &[Arg]) -> Vec<Finding> {
    let minor = etcd.release().minor;
    let mut found = Vec::new();
    for arg in args {
        if let Some(help) = removed(minor, &arg.name).or_else(|| not_yet(minor, &arg.name)) {
            let detail = format!("etcd {etcd} has no --{}.", arg.name);
            found.push(
                Finding::error("The flag does not exist in this version of etcd", detail)
                    .help(help),
            );
        }
        found.extend(expansion(arg));
    }
    found
}

/// Finds flags of ours among the user's, apart from those the user has said to override.
pub fn owned_flags(extra_args: &[Arg], permitted: &[String]) -> Vec<Finding> {
    let names: BTreeSet<&str> = extra_args.iter().map(|arg| arg.name.as_str()).collect();
    names.into_iter().filter_map(|name| ownership(name, permitted)).collect()
}

fn ownership(name: &str, permitted: &[String]) -> Option<Finding> {
    if name.starts_with('-') {
        let detail = format!("`{name}` has dashes.");
        return Some(
            Finding::error("The name of a flag is not valid", detail)
                .help("Write the name without dashes."),
        );
    }
    if name == "config-file" {
        let detail = "With --config-file etcd ignores every other flag.".to_owned();
        return Some(Finding::error("The flag makes etcd ignore all others", detail));
    }
    let owned = OWNED_FLAGS.contains(&name) && !permitted.iter().any(|allowed| allowed == name);
    owned.then(|| {
        let detail = format!("--{name} follows from the description of the cluster.");
        Finding::error("The flag is not free to set", detail)
            .help("Change the argument it follows from, or name it among the flags to override.")
    })
}

fn removed(minor: u32, name: &str) -> Option<String> {
    if let Some((.., help)) =
        REMOVED.iter().find(|(removed, gone, _)| *removed == name && minor >= *gone)
    {
        return Some((*help).to_owned());
    }
    let graduated = name.strip_prefix("experimental-").filter(|_| minor >= 7)?;
    Some(match GATES.iter().find(|(flag, _)| *flag == name) {
        Some((_, gate)) => format!("Use --feature-gates={gate}=true."),
        None if GRADUATED.contains(&graduated) => format!("Use --{graduated}."),
        None => "All experimental flags ended with 3.6.".to_owned(),
    })
}

fn not_yet(minor: u32, name: &str) -> Option<String> {
    if let Some((_, since)) = ADDED.iter().find(|(added, since)| *added == name && minor < *since) {
        return Some(format!("It came with etcd 3.{since}."));
    }
    (minor < 6 && GRADUATED.contains(&name))
        .then(|| format!("Before 3.6 it is called --experimental-{name}."))
}

/// kubelet replaces `$(NAME)` in a command line; backticks and `$(command)` are nobody's to run.
fn expansion(arg: &Arg) -> Option<Finding> {
    (arg.value.contains("$(") || arg.value.contains('`')).then(|| {
        let detail = format!("No shell sees the value of --{}, `{}`.", arg.name, arg.value);
        Finding::error("A value looks like a command to run", detail)
            .help("Write the value itself.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(etcd: &str, name: &str) -> Option<String> {
        let findings = etcd_flags(&etcd.parse().unwrap(), &[Arg::new(name, "x")]);
        assert!(findings.len() <= 1);
        findings.into_iter().next().and_then(|finding| finding.help)
    }

    #[test]
    fn flags_come_and_go() {
        for (etcd, name, help) in [
            ("3.4.13-0", "debug", None),
            ("3.5.0-0", "debug", Some("Use --log-level=debug.")),
            ("3.5.24-0", "enable-v2", None),
            ("3.6.0-0", "enable-v2", Some("Leave it out; there is no v2 API any more.")),
            ("3.6.5-0", "experimental-initial-corrupt-check", None),
            (
                "3.7.0-0",
                "experimental-initial-corrupt-check",
                Some("Use --feature-gates=InitialCorruptCheck=true."),
            ),
            ("3.7.0-0", "experimental-max-learners", Some("Use --max-learners.")),
            ("3.7.0-0", "experimental-other", Some("All experimental flags ended with 3.6.")),
            ("3.7.0-0", "discovery", Some("Use --initial-cluster; the v2 discovery is gone.")),
            ("3.5.24-0", "feature-gates", Some("It came with etcd 3.6.")),
            (
                "3.5.24-0",
                "max-learners",
                Some("Before 3.6 it is called --experimental-max-learners."),
            ),
            ("3.4.13-0", "socket-reuse-port", Some("It came with etcd 3.5.")),
            ("3.4.13-0", "quota-backend-bytes", None),
            ("3.7.0-0", "quota-backend-bytes", None),
        ] {
            assert_eq!(check(etcd, name).as_deref(), help, "{etcd} {name}");
        }
    }

    #[test]
    fn no_shell_is_involved() {
        let etcd = "3.5.24-0".parse().unwrap();
        for value in ["$(hostname -s)", "`hostname`"] {
            assert_eq!(etcd_flags(&etcd, &[Arg::new("name", value)]).len(), 1);
        }
        assert_eq!(etcd_flags(&etcd, &[Arg::new("name", "$a")]), []);
    }

    #[test]
    fn ours_are_ours_unless_said() {
        let args = [Arg::new("name", "x"), Arg::new("key-file", "y"), Arg::new("log-level", "z")];
        let summaries = |permitted: &[String]| owned_flags(&args, permitted).len();
        assert_eq!(summaries(&[]), 2);
        assert_eq!(summaries(&["name".to_owned()]), 1);
        assert_eq!(owned_flags(&[Arg::new("--name", "x")], &[]).len(), 1);
        let file = [Arg::new("config-file", "/x")];
        assert_eq!(owned_flags(&file, &["config-file".to_owned()]).len(), 1);
    }

    #[test]
    fn the_tables_are_sorted_where_they_can_be() {
        assert!(OWNED_FLAGS.is_sorted() && GRADUATED.is_sorted() && GATES.is_sorted());
    }
}
