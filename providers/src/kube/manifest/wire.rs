//! The part of the Pod type that kubeadm writes for etcd, fields in the order of their names.

use std::collections::BTreeMap;

use serde::Serialize;

/// `{}` in the file.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Empty {}

/// `null` in the file: a timestamp that Go could not leave out.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Null;

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pod {
    pub api_version: &'static str,
    pub kind: &'static str,
    pub metadata: Metadata,
    pub spec: Spec,
    pub status: Empty,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metadata {
    pub annotations: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_timestamp: Option<Null>,
    pub labels: BTreeMap<&'static str, &'static str>,
    pub name: &'static str,
    pub namespace: &'static str,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Spec {
    pub containers: [Container; 1],
    pub host_network: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    pub priority_class_name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_context: Option<SecurityContext>,
    pub volumes: [Volume; 2],
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Container {
    pub command: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<EnvVar>,
    pub image: String,
    pub image_pull_policy: &'static str,
    pub liveness_probe: Probe,
    pub name: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<ContainerPort>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readiness_probe: Option<Probe>,
    pub resources: Resources,
    pub startup_probe: Probe,
    pub volume_mounts: [VolumeMount; 2],
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct EnvVar {
    pub name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value: String,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContainerPort {
    pub container_port: u16,
    pub name: &'static str,
    pub protocol: &'static str,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Probe {
    pub failure_threshold: u64,
    pub http_get: HttpGet,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_delay_seconds: Option<u32>,
    pub period_seconds: u32,
    pub timeout_seconds: u32,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct HttpGet {
    pub host: String,
    pub path: &'static str,
    pub port: Port,
    pub scheme: &'static str,
}

/// A port by number or by name.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(super) enum Port {
    Number(u16),
    Name(&'static str),
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Resources {
    pub requests: BTreeMap<&'static str, &'static str>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SecurityContext {
    pub seccomp_profile: SeccompProfile,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct SeccompProfile {
    pub r#type: &'static str,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VolumeMount {
    pub mount_path: String,
    pub name: &'static str,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Volume {
    pub host_path: HostPath,
    pub name: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct HostPath {
    pub path: String,
    pub r#type: &'static str,
}

impl Volume {
    /// A folder of the host, made if it is not there.
    pub(super) fn directory(name: &'static str, path: String) -> Self {
        Self { host_path: HostPath { path, r#type: "DirectoryOrCreate" }, name }
    }
}
