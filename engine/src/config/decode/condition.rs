//! `validation`, `precondition`, `postcondition` and `assert` blocks.

use super::Decoder;
use super::contents::{Known, Opened};
use crate::config::Condition;

const CONDITION: Known = Known { attrs: &["condition", "error_message"], blocks: &[] };

impl Decoder<'_> {
    /// Decodes blocks of a condition and its message.
    pub(super) fn conditions(&mut self, blocks: Vec<Opened>) -> Vec<Condition> {
        blocks.into_iter().filter_map(|block| self.condition(block)).collect()
    }

    fn condition(&mut self, block: Opened) -> Option<Condition> {
        self.labels(&block, []);
        let span = block.span;
        let mut contents = self.contents(block.body, span, &CONDITION);
        let condition = contents.required("condition", self);
        let message = contents.required("error_message", self);
        Some(Condition { condition: condition?, message: message?, span })
    }
}
