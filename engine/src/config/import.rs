//! `import` blocks: which object takes over what, and by which name that is found.

use hcl::edit::expr::{Expression, TraversalOperator};

use crate::addr::{BlockAddr, ConfigAddr, InstanceAddr, Key, Mode, ModuleInstance};
use crate::eval::Expr;
use crate::source::Span;
use crate::value::{Text, normalized};

/// An `import` block.
#[derive(Debug)]
pub struct Import {
    /// The address it becomes.
    pub to: Expr,
    /// What identifies it outside.
    pub id: Expr,
    /// `for_each`.
    pub for_each: Option<Expr>,
    /// The block's header.
    pub span: Span,
}

/// One step of the address: keys may be expressions.
enum Step {
    Name(Text),
    Key(Expr),
}

impl Import {
    /// The block that it is about; none where `to` is no address.
    pub fn target(&self) -> Option<ConfigAddr> {
        let any = |_: &Expr| Ok::<_, std::convert::Infallible>(Key::Index(0));
        self.address(any).ok().flatten().map(|addr| addr.config())
    }

    /// The expressions in the address's brackets.
    pub fn keys(&self) -> Vec<Expr> {
        let key = |step| match step {
            Step::Key(expr) => Some(expr),
            Step::Name(_) => None,
        };
        steps(&self.to).into_iter().flatten().filter_map(key).collect()
    }

    /// The address, its keys evaluated; none where `to` is no address.
    ///
    /// # Errors
    /// That of `key`.
    pub fn address<E>(
        &self,
        mut key: impl FnMut(&Expr) -> Result<Key, E>,
    ) -> Result<Option<InstanceAddr>, E> {
        let Some(steps) = steps(&self.to) else { return Ok(None) };
        let mut rest = steps.into_iter().peekable();
        let mut next_key = |rest: &mut std::iter::Peekable<std::vec::IntoIter<Step>>| {
            let found = rest.next_if(|step| matches!(step, Step::Key(_)));
            match found {
                Some(Step::Key(expr)) => key(&expr).map(Some),
                _ => Ok(None),
            }
        };
        let mut module = ModuleInstance::default();
        while rest.next_if(|step| matches!(step, Step::Name(name) if &**name == "module")).is_some()
        {
            let Some(Step::Name(call)) = rest.next() else { return Ok(None) };
            module = module.child(call, next_key(&mut rest)?);
        }
        let (Some(Step::Name(kind)), Some(Step::Name(name))) = (rest.next(), rest.next()) else {
            return Ok(None);
        };
        let key = next_key(&mut rest)?;
        let block = BlockAddr { mode: Mode::Managed, kind, name };
        let addr = InstanceAddr { module, block, key, deposed: None };
        Ok(rest.next().is_none().then_some(addr))
    }
}

fn steps(expr: &Expr) -> Option<Vec<Step>> {
    let mut found = Vec::new();
    push_steps(&expr.node, expr, &mut found).then_some(found)
}

/// False where something else than a name with keys is met.
fn push_steps(node: &Expression, whole: &Expr, found: &mut Vec<Step>) -> bool {
    let Expression::Traversal(traversal) = node else {
        let Expression::Variable(name) = node else { return false };
        found.push(Step::Name(normalized(name.as_str())));
        return true;
    };
    if !push_steps(&traversal.expr, whole, found) {
        return false;
    }
    traversal.operators.iter().all(|operator| {
        let key = |node: Expression| Step::Key(Expr::new(whole.source, node));
        found.push(match operator.value() {
            TraversalOperator::GetAttr(name) => Step::Name(normalized(name.as_str())),
            TraversalOperator::Index(index) => key(index.clone()),
            TraversalOperator::LegacyIndex(index) => key(Expression::from(*index.value())),
            _ => return false,
        });
        true
    })
}
