//! A folder that stands for the root of a host: staging.
//!
//! Files and directories are real, with their modes; nothing runs there.

use std::fs::{self, File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use quorate_engine::world::{Acted, Expect, FileReply, Op, Query, Reply, WantContent, WorldError};

use super::digest::sha256_hex;
use super::machine::{Answers, Machine, Stream};
use super::owners::{self, NOTE, Owners};
use super::script::act::untouched_before;
use super::{error, path};

/// The name of this kind of host in messages.
const KIND: &str = "a staging folder";

/// A folder that stands for the root of a host.
pub struct Directory {
    name: String,
    root: PathBuf,
    me: u32,
    owners: Mutex<Owners>,
}

/// Parts of a write that are wanted together.
struct Write<'a> {
    path: &'a str,
    mode: u32,
    owner: (&'a str, &'a str),
    content: &'a [u8],
}

impl Directory {
    /// Opens the folder; makes it where it is missing.
    pub fn open(name: &str, root: &str) -> Result<Directory, WorldError> {
        let fail = |error: io::Error| {
            let detail = format!("{name}: the folder {root} that stands for it: {error}.");
            error::world("Staging folder unusable", detail, "Name another folder as `root`.")
        };
        fs::create_dir_all(root).map_err(fail)?;
        let root = fs::canonicalize(root).map_err(fail)?;
        if root == Path::new("/") {
            let detail = format!("{name}: `root` is the root of this machine.");
            let help = "Name another folder, or take the transport `local`.";
            return Err(error::world("Staging folder unusable", detail, help));
        }
        let owners = Mutex::new(Owners::load(&root).map_err(fail)?);
        let me = owners::me().map_err(fail)?;
        Ok(Directory { name: name.to_owned(), root, me, owners })
    }

    fn owners(&self) -> MutexGuard<'_, Owners> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where a path of the host lies here. No symbolic link may lead out of the folder.
    fn place(&self, path: &str) -> Result<PathBuf, WorldError> {
        let place = self.root.join(path.trim_start_matches('/'));
        let reserved = place == self.root.join(NOTE);
        let folders = place.ancestors().skip(1);
        let existing = folders.take_while(|folder| folder.starts_with(&self.root));
        let real = existing.filter_map(|folder| fs::canonicalize(folder).ok()).next();
        if reserved || !real.is_some_and(|real| real.starts_with(&self.root)) {
            let objection = "it leads out of the folder that stands for the host";
            return Err(error::path_refused(&self.name, path, objection));
        }
        Ok(place)
    }

    /// The metadata of what a path leads to, where that is inside; none where nothing is there.
    fn metadata(&self, path: &str) -> Result<Option<(PathBuf, fs::Metadata)>, WorldError> {
        let place = self.place(path)?;
        let Ok(real) = fs::canonicalize(&place) else { return Ok(None) };
        if !real.starts_with(&self.root) {
            let objection = "a symbolic link leads out of the folder that stands for the host";
            return Err(error::path_refused(&self.name, path, objection));
        }
        let metadata = fs::metadata(&real).map_err(|e| self.failed(&format!("read {path}"), &e))?;
        Ok(Some((real, metadata)))
    }

    fn failed(&self, step: &str, error: &io::Error) -> WorldError {
        error::step_failed(&self.name, step, &error.to_string())
    }

    fn answer(&self, query: &Query) -> Result<Reply, WorldError> {
        if let Some((path, objection)) = path::query_objection(query) {
            return Err(error::path_refused(&self.name, path, objection));
        }
        match query {
            Query::File { path, content } => self.file(path, content),
            Query::Directory { path } => self.folder(path),
            Query::Process { .. } => Ok(Reply::Processes(vec![])),
            Query::Facts | Query::Unit { .. } | Query::Http { .. } | Query::Api { .. } => {
                Ok(Reply::Absent)
            }
        }
    }

    fn file(&self, path: &str, want: &WantContent) -> Result<Reply, WorldError> {
        let Some((real, metadata)) = self.metadata(path)? else { return Ok(Reply::Absent) };
        if !metadata.is_file() {
            return Err(error::step_failed(&self.name, &format!("read {path}"), "Not a file"));
        }
        let bytes = fs::read(&real).map_err(|e| self.failed(&format!("read {path}"), &e))?;
        let sha256 = sha256_hex(&bytes);
        let wanted = match want {
            WantContent::Never => false,
            WantContent::UnlessSha256(known) => *known != sha256,
            WantContent::Always => true,
        };
        let (owner, group) = self.owners().get(path, &metadata, self.me);
        let mode = metadata.mode() & 0o7777;
        let content = wanted.then(|| Arc::from(bytes));
        Ok(Reply::File(FileReply { mode, owner, group, sha256, content }))
    }

    fn folder(&self, path: &str) -> Result<Reply, WorldError> {
        let Some((real, metadata)) = self.metadata(path)? else { return Ok(Reply::Absent) };
        let step = format!("read {path}");
        if !metadata.is_dir() {
            return Err(error::step_failed(&self.name, &step, "Not a directory"));
        }
        let entries = fs::read_dir(&real).map_err(|e| self.failed(&step, &e))?.count() as u64;
        let (owner, group) = self.owners().get(path, &metadata, self.me);
        Ok(Reply::Directory { mode: metadata.mode() & 0o7777, owner, group, entries })
    }

    fn run(&self, ops: &[Op]) -> Acted {
        let mut done = Acted { replies: vec![], failed: None };
        let mut staged = Staged::default();
        for index in 0..ops.len() {
            match self.step(ops, index, &mut staged) {
                Ok(reply) => done.replies.push(reply),
                Err(error) => {
                    done.failed = Some(error);
                    break;
                }
            }
        }
        done
    }

    fn step(&self, ops: &[Op], at: usize, staged: &mut Staged) -> Result<Reply, WorldError> {
        let op = &ops[at];
        if let Some((path, objection)) = path::step_objection(op) {
            return Err(error::path_refused(&self.name, path, objection));
        }
        let failed = |e: io::Error| self.failed(&op.to_string(), &e);
        match op {
            Op::WriteFile { path, owner, group, expect, content, .. } => {
                self.stage_all(ops, at, staged)?;
                self.check(path, expect, content.bytes())?;
                let place = self.place(path)?;
                let (file, made) = staged.take(path).ok_or_else(|| failed(missing()))?;
                file.persist(&place).map_err(|e| failed(e.error))?;
                sync_folder(&place).map_err(failed)?;
                self.owners().set(path, owner, group).map_err(failed)?;
                Ok(Reply::Written { made })
            }
            Op::RemoveFile { path, expect } => {
                self.check(path, expect, None)?;
                self.remove(path, |place| fs::remove_file(place)).map_err(failed)
            }
            Op::MakeDir { path, mode, owner, group } => self.make(path, *mode, (owner, group)),
            Op::RemoveDir { path } => self
                .remove(path, |place| match fs::remove_dir(place) {
                    Err(e) if e.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
                    outcome => outcome,
                })
                .map_err(failed),
            Op::RemoveTree { path, .. } => {
                self.remove(path, |place| fs::remove_dir_all(place)).map_err(failed)
            }
            op => Err(error::not_here(&self.name, op, KIND)),
        }
    }

    /// Writes the files of all steps to come beside their places, and checks what is there, before
    /// the first is put in its place.
    fn stage_all(&self, ops: &[Op], from: usize, staged: &mut Staged) -> Result<(), WorldError> {
        if std::mem::replace(&mut staged.begun, true) {
            return Ok(());
        }
        for (at, op) in ops.iter().enumerate().skip(from) {
            let Op::WriteFile { path, mode, owner, group, content, expect } = op else { continue };
            let failed = |e: io::Error| self.failed(&op.to_string(), &e);
            let content = content.bytes().ok_or_else(|| failed(missing()))?;
            let write = Write { path, mode: *mode, owner: (owner, group), content };
            if untouched_before(ops, at) {
                self.check(path, expect, Some(content))?;
            }
            let place = self.place(path)?;
            let made = self.make_parents(&place).map_err(failed)?;
            let file = stage(&place, &write).map_err(failed)?;
            staged.files.push((path.clone(), file, made));
        }
        Ok(())
    }

    fn make_parents(&self, place: &Path) -> io::Result<Vec<String>> {
        let folders = place.ancestors().skip(1);
        let mut missing: Vec<_> = folders.take_while(|folder| !folder.exists()).collect();
        missing.reverse();
        let mut made = Vec::new();
        for folder in missing {
            fs::create_dir(folder)?;
            fs::set_permissions(folder, Permissions::from_mode(0o755))?;
            let relative = folder.strip_prefix(&self.root).unwrap_or(folder);
            made.push(format!("/{}", relative.display()));
        }
        Ok(made)
    }

    fn make(&self, path: &str, mode: u32, owner: (&str, &str)) -> Result<Reply, WorldError> {
        let failed = |e: io::Error| self.failed(&format!("make directory {path}"), &e);
        let place = self.place(path)?;
        let mut made = self.make_parents(&place).map_err(failed)?;
        if !place.is_dir() {
            fs::create_dir(&place).map_err(failed)?;
            made.push(path.to_owned());
        }
        fs::set_permissions(&place, Permissions::from_mode(mode)).map_err(failed)?;
        self.owners().set(path, owner.0, owner.1).map_err(failed)?;
        Ok(if made.is_empty() { Reply::Done } else { Reply::Written { made } })
    }

    fn remove(&self, path: &str, how: impl Fn(&Path) -> io::Result<()>) -> io::Result<Reply> {
        let place = self.place(path).map_err(|error| io::Error::other(error.detail))?;
        match how(&place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            outcome => outcome?,
        }
        if !place.exists() {
            self.owners().forget(path)?;
        }
        Ok(Reply::Done)
    }

    /// Checks what must be true of a path before it is changed.
    fn check(&self, path: &str, expect: &Expect, new: Option<&[u8]>) -> Result<(), WorldError> {
        if *expect == Expect::Anything {
            return Ok(());
        }
        let place = self.place(path)?;
        let found = match fs::read(&place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let gone = matches!(expect, Expect::Sha256(_)) && new.is_some();
                let conflict = || error::conflict(&self.name, path, "not there any more");
                return if gone { Err(conflict()) } else { Ok(()) };
            }
            Err(error) => return Err(self.failed(&format!("read {path}"), &error)),
            Ok(bytes) => bytes,
        };
        let expected = matches!(expect, Expect::Sha256(sha256) if *sha256 == sha256_hex(&found));
        if expected || new == Some(&found) {
            return Ok(());
        }
        Err(error::conflict(&self.name, path, "not what the plan saw"))
    }
}

/// Files that are written but not yet in their places; what is left is removed when dropped.
#[derive(Default)]
struct Staged {
    begun: bool,
    files: Vec<(String, tempfile::NamedTempFile, Vec<String>)>,
}

impl Staged {
    fn take(&mut self, path: &str) -> Option<(tempfile::NamedTempFile, Vec<String>)> {
        let index = self.files.iter().position(|(staged, _, _)| staged == path)?;
        let (_, file, made) = self.files.remove(index);
        Some((file, made))
    }
}

/// Writes a file beside its place.
fn stage(place: &Path, write: &Write<'_>) -> io::Result<tempfile::NamedTempFile> {
    if !place.components().all(|part| matches!(part, Component::Normal(_) | Component::RootDir)) {
        return Err(io::Error::other(format!("{} is not a plain path", write.path)));
    }
    let folder = place.parent().unwrap_or(place);
    // The name is always the same, so that what a killed run left is not left for ever.
    let staged = place.with_file_name(path::staging(write.path).rsplit('/').next().unwrap_or("."));
    match fs::remove_file(&staged) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let name = staged.file_name().unwrap_or_default();
    let mut file = tempfile::Builder::new().prefix(name).rand_bytes(0).tempfile_in(folder)?;
    file.write_all(write.content)?;
    // Where this process may give files away and knows the user, the folder is as the host will be.
    let _ = give(file.path(), write.owner);
    file.as_file().set_permissions(Permissions::from_mode(write.mode))?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Gives a file to a user of this machine, where that is possible.
fn give(file: &Path, (owner, group): (&str, &str)) -> io::Result<()> {
    if (owner, group) == ("root", "root") {
        return Ok(());
    }
    let id = |table: &str, name: &str| {
        let text = fs::read_to_string(table).ok()?;
        let line = text.lines().find(|line| line.split(':').next() == Some(name))?.to_owned();
        line.split(':').nth(2)?.parse().ok()
    };
    std::os::unix::fs::chown(file, id("/etc/passwd", owner), id("/etc/group", group))
}

fn sync_folder(place: &Path) -> io::Result<()> {
    File::open(place.parent().unwrap_or(place))?.sync_all()
}

fn missing() -> io::Error {
    io::Error::other("its content is not known")
}

#[async_trait::async_trait]
impl Machine for Directory {
    async fn ask(&self, queries: &[Query]) -> Result<Answers, WorldError> {
        Ok(queries.iter().map(|query| self.answer(query)).collect())
    }

    async fn act(&self, objects: &[Vec<Op>]) -> Vec<Acted> {
        objects.iter().map(|ops| self.run(ops)).collect()
    }

    async fn dial(&self, _: &str, _: u16) -> io::Result<Box<dyn Stream>> {
        Err(io::ErrorKind::ConnectionRefused.into())
    }
}
