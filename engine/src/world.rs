//! The outside world as the engine sees it: hosts, what can be asked and what can be done.
//!
//! [`Query`] and [`Op`] are closed: whoever reviews what Quorate can do to a host reads this file.
//! There is no implementation here.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::diag::{Diagnostic, Fault};
use crate::value::{Text, Value};

/// A machine that objects live on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Host {
    /// The name people read.
    pub name: Text,
    /// How it is reached, as canonical JSON of the `host` value; opaque to the engine.
    pub connection: Text,
}

impl Host {
    /// The host that a `host` value describes; none where a part of it is not known.
    pub fn from_value(value: &Value) -> Option<Host> {
        let name = value.attr("name")?.as_str()?.into();
        let parts = value.entries()?.iter().map(|(key, part)| Some((key.to_string(), json(part)?)));
        let connection: serde_json::Map<_, _> = parts.collect::<Option<_>>()?;
        Some(Host { name, connection: serde_json::Value::Object(connection).to_string().into() })
    }
}

/// A part of a connection: these are text, numbers, truth values or nothing.
fn json(part: &Value) -> Option<serde_json::Value> {
    match part.bare() {
        Value::Null(_) => Some(serde_json::Value::Null),
        Value::Bool(value) => Some((*value).into()),
        Value::Number(number) => Some(number.as_i64()?.into()),
        Value::String(text) => Some((**text).into()),
        _ => None,
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Something asked of one host.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// Of whom.
    pub host: Host,
    /// What.
    pub query: Query,
}

/// What can be asked of a host. No query changes anything.
#[derive(Clone, Debug, PartialEq)]
pub enum Query {
    /// What the host is: hostname, addresses, os, versions. Answered with [`Reply::Value`].
    Facts,
    /// A file's mode, owner, digest and, by the policy, content. [`Reply::File`] or `Absent`.
    File {
        /// Absolute path.
        path: String,
        /// Whether the content is wanted.
        content: WantContent,
    },
    /// A directory's mode and owner. [`Reply::Directory`] or `Absent`.
    Directory {
        /// Absolute path.
        path: String,
    },
    /// A systemd unit. [`Reply::Unit`], `Absent` where there is no such unit.
    Unit {
        /// `kubelet.service`
        name: String,
    },
    /// Whether a process runs whose command line has all of these arguments. [`Reply::Processes`].
    Process {
        /// Whole arguments, such as `--name=infra0`.
        arguments: Vec<String>,
        /// Only processes that began after this file was written: a restarted process may have the
        /// very arguments of the one it replaces.
        since: Option<String>,
    },
    /// `GET` of a plain `http` URL as seen from the host. [`Reply::Http`], `Absent` where nothing
    /// listens.
    Http {
        /// `http://127.0.0.1:2381/health`
        url: String,
    },
    /// A read-only call of a service's interface as seen from the host. [`Reply::Value`], `Absent`
    /// where the service does not answer.
    Api {
        /// `etcd`
        service: &'static str,
        /// `status`
        call: &'static str,
        /// Where, and with which of the host's files to authenticate.
        args: Value,
    },
}

/// Whether the content of a file is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WantContent {
    /// Never: it may be secret.
    Never,
    /// Only when its SHA-256 (lower-case hex) is another.
    UnlessSha256(String),
    /// Always.
    Always,
}

/// What a host answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// The step was done.
    Done,
    /// The file was written; these parent directories did not exist and were made, outermost first.
    Written {
        /// Absolute paths.
        made: Vec<String>,
    },
    /// What was asked for does not exist, or does not answer.
    Absent,
    /// A file.
    File(FileReply),
    /// A directory.
    Directory {
        /// Permission bits.
        mode: u32,
        /// Owner's name.
        owner: String,
        /// Group's name.
        group: String,
        /// How many entries are in it.
        entries: u64,
    },
    /// A systemd unit.
    Unit(UnitReply),
    /// Numbers of matching processes.
    Processes(Vec<u32>),
    /// An HTTP answer.
    Http {
        /// Status code.
        status: u16,
        /// Body, cut at 1 MiB.
        body: Arc<[u8]>,
    },
    /// A structured answer.
    Value(Value),
}

/// A file as it is on a host.
#[derive(Clone, Debug, PartialEq)]
pub struct FileReply {
    /// Permission bits.
    pub mode: u32,
    /// Owner's name.
    pub owner: String,
    /// Group's name.
    pub group: String,
    /// SHA-256 of the content, lower-case hex.
    pub sha256: String,
    /// The content, where it was wanted.
    pub content: Option<Arc<[u8]>>,
}

/// A systemd unit as it is on a host.
#[derive(Clone, Debug, PartialEq)]
pub struct UnitReply {
    /// `ActiveState`: active, inactive, failed, activating.
    pub active: String,
    /// `UnitFileState`: enabled, disabled, static.
    pub enabled: String,
    /// `NeedDaemonReload`.
    pub needs_reload: bool,
    /// The files that make up the unit: `FragmentPath` and `DropInPaths`.
    pub files: Vec<String>,
}

/// Bytes that may be secret. There is no way to print a secret.
#[derive(Clone, PartialEq)]
pub enum Content {
    /// Known bytes that may be shown.
    Plain(Arc<[u8]>),
    /// Known bytes that must not be shown.
    Secret(Arc<zeroize::Zeroizing<Vec<u8>>>),
    /// Known when the step runs.
    Later,
}

impl Content {
    /// The bytes, where they are known.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Content::Plain(bytes) => Some(bytes),
            Content::Secret(bytes) => Some(bytes),
            Content::Later => None,
        }
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Content::Plain(bytes) => write!(f, "{} bytes", bytes.len()),
            Content::Secret(_) => f.write_str("secret"),
            Content::Later => f.write_str("later"),
        }
    }
}

/// What must be true of a path just before a step changes it; checked on the host itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Nothing there, or a file with the very content that is to be written.
    AbsentOrSame,
    /// A file with this SHA-256, or with the very content that is to be written.
    Sha256(String),
    /// Anything: the object was in flight when an earlier run ended, or is only removed.
    Anything,
}

/// One printable change to the outside world, as data.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Where; none for what happens in this process.
    pub host: Option<Host>,
    /// What.
    pub op: Op,
}

/// What can be done. Closed: there is no other door to a host.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// Writes a file atomically: temporary dot-name beside it, owner, mode, fsync, rename.
    /// Missing parent directories are made, mode 0755. The writes of one object are all staged
    /// before the first is renamed into place.
    WriteFile {
        /// Absolute path.
        path: String,
        /// Permission bits.
        mode: u32,
        /// Owner's name.
        owner: String,
        /// Group's name.
        group: String,
        /// The bytes.
        content: Content,
        /// What must be there before.
        expect: Expect,
    },
    /// Removes a file; one that is not there is no error.
    RemoveFile {
        /// Absolute path.
        path: String,
        /// What must be there before.
        expect: Expect,
    },
    /// Makes a directory, or sets the mode and owner of an existing one.
    MakeDir {
        /// Absolute path.
        path: String,
        /// Permission bits.
        mode: u32,
        /// Owner's name.
        owner: String,
        /// Group's name.
        group: String,
    },
    /// Removes a directory if it is empty; otherwise leaves it without error.
    RemoveDir {
        /// Absolute path.
        path: String,
    },
    /// Removes a directory with all that is in it.
    RemoveTree {
        /// Absolute path, at least two levels deep.
        path: String,
        /// What is lost, for people: `etcd data of infra0`.
        what: String,
    },
    /// `systemctl daemon-reload`.
    DaemonReload,
    /// `systemctl VERB NAME`.
    Unit {
        /// `kubelet.service`
        name: String,
        /// What to do with it.
        verb: UnitVerb,
    },
    /// Work in this process that makes a value: a key, a signature.
    Compute {
        /// For people: `generate RSA-2048 key`.
        what: String,
    },
    /// Waits until the answers satisfy the resource type ([`crate::resource::Resource::awaited`]).
    Await {
        /// For people: `all 3 members answer with one cluster id`.
        what: String,
        /// What is asked, again and again.
        asks: Vec<Ask>,
        /// How long at most.
        limit: Duration,
    },
}

/// What to do with a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitVerb {
    /// `enable`
    Enable,
    /// `disable`
    Disable,
    /// `start`
    Start,
    /// `stop`
    Stop,
    /// `restart`
    Restart,
}

impl UnitVerb {
    /// As `systemctl` spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            UnitVerb::Enable => "enable",
            UnitVerb::Disable => "disable",
            UnitVerb::Start => "start",
            UnitVerb::Stop => "stop",
            UnitVerb::Restart => "restart",
        }
    }
}

/// The line that a person approves.
impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Op::WriteFile { path, mode, owner, group, .. } => {
                write!(f, "write {path} ({mode:04o} {owner}:{group})")
            }
            Op::RemoveFile { path, .. } => write!(f, "remove {path}"),
            Op::MakeDir { path, mode, .. } => write!(f, "make directory {path} ({mode:04o})"),
            Op::RemoveDir { path } => write!(f, "remove directory {path} if empty"),
            Op::RemoveTree { path, what } => write!(f, "remove {path} with all in it ({what})"),
            Op::DaemonReload => f.write_str("systemctl daemon-reload"),
            Op::Unit { name, verb } => write!(f, "systemctl {} {name}", verb.as_str()),
            Op::Compute { what } => f.write_str(what),
            Op::Await { what, limit, .. } => {
                write!(f, "wait until {what} (at most {} s)", limit.as_secs())
            }
        }
    }
}

impl Step {
    /// A step on a host.
    pub fn on(host: &Host, op: Op) -> Step {
        Step { host: Some(host.clone()), op }
    }

    /// A step in this process.
    pub fn here(op: Op) -> Step {
        Step { host: None, op }
    }

    /// Whether this step is the planned one with what was unknown filled in.
    pub fn completes(&self, planned: &Step) -> bool {
        self.host == planned.host && self.op.completes(&planned.op)
    }
}

impl Op {
    fn completes(&self, planned: &Op) -> bool {
        match (self, planned) {
            (
                Op::WriteFile { path, mode, owner, group, content, expect },
                Op::WriteFile { path: p, mode: m, owner: o, group: g, content: c, expect: e },
            ) => {
                let same_content = *c == Content::Later || c == content;
                (path, mode, owner, group, expect) == (p, m, o, g, e) && same_content
            }
            (mine, planned) => mine == planned,
        }
    }
}

/// Why the world did not do as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{summary}")]
pub struct WorldError {
    /// Constant per kind of failure: `Host unreachable`.
    pub summary: &'static str,
    /// What exactly: host, step, the last lines of output.
    pub detail: String,
    /// What to do next.
    pub help: Option<String>,
    /// Whether the step that failed is known not to have happened.
    pub aftermath: Aftermath,
}

/// What is known of a step that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aftermath {
    /// It was refused, or undone: a write that failed left the file as it was.
    NotDone,
    /// The host was not heard from again.
    Unknown,
}

impl WorldError {
    /// The message for a person.
    pub fn diagnostic(&self) -> Diagnostic {
        let mut diagnostic = Diagnostic::world(self.summary, self.detail.clone());
        diagnostic.fault = Fault::World;
        diagnostic.help = self.help.clone();
        diagnostic
    }
}

/// What became of a list of steps on one host.
#[derive(Debug)]
pub struct Acted {
    /// The replies of the steps that were done, in order.
    pub replies: Vec<Reply>,
    /// Why the next one was not; steps after it were not begun.
    pub failed: Option<WorldError>,
}

/// Reading. Cannot change anything.
#[async_trait::async_trait]
pub trait Look: Send + Sync {
    /// Asks one host several things in one exchange; as many replies, in the same order.
    async fn ask(&self, host: &Host, queries: Vec<Query>) -> Result<Vec<Reply>, WorldError>;
}

/// Acting: the one door through which hosts are changed.
#[async_trait::async_trait]
pub trait Act: Look {
    /// Does the steps of one object on one host in order, in one exchange, and stops at the first
    /// that fails. [`Op::Compute`] and [`Op::Await`] never come here.
    /// Calls for one host that are made while an exchange is under way are joined into the next.
    async fn act(&self, host: &Host, ops: Vec<Op>) -> Acted;
}
