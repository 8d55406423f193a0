//! Configuration in JSON: the same blocks and arguments, with expressions in strings.
//!
//! Expressions become text in HCL's own syntax at the very bytes where JSON has them, so that one
//! parser reads both syntaxes and every message points into the file.

mod native;

use std::collections::BTreeSet;
use std::sync::Arc;

use hcl::edit::expr::Expression;
use jsonc_parser::ast::{ObjectProp, Value as Json};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use self::native::{Native, Reading};
use super::decode::{Argument, Item, Label, Opened};
use crate::diag::{Diagnostic, Diagnostics, Reported};
use crate::eval::{self, Expr};
use crate::source::{SourceId, Span};
use crate::value::{Text, normalized};

/// Deeper nesting than this is refused: no configuration needs it, and each level takes stack.
const DEEPEST: usize = 200;

/// The name under which files keep comments.
const COMMENT: &str = "//";

/// Reads a file of configuration.
pub(super) fn file(
    text: &str,
    source: SourceId,
    diags: &mut Diagnostics,
) -> Result<Vec<Item>, Reported> {
    let text = &eval::without_bom(text);
    let json = parse(text, source).map_err(|problem| diags.error(*problem))?;
    if matches!(json, Json::NullKeyword(_)) {
        return Err(diags.error(not_an_object(&json, source)));
    }
    let before = diags.len();
    let mut reader = Reader { source, native: Native::default(), diags };
    let mut drafts = Vec::new();
    reader.objects(&json, &mut |reader, object| reader.body(object, &ROOT, &mut drafts));
    let Reader { native, diags, .. } = reader;
    let finished = finish(native, source, drafts).map_err(|problem| diags.error(*problem))?;
    let found = diags.split_off(before);
    let outcome = found.reported();
    diags.extend(found);
    outcome.map(|()| finished)
}

/// Reads a file of values: names with constants, in which `${` means itself.
pub(super) fn values(
    text: &str,
    source: SourceId,
    diags: &mut Diagnostics,
) -> Result<Vec<Argument>, Reported> {
    let text = &eval::without_bom(text);
    let json = parse(text, source).map_err(|problem| diags.error(*problem))?;
    let Json::Object(object) = &json else {
        return Err(diags.error(not_an_object(&json, source)));
    };
    let mut native = Native::default();
    let mut seen = BTreeSet::from([COMMENT.into()]);
    let mut drafts = Vec::new();
    for property in object.properties.iter().filter(|property| property.name.as_str() != COMMENT) {
        let (name, at) = (normalized(property.name.as_str()), name_span(source, property));
        if !seen.insert(name.clone()) {
            let detail = format!("The variable {name:?} is given a value twice in this file.");
            let error = Diagnostic::error("Duplicate attribute definition", detail);
            return Err(diags.error(error.at(at)));
        }
        let index = native.value(&property.value, Reading::Literal);
        drafts.push(Draft::Attr { name, at, index });
    }
    let items = finish(native, source, drafts).map_err(|problem| diags.error(*problem))?;
    let argument = |item| match item {
        Item::Attr(argument) => Some(argument),
        Item::Block(_) => None,
    };
    Ok(items.into_iter().filter_map(argument).collect())
}

fn parse(text: &str, source: SourceId) -> Result<Json<'_>, Box<Diagnostic>> {
    if let Some(at) = too_deep(text) {
        let detail = format!("This is nested more than {DEEPEST} levels deep.");
        let at = Span::new(source, at..at + 1);
        return Err(Box::new(Diagnostic::error("Invalid JSON", detail).at(at)));
    }
    if let Some(at) = raw_control(text) {
        let detail = "A line break or another control character in a string is written as an \
                      escape: \\n, \\t.";
        let at = Span::new(source, at..at + 1);
        return Err(Box::new(Diagnostic::error("Invalid JSON", detail).at(at)));
    }
    let strict = ParseOptions {
        allow_comments: false,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let invalid = |detail: String, range: std::ops::Range<usize>| {
        let at = Span::new(source, range);
        Box::new(Diagnostic::error("Invalid JSON", detail).at(at))
    };
    match parse_to_ast(text, &CollectOptions::default(), &strict) {
        Ok(found) => found.value.ok_or_else(|| invalid("The file is empty.".into(), 0..0)),
        Err(error) => {
            let range = error.range();
            Err(invalid(format!("{}.", error.kind()), range.start..range.end))
        }
    }
}

/// Where brackets are nested too deep.
fn too_deep(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    bytes(text).find_map(|(at, byte, quoted)| {
        match byte {
            b'[' | b'{' if !quoted => depth += 1,
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        (depth > DEEPEST).then_some(at)
    })
}

/// Where a string has a control character as it is.
fn raw_control(text: &str) -> Option<usize> {
    bytes(text).find_map(|(at, byte, quoted)| (quoted && byte < b' ').then_some(at))
}

/// The bytes with their places, and whether they are in a string.
fn bytes(text: &str) -> impl Iterator<Item = (usize, u8, bool)> {
    let (mut quoted, mut escaped) = (false, false);
    text.bytes().enumerate().map(move |(at, byte)| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ => {}
        }
        (at, byte, quoted)
    })
}

/// What may be in a block: the types of nested blocks with the number of their labels, and the
/// arguments whose strings are references or types, not texts.
struct Shape {
    blocks: &'static [(&'static str, usize, &'static Shape)],
    references: &'static [&'static str],
    /// Arguments whose strings are no templates: `${` means itself.
    literals: &'static [&'static str],
}

static LEAF: Shape = Shape { blocks: &[], references: &[], literals: &[] };
static CONTENT: Shape = Shape { blocks: &[("dynamic", 1, &DYNAMIC)], ..LEAF };
static DYNAMIC: Shape =
    Shape { blocks: &[("content", 0, &CONTENT)], references: &["iterator"], ..LEAF };
static LIFECYCLE: Shape = Shape {
    blocks: &[("precondition", 0, &LEAF), ("postcondition", 0, &LEAF)],
    references: &["ignore_changes", "replace_triggered_by"],
    literals: &[],
};
static RESOURCE: Shape = Shape {
    blocks: &[
        ("lifecycle", 0, &LIFECYCLE),
        ("dynamic", 1, &DYNAMIC),
        ("provisioner", 1, &LEAF),
        ("connection", 0, &LEAF),
    ],
    references: &["depends_on", "provider"],
    literals: &[],
};
static SETTINGS: Shape = Shape {
    blocks: &[("backend", 1, &LEAF), ("seal", 0, &LEAF), ("required_providers", 0, &LEAF)],
    references: &[],
    literals: &[],
};
static ADDRESSES: Shape =
    Shape { blocks: &[("lifecycle", 0, &LEAF)], references: &["from", "to", "provider"], ..LEAF };
static ROOT: Shape = Shape {
    blocks: &[
        ("check", 1, &Shape { blocks: &[("assert", 0, &LEAF), ("data", 2, &RESOURCE)], ..LEAF }),
        ("data", 2, &RESOURCE),
        ("import", 0, &ADDRESSES),
        ("locals", 0, &LEAF),
        (
            "module",
            1,
            &Shape { references: &["depends_on", "providers"], literals: &["source"], ..LEAF },
        ),
        ("moved", 0, &ADDRESSES),
        (
            "output",
            1,
            &Shape {
                blocks: &[("precondition", 0, &LEAF)],
                references: &["depends_on"],
                literals: &["description"],
            },
        ),
        ("provider", 1, &LEAF),
        ("quorate", 0, &SETTINGS),
        ("removed", 0, &ADDRESSES),
        ("resource", 2, &RESOURCE),
        ("terraform", 0, &SETTINGS),
        (
            "variable",
            1,
            &Shape {
                blocks: &[("validation", 0, &LEAF)],
                references: &["type"],
                literals: &["default", "description"],
            },
        ),
    ],
    references: &[],
    literals: &[],
};

impl Shape {
    /// What the strings of an argument mean.
    fn reading(&self, name: &str) -> Reading {
        match (self.references.contains(&name), self.literals.contains(&name)) {
            (true, _) => Reading::Code,
            (_, true) => Reading::Literal,
            _ => Reading::Template,
        }
    }
}

/// An item whose expressions are yet to be parsed.
enum Draft {
    Attr { name: Text, at: Span, index: usize },
    Block { kind: Text, labels: Vec<Label>, span: Span, body: Vec<Draft> },
}

struct Reader<'a> {
    source: SourceId,
    native: Native,
    diags: &'a mut Diagnostics,
}

impl Reader<'_> {
    /// Does something with an object, or with each of an array of them.
    fn objects<'j>(&mut self, json: &Json<'j>, each: &mut dyn FnMut(&mut Self, &[ObjectProp<'j>])) {
        match json {
            Json::Object(object) => each(self, &object.properties),
            Json::Array(array) => array.elements.iter().for_each(|e| self.objects(e, each)),
            Json::NullKeyword(_) => {}
            other => {
                let problem = not_an_object(other, self.source);
                self.diags.error(problem);
            }
        }
    }

    fn body(&mut self, properties: &[ObjectProp<'_>], shape: &Shape, drafts: &mut Vec<Draft>) {
        let mut seen = BTreeSet::new();
        for property in properties {
            let name = normalized(property.name.as_str());
            if &*name == COMMENT {
                continue;
            }
            let at = name_span(self.source, property);
            if let Some((kind, labels, inner)) = shape.blocks.iter().find(|b| *b.0 == *name) {
                let header = Header { kind: (*kind).into(), at, labels: Vec::new() };
                self.blocks(&property.value, header, *labels, inner, drafts);
                continue;
            }
            if !seen.insert(name.clone()) {
                let detail = format!("The argument {name:?} was already set in this object.");
                self.diags.error(Diagnostic::error("Duplicate argument", detail).at(at));
                continue;
            }
            let reading = shape.reading(&name);
            let index = self.native.value(&property.value, reading);
            drafts.push(Draft::Attr { name, at, index });
        }
    }

    /// Takes labels off a value until what is left is bodies.
    fn blocks(
        &mut self,
        json: &Json<'_>,
        header: Header,
        labels: usize,
        shape: &Shape,
        drafts: &mut Vec<Draft>,
    ) {
        self.objects(json, &mut |reader, properties| match labels {
            0 => {
                let mut body = Vec::new();
                reader.body(properties, shape, &mut body);
                drafts.push(header.clone().draft(body));
            }
            _ => {
                for property in properties.iter().filter(|p| p.name.as_str() != COMMENT) {
                    let mut header = header.clone();
                    let span = name_span(reader.source, property);
                    header.labels.push((normalized(property.name.as_str()), span));
                    reader.blocks(&property.value, header, labels - 1, shape, drafts);
                }
            }
        });
    }
}

#[derive(Clone)]
struct Header {
    kind: Text,
    at: Span,
    labels: Vec<(Text, Span)>,
}

impl Header {
    /// The last label names a block best; all of them may be many lines apart.
    fn draft(self, body: Vec<Draft>) -> Draft {
        let span = self.labels.last().map_or(self.at, |(_, span)| *span);
        let labels = self.labels.into_iter().map(|(text, span)| Label { text, span }).collect();
        Draft::Block { kind: self.kind, labels, span, body }
    }
}

fn name_span(source: SourceId, property: &ObjectProp<'_>) -> Span {
    let range = property.name.range();
    Span::new(source, range.start..range.end)
}

fn not_an_object(json: &Json<'_>, source: SourceId) -> Diagnostic {
    let range = json.range();
    let detail = "A JSON object is required here, or an array of objects: its properties are the \
                  arguments and the blocks.";
    Diagnostic::error("Incorrect JSON value type", detail)
        .at(Span::new(source, range.start..range.end))
}

/// Parses all expressions at once and puts each where it belongs.
fn finish(
    native: Native,
    source: SourceId,
    drafts: Vec<Draft>,
) -> Result<Vec<Item>, Box<Diagnostic>> {
    let parsed = eval::parse_expression(&native.finished(), source)?;
    let mut nodes: Vec<Option<Expression>> = match Arc::into_inner(parsed.node) {
        Some(Expression::Array(items)) => items.into_iter().map(Some).collect(),
        _ => Vec::new(),
    };
    Ok(drafts.into_iter().filter_map(|draft| settled(draft, source, &mut nodes)).collect())
}

fn settled(draft: Draft, source: SourceId, nodes: &mut [Option<Expression>]) -> Option<Item> {
    match draft {
        Draft::Attr { name, at, index } => {
            let node = Arc::new(nodes.get_mut(index)?.take()?);
            Some(Item::Attr(Argument { name, at, expr: Expr::new(source, node) }))
        }
        Draft::Block { kind, labels, span, body } => {
            let body = body.into_iter().filter_map(|draft| settled(draft, source, nodes));
            let body = body.collect();
            Some(Item::Block(Opened { kind, labels, span, body }))
        }
    }
}
