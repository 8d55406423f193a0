//! Objects of which only the state records something anew: those that do so alike are one block.

use std::io;

use quorate_engine::addr::{ConfigAddr, InstanceAddr};

use super::likeness::{put_list, ranges};
use super::object::Drawn;
use crate::view::page::{Page, Tone};
use crate::view::text::clean;

/// The objects so far, those of which the same is said together.
#[derive(Default)]
pub struct Recorded<'p>(Vec<Vec<Drawn<'p>>>);

impl<'p> Recorded<'p> {
    /// Takes an object.
    pub fn add(&mut self, drawn: Drawn<'p>) {
        let same = |group: &&mut Vec<Drawn<'p>>| {
            group.first().is_some_and(|first| first.reasons_and_body() == drawn.reasons_and_body())
        };
        match self.0.iter_mut().find(same) {
            Some(group) => group.push(drawn),
            None => self.0.push(vec![drawn]),
        }
    }

    /// Writes all of them.
    pub fn end(self, page: &mut Page<'_>) -> io::Result<()> {
        self.0.iter().try_for_each(|group| match group.as_slice() {
            [one] => one.put_whole(page),
            many => put_group(page, many),
        })
    }
}

fn put_group(page: &mut Page<'_>, group: &[Drawn<'_>]) -> io::Result<()> {
    let Some(first) = group.first() else { return Ok(()) };
    page.gap()?;
    let title = format!("# {} objects {}", group.len(), first.verdict());
    page.line(format!("  {}", page.paint(Tone::Bold, title)))?;
    let (reasons, body) = first.reasons_and_body();
    page.text(reasons)?;
    page.text(body)?;
    for (keys, blocks) in addresses(group.iter().map(Drawn::addr)) {
        let lead =
            if keys.is_empty() { String::new() } else { format!("[{}] of", keys.join(", ")) };
        put_list(page, &lead, &blocks)?;
    }
    Ok(())
}

/// Addresses by the keys that they have: `["x", "y"]` of `a.b`, `a.c`.
fn addresses<'a>(all: impl Iterator<Item = &'a InstanceAddr>) -> Vec<(Vec<String>, Vec<String>)> {
    let mut blocks: Vec<((ConfigAddr, String), Vec<String>)> = Vec::new();
    for addr in all {
        let whole = addr.to_string();
        let key = addr.key.as_ref().map(ToString::to_string).unwrap_or_default();
        let block = (addr.config(), whole.strip_suffix(&key).unwrap_or(&whole).to_owned());
        let key = key.trim_start_matches('[').trim_end_matches(']').to_owned();
        match blocks.iter_mut().find(|(known, _)| *known == block) {
            Some((_, keys)) => keys.push(key),
            None => blocks.push((block, vec![key])),
        }
    }
    let mut by_keys: Vec<(Vec<String>, Vec<String>)> = Vec::new();
    for ((_, block), keys) in blocks {
        let keys: Vec<String> = keys.into_iter().filter(|key| !key.is_empty()).collect();
        let keys = ranges(keys.iter().map(|key| clean(key).into_owned()).collect());
        let block = clean(&block).into_owned();
        match by_keys.iter_mut().find(|(known, _)| *known == keys) {
            Some((_, blocks)) => blocks.push(block),
            None => by_keys.push((keys, vec![block])),
        }
    }
    by_keys
}
