//! The same story told to every host that needs no network: what is written is read back.

use std::sync::Arc;

use quorate_engine::world::{
    Act as _, Content, Expect, Host, Look as _, Op, Query, Reply, WantContent,
};

use super::Hosts;
use super::digest::sha256_hex;
use crate::host::connection::{Connection, Transport};

/// A host in a temporary folder.
fn host(transport: Transport, root: &std::path::Path) -> Host {
    let connection = Connection {
        name: "h1".into(),
        transport,
        address: None,
        port: None,
        user: None,
        sudo: false,
        root: (transport != Transport::Fake).then(|| root.display().to_string()),
        config_file: None,
    };
    connection.host()
}

fn hosts() -> Hosts {
    let fakes = super::fake::Fakes::default();
    fakes.host("h1");
    Hosts::with_fakes(fakes)
}

/// The owner of what this process writes, so that the stories need no root.
fn me() -> (String, String) {
    let name = |flag| {
        let output = std::process::Command::new("id").arg(flag).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    (name("-un"), name("-gn"))
}

fn write(path: &str, mode: u32, bytes: &[u8], expect: Expect) -> Op {
    let (owner, group) = me();
    Op::WriteFile {
        path: path.into(),
        mode,
        owner,
        group,
        content: Content::Plain(Arc::from(bytes)),
        expect,
    }
}

fn file(path: &str) -> Query {
    Query::File { path: path.into(), content: WantContent::Always }
}

const ALL: [Transport; 3] = [Transport::Directory, Transport::Local, Transport::Fake];
const REAL: [Transport; 2] = [Transport::Directory, Transport::Local];

#[tokio::test]
async fn what_is_written_is_read_back() {
    for transport in ALL {
        let root = tempfile::tempdir().unwrap();
        let (hosts, host) = (hosts(), host(transport, root.path()));
        let bytes: Vec<u8> = (0..=255).cycle().take(70_000).collect();
        let ops = vec![
            write("/etc/a b/it's.bin", 0o640, &bytes, Expect::AbsentOrSame),
            write("/etc/empty", 0o755, b"", Expect::AbsentOrSame),
        ];
        let acted = hosts.act(&host, ops).await;
        assert!(acted.failed.is_none(), "{transport:?} {:?}", acted.failed);
        let made =
            |paths: &[&str]| Reply::Written { made: paths.iter().map(|p| p.to_string()).collect() };
        assert_eq!(acted.replies, [made(&["/etc", "/etc/a b"]), made(&[])], "{transport:?}");
        let queries = vec![
            file("/etc/a b/it's.bin"),
            Query::File {
                path: "/etc/empty".into(),
                content: WantContent::UnlessSha256(sha256_hex(b"")),
            },
            file("/etc/none"),
            file("/none/none"),
            Query::Directory { path: "/etc".into() },
            Query::File { path: "/etc/a b/it's.bin".into(), content: WantContent::Never },
        ];
        let replies = hosts.ask(&host, queries).await.unwrap();
        let Reply::File(read) = &replies[0] else { panic!("{transport:?} {replies:?}") };
        assert_eq!((read.mode, read.content.as_deref()), (0o640, Some(&*bytes)), "{transport:?}");
        assert_eq!((&read.owner, &read.group), (&me().0, &me().1));
        assert_eq!(read.sha256, sha256_hex(&bytes));
        let Reply::File(empty) = &replies[1] else { panic!("{replies:?}") };
        assert_eq!((empty.mode, empty.content.as_deref()), (0o755, None));
        assert_eq!(replies[2..4], [Reply::Absent, Reply::Absent]);
        assert!(
            matches!(replies[4], Reply::Directory { mode: 0o755, entries: 2, .. }),
            "{replies:?}"
        );
        assert!(matches!(&replies[5], Reply::File(read) if read.content.is_none()));
    }
}

#[tokio::test]
async fn expectations_are_checked_before_anything_is_in_place() {
    for transport in ALL {
        let root = tempfile::tempdir().unwrap();
        let (hosts, host) = (hosts(), host(transport, root.path()));
        hosts.act(&host, vec![write("/b", 0o644, b"foreign", Expect::Anything)]).await;
        let ops = |expect: Expect| {
            vec![
                write("/a", 0o600, b"new", Expect::AbsentOrSame),
                write("/b", 0o644, b"new", expect),
            ]
        };
        let refused = [Expect::AbsentOrSame, Expect::Sha256(sha256_hex(b"other"))];
        for expect in refused {
            let acted = hosts.act(&host, ops(expect)).await;
            assert_eq!(acted.replies, [], "{transport:?}");
            let error = acted.failed.unwrap();
            assert_eq!(error.summary, "File changed since the plan", "{transport:?} {error:?}");
            assert!(error.detail.contains("/b"), "{}", error.detail);
        }
        let replies = hosts.ask(&host, vec![file("/a")]).await.unwrap();
        assert_eq!(replies, [Reply::Absent], "{transport:?}");
        let gone = write("/c", 0o644, b"new", Expect::Sha256(sha256_hex(b"old")));
        assert!(hosts.act(&host, vec![gone]).await.failed.is_some(), "{transport:?}");
        for expect in [Expect::Sha256(sha256_hex(b"foreign")), Expect::AbsentOrSame] {
            let acted = hosts.act(&host, ops(expect)).await;
            assert!(acted.failed.is_none(), "{transport:?} {:?}", acted.failed);
        }
        if transport != Transport::Fake {
            let mut left: Vec<_> = std::fs::read_dir(root.path()).unwrap().collect();
            left.retain(|entry| {
                let name = entry.as_ref().unwrap().file_name();
                !["a", "b", ".quorate-owners"].contains(&name.to_str().unwrap())
            });
            assert!(left.is_empty(), "{transport:?} {left:?}");
        }
    }
}

#[tokio::test]
async fn directories_come_and_go() {
    for transport in ALL {
        let root = tempfile::tempdir().unwrap();
        let (hosts, host) = (hosts(), host(transport, root.path()));
        let (owner, group) = me();
        let ops = vec![
            Op::MakeDir { path: "/var/lib/etcd".into(), mode: 0o700, owner, group },
            write("/var/lib/etcd/member/wal", 0o600, b"x", Expect::AbsentOrSame),
            Op::RemoveDir { path: "/var/lib/etcd".into() },
        ];
        let acted = hosts.act(&host, ops).await;
        assert!(acted.failed.is_none(), "{transport:?} {:?}", acted.failed);
        let made = ["/var", "/var/lib", "/var/lib/etcd"].map(String::from).to_vec();
        assert_eq!(acted.replies[0], Reply::Written { made }, "{transport:?}");
        let look = || vec![Query::Directory { path: "/var/lib/etcd".into() }];
        let replies = hosts.ask(&host, look()).await.unwrap();
        assert!(
            matches!(replies[0], Reply::Directory { mode: 0o700, .. }),
            "{transport:?} {replies:?}"
        );
        let ops = vec![
            Op::RemoveTree { path: "/var/lib/etcd".into(), what: "data".into() },
            Op::RemoveDir { path: "/var/lib".into() },
            Op::RemoveDir { path: "/var/none".into() },
            Op::RemoveFile { path: "/var/none".into(), expect: Expect::Anything },
        ];
        let acted = hosts.act(&host, ops).await;
        assert_eq!(acted.replies, vec![Reply::Done; 4], "{transport:?} {:?}", acted.failed);
        assert_eq!(hosts.ask(&host, look()).await.unwrap(), [Reply::Absent]);
    }
}

/// What a killed run had removed already is removed.
#[tokio::test]
async fn what_is_gone_with_its_folder_is_gone() {
    for transport in ALL {
        let root = tempfile::tempdir().unwrap();
        let (hosts, host) = (hosts(), host(transport, root.path()));
        let remove = |path: &str| Op::RemoveFile { path: path.into(), expect: Expect::Anything };
        let ops = vec![
            remove("/no/folder/a"),
            remove("/no/folder/b"),
            Op::RemoveDir { path: "/no/folder".into() },
            remove("/none/c"),
        ];
        let acted = hosts.act(&host, ops).await;
        assert_eq!(acted.replies, vec![Reply::Done; 4], "{transport:?} {:?}", acted.failed);
    }
}

#[tokio::test]
async fn odd_paths_are_refused() {
    for transport in ALL {
        let root = tempfile::tempdir().unwrap();
        let (hosts, host) = (hosts(), host(transport, root.path()));
        for path in ["/../x", "x", "/a/../../x", "/a\nb"] {
            let acted = hosts.act(&host, vec![write(path, 0o644, b"", Expect::Anything)]).await;
            assert_eq!(acted.failed.unwrap().summary, "Path refused", "{transport:?} {path}");
            assert_eq!(
                hosts.ask(&host, vec![file(path)]).await.unwrap_err().summary,
                "Path refused"
            );
        }
        let tree = Op::RemoveTree { path: "/var".into(), what: "all".into() };
        assert_eq!(hosts.act(&host, vec![tree]).await.failed.unwrap().summary, "Path refused");
    }
}

#[tokio::test]
async fn a_directory_in_the_way_is_an_error() {
    for transport in REAL {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("d")).unwrap();
        let (hosts, host) = (hosts(), host(transport, root.path()));
        let acted = hosts.act(&host, vec![write("/d", 0o644, b"", Expect::Anything)]).await;
        assert!(acted.failed.is_some(), "{transport:?}");
        assert!(hosts.ask(&host, vec![file("/d")]).await.is_err(), "{transport:?}");
        let left = std::fs::read_dir(root.path()).unwrap().count();
        assert_eq!(left, 1, "{transport:?}");
    }
}

#[tokio::test]
async fn links_are_replaced_and_not_followed() {
    for transport in REAL {
        let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let victim = outside.path().join("victim");
        std::fs::write(&victim, "kept").unwrap();
        std::os::unix::fs::symlink(&victim, root.path().join("link")).unwrap();
        let (hosts, host) = (hosts(), host(transport, root.path()));
        let acted = hosts.act(&host, vec![write("/link", 0o644, b"new", Expect::Anything)]).await;
        assert!(acted.failed.is_none(), "{transport:?} {:?}", acted.failed);
        assert_eq!(std::fs::read_to_string(&victim).unwrap(), "kept");
        assert_eq!(std::fs::read_to_string(root.path().join("link")).unwrap(), "new");
    }
}

#[tokio::test]
async fn a_staging_folder_is_not_left() {
    let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::os::unix::fs::symlink(outside.path(), root.path().join("out")).unwrap();
    std::fs::write(outside.path().join("x"), "secret").unwrap();
    let (hosts, host) = (hosts(), host(Transport::Directory, root.path()));
    assert!(hosts.ask(&host, vec![file("/out/x")]).await.is_err());
    let acted = hosts.act(&host, vec![write("/out/y", 0o644, b"", Expect::Anything)]).await;
    assert_eq!(acted.failed.unwrap().summary, "Path refused");
    assert!(!outside.path().join("y").exists());
}

#[tokio::test]
async fn a_staging_folder_remembers_owners_that_do_not_exist_here() {
    let root = tempfile::tempdir().unwrap();
    let (hosts, host) = (hosts(), host(Transport::Directory, root.path()));
    let op = Op::WriteFile {
        path: "/etc/x".into(),
        mode: 0o640,
        owner: "etcd-user".into(),
        group: "etcd-group".into(),
        content: Content::Plain(Arc::from(&b"x"[..])),
        expect: Expect::AbsentOrSame,
    };
    hosts.act(&host, vec![op]).await;
    let replies = Hosts::new().ask(&host, vec![file("/etc/x")]).await.unwrap();
    let Reply::File(read) = &replies[0] else { panic!("{replies:?}") };
    assert_eq!((&*read.owner, &*read.group, read.mode), ("etcd-user", "etcd-group", 0o640));
    let remove = Op::RemoveFile { path: "/etc/x".into(), expect: Expect::Anything };
    hosts.act(&host, vec![remove]).await;
    assert_eq!(std::fs::read_to_string(root.path().join(".quorate-owners")).unwrap(), "");
}

#[tokio::test]
async fn one_failing_object_does_not_stop_the_others() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("taken"), "foreign").unwrap();
    let (hosts, host) = (Arc::new(hosts()), host(Transport::Local, root.path()));
    let objects = [
        vec![write("/one", 0o644, b"1", Expect::AbsentOrSame)],
        vec![
            write("/below/two", 0o644, &[7; 100_000], Expect::AbsentOrSame),
            write("/taken", 0o644, b"2", Expect::AbsentOrSame),
        ],
        vec![
            Op::RemoveFile { path: "/taken".into(), expect: Expect::Sha256("0".repeat(64)) },
            write("/never", 0o644, &[8; 100_000], Expect::AbsentOrSame),
        ],
        vec![write("/three", 0o644, b"3", Expect::AbsentOrSame)],
    ];
    let acts = objects.map(|ops| {
        let (hosts, host) = (hosts.clone(), host.clone());
        tokio::spawn(async move { hosts.act(&host, ops).await })
    });
    let mut failed = Vec::new();
    for act in acts {
        failed.push(act.await.unwrap().failed.is_some());
    }
    assert_eq!(failed, [false, true, true, false]);
    assert!(hosts.exchanges(&host) <= 2, "{}", hosts.exchanges(&host));
    let read = |name: &str| std::fs::read_to_string(root.path().join(name)).ok();
    assert_eq!(read("three").as_deref(), Some("3"));
    assert_eq!(read("taken").as_deref(), Some("foreign"));
    assert_eq!((read("never"), read("below/two")), (None, None));
}

#[tokio::test]
async fn this_machine_has_facts_and_processes() {
    let (hosts, mut host) = (hosts(), host(Transport::Local, std::path::Path::new("")));
    host.connection = host.connection.replace("\"root\":\"\"", "\"root\":null").into();
    let mut child = std::process::Command::new("sleep").arg("61.875").spawn().unwrap();
    let process = |words: &[&str]| Query::Process {
        arguments: words.iter().map(|word| word.to_string()).collect(),
        since: None,
    };
    let since = |path: &str| Query::Process {
        arguments: vec!["61.875".to_owned()],
        since: Some(path.to_owned()),
    };
    let later = tempfile::NamedTempFile::new().unwrap();
    let soon = std::time::SystemTime::now() + std::time::Duration::from_secs(60);
    later.as_file().set_modified(soon).unwrap();
    let queries = vec![
        Query::Facts,
        process(&["61.875"]),
        process(&["61.875", "sleep"]),
        process(&["61.87"]),
        process(&["61.875", "walk"]),
        since("/proc/self/cmdline-is-not-there"),
        since("/bin/sh"),
        since(later.path().to_str().unwrap()),
    ];
    let replies = hosts.ask(&host, queries).await;
    child.kill().unwrap();
    let _ = child.wait();
    let replies = replies.unwrap();
    assert_eq!(replies[1], Reply::Processes(vec![child.id()]));
    assert_eq!(replies[2], Reply::Processes(vec![child.id()]));
    assert_eq!(replies[3..5], [Reply::Processes(vec![]), Reply::Processes(vec![])]);
    assert_eq!(replies[5], Reply::Processes(vec![]), "there is no such file");
    assert_eq!(replies[6], Reply::Processes(vec![child.id()]), "it is newer than the shell");
    assert_eq!(replies[7], Reply::Processes(vec![]), "it is older than the file");
    let Reply::Value(facts) = &replies[0] else { panic!("{replies:?}") };
    for fact in ["hostname", "arch", "cgroup_version", "clock_ms"] {
        assert!(facts.attr(fact).is_some_and(|value| !value.is_null()), "{fact} of {facts:?}");
    }
    assert_eq!(hosts.exchanges(&host), 1);
}
