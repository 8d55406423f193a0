//! The settings block `quorate`, and what is tolerated of a `terraform` block.

mod seal;

use std::collections::BTreeMap;

use super::Decoder;
use super::contents::{Argument, Item, Known, Opened};
use crate::config::SettingsBlock;
use crate::diag::Diagnostic;

const QUORATE: Known = Known { attrs: &["required_version"], blocks: &["backend", "seal"] };

impl Decoder<'_> {
    pub(super) fn quorate(&mut self, block: Opened) {
        self.labels(&block, []);
        let mut contents = self.contents(block.body, block.span, &QUORATE);
        if let Some(expr) = contents.take("required_version") {
            let at = self.expr_span(&expr);
            let version = self.string(Some(expr));
            self.required_version(version, at);
        }
        for backend in contents.take_blocks("backend") {
            let label = self.labels(&backend, ["type"]);
            let first = self.settings.backend.as_ref().map(|first| first.span);
            if self.first_of_settings(&backend, first) && label.is_some() {
                self.settings.backend = Some(self.settings_block(backend));
            }
        }
        for seal in contents.take_blocks("seal") {
            let first = self.settings.seal.as_ref().map(|first| first.span);
            if self.first_of_settings(&seal, first) {
                self.settings.seal = Some(self.seal(seal));
            }
        }
    }

    fn required_version(&mut self, version: Option<String>, at: crate::source::Span) {
        let Some(version) = version else { return };
        if let Some((_, first)) = &self.settings.required_version {
            let detail = format!("required_version was already set at {}.", self.place(*first));
            self.error("Duplicate declaration", detail, at);
            return;
        }
        self.settings.required_version = Some((version, at));
    }

    fn first_of_settings(&mut self, block: &Opened, first: Option<crate::source::Span>) -> bool {
        let Some(first) = first else { return true };
        let place = self.place(first);
        let detail = format!("A {:?} block was already given at {place}.", block.kind());
        self.error("Duplicate declaration", detail, block.span);
        false
    }

    fn settings_block(&mut self, block: Opened) -> SettingsBlock {
        let mut attrs = BTreeMap::new();
        for item in block.body {
            match item {
                Item::Attr(Argument { name, at, expr }) => {
                    if let Some(value) = self.constant(&expr) {
                        attrs.insert(name, (value, at));
                    }
                }
                Item::Block(nested) => {
                    let known = Known { attrs: &[], blocks: &[] };
                    self.unknown_block(nested.kind(), nested.span, &known);
                }
            }
        }
        let label = block.labels.into_iter().next().map(|label| label.text);
        SettingsBlock { label, attrs, span: block.span }
    }

    /// Accepts what a configuration for either tool must contain; the versions in it are
    /// Terraform's and mean nothing here.
    pub(super) fn terraform(&mut self, block: Opened) {
        for item in &block.body {
            let Item::Block(nested) = item else { continue };
            let kind = nested.kind();
            if kind == "required_providers" {
                continue;
            }
            let detail = format!(
                "The {kind:?} block has no effect: settings of Terraform are not read. Quorate's \
                 own belong into a \"quorate\" block."
            );
            let warning = Diagnostic::warning("Settings of Terraform are ignored", detail);
            self.diags.push(warning.at(nested.span));
        }
    }
}
