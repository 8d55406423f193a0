//! One object of a plan: why, what differs, by which steps.

use std::collections::BTreeMap;
use std::io;

use quorate_engine::addr::{InstanceAddr, Mode};
use quorate_engine::plan::{Causes, Change, Drift, Goal, PlannedObject};
use quorate_engine::value::{Text, Value};

use super::brief::{self, Hidden};
use super::siblings::{Siblings, telling};
use super::unsaid::typing;
use super::{because, drift, steps, unsaid, verdict};
use crate::view::delta::{Comparison, IDENTITY, Told, put_changes, put_differences, put_rest};
use crate::view::page::{Detail, Mark, Page, Tone, ViewOptions};
use crate::view::stand_in::coming;
use crate::view::text::{clean, count};
use crate::view::value::{Names, Place, Shown, Typing, brief, put_attrs, put_remark};

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
    /// What of it is not shown.
    hidden: Hidden,
    /// What others are compared with, where it is.
    said: Vec<String>,
}

impl<'p> Drawn<'p> {
    /// Draws an object.
    pub fn of(
        object: &'p PlannedObject,
        causes: Option<&Causes>,
        goal: Goal,
        options: ViewOptions,
    ) -> io::Result<Drawn<'p>> {
        let mark = super::mark(&object.change);
        let mut hidden = Hidden::default();
        let Some(known) = mark else {
            let put = |page: &mut Page<'_>| {
                put_move(page, object)?;
                put_import(page, object)
            };
            let (head, body, steps) = (aside(options, put)?, String::new(), String::new());
            let drawn = Drawn { object, mark, head, body, steps, hidden, said: Vec::new() };
            return Ok(drawn.with_said());
        };
        let brief = options.detail == Detail::Brief;
        let in_a_row = brief && goal == Goal::Destroy && known == Mark::Remove;
        let head = aside(options, |page| match in_a_row {
            true => put_row(page, object),
            false => put_head(page, object, causes),
        })?;
        let body = aside(options, |page| {
            match brief {
                true if in_a_row => hidden = brief::all_of(object),
                true => hidden = put_brief(page, known, object)?,
                false => put_block(page, known, object)?,
            }
            Ok(())
        })?;
        let steps = match is_only_recorded(object) {
            true => String::new(),
            false => aside(options, |page| steps::put_list(page, &object.change))?,
        };
        let drawn = Drawn { object, mark, head, body, steps, hidden, said: Vec::new() };
        Ok(if brief { drawn.with_said() } else { drawn })
    }

    /// Which object it is.
    pub fn addr(&self) -> &'p InstanceAddr {
        &self.object.addr
    }

    /// The object itself.
    pub fn object(&self) -> &'p PlannedObject {
        self.object
    }

    /// Why it happens, and what differs.
    pub fn reasons_and_body(&self) -> (&str, &str) {
        (
            self.head.trim_start_matches('\n').split_once('\n').map_or("", |(_, rest)| rest),
            &self.body,
        )
    }

    /// Its symbol.
    pub fn mark(&self) -> Option<Mark> {
        self.mark
    }

    /// What happens to it.
    pub fn verdict(&self) -> String {
        verdict::of(self.object)
    }

    /// What of it is not shown.
    pub fn hidden(&self) -> Hidden {
        self.hidden
    }

    /// Whether all that is said of it is that it goes, and by which steps.
    pub fn is_row(&self) -> bool {
        !self.head.starts_with('\n')
    }

    /// Writes all of it.
    pub fn put_whole(&self, page: &mut Page<'_>) -> io::Result<()> {
        page.text(&self.head)?;
        page.text(&self.body)?;
        page.text(&self.steps)
    }

    /// Writes it among those that it is like.
    pub fn put(&self, page: &mut Page<'_>, siblings: &mut Siblings<'p>) -> io::Result<()> {
        page.text(&self.head)?;
        if let Some(mark) = self.mark.filter(|_| !self.body.is_empty()) {
            siblings.put(page, mark, self.object, &self.body)?;
        }
        page.text(&self.steps)
    }

    /// What is said of it but for its address, line by line and without colours: what stands around
    /// a change is not the change.
    pub fn said(&self) -> &[String] {
        &self.said
    }

    fn with_said(self) -> Drawn<'p> {
        Drawn { said: self.to_be_said(), ..self }
    }

    fn to_be_said(&self) -> Vec<String> {
        let Some(mark) = self.mark else { return lines(&self.head) };
        let title = format!("{} {}", self.object.addr.config(), self.verdict());
        let reasons =
            lines(&self.head).into_iter().filter(|line| line.trim_start().starts_with("# ("));
        let body = lines(&self.body);
        let told = telling(mark, &body);
        let body = body.into_iter().enumerate().filter(|(at, _)| told.contains(at));
        std::iter::once(title)
            .chain(reasons)
            .chain(body.map(|(_, line)| line))
            .chain(lines(&self.steps))
            .collect()
    }
}

fn lines(text: &str) -> Vec<String> {
    let plain = anstream::adapter::strip_str(text).to_string();
    plain.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
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
    put_title(page, &object.addr.to_string(), &verdict::of(object))?;
    put_reasons(page, object, causes)
}

/// Why it happens, one sentence a line.
fn put_reasons(
    page: &mut Page<'_>,
    object: &PlannedObject,
    causes: Option<&Causes>,
) -> io::Result<()> {
    let kind = &object.addr.block.kind;
    let causes = causes.map(|causes| because::lines(kind, causes)).unwrap_or_default();
    let reasons = verdict::reasons(object).into_iter().chain(causes);
    reasons.into_iter().try_for_each(|reason| page.line(format!("  # {}", clean(&reason))))
}

/// What happens to an object, in one row.
fn put_row(page: &mut Page<'_>, object: &PlannedObject) -> io::Result<()> {
    let text = format!("{} {}", object.addr, verdict::of(object));
    page.row(0, Mark::Remove, page.paint(Tone::Bold, clean(&text)))
}

/// Whether an object that has something outside is only recorded anew.
pub fn is_only_recorded(object: &PlannedObject) -> bool {
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

/// The same as far as a reviewer reads it; how much is not shown comes back.
fn put_brief(page: &mut Page<'_>, mark: Mark, object: &PlannedObject) -> io::Result<Hidden> {
    let header = header(&object.addr);
    match &object.change {
        Change::Create { planned } => {
            put_braced(page, mark, &header, |page| brief::put_new(page, object, &planned.after))
        }
        Change::Delete { before: Some(before), .. } => {
            put_braced(page, mark, &header, |page| brief::put_gone(page, object, before))
        }
        Change::Update { before, planned } if !is_only_recorded(object) => {
            let names = put_again(object.drift.as_ref(), before, &planned.after);
            let told = Told { names: &names, remark: "as it was" };
            brief::put_update(page, object, &header, |page| {
                brief::put_values(page, object, before, &planned.after, &[], told)
            })
        }
        Change::Replace { before, planned, because, .. } => {
            put_braced(page, mark, &header, |page| {
                brief::put_values(page, object, before, &planned.after, because, Told::NONE)
            })
        }
        _ => put_block(page, mark, object).map(|()| Hidden::default()),
    }
}

fn put_braced(
    page: &mut Page<'_>,
    mark: Mark,
    header: &str,
    put: impl FnOnce(&mut Page<'_>) -> io::Result<Hidden>,
) -> io::Result<Hidden> {
    page.row(0, mark, format!("{header} {{"))?;
    let hidden = put(page)?;
    page.row(0, Mark::Same, "}")?;
    Ok(hidden)
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
    put_attrs(
        page,
        Place::bare(1, Mark::Same, typing(&object.addr.block.kind)),
        &said,
        &|_, _| Shown::Whole,
    )?;
    split.put_remarks(page, 1)?;
    close_block(page)
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
    if page.options().detail == Detail::Full {
        return put_all(page, kind, value, attrs);
    }
    let split = unsaid::split(kind, attrs);
    put_attrs(page, Place::bare(1, Mark::Add, typing(kind)), &split.said, &|_, _| Shown::Whole)?;
    if let Some(coming) = coming(kind, value) {
        put_remark(page, 1, &coming.sentence())?;
    }
    split.put_remarks(page, 1)
}

/// Writes every attribute that is not null.
fn put_all(
    page: &mut Page<'_>,
    kind: &str,
    value: &Value,
    attrs: &BTreeMap<Text, Value>,
) -> io::Result<()> {
    put_attrs(page, Place::bare(1, Mark::Add, typing(kind)), attrs, &|_, _| Shown::Whole)?;
    match coming(kind, value) {
        Some(coming) => put_remark(page, 1, &coming.sentence()),
        None => Ok(()),
    }
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
    let remarkable = match page.options().detail {
        Detail::Full => unsaid::Remarkable::all(entries(before), entries(after)),
        _ => unsaid::remarkable(kind, entries(before), entries(after)),
    };
    let coming = coming(kind, after);
    let comparison = Comparison {
        before: &remarkable.before,
        after: &remarkable.after,
        names: Names::Bare,
        shown: &IDENTITY,
        forcing,
        told,
        typing: typing(kind),
        noun: "attribute",
        internal: remarkable.hidden,
        made: &[],
        coming: coming.as_ref().map(|coming| ("certificate_pem", &*coming.text)),
    };
    let hidden = put_changes(page, 1, &comparison)?;
    unsaid::put_later(page, 1, &remarkable.later)?;
    put_rest(page, 1, &comparison, hidden)
}

/// Writes the attributes of an object that goes; of long texts only how long they are.
fn put_gone(page: &mut Page<'_>, kind: &str, value: &Value) -> io::Result<()> {
    let Some(attrs) = value.entries() else { return Ok(()) };
    if page.options().detail == Detail::Full {
        return put_attrs(page, Place::bare(1, Mark::Remove, typing(kind)), attrs, &|_, _| {
            Shown::Whole
        });
    }
    let split = unsaid::split_gone(kind, attrs);
    let short = |_: &Text, value: &Value| match value.bare() {
        Value::String(_) => Shown::Line(brief(value)),
        _ => Shown::Whole,
    };
    put_attrs(page, Place::bare(1, Mark::Remove, typing(kind)), &split.said, &short)?;
    split.put_remarks(page, 1)
}

/// Writes only what a person knows an object by.
pub fn put_identity(page: &mut Page<'_>, mark: Mark, value: &Value) -> io::Result<()> {
    let Some(attrs) = value.entries() else { return Ok(()) };
    let there = attrs.iter().filter(|(_, value)| !value.is_null());
    let (shown, hidden): (BTreeMap<_, _>, BTreeMap<_, _>) = there
        .map(|(name, value)| (name.clone(), value.clone()))
        .partition(|(name, _)| IDENTITY.contains(&&**name));
    put_attrs(page, Place::bare(1, mark, Typing::Declared), &shown, &|_, _| Shown::Whole)?;
    if hidden.is_empty() {
        return Ok(());
    }
    put_remark(page, 1, &format!("({} hidden)", count(hidden.len(), "attribute")))
}
