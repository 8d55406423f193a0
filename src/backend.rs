//! Which backend the state of this working directory is in.
//!
//! `init` writes down what it was given, without secrets; all other commands hold the configuration
//! against that, so that nobody works on an empty state by accident.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use quorate_engine::config::{self, DiskFiles, SettingsBlock, settings_of};
use quorate_engine::diag::{Diagnostic, Diagnostics, Reported};
use quorate_engine::resource::Realm as _;
use quorate_engine::state::{Backend, Holder, LockRequest, LockedState, StoreError};
use quorate_engine::suggest::did_you_mean;
use quorate_engine::value::Value;
use quorate_providers::backend::{Kind, Settings, open};
use serde_json::{Value as Json, json};

use crate::commands::Context;
use crate::identity::Person;
use crate::session::state_failed;
use crate::settings::{Environment, Places};
use crate::whole_file;

/// What `init` wrote down.
#[derive(Debug)]
pub struct Chosen {
    /// The backend, without secrets.
    pub settings: Settings,
    /// What came from `-backend-config`, by name.
    pub given: BTreeMap<String, String>,
}

impl Default for Chosen {
    fn default() -> Chosen {
        Chosen { settings: Settings::new(Kind::Local), given: BTreeMap::new() }
    }
}

fn file() -> PathBuf {
    Places::working_folder().join("backend.json")
}

impl Chosen {
    /// What was written down; the local file where nothing was.
    pub fn read() -> Result<Chosen, Diagnostic> {
        let path = file();
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Chosen::default());
            }
            Err(error) => return Err(unreadable(&path, &error.to_string())),
        };
        let json: Json =
            serde_json::from_slice(&text).map_err(|error| unreadable(&path, &error.to_string()))?;
        Chosen::of(&json).ok_or_else(|| unreadable(&path, "it has another form"))
    }

    fn of(json: &Json) -> Option<Chosen> {
        let mut settings = Settings::new(Kind::named(json.get("type")?.as_str()?).ok()?);
        for (name, value) in json.get("settings")?.as_object()? {
            settings.set(name, value.as_str()?).ok()?;
        }
        let given = json.get("given")?.as_object()?.iter();
        let given = given.map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
        Some(Chosen { settings, given: given.collect::<Option<_>>()? })
    }

    /// Writes it down, without secrets.
    pub fn save(&self) -> Result<(), Diagnostic> {
        let json = json!({
            "type": self.settings.kind().name(),
            "settings": self.settings.plain(),
            "given": self.given,
        });
        whole_file::put(&file(), format!("{json:#}\n").as_bytes(), 0o644).map_err(|error| {
            let detail = format!("Writing {} failed: {error}.", file().display());
            Diagnostic::world("Backend not noted", detail)
        })
    }

    /// Whether it is the same place.
    pub fn is(&self, other: &Settings) -> bool {
        self.settings.kind() == other.kind() && self.settings.plain() == other.plain()
    }
}

fn unreadable(path: &Path, reason: &str) -> Diagnostic {
    let detail = format!("Reading {} failed: {reason}.", path.display());
    let help = "Run \"quorate init -reconfigure\" to write it anew.";
    Diagnostic::world("Backend not known", detail).help(help)
}

/// The backend that the configuration names, completed by what `-backend-config` gave.
pub fn wanted(
    block: Option<&SettingsBlock>,
    given: &BTreeMap<String, String>,
) -> Result<Settings, Box<Diagnostic>> {
    let Some(block) = block else { return Ok(Settings::new(Kind::Local)) };
    let invalid = |error: &dyn std::fmt::Display| {
        Box::new(Diagnostic::error("Invalid backend", format!("In the backend block, {error}.")))
    };
    let label = block.label.as_deref().unwrap_or_default();
    let kind = Kind::named(label).map_err(|e| invalid(&e).at(block.span))?;
    let mut settings = Settings::new(kind);
    for (name, (value, at)) in &block.attrs {
        let Some(text) = setting_text(value) else {
            let what = format!("{name:?} is neither a string, a number nor a bool");
            return Err(Box::new(invalid(&what).at(*at)));
        };
        settings
            .set(name, text)
            .map_err(|error| Box::new(suggested(invalid(&error).at(*at), kind, name)))?;
    }
    for (name, value) in given {
        settings
            .set(name, value.clone())
            .map_err(|error| Box::new(suggested(*invalid(&error), kind, name)))?;
    }
    Ok(settings)
}

fn suggested(diagnostic: Diagnostic, kind: Kind, name: &str) -> Diagnostic {
    match did_you_mean(name, kind.names()) {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

/// The text that a setting is written as.
pub fn setting_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// The backend of settings, with what the environment adds.
pub fn connect(
    environment: &Environment,
    settings: &Settings,
) -> Result<Arc<dyn Backend>, Diagnostic> {
    let text = |name: &str| environment.get(name).and_then(|value| value.into_string().ok());
    let settings = settings.clone().completed(text);
    open(&settings, Places::journal().to_owned()).map_err(|error| {
        let kind = settings.kind().name();
        Diagnostic::error("Invalid backend", format!("In the backend {kind:?}, {error}."))
    })
}

/// The backend of a configuration, if it is the one that `init` was told.
pub fn of_config(
    environment: &Environment,
    block: Option<&SettingsBlock>,
) -> Result<Arc<dyn Backend>, Box<Diagnostic>> {
    let chosen = Chosen::read()?;
    let settings = wanted(block, &chosen.given)?;
    if !chosen.is(&settings) && !file().exists() {
        let detail = format!(
            "The configuration keeps the state in the backend {:?}, which this directory was not \
             initialized for yet.",
            settings.kind().name()
        );
        let help = "Run \"quorate init\" first.";
        return Err(Box::new(
            Diagnostic::error("Backend initialization required", detail).help(help),
        ));
    }
    if !chosen.is(&settings) {
        let detail = "The backend in the configuration is not the one that this directory works \
                      with.";
        let help = "Run \"quorate init -migrate-state\" to move the state there, or \"quorate init \
                    -reconfigure\" to use the state that is there already.";
        return Err(Box::new(
            Diagnostic::error("Backend initialization required", detail).help(help),
        ));
    }
    Ok(connect(environment, &settings)?)
}

/// The backend of the working directory, for commands that need no more of the configuration.
pub fn of_folder(context: &mut Context) -> Result<Arc<dyn Backend>, Reported> {
    let settings = settings_of_folder(context);
    of_config(&context.environment, settings.backend.as_ref())
        .map_err(|error| context.diagnostics.error(*error))
}

/// The settings of the working directory, whatever else is wrong with its configuration.
pub fn settings_of_folder(context: &mut Context) -> config::Settings {
    settings_of(".", &DiskFiles::default(), &mut context.sources)
}

/// Who we are to others who want the lock.
pub fn holder(environment: &Environment, operation: &str) -> Holder {
    let person = Person::around(environment);
    let folder = std::env::current_dir().map(|dir| dir.display().to_string());
    Holder {
        id: random_name(environment),
        who: environment.who(),
        pid: std::process::id(),
        operation: operation.to_owned(),
        since: person.today(),
        folder: folder.unwrap_or_default(),
    }
}

fn random_name(environment: &Environment) -> String {
    uuid(Person::around(environment).salt())
}

/// Locks a state and reads it. Whoever waits is told for whom.
pub fn lock(
    context: &mut Context,
    backend: Arc<dyn Backend>,
    operation: &str,
    patience: Duration,
) -> Result<LockedState, Reported> {
    let open: Open = |backend, request, lineage| LockedState::open(backend, request, lineage);
    lock_by(open, context, backend, operation, patience)
}

/// Locks a state that is to be replaced, even by one that cannot be read.
pub fn lock_to_replace(
    context: &mut Context,
    backend: Arc<dyn Backend>,
    operation: &str,
    patience: Duration,
) -> Result<LockedState, Reported> {
    let open: Open =
        |backend, request, lineage| LockedState::open_to_replace(backend, request, lineage);
    lock_by(open, context, backend, operation, patience)
}

/// How a state is locked and read; a history that begins is given its name.
type Open =
    fn(Arc<dyn Backend>, LockRequest<'_>, &dyn Fn() -> String) -> Result<LockedState, StoreError>;

fn lock_by(
    open: Open,
    context: &mut Context,
    backend: Arc<dyn Backend>,
    operation: &str,
    patience: Duration,
) -> Result<LockedState, Reported> {
    let holder = holder(&context.environment, operation);
    let request = LockRequest { holder: &holder, patience, waiting: &mut told };
    let environment = &context.environment;
    let locked = open(backend, request, &|| random_name(environment));
    let locked = locked.map_err(|error| context.diagnostics.error(state_failed(&error)))?;
    tell_resumed(&locked, &mut context.diagnostics);
    Ok(locked)
}

/// Reads a state without its lock, as `-lock=false` asks for.
pub fn unlocked(
    context: &mut Context,
    backend: Arc<dyn Backend>,
    operation: &str,
) -> Result<LockedState, Reported> {
    let holder = holder(&context.environment, operation);
    let environment = &context.environment;
    LockedState::open_unlocked(backend, &holder, || random_name(environment))
        .map_err(|error| context.diagnostics.error(state_failed(&error)))
}

fn told(by: Option<&Holder>) {
    let by = by.map(|by| format!(" by {} for {} since {}", by.who, by.operation, by.since));
    anstream::eprintln!("The state is locked{}. Waiting for it.", by.unwrap_or_default());
}

/// A run whose end never reached the state is told of where the state is elsewhere.
fn tell_resumed(locked: &LockedState, diagnostics: &mut Diagnostics) {
    let Some((resumed, run)) = locked.resumed().and_then(|r| Some((r, r.run.as_ref()?))) else {
        return;
    };
    let detail = format!(
        "An earlier {} of {} (since {}) could not save all that it did in {}. Its journal has been \
         saved there now: {} facts.",
        run.operation,
        run.who,
        run.since,
        locked.place(),
        resumed.facts
    );
    diagnostics.push(Diagnostic::warning("Earlier run taken over", detail));
}

/// A random name for a new history or a run, in the form of a UUID.
fn uuid(random: [u8; 16]) -> String {
    let mut bytes = random;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut text = String::new();
    for (index, byte) in bytes.iter().enumerate() {
        let dash = if matches!(index, 4 | 6 | 8 | 10) { "-" } else { "" };
        text.push_str(&format!("{dash}{byte:02x}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_name_is_a_uuid() {
        assert_eq!(uuid([0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }

    #[test]
    fn what_is_noted_has_no_secret() {
        let mut settings = Settings::new(Kind::Http);
        settings.set("address", "https://x/s").unwrap();
        settings.set("password", "hunter2").unwrap();
        let json = json!({"type": "http", "settings": settings.plain(), "given": {}});
        assert!(!json.to_string().contains("hunter2"));
        assert!(Chosen::of(&json).unwrap().is(&settings));
    }
}
