//! Text to syntax trees whose literals are ready to use.

use std::borrow::Cow;

use hcl::edit::expr::Expression;
use hcl::edit::parser::Error;
use hcl::edit::structure::Body;
use hcl::edit::template::Template;

use super::literals::BrokenLine;
use super::second::{self, Refused};
use super::{Expr, bodies, literals, mistakes, unclosed};
use crate::diag::Diagnostic;
use crate::lex::Lexer;
use crate::source::{SourceId, Span};

/// Parses a whole file.
///
/// All templates in the result have their literals as evaluation wants them; see
/// [`parse_expression`].
pub fn parse_body(text: &str, source: SourceId) -> Result<Body, Box<Diagnostic>> {
    let text = without_bom(text);
    let mut body: Body = second::parse(&text).map_err(|refused| match refused {
        Refused::Parser(error) => explain(&text, source, &error),
        Refused::TooDeep(at) => too_deep(source, at),
        Refused::Stuck => stuck(&text, source),
    })?;
    literals::settle_body(&text, &mut body).map_err(|BrokenLine| broken_line(&text, source))?;
    Ok(body)
}

/// Parses a part of a file that begins where a block may begin; none where it cannot be read alone.
pub fn parse_piece(piece: &str) -> Option<Body> {
    let mut body: Body = second::parse(piece).ok()?;
    literals::settle_body(piece, &mut body).ok()?;
    Some(body)
}

/// Parses one expression, which white space and comments may follow but not precede.
///
/// Escapes, indentation of `<<-` and `~` have been applied to the literals of templates, so the
/// tree must not be printed back as source.
pub fn parse_expression(text: &str, source: SourceId) -> Result<Expr, Box<Diagnostic>> {
    let text = text.get(..unclosed::extent(text).end).unwrap_or(text);
    let mut node: Expression = second::parse(text).map_err(|refused| match refused {
        Refused::Parser(error) => explain_expression(text, source, &error),
        Refused::TooDeep(at) => too_deep(source, at),
        Refused::Stuck => stuck(text, source),
    })?;
    literals::settle_expression(text, &mut node).map_err(|BrokenLine| broken_line(text, source))?;
    Ok(Expr::new(source, node))
}

/// Whether a text opens something that further lines can close: a bracket, a heredoc, or an
/// interpolation.
pub fn is_unfinished(text: &str) -> bool {
    unclosed::awaits_more(text)
}

/// A text without the comments and the white space around it.
pub fn without_comments(text: &str) -> &str {
    text.get(unclosed::extent(text)).unwrap_or(text)
}

/// Parses a text that is a template from its first byte, as in `templatefile`.
pub fn parse_template(text: &str, source: SourceId) -> Result<Template, Box<Diagnostic>> {
    let mut template: Template = second::parse(text).map_err(|refused| match refused {
        Refused::Parser(error) => explain(text, source, &error),
        Refused::TooDeep(at) => too_deep(source, at),
        Refused::Stuck => stuck(text, source),
    })?;
    literals::settle_template(text, &mut template)
        .map_err(|BrokenLine| broken_line(text, source))?;
    Ok(template)
}

fn broken_line(text: &str, source: SourceId) -> Box<Diagnostic> {
    let detail =
        "Quoted texts end on their line. Write texts of several lines as a heredoc (<<EOT).";
    Box::new(unclosed::find(text).map_or_else(
        || Diagnostic::error("Invalid multi-line string", detail).at(Span::new(source, 0..0)),
        |open| open.diagnostic(source),
    ))
}

fn too_deep(source: SourceId, at: usize) -> Box<Diagnostic> {
    let most = second::DEEPEST;
    let detail = format!("More than {most} brackets, quotes and templates are open here.");
    Box::new(Diagnostic::error("Nesting too deep", detail).at(Span::new(source, at..at + 1)))
}

/// A byte order mark becomes as many spaces, so that every span still fits the source.
pub(crate) fn without_bom(text: &str) -> Cow<'_, str> {
    match text.strip_prefix('\u{feff}') {
        Some(rest) => Cow::Owned(format!("   {rest}")),
        None => Cow::Borrowed(text),
    }
}

/// As [`explain`], where the whole text should be one expression.
fn explain_expression(text: &str, source: SourceId, error: &Error) -> Box<Diagnostic> {
    if text.is_empty() {
        return Box::new(mistakes::missing(source, 0..0));
    }
    let problem = explain(text, source, error);
    let stop = error.location().offset();
    if mistakes::is_operator(text.get(stop..).unwrap_or("").trim()) {
        return Box::new(mistakes::missing(source, text.len()..text.len()));
    }
    let whole = |before: &str| before.trim_end().parse::<Expression>().is_ok();
    match problem.summary == "Invalid syntax" && text.get(..stop).is_some_and(whole) {
        true if unclosed::find(text).is_none() => {
            Box::new(mistakes::extra(source, stop..text.len()))
        }
        _ => problem,
    }
}

/// A text that is refused whatever the parser makes of it.
fn stuck(text: &str, source: SourceId) -> Box<Diagnostic> {
    if let Some(open) = unclosed::find(text) {
        return Box::new(open.diagnostic(source));
    }
    let mut lexer = Lexer::new(text);
    let at = loop {
        match lexer.next() {
            Some(Ok(_)) => {}
            _ => break lexer.at(),
        }
    };
    let end = at + text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    let detail = match text.get(at..end) {
        Some("\r") => "A carriage return that no line feed follows ends no line, and is no white space.",
        _ => "This character is not used within the language.",
    };
    Box::new(Diagnostic::error("Invalid character", detail).at(Span::new(source, at..end)))
}

/// The parser stops where it can no longer go on; what is wrong is often something that was
/// opened long before, so that is looked for first.
fn explain(text: &str, source: SourceId, error: &Error) -> Box<Diagnostic> {
    if let Some(open) = unclosed::find(text) {
        return Box::new(open.diagnostic(source));
    }
    let of_body = bodies::diagnostic(text, source, error);
    Box::new(of_body.unwrap_or_else(|| mistakes::diagnostic(text, source, error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: SourceId = SourceId(0);

    fn complaint(text: &str) -> (String, u32) {
        let problem = *parse_body(text, SOURCE).unwrap_err();
        (problem.detail, problem.span.unwrap().start)
    }

    #[test]
    fn a_byte_order_mark_moves_no_span() {
        use hcl::edit::Span as _;
        let body = parse_body("\u{feff}a = 1\n", SOURCE).unwrap();
        assert_eq!(body.get_attribute("a").unwrap().key.span(), Some(3..4));
    }

    #[test]
    fn what_was_left_open_is_named_where_it_was_opened() {
        assert_eq!(complaint("a = \"x\nb = 2\n").1, 4);
        assert_eq!(complaint("b {\n  a = [1,\n  c = 2\n}\n").1, 10);
        assert_eq!(complaint("b {\n  a = 1\n").1, 2);
        assert_eq!(complaint("a = <<EOT\nx\n").1, 4);
        assert_eq!(complaint("a = \"x\ny\"\n").1, 4);
        assert_eq!(complaint("a = \"x${1}\ny\"\n").1, 4);
        assert_eq!(complaint("a = \"%{if true}b\"c%{endif}\"\n").1, 5);
        assert_eq!(complaint("b \"l\nm\" {\n}\n").1, 2);
        assert_eq!(complaint("a = {\"l\nm\" = 1}\n").1, 5);
        assert_eq!(complaint("a = {\"l${1}\nm\" = 1}\n").1, 5);
        assert_eq!(complaint("a = {\"%{if true}\n%{endif}\" = 1}\n").1, 6);
        assert_eq!(complaint("a = \"${b\"\n").1, 5);
        assert_eq!(complaint("a = \"%{if b}x\"\n").1, 5);
    }

    #[test]
    fn other_mistakes_are_where_the_parser_stopped() {
        assert_eq!(complaint("a = \n").1, 2);
        assert_eq!(complaint("a = 1\na = 2\n").1, 6);
    }
}
