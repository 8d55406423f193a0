//! Type constraints as they are written: `list(string)`, `object({ a = optional(bool, true) })`.

use std::collections::BTreeMap;
use std::sync::Arc;

use hcl::edit::Span as _;
use hcl::edit::expr::{Expression, FuncCall, ObjectKey};

use super::{Expr, Literals, evaluate};
use crate::diag::{Diagnostic, Diagnostics};
use crate::source::{Origin, Span};
use crate::value::{ObjectAttr, Text, Type, Value};

const SUMMARY: &str = "Invalid type specification";

type Read<T> = Result<T, Box<Diagnostic>>;

impl Type {
    /// Reads a type constraint.
    pub fn from_expr(expr: &Expr) -> Result<Type, Box<Diagnostic>> {
        Reader { source: expr.source }.any_type(&expr.node)
    }
}

struct Reader {
    source: Origin,
}

impl Reader {
    fn span(&self, node: &Expression) -> Span {
        Span::new(self.source, node.span().unwrap_or_default())
    }

    fn refuse<T>(&self, node: &Expression, detail: impl Into<String>) -> Read<T> {
        Err(Box::new(Diagnostic::error(SUMMARY, detail).at(self.span(node))))
    }

    fn any_type(&self, node: &Expression) -> Read<Type> {
        match node {
            Expression::Variable(name) => self.keyword(node, name.as_str()),
            Expression::FuncCall(call) => self.constructor(node, call),
            Expression::Parenthesis(inner) => self.any_type(inner.inner()),
            Expression::String(text) if keyword(text).is_some() => {
                self.refuse(node, format!("Write the type without quotes: {}.", text.as_str()))
            }
            _ => self.refuse(
                node,
                "A type specification is either a keyword (bool, number, string, any) or a type \
                 constructor such as list(string).",
            ),
        }
    }

    fn keyword(&self, node: &Expression, name: &str) -> Read<Type> {
        if let Some(ty) = keyword(name) {
            return Ok(ty);
        }
        match name {
            "list" | "set" | "map" => self.refuse(
                node,
                format!("The {name} type constructor requires one argument specifying the element type, as in {name}(string)."),
            ),
            "object" => self.refuse(
                node,
                "The object type constructor requires one argument specifying the attribute types and values as a map, as in object({ name = string }).",
            ),
            "tuple" => self.refuse(
                node,
                "The tuple type constructor requires one argument specifying the element types as a list, as in tuple([string, number]).",
            ),
            _ => self.refuse(
                node,
                format!("The keyword \"{name}\" is not a valid type specification."),
            ),
        }
    }

    fn constructor(&self, node: &Expression, call: &FuncCall) -> Read<Type> {
        let name = call.name.name.as_str();
        if call.name.is_namespaced() || keyword(name).is_some() {
            return self.refuse(node, format!("The type {name} takes no arguments."));
        }
        if name == "optional" {
            return self.refuse(
                node,
                "\"optional\" is valid only as a modifier for an attribute of an object type.",
            );
        }
        let mut arguments = call.args.iter();
        let (Some(argument), None) = (arguments.next(), arguments.next()) else {
            return self.refuse(node, format!("The {name} type constructor takes one argument."));
        };
        match name {
            "list" => Ok(Type::list(self.any_type(argument)?)),
            "set" => Ok(Type::set(self.any_type(argument)?)),
            "map" => Ok(Type::map(self.any_type(argument)?)),
            "tuple" => self.tuple(argument),
            "object" => self.object(argument),
            _ => self.refuse(node, format!("Keyword \"{name}\" is not a valid type constructor.")),
        }
    }

    fn tuple(&self, argument: &Expression) -> Read<Type> {
        let Some(items) = argument.as_array() else {
            return self
                .refuse(argument, "Tuple type constructor requires a list of element types.");
        };
        let types: Read<Vec<Type>> = items.iter().map(|item| self.any_type(item)).collect();
        Ok(Type::Tuple(Arc::new(types?)))
    }

    fn object(&self, argument: &Expression) -> Read<Type> {
        let Some(items) = argument.as_object() else {
            return self.refuse(
                argument,
                "Object type constructor requires a map whose keys are attribute names and whose values are the corresponding attribute types.",
            );
        };
        let mut attrs = BTreeMap::new();
        for (key, value) in items.iter() {
            attrs.insert(self.attr_name(key)?, self.attr(value.expr())?);
        }
        Ok(Type::Object(Arc::new(attrs)))
    }

    fn attr_name(&self, key: &ObjectKey) -> Read<Text> {
        match key {
            ObjectKey::Ident(name) => Ok(name.as_str().into()),
            ObjectKey::Expression(Expression::Variable(name)) => Ok(name.as_str().into()),
            ObjectKey::Expression(Expression::String(name)) => Ok(name.as_str().into()),
            ObjectKey::Expression(other) => {
                self.refuse(other, "Object constructor map keys must be attribute names.")
            }
        }
    }

    fn attr(&self, node: &Expression) -> Read<ObjectAttr> {
        match node {
            Expression::FuncCall(call) if call.name.name.as_str() == "optional" => {
                self.optional(node, call)
            }
            _ => Ok(ObjectAttr { ty: self.any_type(node)?, optional: false, default: None }),
        }
    }

    fn optional(&self, node: &Expression, call: &FuncCall) -> Read<ObjectAttr> {
        let arguments: Vec<&Expression> = call.args.iter().collect();
        let (ty, default) = match arguments[..] {
            [ty] => (ty, None),
            [ty, default] => (ty, Some(default)),
            _ => {
                return self.refuse(
                    node,
                    "Optional attribute modifier expects the attribute type, and after it at most a default value.",
                );
            }
        };
        let ty = self.any_type(ty)?;
        let default = default.map(|default| self.default(default, &ty)).transpose()?;
        Ok(ObjectAttr { ty, optional: true, default })
    }

    fn default(&self, node: &Expression, ty: &Type) -> Read<Value> {
        let mut diagnostics = Diagnostics::default();
        let expr = Expr::new(self.source, node.clone());
        let Ok(value) = evaluate(&expr, &Literals::default(), &mut diagnostics) else {
            let first = diagnostics.iter().next().cloned();
            return Err(Box::new(first.unwrap_or_else(|| Diagnostic::bug(SUMMARY, ""))));
        };
        value.convert(ty).map_err(|error| {
            let detail = format!(
                "This default value is not compatible with the attribute's type constraint: {error}."
            );
            let summary = "Invalid default value for optional attribute";
            Box::new(Diagnostic::error(summary, detail).at(self.span(node)))
        })
    }
}

fn keyword(name: &str) -> Option<Type> {
    match name {
        "string" => Some(Type::String),
        "number" => Some(Type::Number),
        "bool" => Some(Type::Bool),
        "any" => Some(Type::Any),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::parse_expression;
    use crate::source::SourceId;

    fn read(text: &str) -> Result<String, String> {
        let expr = parse_expression(text, SourceId(0)).unwrap();
        Type::from_expr(&expr).map(|ty| ty.to_string()).map_err(|problem| problem.detail)
    }

    #[test]
    fn types_are_read_and_shown() {
        for (text, shown) in [
            ("string", "string"),
            ("any", "any"),
            ("list(map(number))", "list(map(number))"),
            ("set(any)", "set(any)"),
            ("tuple([string, bool])", "tuple([string,bool])"),
            (
                "object({ b = string, \"a\" = optional(bool) })",
                "object({a=optional(bool),b=string})",
            ),
        ] {
            assert_eq!(read(text), Ok(shown.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_type_is_refused() {
        for (text, part) in [
            ("str", "keyword \"str\""),
            ("\"string\"", "without quotes"),
            ("list", "list(string)"),
            ("list(string, string)", "one argument"),
            ("optional(string)", "object type"),
            ("object([])", "map whose keys"),
            ("1 + 1", "either a keyword"),
        ] {
            assert!(read(text).unwrap_err().contains(part), "{text}: {:?}", read(text));
        }
    }
}
