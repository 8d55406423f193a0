//! Against the lab of real hosts; run by hand inside its network:
//! `nsenter --net="$LAB_NETNS" cargo test -p quorate-providers ssh -- --ignored --nocapture`.

use std::sync::Arc;
use std::time::Instant;

use quorate_engine::value::Value;
use quorate_engine::world::{
    Act as _, Acted, Content, Expect, Host, Look as _, Op, Query, Reply, UnitVerb, WantContent,
};

use crate::host::connection::{Connection, Transport};
use crate::transport::Hosts;

fn connection(address: &str) -> Connection {
    Connection {
        name: address.to_owned(),
        transport: Transport::Ssh,
        address: Some(address.to_owned()),
        port: None,
        user: None,
        sudo: true,
        root: None,
        config_file: Some(std::env::var("LAB_SSH_CONFIG").unwrap()),
    }
}

fn write(path: &str, bytes: &[u8]) -> Op {
    Op::WriteFile {
        path: path.into(),
        mode: 0o600,
        owner: "root".into(),
        group: "root".into(),
        content: Content::Plain(Arc::from(bytes)),
        expect: Expect::Anything,
    }
}

fn read(path: &str) -> Query {
    Query::File { path: path.into(), content: WantContent::Never }
}

fn say(text: impl std::fmt::Display) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn good(acted: &Acted) {
    assert!(acted.failed.is_none(), "{:?}", acted.failed);
}

fn payload() -> Vec<Op> {
    (0..15).map(|n| write(&format!("/etc/quorate-test/d{}/f{n}", n % 3), &[n; 1500])).collect()
}

fn wave() -> Vec<Query> {
    let unit = Query::Unit { name: "kubelet.service".into() };
    let files = (0..15).map(|n| read(&format!("/etc/quorate-test/d{}/f{n}", n % 3)));
    files.chain([unit]).collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the lab"]
async fn times() {
    let memory = tempfile::tempdir().unwrap();
    let hosts = Hosts::remembering(&memory.path().join("versions.json"));
    let host = connection("h1").host();
    let clock = Instant::now();
    hosts.ask(&host, vec![read("/etc/hostname")]).await.unwrap();
    say(format!("connect and one file: {:?}", clock.elapsed()));
    for (what, queries) in [
        ("one file", vec![read("/etc/hostname")]),
        ("facts", vec![Query::Facts]),
        ("16 things", wave()),
        ("16 things and facts", wave().into_iter().chain([Query::Facts]).collect()),
        (
            "a process",
            vec![Query::Process { arguments: vec!["/usr/sbin/sshd".into()], since: None }],
        ),
    ] {
        let mut times: Vec<_> = Vec::new();
        for _ in 0..7 {
            let clock = Instant::now();
            hosts.ask(&host, queries.clone()).await.unwrap();
            times.push(clock.elapsed());
        }
        say(format!("{what}: first {:?}", times[0]));
        times.sort();
        say(format!("{what}: {:?} (best {:?})", times[3], times[0]));
    }
    let before = hosts.exchanges(&host);
    let clock = Instant::now();
    good(&hosts.act(&host, payload()).await);
    say(format!("15 files: {:?}, exchanges {}", clock.elapsed(), hosts.exchanges(&host) - before));
    let before = hosts.exchanges(&host);
    let hosts = Arc::new(hosts);
    let clock = Instant::now();
    let acts = payload().into_iter().map(|op| {
        let (hosts, host) = (hosts.clone(), host.clone());
        tokio::spawn(async move { hosts.act(&host, vec![op]).await })
    });
    for act in acts.collect::<Vec<_>>() {
        good(&act.await.unwrap());
    }
    say(format!(
        "15 objects at once: {:?}, exchanges {}",
        clock.elapsed(),
        hosts.exchanges(&host) - before
    ));
    let tree = Op::RemoveTree { path: "/etc/quorate-test".into(), what: "test".into() };
    let clock = Instant::now();
    good(&hosts.act(&host, vec![tree, Op::DaemonReload]).await);
    say(format!("remove and reload: {:?}", clock.elapsed()));
    let clock = Instant::now();
    hosts.close().await;
    say(format!("close: {:?}", clock.elapsed()));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the lab"]
async fn story() {
    let (hosts, host) = (Hosts::new(), connection("h1").host());
    let big: Vec<u8> = (0..=255).cycle().take(3_000_000).collect();
    let ops = vec![
        write("/etc/quorate-test/a b/big", &big),
        Op::Unit { name: "cron-none.service".into(), verb: UnitVerb::Start },
    ];
    let acted = hosts.act(&host, ops).await;
    assert!(matches!(&acted.replies[..], [Reply::Written { made }] if made.len() == 2));
    say(acted.failed.unwrap().diagnostic().detail);
    let queries = vec![
        Query::Facts,
        Query::File { path: "/etc/quorate-test/a b/big".into(), content: WantContent::Always },
        Query::Unit { name: "kubelet.service".into() },
        Query::Unit { name: "none.service".into() },
        Query::Process { arguments: vec!["/lib/systemd/systemd-journald".into()], since: None },
    ];
    let replies = hosts.ask(&host, queries).await.unwrap();
    let Reply::File(file) = &replies[1] else { panic!() };
    assert_eq!(file.content.as_deref(), Some(&*big));
    say(format!("{:#?} {:?}", replies[0], &replies[2..]));
    let tree = Op::RemoveTree { path: "/etc/quorate-test".into(), what: "test".into() };
    good(&hosts.act(&host, vec![tree]).await);
    hosts.close().await;
}

async fn complain(what: &str, host: Host) {
    let clock = Instant::now();
    let hosts = Hosts::new();
    match hosts.ask(&host, vec![read("/etc/shadow")]).await {
        Ok(replies) => say(format!("== {what}: {replies:?}")),
        Err(error) => say(format!(
            "== {what} ({:?}): {}\n{}\n-> {}",
            clock.elapsed(),
            error.summary,
            error.detail,
            error.help.unwrap_or_default()
        )),
    }
    hosts.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the lab"]
async fn wrong_hosts() {
    let with = |change: fn(&mut Connection)| {
        let mut connection = connection("h1");
        change(&mut connection);
        connection.host()
    };
    complain("ops with sudo", with(|c| c.user = Some("ops".into()))).await;
    complain("ops without sudo", with(|c| (c.user, c.sudo) = (Some("ops".into()), false))).await;
    complain("no such user", with(|c| c.user = Some("nobody2".into()))).await;
    complain("refused", with(|c| c.port = Some(23))).await;
    complain("no route", with(|c| c.address = Some("10.77.0.99".into()))).await;
    complain("unknown name", with(|c| c.address = Some("h99.example.invalid".into()))).await;
    complain(
        "unknown key",
        with(|c| (c.config_file, c.address) = (Some("none".into()), Some("10.77.0.11".into()))),
    )
    .await;
    complain("no configuration", with(|c| c.config_file = Some("/none".into()))).await;
}

/// Two objects for one host, while somebody breaks it (`lab fulldisk h2 /etc/quorate-test` ...).
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the lab"]
async fn broken_host() {
    let mut connection = connection("h2");
    connection.user = std::env::var("LAB_TEST_USER").ok();
    let (hosts, host) = (Arc::new(Hosts::new()), connection.host());
    let unit = b"[Service]\nType=oneshot\nExecStart=/bin/sleep 12\n";
    let slow = "/run/systemd/system/quorate-slow.service";
    let objects = [
        vec![write("/etc/quorate-test/x", &[1; 300_000]), write("/etc/quorate-test/y", b"y")],
        vec![
            write("/etc/quorate-other", b"z"),
            Op::RemoveFile { path: "/etc/quorate-other".into(), expect: Expect::Anything },
        ],
        vec![
            write(slow, unit),
            Op::DaemonReload,
            Op::Unit { name: "quorate-slow.service".into(), verb: UnitVerb::Start },
        ],
    ];
    let clock = Instant::now();
    let acts = objects.map(|ops| {
        let (hosts, host) = (hosts.clone(), host.clone());
        tokio::spawn(async move { hosts.act(&host, ops).await })
    });
    for act in acts {
        let Acted { replies, failed } = act.await.unwrap();
        say(format!("{:?}: {replies:?}", clock.elapsed()));
        if let Some(error) = failed {
            say(format!("  {}: {}\n  -> {:?}", error.summary, error.detail, error.help));
        }
    }
    say(format!("exchanges {}", hosts.exchanges(&host)));
    let again = hosts.ask(&host, vec![read("/etc/quorate-test/x")]).await;
    say(format!(
        "{:?}: afterwards {}",
        clock.elapsed(),
        if again.is_ok() { "it answers" } else { "it does not answer" }
    ));
    hosts.close().await;
}

/// Wants an etcd with TLS on h1, its files in /root/pki.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the lab and an etcd there"]
async fn etcd() {
    let (hosts, host) = (Hosts::new(), connection("h1").host());
    let api = |call, port: u16, ca: &str, cert: &str| {
        let file = |name: &str| Value::string(format!("/root/pki/{name}"));
        let args = Value::object([
            ("endpoint", Value::string(format!("https://127.0.0.1:{port}"))),
            ("ca_file", file(&format!("{ca}.crt"))),
            ("cert_file", file(&format!("{cert}.crt"))),
            ("key_file", file(&format!("{cert}.key"))),
        ]);
        Query::Api { service: "etcd", call, args }
    };
    for (what, query) in [
        ("status", api("status", 2379, "ca", "client")),
        ("members", api("members", 2379, "ca", "client")),
        ("health", api("health", 2379, "ca", "client")),
        ("wrong CA", api("status", 2379, "other", "client")),
        ("foreign client", api("status", 2379, "ca", "other")),
        ("no files", api("status", 2379, "ca", "none")),
        ("nobody there", api("status", 2999, "ca", "client")),
        ("not TLS", api("status", 2381, "ca", "client")),
        ("health over http", Query::Http { url: "http://127.0.0.1:2381/health".into() }),
        ("nobody over http", Query::Http { url: "http://127.0.0.1:2999/health".into() }),
        ("https as http", Query::Http { url: "http://127.0.0.1:2379/health".into() }),
    ] {
        let clock = Instant::now();
        let reply = hosts.ask(&host, vec![query]).await;
        let body = match &reply {
            Ok(replies) => match &replies[0] {
                Reply::Http { status, body } => {
                    format!("{status} {}", String::from_utf8_lossy(body))
                }
                other => format!("{other:?}"),
            },
            Err(error) => format!("{}: {}", error.summary, error.detail),
        };
        say(format!("{what} ({:?}): {body}", clock.elapsed()));
    }
    let all = ["status", "members", "health"].map(|call| api(call, 2379, "ca", "client"));
    for _ in 0..3 {
        let clock = Instant::now();
        hosts.ask(&host, all.to_vec()).await.unwrap();
        say(format!("three calls at once: {:?}", clock.elapsed()));
    }
    hosts.close().await;
}
