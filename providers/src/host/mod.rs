//! Hosts: the data source that describes one, and the files and directories on it.

use std::sync::Arc;

use quorate_engine::resource::Registry;

pub mod connection;
pub mod data;
pub mod directory;
pub mod file;
pub(crate) mod files;
mod place;

/// Adds the types of this module.
pub fn register(registry: &mut Registry) {
    registry
        .data_source(Arc::new(data::HostData::new()))
        .resource(Arc::new(file::HostFile::new()))
        .resource(Arc::new(directory::HostDirectory::new()));
}
