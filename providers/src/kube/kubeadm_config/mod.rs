//! kubeadm's configuration files: a member's, and that of a control plane with an external etcd.
//!
//! The fields are those of the API reference of v1beta1 to v1beta4; between them only `extraArgs` (a map, then a list)
//! and `extraEnvs` (v1beta4) differ for us.

mod control_plane;
mod member;

pub use control_plane::{ControlPlane, ExternalEtcd};
pub use member::MemberConfig;

use serde::Serialize;

use super::release::KubeadmApi;
use super::version::KubernetesVersion;
use super::yaml;

/// Why there is no configuration file.
#[derive(Debug, thiserror::Error)]
pub enum KubeadmConfigError {
    /// That kubeadm refuses a file of that API.
    #[error("kubeadm {version} does not read {api}")]
    ApiNotRead {
        /// The kubeadm.
        version: KubernetesVersion,
        /// The API asked for.
        api: KubeadmApi,
    },
    /// The API has no place for something that was asked for.
    #[error("{api} cannot express {what}; kubeadm.k8s.io/v1beta4 can")]
    NotExpressible {
        /// The API asked for.
        api: KubeadmApi,
        /// What it lacks.
        what: String,
    },
    /// A further field is one that is already written.
    #[error("`{0}` is set by its own argument and cannot be set again among the further fields")]
    FieldTaken(String),
    /// The file cannot be written.
    #[error(transparent)]
    Yaml(#[from] yaml::YamlError),
}

/// `InitConfiguration`, the part of it that says which node this is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InitConfiguration {
    api_version: String,
    kind: &'static str,
    #[serde(rename = "localAPIEndpoint", skip_serializing_if = "Option::is_none")]
    local_api_endpoint: Option<ApiEndpoint>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node_registration: Option<NodeRegistration>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ApiEndpoint {
    advertise_address: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NodeRegistration {
    #[serde(skip_serializing_if = "Option::is_none")]
    cri_socket: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

fn check_api(api: KubeadmApi, version: KubernetesVersion) -> Result<(), KubeadmConfigError> {
    if api.read_by(version) { Ok(()) } else { Err(KubeadmConfigError::ApiNotRead { version, api }) }
}

/// The `kubernetesVersion` to write.
///
/// A file without it makes every run of kubeadm look the version up on the internet, ten seconds when that is a hole.
/// Without a patch there is no way around it: the label is resolved there.
fn kubernetes_version(version: KubernetesVersion) -> String {
    match version.patch() {
        Some(_) => format!("v{version}"),
        None => format!("stable-{version}"),
    }
}

fn two_documents<T: Serialize>(
    init: &InitConfiguration,
    cluster: &T,
) -> Result<String, yaml::YamlError> {
    Ok(format!("{}---\n{}", yaml::document(init)?, yaml::document(cluster)?))
}
