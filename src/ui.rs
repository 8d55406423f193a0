//! The two outputs and the input of this process, behind one door.

use std::io::{self, BufRead, BufWriter, IsTerminal, Write};
use std::sync::Arc;

use quorate_engine::diag::{Diagnostic, Diagnostics};
use quorate_engine::source::Sources;
use zeroize::Zeroizing;

use crate::settings::view_options;
use crate::view::json::stream::Stream;
use crate::view::page::Tone;
use crate::view::{Page, ViewOptions, diagnostic};

/// Where a command talks to a person or to the next program.
pub struct Ui {
    /// Results.
    pub out: Box<dyn Write + Send>,
    /// How results are shown.
    pub view: ViewOptions,
    /// Whether warnings are shown by their titles only.
    pub compact_warnings: bool,
    /// Whether results go to a terminal that can show progress in place.
    pub is_live: bool,
    err: Box<dyn Write + Send>,
    err_view: ViewOptions,
    input: Option<Box<dyn BufRead + Send>>,
    live: fn() -> Box<dyn Write + Send>,
    stream: Option<Arc<Stream>>,
}

impl Ui {
    /// The outputs of this process. Without a terminal nobody is asked.
    pub fn of_process(no_color: bool) -> Ui {
        let input: Option<Box<dyn BufRead + Send>> = match io::stdin().is_terminal() {
            true => Some(Box::new(io::BufReader::new(io::stdin()))),
            false => None,
        };
        Ui {
            out: Box::new(BufWriter::new(io::stdout())),
            view: view_options(&io::stdout(), no_color),
            err: Box::new(BufWriter::new(io::stderr())),
            err_view: view_options(&io::stderr(), no_color),
            input,
            live: || Box::new(io::stdout()),
            compact_warnings: false,
            is_live: io::stdout().is_terminal() && crate::settings::can_move_cursor(),
            stream: None,
        }
    }

    /// Outputs for a test, without colours.
    pub fn new(
        out: impl Write + Send + 'static,
        err: impl Write + Send + 'static,
        input: Option<Box<dyn BufRead + Send>>,
    ) -> Ui {
        let view = ViewOptions::new(false, 80);
        Ui {
            out: Box::new(out),
            view,
            err: Box::new(err),
            err_view: view,
            input,
            live: || Box::new(io::sink()),
            compact_warnings: false,
            is_live: false,
            stream: None,
        }
    }

    /// A second way to the standard output, for lines that appear at once.
    pub fn live(&self) -> Box<dyn Write + Send> {
        (self.live)()
    }

    /// A page for results.
    pub fn page(&mut self) -> Page<'_> {
        Page::new(&mut self.out, self.view)
    }

    /// One line of a result.
    pub fn line(&mut self, text: impl std::fmt::Display) -> io::Result<()> {
        writeln!(self.out, "{text}")
    }

    /// From here on messages are events of a stream.
    pub fn stream_messages(&mut self, stream: Arc<Stream>) {
        self.stream = Some(stream);
    }

    /// Writes messages. There is nobody to tell when that fails.
    pub fn report(&mut self, diagnostics: &Diagnostics, sources: &Sources) {
        let _ = self.out.flush();
        if let Some(stream) = &self.stream {
            let all = diagnostic::ordered(diagnostics);
            return all.into_iter().for_each(|message| stream.diagnostic(message, sources));
        }
        // Beside an error the warnings may be what explains it.
        let render = match self.compact_warnings && !diagnostics.has_errors() {
            true => diagnostic::render_compact,
            false => diagnostic::render,
        };
        let _ = render(diagnostics, sources, self.err_view, &mut self.err);
        let _ = self.err.flush();
    }

    /// Asks for a "yes". False for every other answer.
    ///
    /// # Errors
    /// Fails where there is nobody to ask.
    pub fn approve(&mut self, question: &Question, may_ask: bool) -> Result<bool, Box<Diagnostic>> {
        let asked = self.input.as_ref().is_some() && may_ask;
        if !asked {
            return Err(Box::new(nobody_to_ask(question)));
        }
        let unreadable = |error: io::Error| {
            let detail = format!("Reading the answer failed: {error}.");
            Box::new(Diagnostic::world("Answer not readable", detail))
        };
        self.ask(question).map_err(unreadable)
    }

    fn ask(&mut self, question: &Question) -> io::Result<bool> {
        let mut page = self.page();
        let title = page.paint(Tone::Bold, question.title);
        page.gap()?;
        page.line(title)?;
        for line in question.explanation {
            page.line(format!("  {line}"))?;
        }
        page.gap()?;
        let prompt = page.paint(Tone::Bold, "Enter a value:");
        write!(self.out, "  {prompt} ")?;
        self.out.flush()?;
        let mut answer = String::new();
        if let Some(input) = &mut self.input {
            input.read_line(&mut answer)?;
        }
        Ok(answer.trim() == "yes")
    }
}

/// Whether there is a terminal to ask for a secret at.
pub fn can_ask_secret() -> bool {
    io::stdin().is_terminal() && console::Term::stderr().is_term()
}

/// Asks for a secret, which is not shown while it is typed. None where there is no terminal.
///
/// # Errors
/// Fails where the terminal cannot be read.
pub fn ask_secret(question: &str) -> io::Result<Option<Zeroizing<String>>> {
    if !can_ask_secret() {
        return Ok(None);
    }
    let terminal = console::Term::stderr();
    terminal.write_str(question)?;
    terminal.read_secure_line().map(|text| Some(Zeroizing::new(text)))
}

/// A question that only "yes" answers.
#[derive(Debug)]
pub struct Question {
    /// The question.
    pub title: &'static str,
    /// What a "yes" means.
    pub explanation: &'static [&'static str],
    /// What makes it unnecessary to ask, for a message where nobody can be asked.
    pub unattended: &'static str,
}

/// Before `apply`.
pub const APPLY: Question = Question {
    title: "Do you want to perform these actions?",
    explanation: &[
        "Quorate will perform the actions described above.",
        "Only 'yes' will be accepted to approve.",
    ],
    unattended: "Review the plan and run the command again with -auto-approve, or in a terminal.",
};

/// Before `apply -refresh-only`.
pub const REFRESH: Question = Question {
    title: "Would you like to update the Quorate state to reflect these detected changes?",
    explanation: &[
        "Quorate will write these changes to the state without modifying any host.",
        "There is no undo. Only 'yes' will be accepted to confirm.",
    ],
    unattended: "Review the differences and run the command again with -auto-approve, or in a terminal.",
};

/// Before `destroy`.
pub const DESTROY: Question = Question {
    title: "Do you really want to destroy all objects?",
    explanation: &[
        "Quorate will destroy everything that it manages, as shown above.",
        "There is no undo. Only 'yes' will be accepted to confirm.",
    ],
    unattended: "Review the plan and run the command again with -auto-approve, or in a terminal.",
};

/// Before `force-unlock`.
pub const UNLOCK: Question = Question {
    title: "Do you really want to take the lock away?",
    explanation: &[
        "If its holder lives, both would change the same hosts.",
        "Only 'yes' will be accepted to confirm.",
    ],
    unattended: "Make sure that its holder is dead and run the command again with -force, or in a terminal.",
};

/// Before `force-unlock -journal-lost`.
pub const JOURNAL_LOST: Question = Question {
    title: "Do you really want to give up what only the lost journal knew?",
    explanation: &[
        "Objects and sealed keys that only that run recorded are forgotten.",
        "Only 'yes' will be accepted to confirm.",
    ],
    unattended: "Run the command again with -force, or in a terminal.",
};

/// Before `state reseal` for others only.
pub const RESEAL: Question = Question {
    title: "Do you want to seal the state so that you cannot open it?",
    explanation: &[
        "No identity at hand is among those that it is to be sealed for.",
        "Only 'yes' will be accepted to confirm.",
    ],
    unattended: "No identity at hand is among those that it is to be sealed for. Add your own recipient \
                 to the \"seal\" block, or run the command again with -auto-approve.",
};

/// Before `init -migrate-state`.
pub const MIGRATE: Question = Question {
    title: "Do you want to copy the state to the new backend?",
    explanation: &[
        "It also stays where it was, and is not used there any more.",
        "Only 'yes' will be accepted to confirm.",
    ],
    unattended: "Run the command again with -force-copy, or in a terminal.",
};

fn nobody_to_ask(question: &Question) -> Diagnostic {
    let detail = "This needs an approval, but there is no terminal to ask at, or asking was turned \
                  off. Nothing was changed.";
    Diagnostic::error("Approval needed", detail).help(question.unattended)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str) -> bool {
        let input: Box<dyn BufRead + Send> = Box::new(io::Cursor::new(text.to_owned()));
        Ui::new(io::sink(), io::sink(), Some(input)).approve(&APPLY, true).unwrap()
    }

    #[test]
    fn only_yes_is_yes() {
        for (text, approved) in
            [("yes\n", true), (" yes \n", true), ("y\n", false), ("Yes\n", false), ("", false)]
        {
            assert_eq!(answer(text), approved, "{text:?}");
        }
    }

    #[test]
    fn nobody_is_asked_without_a_terminal() {
        let mut ui = Ui::new(io::sink(), io::sink(), None);
        let refused = ui.approve(&APPLY, true).unwrap_err();
        assert!(refused.help.unwrap().contains("-auto-approve"));
        let input: Box<dyn BufRead + Send> = Box::new(io::Cursor::new("yes\n"));
        assert!(Ui::new(io::sink(), io::sink(), Some(input)).approve(&APPLY, false).is_err());
    }
}
