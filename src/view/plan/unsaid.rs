//! What a reviewer of a new object need not read: attributes at their defaults, what the engine
//! keeps for itself, and a long row of "known after apply".

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::LazyLock;

use quorate_engine::resource::Registry;
use quorate_engine::schema::{Attr, Audience, Role, Schema};
use quorate_engine::value::{Text, Value};

use crate::view::page::Page;
use crate::view::stand_in::stand_in;
use crate::view::text::{count, wrap};
use crate::view::value::{Typing, one_line, put_remark};

/// That many unknown attributes are still listed one by one.
const FEW: usize = 3;

static REGISTRY: LazyLock<Registry> = LazyLock::new(quorate_providers::registry::registry);

/// The attributes of an object, by whether they are shown.
pub struct Split {
    /// Shown.
    pub said: BTreeMap<Text, Value>,
    /// Named only: known after apply.
    later: Vec<Text>,
    /// Counted only.
    hidden: usize,
}

/// The attributes of a type; none of one that is only in the state.
pub fn schema(kind: &str) -> Option<&'static Schema> {
    REGISTRY.find_resource(kind).map(|resource| resource.schema())
}

/// Who says what parts the attributes of a type have.
pub fn typing(kind: &str) -> Typing {
    if schema(kind).is_some() { Typing::Declared } else { Typing::Free }
}

/// The attributes that a type makes of the others.
pub fn made(kind: &str) -> Vec<Text> {
    let attrs = schema(kind).into_iter().flat_map(|schema| &schema.attrs);
    attrs.filter(|attr| attr.role == Role::Computed).map(|attr| attr.key.clone()).collect()
}

/// Whether an attribute says what its certificate says, too.
pub fn describes_certificate(name: &str) -> bool {
    ["fingerprint", "not_after", "not_before", "serial"].contains(&name)
}

/// Whether objects of a type are more than an entry in the state.
pub fn is_outside(kind: &str) -> bool {
    REGISTRY.find_resource(kind).is_some()
}

/// Splits the attributes of an object of a type.
pub fn split(kind: &str, attrs: &BTreeMap<Text, Value>) -> Split {
    split_by(kind, attrs, says_nothing)
}

/// The same of an object that goes: what its type made of the configuration goes with it unsaid.
pub fn split_gone(kind: &str, attrs: &BTreeMap<Text, Value>) -> Split {
    split_by(kind, attrs, |attr, value| says_nothing(attr, value) || attr.role == Role::Computed)
}

fn split_by(
    kind: &str,
    attrs: &BTreeMap<Text, Value>,
    unsaid: impl Fn(&Attr, &Value) -> bool,
) -> Split {
    let mut split = Split { said: BTreeMap::new(), later: Vec::new(), hidden: 0 };
    let schema = self::schema(kind);
    for (name, value) in attrs.iter().filter(|(_, value)| !value.is_null()) {
        match schema.and_then(|schema| schema.attr(name)) {
            Some(attr) if unsaid(attr, value) => split.hidden += 1,
            _ if is_unknown(value) => split.later.push(name.clone()),
            _ => drop(split.said.insert(name.clone(), value.clone())),
        }
    }
    if split.later.len() <= FEW {
        let later = std::mem::take(&mut split.later);
        split.said.extend(later.into_iter().map(|name| (name.clone(), attrs[&name].clone())));
    }
    split
}

fn is_unknown(value: &Value) -> bool {
    value.is_unknown() && !value.unmark().1.sensitive
}

fn says_nothing(attr: &Attr, value: &Value) -> bool {
    let default = match &attr.role {
        Role::Optional(default) => default == value,
        _ => false,
    };
    default || attr.audience == Audience::Engine
}

/// Attributes as they are, or a copy without some of them.
type Attrs<'v> = Cow<'v, BTreeMap<Text, Value>>;

/// Two states of an object, as far as they are compared before people's eyes.
pub struct Remarkable<'v> {
    /// Named only: what follows from the rest, and is known after apply.
    pub later: Vec<Text>,
    /// Before.
    pub before: Attrs<'v>,
    /// After.
    pub after: Attrs<'v>,
    /// How many attributes differ that the engine keeps for itself.
    pub hidden: usize,
}

impl<'v> Remarkable<'v> {
    /// All that differs.
    pub fn all(before: &'v BTreeMap<Text, Value>, after: &'v BTreeMap<Text, Value>) -> Self {
        let (before, after) = (Cow::Borrowed(before), Cow::Borrowed(after));
        Remarkable { later: Vec::new(), before, after, hidden: 0 }
    }
}

/// What of the names of attributes a person can do something with: what the configuration can set,
/// else what is shown. None where neither is among them.
pub fn telling<'n>(kind: &str, names: &'n BTreeSet<Text>) -> Vec<&'n str> {
    let schema = self::schema(kind);
    let among = |wanted: &dyn Fn(&Attr) -> bool| -> Vec<&'n str> {
        let is = |name: &&Text| schema.and_then(|s| s.attr(name)).is_none_or(wanted);
        names.iter().filter(is).map(|name| &**name).collect()
    };
    let written = among(&|attr| attr.role != Role::Computed && attr.audience != Audience::Engine);
    match written.is_empty() {
        true => among(&|attr| attr.audience != Audience::Engine),
        false => written,
    }
}

/// What differs between two states of an object, without what the engine keeps for itself, unless
/// nothing else differs.
pub fn remarkable<'v>(
    kind: &str,
    before: &'v BTreeMap<Text, Value>,
    after: &'v BTreeMap<Text, Value>,
) -> Remarkable<'v> {
    let schema = self::schema(kind);
    let own = |name: &Text| {
        let attr = schema.and_then(|schema| schema.attr(name));
        attr.is_some_and(|attr| attr.audience == Audience::Engine)
    };
    let there = |attrs: &'v BTreeMap<Text, Value>, name: &Text| {
        attrs.get(name).filter(|value| !value.is_null())
    };
    let follows = |name: &Text| {
        let attr = schema.and_then(|schema| schema.attr(name));
        let is_computed = attr.is_some_and(|attr| attr.role == Role::Computed);
        let old = there(before, name);
        let is_short = old.and_then(one_line).is_some_and(|_| !is_pem(before, name));
        is_computed && is_short && after.get(name).is_some_and(is_unknown)
    };
    let names: BTreeSet<&Text> = before.keys().chain(after.keys()).collect();
    let differing = names.into_iter().filter(|name| there(before, name) != there(after, name));
    let (hidden, shown): (Vec<_>, Vec<_>) = differing.partition(|name| own(name));
    if shown.is_empty() {
        let (before, after) = (Cow::Borrowed(before), Cow::Borrowed(after));
        return Remarkable { later: Vec::new(), before, after, hidden: 0 };
    }
    let mut later: Vec<Text> = shown.into_iter().filter(|name| follows(name)).cloned().collect();
    if later.len() < FEW {
        later.clear();
    }
    let kept = |attrs: &BTreeMap<Text, Value>| {
        let kept = attrs.iter().filter(|(name, _)| !own(name) && !later.contains(name));
        Cow::Owned(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
    };
    Remarkable { before: kept(before), after: kept(after), hidden: hidden.len(), later }
}

/// What a person knows a certificate by is in its stand-in.
fn is_pem(attrs: &BTreeMap<Text, Value>, name: &Text) -> bool {
    attrs.get(name).and_then(Value::as_str).is_some_and(|text| stand_in(text).is_some())
}

/// Names what is known after apply.
pub fn put_later(page: &mut Page<'_>, level: usize, later: &[Text]) -> io::Result<()> {
    if later.is_empty() {
        return Ok(());
    }
    let names = later.iter().map(|name| &**name).collect::<Vec<_>>().join(", ");
    let width = page.options().width.saturating_sub(4 * level + 6);
    wrap(&format!("(known after apply: {names})"), width)
        .iter()
        .try_for_each(|line| put_remark(page, level, line))
}

impl Split {
    /// Writes what is not shown in few words.
    pub fn put_remarks(&self, page: &mut Page<'_>, level: usize) -> io::Result<()> {
        put_later(page, level, &self.later)?;
        if self.hidden == 0 {
            return Ok(());
        }
        put_remark(
            page,
            level,
            &format!("({} hidden)", count(self.hidden, "unremarkable attribute")),
        )
    }
}
