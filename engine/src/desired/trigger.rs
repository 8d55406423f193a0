//! Entries of `replace_triggered_by`: an object, or a part of one, that is named and not evaluated.

use hcl::edit::expr::{Expression, TraversalOperator};

use super::scope::{At, key_of};
use crate::addr::{BlockAddr, Key, Mode};
use crate::diag::{Diagnostic, Diagnostics, Reported};
use crate::eval::{Expr, Reference, evaluate, references};
use crate::value::{Text, normalized};

/// What is watched.
#[derive(Clone, Debug, PartialEq)]
pub struct Trigger {
    /// The block, in the same module.
    pub block: BlockAddr,
    /// Its instance; none for all.
    pub key: Option<Key>,
    /// The part of it; empty for the whole.
    pub path: Vec<Text>,
    /// As a person reads it: `terraform_data.a[0].output`.
    pub text: String,
}

/// What the entries mean in one instance.
pub(super) fn all(
    entries: &[Expr],
    at: &At<'_>,
    diagnostics: &mut Diagnostics,
) -> Result<Vec<Trigger>, Reported> {
    entries.iter().map(|entry| one(entry, at, diagnostics)).collect()
}

fn one(entry: &Expr, at: &At<'_>, diagnostics: &mut Diagnostics) -> Result<Trigger, Reported> {
    let invalid = |diagnostics: &mut Diagnostics| {
        let detail = "An entry of replace_triggered_by names a resource of this module or an \
                      attribute of one; in its brackets only constants, count.index and each.key \
                      can be used.";
        let summary = "Invalid reference in replace_triggered_by expression";
        diagnostics.error(Diagnostic::error(summary, detail).at(entry.span()))
    };
    let Expression::Traversal(traversal) = &*entry.node else { return Err(invalid(diagnostics)) };
    let operators: Vec<_> = traversal.operators.iter().map(|next| next.value()).collect();
    let (Expression::Variable(kind), [TraversalOperator::GetAttr(name), rest @ ..]) =
        (&traversal.expr, &operators[..])
    else {
        return Err(invalid(diagnostics));
    };
    let kind = normalized(kind.as_str());
    if matches!(&*kind, "data" | "var" | "local" | "module" | "path" | "self" | "each" | "count") {
        return Err(invalid(diagnostics));
    }
    let block = BlockAddr { mode: Mode::Managed, kind, name: normalized(name.as_str()) };
    let (key, rest) = match rest.split_first() {
        Some((TraversalOperator::Index(index), rest)) => {
            let expr = Expr::new(entry.source, index.clone());
            let own = |reference: &Reference| matches!(&*reference.root, "count" | "each");
            if !references(&expr).iter().all(own) {
                return Err(invalid(diagnostics));
            }
            let value = evaluate(&expr, at, diagnostics)?;
            (Some(key_of(&value).ok_or_else(|| invalid(diagnostics))?), rest)
        }
        Some((TraversalOperator::LegacyIndex(index), rest)) => {
            (Some(Key::Index(*index.value())), rest)
        }
        _ => (None, rest),
    };
    let path: Option<Vec<Text>> = rest.iter().map(|step| part(step)).collect();
    let path = path.ok_or_else(|| invalid(diagnostics))?;
    let mut text = block.to_string();
    text.extend(key.iter().map(ToString::to_string));
    text.extend(path.iter().map(|part| format!(".{part}")));
    Ok(Trigger { block, key, path, text })
}

fn part(step: &TraversalOperator) -> Option<Text> {
    match step {
        TraversalOperator::GetAttr(name) => Some(normalized(name.as_str())),
        TraversalOperator::LegacyIndex(index) => Some(index.value().to_string().into()),
        TraversalOperator::Index(Expression::String(text)) => Some(normalized(text.value())),
        TraversalOperator::Index(Expression::Number(number)) => {
            Some(number.value().as_u64()?.to_string().into())
        }
        _ => None,
    }
}
