//! What the parser found wrong, in the words that Terraform has for it.

use std::ops::Range;

use hcl::edit::parser::Error;

use crate::diag::Diagnostic;
use crate::source::{SourceId, Span};

/// A summary and a detail for what the parser says, by how that begins.
const KNOWN: &[(&str, &str, &str)] = &[
    (
        "invalid expression",
        "Invalid expression",
        "Expected the start of an expression, but found an invalid expression token.",
    ),
    (
        "invalid object value assignment",
        "Missing key/value separator",
        "Expected an equals sign (\"=\") to mark the beginning of the attribute value.",
    ),
    (
        "invalid object item",
        "Missing attribute separator",
        "Expected a newline or comma to mark the beginning of the next attribute.",
    ),
    (
        "expected `]`",
        "Missing item separator",
        "Expected a comma to mark the beginning of the next item.",
    ),
    (
        "expected `=>`",
        "Invalid 'for' expression",
        "Key expression is required when building an object.",
    ),
    (
        "expected `:`",
        "Missing colon",
        "A conditional (condition ? one : other) needs a colon before its second result, and a \
         'for' expression needs one after the collection.",
    ),
    (
        "expected `in`",
        "Invalid 'for' expression",
        "For expression requires the 'in' keyword after its name declarations.",
    ),
    (
        "expected `)` or expression",
        "Missing argument separator",
        "A comma is required to separate each function argument from the next.",
    ),
    (
        "expected `(`",
        "Missing open parenthesis",
        "Function selector must be followed by an open parenthesis to begin the function call.",
    ),
    (
        "invalid escape sequence",
        "Invalid escape sequence",
        "A backslash in quotes begins an escape: \\n, \\r, \\t, \\\", \\\\, \\u and four \
         hexadecimal digits, or \\U and eight.",
    ),
    (
        "invalid unicode",
        "Invalid escape sequence",
        "The \\u escape sequence must be followed by four hexadecimal digits, and \\U by eight, \
         that name a character.",
    ),
];

/// The message for what the parser found.
pub(super) fn diagnostic(text: &str, source: SourceId, error: &Error) -> Diagnostic {
    let start = error.location().offset().min(text.len());
    let rest = text.get(start..).unwrap_or("");
    let range = start..start + rest.chars().next().map_or(0, char::len_utf8);
    if let Some(problem) = character(rest) {
        return problem.at(Span::new(source, range));
    }
    if rest.trim().is_empty() && error.message() == "unexpected token" {
        return missing(source, range);
    }
    let known = KNOWN.iter().find(|(begins, ..)| error.message().starts_with(begins));
    let problem = match known {
        Some((_, summary, detail)) => Diagnostic::error(summary, *detail),
        None => Diagnostic::error("Invalid syntax", sentence(error.message())),
    };
    problem.at(Span::new(source, range))
}

/// An expression that is not there.
pub(super) fn missing(source: SourceId, range: Range<usize>) -> Diagnostic {
    let detail = "Expected the start of an expression, but found the end of the file.";
    Diagnostic::error("Missing expression", detail).at(Span::new(source, range))
}

/// Whether a text is an operator that wants an expression after it.
pub(super) fn is_operator(text: &str) -> bool {
    let operators =
        ["+", "-", "*", "/", "%", "==", "!=", "<", ">", "<=", ">=", "&&", "||", "!", "?", ":"];
    operators.contains(&text)
}

/// More than one expression.
pub(super) fn extra(source: SourceId, range: Range<usize>) -> Diagnostic {
    let detail = "An expression was successfully parsed, but extra characters were found after it.";
    Diagnostic::error("Extra characters after expression", detail).at(Span::new(source, range))
}

/// A character that other languages would take here.
fn character(rest: &str) -> Option<Diagnostic> {
    let invalid = |detail: &str| Some(Diagnostic::error("Invalid character", detail));
    let bitwise = |instead: &str| {
        let detail = format!("Bitwise operators are not supported.{instead}");
        Some(Diagnostic::error("Unsupported operator", detail))
    };
    match rest.chars().next()? {
        '\'' => invalid("Single quotes are not valid. Use double quotes (\") to enclose strings."),
        '`' => invalid(
            "The \"`\" character is not valid. To create a multi-line string, use the \"heredoc\" \
             syntax, like \"<<EOT\".",
        ),
        ';' => invalid(
            "The \";\" character is not valid. Use newlines to separate arguments and blocks, and \
             commas to separate items in collection values.",
        ),
        '.' => {
            let detail = "An attribute name is required after a dot.";
            Some(Diagnostic::error("Invalid attribute name", detail))
        }
        '@' | '$' | '\\' => invalid("This character is not used within the language."),
        '&' if !rest.starts_with("&&") => bitwise(" Did you mean boolean AND (\"&&\")?"),
        '|' if !rest.starts_with("||") => bitwise(" Did you mean boolean OR (\"||\")?"),
        '~' => bitwise(" Did you mean boolean NOT (\"!\")?"),
        '^' => bitwise(""),
        _ => None,
    }
}

fn sentence(message: &str) -> String {
    let mut chars = message.chars();
    let Some(first) = chars.next() else { return "This cannot be read.".to_owned() };
    format!("{}{}.", first.to_uppercase(), chars.as_str().trim_end_matches('.'))
}
