//! Reads again what the parser refuses although it is the language.
//!
//! The parser takes no line breaks around operators in some brackets, 64 levels of nesting, numbers
//! up to what a double can be, and keys once; it compares each key of an object with all others, and
//! misreads some heredocs. So line breaks that mean nothing become spaces, and what it cannot take as it stands is
//! put aside, leaving `(h)` or a block without content, parsed on its own and put back. Every span still
//! fits the source.

mod chain;
mod fill;
mod frame;
mod heredoc;
mod outline;
#[cfg(test)]
mod tests;

use std::str::FromStr;

use hcl::edit::expr::Expression;
use hcl::edit::parser::Error;
use hcl::edit::structure::Body;
use hcl::edit::template::Template;
use hcl::edit::visit_mut::VisitMut as _;

pub(super) use fill::Filling;
use fill::Fillings;
pub(super) use frame::Group;
use outline::{Fill, Hole, Outline, TooDeep, outline};

/// From this size on a text is looked through before it is parsed, since the parser would take
/// very long for an object of many entries.
const LARGE: usize = 1 << 15;

/// Why a text is refused.
#[derive(Debug)]
pub(super) enum Refused {
    Parser(Error),
    /// The place with too many brackets around it.
    TooDeep(usize),
    /// Tokens make no sense: it is no text of the language, although the parser may take it.
    Stuck,
}

/// The most brackets that may be open at one place.
pub(super) const DEEPEST: usize = outline::DEEPEST;

/// Operands in turn with their operators, in a call that nobody can write: many operators one in the other
/// would be a tree too deep to go through. They bind equally tight, and the first comes first.
pub(super) const CHAIN: &str = "chain of operators";

/// What holes can be found in.
pub(super) trait Tree: FromStr<Err = Error> {
    /// What its outermost tokens are part of.
    const ROOT: Group;
    fn fill(&mut self, filling: &mut Filling<'_>);
}

impl Tree for Body {
    const ROOT: Group = Group::Body;
    fn fill(&mut self, filling: &mut Filling<'_>) {
        filling.visit_body_mut(self);
    }
}

impl Tree for Expression {
    const ROOT: Group = Group::Expression;
    fn fill(&mut self, filling: &mut Filling<'_>) {
        filling.visit_expr_mut(self);
    }
}

impl Tree for Template {
    const ROOT: Group = Group::Text;
    fn fill(&mut self, filling: &mut Filling<'_>) {
        filling.visit_template_mut(self);
    }
}

/// Parses a text, if need be in pieces.
pub(super) fn parse<T: Tree>(text: &str) -> Result<T, Refused> {
    if text.len() >= LARGE
        && let Some(Ok(outline)) = outline(text, T::ROOT)
        && outline.holes.iter().any(|hole| matches!(hole.fill, Fill::Entries(_)))
    {
        return in_pieces(outline).map_err(Refused::Parser);
    }
    if heredoc::is_suspect(text) {
        return match outline(text, T::ROOT) {
            Some(Ok(outline)) => in_pieces(outline).map_err(Refused::Parser),
            Some(Err(TooDeep(at))) => Err(Refused::TooDeep(at)),
            None => Err(Refused::Stuck),
        };
    }
    let first = match text.parse() {
        Ok(tree) => return Ok(tree),
        Err(first) => first,
    };
    match outline(text, T::ROOT) {
        Some(Ok(outline)) => again(text, first, outline),
        Some(Err(TooDeep(at))) => Err(Refused::TooDeep(at)),
        None => Err(Refused::Parser(first)),
    }
}

/// Of two refusals the one that came further tells more.
fn again<T: Tree>(text: &str, first: Error, outline: Outline) -> Result<T, Refused> {
    if outline.holes.is_empty() && outline.flat == text.as_bytes() {
        return Err(Refused::Parser(first));
    }
    in_pieces(outline).map_err(|second| {
        let further = second.location().offset() > first.location().offset();
        Refused::Parser(if further { second } else { first })
    })
}

fn in_pieces<T: Tree>(outline: Outline) -> Result<T, Error> {
    let mut fillings = Fillings::parse(&outline)?;
    let text = without(&outline, 0);
    // An expression ends where the text does; a hole at its end leaves spaces.
    let text = if T::ROOT == Group::Expression { text.trim_end() } else { &text };
    let mut tree: T = text.parse()?;
    tree.fill(&mut fillings.layer(0));
    Ok(tree)
}

/// The text with `(h)` for the holes of a layer.
fn without(outline: &Outline, layer: usize) -> String {
    let mut text = outline.flat.clone();
    for hole in outline.holes.iter().filter(|hole| hole.layer == layer) {
        set_aside(&mut text, hole);
    }
    // Whole tokens were put aside, so it is a text again.
    String::from_utf8_lossy(&text).into_owned()
}

fn set_aside(text: &mut [u8], hole: &Hole) {
    if let Fill::Block(brace) = hole.fill {
        return text[brace + 1..hole.range.end - 1].fill(b' ');
    }
    let place = &mut text[hole.range.clone()];
    place.fill(b' ');
    place[..3].copy_from_slice(b"(h)");
}
