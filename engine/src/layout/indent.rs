//! Two spaces for each line before that opened more brackets than it closed.

use super::lines::{Line, brackets};
use crate::lex::{Kind, Token};

/// Sets the room before the first token of each line. `open` is how many brackets each line before
/// opened, of those that still have open ones.
pub(super) fn indent(tokens: &mut [Token<'_>], lines: &[Line], open: &mut Vec<u32>) {
    for line in lines {
        let first = line.lead.start;
        if tokens[first].kind == Kind::Newline {
            tokens[first].spaces = 0;
            continue;
        }
        let lead = &tokens[line.lead.clone()];
        let heredoc = lead.iter().position(|token| token.kind == Kind::OpenHeredoc);
        let lead = heredoc.map_or(lead, |at| &lead[..=at]);
        let net = brackets(lead) + brackets(&tokens[line.assign.clone()]);
        if net < 0 {
            close(open, net.unsigned_abs());
        }
        tokens[first].spaces = 2 * open.len();
        if net > 0 {
            open.push(net.unsigned_abs());
        }
    }
}

fn close(open: &mut Vec<u32>, mut closed: u32) {
    while closed > 0 {
        match open.last_mut() {
            Some(last) if closed < *last => {
                *last -= closed;
                return;
            }
            Some(last) => closed -= *last,
            None => return,
        }
        open.pop();
    }
}
