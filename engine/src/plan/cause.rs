//! Why an object changes: what was changed outside, which variable or line of the configuration
//! says otherwise now, which other object changes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::{Action, Change, Drift, Plan, PlannedObject};
use crate::addr::{BlockAddr, ConfigAddr, InstanceAddr, Mode, ModulePath};
use crate::config::{Config, Repetition};
use crate::eval::{Expr, Reference, deciding, references};
use crate::source::Span;
use crate::value::{Text, Type, Value};

/// Something that makes an object change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// The world differs from what the state says, and is put back.
    Drift,
    /// A variable of the root module.
    Variable(Text),
    /// A place in the configuration: `main.hcl:12`.
    Line(String),
    /// Objects of this block change, and are referred to.
    Object(ConfigAddr),
}

/// The attributes that change, by what makes them change.
pub type Causes = BTreeMap<Cause, BTreeSet<Text>>;

/// The causes of all objects of a plan that are changed or replaced.
pub fn of(config: &Config, plan: &Plan) -> BTreeMap<InstanceAddr, Causes> {
    let has_before =
        |object: &PlannedObject| matches!(object.change.action(), Action::Update | Action::Replace);
    if !plan.objects.iter().any(has_before) {
        return BTreeMap::new();
    }
    let still = |object: &&PlannedObject| object.change.action() != Action::NoOp;
    let changing = plan.objects.iter().filter(still).map(|object| object.addr.config()).collect();
    let mut tracer = Tracer { config, changing, known: HashMap::new() };
    let objects = plan.objects.iter().filter_map(|object| {
        let causes = tracer.causes(object);
        (!causes.is_empty()).then(|| (object.addr.clone(), causes))
    });
    objects.collect()
}

/// What an attribute was that an object did not have.
static NOTHING: Value = Value::Null(Type::Any);

struct Tracer<'a> {
    config: &'a Config,
    changing: BTreeSet<ConfigAddr>,
    known: HashMap<(ModulePath, Span), Rc<BTreeSet<Cause>>>,
}

impl Tracer<'_> {
    fn causes(&mut self, object: &PlannedObject) -> Causes {
        let mut causes = Causes::new();
        let (Change::Update { before, planned } | Change::Replace { before, planned, .. }) =
            &object.change
        else {
            return causes;
        };
        let addr = object.addr.config();
        let config = self.config;
        let module = config.modules.get(&addr.module);
        let Some(block) = module.and_then(|module| module.blocks.get(&addr.block)) else {
            return causes;
        };
        for (name, after) in differing(before, &planned.after) {
            if is_put_back(object.drift.as_ref(), &planned.after, name) {
                causes.entry(Cause::Drift).or_default().insert(name.clone());
            } else if let Some(expr) = block.body.expr(name) {
                let before = before.attr(name).unwrap_or(&NOTHING);
                for cause in self.deciders(&deciding(expr, before, after), &addr) {
                    causes.entry(cause).or_default().insert(name.clone());
                }
            }
        }
        causes
    }

    fn deciders(&mut self, parts: &[Expr], addr: &ConfigAddr) -> BTreeSet<Cause> {
        let traced = |part| (*self.trace(part, &addr.module, &addr.block)).clone();
        parts.iter().flat_map(traced).collect()
    }

    /// What decides the value of an expression in a block.
    fn trace(
        &mut self,
        expr: &Expr,
        module: &ModulePath,
        within: &BlockAddr,
    ) -> Rc<BTreeSet<Cause>> {
        let place = (module.clone(), expr.span());
        if let Some(known) = self.known.get(&place) {
            return known.clone();
        }
        // What refers to itself, which is an error elsewhere, ends here.
        self.known.insert(place.clone(), Rc::default());
        let mut found = BTreeSet::new();
        for reference in references(expr) {
            found.extend(self.follow(&reference, module, within));
        }
        if found.is_empty() {
            found.insert(Cause::Line(self.config.sources.place(expr.span())));
        }
        let found = Rc::new(found);
        self.known.insert(place, found.clone());
        found
    }

    fn follow(
        &mut self,
        reference: &Reference,
        module: &ModulePath,
        within: &BlockAddr,
    ) -> BTreeSet<Cause> {
        let config = self.config;
        let Some(written) = config.modules.get(module) else { return BTreeSet::new() };
        let name = reference.path.first();
        let traced = match (&*reference.root, name) {
            ("var", Some(name)) => return self.variable(name, module),
            ("local", Some(name)) => written.locals.get(name).map(|local| (&local.value, module)),
            ("each" | "count", _) => {
                written.blocks.get(within).and_then(|block| match &block.repetition {
                    Repetition::Single => None,
                    Repetition::Count(expr) | Repetition::ForEach(expr) => Some((expr, module)),
                })
            }
            ("module", Some(name)) => return self.output(reference, name, module),
            _ => return self.object(reference, module),
        };
        let Some((expr, module)) = traced else { return BTreeSet::new() };
        (*self.trace(expr, module, within)).clone()
    }

    fn variable(&mut self, name: &Text, module: &ModulePath) -> BTreeSet<Cause> {
        let Some((call, parent)) = module.0.split_last() else {
            return BTreeSet::from([Cause::Variable(name.clone())]);
        };
        let parent = ModulePath(parent.to_vec());
        let config = self.config;
        let call = config.modules.get(&parent).and_then(|module| module.calls.get(call));
        let Some((_, expr)) = call.and_then(|call| call.arguments.get(name)) else {
            return BTreeSet::new();
        };
        (*self.trace(expr, &parent, &no_block())).clone()
    }

    fn output(&mut self, reference: &Reference, call: &Text, at: &ModulePath) -> BTreeSet<Cause> {
        let inner = at.child(call.clone());
        let config = self.config;
        let output = reference.path.get(1).and_then(|name| {
            config.modules.get(&inner).and_then(|module| module.outputs.get(name))
        });
        let Some(output) = output else { return BTreeSet::new() };
        (*self.trace(&output.value, &inner, &no_block())).clone()
    }

    fn object(&self, reference: &Reference, module: &ModulePath) -> BTreeSet<Cause> {
        let (mode, kind, name) = match &*reference.root {
            "data" => (Mode::Data, reference.path.first(), reference.path.get(1)),
            _ => (Mode::Managed, Some(&reference.root), reference.path.first()),
        };
        let (Some(kind), Some(name)) = (kind, name) else { return BTreeSet::new() };
        let block = BlockAddr { mode, kind: kind.clone(), name: name.clone() };
        let addr = ConfigAddr { module: module.clone(), block };
        self.changing.contains(&addr).then_some(Cause::Object(addr)).into_iter().collect()
    }
}

/// Where there is no `each` or `count` to follow.
fn no_block() -> BlockAddr {
    BlockAddr { mode: Mode::Managed, kind: "".into(), name: "".into() }
}

fn differing<'v>(before: &Value, after: &'v Value) -> Vec<(&'v Text, &'v Value)> {
    let names = after.entries().into_iter().flatten();
    names.filter(|(name, value)| before.attr(name) != Some(value)).collect()
}

/// Whether an attribute gets again what the state says it had.
fn is_put_back(drift: Option<&Drift>, after: &Value, name: &str) -> bool {
    match drift {
        Some(Drift::Changed { stored, seen }) => {
            stored.attr(name) != seen.attr(name) && stored.attr(name) == after.attr(name)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{MemoryFiles, load};
    use crate::diag::Diagnostics;
    use crate::resource::Planned;
    use crate::source::Sources;

    const ROOT: &str = r#"
variable "size" { default = 1 }
locals { both = [var.size, "x"] }
resource "terraform_data" "base" { input = "b" }
module "m" {
  source = "./m"
  given  = local.both
  plain  = "text"
}
"#;
    const CHILD: &str = r#"
variable "given" {}
variable "plain" {}
variable "items" { default = ["a"] }
resource "terraform_data" "a" {
  for_each         = toset(var.items)
  input            = var.given
  triggers_replace = [terraform_data.b.id, var.plain]
}
resource "terraform_data" "b" { input = "b" }
"#;

    fn config() -> Config {
        let files = [("main.hcl", ROOT), ("m/main.hcl", CHILD)];
        let files: MemoryFiles =
            files.map(|(name, text)| (name, text.as_bytes().to_vec())).into_iter().collect();
        let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::default());
        load(".", &files, &BTreeMap::new(), &mut sources, &mut diagnostics).unwrap()
    }

    fn updated(addr: &str, attrs: &[&str], drift: Option<Drift>) -> PlannedObject {
        let value = |text: &str| Value::object(attrs.iter().map(|name| (*name, text.into())));
        let planned = Planned::new(value("new"), Vec::new());
        PlannedObject {
            addr: addr.parse().unwrap(),
            change: Change::Update { before: value("old"), planned },
            drift,
            moved_from: None,
            importing: None,
        }
    }

    fn shown(object: PlannedObject, others: Vec<PlannedObject>) -> Vec<String> {
        let addr = object.addr.clone();
        let objects = std::iter::once(object).chain(others).collect();
        let plan = Plan { objects, ..Plan::default() };
        let causes = of(&config(), &plan).remove(&addr).unwrap_or_default();
        causes.into_iter().map(|(cause, attrs)| format!("{cause:?} {attrs:?}")).collect()
    }

    #[test]
    fn a_value_is_traced_to_the_variable_or_the_line_that_decides_it() {
        let a = updated("module.m.terraform_data.a[\"a\"]", &["input"], None);
        assert_eq!(shown(a, vec![]), ["Variable(\"size\") {\"input\"}"]);
        let a = updated("module.m.terraform_data.a[\"a\"]", &["triggers_replace"], None);
        assert_eq!(shown(a, vec![]), ["Line(\"main.hcl:8\") {\"triggers_replace\"}"]);
        let base = updated("terraform_data.base", &["input"], None);
        assert_eq!(shown(base, vec![]), ["Line(\"main.hcl:4\") {\"input\"}"]);
    }

    #[test]
    fn an_object_that_changes_too_is_named() {
        let a = updated("module.m.terraform_data.a[\"a\"]", &["triggers_replace"], None);
        let b = updated("module.m.terraform_data.b", &["id"], None);
        let shown = shown(a, vec![b]);
        assert!(shown[1].starts_with("Object("), "{shown:?}");
    }

    #[test]
    fn what_was_changed_by_hand_is_put_back() {
        let value = |text: &str| Value::object([("input", text.into())]);
        let drift = Drift::Changed { stored: value("new"), seen: value("old") };
        let base = updated("terraform_data.base", &["input"], Some(drift));
        assert_eq!(shown(base, vec![]), ["Drift {\"input\"}"]);
    }
}
