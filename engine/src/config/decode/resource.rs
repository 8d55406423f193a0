//! `resource` and `data` blocks.

use std::collections::btree_map::Entry;
use std::sync::Arc;

use super::Decoder;
use super::contents::{Argument, Item, Opened};
use crate::addr::{BlockAddr, Mode};
use crate::config::{Block, Body, Lifecycle, Repetition};
use crate::eval::Expr;
use crate::source::Span;

/// Roots of references, which a resource type therefore cannot be called.
const RESERVED: &[&str] =
    &["count", "data", "each", "ephemeral", "local", "module", "path", "self", "terraform", "var"];

/// The arguments that every resource and module call has.
#[derive(Default)]
pub(super) struct Meta {
    count: Option<(Span, Expr)>,
    for_each: Option<(Span, Expr)>,
    depends_on: Option<Expr>,
}

impl Meta {
    /// Takes an argument, or gives it back where it is none of these.
    pub fn take(&mut self, name: &str, at: Span, expr: Expr) -> Option<Expr> {
        match name {
            "count" => self.count = Some((at, expr)),
            "for_each" => self.for_each = Some((at, expr)),
            "depends_on" => self.depends_on = Some(expr),
            _ => return Some(expr),
        }
        None
    }
}

impl Decoder<'_> {
    pub(super) fn resource(&mut self, block: Opened, mode: Mode) {
        let labels = self.labels(&block, ["type", "name"]);
        let span = block.span;
        let mut body = Body { span: Some(span), ..Body::default() };
        let (mut meta, mut attrs) = (Meta::default(), Vec::with_capacity(block.body.len()));
        let mut lifecycle: Option<(Lifecycle, Span)> = None;
        for item in block.body {
            match item {
                Item::Attr(Argument { name, at, expr }) => {
                    let Some(expr) = meta.take(&name, at, expr) else { continue };
                    match &*name {
                        "provider" => self.no_provider(at),
                        _ => attrs.push((name, (at, expr))),
                    }
                }
                Item::Block(nested) => match nested.kind() {
                    "lifecycle" => self.only_lifecycle(nested, mode, &mut lifecycle),
                    "provisioner" | "connection" => self.no_provisioner(&nested),
                    _ => self.nested(nested, &mut body),
                },
            }
        }
        body.attrs = attrs.into_iter().collect();
        let (repetition, depends_on) = self.meta(meta);
        let Some([kind, name]) = labels else { return };
        let kind = match self.module.kinds.get(&kind) {
            Some(shared) => shared.clone(),
            None => {
                self.module.kinds.insert(kind.clone());
                kind
            }
        };
        let addr = BlockAddr { mode, kind, name };
        let lifecycle = lifecycle.map(|(lifecycle, _)| lifecycle).unwrap_or_default();
        self.declare(Block { addr, repetition, depends_on, lifecycle, body, span });
    }

    fn declare(&mut self, block: Block) {
        if RESERVED.contains(&&*block.addr.kind) {
            let detail = format!(
                "{:?} cannot be a resource type: references that begin with it mean something \
                 else.",
                block.addr.kind
            );
            self.error("Reserved name", detail, block.span);
        }
        let first = match self.module.blocks.entry(block.addr.clone()) {
            Entry::Occupied(first) => first.get().span,
            Entry::Vacant(place) => {
                place.insert(Arc::new(block));
                return;
            }
        };
        let detail = format!(
            "{} was already declared at {}. Names must be unique per type in a module.",
            block.addr,
            self.place(first)
        );
        self.error("Duplicate declaration", detail, block.span);
    }

    /// Makes something of the arguments that every resource and module call has.
    pub(super) fn meta(&mut self, meta: Meta) -> (Repetition, Vec<crate::config::Depends>) {
        let repetition = match (meta.count, meta.for_each) {
            (Some(_), Some((at, _))) => {
                let detail = "\"count\" and \"for_each\" exclude each other: one of them says how \
                              many instances there are.";
                self.error("Invalid combination of count and for_each", detail, at);
                Repetition::Single
            }
            (Some((_, count)), None) => Repetition::Count(count),
            (None, Some((_, for_each))) => Repetition::ForEach(for_each),
            (None, None) => Repetition::Single,
        };
        (repetition, self.depends_on(meta.depends_on))
    }

    fn no_provider(&mut self, at: Span) {
        let detail = "Quorate has no provider configurations: a resource lives on the host that one \
                      of its arguments names.";
        self.error("Providers are not configured", detail, at);
    }

    fn only_lifecycle(&mut self, block: Opened, mode: Mode, found: &mut Option<(Lifecycle, Span)>) {
        if let Some((_, first)) = found {
            let detail = format!(
                "Only one \"lifecycle\" block is allowed; the first is at {}.",
                self.place(*first)
            );
            self.error("Duplicate block", detail, block.span);
            return;
        }
        let span = block.span;
        *found = Some((self.lifecycle(block, mode), span));
    }

    fn no_provisioner(&mut self, block: &Opened) {
        let detail = format!(
            "Blocks of type {:?} are not supported: a change that no plan can show is none of \
             Quorate's. Resources such as host_file and systemd_service do what they are used for.",
            block.kind()
        );
        self.error("Unsupported block type", detail, block.span);
    }
}
