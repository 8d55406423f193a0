//! kubelet as the service manager of etcd.

mod dropin;
mod settings;

pub use dropin::KubeletDropin;
