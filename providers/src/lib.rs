//! Quorate providers.

pub mod kube;
pub mod seal;
pub mod tls;
