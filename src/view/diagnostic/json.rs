//! Messages in Terraform's JSON, for editors and for programs.

use quorate_engine::diag::{Diagnostic, Diagnostics, Severity};
use quorate_engine::functions::{self, Types};
use quorate_engine::source::{Position, SourceText, Sources, Span};
use quorate_engine::value::Type;
use serde_json::{Map, Value as Json, json};

use super::ordered;
use crate::view::json::values::type_json;

/// What `validate -json` writes.
pub fn validation_json(diagnostics: &Diagnostics, sources: &Sources) -> Json {
    let all = ordered(diagnostics);
    let errors = all.iter().filter(|d| d.severity == Severity::Error).count();
    json!({
        "format_version": "1.0",
        "valid": errors == 0,
        "error_count": errors,
        "warning_count": all.len() - errors,
        "diagnostics": all.iter().map(|d| diagnostic_json(d, sources)).collect::<Vec<_>>(),
    })
}

/// One message.
pub fn diagnostic_json(diagnostic: &Diagnostic, sources: &Sources) -> Json {
    let mut object = Map::new();
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    object.insert("severity".into(), severity.into());
    object.insert("summary".into(), diagnostic.summary.into());
    object.insert("detail".into(), detail(diagnostic).into());
    if let Some(address) = &diagnostic.address {
        object.insert("address".into(), address.as_str().into());
    }
    let source = diagnostic.span.and_then(|span| Some((span, sources.get(span.source)?)));
    if let Some((span, source)) = source {
        let marked = marked(source, span);
        object.insert("range".into(), range(source, marked));
        object.insert("snippet".into(), snippet(diagnostic, source, marked));
    }
    Json::Object(object)
}

/// What is wrong, and what to do about it: the shape has no place of its own for that.
fn detail(diagnostic: &Diagnostic) -> String {
    let parts = [Some(diagnostic.detail.as_str()), diagnostic.help.as_deref()];
    let parts: Vec<&str> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    parts.join("\n\n")
}

/// The bytes to mark; an empty place becomes one byte wide.
fn marked(source: &SourceText, span: Span) -> Span {
    let (start, end) = (source.floor(span.start), source.floor(span.end));
    let end = if end <= start { start + 1 } else { end };
    Span { start, end, ..span }
}

fn range(source: &SourceText, span: Span) -> Json {
    let place = |Position { line, column, byte }: Position| json!({ "line": line, "column": column, "byte": byte });
    let start = source.position(span.start);
    let mut end = source.position(span.end);
    if end.byte < span.end {
        // Past the end of the text.
        end = Position { column: end.column + 1, byte: span.end, ..end };
    }
    json!({ "filename": source.name, "start": place(start), "end": place(end) })
}

fn snippet(diagnostic: &Diagnostic, source: &SourceText, marked: Span) -> Json {
    let context = diagnostic.context.filter(|context| context.source == marked.source);
    let shown = context.map_or(marked, |context| Span {
        start: context.start.min(marked.start),
        end: context.end.max(marked.end),
        ..marked
    });
    let (first, code) = lines(source, shown);
    let begin = first.byte;
    let offset = |byte: u32| (byte.saturating_sub(begin) as usize).min(code.len());
    let values = diagnostic
        .values
        .iter()
        .map(|(name, shown)| json!({ "traversal": name, "statement": format!("is {shown}") }));
    let mut object = json!({
        "context": source.header(source.position(marked.start).line),
        "code": code,
        "start_line": first.line,
        "highlight_start_offset": offset(marked.start),
        "highlight_end_offset": offset(marked.end),
        "values": values.collect::<Vec<_>>(),
    });
    if let Some(call) = diagnostic.call.as_deref().and_then(call_json) {
        object["function_call"] = call;
    }
    object
}

/// The function that was called, and what it takes and gives.
fn call_json(name: &str) -> Option<Json> {
    let function = functions::lookup(name)?;
    let Types { params, rest, result } = function.types();
    let one = |(name, ty): (&str, Type)| json!({ "name": name, "type": type_json(&ty) });
    let mut signature = json!({
        "name": function.name,
        "params": params.into_iter().map(one).collect::<Vec<_>>(),
        "return_type": type_json(&result),
    });
    if let Some(rest) = rest {
        signature["variadic_param"] = one(rest);
    }
    Some(json!({ "called_as": name, "signature": signature }))
}

/// The whole lines that a span touches, and where they begin.
fn lines(source: &SourceText, span: Span) -> (Position, &str) {
    let first = source.position(span.start).line;
    let last = source.position(span.end.saturating_sub(1)).line;
    let begin = source.line_start(first);
    let end = source.line_start(last) as usize + source.line(last).len();
    let code = source.text.get(begin as usize..end).unwrap_or("");
    (Position { line: first, column: 1, byte: begin }, code)
}
