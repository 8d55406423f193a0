//! What `removed` blocks say of objects that left the configuration.

use crate::addr::{InstanceAddr, ModulePath};
use crate::config::{Config, MoveEnd, Removed};

/// All `removed` blocks of a configuration.
#[derive(Clone, Debug, Default)]
pub struct Removals<'c> {
    blocks: Vec<(ModulePath, &'c Removed)>,
}

impl<'c> Removals<'c> {
    /// Those of a configuration.
    pub fn of(config: &'c Config) -> Removals<'c> {
        let blocks = config.modules.iter().flat_map(|(path, module)| {
            module.removed.iter().map(move |removed| (path.clone(), removed))
        });
        Removals { blocks: blocks.collect() }
    }

    /// Whether an object is forgotten rather than destroyed.
    pub fn forgets(&self, addr: &InstanceAddr) -> bool {
        let said = self.blocks.iter().find(|(within, removed)| is_at(addr, within, &removed.from));
        said.is_some_and(|(_, removed)| !removed.destroy)
    }
}

/// Whether an object is an instance of what an address without keys names.
fn is_at(addr: &InstanceAddr, within: &ModulePath, end: &MoveEnd) -> bool {
    let path = addr.module.path();
    let mut named = within.clone();
    named.0.extend(end.module.path().0);
    match &end.object {
        Some((block, _)) => path == named && addr.block == *block,
        None => path.0.starts_with(&named.0),
    }
}
