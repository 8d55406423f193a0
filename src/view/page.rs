//! The page that views write on: rows with a symbol in front, and colours where they are wanted.

use std::fmt::Display;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

/// How to show things.
#[derive(Clone, Copy, Debug)]
pub struct ViewOptions {
    /// Whether to write ANSI colours.
    pub color: bool,
    /// How many columns prose and rules may take.
    pub width: usize,
    /// How much of a plan is shown.
    pub detail: Detail,
}

impl ViewOptions {
    /// What a reviewer needs, in so many columns.
    pub const fn new(color: bool, width: usize) -> ViewOptions {
        ViewOptions { color, width, detail: Detail::Brief }
    }

    /// The same with more or less of a plan.
    pub const fn with(self, detail: Detail) -> ViewOptions {
        ViewOptions { detail, ..self }
    }
}

/// How much of a plan is shown. No change is hidden at any detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// What a reviewer reads: what repeats is said once, what follows from the rest is counted.
    Brief,
    /// Every object with all its texts; of those that are alike what differs.
    Compared,
    /// Every object whole.
    Full,
}

/// What a piece of text is, which decides how it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// A heading, or a name to find again.
    Bold,
    /// Something that comes.
    Add,
    /// Something that goes.
    Remove,
    /// Something that changes.
    Change,
    /// Something that is only read.
    Read,
    /// Less important than what is around it.
    Dim,
    /// The words in a changed line that came.
    AddedWords,
    /// The words in a changed line that went.
    RemovedWords,
}

impl Tone {
    fn style(self) -> Style {
        let fg = |color: AnsiColor| Style::new().fg_color(Some(color.into()));
        match self {
            Tone::Bold => Style::new().bold(),
            Tone::Add => fg(AnsiColor::Green),
            Tone::Remove => fg(AnsiColor::Red),
            Tone::Change => fg(AnsiColor::Yellow),
            Tone::Read => fg(AnsiColor::Cyan),
            Tone::Dim => Style::new().dimmed(),
            Tone::AddedWords => fg(AnsiColor::Green).bold().underline(),
            Tone::RemovedWords => fg(AnsiColor::Red).bold().underline(),
        }
    }
}

/// The symbol in front of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// No symbol.
    Same,
    /// `+`
    Add,
    /// `~`
    Change,
    /// `-`
    Remove,
    /// `-/+`
    Replace,
    /// `+/-`
    ReplaceCreateFirst,
    /// `<=`
    Read,
    /// `.`
    Forget,
}

impl Mark {
    /// The symbol as text.
    pub fn symbol(self) -> &'static str {
        match self {
            Mark::Same => "",
            Mark::Add => "+",
            Mark::Change => "~",
            Mark::Remove => "-",
            Mark::Replace => "-/+",
            Mark::ReplaceCreateFirst => "+/-",
            Mark::Read => "<=",
            Mark::Forget => ".",
        }
    }

    fn tones(self) -> &'static [(&'static str, Tone)] {
        match self {
            Mark::Same => &[],
            Mark::Add => &[("+", Tone::Add)],
            Mark::Change => &[("~", Tone::Change)],
            Mark::Remove => &[("-", Tone::Remove)],
            Mark::Replace => &[("-", Tone::Remove), ("/", Tone::Dim), ("+", Tone::Add)],
            Mark::ReplaceCreateFirst => &[("+", Tone::Add), ("/", Tone::Dim), ("-", Tone::Remove)],
            Mark::Read => &[("<=", Tone::Read)],
            Mark::Forget => &[(".", Tone::Remove)],
        }
    }
}

/// Where views write to.
pub struct Page<'a> {
    out: &'a mut dyn Write,
    options: ViewOptions,
}

impl<'a> Page<'a> {
    /// A page on a writer.
    pub fn new(out: &'a mut dyn Write, options: ViewOptions) -> Page<'a> {
        Page { out, options }
    }

    /// How things are shown on this page.
    pub fn options(&self) -> ViewOptions {
        self.options
    }

    /// Text in its tone, where the page has colours.
    pub fn paint(&self, tone: Tone, text: impl Display) -> String {
        if !self.options.color {
            return text.to_string();
        }
        let style = tone.style();
        format!("{style}{text}{style:#}")
    }

    /// One line as it is.
    pub fn line(&mut self, text: impl Display) -> io::Result<()> {
        writeln!(self.out, "{text}")
    }

    /// Lines that were written elsewhere, as they are.
    pub fn text(&mut self, lines: &str) -> io::Result<()> {
        self.out.write_all(lines.as_bytes())
    }

    /// An empty line.
    pub fn gap(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    /// Shows what was written so far.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// A line across the page.
    pub fn rule(&mut self) -> io::Result<()> {
        let rule = "─".repeat(self.options.width.min(77));
        self.line(self.paint(Tone::Dim, rule))
    }

    /// One row: four columns for each level, then the symbol, then the text.
    pub fn row(&mut self, level: usize, mark: Mark, text: impl Display) -> io::Result<()> {
        let indent = 4 * level + 3 - mark.symbol().len();
        write!(self.out, "{:indent$}", "")?;
        for (symbol, tone) in mark.tones() {
            write!(self.out, "{}", self.paint(*tone, symbol))?;
        }
        writeln!(self.out, " {text}")
    }

    /// Lines of prose, broken at the page's width.
    pub fn prose(&mut self, text: &str) -> io::Result<()> {
        for line in super::text::wrap(text, self.options.width) {
            self.line(line)?;
        }
        Ok(())
    }
}
