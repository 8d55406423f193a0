use std::net::IpAddr;

use super::*;
use crate::kube::member::{Arg, ClusterState, EnvVar, Peer};

const HOSTS: [(&str, &str); 3] =
    [("infra0", "10.0.0.6"), ("infra1", "10.0.0.7"), ("infra2", "10.0.0.8")];

fn guide(version: &str, tag: &str, index: usize) -> EtcdMember {
    let address = |text: &str| text.parse::<IpAddr>().unwrap();
    let all: Vec<Peer> = HOSTS.iter().map(|(name, ip)| Peer::at(name, address(ip))).collect();
    let (name, ip) = HOSTS[index];
    let version = version.parse().unwrap();
    let mut member = EtcdMember::founding(version, name, address(ip), &all);
    member.image.tag = tag.to_owned();
    member
}

fn minimal(version: &str, address: &str) -> EtcdMember {
    EtcdMember::new(version.parse().unwrap(), "infra0", address.parse().unwrap())
}

macro_rules! golden {
    ($path:literal) => {
        include_str!(concat!("../testdata/", $path))
    };
}

fn check(member: &EtcdMember, golden: &str) {
    let rendered = render(member).unwrap();
    for (number, (ours, theirs)) in rendered.lines().zip(golden.lines()).enumerate() {
        assert_eq!(ours, theirs, "line {}", number + 1);
    }
    assert_eq!(rendered, golden);
}

#[test]
fn equals_kubeadm_1_20() {
    check(&minimal("1.20.2", "10.0.0.6"), golden!("v1.20.2/minimal.etcd.yaml"));
    let goldens = [
        golden!("v1.20.2/guide-infra0.etcd.yaml"),
        golden!("v1.20.2/guide-infra1.etcd.yaml"),
        golden!("v1.20.2/guide-infra2.etcd.yaml"),
    ];
    for (index, golden) in goldens.into_iter().enumerate() {
        check(&guide("1.20.2", "3.4.13-0", index), golden);
    }
}

#[test]
fn equals_kubeadm_1_20_away_from_the_guide() {
    check(&minimal("1.20.2", "fd00::6"), golden!("v1.20.2/ipv6.etcd.yaml"));

    let mut metrics = minimal("1.20.2", "10.0.0.6");
    metrics.metrics_urls = vec!["https://10.0.0.6:2382".into(), "http://127.0.0.1:2381".into()];
    check(&metrics, golden!("v1.20.2/metrics.etcd.yaml"));

    let mut arguments = guide("1.20.2", "3.4.13-0", 0);
    arguments.initial_cluster.truncate(2);
    arguments.extra_args = [
        ("auto-compaction-retention", ""),
        ("cipher-suites", "A,B"),
        ("log-level", "info"),
        ("name", "other"),
        ("quota-backend-bytes", "8589934592"),
        ("s", " lead"),
        ("u", "back\\slash"),
        ("v", "tab\there"),
        ("w", "it's \"q\""),
        ("x", "a: b"),
        ("y", "a #b"),
        ("z", "tail:"),
    ]
    .map(|(name, value)| Arg::new(name, value))
    .into();
    check(&arguments, golden!("v1.20.2/arguments.etcd.yaml"));
}

#[test]
fn equals_kubeadm_1_29() {
    let goldens = [
        golden!("derived-modern/1.29-guide-infra0.yaml"),
        golden!("derived-modern/1.29-guide-infra1.yaml"),
        golden!("derived-modern/1.29-guide-infra2.yaml"),
    ];
    for (index, golden) in goldens.into_iter().enumerate() {
        check(&guide("1.29", "3.5.16-0", index), golden);
    }
}

#[test]
fn equals_kubeadm_1_31() {
    let goldens = [
        golden!("derived-modern/1.31-guide-infra0.yaml"),
        golden!("derived-modern/1.31-guide-infra1.yaml"),
        golden!("derived-modern/1.31-guide-infra2.yaml"),
    ];
    for (index, golden) in goldens.into_iter().enumerate() {
        check(&guide("1.31", "3.5.24-0", index), golden);
    }
}

#[test]
fn equals_kubeadm_1_34() {
    check(&minimal("1.34", "10.0.0.6"), golden!("derived-modern/1.34-minimal.yaml"));
    let goldens = [
        golden!("derived-modern/1.34-guide-infra0.yaml"),
        golden!("derived-modern/1.34-guide-infra1.yaml"),
        golden!("derived-modern/1.34-guide-infra2.yaml"),
    ];
    for (index, golden) in goldens.into_iter().enumerate() {
        check(&guide("1.34", "3.6.5-0", index), golden);
    }
}

/// What differs from the guide's manifest, as `-` and `+` lines.
fn changes(change: impl FnOnce(&mut EtcdMember)) -> Vec<String> {
    let before = minimal("1.20.2", "10.0.0.6");
    let mut after = before.clone();
    change(&mut after);
    let (before, after) = (render(&before).unwrap(), render(&after).unwrap());
    let gone = before.lines().filter(|line| !after.contains(line)).map(|line| format!("-{line}"));
    let new = after.lines().filter(|line| !before.contains(line)).map(|line| format!("+{line}"));
    gone.chain(new).collect()
}

#[test]
fn each_input_moves_what_it_moved_in_kubeadm() {
    assert_eq!(
        changes(|member| member.data_dir = "/srv/etcd".to_owned()),
        [
            "-    - --data-dir=/var/lib/etcd",
            "-    - mountPath: /var/lib/etcd",
            "-      path: /var/lib/etcd",
            "+    - --data-dir=/srv/etcd",
            "+    - mountPath: /srv/etcd",
            "+      path: /srv/etcd",
        ]
    );
    let certificates = changes(|member| member.certificates_dir = "/srv/pki".to_owned());
    assert_eq!(certificates.len(), 2 * (6 + 2));
    assert_eq!(
        changes(|member| member.extra_args = vec![Arg::new("auto-compaction-retention", "")]),
        ["+    - --auto-compaction-retention="]
    );
    assert_eq!(
        changes(|member| member.initial_cluster_state = Some(ClusterState::Existing)),
        ["+    - --initial-cluster-state=existing"]
    );
}

#[test]
fn probes_follow_the_metrics_url() {
    let urls = "https://10.0.0.6:2382,http://127.0.0.1:2381";
    let expected = [
        "-    - --listen-metrics-urls=http://127.0.0.1:2381".to_owned(),
        "-        host: 127.0.0.1".to_owned(),
        "-        port: 2381".to_owned(),
        "-        host: 127.0.0.1".to_owned(),
        "-        port: 2381".to_owned(),
        format!("+    - --listen-metrics-urls={urls}"),
        "+        host: 10.0.0.6".to_owned(),
        "+        port: 2382".to_owned(),
        "+        scheme: HTTPS".to_owned(),
        "+        host: 10.0.0.6".to_owned(),
        "+        port: 2382".to_owned(),
        "+        scheme: HTTPS".to_owned(),
    ];
    let typed = |member: &mut EtcdMember| {
        member.metrics_urls = urls.split(',').map(str::to_owned).collect();
    };
    let raw = |member: &mut EtcdMember| {
        member.extra_args = vec![Arg::new("listen-metrics-urls", urls)];
    };
    assert_eq!(changes(typed), expected);
    assert_eq!(changes(raw), expected);
}

#[test]
fn a_named_port_follows_the_metrics_url() {
    let mut member = minimal("1.34", "10.0.0.6");
    member.metrics_urls = vec!["http://127.0.0.1:2399".to_owned()];
    let text = render(&member).unwrap();
    assert!(text.contains("    - containerPort: 2399\n      name: probe-port\n"));
    assert_eq!(text.matches("        port: probe-port\n").count(), 3);
}

#[test]
fn ipv6_is_bracketed_in_urls_only() {
    let text = render(&minimal("1.20.2", "fd00::6")).unwrap();
    assert!(text.contains("etcd.advertise-client-urls: https://[fd00::6]:2379\n"));
    assert!(text.contains("    - --listen-metrics-urls=http://[::1]:2381\n"));
    assert_eq!(text.matches("        host: ::1\n").count(), 2);
}

#[test]
fn the_environment_is_sorted_and_quoted() {
    let var = |name: &str, value: &str| EnvVar { name: name.into(), value: value.into() };
    let extra_envs = vec![var("GOMAXPROCS", "4"), var("EMPTY", ""), var("DEBUG", "true")];
    let modern = EtcdMember { extra_envs, ..minimal("1.31", "10.0.0.6") };
    let expected = "    env:\n    - name: DEBUG\n      value: \"true\"\n    - name: EMPTY\n    - name: GOMAXPROCS\n      value: \"4\"\n    image:";
    let text = render(&modern).unwrap();
    assert!(text.contains(expected), "{text}");

    let old = EtcdMember { version: "1.30".parse().unwrap(), ..modern };
    assert_eq!(
        render(&old).unwrap_err().to_string(),
        "kubeadm 1.30 cannot set environment variables for etcd; that came with 1.31"
    );
}

#[test]
fn the_startup_timeout_becomes_a_threshold() {
    for (seconds, threshold) in [(240, 24), (241, 25), (300, 30)] {
        let mut member = minimal("1.20.2", "10.0.0.6");
        member.startup_timeout = std::time::Duration::from_secs(seconds);
        let text = render(&member).unwrap();
        assert!(text.contains(&format!("startupProbe:\n      failureThreshold: {threshold}\n")));
    }
}
