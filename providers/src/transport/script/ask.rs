//! Queries to a script, and what it printed to replies.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use quorate_engine::world::{FileReply, Query, Reply, UnitReply, WantContent, WorldError};

use super::{Answer, Request, body, decode, facts};
use crate::transport::digest::sha256_hex;
use crate::transport::machine::Answers;
use crate::transport::versions::Versions;
use crate::transport::{error, path, sh};

const HEAD: &str = include_str!("head.sh");
const LIBRARY: &str = include_str!("ask.sh");
const FACTS: &str = include_str!("facts.sh");

/// How many paths are given to one command: far below every limit of arguments.
const PATHS_AT_ONCE: usize = 400;

/// The script that answers queries. `root` stands before every path.
pub fn request(queries: &[Query], root: &str, versions: &Versions) -> Request {
    let mut script = format!("{HEAD}{LIBRARY}");
    let plain: Vec<_> = queries.iter().filter(|q| path::query_objection(q).is_none()).collect();
    files(&plain, root, &mut script);
    folders(&plain, root, &mut script);
    let units: BTreeSet<_> = plain.iter().filter_map(|query| unit(query)).collect();
    if !units.is_empty() {
        script.push_str(&format!("printf '@units\\n'\nunits {}\n", sh::join(units)));
    }
    processes(queries, &mut script);
    if queries.contains(&Query::Facts) {
        script.push_str(FACTS);
        script.push_str(&format!("K={}\nprintf '@facts\\n'\nfacts\n", versions.words()));
    }
    script.push_str("printf '@end\\n'\n");
    Request::new(&script, &[], Duration::from_secs(60))
}

fn unit(query: &Query) -> Option<&str> {
    match query {
        Query::Unit { name } => Some(name),
        _ => None,
    }
}

fn word(root: &str, path: &str) -> String {
    sh::quote(&format!("{root}{path}"))
}

fn files(queries: &[&Query], root: &str, script: &mut String) {
    let files: Vec<_> = queries
        .iter()
        .filter_map(|query| match query {
            Query::File { path, content } => Some((path, content)),
            _ => None,
        })
        .collect();
    for some in files.chunks(PATHS_AT_ONCE) {
        let words: Vec<_> = some.iter().map(|(path, _)| word(root, path)).collect();
        script.push_str(&format!(
            "set --\nfor f in {}; do\nif [ -f \"$f\" ]; then set -- \"$@\" \"$f\"\n\
             elif [ -e \"$f\" ]; then printf 'o %s\\n' \"$f\"\nelse gone \"$f\"; fi\ndone\n\
             if [ $# != 0 ]; then\nprintf '@stat\\n'\nstat -L -c '%f %U %G %n' -- \"$@\" 2>&1\n\
             h=$(sha256sum -- \"$@\" 2>&1)\nprintf '@sha\\n%s\\n@content\\n' \"$h\"\n",
            words.join(" ")
        ));
        for ((_, want), word) in some.iter().zip(&words) {
            match want {
                WantContent::Never => {}
                WantContent::Always => script.push_str(&format!("content {word} -\n")),
                WantContent::UnlessSha256(known) => {
                    script.push_str(&format!("content {word} {}\n", sh::quote(known)));
                }
            }
        }
        script.push_str("fi\n");
    }
}

fn folders(queries: &[&Query], root: &str, script: &mut String) {
    let folders: Vec<_> = queries
        .iter()
        .filter_map(|query| match query {
            Query::Directory { path } => Some(word(root, path)),
            _ => None,
        })
        .collect();
    for some in folders.chunks(PATHS_AT_ONCE) {
        script.push_str(&format!(
            "set --\nprintf '@content\\n'\nfor f in {}; do\n\
             if [ -d \"$f\" ]; then set -- \"$@\" \"$f\"; count \"$f\"\n\
             elif [ -e \"$f\" ]; then printf 'o %s\\n' \"$f\"\nelse gone \"$f\"; fi\ndone\n\
             if [ $# != 0 ]; then\nprintf '@stat\\n'\nstat -L -c '%f %U %G %n' -- \"$@\" 2>&1\nfi\n",
            some.join(" ")
        ));
    }
}

/// One pass over all processes for all queries: nested patterns, as all arguments must be there.
fn processes(queries: &[Query], script: &mut String) {
    let mut compare = String::new();
    for (index, query) in queries.iter().enumerate() {
        let Query::Process { arguments, since } = query else { continue };
        for argument in arguments {
            let word = sh::quote(argument);
            compare.push_str(&format!("case \"$NL$cur\" in *\"$NL\"{word}\"$NL\"*)\n"));
        }
        if let Some(file) = since {
            compare.push_str(&format!("began_since {} &&\n", sh::quote(file)));
        }
        compare.push_str(&format!("printf 'q {index} %s\\n' \"$pid\"\n"));
        compare.push_str(&";; esac\n".repeat(arguments.len()));
    }
    if !compare.is_empty() {
        script.push_str(&format!(
            "compare() {{\n[ -n \"$cur\" ] || return 0\n{compare}}}\nprintf '@content\\n'\nprocesses\n"
        ));
    }
}

/// The answers, in the order of the queries.
pub fn parse(
    host: &str,
    queries: &[Query],
    root: &str,
    versions: &Versions,
    answer: &Answer,
) -> Result<Answers, WorldError> {
    let broken = answer.broken.as_deref();
    let Some((lines, complete)) = body(answer, "ask") else {
        return Err(error::not_begun(host, broken, &answer.complaint));
    };
    if !complete {
        let why = broken.unwrap_or("the script ended early");
        let detail = format!("{host}: {why}.\n{}", error::last_lines(&answer.complaint));
        return Err(error::world("Connection lost", detail.trim_end(), "Nothing was changed."));
    }
    let found = Found::read(&lines, root);
    let reply = |(index, query)| match query {
        &Query::Facts => Ok(Reply::Value(facts::value(&found.facts, versions))),
        query => found.reply(host, index, query),
    };
    Ok(queries.iter().enumerate().map(reply).collect())
}

/// What a script found, by path and name.
#[derive(Default)]
struct Found<'a> {
    stats: BTreeMap<&'a str, Stat<'a>>,
    digests: BTreeMap<&'a str, &'a str>,
    contents: BTreeMap<&'a str, &'a str>,
    entries: BTreeMap<&'a str, u64>,
    absent: BTreeSet<&'a str>,
    denied: BTreeSet<&'a str>,
    other: BTreeSet<&'a str>,
    units: BTreeMap<&'a str, BTreeMap<&'a str, &'a str>>,
    unit_trouble: Option<String>,
    processes: Vec<(usize, u32)>,
    facts: Vec<&'a str>,
    complaints: Vec<&'a str>,
}

struct Stat<'a> {
    mode: u32,
    owner: &'a str,
    group: &'a str,
}

impl<'a> Found<'a> {
    fn read(lines: &[&'a str], root: &str) -> Found<'a> {
        let mut found = Found::default();
        let mut section = "@content";
        let mut unit = Vec::new();
        for line in lines {
            if section == "@facts" {
                found.facts.push(line);
            } else if let Some(status) = line.strip_prefix("@status ") {
                found.unit(&mut unit);
                found.units_ended(status);
            } else if line.starts_with('@') {
                section = line;
            } else {
                match section {
                    "@stat" => found.stat(line, root),
                    "@sha" => found.digest(line, root),
                    "@units" if line.is_empty() => found.unit(&mut unit),
                    "@units" => unit.push(*line),
                    _ => found.other(line, root),
                }
            }
        }
        found
    }

    fn stat(&mut self, line: &'a str, root: &str) {
        let mut parts = line.splitn(4, ' ');
        let mut stat = || {
            let mode = u32::from_str_radix(parts.next()?, 16).ok()?;
            let (owner, group) = (parts.next()?, parts.next()?);
            Some((Stat { mode, owner, group }, parts.next()?.strip_prefix(root)?))
        };
        match stat() {
            Some((stat, path)) => {
                self.stats.insert(path, stat);
            }
            None => self.complaints.push(line),
        }
    }

    fn digest(&mut self, line: &'a str, root: &str) {
        match line.split_once("  ") {
            Some((digest, path)) if digest.len() == 64 => {
                self.digests.insert(path.strip_prefix(root).unwrap_or(path), digest);
            }
            _ => self.complaints.push(line),
        }
    }

    fn unit(&mut self, lines: &mut Vec<&'a str>) {
        let unit: BTreeMap<_, _> = lines.drain(..).filter_map(|l| l.split_once('=')).collect();
        if let Some(id) = unit.get("Id") {
            self.units.insert(id, unit);
        } else if !unit.is_empty() {
            self.unit_trouble = Some(format!("{unit:?}"));
        }
    }

    fn units_ended(&mut self, status: &str) {
        if status != "0" && self.units.is_empty() {
            self.unit_trouble = Some(format!("systemctl show ended with status {status}"));
        }
    }

    fn other(&mut self, line: &'a str, root: &str) {
        let Some((kind, rest)) = line.split_once(' ') else { return self.complaints.push(line) };
        let path = rest.strip_prefix(root).unwrap_or(rest);
        let pair = rest.split_once(' ');
        let second = pair.map(|(first, path)| (first, path.strip_prefix(root).unwrap_or(path)));
        match (kind, second) {
            ("a", _) => drop(self.absent.insert(path)),
            ("p", _) => drop(self.denied.insert(path)),
            ("o", _) => drop(self.other.insert(path)),
            ("c", Some((content, path))) => drop(self.contents.insert(path, content)),
            ("n", Some((count, path))) => {
                self.entries.insert(path, count.parse().unwrap_or(0));
            }
            ("q", Some((index, pid))) => {
                self.processes.extend(index.parse().ok().zip(pid.parse().ok()));
            }
            _ => self.complaints.push(line),
        }
    }

    fn reply(&self, host: &str, index: usize, query: &Query) -> Result<Reply, WorldError> {
        if let Some((path, objection)) = path::query_objection(query) {
            return Err(error::path_refused(host, path, objection));
        }
        match query {
            Query::File { path, content } => self.file(host, path, content),
            Query::Directory { path } => self.folder(host, path),
            Query::Unit { name } => self.unit_reply(host, name),
            Query::Process { .. } => {
                let mine = self.processes.iter().filter(|(query, _)| *query == index);
                Ok(Reply::Processes(mine.map(|(_, pid)| *pid).collect()))
            }
            Query::Facts | Query::Http { .. } | Query::Api { .. } => {
                Err(error::world("Query not for a script", format!("{host}: {query:?}"), ""))
            }
        }
    }

    /// What stands in the way of an answer about a path.
    fn trouble(&self, host: &str, path: &str, wanted: &str) -> WorldError {
        let step = format!("read {path}");
        if self.denied.contains(path) {
            return error::step_failed(host, &step, "Permission denied");
        }
        if self.other.contains(path) {
            return error::step_failed(host, &step, &format!("It is not a {wanted}"));
        }
        let about: Vec<_> = self.complaints.iter().filter(|line| line.contains(path)).collect();
        let text: Vec<_> = about.into_iter().copied().collect();
        error::step_failed(host, &step, &text.join("\n"))
    }

    fn file(&self, host: &str, path: &str, want: &WantContent) -> Result<Reply, WorldError> {
        if self.absent.contains(path) {
            return Ok(Reply::Absent);
        }
        let (Some(stat), Some(digest)) = (self.stats.get(path), self.digests.get(path)) else {
            return Err(self.trouble(host, path, "file"));
        };
        let content = self.contents.get(path).and_then(|content| decode(content));
        // A file that changed between two commands is as its content says.
        let sha256 = content.as_deref().map_or_else(|| (*digest).to_owned(), sha256_hex);
        let wanted = match want {
            WantContent::Never => false,
            WantContent::UnlessSha256(known) => *known != sha256,
            WantContent::Always => true,
        };
        if wanted && content.is_none() {
            return Err(self.trouble(host, path, "file"));
        }
        Ok(Reply::File(FileReply {
            mode: stat.mode & 0o7777,
            owner: stat.owner.to_owned(),
            group: stat.group.to_owned(),
            sha256,
            content: content.filter(|_| wanted).map(Arc::from),
        }))
    }

    fn folder(&self, host: &str, path: &str) -> Result<Reply, WorldError> {
        if self.absent.contains(path) {
            return Ok(Reply::Absent);
        }
        let (Some(stat), Some(entries)) = (self.stats.get(path), self.entries.get(path)) else {
            return Err(self.trouble(host, path, "directory"));
        };
        Ok(Reply::Directory {
            mode: stat.mode & 0o7777,
            owner: stat.owner.to_owned(),
            group: stat.group.to_owned(),
            entries: *entries,
        })
    }

    fn unit_reply(&self, host: &str, name: &str) -> Result<Reply, WorldError> {
        if let Some(trouble) = &self.unit_trouble {
            return Err(error::step_failed(host, &format!("systemctl show {name}"), trouble));
        }
        let Some(unit) = self.units.get(name) else { return Ok(Reply::Absent) };
        let get = |key: &str| unit.get(key).copied().unwrap_or_default();
        if get("LoadState") == "not-found" && get("ActiveState") == "inactive" {
            return Ok(Reply::Absent);
        }
        let fragment = Some(get("FragmentPath")).filter(|path| !path.is_empty());
        let files = fragment.into_iter().chain(get("DropInPaths").split_whitespace());
        Ok(Reply::Unit(UnitReply {
            active: get("ActiveState").to_owned(),
            enabled: get("UnitFileState").to_owned(),
            needs_reload: get("NeedDaemonReload") == "yes",
            files: files.map(str::to_owned).collect(),
        }))
    }
}
