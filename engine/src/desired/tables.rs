//! What a walk has found: values by node and module instance, instances by block.

use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};
use std::cell::OnceCell;

use super::repeat::Expansion;
use super::scope::Dep;
use crate::addr::{Key, ModuleInstance, ModulePath};
use crate::build::Written;
use crate::value::{Type, Value};

/// What `each` and `count` mean in an instance.
#[derive(Clone, Debug, PartialEq)]
pub enum Each {
    /// `count.index`
    Count(Value),
    /// `each.key` and `each.value`
    Entry(Value, Value),
}

/// How a block or call is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Not at all: one instance without key.
    Single,
    /// By `count`.
    Count,
    /// By `for_each`.
    ForEach,
    /// By `count`, and one instance stands for all.
    SomeByCount,
    /// By `for_each`, and one instance stands for all.
    SomeByForEach,
    /// That is not known yet; there are no instances.
    Unknown,
}

/// One instance of a module.
#[derive(Clone, Debug)]
pub struct ModuleAt {
    /// Its address.
    pub addr: ModuleInstance,
    /// Which instance of the calling module it is in.
    pub parent: usize,
    /// Its key.
    pub key: Option<Key>,
    /// What `each` and `count` mean in its arguments.
    pub each: Option<Each>,
}

/// The instances that one call makes of a module, in one instance of the calling module.
#[derive(Clone, Debug, Default)]
pub struct Children {
    all: Vec<(usize, Option<Key>)>,
    by_key: HashMap<Key, usize>,
}

impl Children {
    /// Each, with its key, in the order they were found.
    pub fn all(&self) -> impl Iterator<Item = (usize, Option<&Key>)> {
        self.all.iter().map(|(module, key)| (*module, key.as_ref()))
    }

    /// The one of a key.
    pub fn find(&self, key: &Key) -> Option<usize> {
        self.by_key.get(key).copied()
    }
}

/// The instances of one block in one module instance.
#[derive(Clone, Debug)]
pub struct Instances {
    /// How the block is repeated.
    pub shape: Shape,
    /// Their keys.
    pub keys: Vec<Option<Key>>,
    /// What `each` and `count` mean in them.
    pub each: Vec<Option<Each>>,
    /// What other expressions see.
    pub values: Vec<Value>,
    /// What each mentions.
    pub deps: Vec<Vec<Dep>>,
    by_key: HashMap<Key, usize>,
    pending: Vec<bool>,
    whole: OnceCell<Value>,
}

impl Instances {
    /// Instances that are not evaluated yet.
    pub fn new(expansion: Expansion) -> Instances {
        let count = expansion.instances.len();
        let (keys, each): (Vec<_>, Vec<_>) = expansion.instances.into_iter().unzip();
        let by_key = keys.iter().enumerate().filter_map(|(i, key)| Some((key.clone()?, i)));
        Instances {
            shape: expansion.shape,
            by_key: by_key.collect(),
            keys,
            each,
            values: vec![Value::unknown(Type::Any); count],
            deps: vec![Vec::new(); count],
            pending: vec![false; count],
            whole: OnceCell::new(),
        }
    }

    /// The instance of a key.
    pub fn find(&self, key: &Key) -> Option<usize> {
        self.by_key.get(key).copied()
    }

    /// All instances as one value, made once.
    pub fn whole(&self) -> Value {
        self.whole.get_or_init(|| self.gather()).clone()
    }

    /// The type of the instance that stands for all.
    fn any_type(&self) -> Type {
        self.values.first().map_or(Type::Any, Value::type_of)
    }

    fn gather(&self) -> Value {
        match self.shape {
            Shape::Single => self.values.first().cloned().unwrap_or(Value::NULL),
            Shape::Count => Value::tuple(self.values.iter().cloned()),
            Shape::ForEach => {
                let names = self.keys.iter().map(|key| match key {
                    Some(Key::Name(name)) => name.clone(),
                    _ => "".into(),
                });
                Value::object(names.zip(self.values.iter().cloned()))
            }
            Shape::SomeByCount => Value::unknown_not_null(Type::list(self.any_type())),
            Shape::SomeByForEach => Value::unknown_not_null(Type::map(self.any_type())),
            Shape::Unknown => Value::unknown(Type::Any),
        }
    }
}

/// Everything that a walk has found.
#[derive(Clone, Debug)]
pub struct Tables {
    modules: HashMap<ModulePath, Vec<ModuleAt>>,
    /// By the instance of the calling module.
    children: HashMap<ModulePath, HashMap<usize, Children>>,
    childless: Children,
    values: Vec<Vec<Option<Value>>>,
    value_deps: Vec<Vec<Vec<Dep>>>,
    value_pending: Vec<Vec<bool>>,
    call_shapes: Vec<Vec<Option<Shape>>>,
    blocks: Vec<Vec<Option<Instances>>>,
    /// What was a mistake, or hangs on one, and is unknown for that reason alone.
    mistaken: HashSet<Dep>,
}

impl Tables {
    pub(super) fn new(written: &Written) -> Tables {
        let root = ModuleAt { addr: ModuleInstance::default(), parent: 0, key: None, each: None };
        let count = written.nodes.len();
        Tables {
            modules: HashMap::from_iter([(ModulePath::default(), vec![root])]),
            children: HashMap::default(),
            childless: Children::default(),
            values: vec![Vec::new(); count],
            value_deps: vec![Vec::new(); count],
            value_pending: vec![Vec::new(); count],
            call_shapes: vec![Vec::new(); count],
            blocks: vec![Vec::new(); count],
            mistaken: HashSet::default(),
        }
    }

    /// The instances of a module, in the order they were found.
    pub fn instances_of(&self, path: &ModulePath) -> &[ModuleAt] {
        self.modules.get(path).map_or(&[], Vec::as_slice)
    }

    /// Those of them that are in one instance of the calling module.
    pub(super) fn children(&self, path: &ModulePath, parent: usize) -> &Children {
        self.children.get(path).and_then(|of| of.get(&parent)).unwrap_or(&self.childless)
    }

    pub(super) fn add_module(&mut self, path: &ModulePath, at: ModuleAt) {
        let modules = self.modules.entry(path.clone()).or_default();
        let children = self.children.entry(path.clone()).or_default();
        let siblings = children.entry(at.parent).or_default();
        siblings.all.push((modules.len(), at.key.clone()));
        siblings.by_key.extend(at.key.clone().map(|key| (key, modules.len())));
        modules.push(at);
    }

    pub(super) fn set(&mut self, node: usize, module: usize, value: Value, deps: Vec<Dep>) {
        let pending = self.any_pending(&deps);
        if self.any_mistaken(&deps) {
            self.mistook(Dep::Value(node, module));
        }
        put(&mut self.values[node], module, Some(value));
        put(&mut self.value_deps[node], module, deps);
        put(&mut self.value_pending[node], module, pending);
    }

    pub(super) fn set_call_shape(&mut self, node: usize, module: usize, shape: Shape) {
        put(&mut self.call_shapes[node], module, Some(shape));
    }

    pub(super) fn call_shape(&self, node: usize, module: usize) -> Option<Shape> {
        self.call_shapes[node].get(module).copied().flatten()
    }

    pub(super) fn set_instances(&mut self, node: usize, module: usize, instances: Instances) {
        put(&mut self.blocks[node], module, Some(instances));
    }

    /// Replaces what `each` means in instances; their keys stay.
    pub(super) fn set_each(&mut self, node: usize, module: usize, again: Expansion) {
        let Some(Some(instances)) = self.blocks[node].get_mut(module) else { return };
        for (key, each) in again.instances {
            let index = key.and_then(|key| instances.by_key.get(&key));
            if let Some(index) = index {
                instances.each[*index] = each;
            }
        }
    }

    /// The same for the instances of a module that one instance of its caller makes.
    pub(super) fn set_module_each(&mut self, path: &ModulePath, parent: usize, again: Expansion) {
        let mine = self.children.get(path).and_then(|of| of.get(&parent));
        let (Some(mine), Some(all)) = (mine, self.modules.get_mut(path)) else { return };
        for (key, each) in again.instances {
            if let Some(at) = key.and_then(|key| mine.find(&key)) {
                all[at].each = each;
            }
        }
    }

    pub(super) fn set_instance(
        &mut self,
        node: usize,
        module: usize,
        index: usize,
        value: Value,
        pending: bool,
        deps: Vec<Dep>,
    ) {
        if self.any_mistaken(&deps) {
            self.mistook(Dep::Instance(node, module, index));
        }
        let Some(Some(instances)) = self.blocks[node].get_mut(module) else { return };
        instances.values[index] = value;
        instances.pending[index] = pending;
        instances.deps[index] = deps;
        instances.whole = OnceCell::new();
    }

    /// Replaces what other expressions see for an instance, once it has been applied.
    pub fn became(&mut self, node: usize, module: usize, index: usize, value: Value) {
        let Some(Some(instances)) = self.blocks[node].get_mut(module) else { return };
        instances.values[index] = value;
        instances.pending[index] = false;
        instances.whole = OnceCell::new();
    }

    /// The value of a variable, local or output.
    pub fn value(&self, node: usize, module: usize) -> Option<&Value> {
        self.values[node].get(module)?.as_ref()
    }

    /// Whether something that a value mentions was about to change.
    pub(super) fn is_pending(&self, node: usize, module: usize) -> bool {
        self.value_pending[node].get(module).copied().unwrap_or(false)
    }

    /// What a variable, local, output or call mentions.
    pub fn value_deps(&self, node: usize, module: usize) -> &[Dep] {
        self.value_deps[node].get(module).map_or(&[], Vec::as_slice)
    }

    /// The instances of a block.
    pub fn instances(&self, node: usize, module: usize) -> Option<&Instances> {
        self.blocks[node].get(module)?.as_ref()
    }

    /// All that is mentioned by these, directly or through others, with these.
    pub fn reached(&self, from: Vec<Dep>) -> HashSet<Dep> {
        let mut reached = HashSet::default();
        let mut queue = from;
        while let Some(dep) = queue.pop() {
            if !reached.insert(dep.clone()) {
                continue;
            }
            match dep {
                Dep::Value(node, module) => queue.extend_from_slice(self.value_deps(node, module)),
                Dep::Block(node, module) => {
                    let count = self.instances(node, module).map_or(0, |i| i.values.len());
                    queue.extend((0..count).map(|index| Dep::Instance(node, module, index)));
                }
                Dep::Instance(node, module, index) => {
                    let deps = self.instances(node, module).and_then(|i| i.deps.get(index));
                    queue.extend(deps.into_iter().flatten().cloned());
                }
            }
        }
        reached
    }

    /// Takes down that something is unknown because it is a mistake, which was told.
    pub(super) fn mistook(&mut self, dep: Dep) {
        if let Dep::Instance(node, module, _) = dep {
            self.mistaken.insert(Dep::Block(node, module));
        }
        self.mistaken.insert(dep);
    }

    /// Whether one of these is a mistake or hangs on one: what is unknown about it is no news.
    pub(super) fn any_mistaken(&self, deps: &[Dep]) -> bool {
        !self.mistaken.is_empty() && deps.iter().any(|dep| self.mistaken.contains(dep))
    }

    pub(super) fn any_pending(&self, deps: &[Dep]) -> bool {
        deps.iter().any(|dep| match *dep {
            Dep::Value(node, module) => {
                self.value_pending[node].get(module).copied().unwrap_or(false)
            }
            Dep::Block(node, module) => {
                self.instances(node, module).is_some_and(|i| i.pending.contains(&true))
            }
            Dep::Instance(node, module, index) => {
                self.instances(node, module).is_some_and(|i| i.pending[index])
            }
        })
    }
}

fn put<T: Default>(row: &mut Vec<T>, index: usize, item: T) {
    // Nearly all rows have one entry, for which no more is set aside than it takes.
    if row.capacity() == 0 {
        row.reserve_exact(index + 1);
    }
    while row.len() <= index {
        row.push(T::default());
    }
    row[index] = item;
}
