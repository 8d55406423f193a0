//! Fewer arrows: what a longer way says already is left out.

use std::collections::{BTreeMap, BTreeSet};

use quorate_engine::build::Node;

use super::Edges;

/// The edges that no way over other blocks makes needless. The graph has no circles.
pub fn reduced(edges: &Edges) -> Edges {
    let depths = depths(edges);
    edges.iter().map(|(block, on)| (block.clone(), needed(on, edges, &depths))).collect()
}

fn needed(on: &BTreeSet<Node>, edges: &Edges, depths: &BTreeMap<&Node, usize>) -> BTreeSet<Node> {
    // What is below the lowest of them leads to none of them.
    let lowest = on.iter().filter_map(|block| depths.get(block)).min();
    let mut beyond = BTreeSet::new();
    let mut open: Vec<&Node> = on.iter().collect();
    while let Some(block) = open.pop() {
        for next in edges.get(block).into_iter().flatten() {
            if depths.get(next) >= lowest && beyond.insert(next) {
                open.push(next);
            }
        }
    }
    on.iter().filter(|block| !beyond.contains(block)).cloned().collect()
}

/// How many edges the longest way on from each block has.
fn depths(edges: &Edges) -> BTreeMap<&Node, usize> {
    let mut depths: BTreeMap<&Node, usize> = BTreeMap::new();
    let mut open: Vec<&Node> = edges.keys().collect();
    while let Some(&block) = open.last() {
        let on = || edges.get(block).into_iter().flatten();
        let before = open.len();
        open.extend(on().filter(|next| !depths.contains_key(next)));
        if open.len() == before {
            let longest = on().filter_map(|next| depths.get(next)).max().map_or(0, |n| n + 1);
            depths.insert(block, longest);
            open.pop();
        }
    }
    depths
}
