//! `quorate validate`

use super::{Context, Stop};
use crate::args::VariableArgs;
use crate::exit::Exit;
use crate::view::page::Tone;

/// Checks all that can be checked without a host.
pub fn run(context: &mut Context, args: &VariableArgs) -> Result<Exit, Stop> {
    let config = context.config()?;
    if !args.given.is_empty() {
        context.variables(&config, args)?;
    }
    let page = context.ui.page();
    let success = page.paint(Tone::Add, "Success!");
    let rest = match context.diagnostics.is_empty() {
        true => "The configuration is valid.",
        false => "The configuration is valid, but there were some warnings as shown below.",
    };
    context.ui.line(format_args!("{success} {rest}"))?;
    Ok(Exit::Success)
}
