//! `quorate graph`

use std::collections::BTreeSet;

use quorate_engine::addr::{ConfigAddr, Mode};
use quorate_engine::build::{Node, Written};

use super::{Context, Stop, plan_file};
use crate::args::{GraphArgs, GraphType};
use crate::exit::Exit;
use crate::session::Session;
use crate::view::dot;

/// Prints what waits for what, in DOT.
///
/// `-draw-cycles` finds nothing to draw: a configuration with a cycle is refused, and the message
/// names the way around it.
pub fn run(context: &mut Context, args: &GraphArgs) -> Result<Exit, Stop> {
    let session = match &args.plan {
        Some(path) => {
            let saved = plan_file::read(context, path)?;
            plan_file::reopen(context, path, &saved, &args.variables)?.session
        }
        None => Session::open(context, &args.variables)?,
    };
    let implied = args.plan.as_ref().map(|_| GraphType::Apply);
    let edges = match args.operation.or(implied) {
        None => blocks(&session.written),
        Some(GraphType::PlanDestroy) => removals(&session.written),
        Some(GraphType::Plan | GraphType::PlanRefreshOnly | GraphType::Apply) => {
            everything(&session.written)
        }
    };
    dot::graph(&edges, &mut context.ui.page())?;
    Ok(Exit::Success)
}

/// Each block with the blocks it waits for.
fn blocks(written: &Written) -> dot::Edges {
    let mentioned = written.mentioned_blocks();
    let nodes = written.nodes.iter().zip(mentioned);
    let blocks = nodes.filter(|(node, _)| matches!(node, Node::Block(..)));
    blocks.map(|(node, on)| (node.clone(), on.iter().map(block).collect())).collect()
}

fn block(addr: &ConfigAddr) -> Node {
    Node::Block(addr.module.clone(), addr.block.clone())
}

/// Each object with those that go before it: what is made from it.
fn removals(written: &Written) -> dot::Edges {
    let is_object =
        |node: &&Node| matches!(node, Node::Block(_, block) if block.mode == Mode::Managed);
    let blocks = blocks(written);
    let objects = blocks.keys().filter(is_object);
    let mut removals: dot::Edges = objects.map(|node| (node.clone(), BTreeSet::new())).collect();
    for (node, on) in &blocks {
        for before in on.iter().filter(|on| is_object(&node) && is_object(on)) {
            removals.entry(before.clone()).or_default().insert(node.clone());
        }
    }
    removals
}

/// Each block, value and module call with what it waits for.
fn everything(written: &Written) -> dot::Edges {
    let is_drawn = |node: &Node| !matches!(node, Node::Done(_));
    let indices = written.nodes.iter().enumerate();
    let drawn = indices.filter(|(_, node)| is_drawn(node));
    let on = |index| awaited(written, index).into_iter().map(|on| written.nodes[on].clone());
    drawn.map(|(index, node)| (node.clone(), on(index).collect())).collect()
}

/// What a node waits for, with the parts of a module in place of the whole.
fn awaited(written: &Written, index: usize) -> BTreeSet<usize> {
    let mut awaited = BTreeSet::new();
    let mut open: Vec<usize> = written.graph.dependencies(index).collect();
    while let Some(on) = open.pop() {
        if awaited.insert(on) && matches!(written.nodes[on], Node::Done(_)) {
            open.extend(written.graph.dependencies(on));
        }
    }
    awaited.retain(|on| !matches!(written.nodes[*on], Node::Done(_)));
    awaited
}
