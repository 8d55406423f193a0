//! Quorate providers.

pub mod seal;
pub mod tls;
