//! Static references of expressions.

use std::sync::Arc;

use hcl::edit::expr::{Expression, ForExpr, ObjectKey, Traversal, TraversalOperator};
use hcl::edit::template::ForDirective;
use hcl::edit::visit::{Visit, visit_expr, visit_traversal_operator};
use hcl::edit::{Decorated, Ident, Span as _};

use super::calls::values;
use super::{Expr, Reference};
use crate::source::{Origin, Span};

/// All references that an expression makes, names bound inside it (`for`) left out.
pub fn references(expr: &Expr) -> &[Reference] {
    &names(expr).references
}

/// The names that an expression is made of.
#[derive(Debug)]
pub(super) struct Names {
    references: Vec<Reference>,
    /// Whether any of them is that of a function.
    pub(super) any_calls: bool,
}

/// The names in an expression, looked for once.
pub(super) fn names(expr: &Expr) -> &Names {
    let found = expr.names.get_or_init(|| {
        let mut collect = Collect::new(expr.source);
        collect.visit_expr(&expr.node);
        let Collect { found: references, any_calls, .. } = collect;
        let any = any_calls || !references.is_empty();
        any.then(|| Arc::new(Names { references, any_calls }))
    });
    found.as_deref().unwrap_or(&NONE)
}

/// The names in a constant.
static NONE: Names = Names { references: Vec::new(), any_calls: false };

struct Collect {
    source: Origin,
    bound: Vec<String>,
    found: Vec<Reference>,
    any_calls: bool,
}

impl Collect {
    fn new(source: Origin) -> Self {
        Collect { source, bound: Vec::new(), found: Vec::new(), any_calls: false }
    }

    fn add(&mut self, root: &Decorated<Ident>, operators: &[Decorated<TraversalOperator>]) {
        if self.bound.iter().any(|bound| bound == root.as_str()) {
            return;
        }
        let mut at = root.span().unwrap_or_default();
        let mut path = Vec::with_capacity(operators.len());
        for operator in operators {
            let TraversalOperator::GetAttr(name) = operator.value() else { break };
            path.push(name.as_str().into());
            at.end = name.span().map_or(at.end, |name| name.end);
        }
        let span = Span::new(self.source, at);
        self.found.push(Reference { root: root.as_str().into(), path, span });
    }

    fn traversal(&mut self, node: &Traversal) {
        match &node.expr {
            Expression::Variable(root) => self.add(root, &node.operators),
            other => self.visit_expr(other),
        }
        for operator in &node.operators {
            visit_traversal_operator(self, operator.value());
        }
    }

    /// Visits what is inside a loop with the loop's names bound.
    fn within(&mut self, names: [Option<&Ident>; 2], visit: impl FnOnce(&mut Self)) {
        let outside = self.bound.len();
        self.bound.extend(names.into_iter().flatten().map(|name| name.as_str().to_owned()));
        visit(self);
        self.bound.truncate(outside);
    }

    fn for_expr(&mut self, node: &ForExpr) {
        let intro = &node.intro;
        self.visit_expr(&intro.collection_expr);
        let key = intro.key_var.as_ref().map(|name| name.value());
        self.within([key, Some(intro.value_var.value())], |inside| {
            node.key_expr.iter().for_each(|key| inside.visit_expr(key));
            inside.visit_expr(&node.value_expr);
            node.cond.iter().for_each(|cond| inside.visit_expr(&cond.expr));
        });
    }
}

impl Visit for Collect {
    fn visit_expr(&mut self, node: &Expression) {
        match node {
            Expression::Variable(root) => self.add(root, &[]),
            Expression::Traversal(traversal) => self.traversal(traversal),
            Expression::ForExpr(node) => self.for_expr(node),
            Expression::FuncCall(call) => {
                self.any_calls = true;
                values(call).for_each(|argument| self.visit_expr(argument));
            }
            other => visit_expr(self, other),
        }
    }

    /// A bare word as a key is a text, not a reference.
    fn visit_object_key(&mut self, node: &ObjectKey) {
        if let ObjectKey::Expression(key) = node {
            self.visit_expr(key);
        }
    }

    fn visit_for_directive(&mut self, node: &ForDirective) {
        let intro = &node.for_expr;
        self.visit_expr(&intro.collection_expr);
        let key = intro.key_var.as_ref().map(|name| name.value());
        self.within([key, Some(intro.value_var.value())], |inside| {
            inside.visit_template(&intro.template);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::parse_expression;
    use crate::source::SourceId;

    fn found(text: &str) -> Vec<String> {
        let expr = parse_expression(text, SourceId(0)).unwrap();
        let shown = references(&expr).iter().map(|reference| {
            let span = reference.span;
            let source = &text[span.start as usize..span.end as usize];
            let path: Vec<_> = std::iter::once(&*reference.root)
                .chain(reference.path.iter().map(|n| &**n))
                .collect();
            assert!(source.starts_with(&*reference.root), "{source}");
            path.join(".")
        });
        shown.collect()
    }

    #[test]
    fn a_reference_is_a_root_and_its_attributes() {
        let cases: [(&str, &[&str]); 14] = [
            ("1", &[]),
            ("a", &["a"]),
            ("var.x.y[0].z", &["var.x.y"]),
            ("data.host.n1[*].address", &["data.host.n1"]),
            ("pki_ca.etcd[each.key].crt", &["pki_ca.etcd", "each.key"]),
            ("f(a.b, c...)", &["a.b", "c"]),
            ("{ a = b.c, (d.e) = 1, \"${f.g}\" = 2 }", &["b.c", "d.e", "f.g"]),
            ("[for k, v in m.n : \"${k}${v.x}${o}\" if v]", &["m.n", "o"]),
            ("{for v in v : v => v...}", &["v"]),
            ("\"%{ for x in l ~}${x}${y}%{ endfor }${x}\"", &["l", "y", "x"]),
            ("a ? b : !c", &["a", "b", "c"]),
            ("(a.b)[c].d", &["a.b", "c"]),
            ("f(a).b[c.d]", &["a", "c.d"]),
            ("<<E\n${a.b}\nE\n", &["a.b"]),
        ];
        for (text, expected) in cases {
            assert_eq!(found(text), expected, "{text}");
        }
    }
}
