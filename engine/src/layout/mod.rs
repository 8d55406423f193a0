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
mod pieces;
mod rewrite;
mod spaces;
#[cfg(test)]
mod tests;
mod value;

use crate::diag::Diagnostic;
use crate::eval::check_body;
use crate::lex::{Lexer, Token};
use crate::source::SourceId;
use pieces::{NoPiece, Pieces};

/// Lays out a file. The result means the same; laying it out again changes nothing.
///
/// # Errors
/// A text that is no configuration is refused with the place of the mistake.
pub fn format(text: &str, source: SourceId) -> Result<String, Box<Diagnostic>> {
    check_body(text, source)?;
    lay_out(text).map_err(|why| Box::new(refusal(why)))
}

/// Why a text that is the language is not laid out.
fn refusal(why: NoPiece) -> Diagnostic {
    let detail = match why {
        NoPiece::Stuck => "The file is valid, but its tokens could not be laid out.",
        NoPiece::TooLong => {
            let detail = "A block or a value of the file is too long to be laid out. The file was \
                          left as it is.";
            return Diagnostic::error("File too large", detail).help("Split it into several.");
        }
    };
    Diagnostic::bug("Layout failed", format!("{detail} It was left as it is."))
}

/// Lays out a text that is the language. Refused where the tokens make no sense, or where the
/// result would not be read back as the tokens that were meant.
fn lay_out(text: &str) -> Result<String, NoPiece> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut laid_out = String::with_capacity(text.len());
    let mut pieces = Pieces::of(text);
    let mut open = Vec::new();
    for tokens in pieces.by_ref() {
        let mut tokens = rewrite::rewrite(tokens?).ok_or(NoPiece::Stuck)?;
        let lines = lines::lines(&tokens);
        indent::indent(&mut tokens, &lines, &mut open);
        spaces::space(&mut tokens, &lines);
        align::align(&mut tokens, &lines);
        let start = laid_out.len();
        write(&tokens, &mut laid_out);
        if !is_read_back(&laid_out[start..], &tokens) {
            return Err(NoPiece::Stuck);
        }
    }
    laid_out.extend(std::iter::repeat_n(' ', pieces.trailing));
    Ok(laid_out)
}

fn write(tokens: &[Token<'_>], text: &mut String) {
    for token in tokens {
        text.extend(std::iter::repeat_n(' ', token.spaces));
        text.push_str(&token.text);
    }
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
