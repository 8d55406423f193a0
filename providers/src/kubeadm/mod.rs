//! What kubeadm is told.

mod config;

pub use config::KubeadmConfig;
