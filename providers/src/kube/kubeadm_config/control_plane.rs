//! The configuration of a control plane that uses an etcd cluster on other hosts.

use std::net::IpAddr;

use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    ApiEndpoint, InitConfiguration, KubeadmConfigError, NodeRegistration, check_api,
    kubernetes_version, two_documents,
};
use crate::kube::release::KubeadmApi;
use crate::kube::version::KubernetesVersion;

/// What `kubeadm init` is told on the first control plane.
#[derive(Debug, Clone)]
pub struct ControlPlane {
    /// The Kubernetes to install.
    pub version: KubernetesVersion,
    /// The API to write.
    pub api: KubeadmApi,
    /// The etcd cluster, and how to reach it.
    pub etcd: ExternalEtcd,
    /// Address or name, and port, of the balancer before all API servers.
    pub control_plane_endpoint: Option<String>,
    /// The address of this API server; kubeadm takes that of the default route otherwise.
    pub advertise_address: Option<IpAddr>,
    /// The name of this node; kubeadm takes the host's otherwise.
    pub node_name: Option<String>,
    /// The socket of the container runtime; kubeadm looks for one otherwise.
    pub cri_socket: Option<String>,
    /// Any further field of `ClusterConfiguration`, such as `networking`.
    pub further_fields: Map<String, Value>,
}

/// An etcd cluster as kubeadm is told of it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExternalEtcd {
    /// Client URLs of *all* members: the API server does not look for others.
    pub endpoints: Vec<String>,
    /// The CA of etcd.
    pub ca_file: String,
    /// The certificate that the API server shows to etcd.
    pub cert_file: String,
    /// Its key.
    pub key_file: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ClusterConfiguration<'a> {
    api_version: String,
    kind: &'static str,
    kubernetes_version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    control_plane_endpoint: Option<&'a str>,
    etcd: Etcd<'a>,
}

#[derive(Serialize)]
struct Etcd<'a> {
    external: &'a ExternalEtcd,
}

impl ExternalEtcd {
    /// Names a cluster whose certificates lie where kubeadm and the guides put them.
    pub fn new(endpoints: Vec<String>) -> Self {
        Self {
            endpoints,
            ca_file: "/etc/kubernetes/pki/etcd/ca.crt".to_owned(),
            cert_file: "/etc/kubernetes/pki/apiserver-etcd-client.crt".to_owned(),
            key_file: "/etc/kubernetes/pki/apiserver-etcd-client.key".to_owned(),
        }
    }
}

impl ControlPlane {
    /// Describes a control plane with nothing set that kubeadm can find out by itself.
    pub fn new(version: KubernetesVersion, etcd: ExternalEtcd) -> Self {
        Self {
            version,
            api: version.kubeadm_api(),
            etcd,
            control_plane_endpoint: None,
            advertise_address: None,
            node_name: None,
            cri_socket: None,
            further_fields: Map::new(),
        }
    }

    /// Writes `InitConfiguration` and `ClusterConfiguration` in one file.
    ///
    /// Some guides put it in kubelet's manifests folder, where kubelet takes it for a pod: any other place will do.
    pub fn render(&self) -> Result<String, KubeadmConfigError> {
        check_api(self.api, self.version)?;
        Ok(two_documents(&self.init(), &self.cluster()?)?)
    }

    fn init(&self) -> InitConfiguration {
        let node =
            NodeRegistration { cri_socket: self.cri_socket.clone(), name: self.node_name.clone() };
        let empty = node.cri_socket.is_none() && node.name.is_none();
        InitConfiguration {
            api_version: self.api.to_string(),
            kind: "InitConfiguration",
            local_api_endpoint: self
                .advertise_address
                .map(|address| ApiEndpoint { advertise_address: address.to_string() }),
            node_registration: (!empty).then_some(node),
        }
    }

    fn cluster(&self) -> Result<Value, KubeadmConfigError> {
        let ours = ClusterConfiguration {
            api_version: self.api.to_string(),
            kind: "ClusterConfiguration",
            kubernetes_version: kubernetes_version(self.version),
            control_plane_endpoint: self.control_plane_endpoint.as_deref(),
            etcd: Etcd { external: &self.etcd },
        };
        let mut document =
            serde_json::to_value(&ours).map_err(crate::kube::yaml::YamlError::from)?;
        for (field, value) in &self.further_fields {
            if !document[field].is_null() {
                return Err(KubeadmConfigError::FieldTaken(field.clone()));
            }
            document[field] = value.clone();
        }
        Ok(document)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn control_plane(version: &str) -> ControlPlane {
        let endpoints = ["10.0.0.6", "10.0.0.7"].map(|ip| format!("https://{ip}:2379"));
        ControlPlane::new(version.parse().unwrap(), ExternalEtcd::new(endpoints.into()))
    }

    #[test]
    fn the_smallest() {
        let expected = "\
apiVersion: kubeadm.k8s.io/v1beta2
kind: InitConfiguration
---
apiVersion: kubeadm.k8s.io/v1beta2
etcd:
  external:
    caFile: /etc/kubernetes/pki/etcd/ca.crt
    certFile: /etc/kubernetes/pki/apiserver-etcd-client.crt
    endpoints:
    - https://10.0.0.6:2379
    - https://10.0.0.7:2379
    keyFile: /etc/kubernetes/pki/apiserver-etcd-client.key
kind: ClusterConfiguration
kubernetesVersion: v1.20.2
";
        assert_eq!(control_plane("1.20.2").render().unwrap(), expected);
    }

    #[test]
    fn everything_that_can_be_set() {
        let mut config = control_plane("1.34.1");
        config.control_plane_endpoint = Some("10.0.0.9:6443".to_owned());
        config.advertise_address = Some("10.0.0.10".parse().unwrap());
        config.node_name = Some("master01".to_owned());
        config.cri_socket = Some("unix:///run/containerd/containerd.sock".to_owned());
        let networking = json!({"podSubnet": "10.244.0.0/16"});
        config.further_fields.insert("networking".to_owned(), networking);
        let text = config.render().unwrap();
        let expected_init = "\
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint:
  advertiseAddress: 10.0.0.10
nodeRegistration:
  criSocket: unix:///run/containerd/containerd.sock
  name: master01
---
";
        assert!(text.starts_with(expected_init), "{text}");
        assert!(text.contains("\ncontrolPlaneEndpoint: 10.0.0.9:6443\n"));
        assert!(text.ends_with("\nnetworking:\n  podSubnet: 10.244.0.0/16\n"));
    }

    #[test]
    fn further_fields_do_not_replace_ours() {
        for field in ["etcd", "kind", "apiVersion", "kubernetesVersion"] {
            let mut config = control_plane("1.34.1");
            config.further_fields.insert(field.to_owned(), json!({}));
            let refusal = config.render().unwrap_err();
            assert!(matches!(&refusal, KubeadmConfigError::FieldTaken(taken) if taken == field));
        }
    }
}
