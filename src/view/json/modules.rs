//! Objects in the tree of the modules that they are in.

use std::collections::BTreeMap;

use quorate_engine::addr::{InstanceAddr, Key, ModuleInstance};
use quorate_engine::value::Text;
use serde_json::{Value as Json, json};

#[derive(Default)]
struct Tree {
    resources: Vec<Json>,
    children: BTreeMap<(Text, Option<Key>), Tree>,
}

/// The root module of a list of objects, with all modules below it.
pub fn root_module(objects: impl IntoIterator<Item = (InstanceAddr, Json)>) -> Json {
    let mut root = Tree::default();
    for (addr, object) in objects {
        let of = addr
            .module
            .0
            .iter()
            .fold(&mut root, |tree, call| tree.children.entry(call.clone()).or_default());
        of.resources.push(object);
    }
    module(root, &ModuleInstance::default())
}

/// The depth of calls is bounded by that of folders, which the loader follows without recursion;
/// a state holds no deeper ones.
fn module(tree: Tree, at: &ModuleInstance) -> Json {
    let mut json = json!({});
    if !at.0.is_empty() {
        json["address"] = json!(at.to_string());
    }
    if !tree.resources.is_empty() {
        json["resources"] = Json::Array(tree.resources);
    }
    let below = tree.children.into_iter();
    let below: Vec<_> =
        below.map(|((name, key), tree)| module(tree, &at.child(name, key))).collect();
    if !below.is_empty() {
        json["child_modules"] = Json::Array(below);
    }
    json
}
