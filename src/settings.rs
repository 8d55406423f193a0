//! Arguments and environment, resolved.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use quorate_engine::config::VarSource;

use crate::args::{Assignment, VariableArgs};
use crate::view::ViewOptions;

/// How input variables are named in the environment.
const VARIABLE_PREFIX: &str = "QUORATE_VAR_";

/// The width of pages that no terminal shows, so that logs look the same everywhere.
const PLAIN_WIDTH: usize = 80;

/// A narrower terminal breaks lines by itself.
const NARROWEST: usize = 40;

/// What the environment says, read once. It has no debug form: values may be secrets.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, OsString>,
    /// Whether `-input=false` was given.
    quiet: bool,
}

impl FromIterator<(OsString, OsString)> for Environment {
    fn from_iter<I: IntoIterator<Item = (OsString, OsString)>>(all: I) -> Self {
        let known = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value));
        Environment { variables: all.into_iter().filter_map(known).collect(), quiet: false }
    }
}

impl Environment {
    /// A variable that is set and not empty.
    pub fn get(&self, name: &str) -> Option<OsString> {
        self.variables.get(name).filter(|value| !value.is_empty()).cloned()
    }

    /// From here on nobody is asked for anything.
    pub fn ask_nobody(&mut self) {
        self.quiet = true;
    }

    /// Whether whoever sits at the terminal may be asked.
    pub fn may_ask(&self) -> bool {
        !self.quiet
    }

    /// A path as a person writes it: `~/` is their home.
    pub fn path(&self, text: &str) -> PathBuf {
        let home = self.get("HOME").map(PathBuf::from);
        let below = text.strip_prefix("~/").zip(home);
        below.map_or_else(|| PathBuf::from(text), |(below, home)| home.join(below))
    }

    /// Values of input variables, and the names of those that are not UTF-8.
    pub fn variables(&self) -> (BTreeMap<String, String>, Vec<String>) {
        let mut values = BTreeMap::new();
        let mut broken = Vec::new();
        for (name, value) in &self.variables {
            let Some(variable) = name.strip_prefix(VARIABLE_PREFIX) else { continue };
            match value.to_str() {
                Some(value) => drop(values.insert(variable.to_owned(), value.to_owned())),
                None => broken.push(name.clone()),
            }
        }
        (values, broken)
    }

    /// The folder of settings that belong to the person, not to a project.
    pub fn config_home(&self) -> Option<PathBuf> {
        let absolute = |name| self.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
        absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")))
    }

    /// The folder of what programs remember of a person, such as histories.
    pub fn state_home(&self) -> Option<PathBuf> {
        let absolute = |name| self.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
        absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))
    }

    /// Who works here: `ada@laptop`.
    pub fn who(&self) -> String {
        let text = |name| Some(self.get(name)?.to_string_lossy().into_owned());
        let user = text("USER").or_else(|| text("LOGNAME")).unwrap_or_else(|| "somebody".into());
        let file = std::fs::read_to_string("/etc/hostname").ok();
        let machine = text("HOSTNAME").or_else(|| Some(file?.trim().to_owned()));
        format!("{user}@{}", machine.unwrap_or_else(|| "this machine".into()))
    }
}

/// How to show things on one of the two outputs: in colours where it is a terminal that has not
/// been told otherwise.
pub fn view_options<S: RawStream>(stream: &S, no_color: bool) -> ViewOptions {
    let color = !no_color && AutoStream::choice(stream) != ColorChoice::Never;
    let size = stream.is_terminal().then(terminal_size::terminal_size).flatten();
    let width = size.map_or(PLAIN_WIDTH, |(width, _)| usize::from(width.0).max(NARROWEST));
    ViewOptions::new(color, width)
}

/// Whether the terminal can show things in place: one that is called dumb cannot.
pub fn can_move_cursor() -> bool {
    std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb")
}

/// The command line's values of input variables as the engine takes them.
pub fn variable_sources(args: &VariableArgs) -> Vec<VarSource> {
    let one = |assignment: &Assignment| match assignment {
        Assignment::Value(text) => VarSource::Assignment(text.clone()),
        Assignment::File(path) => VarSource::File(path.to_string_lossy().into_owned()),
    };
    args.given.iter().map(one).collect()
}

/// Seconds since 1970 as people and programs write a time.
pub fn rfc3339(seconds: i64) -> String {
    let format = &time::format_description::well_known::Rfc3339;
    let time = time::OffsetDateTime::from_unix_timestamp(seconds);
    time.ok().and_then(|time| time.format(format).ok()).unwrap_or_default()
}

/// The time, to the microsecond, as events carry it.
pub fn precise_now() -> String {
    let format = time::macros::format_description!(
        "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z"
    );
    time::OffsetDateTime::now_utc().format(format).unwrap_or_default()
}

/// Where things are in a working directory.
pub struct Places;

impl Places {
    /// The state.
    pub fn state() -> &'static Path {
        Path::new("quorate.state.json")
    }

    /// What a run did, where the state is elsewhere; it is there only while a run has not saved all.
    pub fn journal() -> &'static Path {
        Path::new("quorate.journal")
    }

    /// The folder for what can be made again.
    pub fn working_folder() -> &'static Path {
        Path::new(".quorate")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
    }

    #[test]
    fn variables_come_from_the_environment() {
        let environment =
            environment(&[("QUORATE_VAR_a", "1"), ("HOME", "/h"), ("QUORATE_X", "2")]);
        let (values, broken) = environment.variables();
        assert_eq!(values, BTreeMap::from([("a".to_owned(), "1".to_owned())]));
        assert!(broken.is_empty());
    }

    #[test]
    fn the_folder_of_settings_follows_the_usual_variables() {
        for (pairs, expected) in [
            (&[("HOME", "/h")][..], Some("/h/.config")),
            (&[("HOME", "/h"), ("XDG_CONFIG_HOME", "/x")], Some("/x")),
            (&[("HOME", "/h"), ("XDG_CONFIG_HOME", "relative")], Some("/h/.config")),
            (&[("HOME", "/h"), ("XDG_CONFIG_HOME", "")], Some("/h/.config")),
            (&[], None),
        ] {
            assert_eq!(environment(pairs).config_home(), expected.map(PathBuf::from), "{pairs:?}");
        }
    }
}
