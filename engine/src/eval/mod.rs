//! Expressions to values: unknown in, unknown out; secret in, secret out.

mod access;
#[cfg(test)]
mod behaviour;
mod call;
mod calls;
mod clues;
mod conditional;
mod console;
mod construct;
mod evaluator;
mod for_expr;
mod literals;
mod operators;
#[cfg(test)]
mod oracle;
mod parse;
mod parts;
mod references;
mod scopes;
mod second;
mod template;
#[cfg(test)]
pub(crate) mod testing;
mod text_template;
mod traversal;
mod type_expr;
mod unclosed;

use std::sync::Arc;

use hcl::edit::expr::Expression;

use crate::diag::{Diagnostic, Diagnostics, Reported};
use crate::source::{Origin, Span};
use crate::value::{Text, Value};

pub use calls::{WrongCall, wrong_calls};
pub use console::{answer, type_argument};
pub(crate) use parse::without_bom;
pub use parse::{
    check_body, is_unfinished, parse_body, parse_expression, parse_piece, parse_template,
    without_comments,
};
pub use parts::deciding;
pub use references::{Mention, each_reference, references};
pub use scopes::{Constants, Literals};
pub use text_template::{TemplateError, evaluate_template};

/// An expression with the source it was read from.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What its spans count from.
    pub source: Origin,
    /// The syntax tree.
    pub node: Arc<Expression>,
}

impl Expr {
    /// An expression that was read from a text.
    pub fn new(source: impl Into<Origin>, node: impl Into<Arc<Expression>>) -> Expr {
        Expr { source: source.into(), node: node.into() }
    }
}

/// One step of a traversal whose index, if any, has been evaluated.
#[derive(Clone, Debug, PartialEq)]
pub enum TraversalStep {
    /// `.name`
    Attr(Text, Span),
    /// `[value]`
    Index(Value, Span),
}

/// What a scope made of the beginning of a traversal.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The value of the part that was consumed.
    pub value: Value,
    /// How many steps after the root name that part has.
    pub consumed: usize,
}

/// The names that an expression can see.
///
/// `var.x.y` arrives as root `var` and the steps up to the first splat.
/// The scope takes as many steps as it needs to find a value (`.x`), the evaluator goes on with
/// the rest. For `pki_ca.etcd["a"].crt` a scope can so answer with one instance, without building
/// the map of all of them.
pub trait Scope {
    /// Finds the value that the beginning of a traversal means.
    fn resolve(
        &self,
        root: &str,
        steps: &[TraversalStep],
        at: Span,
    ) -> Result<Resolved, Box<Diagnostic>>;

    /// What pure functions may know of the surroundings.
    fn ambient(&self) -> &Ambient;

    /// Whether functions may be called: not where a value must be written out.
    fn may_call(&self) -> bool {
        true
    }

    /// Whether what is unknown waits for something to be applied; else only types are looked at.
    fn awaits_apply(&self) -> bool {
        true
    }
}

/// Inputs of functions that are not arguments. Nothing here changes during a run.
#[derive(Clone, Debug)]
pub struct Ambient {
    /// The files that `file`, `templatefile`, `fileset` and their kin may read.
    pub files: Arc<dyn Files>,
    /// `path.module`: the folder of the module, which relative paths do *not* start from
    /// (they start from `path.cwd`, as in Terraform).
    pub module_dir: Text,
    /// `path.root`: the folder of the root module.
    pub root_dir: Text,
    /// The time of the plan, in seconds since 1970, for `plantimestamp`.
    pub planned_at: i64,
    /// Whether functions whose result differs each time (`timestamp`, `uuid`, `bcrypt`) answer.
    /// In a plan they give unknown values, since a plan is a pure function.
    pub impure: Option<Arc<dyn Entropy>>,
}

/// What impure functions are given while changes are applied.
pub trait Entropy: std::fmt::Debug + Send + Sync {
    /// Now, in seconds since 1970.
    fn now(&self) -> i64;
    /// Fresh random bytes.
    fn random(&self, count: usize) -> Vec<u8>;
}

/// A snapshot of files: reading a path twice gives the same bytes during one run.
pub trait Files: std::fmt::Debug + Send + Sync {
    /// The contents of a file; the error says why, as a fragment that fits after the path.
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileError>;
    /// The files below a folder, as paths relative to it, sorted.
    fn list(&self, dir: &str) -> Result<Vec<String>, FileError>;
    /// The folder that relative paths start from, where it is known: `path.cwd`.
    fn working_dir(&self) -> Option<Text> {
        None
    }
}

/// Why a file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// There is none.
    #[error("no file exists at {0:?}")]
    Absent(String),
    /// There is something, but it cannot be read.
    #[error("cannot read {0:?}: {1}")]
    Unreadable(String, String),
}

/// No files at all: for tests, and for expressions of the command line.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFiles;

impl Files for NoFiles {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileError> {
        Err(FileError::Absent(path.to_owned()))
    }

    fn list(&self, dir: &str) -> Result<Vec<String>, FileError> {
        Err(FileError::Absent(dir.to_owned()))
    }
}

impl Default for Ambient {
    fn default() -> Self {
        Ambient {
            files: Arc::new(NoFiles),
            module_dir: ".".into(),
            root_dir: ".".into(),
            planned_at: 0,
            impure: None,
        }
    }
}

/// Evaluates an expression; every failure has been recorded in `diagnostics`.
pub fn evaluate(
    expr: &Expr,
    scope: &dyn Scope,
    diagnostics: &mut Diagnostics,
) -> Result<Value, Reported> {
    evaluator::Evaluator::new(scope, expr.source, diagnostics).value(&expr.node)
}

/// The values that an expression refers to, by what is written, without those that are sensitive:
/// for a message about its value.
pub fn values_behind(expr: &Expr, scope: &dyn Scope) -> Vec<(String, String)> {
    let mut dropped = Diagnostics::default();
    clues::values(&mut evaluator::Evaluator::new(scope, expr.source, &mut dropped), &expr.node)
}

/// A static reference that an expression makes: root name and the attribute names after it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// The root: `var`, `local`, `data`, a resource type, `each`, ...
    pub root: Text,
    /// Attribute names up to the first index or splat.
    pub path: Vec<Text>,
    /// Where.
    pub span: Span,
}
