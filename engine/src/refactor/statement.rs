//! One move as a rule about addresses.

use crate::addr::{InstanceAddr, ModuleInstance, ModulePath};
use crate::config::{Config, MoveEnd};
use crate::source::Span;

/// A `moved` block with the module that it is written in.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The module; in each of its instances the move holds.
    pub within: ModulePath,
    /// Where objects were, relative to the module.
    pub from: MoveEnd,
    /// Where they are now.
    pub to: MoveEnd,
    /// The block; none for a move that follows from `count` alone.
    pub span: Option<Span>,
}

/// All moves that a configuration states.
pub fn statements(config: &Config) -> Vec<Statement> {
    let of = |(path, module): (&ModulePath, &std::sync::Arc<crate::config::Module>)| {
        let within = path.clone();
        let one = move |moved: &crate::config::Moved| Statement {
            within: within.clone(),
            from: moved.from.clone(),
            to: moved.to.clone(),
            span: Some(moved.span),
        };
        module.moved.iter().map(one).collect::<Vec<_>>()
    };
    config.modules.iter().flat_map(of).collect()
}

/// What both ends of a move mean together: `a -> b` moves all instances of a block, but next to
/// `a -> b[0]` an address without a key is an instance without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    Resource,
    Instance,
    Call,
    Module,
}

impl Statement {
    fn extent(&self) -> Extent {
        let key = |end: &MoveEnd| match &end.object {
            Some((_, key)) => key.is_some(),
            None => end.module.0.last().is_some_and(|(_, key)| key.is_some()),
        };
        let keyed = key(&self.from) || key(&self.to);
        match (self.from.object.is_some(), keyed) {
            (true, true) => Extent::Instance,
            (true, false) => Extent::Resource,
            (false, true) => Extent::Module,
            (false, false) => Extent::Call,
        }
    }

    /// Where the move takes an object; none where it is not about it.
    pub fn takes(&self, addr: &InstanceAddr) -> Option<InstanceAddr> {
        self.relocate(addr, &self.from, &self.to)
    }

    /// Whether an object is at the end that the move comes from.
    pub fn is_from(&self, addr: &InstanceAddr) -> bool {
        self.takes(addr).is_some()
    }

    fn relocate(&self, addr: &InstanceAddr, from: &MoveEnd, to: &MoveEnd) -> Option<InstanceAddr> {
        let (outer, inner) = split(&addr.module, &self.within)?;
        let extent = self.extent();
        let (steps, to_steps) = (&from.module.0, &to.module.0);
        let join = |rest: &[(crate::addr::CallName, Option<crate::addr::Key>)]| {
            ModuleInstance(outer.iter().chain(to_steps).chain(rest).cloned().collect())
        };
        match extent {
            Extent::Resource | Extent::Instance => {
                let ((block, key), (to_block, to_key)) =
                    (from.object.as_ref()?, to.object.as_ref()?);
                if inner != *steps || addr.block != *block {
                    return None;
                }
                let is_instance = extent == Extent::Instance;
                if is_instance && addr.key != *key {
                    return None;
                }
                let key = if is_instance { to_key.clone() } else { addr.key.clone() };
                let (module, block) = (join(&[]), to_block.clone());
                Some(InstanceAddr { module, block, key, deposed: addr.deposed })
            }
            Extent::Module => {
                let rest = inner.strip_prefix(&steps[..])?;
                Some(InstanceAddr { module: join(rest), ..addr.clone() })
            }
            Extent::Call => {
                let ((name, _), outer_steps) = steps.split_last()?;
                let rest = inner.strip_prefix(outer_steps)?;
                let ((called, key), rest) = rest.split_first()?;
                if called != name {
                    return None;
                }
                let mut module = join(rest);
                module.0.get_mut(outer.len() + to_steps.len() - 1)?.1 = key.clone();
                Some(InstanceAddr { module, ..addr.clone() })
            }
        }
    }

    /// Whether this move can only be followed after another: it goes on from where that one ends,
    /// or takes along what that one brought.
    pub(super) fn follows(&self, earlier: &Statement) -> bool {
        let (mine, theirs) = (Reach::of(self, &self.from), Reach::of(earlier, &earlier.to));
        mine.overlaps(&theirs)
    }
}

/// The module steps of an address within those of a module as written, and the rest.
fn split<'a>(module: &'a ModuleInstance, within: &ModulePath) -> Option<(&'a [Step], &'a [Step])> {
    let depth = within.0.len();
    let (outer, inner) = module.0.split_at_checked(depth)?;
    let same = outer.iter().zip(&within.0).all(|((name, _), call)| name == call);
    same.then_some((outer, inner))
}

type Step = (crate::addr::CallName, Option<crate::addr::Key>);

/// The addresses at one end of a move. A key that is not said is any key.
struct Reach<'a> {
    steps: Vec<(&'a str, Option<Option<&'a crate::addr::Key>>)>,
    object: Option<(&'a crate::addr::BlockAddr, Option<Option<&'a crate::addr::Key>>)>,
}

impl<'a> Reach<'a> {
    fn of(statement: &'a Statement, end: &'a MoveEnd) -> Reach<'a> {
        let extent = statement.extent();
        let outer = statement.within.0.iter().map(|call| (&**call, None));
        let mut steps: Vec<_> = outer.collect();
        steps.extend(end.module.0.iter().map(|(name, key)| (&**name, Some(key.as_ref()))));
        if extent == Extent::Call
            && let Some(last) = steps.last_mut()
        {
            last.1 = None;
        }
        let key = |key: &'a Option<crate::addr::Key>| {
            (extent == Extent::Instance).then_some(key.as_ref())
        };
        let object = end.object.as_ref().map(|(block, at)| (block, key(at)));
        Reach { steps, object }
    }

    fn overlaps(&self, other: &Reach<'_>) -> bool {
        let agree = |a: &Option<Option<&crate::addr::Key>>,
                     b: &Option<Option<&crate::addr::Key>>| {
            a.is_none() || b.is_none() || a == b
        };
        let steps = self.steps.iter().zip(&other.steps);
        if !steps.into_iter().all(|(a, b)| a.0 == b.0 && agree(&a.1, &b.1)) {
            return false;
        }
        match (&self.object, &other.object, self.steps.len().cmp(&other.steps.len())) {
            // Of two modules one is in the other.
            (None, None, _) => true,
            (None, Some(_), order) => order != std::cmp::Ordering::Greater,
            (Some(_), None, order) => order != std::cmp::Ordering::Less,
            (Some(a), Some(b), order) => {
                order == std::cmp::Ordering::Equal && a.0 == b.0 && agree(&a.1, &b.1)
            }
        }
    }
}
