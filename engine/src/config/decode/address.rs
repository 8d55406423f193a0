//! Expressions that are names of things rather than values: what `depends_on`, `moved` and
//! `ignore_changes` are made of.

use hcl::edit::expr::{Expression, TraversalOperator};

use super::Decoder;
use crate::addr::{BlockAddr, Key, Mode, ModuleInstance};
use crate::config::{Depends, DependsOn, MoveEnd};
use crate::eval::Expr;
use crate::source::Origin;
use crate::value::{Text, normalized};

/// One part of a name.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    Name(Text),
    Key(Key),
}

/// A traversal whose every step is a constant.
pub(super) fn parts(expr: &Expression) -> Option<Vec<Part>> {
    match expr {
        Expression::Variable(name) => Some(vec![Part::Name(normalized(name.as_str()))]),
        Expression::Traversal(traversal) => {
            let mut parts = parts(&traversal.expr)?;
            for operator in &traversal.operators {
                parts.push(part(operator.value())?);
            }
            Some(parts)
        }
        _ => None,
    }
}

/// The names at the beginning of a traversal, up to the first index.
pub(super) fn leading_names(expr: &Expression) -> Vec<Text> {
    let name = |operator: &TraversalOperator| match operator {
        TraversalOperator::GetAttr(name) => Some(normalized(name.as_str())),
        _ => None,
    };
    match expr {
        Expression::Variable(name) => vec![normalized(name.as_str())],
        Expression::Traversal(traversal) => {
            let mut names = leading_names(&traversal.expr);
            names.extend(traversal.operators.iter().map_while(|next| name(next.value())));
            names
        }
        _ => Vec::new(),
    }
}

fn part(operator: &TraversalOperator) -> Option<Part> {
    match operator {
        TraversalOperator::GetAttr(name) => Some(Part::Name(normalized(name.as_str()))),
        TraversalOperator::LegacyIndex(index) => Some(Part::Key(Key::Index(*index.value()))),
        TraversalOperator::Index(Expression::String(text)) => {
            Some(Part::Key(Key::Name(normalized(text.value()))))
        }
        TraversalOperator::Index(Expression::Number(number)) => {
            number.value().as_u64().map(|index| Part::Key(Key::Index(index)))
        }
        _ => None,
    }
}

/// Takes a name off the front.
fn name<'p>(parts: &mut &'p [Part]) -> Option<&'p Text> {
    let (Part::Name(name), rest) = parts.split_first()? else { return None };
    *parts = rest;
    Some(name)
}

/// Takes a key off the front, where one comes.
fn key(parts: &mut &[Part]) -> Option<Key> {
    let (Part::Key(key), rest) = parts.split_first()? else { return None };
    *parts = rest;
    Some(key.clone())
}

/// Takes `type.name` or `data.type.name` off the front.
fn block(parts: &mut &[Part]) -> Option<BlockAddr> {
    let first = name(parts)?;
    let (mode, kind) = match &**first {
        "data" => (Mode::Data, name(parts)?),
        _ => (Mode::Managed, first),
    };
    Some(BlockAddr { mode, kind: kind.clone(), name: name(parts)?.clone() })
}

impl Decoder<'_> {
    /// Decodes the `depends_on` of a resource or module.
    pub(super) fn depends_on(&mut self, expr: Option<Expr>) -> Vec<Depends> {
        self.dependencies(expr, false)
    }

    /// Decodes the `depends_on` of an output, which can name attributes too.
    pub(super) fn output_depends_on(&mut self, expr: Option<Expr>) -> Vec<Depends> {
        self.dependencies(expr, true)
    }

    fn dependencies(&mut self, expr: Option<Expr>, attributes: bool) -> Vec<Depends> {
        let Some(expr) = expr else { return Vec::new() };
        let Expression::Array(items) = &*expr.node else {
            let detail = "The value of depends_on must be a list of references: [a.b, module.c].";
            self.error("Invalid depends_on", detail, self.expr_span(&expr));
            return Vec::new();
        };
        let source = expr.source;
        items.iter().filter_map(|item| self.dependency(source, item, attributes)).collect()
    }

    fn dependency(
        &mut self,
        source: Origin,
        item: &Expression,
        attributes: bool,
    ) -> Option<Depends> {
        let span = self.span(source, item);
        let found = parts(item).and_then(|parts| depends(&parts, attributes));
        if found.is_none() {
            let mut detail = "An entry of depends_on must be the name of a whole resource, data \
                              source or module: \"pki_ca.etcd\", \"module.etcd\"."
                .to_owned();
            if matches!(item, Expression::String(_)) {
                detail.push_str(" Names are written without quotes.");
            }
            self.error("Invalid depends_on", detail, span);
        }
        Some(Depends { on: found?, span })
    }

    /// Decodes `module.a["x"].type.name[0]`, as `moved` and `removed` take it.
    pub(super) fn move_end(&mut self, expr: Expr) -> Option<MoveEnd> {
        let span = self.expr_span(&expr);
        let end = parts(&expr.node).and_then(|parts| move_end(&parts));
        match &end {
            None => {
                let detail = "An address is expected: that of a resource, such as \
                              pki_ca.etcd or host_file.hosts[\"a\"], or that of a module, such as \
                              module.etcd.";
                self.error("Invalid address", detail, span);
            }
            Some(MoveEnd { object: Some((block, _)), .. }) if is_reserved(&block.kind) => {
                let detail = format!(
                    "{:?} is no type of resource: only resources and modules can be named here.",
                    block.kind
                );
                self.error("Invalid address", detail, span);
                return None;
            }
            Some(_) => {}
        }
        end
    }
}

fn depends(mut parts: &[Part], attributes: bool) -> Option<DependsOn> {
    let rest = &mut parts;
    let on = match &**rest.first().and_then(Part::name)? {
        "module" => {
            name(rest)?;
            let call = name(rest)?.clone();
            key(rest);
            // An output stands for its whole module, as in Terraform.
            name(rest);
            DependsOn::Module(call)
        }
        "var" | "local" => DependsOn::Named(name(rest)?.clone(), name(rest)?.clone()),
        "each" | "count" | "self" | "path" | "terraform" => return None,
        _ => DependsOn::Block(block(rest)?),
    };
    // An instance stands for the whole block; an attribute is refused, as it would mislead.
    key(rest);
    (rest.is_empty() || attributes).then_some(on)
}

/// Whether a reference that begins so is never one to a resource.
fn is_reserved(root: &str) -> bool {
    matches!(root, "count" | "each" | "local" | "path" | "self" | "terraform" | "var")
}

fn move_end(mut parts: &[Part]) -> Option<MoveEnd> {
    let rest = &mut parts;
    let mut module = ModuleInstance::default();
    while rest.first().and_then(Part::name).is_some_and(|name| &**name == "module") {
        name(rest)?;
        let call = name(rest)?.clone();
        module = module.child(call, key(rest));
    }
    if rest.is_empty() {
        return Some(MoveEnd { module, object: None });
    }
    let object = (block(rest)?, key(rest));
    rest.is_empty().then_some(MoveEnd { module, object: Some(object) })
}

impl Part {
    fn name(&self) -> Option<&Text> {
        match self {
            Part::Name(name) => Some(name),
            Part::Key(_) => None,
        }
    }
}
