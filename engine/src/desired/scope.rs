//! The names that expressions of one module instance can see, and a log of what they mention.

mod blocks;
mod calls;

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::tables::Each;
use super::{Rigour, Walk};
use crate::addr::{Key, Mode, ModulePath};
use crate::build::Node;
use crate::diag::Diagnostic;
use crate::eval::{Ambient, Resolved, Scope, TraversalStep};
use crate::source::Span;
use crate::suggest::{did_you_mean, nearest};
use crate::value::{Marks, Text, Type, Value};

/// Something that an expression mentioned.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dep {
    /// A variable, local, output or call: node and module instance.
    Value(usize, usize),
    /// All instances of a block: node and module instance.
    Block(usize, usize),
    /// One instance: node, module instance and index.
    Instance(usize, usize, usize),
}

/// A place in one module instance.
pub(super) struct At<'w> {
    walk: &'w Walk<'w>,
    path: ModulePath,
    module: usize,
    ambient: Ambient,
    /// What `each` and `count` mean.
    pub each: Option<Each>,
    /// What `self` means.
    pub own: Option<Value>,
    /// The variable that is being validated.
    pub own_variable: Option<(Text, Value)>,
    /// Iterators of `dynamic` blocks.
    pub iterators: BTreeMap<Text, Value>,
    deps: RefCell<Vec<Dep>>,
}

type Answer = Result<Resolved, Box<Diagnostic>>;

impl<'w> At<'w> {
    pub(super) fn new(
        walk: &'w Walk<'w>,
        path: ModulePath,
        module: usize,
        ambient: Ambient,
    ) -> Self {
        At {
            walk,
            path,
            module,
            ambient,
            each: None,
            own: None,
            own_variable: None,
            iterators: BTreeMap::new(),
            deps: RefCell::new(Vec::new()),
        }
    }

    /// What was mentioned, each once.
    pub(super) fn into_deps(self) -> Vec<Dep> {
        let mut deps = self.deps.into_inner();
        deps.sort_unstable();
        deps.dedup();
        deps
    }

    /// The same place with one more iterator.
    pub(super) fn with_iterator(&self, name: Text, value: Value) -> At<'w> {
        let mut inner = At::new(self.walk, self.path.clone(), self.module, self.ambient.clone());
        inner.each = self.each.clone();
        inner.iterators = self.iterators.clone();
        inner.iterators.insert(name, value);
        inner
    }

    /// Whether something that was mentioned is unknown because of a mistake, which was told.
    pub(super) fn hangs_on_a_mistake(&self) -> bool {
        self.walk.tables.any_mistaken(&self.deps.borrow())
    }

    /// Takes over what an inner place mentioned.
    pub(super) fn absorb(&self, inner: At<'_>) {
        self.deps.borrow_mut().extend(inner.into_deps());
    }

    /// Whether this is about a variable of a module that surely exists: then what is known of it is
    /// so in every plan.
    pub(super) fn is_sure(&self) -> bool {
        let (mut path, mut module) = (self.path.clone(), self.module);
        while !path.0.is_empty() {
            match self.walk.tables.instances_of(&path).get(module) {
                Some(at) if at.each.is_none() => module = at.parent,
                _ => return false,
            }
            path.0.pop();
        }
        self.own_variable.is_some()
    }

    /// How messages call this module.
    fn module_name(&self) -> String {
        match self.path.0.is_empty() {
            true => "the root module".to_owned(),
            false => {
                self.path.0.iter().map(|n| format!("module.{n}")).collect::<Vec<_>>().join(".")
            }
        }
    }

    fn mention(&self, dep: Dep) {
        self.deps.borrow_mut().push(dep);
    }

    fn named(&self, root: &str, steps: &[TraversalStep], at: Span) -> Answer {
        let name = first_name(root, steps, at)?;
        if let Some((own, value)) = &self.own_variable
            && root == "var"
            && own == name
        {
            return Ok(Resolved { value: value.clone(), consumed: 1 });
        }
        let node = match root {
            "var" => Node::Variable(self.path.clone(), name.clone()),
            _ => Node::Local(self.path.clone(), name.clone()),
        };
        match self.walk.written.find(&node) {
            Some(node) => Ok(Resolved { value: self.value(node, self.module), consumed: 1 }),
            None => Err(self.undeclared(root, name, at)),
        }
    }

    fn value(&self, node: usize, module: usize) -> Value {
        self.mention(Dep::Value(node, module));
        let value = self.walk.tables.value(node, module);
        value.cloned().unwrap_or_else(|| Value::unknown(Type::Any))
    }

    fn undeclared(&self, root: &str, name: &str, at: Span) -> Box<Diagnostic> {
        let module = self.walk.inputs.config.modules.get(&self.path);
        let (what, summary, names): (_, _, Vec<&str>) = match (root, module) {
            ("var", Some(m)) => (
                "An input variable",
                "Reference to undeclared input variable",
                m.variables.keys().map(|n| &**n).collect(),
            ),
            (_, Some(m)) => (
                "A local value",
                "Reference to undeclared local value",
                m.locals.keys().map(|n| &**n).collect(),
            ),
            (_, None) => ("A value", "Reference to undeclared value", Vec::new()),
        };
        let mut detail = format!("{what} with the name {name:?} has not been declared.");
        if root == "var" {
            detail.push_str(&format!(
                " This variable can be declared with a variable {name:?} {{}} block."
            ));
        }
        let mut diagnostic = Diagnostic::error(summary, detail).at(at);
        if let Some(near) = nearest(name, names.iter().copied()) {
            diagnostic = diagnostic.help(format!("Did you mean {near:?}?"));
        }
        Box::new(diagnostic)
    }

    fn each(&self, root: &str, steps: &[TraversalStep], at: Span) -> Answer {
        let name = first_name(root, steps, at)?;
        let value = match (&self.each, root, &**name) {
            (Some(Each::Count(index)), "count", "index") => index.clone(),
            (Some(Each::Entry(key, _)), "each", "key") => key.clone(),
            (Some(Each::Entry(_, value)), "each", "value") => value.clone(),
            _ => {
                let wants = if root == "count" { "count" } else { "for_each" };
                let detail = format!(
                    "The reference \"{root}.{name}\" is only available where {wants:?} is set."
                );
                let summary = "Reference to each or count in wrong context";
                return Err(Box::new(Diagnostic::error(summary, detail).at(at)));
            }
        };
        Ok(Resolved { value, consumed: 1 })
    }

    fn path_root(&self, steps: &[TraversalStep], at: Span) -> Answer {
        let name = first_name("path", steps, at)?;
        let value = match &**name {
            "module" => Value::String(self.ambient.module_dir.clone()),
            "root" => Value::String(self.ambient.root_dir.clone()),
            "cwd" => {
                let cwd = self.ambient.files.working_dir();
                Value::String(cwd.unwrap_or_else(|| ".".into()))
            }
            _ => {
                let mut detail =
                    format!("The \"path\" object does not have an attribute named {name:?}.");
                if let Some(near) = did_you_mean(name, ["cwd", "module", "root"]) {
                    detail.push_str(&format!(" {near}"));
                }
                let problem = Diagnostic::error("Invalid \"path\" attribute", detail);
                return Err(Box::new(problem.at(at)));
            }
        };
        Ok(Resolved { value, consumed: 1 })
    }

    /// `terraform.workspace`, and `terraform.applying`, which tells the phases apart and so may
    /// not be stored.
    fn run(&self, root: &str, steps: &[TraversalStep], at: Span) -> Answer {
        let value = match &**first_name(root, steps, at)? {
            "workspace" => Value::from("default"),
            "applying" => Value::Bool(self.ambient.impure.is_some())
                .mark(Marks { sensitive: false, ephemeral: true }),
            name => {
                let detail = format!(
                    "The {root:?} object does not have an attribute named {name:?}. The only \
                     supported attributes are {root}.workspace, the name of the workspace, and \
                     {root}.applying, a boolean which is true only during apply."
                );
                let summary = "Invalid \"terraform\" attribute";
                return Err(Box::new(Diagnostic::error(summary, detail).at(at)));
            }
        };
        Ok(Resolved { value, consumed: 1 })
    }
}

fn unknown(consumed: usize) -> Resolved {
    Resolved { value: Value::unknown(Type::Any), consumed }
}

/// Some value of a type, found by the first name.
fn still_open(ty: Type) -> Resolved {
    Resolved { value: Value::unknown_not_null(ty), consumed: 1 }
}

fn first_name<'a>(
    root: &str,
    steps: &'a [TraversalStep],
    at: Span,
) -> Result<&'a Text, Box<Diagnostic>> {
    match steps.first() {
        Some(TraversalStep::Attr(name, _)) => Ok(name),
        _ => {
            let detail = format!(
                "The {root:?} object cannot be accessed directly. Instead, access one of its \
                 attributes."
            );
            Err(Box::new(Diagnostic::error("Invalid reference", detail).at(at)))
        }
    }
}

/// The instance key that an index value means.
pub(super) fn key_of(value: &Value) -> Option<Key> {
    match value.bare() {
        Value::String(name) => Some(Key::Name(name.clone())),
        Value::Number(number) => u64::try_from(number.as_i64()?).ok().map(Key::Index),
        _ => None,
    }
}

fn missing_key<'a>(what: &str, keys: impl Iterator<Item = &'a Key>, at: Span) -> Box<Diagnostic> {
    let keys: Vec<String> = keys.take(10).map(ToString::to_string).collect();
    let detail = format!("{what} has no instance with this key. It has: {}.", keys.join(", "));
    Box::new(Diagnostic::error("Invalid index", detail).at(at))
}

impl Scope for At<'_> {
    fn resolve(&self, root: &str, steps: &[TraversalStep], at: Span) -> Answer {
        if let Some(value) = self.iterators.get(root) {
            return Ok(Resolved { value: value.clone(), consumed: 0 });
        }
        match root {
            "var" | "local" => self.named(root, steps, at),
            "each" | "count" => self.each(root, steps, at),
            "path" => self.path_root(steps, at),
            "module" => self.call(steps, at),
            "terraform" | "quorate" => self.run(root, steps, at),
            "resource" => match steps {
                [TraversalStep::Attr(kind, _), TraversalStep::Attr(name, _), ..] => {
                    self.block(Mode::Managed, kind, name, 2, steps, at)
                }
                _ => {
                    let detail = "The \"resource\" object must be followed by two attribute \
                                  names: the resource type and the resource name.";
                    Err(Box::new(Diagnostic::error("Invalid reference", detail).at(at)))
                }
            },
            "self" => match &self.own {
                Some(value) => Ok(Resolved { value: value.clone(), consumed: 0 }),
                None => {
                    let detail = "The \"self\" object is not available in this context. This object \
                                  can be used only in postcondition blocks.";
                    Err(Box::new(Diagnostic::error("Invalid \"self\" reference", detail).at(at)))
                }
            },
            "data" => match steps {
                [TraversalStep::Attr(kind, _), TraversalStep::Attr(name, _), ..] => {
                    self.block(Mode::Data, kind, name, 2, steps, at)
                }
                _ => {
                    let detail = "The \"data\" object must be followed by two attribute names: the \
                                  data source type and the resource name.";
                    Err(Box::new(Diagnostic::error("Invalid reference", detail).at(at)))
                }
            },
            kind => {
                let detail = "A reference to a resource type must be followed by at least one \
                              attribute access, specifying the resource name.";
                let invalid = || Box::new(Diagnostic::error("Invalid reference", detail).at(at));
                let Some(TraversalStep::Attr(name, _)) = steps.first() else {
                    return Err(invalid());
                };
                self.block(Mode::Managed, kind, name, 1, steps, at)
            }
        }
    }

    fn ambient(&self) -> &Ambient {
        &self.ambient
    }

    fn awaits_apply(&self) -> bool {
        self.walk.rigour != Rigour::Types
    }
}
