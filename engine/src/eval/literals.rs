//! Brings the literals of templates to the text that they stand for.
//!
//! The parser undoes escapes and indentation only at the outermost level of a template.
//! Here the literals are read again from the source and treated in the language's own order:
//! split into tokens, undo escapes, apply `~`, then take off the common indentation of `<<-`.

use hcl::edit::Span as _;
use hcl::edit::expr::{Expression, Object, ObjectKey, ObjectValue, Traversal};
use hcl::edit::structure::Body;
use hcl::edit::template::{Directive, Element, HeredocTemplate, StringTemplate, Strip, Template};
use hcl::edit::visit_mut::{
    VisitMut, visit_heredoc_template_mut, visit_object_mut, visit_string_template_mut,
    visit_traversal_mut,
};

/// Settles every template in a file.
pub(super) fn settle_body(text: &str, body: &mut Body) {
    Settle { text }.visit_body_mut(body);
}

/// Settles every template in an expression.
pub(super) fn settle_expression(text: &str, node: &mut Expression) {
    Settle { text }.visit_expr_mut(node);
}

/// Settles a text that is a template as a whole.
pub(super) fn settle_template(text: &str, template: &mut Template) {
    rewrite(text, template, Form::Lines);
    Settle { text }.visit_template_mut(template);
}

/// How the literals of a template are written.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    /// Between quotes: with escapes, one token per literal.
    Quoted,
    /// One token per line.
    Lines,
    /// One token per line, less the common indentation.
    Indented,
}

struct Settle<'a> {
    text: &'a str,
}

impl VisitMut for Settle<'_> {
    fn visit_string_template_mut(&mut self, node: &mut StringTemplate) {
        if node.iter().any(|element| element.is_directive() || strips(element)) {
            rewrite(self.text, node, Form::Quoted);
        }
        visit_string_template_mut(self, node);
    }

    /// The parser leaves room for further operators, which a large configuration has not.
    fn visit_traversal_mut(&mut self, node: &mut Traversal) {
        node.operators.shrink_to_fit();
        visit_traversal_mut(self, node);
    }

    fn visit_heredoc_template_mut(&mut self, node: &mut HeredocTemplate) {
        let opening = node.template.span().and_then(|span| self.text.get(..span.start));
        let line = opening.and_then(|text| text.lines().last()).unwrap_or("");
        let flush = line.rfind("<<").is_some_and(|at| line[at..].starts_with("<<-"));
        let form = if flush { Form::Indented } else { Form::Lines };
        rewrite(self.text, &mut node.template, form);
        visit_heredoc_template_mut(self, node);
    }

    /// Keys cannot be changed in place: an object whose keys need it is built anew.
    fn visit_object_mut(&mut self, node: &mut Object) {
        if node.iter().any(|(key, _)| matches!(key, ObjectKey::Expression(e) if !is_plain(e))) {
            let settled =
                std::mem::take(node).into_iter().map(|(key, value)| (self.key(key), value));
            *node = settled.collect::<Vec<(ObjectKey, ObjectValue)>>().into_iter().collect();
        }
        visit_object_mut(self, node);
    }
}

impl Settle<'_> {
    fn key(&mut self, mut key: ObjectKey) -> ObjectKey {
        if let ObjectKey::Expression(node) = &mut key {
            self.visit_expr_mut(node);
        }
        key
    }
}

/// Whether an object key is of a form that settling leaves as it is.
fn is_plain(key: &Expression) -> bool {
    match key {
        Expression::String(_) | Expression::Variable(_) | Expression::Number(_) => true,
        Expression::Parenthesis(inner) => is_plain(inner.inner()),
        Expression::Traversal(path) => is_plain(&path.expr),
        Expression::StringTemplate(template) => template.iter().all(|element| match element {
            Element::Literal(text) => !text.contains('\n'),
            Element::Interpolation(part) => part.strip == Strip::None && is_plain(&part.expr),
            Element::Directive(_) => false,
        }),
        _ => false,
    }
}

fn strips(element: &Element) -> bool {
    matches!(element, Element::Interpolation(part) if part.strip != Strip::None)
}

/// A part of a template, in the order of the source.
enum Part<'a> {
    Literal(&'a mut hcl::edit::Spanned<String>),
    Control(Strip),
}

fn walk(template: &mut Template, visit: &mut dyn FnMut(Part<'_>)) {
    for element in template.iter_mut() {
        match element {
            Element::Literal(literal) => visit(Part::Literal(literal)),
            Element::Interpolation(part) => visit(Part::Control(part.strip)),
            Element::Directive(directive) => walk_directive(directive, visit),
        }
    }
}

fn walk_directive(directive: &mut Directive, visit: &mut dyn FnMut(Part<'_>)) {
    match directive {
        Directive::If(node) => {
            visit(Part::Control(node.if_expr.strip));
            walk(&mut node.if_expr.template, visit);
            if let Some(otherwise) = &mut node.else_expr {
                visit(Part::Control(otherwise.strip));
                walk(&mut otherwise.template, visit);
            }
            visit(Part::Control(node.endif_expr.strip));
        }
        Directive::For(node) => {
            visit(Part::Control(node.for_expr.strip));
            walk(&mut node.for_expr.template, visit);
            visit(Part::Control(node.endfor_expr.strip));
        }
    }
}

/// A token of a template.
enum Token {
    /// A piece of the literal with this number.
    Text(usize, String),
    Control(Strip),
}

fn rewrite(text: &str, template: &mut Template, form: Form) {
    let mut tokens = tokens(text, template, form);
    trim(&mut tokens);
    if form == Form::Indented {
        flush(&mut tokens);
    }
    let mut settled: Vec<String> = Vec::new();
    for token in tokens {
        if let Token::Text(literal, piece) = token {
            settled.resize_with(settled.len().max(literal + 1), String::new);
            settled[literal].push_str(&piece);
        }
    }
    let mut settled = settled.into_iter();
    walk(template, &mut |part| {
        if let Part::Literal(literal) = part {
            *literal.value_mut() = settled.next().unwrap_or_default();
        }
    });
}

fn tokens(text: &str, template: &mut Template, form: Form) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut literals = 0;
    walk(template, &mut |part| match part {
        Part::Control(strip) => tokens.push(Token::Control(strip)),
        Part::Literal(literal) => {
            let raw = literal.span().and_then(|span| text.get(span)).unwrap_or(literal);
            match form {
                Form::Quoted => tokens.push(Token::Text(literals, unescape(raw))),
                Form::Lines | Form::Indented => {
                    let lines = raw.split_inclusive('\n').map(unmark);
                    tokens.extend(lines.map(|line| Token::Text(literals, line)));
                }
            }
            literals += 1;
        }
    });
    tokens
}

/// `~` takes white space from the end of the token before and the start of the token after.
fn trim(tokens: &mut [Token]) {
    for at in 0..tokens.len() {
        let Token::Control(strip) = tokens[at] else { continue };
        if let (true, Some(Token::Text(_, before))) = (strip.strip_start(), before(tokens, at)) {
            before.truncate(before.trim_end().len());
        }
        if let (true, Some(Token::Text(_, after))) = (strip.strip_end(), tokens.get_mut(at + 1)) {
            *after = after.trim_start().to_owned();
        }
    }
}

fn before(tokens: &mut [Token], at: usize) -> Option<&mut Token> {
    tokens.get_mut(at.checked_sub(1)?)
}

/// Takes the smallest indentation of any line off all lines.
///
/// A line that `~` has joined to the one before does not count as a line of its own.
fn flush(tokens: &mut [Token]) {
    let mut least = usize::MAX;
    let mut leading = Vec::new();
    let mut line_start = true;
    for (at, token) in tokens.iter().enumerate() {
        if std::mem::take(&mut line_start) {
            match token {
                Token::Text(_, text) if text.trim().is_empty() && text.ends_with('\n') => {}
                Token::Text(_, text) => {
                    least = least.min(indentation(text));
                    leading.push(at);
                }
                Token::Control(_) => least = 0,
            }
        }
        line_start = matches!(token, Token::Text(_, text) if text.ends_with('\n'));
    }
    for at in leading {
        if let Token::Text(_, text) = &mut tokens[at] {
            *text = text.chars().skip(least).collect();
        }
    }
}

fn indentation(text: &str) -> usize {
    text.chars().take_while(|c| c.is_whitespace()).count()
}

/// Undoes `$${` and `%%{`.
fn unmark(text: &str) -> String {
    text.replace("$${", "${").replace("%%{", "%{")
}

/// Undoes the escapes of quoted texts, which the parser has not seen in nested parts.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&unmark(&rest[..at]));
        let (character, length) = escape(&rest[at..]);
        out.push_str(&character);
        rest = &rest[at + length..];
    }
    out.push_str(&unmark(rest));
    out
}

/// The meaning of the escape that a text starts with, and how long it is.
fn escape(text: &str) -> (String, usize) {
    let known = match text.as_bytes().get(1) {
        Some(b'n') => Some(('\n', 2)),
        Some(b'r') => Some(('\r', 2)),
        Some(b't') => Some(('\t', 2)),
        Some(b'"') => Some(('"', 2)),
        Some(b'\\') => Some(('\\', 2)),
        Some(b'u') => code_point(text, 6),
        Some(b'U') => code_point(text, 10),
        _ => None,
    };
    match known {
        Some((character, length)) => (character.into(), length),
        None => ("\\".to_owned(), 1),
    }
}

fn code_point(text: &str, length: usize) -> Option<(char, usize)> {
    let number = u32::from_str_radix(text.get(2..length)?, 16).ok()?;
    Some((char::from_u32(number)?, length))
}
