//! What was done, what failed, what was not begun, and how to go on.

use std::io;

use quorate_engine::addr::InstanceAddr;

use super::Record;
use crate::view::page::{Page, Tone};
use crate::view::plan::counts_done;
use crate::view::text::{clean, seconds};

/// What was run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// `apply`
    Apply,
    /// `destroy`
    Destroy,
}

impl Command {
    /// As the first word of a sentence.
    pub fn title(self) -> &'static str {
        match self {
            Command::Apply => "Apply",
            Command::Destroy => "Destroy",
        }
    }

    /// As typed.
    pub fn name(self) -> &'static str {
        match self {
            Command::Apply => "apply",
            Command::Destroy => "destroy",
        }
    }
}

/// Writes the summary; `again` is the command that goes on.
pub fn put_summary(
    page: &mut Page<'_>,
    command: Command,
    record: &Record,
    interrupted: bool,
    again: &str,
) -> io::Result<()> {
    // What ends at once needs no watch.
    let took = match record.took.as_secs() {
        0 => String::new(),
        _ => format!(" Took {}.", seconds(record.took)),
    };
    let nothing_left = record.failed.is_empty() && record.skipped.is_empty();
    let whole = nothing_left && record.running.is_empty() && !record.unsaved;
    page.gap()?;
    if whole && !interrupted {
        let title =
            format!("{} complete! Resources: {}.{took}", command.title(), counts(command, record));
        return page.line(page.paint(Tone::Add, title));
    }
    let how = if interrupted { "interrupted" } else { "incomplete" };
    let counts = all_counts(command, record);
    let title = format!("{} {how}. Resources: {counts}.{took}", command.title());
    page.line(page.paint(Tone::Change, title))?;
    put_list(page, "Failed:", record.failed.iter().map(|(addr, _)| (addr, None)))?;
    put_list(page, "In flight, to be looked at again:", record.running.iter().map(|a| (a, None)))?;
    let skipped = record.skipped.iter().map(|(addr, because)| (addr, because.as_ref()));
    put_list(page, "Not started:", skipped)?;
    page.gap()?;
    let cause = if record.failed.is_empty() { "To go on" } else { "To go on, mend the cause and" };
    let cause = if record.unsaved { "To go on, mend the cause and" } else { cause };
    let kept = if record.unsaved {
        "Not all could be saved."
    } else {
        "All that was done is in the state."
    };
    page.prose(&format!("{kept} {cause} run:"))?;
    page.line(format!("  {}", clean(again)))
}

fn counts(command: Command, record: &Record) -> String {
    let done = record.done;
    match command {
        Command::Destroy => format!("{} destroyed", done.destroy),
        Command::Apply => counts_done(done),
    }
}

fn all_counts(command: Command, record: &Record) -> String {
    let more = [
        (record.failed.len(), "failed"),
        (record.running.len(), "in flight"),
        (record.skipped.len(), "not started"),
    ];
    let more = more.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!(", {n} {what}"));
    counts(command, record) + &more.collect::<String>()
}

fn put_list<'r>(
    page: &mut Page<'_>,
    title: &str,
    rows: impl Iterator<Item = (&'r InstanceAddr, Option<&'r InstanceAddr>)>,
) -> io::Result<()> {
    let mut first = true;
    for (addr, because) in rows {
        if std::mem::take(&mut first) {
            page.gap()?;
            page.line(title)?;
        }
        let after = because.map(|other| format!(" (waits for {other})")).unwrap_or_default();
        page.line(format!("  {}", clean(&format!("{addr}{after}"))))?;
    }
    Ok(())
}
