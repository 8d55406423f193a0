//! Lines of tokens, and the cells that are aligned between neighbouring lines.

use std::ops::Range;

use crate::lex::{Kind, Token};

/// One line: what stands first, an assignment that is whole on this line, and a comment at its end.
/// All are ranges of tokens; the later two are empty where there is none.
pub(super) struct Line {
    pub(super) lead: Range<usize>,
    pub(super) assign: Range<usize>,
    pub(super) comment: Range<usize>,
}

/// Splits tokens into lines. A template or heredoc of many lines is part of one.
pub(super) fn lines(tokens: &[Token<'_>]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut start = 0;
    for (index, token) in tokens.iter().enumerate() {
        if token.ends_line() {
            lines.push(line(tokens, start..index + 1));
            start = index + 1;
        }
    }
    if start < tokens.len() {
        lines.push(line(tokens, start..tokens.len()));
    }
    lines
}

fn line(tokens: &[Token<'_>], range: Range<usize>) -> Line {
    let mut lead = range.clone();
    let mut comment = range.end..range.end;
    if range.len() > 1 && tokens[range.end - 1].kind == Kind::Comment {
        lead.end -= 1;
        comment.start -= 1;
    }
    let equal = lead.clone().skip(1).find(|index| tokens[*index].kind == Kind::Equal);
    let assign = match equal {
        // An expression that goes on in the next line is not aligned.
        Some(equal) if brackets(&tokens[equal..lead.end]) == 0 => equal..lead.end,
        _ => lead.end..lead.end,
    };
    lead.end = assign.start;
    Line { lead, assign, comment }
}

/// How many brackets are opened, less those that are closed.
pub(super) fn brackets(tokens: &[Token<'_>]) -> i32 {
    tokens.iter().map(|token| token.kind.brackets()).sum()
}
