//! `quorate version`

use super::{Context, Stop};
use crate::exit::Exit;

/// Prints the version.
pub fn run(context: &mut Context) -> Result<Exit, Stop> {
    context.ui.line(format_args!("Quorate v{}", env!("CARGO_PKG_VERSION")))?;
    Ok(Exit::Success)
}
