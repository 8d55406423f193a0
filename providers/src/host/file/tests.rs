//! The files of a staging folder, from plan to destruction.

use quorate_engine::world::{Act as _, Look as _};

use super::*;
use crate::host::connection::{Connection, Transport};
use crate::transport::Hosts;

/// The `host` value of a staging folder.
pub fn folder_host(root: &std::path::Path) -> Value {
    let connection = Connection {
        name: "h1".into(),
        transport: Transport::Directory,
        address: None,
        port: None,
        user: None,
        sudo: false,
        root: Some(root.display().to_string()),
        config_file: None,
    };
    Value::object(connection.attrs())
}

/// What the engine does with a resource type, in small.
pub struct Bench<R> {
    resource: R,
    hosts: Hosts,
}

impl<R: Resource> Bench<R> {
    pub fn new(resource: R) -> Bench<R> {
        Bench { resource, hosts: Hosts::new() }
    }

    async fn see(&self, attrs: &Value) -> Option<Value> {
        let mut replies = Vec::new();
        for ask in self.resource.look(attrs) {
            replies.extend(self.hosts.ask(&ask.host, vec![ask.query]).await.unwrap());
        }
        match self.resource.seen(attrs, &replies) {
            Seen::Present(value) => Some(value),
            Seen::Absent => None,
        }
    }

    fn propose(&self, config: &Value, prior: Option<&Value>) -> Value {
        use quorate_engine::schema::Role;
        let attr = |attr: &Attr| {
            let given = config.attr(attr.name).cloned();
            let kept = || prior.and_then(|prior| prior.attr(attr.name)).cloned();
            let value = match &attr.role {
                Role::Required => given.unwrap(),
                Role::Optional(default) => given.unwrap_or(default.clone()),
                _ => kept().unwrap_or(Value::unknown(attr.ty.clone())),
            };
            (attr.name, value)
        };
        Value::object(self.resource.schema().attrs.iter().map(attr))
    }

    pub async fn plan(&self, config: &Value, state: Option<&Value>) -> Result<Planned, Refusal> {
        let prior = match state {
            Some(state) => self.see(state).await,
            None => None,
        };
        let proposed = self.propose(config, prior.as_ref());
        let found = if prior.is_none() { self.see(&proposed).await } else { None };
        let request = PlanRequest {
            prior: prior.as_ref(),
            found: found.as_ref(),
            config,
            proposed: &proposed,
            in_flight: false,
            lost: None,
            now: 0,
        };
        self.resource.plan(&request)
    }

    async fn run(&self, steps: &[Step]) -> Vec<Vec<Reply>> {
        let ops = steps.iter().map(|step| step.op.clone()).collect();
        let Some(host) = steps.first().and_then(|step| step.host.clone()) else { return vec![] };
        let acted = self.hosts.act(&host, ops).await;
        assert!(acted.failed.is_none(), "{:?}", acted.failed);
        acted.replies.into_iter().map(|reply| vec![reply]).collect()
    }

    pub async fn apply(&self, config: &Value, state: Option<&Value>) -> Value {
        let planned = self.plan(config, state).await.unwrap();
        let replies = self.run(&planned.steps).await;
        let after = self.resource.finish(planned.after, &planned.steps, &replies);
        assert!(after.is_wholly_known(), "{after:?}");
        after
    }

    pub async fn destroy(&self, state: &Value) {
        self.run(&self.resource.destroy(&DestroyRequest { prior: state })).await;
    }
}

fn config(root: &std::path::Path, content: Value) -> Value {
    Value::object([
        ("host", folder_host(root)),
        ("path", "/etc/quorate/motd".into()),
        ("content", content),
    ])
}

#[tokio::test]
async fn a_file_comes_stays_changes_and_goes_with_its_directories() {
    let root = tempfile::tempdir().unwrap();
    let bench = Bench::new(HostFile::new());
    let first = config(root.path(), "one\n".into());
    let state = bench.apply(&first, None).await;
    assert_eq!(text(&state, "sha256"), Some(sha256_hex(b"one\n")));
    assert!(bench.plan(&first, Some(&state)).await.unwrap().steps.is_empty());
    let state = bench.apply(&config(root.path(), "two\n".into()), Some(&state)).await;
    let place = root.path().join("etc/quorate/motd");
    assert_eq!(std::fs::read_to_string(&place).unwrap(), "two\n");
    bench.destroy(&state).await;
    assert!(!root.path().join("etc").exists());
}

#[tokio::test]
async fn a_file_is_replaced_only_where_its_host_is_another_machine() {
    let (root, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let bench = Bench::new(HostFile::new());
    let wanted = config(root.path(), "one\n".into());
    let state = bench.apply(&wanted, None).await;
    let ways = [("name", "h2".into()), ("user", "admin".into()), ("config_file", "/x".into())];
    for way in ways {
        let host = place::with(&folder_host(root.path()), [way]);
        let renamed = place::with(&wanted, [("host", host.clone())]);
        let planned = bench.plan(&renamed, Some(&state)).await.unwrap();
        assert_eq!((planned.replace, planned.steps), (None, vec![]));
        assert_eq!(planned.after.attr("host"), Some(&host));
    }
    let moved = bench.plan(&config(other.path(), "one\n".into()), Some(&state)).await.unwrap();
    assert_eq!(moved.replace.as_deref(), Some("host"));
}

#[tokio::test]
async fn drift_is_put_right_only_as_it_was_seen() {
    let root = tempfile::tempdir().unwrap();
    let bench = Bench::new(HostFile::new());
    let wanted = config(root.path(), "one\n".into());
    let state = bench.apply(&wanted, None).await;
    std::fs::write(root.path().join("etc/quorate/motd"), "drifted").unwrap();
    let planned = bench.plan(&wanted, Some(&state)).await.unwrap();
    let Op::WriteFile { expect, .. } = &planned.steps[0].op else { panic!("{planned:?}") };
    assert_eq!(*expect, Expect::Sha256(sha256_hex(b"drifted")));
}

#[tokio::test]
async fn a_foreign_file_is_refused_adopted_or_overwritten() {
    let root = tempfile::tempdir().unwrap();
    let bench = Bench::new(HostFile::new());
    std::fs::create_dir_all(root.path().join("etc/quorate")).unwrap();
    std::fs::write(root.path().join("etc/quorate/motd"), "foreign").unwrap();
    let wanted = config(root.path(), "mine".into());
    let refusal = bench.plan(&wanted, None).await.unwrap_err();
    assert_eq!(refusal.diagnostic.summary, "File exists");
    let same = bench.plan(&config(root.path(), "foreign".into()), None).await.unwrap();
    assert!(same.steps.is_empty());
    let over = place::with(&wanted, [("overwrite", true.into())]);
    bench.apply(&over, None).await;
    let unknown = config(root.path(), Value::unknown(Type::String));
    let later = bench.plan(&unknown, None).await.unwrap();
    let Op::WriteFile { expect, content, .. } = &later.steps[0].op else { panic!("{later:?}") };
    assert_eq!((expect, content), (&Expect::AbsentOrSame, &Content::Later));
}

#[tokio::test]
async fn a_secret_leaves_no_digest() {
    let root = tempfile::tempdir().unwrap();
    let bench = Bench::new(HostFile::new());
    let wanted = config(root.path(), Value::from("hunter2").sensitive());
    let state = bench.apply(&wanted, None).await;
    let shown = format!("{state:?}");
    assert!(!shown.contains("hunter2") && !shown.contains(&sha256_hex(b"hunter2")), "{shown}");
    assert!(bench.plan(&wanted, Some(&state)).await.unwrap().steps.is_empty());
    std::fs::write(root.path().join("etc/quorate/motd"), "other").unwrap();
    let planned = bench.plan(&wanted, Some(&state)).await.unwrap();
    let Op::WriteFile { expect, .. } = &planned.steps[0].op else { panic!("{planned:?}") };
    assert_eq!(*expect, Expect::Sha256(sha256_hex(b"other")));
    assert!(matches!(
        bench.resource.look(&state)[0].query,
        Query::File { content: WantContent::Never, .. }
    ));
}

#[test]
fn what_cannot_be_is_refused() {
    let table = [("path", "etc/x"), ("path", "/a/../b"), ("mode", "rw"), ("mode", "99999")];
    for (name, value) in table {
        let config = Value::object([(name, Value::from(value))]);
        assert_eq!(HostFile::new().check(&config)[0].attr, Some(name), "{value}");
    }
}
