//! `[for x in y : z]` and `{for k, v in m : k => v...}`.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use hcl::edit::expr::{Expression, ForExpr};
use hcl::edit::{Decorated, Ident};

use super::construct::Key;
use super::evaluator::{Evaluator, Outcome};
use crate::diag::{Diagnostic, Reported};
use crate::value::{Marks, Text, Type, Unknown, Value};

/// What a loop goes through; none where that is not known.
pub(super) struct Items {
    pub(super) pairs: Option<Vec<(Value, Value)>>,
    pub(super) marks: Marks,
    /// What they wait for, where they are not known.
    pub(super) cause: Option<Text>,
}

/// What has come out of a loop so far.
#[derive(Default)]
struct Collected {
    items: Vec<Value>,
    entries: BTreeMap<Text, Value>,
    groups: BTreeMap<Text, Vec<Value>>,
    /// That something of it is not known, and what that waits for.
    unknown: Option<Option<Text>>,
    marks: Marks,
}

impl Evaluator<'_> {
    pub(super) fn for_expr(&mut self, node: &Expression, for_expr: &ForExpr) -> Outcome {
        let intro = &for_expr.intro;
        let items = self.iterate(&intro.collection_expr)?;
        let mut collected = Collected { marks: items.marks, ..Collected::default() };
        let Some(pairs) = items.pairs else {
            let open = Unknown { cause: items.cause, ..Unknown::of(Type::Any) }.certain();
            return Ok(open.value().mark(items.marks));
        };
        for pair in pairs {
            let names = bindings(intro.key_var.as_ref(), &intro.value_var, pair);
            self.with_bound(names, |inside| inside.round(node, for_expr, &mut collected))?;
        }
        Ok(collected.into_value(for_expr))
    }

    /// The pairs of key and value of anything that can be gone through.
    pub(super) fn iterate(&mut self, node: &Expression) -> Result<Items, Reported> {
        let value = self.value(node)?;
        let (bare, marks) = value.unmark();
        let number = |(index, item): (usize, &Value)| (Value::from(index), item.clone());
        let pairs = match bare {
            Value::Null(_) => {
                let detail = "A null value cannot be used as the collection in a 'for' expression.";
                return self.fail(node, "Iteration over null value", detail);
            }
            Value::Unknown(unknown) if !unknown.ty.is_primitive() => None,
            Value::List(s) => Some(s.items.iter().enumerate().map(number).collect()),
            Value::Tuple(items) => Some(items.iter().enumerate().map(number).collect()),
            Value::Set(s) if s.items.len() == 1 || s.items.iter().all(Value::is_wholly_known) => {
                Some(s.items.iter().map(|item| (item.clone(), item.clone())).collect())
            }
            // Unknown elements may turn out to be the same.
            Value::Set(_) => None,
            Value::Map(map) => Some(named_pairs(&map.items)),
            Value::Object(attrs) => Some(named_pairs(attrs)),
            other => {
                let ty = other.type_of().friendly_name();
                let detail = format!(
                    "A value of type {ty} cannot be used as the collection in a 'for' expression."
                );
                return self.fail(node, "Iteration over non-iterable value", detail);
            }
        };
        self.spend_rounds(node, pairs.as_ref().map_or(0, Vec::len))?;
        let cause = if pairs.is_none() { bare.waits_for() } else { None };
        Ok(Items { pairs, marks, cause })
    }

    /// One turn of the loop, with its names bound.
    fn round(
        &mut self,
        node: &Expression,
        for_expr: &ForExpr,
        collected: &mut Collected,
    ) -> Result<(), Reported> {
        if !self.wanted(for_expr, collected)? {
            return Ok(());
        }
        let Some(key_node) = &for_expr.key_expr else {
            collected.items.push(self.value(&for_expr.value_expr)?);
            return Ok(());
        };
        let (key, value) = (self.for_key(key_node), self.value(&for_expr.value_expr));
        let (Key { text, marks, cause }, value) = (key?, value?);
        collected.marks = collected.marks.union(marks);
        let Some(text) = text else {
            collected.unknown.get_or_insert(cause);
            return Ok(());
        };
        match collected.enter(text, value, for_expr.grouping) {
            Err(key) if collected.unknown.is_none() => self.duplicate(node, key_node, &key, marks),
            _ => Ok(()),
        }
    }

    /// Whether the `if` clause lets this turn through.
    fn wanted(&mut self, for_expr: &ForExpr, collected: &mut Collected) -> Result<bool, Reported> {
        let Some(condition) = &for_expr.cond else { return Ok(true) };
        let value = self.value(&condition.expr)?;
        collected.marks = collected.marks.union(value.unmark().1);
        let decided = self.clause(&condition.expr, &value)?;
        if decided.is_none() {
            collected.unknown.get_or_insert_with(|| value.waits_for());
        }
        Ok(decided != Some(false))
    }

    fn duplicate(
        &mut self,
        node: &Expression,
        key_node: &Expression,
        key: &str,
        marks: Marks,
    ) -> Result<(), Reported> {
        let key = if marks.sensitive { "(sensitive value)".to_owned() } else { format!("{key:?}") };
        let detail = format!(
            "Two different items produced the key {key} in this 'for' expression. If duplicates \
             are expected, use the ellipsis (...) after the value expression to enable grouping \
             by key."
        );
        let problem = Diagnostic::error("Duplicate object key", detail);
        let problem = problem.at(self.span(key_node)).within(self.span(node));
        Err(self.report(problem, key_node))
    }

    fn clause(&mut self, node: &Expression, value: &Value) -> Result<Option<bool>, Reported> {
        if value.is_null() {
            let detail = "The value of the 'if' clause must not be null.";
            return self.fail(node, "Condition is null", detail);
        }
        match value.bare().convert(&Type::Bool) {
            Ok(value) => Ok(value.as_bool()),
            Err(error) => {
                let detail = format!("The 'if' clause value is invalid: {error}.");
                self.fail(node, "Invalid 'for' condition", detail)
            }
        }
    }

    fn for_key(&mut self, node: &Expression) -> Result<Key, Reported> {
        let value = self.value(node)?;
        if value.is_null() {
            let detail = "Key expression in 'for' expression must not produce a null value.";
            return self.fail(node, "Invalid object key", detail);
        }
        let complaint = "The key expression produced an invalid result";
        self.key_text(node, &value, "Invalid object key", complaint)
    }
}

impl Collected {
    /// Adds an entry; the key comes back where it is there already.
    fn enter(&mut self, key: Text, value: Value, grouping: bool) -> Result<(), Text> {
        if grouping {
            self.groups.entry(key).or_default().push(value);
            return Ok(());
        }
        match self.entries.entry(key) {
            Entry::Vacant(vacant) => {
                vacant.insert(value);
                Ok(())
            }
            Entry::Occupied(occupied) => Err(occupied.key().clone()),
        }
    }

    fn into_value(self, for_expr: &ForExpr) -> Value {
        let value = if let Some(cause) = self.unknown {
            Unknown { cause, ..Unknown::of(Type::Any) }.certain().value()
        } else if for_expr.key_expr.is_none() {
            Value::tuple(self.items)
        } else if for_expr.grouping {
            Value::object(self.groups.into_iter().map(|(key, items)| (key, Value::tuple(items))))
        } else {
            Value::object(self.entries)
        };
        value.mark(self.marks)
    }
}

fn named_pairs(entries: &BTreeMap<Text, Value>) -> Vec<(Value, Value)> {
    entries.iter().map(|(key, value)| (Value::String(key.clone()), value.clone())).collect()
}

/// The names that one turn of a loop binds.
pub(super) fn bindings(
    key: Option<&Decorated<Ident>>,
    value: &Decorated<Ident>,
    pair: (Value, Value),
) -> Vec<(Text, Value)> {
    let mut names = Vec::with_capacity(2);
    if let Some(key) = key {
        names.push((key.as_str().into(), pair.0));
    }
    names.push((value.as_str().into(), pair.1));
    names
}
