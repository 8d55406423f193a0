//! The journal: facts about objects, appended and durable before anything depends on them.
//!
//! Each line is eight hexadecimal digits of the SHA-256 of the rest, the number of the first line that
//! was made durable with it, a dot, its own number, and JSON. What a crash may leave of it, and
//! what only damage does, is in `replay`.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use super::disk::DiskFile;
use super::files::{Files, STAGED, beside};
use super::{Record, Stored, StoredOutput, UnderWay, v1, v3};
use crate::addr::{DeposedKey, InstanceAddr};
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
        /// The key under which the object that it takes the place of is kept until it is removed.
        deposes: Option<DeposedKey>,
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
pub(super) enum Line {
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
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deposes: Option<u32>,
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
pub(super) struct WireOutput {
    sensitive: bool,
    record: Record,
}

/// A journal that is being written.
#[derive(Debug)]
pub(super) struct Journal {
    file: Box<dyn DiskFile>,
    /// How many bytes of it are durable, or only the header.
    whole: u64,
    lines: u64,
    /// After an error nothing is known of the file's end, so nothing more may follow.
    failed: bool,
}

impl Journal {
    /// Starts a journal that continues a state. It is in its place only with a durable header, so
    /// a journal without one is damaged.
    ///
    /// # Errors
    /// Also where there is a journal already: facts of a run that could not fold them in must never
    /// be written over.
    pub fn begin(
        files: &Files,
        path: &Path,
        lineage: &str,
        serial: u64,
        run: &str,
    ) -> io::Result<Journal> {
        let (lineage, run) = (lineage.to_owned(), run.to_owned());
        let header = Line::Header { version: v3::VERSION, lineage, serial, run };
        let text = line(1, 1, &header)?;
        let staged = beside(path, STAGED);
        let mut file = files.0.create(&staged)?;
        file.append(text.as_bytes())?;
        file.sync()?;
        files.0.place_new(&staged, path)?;
        Ok(Journal { file, whole: text.len() as u64, lines: 1, failed: false })
    }

    /// Appends facts and makes them durable, all with one flush.
    pub fn append(&mut self, entries: &[Entry]) -> io::Result<()> {
        if self.failed {
            return Err(io::Error::other("an earlier write to it failed"));
        }
        let first = self.lines + 1;
        let mut text = String::new();
        for entry in entries {
            self.lines += 1;
            text.push_str(&line(first, self.lines, &Line::of(entry))?);
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

fn line(first: u64, number: u64, line: &Line) -> io::Result<String> {
    let rest = format!("{first}.{number} {}", serde_json::to_string(line)?);
    Ok(format!("{} {rest}\n", check(&rest)))
}

/// The check sum of a line.
pub(super) fn check(rest: &str) -> String {
    let digest = digest(&SHA256, rest.as_bytes());
    digest.as_ref().iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

impl Line {
    fn of(entry: &Entry) -> Line {
        match entry {
            Entry::Began { addr, object, work, deposes } => {
                let (address, object) = (addr.to_string(), v1::Object::of(object));
                let deposes = deposes.map(|key| key.0);
                Line::Began { address, object, work: work.clone(), deposes }
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

    /// The fact of a line; the error is a sentence's end.
    pub(super) fn into_entry(self, number: usize) -> Result<Entry, String> {
        let place = |reason: String| format!("line {number}: {reason}");
        let addr = |text: &str| v1::parse_addr(text).map_err(place);
        let boxed = |object: v1::Object| object.into_stored().map(Box::new).map_err(place);
        Ok(match self {
            Line::Header { .. } => return Err(format!("line {number} is a second header")),
            Line::Began { address, object, work, deposes } => {
                let (addr, deposes) = (addr(&address)?, deposes.map(DeposedKey));
                Entry::Began { addr, object: boxed(object)?, work, deposes }
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
