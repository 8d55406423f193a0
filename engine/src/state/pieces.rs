//! The text of a large state, cut so that its objects can be read side by side.
//!
//! Only the layout that [`render`](super::render) writes is cut. A line break is never inside of a
//! text in JSON, so a cut never goes through one; and what is cut at another place than between two
//! objects leaves pieces that cannot be read, upon which the text is read as a whole.

/// Pieces are about as large: more than starting a thread costs.
const SIZE: usize = 128 << 10;

const OPEN: &[u8] = b"\n  \"objects\": {\n";
const BETWEEN: &[u8] = b"\n    },\n";
const CLOSE: &[u8] = b"\n  }";

/// A text in pieces.
pub(super) struct Cut<'a> {
    /// The text with `null` in the place of its objects.
    pub rest: Vec<u8>,
    /// The objects without what separates the pieces: entries without the braces around them.
    pub pieces: Vec<&'a [u8]>,
}

/// Cuts a large text; none where that is not worth it, or it has another layout.
pub(super) fn cut(text: &[u8]) -> Option<Cut<'_>> {
    if text.len() <= 2 * SIZE {
        return None;
    }
    let open = find(text, OPEN)? + OPEN.len();
    let close = text.windows(CLOSE.len()).rposition(|end| end == CLOSE)?;
    let mut left = text.get(open..close)?;
    let mut pieces = Vec::with_capacity(left.len() / SIZE + 1);
    while let Some(at) = left.get(SIZE..).and_then(|rest| find(rest, BETWEEN)) {
        // The comma between two pieces belongs to neither.
        let (piece, rest) = left.split_at(SIZE + at + BETWEEN.len());
        pieces.push(piece.strip_suffix(b",\n")?);
        left = rest;
    }
    pieces.push(left);
    let brace = open - 2;
    let rest = [&text[..brace], b"null", &text[close + CLOSE.len()..]].concat();
    Some(Cut { rest, pieces })
}

/// A piece as an object of JSON.
pub(super) fn braced(piece: &[u8]) -> Vec<u8> {
    [b"{", piece, b"}"].concat()
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|found| found == part)
}
