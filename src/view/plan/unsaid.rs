//! What a reviewer of a new object need not read: attributes at their defaults, what the engine
//! keeps for itself, and a long row of "known after apply".

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::sync::LazyLock;

use quorate_engine::resource::Registry;
use quorate_engine::schema::{Attr, Audience, Role};
use quorate_engine::value::{Text, Value};

use crate::view::page::Page;
use crate::view::text::{count, wrap};
use crate::view::value::put_remark;

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
    let schema = REGISTRY.find_resource(kind).map(|resource| resource.schema());
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

/// What differs between two states of an object, without what the engine keeps for itself, unless
/// nothing else differs.
pub fn remarkable<'v>(
    kind: &str,
    before: &'v BTreeMap<Text, Value>,
    after: &'v BTreeMap<Text, Value>,
) -> (Attrs<'v>, Attrs<'v>) {
    let schema = REGISTRY.find_resource(kind).map(|resource| resource.schema());
    let own = |name: &Text| {
        let attr = schema.and_then(|schema| schema.attr(name));
        attr.is_some_and(|attr| attr.audience == Audience::Engine)
    };
    let differs = |name: &&Text| !own(name) && before.get(*name) != after.get(*name);
    if !before.keys().chain(after.keys()).any(|name| differs(&name)) {
        return (Cow::Borrowed(before), Cow::Borrowed(after));
    }
    let kept = |attrs: &BTreeMap<Text, Value>| {
        let kept = attrs.iter().filter(|(name, _)| !own(name));
        Cow::Owned(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
    };
    (kept(before), kept(after))
}

impl Split {
    /// Writes what is not shown in few words.
    pub fn put_remarks(&self, page: &mut Page<'_>, level: usize) -> io::Result<()> {
        if !self.later.is_empty() {
            let names = self.later.iter().map(|name| &**name).collect::<Vec<_>>().join(", ");
            let width = page.options().width.saturating_sub(4 * level + 6);
            for line in wrap(&format!("(known after apply: {names})"), width) {
                put_remark(page, level, &line)?;
            }
        }
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
