//! Hosts on which the same happens: where they are many, they are only named.

use std::io;

use crate::view::page::{Page, Tone};
use crate::view::text::{clean, wrap};

/// The last section that was shown, and the hosts since then whose sections say the same.
#[derive(Default)]
pub struct Alike {
    last: Option<(String, String)>,
    held: Vec<(String, String)>,
}

/// Fewer hosts than these are shown rather than named.
const MANY: usize = 3;

impl Alike {
    /// Writes the section of a host, or remembers that it is like the one before.
    pub fn put(
        &mut self,
        page: &mut Page<'_>,
        host: &str,
        label: &str,
        section: &str,
    ) -> io::Result<()> {
        let host = clean(host).into_owned();
        let form = form(section, &host, label);
        if self.last.as_ref().is_some_and(|(_, last)| *last == form) {
            self.held.push((host, section.to_owned()));
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
            return held.iter().try_for_each(|(_, section)| page.text(section));
        };
        let title = format!("── {} hosts as {like}, each the same ", held.len());
        let width = page.options().width.min(77);
        let rule = "─".repeat(width.saturating_sub(title.chars().count()));
        page.gap()?;
        page.line(page.paint(Tone::Bold, format!("{title}{rule}").trim_end()))?;
        page.gap()?;
        let names: Vec<String> = held.into_iter().map(|(host, _)| host).collect();
        for line in wrap(&names.join(", "), width - 4) {
            page.line(format!("    {line}"))?;
        }
        Ok(())
    }
}

/// Two sections are alike where one is the other with the name of its own host, and the address
/// in its heading.
fn form(section: &str, host: &str, label: &str) -> String {
    let section = section.replacen(label, "\0", 1);
    // A number is more likely a value than the name of the host.
    if !host.contains(char::is_alphabetic) {
        return section;
    }
    let mut out = String::with_capacity(section.len());
    let mut rest = &*section;
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
        let alike =
            |a: &str, b: &str, one: &str, other: &str| form(a, one, one) == form(b, other, other);
        assert!(alike("── h1 ─ write /h1/x", "── h2 ─ write /h2/x", "h1", "h2"));
        assert!(!alike("── a ─ all", "── b ─ bll", "a", "b"));
        assert!(!alike("── 3 ─ size 3", "── 4 ─ size 4", "3", "4"));
        assert!(!alike("── h1 ─ size 1", "── h2 ─ size 2", "h1", "h2"));
        let heading = |host: &str, ip: &str| format!("── {host} (ssh {ip}) ─ write");
        let (one, other) = (heading("h1", "10.0.0.1"), heading("h2", "10.0.0.2"));
        assert_eq!(form(&one, "h1", "h1 (ssh 10.0.0.1)"), form(&other, "h2", "h2 (ssh 10.0.0.2)"));
    }
}
