//! The journal: facts about objects, appended and durable before anything depends on them.
//!
//! Each line is eight hexadecimal digits of the SHA-256 of the rest, the number of the batch that it
//! was made durable with, and JSON. Of the last batch any part may be missing or broken after a
//! crash: it never counted from there on. A broken line before it means that somebody else
//! wrote to the file.

use std::collections::BTreeMap;
use std::io;

use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use super::disk::DiskFile;
use super::{Record, Stored, StoredOutput, UnderWay, v1, v2};
use crate::addr::InstanceAddr;
use crate::desired::CheckResult;
use crate::value::Text;

/// One fact.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// Work on an object begins; it is stored with a status that says so.
    Began {
        /// Which.
        addr: InstanceAddr,
        /// As far as it is known.
        object: Box<Stored>,
        /// Its steps.
        work: UnderWay,
    },
    /// Further steps of an object begin, or it is known how far they came.
    Step {
        /// Which.
        addr: InstanceAddr,
        /// How many steps have begun.
        begun: usize,
        /// How many have ended well.
        done: usize,
    },
    /// Work on an object ended, and this is what became of it.
    Became {
        /// Which.
        addr: InstanceAddr,
        /// The object.
        object: Box<Stored>,
    },
    /// The object no longer exists.
    Gone {
        /// Which.
        addr: InstanceAddr,
    },
    /// The object has another address now.
    Moved {
        /// The old one.
        from: InstanceAddr,
        /// The new one.
        to: InstanceAddr,
    },
    /// The outputs of the root module.
    Outputs {
        /// All of them.
        outputs: BTreeMap<Text, StoredOutput>,
    },
    /// What became of the conditions of the configuration.
    Checks {
        /// All of them.
        checks: Vec<CheckResult>,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
enum Line {
    Header {
        version: u64,
        lineage: String,
        serial: u64,
        #[serde(default)]
        run: String,
    },
    Began {
        address: String,
        object: v1::Object,
        work: UnderWay,
    },
    Step {
        address: String,
        begun: usize,
        done: usize,
    },
    Became {
        address: String,
        object: v1::Object,
    },
    Gone {
        address: String,
    },
    Moved {
        from: String,
        to: String,
    },
    Outputs {
        outputs: BTreeMap<String, WireOutput>,
    },
    Checks {
        checks: Vec<CheckResult>,
    },
}

#[derive(Serialize, Deserialize)]
struct WireOutput {
    sensitive: bool,
    record: Record,
}

/// What a journal file holds.
#[derive(Debug)]
pub(super) struct Replay {
    /// The lineage of the state it continues.
    pub lineage: String,
    /// The serial of the state it continues.
    pub serial: u64,
    /// The id of the run that wrote it.
    pub run: String,
    /// The facts in order.
    pub entries: Vec<Entry>,
}

/// A journal that is being written.
#[derive(Debug)]
pub(super) struct Journal {
    file: Box<dyn DiskFile>,
    /// How many bytes of it are durable, or only the header.
    whole: u64,
    batch: u64,
    /// After an error nothing is known of the file's end, so nothing more may follow.
    failed: bool,
}

impl Journal {
    /// Starts a journal that continues a state.
    pub fn begin(
        mut file: Box<dyn DiskFile>,
        lineage: &str,
        serial: u64,
        run: &str,
    ) -> io::Result<Journal> {
        let (lineage, run) = (lineage.to_owned(), run.to_owned());
        let header = Line::Header { version: v2::VERSION, lineage, serial, run };
        let text = line(0, &header)?;
        file.append(text.as_bytes())?;
        Ok(Journal { file, whole: text.len() as u64, batch: 0, failed: false })
    }

    /// Appends facts and makes them durable, all with one flush.
    pub fn append(&mut self, entries: &[Entry]) -> io::Result<()> {
        if self.failed {
            return Err(io::Error::other("an earlier write to it failed"));
        }
        self.batch += 1;
        let mut text = String::new();
        for entry in entries {
            text.push_str(&line(self.batch, &Line::of(entry))?);
        }
        let written = self.file.append(text.as_bytes()).and_then(|()| self.file.sync());
        match written {
            Ok(()) => self.whole += text.len() as u64,
            Err(_) => {
                self.failed = true;
                // What is left of it would be read as a torn batch, so this may fail too.
                let _ = self.file.truncate(self.whole);
            }
        }
        written
    }
}

fn line(batch: u64, line: &Line) -> io::Result<String> {
    let rest = format!("{batch} {}", serde_json::to_string(line)?);
    Ok(format!("{} {rest}\n", check(&rest)))
}

fn check(rest: &str) -> String {
    let digest = digest(&SHA256, rest.as_bytes());
    digest.as_ref().iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// Reads a journal; the error is a sentence's end. None where not even the header was written.
pub(super) fn replay(text: &[u8]) -> Result<Option<Replay>, String> {
    let lines: Vec<_> = text.split_inclusive(|byte| *byte == b'\n').map(whole).collect();
    let sound = lines.iter().take_while(|line| line.is_some()).count();
    must_be_torn(&lines, sound)?;
    let mut parsed = lines.into_iter().flatten().take(sound).enumerate();
    let Some((_, (_, header))) = parsed.next() else { return Ok(None) };
    let Line::Header { version, lineage, serial, run } = parse(header, 1)? else {
        return Err("line 1 is not its header".to_owned());
    };
    if version > v2::VERSION {
        return Err(format!("it has version {version}, this program knows {}", v2::VERSION));
    }
    let entries = parsed.map(|(index, (_, json))| parse(json, index + 1)?.into_entry(index + 1));
    Ok(Some(Replay { lineage, serial, run, entries: entries.collect::<Result<_, _>>()? }))
}

/// A batch and the JSON of a line; none where the line is broken.
type WholeLine<'t> = Option<(u64, &'t str)>;

/// The batch and the JSON of a line whose check sum agrees.
fn whole(line: &[u8]) -> WholeLine<'_> {
    let text = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let (sum, rest) = text.split_once(' ')?;
    let (batch, json) = rest.split_once(' ')?;
    (sum == check(rest)).then_some((batch.parse().ok()?, json))
}

/// What follows a broken line can only be of the one batch that was being written: a disk may have
/// kept its end and not its beginning. The next batch is begun only when one is durable.
fn must_be_torn(lines: &[WholeLine<'_>], broken: usize) -> Result<(), String> {
    let last = lines[..broken].last().and_then(|line| Some(line.as_ref()?.0));
    let mut after = lines[broken..].iter().flatten().map(|(batch, _)| *batch);
    let Some(torn) = after.next() else { return Ok(()) };
    let possible = last.map_or(torn <= 1, |last| torn == last || torn == last + 1);
    match possible && after.all(|batch| batch == torn) {
        true => Ok(()),
        false => Err(format!("line {} is broken", broken + 1)),
    }
}

fn parse(json: &str, number: usize) -> Result<Line, String> {
    serde_json::from_str(json).map_err(|error| format!("line {number}: {error}"))
}

impl Line {
    fn of(entry: &Entry) -> Line {
        match entry {
            Entry::Began { addr, object, work } => {
                let (address, object) = (addr.to_string(), v1::Object::of(object));
                Line::Began { address, object, work: work.clone() }
            }
            Entry::Step { addr, begun, done } => {
                Line::Step { address: addr.to_string(), begun: *begun, done: *done }
            }
            Entry::Became { addr, object } => {
                Line::Became { address: addr.to_string(), object: v1::Object::of(object) }
            }
            Entry::Gone { addr } => Line::Gone { address: addr.to_string() },
            Entry::Moved { from, to } => Line::Moved { from: from.to_string(), to: to.to_string() },
            Entry::Outputs { outputs } => {
                let outputs = outputs.iter().map(|(name, output)| {
                    let StoredOutput { record, sensitive } = output.clone();
                    (name.to_string(), WireOutput { sensitive, record })
                });
                Line::Outputs { outputs: outputs.collect() }
            }
            Entry::Checks { checks } => Line::Checks { checks: checks.clone() },
        }
    }

    fn into_entry(self, number: usize) -> Result<Entry, String> {
        let place = |reason: String| format!("line {number}: {reason}");
        let addr = |text: &str| v1::parse_addr(text).map_err(place);
        let boxed = |object: v1::Object| object.into_stored().map(Box::new).map_err(place);
        Ok(match self {
            Line::Header { .. } => return Err(format!("line {number} is a second header")),
            Line::Began { address, object, work } => {
                Entry::Began { addr: addr(&address)?, object: boxed(object)?, work }
            }
            Line::Step { address, begun, done } => {
                Entry::Step { addr: addr(&address)?, begun, done }
            }
            Line::Became { address, object } => {
                Entry::Became { addr: addr(&address)?, object: boxed(object)? }
            }
            Line::Gone { address } => Entry::Gone { addr: addr(&address)? },
            Line::Moved { from, to } => Entry::Moved { from: addr(&from)?, to: addr(&to)? },
            Line::Outputs { outputs } => {
                let outputs = outputs.into_iter().map(|(name, wire)| {
                    (name.into(), StoredOutput { record: wire.record, sensitive: wire.sensitive })
                });
                Entry::Outputs { outputs: outputs.collect() }
            }
            Line::Checks { checks } => Entry::Checks { checks },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::disk::{Disk as _, OsDisk};
    use super::*;

    fn journal(batches: &[&[Entry]]) -> Vec<u8> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal");
        let mut journal = Journal::begin(OsDisk.create_new(&path).unwrap(), "l", 3, "r").unwrap();
        batches.iter().for_each(|batch| journal.append(batch).unwrap());
        std::fs::read(path).unwrap()
    }

    fn count(text: &[u8]) -> Result<usize, String> {
        replay(text).map(|replay| replay.map_or(0, |replay| replay.entries.len()))
    }

    fn gone(name: &str) -> Entry {
        Entry::Gone { addr: format!("host_file.{name}").parse().unwrap() }
    }

    #[test]
    fn a_torn_end_never_counted() {
        let all = journal(&[&[gone("a")], &[gone("b"), gone("c")]]);
        let ends: Vec<usize> = (1..=all.len()).filter(|end| all[end - 1] == b'\n').collect();
        for cut in 0..all.len() {
            let whole = ends.iter().filter(|end| **end <= cut).count();
            assert_eq!(count(&all[..cut]), Ok(whole.saturating_sub(1)), "cut at {cut}");
        }
    }

    #[test]
    fn of_the_last_batch_any_part_may_be_lost() {
        let before = journal(&[&[gone("a")]]).len();
        let all = journal(&[&[gone("a")], &[gone("b"), gone("c"), gone("d")]]);
        for from in before..all.len() {
            let mut text = all.clone();
            let to = (from + 40).min(text.len());
            text[from..to].fill(0);
            assert!(count(&text).is_ok_and(|count| (1..4).contains(&count)), "{from}");
        }
    }

    #[test]
    fn a_broken_line_before_the_last_batch_is_an_error() {
        let all = journal(&[&[gone("a")], &[gone("b")], &[gone("c")]]);
        let first = all.iter().position(|byte| *byte == b'\n').unwrap();
        for at in [first + 3, first + 30, first / 2] {
            let mut text = all.clone();
            text[at] ^= 1;
            assert!(count(&text).is_err_and(|reason| reason.contains("is broken")), "{at}");
        }
    }

    #[test]
    fn no_journal_is_an_empty_one() {
        assert_eq!(count(b""), Ok(0));
        assert_eq!(count(b"0123"), Ok(0));
    }
}
