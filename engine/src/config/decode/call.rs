//! `module` blocks.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Decoder;
use super::contents::{Argument, Item, Known, Opened};
use super::resource::Meta;
use crate::config::Call;
use crate::eval::Expr;
use crate::source::Span;
use crate::value::{Text, normalized};

impl Decoder<'_> {
    pub(super) fn call(&mut self, block: Opened) {
        let labels = self.labels(&block, ["name"]);
        let span = block.span;
        let mut meta = Meta::default();
        let mut arguments = BTreeMap::new();
        for item in block.body {
            match item {
                Item::Attr(Argument { name, at, expr }) => {
                    if let Some(expr) = meta.take(&name, at, expr) {
                        arguments.insert(name, (at, expr));
                    }
                }
                Item::Block(nested) => {
                    let known = Known { attrs: &[], blocks: &[] };
                    self.unknown_block(nested.kind(), nested.span, &known);
                }
            }
        }
        self.refuse_registry_arguments(&mut arguments);
        let (repetition, depends_on) = self.meta(meta);
        let source = arguments.remove("source").map(|(_, expr)| expr);
        let Some((source, source_span)) = self.call_source(source, span) else { return };
        let Some([name]) = labels else { return };
        if let Some(first) = self.module.calls.get(&name) {
            let first = first.span;
            self.duplicate("module call", &name, first, span);
            return;
        }
        let call = Call { name, source, source_span, repetition, depends_on, arguments, span };
        self.module.calls.insert(call.name.clone(), Arc::new(call));
    }

    fn call_source(&mut self, source: Option<Expr>, header: Span) -> Option<(Text, Span)> {
        let Some(source) = source else {
            let detail = "The argument \"source\" is required: where the module is, such as \
                          \"./modules/etcd\" or \"builtin:etcd-static-pod\".";
            self.error("Missing required argument", detail, header);
            return None;
        };
        let span = self.expr_span(&source);
        let Some(text) = self.string(Some(source)) else {
            if !self.diags.has_errors() {
                let detail = "The source of a module cannot be null.";
                self.error("Unsuitable value", detail, span);
            }
            return None;
        };
        Some((normalized(&text), span))
    }

    /// Arguments that make sense only with registries and providers.
    fn refuse_registry_arguments(&mut self, arguments: &mut BTreeMap<Text, (Span, Expr)>) {
        for (name, why) in [
            ("version", "a module is a local folder or built in, and so has no version to choose"),
            ("providers", "Quorate has no provider configurations; pass hosts as variables"),
        ] {
            if let Some((at, _)) = arguments.remove(name) {
                let detail = format!("The argument {name:?} is not supported here: {why}.");
                self.error("Unsupported argument", detail, at);
            }
        }
    }
}
