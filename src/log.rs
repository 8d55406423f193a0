//! What the program does, for those who look for a fault: `QUORATE_LOG`, `QUORATE_LOG_FORMAT`,
//! `QUORATE_LOG_PATH`. No value of any object is logged, so no secret can be.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::sync::Mutex;

use quorate_engine::event::{Event, Events};
use tracing::{debug, error, info, warn};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::settings::Environment;

/// How lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Text,
    Json,
}

/// What the environment asks for.
#[derive(Debug, PartialEq)]
struct Wanted {
    level: LevelFilter,
    format: Format,
    path: Option<PathBuf>,
}

/// Begins to log, where the environment asks for it.
///
/// # Errors
/// A sentence about the variable that cannot be followed.
pub fn start(environment: &Environment) -> Result<(), String> {
    let Some(wanted) = wanted(environment)? else { return Ok(()) };
    match wanted.path {
        None => subscribe(wanted.level, wanted.format, io::stderr),
        Some(path) => {
            let opened = open(&path).map_err(|error| {
                format!("QUORATE_LOG_PATH: opening {} failed: {error}", path.display())
            })?;
            subscribe(wanted.level, wanted.format, Mutex::new(opened));
        }
    }
    info!(version = env!("CARGO_PKG_VERSION"), "quorate begins");
    Ok(())
}

fn open(path: &PathBuf) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}

fn subscribe<W>(level: LevelFilter, format: Format, out: W)
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let builder = tracing_subscriber::fmt().with_max_level(level).with_writer(out).with_ansi(false);
    // A second subscriber of one process is refused; the first goes on.
    let _ = match format {
        Format::Text => builder.try_init(),
        Format::Json => builder.json().flatten_event(true).try_init(),
    };
}

fn wanted(environment: &Environment) -> Result<Option<Wanted>, String> {
    let text = |name: &str| environment.get(name).map(|value| value.to_string_lossy().into_owned());
    let Some(level) = text("QUORATE_LOG") else { return Ok(None) };
    let level: LevelFilter = level.to_lowercase().parse().map_err(|_| {
        format!("QUORATE_LOG is {level:?}; use trace, debug, info, warn, error or off")
    })?;
    let format = match text("QUORATE_LOG_FORMAT").as_deref() {
        None | Some("text") => Format::Text,
        Some("json") => Format::Json,
        Some(other) => return Err(format!("QUORATE_LOG_FORMAT is {other:?}; use text or json")),
    };
    let path = environment.get("QUORATE_LOG_PATH").map(PathBuf::from);
    Ok(Some(Wanted { level, format, path }))
}

/// Events that are logged before they go on to where they are shown.
pub struct Logged<E>(pub E);

impl<E: std::ops::Deref<Target: Events> + Send + Sync> Events for Logged<E> {
    fn emit(&self, event: Event) {
        log(&event);
        self.0.emit(event);
    }
}

fn log(event: &Event) {
    match event {
        Event::Reading { host, queries } => debug!(host = %host.name, queries, "reading"),
        Event::Read { host, took } => debug!(host = %host.name, ms = millis(*took), "read"),
        Event::Imported { addr, .. } => info!(address = %addr, "imported"),
        Event::Started { addr, action } => info!(address = %addr, ?action, "begun"),
        Event::StepStarted { addr, step } => {
            let host = step.host.as_ref().map(|host| &*host.name);
            debug!(address = %addr, host, step = %step.op, "step");
        }
        Event::Waiting { addr, elapsed, .. } => {
            debug!(address = %addr, ms = millis(*elapsed), "waiting");
        }
        Event::Finished { addr, action, took, .. } => {
            info!(address = %addr, ?action, ms = millis(*took), "done");
        }
        Event::Failed { addr, action, diagnostic } => {
            error!(address = %addr, ?action, reason = diagnostic.summary, "failed");
        }
        Event::Skipped { addr, because } => {
            let because = because.as_ref().map(tracing::field::display);
            warn!(address = %addr, because, "not begun");
        }
    }
}

fn millis(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Option<Wanted>, String> {
        wanted(&variables.iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    #[test]
    fn the_environment_says_what_is_logged() {
        assert_eq!(read(&[]), Ok(None));
        let text = Wanted { level: LevelFilter::DEBUG, format: Format::Text, path: None };
        assert_eq!(read(&[("QUORATE_LOG", "DEBUG")]), Ok(Some(text)));
        let json = [("QUORATE_LOG", "info"), ("QUORATE_LOG_FORMAT", "json")];
        assert_eq!(read(&json).unwrap().unwrap().format, Format::Json);
        assert!(read(&[("QUORATE_LOG", "loud")]).unwrap_err().contains("use trace"));
        let format = [("QUORATE_LOG", "info"), ("QUORATE_LOG_FORMAT", "xml")];
        assert!(read(&format).unwrap_err().contains("text or json"));
    }
}
