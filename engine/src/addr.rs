//! Addresses: what people type and read, and their parsed form. Print and parse are inverses.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::value::Text;

/// The key of one instance of a repeated block.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Key {
    /// `[0]`, from `count`.
    Index(u64),
    /// `["name"]`, from `for_each`.
    Name(Text),
}

/// One module call on the way to a module, without the instance: `module.etcd`.
pub type CallName = Text;

/// A module as written: the calls that lead to it. Empty for the root module.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ModulePath(pub Vec<CallName>);

/// A module as it runs: the calls that lead to it, each with its instance key.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ModuleInstance(pub Vec<(CallName, Option<Key>)>);

impl ModuleInstance {
    /// The module as written.
    pub fn path(&self) -> ModulePath {
        ModulePath(self.0.iter().map(|(name, _)| name.clone()).collect())
    }

    /// One call further down.
    pub fn child(&self, call: CallName, key: Option<Key>) -> ModuleInstance {
        let mut calls = self.0.clone();
        calls.push((call, key));
        ModuleInstance(calls)
    }
}

impl ModulePath {
    /// One call further down.
    pub fn child(&self, call: CallName) -> ModulePath {
        let mut calls = self.0.clone();
        calls.push(call);
        ModulePath(calls)
    }
}

/// Whether a block is managed or only read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// A `resource` block.
    Managed,
    /// A `data` block.
    Data,
}

/// A block as written within its module: `pki_ca.etcd`, `data.host.etcd`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BlockAddr {
    /// Managed or read.
    pub mode: Mode,
    /// The type label.
    pub kind: Text,
    /// The name label.
    pub name: Text,
}

impl Ord for BlockAddr {
    /// By mode, type and name. Most blocks share the text of their type, which is then not read.
    fn cmp(&self, other: &Self) -> Ordering {
        let kinds = || match Text::ptr_eq(&self.kind, &other.kind) {
            true => Ordering::Equal,
            false => self.kind.cmp(&other.kind),
        };
        self.mode.cmp(&other.mode).then_with(kinds).then_with(|| self.name.cmp(&other.name))
    }
}

impl PartialOrd for BlockAddr {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A block as written, with the module as written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConfigAddr {
    /// The module.
    pub module: ModulePath,
    /// The block in it.
    pub block: BlockAddr,
}

/// What tells the objects apart that replacements of one instance left: `9035a5bf`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeposedKey(pub u32);

/// One object: that of an instance of a block in an instance of a module, or one that it had before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceAddr {
    /// The module instance.
    pub module: ModuleInstance,
    /// The block in it.
    pub block: BlockAddr,
    /// The instance of the block.
    pub key: Option<Key>,
    /// Which of its former objects, where it is one that waits for its removal. The configuration
    /// never names these, only the state does.
    pub deposed: Option<DeposedKey>,
}

impl InstanceAddr {
    /// The block that the instance is of.
    pub fn config(&self) -> ConfigAddr {
        ConfigAddr { module: self.module.path(), block: self.block.clone() }
    }

    /// The instance, whichever of its objects this is.
    pub fn instance(&self) -> InstanceAddr {
        InstanceAddr { deposed: None, ..self.clone() }
    }

    /// A former object of the same instance.
    pub fn former(&self, key: DeposedKey) -> InstanceAddr {
        InstanceAddr { deposed: Some(key), ..self.clone() }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Index(index) => write!(f, "[{index}]"),
            Key::Name(name) => write!(f, "[{}]", quoted(name)),
        }
    }
}

impl fmt::Display for ModulePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.0.iter().enumerate() {
            let dot = if index == 0 { "" } else { "." };
            write!(f, "{dot}module.{name}")?;
        }
        Ok(())
    }
}

impl fmt::Display for ModuleInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, key)) in self.0.iter().enumerate() {
            let dot = if index == 0 { "" } else { "." };
            write!(f, "{dot}module.{name}")?;
            key.as_ref().map_or(Ok(()), |key| key.fmt(f))?;
        }
        Ok(())
    }
}

impl fmt::Display for BlockAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let data = if self.mode == Mode::Data { "data." } else { "" };
        write!(f, "{data}{}.{}", self.kind, self.name)
    }
}

impl fmt::Display for ConfigAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dot = if self.module.0.is_empty() { "" } else { "." };
        write!(f, "{}{dot}{}", self.module, self.block)
    }
}

impl fmt::Display for InstanceAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dot = if self.module.0.is_empty() { "" } else { "." };
        write!(f, "{}{dot}{}", self.module, self.block)?;
        self.key.as_ref().map_or(Ok(()), |key| key.fmt(f))?;
        self.deposed.map_or(Ok(()), |key| write!(f, "{DEPOSED}{key})"))
    }
}

/// What follows an instance's address where one of its former objects is meant.
const DEPOSED: &str = " (deposed object ";

/// Eight hexadecimal digits.
impl fmt::Display for DeposedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

/// A string as HCL writes it: quotes, backslashes, controls and template openings escaped.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' | '%' if chars.peek() == Some(&'{') => out.extend([c, c]),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Why a text is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a resource address: {reason}")]
pub struct AddrError {
    /// The text.
    pub text: String,
    /// Why, as a fragment.
    pub reason: &'static str,
}

impl std::str::FromStr for InstanceAddr {
    type Err = AddrError;

    fn from_str(text: &str) -> Result<Self, AddrError> {
        Parser { text, rest: text }.instance()
    }
}

/// A module, a block or an instance: what comes before the object, and the object where one is named.
pub type Partial = (ModuleInstance, Option<(BlockAddr, Option<Key>)>);

/// Reads an address that may also be that of a module: `module.a["x"]`.
///
/// # Errors
/// Fails where it is no address.
pub fn parse_partial(text: &str) -> Result<Partial, AddrError> {
    Parser { text, rest: text }.partial()
}

struct Parser<'a> {
    text: &'a str,
    rest: &'a str,
}

impl Parser<'_> {
    fn partial(mut self) -> Result<Partial, AddrError> {
        let module = self.modules()?;
        if self.rest.is_empty() && !module.0.is_empty() {
            return Ok((module, None));
        }
        let InstanceAddr { module, block, key, .. } = self.object(module)?;
        Ok((module, Some((block, key))))
    }

    fn instance(mut self) -> Result<InstanceAddr, AddrError> {
        let module = self.modules()?;
        self.object(module)
    }

    fn modules(&mut self) -> Result<ModuleInstance, AddrError> {
        let mut module = ModuleInstance::default();
        while let Some(rest) = self.rest.strip_prefix("module.") {
            self.rest = rest;
            let name = self.name()?;
            module = module.child(name, self.key()?);
            if self.rest.is_empty() {
                break;
            }
            self.dot()?;
        }
        Ok(module)
    }

    fn object(mut self, module: ModuleInstance) -> Result<InstanceAddr, AddrError> {
        let mode = match self.rest.strip_prefix("data.") {
            Some(rest) => {
                self.rest = rest;
                Mode::Data
            }
            None => Mode::Managed,
        };
        let kind = self.name()?;
        self.dot()?;
        let name = self.name()?;
        let key = self.key()?;
        let deposed = self.deposed()?;
        if !self.rest.is_empty() {
            return Err(self.error("something follows where the address should end"));
        }
        Ok(InstanceAddr { module, block: BlockAddr { mode, kind, name }, key, deposed })
    }

    fn deposed(&mut self) -> Result<Option<DeposedKey>, AddrError> {
        let Some(rest) = self.rest.strip_prefix(DEPOSED) else { return Ok(None) };
        let digits = rest.strip_suffix(')').filter(|digits| digits.len() == 8);
        let key = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        self.rest = "";
        key.map(|key| Some(DeposedKey(key))).ok_or_else(|| self.error("a deposed key is broken"))
    }

    fn error(&self, reason: &'static str) -> AddrError {
        AddrError { text: self.text.to_owned(), reason }
    }

    fn dot(&mut self) -> Result<(), AddrError> {
        self.rest = self.rest.strip_prefix('.').ok_or_else(|| self.error("a part is missing"))?;
        Ok(())
    }

    fn name(&mut self) -> Result<Text, AddrError> {
        let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        let end = self.rest.find(|c| !is_name(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        if name.is_empty() { Err(self.error("a name is missing")) } else { Ok(name.into()) }
    }

    fn key(&mut self) -> Result<Option<Key>, AddrError> {
        let Some(rest) = self.rest.strip_prefix('[') else { return Ok(None) };
        let (key, rest) = match rest.strip_prefix('"') {
            Some(_) => self.string_key(rest)?,
            None => {
                let end = rest.find(']').ok_or_else(|| self.error("a bracket is not closed"))?;
                let index = rest[..end].parse().map_err(|_| self.error("an index is no number"))?;
                (Key::Index(index), &rest[end..])
            }
        };
        self.rest = rest.strip_prefix(']').ok_or_else(|| self.error("a bracket is not closed"))?;
        Ok(Some(key))
    }

    fn string_key<'t>(&self, quoted: &'t str) -> Result<(Key, &'t str), AddrError> {
        let mut escaped = false;
        let end = quoted.char_indices().skip(1).find(|(_, c)| {
            let closes = *c == '"' && !escaped;
            escaped = *c == '\\' && !escaped;
            closes
        });
        let (end, _) = end.ok_or_else(|| self.error("a quote is not closed"))?;
        let name = unquoted(&quoted[1..end]).ok_or_else(|| self.error("an escape is unknown"))?;
        Ok((Key::Name(name.into()), &quoted[end + 1..]))
    }
}

fn unquoted(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.push(escape(&mut chars)?),
            '$' | '%' if chars.peek() == Some(&c) => {
                chars.next();
                out.push(c);
                if chars.peek() != Some(&'{') {
                    out.push(c);
                }
            }
            c => out.push(c),
        }
    }
    Some(out)
}

fn escape(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<char> {
    match chars.next()? {
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        'u' => {
            let digits: String = chars.by_ref().take(4).collect();
            char::from_u32(u32::from_str_radix(&digits, 16).ok()?)
        }
        c @ ('"' | '\\') => Some(c),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn print_and_parse_are_inverses() {
        for text in [
            "pki_ca.etcd",
            "data.host.etcd[\"infra0\"]",
            "module.a[0].module.b[\"x.y]\"].etcd_static_pod.this[\"in\\\"fra\"]",
            "host_file.x[\"$${a}\\n\\u0001\"]",
            "host_file.x[\"$$\"]",
            "host_file.x[0] (deposed object 00c0ffee)",
        ] {
            let addr: InstanceAddr = text.parse().unwrap();
            assert_eq!(addr.to_string(), text);
        }
    }

    #[test]
    fn broken_addresses_are_refused() {
        for text in [
            "",
            "a",
            "a.",
            "a.b[",
            "a.b[x]",
            "a.b[\"",
            "a.b.c",
            "module.x",
            "a.b[0]x",
            "a.b (deposed object 1)",
        ] {
            assert!(text.parse::<InstanceAddr>().is_err(), "{text}");
        }
    }
}
