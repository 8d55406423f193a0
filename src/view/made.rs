//! A text that a resource type makes of the rest, told by the values that differ in it.

use std::io;

use quorate_engine::value::Value;
use unicode_width::UnicodeWidthStr as _;

use super::delta::{ARROW, text_lines};
use super::page::{Detail, Mark, Page, Tone};
use super::paths::{self, Edit};
use super::text::clean;
use super::value::{Place, brief};

/// The values that differ in two texts that were made of the rest, where a page is for reviewers.
pub fn edits(page: &Page<'_>, before: &Value, after: &Value) -> Option<Vec<Edit>> {
    let secret = before.has_sensitive() || after.has_sensitive();
    if page.options().detail != Detail::Brief || secret {
        return None;
    }
    let (old, new) = text_lines(before, after)?;
    paths::edits(old, new)
}

/// Writes the values that differ in a text, each with its path.
pub fn put(
    page: &mut Page<'_>,
    at: Place<'_>,
    before: &Value,
    edits: &[Edit],
) -> io::Result<()> {
    let remark = page.paint(Tone::Dim, format!("# of {}", brief(before).trim_matches(['(', ')'])));
    page.row(at.level, at.mark, format!("{}{remark}{}", at.lead, at.tail))?;
    for Edit { path, old, new } in edits {
        let lead = format!("{}: ", clean(path));
        let text = |value: &Option<String>| value.as_deref().map(|text| clean(text).into_owned());
        match (text(old), text(new)) {
            (Some(old), Some(new)) => put_edit(page, at.level + 1, &lead, &old, &new)?,
            (Some(old), None) => page.row(at.level + 1, Mark::Remove, format!("{lead}{old}"))?,
            (None, new) => {
                page.row(at.level + 1, Mark::Add, format!("{lead}{}", new.unwrap_or_default()))?;
            }
        }
    }
    Ok(())
}

fn put_edit(
    page: &mut Page<'_>,
    level: usize,
    lead: &str,
    old: &str,
    new: &str,
) -> io::Result<()> {
    let arrow = page.paint(Tone::Change, "->");
    let width = 4 * level + 8 + lead.width() + old.width() + new.width();
    if width <= page.options().width {
        return page.row(level, Mark::Change, format!("{lead}{old} {arrow} {new}"));
    }
    page.row(level, Mark::Change, format!("{lead}{old}"))?;
    let indent = lead.width().saturating_sub(ARROW);
    let fits = 4 * level + 4 + indent + ARROW + new.width() <= page.options().width;
    let indent = if fits { indent } else { ARROW };
    page.row(level, Mark::Same, format!("{:indent$}{arrow} {new}", ""))
}
