//! The journal: facts about objects, appended and durable before anything depends on them.
//!
//! Each line is eight hexadecimal digits of the SHA-256 of the rest, a space, and JSON. A last
//! line that is not whole was torn by a crash and never counted; a broken line before it means
//! that somebody else wrote to the file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Record, Stored, StoredOutput, v1};
use crate::addr::InstanceAddr;
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
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
enum Line {
    Header { version: u64, lineage: String, serial: u64 },
    Began { address: String, object: v1::Object },
    Became { address: String, object: v1::Object },
    Gone { address: String },
    Moved { from: String, to: String },
    Outputs { outputs: BTreeMap<String, WireOutput> },
}

#[derive(Serialize, Deserialize)]
struct WireOutput {
    sensitive: bool,
    record: Record,
}

/// What a journal file holds.
pub(super) struct Replay {
    /// The lineage of the state it continues.
    pub lineage: String,
    /// The serial of the state it continues.
    pub serial: u64,
    /// The facts in order.
    pub entries: Vec<Entry>,
}

/// Starts a journal that continues a state.
pub(super) fn begin(file: &mut File, lineage: &str, serial: u64) -> std::io::Result<()> {
    let header = Line::Header { version: v1::VERSION, lineage: lineage.to_owned(), serial };
    file.write_all(line(&header)?.as_bytes())
}

/// Appends facts and makes them durable, all with one flush.
pub(super) fn append(file: &mut File, entries: &[Entry]) -> std::io::Result<()> {
    let mut text = String::new();
    for entry in entries {
        text.push_str(&line(&Line::of(entry))?);
    }
    let whole = file.stream_position()?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_data());
    if written.is_err() {
        // A torn line would make the lines after it unreadable.
        file.set_len(whole)?;
        file.seek(SeekFrom::Start(whole))?;
    }
    written
}

fn line(line: &Line) -> std::io::Result<String> {
    let json = serde_json::to_string(line)?;
    Ok(format!("{} {json}\n", check(&json)))
}

fn check(json: &str) -> String {
    let digest = Sha256::digest(json.as_bytes());
    digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// Reads a journal; the error is a sentence's end. None where not even the header was written.
pub(super) fn replay(text: &[u8]) -> Result<Option<Replay>, String> {
    let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let mut lines = text[..whole].split_inclusive(|byte| *byte == b'\n').enumerate();
    let Some((_, header)) = lines.next() else { return Ok(None) };
    let Line::Header { version, lineage, serial } = parse(header, 1)? else {
        return Err("line 1 is not its header".to_owned());
    };
    if version > v1::VERSION {
        return Err(format!("it has version {version}, this program knows {}", v1::VERSION));
    }
    let entries = lines.map(|(index, line)| parse(line, index + 1)?.into_entry(index + 1));
    Ok(Some(Replay { lineage, serial, entries: entries.collect::<Result<_, _>>()? }))
}

fn parse(line: &[u8], number: usize) -> Result<Line, String> {
    let broken = || format!("line {number} is broken");
    let text = std::str::from_utf8(line).map_err(|_| broken())?.trim_end_matches('\n');
    let (sum, json) = text.split_once(' ').ok_or_else(broken)?;
    if sum != check(json) {
        return Err(broken());
    }
    serde_json::from_str(json).map_err(|error| format!("line {number}: {error}"))
}

impl Line {
    fn of(entry: &Entry) -> Line {
        match entry {
            Entry::Began { addr, object } => {
                Line::Began { address: addr.to_string(), object: v1::Object::of(object) }
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
        }
    }

    fn into_entry(self, number: usize) -> Result<Entry, String> {
        let place = |reason: String| format!("line {number}: {reason}");
        let addr = |text: &str| v1::parse_addr(text).map_err(place);
        let boxed = |object: v1::Object| object.into_stored().map(Box::new).map_err(place);
        Ok(match self {
            Line::Header { .. } => return Err(format!("line {number} is a second header")),
            Line::Began { address, object } => {
                Entry::Began { addr: addr(&address)?, object: boxed(object)? }
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
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal(entries: &[Entry]) -> Vec<u8> {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut handle = file.reopen().unwrap();
        begin(&mut handle, "l", 3).unwrap();
        append(&mut handle, entries).unwrap();
        std::fs::read(file.path()).unwrap()
    }

    fn gone(name: &str) -> Entry {
        Entry::Gone { addr: format!("host_file.{name}").parse().unwrap() }
    }

    #[test]
    fn a_torn_last_line_never_counted() {
        let whole = journal(&[gone("a"), gone("b")]);
        let second = whole.len() - 1;
        for cut in (0..whole.len()).rev() {
            let replayed = replay(&whole[..cut]).unwrap();
            let count = replayed.map_or(0, |replay| replay.entries.len());
            assert!(count < 2 && (cut < second || count == 1), "{cut}: {count}");
        }
    }

    #[test]
    fn a_broken_line_in_the_middle_is_an_error() {
        let mut text = journal(&[gone("a"), gone("b")]);
        let middle = text.len() / 2;
        text[middle] ^= 1;
        assert!(replay(&text).is_err());
    }
}
