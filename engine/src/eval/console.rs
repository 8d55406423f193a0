//! What the console does beyond evaluating: the function `type`, and answers as text.

use hcl::edit::expr::{Expression, FuncCall};
use hcl::edit::visit::{Visit, visit_func_call};

use super::{Expr, Scope, evaluate};
use crate::diag::{Diagnostic, Diagnostics, Reported};
use crate::value::Type;

/// Evaluates an expression of the console and writes its value in the notation of the language,
/// or, for `type(...)`, the type of the value.
pub fn answer(
    expr: &Expr,
    scope: &dyn Scope,
    diagnostics: &mut Diagnostics,
) -> Result<String, Reported> {
    let Some(argument) = type_argument(expr) else {
        refuse_inner_type(&expr.node, diagnostics)?;
        return evaluate(expr, scope, diagnostics).map(|value| value.to_console());
    };
    refuse_inner_type(&argument.node, diagnostics)?;
    let value = evaluate(&argument, scope, diagnostics)?;
    // The type of a type is a type.
    let nested = type_call(&expr.node).and_then(type_call).is_some();
    Ok(if nested { "type".to_owned() } else { in_full(&value.type_of(), 0) })
}

/// The argument, where an expression is a call of `type`; of calls in each other that of the innermost.
pub fn type_argument(expr: &Expr) -> Option<Expr> {
    let calls = std::iter::successors(type_call(&expr.node), |node| type_call(node));
    Some(Expr::new(expr.source, calls.last()?.clone()))
}

fn type_call(node: &Expression) -> Option<&Expression> {
    match node {
        Expression::Parenthesis(inner) => type_call(inner.inner()),
        Expression::FuncCall(call) if is_type(call) && call.args.len() == 1 => {
            call.args.iter().next()
        }
        _ => None,
    }
}

fn is_type(call: &FuncCall) -> bool {
    call.name.namespace.is_empty() && call.name.name.as_str() == "type"
}

fn refuse_inner_type(node: &Expression, diagnostics: &mut Diagnostics) -> Result<(), Reported> {
    let mut search = InnerType(None);
    search.visit_expr(node);
    let Some(given) = search.0 else { return Ok(()) };
    Err(diagnostics.error(match given {
        0 => Diagnostic::error(
            "Not enough function arguments",
            "Function \"type\" expects 1 argument(s). Missing value for \"value\".",
        ),
        1 => Diagnostic::error(
            "Invalid use of type function",
            "The console-only \"type\" function cannot be used as part of an expression.",
        ),
        _ => Diagnostic::error(
            "Too many function arguments",
            "Function \"type\" expects only 1 argument(s).",
        ),
    }))
}

/// How many arguments the first call of `type` has.
struct InnerType(Option<usize>);

impl Visit for InnerType {
    fn visit_func_call(&mut self, node: &FuncCall) {
        if is_type(node) {
            self.0.get_or_insert(node.args.len());
        }
        visit_func_call(self, node);
    }
}

/// A type over several lines, as Terraform's console shows it.
fn in_full(ty: &Type, indent: usize) -> String {
    let pad = "    ".repeat(indent);
    let lines = |open: &str, lines: Vec<String>, close: &str| {
        let lines: String = lines.iter().map(|line| format!("{pad}    {line},\n")).collect();
        if lines.is_empty() {
            format!("{open}{close}")
        } else {
            format!("{open}\n{lines}{pad}{close}")
        }
    };
    let of = |kind: &str, elem: &Type| match elem {
        Type::Object(_) | Type::Tuple(_) => {
            lines(&format!("{kind}("), vec![in_full(elem, indent + 1)], ")")
        }
        _ => format!("{kind}({})", in_full(elem, indent)),
    };
    match ty {
        Type::Any => "dynamic".to_owned(),
        Type::Bool | Type::Number | Type::String => ty.friendly_name(),
        Type::List(elem) => of("list", elem),
        Type::Set(elem) => of("set", elem),
        Type::Map(elem) => of("map", elem),
        Type::Tuple(items) => {
            lines("tuple([", items.iter().map(|item| in_full(item, indent + 1)).collect(), "])")
        }
        Type::Object(attrs) => {
            let attr = |(name, attr): (&crate::value::Text, &crate::value::ObjectAttr)| {
                format!("{name}: {}", in_full(&attr.ty, indent + 1))
            };
            lines("object({", attrs.iter().map(attr).collect(), "})")
        }
    }
}
