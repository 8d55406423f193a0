//! What was put aside, parsed and put back.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use hcl::edit::expr::{Expression, FuncArgs, FuncCall, Object, ObjectKey, ObjectValue};
use hcl::edit::parser::Error;
use hcl::edit::structure::{Block, Body};
use hcl::edit::visit_mut::{VisitMut, visit_block_mut, visit_expr_mut, visit_object_mut};
use hcl::edit::{Ident, Span as _};

use super::outline::{Fill, Hole, Outline};
use super::{CHAIN, set_aside};

/// What all holes are filled with, by layer.
pub(super) struct Fillings {
    layers: Vec<Layer>,
}

/// What is put back, by where it begins.
#[derive(Clone, Default)]
struct Layer {
    expressions: HashMap<usize, Expression>,
    bodies: HashMap<usize, Body>,
}

/// Part of the source, with what must stand around it to be an expression.
struct Piece {
    hole: usize,
    begin: &'static str,
    range: Range<usize>,
    end: &'static str,
}

impl Piece {
    fn start(&self) -> usize {
        self.range.start.saturating_sub(self.begin.len())
    }
}

impl Fillings {
    pub(super) fn parse(outline: &Outline) -> Result<Fillings, Error> {
        let deepest = outline.holes.iter().map(|hole| hole.layer).max();
        let mut layers = vec![Layer::default(); deepest.map_or(0, |deepest| deepest + 1)];
        for (layer, fillings) in layers.iter_mut().enumerate() {
            fillings.bodies = bodies(outline, layer)?;
            for (hole, parts) in parts(outline, layer)? {
                let hole = &outline.holes[hole];
                let filling = match &hole.fill {
                    Fill::Entries(_) => call("merge", parts),
                    Fill::Chain(_, operators) => call(CHAIN, alternating(parts, operators)),
                    Fill::Number => number(&outline.flat[hole.range.clone()]),
                    Fill::Block(_) => continue,
                    Fill::Expression => match parts.into_iter().next() {
                        Some(part) => part,
                        None => continue,
                    },
                };
                fillings.expressions.insert(hole.range.start, filling);
            }
        }
        Ok(Fillings { layers })
    }

    pub(super) fn layer(&mut self, layer: usize) -> Filling<'_> {
        Filling { layers: &mut self.layers[layer..] }
    }
}

/// The parsed parts of each hole of a layer.
fn parts(outline: &Outline, layer: usize) -> Result<BTreeMap<usize, Vec<Expression>>, Error> {
    let mut parts: BTreeMap<usize, Vec<Expression>> = BTreeMap::new();
    let mut pieces: Vec<Piece> = Vec::new();
    for (at, hole) in outline.holes.iter().enumerate().filter(|(_, hole)| hole.layer == layer) {
        parts.entry(at).or_default();
        match &hole.fill {
            Fill::Number | Fill::Block(_) => {}
            Fill::Expression => {
                pieces.push(Piece { hole: at, begin: "", range: hole.range.clone(), end: "" })
            }
            Fill::Entries(chunks) => pieces.extend(chunks.iter().map(|chunk| Piece {
                hole: at,
                begin: "{",
                range: chunk.clone(),
                end: "}",
            })),
            Fill::Chain(operands, _) => pieces.extend(operands.iter().map(|operand| Piece {
                hole: at,
                begin: "",
                range: operand.clone(),
                end: "",
            })),
        }
    }
    pieces.sort_by_key(|piece| piece.range.start);
    let text = inside(outline, layer);
    while !pieces.is_empty() {
        let list = List::of(&text, &mut pieces);
        for (piece, item) in list.pieces.iter().zip(list.parse()?) {
            parts.entry(piece.hole).or_default().push(item);
        }
    }
    Ok(parts)
}

/// What is in each block that is put aside in a layer: all of them one after the other are a text.
fn bodies(outline: &Outline, layer: usize) -> Result<HashMap<usize, Body>, Error> {
    let is_block = |hole: &&Hole| hole.layer == layer && matches!(hole.fill, Fill::Block(_));
    let mut blocks = outline.holes.iter().filter(is_block).peekable();
    if blocks.peek().is_none() {
        return Ok(HashMap::new());
    }
    let inside = inside(outline, layer);
    let mut text = vec![b' '; inside.len()];
    for hole in blocks {
        let Range { start, end } = hole.range;
        text[start..end].copy_from_slice(&inside[start..end]);
        text[end..].first_mut().into_iter().for_each(|after| *after = b'\n');
    }
    let body: Body = String::from_utf8_lossy(&text).parse()?;
    let blocks = body.into_blocks();
    Ok(blocks.filter_map(|block| Some((block.span()?.start, block.body))).collect())
}

/// The text with `(h)` for what is put aside within the holes of a layer.
fn inside(outline: &Outline, layer: usize) -> Vec<u8> {
    let mut text = outline.flat.clone();
    for hole in outline.holes.iter().filter(|hole| hole.layer == layer + 1) {
        set_aside(&mut text, hole);
    }
    text
}

/// A text in which nothing but some pieces is left, each in its place.
struct List {
    text: Vec<u8>,
    pieces: Vec<Piece>,
}

impl List {
    /// Takes the pieces that have room between them for commas and brackets.
    fn of(source: &[u8], pieces: &mut Vec<Piece>) -> List {
        let mut list = List { text: vec![b' '; source.len() + 2], pieces: Vec::new() };
        if pieces.first().is_some_and(|first| first.start() == 0) {
            let first = pieces.remove(0);
            list.put(source, first);
            return list;
        }
        list.text[0] = b'[';
        list.text[source.len() + 1] = b']';
        let mut free = 1;
        let mut rest = Vec::new();
        for piece in std::mem::take(pieces) {
            let comma = usize::from(!list.pieces.is_empty());
            if piece.start() < free + comma {
                rest.push(piece);
                continue;
            }
            free = piece.range.end + piece.end.len();
            if comma == 1 {
                list.text[piece.start() - 1] = b',';
            }
            list.put(source, piece);
        }
        *pieces = rest;
        list
    }

    fn put(&mut self, source: &[u8], piece: Piece) {
        let Range { start, end } = piece.range;
        self.text[piece.start()..start].copy_from_slice(piece.begin.as_bytes());
        self.text[start..end].copy_from_slice(&source[start..end]);
        self.text[end..end + piece.end.len()].copy_from_slice(piece.end.as_bytes());
        self.pieces.push(piece);
    }

    fn parse(&self) -> Result<Vec<Expression>, Error> {
        let text = String::from_utf8_lossy(&self.text);
        match text.trim_end().parse()? {
            Expression::Array(items) if text.starts_with('[') => Ok(items.into_iter().collect()),
            single => Ok(vec![single]),
        }
    }
}

fn call(name: &str, args: Vec<Expression>) -> Expression {
    let call = FuncCall::new(Ident::new_unchecked(name), FuncArgs::from(args));
    Expression::FuncCall(Box::new(call))
}

/// Operands with the operators between them.
fn alternating(operands: Vec<Expression>, operators: &[String]) -> Vec<Expression> {
    let mut operators = operators.iter().map(|operator| Expression::from(operator.as_str()));
    operands.into_iter().flat_map(|operand| [Some(operand), operators.next()]).flatten().collect()
}

/// A number from its digits, of any size.
fn number(digits: &[u8]) -> Expression {
    call("tonumber", vec![Expression::from(String::from_utf8_lossy(digits).into_owned())])
}

/// Puts expressions into the holes of a layer and of those below it.
pub(in crate::eval) struct Filling<'f> {
    layers: &'f mut [Layer],
}

impl Filling<'_> {
    fn of(&mut self, node: &Expression) -> Option<Expression> {
        let Expression::Parenthesis(inner) = node else { return None };
        let at = node.span()?.start;
        match inner.inner() {
            Expression::Variable(name) if name.as_str() == "h" => {
                self.layers.first_mut()?.expressions.remove(&at)
            }
            _ => None,
        }
    }

    fn inner(&mut self) -> Filling<'_> {
        Filling { layers: self.layers.get_mut(1..).unwrap_or_default() }
    }
}

impl VisitMut for Filling<'_> {
    fn visit_block_mut(&mut self, node: &mut Block) {
        let start = node.span().map_or(0, |span| span.start);
        let layer = self.layers.first_mut();
        let Some(body) = layer.and_then(|layer| layer.bodies.remove(&start)) else {
            return visit_block_mut(self, node);
        };
        node.body = body;
        self.inner().visit_body_mut(&mut node.body);
    }

    fn visit_expr_mut(&mut self, node: &mut Expression) {
        let Some(mut filling) = self.of(node) else { return visit_expr_mut(self, node) };
        self.inner().visit_expr_mut(&mut filling);
        match (&filling, &mut *node) {
            // What was made keeps the parentheses, which know where it stands.
            (Expression::FuncCall(call), Expression::Parenthesis(around))
                if call.span().is_none() =>
            {
                *around.inner_mut() = filling;
            }
            _ => *node = filling,
        }
    }

    /// Keys cannot be changed in place: an object with holes in them is built anew.
    fn visit_object_mut(&mut self, node: &mut Object) {
        let is_nested = |key: &ObjectKey| matches!(key, ObjectKey::Expression(key) if !matches!(key, Expression::String(_)));
        if node.iter().any(|(key, _)| is_nested(key)) {
            let filled = std::mem::take(node).into_iter().map(|(mut key, value)| {
                if let ObjectKey::Expression(key) = &mut key {
                    self.visit_expr_mut(key);
                }
                (key, value)
            });
            *node = filled.collect::<Vec<(ObjectKey, ObjectValue)>>().into_iter().collect();
        }
        visit_object_mut(self, node);
    }
}
