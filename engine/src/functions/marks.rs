//! Taking marks off arguments before a function sees them.

use std::sync::Arc;

use crate::value::{Mapping, Marks, Sequence, Value};

/// The value without any marks, inside it either, and all marks that were there.
pub fn strip(value: &Value) -> (Value, Marks) {
    let mut marks = Marks::default();
    gather(value, &mut marks);
    if marks.is_empty() {
        return (value.clone(), marks);
    }
    (bare(value), marks)
}

fn gather(value: &Value, marks: &mut Marks) {
    match value {
        Value::List(s) | Value::Set(s) => s.items.iter().for_each(|v| gather(v, marks)),
        Value::Tuple(items) => items.iter().for_each(|v| gather(v, marks)),
        Value::Map(map) => map.items.values().for_each(|v| gather(v, marks)),
        Value::Object(attrs) => attrs.values().for_each(|v| gather(v, marks)),
        Value::Marked(inner) => {
            *marks = marks.union(inner.marks);
            gather(&inner.value, marks);
        }
        _ => {}
    }
}

fn bare(value: &Value) -> Value {
    let sequence = |s: &Sequence| {
        Arc::new(Sequence { elem: s.elem.clone(), items: s.items.iter().map(bare).collect() })
    };
    match value {
        Value::List(s) => Value::List(sequence(s)),
        Value::Set(s) => Value::Set(sequence(s)),
        Value::Tuple(items) => Value::tuple(items.iter().map(bare)),
        Value::Map(map) => {
            let items = map.items.iter().map(|(k, v)| (k.clone(), bare(v))).collect();
            Value::Map(Arc::new(Mapping { elem: map.elem.clone(), items }))
        }
        Value::Object(attrs) => Value::object(attrs.iter().map(|(k, v)| (k.clone(), bare(v)))),
        Value::Marked(inner) => bare(&inner.value),
        plain => plain.clone(),
    }
}
