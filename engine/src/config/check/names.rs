//! Whether what a reference names is there.

use super::Checker;
use super::walk::Bound;
use crate::addr::{BlockAddr, Mode};
use crate::config::Repetition;
use crate::diag::Diagnostic;
use crate::eval::Mention;
use crate::source::Span;
use crate::suggest;

/// What a reference can begin with, besides the type of a resource.
const ROOTS: &[&str] =
    &["count", "data", "each", "local", "module", "path", "self", "terraform", "var"];

impl Checker<'_> {
    /// Checks one reference.
    pub(super) fn reference(&mut self, reference: Mention<'_>, bound: Bound<'_>) {
        let Mention { root, span, .. } = reference;
        if bound.iterators.iter().any(|iterator| **iterator == *root) {
            return self.attribute(reference, &["key", "value"]);
        }
        let path: [Option<&str>; 3] = reference.leading();
        match root {
            "var" | "local" => match path[0] {
                Some(name) => self.named(root, name, span),
                None => self.incomplete(reference, "the name of what it refers to"),
            },
            "module" => self.module_output(reference),
            "each" => self.each(reference, bound),
            "count" => self.count(reference, bound),
            "self" => self.itself(reference, bound),
            "path" => self.attribute(reference, &["module", "root", "cwd"]),
            "terraform" => self.attribute(reference, &["workspace", "applying"]),
            "data" => match path {
                [Some(kind), Some(name), rest] => {
                    self.block_ref(Mode::Data, kind, name, rest, span, bound);
                }
                _ => self.incomplete(reference, "the type and the name of a data source"),
            },
            _ => match path {
                [Some(name), rest, _] => {
                    self.block_ref(Mode::Managed, root, name, rest, span, bound);
                }
                _ => self.stray_name(reference),
            },
        }
    }

    /// Checks `var.name` and `local.name`.
    pub(super) fn named(&mut self, root: &str, name: &str, at: Span) {
        let module = self.module;
        if root == "var" && !module.variables.contains_key(name) {
            let detail = format!("An input variable with the name {name:?} has not been declared.");
            let error = Diagnostic::error("Reference to undeclared input variable", detail).at(at);
            let declare =
                format!("This variable can be declared with a variable {name:?} {{}} block.");
            self.unknown(error.help(declare), name, module.variables.keys());
        }
        if root == "local" && !module.locals.contains_key(name) {
            let detail = format!("A local value with the name {name:?} has not been declared.");
            let error = Diagnostic::error("Reference to undeclared local value", detail).at(at);
            self.unknown(error, name, module.locals.keys());
        }
    }

    /// Checks that a module call is there.
    pub(super) fn module_call(&mut self, name: &str, at: Span) {
        let module = self.module;
        if !module.calls.contains_key(name) {
            let detail = format!("No module call named {name:?} is declared in {}.", self.here());
            let error = Diagnostic::error("Reference to undeclared module", detail).at(at);
            self.unknown(error, name, module.calls.keys());
        }
    }

    fn module_output(&mut self, reference: Mention<'_>) {
        let [Some(name), output] = reference.leading() else {
            return self.incomplete(reference, "the name of a module call");
        };
        let module = self.module;
        let Some(call) = module.calls.get(name) else {
            return self.module_call(name, reference.span);
        };
        let (Some(output), Some(child)) = (output, self.child(&call.name)) else { return };
        if call.repetition.is_repeated() {
            self.missing_key(&format!("module.{name}"), &call.repetition, reference.span);
        } else if !child.outputs.contains_key(output) {
            let detail = format!("The module {name:?} declares no output named {output:?}.");
            let error = Diagnostic::error("Unsupported attribute", detail).at(reference.span);
            self.unknown(error, output, child.outputs.keys());
        }
    }

    fn block_ref(
        &mut self,
        mode: Mode,
        kind: &str,
        name: &str,
        attribute: Option<&str>,
        at: Span,
        bound: Bound<'_>,
    ) {
        let addr = || BlockAddr { mode, kind: kind.into(), name: name.into() };
        let is = |own: &BlockAddr| own.mode == mode && *own.name == *name && *own.kind == *kind;
        if bound.of.is_some_and(is) {
            let addr = addr();
            let detail = format!(
                "{addr} cannot refer to itself: its values are not known before they are given."
            );
            return self.error("Self-referential block", detail, at);
        }
        let Some(block) = self.blocks.find(mode, kind, name) else {
            return self.undeclared(&addr(), at);
        };
        let check = self.module.check_of(&block.addr);
        if let Some(check) = check.filter(|check| bound.check != Some(check)) {
            let detail = format!(
                "The data source {} belongs to check {check:?}, and nothing outside of that \
                 check can use it.",
                block.addr
            );
            return self.error("Reference to scoped resource", detail, at);
        }
        if attribute.is_some() && block.repetition.is_repeated() {
            self.missing_key(&block.addr.to_string(), &block.repetition, at);
        }
    }

    /// Checks that a resource or data source is there.
    pub(super) fn declared(&mut self, addr: &BlockAddr, at: Span) {
        if !self.module.blocks.contains_key(addr) {
            self.undeclared(addr, at);
        }
    }

    fn undeclared(&mut self, addr: &BlockAddr, at: Span) {
        let what = match addr.mode {
            Mode::Managed => "managed resource",
            Mode::Data => "data resource",
        };
        let detail = format!(
            "A {what} {:?} {:?} has not been declared in {}.",
            addr.kind,
            addr.name,
            self.here()
        );
        let mut error = Diagnostic::error("Reference to undeclared resource", detail).at(at);
        if self.suggestions > 0 {
            self.suggestions -= 1;
            let help = self.nearest_block(addr).map(|near| format!("Did you mean {near}?"));
            error.help = help;
        }
        self.diags.error(error);
    }

    /// What may have been meant: a block of the same name or type, or another kind of reference.
    fn nearest_block(&self, addr: &BlockAddr) -> Option<String> {
        let blocks = || self.module.blocks.keys();
        let other_mode = blocks().find(|b| b.kind == addr.kind && b.name == addr.name);
        if let Some(other) = other_mode {
            return Some(other.to_string());
        }
        let same_type = blocks().filter(|b| b.mode == addr.mode && b.kind == addr.kind);
        if let Some(name) = suggest::nearest(&addr.name, same_type.map(|b| &b.name)) {
            return Some(BlockAddr { name: name.into(), ..addr.clone() }.to_string());
        }
        let same_name = blocks().filter(|b| b.mode == addr.mode && b.name == addr.name);
        if let Some(kind) = suggest::nearest(&addr.kind, same_name.map(|b| &b.kind)) {
            return Some(BlockAddr { kind: kind.into(), ..addr.clone() }.to_string());
        }
        let root = suggest::nearest(&addr.kind, ROOTS).filter(|_| addr.mode == Mode::Managed)?;
        Some(format!("{root}.{}", addr.name))
    }

    fn missing_key(&mut self, what: &str, repetition: &Repetition, at: Span) {
        let (argument, key) = match repetition {
            Repetition::ForEach(_) => ("for_each", "each.key"),
            _ => ("count", "count.index"),
        };
        let detail = format!(
            "{what} has \"{argument}\" set, so it has instances, and an attribute can only be \
             taken of one of them: {what}[{key}]."
        );
        self.error("Missing resource instance key", detail, at);
    }

    fn each(&mut self, reference: Mention<'_>, bound: Bound<'_>) {
        if !bound.each {
            let detail = "The object \"each\" exists only in a resource, data or module block \
                          that sets \"for_each\".";
            return self.error(
                "Reference to \"each\" in context without for_each",
                detail,
                reference.span,
            );
        }
        self.attribute(reference, &["key", "value"]);
    }

    fn count(&mut self, reference: Mention<'_>, bound: Bound<'_>) {
        if !bound.count {
            let detail = "The object \"count\" exists only in a resource, data or module block \
                          that sets \"count\".";
            return self.error(
                "Reference to \"count\" in non-counted context",
                detail,
                reference.span,
            );
        }
        self.attribute(reference, &["index"]);
    }

    fn itself(&mut self, reference: Mention<'_>, bound: Bound<'_>) {
        if !bound.itself {
            let detail = "The object \"self\" exists only in a postcondition.";
            self.error("Invalid \"self\" reference", detail, reference.span);
        }
    }

    /// Checks the first attribute of an object whose attributes never change.
    fn attribute(&mut self, reference: Mention<'_>, known: &[&str]) {
        let root = reference.root;
        let Some(name) = reference.path().next() else { return };
        if known.contains(&name) {
            return;
        }
        let detail = format!(
            "The object {root:?} has no attribute {name:?}; there is {}.",
            known.join(", ")
        );
        let mut error = Diagnostic::error("Unsupported attribute", detail).at(reference.span);
        if let Some(help) = suggest::did_you_mean(name, known) {
            error = error.help(help);
        }
        self.diags.error(error);
    }

    fn incomplete(&mut self, reference: Mention<'_>, missing: &str) {
        let detail = format!("{:?} must be followed by {missing}.", reference.root);
        self.error("Invalid reference", detail, reference.span);
    }

    fn stray_name(&mut self, reference: Mention<'_>) {
        let root = reference.root;
        let detail = format!(
            "{root:?} alone refers to nothing: a resource is TYPE.NAME, a variable var.NAME, a \
             local value local.NAME. A text is written in quotes."
        );
        let mut error = Diagnostic::error("Invalid reference", detail).at(reference.span);
        if self.module.variables.contains_key(root) {
            error = error.help(format!("Did you mean \"var.{root}\"?"));
        } else if self.module.locals.contains_key(root) {
            error = error.help(format!("Did you mean \"local.{root}\"?"));
        }
        self.diags.error(error);
    }
}

impl Repetition {
    /// Whether there are instances with keys.
    fn is_repeated(&self) -> bool {
        !matches!(self, Repetition::Single)
    }
}
