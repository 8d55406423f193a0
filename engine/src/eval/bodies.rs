//! What the parser found wrong with an argument or a block.

use hcl::edit::parser::Error;

use super::unclosed;
use crate::diag::Diagnostic;
use crate::source::{SourceId, Span};

/// The message for a mistake in how arguments and blocks are written, if it is one.
pub(super) fn diagnostic(text: &str, source: SourceId, error: &Error) -> Option<Diagnostic> {
    let at = error.location().offset().min(text.len());
    let message = error.message();
    if message.contains("redefined attribute") {
        return Some(redefined(text, source, at));
    }
    if message.starts_with("invalid expression") {
        return without_value(text, source, at);
    }
    if message.starts_with("invalid structure") {
        return Some(no_argument(text, source, at));
    }
    if message.starts_with("invalid block body") {
        return Some(one_line(text, source, at));
    }
    (message == "expected newline or eof").then(|| same_line(text, source, at))
}

/// An argument that has been set before in the same body.
fn redefined(text: &str, source: SourceId, at: usize) -> Diagnostic {
    let name = name_at(text, at);
    let first = unclosed::lines_around(text, at).into_iter().find(|start| {
        let line = &text[*start..];
        name_at(line, 0) == name && line[name.len()..].trim_start().starts_with('=')
    });
    let line = |byte: usize| text[..byte].matches('\n').count() + 1;
    let place = first.map_or_else(String::new, |first| format!(" in line {}", line(first)));
    let detail = format!(
        "The argument {name:?} was already set{place}. Each argument may be set only once."
    );
    Diagnostic::error("Attribute redefined", detail).at(Span::new(source, at..at + name.len()))
}

/// An argument with nothing after its equals sign.
fn without_value(text: &str, source: SourceId, at: usize) -> Option<Diagnostic> {
    let rest = text.get(at..)?.trim_start_matches([' ', '\t', '\r']);
    let before = text[..at].trim_end_matches([' ', '\t']).strip_suffix('=')?;
    let ends = rest.is_empty() || rest.starts_with(['\n', '#']) || rest.starts_with("//");
    if !ends {
        return None;
    }
    let named = before.trim_end_matches([' ', '\t']);
    let start = named.rfind(|c| !is_name(c)).map_or(0, |end| end + 1);
    let name = &named[start.min(named.len())..];
    let what = if name.is_empty() { String::new() } else { format!(" for {name:?}") };
    let detail = format!("Expected a value{what} after the equals sign, but the line ends there.");
    let sign = before.len();
    Some(Diagnostic::error("Missing value", detail).at(Span::new(source, sign..sign + 1)))
}

/// A name that neither an equals sign nor a block follows.
fn no_argument(text: &str, source: SourceId, at: usize) -> Diagnostic {
    let start = line_start(text, at);
    let start = start + text[start..at].len() - text[start..at].trim_start().len();
    let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
    let line = text[start..end].trim_end();
    let (name, value) = (name_at(line, 0), line[name_at(line, 0).len()..].trim());
    let mut detail = "An argument or block definition is required here. To set an argument, use \
                      the equals sign \"=\" to introduce the argument value"
        .to_owned();
    match value.strip_prefix(':').map_or(value, str::trim) {
        value if !name.is_empty() && !value.is_empty() && value.len() < 40 => {
            detail.push_str(&format!(": {name} = {value}"));
        }
        _ => detail.push('.'),
    }
    Diagnostic::error("Argument or block definition required", detail)
        .at(Span::new(source, start..start + line.len()))
}

/// More than an argument in a block of one line.
fn one_line(text: &str, source: SourceId, at: usize) -> Diagnostic {
    let detail = "A block in one line can hold only one argument, and no block. To define \
                  several, put each on a line of its own between the braces.";
    let end = at + text[at..].chars().next().map_or(0, char::len_utf8);
    Diagnostic::error("Invalid single-argument block definition", detail)
        .at(Span::new(source, at..end))
}

/// Something after an argument or a block that should have been on the next line.
fn same_line(text: &str, source: SourceId, at: usize) -> Diagnostic {
    let start = line_start(text, at);
    let block = text[start..at].trim_end().ends_with('}') && !text[start..at].contains('=');
    let (summary, what) = match block {
        true => ("Missing newline after block definition", "A block definition"),
        false => ("Missing newline after argument", "An argument definition"),
    };
    let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
    let end = at + text[at..end].trim_end().len();
    let detail = format!(
        "{what} must end with a newline, and this follows it on the same line. Put it on a line of \
         its own, or take it away."
    );
    Diagnostic::error(summary, detail).at(Span::new(source, at..end))
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |end| end + 1)
}

fn name_at(text: &str, at: usize) -> &str {
    let rest = text.get(at..).unwrap_or("");
    &rest[..rest.find(|c| !is_name(c)).unwrap_or(rest.len())]
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}

#[cfg(test)]
mod tests {
    use crate::eval::parse_body;
    use crate::source::SourceId;

    /// What is said of a text, and the part of it that is underlined.
    fn complaint(text: &str) -> (&'static str, String, &str) {
        let problem = *parse_body(text, SourceId(0)).unwrap_err();
        let span = problem.span.unwrap();
        (problem.summary, problem.detail, &text[span.start as usize..span.end as usize])
    }

    #[test]
    fn mistakes_are_named_in_words() {
        for (text, summary, underlined, says) in [
            ("a =\nb = 1\n", "Missing value", "=", "for \"a\""),
            ("x {\n  é = # none\n}\n", "Missing value", "=", "for \"é\""),
            ("a = {\n  b =\n}\n", "Missing value", "=", "for \"b\""),
            ("a 1\n", "Argument or block definition required", "a 1", ": a = 1"),
            ("x {\n  a: 1\n}\n", "Argument or block definition required", "a: 1", ": a = 1"),
            ("a\n", "Argument or block definition required", "a", "value."),
            ("x { a = 1, b = 2 }\n", "Invalid single-argument block definition", ",", "one"),
            ("a = 1 b = 2\n", "Missing newline after argument", "b = 2", "An argument"),
            ("x {} y {}\n", "Missing newline after block definition", "y {}", "A block"),
            ("x {\n} y {\n}\n", "Missing newline after block definition", "y {", "A block"),
            ("a = 'x'\n", "Invalid character", "'", "Use double quotes"),
        ] {
            let (found, detail, part) = complaint(text);
            assert_eq!((found, part), (summary, underlined), "{text}");
            assert!(detail.contains(says), "{text}: {detail}");
        }
    }

    #[test]
    fn the_first_of_two_equal_arguments_is_named_by_its_line() {
        for (text, line) in [
            ("a = 1\na = 2\n", 1),
            ("a = 1\nx {\n  b = 1\n  y {\n    a = 3\n  }\n  a = <<E\na = 1\nE\n  a = 2\n}\n", 7),
            ("x {\n  a = {\n    a = 1\n  }\n  aa = 2\n  # a = 1\n  a = 3\n}\n", 2),
        ] {
            let (summary, detail, part) = complaint(text);
            assert_eq!((summary, part), ("Attribute redefined", "a"), "{text}");
            assert!(detail.contains(&format!("in line {line}.")), "{text}: {detail}");
        }
    }
}
