//! Values as they are read back from where they are kept.

use std::sync::Arc;

use super::{Marked, Value};

impl Value {
    /// This value as it comes back from a state: numbers are what their decimals say.
    ///
    /// So what is planned equals what was kept, also where a number came from a double.
    pub fn settled(&self) -> Value {
        if self.is_settled() {
            return self.clone();
        }
        let all = |items: &[Value]| items.iter().map(Value::settled).collect::<Vec<_>>();
        match self {
            Value::Number(number) => Value::Number(number.settled()),
            Value::List(s) => Value::list(s.elem.clone(), all(&s.items)),
            Value::Set(s) => Value::set(s.elem.clone(), all(&s.items)),
            Value::Tuple(items) => Value::tuple(all(items)),
            Value::Map(map) => {
                let entries = map.items.iter().map(|(key, item)| (key.clone(), item.settled()));
                Value::map(map.elem.clone(), entries)
            }
            Value::Object(attrs) => {
                Value::object(attrs.iter().map(|(key, item)| (key.clone(), item.settled())))
            }
            Value::Marked(inner) => {
                let value = inner.value.settled();
                Value::Marked(Arc::new(Marked { marks: inner.marks, value }))
            }
            Value::Null(_) | Value::Bool(_) | Value::String(_) | Value::Unknown(_) => self.clone(),
        }
    }

    fn is_settled(&self) -> bool {
        match self {
            Value::Number(number) => number.is_settled(),
            Value::List(s) | Value::Set(s) => s.items.iter().all(Value::is_settled),
            Value::Tuple(items) => items.iter().all(Value::is_settled),
            Value::Map(map) => map.items.values().all(Value::is_settled),
            Value::Object(attrs) => attrs.values().all(Value::is_settled),
            Value::Marked(inner) => inner.value.is_settled(),
            Value::Null(_) | Value::Bool(_) | Value::String(_) | Value::Unknown(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::eval::testing::eval;

    #[test]
    fn a_kept_number_is_what_its_decimals_say() {
        let third = eval("[pow(3, -1), sensitive({ a = pow(2, 0.5) })]");
        let kept = third.settled();
        assert!(!third.is_settled() && kept.is_settled());
        assert_eq!(kept, third);
        assert_eq!(kept, eval("[0.3333333333333333, sensitive({ a = 1.4142135623730951 })]"));
        assert_eq!(kept.settled(), kept);
        assert_eq!(eval("pow(2, 60)").settled(), eval("1152921504606847000"));
    }
}
