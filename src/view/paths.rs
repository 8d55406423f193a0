//! What differs between two YAML texts that a program wrote, value by value: each with its path.

use std::collections::BTreeMap;

use quorate_engine::addr::quoted;
use quorate_engine::functions::yaml_documents;
use quorate_engine::value::{Text, Value};
use similar::{DiffOp, capture_diff_slices};

/// One value that differs.
#[derive(Debug, PartialEq, Eq)]
pub struct Edit {
    /// Where it is: `spec.containers[etcd].image`.
    pub path: String,
    /// The value that goes.
    pub old: Option<String>,
    /// The value that comes.
    pub new: Option<String>,
}

/// All values that differ, or none where paths do not say all: for texts that are no YAML, with
/// comments, or with another order of what has an order.
pub fn edits(old: &str, new: &str) -> Option<Vec<Edit>> {
    if has_comment(old) || has_comment(new) {
        return None;
    }
    let (before, after) = (yaml_documents(old)?, yaml_documents(new)?);
    let mut walk = Walk(Vec::new());
    match (before.as_slice(), after.as_slice()) {
        ([before], [after]) => walk.compare("", before, after)?,
        _ => {
            let (old_names, new_names) = (kinds(&before)?, kinds(&after)?);
            if old_names != new_names {
                return None;
            }
            for ((name, before), after) in old_names.into_iter().zip(&before).zip(&after) {
                walk.compare(name, before, after)?;
            }
        }
    }
    (!walk.0.is_empty()).then_some(walk.0)
}

fn has_comment(text: &str) -> bool {
    text.lines().any(|line| line.trim_start().starts_with('#') || line.contains(" #"))
}

/// The documents by what they say they are; none where that does not tell them apart.
fn kinds(documents: &[Value]) -> Option<Vec<&str>> {
    names_by(documents, "kind")
}

fn names_by<'v>(items: &'v [Value], attr: &str) -> Option<Vec<&'v str>> {
    let name = |item: &'v Value| item.attr(attr)?.as_str().filter(|name| !name.is_empty());
    let names: Vec<&str> = items.iter().map(name).collect::<Option<_>>()?;
    let is_alone = |name: &&str| names.iter().filter(|other| *other == name).count() == 1;
    names.iter().all(is_alone).then_some(names)
}

struct Walk(Vec<Edit>);

impl Walk {
    fn compare(&mut self, path: &str, old: &Value, new: &Value) -> Option<()> {
        if old == new {
            return Some(());
        }
        if let (Some(old), Some(new)) = (old.entries(), new.entries()) {
            return self.compare_entries(path, old, new);
        }
        if let (Some(old), Some(new)) = (old.elements(), new.elements()) {
            return self.compare_elements(path, old, new);
        }
        match (scalar(old), scalar(new)) {
            (Some(old), Some(new)) => self.push(path, Some(old?), Some(new?)),
            _ => {
                self.leaves(path, old, Side::Old)?;
                self.leaves(path, new, Side::New)
            }
        }
    }

    fn compare_entries(
        &mut self,
        path: &str,
        old: &BTreeMap<Text, Value>,
        new: &BTreeMap<Text, Value>,
    ) -> Option<()> {
        for (name, before) in old {
            let path = below(path, name);
            match new.get(name) {
                Some(after) => self.compare(&path, before, after)?,
                None => self.leaves(&path, before, Side::Old)?,
            }
        }
        let added = new.iter().filter(|(name, _)| !old.contains_key(*name));
        for (name, after) in added {
            self.leaves(&below(path, name), after, Side::New)?;
        }
        Some(())
    }

    fn compare_elements(&mut self, path: &str, old: &[Value], new: &[Value]) -> Option<()> {
        let all = || old.iter().chain(new);
        if all().all(|item| scalar(item).is_some()) {
            return self.compare_scalars(path, old, new);
        }
        let (old_names, new_names) = (names_by(old, "name")?, names_by(new, "name")?);
        let both = |names: &[&str], others: &[&str]| -> Vec<String> {
            names.iter().filter(|n| others.contains(n)).map(|n| (*n).to_owned()).collect()
        };
        // Another order would not show.
        if both(&old_names, &new_names) != both(&new_names, &old_names) {
            return None;
        }
        for (name, before) in old_names.iter().zip(old) {
            let path = format!("{path}[{name}]");
            match new_names.iter().position(|other| other == name) {
                Some(at) => self.compare(&path, before, new.get(at)?)?,
                None => self.leaves(&path, &unnamed(before), Side::Old)?,
            }
        }
        let added = new_names.iter().zip(new).filter(|(name, _)| !old_names.contains(name));
        for (name, after) in added {
            self.leaves(&format!("{path}[{name}]"), &unnamed(after), Side::New)?;
        }
        Some(())
    }

    fn compare_scalars(&mut self, path: &str, old: &[Value], new: &[Value]) -> Option<()> {
        let texts = |items: &[Value]| items.iter().map(|i| scalar(i)?).collect::<Option<Vec<_>>>();
        let (old, new) = (texts(old)?, texts(new)?);
        for op in capture_diff_slices(similar::Algorithm::Myers, &old, &new) {
            if matches!(op, DiffOp::Equal { .. }) {
                continue;
            }
            for text in old.get(op.old_range())? {
                self.push(path, Some(text.clone()), None)?;
            }
            for text in new.get(op.new_range())? {
                self.push(path, None, Some(text.clone()))?;
            }
        }
        Some(())
    }

    /// Everything below a value that comes or goes.
    fn leaves(&mut self, path: &str, value: &Value, side: Side) -> Option<()> {
        if let Some(text) = scalar(value) {
            let text = Some(text?);
            return match side {
                Side::Old => self.push(path, text, None),
                Side::New => self.push(path, None, text),
            };
        }
        if let Some(text) = small(value) {
            return match side {
                Side::Old => self.push(path, Some(text), None),
                Side::New => self.push(path, None, Some(text)),
            };
        }
        if let Some(entries) = value.entries() {
            return entries
                .iter()
                .try_for_each(|(name, value)| {
                    self.leaves(&below(path, name), value, side).ok_or(())
                })
                .ok();
        }
        let items = value.elements()?;
        let names = names_by(items, "name");
        for (index, item) in items.iter().enumerate() {
            match (&names, scalar(item).is_some()) {
                (_, true) => self.leaves(path, item, side)?,
                (Some(names), _) => {
                    let at = format!("{path}[{}]", names.get(index)?);
                    self.leaves(&at, &unnamed(item), side)?;
                }
                (None, _) => self.leaves(&format!("{path}[{index}]"), item, side)?,
            }
        }
        Some(())
    }

    fn push(&mut self, path: &str, old: Option<String>, new: Option<String>) -> Option<()> {
        self.0.push(Edit { path: path.to_owned(), old, new });
        Some(())
    }
}

/// An item without its name, which its path says; one that has nothing else as it is.
fn unnamed(item: &Value) -> Value {
    match item.entries() {
        Some(entries) if entries.len() > 1 => {
            let others = entries.iter().filter(|(name, _)| &***name != "name");
            Value::object(others.map(|(name, value)| (name.clone(), value.clone())))
        }
        _ => item.clone(),
    }
}

#[derive(Clone, Copy)]
enum Side {
    Old,
    New,
}

fn below(path: &str, name: &str) -> String {
    let plain = name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    match (path.is_empty(), plain && !name.is_empty()) {
        (true, true) => name.to_owned(),
        (false, true) => format!("{path}.{name}"),
        (_, false) => format!("{path}[{}]", quoted(name)),
    }
}

/// That many columns a value with parts may take in one row.
const SMALL: usize = 56;

/// A few values by their names in one row: `{ containerPort: 2381, protocol: TCP }`.
fn small(value: &Value) -> Option<String> {
    let entries = value.entries().filter(|entries| (2..=5).contains(&entries.len()))?;
    let part = |(name, value): (&Text, &Value)| Some(format!("{name}: {}", scalar(value)??));
    let parts = entries.iter().map(part).collect::<Option<Vec<_>>>()?;
    let text = format!("{{ {} }}", parts.join(", "));
    (text.len() <= SMALL).then_some(text)
}

/// A value in one row: outer none for what has parts, inner none for a text of several lines.
fn scalar(value: &Value) -> Option<Option<String>> {
    match value.bare() {
        Value::String(text) if text.contains('\n') => Some(None),
        Value::String(text) => Some(Some(word(text))),
        Value::Null(_) => Some(Some("null".to_owned())),
        Value::Bool(value) => Some(Some(value.to_string())),
        Value::Number(number) => Some(Some(number.to_string())),
        bare => match (bare.entries(), bare.elements()) {
            (Some(entries), _) if entries.is_empty() => Some(Some("{}".to_owned())),
            (_, Some([])) => Some(Some("[]".to_owned())),
            _ => None,
        },
    }
}

/// A text as it is, or quoted where it would be taken for something else.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=@,+".contains(c);
    let is_other =
        text.parse::<f64>().is_ok() || ["", "true", "false", "null", "-"].contains(&text);
    match text.chars().all(plain) && !is_other {
        true => text.to_owned(),
        false => quoted(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(old: &str, new: &str) -> Option<Vec<String>> {
        let text = |edit: Edit| match (edit.old, edit.new) {
            (Some(old), Some(new)) => format!("~ {}: {old} -> {new}", edit.path),
            (Some(old), None) => format!("- {}: {old}", edit.path),
            (None, new) => format!("+ {}: {}", edit.path, new.unwrap_or_default()),
        };
        Some(edits(old, new)?.into_iter().map(text).collect())
    }

    #[test]
    fn each_value_has_its_path() {
        let old = "spec:\n  containers:\n  - name: etcd\n    image: e:1\n    command: [etcd, --a=1, --b]\n    \
                   port: 1\n  at: null\n";
        let new = "spec:\n  containers:\n  - name: etcd\n    image: e:2\n    command: [etcd, --a=2, --b]\n    \
                   port: \"1\"\n    ports:\n    - name: p\n      at: 3\n";
        let expected = [
            "- spec.at: null",
            "- spec.containers[etcd].command: --a=1",
            "+ spec.containers[etcd].command: --a=2",
            "~ spec.containers[etcd].image: e:1 -> e:2",
            "~ spec.containers[etcd].port: 1 -> \"1\"",
            "+ spec.containers[etcd].ports[p].at: 3",
        ];
        assert_eq!(told(old, new).unwrap(), expected);
    }

    #[test]
    fn documents_are_named_by_their_kind() {
        let text = |version| format!("kind: A\nx.y: 1\n---\nkind: B\nv: {version}\n");
        assert_eq!(told(&text("a"), &text("b")).unwrap(), ["~ B.v: a -> b"]);
        assert_eq!(told("x.y/z: 1\n", "x.y/z: 2\n").unwrap(), ["~ [\"x.y/z\"]: 1 -> 2"]);
    }

    #[test]
    fn what_paths_do_not_say_is_not_said_by_them() {
        for (old, new) in [
            ("a: 1 # one\n", "a: 2\n"),
            ("one\n", "two\n"),
            ("a: 1\n", "b: [\n"),
            ("l:\n- name: a\n- name: b\n", "l:\n- name: b\n- name: a\n"),
            ("l:\n- x: a\n", "l:\n- x: b\n- x: c\n"),
            ("a: 1\n", "a: |\n  x\n  y\n"),
            ("a: 1\nb: 2\n", "b: 2\na: 1\n"),
        ] {
            assert_eq!(told(old, new), None, "{old} {new}");
        }
    }
}
