//! Which attributes of objects what changes was made from.

use std::collections::BTreeSet;

use quorate_engine::addr::{ConfigAddr, ModulePath};
use quorate_engine::config::{Config, Module};
use quorate_engine::eval::{Expr, references};
use quorate_engine::plan::{Action, Plan};
use serde_json::{Value as Json, json};

use super::expression::parts;

/// Every attribute of a managed object that a changed object or output mentions, by way of locals
/// too.
pub fn attributes(config: &Config, plan: &Plan) -> Json {
    let changed: BTreeSet<ConfigAddr> = plan
        .objects
        .iter()
        .filter(|object| object.change.action() != Action::NoOp)
        .map(|object| object.addr.config())
        .collect();
    let mut found = Found { config, seen: BTreeSet::new(), all: BTreeSet::new() };
    for (path, module) in &config.modules {
        for block in module.blocks.values() {
            let addr = ConfigAddr { module: path.clone(), block: block.addr.clone() };
            if changed.contains(&addr) {
                block.body.attrs.values().for_each(|(_, expr)| found.follow(path, module, expr));
            }
        }
        for (name, call) in &module.calls {
            let below = path.child(name.clone());
            if changed.iter().any(|addr| addr.module.0.starts_with(&below.0)) {
                call.arguments.values().for_each(|(_, expr)| found.follow(path, module, expr));
            }
        }
    }
    let root = ModulePath::default();
    if let Some(module) = config.modules.get(&root) {
        for (name, output) in &module.outputs {
            let change = plan.outputs.get(name);
            if change.is_some_and(|change| change.before != change.after) {
                found.follow(&root, module, &output.value);
            }
        }
    }
    let entry = |(resource, attribute): (String, Vec<Json>)| json!({ "resource": resource, "attribute": attribute });
    found
        .all
        .into_iter()
        .map(|(resource, path)| entry((resource, path.into_iter().map(step).collect())))
        .collect()
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
    seen: BTreeSet<(ModulePath, String)>,
    all: BTreeSet<(String, Vec<String>)>,
}

impl Found<'_> {
    fn follow(&mut self, path: &ModulePath, module: &Module, expr: &Expr) {
        for reference in references(expr) {
            let parts = parts(&reference, &self.config.sources);
            match &*reference.root {
                "local" => self.local(path, module, &reference.path),
                "var" | "module" | "data" | "each" | "count" | "path" | "self" | "terraform" => {}
                _ => self.object(path, &parts),
            }
        }
    }

    fn local(&mut self, path: &ModulePath, module: &Module, names: &[std::sync::Arc<str>]) {
        let Some((name, local)) = names.first().and_then(|name| module.locals.get_key_value(name))
        else {
            return;
        };
        if self.seen.insert((path.clone(), name.to_string())) {
            self.follow(path, module, &local.value);
        }
    }

    fn object(&mut self, path: &ModulePath, parts: &[String]) {
        let indexed = parts.get(2).is_some_and(|part| part.starts_with('['));
        let name_ends = if indexed { 3 } else { 2 };
        let Some((name, attribute)) = parts.split_at_checked(name_ends) else { return };
        let dot = if path.0.is_empty() { "" } else { "." };
        self.all.insert((format!("{path}{dot}{}", name.concat()), attribute.to_vec()));
    }
}
