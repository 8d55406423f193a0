//! Function calls.

use hcl::edit::expr::{Expression, FuncCall};

use super::Expr;
use super::calls::{self, full_name};
use super::evaluator::{Evaluator, Outcome};
use super::second::CHAIN;
use crate::diag::{Diagnostic, Diagnostics, Reported};
use crate::functions::{self, Function, FunctionError};
use crate::suggest::did_you_mean;
use crate::value::{Type, Value};

const FAILED: &str = "Error in function call";

impl Evaluator<'_> {
    pub(super) fn call(&mut self, node: &Expression, call: &FuncCall) -> Outcome {
        let name = full_name(call);
        if !self.scope.may_call() && name != CHAIN {
            let detail = "Functions may not be called here: the value must be written out.";
            return self.fail(node, "Function calls not allowed", detail.to_owned());
        }
        match name.strip_prefix("core::").unwrap_or(&name) {
            "try" => return self.try_each(node, call),
            "can" => return self.can(node, call),
            CHAIN => return self.chain(node, call),
            "convert" => return self.convert(node, call),
            "templatefile" | "templatestring" if self.in_template => {
                let detail = format!(
                    "Call to function {name:?} failed: cannot recursively call {name} from inside \
                     another template function."
                );
                return self.fail(node, FAILED, detail);
            }
            _ => {}
        }
        let Some(function) = functions::lookup(&name) else {
            return self.unknown_function(call, &name);
        };
        if !call.args.expand_final() {
            if function.name == "templatestring" {
                self.dynamic_template(call)?;
            }
            self.counted(node, &name, function, call.args.len())?;
        }
        let args = self.all(call.args.iter())?;
        let Some(args) = self.expanded(call, args)? else {
            return Ok(Value::unknown(Type::Any));
        };
        self.counted(node, &name, function, args.len())?;
        function.call(&args, self.scope.ambient()).map_err(|errors| {
            let mut report = |error| self.function_error(node, call, function, &args, error);
            let reported = errors.into_iter().map(&mut report).reduce(|first, _| first);
            reported.unwrap_or_else(|| report(FunctionError::new("it has no value")))
        })
    }

    /// The template of `templatestring` is one that comes from elsewhere: one that is written in
    /// place would be a template already.
    fn dynamic_template(&mut self, call: &FuncCall) -> Result<(), Reported> {
        const SUMMARY: &str = "Invalid function argument";
        let Some(node) = call.args.iter().next().filter(|_| call.args.len() == 2) else {
            return Ok(());
        };
        let why = match node {
            Expression::Variable(_) => return Ok(()),
            Expression::Traversal(path) if matches!(path.expr, Expression::Variable(_)) => {
                return Ok(());
            }
            Expression::String(_) | Expression::HeredocTemplate(_) => {
                "templatestring is only for rendering templates retrieved dynamically from \
                 elsewhere, and so does not support providing a literal template; consider using \
                 a template string expression instead"
            }
            Expression::StringTemplate(template) if template.as_single_element().is_some() => {
                "templatestring is only for rendering templates retrieved dynamically from \
                 elsewhere; to treat the inner expression as template syntax, write the reference \
                 expression directly without any template interpolation syntax"
            }
            Expression::StringTemplate(_) => {
                "templatestring is only for rendering templates retrieved dynamically from \
                 elsewhere; to render an inline template, consider using a plain template string \
                 expression"
            }
            _ => {
                "must be a direct reference to a single string from elsewhere, containing valid \
                 Terraform template syntax"
            }
        };
        let detail = format!(
            "Invalid value for \"template\" parameter: invalid template expression: {why}."
        );
        self.fail(node, SUMMARY, detail)
    }

    fn counted(
        &mut self,
        node: &Expression,
        name: &str,
        function: &Function,
        given: usize,
    ) -> Result<(), Reported> {
        match function.miscounted(name, given) {
            Some(problem) => {
                let found = Diagnostic::error(problem.summary, problem.detail).calling(name);
                Err(self.report(found.at(self.span(node)), node))
            }
            None => Ok(()),
        }
    }

    fn unknown_function(&mut self, call: &FuncCall, name: &str) -> Outcome {
        let mut problem = calls::unknown(call, self.source);
        if !self.quiet {
            problem.help = did_you_mean(name, functions::names());
        }
        Err(self.diagnostics.error(problem))
    }

    /// Puts the elements of a last argument with `...` in its place.
    fn expanded(
        &mut self,
        call: &FuncCall,
        mut args: Vec<Value>,
    ) -> Result<Option<Vec<Value>>, Reported> {
        const SUMMARY: &str = "Invalid expanding argument value";
        let last = call.args.iter().last().filter(|_| call.args.expand_final());
        let (Some(node), Some(value)) = (last, last.and_then(|_| args.pop())) else {
            return Ok(Some(args));
        };
        let (bare, marks) = value.unmark();
        match bare {
            Value::Null(Type::Any | Type::List(_) | Type::Set(_) | Type::Tuple(_)) => {
                let detail = "The expanding argument (indicated by ...) must not be null.";
                self.fail(node, SUMMARY, detail)
            }
            Value::Unknown(unknown) if !unknown.ty.is_primitive() => Ok(None),
            Value::List(_) | Value::Set(_) | Value::Tuple(_) => {
                let items = bare.elements().unwrap_or_default();
                args.extend(items.iter().map(|item| item.clone().mark(marks)));
                Ok(Some(args))
            }
            _ => {
                let detail = "The expanding argument (indicated by ...) must be of a tuple, list, \
                              or set type.";
                self.fail(node, SUMMARY, detail)
            }
        }
    }

    fn function_error(
        &mut self,
        node: &Expression,
        call: &FuncCall,
        function: &Function,
        args: &[Value],
        error: FunctionError,
    ) -> Reported {
        let message = match error.quotes && args.iter().any(Value::has_sensitive) {
            true => "the reason would show a sensitive value".to_owned(),
            false => error.message,
        };
        let blamed =
            error.arg.and_then(|index| Some((argument(call, index)?, function.param_name(index)?)));
        let (at, problem) = match blamed {
            Some((argument, param)) => {
                let detail = format!("Invalid value for {param:?} parameter: {message}.");
                (argument, Diagnostic::error("Invalid function argument", detail))
            }
            None => {
                let name = full_name(call);
                let detail = format!("Call to function {name:?} failed: {message}.");
                (node, Diagnostic::error(FAILED, detail))
            }
        };
        let problem = problem.at(self.span(at)).within(self.span(node));
        self.report(problem.calling(full_name(call)), node)
    }

    /// The value of the first argument that has one.
    fn try_each(&mut self, node: &Expression, call: &FuncCall) -> Outcome {
        if call.args.is_empty() {
            let detail = "Call to function \"try\" failed: at least one argument is required.";
            return self.fail(node, FAILED, detail);
        }
        if call.args.expand_final() {
            return self.try_expanded(node, call);
        }
        let mut reasons = String::new();
        for argument in call.args.iter() {
            match self.tentative(argument) {
                None => return Ok(Value::unknown(Type::Any)),
                Some(Ok(value)) => return Ok(value),
                Some(Err(reported)) => reasons.push_str(&reason(&reported)),
            }
        }
        let detail = format!(
            "Call to function \"try\" failed: no expression succeeded:\n{reasons}\nAt least one \
             expression must produce a successful result."
        );
        self.fail(node, FAILED, detail)
    }

    /// What is expanded is evaluated for that first; then the arguments before it are tried.
    fn try_expanded(&mut self, node: &Expression, call: &FuncCall) -> Outcome {
        let Some(last) = call.args.iter().last() else { return Ok(Value::NULL) };
        let value = self.value(last)?;
        let Some(values) = self.expanded(call, vec![value])? else {
            return Ok(Value::unknown(Type::Any));
        };
        for argument in call.args.iter().take(call.args.len() - 1) {
            match self.tentative(argument) {
                None => return Ok(Value::unknown(Type::Any)),
                Some(Ok(value)) => return Ok(value),
                Some(Err(_)) => {}
            }
        }
        values.into_iter().next().map_or_else(
            || {
                let detail = "Call to function \"try\" failed: at least one argument is required.";
                self.fail(node, FAILED, detail)
            },
            Ok,
        )
    }

    /// The first argument as one of the type that the second is.
    fn convert(&mut self, node: &Expression, call: &FuncCall) -> Outcome {
        let arguments: Vec<&Expression> = call.args.iter().collect();
        let &[given, ty] = &arguments[..] else {
            let (summary, detail) = match arguments.len() {
                0 | 1 => (
                    "Not enough function arguments",
                    "Function \"convert\" expects 2 argument(s), a value and a type.",
                ),
                _ => (
                    "Too many function arguments",
                    "Function \"convert\" expects only 2 argument(s).",
                ),
            };
            return self.fail(node, summary, detail);
        };
        let ty = match Type::from_expr(&Expr::new(self.source, ty.clone())) {
            Ok(ty) => ty,
            Err(problem) => return Err(self.report(*problem, node)),
        };
        let value = self.value(given)?;
        match value.convert(&ty) {
            Ok(converted) => Ok(converted),
            Err(error) => {
                let why = match error.path.is_empty() {
                    true => error.mismatch(&value, &ty),
                    false => error.to_string(),
                };
                let detail = format!("Invalid value for \"value\" parameter: {why}.");
                self.fail(given, "Invalid function argument", detail)
            }
        }
    }

    /// Whether the argument has a value.
    fn can(&mut self, node: &Expression, call: &FuncCall) -> Outcome {
        let mut arguments = call.args.iter();
        let Some(argument) = arguments.next() else {
            let detail =
                "Function \"can\" expects 1 argument(s). Missing value for \"expression\".";
            return self.fail(node, "Not enough function arguments", detail);
        };
        if arguments.next().is_some() {
            let detail = "Function \"can\" expects only 1 argument(s).";
            return self.fail(node, "Too many function arguments", detail);
        }
        Ok(match self.tentative(argument) {
            None => Value::unknown_not_null(Type::Bool),
            Some(outcome) => Value::Bool(outcome.is_ok()),
        })
    }

    /// Evaluates what may fail; none where it hangs on what is not known yet.
    fn tentative(&mut self, node: &Expression) -> Option<Result<Value, Diagnostics>> {
        let before = self.met_unknown.replace(false);
        let outcome = self.attempt(|quiet| quiet.value(node));
        let open = self.met_unknown == Some(true);
        self.met_unknown = before.map(|before| before || open);
        // What fails while values are unknown fails whatever they turn out to be.
        (!open || outcome.is_err()).then_some(outcome)
    }
}

/// The node of an argument; arguments that were expanded share the last one.
fn argument(call: &FuncCall, index: usize) -> Option<&Expression> {
    let last = call.args.len().checked_sub(1)?;
    call.args.get(if call.args.expand_final() { index.min(last) } else { index })
}

fn reason(reported: &Diagnostics) -> String {
    let line = |problem: &Diagnostic| format!("- {}: {}\n", problem.summary, problem.detail);
    reported.iter().take(1).map(line).collect()
}
