//! Values that are written in the way of old versions of the language.

use crate::lex::{Kind, Token};

/// The expression in `"${…}"`, where nothing else is between the quotes.
pub(super) fn unwrapped<'a>(value: &[Token<'a>]) -> Option<Vec<Token<'a>>> {
    let [open, marker, inside @ .., close_marker, close] = value else { return None };
    let wrapped = open.kind == Kind::OpenQuote
        && marker.kind == Kind::OpenInterpolation
        && close_marker.kind == Kind::CloseTemplate
        && close.kind == Kind::CloseQuote;
    if !wrapped || inside.is_empty() || !is_one_expression(inside) {
        return None;
    }
    let inside = trimmed(inside);
    let mut expression = inside.to_vec();
    if spans_lines(inside) && !in_parentheses(inside) {
        expression.insert(0, Token::new(Kind::OpenParen, "("));
        expression.push(Token::new(Kind::CloseParen, ")"));
    }
    Some(expression)
}

/// Whether no template or text of the outer quotes is within: that of inner quotes does no harm.
fn is_one_expression(inside: &[Token<'_>]) -> bool {
    let mut quotes = 0;
    inside.iter().all(|token| {
        match token.kind {
            Kind::OpenQuote => quotes += 1,
            Kind::CloseQuote => quotes -= 1,
            Kind::OpenInterpolation | Kind::CloseTemplate | Kind::Quoted => return quotes > 0,
            _ => {}
        }
        true
    })
}

fn trimmed<'t, 'a>(mut tokens: &'t [Token<'a>]) -> &'t [Token<'a>] {
    while let [first, rest @ ..] = tokens
        && first.kind == Kind::Newline
    {
        tokens = rest;
    }
    while let [rest @ .., last] = tokens
        && last.kind == Kind::Newline
    {
        tokens = rest;
    }
    tokens
}

/// Whether the expression is on several lines, for which Terraform adds parentheses. For line breaks that
/// comments end it adds none; those between brackets need none, nor does one at the very end.
fn spans_lines(tokens: &[Token<'_>]) -> bool {
    let last = tokens.iter().rposition(|token| token.kind != Kind::Comment).unwrap_or(0);
    let mut depth = 0;
    let ends_it = |(index, token): (usize, &Token<'_>)| {
        depth += token.kind.depth();
        token.kind == Kind::Newline || depth == 0 && index < last && token.ends_line()
    };
    tokens.iter().enumerate().any(ends_it)
}

/// Whether the first token is a parenthesis and the last one closes it.
fn in_parentheses(tokens: &[Token<'_>]) -> bool {
    let mut depth = 0;
    let closed = tokens.iter().position(|token| {
        depth += token.kind.depth();
        depth == 0
    });
    tokens.first().is_some_and(|token| token.kind == Kind::OpenParen)
        && closed == Some(tokens.len() - 1)
}

/// A type as it is written today: `list` is `list(any)`, and `"list"` was `list(string)`.
pub(super) fn type_of<'a>(value: &[Token<'a>]) -> Option<Vec<Token<'a>>> {
    let kinds: Vec<Kind> = value.iter().take(4).map(|token| token.kind).collect();
    match kinds[..] {
        [Kind::Ident] => match &*value[0].text {
            "list" | "map" | "set" => Some(of(value[0].clone(), "any")),
            _ => None,
        },
        [Kind::OpenQuote, Kind::Quoted, Kind::CloseQuote] => match &*value[1].text {
            "string" => Some(vec![Token::new(Kind::Ident, "string")]),
            "list" => Some(of(Token::new(Kind::Ident, "list"), "string")),
            "map" => Some(of(Token::new(Kind::Ident, "map"), "string")),
            _ => None,
        },
        _ => None,
    }
}

fn of<'a>(collection: Token<'a>, element: &'a str) -> Vec<Token<'a>> {
    vec![
        collection,
        Token::new(Kind::OpenParen, "("),
        Token::new(Kind::Ident, element),
        Token::new(Kind::CloseParen, ")"),
    ]
}
