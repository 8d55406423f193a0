//! `quorate graph`

use std::io;

use quorate_engine::addr::{ConfigAddr, quoted};
use quorate_engine::build::{Node, Written};

use super::{Context, Stop};
use crate::args::VariableArgs;
use crate::exit::Exit;
use crate::session::Session;
use crate::view::Page;

/// Prints which block waits for which, in DOT.
pub fn run(context: &mut Context, args: &VariableArgs) -> Result<Exit, Stop> {
    let session = Session::open(context, args)?;
    put(&mut context.ui.page(), &session.written)?;
    Ok(Exit::Success)
}

fn put(page: &mut Page<'_>, written: &Written) -> io::Result<()> {
    page.line("digraph G {")?;
    page.line("  rankdir = \"RL\";")?;
    page.line("  node [shape = rect, fontname = \"sans-serif\"];")?;
    let mentioned = written.mentioned_blocks();
    let blocks =
        || written.nodes.iter().enumerate().filter_map(|(n, node)| Some((n, block(node)?)));
    for (_, addr) in blocks() {
        page.line(format!("  {};", name(&addr)))?;
    }
    for (index, addr) in blocks() {
        for on in mentioned[index].iter() {
            page.line(format!("  {} -> {};", name(&addr), name(on)))?;
        }
    }
    page.line("}")
}

fn block(node: &Node) -> Option<ConfigAddr> {
    match node {
        Node::Block(module, block) => {
            Some(ConfigAddr { module: module.clone(), block: block.clone() })
        }
        _ => None,
    }
}

fn name(addr: &ConfigAddr) -> String {
    quoted(&addr.to_string())
}
