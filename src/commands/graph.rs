//! `quorate graph`

use quorate_engine::addr::ConfigAddr;
use quorate_engine::build::{Node, Written};

use super::{Context, Stop};
use crate::args::VariableArgs;
use crate::exit::Exit;
use crate::session::Session;
use crate::view::dot;

/// Prints which block waits for which, in DOT.
pub fn run(context: &mut Context, args: &VariableArgs) -> Result<Exit, Stop> {
    let session = Session::open(context, args)?;
    dot::graph(&edges(&session.written), &mut context.ui.page())?;
    Ok(Exit::Success)
}

/// Each block with the blocks it waits for.
fn edges(written: &Written) -> dot::Edges {
    let mentioned = written.mentioned_blocks();
    let nodes = written.nodes.iter().zip(mentioned);
    nodes.filter_map(|(node, on)| Some((block(node)?, on.iter().cloned().collect()))).collect()
}

fn block(node: &Node) -> Option<ConfigAddr> {
    match node {
        Node::Block(module, block) => {
            Some(ConfigAddr { module: module.clone(), block: block.clone() })
        }
        _ => None,
    }
}
