//! Hosts on which the same happens: the first is shown, of the others what they have of their own.

use std::io;

use super::likeness::{Own, Said, compare, put_owns};
use crate::view::page::{Page, Tone};
use crate::view::text::count;

/// The last section that was shown, and the hosts since then of which the same is to be said.
#[derive(Default)]
pub struct Alike {
    last: Option<Last>,
    held: Vec<Held>,
}

struct Last {
    label: String,
    said: Said,
}

struct Held {
    host: String,
    label: String,
    owns: Vec<Own>,
}

/// That many hosts are named with how they are reached.
const FEW: usize = 5;

impl Alike {
    /// Writes the section of a host, or remembers that the same is to be said as of the one before.
    pub fn put(
        &mut self,
        page: &mut Page<'_>,
        label: &str,
        section: &str,
        said: Said,
    ) -> io::Result<()> {
        if let Some(owns) = self.last.as_ref().and_then(|last| compare(&last.said, &said)) {
            self.held.push(Held { host: said.name, label: label.to_owned(), owns });
            return Ok(());
        }
        self.end(page)?;
        self.last = Some(Last { label: label.to_owned(), said });
        page.text(section)
    }

    /// Names the hosts that were not shown.
    pub fn end(&mut self, page: &mut Page<'_>) -> io::Result<()> {
        let held = std::mem::take(&mut self.held);
        let Some(last) = self.last.take().filter(|_| !held.is_empty()) else { return Ok(()) };
        let like = &last.said.name;
        let how = match held.iter().all(|held| held.owns.is_empty()) {
            true => "the same",
            false => "with its own values",
        };
        let each = if held.len() == 1 { "" } else { "each " };
        let title = format!("── {} as {like}, {each}{how} ", count(held.len(), "host"));
        let width = page.options().width.min(77);
        let rule = "─".repeat(width.saturating_sub(title.chars().count()));
        page.gap()?;
        page.line(page.paint(Tone::Bold, format!("{title}{rule}").trim_end()))?;
        let is_few = held.len() <= FEW;
        let name = |held: Held| (if is_few { held.label } else { held.host }, held.owns);
        let others: Vec<_> = held.into_iter().map(name).collect();
        put_owns(page, if is_few { &last.label } else { like }, &others)
    }
}

/// What is said of a host or its object, with a stand-in for the name of the host.
pub fn form(said: &str, host: &str) -> String {
    // A number is more likely a value than the name of the host.
    if !host.contains(char::is_alphabetic) {
        return said.to_owned();
    }
    let mut out = String::with_capacity(said.len());
    let mut rest = said;
    while let Some(at) = rest.find(host) {
        let (before, after) = (&rest[..at], &rest[at + host.len()..]);
        let apart = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
        let previous = before.chars().next_back().or(out.chars().next_back());
        out.push_str(before);
        let is_word = apart(previous) && apart(after.chars().next());
        out.push_str(if is_word { "\0" } else { host });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_name_of_a_host_counts_as_its_own() {
        let alike = |a: &str, b: &str, one: &str, other: &str| form(a, one) == form(b, other);
        assert!(alike("write /h1/x", "write /h2/x", "h1", "h2"));
        assert!(!alike("a: all", "b: bll", "a", "b"));
        assert!(!alike("size 3", "size 4", "3", "4"));
        assert!(!alike("h1: size 1", "h2: size 2", "h1", "h2"));
    }
}
