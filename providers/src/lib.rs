//! Quorate providers.

pub mod host;
pub mod kube;
pub mod seal;
pub mod tls;
pub mod transport;
