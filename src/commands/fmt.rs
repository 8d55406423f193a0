//! `quorate fmt`

mod find;

use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use quorate_engine::config::{DiskFiles, LARGEST, decoded, read_text};
use quorate_engine::diag::{Diagnostic, Diagnostics, Reported};
use quorate_engine::layout;
use similar::TextDiff;

use super::{Context, Stop};
use crate::args::FmtArgs;
use crate::exit::Exit;
use crate::whole_file;

/// The path that means the standard input.
const DASH: &str = "-";

/// How messages and diffs call the standard input.
const STDIN: &str = "<stdin>";

/// Lays out files, or the standard input.
pub fn run(context: &mut Context, args: &FmtArgs) -> Result<Exit, Stop> {
    let told = match args.paths.iter().any(|path| path == Path::new(DASH)) {
        true => standard_input(context, args),
        false => files(context, args),
    };
    match told {
        Err(Stop::Reported(_)) => Ok(Exit::FmtFailed),
        Err(stop) => Err(stop),
        Ok(_) if context.diagnostics.has_errors() => Ok(Exit::FmtFailed),
        Ok(false) if args.check => Ok(Exit::Untidy),
        Ok(_) => Ok(Exit::Success),
    }
}

/// Lays out files one after the other, and tells whether all were. A mistake in one is among the
/// messages and does not keep the others from it.
fn files(context: &mut Context, args: &FmtArgs) -> Result<bool, Stop> {
    let mut all = true;
    for found in find::files(args) {
        match found.map_err(|problem| context.diagnostics.error(*problem)) {
            Ok(name) => match file(context, args, &name) {
                Err(Stop::Reported(_)) => {}
                told => all &= told?,
            },
            Err(_reported) => {}
        }
    }
    Ok(all)
}

fn file(context: &mut Context, args: &FmtArgs, name: &str) -> Result<bool, Stop> {
    let text = read_text(&DiskFiles::default(), name, &mut context.diagnostics)?;
    let laid_out = laid_out(context, name, &text)?;
    let is_tidy = *laid_out == *text;
    let writes = args.write && !args.check;
    if !is_tidy {
        if args.list {
            context.ui.line(name)?;
        }
        if writes {
            whole_file::replace(Path::new(name), &laid_out)
                .map_err(|error| context.diagnostics.error(unwritten(name, &error)))?;
        }
        if args.diff {
            diff(context, name, &text, &laid_out)?;
        }
    }
    if !(args.list || args.diff || args.check || writes) {
        context.ui.out.write_all(laid_out.as_bytes())?;
    }
    Ok(is_tidy)
}

/// Lays out what comes in. There is no file to list or to write, so the result is printed.
fn standard_input(context: &mut Context, args: &FmtArgs) -> Result<bool, Stop> {
    if args.paths.len() > 1 {
        let detail = "The standard input (\"-\") cannot be laid out together with files.";
        return Err(context.diagnostics.error(Diagnostic::error("Too many paths", detail)).into());
    }
    let text = input(&mut context.diagnostics)?;
    let laid_out = laid_out(context, STDIN, &text)?;
    let is_tidy = *laid_out == *text;
    match (args.diff, args.check) {
        (true, _) => diff(context, STDIN, &text, &laid_out)?,
        (false, true) => {}
        (false, false) => context.ui.out.write_all(laid_out.as_bytes())?,
    }
    Ok(is_tidy)
}

fn input(diagnostics: &mut Diagnostics) -> Result<Arc<str>, Reported> {
    let mut bytes = Vec::new();
    let read = io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes);
    let problem = match read {
        Ok(_) if bytes.len() as u64 <= LARGEST => return decoded(STDIN, bytes, diagnostics),
        Ok(_) => format!("it is larger than {} MiB", LARGEST >> 20),
        Err(error) => error.to_string(),
    };
    let detail = format!("Reading the standard input failed: {problem}.");
    Err(diagnostics.error(Diagnostic::error("Input not readable", detail)))
}

/// A text in its layout. Only texts with mistakes are kept, for the messages about them.
fn laid_out(context: &mut Context, name: &str, text: &str) -> Result<String, Reported> {
    let kept = context.sources.clone();
    let source = context.sources.add(name, text);
    let laid_out =
        layout::format(text, source).map_err(|problem| context.diagnostics.error(*problem))?;
    context.sources = kept;
    Ok(laid_out)
}

/// The same labels as Terraform's, so that `patch -p1` takes it.
fn diff(context: &mut Context, name: &str, old: &str, new: &str) -> io::Result<()> {
    let diff = TextDiff::from_lines(old, new);
    let labels = (format!("old/{name}"), format!("new/{name}"));
    write!(context.ui.out, "{}", diff.unified_diff().header(&labels.0, &labels.1))
}

fn unwritten(name: &str, error: &io::Error) -> Diagnostic {
    let detail = format!("Writing the new layout of {name:?} failed: {error}. It is as it was.");
    Diagnostic::world("File not written", detail)
}
