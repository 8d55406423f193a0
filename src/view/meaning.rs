//! JSON and YAML compared by what they say: keys in another order, or other quotes, are no change.

use quorate_engine::functions::normal_yaml;
use similar::{ChangeTag, TextDiff};

/// How two texts are best compared.
#[derive(Debug, PartialEq)]
pub enum Reading {
    /// As they are.
    Verbatim,
    /// They say the same, and are only written otherwise.
    Same,
    /// In one form for both, since the order of keys hides what really differs.
    Normal(String, String),
}

/// Compares two texts by meaning, where both are JSON or YAML with keys.
pub fn read(old: &str, new: &str) -> Reading {
    let (Some(before), Some(after)) = (normal(old), normal(new)) else {
        return Reading::Verbatim;
    };
    if before == after {
        return Reading::Same;
    }
    match changes(&before, &after) < changes(old, new) {
        true => Reading::Normal(before, after),
        false => Reading::Verbatim,
    }
}

/// A text in the one form that all texts of its meaning have.
fn normal(text: &str) -> Option<String> {
    let keyed = |value: &serde_json::Value| value.is_object() || value.is_array();
    if let Ok(value) = serde_json::from_str::<serde_json::Value>(text) {
        return keyed(&value).then(|| format!("{value:#}\n"));
    }
    normal_yaml(text)
}

fn changes(old: &str, new: &str) -> usize {
    let diff = TextDiff::from_lines(old, new);
    diff.iter_all_changes().filter(|change| change.tag() != ChangeTag::Equal).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_layout_are_no_change() {
        for (old, new) in [
            ("a: 1\nb: [x, z]\n", "b:\n- x\n- \"z\"\na: 1\n"),
            ("{\"a\": 1,\n \"b\": 2}", "{\"b\":2,\"a\":1}"),
            ("a: 1\nb: 2\n---\nc: 3\n", "b: 2\na: 1\n---\nc: 3\n"),
        ] {
            assert_eq!(read(old, new), Reading::Same, "{old} {new}");
        }
    }

    #[test]
    fn a_change_among_reordered_keys_is_the_only_one_shown() {
        let Reading::Normal(old, new) = read("b: 2\nc: 3\na: 1\n", "a: 1\nb: 2\nc: 4\n") else {
            panic!("verbatim");
        };
        assert_eq!(changes(&old, &new), 2);
    }

    #[test]
    fn other_texts_are_compared_as_they_are() {
        for (old, new) in [
            ("one\ntwo\n", "two\none\n"),
            ("a: 1\nb: 2\n", "a: 1\nb: 3\n"),
            ("a: 1\n a: [\n", "a: 1\nb: 3\n"),
        ] {
            assert_eq!(read(old, new), Reading::Verbatim, "{old} {new}");
        }
    }
}
