//! The order of a plan in words, for those who read rather than look.

use std::io::{self, Write};

use quorate_engine::plan::{Plan, Waves};

use super::escape::{self, escape};

/// Writes the waves as a list, for those who read rather than look.
pub fn put(waves: &Waves, plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let last = waves.of.iter().flatten().max().copied();
    let Some(last) = last else { return Ok(()) };
    let mut lists: Vec<Vec<usize>> = vec![Vec::new(); last + 1];
    for (object, wave) in waves.of.iter().enumerate() {
        lists[wave.unwrap_or_default()].extend(wave.map(|_| object));
    }
    writeln!(out, "<details class=\"waves\"><summary>The order in words</summary>\n<ol>")?;
    for list in lists {
        write!(out, "<li>")?;
        for (index, object) in list.iter().enumerate() {
            let addr = plan.objects[*object].addr.to_string();
            let comma = if index > 0 { ", " } else { "" };
            write!(out, "{comma}<a href=\"#{}\">{}</a>", escape::id(&addr), escape(&addr))?;
        }
        writeln!(out, "</li>")?;
    }
    writeln!(out, "</ol></details>")
}
