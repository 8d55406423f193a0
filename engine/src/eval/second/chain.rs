//! Long chains of operators, cut into their operands.

use std::ops::Range;

use super::outline::{Fill, Hole};

/// So many operators are parsed in one piece. The parser takes 128 on one way into an expression, which
/// may lead through several brackets.
const OPERATORS: usize = 10;

/// The operators between the brackets of an expression, up to the place that was reached.
#[derive(Debug, Default)]
pub(super) struct Chain {
    /// Where the first operand begins.
    start: Option<usize>,
    operators: Vec<Range<usize>>,
}

impl Chain {
    /// Passes a token of an operand.
    pub(super) fn begin(&mut self, start: usize) {
        self.start.get_or_insert(start);
    }

    pub(super) fn operator(&mut self, at: Range<usize>) {
        self.operators.push(at);
    }

    /// The parts of a chain that ends here; none of a short one.
    pub(super) fn end(&mut self, text: &str, end: usize) -> Vec<Hole> {
        let chain = std::mem::take(self);
        let mut holes = Vec::new();
        if let Some(start) = chain.start {
            cut(text, start..end, &chain.operators, &mut holes);
        }
        holes
    }
}

/// Cuts at the operators that bind loosest, and what is still long between them again.
fn cut(text: &str, whole: Range<usize>, operators: &[Range<usize>], holes: &mut Vec<Hole>) {
    if operators.len() <= OPERATORS {
        return;
    }
    let strength = |at: &Range<usize>| binding(&text[at.clone()]);
    let loosest = operators.iter().map(strength).min().unwrap_or(0);
    let mut fill = (Vec::new(), Vec::new());
    let mut start = whole.start;
    for within in operators.split_inclusive(|at| strength(at) == loosest) {
        let (end, inner) = match within.split_last() {
            Some((last, inner)) if strength(last) == loosest => {
                fill.1.push(text[last.clone()].to_owned());
                (last.start, inner)
            }
            _ => (whole.end, within),
        };
        cut(text, start..end, inner, holes);
        fill.0.push(start..end);
        start = within.last().map_or(end, |last| last.end.max(end));
    }
    if fill.0.len() == fill.1.len() {
        fill.0.push(start..whole.end);
    }
    holes.push(Hole { range: whole, layer: 0, fill: Fill::Chain(fill.0, fill.1) });
}

fn binding(operator: &str) -> u8 {
    match operator {
        "||" => 1,
        "&&" => 2,
        "==" | "!=" => 3,
        "<" | "<=" | ">" | ">=" => 4,
        "+" | "-" => 5,
        _ => 6,
    }
}
