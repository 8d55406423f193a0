//! What the values of a walk hold, so that no small configuration takes all memory.

use std::sync::Arc;

use rustc_hash::FxHashSet as HashSet;

use crate::diag::Diagnostic;
use crate::value::Value;

/// The most bytes that all values of a walk hold together; what they share counts once.
const MOST_BYTES: usize = 1 << 30;

/// The most parts of one value. Shared ones count each time, as they do where it is written out.
const MOST_PARTS: usize = 4 << 20;

/// The deepest that one value nests: every function over values goes down with it.
const MOST_LEVELS: usize = 256;

/// What the values hold that a walk has found so far.
#[derive(Debug, Default)]
pub(super) struct Held {
    seen: HashSet<usize>,
    bytes: usize,
}

/// Why a value is not taken in.
#[derive(Debug, PartialEq)]
pub(super) enum Refusal {
    /// This value is the first that is too much.
    TooMuch(Diagnostic),
    /// A value before it was, which has been told.
    Told,
}

impl Held {
    /// Takes in a value.
    pub(super) fn take(&mut self, value: &Value) -> Result<(), Refusal> {
        self.take_within(value, MOST_BYTES)
    }

    fn take_within(&mut self, value: &Value, most: usize) -> Result<(), Refusal> {
        if self.bytes > most {
            return Err(Refusal::Told);
        }
        let mut left = MOST_PARTS;
        let detail = match bounded(value, MOST_LEVELS, &mut left) {
            Err(Excess::Levels) => format!("It nests deeper than {MOST_LEVELS} levels."),
            Err(Excess::Parts) => format!("It has more than {MOST_PARTS} parts."),
            Ok(()) => {
                self.count(value);
                if self.bytes <= most {
                    return Ok(());
                }
                format!("With it, all values take more than {} MiB.", most >> 20)
            }
        };
        Err(Refusal::TooMuch(Diagnostic::error("Value too large", detail)))
    }

    fn count(&mut self, value: &Value) {
        let own = |parts: usize| parts * size_of::<Value>();
        match value {
            Value::String(text) => self.once(text, text.len()),
            Value::Marked(inner) => return self.count(&inner.value),
            Value::List(s) | Value::Set(s) => self.once(s, own(s.items.len())),
            Value::Tuple(items) => self.once(items, own(items.len())),
            Value::Map(map) => self.once(map, own(map.items.len())),
            Value::Object(attrs) => self.once(attrs, own(attrs.len())),
            Value::Null(_) | Value::Bool(_) | Value::Number(_) | Value::Unknown(_) => false,
        }
        .then(|| parts(value).for_each(|part| self.count(part)));
    }

    /// Counts what is shared where it is met first.
    fn once<T: ?Sized>(&mut self, shared: &Arc<T>, bytes: usize) -> bool {
        let new = self.seen.insert(Arc::as_ptr(shared).cast::<()>() as usize);
        self.bytes = self.bytes.saturating_add(if new { bytes } else { 0 });
        new
    }
}

/// What a value has too much of.
enum Excess {
    Parts,
    Levels,
}

fn bounded(value: &Value, levels: usize, left: &mut usize) -> Result<(), Excess> {
    *left = left.checked_sub(1).ok_or(Excess::Parts)?;
    let deeper = levels.checked_sub(1).ok_or(Excess::Levels)?;
    parts(value).try_for_each(|part| bounded(part, deeper, left))
}

/// The values that a value is directly made of.
fn parts(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match value {
        Value::Marked(inner) => parts(&inner.value),
        Value::List(s) | Value::Set(s) => Box::new(s.items.iter()),
        Value::Tuple(items) => Box::new(items.iter()),
        Value::Map(map) => Box::new(map.items.values()),
        Value::Object(attrs) => Box::new(attrs.values()),
        _ => Box::new(std::iter::empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detail(outcome: Result<(), Refusal>) -> String {
        match outcome {
            Err(Refusal::TooMuch(problem)) => problem.detail,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn what_values_share_counts_once() {
        let mut held = Held::default();
        let text = Value::string("x".repeat(1000));
        for _ in 0..10 {
            held.take_within(&Value::tuple([text.clone(), text.clone()]), 2000).unwrap();
        }
        let other = Value::string("y".repeat(1000));
        assert!(detail(held.take_within(&other, 2000)).contains("all values"));
        assert_eq!(held.take_within(&other, 2000), Err(Refusal::Told));
    }

    #[test]
    fn doubling_ends_early_and_so_does_nesting() {
        let double = |value: Value, _| Value::tuple([value.clone(), value]);
        let value = (0..60).fold(Value::Bool(true), double);
        assert!(detail(Held::default().take(&value)).contains("parts"));
        let value = (0..300).fold(Value::Bool(true), |value, _| Value::tuple([value]));
        assert!(detail(Held::default().take(&value)).contains("levels"));
    }
}
