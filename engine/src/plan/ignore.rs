//! `ignore_changes`: what an object has already stands against what the configuration now says.

use crate::config::IgnoreChanges;
use crate::value::{Text, Value};

/// The value of an attribute: as written, but for the parts that keep what they have.
pub fn kept(ignore: &IgnoreChanges, name: &str, written: Value, prior: &Value) -> Value {
    match ignore {
        IgnoreChanges::None => written,
        IgnoreChanges::All => prior.clone(),
        IgnoreChanges::Paths(paths) => {
            let rests = paths.iter().filter_map(|path| match path.split_first() {
                Some((first, rest)) if **first == *name => Some(rest),
                _ => None,
            });
            rests.fold(written, |written, rest| graft(written, prior, rest))
        }
    }
}

/// What is written, with the part at a path as it was.
fn graft(written: Value, prior: &Value, path: &[Text]) -> Value {
    let Some((step, rest)) = path.split_first() else { return prior.clone() };
    let (bare, marks) = written.unmark();
    let (old, _) = prior.unmark();
    let grafted = match (bare, old) {
        (Value::Object(_) | Value::Map(_), _) => in_entries(bare, old, step, rest),
        (Value::List(_) | Value::Tuple(_), _) => in_elements(bare, old, step, rest),
        _ => None,
    };
    match grafted {
        Some(value) => value.mark(marks),
        None => written,
    }
}

fn in_entries(bare: &Value, old: &Value, step: &Text, rest: &[Text]) -> Option<Value> {
    let mut entries = bare.entries()?.clone();
    match (entries.remove(step), old.attr(step)) {
        (Some(new), Some(old)) => drop(entries.insert(step.clone(), graft(new, old, rest))),
        (None, Some(old)) if rest.is_empty() => drop(entries.insert(step.clone(), old.clone())),
        // What was not there stays away; an attribute of an object is then null.
        (Some(new), None) if !rest.is_empty() => drop(entries.insert(step.clone(), new)),
        (Some(new), None) if matches!(bare, Value::Object(_)) => {
            entries.insert(step.clone(), Value::Null(new.type_of()));
        }
        _ => {}
    }
    Some(match bare {
        Value::Map(map) => Value::map(map.elem.clone(), entries),
        _ => Value::object(entries),
    })
}

fn in_elements(bare: &Value, old: &Value, step: &Text, rest: &[Text]) -> Option<Value> {
    let index: usize = step.parse().ok()?;
    let mut elements = bare.elements()?.to_vec();
    let (new, old) = (elements.get_mut(index)?, old.elements()?.get(index)?);
    *new = graft(new.clone(), old, rest);
    Some(match bare {
        Value::List(list) => Value::list(list.elem.clone(), elements),
        _ => Value::tuple(elements),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Type;

    fn ignoring(paths: &[&[&str]]) -> IgnoreChanges {
        let path = |path: &&[&str]| path.iter().map(|step| Text::from(*step)).collect();
        IgnoreChanges::Paths(paths.iter().map(path).collect())
    }

    #[test]
    fn only_the_named_part_keeps_what_it_has() {
        let labels =
            |a: &str, b: &str| Value::map(Type::String, [("a", a.into()), ("b", b.into())]);
        let (written, prior) = (labels("new", "new"), labels("old", "old"));
        let ignore = ignoring(&[&["labels", "a"]]);
        let value = kept(&ignore, "labels", written.clone(), &prior);
        assert_eq!(value, labels("old", "new"));
        assert_eq!(kept(&ignore, "other", written.clone(), &prior), written);
        assert_eq!(kept(&ignoring(&[&["labels"]]), "labels", written.clone(), &prior), prior);
        assert_eq!(kept(&IgnoreChanges::All, "labels", written, &prior), prior);
    }

    #[test]
    fn parts_deep_down_and_in_lists_are_found() {
        let value = |name: &str, port: i64| {
            let member = Value::object([("name", name.into()), ("port", port.into())]);
            Value::object([("members", Value::tuple([member]))])
        };
        let ignore = ignoring(&[&["input", "members", "0", "port"]]);
        assert_eq!(kept(&ignore, "input", value("new", 2), &value("old", 1)), value("new", 1));
    }

    #[test]
    fn what_was_not_there_stays_away() {
        let one = Value::map(Type::String, [("b", "x".into())]);
        let two = Value::map(Type::String, [("a", "y".into()), ("b", "x".into())]);
        let ignore = ignoring(&[&["labels", "a"]]);
        assert_eq!(kept(&ignore, "labels", two.clone(), &one), one);
        assert_eq!(kept(&ignore, "labels", one, &two), two);
    }
}
