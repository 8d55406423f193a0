//! `moved`, `removed` and `import` blocks.

use super::Decoder;
use super::contents::{Known, Opened};
use crate::addr::Mode;
use crate::config::{Import, MoveEnd, Moved, Removed};
use crate::eval::Expr;

const MOVED: Known = Known { attrs: &["from", "to"], blocks: &[] };
const REMOVED: Known = Known { attrs: &["from"], blocks: &["lifecycle"] };
const REMOVED_LIFECYCLE: Known = Known { attrs: &["destroy"], blocks: &[] };
const IMPORT: Known = Known { attrs: &["to", "id", "for_each"], blocks: &[] };

impl Decoder<'_> {
    pub(super) fn moved(&mut self, block: Opened) {
        self.labels(&block, []);
        let span = block.span;
        let mut contents = self.contents(block.body, span, &MOVED);
        let from = contents.required("from", self).and_then(|expr| self.move_end(expr));
        let to = contents.required("to", self).and_then(|expr| self.move_end(expr));
        let (Some(from), Some(to)) = (from, to) else { return };
        if is_data(&from) && is_data(&to) {
            // The state keeps no data sources: where they were tells nothing.
            return;
        }
        if from.object.is_some() != to.object.is_some() || is_data(&from) != is_data(&to) {
            let detail = "Both ends of a move must be of one kind: from a resource to a resource, \
                          or from a module to a module.";
            self.error("Invalid \"moved\" addresses", detail, span);
        } else if from == to {
            let detail = "This statement declares a move to the very same address.";
            self.error("Redundant move statement", detail, span);
        } else {
            self.module.moved.push(Moved { from, to, span });
        }
    }

    pub(super) fn removed(&mut self, block: Opened) {
        self.labels(&block, []);
        let span = block.span;
        let mut contents = self.contents(block.body, span, &REMOVED);
        let lifecycle = contents.single("lifecycle", self);
        let destroy = self.removed_lifecycle(lifecycle);
        let Some(expr) = contents.required("from", self) else { return };
        let at = self.expr_span(&expr);
        let Some(from) = self.move_end(expr) else { return };
        if let Some(summary) = key_in(&from) {
            let detail = "All instances of a resource or module are removed together: the address \
                          must not contain an instance key.";
            self.error(summary, detail, at);
            return;
        }
        if from.object.as_ref().is_some_and(|(block, _)| block.mode == Mode::Data) {
            let detail = "The state keeps no data sources: there is nothing to remove.";
            self.error("Data source address not allowed", detail, at);
            return;
        }
        self.module.removed.push(Removed { from, destroy, span });
    }

    fn removed_lifecycle(&mut self, block: Option<Opened>) -> bool {
        let Some(block) = block else { return true };
        self.labels(&block, []);
        let mut contents = self.contents(block.body, block.span, &REMOVED_LIFECYCLE);
        self.bool_or(contents.take("destroy"), true)
    }

    pub(super) fn import(&mut self, block: Opened) {
        self.labels(&block, []);
        let span = block.span;
        let mut contents = self.contents(block.body, span, &IMPORT);
        let to = contents.required("to", self);
        let id = contents.required("id", self);
        let for_each = contents.take("for_each");
        let (Some(to), Some(id)) = (to, id) else { return };
        if self.import_target(&to) {
            self.module.imports.push(Import { to, id, for_each, span });
        }
    }

    /// Checks what can be checked before `each.key` is known: that a resource is named.
    fn import_target(&mut self, to: &Expr) -> bool {
        let names = super::address::leading_names(&to.node);
        let mut names = names.iter().map(|name| &**name);
        let valid = match names.next() {
            None | Some("data" | "var" | "local" | "each" | "self" | "path" | "terraform") => false,
            Some("module") => true,
            Some(_) => names.next().is_some(),
        };
        if !valid {
            let detail = "An object is imported as a resource: its address is expected here, such \
                          as pki_ca.etcd or host_file.hosts[each.key].";
            self.error("Invalid address", detail, self.expr_span(to));
        }
        valid
    }
}

fn is_data(end: &MoveEnd) -> bool {
    end.object.as_ref().is_some_and(|(block, _)| block.mode == Mode::Data)
}

/// What is wrong with an address that stands for all instances, where it names one.
fn key_in(end: &MoveEnd) -> Option<&'static str> {
    if end.module.0.iter().any(|(_, key)| key.is_some()) {
        return Some("Module instance keys not allowed");
    }
    let (_, key) = end.object.as_ref()?;
    key.is_some().then_some("Resource instance keys not allowed")
}
