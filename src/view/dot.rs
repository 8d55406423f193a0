//! A graph of blocks in DOT, as Graphviz reads it: <https://graphviz.org/doc/info/lang.html>.

mod reduce;

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use quorate_engine::addr::{ConfigAddr, ModulePath};

use super::Page;

/// Each block with the blocks it waits for.
pub type Edges = BTreeMap<ConfigAddr, BTreeSet<ConfigAddr>>;

/// Writes a graph with the modules as frames around their blocks, in the order of the addresses.
/// Arrows are left out where a longer way says the same, as Terraform does.
pub fn graph(edges: &Edges, page: &mut Page<'_>) -> io::Result<()> {
    let edges = &reduce::reduced(edges);
    page.line("digraph G {")?;
    page.line("  rankdir = \"RL\";")?;
    page.line("  node [shape = rect, fontname = \"sans-serif\"];")?;
    frame(&ModulePath::default(), edges, page)?;
    for (block, on) in edges.iter().flat_map(|(block, all)| all.iter().map(move |on| (block, on))) {
        page.line(format!("  {} -> {};", id(block), id(on)))?;
    }
    page.line("}")
}

/// The blocks of a module, then the frames of the modules that it calls.
fn frame(module: &ModulePath, edges: &Edges, page: &mut Page<'_>) -> io::Result<()> {
    let depth = module.0.len();
    let indent = "  ".repeat(depth + 1);
    for block in edges.keys().filter(|block| block.module == *module) {
        let label = quoted(&block.block.to_string());
        page.line(format!("{indent}{} [label = {label}];", id(block)))?;
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

/// The modules directly within a module that have blocks, or modules with blocks.
fn called(module: &ModulePath, edges: &Edges) -> BTreeSet<ModulePath> {
    let depth = module.0.len();
    let below = edges
        .keys()
        .map(|block| &block.module.0)
        .filter(|path| path.len() > depth && path[..depth] == module.0[..]);
    below.map(|path| ModulePath(path[..=depth].to_vec())).collect()
}

fn id(block: &ConfigAddr) -> String {
    quoted(&block.to_string())
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
