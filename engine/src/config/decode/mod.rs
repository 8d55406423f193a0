//! HCL bodies to typed blocks; every mistake in them is reported, and none stops the rest.

mod address;
mod body;
mod call;
mod condition;
mod contents;
mod lifecycle;
mod literal;
mod output;
mod refactor;
mod resource;
mod settings;
mod variable;

use self::contents::Known;
pub(super) use self::contents::{Argument, Item, Label, Opened, items};
use super::{Check, Local, Module, Settings};
use crate::addr::Mode;
use crate::diag::{Diagnostic, Diagnostics, Reported};
use crate::eval::Expr;
use crate::source::{Origin, Sources, Span};
use crate::suggest;

/// What may stand at the top of a file.
const TOP: Known = Known {
    attrs: &[],
    blocks: &[
        "check", "data", "import", "locals", "module", "moved", "output", "quorate", "removed",
        "resource", "variable",
    ],
};

/// Decodes one file after the other into a module.
pub(super) struct Decoder<'a> {
    /// The texts so far, to name places.
    pub sources: &'a Sources,
    /// Where mistakes go.
    pub diags: &'a mut Diagnostics,
    /// What comes of it.
    pub module: &'a mut Module,
    /// What comes of the settings blocks.
    pub settings: &'a mut Settings,
}

impl Decoder<'_> {
    /// Decodes all blocks of a file.
    pub fn file(&mut self, body: Vec<Item>) {
        for item in body {
            match item {
                Item::Block(block) => self.block(block),
                Item::Attr(attr) => self.stray_attribute(&attr.name, attr.at),
            }
        }
    }

    fn block(&mut self, block: Opened) {
        match block.kind() {
            "variable" => self.variable(block),
            "locals" => self.locals(block),
            "output" => self.output(block),
            "resource" => self.resource(block, Mode::Managed),
            "data" => self.resource(block, Mode::Data),
            "module" => self.call(block),
            "moved" => self.moved(block),
            "removed" => self.removed(block),
            "import" => self.import(block),
            "check" => self.check(block),
            "quorate" => self.quorate(block),
            "terraform" => self.terraform(block),
            "provider" => self.provider(&block),
            kind => self.unknown_block(kind, block.span, &TOP),
        }
    }

    fn stray_attribute(&mut self, name: &str, at: Span) {
        let detail = format!("An argument named {name:?} is not expected outside of a block.");
        let mut diagnostic = Diagnostic::error("Unsupported argument", detail).at(at);
        if let Some(help) = suggest::did_you_mean(name, TOP.blocks) {
            diagnostic = diagnostic.help(help);
        } else if name != "locals" {
            diagnostic = diagnostic.help(
                "A value with a name belongs into a \"locals\" block; the value of a variable \
                 belongs into a file named *.vars.hcl.",
            );
        }
        self.diags.error(diagnostic);
    }

    fn provider(&mut self, block: &Opened) {
        let detail = "Quorate has no provider blocks: a host is a value, which a \"host\" data \
                      source gives and the arguments of resources take.";
        self.error("Providers are not configured", detail, block.span);
    }

    fn locals(&mut self, block: Opened) {
        self.labels(&block, []);
        for item in block.body {
            match item {
                Item::Attr(Argument { name, at: span, expr: value }) => {
                    if let Some(first) = self.module.locals.get(&name) {
                        let first = first.span;
                        self.duplicate("local value", &name, first, span);
                        continue;
                    }
                    self.module.locals.insert(name, Local { value, span });
                }
                Item::Block(block) => {
                    self.unknown_block(
                        block.kind(),
                        block.span,
                        &Known { attrs: &[], blocks: &[] },
                    );
                }
            }
        }
    }

    fn check(&mut self, block: Opened) {
        let labels = self.labels(&block, ["name"]);
        let known = Known { attrs: &[], blocks: &["assert", "data"] };
        let span = block.span;
        let mut contents = self.contents(block.body, span, &known);
        let asserts = self.conditions(contents.take_blocks("assert"));
        let before: Vec<_> = self.module.blocks.keys().cloned().collect();
        for data in contents.take_blocks("data") {
            self.resource(data, Mode::Data);
        }
        let added = self.module.blocks.keys().filter(|addr| !before.contains(addr));
        let data = added.cloned().collect();
        let Some([name]) = labels else { return };
        if asserts.is_empty() {
            let detail = "A check must have at least one \"assert\" block.";
            self.error("Zero assert blocks", detail, span);
        }
        if let Some(first) = self.module.checks.get(&name) {
            let first = first.span;
            self.duplicate("check", &name, first, span);
            return;
        }
        self.module.checks.insert(name, Check { asserts, data, span });
    }

    /// Reports a second declaration of a name.
    fn duplicate(&mut self, what: &str, name: &str, first: Span, second: Span) {
        let detail = format!(
            "The {what} {name:?} was already declared at {}. Names must be unique within a \
             module.",
            self.place(first)
        );
        self.error("Duplicate declaration", detail, second);
    }

    /// Records an error at a place.
    fn error(&mut self, summary: &'static str, detail: impl Into<String>, at: Span) -> Reported {
        self.diags.error(Diagnostic::error(summary, detail).at(at))
    }

    /// File and line of a span, for texts.
    fn place(&self, span: Span) -> String {
        self.sources.place(span)
    }

    /// The span of a part of an expression from a source.
    fn span(&self, source: Origin, node: &impl hcl::edit::Span) -> Span {
        Span::new(source, node.span().unwrap_or_default())
    }

    fn expr_span(&self, expr: &Expr) -> Span {
        self.span(expr.source, &*expr.node)
    }
}
