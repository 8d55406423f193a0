//! Bodies to configurations: attributes as written, and as the schema types them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::output::is_ephemeral;
use super::scope::At;
use crate::addr::Mode;
use crate::config::{Block, Body, IgnoreChanges, NestedBlock, NestedForm};
use crate::diag::{Diagnostic, Diagnostics, Reported};
use crate::eval::{Expr, evaluate, values_behind};
use crate::resource::{Refusal, Registry};
use crate::schema::{Attr, Keep, Role, Schema};
use crate::source::Span;
use crate::suggest::nearest;
use crate::value::{Text, Type, Value};

/// The configuration of one instance.
#[derive(Clone, Debug)]
pub struct Configured {
    /// As written: null for what is not; with more than the schema keeps.
    pub raw: Value,
    /// In the schema's types, defaults filled in; computed attributes are unknown.
    pub typed: Value,
    /// Where each attribute is written.
    pub spans: BTreeMap<Text, Span>,
    /// The block's header.
    pub header: Span,
}

impl Configured {
    /// The message of a refusal, at the attribute it is about.
    pub fn refused(&self, refusal: Refusal, address: &dyn std::fmt::Display) -> Diagnostic {
        let span = refusal.attr.and_then(|attr| self.spans.get(attr)).copied();
        refusal.diagnostic.about(address.to_string()).at(span.unwrap_or(self.header))
    }
}

pub(super) fn configure(
    registry: &Registry,
    block: &Block,
    at: &At<'_>,
    diagnostics: &mut Diagnostics,
) -> Result<Configured, Reported> {
    let kind = &*block.addr.kind;
    match block.addr.mode {
        Mode::Managed => match registry.find_resource(kind) {
            Some(resource) => {
                let configured = by_schema(resource.schema(), block, at, diagnostics)?;
                check(resource.check(&configured.raw), block, &configured, diagnostics)?;
                Ok(configured)
            }
            None => Err(unknown_type(block, registry.resource_kinds(), diagnostics)),
        },
        Mode::Data => match registry.find_data_source(kind) {
            Some(data) => {
                let configured = by_schema(data.schema(), block, at, diagnostics)?;
                check(data.check(&configured.raw), block, &configured, diagnostics)?;
                Ok(configured)
            }
            None => Err(unknown_type(block, registry.data_kinds(), diagnostics)),
        },
    }
}

fn check(
    refusals: Vec<Refusal>,
    block: &Block,
    configured: &Configured,
    diagnostics: &mut Diagnostics,
) -> Result<(), Reported> {
    let before = diagnostics.len();
    for refusal in refusals {
        diagnostics.push(configured.refused(refusal, &block.addr));
    }
    let own = diagnostics.split_off(before);
    let result = own.reported();
    diagnostics.extend(own);
    result
}

fn unknown_type(
    block: &Block,
    known: impl Iterator<Item = &'static str>,
    diagnostics: &mut Diagnostics,
) -> Reported {
    let what = if block.addr.mode == Mode::Data { "data source" } else { "resource type" };
    let detail = format!("There is no {what} named {:?}.", &*block.addr.kind);
    let mut diagnostic = Diagnostic::error("Invalid resource type", detail).at(block.span);
    if let Some(near) = nearest(&block.addr.kind, known) {
        diagnostic = diagnostic.help(format!("Did you mean {near:?}?"));
    }
    diagnostics.error(diagnostic)
}

fn by_schema(
    schema: &Schema,
    block: &Block,
    at: &At<'_>,
    diagnostics: &mut Diagnostics,
) -> Result<Configured, Reported> {
    let before = diagnostics.len();
    let mut raw = BTreeMap::new();
    raw.extend(schema.attrs.iter().map(|attr| (attr.key.clone(), Value::NULL)));
    let mut spans = BTreeMap::new();
    for (name, (span, expr)) in block.body.attrs.iter() {
        spans.insert(name.clone(), expr.span());
        if let Ok(value) = attribute(schema, name, *span, expr, at, diagnostics) {
            raw.insert(name.clone(), value);
        }
    }
    for (kind, value) in nested(schema, &block.body, at, diagnostics) {
        raw.insert(kind, value);
    }
    ignored(schema, block, diagnostics);
    let typed = schema.attrs.iter().map(|attr| {
        let span = spans.get(attr.name).copied();
        (attr.key.clone(), typed(attr, &raw[attr.name], span, block, diagnostics))
    });
    let typed = Value::object(typed);
    let own = diagnostics.split_off(before);
    let result = own.reported();
    diagnostics.extend(own);
    result.map(|()| Configured {
        raw: Value::Object(Arc::new(raw)),
        typed,
        spans,
        header: block.span,
    })
}

/// What `ignore_changes` names has to be there.
fn ignored(schema: &Schema, block: &Block, diagnostics: &mut Diagnostics) {
    let IgnoreChanges::Paths(paths) = &block.lifecycle.ignore_changes else { return };
    let first = paths.iter().filter_map(|path| path.first());
    for name in first.filter(|name| schema.attr(name).is_none()) {
        let detail =
            format!("\"ignore_changes\" names {:?}, which this type does not have.", &**name);
        let mut problem = Diagnostic::error("Unsupported attribute", detail).at(block.span);
        if let Some(near) = nearest(name, schema.attrs.iter().map(|attr| attr.name)) {
            problem = problem.help(format!("Did you mean {near:?}?"));
        }
        diagnostics.push(problem);
    }
}

fn attribute(
    schema: &Schema,
    name: &Text,
    span: Span,
    expr: &Expr,
    at: &At<'_>,
    diagnostics: &mut Diagnostics,
) -> Result<Value, Reported> {
    let Some(attr) = schema.attr(name) else {
        let detail = format!("An argument named {:?} is not expected here.", &**name);
        let mut diagnostic = Diagnostic::error("Unsupported argument", detail).at(span);
        let names = schema.attrs.iter().filter(|a| a.role != Role::Computed).map(|a| a.name);
        if let Some(near) = nearest(name, names) {
            diagnostic = diagnostic.help(format!("Did you mean {near:?}?"));
        }
        return Err(diagnostics.error(diagnostic));
    };
    if attr.role == Role::Computed {
        let detail = format!("{:?} is given its value by Quorate and cannot be set.", attr.name);
        let summary = "Value for unconfigurable attribute";
        return Err(diagnostics.error(Diagnostic::error(summary, detail).at(span)));
    }
    let value = evaluate(expr, at, diagnostics)?.settled();
    if is_ephemeral(&value) && attr.keep != Keep::WriteOnly {
        let detail = format!(
            "The argument {:?} is kept in the state, and this value is derived from an ephemeral \
             one, which is never stored.",
            attr.name
        );
        let mut problem = Diagnostic::error("Invalid use of ephemeral value", detail);
        problem.values = values_behind(expr, at);
        return Err(diagnostics.error(problem.at(expr.span())));
    }
    Ok(value)
}

fn typed(
    attr: &Attr,
    raw: &Value,
    span: Option<Span>,
    block: &Block,
    diagnostics: &mut Diagnostics,
) -> Value {
    let unknown = || Value::unknown(attr.ty.clone());
    if raw.is_null() {
        return match &attr.role {
            Role::Optional(default) => default.convert(&attr.ty).unwrap_or_else(|_| unknown()),
            Role::Computed | Role::OptionalComputed => unknown(),
            Role::Required => {
                let detail = format!(
                    "The argument {:?} is required, but no definition was found.",
                    attr.name
                );
                let place = span.or(block.body.span).unwrap_or(block.span);
                diagnostics.error(Diagnostic::error("Missing required argument", detail).at(place));
                unknown()
            }
        };
    }
    raw.convert(&attr.ty).unwrap_or_else(|error| {
        let detail = format!("Inappropriate value for attribute {:?}: {error}.", attr.name);
        let place = span.unwrap_or(block.span);
        diagnostics.error(Diagnostic::error("Incorrect attribute value type", detail).at(place));
        unknown()
    })
}

/// Nested blocks as a list of objects for each kind.
fn nested(
    schema: &Schema,
    body: &Body,
    at: &At<'_>,
    diagnostics: &mut Diagnostics,
) -> BTreeMap<Text, Value> {
    let mut lists: BTreeMap<Text, Vec<Value>> = BTreeMap::new();
    let mut refused = BTreeMap::new();
    for block in &body.blocks {
        let attr = schema.attr(&block.kind);
        if !attr.is_some_and(|attr| takes_blocks(&attr.ty)) {
            let detail = format!("Blocks of type {:?} are not expected here.", &*block.kind);
            let mut problem = Diagnostic::error("Unsupported block type", detail).at(block.span);
            if attr.is_some() {
                let help = format!("To set the argument {:?}, write an equals sign.", &*block.kind);
                problem = problem.help(help);
                // It is there, if not as it should be: nobody is to ask for it as well.
                refused.insert(block.kind.clone(), Value::unknown(Type::Any));
            }
            diagnostics.error(problem);
            continue;
        }
        gather(&mut lists, block, at, diagnostics);
    }
    refused.extend(finished(lists));
    refused
}

/// Whether an attribute can be written as blocks, each of which is an element.
fn takes_blocks(ty: &Type) -> bool {
    matches!(ty, Type::List(_) | Type::Set(_) | Type::Tuple(_))
}

/// Adds the blocks that a block as written makes to those of its kind.
fn gather(
    lists: &mut BTreeMap<Text, Vec<Value>>,
    block: &NestedBlock,
    at: &At<'_>,
    diagnostics: &mut Diagnostics,
) {
    lists.entry(block.kind.clone()).or_default().extend(repeated(block, at, diagnostics));
}

/// The blocks of each kind; how many there are is open where one of them stands for any number.
fn finished(lists: BTreeMap<Text, Vec<Value>>) -> BTreeMap<Text, Value> {
    let value = |items: Vec<Value>| match items.iter().any(Value::is_unknown) {
        true => Value::unknown_not_null(Type::Any),
        false => Value::tuple(items),
    };
    lists.into_iter().map(|(kind, items)| (kind, value(items))).collect()
}

fn repeated(block: &NestedBlock, at: &At<'_>, diagnostics: &mut Diagnostics) -> Vec<Value> {
    let NestedForm::Dynamic { for_each, iterator } = &block.form else {
        return vec![object(&block.body, at, diagnostics)];
    };
    let Ok(value) = evaluate(for_each, at, diagnostics) else { return Vec::new() };
    let pairs: Vec<(Value, Value)> = match (value.entries(), value.elements()) {
        (Some(entries), _) => {
            entries.iter().map(|(k, v)| (Value::String(k.clone()), v.clone())).collect()
        }
        (_, Some(items)) => {
            items.iter().enumerate().map(|(n, v)| (Value::from(n as i64), v.clone())).collect()
        }
        _ if value.is_unknown() => {
            let any = || Value::unknown(Type::Any);
            let each = Value::object([("key", any()), ("value", any())]);
            let inner = at.with_iterator(iterator.clone(), each);
            object(&block.body, &inner, diagnostics);
            at.absorb(inner);
            return vec![any()];
        }
        _ => {
            let detail = "A dynamic block goes through a list, a set or a map.";
            let mut diagnostic = Diagnostic::error("Invalid dynamic for_each value", detail);
            diagnostic.values = values_behind(for_each, at);
            diagnostics.error(diagnostic.at(for_each.span()));
            Vec::new()
        }
    };
    // What hides the whole hides each part.
    let (_, marks) = value.unmark();
    let content = |(key, value): (Value, Value)| {
        let each = Value::object([("key", key.mark(marks)), ("value", value.mark(marks))]);
        let inner = at.with_iterator(iterator.clone(), each);
        let object = object(&block.body, &inner, diagnostics);
        at.absorb(inner);
        object
    };
    pairs.into_iter().map(content).collect()
}

fn object(body: &Body, at: &At<'_>, diagnostics: &mut Diagnostics) -> Value {
    let mut attrs: BTreeMap<Text, Value> = BTreeMap::new();
    for (name, (_, expr)) in body.attrs.iter() {
        if let Ok(value) = evaluate(expr, at, diagnostics) {
            attrs.insert(name.clone(), value.settled());
        }
    }
    let mut lists: BTreeMap<Text, Vec<Value>> = BTreeMap::new();
    for block in &body.blocks {
        gather(&mut lists, block, at, diagnostics);
    }
    attrs.extend(finished(lists));
    Value::Object(Arc::new(attrs))
}
