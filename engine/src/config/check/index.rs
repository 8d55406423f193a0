//! Finds the blocks of a module by name: a large configuration asks for far more than it has.

use rustc_hash::FxHashMap as HashMap;

use super::super::{Block, Module};
use crate::addr::Mode;

/// The blocks of a module.
pub(super) struct Index<'a>(HashMap<(Mode, &'a str, &'a str), &'a Block>);

impl<'a> Index<'a> {
    pub fn of(module: &'a Module) -> Self {
        let entry =
            |block: &'a Block| ((block.addr.mode, &*block.addr.kind, &*block.addr.name), block);
        Index(module.blocks.values().map(|block| entry(block)).collect())
    }

    /// The block of a type and a name.
    pub fn find(&self, mode: Mode, kind: &str, name: &str) -> Option<&'a Block> {
        self.0.get(&(mode, kind, name)).copied()
    }
}
