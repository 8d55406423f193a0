//! Columns: the `=` of neighbouring lines, then the comments at their ends.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;

use super::lines::Line;
use crate::lex::Token;

/// Sets the room before assignments and comments of lines that follow one another.
pub(super) fn align(tokens: &mut [Token<'_>], lines: &[Line]) {
    column(tokens, lines, |line| &line.assign, |line| line.lead.clone());
    // Assignments have moved, so that their room counts too.
    column(tokens, lines, |line| &line.comment, |line| line.lead.start..line.assign.end);
}

/// Aligns one cell in each run of lines that have it.
fn column(
    tokens: &mut [Token<'_>],
    lines: &[Line],
    cell: impl Fn(&Line) -> &Range<usize>,
    before: impl Fn(&Line) -> Range<usize>,
) {
    for run in lines.chunk_by(|a, b| cell(a).is_empty() == cell(b).is_empty()) {
        if run.first().is_none_or(|line| cell(line).is_empty()) {
            continue;
        }
        let widths: Vec<usize> = run.iter().map(|line| width(&tokens[before(line)])).collect();
        let widest = widths.iter().copied().max().unwrap_or(0);
        for (line, width) in run.iter().zip(widths) {
            tokens[cell(line).start].spaces = widest - width + 1;
        }
    }
}

/// Columns that tokens take: what a reader sees as one character is one column.
fn width(tokens: &[Token<'_>]) -> usize {
    tokens.iter().map(|token| token.spaces + columns(&token.text)).sum()
}

fn columns(text: &str) -> usize {
    if text.is_ascii() && !text.contains('\r') { text.len() } else { text.graphemes(true).count() }
}
