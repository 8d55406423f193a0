//! Texts in HCL's own syntax to what they contain. Large ones are cut and the pieces read side by
//! side; what comes out is the same as if each were read from its beginning to its end.

use super::decode::{Item, items};
use crate::diag::Diagnostic;
use crate::eval;
use crate::parallel;
use crate::source::{Origin, SourceId};

/// Pieces are about as large: more than starting a thread costs, less than the processor's caches,
/// and less than what the parser looks through for large objects.
const SIZE: usize = 24 << 10;

/// How a block ends whose braces stand where everybody writes them.
const END: &[u8] = b"\n}\n";

type Found = Result<Vec<Item>, Box<Diagnostic>>;

/// A piece of a text, and where it begins.
type Piece<'a> = (Origin, &'a str);

/// What each text contains.
pub(super) fn all(texts: &[(SourceId, &str)]) -> Vec<Found> {
    let total: usize = texts.iter().map(|(_, text)| text.len()).sum();
    if total <= 2 * SIZE {
        return texts.iter().map(|(source, text)| whole(text, *source)).collect();
    }
    let cut: Vec<Vec<Piece<'_>>> = texts.iter().map(|(source, text)| cut(text, *source)).collect();
    let pieces: Vec<Piece<'_>> = cut.iter().flatten().copied().collect();
    let mut read = parallel::map(&pieces, |piece| part(*piece)).into_iter();
    let found: Vec<_> = cut.iter().map(|pieces| join(read.by_ref().take(pieces.len()))).collect();
    let texts = found.into_iter().zip(texts);
    texts.map(|(found, (source, text))| found.map_or_else(|| whole(text, *source), Ok)).collect()
}

fn whole(text: &str, source: SourceId) -> Found {
    eval::parse_body(text, source).map(|body| items(body, source.into()))
}

/// What a piece contains; none where it cannot be read alone.
fn part((origin, piece): Piece<'_>) -> Option<Vec<Item>> {
    eval::parse_piece(piece).map(|body| items(body, origin))
}

/// Cuts a text behind lines that look like the end of a block.
///
/// It may be the end of something else: a line of a heredoc or of a comment. Then the piece before
/// the cut has something that is never closed, so it cannot be read, and the text is read as a
/// whole. A piece that can be read contains what it contains whatever comes after it.
fn cut(text: &str, source: SourceId) -> Vec<Piece<'_>> {
    let mut pieces = Vec::with_capacity(text.len() / SIZE + 1);
    let mut start = 0;
    while let Some(rest) = text.as_bytes().get(start + SIZE..) {
        let Some(found) = rest.windows(END.len()).position(|end| end == END) else { break };
        let end = start + SIZE + found + END.len();
        pieces.push((Origin::new(source, start), &text[start..end]));
        start = end;
    }
    pieces.push((Origin::new(source, start), &text[start..]));
    pieces
}

/// What the pieces of a text contain together.
///
/// An argument at the top is a mistake, and two of one name are another one, which only reading the
/// whole text finds.
fn join(pieces: impl Iterator<Item = Option<Vec<Item>>>) -> Option<Vec<Item>> {
    // All are taken, as the next text's follow.
    let pieces: Vec<_> = pieces.collect();
    let mut all = Vec::new();
    for piece in pieces {
        all.append(&mut piece?);
    }
    all.iter().all(|item| matches!(item, Item::Block(_))).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::super::decode::{Argument, Opened};
    use super::*;
    use crate::eval::references;

    /// Many blocks with something between them.
    fn text(between: &str) -> String {
        let block = |n| format!("a \"b{n}\" {{\n  c = \"${{d.e{n}}} é\"\n}}\n");
        let half = |from| (from..from + 3000).map(block).collect::<String>();
        format!("{}{between}{}", half(0), half(3000))
    }

    /// What a text contains, and where.
    fn shown(found: Found) -> Vec<String> {
        let item = |item: Item| match item {
            Item::Attr(Argument { name, at, expr }) => {
                format!("{name} {at:?} {:?} {:?}", expr.span(), references(&expr))
            }
            Item::Block(Opened { kind, span, body, .. }) => {
                format!("{kind} {span:?} {:?}", shown(Ok(body)))
            }
        };
        match found {
            Ok(items) => items.into_iter().map(item).collect(),
            Err(problem) => vec![format!("{} {:?}", problem.detail, problem.span)],
        }
    }

    #[test]
    fn pieces_contain_what_the_whole_contains() {
        let heredoc: String = (0..9000).map(|n| format!("x {{\n{n}\n}}\n")).collect();
        for between in [
            String::new(),
            format!("locals {{\n  x = <<E\n{heredoc}E\n}}\n"),
            format!("/*\n{heredoc}*/\n"),
            format!("x {{\n  y = [\n{{\n}}\n,\n{{\n}}\n]\n{heredoc}}}\n"),
            "stray = 1\n".to_owned(),
            "stray = {\n}\n".to_owned(),
            "not a block\n".to_owned(),
            "x {\n".to_owned(),
            "x {\n  y = { a = 1, a = 2 }\n}\n".to_owned(),
        ] {
            let text = text(&between);
            let source = SourceId(3);
            let found = all(&[(source, "x {\n}\n"), (source, &text)]).pop();
            assert!(found.map(shown) == Some(shown(whole(&text, source))), "{between:.40}");
        }
    }

    #[test]
    fn a_large_text_is_cut_at_the_ends_of_blocks() {
        let text = text("");
        let pieces = cut(&text, SourceId(0));
        assert!(pieces.len() > 4);
        assert!(pieces.iter().all(|(_, piece)| piece.ends_with("\n}\n")));
        assert_eq!(pieces.iter().map(|(_, piece)| *piece).collect::<String>(), text);
    }
}
