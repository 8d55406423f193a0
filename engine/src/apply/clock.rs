//! The world as functions see it whose result differs each time.

use std::sync::Arc;

use crate::eval::Entropy;
use crate::resource::Realm;

/// The clock and the random numbers of a realm, for functions whose result differs each time.
#[derive(Clone)]
pub struct Clock(pub Arc<dyn Realm>);

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

impl Entropy for Clock {
    fn now(&self) -> i64 {
        self.0.now()
    }

    fn random(&self, count: usize) -> Vec<u8> {
        (0..count.div_ceil(16)).flat_map(|_| self.0.salt()).take(count).collect()
    }
}
