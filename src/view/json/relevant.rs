//! Which attributes of objects what changes was made from, as Terraform finds them: from the
//! configuration of each changed instance, back through variables, locals, outputs and what
//! repeats, to the first object on each way.

use std::collections::BTreeSet;

use quorate_engine::addr::{InstanceAddr, Key, Mode, ModuleInstance, ModulePath};
use quorate_engine::config::{Block, Body, Config, Module, NestedForm, Repetition};
use quorate_engine::eval::{Expr, Reference, references};
use quorate_engine::plan::{Action, Extent, Goal, Plan};
use quorate_engine::source::Span;
use quorate_engine::value::Text;
use serde_json::{Value as Json, json};

use super::expression::parts;

/// Every attribute that a changed object or output was made from. Outputs of modules count as
/// changed, as in Terraform, which keeps no values of them to compare with.
pub fn attributes(config: &Config, plan: &Plan) -> Json {
    let mut found = Found { config, seen: BTreeSet::new(), all: BTreeSet::new() };
    let changed = plan.objects.iter().filter(|object| object.change.action() != Action::NoOp);
    changed.for_each(|object| found.instance(&object.addr));
    if let Some(root) = config.modules.get(&ModulePath::default()) {
        for (name, output) in &root.outputs {
            let change = plan.outputs.get(name);
            if change.is_some_and(|change| change.before != change.after) {
                found.follow(&ModuleInstance::default(), &Repetition::Single, &output.value);
            }
        }
    }
    if plan.aim.goal != Goal::Destroy && plan.aim.extent == Extent::All {
        instances(config, plan).iter().for_each(|module| found.outputs(module));
    }
    let entry = |(resource, attribute): (String, Vec<Json>)| json!({ "resource": resource, "attribute": attribute });
    let steps = |path: Vec<String>| path.into_iter().map(step).collect();
    found.all.into_iter().map(|(resource, path)| entry((resource, steps(path)))).collect()
}

/// The instances of modules other than the root: those that objects or conditions are in, and
/// those that are not repeated.
fn instances(config: &Config, plan: &Plan) -> BTreeSet<ModuleInstance> {
    let mut all = BTreeSet::new();
    let stays = plan.objects.iter().filter(|object| object.change.after().is_some());
    let checked = plan.checks.iter().flat_map(|check| check.instances.iter().flatten());
    let known = stays.map(|object| &object.addr.module).chain(checked.map(|one| &one.module));
    for ModuleInstance(calls) in known {
        all.extend((1..=calls.len()).map(|depth| ModuleInstance(calls[..depth].to_vec())));
    }
    let known: BTreeSet<ModulePath> = all.iter().map(ModuleInstance::path).collect();
    let plain =
        |path: &ModulePath| ModuleInstance(path.0.iter().map(|c| (c.clone(), None)).collect());
    let rest = config.modules.keys().filter(|path| !path.0.is_empty() && !known.contains(path));
    all.extend(rest.filter(|path| is_single(config, path)).map(plain));
    all
}

fn is_single(config: &Config, path: &ModulePath) -> bool {
    (0..path.0.len()).all(|depth| {
        let module = config.modules.get(&ModulePath(path.0[..depth].to_vec()));
        let call = module.and_then(|module| module.calls.get(&path.0[depth]));
        call.is_some_and(|call| matches!(call.repetition, Repetition::Single))
    })
}

/// `.name` or `[0]` as Terraform writes a step of a path.
fn step(part: String) -> Json {
    match part.strip_prefix('.') {
        Some(name) => json!(name),
        None => {
            let index = part.trim_start_matches('[').trim_end_matches(']');
            index.parse::<u64>().map_or_else(|_| json!(index.trim_matches('"')), |n| json!(n))
        }
    }
}

struct Found<'a> {
    config: &'a Config,
    /// Expressions that were followed, in their instance of the module.
    seen: BTreeSet<(ModuleInstance, Span)>,
    all: BTreeSet<(String, Vec<String>)>,
}

impl<'a> Found<'a> {
    fn module(&self, at: &ModuleInstance) -> Option<&'a Module> {
        self.config.modules.get(&at.path()).map(|module| &**module)
    }

    fn instance(&mut self, addr: &InstanceAddr) {
        let blocks = self.module(&addr.module).map(|module| &module.blocks);
        let Some(block) = blocks.and_then(|blocks| blocks.get(&addr.block)) else { return };
        let block: &'a Block = block;
        self.body(&addr.module, &block.repetition, &block.body);
    }

    fn body(&mut self, at: &ModuleInstance, repetition: &'a Repetition, body: &'a Body) {
        body.attrs.values().for_each(|(_, expr)| self.follow(at, repetition, expr));
        for nested in &body.blocks {
            if let NestedForm::Dynamic { for_each, .. } = &nested.form {
                self.follow(at, repetition, for_each);
            }
            self.body(at, repetition, &nested.body);
        }
    }

    fn outputs(&mut self, at: &ModuleInstance) {
        for output in self.module(at).iter().flat_map(|module| module.outputs.values()) {
            self.follow(at, &Repetition::Single, &output.value);
        }
    }

    /// Follows what an expression mentions. `repetition` gives `each` and `count` their meaning.
    fn follow(&mut self, at: &ModuleInstance, repetition: &'a Repetition, expr: &'a Expr) {
        if !self.seen.insert((at.clone(), expr.span())) {
            return;
        }
        for reference in &references(expr) {
            let name = reference.path.first();
            match (&*reference.root, name) {
                ("var", Some(name)) => self.variable(at, name),
                ("local", Some(name)) => {
                    let local = self.module(at).and_then(|module| module.locals.get(name));
                    if let Some(local) = local {
                        self.follow(at, &Repetition::Single, &local.value);
                    }
                }
                ("each" | "count", _) => {
                    if let Repetition::Count(expr) | Repetition::ForEach(expr) = repetition {
                        self.follow(at, repetition, expr);
                    }
                }
                ("module", Some(call)) => self.output(at, call, reference),
                ("data", _) => self.object(at, reference, Mode::Data),
                ("path" | "self" | "terraform", _) => {}
                _ => self.object(at, reference, Mode::Managed),
            }
        }
    }

    fn variable(&mut self, at: &ModuleInstance, name: &Text) {
        let Some(((call, _), parent)) = at.0.split_last() else { return };
        let parent = ModuleInstance(parent.to_vec());
        let call = self.module(&parent).and_then(|module| module.calls.get(call));
        if let Some((call, (_, expr))) = call.and_then(|c| Some((c, c.arguments.get(name)?))) {
            self.follow(&parent, &call.repetition, expr);
        }
    }

    /// An output, or all of them where none is named.
    fn output(&mut self, at: &ModuleInstance, call: &Text, reference: &Reference) {
        let parts = parts(reference, &self.config.sources);
        let key = parts.get(2).and_then(|part| key(part));
        let name = parts.get(if key.is_some() { 3 } else { 2 });
        let name = name.and_then(|part| part.strip_prefix('.'));
        let inner = at.child(call.clone(), key);
        let Some(module) = self.module(&inner) else { return };
        let wanted = |output: &&Text| name.is_none_or(|name| name == &***output);
        for name in module.outputs.keys().filter(wanted) {
            self.follow(&inner, &Repetition::Single, &module.outputs[name].value);
        }
    }

    fn object(&mut self, at: &ModuleInstance, reference: &Reference, mode: Mode) {
        let parts = parts(reference, &self.config.sources);
        let named = if mode == Mode::Data { 3 } else { 2 };
        let indexed = parts.get(named).is_some_and(|part| part.starts_with('['));
        let Some((name, attribute)) = parts.split_at_checked(named + usize::from(indexed)) else {
            return;
        };
        let dot = if at.0.is_empty() { "" } else { "." };
        self.all.insert((format!("{at}{dot}{}", name.concat()), attribute.to_vec()));
    }
}

/// `[0]` and `["a"]` as keys.
fn key(part: &str) -> Option<Key> {
    let inner = part.strip_prefix('[')?.strip_suffix(']')?;
    match inner.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(text) => Some(Key::Name(text.into())),
        None => inner.parse().ok().map(Key::Index),
    }
}
