//! The layout of configuration files, as `terraform fmt` gives it.
//!
//! It works on tokens and moves nothing but the room between them, apart from what
//! `rewrite` names. Texts of templates and heredocs and comments stay as they are.

mod align;
mod indent;
mod label;
#[cfg(test)]
mod laws;
mod lines;
mod rewrite;
mod spaces;
#[cfg(test)]
mod tests;
mod value;

use crate::diag::Diagnostic;
use crate::eval::parse_body;
use crate::lex::{Lexed, Lexer, Token, lex};
use crate::source::SourceId;

/// Lays out a file. The result means the same; laying it out again changes nothing.
///
/// # Errors
/// A text that is no configuration is refused with the place of the mistake.
pub fn format(text: &str, source: SourceId) -> Result<String, Box<Diagnostic>> {
    parse_body(text, source)?;
    lay_out(text).ok_or_else(|| Box::new(refusal()))
}

/// Why a text that the parser lets pass is not laid out.
fn refusal() -> Diagnostic {
    let detail = "The file is valid, but its tokens could not be laid out. It was left as it is.";
    Diagnostic::bug("Layout failed", detail)
}

/// Lays out a text that the parser accepts. None where the tokens make no sense, or where the
/// result would not be read back as the tokens that were meant.
fn lay_out(text: &str) -> Option<String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Lexed { tokens, trailing } = lex(text)?;
    let rewritten = rewrite::rewrite(&tokens)?;
    drop(tokens);
    let mut tokens = rewritten;
    let lines = lines::lines(&tokens);
    indent::indent(&mut tokens, &lines);
    spaces::space(&mut tokens, &lines);
    align::align(&mut tokens, &lines);
    let laid_out = write(&tokens, trailing);
    is_read_back(&laid_out, &tokens).then_some(laid_out)
}

fn write(tokens: &[Token<'_>], trailing: &str) -> String {
    let length: usize = tokens.iter().map(|token| token.spaces + token.text.len()).sum();
    let mut text = String::with_capacity(length + trailing.len());
    for token in tokens {
        text.extend(std::iter::repeat_n(' ', token.spaces));
        text.push_str(&token.text);
    }
    text.extend(trailing.chars().map(|_| ' '));
    text
}

/// Whether a text has exactly these tokens: the guard against losing anything.
fn is_read_back(text: &str, tokens: &[Token<'_>]) -> bool {
    let mut written = Lexer::new(text);
    let is_same = |token: &Token<'_>| {
        let read = written.next();
        matches!(read, Some(Ok(read)) if read.kind == token.kind && read.text == token.text)
    };
    tokens.iter().all(is_same) && written.next().is_none()
}
