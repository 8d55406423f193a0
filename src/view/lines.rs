//! What differs between two texts, line by line, with the words that changed.

use std::io;

use similar::{ChangeTag, TextDiff};

use super::delta::put_hidden;
use super::page::{Mark, Page, Tone};
use super::text::clean;
use super::value::{Place, close, open, put_remark};

/// How many unchanged lines are shown around a changed one.
const CONTEXT: usize = 3;

/// Writes a unified diff of two texts, with the words that changed emphasised.
pub fn put(page: &mut Page<'_>, at: Place<'_>, old: &str, new: &str) -> io::Result<()> {
    let diff = TextDiff::from_lines(old, new);
    let lines = old.lines().count();
    open(page, at, "<<-EOT")?;
    let mut seen = 0;
    for group in diff.grouped_ops(CONTEXT) {
        let start = group.first().map_or(seen, |op| op.old_range().start);
        put_hidden(page, at.level + 1, start.saturating_sub(seen), "line")?;
        seen = group.last().map_or(seen, |op| op.old_range().end);
        for op in &group {
            put_line_changes(page, at.level + 1, &diff, op)?;
        }
    }
    put_hidden(page, at.level + 1, lines.saturating_sub(seen), "line")?;
    put_final_newline(page, at.level + 1, old, new)?;
    close(page, at, "EOT")
}

fn put_line_changes(
    page: &mut Page<'_>,
    level: usize,
    diff: &TextDiff<'_, '_, str>,
    op: &similar::DiffOp,
) -> io::Result<()> {
    // Looking for changed words costs time, and only colours can show them.
    if !page.options().color {
        for change in diff.iter_changes(op) {
            put_line(page, level, change.tag(), &[(false, change.value())])?;
        }
        return Ok(());
    }
    for change in diff.iter_inline_changes(op) {
        put_line(page, level, change.tag(), change.values())?;
    }
    Ok(())
}

fn put_line(
    page: &mut Page<'_>,
    level: usize,
    tag: ChangeTag,
    parts: &[(bool, &str)],
) -> io::Result<()> {
    let (mark, words) = match tag {
        ChangeTag::Equal => (Mark::Same, Tone::Dim),
        ChangeTag::Insert => (Mark::Add, Tone::AddedWords),
        ChangeTag::Delete => (Mark::Remove, Tone::RemovedWords),
    };
    let mut text = String::new();
    for (emphasised, part) in parts {
        let part = clean(part.trim_end_matches(['\n', '\r']));
        match emphasised {
            true if !part.is_empty() => text.push_str(&page.paint(words, part)),
            _ => text.push_str(&part),
        }
    }
    page.row(level, mark, text)
}

/// A line break at the end is invisible, so a change of it is said in words.
fn put_final_newline(page: &mut Page<'_>, level: usize, old: &str, new: &str) -> io::Result<()> {
    match (old.ends_with('\n'), new.ends_with('\n')) {
        (true, false) => put_remark(page, level, "(no line break at the end any more)"),
        (false, true) => put_remark(page, level, "(now with a line break at the end)"),
        _ => Ok(()),
    }
}
