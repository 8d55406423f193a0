//! What the configuration asks for: every value, and every instance of every block.
//!
//! One walk in dependency order serves three masters, told apart by [`Decide`]: validating, finding
//! out what to ask the hosts, and planning. While changes are applied, single nodes are evaluated
//! again through the same functions.

mod again;
mod body;
mod checks;
mod condition;
mod console;
mod held;
mod import;
mod output;
mod place;
mod repeat;
mod scope;
mod tables;
mod trigger;
mod variable;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use body::Configured;
pub use checks::{CheckResult, CheckStatus, Checked, Subject, unchecked};
pub use console::Console;
pub use import::Adoption;
pub use scope::Dep;
pub use tables::{Instances, ModuleAt, Shape, Tables};
pub use trigger::Trigger;

use crate::addr::{BlockAddr, ConfigAddr, InstanceAddr, Mode, ModulePath};
use crate::build::{Node, Written};
use crate::config::{Block, Config, Import};
use crate::diag::{Diagnostic, Diagnostics, Reported};
use crate::eval::{Ambient, Entropy, Files, evaluate};
use crate::resource::Registry;
use crate::value::{Text, Type, Value};
use held::{Held, Refusal};
use scope::At;

/// Everything that a walk depends on. The same inputs give the same values.
#[derive(Clone)]
pub struct Inputs {
    /// The configuration.
    pub config: Arc<Config>,
    /// Values of the root module's variables, complete and converted.
    pub variables: BTreeMap<Text, Value>,
    /// The types that blocks can have.
    pub registry: Registry,
    /// What `file()` reads.
    pub files: Arc<dyn Files>,
    /// The time of the plan, in seconds since 1970.
    pub now: i64,
}

/// Whether a walk reports what is wrong or goes on with unknown values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rigour {
    /// Every mistake is reported; unknown repetition is one.
    Strict,
    /// Mistakes become unknown values: a strict walk will report them.
    Lenient,
    /// Every mistake is reported that does not hang on a value that only a plan knows. One instance
    /// of each block and module call stands for all, and conditions are evaluated but not held.
    Types,
}

/// One instance of a block while it is evaluated.
#[derive(Debug)]
pub struct InstanceAt<'a> {
    /// Its address.
    pub addr: InstanceAddr,
    /// Its block's node.
    pub node: usize,
    /// Which instance of its module it is in.
    pub module: usize,
    /// Which instance of its block it is.
    pub index: usize,
    /// Its block.
    pub block: &'a Block,
    /// What its expressions mentioned.
    pub deps: &'a [Dep],
    /// Whether something that it mentions is about to change.
    pub pending: bool,
    /// What makes it anew when it changes.
    pub triggers: &'a [Trigger],
    /// What it takes over, by an `import` block.
    pub adopts: Option<&'a Text>,
}

/// What a walk does with instances.
pub trait Decide {
    /// The value that other expressions see for a managed object, and whether it is to change.
    fn managed(
        &mut self,
        at: &InstanceAt<'_>,
        configured: &Configured,
        diagnostics: &mut Diagnostics,
    ) -> Result<(Value, bool), Reported>;

    /// The value that other expressions see for a data source, and whether it is yet to be read.
    fn data(
        &mut self,
        at: &InstanceAt<'_>,
        configured: &Configured,
        diagnostics: &mut Diagnostics,
    ) -> Result<(Value, bool), Reported>;
}

/// A walk over what is written.
pub struct Walk<'a> {
    /// What it depends on.
    pub inputs: &'a Inputs,
    /// What is written.
    pub written: &'a Written,
    /// What came out so far.
    pub tables: Tables,
    held: Held,
    rigour: Rigour,
    overlooked: Option<Vec<bool>>,
    impure: Option<Arc<dyn Entropy>>,
    imports_into: BTreeMap<ConfigAddr, Vec<&'a Import>>,
    /// For each node the block that it is.
    blocks: Vec<Option<&'a Block>>,
}

/// Looked up once: a walk comes by each block several times.
fn blocks<'a>(config: &'a Config, written: &Written) -> Vec<Option<&'a Block>> {
    let mut found = vec![None; written.nodes.len()];
    for (path, module) in &config.modules {
        for block in module.blocks.values() {
            let BlockAddr { mode, kind, name } = &block.addr;
            if let Some(node) = written.find_block(path, *mode, kind, name) {
                found[node] = Some(&**block);
            }
        }
    }
    found
}

impl<'a> Walk<'a> {
    /// A walk that has not begun.
    pub fn new(inputs: &'a Inputs, written: &'a Written, rigour: Rigour) -> Self {
        Walk {
            inputs,
            written,
            tables: Tables::new(written),
            held: Held::default(),
            rigour,
            overlooked: None,
            impure: None,
            imports_into: import::by_target(&inputs.config),
            blocks: blocks(&inputs.config, written),
        }
    }

    /// Goes on with tables of an earlier walk, now with a clock and random numbers.
    pub fn resume(
        inputs: &'a Inputs,
        written: &'a Written,
        tables: Tables,
        impure: Arc<dyn Entropy>,
    ) -> Self {
        Walk {
            inputs,
            written,
            tables,
            held: Held::default(),
            rigour: Rigour::Strict,
            overlooked: None,
            impure: Some(impure),
            imports_into: BTreeMap::new(),
            blocks: blocks(&inputs.config, written),
        }
    }

    /// Evaluates everything in dependency order.
    pub fn run(&mut self, decide: &mut dyn Decide, diagnostics: &mut Diagnostics) {
        for index in 0..self.written.order.len() {
            let node = self.written.order[index];
            self.visit(node, decide, diagnostics);
        }
    }

    fn visit(&mut self, node: usize, decide: &mut dyn Decide, diagnostics: &mut Diagnostics) {
        let written = self.written;
        for module in 0..self.tables.instances_of(written.nodes[node].module()).len() {
            match &written.nodes[node] {
                Node::Block(path, addr) => {
                    self.visit_block(node, module, path, addr, decide, diagnostics);
                }
                Node::Call(path, name) => self.visit_call(node, module, path, name, diagnostics),
                Node::Done(_) => self.tables.set(node, module, Value::NULL, Vec::new()),
                _ => self.visit_value(node, module, diagnostics),
            }
        }
    }

    /// Whether conditions of a variable or output hang on what was about to change when it was
    /// evaluated: then they are to be held again.
    pub fn has_open_conditions(&self, node: usize, module: usize) -> bool {
        let written = &self.written.nodes[node];
        let Some(config) = self.inputs.config.modules.get(written.module()) else { return false };
        let conditions = match written {
            Node::Variable(_, name) => config.variables.get(name).map(|v| v.validations.len()),
            Node::Output(_, name) => config.outputs.get(name).map(|o| o.preconditions.len()),
            _ => None,
        };
        conditions.is_some_and(|count| count > 0) && self.tables.is_pending(node, module)
    }

    /// Evaluates a variable, local or output of one module instance into the tables.
    pub fn visit_value(&mut self, node: usize, module: usize, diagnostics: &mut Diagnostics) {
        let mut own = Diagnostics::default();
        let (value, deps) = self.value_of(node, module, &mut own);
        let value = value.and_then(|value| self.hold(node, value, &mut own));
        if value.is_err() {
            self.tables.mistook(Dep::Value(node, module));
        }
        let value = value.unwrap_or_else(|_| Value::unknown(Type::Any));
        if self.rigour_of(node) != Rigour::Lenient {
            diagnostics.extend(own);
        }
        self.tables.set(node, module, value, deps);
    }

    /// Bounds what the values take together; one that is too much is a mistake.
    fn hold(
        &mut self,
        node: usize,
        value: Value,
        diagnostics: &mut Diagnostics,
    ) -> Result<Value, Reported> {
        match self.held.take(&value) {
            Ok(()) => Ok(value),
            Err(Refusal::Told) => Ok(Value::unknown(Type::Any)),
            Err(Refusal::TooMuch(mut problem)) => {
                let what = &self.written.nodes[node];
                problem.detail = format!("The value of {what} is too large. {}", problem.detail);
                problem.span = crate::build::span_of(&self.inputs.config, what);
                Err(diagnostics.error(problem))
            }
        }
    }

    fn value_of(
        &self,
        node: usize,
        module: usize,
        diagnostics: &mut Diagnostics,
    ) -> (Result<Value, Reported>, Vec<Dep>) {
        let at = self.scope(self.written.nodes[node].module(), module);
        let config = &self.inputs.config;
        let written = config.modules.get(self.written.nodes[node].module());
        let value = match (&self.written.nodes[node], written) {
            (Node::Variable(path, name), Some(_)) => {
                return self.variable(path, name, module, diagnostics);
            }
            (Node::Local(_, name), Some(written)) => match written.locals.get(name) {
                Some(local) => evaluate(&local.value, &at, diagnostics),
                None => Ok(Value::NULL),
            },
            (Node::Output(path, name), Some(written)) => match written.outputs.get(name) {
                Some(output) => self.output(path, output, &at, diagnostics),
                None => Ok(Value::NULL),
            },
            _ => Ok(Value::NULL),
        };
        (value, at.into_deps())
    }

    fn visit_call(
        &mut self,
        node: usize,
        module: usize,
        path: &ModulePath,
        name: &Text,
        diagnostics: &mut Diagnostics,
    ) {
        let Some(call) = self.inputs.config.modules.get(path).and_then(|m| m.calls.get(name))
        else {
            return;
        };
        let at = self.scope(path, module);
        let mut own = Diagnostics::default();
        let expansion = repeat::expand(&call.repetition, &at, self.rigour_of(node), &mut own);
        let deps = at.into_deps();
        if self.rigour_of(node) != Rigour::Lenient {
            diagnostics.extend(own);
        }
        if expansion.shape == Shape::Unknown {
            self.tables.mistook(Dep::Value(node, module));
        }
        let parent = self.tables.instances_of(path)[module].addr.clone();
        for (key, each) in expansion.instances {
            self.tables.add_module(
                &path.child(name.clone()),
                ModuleAt {
                    addr: parent.child(name.clone(), key.clone()),
                    parent: module,
                    key,
                    each,
                },
            );
        }
        self.tables.set_call_shape(node, module, expansion.shape);
        self.tables.set(node, module, Value::NULL, deps);
    }

    fn visit_block(
        &mut self,
        node: usize,
        module: usize,
        path: &ModulePath,
        addr: &BlockAddr,
        decide: &mut dyn Decide,
        diagnostics: &mut Diagnostics,
    ) {
        let Some(block) = self.blocks[node] else { return };
        let at = self.scope(path, module);
        let mut own = Diagnostics::default();
        let expansion = repeat::expand(&block.repetition, &at, self.rigour_of(node), &mut own);
        let expansion_deps = at.into_deps();
        if self.rigour_of(node) != Rigour::Lenient {
            diagnostics.extend(own);
        }
        if expansion.shape == Shape::Unknown {
            self.tables.mistook(Dep::Block(node, module));
        }
        self.tables.set_instances(node, module, Instances::new(expansion));
        let target = ConfigAddr { module: path.clone(), block: addr.clone() };
        let adoptions = self.adopted_as(&target);
        for index in 0..self.tables.instances(node, module).map_or(0, |i| i.values.len()) {
            let mut own = Diagnostics::default();
            let (configured, mut deps) = self.configure(node, module, index, &mut own);
            deps.extend(expansion_deps.iter().cloned());
            let triggers = self.triggers(node, module, index, block, &mut own);
            let decided = configured.and_then(|configured| {
                let triggers = &triggers?[..];
                let addr = self.addr_of(node, module, index);
                let at = InstanceAt {
                    adopts: adoptions.get(&addr).map(|adoption| &adoption.id),
                    addr,
                    node,
                    module,
                    index,
                    block,
                    deps: &deps,
                    pending: self.tables.any_pending(&deps),
                    triggers,
                };
                match at.addr.block.mode {
                    Mode::Managed => decide.managed(&at, &configured, &mut own),
                    Mode::Data => decide.data(&at, &configured, &mut own),
                }
            });
            let decided = decided
                .and_then(|(value, pending)| Ok((self.hold(node, value, &mut own)?, pending)));
            if decided.is_err() {
                self.tables.mistook(Dep::Instance(node, module, index));
            }
            if self.rigour_of(node) != Rigour::Lenient {
                diagnostics.extend(own);
            }
            let (value, pending) = decided.unwrap_or_else(|_| (Value::unknown(Type::Any), true));
            self.tables.set_instance(node, module, index, value, pending, deps);
            self.postconditions(node, module, index, diagnostics);
        }
    }

    /// What makes an instance anew when it changes.
    fn triggers(
        &self,
        node: usize,
        module: usize,
        index: usize,
        block: &Block,
        diagnostics: &mut Diagnostics,
    ) -> Result<Vec<Trigger>, Reported> {
        let entries = &block.lifecycle.replace_triggered_by;
        let (false, Node::Block(path, _)) = (entries.is_empty(), &self.written.nodes[node]) else {
            return Ok(Vec::new());
        };
        let mut at = self.scope(path, module);
        at.each = self.tables.instances(node, module).and_then(|i| i.each[index].clone());
        trigger::all(entries, &at, diagnostics)
    }

    /// Checks what an instance promises of itself, as far as that is known.
    pub fn postconditions(
        &self,
        node: usize,
        module: usize,
        index: usize,
        diagnostics: &mut Diagnostics,
    ) {
        let Some(block) = self.blocks[node] else { return };
        let path = self.written.nodes[node].module();
        if block.lifecycle.postconditions.is_empty() || self.rigour_of(node) == Rigour::Lenient {
            return;
        }
        let Some(instances) = self.tables.instances(node, module) else { return };
        let mut at = self.scope(path, module);
        at.each = instances.each[index].clone();
        at.own = Some(instances.values[index].clone());
        let conditions = &block.lifecycle.postconditions;
        let _ = self.conditions("Resource postcondition failed", conditions, &at, diagnostics);
    }

    /// Evaluates the configuration of one instance.
    pub fn configure(
        &self,
        node: usize,
        module: usize,
        index: usize,
        diagnostics: &mut Diagnostics,
    ) -> (Result<Configured, Reported>, Vec<Dep>) {
        let (Some(block), Some(instances)) =
            (self.blocks[node], self.tables.instances(node, module))
        else {
            let detail = "An instance was asked for what is no block.";
            let bug = Diagnostic::bug("Not a block", detail);
            return (Err(diagnostics.error(bug)), Vec::new());
        };
        let mut at = self.scope(self.written.nodes[node].module(), module);
        at.each = instances.each[index].clone();
        let checked = self.conditions(
            "Resource precondition failed",
            &block.lifecycle.preconditions,
            &at,
            diagnostics,
        );
        let configured = body::configure(&self.inputs.registry, block, &at, diagnostics);
        (checked.and(configured), at.into_deps())
    }

    /// The address of an instance.
    pub fn addr_of(&self, node: usize, module: usize, index: usize) -> InstanceAddr {
        let path = self.written.nodes[node].module();
        let module_addr = self.tables.instances_of(path)[module].addr.clone();
        let key = self.tables.instances(node, module).and_then(|i| i.keys[index].clone());
        let block = match &self.written.nodes[node] {
            Node::Block(_, block) => block.clone(),
            other => {
                BlockAddr { mode: Mode::Managed, kind: "".into(), name: other.to_string().into() }
            }
        };
        InstanceAddr { module: module_addr, block, key, deposed: None }
    }

    fn scope(&self, path: &ModulePath, module: usize) -> At<'_> {
        let module_dir = self.inputs.config.modules.get(path).map(|m| m.dir.clone());
        let root = self.inputs.config.modules.get(&ModulePath::default()).map(|m| m.dir.clone());
        let ambient = Ambient {
            files: self.inputs.files.clone(),
            module_dir: module_dir.unwrap_or_else(|| ".".into()),
            root_dir: root.unwrap_or_else(|| ".".into()),
            planned_at: self.inputs.now,
            impure: self.impure.clone(),
        };
        At::new(self, path.clone(), module, ambient)
    }
}
