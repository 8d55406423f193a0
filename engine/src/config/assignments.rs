//! Files that only have lines of the form `name = value`, in either syntax.

use std::collections::BTreeMap;

use super::decode::{Argument, Item, items};
use super::load::{JSON, read_text};
use super::{Source, constant, json};
use crate::diag::{Diagnostic, Diagnostics, Reported};
use crate::eval;
use crate::source::{Sources, Span};
use crate::value::{Text, Value};

/// The constants in a file by name, and where they are.
///
/// # Errors
/// Fails where the file cannot be read, or has anything else in it.
pub fn values_of(
    path: &str,
    source: &dyn Source,
    sources: &mut Sources,
    diags: &mut Diagnostics,
) -> Result<BTreeMap<Text, (Value, Span)>, Reported> {
    let all = arguments(path, source, sources, diags)?;
    let value = |Argument { name, at, expr }| Ok((name, (constant(&expr, diags)?, at)));
    all.into_iter().map(value).collect()
}

/// The names and values in a file.
pub(super) fn arguments(
    path: &str,
    source: &dyn Source,
    sources: &mut Sources,
    diags: &mut Diagnostics,
) -> Result<Vec<Argument>, Reported> {
    let text = read_text(source, path, diags)?;
    let id = sources.add(path, text.clone());
    if path.ends_with(JSON) {
        return json::values(&text, id, diags);
    }
    let body = eval::parse_body(&text, id).map_err(|diagnostic| diags.error(*diagnostic))?;
    let argument = |item| match item {
        Item::Attr(argument) => Some(argument),
        Item::Block(block) => {
            let detail = "A file of values contains only lines of the form name = value. Blocks \
                          belong into the configuration (*.hcl).";
            let error = Diagnostic::error("Unexpected block in a file of values", detail);
            diags.error(error.at(block.span));
            None
        }
    };
    Ok(items(body, id.into()).into_iter().filter_map(argument).collect())
}
