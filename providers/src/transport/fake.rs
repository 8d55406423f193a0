//! Hosts in memory, stricter than real ones: for tests of everything above.
//!
//! What a test has not put there does not exist; a unit, URL or call that was never described is
//! an error and not an absence, so that a typing mistake cannot pass as a missing thing.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use quorate_engine::value::Value;
use quorate_engine::world::{
    Acted, Expect, FileReply, Op, Query, Reply, UnitReply, UnitVerb, WantContent, WorldError,
};

use super::digest::sha256_hex;
use super::machine::{Answers, Machine, Stream, none_done};
use super::script::act::untouched_before;
use super::{error, path};

/// All fake hosts of a test, by name.
#[derive(Clone, Default)]
pub struct Fakes(Arc<Mutex<BTreeMap<String, Arc<Fake>>>>);

impl Fakes {
    /// Adds a host with an empty root, or finds it.
    pub fn host(&self, name: &str) -> Arc<Fake> {
        let new = || Arc::new(Fake { name: name.to_owned(), world: Mutex::default() });
        self.hosts().entry(name.to_owned()).or_insert_with(new).clone()
    }

    pub(super) fn machine(&self, name: &str) -> Result<Arc<dyn Machine>, WorldError> {
        match self.hosts().get(name) {
            Some(host) => Ok(host.clone()),
            None => {
                Err(error::world("Host unreachable", format!("{name}: no such fake host."), ""))
            }
        }
    }

    fn hosts(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Fake>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A host in memory.
pub struct Fake {
    name: String,
    world: Mutex<World>,
}

/// What happens when a programmed number of steps has been done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The next step fails and changes nothing.
    Fail,
    /// The next step is done, but the connection ends before that is known.
    Drop,
    /// The next write finds the disk full; other steps are done.
    DiskFull,
    /// The host does not answer at all.
    Unreachable,
}

/// What is on a host; tests look at it and change it.
#[derive(Default)]
pub struct World {
    /// Files by path.
    pub files: BTreeMap<String, FakeFile>,
    /// Directories by path with mode and owner; parents of everything are here too.
    pub directories: BTreeMap<String, (u32, String, String)>,
    /// Units by name; none for a unit that does not exist.
    pub units: BTreeMap<String, Option<UnitReply>>,
    /// Command lines by process number.
    pub processes: BTreeMap<u32, Vec<String>>,
    /// Answers by URL.
    pub http: BTreeMap<String, Reply>,
    /// Answers by service, call and canonical text of the arguments' endpoint.
    pub api: BTreeMap<(String, String, String), Reply>,
    /// The answer to the question for facts; absent where there is none.
    pub facts: Option<Value>,
    /// Every question, in order.
    pub asked: Vec<Query>,
    /// Every step that was done, in order.
    pub done: Vec<Op>,
    /// How many exchanges there were.
    pub exchanges: usize,
    /// After how many further steps what happens.
    pub trouble: Option<(usize, Trouble)>,
}

/// A file of a fake host.
#[derive(Clone, Debug, PartialEq)]
pub struct FakeFile {
    /// Permission bits.
    pub mode: u32,
    /// Owner's name.
    pub owner: String,
    /// Group's name.
    pub group: String,
    /// The bytes.
    pub content: Vec<u8>,
}

impl Fake {
    /// What is on the host.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a file there, with its parent directories.
    pub fn put(&self, path: &str, mode: u32, content: &[u8]) {
        let mut world = self.world();
        world.make_parents(path);
        let root = || "root".to_owned();
        let file = FakeFile { mode, owner: root(), group: root(), content: content.to_vec() };
        world.files.insert(path.to_owned(), file);
    }

    /// Puts a unit there.
    pub fn unit(&self, name: &str, active: &str, enabled: &str, files: &[&str]) {
        let unit = UnitReply {
            active: active.to_owned(),
            enabled: enabled.to_owned(),
            needs_reload: false,
            files: files.iter().map(|file| (*file).to_owned()).collect(),
        };
        self.world().units.insert(name.to_owned(), Some(unit));
    }

    /// Lets something happen after so many further steps.
    pub fn trouble(&self, after: usize, trouble: Trouble) {
        self.world().trouble = Some((after, trouble));
    }

    fn undescribed(&self, what: &str) -> WorldError {
        let detail = format!("{}: the test describes no {what}.", self.name);
        error::world("Fake host does not know this", detail, "")
    }

    fn answer(&self, query: &Query) -> Result<Reply, WorldError> {
        if let Some((path, objection)) = path::query_objection(query) {
            return Err(error::path_refused(&self.name, path, objection));
        }
        let mut world = self.world();
        world.asked.push(query.clone());
        match query {
            Query::Facts => Ok(world.facts.clone().map_or(Reply::Absent, Reply::Value)),
            Query::File { path, content } => {
                world.file(path, content).map_err(|e| self.broken(query, e))
            }
            Query::Directory { path } => world.directory(path).map_err(|e| self.broken(query, e)),
            Query::Unit { name } => match world.units.get(name) {
                Some(unit) => Ok(unit.clone().map_or(Reply::Absent, Reply::Unit)),
                None => Err(self.undescribed(&format!("unit `{name}`"))),
            },
            Query::Process { arguments, .. } => {
                let matches = |words: &Vec<String>| arguments.iter().all(|a| words.contains(a));
                let found = world.processes.iter().filter(|(_, words)| matches(words));
                Ok(Reply::Processes(found.map(|(pid, _)| *pid).collect()))
            }
            Query::Http { url } => world
                .http
                .get(url)
                .cloned()
                .ok_or_else(|| self.undescribed(&format!("answer of {url}"))),
            Query::Api { service, call, args } => {
                let endpoint = args.attr("endpoint").and_then(Value::as_str).unwrap_or_default();
                let key = ((*service).to_owned(), (*call).to_owned(), endpoint.to_owned());
                world
                    .api
                    .get(&key)
                    .cloned()
                    .ok_or_else(|| self.undescribed(&format!("call {key:?}")))
            }
        }
    }

    fn broken(&self, query: &Query, why: String) -> WorldError {
        error::step_failed(&self.name, &format!("{query:?}"), &why)
    }

    fn run(&self, ops: &[Op]) -> Acted {
        let mut acted = Acted { replies: vec![], failed: None };
        let mut world = self.world();
        for at in 0..ops.len() {
            match self.step(&mut world, ops, at) {
                Ok(reply) => acted.replies.push(reply),
                Err(error) => {
                    acted.failed = Some(error);
                    break;
                }
            }
        }
        acted
    }

    /// As on a real host, the first write checks what is in the place of all.
    fn check(&self, world: &World, ops: &[Op], at: usize) -> Result<(), WorldError> {
        let write = |op: &Op| matches!(op, Op::WriteFile { .. });
        let first = write(&ops[at]) && !ops[..at].iter().any(write);
        let later = (at + 1..ops.len()).filter(|later| first && untouched_before(ops, *later));
        for checked in std::iter::once(at).chain(later) {
            world.check(&ops[checked]).map_err(|why| self.failure(&ops[checked], why))?;
        }
        Ok(())
    }

    fn failure(&self, op: &Op, why: Why) -> WorldError {
        match why {
            Why::Conflict(path) => error::conflict(&self.name, &path, "not what the plan saw"),
            Why::Failed(text) => error::step_failed(&self.name, &op.to_string(), &text),
        }
    }

    fn step(&self, world: &mut World, ops: &[Op], at: usize) -> Result<Reply, WorldError> {
        let op = &ops[at];
        if let Some((path, objection)) = path::step_objection(op) {
            return Err(error::path_refused(&self.name, path, objection));
        }
        let trouble = world.due(op);
        match trouble {
            Some(Trouble::Fail) => {
                return Err(error::step_failed(&self.name, &op.to_string(), "injected failure"));
            }
            Some(Trouble::DiskFull) => {
                let text = "head: write error: No space left on device";
                return Err(error::step_failed(&self.name, &op.to_string(), text));
            }
            _ => {}
        }
        self.check(world, ops, at)?;
        let reply = world.apply(op).map_err(|why| self.failure(op, why))?;
        world.done.push(op.clone());
        match trouble {
            Some(Trouble::Drop) => {
                Err(error::lost(&self.name, None, Some("the connection ended"), ""))
            }
            _ => Ok(reply),
        }
    }

    fn reachable(&self) -> Result<(), WorldError> {
        let mut world = self.world();
        world.exchanges += 1;
        match world.trouble {
            Some((0, Trouble::Unreachable)) => Err(error::world(
                "Host unreachable",
                format!("{}: no route to host.", self.name),
                "",
            )),
            _ => Ok(()),
        }
    }
}

/// Why a step is not done.
enum Why {
    Conflict(String),
    Failed(String),
}

impl World {
    fn file(&self, path: &str, want: &WantContent) -> Result<Reply, String> {
        if self.directories.contains_key(path) {
            return Err("It is not a file".to_owned());
        }
        let Some(file) = self.files.get(path) else { return Ok(Reply::Absent) };
        let sha256 = sha256_hex(&file.content);
        let wanted = match want {
            WantContent::Never => false,
            WantContent::UnlessSha256(known) => *known != sha256,
            WantContent::Always => true,
        };
        Ok(Reply::File(FileReply {
            mode: file.mode,
            owner: file.owner.clone(),
            group: file.group.clone(),
            sha256,
            content: wanted.then(|| Arc::from(&*file.content)),
        }))
    }

    fn directory(&self, path: &str) -> Result<Reply, String> {
        if self.files.contains_key(path) {
            return Err("It is not a directory".to_owned());
        }
        let Some((mode, owner, group)) = self.directories.get(path).cloned() else {
            return Ok(Reply::Absent);
        };
        let entries = self.entries(path) as u64;
        Ok(Reply::Directory { mode, owner, group, entries })
    }

    fn entries(&self, path: &str) -> usize {
        let all = self.files.keys().chain(self.directories.keys());
        all.filter(|entry| path::parent(entry) == path).count()
    }

    /// Makes what is missing above a path, outermost first.
    fn make_parents(&mut self, path: &str) -> Vec<String> {
        let parents = path.match_indices('/').skip(1).map(|(end, _)| path[..end].to_owned());
        let missing: Vec<_> = parents.filter(|p| !self.directories.contains_key(p)).collect();
        for folder in &missing {
            let root = || "root".to_owned();
            self.directories.insert(folder.clone(), (0o755, root(), root()));
        }
        missing
    }

    /// What happens at this step; a full disk waits for a write.
    fn due(&mut self, op: &Op) -> Option<Trouble> {
        let (after, trouble) = self.trouble?;
        if after > 0 {
            self.trouble = Some((after - 1, trouble));
            return None;
        }
        let writes = matches!(op, Op::WriteFile { .. } | Op::MakeDir { .. });
        if trouble == Trouble::DiskFull && !writes {
            return None;
        }
        self.trouble = None;
        Some(trouble)
    }

    fn check(&self, op: &Op) -> Result<(), Why> {
        let (path, expect, new) = match op {
            Op::WriteFile { path, expect, content, .. } => {
                let later = || Why::Failed("its content is not known".to_owned());
                (path, expect, Some(content.bytes().ok_or_else(later)?))
            }
            Op::RemoveFile { path, expect } => (path, expect, None),
            _ => return Ok(()),
        };
        let found = self.files.get(path);
        let fine = match (expect, found) {
            (Expect::Anything, _) | (Expect::AbsentOrSame, None) => true,
            (Expect::Sha256(_), None) => new.is_none(),
            (_, Some(file)) if new == Some(&file.content) => true,
            (Expect::AbsentOrSame, Some(_)) => false,
            (Expect::Sha256(sha256), Some(file)) => *sha256 == sha256_hex(&file.content),
        };
        if fine { Ok(()) } else { Err(Why::Conflict(path.clone())) }
    }

    fn apply(&mut self, op: &Op) -> Result<Reply, Why> {
        let failed = |text: &str| Err(Why::Failed(text.to_owned()));
        match op {
            Op::WriteFile { path, mode, owner, group, content, .. } => {
                if self.directories.contains_key(path) {
                    return failed("Is a directory");
                }
                let made = self.make_parents(path);
                let content = content.bytes().unwrap_or_default().to_vec();
                let (owner, group) = (owner.clone(), group.clone());
                self.files.insert(path.clone(), FakeFile { mode: *mode, owner, group, content });
                self.touched(path);
                Ok(Reply::Written { made })
            }
            Op::RemoveFile { path, .. } => {
                self.files.remove(path);
                self.touched(path);
                Ok(Reply::Done)
            }
            Op::MakeDir { path, mode, owner, group } => {
                if self.files.contains_key(path) {
                    return failed("File exists");
                }
                let mut made = self.make_parents(path);
                let folder = (*mode, owner.clone(), group.clone());
                if self.directories.insert(path.clone(), folder).is_none() {
                    made.push(path.clone());
                }
                Ok(if made.is_empty() { Reply::Done } else { Reply::Written { made } })
            }
            Op::RemoveDir { path } => {
                if self.entries(path) == 0 {
                    self.directories.remove(path);
                }
                Ok(Reply::Done)
            }
            Op::RemoveTree { path, .. } => {
                let below = format!("{path}/");
                self.files.retain(|file, _| file != path && !file.starts_with(&below));
                self.directories.retain(|folder, _| folder != path && !folder.starts_with(&below));
                Ok(Reply::Done)
            }
            Op::DaemonReload => {
                self.units.values_mut().flatten().for_each(|unit| unit.needs_reload = false);
                Ok(Reply::Done)
            }
            Op::Unit { name, verb } => self.change_unit(name, *verb),
            Op::Compute { .. } | Op::Await { .. } => failed("this step is not one for a host"),
        }
    }

    /// Units made of a changed file want a reload.
    fn touched(&mut self, path: &str) {
        for unit in self.units.values_mut().flatten() {
            unit.needs_reload |= unit.files.iter().any(|file| file == path);
        }
    }

    fn change_unit(&mut self, name: &str, verb: UnitVerb) -> Result<Reply, Why> {
        let Some(Some(unit)) = self.units.get_mut(name) else {
            return Err(Why::Failed(format!("Unit {name} not found.")));
        };
        match verb {
            UnitVerb::Enable => unit.enabled = "enabled".to_owned(),
            UnitVerb::Disable => unit.enabled = "disabled".to_owned(),
            UnitVerb::Start | UnitVerb::Restart => unit.active = "active".to_owned(),
            UnitVerb::Stop => unit.active = "inactive".to_owned(),
        }
        Ok(Reply::Done)
    }
}

#[async_trait::async_trait]
impl Machine for Fake {
    async fn ask(&self, queries: &[Query]) -> Result<Answers, WorldError> {
        self.reachable()?;
        Ok(queries.iter().map(|query| self.answer(query)).collect())
    }

    async fn act(&self, objects: &[Vec<Op>]) -> Vec<Acted> {
        match self.reachable() {
            Ok(()) => objects.iter().map(|ops| self.run(ops)).collect(),
            Err(error) => none_done(objects, &error),
        }
    }

    async fn dial(&self, _: &str, _: u16) -> io::Result<Box<dyn Stream>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn canned(&self, query: &Query) -> Option<Result<Reply, WorldError>> {
        Some(self.answer(query))
    }
}
