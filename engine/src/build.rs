//! The graph of what is written: variables, locals, outputs, module calls and blocks, each waiting
//! for what its expressions mention.

mod connect;
mod names;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::addr::{BlockAddr, ConfigAddr, Mode, ModulePath};
use crate::config::{Config, Module};
use crate::diag::{Diagnostic, Diagnostics, Reported};
use crate::graph::Graph;
use crate::source::Span;
use crate::value::Text;
use names::Names;

/// Something written that has a value, or instances.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Node {
    /// A variable of a module.
    Variable(ModulePath, Text),
    /// A local value of a module.
    Local(ModulePath, Text),
    /// An output of a module.
    Output(ModulePath, Text),
    /// How many instances a module call has; everything in the module waits for it.
    Call(ModulePath, Text),
    /// Everything in a module is done; `depends_on` can wait for it.
    Done(ModulePath),
    /// A resource or data block.
    Block(ModulePath, BlockAddr),
}

impl Node {
    /// The module it is written in.
    pub fn module(&self) -> &ModulePath {
        match self {
            Node::Variable(module, _)
            | Node::Local(module, _)
            | Node::Output(module, _)
            | Node::Call(module, _)
            | Node::Done(module)
            | Node::Block(module, _) => module,
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let module = self.module();
        let dot = if module.0.is_empty() { "" } else { "." };
        match self {
            Node::Variable(_, name) => write!(f, "{module}{dot}var.{name}"),
            Node::Local(_, name) => write!(f, "{module}{dot}local.{name}"),
            Node::Output(_, name) => write!(f, "{module}{dot}output.{name}"),
            Node::Call(_, name) => write!(f, "{module}{dot}module.{name}"),
            Node::Done(_) => write!(f, "{module}"),
            Node::Block(_, block) => write!(f, "{module}{dot}{block}"),
        }
    }
}

/// What is written, in an order in which it can be evaluated.
#[derive(Debug)]
pub struct Written {
    /// The graph; its indices are those of `nodes`.
    pub graph: Graph<()>,
    /// The nodes.
    pub nodes: Vec<Node>,
    /// All indices, each after what it waits for.
    pub order: Vec<usize>,
    names: Names,
}

impl Written {
    /// The index of a node.
    pub fn find(&self, node: &Node) -> Option<usize> {
        self.names.find(node)
    }

    /// The index of a block.
    pub fn find_block(&self, at: &ModulePath, mode: Mode, kind: &str, name: &str) -> Option<usize> {
        self.names.block(at, mode, kind, name)
    }

    /// For each node, the blocks it mentions, directly or through values and module calls.
    pub fn mentioned_blocks(&self) -> Vec<Arc<BTreeSet<ConfigAddr>>> {
        let mut sets: Vec<Arc<BTreeSet<ConfigAddr>>> = vec![Arc::default(); self.nodes.len()];
        for &node in &self.order {
            let mut blocks = BTreeSet::new();
            for on in self.graph.dependencies(node) {
                match &self.nodes[on] {
                    Node::Block(module, block) => {
                        blocks.insert(ConfigAddr { module: module.clone(), block: block.clone() });
                    }
                    _ => blocks.extend(sets[on].iter().cloned()),
                }
            }
            sets[node] = Arc::new(blocks);
        }
        sets
    }
}

/// Builds the graph; a cycle is reported as a path of addresses.
pub fn build(config: &Config, diagnostics: &mut Diagnostics) -> Result<Written, Reported> {
    let (nodes, names) = all_nodes(config);
    let graph = Graph::of(vec![(); nodes.len()], connect::edges(config, &names));
    match graph.order() {
        Ok(order) => Ok(Written { graph, nodes, order, names }),
        Err(cycle) => {
            let lines: Vec<String> =
                cycle.0.iter().map(|n| format!("  {}", placed(config, &nodes[*n]))).collect();
            let detail = match lines.len() {
                1 => format!("This refers to itself, so it has no value:\n{}", lines.concat()),
                _ => format!(
                    "Each of these needs the next, and the last the first, so none can be \
                     evaluated first:\n{}",
                    shortened(lines).join("\n")
                ),
            };
            let mut diagnostic = Diagnostic::error("Dependency cycle", detail)
                .help("Break the circle: one of them must not refer to the next.");
            if let Some(span) = cycle.0.first().and_then(|n| span_of(config, &nodes[*n])) {
                diagnostic = diagnostic.at(span);
            }
            Err(diagnostics.error(diagnostic))
        }
    }
}

/// The most things of a circle that are listed.
const LONGEST_CIRCLE: usize = 30;

/// The beginning and the end of a long list.
fn shortened(mut lines: Vec<String>) -> Vec<String> {
    if lines.len() > LONGEST_CIRCLE {
        let half = LONGEST_CIRCLE / 2;
        let left_out = lines.len() - 2 * half;
        lines.splice(half..half + left_out, [format!("  ... and {left_out} more ...")]);
    }
    lines
}

/// A node with the file and line of its declaration.
fn placed(config: &Config, node: &Node) -> String {
    match span_of(config, node) {
        Some(span) => format!("{node} ({})", config.sources.place(span)),
        None => node.to_string(),
    }
}

/// Where a node is declared.
pub(crate) fn span_of(config: &Config, node: &Node) -> Option<Span> {
    let module = config.modules.get(node.module())?;
    match node {
        Node::Variable(_, name) => module.variables.get(name).map(|v| v.span),
        Node::Local(_, name) => module.locals.get(name).map(|l| l.span),
        Node::Output(_, name) => module.outputs.get(name).map(|o| o.span),
        Node::Call(_, name) => module.calls.get(name).map(|c| c.span),
        Node::Block(_, addr) => module.blocks.get(addr).map(|b| b.span),
        Node::Done(_) => None,
    }
}

/// Everything that is written, and how it is found by name.
fn all_nodes(config: &Config) -> (Vec<Node>, Names) {
    let (mut nodes, mut names) = (Vec::new(), Names::default());
    let add = |node: Node| {
        names.insert(&node, nodes.len());
        nodes.push(node);
    };
    config.modules.iter().flat_map(|(path, module)| nodes_of(path, module)).for_each(add);
    (nodes, names)
}

fn nodes_of<'c>(path: &'c ModulePath, module: &'c Module) -> impl Iterator<Item = Node> + 'c {
    let variables = module.variables.keys().map(|n| Node::Variable(path.clone(), n.clone()));
    let locals = module.locals.keys().map(|n| Node::Local(path.clone(), n.clone()));
    let outputs = module.outputs.keys().map(|n| Node::Output(path.clone(), n.clone()));
    let calls = module.calls.keys().map(|n| Node::Call(path.clone(), n.clone()));
    let blocks = module.blocks.keys().map(|a| Node::Block(path.clone(), a.clone()));
    let done = std::iter::once(Node::Done(path.clone()));
    done.chain(variables).chain(locals).chain(outputs).chain(calls).chain(blocks)
}
