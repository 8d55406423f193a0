//! What the tests of resource types share: a host, its answers, plan requests and a sealing realm.

use std::sync::{Arc, OnceLock};

use quorate_engine::diag::Diagnostic;
use quorate_engine::resource::{
    PlanRequest, Planned, RealizeRequest, Realized, Realm, Refusal, Resource,
};
use quorate_engine::schema::{Role, Schema};
use quorate_engine::value::{Type, Value};
use quorate_engine::world::{FileReply, Host, Op, Reply, Step};
use zeroize::Zeroizing;

use crate::attrs;
use crate::host::files::sha256;
use crate::seal::{Sealer, Unsealer, generate_identity};

/// 2026-01-01T00:00:00Z.
pub(crate) const NOW: i64 = 1_767_225_600;

/// The `host` of an object, reached by ssh.
pub(crate) fn host_value(name: &str) -> Value {
    Value::object([
        ("name", name.into()),
        ("transport", "ssh".into()),
        ("address", "10.0.0.6".into()),
        ("user", "root".into()),
    ])
}

/// The `host` of an object, a folder.
pub(crate) fn staging_value(name: &str) -> Value {
    Value::object([
        ("name", name.into()),
        ("transport", "directory".into()),
        ("root", format!("hosts/{name}").into()),
    ])
}

/// The same as [`Host`].
pub(crate) fn host(name: &str) -> Host {
    Host::from_value(&host_value(name)).expect("all parts are known")
}

/// A file of root.
pub(crate) fn file_reply(content: &[u8], mode: u32) -> Reply {
    Reply::File(FileReply {
        mode,
        owner: "root".to_owned(),
        group: "root".to_owned(),
        sha256: sha256(content),
        content: Some(Arc::from(content)),
    })
}

/// The configuration in the schema's types, as the engine proposes it.
pub(crate) fn propose(schema: &Schema, config: &Value, prior: Option<&Value>) -> Value {
    let attrs = schema.attrs.iter().map(|attr| {
        let given = config.attr(attr.name).filter(|value| !value.is_null()).cloned();
        let kept = prior.and_then(|prior| prior.attr(attr.name)).cloned();
        let unknown = || Value::unknown(attr.ty.clone());
        let value = match &attr.role {
            Role::Required => given.map(|value| project(&attr.ty, value)),
            Role::Optional(default) => {
                Some(given.map_or(default.clone(), |value| project(&attr.ty, value)))
            }
            Role::OptionalComputed => {
                given.map(|value| project(&attr.ty, value)).or(kept).or_else(|| Some(unknown()))
            }
            Role::Computed => kept.or_else(|| Some(unknown())),
        };
        (attr.name, value.unwrap_or_else(|| panic!("{} is required", attr.name)))
    });
    Value::object(attrs)
}

/// Leaves out what a type does not have, all the way down, and brings maps and lists to theirs.
fn project(ty: &Type, value: Value) -> Value {
    match (ty, value.bare()) {
        (Type::Object(attrs), Value::Object(given)) => {
            let kept = attrs.iter().map(|(name, attr)| {
                let value = given.get(name).cloned().unwrap_or(Value::Null(attr.ty.clone()));
                (name.clone(), project(&attr.ty, value))
            });
            Value::object(kept)
        }
        (Type::Map(elem), Value::Object(_) | Value::Map(_)) => {
            let entries = value.entries().cloned().unwrap_or_default();
            let entries = entries.into_iter().map(|(key, value)| (key, project(elem, value)));
            Value::map((**elem).clone(), entries)
        }
        (Type::List(elem), Value::Tuple(items)) => {
            let items = items.iter().map(|item| project(elem, item.clone()));
            Value::list((**elem).clone(), items)
        }
        _ => value,
    }
}

/// A plan request in the making.
#[derive(Clone, Copy)]
pub(crate) struct PlanCase<'a> {
    config: &'a Value,
    proposed: &'a Value,
    prior: Option<&'a Value>,
    found: Option<&'a Value>,
    in_flight: bool,
    now: i64,
}

impl<'a> PlanCase<'a> {
    pub(crate) fn of(config: &'a Value) -> Self {
        PlanCase { config, proposed: config, prior: None, found: None, in_flight: false, now: NOW }
    }

    pub(crate) fn proposed(self, proposed: &'a Value) -> Self {
        PlanCase { proposed, ..self }
    }

    pub(crate) fn prior(self, prior: &'a Value) -> Self {
        PlanCase { prior: Some(prior), ..self }
    }

    pub(crate) fn found(self, found: &'a Value) -> Self {
        PlanCase { found: Some(found), ..self }
    }

    pub(crate) fn in_flight(self) -> Self {
        PlanCase { in_flight: true, ..self }
    }

    pub(crate) fn at(self, now: i64) -> Self {
        PlanCase { now, ..self }
    }

    pub(crate) fn request(&self) -> PlanRequest<'a> {
        PlanRequest {
            prior: self.prior,
            found: self.found,
            config: self.config,
            proposed: self.proposed,
            in_flight: self.in_flight,
            lost: None,
            now: self.now,
        }
    }
}

/// Plans with the proposal the engine would make.
pub(crate) fn plan(
    resource: &dyn Resource,
    config: &Value,
    prior: Option<&Value>,
) -> Result<Planned, Refusal> {
    plan_at(resource, config, prior, NOW)
}

/// Plans at another time.
pub(crate) fn plan_at(
    resource: &dyn Resource,
    config: &Value,
    prior: Option<&Value>,
    now: i64,
) -> Result<Planned, Refusal> {
    let proposed = propose(resource.schema(), config, prior);
    let case = PlanCase::of(config).proposed(&proposed).at(now);
    let case = match prior {
        Some(prior) => case.prior(prior),
        None => case,
    };
    resource.plan(&case.request())
}

/// Plans and realizes, at one time.
pub(crate) fn make(resource: &dyn Resource, config: &Value, prior: Option<&Value>) -> Realized {
    let planned = plan(resource, config, prior).expect("nothing is refused");
    let steps = planned.steps.clone();
    let request = RealizeRequest { config: config.clone(), prior: prior.cloned(), planned };
    let realized = resource.realize(request, TestRealm::shared()).expect("it can be made");
    assert_eq!(realized.steps.len(), steps.len());
    for (step, planned) in realized.steps.iter().zip(&steps) {
        assert!(step.completes(planned), "{step:?} does not complete {planned:?}");
    }
    let mut made = Vec::new();
    let replies: Vec<Vec<Reply>> =
        realized.steps.iter().map(|step| reply(step, &mut made)).collect();
    let after = resource.finish(realized.after, &realized.steps, &replies);
    Realized { after, ..realized }
}

/// What a host answers where the folder of each file is not there before the first of them.
fn reply(step: &Step, there: &mut Vec<String>) -> Vec<Reply> {
    match &step.op {
        Op::WriteFile { path, .. } => {
            let dir = path.rsplit_once('/').map(|(dir, _)| dir.to_owned());
            let made: Vec<_> = dir.into_iter().filter(|dir| !there.contains(dir)).collect();
            there.extend(made.clone());
            vec![Reply::Written { made }]
        }
        Op::Compute { .. } | Op::Await { .. } => Vec::new(),
        _ => vec![Reply::Done],
    }
}

/// The lines that a person approves.
pub(crate) fn lines(steps: &[Step]) -> Vec<String> {
    steps.iter().map(|step| step.op.to_string()).collect()
}

/// A configuration with some attributes changed.
pub(crate) fn but<const N: usize>(config: &Value, changes: [(&'static str, Value); N]) -> Value {
    attrs::with(config, changes)
}

/// Seals for an identity of its own, at [`NOW`].
pub(crate) struct TestRealm {
    sealer: Sealer,
    unsealer: Unsealer,
}

impl TestRealm {
    /// One for all tests of a process, so that what one seals another opens.
    pub(crate) fn shared() -> &'static TestRealm {
        static SHARED: OnceLock<TestRealm> = OnceLock::new();
        SHARED.get_or_init(TestRealm::new)
    }

    fn new() -> TestRealm {
        let identity = generate_identity(time::OffsetDateTime::UNIX_EPOCH);
        TestRealm {
            sealer: Sealer::for_recipients([&identity.recipient]).expect("it is a recipient"),
            unsealer: Unsealer::with_identities(&identity.text).expect("it is an identity"),
        }
    }
}

impl Realm for TestRealm {
    fn now(&self) -> i64 {
        NOW
    }

    fn seal(&self, secret: &[u8]) -> Result<String, Box<Diagnostic>> {
        Ok(self.sealer.seal(secret).expect("sealing works"))
    }

    fn unseal(&self, sealed: &str) -> Result<Zeroizing<Vec<u8>>, Box<Diagnostic>> {
        self.unsealer.unseal(sealed).map_err(|error| {
            Box::new(Diagnostic::error("The secret cannot be opened", error.to_string()))
        })
    }
}
