//! Static references of expressions.

use hcl::edit::expr::{Expression, ForExpr, ObjectKey, Traversal, TraversalOperator};
use hcl::edit::template::ForDirective;
use hcl::edit::visit::{Visit, visit_expr, visit_traversal_operator};
use hcl::edit::{Decorated, Ident, Span as _};

use super::calls::values;
use super::{Expr, Reference};
use crate::source::{Origin, Span};
use crate::value::Text;

/// All references that an expression makes, names bound inside it (`for`) left out.
pub fn references(expr: &Expr) -> Vec<Reference> {
    let mut found = Vec::new();
    each_reference(expr, &mut |mention| {
        let path = mention.path().map(Text::from).collect();
        found.push(Reference { root: mention.root.into(), path, span: mention.span });
    });
    found
}

/// A reference as it stands in an expression.
#[derive(Clone, Copy, Debug)]
pub struct Mention<'e> {
    /// The root, as of a [`Reference`].
    pub root: &'e str,
    /// Where.
    pub span: Span,
    operators: &'e [Decorated<TraversalOperator>],
}

impl<'e> Mention<'e> {
    /// Attribute names up to the first index or splat.
    pub fn path(&self) -> impl Iterator<Item = &'e str> + use<'e> {
        names(self.operators).map(|name| name.as_str())
    }

    /// The first names of the path.
    pub fn leading<const N: usize>(&self) -> [Option<&'e str>; N] {
        let mut path = self.path();
        std::array::from_fn(|_| path.next())
    }
}

fn names(operators: &[Decorated<TraversalOperator>]) -> impl Iterator<Item = &Decorated<Ident>> {
    operators.iter().map_while(|operator| match operator.value() {
        TraversalOperator::GetAttr(name) => Some(name),
        _ => None,
    })
}

/// Visits the same references in the same order, without keeping them; gives whether the expression
/// calls any function.
pub fn each_reference(expr: &Expr, visit: &mut dyn FnMut(Mention<'_>)) -> bool {
    let mut search = Search { source: expr.source, bound: Vec::new(), visit, any_calls: false };
    search.visit_expr(&expr.node);
    search.any_calls
}

struct Search<'v> {
    source: Origin,
    bound: Vec<String>,
    visit: &'v mut dyn FnMut(Mention<'_>),
    any_calls: bool,
}

impl Search<'_> {
    fn found(&mut self, root: &Decorated<Ident>, operators: &[Decorated<TraversalOperator>]) {
        if self.bound.iter().any(|bound| bound == root.as_str()) {
            return;
        }
        let mut at = root.span().unwrap_or_default();
        at.end =
            names(operators).last().and_then(|last| last.span()).map_or(at.end, |last| last.end);
        let span = Span::new(self.source, at);
        (self.visit)(Mention { root: root.as_str(), span, operators });
    }

    fn traversal(&mut self, node: &Traversal) {
        match &node.expr {
            Expression::Variable(root) => self.found(root, &node.operators),
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

impl Visit for Search<'_> {
    fn visit_expr(&mut self, node: &Expression) {
        match node {
            Expression::Variable(root) => self.found(root, &[]),
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
        let shown = references(&expr).into_iter().map(|reference| {
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
