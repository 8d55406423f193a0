//! A file in pieces that are laid out one after the other, so that a large one does not become
//! tokens all at once.

use crate::lex::{Kind, Lexer, Token};

/// A piece has at least so many tokens, and at most so many.
const LEAST: usize = 1 << 14;
const MOST: usize = 8 << 20;

/// Why there is no next piece.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum NoPiece {
    /// The tokens make no sense.
    Stuck,
    /// No place was found to end it.
    TooLong,
}

/// The pieces of a text, and the white space after the last one.
pub(super) struct Pieces<'a> {
    lexer: Lexer<'a>,
    pub(super) trailing: usize,
}

impl<'a> Pieces<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Pieces { lexer: Lexer::new(text), trailing: 0 }
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Result<Vec<Token<'a>>, NoPiece>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut tokens: Vec<Token<'a>> = Vec::new();
        let (mut depth, mut line) = (0, 0);
        for token in self.lexer.by_ref() {
            let Ok(token) = token else { return Some(Err(NoPiece::Stuck)) };
            depth += token.kind.depth();
            let ends_line = token.ends_line();
            tokens.push(token);
            if depth == 0 && ends_line {
                if tokens.len() >= LEAST && stands_apart(&tokens[line..]) {
                    return Some(Ok(tokens));
                }
                line = tokens.len();
            }
            if tokens.len() > MOST {
                return Some(Err(NoPiece::TooLong));
            }
        }
        self.trailing += self.lexer.spaces();
        (!tokens.is_empty()).then_some(Ok(tokens))
    }
}

/// Whether nothing is aligned across a line.
fn stands_apart(line: &[Token<'_>]) -> bool {
    match line {
        [only] => matches!(only.kind, Kind::Newline | Kind::Comment),
        [brace, end] => brace.kind == Kind::CloseBrace && end.kind == Kind::Newline,
        _ => false,
    }
}
