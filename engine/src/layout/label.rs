//! Labels of blocks, with quotes and without needless escapes.

use crate::lex::{Kind, Token};
use unicode_normalization::UnicodeNormalization as _;

/// The labels among the tokens between a block's type and its brace, and how many tokens they and
/// the comments before and between them took. None where there is no label, or one that can only
/// be kept as it is.
pub(super) fn quoted<'a>(header: &[Token<'a>]) -> Option<(Vec<Token<'a>>, usize)> {
    let end = header.iter().rposition(|token| token.kind != Kind::Comment)? + 1;
    let mut labels = Vec::new();
    for token in &header[..end] {
        match token.kind {
            Kind::Ident => labels.extend([
                Token::new(Kind::OpenQuote, "\""),
                Token::new(Kind::Quoted, token.text.clone()),
                Token::new(Kind::CloseQuote, "\""),
            ]),
            Kind::Quoted => labels.push(Token::new(Kind::Quoted, plain(&token.text)?)),
            Kind::OpenQuote | Kind::CloseQuote => labels.push(token.clone()),
            Kind::Comment => {}
            _ => return None,
        }
    }
    Some((labels, end))
}

/// A label's text with escapes only where they are needed.
fn plain(text: &str) -> Option<String> {
    let mut plain = String::new();
    let mut chars = text.chars();
    let mut decoded = String::new();
    while let Some(char) = chars.next() {
        match char {
            '\\' => decoded.push(unescaped(&mut chars)?),
            // A doubled marker stays as it is, so that the pair is kept whole.
            char => decoded.push(char),
        }
    }
    if decoded.contains(['$', '%']) {
        return Some(text.to_owned());
    }
    decoded.nfc().for_each(|char| escape(char, &mut plain));
    Some(plain)
}

fn unescaped(chars: &mut std::str::Chars<'_>) -> Option<char> {
    let digits = match chars.next()? {
        'n' => return Some('\n'),
        'r' => return Some('\r'),
        't' => return Some('\t'),
        char @ ('"' | '\\') => return Some(char),
        'u' => 4,
        'U' => 8,
        _ => return None,
    };
    let code: String = chars.by_ref().take(digits).collect();
    u32::from_str_radix(&code, 16).ok().and_then(char::from_u32)
}

fn escape(char: char, plain: &mut String) {
    match char {
        '\n' => plain.push_str("\\n"),
        '\r' => plain.push_str("\\r"),
        '\t' => plain.push_str("\\t"),
        '"' => plain.push_str("\\\""),
        '\\' => plain.push_str("\\\\"),
        char if is_printable(char) => plain.push(char),
        char if (char as u32) < 0x1_0000 => plain.push_str(&format!("\\u{:04x}", char as u32)),
        char => plain.push_str(&format!("\\U{:08x}", char as u32)),
    }
}

/// The standard library knows, but escapes marks when they come first.
fn is_printable(char: char) -> bool {
    matches!(char, '\'') || format!("a{char}").escape_debug().count() == 2
}
