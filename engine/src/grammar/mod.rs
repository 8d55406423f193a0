//! What is wrong with a text that is no configuration, in Terraform's words and at its place.
//!
//! The rules are those of `hclsyntax/spec.md`. Nothing is built: the parser does that, and where it
//! refuses a text this says why. What comes first in the text is told; whatever follows may come of it.

mod body;
mod construct;
mod expression;
mod stream;
mod template;
#[cfg(test)]
mod tests;

use std::ops::Range;

use stream::Stream;

/// Brackets, quotes, templates and conditions that may be open at once.
pub(crate) const DEEPEST: usize = 400;

/// What a text may have of tokens, comments and line breaks left out. Each takes some hundred bytes as a
/// part of a tree.
const MOST_TOKENS: usize = 8 << 20;

/// Something that the language does not have.
#[derive(Debug, PartialEq)]
pub(crate) struct Mistake {
    pub(crate) summary: &'static str,
    pub(crate) detail: String,
    /// What to underline.
    pub(crate) at: Range<usize>,
}

type Checked<T = ()> = Result<T, Box<Mistake>>;

/// What a text is to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Goal {
    /// Arguments and blocks.
    Body,
    /// One expression.
    Expression,
    /// A text with interpolations and directives.
    Template,
}

/// The first mistake in a text; none where it is what it should be.
pub(crate) fn mistake(text: &str, goal: Goal) -> Option<Mistake> {
    if text.len() > MOST_TOKENS
        && let Some(at) = stream::beyond(text, goal, MOST_TOKENS)
    {
        let detail = format!(
            "The file has more than {MOST_TOKENS} words, numbers and signs. Split it into several."
        );
        return Some(Mistake { summary: "File too large", detail, at });
    }
    let mut stream = Stream::new(text, goal);
    let checked = match goal {
        Goal::Body => stream.file(),
        Goal::Expression => stream.only_expression(),
        Goal::Template => stream.only_template(),
    };
    checked.err().map(|mistake| *mistake)
}
