//! What is known of a value that is not known.

use std::sync::Arc;

use super::{Number, Text, Type, Value};

/// What is known about a value that is not known.
#[derive(Clone, Debug, PartialEq)]
pub struct Unknown {
    /// Its type; [`Type::Any`] where that is open too.
    pub ty: Type,
    /// Whether it is certainly not null.
    pub not_null: bool,
    /// What the value waits for, for messages: `pki_ca.etcd.crt`.
    pub cause: Option<Text>,
    /// What is known of its contents.
    pub contents: KnownPart,
}

/// What is known of the contents of an unknown value, if that is not null.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum KnownPart {
    /// Nothing.
    #[default]
    Open,
    /// The beginning of a text.
    Prefix(Text),
    /// A number, or the length of a collection: at least, at most.
    Between(usize, Option<usize>),
}

impl Unknown {
    /// Nothing is known but the type.
    pub fn of(ty: Type) -> Unknown {
        Unknown { ty, not_null: false, cause: None, contents: KnownPart::Open }
    }

    /// The same, and certainly not null.
    pub fn certain(self) -> Unknown {
        Unknown { not_null: true, ..self }
    }

    /// The same, waiting for what the first unknown part of some values waits for.
    pub fn because<'v>(self, values: impl IntoIterator<Item = &'v Value>) -> Unknown {
        let cause = values.into_iter().find_map(Value::waits_for);
        Unknown { cause: self.cause.or(cause), ..self }
    }

    /// The same, with contents of which something is known.
    pub fn containing(self, contents: KnownPart) -> Unknown {
        Unknown { contents, ..self }
    }

    /// The same with this known too; none where what was known speaks against it.
    pub fn narrowed(&self, more: KnownPart) -> Option<Unknown> {
        let contents = match (&self.contents, more) {
            (KnownPart::Open, more) => more,
            (KnownPart::Prefix(old), KnownPart::Prefix(new)) if new.starts_with(&**old) => {
                KnownPart::Prefix(new)
            }
            (KnownPart::Prefix(old), KnownPart::Prefix(new)) if !old.starts_with(&*new) => {
                return None;
            }
            (KnownPart::Between(a, b), KnownPart::Between(c, d)) => {
                KnownPart::Between(*a.max(&c), b.iter().copied().chain(d).min())
            }
            (known, _) => known.clone(),
        };
        match contents {
            KnownPart::Between(least, Some(most)) if least > most => None,
            contents => Some(Unknown { contents, ..self.clone() }),
        }
    }

    /// As a value.
    pub fn value(self) -> Value {
        Value::Unknown(Arc::new(self))
    }

    /// How many elements a collection of this type can have: at least, at most.
    pub fn length(&self) -> (usize, Option<usize>) {
        match (&self.contents, &self.ty) {
            (KnownPart::Between(least, most), Type::List(_) | Type::Set(_) | Type::Map(_)) => {
                (*least, *most)
            }
            _ => (0, None),
        }
    }

    /// Whether this may turn out to be a known value that is not null.
    pub fn admits(&self, known: &Value) -> bool {
        match (&self.contents, known.bare()) {
            (KnownPart::Prefix(prefix), Value::String(text)) => text.starts_with(&**prefix),
            (KnownPart::Between(least, most), known) => {
                let size = match known {
                    Value::Number(number) => {
                        let (low, high) = bounds(*least, *most);
                        return *number >= low && high.is_none_or(|high| *number <= high);
                    }
                    Value::Map(map) => map.items.len(),
                    set if let Some(size) = set.open_set() => {
                        return *least <= size && most.is_none_or(|most| most > 0);
                    }
                    known => known.elements().map_or(*least, <[Value]>::len),
                };
                size >= *least && most.is_none_or(|most| size <= most)
            }
            _ => true,
        }
    }
}

fn bounds(least: usize, most: Option<usize>) -> (Number, Option<Number>) {
    (Number::from(least), most.map(Number::from))
}

impl KnownPart {
    /// The part of a text that stays its beginning whatever comes after it.
    ///
    /// What comes may combine with the last character, unless that is one that nothing combines
    /// with.
    pub fn beginning(text: &str) -> KnownPart {
        use unicode_segmentation::UnicodeSegmentation;
        const FIRM: &[char] = &['-', '_', '/', ':', '.', ',', ';', ' ', '@', '#', '"', '\n'];
        let kept = match text.ends_with(FIRM) {
            true => text.len(),
            false => text.grapheme_indices(true).next_back().map_or(0, |(at, _)| at),
        };
        if kept == 0 { KnownPart::Open } else { KnownPart::Prefix(text[..kept].into()) }
    }

    /// What holds for either of two values, known or not.
    pub fn of_either(one: &Value, other: &Value) -> KnownPart {
        match (one.bare(), other.bare()) {
            (Value::String(one), Value::String(other)) => KnownPart::shared(one, other),
            (one, other) => match (size(one), size(other)) {
                (Some((a, b)), Some((c, d))) => {
                    KnownPart::Between(a.min(c), b.zip(d).map(|(b, d)| b.max(d)))
                }
                _ => KnownPart::Open,
            },
        }
    }

    fn shared(one: &str, other: &str) -> KnownPart {
        let same = one.chars().zip(other.chars()).take_while(|(a, b)| a == b);
        let length = same.map(|(c, _)| c.len_utf8()).sum::<usize>();
        // Whole texts were compared: what is shared stays, but for a character that differs in marks.
        KnownPart::beginning(&one[..length])
    }
}

/// Between what a number is, or the length of a list or map.
fn size(value: &Value) -> Option<(usize, Option<usize>)> {
    let exactly = |length: usize| Some((length, Some(length)));
    match value {
        Value::List(list) => exactly(list.items.len()),
        Value::Set(set) if value.is_wholly_known() => exactly(set.items.len()),
        Value::Map(map) => exactly(map.items.len()),
        Value::Number(number) => {
            let number = usize::try_from(number.as_i64()?).ok()?;
            exactly(number)
        }
        Value::Unknown(unknown) => match unknown.contents {
            KnownPart::Between(least, most) => Some((least, most)),
            _ => None,
        },
        _ => None,
    }
}

impl Value {
    /// How many elements a known set has at most, where that is not how many it will have: elements that
    /// are unknown may turn out to equal others, and where they stand among them is open too.
    pub fn open_set(&self) -> Option<usize> {
        match self.bare() {
            Value::Set(set) if set.items.len() > 1 && !self.is_wholly_known() => {
                Some(set.items.len())
            }
            _ => None,
        }
    }

    /// An unknown value of a type.
    pub fn unknown(ty: Type) -> Value {
        Unknown::of(ty).value()
    }

    /// An unknown value of a type that is certainly not null.
    pub fn unknown_not_null(ty: Type) -> Value {
        Unknown::of(ty).certain().value()
    }

    /// What the first unknown part of this value waits for.
    pub fn waits_for(&self) -> Option<Text> {
        match self {
            Value::Unknown(unknown) => unknown.cause.clone(),
            Value::Marked(inner) => inner.value.waits_for(),
            Value::List(s) | Value::Set(s) => s.items.iter().find_map(Value::waits_for),
            Value::Tuple(items) => items.iter().find_map(Value::waits_for),
            Value::Map(map) => map.items.values().find_map(Value::waits_for),
            Value::Object(attrs) => attrs.values().find_map(Value::waits_for),
            _ => None,
        }
    }

    /// Between which numbers this one is, where something is known of that.
    pub fn number_bounds(&self) -> Option<(Number, Option<Number>)> {
        match self.bare() {
            Value::Number(number) => Some((number.clone(), Some(number.clone()))),
            Value::Unknown(unknown) => match unknown.contents {
                KnownPart::Between(least, most) if unknown.ty == Type::Number => {
                    Some(bounds(least, most))
                }
                _ => None,
            },
            _ => None,
        }
    }
}
