//! Sets: which elements are the same, and in which order they are gone through.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use super::{Marks, Sequence, Type, Value};

impl Value {
    /// A set of elements that all have type `elem`.
    ///
    /// Marks of elements become marks of the set: which elements there are tells what they are.
    pub fn set(elem: Type, items: impl IntoIterator<Item = Value>) -> Value {
        let mut marks = Marks::default();
        let mut items: Vec<Value> = items.into_iter().map(|item| strip(item, &mut marks)).collect();
        sort(&mut items);
        items.dedup_by(|a, b| a == b && a.is_wholly_known());
        Value::Set(Arc::new(Sequence { elem, items })).mark(marks)
    }

    /// This value with no marks anywhere, and all the marks it had.
    pub fn unmark_deep(&self) -> (Value, Marks) {
        let mut marks = Marks::default();
        let value = strip(self.clone(), &mut marks);
        (value, marks)
    }
}

/// Values that can be looked up: whether one is among many, without comparing it with each.
#[derive(Debug, Default)]
pub struct Index<'v> {
    // Equal values have one key; unequal ones may share it.
    by_key: BTreeMap<String, Vec<&'v Value>>,
}

impl<'v> Index<'v> {
    /// All of some values.
    pub fn of(values: &'v [Value]) -> Index<'v> {
        let mut index = Index::default();
        for value in values {
            index.insert(value);
        }
        index
    }

    /// Adds a value; false where an equal one is there already.
    pub fn insert(&mut self, value: &'v Value) -> bool {
        let alike = self.by_key.entry(key(value, false)).or_default();
        let new = !alike.contains(&value);
        if new {
            alike.push(value);
        }
        new
    }

    /// Whether an equal value is there.
    pub fn contains(&self, value: &Value) -> bool {
        self.by_key.get(&key(value, false)).is_some_and(|alike| alike.contains(&value))
    }
}

fn strip(value: Value, marks: &mut Marks) -> Value {
    if !value.has_marks() {
        return value;
    }
    let mut all = |items: &[Value]| items.iter().map(|v| strip(v.clone(), marks)).collect();
    match &value {
        Value::Marked(inner) => {
            *marks = marks.union(inner.marks);
            strip(inner.value.clone(), marks)
        }
        Value::List(s) => Value::list(s.elem.clone(), all(&s.items)),
        Value::Set(s) => {
            let items = all(&s.items);
            Value::Set(Arc::new(Sequence { elem: s.elem.clone(), items }))
        }
        Value::Tuple(items) => Value::tuple(all(items)),
        Value::Map(map) => {
            let strip = |(k, v): (&super::Text, &Value)| (k.clone(), strip(v.clone(), marks));
            Value::map(map.elem.clone(), map.items.iter().map(strip))
        }
        Value::Object(attrs) => {
            Value::object(attrs.iter().map(|(k, v)| (k.clone(), strip(v.clone(), marks))))
        }
        _ => value,
    }
}

/// Null after values, unknown last; texts by bytes, numbers by size, `false` first, and
/// compound values by a notation of theirs, as Terraform does.
fn sort(items: &mut [Value]) {
    let compound = |item: &Value| item.elements().is_some() || item.entries().is_some();
    if items.iter().any(compound) {
        items.sort_by_cached_key(|item| (rank(item), key(item, false), key(item, true)));
    } else {
        items.sort_by(order);
    }
}

fn order(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Number(a), Value::Number(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        _ => rank(a).cmp(&rank(b)),
    }
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Unknown(_) => 2,
        Value::Null(_) => 1,
        _ => 0,
    }
}

fn key(value: &Value, exact: bool) -> String {
    let mut out = String::new();
    write_key(value, exact, &mut out);
    out
}

fn write_key(value: &Value, exact: bool, out: &mut String) {
    let mut parts = |open: char, items: &mut dyn Iterator<Item = &Value>, close: char| {
        out.push(open);
        for item in items {
            write_key(item, exact, out);
            out.push(';');
        }
        out.push(close);
    };
    match value {
        Value::Unknown(_) => out.push('?'),
        Value::Null(_) => out.push('~'),
        Value::Bool(truth) => out.push(if *truth { 'T' } else { 'F' }),
        Value::Number(number) if exact => out.push_str(&number.to_string()),
        Value::Number(number) => out.push_str(&number.rough()),
        Value::String(text) => out.push_str(&super::console::quote(text)),
        Value::List(s) | Value::Set(s) => parts('[', &mut s.items.iter(), ']'),
        Value::Tuple(items) => parts('<', &mut items.iter(), '>'),
        Value::Object(attrs) => parts('<', &mut attrs.values(), '>'),
        Value::Map(map) => {
            out.push('{');
            for (name, item) in &map.items {
                let _ = write!(out, "{}:", super::console::quote(name));
                write_key(item, exact, out);
                out.push(';');
            }
            out.push('}');
        }
        Value::Marked(inner) => write_key(&inner.value, exact, out),
    }
}

#[cfg(test)]
mod tests {
    use crate::eval::testing::{eval, ty};

    /// Every line was compared with Terraform 1.11.4.
    #[test]
    fn elements_come_in_terraforms_order() {
        for (to, items, expected) in [
            ("set(string)", r#"["b", "a", "b"]"#, r#"["a","b"]"#),
            ("set(number)", "[3, 1, 2, 10]", "[1,2,3,10]"),
            ("set(bool)", "[true, false]", "[false,true]"),
            ("set(string)", r#"[null, "a"]"#, r#"["a",null]"#),
            ("set(tuple([number]))", "[[2], [10], [1]]", "[[10],[1],[2]]"),
            ("set(list(string))", r#"[["b"], ["a", "c"]]"#, r#"[["a","c"],["b"]]"#),
        ] {
            let set = eval(items).convert(&ty(to)).unwrap();
            assert_eq!(set.to_json().unwrap().to_string(), expected, "{items}");
        }
    }

    #[test]
    fn marks_of_elements_become_marks_of_the_set() {
        let secret = crate::value::Value::from("x").sensitive();
        let set = crate::value::Value::set(crate::value::Type::String, [secret, "y".into()]);
        assert!(set.unmark().1.sensitive);
        assert_eq!(set.elements().map(<[_]>::len), Some(2));
    }
}
