//! Finds nodes by name, without making a key for each question.

use rustc_hash::FxHashMap as HashMap;

use super::Node;
use crate::addr::{Mode, ModulePath};
use crate::value::Text;

/// The nodes of all modules.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<ModulePath, OfModule>);

#[derive(Debug, Default)]
struct OfModule {
    variables: HashMap<Text, usize>,
    locals: HashMap<Text, usize>,
    outputs: HashMap<Text, usize>,
    calls: HashMap<Text, usize>,
    managed: HashMap<Text, HashMap<Text, usize>>,
    data: HashMap<Text, HashMap<Text, usize>>,
    done: Option<usize>,
}

impl Names {
    /// Gives a node its index.
    pub fn insert(&mut self, node: &Node, index: usize) {
        let module = self.0.entry(node.module().clone()).or_default();
        let (names, name) = match node {
            Node::Done(_) => {
                module.done = Some(index);
                return;
            }
            Node::Variable(_, name) => (&mut module.variables, name),
            Node::Local(_, name) => (&mut module.locals, name),
            Node::Output(_, name) => (&mut module.outputs, name),
            Node::Call(_, name) => (&mut module.calls, name),
            Node::Block(_, block) => {
                let kinds = match block.mode {
                    Mode::Managed => &mut module.managed,
                    Mode::Data => &mut module.data,
                };
                (kinds.entry(block.kind.clone()).or_default(), &block.name)
            }
        };
        names.insert(name.clone(), index);
    }

    /// The index of a node.
    pub fn find(&self, node: &Node) -> Option<usize> {
        let module = self.0.get(node.module())?;
        match node {
            Node::Variable(_, name) => module.variables.get(name).copied(),
            Node::Local(_, name) => module.locals.get(name).copied(),
            Node::Output(_, name) => module.outputs.get(name).copied(),
            Node::Call(_, name) => module.calls.get(name).copied(),
            Node::Done(_) => module.done,
            Node::Block(path, block) => self.block(path, block.mode, &block.kind, &block.name),
        }
    }

    /// The index of a block.
    pub fn block(&self, path: &ModulePath, mode: Mode, kind: &str, name: &str) -> Option<usize> {
        let module = self.0.get(path)?;
        let kinds = match mode {
            Mode::Managed => &module.managed,
            Mode::Data => &module.data,
        };
        kinds.get(kind)?.get(name).copied()
    }
}
