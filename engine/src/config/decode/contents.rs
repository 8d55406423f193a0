//! A block taken apart: header, arguments and nested blocks, with what is unknown reported.

use hcl::edit::Span as _;
use hcl::edit::structure::{Attribute, Block, BlockLabel, Body, Structure};

use super::Decoder;
use crate::diag::Diagnostic;
use crate::eval::Expr;
use crate::source::{Origin, Span};
use crate::suggest;
use crate::value::{Text, normalized};

/// A label in a block's header.
pub(in crate::config) struct Label {
    pub text: Text,
    pub span: Span,
}

/// A block whose header has been read.
pub(in crate::config) struct Opened {
    pub kind: Text,
    pub labels: Vec<Label>,
    /// From the block's type to its last label.
    pub span: Span,
    pub body: Vec<Item>,
}

/// One thing in a body, wherever it was written: merged bodies come from several files.
pub(in crate::config) enum Item {
    Attr(Argument),
    Block(Opened),
}

/// A name with a value.
pub(in crate::config) struct Argument {
    pub name: Text,
    /// The name's place.
    pub at: Span,
    pub expr: Expr,
}

impl Opened {
    /// The block's type.
    pub fn kind(&self) -> &str {
        &self.kind
    }
}

/// What a body in HCL's native syntax contains.
pub(in crate::config) fn items(body: Body, source: Origin) -> Vec<Item> {
    let item = |structure| match structure {
        Structure::Attribute(attr) => Item::Attr(argument(attr, source)),
        Structure::Block(block) => Item::Block(open(block, source)),
    };
    body.into_iter().map(item).collect()
}

fn argument(attr: Attribute, source: Origin) -> Argument {
    let expr = Expr::new(source, attr.value);
    let at = Span::new(source, attr.key.span().unwrap_or_default());
    Argument { name: normalized(attr.key.as_str()), at, expr }
}

fn open(block: Block, source: Origin) -> Opened {
    let kind = Span::new(source, block.ident.span().unwrap_or_default());
    let label = |label: &BlockLabel| Label {
        text: normalized(label.as_str()),
        span: label.span().map_or(kind, |range| Span::new(source, range)),
    };
    let labels: Vec<Label> = block.labels.iter().map(label).collect();
    let span = labels.last().map_or(kind, |last| kind.to(last.span));
    Opened { kind: normalized(block.ident.as_str()), labels, span, body: items(block.body, source) }
}

/// The arguments and nested block types that a block may have.
pub(super) struct Known {
    pub attrs: &'static [&'static str],
    pub blocks: &'static [&'static str],
}

/// What a block contains; decoders take out what they know.
pub(super) struct Contents {
    attrs: Vec<(&'static str, Expr)>,
    blocks: Vec<Opened>,
    /// The block's header.
    pub span: Span,
}

impl Contents {
    /// Takes an argument out.
    pub fn take(&mut self, name: &str) -> Option<Expr> {
        let index = self.attrs.iter().position(|(known, _)| *known == name)?;
        Some(self.attrs.swap_remove(index).1)
    }

    /// Takes all nested blocks of a type out.
    pub fn take_blocks(&mut self, kind: &str) -> Vec<Opened> {
        self.blocks.extract_if(.., |block| block.kind() == kind).collect()
    }

    /// Takes an argument out that must be there.
    pub fn required(&mut self, name: &str, decoder: &mut Decoder<'_>) -> Option<Expr> {
        let found = self.take(name);
        if found.is_none() {
            decoder.error(
                "Missing required argument",
                format!("The argument {name:?} is required, but no definition was found."),
                self.span,
            );
        }
        found
    }

    /// Takes out the one block of a type; a second one is an error.
    pub fn single(&mut self, kind: &str, decoder: &mut Decoder<'_>) -> Option<Opened> {
        let mut blocks = self.take_blocks(kind).into_iter();
        let first = blocks.next()?;
        for extra in blocks {
            let place = decoder.place(first.span);
            let detail = format!("Only one {kind:?} block is allowed; the first is at {place}.");
            decoder.error("Duplicate block", detail, extra.span);
        }
        Some(first)
    }
}

impl Decoder<'_> {
    /// Takes a body apart, and reports whatever is not `known`.
    pub(super) fn contents(&mut self, body: Vec<Item>, span: Span, known: &Known) -> Contents {
        let mut contents = Contents { attrs: Vec::new(), blocks: Vec::new(), span };
        for item in body {
            match item {
                Item::Attr(attr) => match known.attrs.iter().find(|known| **known == &*attr.name) {
                    Some(name) => contents.attrs.push((name, attr.expr)),
                    None => self.unknown_attr(&attr.name, attr.at, known),
                },
                Item::Block(block) => {
                    if known.blocks.contains(&block.kind()) {
                        contents.blocks.push(block);
                    } else {
                        self.unknown_block(block.kind(), block.span, known);
                    }
                }
            }
        }
        contents
    }

    fn unknown_attr(&mut self, name: &str, at: Span, known: &Known) {
        let detail = format!("An argument named {name:?} is not expected here.");
        let mut diagnostic = Diagnostic::error("Unsupported argument", detail).at(at);
        if known.blocks.contains(&name) {
            diagnostic = diagnostic
                .help(format!("To define a block of type {name:?}, leave out the equals sign."));
        } else if let Some(help) = suggest::did_you_mean(name, known.attrs) {
            diagnostic = diagnostic.help(help);
        }
        self.diags.error(diagnostic);
    }

    pub(super) fn unknown_block(&mut self, kind: &str, at: Span, known: &Known) {
        let detail = format!("Blocks of type {kind:?} are not expected here.");
        let mut diagnostic = Diagnostic::error("Unsupported block type", detail).at(at);
        if known.attrs.contains(&kind) {
            let help = format!("To set the argument {kind:?}, write an equals sign after it.");
            diagnostic = diagnostic.help(help);
        } else if let Some(help) = suggest::did_you_mean(kind, known.blocks) {
            diagnostic = diagnostic.help(help);
        }
        self.diags.error(diagnostic);
    }

    /// Checks the number of labels, and that each is a valid name.
    pub(super) fn labels<const N: usize>(
        &mut self,
        block: &Opened,
        names: [&str; N],
    ) -> Option<[Text; N]> {
        let kind = block.kind();
        if let Some(extra) = block.labels.get(N) {
            let detail = match N {
                0 => format!("Blocks of type {kind:?} take no labels."),
                _ => format!("Blocks of type {kind:?} take only {}.", label_count(&names)),
            };
            self.error("Extraneous block label", detail, extra.span);
            return None;
        }
        if block.labels.len() < N {
            let detail = format!("Blocks of type {kind:?} must have {}.", label_count(&names));
            self.error("Missing block label", detail, block.span);
            return None;
        }
        let invalid = block.labels.iter().filter(|label| !self.name(label)).count();
        (invalid == 0).then(|| std::array::from_fn(|index| block.labels[index].text.clone()))
    }

    fn name(&mut self, label: &Label) -> bool {
        let valid = is_name(&label.text);
        if !valid {
            let detail = format!(
                "{:?} is not a valid name: a name starts with a letter or an underscore, and \
                 contains only letters, digits, underscores and dashes.",
                label.text
            );
            self.error("Invalid name", detail, label.span);
        }
        valid
    }
}

/// Whether an expression could refer to something of this name.
pub(super) fn is_name(text: &str) -> bool {
    // What nearly all names are, without asking for the classes of characters.
    let part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.bytes().all(part) {
        return true;
    }
    hcl::edit::Ident::try_new(text).is_ok()
}

fn label_count(names: &[&str]) -> String {
    let plural = if names.len() == 1 { "label" } else { "labels" };
    format!("{} {plural} ({})", names.len(), names.join(", "))
}
