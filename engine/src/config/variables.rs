//! Values of the root module's variables: who gives one, and which of them wins.

use std::collections::BTreeMap;
use std::fmt;

use super::assignments::arguments;
use super::decode::Argument;
use super::load::JSON;
use super::{Config, Module, Source, Variable, constant, files};
use crate::addr::ModulePath;
use crate::diag::{Diagnostic, Diagnostics, Reported};
use crate::eval::{self, Expr};
use crate::source::{Sources, Span};
use crate::suggest;
use crate::value::{Marks, Text, Value, normalized};

/// The file of values that is read without being named.
const OWN_FILE: &str = "quorate.vars.hcl";

/// What was given on the command line, in its order.
#[derive(Clone, PartialEq, Eq)]
pub enum VarSource {
    /// `-var name=value`, as it was given.
    Assignment(String),
    /// `-var-file path`
    File(String),
}

/// Without the value, which may be a secret.
impl fmt::Debug for VarSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VarSource::File(path) => write!(f, "-var-file={path}"),
            VarSource::Assignment(text) => {
                write!(f, "-var={}=...", text.split_once('=').map_or("", |(name, _)| name))
            }
        }
    }
}

/// Where values come from besides the files of the root module.
#[derive(Clone, Copy)]
pub struct VarInputs<'a> {
    /// Values of `QUORATE_VAR_name` by name, the prefix taken off.
    pub environment: &'a BTreeMap<String, String>,
    /// `-var` and `-var-file`.
    pub command_line: &'a [VarSource],
}

/// What a variable is that nobody gives a value and that has no default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// A mistake.
    Refused,
    /// An unknown value, as far as expressions are only tried out.
    Unknown,
}

/// Finds the value of every variable of the root module, converted and marked.
///
/// Later sources win: the environment, `quorate.vars.hcl`, `*.auto.vars.hcl` by name, the command
/// line. Texts that are read go into `sources`, sensitive ones from the command line excepted.
/// Validation conditions are not looked at: they may refer to anything.
pub fn root_values(
    config: &Config,
    inputs: VarInputs<'_>,
    missing: Missing,
    source: &dyn Source,
    sources: &mut Sources,
    diags: &mut Diagnostics,
) -> Result<BTreeMap<Text, Value>, Reported> {
    let Some(root) = config.modules.get(&ModulePath::default()) else {
        return Err(diags.error(Diagnostic::bug("No root module", "It was not loaded.")));
    };
    let before = diags.len();
    let mut gather =
        Gather { root, missing, source, sources, diags, given: BTreeMap::new(), unread: false };
    gather.environment(inputs.environment);
    gather.own_files();
    gather.command_line(inputs.command_line);
    let values = gather.values();
    let found = diags.split_off(before);
    let outcome = found.reported();
    diags.extend(found);
    outcome.map(|()| values)
}

/// A value as it was given, not looked at yet: only the last one counts.
enum Given {
    /// A text, and a phrase that says where it is from.
    Text(String, &'static str),
    /// An expression in a file.
    Expr(Expr, Span),
}

struct Gather<'a> {
    root: &'a Module,
    missing: Missing,
    source: &'a dyn Source,
    sources: &'a mut Sources,
    diags: &'a mut Diagnostics,
    given: BTreeMap<Text, Given>,
    /// Whether something that was given could not be read, so that nobody knows what is missing.
    unread: bool,
}

impl Gather<'_> {
    /// Other programs' variables may share the prefix, so unknown names are not mentioned.
    fn environment(&mut self, environment: &BTreeMap<String, String>) {
        for (name, text) in environment {
            let name = normalized(name);
            if self.root.variables.contains_key(&name) {
                self.given.insert(name, Given::Text(text.clone(), "in the environment"));
            }
        }
    }

    fn own_files(&mut self) {
        // A folder that cannot be listed was reported when the configuration was loaded.
        let names = self.source.list(&self.root.dir).unwrap_or_default();
        let stem = |name: &str| name.strip_suffix(JSON).unwrap_or(name).to_owned();
        let own = names.iter().filter(|name| stem(name) == OWN_FILE);
        let auto = names.iter().filter(|name| stem(name).ends_with(".auto.vars.hcl"));
        let paths: Vec<String> = own.chain(auto).map(|n| files::join(&self.root.dir, n)).collect();
        for path in paths {
            self.file(&path);
        }
    }

    fn command_line(&mut self, given: &[VarSource]) {
        for source in given {
            match source {
                VarSource::File(path) => self.file(path),
                VarSource::Assignment(text) => self.assignment(text),
            }
        }
    }

    fn assignment(&mut self, assignment: &str) {
        // The text is not repeated in messages: it may be a secret.
        let Some((name, text)) = assignment.split_once('=') else {
            let detail = "The option -var takes a name and a value with an equals sign between \
                          them: -var 'name=value'.";
            self.diags.error(Diagnostic::error("Invalid -var option", detail));
            self.unread = true;
            return;
        };
        let trimmed = name.trim();
        if trimmed.len() != name.len() {
            let detail = "There is white space around the name of the variable.";
            let error = Diagnostic::error("Invalid -var option", detail);
            self.diags.error(error.help(format!("Write -var '{trimmed}=...'.")));
            self.unread = true;
            return;
        }
        let name = normalized(name);
        if self.root.variables.contains_key(&name) {
            self.given.insert(name, Given::Text(text.to_owned(), "on the command line"));
            return;
        }
        let detail = format!(
            "The option -var sets {name:?}, but the root module declares no variable of that name."
        );
        let error = Diagnostic::error("Value for undeclared variable", detail);
        let error = self.suggested(&name, error);
        self.diags.error(error);
    }

    fn suggested(&self, name: &str, diagnostic: Diagnostic) -> Diagnostic {
        match suggest::did_you_mean(name, self.root.variables.keys()) {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }

    fn file(&mut self, path: &str) {
        let before = self.diags.len();
        let found = arguments(path, self.source, self.sources, self.diags);
        self.unread |= self.diags.len() > before;
        found.into_iter().flatten().for_each(|argument| self.entry(argument));
    }

    fn entry(&mut self, Argument { name, at, expr }: Argument) {
        if self.root.variables.contains_key(&name) {
            self.given.insert(name, Given::Expr(expr, at));
            return;
        }
        let detail = format!(
            "A value is given for {name:?}, but the root module declares no variable of that name."
        );
        let warning = Diagnostic::warning("Value for undeclared variable", detail).at(at);
        let warning = self.suggested(&name, warning);
        self.diags.push(warning);
    }

    fn values(mut self) -> BTreeMap<Text, Value> {
        let mut values = BTreeMap::new();
        for (name, variable) in &self.root.variables {
            let value = match self.given.remove(name) {
                Some(given) => self.value(name, variable, given),
                None => self.default(name, variable),
            };
            let marks = Marks { sensitive: variable.sensitive, ephemeral: variable.ephemeral };
            values.extend(value.map(|value| (name.clone(), value.mark(marks))));
        }
        values
    }

    fn default(&mut self, name: &Text, variable: &Variable) -> Option<Value> {
        if variable.default.is_some() {
            return variable.default.clone();
        }
        if self.missing == Missing::Unknown || self.unread {
            return Some(Value::unknown(variable.ty.plain()));
        }
        let mut detail = format!("The variable {name:?} has no default, and no value was given.");
        if let Some(description) = &variable.description {
            detail.push_str(&format!(" Its description: {}", description.trim()));
        }
        let help = format!(
            "Give it with -var '{name}=...', in a file named *.auto.vars.hcl, or as \
             QUORATE_VAR_{name} in the environment."
        );
        let error = Diagnostic::error("No value for required variable", detail);
        self.diags.error(error.at(variable.span).help(help));
        None
    }

    fn value(&mut self, name: &Text, variable: &Variable, given: Given) -> Option<Value> {
        let (value, at, from) = match given {
            Given::Text(text, from) => self.text(name, variable, text, from)?,
            Given::Expr(expr, at) => {
                let from = format!("at {}", self.sources.place(at));
                let value = self.evaluated(name, variable, &expr, &from)?;
                (value, Some(expr.span()), from)
            }
        };
        if value.is_null() && !variable.nullable {
            if let Some(default) = &variable.default {
                return Some(default.clone());
            }
            let detail = format!(
                "The value given for the variable {name:?} {from} is null, but the variable has \
                 no default and is declared with nullable = false."
            );
            self.unsuitable("Required variable not set", variable, detail, at);
            return None;
        }
        match value.convert(&variable.ty) {
            Ok(value) => Some(value),
            Err(reason) => {
                let detail = format!(
                    "The value given for the variable {name:?} {from} does not fit its type: \
                     {reason}."
                );
                self.unsuitable("Invalid value for input variable", variable, detail, at);
                None
            }
        }
    }

    /// Underlines the value, unless that would show a secret.
    fn unsuitable(
        &mut self,
        summary: &'static str,
        variable: &Variable,
        detail: String,
        at: Option<Span>,
    ) {
        let error = Diagnostic::error(summary, detail);
        let at = if variable.sensitive { variable.span } else { at.unwrap_or(variable.span) };
        self.diags.error(error.at(at));
    }

    fn text(
        &mut self,
        name: &Text,
        variable: &Variable,
        text: String,
        from: &'static str,
    ) -> Option<(Value, Option<Span>, String)> {
        if variable.literal {
            return Some((Value::string(text), None, from.to_owned()));
        }
        let shown = if variable.sensitive { "" } else { &*text };
        let source = self.sources.add(format!("<value of var.{name}>"), shown);
        let expr = match eval::parse_expression(&text, source) {
            Ok(expr) => expr,
            Err(diagnostic) => {
                self.blame(name, variable, from, [*diagnostic]);
                return None;
            }
        };
        let value = self.evaluated(name, variable, &expr, from)?;
        Some((value, Some(Span::new(source, 0..text.len())), from.to_owned()))
    }

    fn evaluated(
        &mut self,
        name: &Text,
        variable: &Variable,
        expr: &Expr,
        from: &str,
    ) -> Option<Value> {
        let mut found = Diagnostics::default();
        let value = constant(expr, &mut found).ok();
        self.blame(name, variable, from, found.iter().cloned());
        value
    }

    /// Passes messages on. Those about a sensitive value could quote it, so they are replaced.
    fn blame(
        &mut self,
        name: &Text,
        variable: &Variable,
        from: &str,
        found: impl IntoIterator<Item = Diagnostic>,
    ) {
        for diagnostic in found {
            if !variable.sensitive {
                self.diags.push(diagnostic);
                continue;
            }
            let detail = format!(
                "The value given for the variable {name:?} {from} is not a valid constant \
                 expression. It is not shown, since the variable is sensitive."
            );
            let hidden = Diagnostic { detail, ..Diagnostic::error(diagnostic.summary, "") };
            self.diags.push(hidden.at(variable.span));
        }
    }
}
