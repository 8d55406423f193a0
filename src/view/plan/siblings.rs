//! Objects of one block that change alike: the first is shown whole, of the others what differs.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io;

use quorate_engine::addr::{ConfigAddr, InstanceAddr};
use quorate_engine::plan::PlannedObject;

use super::alike::form;
use super::sections::host_of;
use crate::view::page::{Mark, Page};
use crate::view::text::clean;
use crate::view::value::put_remark;

/// A shorter body that differs is shown whole: it is read as quickly as a comparison.
const SHORT: usize = 8;

/// A shorter body is shown whole always.
const SHORTEST: usize = 5;

/// The first object of each block and kind of change, with the lines of its body.
#[derive(Default)]
pub struct Siblings<'p> {
    first: HashMap<(ConfigAddr, Mark), (&'p InstanceAddr, First)>,
}

/// The lines of a body that others are compared with, and the same with a stand-in for the name of
/// the object's host.
struct First {
    lines: Vec<String>,
    forms: Vec<String>,
}

impl First {
    fn of(lines: &[&str], form: &str) -> First {
        let lines = lines.iter().map(|line| (*line).to_owned()).collect();
        First { lines, forms: form.lines().map(str::to_owned).collect() }
    }
}

impl<'p> Siblings<'p> {
    /// Writes the body of an object, or how it differs from that of its first sibling.
    pub fn put(
        &mut self,
        page: &mut Page<'_>,
        mark: Mark,
        object: &'p PlannedObject,
        body: &str,
    ) -> io::Result<()> {
        if mark == Mark::Add && !is_repeated(object) {
            return page.text(body);
        }
        let lines: Vec<&str> = body.lines().collect();
        let family = (object.addr.config(), mark);
        let shape = || host_of(object).map_or(body.into(), |host| form(body, &clean(host)));
        let Some((first, alike)) = self.first.get(&family) else {
            if lines.len() >= SHORTEST {
                self.first.insert(family, (&object.addr, First::of(&lines, &shape())));
            }
            return page.text(body);
        };
        match differing(alike, &lines, shape).map(|own| telling_of(mark, &lines, &own)) {
            Some(own) if own.is_empty() || lines.len() >= SHORT => {
                put_differing(page, first, &lines, &own)
            }
            _ => page.text(body),
        }
    }

    /// Compares nothing more with these objects, because they are not shown.
    pub fn forget(&mut self, objects: &[&PlannedObject]) {
        if self.first.is_empty() {
            return;
        }
        let gone: HashSet<&InstanceAddr> = objects.iter().map(|object| &object.addr).collect();
        self.first.retain(|_, (first, _)| !gone.contains(first));
    }
}

/// Whether there may be another object of the same block.
fn is_repeated(object: &PlannedObject) -> bool {
    object.addr.key.is_some() || object.addr.module.0.iter().any(|(_, key)| key.is_some())
}

/// The numbers of the lines that differ in more than the name of their host; none where most do, or
/// where lines came or went. The `shape` of a body has a stand-in for that name.
fn differing(first: &First, lines: &[&str], shape: impl FnOnce() -> String) -> Option<Vec<usize>> {
    if first.lines.len() != lines.len() {
        return None;
    }
    let all = 0..lines.len();
    let mut own: Vec<usize> = all.filter(|index| first.lines[*index] != lines[*index]).collect();
    if !own.is_empty() {
        let shape = shape();
        let forms: Vec<&str> = shape.lines().collect();
        own.retain(|at| first.forms.get(*at).map(String::as_str) != forms.get(*at).copied());
    }
    (own.len() * 2 <= lines.len()).then_some(own)
}

/// The lines of a body which say what happens.
pub fn telling(mark: Mark, lines: &[String]) -> BTreeSet<usize> {
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let all: Vec<usize> = (0..lines.len()).collect();
    telling_of(mark, &lines, &all).into_iter().collect()
}

/// The same of those among them that differ.
fn telling_of(mark: Mark, lines: &[&str], own: &[usize]) -> Vec<usize> {
    // What stands around a change is not the change.
    let tells = |line: &str| match mark {
        Mark::Add | Mark::Remove | Mark::Read => !names_host(line),
        _ => has_symbol(line) || goes_on(line),
    };
    own.iter().copied().filter(|index| tells(lines[*index])).collect()
}

fn put_differing(
    page: &mut Page<'_>,
    first: &InstanceAddr,
    lines: &[&str],
    own: &[usize],
) -> io::Result<()> {
    let but = if own.is_empty() { "" } else { ", but:" };
    put_remark(page, 0, &format!("(as {first}{but})"))?;
    for index in with_openers(lines, own) {
        page.text(&format!("{}\n", lines[index]))?;
    }
    Ok(())
}

/// Whether a row goes on with a change of the row before, or with what is said of one.
fn goes_on(line: &str) -> bool {
    let plain = plain(line);
    let text = plain.trim_start();
    let said_of_all =
        text.starts_with("# (") && (!text.contains(" unchanged ") || text.contains(" changed "));
    said_of_all || text.starts_with("-> ")
}

/// The host of what comes or goes is in the heading above.
fn names_host(line: &str) -> bool {
    let text = plain(line).trim_start_matches([' ', '+', '-']).to_owned();
    indent(line) == 8 && text.split_once('=').is_some_and(|(name, _)| name.trim_end() == "host")
}

/// The lines together with those that open what they are in, in their order.
fn with_openers(lines: &[&str], own: &[usize]) -> BTreeSet<usize> {
    let indents: Vec<usize> = lines.iter().map(|line| indent(line)).collect();
    let mut shown = BTreeSet::new();
    for index in own {
        let mut depth = indents[*index];
        shown.insert(*index);
        for above in (1..*index).rev() {
            if indents[above] < depth {
                depth = indents[above];
                // Above what is shown already, all that it is in is shown too.
                if !shown.insert(above) {
                    break;
                }
            }
        }
    }
    shown
}

/// The column at which what a line says begins, behind its symbol and whatever colours it.
fn indent(line: &str) -> usize {
    let plain = plain(line);
    let text = plain.trim_start_matches([' ', '+', '-', '~', '/', '<', '=', '.']);
    plain.len() - text.len()
}

/// Whether a row has a symbol in front: see [`Page::row`].
fn has_symbol(line: &str) -> bool {
    let plain = plain(line);
    let column = plain.len() - plain.trim_start().len();
    column % 4 == 2
        && matches!(plain.as_bytes().get(column..column + 2), Some(b"+ " | b"- " | b"~ "))
}

fn plain(line: &str) -> String {
    anstream::adapter::strip_str(line).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<&str> {
        text.lines().collect()
    }

    #[test]
    fn lines_are_shown_with_what_they_are_in() {
        let body = lines(
            "  + resource {\n      + a = {\n          + b = {\n              + c = 1\n            }\n          \
             + d = 2\n        }\n      + e = 3\n    }",
        );
        let shown = |own: &[usize]| with_openers(&body, own).into_iter().collect::<Vec<_>>();
        assert_eq!(shown(&[3]), [1, 2, 3]);
        assert_eq!(shown(&[3, 5]), [1, 2, 3, 5]);
        assert_eq!(shown(&[7]), [7]);
    }

    fn first(text: &str, host: &str) -> First {
        First::of(&lines(text), &form(text, host))
    }

    #[test]
    fn what_is_not_alike_is_not_compared() {
        let first = first("a\nb\nc\nd", "h1");
        let own = |text: &str| differing(&first, &lines(text), || form(text, "h2"));
        assert_eq!(own("a\nb\nc\nx"), Some(vec![3]));
        assert_eq!(own("x\ny\nz\nd"), None);
        assert_eq!(own("a\nb\nc"), None);
    }

    #[test]
    fn the_names_of_hosts_are_no_difference() {
        let first = first("name = h1\nall = h1,h2\nh1: x\nh1", "h1");
        let text = "name = h2\nall = h1,h2\nh1: x\nh3";
        assert_eq!(differing(&first, &lines(text), || form(text, "h2")), Some(vec![3]));
    }
}
