//! All types that configurations can use.

use std::sync::Arc;

use quorate_engine::resource::Registry;

use crate::etcd::{EtcdCluster, EtcdStaticPod};
use crate::host;
use crate::kubeadm::KubeadmConfig;
use crate::kubelet::KubeletDropin;
use crate::pki::{PkiCa, PkiCertificate};

/// Lists every resource type and data source type.
pub fn registry() -> Registry {
    let mut registry = Registry::default();
    host::register(&mut registry);
    registry
        .resource(Arc::new(PkiCa::default()))
        .resource(Arc::new(PkiCertificate::default()))
        .resource(Arc::new(KubeletDropin::default()))
        .resource(Arc::new(EtcdStaticPod::default()))
        .resource(Arc::new(EtcdCluster::default()))
        .resource(Arc::new(KubeadmConfig::default()));
    registry
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_is_there_once_and_explained() {
        let registry = registry();
        for kind in registry.resource_kinds() {
            let schema = registry.find_resource(kind).unwrap().schema();
            let mut names: Vec<_> = schema.attrs.iter().map(|attr| attr.name).collect();
            names.sort_unstable();
            let count = names.len();
            names.dedup();
            assert_eq!(names.len(), count, "{kind}");
            for attr in &schema.attrs {
                assert!(attr.doc.ends_with('.'), "{kind}.{}", attr.name);
            }
        }
    }
}
