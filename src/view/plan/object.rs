//! One object of a plan: why, what differs, by which steps.

use std::collections::BTreeMap;
use std::io;

use quorate_engine::addr::{ConfigAddr, InstanceAddr, Key, Mode, quoted};
use quorate_engine::plan::{
    Causes, Change, DeleteReason, Drift, PlannedObject, REQUESTED, ReplaceReason, TAINTED,
};
use quorate_engine::value::{Text, Value};

use super::siblings::Siblings;
use super::{because, drift, steps, unsaid};
use crate::view::delta::{Comparison, IDENTITY, Told, put_changes, put_differences, put_rest};
use crate::view::page::{Mark, Page, Tone, ViewOptions};
use crate::view::text::{clean, count};
use crate::view::value::{Names, Shown, brief, put_attrs, put_remark};

/// One object as it is shown, but for what it has in common with others: that is told when it is
/// written.
pub struct Drawn<'p> {
    object: &'p PlannedObject,
    mark: Option<Mark>,
    /// What happens to it, and why.
    head: String,
    /// What differs.
    body: String,
    /// How it is done.
    steps: String,
}

impl<'p> Drawn<'p> {
    /// Draws an object.
    pub fn of(
        object: &'p PlannedObject,
        causes: Option<&Causes>,
        options: ViewOptions,
    ) -> io::Result<Drawn<'p>> {
        let mark = super::mark(&object.change);
        let Some(known) = mark else {
            let put = |page: &mut Page<'_>| {
                put_move(page, object)?;
                put_import(page, object)
            };
            let (head, body, steps) = (aside(options, put)?, String::new(), String::new());
            return Ok(Drawn { object, mark, head, body, steps });
        };
        let head = aside(options, |page| put_head(page, object, causes))?;
        let body = aside(options, |page| put_block(page, known, object))?;
        let steps = match is_only_recorded(object) {
            true => String::new(),
            false => aside(options, |page| steps::put_list(page, &object.change))?,
        };
        Ok(Drawn { object, mark, head, body, steps })
    }

    /// Writes it among those that it is like. Its family comes back where it says no more than the
    /// first.
    pub fn put(
        &self,
        page: &mut Page<'_>,
        siblings: &mut Siblings<'p>,
    ) -> io::Result<Option<ConfigAddr>> {
        page.text(&self.head)?;
        let Some(mark) = self.mark else { return Ok(None) };
        let like = siblings.put(page, mark, self.object, &self.body)?;
        page.text(&self.steps)?;
        Ok(like)
    }

    /// What is the same for objects of which the same is said: the family stands for a body that is
    /// like that of the first.
    pub fn said(&self, like: Option<ConfigAddr>) -> String {
        let Drawn { head, body, steps, .. } = self;
        match like {
            Some(family) => format!("{head}(as the first {family})\n{steps}"),
            None => format!("{head}{body}{steps}"),
        }
    }
}

/// What would be written on a page.
pub fn aside(
    options: ViewOptions,
    put: impl FnOnce(&mut Page<'_>) -> io::Result<()>,
) -> io::Result<String> {
    let mut text = Vec::new();
    put(&mut Page::new(&mut text, options))?;
    String::from_utf8(text).map_err(io::Error::other)
}

/// What happens to an object, and why.
fn put_head(
    page: &mut Page<'_>,
    object: &PlannedObject,
    causes: Option<&Causes>,
) -> io::Result<()> {
    page.gap()?;
    let only_recorded = if is_only_recorded(object) { ", in the state only" } else { "" };
    let verdict = format!("{}{only_recorded}", verdict(&object.change));
    put_title(page, &object.addr.to_string(), &verdict)?;
    let kind = &object.addr.block.kind;
    let causes = causes.map(|causes| because::lines(kind, causes)).unwrap_or_default();
    let reasons = reasons(object).into_iter().chain(causes);
    reasons.into_iter().try_for_each(|reason| page.line(format!("  # {}", clean(&reason))))
}

/// Whether an object that has something outside is only recorded anew.
fn is_only_recorded(object: &PlannedObject) -> bool {
    let Change::Update { planned, .. } = &object.change else { return false };
    planned.steps.is_empty() && unsaid::is_outside(&object.addr.block.kind)
}

/// `# pki_ca.etcd will be created`
pub fn put_title(page: &mut Page<'_>, addr: &str, verdict: &str) -> io::Result<()> {
    let title = page.paint(Tone::Bold, format!("# {} {verdict}", clean(addr)));
    page.line(format!("  {title}"))
}

/// The block with what differs; without braces where nothing is known of the object.
fn put_block(page: &mut Page<'_>, mark: Mark, object: &PlannedObject) -> io::Result<()> {
    let change = &object.change;
    if let Change::Update { before, planned } = change
        && is_only_recorded(object)
    {
        return put_recorded(page, &object.addr.block.kind, before, &planned.after);
    }
    let known = change.after().or(change.before()).and_then(Value::entries);
    if known.is_none() {
        return page.row(0, mark, header(&object.addr));
    }
    open_block(page, mark, &object.addr)?;
    put_body(page, object)?;
    close_block(page)
}

/// `resource "pki_ca" "etcd"`
fn header(addr: &InstanceAddr) -> String {
    let word = if addr.block.mode == Mode::Data { "data" } else { "resource" };
    format!("{word} \"{}\" \"{}\"", addr.block.kind, addr.block.name)
}

/// `resource "pki_ca" "etcd" {`
pub fn open_block(page: &mut Page<'_>, mark: Mark, addr: &InstanceAddr) -> io::Result<()> {
    page.row(0, mark, format!("{} {{", header(addr)))
}

/// The closing brace.
pub fn close_block(page: &mut Page<'_>) -> io::Result<()> {
    page.row(0, Mark::Same, "}")
}

fn put_move(page: &mut Page<'_>, object: &PlannedObject) -> io::Result<()> {
    let Some(from) = &object.moved_from else { return Ok(()) };
    page.gap()?;
    put_title(page, &from.to_string(), &format!("has moved to {}", object.addr))
}

/// An object that the state takes over as it is.
fn put_import(page: &mut Page<'_>, object: &PlannedObject) -> io::Result<()> {
    if object.importing.is_none() {
        return Ok(());
    }
    page.gap()?;
    put_title(page, &object.addr.to_string(), "will be imported")?;
    open_block(page, Mark::Same, &object.addr)?;
    let none = BTreeMap::new();
    let attrs = object.change.after().and_then(Value::entries).unwrap_or(&none);
    let split = unsaid::split(&object.addr.block.kind, attrs);
    let said = split.said.iter().filter(|(_, value)| !value.is_null());
    let said: BTreeMap<_, _> = said.map(|(name, value)| (name.clone(), value.clone())).collect();
    put_attrs(page, 1, Mark::Same, &said, &|_| Shown::Whole)?;
    split.put_remarks(page, 1)?;
    close_block(page)
}

fn verdict(change: &Change) -> &'static str {
    match change {
        Change::NoOp { .. } => "does not change",
        Change::Read { .. } => "will be read during apply",
        Change::Create { .. } => "will be created",
        Change::Update { .. } => "will be updated in-place",
        Change::Replace { .. } => change.replace_reason().map_or("", replaced),
        Change::Delete { because: DeleteReason::AlreadyGone, .. } => {
            "is gone already; the state will forget it"
        }
        Change::Delete { .. } => "will be destroyed",
        Change::Forget { .. } => "will no longer be managed by Quorate, but will not be destroyed",
    }
}

/// What Terraform says where not an attribute but a person or another object is the reason.
fn replaced(reason: ReplaceReason) -> &'static str {
    match reason {
        ReplaceReason::Triggered => "will be replaced due to changes in replace_triggered_by",
        ReplaceReason::Tainted => "is tainted, so must be replaced",
        ReplaceReason::Requested => "will be replaced, as requested",
        ReplaceReason::CannotUpdate => "must be replaced",
    }
}

/// Why this happens, one sentence a line.
fn reasons(object: &PlannedObject) -> Vec<String> {
    let moved = object.moved_from.iter().map(|from| format!("(moved from {from})"));
    let imported = object.importing.iter().map(|id| format!("(imported from {})", quoted(id)));
    moved.chain(imported).chain(change_reasons(&object.addr, &object.change)).collect()
}

fn change_reasons(addr: &InstanceAddr, change: &Change) -> Vec<String> {
    match change {
        Change::Read { .. } => vec!["(what it reads is known only during apply)".to_owned()],
        Change::Create { planned } | Change::Update { planned, .. } => planned.notes.clone(),
        Change::Replace { planned, because, before, .. } => {
            let words = because.iter().filter(|reason| {
                let titled = [TAINTED, REQUESTED].contains(&reason.as_str());
                !titled && !names_attr(before, &planned.after, reason)
            });
            words.map(|reason| format!("(because {reason})")).chain(planned.notes.clone()).collect()
        }
        Change::Delete { because, .. } => delete_reason(addr, *because).into_iter().collect(),
        Change::NoOp { .. } | Change::Forget { .. } => Vec::new(),
    }
}

/// Whether a reason is the name of an attribute, which is then marked where it stands.
fn names_attr(before: &Value, after: &Value, reason: &str) -> bool {
    let name = reason.split(['.', '[']).next().unwrap_or(reason);
    before.attr(name).is_some() || after.attr(name).is_some()
}

fn delete_reason(addr: &InstanceAddr, reason: DeleteReason) -> Option<String> {
    match (reason, &addr.key) {
        (DeleteReason::NotInConfiguration, _) => {
            let config = addr.config();
            Some(format!("(because {config} is not in configuration)"))
        }
        (DeleteReason::NoSuchInstance, Some(Key::Name(key))) => {
            Some(format!("(because key [{}] is not in for_each map)", quoted(key)))
        }
        (DeleteReason::NoSuchInstance, Some(Key::Index(index))) => {
            Some(format!("(because index [{index}] is out of range for count)"))
        }
        (DeleteReason::NoSuchInstance, None) => {
            Some("(because its block now uses count or for_each)".to_owned())
        }
        (DeleteReason::Deposed, _) => {
            Some("(left over from a partially-failed replacement of this instance)".to_owned())
        }
        (DeleteReason::Destroy | DeleteReason::AlreadyGone, _) => None,
    }
}

fn put_body(page: &mut Page<'_>, object: &PlannedObject) -> io::Result<()> {
    let kind = &object.addr.block.kind;
    match &object.change {
        Change::NoOp { .. } => Ok(()),
        Change::Read { after } => put_new(page, "", after),
        Change::Create { planned } => put_new(page, kind, &planned.after),
        Change::Update { before, planned } => {
            let names = put_again(object.drift.as_ref(), before, &planned.after);
            let told = Told { names: &names, remark: "as it was" };
            put_values(page, kind, before, &planned.after, &[], told)
        }
        Change::Replace { before, planned, because, .. } => {
            put_values(page, kind, before, &planned.after, because, Told::NONE)
        }
        Change::Delete { before, .. } => {
            before.as_ref().map_or(Ok(()), |v| put_gone(page, kind, v))
        }
        Change::Forget { before } => put_identity(page, Mark::Same, before),
    }
}

/// Writes the attributes of an object that comes; what says nothing new is only counted or named.
fn put_new(page: &mut Page<'_>, kind: &str, value: &Value) -> io::Result<()> {
    let Some(attrs) = value.entries() else { return Ok(()) };
    let split = unsaid::split(kind, attrs);
    put_attrs(page, 1, Mark::Add, &split.said, &|_| Shown::Whole)?;
    split.put_remarks(page, 1)
}

/// Writes what will be recorded anew, and nothing of what stays.
fn put_recorded(page: &mut Page<'_>, kind: &str, before: &Value, after: &Value) -> io::Result<()> {
    let none = BTreeMap::new();
    let entries = |value| -> &BTreeMap<Text, Value> { Value::entries(value).unwrap_or(&none) };
    let remarkable = unsaid::remarkable(kind, entries(before), entries(after));
    put_differences(page, 1, &remarkable.before, &remarkable.after)?;
    unsaid::put_later(page, 1, &remarkable.later)
}

/// The texts that are gone and will be there again as they were.
fn put_again(drift: Option<&Drift>, before: &Value, after: &Value) -> Vec<Text> {
    let Some(Drift::Changed { stored, .. }) = drift else { return Vec::new() };
    let is_gone = |name: &Text| before.attr(name).is_none_or(Value::is_null);
    let mut names = drift::put_back(stored, before, Some(after));
    names.retain(is_gone);
    names
}

/// Writes what differs between two states of an object.
pub fn put_values(
    page: &mut Page<'_>,
    kind: &str,
    before: &Value,
    after: &Value,
    forcing: &[String],
    told: Told<'_>,
) -> io::Result<()> {
    let none = BTreeMap::new();
    let entries = |value| -> &BTreeMap<Text, Value> { Value::entries(value).unwrap_or(&none) };
    let remarkable = unsaid::remarkable(kind, entries(before), entries(after));
    let comparison = Comparison {
        before: &remarkable.before,
        after: &remarkable.after,
        names: Names::Bare,
        shown: &IDENTITY,
        forcing,
        told,
        noun: "attribute",
        internal: remarkable.hidden,
    };
    let hidden = put_changes(page, 1, &comparison)?;
    unsaid::put_later(page, 1, &remarkable.later)?;
    put_rest(page, 1, &comparison, hidden)
}

/// Writes the attributes of an object that goes; of long texts only how long they are.
fn put_gone(page: &mut Page<'_>, kind: &str, value: &Value) -> io::Result<()> {
    let Some(attrs) = value.entries() else { return Ok(()) };
    let split = unsaid::split_gone(kind, attrs);
    let short = |value: &Value| match value.bare() {
        Value::String(_) => Shown::Line(brief(value)),
        _ => Shown::Whole,
    };
    put_attrs(page, 1, Mark::Remove, &split.said, &short)?;
    split.put_remarks(page, 1)
}

/// Writes only what a person knows an object by.
pub fn put_identity(page: &mut Page<'_>, mark: Mark, value: &Value) -> io::Result<()> {
    let Some(attrs) = value.entries() else { return Ok(()) };
    let there = attrs.iter().filter(|(_, value)| !value.is_null());
    let (shown, hidden): (BTreeMap<_, _>, BTreeMap<_, _>) = there
        .map(|(name, value)| (name.clone(), value.clone()))
        .partition(|(name, _)| IDENTITY.contains(&&**name));
    put_attrs(page, 1, mark, &shown, &|_| Shown::Whole)?;
    if hidden.is_empty() {
        return Ok(());
    }
    put_remark(page, 1, &format!("({} hidden)", count(hidden.len(), "attribute")))
}
