//! What a host is, from what the script of facts printed.

use std::collections::{BTreeMap, BTreeSet};

use quorate_engine::value::{Type, Value};

use super::decode;
use crate::transport::versions::Versions;

/// The attributes of [`quorate_engine::world::Query::Facts`], with their types.
pub fn attrs() -> Vec<(&'static str, Type)> {
    let os = [("id", Type::String), ("version", Type::String), ("name", Type::String)];
    let runtime =
        [("name", Type::String), ("socket", Type::String), ("cgroup_driver", Type::String)];
    vec![
        ("hostname", Type::String),
        ("addresses", Type::list(Type::String)),
        ("os", Type::object(os)),
        ("arch", Type::String),
        ("init", Type::String),
        ("cgroup_version", Type::Number),
        ("container_runtime", Type::object(runtime)),
        ("kubelet_version", Type::String),
        ("etcd_version", Type::String),
        ("swap", Type::Bool),
        ("clock_ms", Type::Number),
    ]
}

/// The facts as one object.
pub fn value(lines: &[&str], versions: &Versions) -> Value {
    let files = lines.first().and_then(|line| decode(line)).unwrap_or_default();
    let files = files_of(&String::from_utf8_lossy(&files));
    let file = |path: &str| files.get(path).map_or("", String::as_str);
    let said = |key: &str| {
        let values = lines.iter().filter_map(|line| line.split_once(' '));
        values.filter(|(k, _)| *k == key).map(|(_, value)| value).collect::<Vec<_>>()
    };
    let first = |key: &str| said(key).first().copied().unwrap_or_default().to_owned();
    let settled = |program: &str| {
        let line = first(program);
        let (identity, printed) = line.split_once(' ').unwrap_or((&line, ""));
        versions.settle(program, identity, version(printed))
    };
    let cgroup: i64 = first("cgroup").parse().unwrap_or(1);
    Value::object([
        ("hostname", text(file("/proc/sys/kernel/hostname").trim())),
        ("addresses", addresses(file("/proc/net/fib_trie"), file("/proc/net/if_inet6"))),
        ("os", os(file("/etc/os-release"))),
        ("arch", text(&arch(&first("arch")))),
        ("init", Value::string(if said("init").is_empty() { "none" } else { "systemd" })),
        ("cgroup_version", cgroup.into()),
        ("container_runtime", runtime(&said("socket"), &files, cgroup)),
        ("kubelet_version", text(&settled("kubelet"))),
        ("etcd_version", text(&settled("etcd"))),
        ("swap", Value::Bool(swap(file("/proc/swaps")))),
        (
            "clock_ms",
            first("clock").parse::<i64>().map_or(null(Type::Number), |ns| (ns / 1_000_000).into()),
        ),
    ])
}

fn null(ty: Type) -> Value {
    Value::Null(ty)
}

fn text(text: &str) -> Value {
    if text.is_empty() { null(Type::String) } else { Value::string(text) }
}

/// The files that `head -v` printed one after the other.
fn files_of(text: &str) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut current: Option<(String, String)> = None;
    for line in text.lines() {
        let title = line.strip_prefix("==> ").and_then(|line| line.strip_suffix(" <=="));
        match (title, &mut current) {
            (Some(path), current) => files.extend(current.replace((path.into(), String::new()))),
            (None, Some((_, content))) => {
                content.push_str(line);
                content.push('\n');
            }
            (None, None) => {}
        }
    }
    files.extend(current);
    files
}

/// The host's own addresses: IPv4 from the kernel's table of local routes, IPv6 of global scope.
fn addresses(fib_trie: &str, if_inet6: &str) -> Value {
    let mut own = BTreeSet::new();
    let mut last = None;
    for line in fib_trie.lines() {
        if let Some((_, address)) = line.split_once("|-- ") {
            last = address.trim().parse::<std::net::Ipv4Addr>().ok();
        } else if line.contains("/32 host LOCAL") {
            own.extend(last.filter(|address| !address.is_loopback()));
        }
    }
    let inet6 = if_inet6.lines().filter_map(|line| {
        let mut parts = line.split_whitespace();
        let address = u128::from_str_radix(parts.next()?, 16).ok()?;
        (parts.nth(2)? == "00").then(|| std::net::Ipv6Addr::from(address).to_string())
    });
    let inet4 = own.iter().map(ToString::to_string);
    let sorted6: BTreeSet<_> = inet6.collect();
    Value::list(Type::String, inet4.chain(sorted6).map(Value::from))
}

fn os(os_release: &str) -> Value {
    let get = |key: &str| {
        let lines = os_release.lines().filter_map(|line| line.split_once('='));
        let found = lines.filter(|(k, _)| *k == key).map(|(_, value)| value).next();
        text(found.unwrap_or_default().trim_matches(['"', '\'']))
    };
    Value::object([("id", get("ID")), ("version", get("VERSION_ID")), ("name", get("PRETTY_NAME"))])
}

/// Whether there is a line below the title.
fn swap(swaps: &str) -> bool {
    swaps.lines().filter(|line| !line.is_empty()).count() > 1
}

/// As Go and Kubernetes call it.
fn arch(machine: &str) -> String {
    match machine {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "armv7l" => "arm",
        other => other,
    }
    .to_owned()
}

/// The part of `Kubernetes v1.20.2` or `etcd Version: 3.4.23` that is the version.
fn version(line: &str) -> &str {
    let last = line.split_whitespace().last().unwrap_or_default();
    last.trim_start_matches('v')
}

/// The container runtime that kubelet would find, with its cgroup driver.
fn runtime(sockets: &[&str], files: &BTreeMap<String, String>, cgroup: i64) -> Value {
    let file = |path: &str| files.get(path).map_or("", String::as_str);
    let known = sockets.first().copied().unwrap_or_default();
    let (name, driver) = match known {
        "/run/containerd/containerd.sock" => {
            ("containerd", containerd(file("/etc/containerd/config.toml")))
        }
        "/run/crio/crio.sock" => ("cri-o", crio(files)),
        "/run/cri-dockerd.sock" | "/run/docker.sock" => {
            ("docker", docker(file("/etc/docker/daemon.json"), cgroup))
        }
        _ => {
            let none = ["name", "socket", "cgroup_driver"].map(|key| (key, null(Type::String)));
            return Value::object(none);
        }
    };
    Value::object([
        ("name", Value::string(name)),
        ("socket", Value::string(known)),
        ("cgroup_driver", Value::string(driver)),
    ])
}

fn setting<'a>(config: &'a str, key: &str) -> Option<&'a str> {
    let lines = config.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let mut pairs = lines.filter_map(|line| line.split_once('=')).rev();
    pairs.find(|(k, _)| k.trim() == key).map(|(_, value)| value.trim())
}

fn containerd(config: &str) -> &'static str {
    match setting(config, "SystemdCgroup").or(setting(config, "systemd_cgroup")) {
        Some("true") => "systemd",
        _ => "cgroupfs",
    }
}

fn crio(files: &BTreeMap<String, String>) -> &'static str {
    let configs = files.iter().filter(|(path, _)| path.starts_with("/etc/crio/"));
    let mut managers = configs.filter_map(|(_, config)| setting(config, "cgroup_manager"));
    match managers.next_back().map(|manager| manager.trim_matches('"')) {
        Some("cgroupfs") => "cgroupfs",
        _ => "systemd",
    }
}

fn docker(daemon: &str, cgroup: i64) -> &'static str {
    if daemon.contains("native.cgroupdriver=systemd") {
        "systemd"
    } else if daemon.contains("native.cgroupdriver=cgroupfs") || cgroup == 1 {
        "cgroupfs"
    } else {
        "systemd"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_addresses_are_told_from_routes() {
        let trie = "Local:\n  +-- 10.77.0.0/24 2 0 2\n     |-- 10.77.0.0\n        /32 link UNICAST\n     \
                    |-- 10.77.0.11\n        /32 host LOCAL\n     |-- 127.0.0.1\n        /32 host LOCAL\n";
        let inet6 = "fe800000000000000000000000000001 02 40 20 80 eth0\n\
                     20010db8000000000000000000000001 02 40 00 80 eth0\n";
        assert_eq!(format!("{:?}", addresses(trie, inet6)), r#"["10.77.0.11", "2001:db8::1"]"#);
    }

    #[test]
    fn a_title_is_no_swap() {
        assert!(!swap("Filename\tType\tSize\n\n"));
        assert!(swap("Filename\tType\tSize\n/dev/sda2 partition 1\n"));
    }

    #[test]
    fn versions_are_bare() {
        assert_eq!(version("Kubernetes v1.20.2"), "1.20.2");
        assert_eq!(version("etcd Version: 3.4.23"), "3.4.23");
        assert_eq!(version(""), "");
    }

    #[test]
    fn cgroup_drivers_are_read_where_they_are_set() {
        assert_eq!(containerd("  SystemdCgroup = true\n"), "systemd");
        assert_eq!(containerd("# SystemdCgroup = true\n"), "cgroupfs");
        assert_eq!(docker("", 2), "systemd");
        assert_eq!(docker("", 1), "cgroupfs");
    }
}
