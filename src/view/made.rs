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
pub fn put(page: &mut Page<'_>, at: Place<'_>, before: &Value, edits: &[Edit]) -> io::Result<()> {
    let size = page.paint(Tone::Dim, format!("{}, of which:", brief(before)));
    page.row(at.level, at.mark, format!("{}{size}{}", at.lead, at.tail))?;
    for group in edits.chunk_by(|a, b| item(&a.path) == item(&b.path)) {
        let within = group.first().and_then(|first| item(&first.path));
        match within.filter(|_| group.len() >= SEVERAL) {
            None => put_each(page, at.level + 1, "", group)?,
            Some(within) => {
                page.row(at.level + 1, Mark::Same, format!("{}:", clean(within)))?;
                put_each(page, at.level + 2, within, group)?;
            }
        }
    }
    Ok(())
}

/// So many changes of one item are written below its path.
const SEVERAL: usize = 3;

/// The item of a list that a path leads into: `spec.containers[etcd]`.
fn item(path: &str) -> Option<&str> {
    let end = path.find(']')? + 1;
    path.get(..end).filter(|item| item.len() < path.len())
}

/// Writes changes of what is within a path; those that are the same are one row.
fn put_each(page: &mut Page<'_>, level: usize, within: &str, edits: &[Edit]) -> io::Result<()> {
    let mut rows: Vec<(Vec<&str>, &Edit)> = Vec::new();
    for edit in edits {
        let path = edit.path.strip_prefix(within).unwrap_or(&edit.path).trim_start_matches('.');
        let same = |row: &&mut (Vec<&str>, &Edit)| {
            edit.old.is_some()
                && edit.new.is_some()
                && (&row.1.old, &row.1.new) == (&edit.old, &edit.new)
        };
        match rows.iter_mut().find(same) {
            Some((paths, _)) if fits(page, level, paths, path, edit) => paths.push(path),
            _ => rows.push((vec![path], edit)),
        }
    }
    for (paths, Edit { old, new, .. }) in rows {
        let lead = format!("{}: ", clean(&paths.join(", ")));
        let text = |value: &Option<String>| value.as_deref().map(|text| clean(text).into_owned());
        match (text(old), text(new)) {
            (Some(old), Some(new)) => put_edit(page, level, &lead, &old, &new)?,
            (Some(old), None) => page.row(level, Mark::Remove, format!("{lead}{old}"))?,
            (None, new) => {
                page.row(level, Mark::Add, format!("{lead}{}", new.unwrap_or_default()))?
            }
        }
    }
    Ok(())
}

/// Whether one more path fits into the row of a change.
fn fits(page: &Page<'_>, level: usize, paths: &[&str], path: &str, edit: &Edit) -> bool {
    let width = |text: &str| clean(text).width() + 2;
    let values = [&edit.old, &edit.new].into_iter().flatten().map(|text| width(text) + 2);
    let paths = paths.iter().map(|path| width(path)).sum::<usize>() + width(path);
    4 * level + 4 + paths + values.sum::<usize>() <= page.options().width
}

fn put_edit(page: &mut Page<'_>, level: usize, lead: &str, old: &str, new: &str) -> io::Result<()> {
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
