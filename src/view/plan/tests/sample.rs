//! Short ways to write plans.

use std::time::Duration;

use quorate_engine::addr::InstanceAddr;
use quorate_engine::plan::{
    Change, DeleteReason, Drift, OutputChange, Plan, PlannedObject, ReplaceOrder,
};
use quorate_engine::resource::{Disruption, Planned};
use quorate_engine::value::Value;
use quorate_engine::world::{Content, Expect, Host, Op, Step, UnitVerb};

pub fn plan(objects: impl IntoIterator<Item = PlannedObject>) -> Plan {
    Plan { objects: objects.into_iter().collect(), ..Plan::default() }
}

pub fn addr(text: &str) -> InstanceAddr {
    text.parse().unwrap()
}

pub fn object(name: &str, change: Change) -> PlannedObject {
    PlannedObject { addr: addr(name), change, drift: None, moved_from: None, importing: None }
}

pub fn no_op(name: &str, value: Value) -> PlannedObject {
    object(name, Change::NoOp { object: value })
}

pub fn create(name: &str, after: Value, steps: Vec<Step>) -> PlannedObject {
    object(name, Change::Create { planned: Planned::new(after, steps) })
}

pub fn update(name: &str, before: Value, after: Value, steps: Vec<Step>) -> PlannedObject {
    object(name, Change::Update { before, planned: Planned::new(after, steps) })
}

pub fn replace(name: &str, before: Value, after: Value, because: &[&str]) -> PlannedObject {
    let change = Change::Replace {
        before,
        destroy: vec![remove("infra0", "/etc/a")],
        planned: Planned::new(after, vec![write("infra0", "/etc/b")]),
        because: because.iter().map(|text| (*text).to_owned()).collect(),
        order: ReplaceOrder::DestroyThenCreate,
    };
    object(name, change)
}

pub fn delete(
    name: &str,
    before: Option<Value>,
    steps: Vec<Step>,
    because: DeleteReason,
) -> PlannedObject {
    object(name, Change::Delete { before, steps, because })
}

pub fn drift_gone(stored: Value) -> Option<Drift> {
    Some(Drift::Gone { stored })
}

pub fn drift_changed(stored: &Value, name: &str, seen: &str) -> Option<Drift> {
    let mut attrs = stored.entries().unwrap().clone();
    attrs.insert(name.into(), seen.into());
    Some(Drift::Changed { stored: stored.clone(), seen: Value::object(attrs) })
}

fn planned(object: &mut PlannedObject) -> &mut Planned {
    match &mut object.change {
        Change::Create { planned }
        | Change::Update { planned, .. }
        | Change::Replace { planned, .. } => planned,
        _ => panic!("nothing is planned"),
    }
}

pub fn note(object: &mut PlannedObject, text: &str) {
    planned(object).notes.push(text.to_owned());
}

pub fn disrupting(mut object: PlannedObject, domain: &str, name: &str, rank: u32) -> PlannedObject {
    planned(&mut object).disrupts = Some(Disruption {
        domain: domain.into(),
        member: name.into(),
        rank,
        members: 3,
        quorum: 2,
    });
    object
}

pub fn output(plan: &mut Plan, name: &str, before: Option<Value>, after: Option<Value>) {
    plan.outputs.insert(name.into(), OutputChange { before, after });
}

pub fn file(path: &str, content: &str) -> Value {
    Value::object([("content", content.into()), ("mode", "0644".into()), ("path", path.into())])
}

pub fn member(name: &str, version: i64) -> Value {
    Value::object([("name", name.into()), ("version", version.into())])
}

fn on(host: &str, op: Op) -> Step {
    Step::on(&Host { name: host.into(), connection: "{}".into() }, op)
}

pub fn write(host: &str, path: &str) -> Step {
    let op = Op::WriteFile {
        path: path.into(),
        mode: 0o644,
        owner: "root".into(),
        group: "root".into(),
        content: Content::Later,
        expect: Expect::Anything,
    };
    on(host, op)
}

pub fn remove(host: &str, path: &str) -> Step {
    on(host, Op::RemoveFile { path: path.into(), expect: Expect::Anything })
}

pub fn make_dir(host: &str, path: &str) -> Step {
    let (owner, group) = ("root".into(), "root".into());
    on(host, Op::MakeDir { path: path.into(), mode: 0o755, owner, group })
}

pub fn reload(host: &str) -> Step {
    on(host, Op::DaemonReload)
}

pub fn restart(host: &str, name: &str) -> Step {
    on(host, Op::Unit { name: name.into(), verb: UnitVerb::Restart })
}

pub fn wait(host: &str, what: &str) -> Step {
    on(host, Op::Await { what: what.into(), asks: vec![], limit: Duration::from_secs(120) })
}

pub fn compute(what: &str) -> Step {
    Step::here(Op::Compute { what: what.into() })
}
