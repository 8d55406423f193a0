//! The attributes of an object as a reviewer reads them: what was decided, and not what follows from
//! it, is as usual, or stands in the heading, the address or a step anyway.

use std::collections::BTreeMap;
use std::io;

use quorate_engine::addr::Key;
use quorate_engine::plan::PlannedObject;
use quorate_engine::schema::{Attr, Audience, Role};
use quorate_engine::value::{Text, Value};
use quorate_engine::world::Op;
use unicode_width::UnicodeWidthStr as _;

use super::object::aside;
use super::sections::{Where, host_of, place};
use super::unsaid::{self, schema, typing};
use crate::view::delta::{Comparison, IDENTITY, Told, put_changes};
use crate::view::page::{Mark, Page};
use crate::view::stand_in::{coming, names_of};
use crate::view::text::{count, wrap};
use crate::view::value::{
    Names, Place, Shown, brief, inline, is_multi_line, put_attrs, put_remark,
};

/// How many attributes are not shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hidden {
    /// As before.
    pub unchanged: usize,
    /// At their defaults, or made of what is shown.
    pub follow: usize,
}

impl Hidden {
    /// Both together.
    pub fn and(self, other: Hidden) -> Hidden {
        Hidden { unchanged: self.unchanged + other.unchanged, follow: self.follow + other.follow }
    }
}

/// Writes the attributes of an object that comes.
pub fn put_new(page: &mut Page<'_>, object: &PlannedObject, value: &Value) -> io::Result<Hidden> {
    let Some(attrs) = value.entries() else { return Ok(Hidden::default()) };
    let kind = &object.addr.block.kind;
    let schema = schema(kind);
    let coming = coming(kind, value);
    let is_coming = |name: &str| coming.is_some() && name == "certificate_pem";
    let says = |name: &Text, value: &Value| {
        is_coming(name)
            || match schema.and_then(|schema| schema.attr(name)) {
                Some(attr) => {
                    decides(attr, value) && !is_open(value) && !is_said(object, name, value)
                }
                None => true,
            }
    };
    let (said, hidden) = said_of(attrs, says);
    let made =
        |name: &str| schema.and_then(|s| s.attr(name)).is_some_and(|a| a.role == Role::Computed);
    let room = room(page, &said);
    let fits = coming.as_ref().is_some_and(|coming| coming.text.width() <= room);
    put_attrs(
        page,
        Place::bare(1, Mark::Add, typing(kind)),
        &said,
        &|name, value| match &coming {
            Some(coming) if is_coming(name) && fits => Shown::Line(coming.text.clone()),
            Some(_) if is_coming(name) => Shown::Whole,
            _ if made(name) => Shown::Line(brief(value)),
            _ => inline(value, typing(kind), room).map_or(Shown::Whole, Shown::Line),
        },
    )?;
    match coming {
        Some(coming) if fits => put_names(page, &coming.names)?,
        Some(coming) => {
            put_wrapped(page, &coming.brief())?;
            put_names(page, &coming.names)?;
        }
        None => {}
    }
    Ok(hidden)
}

/// The attributes that are there and say something, and how many of those there say nothing.
fn said_of(
    attrs: &BTreeMap<Text, Value>,
    says: impl Fn(&Text, &Value) -> bool,
) -> (BTreeMap<Text, Value>, Hidden) {
    let there = || attrs.iter().filter(|(_, value)| !value.is_null());
    let said: BTreeMap<_, _> = there()
        .filter(|(name, value)| says(name, value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let follow = there().count() - said.len();
    (said, Hidden { unchanged: 0, follow })
}

/// Whether a value has parts of which none is known.
fn is_open(value: &Value) -> bool {
    let open = |part: &Value| part.is_unknown() || is_open(part);
    value.entries().is_some_and(|entries| !entries.is_empty() && entries.values().all(open))
}

/// Whether an attribute of an object that comes says what no other says.
fn decides(attr: &Attr, value: &Value) -> bool {
    let is_usual = matches!(&attr.role, Role::Optional(default) if default == value);
    match attr.role {
        _ if is_usual || attr.audience == Audience::Engine => false,
        // That a text is made is worth a line, though not the text.
        Role::Computed => value.as_str().is_some_and(is_multi_line),
        _ => true,
    }
}

/// Whether a value stands in the heading, in the address or in a step of its object.
fn is_said(object: &PlannedObject, name: &str, value: &Value) -> bool {
    if value.unmark().1.sensitive {
        return false;
    }
    if name == "host" {
        let is_here = matches!(place(object), Where::Host(_));
        return is_here && value.attr("name").and_then(Value::as_str) == host_of(object);
    }
    let Some(text) = value.as_str() else { return false };
    let is_key = matches!(&object.addr.key, Some(Key::Name(key)) if **key == *text);
    let is_place = name == "path" || name.ends_with("_path");
    match name {
        "name" => is_key,
        _ if is_place => object.change.steps().iter().any(|step| path_of(&step.op) == Some(text)),
        _ => false,
    }
}

fn path_of(op: &Op) -> Option<&str> {
    match op {
        Op::WriteFile { path, .. } | Op::RemoveFile { path, .. } | Op::MakeDir { path, .. } => {
            Some(path.as_str())
        }
        _ => None,
    }
}

/// How many columns a value may take beside the longest of the names.
fn room(page: &Page<'_>, attrs: &BTreeMap<Text, Value>) -> usize {
    let names = attrs.keys().map(|name| Names::Bare.width(name)).max().unwrap_or(0);
    page.options().width.saturating_sub(8 + names + 3)
}

fn put_names(page: &mut Page<'_>, names: &[String]) -> io::Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    put_wrapped(page, &format!("for {}", names.join(", ")))
}

fn put_wrapped(page: &mut Page<'_>, text: &str) -> io::Result<()> {
    let width = page.options().width.saturating_sub(10);
    wrap(text, width).iter().try_for_each(|line| put_remark(page, 1, line))
}

/// Writes the attributes of an object that goes.
pub fn put_gone(page: &mut Page<'_>, object: &PlannedObject, value: &Value) -> io::Result<Hidden> {
    let Some(attrs) = value.entries() else { return Ok(Hidden::default()) };
    let schema = schema(&object.addr.block.kind);
    let says = |name: &Text, value: &Value| match schema.and_then(|schema| schema.attr(name)) {
        Some(attr) => {
            attr.role != Role::Computed && decides(attr, value) && !is_said(object, name, value)
        }
        None => true,
    };
    let (said, hidden) = said_of(attrs, says);
    let room = room(page, &said);
    put_attrs(
        page,
        Place::bare(1, Mark::Remove, typing(&object.addr.block.kind)),
        &said,
        &|_, value| match value.bare() {
            Value::String(_) => Shown::Line(brief(value)),
            _ => inline(value, typing(&object.addr.block.kind), room)
                .map_or(Shown::Whole, Shown::Line),
        },
    )?;
    Ok(hidden)
}

/// Writes what differs between two states of an object.
pub fn put_values(
    page: &mut Page<'_>,
    object: &PlannedObject,
    before: &Value,
    after: &Value,
    forcing: &[String],
    told: Told<'_>,
) -> io::Result<Hidden> {
    let none = BTreeMap::new();
    let entries = |value| -> &BTreeMap<Text, Value> { Value::entries(value).unwrap_or(&none) };
    let kind = &object.addr.block.kind;
    let remarkable = unsaid::remarkable(kind, entries(before), entries(after));
    let coming = coming(kind, after);
    let follows = |name: &Text| coming.is_some() && unsaid::describes_certificate(name);
    let shown: Vec<&str> = IDENTITY
        .into_iter()
        .filter(|name| after.attr(name).is_none_or(|value| !is_said(object, name, value)))
        .collect();
    let made = unsaid::made(kind);
    let comparison = Comparison {
        before: &remarkable.before,
        after: &remarkable.after,
        names: Names::Bare,
        shown: &shown,
        forcing,
        told,
        typing: typing(kind),
        noun: "attribute",
        internal: remarkable.hidden,
        made: &made,
        coming: coming.as_ref().map(|coming| ("certificate_pem", &*coming.text)),
    };
    let unchanged = put_changes(page, 1, &comparison)?;
    if let Some(coming) = &coming {
        let old = before.attr("certificate_pem").and_then(Value::as_str).and_then(names_of);
        if old.as_ref() != Some(&coming.names) {
            put_names(page, &coming.names)?;
        }
    }
    let later: Vec<Text> = remarkable.later.iter().filter(|name| !follows(name)).cloned().collect();
    unsaid::put_later(page, 1, &later)?;
    Ok(Hidden { unchanged, follow: remarkable.hidden + remarkable.later.len() - later.len() })
}

/// All attributes of an object of which none is shown.
pub fn all_of(object: &PlannedObject) -> Hidden {
    let attrs = object.change.before().and_then(Value::entries);
    let there = attrs.into_iter().flatten().filter(|(_, value)| !value.is_null()).count();
    Hidden { unchanged: 0, follow: there }
}

/// So many rows need no braces around them.
const FEW: usize = 2;

/// Writes what differs, with braces around what is longer than two rows.
pub fn put_update(
    page: &mut Page<'_>,
    object: &PlannedObject,
    header: &str,
    values: impl FnOnce(&mut Page<'_>) -> io::Result<Hidden>,
) -> io::Result<Hidden> {
    let mut hidden = Hidden::default();
    let rows = aside(page.options(), |page| {
        hidden = values(page)?;
        Ok(())
    })?;
    let count = rows.lines().count();
    if (1..=FEW).contains(&count) {
        page.text(&rows)?;
        return Ok(hidden);
    }
    page.row(0, super::mark(&object.change).unwrap_or(Mark::Change), format!("{header} {{"))?;
    page.text(&rows)?;
    page.row(0, Mark::Same, "}")?;
    Ok(hidden)
}

/// What is not shown, in a sentence; none where all is.
pub fn sentence(hidden: Hidden) -> Option<String> {
    let Hidden { unchanged, follow } = hidden;
    let of = |number| count(number, "attribute");
    Some(match (unchanged, follow) {
        (0, 0) => return None,
        (unchanged, 0) => format!("Hidden: {}.", count(unchanged, "unchanged attribute")),
        (0, follow) => format!("Hidden: {} (shown with -verbose).", of(follow)),
        (unchanged, follow) => {
            let unchanged = count(unchanged, "unchanged attribute");
            format!("Hidden: {unchanged}, {} more (shown with -verbose).", follow)
        }
    })
}
