//! `variable` blocks.

use super::Decoder;
use super::contents::{Known, Opened};
use crate::config::Variable;
use crate::diag::Diagnostic;
use crate::eval::Expr;
use crate::source::Span;
use crate::value::{Type, Value};

const VARIABLE: Known = Known {
    attrs: &["type", "default", "description", "sensitive", "ephemeral", "nullable"],
    blocks: &["validation"],
};

/// Names that mean something else in a `module` block.
const RESERVED: &[&str] =
    &["count", "depends_on", "for_each", "lifecycle", "locals", "providers", "source", "version"];

impl Decoder<'_> {
    pub(super) fn variable(&mut self, block: Opened) {
        let labels = self.labels(&block, ["name"]);
        let span = block.span;
        let mut contents = self.contents(block.body, span, &VARIABLE);
        let (ty, literal) = self.variable_type(contents.take("type"));
        let description = self.string(contents.take("description"));
        let sensitive = self.bool_or(contents.take("sensitive"), false);
        let ephemeral = self.bool_or(contents.take("ephemeral"), false);
        let nullable = self.bool_or(contents.take("nullable"), true);
        let default = contents.take("default").map(|expr| self.default(&expr, &ty, nullable));
        let validations = self.conditions(contents.take_blocks("validation"));
        let Some([name]) = labels else { return };
        if RESERVED.contains(&&*name) {
            self.reserved_variable(&name, span);
        }
        if let Some(first) = self.module.variables.get(&name) {
            let first = first.span;
            self.duplicate("variable", &name, first, span);
            return;
        }
        let variable = Variable {
            ty,
            literal,
            default,
            description,
            sensitive,
            ephemeral,
            nullable,
            validations,
            span,
        };
        self.module.variables.insert(name, variable);
    }

    fn reserved_variable(&mut self, name: &str, span: Span) {
        let detail = format!(
            "The variable name {name:?} is reserved because it has a special meaning in module \
             blocks."
        );
        self.error("Invalid variable name", detail, span);
    }

    /// The type, and whether text from outside is taken as it is.
    fn variable_type(&mut self, expr: Option<Expr>) -> (Type, bool) {
        let Some(expr) = expr else { return (Type::Any, true) };
        if let Some(ty) = of_any(&expr) {
            return (ty, false);
        }
        match Type::from_expr(&expr) {
            Ok(ty) => {
                let literal = matches!(ty, Type::String | Type::Number | Type::Bool);
                (ty, literal)
            }
            Err(diagnostic) => {
                self.diags.error(*diagnostic);
                (Type::Any, true)
            }
        }
    }

    /// A default in its type. After a mistake it is unknown, so that nobody asks for a value.
    fn default(&mut self, expr: &Expr, ty: &Type, nullable: bool) -> Value {
        let unknown = Value::unknown(ty.clone());
        let Some(value) = self.constant(expr) else { return unknown };
        let problem = if value.is_null() && !nullable {
            "A null default value is not valid when \"nullable\" is false.".to_owned()
        } else {
            match value.convert(ty) {
                Ok(value) => return value,
                Err(reason) => {
                    format!("The default value does not fit the variable's type: {reason}.")
                }
            }
        };
        let diagnostic = Diagnostic::error("Invalid default value for variable", problem);
        self.diags.error(diagnostic.at(self.expr_span(expr)));
        unknown
    }
}

/// The names of two types that old modules write without the type of the elements.
fn of_any(expr: &Expr) -> Option<Type> {
    match expr.node.as_variable()?.as_str() {
        "list" => Some(Type::list(Type::Any)),
        "map" => Some(Type::map(Type::Any)),
        _ => None,
    }
}
