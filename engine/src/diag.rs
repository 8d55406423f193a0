//! Diagnostics: what went wrong with what, where, and what to do next.

use crate::source::Span;

/// How bad a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The command goes on.
    Warning,
    /// The command stops before it changes anything.
    Error,
}

/// Whose fault a diagnostic reports; it decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The configuration, the command line or a value is wrong.
    User,
    /// A host, the network, a disk or a backend failed.
    World,
    /// Quorate broke its own promise.
    Bug,
}

/// One message for a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Whose fault it is.
    pub fault: Fault,
    /// Constant per kind of problem, so that users learn to recognise it.
    pub summary: &'static str,
    /// What exactly, and what to do; sentences.
    pub detail: String,
    /// The address of the object concerned, where there is one.
    pub address: Option<String>,
    /// The part of the configuration to underline.
    pub span: Option<Span>,
    /// The whole expression or block header around `span`, where that helps.
    pub context: Option<Span>,
    /// Values that led here: `("var.size", "3")`, never sensitive ones.
    pub values: Vec<(String, String)>,
    /// The function whose call went wrong, by the name it is called by.
    pub call: Option<String>,
    /// A suggestion, as a sentence.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error in what the user wrote.
    pub fn error(summary: &'static str, detail: impl Into<String>) -> Self {
        Diagnostic {
            severity: Severity::Error,
            fault: Fault::User,
            summary,
            detail: detail.into(),
            address: None,
            span: None,
            context: None,
            values: Vec::new(),
            call: None,
            help: None,
        }
    }

    /// A warning: the command goes on.
    pub fn warning(summary: &'static str, detail: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Warning, ..Self::error(summary, detail) }
    }

    /// A failure of the outside world.
    pub fn world(summary: &'static str, detail: impl Into<String>) -> Self {
        Diagnostic { fault: Fault::World, ..Self::error(summary, detail) }
    }

    /// A broken promise of ours.
    pub fn bug(summary: &'static str, detail: impl Into<String>) -> Self {
        Diagnostic { fault: Fault::Bug, ..Self::error(summary, detail) }
    }

    /// Underlines a part of the configuration.
    pub fn at(mut self, span: Span) -> Self {
        self.span.get_or_insert(span);
        self
    }

    /// Names the part around the underlined one.
    pub fn within(mut self, context: Span) -> Self {
        self.context.get_or_insert(context);
        self
    }

    /// Names the object concerned.
    pub fn about(mut self, address: impl Into<String>) -> Self {
        self.address.get_or_insert_with(|| address.into());
        self
    }

    /// Names the function whose call went wrong.
    pub fn calling(mut self, function: impl Into<String>) -> Self {
        self.call = Some(function.into());
        self
    }

    /// Adds a suggestion.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a value that led here; the caller leaves out sensitive ones.
    pub fn value(mut self, name: impl Into<String>, shown: impl Into<String>) -> Self {
        self.values.push((name.into(), shown.into()));
        self
    }
}

/// Proof that an error was recorded: no failure without a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reported(());

/// All messages of one run, in the order they arose.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diagnostics {
    items: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Records an error; the only way to obtain a [`Reported`].
    pub fn error(&mut self, mut diagnostic: Diagnostic) -> Reported {
        diagnostic.severity = Severity::Error;
        self.items.push(diagnostic);
        Reported(())
    }

    /// Records a message of any severity.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.items.push(diagnostic);
    }

    /// Takes over another run's messages.
    pub fn extend(&mut self, other: Diagnostics) {
        self.items.extend(other.items);
    }

    /// Records a message where there is one.
    pub fn extend_with(&mut self, diagnostic: Option<Diagnostic>) {
        self.items.extend(diagnostic);
    }

    /// Leaves only some messages.
    pub fn retain(&mut self, keep: impl FnMut(&Diagnostic) -> bool) {
        self.items.retain(keep);
    }

    /// Whether an error was recorded.
    pub fn has_errors(&self) -> bool {
        self.items.iter().any(|item| item.severity == Severity::Error)
    }

    /// The proof of an earlier error, if there is one.
    pub fn reported(&self) -> Result<(), Reported> {
        if self.has_errors() { Err(Reported(())) } else { Ok(()) }
    }

    /// The message recorded last.
    pub fn last_mut(&mut self) -> Option<&mut Diagnostic> {
        self.items.last_mut()
    }

    /// All messages.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.items.iter()
    }

    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// How many messages there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// The messages recorded after the first `count`, taken out.
    pub fn split_off(&mut self, count: usize) -> Diagnostics {
        Diagnostics { items: self.items.split_off(count.min(self.items.len())) }
    }

    /// The worst fault among the errors.
    pub fn worst_fault(&self) -> Option<Fault> {
        self.items.iter().filter(|item| item.severity == Severity::Error).map(|d| d.fault).max()
    }
}
