//! What can be found wrong without evaluating anything: names that nothing has.

mod index;
mod names;
mod refactor;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use self::index::Index;
use self::walk::Bound;
use super::{Call, Module};
use crate::addr::ModulePath;
use crate::diag::{Diagnostic, Diagnostics};
use crate::eval::Expr;
use crate::source::Span;
use crate::suggest;
use crate::value::Text;

/// After so many suggestions there are no more: each goes through all names of a module, and a
/// file full of mistakes must not take minutes.
const MOST_SUGGESTIONS: usize = 20;

/// The modules of a configuration by the calls that lead to them.
pub(super) type Modules = BTreeMap<ModulePath, Arc<Module>>;

/// Checks every module once, however many calls share it.
pub(super) fn check(modules: &Modules, diags: &mut Diagnostics) {
    let mut seen = BTreeSet::new();
    let mut suggestions = MOST_SUGGESTIONS;
    for (path, module) in modules {
        if seen.insert(Arc::as_ptr(module)) {
            let blocks = &Index::of(module);
            let mut checker = Checker { modules, path, module, blocks, diags, suggestions };
            checker.module();
            suggestions = checker.suggestions;
        }
    }
}

/// Checks an expression that stands alone in the root module.
pub(crate) fn check_expression(modules: &Modules, expr: &Expr, diags: &mut Diagnostics) {
    let path = ModulePath::default();
    let Some(module) = modules.get(&path) else { return };
    let suggestions = MOST_SUGGESTIONS;
    let blocks = &Index::of(module);
    let mut checker = Checker { modules, path: &path, module, blocks, diags, suggestions };
    checker.expr(expr, Bound::default());
}

/// Checks one module.
struct Checker<'a> {
    modules: &'a Modules,
    path: &'a ModulePath,
    module: &'a Module,
    blocks: &'a Index<'a>,
    diags: &'a mut Diagnostics,
    /// How many more may be made.
    suggestions: usize,
}

impl<'a> Checker<'a> {
    /// The module that a call leads to; none where that was a mistake already reported.
    fn child(&self, call: &Text) -> Option<&'a Module> {
        self.modules.get(&self.path.child(call.clone())).map(|module| &**module)
    }

    /// How messages name this module.
    fn here(&self) -> String {
        match self.path.0.is_empty() {
            true => "the root module".to_owned(),
            false => self.path.to_string(),
        }
    }

    fn error(&mut self, summary: &'static str, detail: impl Into<String>, at: Span) {
        self.diags.error(Diagnostic::error(summary, detail).at(at));
    }

    /// Records an error about a name, with the nearest of the names there are.
    fn unknown<'n, N: AsRef<str> + ?Sized + 'n>(
        &mut self,
        error: Diagnostic,
        name: &str,
        known: impl IntoIterator<Item = &'n N>,
    ) {
        let mut error = error;
        if self.suggestions > 0 {
            self.suggestions -= 1;
            if let Some(help) = suggest::did_you_mean(name, known) {
                error = error.help(help);
            }
        }
        self.diags.error(error);
    }

    /// Checks the arguments of a call against the variables of what it calls.
    fn arguments(&mut self, call: &Call) {
        let Some(child) = self.child(&call.name) else { return };
        for (name, (at, _)) in &call.arguments {
            if !child.variables.contains_key(name) {
                let detail = format!(
                    "An argument named {name:?} is not expected here: {} declares no variable of \
                     that name.",
                    call.source
                );
                let error = Diagnostic::error("Unsupported argument", detail).at(*at);
                self.unknown(error, name, child.variables.keys());
            }
        }
        for (name, variable) in &child.variables {
            if variable.default.is_none() && !call.arguments.contains_key(name) {
                let mut detail = format!("The module requires the argument {name:?}.");
                if let Some(description) = &variable.description {
                    detail.push_str(&format!(" Its description: {}", description.trim()));
                }
                self.error("Missing required argument", detail, call.span);
            }
        }
    }
}
