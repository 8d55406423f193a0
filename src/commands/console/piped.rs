//! Expressions from a pipe or a file: one answer for each, in order; the first mistake ends it.

use std::io::{self, BufRead, BufReader, Read, Write as _};

use quorate_engine::desired::Console;
use quorate_engine::diag::Diagnostic;

use super::entry::{Entry, HELP, Pending};
use super::{Wrong, answer};
use crate::commands::{Context, Stop};
use crate::exit::Exit;

/// Answers all expressions of the standard input.
pub fn run(context: &mut Context, console: &Console<'_>) -> Result<Exit, Stop> {
    let mut input = BufReader::new(io::stdin().lock());
    let mut pending = Pending::default();
    while let Some(line) = next_line(context, &mut input)? {
        let Some(entry) = pending.take(&line) else { continue };
        if let Some(exit) = settle(context, console, entry)? {
            return Ok(exit);
        }
    }
    let last = if pending.is_open() { pending.end() } else { Entry::Blank };
    Ok(settle(context, console, last)?.unwrap_or(Exit::Success))
}

/// The next line. Answers are written out before waiting for it: whoever sends the lines may wait
/// for an answer before the next one.
fn next_line(
    context: &mut Context,
    input: &mut BufReader<impl Read>,
) -> Result<Option<String>, Stop> {
    if !input.buffer().contains(&b'\n') {
        context.ui.out.flush()?;
    }
    let mut bytes = Vec::new();
    let failed = |context: &mut Context, why: String| {
        let problem = Diagnostic::error("Input not readable", why);
        Stop::Reported(context.diagnostics.error(problem))
    };
    match input.read_until(b'\n', &mut bytes) {
        Ok(0) => return Ok(None),
        Ok(_) => {}
        Err(error) => return Err(failed(context, format!("Reading expressions: {error}."))),
    }
    if bytes.ends_with(b"\n") {
        bytes.pop();
    }
    match String::from_utf8(bytes) {
        Ok(line) => Ok(Some(line)),
        Err(_) => Err(failed(context, "The expressions to answer are not UTF-8.".to_owned())),
    }
}

/// Answers one entry; gives the end of the command where this was the last one.
fn settle(
    context: &mut Context,
    console: &Console<'_>,
    entry: Entry,
) -> Result<Option<Exit>, Stop> {
    match entry {
        Entry::Blank => {}
        Entry::Exit => return Ok(Some(Exit::Success)),
        Entry::Help => context.ui.line(HELP)?,
        Entry::Expression(text) => match answer(context, console, &text) {
            Ok(answer) => context.ui.line(answer)?,
            Err(Wrong(exit)) => return Ok(Some(exit)),
        },
    }
    Ok(None)
}
