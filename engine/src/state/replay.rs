//! Reads a journal: what a crash may have left of it, and what only damage can have made of it.
//!
//! The header was durable before the journal got its name, and a batch before the next one was
//! begun. So of the last batch any part may be missing: its end, or sectors that read as zeros. It
//! never counted from there on. A line that is whole and wrong, out of its turn, or missing where
//! later batches follow, no crash explains.

use super::journal::{Entry, Line, check};
use super::v3;

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

/// Why a journal cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// It is not what was written.
    Damaged {
        /// How many lines at its beginning are.
        sound: usize,
        /// Why, as a sentence's end.
        reason: String,
    },
    /// A program that knows this version wrote it.
    Newer(u64),
}

/// Where a line stands: the first line that was made durable with it, and its own number.
#[derive(Clone, Copy)]
struct Place {
    first: u64,
    line: u64,
}

impl Place {
    fn may_follow(self, last: Option<Place>) -> bool {
        let Some(last) = last else { return (self.first, self.line) == (1, 1) };
        self.line == last.line + 1 && self.is_last_batch(last)
    }

    /// Whether it is of the batch of the lines before a gap, or of one that begins with the gap.
    fn is_last_batch(self, before: Place) -> bool {
        // The header was made durable alone.
        self.first == before.line + 1 || self.first == before.first && self.first > 1
    }
}

/// One line of the file.
enum Found<'t> {
    /// As it was written.
    Sound(Place, &'t str),
    /// Without its end, or with zeros in it: as a crash leaves it.
    Torn,
    /// Whole, and not as it was written.
    Wrong,
}

impl<'t> Found<'t> {
    fn read(line: &'t [u8]) -> Found<'t> {
        match sound(line) {
            Some((place, json)) => Found::Sound(place, json),
            None if line.last() != Some(&b'\n') || line.contains(&0) => Found::Torn,
            None => Found::Wrong,
        }
    }
}

fn sound(line: &[u8]) -> Option<(Place, &str)> {
    let text = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let (sum, rest) = text.split_once(' ')?;
    let (place, json) = rest.split_once(' ')?;
    let (first, number) = place.split_once('.')?;
    let place = Place { first: first.parse().ok()?, line: number.parse().ok()? };
    (sum == check(rest)).then_some((place, json))
}

/// Reads a journal.
pub(super) fn replay(text: &[u8]) -> Result<Replay, Unreadable> {
    let lines: Vec<_> = text.split_inclusive(|byte| *byte == b'\n').map(Found::read).collect();
    let mut parsed = Vec::new();
    let mut last = None;
    for line in &lines {
        let Found::Sound(place, json) = line else { break };
        if !place.may_follow(last) {
            break;
        }
        parsed.push(parse(json, parsed.len())?);
        last = Some(*place);
    }
    must_be_torn(&lines, parsed.len(), last)?;
    let count = parsed.len();
    let mut parsed = parsed.into_iter().enumerate();
    let Some((_, Line::Header { lineage, serial, run, .. })) = parsed.next() else {
        return Err(damaged(0, "line 1 is not its header".to_owned()));
    };
    let entries = parsed.map(|(index, line)| line.into_entry(index + 1));
    let entries =
        entries.collect::<Result<Vec<_>, _>>().map_err(|reason| damaged(count, reason))?;
    Ok(Replay { lineage, serial, run, entries })
}

fn damaged(sound: usize, reason: String) -> Unreadable {
    Unreadable::Damaged { sound, reason }
}

fn parse(json: &str, index: usize) -> Result<Line, Unreadable> {
    #[derive(serde::Deserialize)]
    struct Head {
        version: u64,
    }
    // The header of a newer version may have another form.
    if index == 0
        && let Ok(Head { version }) = serde_json::from_str(json)
        && version > v3::VERSION
    {
        return Err(Unreadable::Newer(version));
    }
    serde_json::from_str(json)
        .map_err(|error| damaged(index, format!("line {}: {error}", index + 1)))
}

/// What follows the lines that count can only be of the one batch that was being written.
fn must_be_torn(lines: &[Found<'_>], sound: usize, last: Option<Place>) -> Result<(), Unreadable> {
    let refused = |what: &str| Err(damaged(sound, format!("line {} {what}", sound + 1)));
    let Some(last) = last else {
        return match lines {
            [] => Err(damaged(0, "it is empty, which no run leaves it".to_owned())),
            _ => refused("is not its header"),
        };
    };
    let mut rest = lines.iter().skip(sound);
    match rest.next() {
        None => return Ok(()),
        Some(Found::Sound(..)) => return refused("is not the one that was written there"),
        Some(Found::Wrong) => return refused("does not agree with its check sum"),
        Some(Found::Torn) => {}
    }
    let torn = rest.try_fold(last, |before, line| match line {
        Found::Torn => Some(before),
        Found::Sound(place, _) => {
            let same = before.line == last.line || place.first == before.first;
            (same && place.is_last_batch(last) && place.line > before.line).then_some(*place)
        }
        Found::Wrong => None,
    });
    match torn {
        Some(_) => Ok(()),
        None => refused("is broken, and what follows was written later"),
    }
}

#[cfg(test)]
mod tests;
