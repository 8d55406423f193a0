//! Goes through all expressions of a module, and knows which names are bound at each.

use super::super::{
    Block, Body, Call, Condition, Depends, DependsOn, Module, NestedForm, Output, Repetition,
    Variable,
};
use super::Checker;
use crate::addr::BlockAddr;
use crate::diag::Diagnostics;
use crate::eval::{Expr, WrongCall, each_reference, wrong_calls};
use crate::functions;
use crate::parallel;
use crate::value::Text;

/// So many blocks are looked at at once.
const PART: usize = 512;

/// The names that only some expressions can use.
#[derive(Clone, Copy, Default)]
pub(super) struct Bound<'a> {
    pub each: bool,
    pub count: bool,
    pub itself: bool,
    /// The block whose body this is, which cannot refer to itself.
    pub of: Option<&'a BlockAddr>,
    /// Iterators of `dynamic` blocks.
    pub iterators: &'a [Text],
    /// The `check` block that this is part of, whose own data sources nothing else can use.
    pub check: Option<&'a Text>,
}

const PRECONDITION: &str = "Invalid precondition expression";

impl<'a> Bound<'a> {
    fn by(repetition: &Repetition) -> Self {
        Bound {
            each: matches!(repetition, Repetition::ForEach(_)),
            count: matches!(repetition, Repetition::Count(_)),
            ..Bound::default()
        }
    }
}

impl Depends {
    fn is_on(&self, addr: &BlockAddr) -> bool {
        matches!(&self.on, DependsOn::Block(on) if on == addr)
    }
}

impl Checker<'_> {
    /// Checks the whole module.
    pub(super) fn module(&mut self) {
        let module: &Module = self.module;
        for (name, variable) in &module.variables {
            self.variable(name, variable);
        }
        for local in module.locals.values() {
            self.expr(&local.value, Bound::default());
        }
        for output in module.outputs.values() {
            self.output(output);
        }
        self.blocks();
        for call in module.calls.values() {
            self.call(call);
        }
        for (name, check) in &module.checks {
            let bound = Bound { check: Some(name), ..Bound::default() };
            self.conditions("Invalid assert expression", &check.asserts, bound);
        }
        self.refactoring();
    }

    /// Checks all blocks. Many are looked at side by side first; only where one has a mistake they
    /// are gone through in order, to report it.
    fn blocks(&mut self) {
        let blocks: Vec<&Block> = self.module.blocks.values().map(|block| &**block).collect();
        let parts: Vec<&[&Block]> = blocks.chunks(PART).collect();
        let Checker { modules, path, module, blocks: index, .. } = *self;
        let is_sound = |part: &&[&Block]| {
            let diags = &mut Diagnostics::default();
            let mut checker =
                Checker { modules, path, module, blocks: index, diags, suggestions: 0 };
            part.iter().for_each(|block| checker.block(block));
            diags.is_empty()
        };
        let several = parts.len() > 1;
        if !(several && parallel::map(&parts, is_sound).into_iter().all(|sound| sound)) {
            blocks.into_iter().for_each(|block| self.block(block));
        }
    }

    fn variable(&mut self, name: &Text, variable: &Variable) {
        for validation in &variable.validations {
            let mut refers = false;
            each_reference(&validation.condition, &mut |found| {
                refers |= found.root == "var" && found.path().next() == Some(name);
            });
            if !refers {
                let detail = format!(
                    "The condition must refer to var.{name}, the variable that it validates."
                );
                self.error(
                    "Invalid variable validation condition",
                    detail,
                    validation.condition.span(),
                );
            }
            self.expr(&validation.condition, Bound::default());
            self.expr(&validation.message, Bound::default());
        }
    }

    fn output(&mut self, output: &Output) {
        self.expr(&output.value, Bound::default());
        self.depends_on(&output.depends_on);
        self.conditions(PRECONDITION, &output.preconditions, Bound::default());
    }

    fn block(&mut self, block: &Block) {
        let module = self.module;
        let check = module.check_of(&block.addr);
        let bound = Bound { of: Some(&block.addr), check, ..Bound::by(&block.repetition) };
        let outside = Bound { of: bound.of, check, ..Bound::default() };
        self.repetition(&block.repetition, outside);
        self.depends_on(&block.depends_on);
        for own in block.depends_on.iter().filter(|depends| depends.is_on(&block.addr)) {
            self.error("Self-referential block", "A block cannot depend on itself.", own.span);
        }
        self.body(&block.body, bound);
        let lifecycle = &block.lifecycle;
        for trigger in &lifecycle.replace_triggered_by {
            self.expr(trigger, bound);
        }
        self.conditions(PRECONDITION, &lifecycle.preconditions, bound);
        let bound = Bound { itself: true, ..bound };
        self.conditions("Invalid postcondition expression", &lifecycle.postconditions, bound);
    }

    fn call(&mut self, call: &Call) {
        self.repetition(&call.repetition, Bound::default());
        self.depends_on(&call.depends_on);
        let bound = Bound::by(&call.repetition);
        for (_, value) in call.arguments.values() {
            self.expr(value, bound);
        }
        self.arguments(call);
    }

    fn repetition(&mut self, repetition: &Repetition, bound: Bound<'_>) {
        match repetition {
            Repetition::Single => {}
            Repetition::Count(expr) | Repetition::ForEach(expr) => self.expr(expr, bound),
        }
    }

    fn depends_on(&mut self, depends: &[Depends]) {
        for Depends { on, span } in depends {
            match on {
                DependsOn::Block(addr) => self.declared(addr, *span),
                DependsOn::Module(name) => self.module_call(name, *span),
                DependsOn::Named(root, name) => self.named(root, name, *span),
            }
        }
    }

    fn conditions(&mut self, title: &'static str, conditions: &[Condition], bound: Bound<'_>) {
        for condition in conditions {
            let mut constant = true;
            each_reference(&condition.condition, &mut |_| constant = false);
            if constant {
                let detail = "The condition refers to nothing, so it is always true or always \
                              false.";
                self.error(title, detail, condition.condition.span());
            }
            self.expr(&condition.condition, bound);
            self.expr(&condition.message, bound);
        }
    }

    fn body(&mut self, body: &Body, bound: Bound<'_>) {
        for (_, expr) in body.attrs.values() {
            self.expr(expr, bound);
        }
        for nested in &body.blocks {
            match &nested.form {
                NestedForm::Static => self.body(&nested.body, bound),
                NestedForm::Dynamic { for_each, iterator } => {
                    self.expr(for_each, bound);
                    let mut iterators = bound.iterators.to_vec();
                    iterators.push(iterator.clone());
                    self.body(&nested.body, Bound { iterators: &iterators, ..bound });
                }
            }
        }
    }

    /// Checks all references and calls of an expression.
    pub(super) fn expr(&mut self, expr: &Expr, bound: Bound<'_>) {
        if each_reference(expr, &mut |mention| self.reference(mention, bound)) {
            self.calls(expr);
        }
    }

    /// Checks the functions that an expression calls.
    fn calls(&mut self, expr: &Expr) {
        for WrongCall { problem, unknown } in wrong_calls(expr) {
            match unknown {
                Some(name) => self.unknown(problem, &name, functions::names()),
                None => drop(self.diags.error(problem)),
            }
        }
    }
}
