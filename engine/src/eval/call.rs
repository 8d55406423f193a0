//! Function calls.

use hcl::edit::Span as _;
use hcl::edit::expr::{Expression, FuncCall};

use super::evaluator::{Evaluator, Outcome};
use crate::diag::{Diagnostic, Diagnostics, Reported};
use crate::functions::{self, FunctionError};
use crate::source::Span;
use crate::suggest::did_you_mean;
use crate::value::{Type, Value};

const FAILED: &str = "Error in function call";

impl Evaluator<'_> {
    pub(super) fn call(&mut self, node: &Expression, call: &FuncCall) -> Outcome {
        let name = full_name(call);
        match name.strip_prefix("core::").unwrap_or(&name) {
            "try" => return self.try_each(node, call),
            "can" => return self.can(node, call),
            "templatefile" | "templatestring" if self.in_template => {
                let detail = format!(
                    "Call to function {name:?} failed: a template cannot render another template."
                );
                return self.fail(node, FAILED, detail);
            }
            bare if functions::lookup(bare).is_none() => return self.unknown_function(call, &name),
            _ => {}
        }
        let args = self.all(call.args.iter())?;
        let Some(args) = self.expanded(call, args)? else {
            return Ok(Value::unknown(Type::Any));
        };
        let result = functions::call(&name, &args, self.scope.ambient());
        result.map_err(|error| self.function_error(node, call, &args, error))
    }

    fn unknown_function(&mut self, call: &FuncCall, name: &str) -> Outcome {
        let range = call.name.name.span().unwrap_or_default();
        let start = call.name.namespace.first().and_then(|first| first.span());
        let start = start.map_or(range.start, |first| first.start);
        let detail = format!("There is no function named {name:?}.");
        let mut problem = Diagnostic::error("Call to unknown function", detail)
            .at(Span::new(self.source, start..range.end));
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
            Value::Null(_) => {
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
        args: &[Value],
        error: FunctionError,
    ) -> Reported {
        let name = full_name(call);
        // Functions quote their arguments.
        let secret = args.iter().any(Value::has_sensitive);
        let message = if secret {
            "the reason would show a sensitive value".to_owned()
        } else {
            error.message
        };
        let argument = error.arg.and_then(|index| argument(call, index));
        let (at, problem) = match (error.arg, argument) {
            (Some(index), Some(argument)) => {
                let place = index + 1;
                let detail =
                    format!("Invalid value for argument {place} of function {name:?}: {message}.");
                (argument, Diagnostic::error("Invalid function argument", detail))
            }
            _ => {
                let detail = format!("Call to function {name:?} failed: {message}.");
                (node, Diagnostic::error(FAILED, detail))
            }
        };
        let problem = problem.at(self.span(at)).within(self.span(node));
        self.report(problem, node)
    }

    /// The value of the first argument that has one.
    fn try_each(&mut self, node: &Expression, call: &FuncCall) -> Outcome {
        if call.args.is_empty() {
            let detail = "Call to function \"try\" failed: at least one argument is required.";
            return self.fail(node, FAILED, detail);
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

    /// Whether the argument has a value.
    fn can(&mut self, node: &Expression, call: &FuncCall) -> Outcome {
        let mut arguments = call.args.iter();
        let (Some(argument), None) = (arguments.next(), arguments.next()) else {
            let detail = "Call to function \"can\" failed: it takes one argument.";
            return self.fail(node, FAILED, detail);
        };
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
        (!open).then_some(outcome)
    }
}

fn full_name(call: &FuncCall) -> String {
    let namespace = call.name.namespace.iter().map(|part| format!("{}::", part.as_str()));
    namespace.chain([call.name.name.as_str().to_owned()]).collect()
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
