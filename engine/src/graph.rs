//! A directed graph of things that wait for other things. No word of the domain is in it.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};

use petgraph::Direction;
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

/// Things by index, and what each waits for.
#[derive(Debug)]
pub struct Graph<N> {
    inner: DiGraph<N, ()>,
}

/// Things that wait for each other: each waits for the next, the last for the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle(pub Vec<usize>);

impl<N> Default for Graph<N> {
    fn default() -> Self {
        Graph { inner: DiGraph::new() }
    }
}

impl<N> Graph<N> {
    /// Things, and pairs of which the first waits for the second.
    pub fn of(nodes: Vec<N>, waits: Vec<(usize, usize)>) -> Self {
        let mut graph = Graph { inner: DiGraph::with_capacity(nodes.len(), waits.len()) };
        for node in nodes {
            graph.inner.add_node(node);
        }
        waits.into_iter().for_each(|(node, on)| graph.depends(node, on));
        graph
    }

    /// Adds a thing and gives its index; indices count from 0.
    pub fn add(&mut self, node: N) -> usize {
        self.inner.add_node(node).index()
    }

    /// Lets `node` wait for `on`. Saying it twice changes nothing but the memory it takes.
    pub fn depends(&mut self, node: usize, on: usize) {
        self.inner.add_edge(NodeIndex::new(on), NodeIndex::new(node), ());
    }

    /// Lets `node` no longer wait for `on`, where that was said once.
    pub fn releases(&mut self, node: usize, on: usize) {
        if let Some(edge) = self.inner.find_edge(NodeIndex::new(on), NodeIndex::new(node)) {
            self.inner.remove_edge(edge);
        }
    }

    /// For each thing, a number that it shares with exactly those that it is in a cycle with.
    pub fn components(&self) -> Vec<usize> {
        let mut component = vec![0; self.len()];
        for (number, members) in kosaraju_scc(&self.inner).into_iter().enumerate() {
            members.into_iter().for_each(|member| component[member.index()] = number);
        }
        component
    }

    /// The thing of an index.
    pub fn get(&self, index: usize) -> &N {
        &self.inner[NodeIndex::new(index)]
    }

    /// How many things there are.
    pub fn len(&self) -> usize {
        self.inner.node_count()
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.inner.node_count() == 0
    }

    /// What a thing waits for, in the order that was said, reversed.
    pub fn dependencies(&self, node: usize) -> impl Iterator<Item = usize> {
        let node = NodeIndex::new(node);
        self.inner.neighbors_directed(node, Direction::Incoming).map(NodeIndex::index)
    }

    /// What waits for a thing.
    pub fn dependents(&self, node: usize) -> impl Iterator<Item = usize> {
        let node = NodeIndex::new(node);
        self.inner.neighbors_directed(node, Direction::Outgoing).map(NodeIndex::index)
    }

    /// How many waits each thing has, for a walk that counts them down.
    pub fn waits(&self) -> Vec<usize> {
        self.inner
            .node_indices()
            .map(|n| self.inner.neighbors_directed(n, Direction::Incoming).count())
            .collect()
    }

    /// All things, each after what it waits for; among those that are free, in index order of
    /// becoming free. The order depends on nothing but the graph.
    pub fn order(&self) -> Result<Vec<usize>, Cycle> {
        let mut waits = self.waits();
        let mut ready: VecDeque<usize> = (0..waits.len()).filter(|n| waits[*n] == 0).collect();
        let mut order = Vec::with_capacity(waits.len());
        while let Some(node) = ready.pop_front() {
            order.push(node);
            let mut freed: Vec<usize> = Vec::new();
            for dependent in self.dependents(node) {
                waits[dependent] -= 1;
                if waits[dependent] == 0 {
                    freed.push(dependent);
                }
            }
            freed.sort_unstable();
            ready.extend(freed);
        }
        if order.len() == waits.len() { Ok(order) } else { Err(self.shortest_cycle()) }
    }

    /// A shortest cycle through the first thing that is in one.
    fn shortest_cycle(&self) -> Cycle {
        let components = kosaraju_scc(&self.inner);
        let cyclic = |nodes: &&Vec<NodeIndex>| {
            nodes.len() > 1 || self.inner.contains_edge(nodes[0], nodes[0])
        };
        let first = components.iter().filter(cyclic).flatten().min();
        first.map_or(Cycle(Vec::new()), |start| Cycle(self.way_back(start.index())))
    }

    fn way_back(&self, start: usize) -> Vec<usize> {
        let mut came_from: HashMap<usize, usize> = HashMap::new();
        let mut queue = VecDeque::from([start]);
        while let Some(node) = queue.pop_front() {
            for next in self.dependencies(node) {
                if next == start {
                    return path(&came_from, start, node);
                }
                if let Entry::Vacant(vacant) = came_from.entry(next) {
                    vacant.insert(node);
                    queue.push_back(next);
                }
            }
        }
        vec![start]
    }
}

fn path(came_from: &HashMap<usize, usize>, start: usize, end: usize) -> Vec<usize> {
    let mut path = vec![end];
    let mut at = end;
    while at != start {
        let Some(previous) = came_from.get(&at) else { break };
        at = *previous;
        path.push(at);
    }
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(count: usize, edges: &[(usize, usize)]) -> Graph<usize> {
        let mut graph = Graph::default();
        for node in 0..count {
            graph.add(node);
        }
        for (node, on) in edges {
            graph.depends(*node, *on);
        }
        graph
    }

    #[test]
    fn everything_comes_after_what_it_waits_for() {
        let graph = graph(4, &[(0, 2), (2, 3), (1, 3)]);
        assert_eq!(graph.order(), Ok(vec![3, 1, 2, 0]));
    }

    #[test]
    fn the_shortest_cycle_is_named_in_order() {
        let graph = graph(6, &[(0, 1), (1, 2), (2, 3), (3, 1), (2, 1), (5, 4)]);
        assert_eq!(graph.order(), Err(Cycle(vec![1, 2])));
    }

    #[test]
    fn a_thing_that_waits_for_itself_is_a_cycle() {
        assert_eq!(graph(2, &[(1, 1)]).order(), Err(Cycle(vec![1])));
    }

    #[test]
    fn a_long_chain_needs_no_deep_stack() {
        let edges: Vec<_> = (1..100_000).map(|n| (n, n - 1)).collect();
        assert_eq!(graph(100_000, &edges).order().unwrap().len(), 100_000);
        let mut edges = edges;
        edges.push((0, 99_999));
        assert_eq!(graph(100_000, &edges).order().unwrap_err().0.len(), 100_000);
    }
}
