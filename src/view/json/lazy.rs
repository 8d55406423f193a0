//! Parts of a document that are made while they are written, one after the other, so that a long
//! list is never in memory as a whole.

use serde::{Serialize, Serializer};

/// A part that is made when it is written.
pub struct Lazy<F>(pub F);

impl<F: Fn() -> T, T: Serialize> Serialize for Lazy<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.0)().serialize(serializer)
    }
}

/// A list whose items are made one by one.
pub struct Each<F>(pub F);

impl<F: Fn() -> I, I: IntoIterator<Item: Serialize>> Serialize for Each<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::io;

    use super::*;

    /// Notes how many items were made when each piece of text came.
    struct Noting<'a> {
        made: &'a Cell<usize>,
        notes: Vec<(String, usize)>,
    }

    impl io::Write for Noting<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.notes.push((String::from_utf8_lossy(bytes).into_owned(), self.made.get()));
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_item_is_written_before_the_next_is_made() {
        let made = Cell::new(0);
        let make = |n: usize| {
            made.set(n);
            n
        };
        let mut out = Noting { made: &made, notes: Vec::new() };
        let list = Each(|| (1..=3).map(|n| Lazy(move || make(n))));
        serde_json::to_writer(&mut out, &list).unwrap();
        let text: String = out.notes.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(text, "[1,2,3]");
        for item in 1..=3 {
            assert!(out.notes.contains(&(item.to_string(), item)), "{:?}", out.notes);
        }
    }
}
