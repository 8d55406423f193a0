//! Quorate providers.

pub mod tls;
