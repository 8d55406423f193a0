//! The static pod manifest of an etcd member, byte for byte as kubeadm of its version writes it.
//!
//! Form and content follow kubeadm: cmd/kubeadm/app/phases/etcd/local.go and cmd/kubeadm/app/util/staticpod/utils.go.
//! The golden files of 1.20 came out of a real kubeadm; the later ones are derived from source and published manifests.

mod form;
mod probe;
mod wire;

use super::member::EtcdMember;
use super::version::KubernetesVersion;
use super::yaml;
use form::PodForm;
use probe::Endpoint;
use wire::{Container, EnvVar, Metadata, Pod, Spec, Volume, VolumeMount};

/// Mode of the manifest file.
pub const MANIFEST_MODE: u32 = 0o600;
/// Mode of the folder it lies in.
pub const MANIFEST_DIR_MODE: u32 = 0o700;
/// The annotation from which kubeadm learns a member's client URL.
pub const CLIENT_URL_ANNOTATION: &str = "kubeadm.kubernetes.io/etcd.advertise-client-urls";

/// Why there is no manifest for a member.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// kubeadm of that version cannot set the environment of etcd.
    #[error("kubeadm {0} cannot set environment variables for etcd; that came with 1.31")]
    NoEnvironment(KubernetesVersion),
    /// The pod cannot be written.
    #[error(transparent)]
    Yaml(#[from] yaml::YamlError),
}

/// Writes the manifest of a member, with the newline at its end.
pub fn render(member: &EtcdMember) -> Result<String, ManifestError> {
    let form = PodForm::of(member.version);
    if !member.extra_envs.is_empty() && form.environment == form::Environment::Unsupported {
        return Err(ManifestError::NoEnvironment(member.version));
    }
    Ok(yaml::document(&pod(member, &form))?)
}

fn pod(member: &EtcdMember, form: &PodForm) -> Pod {
    Pod {
        api_version: "v1",
        kind: "Pod",
        metadata: metadata(member, form),
        spec: Spec {
            containers: [container(member, form)],
            host_network: true,
            priority: form.priority,
            priority_class_name: "system-node-critical",
            security_context: form.security_context(),
            volumes: [
                Volume::directory("etcd-certs", certificates(member)),
                Volume::directory("etcd-data", member.data_dir.clone()),
            ],
        },
        status: wire::Empty {},
    }
}

fn metadata(member: &EtcdMember, form: &PodForm) -> Metadata {
    Metadata {
        annotations: [(CLIENT_URL_ANNOTATION, member.client_url())].into(),
        creation_timestamp: form.creation_timestamp,
        labels: [("component", "etcd"), ("tier", "control-plane")].into(),
        name: "etcd",
        namespace: "kube-system",
    }
}

fn container(member: &EtcdMember, form: &PodForm) -> Container {
    let endpoint = Endpoint::of(member);
    Container {
        command: command(member),
        env: environment(member),
        image: member.image.to_string(),
        image_pull_policy: "IfNotPresent",
        liveness_probe: form.liveness(&endpoint),
        name: "etcd",
        ports: form.ports(&endpoint),
        readiness_probe: form.readiness(&endpoint),
        resources: form.resources(),
        startup_probe: form.startup(&endpoint, member.startup_timeout),
        volume_mounts: [
            VolumeMount { mount_path: member.data_dir.clone(), name: "etcd-data" },
            VolumeMount { mount_path: certificates(member), name: "etcd-certs" },
        ],
    }
}

fn command(member: &EtcdMember) -> Vec<String> {
    let flags = member.flags();
    std::iter::once("etcd".to_owned()).chain(flags.iter().map(ToString::to_string)).collect()
}

fn environment(member: &EtcdMember) -> Vec<EnvVar> {
    let mut env: Vec<EnvVar> = member
        .extra_envs
        .iter()
        .map(|var| EnvVar { name: var.name.clone(), value: var.value.clone() })
        .collect();
    env.sort_by(|a, b| a.name.cmp(&b.name));
    env
}

fn certificates(member: &EtcdMember) -> String {
    format!("{}/etcd", member.certificates_dir)
}

#[cfg(test)]
mod tests;
