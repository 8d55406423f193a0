//! What each node waits for: the nodes that its expressions and its `depends_on` name.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Node;
use super::names::Names;
use crate::addr::{Mode, ModulePath};
use crate::config::{
    Block, Body, Call, Condition, Config, Depends, DependsOn, Import, Module, NestedForm,
    Repetition,
};
use crate::eval::{Expr, each_reference};
use crate::parallel;
use crate::value::Text;

/// So many blocks are connected at once.
const PART: usize = 512;

/// Pairs of nodes: the first waits for the second.
pub(super) type Edges = Vec<(usize, usize)>;

/// What waits for what in a configuration.
pub(super) fn edges(config: &Config, names: &Names) -> Edges {
    let mut connector = Connector { config, names, edges: Vec::new() };
    connector.connect_all();
    connector.edges
}

struct Connector<'a> {
    config: &'a Config,
    names: &'a Names,
    edges: Edges,
}

impl Connector<'_> {
    fn connect_all(&mut self) {
        for (path, module) in &self.config.modules {
            self.connect_module(path, module);
            self.connect_blocks(path, module);
            module.imports.iter().for_each(|import| self.connect_import(path, import));
        }
    }

    /// Blocks hang on names alone, not on one another, so many are done side by side.
    fn connect_blocks(&mut self, path: &ModulePath, module: &Module) {
        let blocks: Vec<&Block> = module.blocks.values().map(|block| &**block).collect();
        let parts: Vec<&[&Block]> = blocks.chunks(PART).collect();
        let edges = parallel::map(&parts, |part| {
            let mut connector = Connector { edges: Vec::new(), ..*self };
            part.iter().for_each(|block| connector.connect_block(path, block));
            connector.edges
        });
        self.edges.extend(edges.into_iter().flatten());
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

    fn connect_block(&mut self, path: &ModulePath, block: &Block) {
        let Block { addr, .. } = block;
        let node = self.block(path, addr.mode, &addr.kind, &addr.name);
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
            self.edges.push((node, on));
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
            if let NestedForm::Dynamic { for_each, .. } = &nested.form {
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
                    self.edges.push((node, on));
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
            self.edges.push((node, on));
        }
    }

    /// The nodes that an expression mentions, each once. Names that mean nothing are reported by
    /// the evaluation.
    fn mentioned(&self, path: &ModulePath, expr: &Expr) -> BTreeSet<usize> {
        let mut nodes = BTreeSet::new();
        each_reference(expr, &mut |mention| match (mention.root, mention.leading()) {
            ("var", [Some(name), _]) => {
                nodes.extend(self.at(Node::Variable(path.clone(), name.into())));
            }
            ("local", [Some(name), _]) => {
                nodes.extend(self.at(Node::Local(path.clone(), name.into())));
            }
            ("module", [Some(name), output]) => nodes.extend(self.outputs_of(path, name, output)),
            ("data", [Some(kind), Some(name)]) => {
                nodes.extend(self.block(path, Mode::Data, kind, name));
            }
            (kind, [Some(name), _]) => nodes.extend(self.block(path, Mode::Managed, kind, name)),
            _ => {}
        });
        nodes
    }

    fn block(&self, path: &ModulePath, mode: Mode, kind: &str, name: &str) -> Option<usize> {
        self.names.block(path, mode, kind, name)
    }

    /// One output where it is named, otherwise all of the module's.
    fn outputs_of(&self, path: &ModulePath, call: &str, output: Option<&str>) -> Vec<usize> {
        let inner = path.child(call.into());
        let mut nodes: Vec<usize> =
            self.at(Node::Call(path.clone(), call.into())).into_iter().collect();
        if let Some(name) = output
            && let Some(node) = self.at(Node::Output(inner.clone(), name.into()))
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
