//! Values as `terraform console` shows them.

use super::{Text, Type, Value};

impl Value {
    /// The value in the notation of the language, over several lines where it has parts.
    ///
    /// What is sensitive or not known is replaced by a remark.
    pub fn to_console(&self) -> String {
        let mut out = String::new();
        write(self, 0, &mut out);
        out
    }
}

fn write(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Marked(inner) if inner.value.is_unknown() => out.push_str("(known after apply)"),
        Value::Marked(inner) if inner.marks.sensitive => out.push_str("(sensitive value)"),
        Value::Marked(inner) if inner.marks.ephemeral => out.push_str("(ephemeral value)"),
        Value::Marked(inner) => write(&inner.value, indent, out),
        Value::Unknown(_) => out.push_str("(known after apply)"),
        Value::Null(ty) => out.push_str(&null(ty)),
        Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&number.to_string()),
        Value::String(text) => write_text(text, indent, out),
        Value::Tuple(items) => write_items(items, indent, out),
        Value::List(sequence) => {
            wrapped("tolist", out, |out| write_items(&sequence.items, indent, out));
        }
        Value::Set(sequence) => {
            wrapped("toset", out, |out| write_items(&sequence.items, indent, out));
        }
        Value::Object(attrs) => write_entries(attrs.iter(), indent, out),
        Value::Map(map) => {
            wrapped("tomap", out, |out| write_entries(map.items.iter(), indent, out));
        }
    }
}

fn wrapped(name: &str, out: &mut String, write: impl FnOnce(&mut String)) {
    out.push_str(name);
    out.push('(');
    write(out);
    out.push(')');
}

fn null(ty: &Type) -> String {
    match ty {
        Type::Any => "null".to_owned(),
        Type::String => "tostring(null)".to_owned(),
        Type::Number => "tonumber(null)".to_owned(),
        Type::Bool => "tobool(null)".to_owned(),
        Type::List(elem) => format!("tolist(null) /* of {} */", elem.friendly_name()),
        Type::Set(elem) => format!("toset(null) /* of {} */", elem.friendly_name()),
        Type::Map(elem) => format!("tomap(null) /* of {} */", elem.friendly_name()),
        Type::Tuple(_) | Type::Object(_) => format!("null /* {} */", ty.friendly_name()),
    }
}

fn new_line(indent: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
}

fn write_items(items: &[Value], indent: usize, out: &mut String) {
    out.push('[');
    for item in items {
        new_line(indent + 2, out);
        write(item, indent + 2, out);
        out.push(',');
    }
    if !items.is_empty() {
        new_line(indent, out);
    }
    out.push(']');
}

fn write_entries<'a>(
    entries: impl ExactSizeIterator<Item = (&'a Text, &'a Value)>,
    indent: usize,
    out: &mut String,
) {
    let any = entries.len() > 0;
    out.push('{');
    for (key, value) in entries {
        new_line(indent + 2, out);
        write_text(key, indent + 2, out);
        out.push_str(" = ");
        write(value, indent + 2, out);
    }
    if any {
        new_line(indent, out);
    }
    out.push('}');
}

/// A text of several lines becomes a heredoc whose end no line of it looks like.
fn write_text(text: &str, indent: usize, out: &mut String) {
    if !text.contains('\n') {
        out.push_str(&quote(text));
        return;
    }
    let mut end = "EOT".to_owned();
    while text.split('\n').any(|line| line.trim() == end) {
        end.push('_');
    }
    out.push_str(if indent > 0 { "<<-" } else { "<<" });
    out.push_str(&end);
    for line in text.split('\n') {
        new_line(indent, out);
        out.push_str(line);
    }
    new_line(indent, out);
    out.push_str(&end);
}

/// A text in quotes, with escapes for all that cannot be seen.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            c if c.is_ascii_control() => out.push_str(&format!("\\x{:02x}", c as u32)),
            c if is_visible(c) => out.push(c),
            c if (c as u32) < 0x10000 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push_str(&format!("\\U{:08x}", c as u32)),
        }
    }
    out.push('"');
    out
}

fn is_visible(c: char) -> bool {
    let formatting = matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{e000}'..='\u{f8ff}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{10ffff}');
    c == ' ' || !(c.is_control() || c.is_whitespace() || formatting)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::testing::eval;

    /// Every line was compared with Terraform 1.11.4.
    #[test]
    fn values_are_shown_as_terraforms_console_shows_them() {
        for (text, shown) in [
            (
                r#"{a="x\ny",b="q\"${1}"}"#,
                "{\n  \"a\" = <<-EOT\n  x\n  y\n  EOT\n  \"b\" = \"q\\\"1\"\n}",
            ),
            (r#""a\nb""#, "<<EOT\na\nb\nEOT"),
            (r#""a\n""#, "<<EOT\na\n\nEOT"),
            (r#""\nEOT""#, "<<EOT_\n\nEOT\nEOT_"),
            ("[[\"a\\nb\"]]", "[\n  [\n    <<-EOT\n    a\n    b\n    EOT,\n  ],\n]"),
            ("[[],{}]", "[\n  [],\n  {},\n]"),
            (r#""a\tb\u200b\u0007é\u00a0""#, r#""a\tb\u200b\aé\u00a0""#),
            ("[null]", "[\n  null,\n]"),
            ("{}", "{}"),
        ] {
            assert_eq!(eval(text).to_console(), shown, "{text}");
        }
    }

    #[test]
    fn what_is_secret_or_unknown_is_not_shown() {
        let secret = Value::from("x").sensitive();
        assert_eq!(secret.to_console(), "(sensitive value)");
        assert_eq!(Value::tuple([secret]).to_console(), "[\n  (sensitive value),\n]");
        assert_eq!(Value::unknown(Type::Any).to_console(), "(known after apply)");
    }
}
