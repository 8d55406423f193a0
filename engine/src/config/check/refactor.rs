//! `moved`, `removed` and `import` blocks that contradict what is declared.

use std::collections::BTreeMap;

use super::super::{Import, MoveEnd, Moved, Removed};
use super::Checker;
use super::walk::Bound;
use crate::addr::ConfigAddr;
use crate::diag::Diagnostic;
use crate::eval::{Expr, Reference, references};

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
                "This statement declares a move from {}, but that is still declared. Rename its \
                 block, so that it is declared as {}.",
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
            let summary = match removed.from.object {
                Some(_) => "Removed resource still exists",
                None => "Removed module still exists",
            };
            self.error(summary, detail, removed.span);
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
        if !self.path.0.is_empty() {
            let detail = format!(
                "An import block was detected in {:?}. Import blocks are only allowed in the root \
                 module.",
                self.path.to_string()
            );
            return self.error("Invalid import configuration", detail, import.span);
        }
        if let Some(for_each) = &import.for_each {
            self.expr(for_each, Bound::default());
        }
        let bound = Bound { each: import.for_each.is_some(), ..Bound::default() };
        self.expr(&import.id, bound);
        import.keys().iter().for_each(|key| self.expr(key, bound));
        let target = import.target();
        match &target {
            Some(target) => self.import_target(target, import),
            None => {
                let detail = "An object is imported as a resource: its address is expected here, \
                              such as pki_ca.etcd or host_file.hosts[each.key].";
                self.error("Invalid address", detail, import.to.span());
            }
        }
    }

    fn import_target(&mut self, target: &ConfigAddr, import: &Import) {
        let ConfigAddr { module, block } = target;
        let Some(found) = self.modules.get(module) else {
            let call = module.0.first().cloned().unwrap_or_default();
            return self.module_call(&call, import.to.span());
        };
        if !found.blocks.contains_key(block) {
            let detail = format!(
                "The configuration for the given import target {target} does not exist. All target \
                 instances must have an associated configuration to be imported."
            );
            let here = if module.0.is_empty() { "the root module" } else { "its module" };
            let help = format!(
                "Write a block for it in {here} first: resource {:?} {:?} {{ ... }}",
                block.kind, block.name
            );
            let summary = "Configuration for import target does not exist";
            self.diags.error(Diagnostic::error(summary, detail).at(import.to.span()).help(help));
        }
        let own = |expr: &Expr| {
            let is_own = |reference: &Reference| {
                reference.root == block.kind && reference.path.first() == Some(&block.name)
            };
            module.0.is_empty() && references(expr).iter().any(is_own)
        };
        if let Some(expr) = import.for_each.iter().chain([&import.id]).find(|expr| own(expr)) {
            let detail = "The import ID cannot reference the resource being imported.";
            self.error("Invalid import id argument", detail, expr.span());
        }
    }
}
