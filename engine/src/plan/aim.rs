//! What a plan is to achieve, and how much of the configuration it is about.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use crate::addr::{AddrError, BlockAddr, ConfigAddr, InstanceAddr, Key, ModuleInstance};
use crate::build::{Node, Written};
use crate::desired::InstanceAt;
use crate::diag::Diagnostic;
use crate::state::State;
use crate::value::Text;

/// What a plan is to achieve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Goal {
    /// The world is as the configuration says.
    #[default]
    Converge,
    /// Nothing of what the state holds exists any more.
    Destroy,
    /// The state is as the world is; nothing outside changes.
    RefreshOnly,
}

/// Whether hosts are asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Refresh {
    /// They are.
    #[default]
    Ask,
    /// The state is believed, and no host is asked anything.
    Believe,
}

/// A goal, with what the command line adds to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aim {
    /// What is to be achieved.
    pub goal: Goal,
    /// Whether hosts are asked.
    pub refresh: Refresh,
    /// Objects that are made anew although nothing else requires it.
    pub replace: BTreeSet<InstanceAddr>,
    /// How much the plan is about.
    pub extent: Extent,
    /// What the command line has the state take over: the object, and its id outside.
    pub import: BTreeMap<InstanceAddr, Text>,
}

/// How much a plan is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// Everything.
    #[default]
    All,
    /// These, and what they are made from.
    Only(Vec<Target>),
    /// Everything but these, and what is made from them.
    AllBut(Vec<Target>),
}

/// A module, a block or an instance, and all that is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    module: ModuleInstance,
    object: Option<(BlockAddr, Option<Key>)>,
}

impl From<Goal> for Aim {
    fn from(goal: Goal) -> Aim {
        Aim { goal, ..Aim::default() }
    }
}

impl Aim {
    /// Whether an object is to be made anew by request.
    pub fn replaces(&self, addr: &InstanceAddr) -> bool {
        self.replace.contains(addr)
    }

    /// What an instance takes over: by the command line, or by a block where things are to become as
    /// the configuration says.
    pub fn adopts<'i>(&'i self, at: &InstanceAt<'i>) -> Option<&'i Text> {
        let by_block = at.adopts.filter(|_| self.goal == Goal::Converge);
        self.import.get(&at.addr).or(by_block)
    }

    /// What the plan is or is not about.
    pub fn targets(&self) -> &[Target] {
        match &self.extent {
            Extent::All => &[],
            Extent::Only(targets) | Extent::AllBut(targets) => targets,
        }
    }

    /// What to know about a plan that leaves something out.
    pub fn warning(&self) -> Option<Diagnostic> {
        let option = self.option()?;
        let detail = format!(
            "You are creating a plan with the {option} option, which means that the result of this \
             plan may not represent all of the changes requested by the current configuration."
        );
        let help = format!(
            "The {option} option is not for routine use, and is provided only for exceptional \
             situations such as recovering from errors or mistakes."
        );
        Some(Diagnostic::warning("Resource targeting is in effect", detail).help(help))
    }

    /// What to know once such a plan was carried out.
    pub fn afterword(&self) -> Option<Diagnostic> {
        let option = self.option()?;
        let detail = format!(
            "The plan was created with the {option} option in effect, so some changes requested in \
             the configuration may have been ignored and the output values may not be fully \
             updated."
        );
        let help = "Run \"quorate plan\" to verify that no other changes are pending.";
        Some(Diagnostic::warning("Applied changes may be incomplete", detail).help(help))
    }

    fn option(&self) -> Option<&'static str> {
        match self.extent {
            Extent::All => None,
            Extent::Only(_) => Some("-target"),
            Extent::AllBut(_) => Some("-exclude"),
        }
    }
}

impl Target {
    /// Whether an object is it, or in it. A module without a key is all its instances.
    pub fn contains(&self, addr: &InstanceAddr) -> bool {
        let steps = &self.module.0;
        let within = addr.module.0.len() >= steps.len()
            && (steps.iter().zip(&addr.module.0))
                .all(|((name, key), (at, k))| name == at && (key.is_none() || key == k));
        within
            && self.object.as_ref().is_none_or(|(block, key)| {
                addr.module.0.len() == steps.len()
                    && addr.block == *block
                    && (key.is_none() || addr.key == *key)
            })
    }

    /// Where an object of this one ends when the whole moves to another place; none where the two
    /// are of different kinds.
    pub fn carried_to(&self, to: &Target, addr: &InstanceAddr) -> Option<InstanceAddr> {
        let rest = addr.module.0.get(self.module.0.len()..)?;
        match (&self.object, &to.object) {
            (None, None) => {
                let mut module = to.module.clone();
                let same_end = self.module.0.last().is_some_and(|(_, key)| key.is_none());
                let own = addr.module.0.get(self.module.0.len() - 1)?;
                // A module without a key is all its instances, each of which keeps its key.
                if let (true, Some((_, key @ None))) = (same_end, module.0.last_mut()) {
                    *key = own.1.clone();
                }
                module.0.extend(rest.iter().cloned());
                Some(InstanceAddr { module, ..addr.clone() })
            }
            (Some((from, from_key)), Some((block, key))) if from.kind == block.kind => {
                let key = match (from_key, key) {
                    (None, None) => addr.key.clone(),
                    // All instances cannot become one.
                    (None, Some(_)) if addr.key.is_some() => return None,
                    (_, key) => key.clone(),
                };
                let (module, block) = (to.module.clone(), block.clone());
                Some(InstanceAddr { module, block, key, deposed: addr.deposed })
            }
            _ => None,
        }
    }

    /// Whether instances of a block can be in it.
    fn touches(&self, addr: &ConfigAddr) -> bool {
        let path = self.module.path();
        match &self.object {
            Some((block, _)) => addr.module == path && addr.block == *block,
            None => addr.module.0.starts_with(&path.0),
        }
    }
}

impl From<InstanceAddr> for Target {
    fn from(addr: InstanceAddr) -> Target {
        Target { module: addr.module, object: Some((addr.block, addr.key)) }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((block, key)) = &self.object else { return self.module.fmt(f) };
        let (module, block, key) = (self.module.clone(), block.clone(), key.clone());
        InstanceAddr { module, block, key, deposed: None }.fmt(f)
    }
}

impl FromStr for Target {
    type Err = AddrError;

    fn from_str(text: &str) -> Result<Target, AddrError> {
        let (module, object) = crate::addr::parse_partial(text)?;
        Ok(Target { module, object })
    }
}

/// An extent, worked out for a configuration and a state.
#[derive(Debug, Default)]
pub struct Focus {
    /// None where everything is in focus.
    part: Option<Part>,
}

#[derive(Debug)]
struct Part {
    extent: Extent,
    /// Nodes that are in by what waits for them, or out by what they wait for.
    nodes: Vec<bool>,
    /// Nodes that wait for no block that is out, directly or through others; of blocks, those in.
    whole: Vec<bool>,
    blocks: BTreeSet<ConfigAddr>,
    /// Objects of the state that depend on what is named.
    stored: BTreeSet<ConfigAddr>,
    goal: Goal,
}

impl Focus {
    /// Works out an aim.
    pub fn of(aim: &Aim, written: &Written, state: &State) -> Focus {
        if aim.extent == Extent::All {
            return Focus::default();
        }
        let touched = |node: &Node| match node {
            Node::Block(module, block) => {
                let addr = ConfigAddr { module: module.clone(), block: block.clone() };
                aim.targets().iter().any(|target| target.touches(&addr))
            }
            _ => false,
        };
        let named: Vec<bool> = written.nodes.iter().map(touched).collect();
        let direct: Vec<usize> = (0..named.len()).filter(|node| named[*node]).collect();
        let nodes = match aim.extent {
            Extent::AllBut(_) => {
                spread(&direct, named.len(), |node| written.graph.dependents(node).collect())
            }
            _ => spread(&direct, named.len(), |node| written.graph.dependencies(node).collect()),
        };
        let block = |node: &Node| match node {
            Node::Block(module, block) => {
                Some(ConfigAddr { module: module.clone(), block: block.clone() })
            }
            _ => None,
        };
        let blocks = written.nodes.iter().filter_map(block).collect();
        let inside = |node: usize| match aim.extent {
            Extent::AllBut(_) => !nodes[node] && !named[node],
            _ => nodes[node] || named[node],
        };
        let whole = whole(written, inside);
        let stored = dependents(state, aim.targets());
        let (extent, goal) = (aim.extent.clone(), aim.goal);
        Focus { part: Some(Part { extent, nodes, whole, blocks, stored, goal }) }
    }

    /// Whether something is left out.
    pub fn is_partial(&self) -> bool {
        self.part.is_some()
    }

    /// Whether a declared instance is in focus.
    pub fn covers(&self, node: usize, addr: &InstanceAddr) -> bool {
        let Some(part) = &self.part else { return true };
        let spread = part.nodes.get(node).copied().unwrap_or(false);
        match &part.extent {
            Extent::All => true,
            Extent::Only(targets) => spread || targets.iter().any(|t| t.contains(addr)),
            Extent::AllBut(targets) => !spread && !targets.iter().any(|t| t.contains(addr)),
        }
    }

    /// Whether an object that only the state has is in focus.
    pub fn covers_stored(&self, addr: &InstanceAddr) -> bool {
        let Some(part) = &self.part else { return true };
        let named = part.extent_names(addr);
        let depends = part.stored.contains(&addr.config());
        match &part.extent {
            Extent::All => true,
            // What is destroyed takes along what was made from it.
            Extent::Only(_) => named || (depends && part.goal == Goal::Destroy),
            // What stays keeps what it was made from: that is not destroyed either.
            Extent::AllBut(_) => !named && (!depends || part.goal == Goal::Destroy),
        }
    }

    /// Whether a value waits for nothing that is out of focus.
    pub fn covers_value(&self, node: usize) -> bool {
        self.part.as_ref().is_none_or(|part| part.whole[node])
    }

    /// For each node whether mistakes in it are overlooked, as it is left out.
    pub fn overlooked(&self) -> Option<Vec<bool>> {
        let part = self.part.as_ref()?;
        Some(part.whole.iter().map(|whole| !whole).collect())
    }

    /// Whether a target names something declared, be it without instances.
    pub fn names_block(&self, target: &Target) -> bool {
        self.part.as_ref().is_some_and(|part| part.blocks.iter().any(|addr| target.touches(addr)))
    }
}

impl Part {
    fn extent_names(&self, addr: &InstanceAddr) -> bool {
        match &self.extent {
            Extent::All => false,
            Extent::Only(targets) | Extent::AllBut(targets) => {
                targets.iter().any(|target| target.contains(addr))
            }
        }
    }
}

/// What can be reached from nodes, without them.
fn spread(from: &[usize], count: usize, next: impl Fn(usize) -> Vec<usize>) -> Vec<bool> {
    let mut reached = vec![false; count];
    let mut queue = from.to_vec();
    while let Some(node) = queue.pop() {
        for other in next(node) {
            if !std::mem::replace(&mut reached[other], true) {
                queue.push(other);
            }
        }
    }
    reached
}

/// For each node whether all blocks that it hangs on are inside; for a block, whether it is.
fn whole(written: &Written, inside: impl Fn(usize) -> bool) -> Vec<bool> {
    let mut whole = vec![true; written.nodes.len()];
    for &node in &written.order {
        whole[node] = match &written.nodes[node] {
            Node::Block(..) => inside(node),
            _ => written.graph.dependencies(node).all(|on| whole[on]),
        };
    }
    whole
}

/// Blocks of the state that were made from what targets name, directly or not.
fn dependents(state: &State, targets: &[Target]) -> BTreeSet<ConfigAddr> {
    let mut users: BTreeMap<&ConfigAddr, BTreeSet<ConfigAddr>> = BTreeMap::new();
    for (addr, stored) in &state.objects {
        for on in stored.depends_on.iter() {
            users.entry(on).or_default().insert(addr.config());
        }
    }
    let named = state.objects.keys().filter(|addr| targets.iter().any(|t| t.contains(addr)));
    let mut queue: Vec<ConfigAddr> = named.map(InstanceAddr::config).collect();
    let mut found = BTreeSet::new();
    while let Some(addr) = queue.pop() {
        for user in users.get(&addr).into_iter().flatten() {
            if found.insert(user.clone()) {
                queue.push(user.clone());
            }
        }
    }
    found
}
