//! Objects in the tree of the modules that they are in.

use std::collections::BTreeMap;

use quorate_engine::addr::{InstanceAddr, Key, ModuleInstance};
use quorate_engine::value::Text;
use serde::Serialize;

/// A module with its objects and those below it; the fields stand in the order of their names, as
/// everywhere in a document.
#[derive(Serialize)]
pub struct Module<T> {
    #[serde(skip_serializing_if = "String::is_empty")]
    address: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    child_modules: Vec<Module<T>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resources: Vec<T>,
}

struct Tree<T> {
    resources: Vec<T>,
    children: BTreeMap<(Text, Option<Key>), Tree<T>>,
}

impl<T> Default for Tree<T> {
    fn default() -> Tree<T> {
        Tree { resources: Vec::new(), children: BTreeMap::new() }
    }
}

/// The root module of a list of objects, with all modules below it.
pub fn root_module<'a, T>(objects: impl IntoIterator<Item = (&'a InstanceAddr, T)>) -> Module<T> {
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
fn module<T>(tree: Tree<T>, at: &ModuleInstance) -> Module<T> {
    let address = if at.0.is_empty() { String::new() } else { at.to_string() };
    let below = tree.children.into_iter();
    let child_modules = below.map(|((name, key), tree)| module(tree, &at.child(name, key)));
    Module { address, child_modules: child_modules.collect(), resources: tree.resources }
}
