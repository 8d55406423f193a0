//! A configuration: what the files say, decoded into typed blocks, nothing evaluated yet.

mod assignments;
mod attributes;
pub(crate) mod check;
mod constant;
mod decode;
mod files;
mod import;
mod json;
mod load;
mod overrides;
mod read;
#[cfg(test)]
mod tests;
mod variables;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

pub use assignments::values_of;
pub use attributes::Attributes;
pub use constant::constant;
pub use files::{DiskFiles, FileSnapshot, LARGEST, MemoryFiles, Source};
pub use import::Import;
pub use load::{Builtins, decoded, has_configuration, has_layout, load, read_text, settings_of};
pub use variables::{Missing, VarInputs, VarSource, root_values};

use crate::addr::{BlockAddr, Mode, ModulePath};
use crate::eval::Expr;
use crate::source::{Sources, Span};
use crate::value::{Text, Type, Value};

/// The whole configuration: every module as written, each once per call path.
#[derive(Debug)]
pub struct Config {
    /// The texts it was made from.
    pub sources: Sources,
    /// Modules by the calls that lead to them; the root module has the empty path.
    ///
    /// Calls of one directory share one module.
    pub modules: BTreeMap<ModulePath, Arc<Module>>,
    /// The settings block of the root module.
    pub settings: Settings,
}

impl Config {
    /// A root module in a folder that declares nothing.
    pub fn empty(dir: &str, sources: Sources) -> Config {
        let root = Module { dir: dir.into(), ..Module::default() };
        let modules = BTreeMap::from([(ModulePath::default(), Arc::new(root))]);
        Config { sources, modules, settings: Settings::default() }
    }
}

impl Config {
    /// The check that a data source belongs to, if it does.
    pub fn check_of(&self, addr: &crate::addr::InstanceAddr) -> Option<&Text> {
        let module = self.modules.get(&addr.module.path())?;
        let mut checks = module.checks.iter();
        checks.find(|(_, check)| check.data.contains(&addr.block)).map(|(name, _)| name)
    }
}

/// One module as written.
#[derive(Debug, Default)]
pub struct Module {
    /// `path.module`.
    pub dir: Text,
    /// `variable` blocks by name.
    pub variables: BTreeMap<Text, Variable>,
    /// Entries of `locals` blocks by name.
    pub locals: BTreeMap<Text, Local>,
    /// `output` blocks by name.
    pub outputs: BTreeMap<Text, Output>,
    /// `resource` and `data` blocks.
    pub blocks: BTreeMap<BlockAddr, Arc<Block>>,
    /// The types of these; their addresses share these texts, which makes comparing them cheap.
    pub kinds: BTreeSet<Text>,
    /// `module` blocks by name.
    pub calls: BTreeMap<Text, Arc<Call>>,
    /// `moved` blocks.
    pub moved: Vec<Moved>,
    /// `removed` blocks.
    pub removed: Vec<Removed>,
    /// `import` blocks.
    pub imports: Vec<Import>,
    /// `check` blocks.
    pub checks: BTreeMap<Text, Check>,
    /// `required_version` in this module's settings.
    pub required_version: Option<(String, Span)>,
}

impl Module {
    /// The block of an address.
    pub fn block(&self, mode: Mode, kind: &str, name: &Text) -> Option<&Block> {
        let kind = self.kinds.get(kind)?.clone();
        self.blocks.get(&BlockAddr { mode, kind, name: name.clone() }).map(|block| &**block)
    }

    /// The `check` block that a data source is part of.
    pub fn check_of(&self, addr: &BlockAddr) -> Option<&Text> {
        let owns = |(_, check): &(&Text, &Check)| check.data.contains(addr);
        let mut checks = self.checks.iter().filter(|_| addr.mode == Mode::Data);
        checks.find(owns).map(|(name, _)| name)
    }
}

/// The `quorate` block.
#[derive(Debug, Default)]
pub struct Settings {
    /// `required_version`.
    pub required_version: Option<(String, Span)>,
    /// `backend "type" { ... }`: its type and attributes.
    pub backend: Option<SettingsBlock>,
    /// `seal { ... }`.
    pub seal: Option<Seal>,
}

/// The `seal` block: who can open what the state keeps sealed.
#[derive(Debug)]
pub struct Seal {
    /// Who can open it, as public recipients, and where they are written.
    pub recipients: Vec<(String, Span)>,
    /// What opens it here.
    pub opening: Opening,
    /// The block's header.
    pub span: Span,
}

/// What opens secrets, as far as a configuration says so. None of it is a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Opening {
    /// The file with the identity.
    pub identity: Option<String>,
    /// A passphrase; with an identity, the one that opens the identity's file.
    pub passphrase: Option<Passphrase>,
}

/// Where a passphrase comes from; it is never written in a configuration.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Passphrase {
    /// The environment, or whoever sits at the terminal.
    Given,
    /// The first line of a file; the environment goes before it.
    File(String),
}

/// A block within the settings whose attributes are constants.
#[derive(Debug)]
pub struct SettingsBlock {
    /// The label, where the block has one.
    pub label: Option<Text>,
    /// The attributes, evaluated without any scope.
    pub attrs: BTreeMap<Text, (Value, Span)>,
    /// The block's header.
    pub span: Span,
}

/// A `variable` block.
#[derive(Debug)]
pub struct Variable {
    /// `type`; any where it is left out.
    pub ty: Type,
    /// Whether text from the command line is the value as it is, and not an expression: so for
    /// `string`, `number` and `bool`, and where no type is given.
    pub literal: bool,
    /// `default`, already converted to the type.
    pub default: Option<Value>,
    /// `description`.
    pub description: Option<String>,
    /// `sensitive`.
    pub sensitive: bool,
    /// `ephemeral`.
    pub ephemeral: bool,
    /// `nullable`; true where it is left out.
    pub nullable: bool,
    /// `validation` blocks.
    pub validations: Vec<Condition>,
    /// The block's header.
    pub span: Span,
}

/// A condition with its message: `validation`, `precondition`, `postcondition`, `assert`.
#[derive(Clone, Debug)]
pub struct Condition {
    /// `condition`.
    pub condition: Expr,
    /// `error_message`.
    pub message: Expr,
    /// The block's header.
    pub span: Span,
}

/// One entry of a `locals` block.
#[derive(Debug)]
pub struct Local {
    /// Its expression.
    pub value: Expr,
    /// Its name in the source.
    pub span: Span,
}

/// An `output` block.
#[derive(Debug)]
pub struct Output {
    /// `value`.
    pub value: Expr,
    /// `description`.
    pub description: Option<String>,
    /// `sensitive`.
    pub sensitive: bool,
    /// `ephemeral`.
    pub ephemeral: bool,
    /// `depends_on`.
    pub depends_on: Vec<Depends>,
    /// `precondition` blocks.
    pub preconditions: Vec<Condition>,
    /// The block's header.
    pub span: Span,
}

/// One entry of a `depends_on` list.
#[derive(Clone, Debug, PartialEq)]
pub struct Depends {
    /// What is depended on.
    pub on: DependsOn,
    /// Where that is written.
    pub span: Span,
}

/// What can be depended on.
#[derive(Clone, Debug, PartialEq)]
pub enum DependsOn {
    /// A resource or data block, with all its instances.
    Block(BlockAddr),
    /// All that is in a module.
    Module(Text),
    /// `var.x` or `local.x`, in an output's list.
    Named(Text, Text),
}

/// A `resource` or `data` block.
#[derive(Debug)]
pub struct Block {
    /// Its address in its module.
    pub addr: BlockAddr,
    /// `count` or `for_each`.
    pub repetition: Repetition,
    /// `depends_on`.
    pub depends_on: Vec<Depends>,
    /// `lifecycle`.
    pub lifecycle: Lifecycle,
    /// Everything else.
    pub body: Body,
    /// The block's header.
    pub span: Span,
}

/// How many instances a block has.
#[derive(Clone, Debug, Default)]
pub enum Repetition {
    /// One, without key.
    #[default]
    Single,
    /// `count = ...`
    Count(Expr),
    /// `for_each = ...`
    ForEach(Expr),
}

/// The `lifecycle` block.
#[derive(Debug, Default)]
pub struct Lifecycle {
    /// `create_before_destroy`.
    pub create_before_destroy: bool,
    /// `prevent_destroy`.
    pub prevent_destroy: bool,
    /// `ignore_changes`.
    pub ignore_changes: IgnoreChanges,
    /// `replace_triggered_by`.
    pub replace_triggered_by: Vec<Expr>,
    /// `precondition` blocks.
    pub preconditions: Vec<Condition>,
    /// `postcondition` blocks.
    pub postconditions: Vec<Condition>,
}

/// Which attributes keep what they have.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum IgnoreChanges {
    /// None.
    #[default]
    None,
    /// `all`.
    All,
    /// Paths of attribute names.
    Paths(Vec<Vec<Text>>),
}

/// A block body that a resource's schema gives meaning to.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// Attributes by name: the name's place and the expression.
    pub attrs: Attributes,
    /// Nested blocks in order.
    pub blocks: Vec<NestedBlock>,
    /// Just after the header: where a missing attribute is reported.
    pub span: Option<Span>,
}

impl Body {
    /// The expression of an attribute.
    pub fn expr(&self, name: &str) -> Option<&Expr> {
        self.attrs.get(name).map(|(_, expr)| expr)
    }
}

/// A block in a body.
#[derive(Clone, Debug)]
pub struct NestedBlock {
    /// Its type.
    pub kind: Text,
    /// Written once, or generated by `dynamic`.
    pub form: NestedForm,
    /// What is in it.
    pub body: Body,
    /// Its header.
    pub span: Span,
}

/// How a nested block is repeated.
#[derive(Clone, Debug)]
pub enum NestedForm {
    /// As written.
    Static,
    /// `dynamic "kind" { for_each, iterator, content }`.
    Dynamic {
        /// What it goes through.
        for_each: Expr,
        /// The name of the iterator in the content.
        iterator: Text,
    },
}

/// A `module` block.
#[derive(Debug)]
pub struct Call {
    /// Its name.
    pub name: Text,
    /// `source` as written.
    pub source: Text,
    /// Where `source` is written.
    pub source_span: Span,
    /// `count` or `for_each`.
    pub repetition: Repetition,
    /// `depends_on`.
    pub depends_on: Vec<Depends>,
    /// The variables it sets.
    pub arguments: BTreeMap<Text, (Span, Expr)>,
    /// The block's header.
    pub span: Span,
}

/// A `moved` block.
#[derive(Debug)]
pub struct Moved {
    /// Where an object was, relative to the module.
    pub from: MoveEnd,
    /// Where it is now.
    pub to: MoveEnd,
    /// The block's header.
    pub span: Span,
}

/// One end of a move: a text that names a module call, a block or an instance.
#[derive(Clone, Debug, PartialEq)]
pub struct MoveEnd {
    /// The module calls on the way, relative to the module of the `moved` block.
    pub module: crate::addr::ModuleInstance,
    /// The block and instance; none where a whole module call is meant.
    pub object: Option<(BlockAddr, Option<crate::addr::Key>)>,
}

impl MoveEnd {
    /// The block, where one is meant.
    pub fn block(&self) -> Option<&BlockAddr> {
        self.object.as_ref().map(|(block, _)| block)
    }
}

impl fmt::Display for MoveEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.module.fmt(f)?;
        let Some((block, key)) = &self.object else { return Ok(()) };
        f.write_str(if self.module.0.is_empty() { "" } else { "." })?;
        block.fmt(f)?;
        key.as_ref().map_or(Ok(()), |key| key.fmt(f))
    }
}

/// A `removed` block.
#[derive(Debug)]
pub struct Removed {
    /// What left the configuration.
    pub from: MoveEnd,
    /// Whether it is destroyed (`lifecycle { destroy = true }`, the default) or forgotten.
    pub destroy: bool,
    /// The block's header.
    pub span: Span,
}

/// A `check` block.
#[derive(Debug)]
pub struct Check {
    /// `assert` blocks.
    pub asserts: Vec<Condition>,
    /// Its own data sources, which are among the module's blocks.
    pub data: Vec<BlockAddr>,
    /// The block's header.
    pub span: Span,
}
