//! In what order moves are followed, and where each object ends.

use std::collections::{BTreeMap, BTreeSet};

use super::statement::Statement;
use crate::addr::{BlockAddr, InstanceAddr, Key};
use crate::config::{Config, MoveEnd, Repetition};
use crate::diag::Diagnostic;
use crate::graph::Graph;
use crate::state::State;

/// Statements in an order in which a chain of moves is followed to its end.
pub(super) fn ordered(
    statements: Vec<Statement>,
    config: &Config,
) -> Result<Vec<Statement>, Box<Diagnostic>> {
    let mut graph = Graph::default();
    for _ in &statements {
        graph.add(());
    }
    for (index, later) in statements.iter().enumerate() {
        for (other, earlier) in statements.iter().enumerate() {
            // What a module says of itself holds wherever the module is moved to.
            let own = earlier.within.0.len() > later.within.0.len() && earlier.follows(later);
            if index != other && later.follows(earlier) && !own {
                graph.depends(index, other);
            }
        }
    }
    match graph.order() {
        Ok(order) => Ok(order.into_iter().map(|index| statements[index].clone()).collect()),
        Err(cycle) => {
            let cycle: Vec<&Statement> = cycle.0.iter().map(|index| &statements[*index]).collect();
            Err(Box::new(circle(&cycle, config)))
        }
    }
}

fn circle(cycle: &[&Statement], config: &Config) -> Diagnostic {
    let row = |statement: &&Statement| {
        let place = statement.span.map(|span| config.sources.place(span)).unwrap_or_default();
        format!("  - {place}: {} -> {}", statement.from, statement.to)
    };
    let mut rows: Vec<String> = cycle.iter().map(row).collect();
    rows.sort();
    let detail = format!(
        "The following chained move statements form a cycle, and so there is no final location to \
         move objects to:\n{}",
        rows.join("\n")
    );
    let help = "A chain of moves must end with an address that no other statement moves away.";
    let error = Diagnostic::error("Cyclic dependency in move statements", detail).help(help);
    match cycle.iter().filter_map(|statement| statement.span).min() {
        Some(span) => error.at(span),
        None => error,
    }
}

/// What follows from a block that now uses `count`, or no longer does: the one instance is the
/// first of many, and the other way round.
pub(super) fn implied(config: &Config, state: &State, stated: &[Statement]) -> Vec<Statement> {
    let blocks = config.modules.values().flat_map(|module| module.blocks.values());
    let any_counted =
        blocks.into_iter().any(|block| matches!(block.repetition, Repetition::Count(_)));
    let one = |addr: &InstanceAddr| {
        if !(any_counted || addr.key == Some(Key::Index(0))) {
            return None;
        }
        let path = addr.module.path();
        let BlockAddr { mode, kind, name } = &addr.block;
        let block = config.modules.get(&path)?.block(*mode, kind, name)?;
        let to = match (&block.repetition, &addr.key) {
            (Repetition::Count(_), None) => Some(Key::Index(0)),
            (Repetition::Single, Some(Key::Index(0))) => None,
            _ => return None,
        };
        let there = InstanceAddr { key: to.clone(), ..addr.clone() };
        let said = stated.iter().any(|statement| statement.is_from(addr));
        let free = || !state.objects.contains_key(&there) && !is_destination(&there, state, stated);
        (!said && free()).then(|| exactly(addr, to))
    };
    state.objects.keys().filter_map(one).collect()
}

/// Whether a statement brings an object to an address.
fn is_destination(there: &InstanceAddr, state: &State, stated: &[Statement]) -> bool {
    let brings =
        |addr| stated.iter().any(|statement| statement.takes(addr).as_ref() == Some(there));
    !stated.is_empty() && state.objects.keys().any(brings)
}

/// A move of one object to another key of its block.
fn exactly(addr: &InstanceAddr, to: Option<Key>) -> Statement {
    let end = |key: Option<Key>| MoveEnd {
        module: addr.module.clone(),
        object: Some((addr.block.clone(), key)),
    };
    Statement { within: Default::default(), from: end(addr.key.clone()), to: end(to), span: None }
}

type Places = BTreeMap<InstanceAddr, InstanceAddr>;

/// Where each object comes from, by where it ends; and moves that are in each other's way.
pub(super) fn follow<'a>(
    state: &State,
    statements: impl Iterator<Item = &'a Statement>,
) -> (Places, Vec<(InstanceAddr, InstanceAddr)>) {
    let mut places = Places::new();
    let mut taken: BTreeSet<InstanceAddr> = BTreeSet::new();
    let mut blocked = Vec::new();
    for (count, statement) in statements.enumerate() {
        if count == 0 {
            taken = state.objects.keys().cloned().collect();
        }
        let moves: Vec<_> = taken
            .iter()
            .filter_map(|addr| Some((addr.clone(), statement.takes(addr)?)))
            .filter(|(from, to)| from != to)
            .collect();
        for (from, to) in moves {
            if taken.contains(&to) {
                blocked.push((from, to));
                continue;
            }
            taken.remove(&from);
            let origin = places.remove(&from).unwrap_or(from);
            taken.insert(to.clone());
            places.insert(to, origin);
        }
    }
    places.retain(|to, from| to != from);
    (places, blocked)
}

/// Facts in an order in which none of them is written over by another.
pub fn in_order(moves: Vec<(InstanceAddr, InstanceAddr)>) -> Vec<(InstanceAddr, InstanceAddr)> {
    let mut left: BTreeMap<InstanceAddr, InstanceAddr> = moves.into_iter().collect();
    let mut done = Vec::with_capacity(left.len());
    while let Some(first) = left.keys().next().cloned() {
        // Follow the chain to a place that nobody is to leave.
        let mut chain = vec![first];
        while let Some(to) = chain.last().and_then(|from| left.get(from)) {
            if !left.contains_key(to) || chain.contains(to) {
                break;
            }
            chain.push(to.clone());
        }
        for from in chain.into_iter().rev() {
            if let Some(to) = left.remove(&from) {
                done.push((from, to));
            }
        }
    }
    done
}
