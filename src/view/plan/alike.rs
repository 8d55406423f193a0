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
    pub fn put(&mut self, page: &mut Page<'_>, host: &str, section: &str) -> io::Result<()> {
        let host = clean(host).into_owned();
        // Two sections are alike where one is the other with the name of its own host.
        let form = section.replace(&host, "\0");
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
