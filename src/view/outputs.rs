//! Output values as `output` and the end of `apply` show them.

use std::io;

use quorate_engine::value::Value;

use super::page::{Page, Tone};
use super::text::clean;

/// Writes the heading and all outputs.
pub fn put_outputs<'v>(
    page: &mut Page<'_>,
    outputs: impl Iterator<Item = (&'v str, &'v Value)>,
) -> io::Result<()> {
    page.gap()?;
    page.line(page.paint(Tone::Add, "Outputs:"))?;
    page.gap()?;
    put_each(page, outputs)
}

/// Writes all outputs.
pub fn put_each<'v>(
    page: &mut Page<'_>,
    mut outputs: impl Iterator<Item = (&'v str, &'v Value)>,
) -> io::Result<()> {
    outputs.try_for_each(|(name, value)| page.line(format!("{name} = {}", shown(value))))
}

/// A value in the notation of the language; sensitive ones are not shown.
pub fn shown(value: &Value) -> String {
    if value.unmark().1.sensitive {
        return "<sensitive>".to_owned();
    }
    value.to_console().lines().map(clean).collect::<Vec<_>>().join("\n")
}
