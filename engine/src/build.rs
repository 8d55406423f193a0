//! The graph of what is written: variables, locals, outputs, module calls and blocks, each waiting
//! for what its expressions mention.

mod names;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::addr::{BlockAddr, ConfigAddr, Mode, ModulePath};
use crate::config::{
    Block, Body, Call, Condition, Config, Depends, DependsOn, Import, Module, Repetition,
};
use crate::diag::{Diagnostic, Diagnostics, Reported};
use crate::eval::{Expr, references};
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
    let mut builder =
        Builder { config, graph: Graph::default(), nodes: vec![], names: Names::default() };
    builder.add_all();
    builder.connect_all();
    let Builder { graph, nodes, names, .. } = builder;
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

struct Builder<'a> {
    config: &'a Config,
    graph: Graph<()>,
    nodes: Vec<Node>,
    names: Names,
}

impl Builder<'_> {
    fn add(&mut self, node: Node) {
        self.graph.add(());
        self.names.insert(&node, self.nodes.len());
        self.nodes.push(node);
    }

    fn add_all(&mut self) {
        for (path, module) in &self.config.modules {
            self.add(Node::Done(path.clone()));
            let names = module.variables.keys().map(|n| Node::Variable(path.clone(), n.clone()));
            let names = names
                .chain(module.locals.keys().map(|n| Node::Local(path.clone(), n.clone())))
                .chain(module.outputs.keys().map(|n| Node::Output(path.clone(), n.clone())))
                .chain(module.calls.keys().map(|n| Node::Call(path.clone(), n.clone())))
                .chain(module.blocks.keys().map(|a| Node::Block(path.clone(), a.clone())));
            names.collect::<Vec<_>>().into_iter().for_each(|node| self.add(node));
        }
    }

    fn connect_all(&mut self) {
        for (path, module) in &self.config.modules {
            self.connect_module(path, module);
            module.imports.iter().for_each(|import| self.connect_import(path, import));
        }
    }

    fn connect_module(&mut self, path: &ModulePath, module: &Module) {
        let call = self.call_of(path);
        let arguments = self.arguments_of(path);
        for (name, variable) in &module.variables {
            let node = self.at(Node::Variable(path.clone(), name.clone()));
            self.depend(node, call);
            if let (Some((parent, call)), Some(node)) = (&arguments, node)
                && let Some((_, expr)) = call.arguments.get(name)
            {
                self.mention(node, parent, expr);
            }
            self.conditions(node, path, &variable.validations, Some(name));
        }
        for (name, local) in &module.locals {
            let node = self.at(Node::Local(path.clone(), name.clone()));
            self.depend(node, call);
            node.into_iter().for_each(|node| self.mention(node, path, &local.value));
        }
        for (name, output) in &module.outputs {
            let node = self.at(Node::Output(path.clone(), name.clone()));
            self.depend(node, call);
            node.into_iter().for_each(|node| self.mention(node, path, &output.value));
            self.conditions(node, path, &output.preconditions, None);
            self.orders(node, path, &output.depends_on);
            self.done_waits(path, node);
        }
        for (name, call) in &module.calls {
            self.connect_call(path, name, call);
        }
        for (addr, block) in &module.blocks {
            self.connect_block(path, addr, block);
        }
    }

    fn connect_call(&mut self, path: &ModulePath, name: &Text, call: &Call) {
        let node = self.at(Node::Call(path.clone(), name.clone()));
        let outer = self.call_of(path);
        self.depend(node, outer);
        self.repetition(node, path, &call.repetition);
        self.orders(node, path, &call.depends_on);
        let inner = self.at(Node::Done(path.child(name.clone())));
        self.done_waits(path, inner);
    }

    fn connect_block(&mut self, path: &ModulePath, addr: &BlockAddr, block: &Block) {
        let node = self.at(Node::Block(path.clone(), addr.clone()));
        let call = self.call_of(path);
        self.depend(node, call);
        self.repetition(node, path, &block.repetition);
        self.orders(node, path, &block.depends_on);
        node.into_iter().for_each(|node| self.body(node, path, &block.body));
        self.conditions(node, path, &block.lifecycle.preconditions, None);
        self.conditions(node, path, &block.lifecycle.postconditions, None);
        for trigger in &block.lifecycle.replace_triggered_by {
            node.into_iter().for_each(|node| self.mention(node, path, trigger));
        }
        self.done_waits(path, node);
    }

    /// What an object takes over must be known before anything is said of it.
    fn connect_import(&mut self, path: &ModulePath, import: &Import) {
        let target = import.target().and_then(|to| self.at(Node::Block(to.module, to.block)));
        let Some(node) = target else { return };
        for expr in import.keys().iter().chain(&import.for_each).chain([&import.id]) {
            self.mention(node, path, expr);
        }
    }

    fn at(&self, node: Node) -> Option<usize> {
        self.names.find(&node)
    }

    fn call_of(&self, path: &ModulePath) -> Option<usize> {
        let (name, parent) = path.0.split_last()?;
        self.at(Node::Call(ModulePath(parent.to_vec()), name.clone()))
    }

    fn arguments_of(&self, path: &ModulePath) -> Option<(ModulePath, Arc<Call>)> {
        let (name, parent) = path.0.split_last()?;
        let parent = ModulePath(parent.to_vec());
        let call = self.config.modules.get(&parent)?.calls.get(name)?;
        let call = call.clone();
        Some((parent, call))
    }

    fn depend(&mut self, node: Option<usize>, on: Option<usize>) {
        if let (Some(node), Some(on)) = (node, on) {
            self.graph.depends(node, on);
        }
    }

    fn done_waits(&mut self, path: &ModulePath, on: Option<usize>) {
        let done = self.at(Node::Done(path.clone()));
        self.depend(done, on);
    }

    fn repetition(&mut self, node: Option<usize>, path: &ModulePath, repetition: &Repetition) {
        if let (Some(node), Repetition::Count(expr) | Repetition::ForEach(expr)) =
            (node, repetition)
        {
            self.mention(node, path, expr);
        }
    }

    fn body(&mut self, node: usize, path: &ModulePath, body: &Body) {
        for (_, expr) in body.attrs.values() {
            self.mention(node, path, expr);
        }
        for nested in &body.blocks {
            if let crate::config::NestedForm::Dynamic { for_each, .. } = &nested.form {
                self.mention(node, path, for_each);
            }
            self.body(node, path, &nested.body);
        }
    }

    /// Conditions may mention the very thing they are about (`own`), which is no dependency.
    fn conditions(
        &mut self,
        node: Option<usize>,
        path: &ModulePath,
        conditions: &[Condition],
        own: Option<&Text>,
    ) {
        let Some(node) = node else { return };
        for expr in conditions.iter().flat_map(|c| [&c.condition, &c.message]) {
            for on in self.mentioned(path, expr) {
                let is_own = own.is_some() && on == node;
                if !is_own {
                    self.graph.depends(node, on);
                }
            }
        }
    }

    fn orders(&mut self, node: Option<usize>, path: &ModulePath, depends: &[Depends]) {
        for Depends { on, .. } in depends {
            let on = match on {
                DependsOn::Block(addr) => Node::Block(path.clone(), addr.clone()),
                DependsOn::Module(name) => Node::Done(path.child(name.clone())),
                DependsOn::Named(root, name) if &**root == "var" => {
                    Node::Variable(path.clone(), name.clone())
                }
                DependsOn::Named(_, name) => Node::Local(path.clone(), name.clone()),
            };
            let on = self.at(on);
            self.depend(node, on);
        }
    }

    fn mention(&mut self, node: usize, path: &ModulePath, expr: &Expr) {
        for on in self.mentioned(path, expr) {
            self.graph.depends(node, on);
        }
    }

    /// The nodes that an expression mentions, each once. Names that mean nothing are reported by
    /// the evaluation.
    fn mentioned(&self, path: &ModulePath, expr: &Expr) -> BTreeSet<usize> {
        let mut nodes = BTreeSet::new();
        for reference in references(expr) {
            let names: Vec<&Text> = reference.path.iter().collect();
            match (&*reference.root, names.as_slice()) {
                ("var", [name, ..]) => {
                    nodes.extend(self.at(Node::Variable(path.clone(), (*name).clone())));
                }
                ("local", [name, ..]) => {
                    nodes.extend(self.at(Node::Local(path.clone(), (*name).clone())));
                }
                ("module", [name, rest @ ..]) => {
                    nodes.extend(self.outputs_of(path, name, rest.first().copied()));
                }
                ("data", [kind, name, ..]) => {
                    nodes.extend(self.block(path, Mode::Data, kind, name));
                }
                (_, [name, ..]) => {
                    nodes.extend(self.block(path, Mode::Managed, &reference.root, name));
                }
                _ => {}
            }
        }
        nodes
    }

    fn block(&self, path: &ModulePath, mode: Mode, kind: &Text, name: &Text) -> Option<usize> {
        self.names.block(path, mode, kind, name)
    }

    /// One output where it is named, otherwise all of the module's.
    fn outputs_of(&self, path: &ModulePath, call: &Text, output: Option<&Text>) -> Vec<usize> {
        let inner = path.child(call.clone());
        let mut nodes: Vec<usize> =
            self.at(Node::Call(path.clone(), call.clone())).into_iter().collect();
        if let Some(name) = output
            && let Some(node) = self.at(Node::Output(inner.clone(), name.clone()))
        {
            nodes.push(node);
            return nodes;
        }
        let Some(module) = self.config.modules.get(&inner) else { return nodes };
        let all = module.outputs.keys().map(|name| Node::Output(inner.clone(), name.clone()));
        nodes.extend(all.filter_map(|node| self.at(node)));
        nodes
    }
}
