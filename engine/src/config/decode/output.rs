//! `output` blocks.

use super::Decoder;
use super::contents::{Known, Opened};
use crate::config::Output;

const OUTPUT: Known = Known {
    attrs: &["value", "description", "sensitive", "ephemeral", "depends_on"],
    blocks: &["precondition"],
};

impl Decoder<'_> {
    pub(super) fn output(&mut self, block: Opened) {
        let labels = self.labels(&block, ["name"]);
        let span = block.span;
        let mut contents = self.contents(block.body, span, &OUTPUT);
        let value = contents.required("value", self);
        let description = self.string(contents.take("description"));
        let sensitive = self.bool_or(contents.take("sensitive"), false);
        let ephemeral = self.bool_or(contents.take("ephemeral"), false);
        let depends_on = self.output_depends_on(contents.take("depends_on"));
        let preconditions = self.conditions(contents.take_blocks("precondition"));
        let (Some([name]), Some(value)) = (labels, value) else { return };
        if let Some(first) = self.module.outputs.get(&name) {
            let first = first.span;
            self.duplicate("output", &name, first, span);
            return;
        }
        let output =
            Output { value, description, sensitive, ephemeral, depends_on, preconditions, span };
        self.module.outputs.insert(name, output);
    }
}
