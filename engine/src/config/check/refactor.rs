//! `moved`, `removed` and `import` blocks that contradict what is declared.

use std::collections::BTreeMap;

use super::super::{Import, MoveEnd, Moved, Removed};
use super::Checker;
use super::walk::Bound;
use crate::addr::{BlockAddr, Mode};
use crate::eval::references;
use crate::source::Span;
use crate::value::Text;

impl Checker<'_> {
    pub(super) fn refactoring(&mut self) {
        let module = self.module;
        let (mut from, mut to) = (BTreeMap::new(), BTreeMap::new());
        for moved in &module.moved {
            self.moved(moved);
            let first = *from.entry(moved.from.to_string()).or_insert(moved);
            if first.to != moved.to {
                let detail = format!(
                    "Another statement declared that {} moved to {}, but this statement instead \
                     declares that it moved to {}. Each resource can move to only one destination \
                     resource.",
                    moved.from, first.to, moved.to
                );
                self.error("Ambiguous move statements", detail, moved.span);
            }
            let first = *to.entry(moved.to.to_string()).or_insert(moved);
            if first.from != moved.from {
                let detail = format!(
                    "Another statement declared that {} moved to {}, but this statement instead \
                     declares that {} moved there. Each resource can have moved from only one \
                     source resource.",
                    first.from, moved.to, moved.from
                );
                self.error("Ambiguous move statements", detail, moved.span);
            }
        }
        for removed in &module.removed {
            self.removed(removed);
        }
        for import in &module.imports {
            self.import(import);
        }
    }

    fn moved(&mut self, moved: &Moved) {
        if let (Some(from), Some(to)) = (moved.from.block(), moved.to.block())
            && from.kind != to.kind
        {
            let detail = format!(
                "This statement declares a move from {} to {}, which is a resource of a different \
                 type.",
                moved.from, moved.to
            );
            self.error("Resource type mismatch", detail, moved.span);
        }
        let whole = |end: &MoveEnd| end.object.as_ref().is_none_or(|(_, key)| key.is_none());
        let same_block = moved.from.block() == moved.to.block()
            && moved.from.module.path() == moved.to.module.path();
        if whole(&moved.from) && !same_block && self.still_declared(&moved.from) {
            let detail = format!(
                "This block says that {} has moved to {}, but it is still declared.",
                moved.from, moved.to
            );
            self.error("Moved object still exists", detail, moved.span);
        }
    }

    fn removed(&mut self, removed: &Removed) {
        if self.still_declared(&removed.from) {
            let detail = format!(
                "This block says that {} has left the configuration, but it is still declared.",
                removed.from
            );
            self.error("Removed object still exists", detail, removed.span);
        }
    }

    /// Whether a block or call is declared. An end with an instance of a call on its way is not
    /// looked at: whether that instance exists takes evaluation.
    fn still_declared(&self, end: &MoveEnd) -> bool {
        if end.module.0.iter().any(|(_, key)| key.is_some()) {
            return false;
        }
        let mut path = self.path.clone();
        path.0.extend(end.module.path().0);
        match &end.object {
            None => self.modules.contains_key(&path),
            Some((block, _)) => {
                self.modules.get(&path).is_some_and(|module| module.blocks.contains_key(block))
            }
        }
    }

    fn import(&mut self, import: &Import) {
        if let Some(for_each) = &import.for_each {
            self.expr(for_each, Bound::default());
        }
        let bound = Bound { each: import.for_each.is_some(), ..Bound::default() };
        self.expr(&import.id, bound);
        // The first reference is the address itself, the others are in its brackets.
        let mut found = references(&import.to).into_iter();
        if let Some(target) = found.next() {
            match (&*target.root, target.path.as_slice()) {
                ("module", [call, kind, name, ..]) => self.import_in(call, kind, name, target.span),
                ("module", [call, ..]) => self.module_call(call, target.span),
                (_, [name, ..]) => self.declared(&managed(&target.root, name), target.span),
                _ => {}
            }
        }
        for reference in found {
            self.reference(&reference, bound);
        }
    }

    fn import_in(&mut self, call: &Text, kind: &Text, name: &Text, at: Span) {
        self.module_call(call, at);
        let addr = managed(kind, name);
        let missing = self.child(call).is_some_and(|child| !child.blocks.contains_key(&addr));
        if missing && &**kind != "module" {
            let detail = format!(
                "A managed resource {:?} {:?} has not been declared in module.{call}.",
                addr.kind, addr.name
            );
            self.error("Reference to undeclared resource", detail, at);
        }
    }
}

fn managed(kind: &Text, name: &Text) -> BlockAddr {
    BlockAddr { mode: Mode::Managed, kind: kind.clone(), name: name.clone() }
}
