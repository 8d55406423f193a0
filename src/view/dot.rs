//! A graph of what is written in DOT, as Graphviz reads it: <https://graphviz.org/doc/info/lang.html>.

mod reduce;

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use quorate_engine::addr::ModulePath;
use quorate_engine::build::Node;

use super::Page;

/// Each thing that is written with those it waits for.
pub type Edges = BTreeMap<Node, BTreeSet<Node>>;

/// Writes a graph with the modules as frames around what is in them, in the order of the addresses.
/// Arrows are left out where a longer way says the same, as Terraform does.
pub fn graph(edges: &Edges, page: &mut Page<'_>) -> io::Result<()> {
    let edges = &reduce::reduced(edges);
    page.line("digraph G {")?;
    page.line("  rankdir = \"RL\";")?;
    page.line("  node [shape = rect, fontname = \"sans-serif\"];")?;
    frame(&ModulePath::default(), edges, page)?;
    for (node, on) in edges.iter().flat_map(|(node, all)| all.iter().map(move |on| (node, on))) {
        page.line(format!("  {} -> {};", id(node), id(on)))?;
    }
    page.line("}")
}

/// What is in a module, then the frames of the modules that it calls.
fn frame(module: &ModulePath, edges: &Edges, page: &mut Page<'_>) -> io::Result<()> {
    let depth = module.0.len();
    let indent = "  ".repeat(depth + 1);
    for node in edges.keys().filter(|node| node.module() == module) {
        let label = quoted(&label(node));
        page.line(format!("{indent}{} [label = {label}];", id(node)))?;
    }
    for called in called(module, edges) {
        let name = called.to_string();
        page.line(format!("{indent}subgraph {} {{", quoted(&format!("cluster_{name}"))))?;
        page.line(format!("{indent}  label = {};", quoted(&name)))?;
        page.line(format!("{indent}  fontname = \"sans-serif\";"))?;
        frame(&called, edges, page)?;
        page.line(format!("{indent}}}"))?;
    }
    Ok(())
}

/// The modules directly within a module that have anything in them.
fn called(module: &ModulePath, edges: &Edges) -> BTreeSet<ModulePath> {
    let depth = module.0.len();
    let below = edges
        .keys()
        .map(|node| &node.module().0)
        .filter(|path| path.len() > depth && path[..depth] == module.0[..]);
    below.map(|path| ModulePath(path[..=depth].to_vec())).collect()
}

fn id(node: &Node) -> String {
    quoted(&node.to_string())
}

/// What a thing is called within its module.
fn label(node: &Node) -> String {
    let (module, whole) = (node.module().to_string(), node.to_string());
    let own = whole.strip_prefix(&module).map(|own| own.trim_start_matches('.'));
    own.filter(|own| !own.is_empty()).unwrap_or(&whole).to_owned()
}

/// A string of DOT: a quote ends it, and in labels a backslash begins an escape.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_backslashes_do_not_end_a_string() {
        assert_eq!(quoted("a\"b\\c"), r#""a\"b\\c""#);
        assert_eq!(quoted("ä.ö"), "\"ä.ö\"");
    }
}
