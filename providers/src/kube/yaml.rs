//! YAML text in the form that kubeadm writes it.
//!
//! A small emitter of our own, because equality with kubeadm is by bytes and the form is Go's: map keys sorted, two
//! spaces, lists at the column of their key, and strings plain unless Go would read them as something else.
//! serde-saphyr, which reads YAML here, quotes every address (`host: "127.0.0.1"`), which no option turns off.
//! Source of the rules: go-yaml v2 (resolve.go, encode.go, `yaml_emitter_analyze_scalar`), as sigs.k8s.io/yaml uses it.
//!
//! Known differences, in form and not in meaning: Go folds a text with spaces past column 80, and writes a text with line
//! breaks as a block; here both stay on one line.

use serde::Serialize;
use serde_json::{Map, Value};

use super::version::number;

/// A value has no form in YAML; not possible for maps with text keys, which all of ours are.
#[derive(Debug, thiserror::Error)]
#[error("the document cannot be written as YAML")]
pub struct YamlError(#[from] serde_json::Error);

/// Writes one document.
pub(super) fn document<T: Serialize>(value: &T) -> Result<String, YamlError> {
    let mut out = String::new();
    block(&serde_json::to_value(value)?, Place::Document, &mut out);
    Ok(out)
}

/// Where a value stands; it decides what goes before it and how far in its lines start.
#[derive(Clone, Copy)]
enum Place {
    /// The whole document.
    Document,
    /// After `key:`, which starts at the column.
    Key(usize),
    /// After `-`, which stands at the column.
    Item(usize),
}

fn block(value: &Value, place: Place, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => object(map, place, out),
        Value::Array(items) if !items.is_empty() => array(items, place, out),
        flat => {
            if !matches!(place, Place::Document) {
                out.push(' ');
            }
            out.push_str(&scalar(flat));
            out.push('\n');
        }
    }
}

fn object(map: &Map<String, Value>, place: Place, out: &mut String) {
    let column = match place {
        Place::Document => 0,
        Place::Key(column) => {
            out.push('\n');
            column + 2
        }
        Place::Item(column) => column + 2,
    };
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by_key(|(key, _)| *key);
    for (index, (key, value)) in entries.into_iter().enumerate() {
        match place {
            Place::Item(_) if index == 0 => out.push(' '),
            _ => indent(column, out),
        }
        out.push_str(&text(key));
        out.push(':');
        block(value, Place::Key(column), out);
    }
}

fn array(items: &[Value], place: Place, out: &mut String) {
    let column = match place {
        Place::Document => 0,
        Place::Key(column) => {
            out.push('\n');
            column
        }
        Place::Item(column) => column + 2,
    };
    for (index, item) in items.iter().enumerate() {
        match place {
            Place::Item(_) if index == 0 => out.push(' '),
            _ => indent(column, out),
        }
        out.push('-');
        block(item, Place::Item(column), out);
    }
}

fn indent(column: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', column));
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(string) => text(string),
        flat => flat.to_string(),
    }
}

fn text(string: &str) -> String {
    if reads_as_other_type(string) || string.chars().any(is_special) {
        double_quoted(string)
    } else if stands_plain(string) {
        string.to_owned()
    } else {
        format!("'{}'", string.replace('\'', "''"))
    }
}

fn double_quoted(string: &str) -> String {
    // JSON's escapes are YAML's too, but JSON leaves some characters bare that YAML does not take.
    let json = Value::from(string).to_string();
    let escaped = json.chars().map(|character| match character {
        special if is_special(special) => format!("\\u{:04x}", u32::from(special)),
        plain => plain.to_string(),
    });
    escaped.collect()
}

/// Control characters, and what YAML 1.1 takes for line breaks.
fn is_special(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// Says whether a block scalar may stand without quotes.
fn stands_plain(string: &str) -> bool {
    const INDICATORS: &[char] =
        &['#', ',', '[', ']', '{', '}', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`'];
    let starts_as_syntax = string.starts_with(INDICATORS)
        || string.starts_with("---")
        || string.starts_with("...")
        || ["-", "?", ":"].iter().any(|mark| {
            string.strip_prefix(mark).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        });
    !starts_as_syntax
        && !string.starts_with(' ')
        && !string.ends_with([' ', ':'])
        && !string.contains(": ")
        && !string.contains(" #")
}

/// Says whether YAML 1.1 would read the plain text as null, a boolean, a number, a time or a merge.
fn reads_as_other_type(string: &str) -> bool {
    const WORDS: &[&str] = &[
        "", "~", "null", "true", "false", "y", "n", "yes", "no", "on", "off", "<<", ".nan", ".inf",
        "+.inf", "-.inf",
    ];
    let lower = string.to_ascii_lowercase();
    WORDS.contains(&lower.as_str())
        || is_number(&lower)
        || is_sexagesimal(&lower)
        || is_date(&lower)
}

fn is_number(lower: &str) -> bool {
    let unsigned = lower.strip_prefix(['+', '-']).unwrap_or(lower).replace('_', "");
    let radix = |prefix: &str, radix: u32| {
        unsigned.strip_prefix(prefix).is_some_and(|digits| {
            !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix))
        })
    };
    let decimal = unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.')
        && unsigned.parse::<f64>().is_ok();
    decimal || radix("0x", 16) || radix("0o", 8) || radix("0b", 2)
}

/// `1:20` was once eighty: a number, then parts below 60, the last perhaps with a fraction.
fn is_sexagesimal(lower: &str) -> bool {
    let unsigned = lower.strip_prefix(['+', '-']).unwrap_or(lower);
    let whole = unsigned.split_once('.').map_or(unsigned, |(whole, _)| whole);
    let mut parts = whole.split(':');
    let first = parts.next().unwrap_or_default();
    let below_60 = |part: &str| number(part).is_some_and(|n| n < 60 && part.len() <= 2);
    whole.contains(':')
        && first.starts_with(|c: char| c.is_ascii_digit())
        && first.chars().all(|c| c.is_ascii_digit() || c == '_')
        && parts.all(below_60)
}

fn is_date(lower: &str) -> bool {
    let day = lower.split(['t', ' ']).next().unwrap_or_default();
    let parts: Vec<&str> = day.split('-').collect();
    parts.len() == 3
        && parts[0].len() == 4
        && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nests_as_go_does() {
        let value = json!({
            "b": [{"z": 1, "x": [1, 2]}, [3, [4]], "plain"],
            "a": {"none": null, "empty": {}, "list": []},
        });
        let expected = "\
a:
  empty: {}
  list: []
  none: null
b:
- x:
  - 1
  - 2
  z: 1
- - 3
  - - 4
- plain
";
        assert_eq!(document(&value).unwrap(), expected);
    }

    #[test]
    fn quotes_what_go_quotes() {
        for plain in [
            "127.0.0.1",
            "::1",
            "fd00::6",
            "10.0.0.0/16",
            "--name=a",
            "-x",
            "a:b",
            "a#b",
            "100m",
            "https://10.0.0.6:2379",
            "10.0.0.9:6443",
            "1:60",
            "host:20",
            "1.20.2",
            "v1.20.2",
            "5s",
            "infra0",
            "a, b",
            "it's",
            "1-2",
        ] {
            assert_eq!(text(plain), plain);
        }
        for typed in [
            "",
            "true",
            "Yes",
            "y",
            "~",
            "null",
            "4",
            "-1",
            "0x1f",
            "1e3",
            ".5",
            "1_000",
            "1:20",
            "2024-01-02",
            "<<",
        ] {
            assert_eq!(text(typed), format!("\"{typed}\""));
        }
        for syntax in ["*", "# no", "a: b", "a:", "a #b", " a", "a ", "[a]", "- a", "-", "@a", "%a"]
        {
            assert_eq!(text(syntax), format!("'{syntax}'"));
        }
        assert_eq!(text("'a'"), "'''a'''");
        assert_eq!(text("a\nb\t\"c\\"), r#""a\nb\t\"c\\""#);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let value = json!({"a b": ["", "x: y", "'", "\"", "\u{7f}\u{2028}\n", "ü", "0", "no"], "#": {"-": 1}});
        let read: Value = serde_saphyr::from_str(&document(&value).unwrap()).unwrap();
        assert_eq!(read, value);
    }
}
