//! Tokens of the language, with the room before each: together they are the whole text.

use std::borrow::Cow;

/// What a token is, as far as layout cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Ident,
    Number,
    /// The end of a line outside of comments.
    Newline,
    /// A comment; those of one line hold their line break.
    Comment,
    OpenBrace,
    CloseBrace,
    OpenBracket,
    CloseBracket,
    OpenParen,
    CloseParen,
    OpenQuote,
    CloseQuote,
    /// Text between quotes.
    Quoted,
    /// `<<EOT` with its line break.
    OpenHeredoc,
    /// The marker that ends a heredoc, with the white space before it.
    CloseHeredoc,
    /// Text in a heredoc.
    HeredocText,
    /// `${`
    OpenInterpolation,
    /// `%{`
    OpenDirective,
    /// The `}` of `${` and `%{`.
    CloseTemplate,
    Equal,
    Dot,
    Comma,
    Ellipsis,
    DoubleColon,
    Bang,
    Minus,
    Colon,
    Question,
    /// An operator other than `-` and `!`, after which a `-` is a sign.
    Operator,
    /// `=>` and whatever else stands between expressions.
    Other,
}

impl Kind {
    /// How many brackets it opens, less those it closes.
    pub(crate) fn brackets(self) -> i32 {
        match self {
            Kind::OpenBrace
            | Kind::OpenBracket
            | Kind::OpenParen
            | Kind::OpenInterpolation
            | Kind::OpenDirective => 1,
            Kind::CloseBrace | Kind::CloseBracket | Kind::CloseParen | Kind::CloseTemplate => -1,
            _ => 0,
        }
    }

    /// How much deeper what follows is than what went before, in brackets, quotes and heredocs.
    pub(crate) fn depth(self) -> i32 {
        match self {
            Kind::OpenQuote | Kind::OpenHeredoc => 1,
            Kind::CloseQuote | Kind::CloseHeredoc => -1,
            kind => kind.brackets(),
        }
    }
}

/// A token and the white space before it, in columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: Cow<'a, str>,
    pub(crate) spaces: usize,
}

impl<'a> Token<'a> {
    pub(crate) fn new(kind: Kind, text: impl Into<Cow<'a, str>>) -> Self {
        Token { kind, text: text.into(), spaces: 0 }
    }

    /// Whether a new line begins after it.
    pub(crate) fn ends_line(&self) -> bool {
        match self.kind {
            Kind::Newline => true,
            Kind::Comment => self.text.ends_with('\n'),
            _ => false,
        }
    }
}
