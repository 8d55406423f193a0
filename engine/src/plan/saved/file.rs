//! The file around a saved plan: a line that says what it is and proves that it is whole, then the
//! document.

use serde_json::Value as Json;

use super::changes::digest;

/// How the first line begins.
const MAGIC: &str = "quorate-plan";

/// The format that this version writes and reads.
pub(super) const VERSION: u64 = 1;

/// Why a file is no plan that can be used; each a sentence's end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Something else.
    #[error("it is not a saved plan")]
    NotAPlan,
    /// A newer program wrote it.
    #[error(
        "it has format version {0}; this version of Quorate reads version {VERSION}. Apply it \
         with the version that made it, or plan again"
    )]
    Version(u64),
    /// A part is missing.
    #[error("it is cut off: {found} of {expected} bytes are there")]
    Truncated {
        /// Bytes that are there.
        found: usize,
        /// Bytes that were written.
        expected: usize,
    },
    /// It is not what was written.
    #[error("it was altered after it was written: its digest does not match")]
    Altered,
    /// It is whole, and yet not understood.
    #[error("its {0} cannot be read")]
    Malformed(&'static str),
}

pub(super) fn wrap(document: &Json) -> Vec<u8> {
    let body = document.to_string();
    let sum = digest(body.as_bytes());
    format!("{MAGIC} {VERSION} {} {sum}\n{body}\n", body.len()).into_bytes()
}

pub(super) fn unwrap(bytes: &[u8]) -> Result<Json, Unusable> {
    let end = bytes.iter().take(200).position(|byte| *byte == b'\n');
    let line = std::str::from_utf8(&bytes[..end.unwrap_or(bytes.len().min(200))]);
    let mut words = line.unwrap_or_default().split(' ');
    if words.next() != Some(MAGIC) {
        return Err(Unusable::NotAPlan);
    }
    let version = words.next().and_then(|word| word.parse().ok()).ok_or(Unusable::NotAPlan)?;
    if version != VERSION {
        return Err(Unusable::Version(version));
    }
    let expected: usize =
        words.next().and_then(|word| word.parse().ok()).ok_or(Unusable::Altered)?;
    let Some(end) = end else { return Err(Unusable::Truncated { found: 0, expected }) };
    let body = &bytes[end + 1..];
    if body.len() < expected {
        return Err(Unusable::Truncated { found: body.len(), expected });
    }
    let (body, rest) = body.split_at(expected);
    if rest != b"\n" || words.next() != Some(&digest(body)) {
        return Err(Unusable::Altered);
    }
    serde_json::from_slice(body).map_err(|_| Unusable::Malformed("document"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_cut_and_every_altered_byte_is_refused() {
        let whole = wrap(&json!({ "a": [1, "two"], "b": null }));
        assert_eq!(unwrap(&whole), Ok(json!({ "a": [1, "two"], "b": null })));
        for end in 0..whole.len() {
            assert!(unwrap(&whole[..end]).is_err(), "cut at {end}");
        }
        for at in 0..whole.len() {
            let mut altered = whole.clone();
            altered[at] ^= 1;
            assert!(unwrap(&altered).is_err(), "altered at {at}");
        }
        let longer = [&whole[..], b"x"].concat();
        assert_eq!(unwrap(&longer), Err(Unusable::Altered));
    }

    #[test]
    fn the_reason_is_precise() {
        let whole = String::from_utf8(wrap(&json!({ "a": 1 }))).unwrap();
        let newer = whole.replacen(" 1 ", " 7 ", 1);
        assert_eq!(unwrap(newer.as_bytes()), Err(Unusable::Version(7)));
        assert_eq!(unwrap(b"resource \"a\" \"b\" {}\n"), Err(Unusable::NotAPlan));
        assert_eq!(unwrap(b""), Err(Unusable::NotAPlan));
        let cut = &whole.as_bytes()[..whole.len() - 3];
        assert_eq!(unwrap(cut), Err(Unusable::Truncated { found: 5, expected: 7 }));
        let altered = whole.replace("{\"a\":1}", "{\"a\":2}");
        assert_eq!(unwrap(altered.as_bytes()), Err(Unusable::Altered));
    }
}
