//! etcd as objects: a member run by kubelet, and the cluster that the members make.
//!
//! | Module | Answers |
//! |---|---|
//! | [`api`] | what does etcd say, in its own words |
//! | [`ask`] | how is etcd asked, and what did it say |
//! | `found` | which member runs here already |
//! | `gate` | may this step begin, and is it over |
//! | `member` | which member do these attributes describe |
//! | `upgrade` | may this image follow that one |

pub mod api;
pub mod ask;
mod cluster;
mod found;
mod gate;
pub(crate) mod lint;
pub(crate) mod member;
mod static_pod;
mod upgrade;

pub use cluster::EtcdCluster;
pub use static_pod::EtcdStaticPod;
