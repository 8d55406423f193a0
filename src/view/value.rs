//! Values as HCL, one row or many.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;

use quorate_engine::addr::quoted;
use quorate_engine::value::{Text, Value};
use unicode_width::UnicodeWidthStr;

use super::page::{Mark, Page, Tone};
use super::stand_in::stand_in;
use super::text::clean;

/// What a value is shown with: symbol and level of its rows, the text before it (`name = `) and
/// the text after it (`,`).
#[derive(Clone, Copy, Debug)]
pub struct Place<'t> {
    /// The level of its first row.
    pub level: usize,
    /// The symbol of its rows.
    pub mark: Mark,
    /// What is before the value in its first row.
    pub lead: &'t str,
    /// What is after the value in its last row.
    pub tail: &'t str,
    /// Who says what parts the value has.
    pub typing: Typing,
}

/// Who says what parts a value has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typing {
    /// The schema of a resource type: a part that is null is one that is not there, and the names in a
    /// map are values.
    Declared,
    /// Whoever wrote the value, as of an output: null is a value as any other.
    Free,
}

impl<'t> Place<'t> {
    /// A place in a row with nothing around the value.
    pub fn bare(level: usize, mark: Mark, typing: Typing) -> Place<'t> {
        Place { level, mark, lead: "", tail: "", typing }
    }

    /// The same place under another symbol.
    pub fn marked(self, mark: Mark) -> Self {
        Place { mark, ..self }
    }
}

/// Writes a whole value.
pub fn put(page: &mut Page<'_>, at: Place<'_>, value: &Value) -> io::Result<()> {
    if let Some(short) = one_line(value) {
        return page.row(at.level, at.mark, format!("{}{short}{}", at.lead, at.tail));
    }
    match value.bare() {
        Value::String(text) => put_heredoc(page, at, text),
        bare if bare.entries().is_some() => put_entries(page, at, bare),
        bare => put_elements(page, at, bare.elements().unwrap_or_default()),
    }
}

/// The value in one row, where that is how it is shown: never what is sensitive.
pub fn one_line(value: &Value) -> Option<String> {
    let (bare, marks) = value.unmark();
    if marks.sensitive {
        return Some("(sensitive value)".to_owned());
    }
    match bare {
        Value::Null(_) => Some("null".to_owned()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Unknown(_) => Some("(known after apply)".to_owned()),
        Value::String(text) => string_line(text),
        _ => empty(bare).or_else(|| host(bare)),
    }
}

fn string_line(text: &str) -> Option<String> {
    stand_in(text).or_else(|| (!is_multi_line(text)).then(|| clean(&quoted(text)).into_owned()))
}

/// Whether a text is shown line by line.
pub fn is_multi_line(text: &str) -> bool {
    text.trim_end_matches('\n').contains('\n')
}

fn empty(value: &Value) -> Option<String> {
    match (value.entries(), value.elements()) {
        (Some(entries), _) if entries.is_empty() => Some("{}".to_owned()),
        (_, Some([])) => Some("[]".to_owned()),
        _ => None,
    }
}

/// A host by its name and how it is reached: what else describes it is in its data source.
fn host(value: &Value) -> Option<String> {
    let text = |name: &str| value.attr(name).filter(|part| !part.is_null())?.as_str();
    let (name, transport) = (text("name")?, text("transport")?);
    let place = match (text("root"), text("user"), text("address")) {
        (Some(root), ..) => format!(" {root}"),
        (None, Some(user), Some(address)) => format!(" {user}@{address}"),
        (None, None, Some(address)) => format!(" {address}"),
        (None, _, None) => String::new(),
    };
    Some(clean(&format!("{} ({transport}{place})", quoted(name))).into_owned())
}

/// The value in one row at any price: what is larger is only named by its kind and size.
pub fn brief(value: &Value) -> String {
    one_line(value).unwrap_or_else(|| match value.bare() {
        Value::String(text) => format!("({} lines)", text.lines().count()),
        bare if bare.entries().is_some() => "{...}".to_owned(),
        _ => "[...]".to_owned(),
    })
}

fn put_heredoc(page: &mut Page<'_>, at: Place<'_>, text: &str) -> io::Result<()> {
    open(page, at, "<<-EOT")?;
    for line in text.lines() {
        page.row(at.level + 1, Mark::Same, clean(line))?;
    }
    close(page, at, "EOT")
}

/// The first row of something that takes several.
pub fn open(page: &mut Page<'_>, at: Place<'_>, bracket: &str) -> io::Result<()> {
    page.row(at.level, at.mark, format!("{}{bracket}", at.lead))
}

/// The last row of something that takes several.
pub fn close(page: &mut Page<'_>, at: Place<'_>, bracket: &str) -> io::Result<()> {
    page.row(at.level, Mark::Same, format!("{bracket}{}", at.tail))
}

fn put_entries(page: &mut Page<'_>, at: Place<'_>, value: &Value) -> io::Result<()> {
    open(page, at, "{")?;
    let names = Names::of(value, at.typing);
    let shown = |value: &Value| names.count_null() || !value.is_null();
    let entries = || value.entries().into_iter().flatten().filter(|(_, value)| shown(value));
    let width = entries().map(|(name, _)| names.width(name)).max().unwrap_or(0);
    for (name, value) in entries() {
        let lead = names.lead(name, width);
        put(page, Place { level: at.level + 1, lead: &lead, tail: "", ..at }, value)?;
    }
    close(page, at, "}")
}

/// A small value with parts in one row: `{ a = 1, b = 2 }`, `["x", "y"]`.
pub fn inline(value: &Value, typing: Typing, room: usize) -> Option<String> {
    let text = inline_parts(value, typing, room)?;
    (text.width() <= room).then_some(text)
}

fn inline_parts(value: &Value, typing: Typing, room: usize) -> Option<String> {
    if let Some(short) = one_line(value) {
        return Some(short);
    }
    let bare = value.bare();
    // What has many parts does not fit, and need not be written to see that.
    if let Some(items) = bare.elements() {
        let short = items.len() <= room / 3;
        let parts = || {
            items.iter().map(|item| inline_parts(item, typing, room)).collect::<Option<Vec<_>>>()
        };
        return short.then(parts)?.map(|parts| format!("[{}]", parts.join(", ")));
    }
    let names = Names::of(bare, typing);
    let entries = bare.entries().filter(|entries| entries.len() <= room / 5)?;
    let shown = entries.iter().filter(|(_, value)| names.count_null() || !value.is_null());
    let part = |(name, value): (&Text, &Value)| {
        Some(format!("{} = {}", names.text(name), inline_parts(value, typing, room)?))
    };
    Some(format!("{{ {} }}", shown.map(part).collect::<Option<Vec<_>>>()?.join(", ")))
}

/// How one attribute is shown.
pub enum Shown {
    /// With all that is in it.
    Whole,
    /// As this line.
    Line(String),
}

/// Writes the attributes of an object without braces; null ones are left out.
pub fn put_attrs(
    page: &mut Page<'_>,
    at: Place<'_>,
    attrs: &BTreeMap<Text, Value>,
    shown: &dyn Fn(&Text, &Value) -> Shown,
) -> io::Result<()> {
    let entries = || attrs.iter().filter(|(_, value)| !value.is_null());
    let width = entries().map(|(name, _)| Names::Bare.width(name)).max().unwrap_or(0);
    for (name, value) in entries() {
        let lead = Names::Bare.lead(name, width);
        match shown(name, value) {
            Shown::Whole => put(page, Place { lead: &lead, ..at }, value)?,
            Shown::Line(line) => page.row(at.level, at.mark, format!("{lead}{line}"))?,
        }
    }
    Ok(())
}

fn put_elements(page: &mut Page<'_>, at: Place<'_>, items: &[Value]) -> io::Result<()> {
    open(page, at, "[")?;
    for item in items {
        put(page, Place { level: at.level + 1, lead: "", tail: ",", ..at }, item)?;
    }
    close(page, at, "]")
}

/// How names are written: those of an object as they are, those of a map as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// `name`
    Bare,
    /// `"name"`
    Quoted,
    /// As they are, in a value whose parts nobody declared.
    Free,
}

impl Names {
    /// How the names of this value are written.
    pub fn of(value: &Value, typing: Typing) -> Names {
        match (typing, value.bare()) {
            (Typing::Free, _) => Names::Free,
            (Typing::Declared, Value::Map(_)) => Names::Quoted,
            (Typing::Declared, _) => Names::Bare,
        }
    }

    /// Whether null is a value here. In an object with a type it is an attribute that is not there.
    pub fn count_null(self) -> bool {
        self != Names::Bare
    }

    fn text(self, name: &str) -> Cow<'_, str> {
        let plain = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
        match self {
            Names::Bare | Names::Free if plain => Cow::Borrowed(name),
            _ => Cow::Owned(clean(&quoted(name)).into_owned()),
        }
    }

    /// How many columns a name takes.
    pub fn width(self, name: &str) -> usize {
        columns(&self.text(name))
    }

    /// `name = `, with the name filled up to `width`.
    pub fn lead(self, name: &str, width: usize) -> String {
        let text = self.text(name);
        let fill = width.saturating_sub(columns(&text));
        format!("{text}{:fill$} = ", "")
    }
}

/// How many columns a text without control characters takes.
fn columns(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// A remark behind or between rows: `# (3 unchanged attributes hidden)`.
pub fn put_remark(page: &mut Page<'_>, level: usize, text: &str) -> io::Result<()> {
    let text = page.paint(Tone::Dim, format!("# {text}"));
    page.row(level, Mark::Same, text)
}
