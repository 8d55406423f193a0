//! What is open at a place of a text, and how far it has come.

use std::collections::HashSet;
use std::ops::Range;

use super::chain::Chain;

/// What surrounds a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::eval) enum Group {
    /// Arguments and blocks.
    Body,
    /// A text that is one expression.
    Expression,
    Object,
    ObjectFor,
    List,
    ListFor,
    Index,
    Paren,
    Call,
    /// Quotes or a heredoc.
    Text,
    Interpolation,
    Directive,
}

impl Group {
    /// Whether line breaks mean nothing here.
    pub(super) fn is_free(self) -> bool {
        !matches!(self, Group::Body | Group::Object | Group::Text)
    }

    pub(super) fn is_for(self) -> bool {
        matches!(self, Group::ObjectFor | Group::ListFor)
    }

    /// Whether `in` and `if` are not names here.
    pub(super) fn has_words(self) -> bool {
        self.is_for() || self == Group::Directive
    }

    /// Whether there is one expression between its brackets.
    pub(super) fn is_content(self) -> bool {
        matches!(self, Group::Index | Group::Paren | Group::Interpolation)
    }

    pub(super) fn with_for(self) -> Group {
        match self {
            Group::Object => Group::ObjectFor,
            Group::List => Group::ListFor,
            other => other,
        }
    }
}

/// Something that is open.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    pub(super) group: Group,
    /// How many are around it, up to the hole that it is in.
    pub(super) depth: usize,
    /// Where it begins, if it is something that can be put aside.
    pub(super) start: Option<usize>,
    /// Where the brace of a block is.
    pub(super) brace: usize,
    /// Whether it is put aside.
    pub(super) hole: bool,
    /// Whether anything has come yet.
    pub(super) begun: bool,
    /// Whether the equals sign of the argument or the entry has come.
    pub(super) in_value: bool,
    /// Where the entry begins.
    pub(super) entry: Option<usize>,
    pub(super) keys: HashSet<&'a str>,
    /// Parts of an object that are parsed each on its own.
    pub(super) chunks: Vec<Range<usize>>,
    /// The operators of the expression.
    pub(super) chain: Chain,
    /// `?` without their `:`.
    pub(super) pending: usize,
    /// Rungs of a ladder of conditions.
    pub(super) rungs: usize,
    /// Where the last of them begins.
    pub(super) otherwise: Option<usize>,
    /// Where the holes begin that end with the expression.
    pub(super) ladders: Vec<usize>,
}

impl Frame<'_> {
    pub(super) fn new(group: Group, depth: usize) -> Self {
        Frame {
            group,
            depth,
            start: None,
            brace: 0,
            hole: false,
            begun: false,
            in_value: false,
            entry: None,
            keys: HashSet::new(),
            chunks: Vec::new(),
            chain: Chain::default(),
            pending: 0,
            rungs: 0,
            otherwise: None,
            ladders: Vec::new(),
        }
    }

    pub(super) fn colon(&mut self, end: usize) {
        let Some(left) = self.pending.checked_sub(1) else { return };
        self.pending = left;
        if left == 0 {
            self.rungs += 1;
            self.otherwise = Some(end);
        }
    }

    /// Counts a `?`; gives where the ladder from its condition on is to be put aside.
    pub(super) fn next_rung(&mut self, most: usize) -> Option<usize> {
        let aside = match self.pending {
            0 if self.rungs >= most => self.otherwise.take(),
            _ => None,
        };
        if aside.is_some() {
            self.rungs = 0;
        }
        self.pending += 1;
        aside
    }
}
