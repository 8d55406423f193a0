//! Hosts on which the same happens: where they are many, they are only named.

use std::io;

use crate::view::page::{Page, Tone};
use crate::view::text::{clean, wrap};

/// The last section that was shown, and the hosts since then of which the same is to be said.
#[derive(Default)]
pub struct Alike {
    last: Option<(String, String)>,
    held: Vec<Held>,
}

struct Held {
    host: String,
    label: String,
    section: String,
}

/// Fewer hosts than these are shown rather than named.
const MANY: usize = 2;

/// That many hosts are named with how they are reached.
const FEW: usize = 5;

impl Alike {
    /// Writes the section of a host, or remembers that the same is to be said as of the one before:
    /// `said` is what is told of its objects.
    pub fn put(
        &mut self,
        page: &mut Page<'_>,
        host: &str,
        label: &str,
        section: &str,
        said: &str,
    ) -> io::Result<()> {
        let host = clean(host).into_owned();
        let form = form(said, &host);
        if self.last.as_ref().is_some_and(|(_, last)| *last == form) {
            self.held.push(Held { host, label: label.to_owned(), section: section.to_owned() });
            return Ok(());
        }
        self.end(page)?;
        self.last = Some((host, form));
        page.text(section)
    }

    /// Names the hosts that were not shown.
    pub fn end(&mut self, page: &mut Page<'_>) -> io::Result<()> {
        let held = std::mem::take(&mut self.held);
        let Some((like, _)) = self.last.take().filter(|_| held.len() >= MANY) else {
            return held.iter().try_for_each(|held| page.text(&held.section));
        };
        let title = format!("── {} hosts as {like}, each the same ", held.len());
        let width = page.options().width.min(77);
        let rule = "─".repeat(width.saturating_sub(title.chars().count()));
        page.gap()?;
        page.line(page.paint(Tone::Bold, format!("{title}{rule}").trim_end()))?;
        page.gap()?;
        let is_few = held.len() <= FEW;
        let name = |held: Held| if is_few { held.label } else { held.host };
        let names: Vec<String> = held.into_iter().map(name).collect();
        for line in wrap(&names.join(", "), width - 4) {
            page.line(format!("    {line}"))?;
        }
        Ok(())
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
