//! Steps to a script, and what it printed to replies.

use std::collections::BTreeSet;
use std::time::Duration;

use quorate_engine::world::{Acted, Content, Expect, Op, Reply};

use super::{Answer, Request, body, decode};
use crate::transport::digest::sha256_hex;
use crate::transport::path::{parent, staging, step_objection};
use crate::transport::{error, sh};

const HEAD: &str = include_str!("head.sh");
const LIBRARY: &str = include_str!("act.sh");

/// How long a unit may take to start or stop: more than systemd's own limit of 90 s.
const UNIT_LIMIT: u64 = 120;
/// How long systemd may take to read its units again.
const RELOAD_LIMIT: u64 = 60;

/// The script that does the steps of several objects. `root` stands before every path.
pub fn request(objects: &[Vec<Op>], root: &str) -> Request {
    let mut writer = Writer { root, script: format!("{HEAD}{LIBRARY}"), payload: vec![] };
    for (index, ops) in objects.iter().enumerate() {
        writer.object(index, ops);
    }
    writer.script.push_str("printf '@end\\n'\n");
    let limit = Duration::from_secs(60 + objects.iter().flatten().map(patience).sum::<u64>());
    Request::new(&writer.script, &writer.payload, limit)
}

/// How much longer than most steps a step may take.
fn patience(op: &Op) -> u64 {
    match op {
        Op::Unit { .. } => UNIT_LIMIT + 10,
        Op::DaemonReload => RELOAD_LIMIT + 10,
        Op::RemoveTree { .. } => 120,
        // A slow line carries 100 kB in a second.
        Op::WriteFile { content, .. } => content.bytes().map_or(0, |b| b.len() as u64 / 100_000),
        _ => 0,
    }
}

struct Writer<'a> {
    root: &'a str,
    script: String,
    payload: Vec<&'a [u8]>,
}

impl<'a> Writer<'a> {
    fn path(&self, path: &str) -> String {
        if path == "/" && !self.root.is_empty() {
            return sh::quote(self.root);
        }
        sh::quote(&format!("{}{path}", self.root))
    }

    /// One object: a chain of commands that ends at the first failure.
    fn object(&mut self, index: usize, ops: &'a [Op]) {
        let writes = ops.iter().filter_map(|op| match op {
            Op::WriteFile { content, .. } => content.bytes(),
            _ => None,
        });
        let size: usize = writes.map(|bytes| bytes.len() + 2).sum();
        let mut chain = vec![format!("object {index} {size}")];
        let mut unsettled = BTreeSet::new();
        let mut staged = false;
        for (at, op) in ops.iter().enumerate() {
            if matches!(op, Op::WriteFile { .. }) && !std::mem::replace(&mut staged, true) {
                self.stage_all(ops, at, &mut chain);
            }
            let settled = match op {
                Op::WriteFile { path, .. } | Op::RemoveFile { path, .. } => {
                    unsettled.insert(self.path(parent(path)));
                    false
                }
                _ => true,
            };
            if settled {
                settle(&mut unsettled, &mut chain);
            }
            self.step(at, op, ops, &mut chain);
            if at + 1 == ops.len() {
                let ok = chain.pop();
                settle(&mut unsettled, &mut chain);
                chain.extend(ok);
            }
        }
        self.script.push_str(&chain.join(" &&\n"));
        self.script.push_str("\nfinish\n");
    }

    /// Writes all files of an object beside their places, and checks what is there before.
    fn stage_all(&mut self, ops: &'a [Op], from: usize, chain: &mut Vec<String>) {
        let mut temporary = Vec::new();
        for (at, op) in ops.iter().enumerate().skip(from) {
            let Op::WriteFile { path, mode, owner, group, content, .. } = op else { continue };
            let bytes = content.bytes().unwrap_or_default();
            let staging = self.path(&staging(path));
            // What umask can express needs no chmod: modes without execute and special bits.
            let plain = mode & !0o666 == 0;
            let umask = if plain { 0o777 & !mode } else { 0o077 };
            let chmod = if plain { "-".to_owned() } else { format!("{mode:04o}") };
            chain.push(format!(
                "stage {at} {path} {folder} {staging} {size} {umask:04o} {chmod} {owner}",
                path = self.path(path),
                folder = self.path(parent(path)),
                size = bytes.len(),
                owner = sh::quote(&format!("{owner}:{group}")),
            ));
            self.payload.push(bytes);
            temporary.push(staging);
        }
        chain.push(format!("try sync -- {}", temporary.join(" ")));
        for (at, op) in ops.iter().enumerate().skip(from) {
            if untouched_before(ops, at) {
                chain.extend(self.expect(op));
            }
        }
    }

    /// The check that must hold before a file is replaced or removed.
    fn expect(&self, op: &Op) -> Option<String> {
        let (path, expect, new) = match op {
            Op::WriteFile { path, expect, content, .. } => {
                (path, expect, content.bytes().map_or("-".to_owned(), sha256_hex))
            }
            Op::RemoveFile { path, expect } => (path, expect, "-".to_owned()),
            _ => return None,
        };
        let old = match expect {
            Expect::Anything => return None,
            Expect::AbsentOrSame => "-",
            Expect::Sha256(sha256) => sha256,
        };
        Some(format!("expect {} {new} {}", self.path(path), sh::quote(old)))
    }

    fn step(&mut self, at: usize, op: &Op, ops: &[Op], chain: &mut Vec<String>) {
        match op {
            Op::WriteFile { path, .. } => {
                if !untouched_before(ops, at) {
                    chain.extend(self.expect(op));
                }
                chain.push(format!("place {} {}", self.path(&staging(path)), self.path(path)));
            }
            Op::RemoveFile { path, .. } => {
                chain.extend(self.expect(op));
                chain.push(format!("remove {}", self.path(path)));
            }
            Op::MakeDir { path, mode, owner, group } => chain.push(format!(
                "folder {at} {} {} {mode:04o} {}",
                self.path(parent(path)),
                self.path(path),
                sh::quote(&format!("{owner}:{group}"))
            )),
            Op::RemoveDir { path } => chain.push(format!("unfolder {}", self.path(path))),
            Op::RemoveTree { path, .. } => chain.push(format!("tree {}", self.path(path))),
            Op::DaemonReload => chain.push(format!("run {RELOAD_LIMIT} systemctl daemon-reload")),
            Op::Unit { name, verb } => {
                let command = sh::join(["systemctl", verb.as_str(), "--", name]);
                chain.push(format!("run {UNIT_LIMIT} {command}"));
            }
            Op::Compute { .. } | Op::Await { .. } => {
                chain.push("fail x 'this step is not one for a host'".to_owned());
            }
        }
        chain.push("ok".to_owned());
    }
}

/// Makes the changed folders durable; one that an earlier run removed needs it no more.
fn settle(folders: &mut BTreeSet<String>, chain: &mut Vec<String>) {
    if !folders.is_empty() {
        let folders = std::mem::take(folders);
        let words: Vec<_> = folders.into_iter().collect();
        chain.push(format!("settle {}", words.join(" ")));
    }
}

/// Whether no earlier step of the object changes the path of this one, so that what must be there
/// before can be checked before the first file is put in its place.
pub fn untouched_before(ops: &[Op], at: usize) -> bool {
    let Op::WriteFile { path, .. } = &ops[at] else { return false };
    !ops[..at].iter().any(|op| match op {
        Op::WriteFile { path: other, .. } | Op::RemoveFile { path: other, .. } => path == other,
        Op::RemoveTree { path: tree, .. } => path.starts_with(&format!("{tree}/")),
        _ => false,
    })
}

/// Why a step is not even sent.
pub fn objection(host: &str, op: &Op) -> Option<quorate_engine::world::WorldError> {
    if let Some((path, objection)) = step_objection(op) {
        return Some(error::path_refused(host, path, objection));
    }
    let unknown = matches!(op, Op::WriteFile { content: Content::Later, .. });
    let (owner, group) = match op {
        Op::WriteFile { owner, group, .. } | Op::MakeDir { owner, group, .. } => (owner, group),
        _ => return None,
    };
    let odd = |name: &String| {
        let usual = |c: char| c.is_ascii_alphanumeric() || "_.-$@".contains(c);
        name.is_empty() || name.starts_with('-') || !name.chars().all(usual)
    };
    let why = match () {
        () if unknown => "its content is not known",
        () if odd(owner) || odd(group) => "its owner or group is not a name of a user or group",
        () => return None,
    };
    Some(error::step_failed(host, &op.to_string(), why))
}

/// What became of each object, as far as the answer tells; none where it was not begun.
pub fn parse(host: &str, objects: &[Vec<Op>], root: &str, answer: &Answer) -> Vec<Option<Acted>> {
    let mut outcomes: Vec<Option<Acted>> = objects.iter().map(|_| None).collect();
    let Some((lines, complete)) = body(answer, "act") else { return outcomes };
    let mut current = None;
    let mut reader = Reader { host, root, objects, made: vec![] };
    for line in &lines {
        if let Some(index) = line.strip_prefix("o ").and_then(|index| index.parse().ok()) {
            current = Some(index);
            reader.made.clear();
            if let Some(outcome) = outcomes.get_mut(index) {
                *outcome = Some(Acted { replies: vec![], failed: None });
            }
        } else if let Some(index) = current
            && let Some(Some(outcome)) = outcomes.get_mut(index)
        {
            reader.line(index, line, outcome);
        }
    }
    let aborted = lines.last() == Some(&"@abort");
    if let Some(index) = current
        && let Some(Some(last)) = outcomes.get_mut(index)
        && !complete
        && !aborted
        && last.failed.is_none()
    {
        let step = objects[index].get(last.replies.len());
        last.failed = Some(error::lost(host, step, answer.broken.as_deref(), &answer.complaint));
    }
    outcomes
}

struct Reader<'a> {
    host: &'a str,
    root: &'a str,
    objects: &'a [Vec<Op>],
    made: Vec<(usize, String)>,
}

impl Reader<'_> {
    fn line(&mut self, object: usize, line: &str, outcome: &mut Acted) {
        let at = outcome.replies.len();
        match line.split_once(' ') {
            None if line == "d" => outcome.replies.push(self.reply(object, at)),
            Some(("m", made)) => {
                let made = made.split_once(' ').and_then(|(at, path)| {
                    Some((at.parse().ok()?, path.strip_prefix(self.root)?.to_owned()))
                });
                self.made.extend(made);
            }
            Some(("f", failure)) => {
                let staged = failure.get(1..).and_then(|rest| rest.split(' ').next()?.parse().ok());
                let op = self.objects[object].get(staged.unwrap_or(at));
                outcome.failed = Some(self.failure(op, failure));
            }
            _ => {}
        }
    }

    fn reply(&self, object: usize, at: usize) -> Reply {
        let made: Vec<_> = self.made.iter().filter(|(step, _)| *step == at).collect();
        let made: Vec<_> = made.into_iter().map(|(_, path)| path.clone()).collect();
        match self.objects[object].get(at) {
            Some(Op::WriteFile { .. }) => Reply::Written { made },
            Some(Op::MakeDir { .. }) if !made.is_empty() => Reply::Written { made },
            _ => Reply::Done,
        }
    }

    fn failure(&self, op: Option<&Op>, failure: &str) -> quorate_engine::world::WorldError {
        let (kind, text) = failure.split_once(' ').unwrap_or((failure, ""));
        let text = String::from_utf8_lossy(&decode(text).unwrap_or_default()).into_owned();
        let path = text.strip_prefix(self.root).unwrap_or(&text);
        match kind {
            "c" => error::conflict(self.host, path, "not what the plan saw"),
            "g" => error::conflict(self.host, path, "not there any more"),
            _ => {
                let step = op.map_or("make changes durable".to_owned(), Op::to_string);
                error::step_failed(self.host, &step, &text)
            }
        }
    }
}
