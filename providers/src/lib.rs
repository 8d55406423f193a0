//! Quorate providers.

mod adopt;
mod attrs;
pub mod backend;
pub mod etcd;
pub mod host;
pub mod kube;
pub mod kubeadm;
pub mod kubelet;
pub mod modules;
pub mod pki;
pub mod registry;
pub mod seal;
#[cfg(test)]
mod testing;
pub mod tls;
pub mod transport;
