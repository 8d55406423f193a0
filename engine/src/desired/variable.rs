//! Variables: what the caller of a module, or the user, gives, held against what is declared.

use std::sync::Arc;

use super::output::is_ephemeral;
use super::{Dep, Walk};
use crate::addr::ModulePath;
use crate::config::{Call, Variable};
use crate::diag::{Diagnostic, Diagnostics, Reported};
use crate::eval::evaluate;
use crate::source::Span;
use crate::value::{Marks, Text, Value};

const REFUSED: &str = "Invalid value for variable";

/// A value with the place that gives it.
type Given = Option<(Value, Span)>;

impl Walk<'_> {
    /// Evaluates a variable of a module instance, and holds its validations.
    pub(super) fn variable(
        &self,
        path: &ModulePath,
        name: &Text,
        module: usize,
        diagnostics: &mut Diagnostics,
    ) -> (Result<Value, Reported>, Vec<Dep>) {
        let Some(variable) =
            self.inputs.config.modules.get(path).and_then(|m| m.variables.get(name))
        else {
            return (Ok(Value::NULL), Vec::new());
        };
        let (given, mut deps) = self.given(path, name, module, diagnostics);
        let value = given.and_then(|given| suitable(variable, name, given, diagnostics));
        let Ok(value) = value else { return (value, deps) };
        let mut at = self.scope(path, module);
        at.own_variable = Some((name.clone(), value.clone()));
        let mut own = Diagnostics::default();
        let checked = self.conditions(REFUSED, &variable.validations, &at, &mut own);
        let argument = self.call(path).and_then(|call| call.arguments.get(name));
        own.iter().cloned().for_each(|refused| match argument {
            Some((_, expr)) => diagnostics.push(self.blamed(refused, expr.span())),
            None => diagnostics.push(refused),
        });
        deps.extend(at.into_deps());
        (checked.map(|()| value), deps)
    }

    /// What a module's caller, or the user, gives a variable.
    fn given(
        &self,
        path: &ModulePath,
        name: &Text,
        module: usize,
        diagnostics: &mut Diagnostics,
    ) -> (Result<Given, Reported>, Vec<Dep>) {
        let Some((_, parent)) = path.0.split_last() else {
            let span = self.inputs.config.modules.get(path).and_then(|m| m.variables.get(name));
            let given = self.inputs.variables.get(name).cloned().zip(span.map(|v| v.span));
            return (Ok(given), Vec::new());
        };
        let Some((_, expr)) = self.call(path).and_then(|call| call.arguments.get(name)) else {
            return (Ok(None), Vec::new());
        };
        let instance = &self.tables.instances_of(path)[module];
        let mut at = self.scope(&ModulePath(parent.to_vec()), instance.parent);
        at.each = instance.each.clone();
        let value = evaluate(expr, &at, diagnostics);
        let span = expr.span();
        (value.map(|value| Some((value, span))), at.into_deps())
    }

    /// The call that a module is in the configuration by; none for the root module.
    fn call(&self, path: &ModulePath) -> Option<&Arc<Call>> {
        let (name, parent) = path.0.split_last()?;
        self.inputs.config.modules.get(&ModulePath(parent.to_vec()))?.calls.get(name)
    }

    /// The mistake is the caller's, who may not even know the rule.
    fn blamed(&self, refused: Diagnostic, argument: Span) -> Diagnostic {
        let Some(rule) = refused.span.filter(|_| refused.summary == REFUSED) else {
            return refused;
        };
        let rule = self.inputs.config.sources.place(rule);
        let help = format!("The value is checked by the validation rule at {rule}.");
        Diagnostic { span: Some(argument), context: None, ..refused }.help(help)
    }
}

/// The value that a variable has, given one or none.
fn suitable(
    variable: &Variable,
    name: &Text,
    given: Given,
    diagnostics: &mut Diagnostics,
) -> Result<Value, Reported> {
    let (value, span) = match given {
        Some((value, span)) if !value.is_null() || variable.nullable => (value, span),
        _ => (variable.default.clone().unwrap_or(Value::NULL), variable.span),
    };
    let invalid = "Invalid value for input variable";
    let (summary, problem) = match value.convert(&variable.ty) {
        Ok(value) if value.is_null() && !variable.nullable => {
            ("Required variable not set", "it is required and must not be null".to_owned())
        }
        Ok(value) if is_ephemeral(&value) && !variable.ephemeral => {
            let problem = "it is ephemeral, and only a variable with \"ephemeral = true\" takes such \
                           a value";
            ("Ephemeral value not allowed", problem.to_owned())
        }
        Ok(value) => {
            let marks = Marks { sensitive: variable.sensitive, ephemeral: variable.ephemeral };
            return Ok(value.mark(marks));
        }
        Err(error) => (invalid, error.to_string()),
    };
    let detail = format!("The value for variable {name:?} is not suitable: {problem}.");
    Err(diagnostics.error(Diagnostic::error(summary, detail).at(span)))
}
