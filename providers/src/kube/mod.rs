//! What kubeadm and kubelet would write for an etcd host, as pure functions: typed structs in, text out.
//!
//! Nothing here reads a host, a clock or a file, and nothing here knows the engine.
//! The resource types that put these texts on hosts sit on top.
//!
//! | Module | Answers |
//! |---|---|
//! | [`version`], [`release`] | which Kubernetes is this, and what are that release's defaults |
//! | [`etcd_version`] | which etcd does an image tag stand for |
//! | [`member`] | one etcd member: its flags, as kubeadm merges them |
//! | [`manifest`] | the static pod of that member, byte for byte kubeadm's |
//! | [`pod`] | do two manifests mean the same pod to kubelet |
//! | [`kubeadm_config`] | the configuration files that make kubeadm do the same |
//! | [`kubelet`] | the drop-in that makes kubelet the service manager of etcd |
//! | [`lint`] | what is wrong with all of the above, in words |

pub mod etcd_version;
pub mod kubeadm_config;
pub mod kubelet;
pub mod lint;
pub mod manifest;
pub mod member;
pub mod pod;
pub mod release;
pub mod version;
mod yaml;
