//! What of a text the parser cannot take as it stands, found by its brackets.

use std::collections::HashSet;
use std::ops::Range;

use super::frame::{Frame, Group};
use super::heredoc::other_marker;
use crate::lex::{Kind, Lexer, Token};

/// What is nested deeper than this within one piece becomes a piece of its own. The parser takes
/// 64 levels, and a bracket can be several of them.
const STEP: usize = 12;

/// So many rungs of `a ? b : c ? d : …` are parsed in one piece.
const RUNGS: usize = 16;

/// So many entries of an object are parsed in one piece: the parser compares each with all others.
const ENTRIES: usize = 512;

/// Brackets that may be open at once.
pub(super) const DEEPEST: usize = 400;

/// A part of the text that is parsed on its own.
#[derive(Debug)]
pub(super) struct Hole {
    /// What is put aside.
    pub(super) range: Range<usize>,
    /// How many other holes are around it.
    pub(super) layer: usize,
    pub(super) fill: Fill,
}

/// How a hole is filled.
#[derive(Debug)]
pub(super) enum Fill {
    /// By the expression that it is.
    Expression,
    /// By what is between the braces of the block that it is, which begin there.
    Block(usize),
    /// By a number that the parser has no room for.
    Number,
    /// By an object, from parts of its entries.
    Entries(Vec<Range<usize>>),
    /// By operands and the operators between them, which bind equally tight.
    Chain(Vec<Range<usize>>, Vec<String>),
}

/// How a text is to be parsed.
#[derive(Debug)]
pub(super) struct Outline {
    /// The text, with spaces for the line breaks and comments that mean nothing.
    pub(super) flat: Vec<u8>,
    /// In no order that matters.
    pub(super) holes: Vec<Hole>,
}

/// A place with too many brackets around it.
#[derive(Debug)]
pub(super) struct TooDeep(pub(super) usize);

/// Looks through a text. None where its tokens make no sense: it is no text that can be parsed.
pub(super) fn outline(text: &str, root: Group) -> Option<Result<Outline, TooDeep>> {
    let outline = Outline { flat: text.as_bytes().to_vec(), holes: Vec::new() };
    let stack = vec![Frame::new(root, 0)];
    let mut scan = Scan { text, outline, stack, heredocs: Vec::new(), ladders: 0, last: None };
    let mut lexer = match root {
        Group::Text => Lexer::of_template(text),
        _ => Lexer::new(text),
    };
    while let Some(token) = lexer.next() {
        let token = token.ok()?;
        let end = lexer.at();
        if scan.stack.len() + scan.ladders * RUNGS > DEEPEST {
            return Some(Err(TooDeep(end - 1)));
        }
        scan.take(&token, end - token.text.len()..end)?;
    }
    if scan.stack.len() != 1 {
        return None;
    }
    scan.end_expression();
    scan.outline.number_layers();
    Some(Ok(scan.outline))
}

impl Outline {
    /// Numbers the layers; of two holes in one place the one found later is around the other.
    fn number_layers(&mut self) {
        self.holes.reverse();
        self.holes.sort_by_key(|hole| (hole.range.start, usize::MAX - hole.range.end));
        let mut around: Vec<usize> = Vec::new();
        for hole in &mut self.holes {
            while around.pop_if(|end| *end <= hole.range.start).is_some() {}
            hole.layer = around.len();
            around.push(hole.range.end);
        }
    }
}

/// Whether nothing after a token belongs to the operators before it.
fn ends_chain(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Comma | Kind::Equal | Kind::Colon | Kind::Question | Kind::Ellipsis | Kind::Other
    )
}

/// Within a comment the parser takes a carriage return for its end.
fn blank_lone_returns(comment: &mut [u8]) {
    for at in 0..comment.len() {
        if comment[at] == b'\r' && comment.get(at + 1) != Some(&b'\n') {
            comment[at] = b' ';
        }
    }
}

struct Scan<'a> {
    text: &'a str,
    outline: Outline,
    stack: Vec<Frame<'a>>,
    /// Where the open heredocs begin, and where their texts do.
    heredocs: Vec<(usize, usize)>,
    /// How many parts of ladders are open, in all brackets.
    ladders: usize,
    /// The token before, unless a line break that means something lies between.
    last: Option<Last>,
}

/// A token that was passed.
#[derive(Clone, Copy)]
struct Last {
    kind: Kind,
    /// Where it begins, or for names with `::` where the first of them does.
    start: usize,
    end: usize,
}

impl<'a> Scan<'a> {
    fn take(&mut self, token: &Token<'_>, at: Range<usize>) -> Option<()> {
        match token.kind {
            Kind::Newline | Kind::Comment => self.blank(token, at),
            kind => {
                self.before(kind, &at)?;
                let kind = self.heredoc(kind, &at)?;
                let kind = self.chained(kind, &at);
                let start = match self.last {
                    Some(last) if last.kind == Kind::DoubleColon || kind == Kind::DoubleColon => {
                        last.start
                    }
                    _ => at.start,
                };
                self.last = Some(Last { kind, start, end: at.end });
            }
        }
        Some(())
    }

    /// Notes a token of a chain of operators; gives what kind of token it is then.
    fn chained(&mut self, kind: Kind, at: &Range<usize>) -> Kind {
        let last = self.last.map(|last| last.kind);
        let is_splat = matches!(last, Some(Kind::Dot | Kind::OpenBracket));
        let is_sign = !self.last.is_some_and(|last| self.is_operand(last));
        let is_word = self.is_word(kind, at);
        let frame = match (kind, self.stack.last_mut()) {
            // What a bracket closes is noted where it was opened.
            (_, None) => return kind,
            (Kind::Operator, _) if is_splat => return Kind::Ident,
            (_, Some(frame)) => frame,
        };
        match kind {
            Kind::Operator => frame.chain.operator(at.clone()),
            Kind::Minus if !is_sign => frame.chain.operator(at.clone()),
            kind if is_word || ends_chain(kind) || kind.depth() != 0 => {}
            _ => frame.chain.begin(at.start),
        }
        kind
    }

    /// Cuts up the chain of operators that ends before this place.
    fn end_chain(&mut self) {
        let end = self.last.map_or(0, |last| last.end);
        let text = self.text;
        let Some(frame) = self.stack.last_mut() else { return };
        for hole in frame.chain.end(text, end) {
            self.outline.holes.push(hole);
        }
    }

    /// Writes a heredoc so that the parser reads it right; gives what kind of token it is then.
    fn heredoc(&mut self, kind: Kind, at: &Range<usize>) -> Option<Kind> {
        if kind == Kind::OpenHeredoc {
            self.heredocs.push((at.start, at.end));
        }
        if kind != Kind::CloseHeredoc {
            return Some(kind);
        }
        let (start, content) = self.heredocs.pop()?;
        if content == at.start {
            let whole = &mut self.outline.flat[start..at.end];
            whole.fill(b' ');
            whole[..2].fill(b'"');
            return Some(Kind::CloseQuote);
        }
        let marker = self.text[at.clone()].trim();
        if let Some(other) = other_marker(&self.text[content..at.start], marker) {
            let opening = &self.text[start..content];
            let begin = start + opening.find(marker)?;
            let end = at.end - self.text[at.clone()].trim_start().len();
            for place in [begin, end] {
                self.outline.flat[place..place + other.len()].copy_from_slice(other.as_bytes());
            }
        }
        Some(kind)
    }

    /// A line break or a comment.
    fn blank(&mut self, token: &Token<'_>, at: Range<usize>) {
        let Some(frame) = self.stack.last_mut() else { return };
        if !frame.group.is_free() {
            let flat = &mut self.outline.flat[at];
            blank_lone_returns(flat);
            if token.ends_line() {
                // After brackets the parser takes the next line for a part of the same value.
                let ends_value = frame.group == Group::Object && frame.in_value;
                if ends_value && self.last.is_some_and(|last| last.kind != Kind::CloseHeredoc) {
                    flat.fill(b' ');
                    flat.last_mut().into_iter().for_each(|end| *end = b',');
                }
                self.end_entry();
                self.last = None;
            }
            return;
        }
        self.outline.flat[at].fill(b' ');
    }

    fn before(&mut self, kind: Kind, at: &Range<usize>) -> Option<()> {
        let last = self.last;
        self.begin_entry(kind, at);
        if ends_chain(kind) || self.is_word(kind, at) {
            self.end_chain();
        }
        if kind.depth() > 0 {
            self.frame()?.chain.begin(at.start);
        }
        match kind {
            Kind::Equal | Kind::Colon if self.names_entry() => {
                self.key(last.map_or(at.start, |last| last.end));
            }
            Kind::Equal => self.frame()?.in_value = true,
            Kind::Question => self.question(),
            Kind::Colon => self.frame()?.colon(at.end),
            Kind::Comma => self.end_entry(),
            Kind::Ellipsis | Kind::Other => self.end_expression(),
            Kind::Ident if self.frame()?.group.is_for() && &self.text[at.clone()] == "if" => {
                self.end_expression();
            }
            Kind::Number => self.number(at.clone()),
            Kind::OpenBrace => self.open_brace(at.start),
            Kind::OpenBracket if last.is_some_and(|last| self.is_operand(last)) => {
                self.push_content(Group::Index, at.end);
            }
            Kind::OpenBracket => self.push_term(Group::List, at.start),
            Kind::OpenParen => match last {
                Some(last) if last.kind == Kind::Ident && self.is_operand(last) => {
                    self.push_term(Group::Call, last.start);
                }
                _ => self.push_content(Group::Paren, at.end),
            },
            Kind::OpenInterpolation => self.push_content(Group::Interpolation, at.end),
            Kind::OpenDirective => self.push(Group::Directive, None),
            Kind::OpenQuote | Kind::OpenHeredoc => self.push(Group::Text, None),
            kind if kind.depth() < 0 => self.close(at)?,
            _ => {}
        }
        Some(())
    }

    fn frame(&mut self) -> Option<&mut Frame<'a>> {
        self.stack.last_mut()
    }

    /// Whether something can be called or indexed: not the words of loops and conditions.
    fn is_operand(&self, last: Last) -> bool {
        match last.kind {
            Kind::Ident => !self.is_word(last.kind, &(last.start..last.end)),
            Kind::CloseParen
            | Kind::CloseBracket
            | Kind::CloseBrace
            | Kind::CloseQuote
            | Kind::CloseHeredoc
            | Kind::Number => true,
            _ => false,
        }
    }

    /// Whether a token is a word of a loop or a directive and no name.
    fn is_word(&self, kind: Kind, at: &Range<usize>) -> bool {
        let words = self.stack.last().is_some_and(|frame| frame.group.has_words());
        words && kind == Kind::Ident && matches!(&self.text[at.clone()], "in" | "if" | "for")
    }

    fn open_brace(&mut self, start: usize) {
        match self.stack.last() {
            Some(frame) if frame.group == Group::Body && !frame.in_value => {
                let block = frame.entry;
                self.push(Group::Body, block);
                self.stack.last_mut().into_iter().for_each(|body| body.brace = start);
            }
            _ => self.push_term(Group::Object, start),
        }
    }

    /// Opens what may be put aside from its first token on.
    fn push_term(&mut self, group: Group, start: usize) {
        self.push(group, Some(start));
    }

    /// Opens what may be put aside between its brackets.
    fn push_content(&mut self, group: Group, end: usize) {
        self.push(group, Some(end));
    }

    fn push(&mut self, group: Group, start: Option<usize>) {
        let deep = self.stack.last().map_or(0, |frame| frame.depth) + 1;
        let mut frame = Frame::new(group, deep);
        frame.start = start;
        if deep >= STEP && start.is_some() {
            frame.hole = true;
            frame.depth = 0;
        }
        self.stack.push(frame);
    }

    fn close(&mut self, at: &Range<usize>) -> Option<()> {
        self.end_entry();
        self.end_expression();
        if self.stack.len() == 1 {
            return None;
        }
        let frame = self.stack.pop()?;
        let start = frame.start.unwrap_or(at.start);
        let whole = if frame.group.is_content() { start..at.start } else { start..at.end };
        if frame.chunks.len() > 1 {
            self.hole(whole.clone(), Fill::Entries(frame.chunks));
        }
        if frame.hole && whole.start > 0 {
            let is_body = frame.group == Group::Body;
            self.hole(whole, if is_body { Fill::Block(frame.brace) } else { Fill::Expression });
        }
        Some(())
    }

    /// What is put aside leaves `(h)` behind, which has to fit.
    fn hole(&mut self, range: Range<usize>, fill: Fill) {
        if range.len() > 2 {
            self.outline.holes.push(Hole { range, layer: 0, fill });
        }
    }

    fn number(&mut self, at: Range<usize>) {
        let text = &self.text[at.clone()];
        if text.parse::<f64>().is_ok_and(f64::is_infinite) {
            self.hole(at, Fill::Number);
        }
    }

    fn question(&mut self) {
        let Some(frame) = self.stack.last_mut() else { return };
        if let Some(start) = frame.next_rung(RUNGS) {
            frame.ladders.push(start);
            self.ladders += 1;
        }
    }

    /// Ends the ladders of conditions in the innermost brackets.
    fn end_expression(&mut self) {
        self.end_chain();
        let Some(frame) = self.stack.last_mut() else { return };
        frame.pending = 0;
        frame.rungs = 0;
        frame.otherwise = None;
        let end = self.last.map_or(0, |last| last.end);
        while let Some(start) = self.stack.last_mut().and_then(|frame| frame.ladders.pop()) {
            self.ladders -= 1;
            self.hole(start..end.max(start), Fill::Expression);
        }
    }

    /// Whether an equals sign or a colon here follows the key of an entry.
    fn names_entry(&self) -> bool {
        let Some(frame) = self.stack.last() else { return false };
        frame.group == Group::Object && frame.entry.is_some() && !frame.in_value
    }

    fn begin_entry(&mut self, kind: Kind, at: &Range<usize>) {
        let text = self.text;
        let Some(frame) = self.stack.last_mut() else { return };
        let first = frame.entry.is_none() && kind.depth() >= 0 && kind != Kind::Comma;
        if !first {
            return;
        }
        frame.entry = Some(at.start);
        if kind == Kind::Ident && &text[at.clone()] == "for" && !frame.begun {
            frame.group = frame.group.with_for();
        }
        frame.begun = true;
    }

    /// The key of an entry is complete: the entry begins a part of its own where the part before
    /// is large enough or has the key already.
    fn key(&mut self, end: usize) {
        let text = self.text;
        let Some(frame) = self.stack.last_mut() else { return };
        frame.in_value = true;
        let Some(start) = frame.entry else { return };
        let key = text.get(start..end).unwrap_or("").trim().trim_matches('"');
        let full = frame.keys.len() >= ENTRIES;
        if full || !frame.keys.insert(key) {
            frame.keys = HashSet::from([key]);
            frame.chunks.push(start..start);
        } else if frame.chunks.is_empty() {
            frame.chunks.push(start..start);
        }
    }

    fn end_entry(&mut self) {
        self.end_expression();
        let end = self.last.map_or(0, |last| last.end);
        let Some(frame) = self.stack.last_mut() else { return };
        frame.in_value = false;
        if frame.entry.take().is_some()
            && let Some(chunk) = frame.chunks.last_mut()
        {
            chunk.end = end.max(chunk.end);
        }
    }
}
