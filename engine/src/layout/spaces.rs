//! The room between two tokens of one line.

use super::lines::Line;
use crate::lex::{Kind, Token};

/// Sets one space or none between the tokens of each cell.
pub(super) fn space(tokens: &mut [Token<'_>], lines: &[Line]) {
    for line in lines {
        for cell in [&line.lead, &line.assign] {
            let mut before = None;
            for index in cell.start..cell.end.saturating_sub(1) {
                let wanted = between(before, &tokens[index], tokens[index + 1].kind)
                    || holds_apart(&tokens[index..cell.end]);
                before = Some(tokens[index].kind);
                tokens[index + 1].spaces = usize::from(wanted);
            }
        }
    }
}

/// Whether a space stands between `token` and the one after it. The first rule that fits decides.
fn between(before: Option<Kind>, token: &Token<'_>, after: Kind) -> bool {
    use Kind::*;
    match (token.kind, after) {
        (_, Newline)
        | (Ident, OpenParen | DoubleColon)
        | (DoubleColon, Ident)
        | (Dot, _)
        | (_, Dot | Comma | Ellipsis) => false,
        (Comma, _) => true,
        (Quoted | HeredocText | OpenQuote | OpenHeredoc, _)
        | (_, Quoted | HeredocText | CloseQuote | CloseHeredoc) => false,
        // `for x in [y]` has no index.
        (Ident, _) if token.text == "in" && before == Some(Ident) => true,
        (Ident | Number, OpenBracket) => false,
        (kind, OpenBracket) if kind.brackets() < 0 => false,
        (Bang, _) => false,
        (Minus, _) => !is_sign_after(before),
        (OpenBrace, CloseBrace) => false,
        (OpenBrace, _) | (_, CloseBrace) => true,
        // An object alone in a template: `${ {} }`.
        (OpenInterpolation | OpenDirective, OpenBrace) | (CloseBrace, CloseTemplate) => true,
        (CloseTemplate, OpenInterpolation | OpenDirective) => false,
        (kind, after) => kind.brackets() <= 0 && after.brackets() >= 0,
    }
}

/// Whether a space keeps a number from becoming part of the next one, as in `1 .5` and `a.0 .5`.
fn holds_apart(tokens: &[Token<'_>]) -> bool {
    let [number, dot, after, ..] = tokens else { return false };
    let exponent = after.text.strip_prefix(['e', 'E']).unwrap_or("");
    let exponent = exponent.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit());
    let digits = after.kind == Kind::Number || after.kind == Kind::Ident && exponent;
    number.kind == Kind::Number && dot.kind == Kind::Dot && dot.spaces > 0 && digits
}

/// Whether a minus is a sign and no subtraction, by what stands before it.
fn is_sign_after(before: Option<Kind>) -> bool {
    use Kind::*;
    match before {
        None => true,
        Some(kind) => matches!(
            kind,
            OpenParen
                | OpenBrace
                | OpenBracket
                | Equal
                | Colon
                | Comma
                | Question
                | Operator
                | Minus
                | Bang
        ),
    }
}
