//! Reads a configuration: the files of a folder, and of all modules that they call.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::decode::{Decoder, Item};
use super::files::{self, Source};
use super::{Call, Config, Module, Settings, check, json, overrides, read};
use crate::addr::ModulePath;
use crate::diag::{Diagnostic, Diagnostics, Reported};
use crate::eval::FileError;
use crate::source::{SourceId, Sources};
use crate::suggest;
use crate::value::Text;

/// Modules that come with the program: files and their texts by module name.
pub type Builtins<'a> = BTreeMap<&'a str, &'a [(&'a str, &'a str)]>;

/// How the source of a built-in module begins.
const BUILTIN: &str = "builtin:";

/// How the name of a file in JSON syntax ends, after that of the same file in HCL's own syntax.
pub(super) const JSON: &str = ".json";

/// More calls than this are a mistake: modules that call each other twice at every level.
const MOST_CALLS: usize = 20_000;

/// Calls within calls that go deeper than this are a mistake too. An address holds the names of all
/// calls that lead to it, so the work grows with the square of the depth.
const MOST_LEVELS: usize = 128;

/// Reads the configuration in a folder.
///
/// Every text that is read goes into `sources`, also when loading fails: messages point there.
/// The files of all modules are read and all their mistakes reported in one run.
pub fn load(
    dir: &str,
    source: &dyn Source,
    builtins: &Builtins<'_>,
    sources: &mut Sources,
    diags: &mut Diagnostics,
) -> Result<Config, Reported> {
    let before = diags.len();
    let mut loader = Loader {
        source,
        builtins,
        sources,
        diags,
        loaded: BTreeMap::new(),
        modules: BTreeMap::new(),
        settings: None,
        complete: true,
    };
    loader.all(&files::normalize(dir));
    let Loader { modules, settings, complete, .. } = loader;
    // What a file that cannot be read declares is not missing.
    if complete {
        check::check(&modules, diags);
    }
    let found = diags.split_off(before);
    let outcome = found.reported();
    diags.extend(found);
    outcome?;
    Ok(Config { sources: sources.clone(), modules, settings: settings.unwrap_or_default() })
}

/// The settings in a folder's own files, as far as they can be read: for commands that need to know
/// where the state is and how it is sealed, and that work although the rest of it has mistakes.
pub fn settings_of(dir: &str, source: &dyn Source, sources: &mut Sources) -> Settings {
    let (builtins, mut unheard) = (Builtins::new(), Diagnostics::default());
    let mut loader = Loader {
        source,
        builtins: &builtins,
        sources,
        diags: &mut unheard,
        loaded: BTreeMap::new(),
        modules: BTreeMap::new(),
        settings: None,
        complete: false,
    };
    let texts = loader.texts(&files::normalize(dir));
    // Only a file with the word can have the block; the others need not be parsed.
    let texts =
        texts.into_iter().filter(|(name, text)| name.ends_with(JSON) || text.contains(SETTINGS));
    let (mut primary, mut above) = (Vec::new(), Vec::new());
    for (name, found) in loader.contents(texts.collect()) {
        let Ok(mut items) = found else { continue };
        items.retain(|item| matches!(item, Item::Block(block) if block.kind() == SETTINGS));
        if is_override(&name) { above.push(items) } else { primary.push(items) }
    }
    let primary = overrides::merge(primary, above, false, loader.diags);
    let (mut module, mut settings) = (Module::default(), Settings::default());
    for items in primary {
        let (sources, diags) = (&*loader.sources, &mut *loader.diags);
        Decoder { sources, diags, module: &mut module, settings: &mut settings }.file(items);
    }
    settings
}

/// The type of the block with the settings.
const SETTINGS: &str = "quorate";

struct Loader<'a> {
    source: &'a dyn Source,
    builtins: &'a Builtins<'a>,
    sources: &'a mut Sources,
    diags: &'a mut Diagnostics,
    /// What was made of each folder, by identity.
    loaded: BTreeMap<String, Arc<Module>>,
    modules: BTreeMap<ModulePath, Arc<Module>>,
    /// Those of the root module, which is loaded first.
    settings: Option<Settings>,
    /// Whether all files could be read and parsed.
    complete: bool,
}

/// A call that is yet to be followed.
struct Pending {
    path: ModulePath,
    dir: String,
    /// Identities of the folders on the way here, the own one last.
    chain: Vec<String>,
}

impl Loader<'_> {
    /// Loads the root module and follows every call. Breadth first, so that no depth of calls
    /// can exhaust the stack.
    fn all(&mut self, dir: &str) {
        let identity = self.source.identity(dir);
        let root =
            Pending { path: ModulePath::default(), dir: dir.to_owned(), chain: vec![identity] };
        let mut pending = VecDeque::from([root]);
        while let Some(next) = pending.pop_front() {
            let Some(identity) = next.chain.last() else { continue };
            let known = self.loaded.get(identity).cloned();
            let first = known.is_none();
            let module = known.unwrap_or_else(|| self.module(&next.dir, identity));
            for call in module.calls.values() {
                pending.extend(self.follow(call, &next, first));
            }
            self.modules.insert(next.path, module);
            if self.modules.len() + pending.len() > MOST_CALLS {
                let detail = format!("There are more than {MOST_CALLS} module calls in all.");
                self.diags.error(Diagnostic::error("Too many module calls", detail));
                return;
            }
        }
    }

    /// Finds out where a call leads. Mistakes are the same each time the calling module is
    /// reached, so they are reported the `first` time only.
    fn follow(&mut self, call: &Call, from: &Pending, first: bool) -> Option<Pending> {
        let path = from.path.child(call.name.clone());
        let (dir, identity) = match self.locate(call, &from.dir) {
            Ok(found) => found,
            Err(diagnostic) => {
                if first {
                    self.diags.error(*diagnostic);
                }
                return None;
            }
        };
        if from.chain.contains(&identity) {
            if first {
                self.diags.error(circle(call, from, &dir));
            }
            return None;
        }
        if path.0.len() > MOST_LEVELS {
            let detail = format!(
                "This call is in a module that is {MOST_LEVELS} calls away from the root module, \
                 and there can be no more than that."
            );
            let problem = Diagnostic::error("Modules nest too deep", detail);
            self.diags.error(problem.at(call.source_span));
            return None;
        }
        let mut chain = from.chain.clone();
        chain.push(identity);
        Some(Pending { path, dir, chain })
    }

    /// The folder that a call names, and its identity.
    fn locate(&self, call: &Call, from: &str) -> Result<(String, String), Box<Diagnostic>> {
        let source = &*call.source;
        if let Some(name) = source.strip_prefix(BUILTIN) {
            // A saved plan brings along the texts of the built-in modules that it was made with.
            if self.builtins.contains_key(name) || self.source.brings_along(source) {
                return Ok((source.to_owned(), source.to_owned()));
            }
            return Err(Box::new(unknown_builtin(call, name, self.builtins)));
        }
        let local = ["./", "../"].iter().any(|prefix| source.starts_with(prefix));
        if !local && !matches!(source, "." | "..") {
            return Err(Box::new(self.not_local(call, from)));
        }
        if from.starts_with(BUILTIN) {
            let detail = "A built-in module can only call other built-in modules.";
            let diagnostic = Diagnostic::error("Invalid module source", detail);
            return Err(Box::new(diagnostic.at(call.source_span)));
        }
        let dir = files::join(from, source);
        self.source.list(&dir).map_err(|error| {
            let detail = match error {
                FileError::Absent(_) => format!("The folder {dir:?} does not exist."),
                FileError::Unreadable(_, reason) => {
                    format!("The folder {dir:?} cannot be read: {reason}.")
                }
            };
            Box::new(Diagnostic::error("Unreadable module", detail).at(call.source_span))
        })?;
        let identity = self.source.identity(&dir);
        Ok((dir, identity))
    }

    fn not_local(&self, call: &Call, from: &str) -> Diagnostic {
        let source = &*call.source;
        let detail = format!(
            "{source:?} is neither a local path, which begins with \"./\" or \"../\", nor a \
             built-in module, \"builtin:NAME\". Modules from registries and repositories are not \
             supported."
        );
        let diagnostic =
            Diagnostic::error("Unsupported module source", detail).at(call.source_span);
        if self.builtins.contains_key(source) {
            return diagnostic.help(format!("Did you mean {:?}?", format!("{BUILTIN}{source}")));
        }
        let folder =
            !source.starts_with('/') && self.source.list(&files::join(from, source)).is_ok();
        if folder && !from.starts_with(BUILTIN) {
            return diagnostic.help(format!("Did you mean {:?}?", format!("./{source}")));
        }
        diagnostic
    }

    /// Reads and decodes a folder.
    fn module(&mut self, dir: &str, identity: &str) -> Arc<Module> {
        let mut module = Module { dir: dir.into(), ..Module::default() };
        let mut settings = Settings::default();
        let (mut primary, mut above) = (Vec::new(), Vec::new());
        let texts = self.texts(dir);
        for (name, found) in self.contents(texts) {
            match found {
                Ok(items) if is_override(&name) => above.push(items),
                Ok(items) => primary.push(items),
                Err(_) => self.complete = false,
            }
        }
        if !above.is_empty() {
            primary = overrides::merge(primary, above, self.complete, self.diags);
        }
        for items in primary {
            let (sources, diags) = (&*self.sources, &mut *self.diags);
            Decoder { sources, diags, module: &mut module, settings: &mut settings }.file(items);
        }
        module.required_version = settings.required_version.clone();
        match &self.settings {
            None => self.settings = Some(settings),
            Some(_) => self.ignored(&settings),
        }
        let module = Arc::new(module);
        self.loaded.insert(identity.to_owned(), module.clone());
        module
    }

    /// What each of these files contains, in either syntax.
    fn contents(
        &mut self,
        texts: Vec<(String, Arc<str>)>,
    ) -> Vec<(String, Result<Vec<Item>, Reported>)> {
        let texts: Vec<(String, SourceId, Arc<str>)> = texts
            .into_iter()
            .map(|(name, text)| (name.clone(), self.sources.add(name, text.clone()), text))
            .collect();
        let native = texts.iter().filter(|(name, ..)| !name.ends_with(JSON));
        let native: Vec<(SourceId, &str)> =
            native.map(|(_, source, text)| (*source, &**text)).collect();
        let mut read = read::all(&native).into_iter();
        let found = texts.iter().map(|(name, source, text)| match name.ends_with(JSON) {
            true => json::file(text, *source, self.diags),
            false => read.next().map_or(Ok(Vec::new()), |found| {
                found.map_err(|diagnostic| self.diags.error(*diagnostic))
            }),
        });
        let found: Vec<_> = found.collect();
        texts.into_iter().map(|(name, ..)| name).zip(found).collect()
    }

    fn ignored(&mut self, settings: &Settings) {
        let backend = settings.backend.iter().map(|block| block.span);
        for span in backend.chain(settings.seal.iter().map(|seal| seal.span)) {
            let detail = "Only the root module's settings say where the state is and how it is \
                          sealed. This block has no effect.";
            self.diags.push(Diagnostic::warning("Settings are ignored", detail).at(span));
        }
    }

    /// The configuration files of a folder: their names and texts.
    fn texts(&mut self, dir: &str) -> Vec<(String, Arc<str>)> {
        if let Some(files) = dir.strip_prefix(BUILTIN).and_then(|name| self.builtins.get(name)) {
            return files
                .iter()
                .filter(|(file, _)| is_configuration(file))
                .map(|(file, text)| (format!("{dir}/{file}"), Arc::from(*text)))
                .collect();
        }
        let names = match self.source.list(dir) {
            Ok(names) => names,
            Err(error) => {
                let detail = format!("The configuration cannot be read: {error}.");
                self.diags.error(Diagnostic::error("Unreadable configuration", detail));
                return Vec::new();
            }
        };
        let files: Vec<String> = names.into_iter().filter(|name| is_configuration(name)).collect();
        if files.is_empty() {
            let detail =
                format!("The folder {dir:?} has no configuration files (*.hcl, *.hcl.json).");
            self.diags.error(Diagnostic::error("No configuration files", detail));
        }
        let mut texts = Vec::new();
        for file in files {
            let path = files::join(dir, &file);
            match read_text(self.source, &path, self.diags) {
                Ok(text) => texts.push((path, text)),
                Err(_) => self.complete = false,
            }
        }
        texts
    }
}

/// Whether a folder holds a configuration at all. One that cannot be listed counts as holding one:
/// loading it says why.
pub fn has_configuration(dir: &str, source: &dyn Source) -> bool {
    source.list(dir).map_or(true, |names| names.iter().any(|name| is_configuration(name)))
}

/// Whether a file in a module's folder is part of the module.
fn is_configuration(file: &str) -> bool {
    let stem = file.strip_suffix(JSON).unwrap_or(file);
    let other = [".vars.hcl", ".lock.hcl"].iter().any(|suffix| stem.ends_with(suffix));
    stem.ends_with(".hcl") && !file.starts_with('.') && !other
}

/// Whether a file in a folder is one whose layout is ours: a configuration, or values of variables.
/// Lock files are written by programs, and hidden files are left alone.
pub fn has_layout(file: &str) -> bool {
    file.ends_with(".hcl") && !file.ends_with(".lock.hcl") && !file.starts_with('.')
}

/// Whether a file changes what others declare.
fn is_override(path: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or(path);
    let stem = file.strip_suffix(JSON).unwrap_or(file);
    stem == "override.hcl" || stem.ends_with("_override.hcl")
}

/// Reads a file that must be text in UTF-8, and not endless.
pub fn read_text(
    source: &dyn Source,
    path: &str,
    diags: &mut Diagnostics,
) -> Result<Arc<str>, Reported> {
    let bytes = source.read(path).map_err(|error| {
        let detail = format!("Reading a configuration file failed: {error}.");
        diags.error(Diagnostic::error("Unreadable file", detail))
    })?;
    if bytes.len() as u64 > files::LARGEST {
        let detail = format!("{path:?} is larger than {} MiB.", files::LARGEST >> 20);
        return Err(diags.error(Diagnostic::error("Unreadable file", detail)));
    }
    decoded(path, bytes, diags)
}

/// The text that bytes are, which messages call by a name.
pub fn decoded(name: &str, bytes: Vec<u8>, diags: &mut Diagnostics) -> Result<Arc<str>, Reported> {
    String::from_utf8(bytes).map(Arc::from).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
        let detail =
            format!("{name:?} is not text in UTF-8: line {line} has bytes that are no characters.");
        diags.error(Diagnostic::error("Invalid character encoding", detail))
    })
}

fn unknown_builtin(call: &Call, name: &str, builtins: &Builtins<'_>) -> Diagnostic {
    let known: Vec<String> = builtins.keys().map(|name| format!("{BUILTIN}{name}")).collect();
    let detail = match known.len() {
        0 => format!("There is no built-in module named {name:?}."),
        _ => format!("There is no built-in module named {name:?}; there are {}.", known.join(", ")),
    };
    let diagnostic = Diagnostic::error("Unknown built-in module", detail).at(call.source_span);
    match suggest::did_you_mean(&call.source, &known) {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

/// The message for a module that is called from within itself.
fn circle(call: &Call, from: &Pending, dir: &str) -> Diagnostic {
    let names = from.path.0.iter().chain([&call.name]).map(|name: &Text| &**name);
    let calls: Vec<String> = names.map(|name| format!("module.{name}")).collect();
    let detail = format!(
        "The folder {dir:?} is a module that this call is part of, so calling it would never end: \
         {}.",
        calls.join(", which calls ")
    );
    Diagnostic::error("Module calls itself", detail).at(call.source_span)
}
