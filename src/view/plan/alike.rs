//! Hosts on which the same happens: after the first two, they are only named.

use std::io;

use crate::view::page::{Page, Tone};
use crate::view::text::{clean, wrap};

/// The last section that was shown, and the hosts since then whose sections say the same.
#[derive(Default)]
pub struct Alike {
    last: Option<(String, String)>,
    named: Vec<String>,
}

impl Alike {
    /// Writes the section of a host, or remembers that it is like the one before.
    pub fn put(&mut self, page: &mut Page<'_>, host: &str, section: &str) -> io::Result<()> {
        let host = clean(host).into_owned();
        // Two sections are alike where one is the other with the name of its own host.
        let form = section.replace(&host, "\0");
        if self.last.as_ref().is_some_and(|(_, last)| *last == form) {
            self.named.push(host);
            return Ok(());
        }
        self.end(page)?;
        self.last = Some((host, form));
        page.text(section)
    }

    /// Names the hosts that were not shown.
    pub fn end(&mut self, page: &mut Page<'_>) -> io::Result<()> {
        let Some((like, _)) = self.last.take().filter(|_| !self.named.is_empty()) else {
            return Ok(());
        };
        let count = self.named.len();
        let title = match count {
            1 => format!("── 1 host as {like} "),
            _ => format!("── {count} hosts as {like}, each the same "),
        };
        let width = page.options().width.min(77);
        let rule = "─".repeat(width.saturating_sub(title.chars().count()));
        page.gap()?;
        page.line(page.paint(Tone::Bold, format!("{title}{rule}").trim_end()))?;
        page.gap()?;
        for line in wrap(&std::mem::take(&mut self.named).join(", "), width - 4) {
            page.line(format!("    {line}"))?;
        }
        Ok(())
    }
}
