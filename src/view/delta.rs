//! What differs between two values, row by row.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use quorate_engine::value::{Text, Value};
use unicode_width::UnicodeWidthStr;

use super::lines;
use super::made;
use super::meaning::{self, Reading};
use super::page::{Mark, Page, Tone};
use super::sequence;
use super::stand_in::{former, stand_in};
use super::text::count;
use super::value::{
    Names, Place, Typing, brief, close, is_multi_line, one_line, open, put, put_remark,
};

/// The columns of an arrow and the space behind it.
pub const ARROW: usize = 3;

/// Attributes by which a person knows an object: shown although they do not change.
pub const IDENTITY: [&str; 4] = ["host", "id", "name", "path"];

/// Two sets of named values to compare, and how to show them.
#[derive(Clone, Copy, Debug)]
pub struct Comparison<'v> {
    /// Before.
    pub before: &'v BTreeMap<Text, Value>,
    /// After.
    pub after: &'v BTreeMap<Text, Value>,
    /// How names are written.
    pub names: Names,
    /// Names shown although they do not change.
    pub shown: &'v [&'v str],
    /// Names behind which it says that they force a replacement.
    pub forcing: &'v [String],
    /// Texts that are told elsewhere.
    pub told: Told<'v>,
    /// Who says what parts the values have.
    pub typing: Typing,
    /// What one entry is called.
    pub noun: &'static str,
    /// How many more differ and are not shown.
    pub internal: usize,
    /// What its type made of the rest: texts whose values can be told by their paths.
    pub made: &'v [Text],
    /// What is known already of a text that is made only during apply.
    pub coming: Option<(&'v str, &'v str)>,
}

/// Texts that a reader meets at another place, and so need not read twice.
#[derive(Clone, Copy, Debug)]
pub struct Told<'v> {
    /// Their names.
    pub names: &'v [Text],
    /// What is said instead.
    pub remark: &'static str,
}

impl Told<'_> {
    /// None.
    pub const NONE: Told<'static> = Told { names: &[], remark: "" };
}

enum Delta<'v> {
    Same(&'v Value),
    Added(&'v Value),
    Removed(&'v Value),
    Changed(&'v Value, &'v Value),
}

impl<'v> Comparison<'v> {
    /// The parts of two values that are both objects or both maps.
    fn within(before: &'v Value, after: &'v Value, typing: Typing) -> Option<Comparison<'v>> {
        let names = Names::of(before, typing);
        let noun = if names == Names::Quoted { "element" } else { "attribute" };
        let (before, after) = (before.entries()?, after.entries()?);
        Some(Comparison {
            before,
            after,
            names,
            shown: &[],
            forcing: &[],
            told: Told::NONE,
            typing,
            noun,
            internal: 0,
            made: &[],
            coming: None,
        })
    }

    fn delta(&self, name: &Text) -> Option<Delta<'v>> {
        let both = self.before.get(name).zip(self.after.get(name));
        if let Some((before, _)) =
            both.filter(|(a, b)| self.names == Names::Free && a.is_null() && b.is_null())
        {
            return Some(Delta::Same(before));
        }
        let null = |attrs: &'v BTreeMap<Text, Value>, other: &BTreeMap<Text, Value>| {
            let alone = self.names == Names::Free && !other.contains_key(name);
            attrs.get(name).filter(|value| alone || !value.is_null())
        };
        let (before, after) = (null(self.before, self.after), null(self.after, self.before));
        match (before, after) {
            (None, None) => None,
            (None, Some(after)) => Some(Delta::Added(after)),
            (Some(before), None) => Some(Delta::Removed(before)),
            (Some(before), Some(after)) if before == after => Some(Delta::Same(before)),
            (Some(before), Some(after)) => Some(Delta::Changed(before, after)),
        }
    }

    fn deltas(&self) -> Vec<(&'v Text, Delta<'v>)> {
        let names: BTreeSet<&Text> = self.before.keys().chain(self.after.keys()).collect();
        names.into_iter().filter_map(|name| Some((name, self.delta(name)?))).collect()
    }

    fn put_one(
        &self,
        page: &mut Page<'_>,
        at: Place<'_>,
        name: &Text,
        delta: Delta<'_>,
    ) -> io::Result<()> {
        let coming = self.coming.filter(|(coming, _)| **name == **coming).map(|(_, text)| text);
        match (delta, coming) {
            (Delta::Changed(before, after), Some(coming)) if after.is_unknown() => {
                put_arrow_to(page, at.marked(Mark::Change), before, true, coming)
            }
            (Delta::Added(_), Some(coming)) => {
                page.row(at.level, Mark::Add, format!("{}{coming}{}", at.lead, at.tail))
            }
            (Delta::Changed(before, after), _) if self.made.contains(name) => {
                match made::edits(page, before, after) {
                    Some(edits) => made::put(page, at.marked(Mark::Change), before, &edits),
                    None => put_changed(page, at.marked(Mark::Change), before, after),
                }
            }
            (delta, _) => put_delta(page, at, delta),
        }
    }

    fn is_shown(&self, name: &str, delta: &Delta<'_>) -> bool {
        !matches!(delta, Delta::Same(_)) || self.shown.contains(&name)
    }

    fn tail(&self, name: &str) -> &'static str {
        // What forces it may be a part of the attribute: `triggers.a`, `hosts[0]`.
        let is_of = |path: &String| {
            path.strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        if self.forcing.iter().any(is_of) { " # forces replacement" } else { "" }
    }
}

/// Writes what differs between two sets of named values, and counts what does not.
pub fn put_comparison(
    page: &mut Page<'_>,
    level: usize,
    comparison: &Comparison<'_>,
) -> io::Result<()> {
    let hidden = put_changes(page, level, comparison)?;
    put_rest(page, level, comparison, hidden)
}

/// Counts what is not shown.
pub fn put_rest(
    page: &mut Page<'_>,
    level: usize,
    comparison: &Comparison<'_>,
    hidden: usize,
) -> io::Result<()> {
    match (hidden, comparison.internal) {
        (_, 0) => put_hidden(page, level, hidden, comparison.noun),
        (0, internal) => {
            let internal = count(internal, &format!("changed internal {}", comparison.noun));
            put_remark(page, level, &format!("({internal} hidden)"))
        }
        (hidden, internal) => {
            let hidden = count(hidden, &format!("unchanged {}", comparison.noun));
            put_remark(page, level, &format!("({hidden} and {internal} changed internal hidden)"))
        }
    }
}

/// Writes the rows that are shown; how many are not comes back.
pub fn put_changes(
    page: &mut Page<'_>,
    level: usize,
    comparison: &Comparison<'_>,
) -> io::Result<usize> {
    let deltas = comparison.deltas();
    let all = deltas.len();
    let shown: Vec<_> = deltas.into_iter().filter(|(n, d)| comparison.is_shown(n, d)).collect();
    let width = shown.iter().map(|(n, _)| comparison.names.width(n)).max().unwrap_or(0);
    let hidden = all - shown.len();
    for (name, delta) in shown {
        let lead = comparison.names.lead(name, width);
        let tail = comparison.tail(name);
        let at = Place::bare(level, Mark::Same, comparison.typing);
        let place = Place { lead: &lead, tail, ..at };
        match comparison.told.names.contains(name) {
            true => put_told(page, place, delta, comparison.told.remark)?,
            false => comparison.put_one(page, place, name, delta)?,
        }
    }
    Ok(hidden)
}

/// Writes what differs between two sets of named values, and nothing of the rest.
pub fn put_differences(
    page: &mut Page<'_>,
    level: usize,
    before: &BTreeMap<Text, Value>,
    after: &BTreeMap<Text, Value>,
) -> io::Result<()> {
    let names = Names::Bare;
    let (shown, noun) = (&[], "attribute");
    let comparison = Comparison {
        before,
        after,
        names,
        shown,
        forcing: &[],
        told: Told::NONE,
        typing: Typing::Declared,
        noun,
        internal: 0,
        made: &[],
        coming: None,
    };
    put_changes(page, level, &comparison).map(drop)
}

/// Says how many rows were left out, if any were.
pub fn put_hidden(page: &mut Page<'_>, level: usize, hidden: usize, noun: &str) -> io::Result<()> {
    if hidden == 0 {
        return Ok(());
    }
    put_remark(page, level, &format!("({} hidden)", count(hidden, &format!("unchanged {noun}"))))
}

fn put_told(page: &mut Page<'_>, at: Place<'_>, delta: Delta<'_>, remark: &str) -> io::Result<()> {
    let (mark, value) = match delta {
        Delta::Same(value) => (Mark::Same, value),
        Delta::Added(value) => (Mark::Add, value),
        Delta::Removed(value) => (Mark::Remove, value),
        Delta::Changed(before, _) => (Mark::Change, before),
    };
    let remark = page.paint(Tone::Dim, format!("# {remark}"));
    page.row(at.level, mark, format!("{}{} {remark}", at.lead, brief(value)))
}

fn put_delta(page: &mut Page<'_>, at: Place<'_>, delta: Delta<'_>) -> io::Result<()> {
    match delta {
        Delta::Same(value) => put(page, at, value),
        Delta::Added(value) => put(page, at.marked(Mark::Add), value),
        Delta::Removed(value) => put_removed(page, at.marked(Mark::Remove), value),
        Delta::Changed(before, after) => put_changed(page, at.marked(Mark::Change), before, after),
    }
}

fn put_removed(page: &mut Page<'_>, at: Place<'_>, value: &Value) -> io::Result<()> {
    let tail = format!(" -> null{}", at.tail);
    put(page, Place { tail: &tail, ..at }, value)
}

/// Writes a value that changes to another.
pub fn put_changed(
    page: &mut Page<'_>,
    at: Place<'_>,
    before: &Value,
    after: &Value,
) -> io::Result<()> {
    let secret = (before.unmark().1.sensitive, after.unmark().1.sensitive);
    if secret != (false, false) {
        return put_sensitive(page, at, secret.0, secret.1);
    }
    if let Some(parts) = Comparison::within(before, after, at.typing) {
        open(page, at, "{")?;
        put_comparison(page, at.level + 1, &parts)?;
        return close(page, at, "}");
    }
    if let (Some(old), Some(new)) = (before.elements(), after.elements()) {
        return sequence::put_elements(page, at, old, new);
    }
    if let Some((old, new)) = text_lines(before, after) {
        return put_texts(page, at, old, new);
    }
    put_arrow(page, at, before, after)
}

/// Two texts that are compared line by line.
pub fn text_lines<'v>(before: &'v Value, after: &'v Value) -> Option<(&'v str, &'v str)> {
    let (old, new) = (before.as_str()?, after.as_str()?);
    let by_line = is_multi_line(old) || is_multi_line(new);
    (by_line && stand_in(old).is_none() && stand_in(new).is_none()).then_some((old, new))
}

fn put_arrow(page: &mut Page<'_>, at: Place<'_>, before: &Value, after: &Value) -> io::Result<()> {
    match one_line(after) {
        Some(new) => put_arrow_to(page, at, before, after.is_unknown(), &new),
        None => {
            let arrow = page.paint(Tone::Change, "->");
            let lead = format!("{}{} {arrow} ", at.lead, brief(before));
            put(page, Place { lead: &lead, ..at }, after)
        }
    }
}

fn put_arrow_to(
    page: &mut Page<'_>,
    at: Place<'_>,
    before: &Value,
    is_later: bool,
    new: &str,
) -> io::Result<()> {
    let former = before.as_str().filter(|_| is_later).and_then(former);
    let old = former.unwrap_or_else(|| brief(before));
    let arrow = page.paint(Tone::Change, "->");
    let lead = at.lead.width();
    let width = 4 * at.level + 4 + lead + old.width() + 4 + new.width() + at.tail.width();
    if width <= page.options().width || lead < ARROW {
        return page.row(at.level, at.mark, format!("{}{old} {arrow} {new}{}", at.lead, at.tail));
    }
    page.row(at.level, at.mark, format!("{}{old}", at.lead))?;
    let indent = lead - ARROW;
    page.row(at.level, Mark::Same, format!("{:indent$}{arrow} {new}{}", "", at.tail))
}

/// A change of which neither side may be shown: what is secret on one side is likely the same
/// secret on the other.
fn put_sensitive(page: &mut Page<'_>, at: Place<'_>, before: bool, after: bool) -> io::Result<()> {
    let remark = match (before, after) {
        (true, false) => "no longer sensitive",
        (false, true) => "now sensitive",
        _ => "changed",
    };
    let remark = page.paint(Tone::Dim, format!("# {remark}"));
    page.row(at.level, at.mark, format!("{}(sensitive value){} {remark}", at.lead, at.tail))
}

fn put_texts(page: &mut Page<'_>, at: Place<'_>, old: &str, new: &str) -> io::Result<()> {
    match meaning::read(old, new) {
        Reading::Verbatim => lines::put(page, at, old, new),
        Reading::Normal(old, new) => {
            let tail = format!("{} # keys sorted to compare", at.tail);
            lines::put(page, Place { tail: &tail, ..at }, &old, &new)
        }
        Reading::Same => {
            let (old, remark) = (brief(&old.into()), "# says the same, written otherwise");
            let remark = page.paint(Tone::Dim, remark);
            page.row(at.level, at.mark, format!("{}{old}{} {remark}", at.lead, at.tail))
        }
    }
}
