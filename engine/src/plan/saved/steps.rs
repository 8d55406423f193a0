//! Steps as JSON and back, for people who review them and to be compared.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::changes::digest;
use crate::world::{Content, Expect, Host, Op, Step, UnitVerb};

pub(super) fn write(step: &Step) -> Json {
    let host = step.host.as_ref().map(|host| json!([&*host.name, &*host.connection]));
    json!([host, write_op(&step.op)])
}

pub(super) fn read(json: &Json) -> Option<Step> {
    let host = json.get(0)?;
    let named = || {
        Some(Host {
            name: host.get(0)?.as_str()?.into(),
            connection: host.get(1)?.as_str()?.into(),
        })
    };
    let host = if host.is_null() { None } else { Some(named()?) };
    Some(Step { host, op: read_op(json.get(1)?)? })
}

fn write_op(op: &Op) -> Json {
    match op {
        Op::WriteFile { path, mode, owner, group, content, expect } => {
            let expect = write_expect(expect, matches!(content, Content::Plain(_)));
            json!({ "write": [path, mode, owner, group, write_content(content), expect] })
        }
        Op::RemoveFile { path, expect } => json!({ "remove": [path, write_expect(expect, false)] }),
        Op::MakeDir { path, mode, owner, group } => {
            json!({ "make directory": [path, mode, owner, group] })
        }
        Op::RemoveDir { path } => json!({ "remove directory": path }),
        Op::RemoveTree { path, what } => json!({ "remove tree": [path, what] }),
        Op::DaemonReload => json!({ "daemon-reload": null }),
        Op::Unit { name, verb } => json!({ "unit": [name, verb.as_str()] }),
        Op::Compute { what } => json!({ "compute": what }),
        Op::Await { what, asks, limit } => {
            let asks = digest(format!("{asks:?}").as_bytes());
            json!({ "await": [what, asks, limit.as_millis() as u64] })
        }
    }
}

fn read_op(json: &Json) -> Option<Op> {
    let (kind, of) = json.as_object()?.iter().next()?;
    let text = |index: usize| Some(of.get(index)?.as_str()?.to_owned());
    let mode = || u32::try_from(of.get(1)?.as_u64()?).ok();
    Some(match kind.as_str() {
        "write" => Op::WriteFile {
            path: text(0)?,
            mode: mode()?,
            owner: text(2)?,
            group: text(3)?,
            content: Content::Later,
            expect: read_expect(of.get(5)?)?,
        },
        "remove" => Op::RemoveFile { path: text(0)?, expect: read_expect(of.get(1)?)? },
        "make directory" => {
            Op::MakeDir { path: text(0)?, mode: mode()?, owner: text(2)?, group: text(3)? }
        }
        "remove directory" => Op::RemoveDir { path: of.as_str()?.to_owned() },
        "remove tree" => Op::RemoveTree { path: text(0)?, what: text(1)? },
        "daemon-reload" => Op::DaemonReload,
        "unit" => Op::Unit { name: text(0)?, verb: verb(&text(1)?)? },
        "compute" => Op::Compute { what: of.as_str()?.to_owned() },
        "await" => Op::Await {
            what: text(0)?,
            asks: Vec::new(),
            limit: Duration::from_millis(of.get(2)?.as_u64()?),
        },
        _ => return None,
    })
}

fn verb(text: &str) -> Option<UnitVerb> {
    use UnitVerb::{Disable, Enable, Restart, Start, Stop};
    [Enable, Disable, Start, Stop, Restart].into_iter().find(|verb| verb.as_str() == text)
}

/// A digest of what is secret could be guessed from, so there is none.
fn write_content(content: &Content) -> Json {
    match content {
        Content::Plain(bytes) => json!(digest(bytes)),
        Content::Secret(_) => json!("secret"),
        Content::Later => json!("later"),
    }
}

/// The digest of what was there is shown only where it cannot be that of a secret.
fn write_expect(expect: &Expect, open: bool) -> Json {
    match expect {
        Expect::AbsentOrSame => json!("absent or same"),
        Expect::Sha256(digest) => json!({ "sha256": if open { digest.as_str() } else { "" } }),
        Expect::Anything => json!("anything"),
    }
}

fn read_expect(json: &Json) -> Option<Expect> {
    match json.as_str() {
        Some("absent or same") => Some(Expect::AbsentOrSame),
        Some("anything") => Some(Expect::Anything),
        _ => Some(Expect::Sha256(json.get("sha256")?.as_str()?.to_owned())),
    }
}
