//! Places for a state that a network reaches: HTTP as GitLab and others serve it, S3 and its kin.

mod http;
mod object;
mod settings;
mod worker;

use std::path::PathBuf;
use std::sync::Arc;

use quorate_engine::state::{Backend, FileStore};

pub use settings::{Kind, SettingError, Settings};

/// The backend of settings. `journal` is where facts wait in the working directory until they are
/// part of a state elsewhere.
///
/// # Errors
/// Fails where a setting is missing or cannot be meant.
pub fn open(settings: &Settings, journal: PathBuf) -> Result<Arc<dyn Backend>, SettingError> {
    Ok(match settings.kind() {
        Kind::Local => Arc::new(FileStore::new(settings.text("path").unwrap_or(settings::STATE))),
        Kind::Http => Arc::new(http::HttpBackend::new(settings, journal)?),
        Kind::S3 => Arc::new(object::ObjectBackend::new(settings, journal)?),
    })
}
