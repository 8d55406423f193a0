//! Keys that an object is given twice: the last one counts, but the parser refuses them.

use std::ops::Range;
use std::str::FromStr;

use hcl::edit::parser::Error;

use super::unclosed;

/// More keys given twice than this in one text are left to the parser to refuse: each costs a
/// round of parsing.
const MOST: usize = 32;

/// Parses a text in which objects may have keys twice.
///
/// The earlier of two entries is blanked out, so that every span still fits the source.
pub(super) fn parse<T: FromStr<Err = Error>>(text: &str) -> Result<T, Error> {
    let first = match text.parse() {
        Err(error) if is_duplicate(&error) => error,
        outcome => return outcome,
    };
    let mut text = text.to_owned();
    let mut error = first;
    for _ in 0..MOST {
        let Some(entry) = earlier(&text, error.location().offset()) else { return Err(error) };
        blank(&mut text, entry);
        match text.parse() {
            Err(again) if is_duplicate(&again) => error = again,
            outcome => return outcome,
        }
    }
    Err(error)
}

fn is_duplicate(error: &Error) -> bool {
    error.message().contains("redefined object key")
}

/// The entry of the object around a place whose key is the one at that place.
fn earlier(text: &str, place: usize) -> Option<Range<usize>> {
    let entries = unclosed::entries_before(text, place)?;
    let wanted = key(text.get(entries.open..)?)?;
    let same = |entry: &Range<usize>| {
        text.get(entry.clone()).and_then(key).is_some_and(|key| key == wanted)
    };
    entries.complete.into_iter().find(same)
}

/// The key that an entry begins with, without its quotes.
fn key(entry: &str) -> Option<&str> {
    let end = entry.find(['=', ':'])?;
    Some(entry[..end].trim().trim_matches('"'))
}

/// Puts spaces in the place of a part of a text; line breaks stay.
fn blank(text: &mut String, range: Range<usize>) {
    let blanks: String =
        text[range.clone()].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect();
    text.replace_range(range, &blanks);
}

#[cfg(test)]
mod tests {
    use hcl::edit::expr::Expression;

    use super::*;

    #[test]
    fn the_last_entry_of_a_key_is_left() {
        for (text, expected) in [
            ("{a=1,a=2}", "{    a=2}"),
            ("{a=1,\"a\" : 2, b = 3, a=[3,{a=1}]}", "{    \"a\" : 2, b = 3, a=[3,{a=1}]}"),
            ("{\n a = \"}\"\n a = f(1, 2)\n}", "{\n        \n a = f(1, 2)\n}"),
            ("[{x={b={a=1}, a=1, a=2}}]", "[{x={b={a=1},      a=2}}]"),
        ] {
            let mut rest = text.to_owned();
            while let Err(error) = rest.parse::<Expression>() {
                let entry = earlier(&rest, error.location().offset()).unwrap();
                blank(&mut rest, entry);
            }
            assert_eq!(rest, expected, "{text}");
            assert!(parse::<Expression>(text).is_ok(), "{text}");
        }
    }
}
