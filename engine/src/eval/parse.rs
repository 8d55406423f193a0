//! Text to syntax trees whose literals are ready to use.

use std::borrow::Cow;

use hcl::edit::expr::Expression;
use hcl::edit::structure::Body;
use hcl::edit::template::Template;

use super::second::{self, Refused};
use super::unclosed::{self, Unclosed};
use super::{Expr, literals};
use crate::diag::Diagnostic;
use crate::grammar::{self, Goal, Mistake};
use crate::source::{SourceId, Span};

/// Parses a whole file.
///
/// All templates in the result have their literals as evaluation wants them; see
/// [`parse_expression`].
pub fn parse_body(text: &str, source: SourceId) -> Result<Body, Box<Diagnostic>> {
    let text = without_bom(text);
    check(&text, source, Goal::Body)?;
    let mut body: Body = second::parse(&text).map_err(|why| beyond(&text, source, &why))?;
    literals::settle_body(&text, &mut body);
    Ok(body)
}

/// Whether a text is a file of the language.
///
/// # Errors
/// What is wrong with it, at its place.
pub fn check_body(text: &str, source: SourceId) -> Result<(), Box<Diagnostic>> {
    check(&without_bom(text), source, Goal::Body)
}

/// Parses a part of a file that begins where a block may begin; none where it cannot be read alone.
pub fn parse_piece(piece: &str) -> Option<Body> {
    if grammar::mistake(piece, Goal::Body).is_some() {
        return None;
    }
    let mut body: Body = second::parse(piece).ok()?;
    literals::settle_body(piece, &mut body);
    Some(body)
}

/// Parses one expression, which white space and comments may follow but not precede.
///
/// Escapes, indentation of `<<-` and `~` have been applied to the literals of templates, so the
/// tree must not be printed back as source.
pub fn parse_expression(text: &str, source: SourceId) -> Result<Expr, Box<Diagnostic>> {
    let text = text.get(..unclosed::extent(text).end).unwrap_or(text);
    check(text, source, Goal::Expression)?;
    let mut node: Expression = second::parse(text).map_err(|why| beyond(text, source, &why))?;
    literals::settle_expression(text, &mut node);
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
    check(text, source, Goal::Template)?;
    let mut template: Template = second::parse(text).map_err(|why| beyond(text, source, &why))?;
    literals::settle_template(text, &mut template);
    Ok(template)
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

/// Refuses what is not the language. The parser lets some of it pass.
fn check(text: &str, source: SourceId, goal: Goal) -> Result<(), Box<Diagnostic>> {
    match grammar::mistake(text, goal) {
        Some(mistake) => Err(explain(text, source, mistake)),
        None => Ok(()),
    }
}

/// What is wrong with a text. The grammar stops where it can no longer go on; what is wrong is often
/// something that was opened long before and never closed, so that is named, too.
fn explain(text: &str, source: SourceId, mistake: Mistake) -> Box<Diagnostic> {
    let Mistake { summary, detail, at } = mistake;
    let open = unclosed::find(text).filter(|open| open.at.start <= at.end);
    let help = open.map(|open| hint(text, &open, at.start));
    let problem = Diagnostic::error(summary, detail).at(Span::new(source, at));
    Box::new(Diagnostic { help, ..problem })
}

/// What was left open, and where unless that is underlined.
fn hint(text: &str, open: &Unclosed, underlined: usize) -> String {
    let before = text.get(..open.at.start).unwrap_or("");
    match open.at.start == underlined {
        true => open.detail.clone(),
        false => format!("Line {}: {}", before.matches('\n').count() + 1, open.detail),
    }
}

/// A text of the language that the parser has no room for.
fn beyond(text: &str, source: SourceId, refused: &Refused) -> Box<Diagnostic> {
    let (start, said) = match refused {
        Refused::TooDeep(at) => return too_deep(source, *at),
        Refused::Parser(error) => (error.location().offset().min(text.len()), error.message()),
        Refused::Stuck => (0, "a heredoc or a quoted text does not end"),
    };
    let length = text.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    let detail = format!("This cannot be read here: {said}. Write it in several parts, as locals.");
    let problem = Diagnostic::error("Unsupported expression", detail);
    Box::new(problem.at(Span::new(source, start..start + length)))
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
    fn what_was_left_open_is_underlined_or_named() {
        for (text, start, help) in [
            ("a = \"x\nb = 2\n", 4, "This quoted text"),
            ("b {\n  a = [1,\n  c = 2\n}\n", 18, "Line 2: This \"[\" is never closed."),
            ("b {\n  a = 1\n", 2, "This \"{\""),
            ("a = <<EOT\nx\n", 4, "This heredoc never ends."),
            ("a = \"x${1}\ny\"\n", 4, "This quoted text"),
            ("a = \"%{if true}b\"c%{endif}\"\n", 5, "This directive never ends."),
            ("b \"l\nm\" {\n}\n", 2, "This quoted text"),
            ("a = {\"l${1}\nm\" = 1}\n", 5, "This quoted text"),
            ("a = {\"%{if true}\n%{endif}\" = 1}\n", 5, ""),
            ("a = \"${b\"\n", 5, "This \"${\""),
            ("a = \"%{if b}x\"\n", 5, "This directive never ends."),
            ("a = (1\nb = 2\n", 7, "Line 1: This \"(\""),
        ] {
            let problem = *parse_body(text, SOURCE).unwrap_err();
            assert_eq!(problem.span.unwrap().start, start, "{text}: {problem:?}");
            let found = problem.help.unwrap_or_default();
            assert!(found.starts_with(help), "{text}: {found}");
        }
    }

    #[test]
    fn other_mistakes_are_where_the_parser_stopped() {
        assert_eq!(complaint("a = \n").1, 2);
        assert_eq!(complaint("a = 1\na = 2\n").1, 6);
    }
}
