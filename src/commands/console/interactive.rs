//! A person at a terminal: editing of lines, and a history that outlives the session.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use quorate_engine::desired::Console;
use quorate_engine::diag::{Diagnostic, Reported};
use rustyline::error::ReadlineError;
use rustyline::{Config, DefaultEditor};

use super::answer;
use super::entry::{Entry, HELP, Pending};
use crate::commands::{Context, Stop};
use crate::exit::Exit;
use crate::settings::Environment;

/// How many entries the history keeps.
const KEPT: usize = 1000;

/// Asks for expressions until the person leaves.
pub fn run(context: &mut Context, console: &Console<'_>) -> Result<Exit, Stop> {
    let mut person =
        Typist::new(&context.environment).map_err(|error| terminal(context, &error))?;
    let mut pending = Pending::default();
    let mut interrupted = false;
    let mut private = false;
    loop {
        context.ui.out.flush()?;
        match person.line(if pending.is_open() { ": " } else { "> " }) {
            Ok(line) => {
                interrupted = false;
                // As in shells: what begins with a space is not kept.
                private = if pending.is_open() { private } else { line.starts_with(' ') };
                let Some(entry) = pending.take(&line) else { continue };
                if let Entry::Expression(text) = &entry
                    && !private
                {
                    person.add(text);
                }
                if settle(context, console, entry)? {
                    break;
                }
            }
            // Control-C gives up what was begun; the second in a row leaves.
            Err(ReadlineError::Interrupted) if !interrupted => {
                interrupted = true;
                pending = Pending::default();
            }
            Err(ReadlineError::Interrupted | ReadlineError::Eof) => break,
            Err(error) => return Err(terminal(context, &error).into()),
        }
    }
    person.remember().map_err(|error| not_remembered(context, &error)).ok();
    Ok(Exit::Success)
}

/// Answers an entry; true where it is the last one.
fn settle(context: &mut Context, console: &Console<'_>, entry: Entry) -> Result<bool, Stop> {
    match entry {
        Entry::Blank => {}
        Entry::Exit => return Ok(true),
        Entry::Help => context.ui.line(HELP)?,
        Entry::Expression(text) => {
            if let Ok(answer) = answer(context, console, &text) {
                context.ui.line(answer)?;
            }
        }
    }
    Ok(false)
}

fn terminal(context: &mut Context, error: &ReadlineError) -> Reported {
    let detail = format!("Reading from the terminal failed: {error}.");
    context.diagnostics.error(Diagnostic::world("Terminal not usable", detail))
}

fn not_remembered(context: &mut Context, error: &ReadlineError) {
    let detail = format!("What was typed could not be written to the history: {error}.");
    context.diagnostics.push(Diagnostic::warning("History not kept", detail));
}

/// Who types: the editor of lines and where its history is kept.
struct Typist {
    editor: DefaultEditor,
    path: Option<PathBuf>,
}

impl Typist {
    fn new(environment: &Environment) -> Result<Typist, ReadlineError> {
        let config = Config::builder().max_history_size(KEPT)?.history_ignore_dups(true)?.build();
        let mut editor = DefaultEditor::with_config(config)?;
        let path = environment.state_home().map(|home| home.join("quorate/console_history"));
        if let Some(path) = path.as_ref().filter(|path| path.exists()) {
            // An unreadable history is no reason not to work.
            let _ = editor.load_history(path);
        }
        Ok(Typist { editor, path })
    }

    fn line(&mut self, prompt: &str) -> Result<String, ReadlineError> {
        self.editor.readline(prompt)
    }

    fn add(&mut self, entry: &str) {
        // Memory is all that this touches: it cannot fail.
        let _ = self.editor.add_history_entry(entry);
    }

    /// Adds what was typed to the history file, which only its owner can read.
    fn remember(&mut self) -> Result<(), ReadlineError> {
        let Some(path) = &self.path else { return Ok(()) };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        self.editor.append_history(path)
    }
}
