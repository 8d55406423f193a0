//! YAML to values.

use std::collections::BTreeMap;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, StrInput, Tag};

use super::scalar;
use crate::functions::limit;
use crate::value::{Text, Type, Value};

/// Deeper nesting would be a mistake or an attack.
const DEPTH: usize = 128;

/// Reads a stream of one document.
pub fn read(text: &str) -> Result<Value, String> {
    let mut reader =
        Reader { parser: Parser::new_from_str(text), anchors: BTreeMap::new(), size: 0 };
    loop {
        match reader.next()? {
            Event::StreamStart => {}
            Event::DocumentStart(..) => break,
            Event::StreamEnd => return Err("missing start of document".to_owned()),
            _ => {}
        }
    }
    let node = reader.next()?;
    let value = reader.node(node, 0)?;
    loop {
        match reader.next()? {
            Event::DocumentEnd => {}
            Event::StreamEnd => return Ok(value.value),
            Event::DocumentStart(..) => {
                return Err("unexpected extra content after value".to_owned());
            }
            _ => {}
        }
    }
}

struct Reader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    /// What has been read in full under its anchor.
    anchors: BTreeMap<usize, Node>,
    size: usize,
}

/// A value and what it costs to write it out.
#[derive(Clone)]
struct Node {
    value: Value,
    size: usize,
    /// Whether it is `<<`, which merges what follows into its map.
    merges: bool,
}

impl<'a> Reader<'a> {
    /// The next event that is about content.
    fn next(&mut self) -> Result<Event<'a>, String> {
        match self.parser.next_event() {
            Some(Ok((event, _))) => Ok(event),
            Some(Err(error)) => Err(placed(&error)),
            None => Ok(Event::StreamEnd),
        }
    }

    fn node(&mut self, event: Event<'a>, depth: usize) -> Result<Node, String> {
        if depth > DEPTH {
            return Err(format!("the YAML is nested more than {DEPTH} levels deep"));
        }
        let before = self.size;
        self.grow(1)?;
        let (value, anchor, merges) = match event {
            Event::Alias(anchor) => return self.alias(anchor),
            Event::Scalar(text, style, anchor, tag) => {
                let merges = &*text == "<<" && tag.is_none();
                let plain = style == ScalarStyle::Plain;
                (scalar::resolve(&text, plain, tag.as_deref())?, anchor, merges)
            }
            Event::SequenceStart(_, anchor, tag) => {
                expect_tag(tag.as_deref(), "sequence", "seq")?;
                (self.sequence(depth)?, anchor, false)
            }
            Event::MappingStart(_, anchor, tag) => {
                expect_tag(tag.as_deref(), "mapping", "map")?;
                (self.mapping(depth)?, anchor, false)
            }
            // Comments are no content.
            Event::StreamEnd | Event::DocumentEnd => {
                return Err("unexpected end of document".to_owned());
            }
            _ => {
                let next = self.next()?;
                return self.node(next, depth);
            }
        };
        let node = Node { value, size: self.size - before, merges };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    /// Aliases of aliases could make gigabytes of a few lines, so each counts in full.
    fn alias(&mut self, anchor: usize) -> Result<Node, String> {
        let node = self.anchors.get(&anchor).cloned();
        let node = node.ok_or("an alias refers to an anchor from inside its own definition")?;
        self.grow(node.size)?;
        Ok(node)
    }

    fn grow(&mut self, by: usize) -> Result<(), String> {
        self.size = self.size.saturating_add(by);
        limit::elements(Some(self.size)).map_err(|error| error.message)
    }

    fn sequence(&mut self, depth: usize) -> Result<Value, String> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                Event::SequenceEnd => return Ok(Value::tuple(items)),
                event => items.push(self.node(event, depth + 1)?.value),
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Value, String> {
        let mut attrs = BTreeMap::new();
        loop {
            let event = self.next()?;
            if event == Event::MappingEnd {
                return Ok(Value::object(attrs));
            }
            let key = self.node(event, depth + 1)?;
            let event = self.next()?;
            let value = self.node(event, depth + 1)?.value;
            if key.merges {
                let name = value.type_of().friendly_name();
                let merged = value.entries().ok_or(format!("cannot merge {name} into mapping"))?;
                attrs.extend(merged.clone());
            } else {
                attrs.insert(key_text(&key.value)?, value);
            }
        }
    }
}

fn key_text(key: &Value) -> Result<Text, String> {
    if key.is_null() {
        return Err("mapping key cannot be null".to_owned());
    }
    match key.convert(&Type::String) {
        Ok(Value::String(text)) => Ok(text),
        _ => Err("only strings are allowed as mapping keys".to_owned()),
    }
}

fn expect_tag(tag: Option<&Tag>, kind: &str, suffix: &str) -> Result<(), String> {
    match tag {
        Some(tag) if !tag.is_yaml_core_schema_tag(suffix) => {
            Err(format!("can't interpret {kind} as {}{}", tag.handle(), tag.suffix()))
        }
        _ => Ok(()),
    }
}

fn placed(error: &ScanError) -> String {
    let at = error.marker();
    format!("on line {}, column {}: {}", at.line(), at.col() + 1, error.info())
}
