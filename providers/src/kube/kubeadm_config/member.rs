//! The configuration that makes kubeadm set up one etcd member, as in the external etcd guide.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    ApiEndpoint, InitConfiguration, KubeadmConfigError, NodeRegistration, check_api,
    kubernetes_version, two_documents,
};
use crate::kube::member::{Arg, CERTIFICATES_DIR, DATA_DIR, EnvVar, EtcdImage, EtcdMember};
use crate::kube::release::KubeadmApi;

/// A member, and what only kubeadm's certificate phases need to know about it.
#[derive(Debug, Clone)]
pub struct MemberConfig<'a> {
    /// The member.
    pub member: &'a EtcdMember,
    /// The API to write; [`KubernetesVersion::kubeadm_api`](crate::kube::version::KubernetesVersion::kubeadm_api) by
    /// default.
    pub api: KubeadmApi,
    /// Further names of the server certificate.
    pub server_sans: Vec<String>,
    /// Further names of the peer certificate.
    pub peer_sans: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ClusterConfiguration {
    api_version: String,
    kind: &'static str,
    kubernetes_version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificates_dir: Option<String>,
    etcd: Etcd,
}

#[derive(Serialize)]
struct Etcd {
    local: LocalEtcd,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LocalEtcd {
    #[serde(skip_serializing_if = "Option::is_none")]
    image_repository: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_tag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_dir: Option<String>,
    extra_args: ExtraArgs,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extra_envs: Vec<NameValue>,
    #[serde(rename = "serverCertSANs", skip_serializing_if = "Vec::is_empty")]
    server_cert_sans: Vec<String>,
    #[serde(rename = "peerCertSANs", skip_serializing_if = "Vec::is_empty")]
    peer_cert_sans: Vec<String>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum ExtraArgs {
    Map(BTreeMap<String, String>),
    List(Vec<NameValue>),
}

#[derive(Serialize)]
struct NameValue {
    name: String,
    value: String,
}

impl<'a> MemberConfig<'a> {
    /// Configures a member as the guide does: its address among the names, in the API of its release.
    pub fn new(member: &'a EtcdMember) -> Self {
        let sans = vec![member.advertise_address.to_string()];
        let api = member.version.kubeadm_api();
        Self { member, api, server_sans: sans.clone(), peer_sans: sans }
    }

    /// Writes `InitConfiguration` and `ClusterConfiguration` in one file.
    pub fn render(&self) -> Result<String, KubeadmConfigError> {
        check_api(self.api, self.member.version)?;
        Ok(two_documents(&self.init(), &self.cluster()?)?)
    }

    /// Without this part kubeadm takes name and address from the machine it runs on.
    fn init(&self) -> InitConfiguration {
        InitConfiguration {
            api_version: self.api.to_string(),
            kind: "InitConfiguration",
            local_api_endpoint: Some(ApiEndpoint {
                advertise_address: self.member.advertise_address.to_string(),
            }),
            node_registration: Some(NodeRegistration {
                cri_socket: None,
                name: Some(self.member.name.clone()),
            }),
        }
    }

    fn cluster(&self) -> Result<ClusterConfiguration, KubeadmConfigError> {
        Ok(ClusterConfiguration {
            api_version: self.api.to_string(),
            kind: "ClusterConfiguration",
            kubernetes_version: kubernetes_version(self.member.version),
            certificates_dir: unless(&self.member.certificates_dir, CERTIFICATES_DIR),
            etcd: Etcd { local: self.local()? },
        })
    }

    fn local(&self) -> Result<LocalEtcd, KubeadmConfigError> {
        let EtcdImage { repository, tag } = EtcdImage::default_of(self.member.version);
        Ok(LocalEtcd {
            image_repository: unless(&self.member.image.repository, &repository),
            image_tag: unless(&self.member.image.tag, &tag),
            data_dir: unless(&self.member.data_dir, DATA_DIR),
            extra_args: self.extra_args()?,
            extra_envs: self.extra_envs()?,
            server_cert_sans: self.server_sans.clone(),
            peer_cert_sans: self.peer_sans.clone(),
        })
    }

    fn extra_args(&self) -> Result<ExtraArgs, KubeadmConfigError> {
        let args = self.member.overrides();
        if self.api >= KubeadmApi::V1Beta4 {
            return Ok(ExtraArgs::List(args.into_iter().map(NameValue::from).collect()));
        }
        let mut map = BTreeMap::new();
        for Arg { name, value } in args {
            if map.contains_key(&name) {
                return Err(self.not_expressible(format!("--{name} more than once")));
            }
            map.insert(name, value);
        }
        Ok(ExtraArgs::Map(map))
    }

    fn extra_envs(&self) -> Result<Vec<NameValue>, KubeadmConfigError> {
        if !self.member.extra_envs.is_empty() && self.api < KubeadmApi::V1Beta4 {
            return Err(self.not_expressible("environment variables of etcd".to_owned()));
        }
        Ok(self.member.extra_envs.iter().cloned().map(NameValue::from).collect())
    }

    fn not_expressible(&self, what: String) -> KubeadmConfigError {
        KubeadmConfigError::NotExpressible { api: self.api, what }
    }
}

impl From<Arg> for NameValue {
    fn from(Arg { name, value }: Arg) -> Self {
        Self { name, value }
    }
}

impl From<EnvVar> for NameValue {
    fn from(EnvVar { name, value }: EnvVar) -> Self {
        Self { name, value }
    }
}

/// The value to write, unless it is what kubeadm takes anyway.
fn unless(value: &str, default: &str) -> Option<String> {
    (value != default).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use serde_json::Value;

    use super::*;
    use crate::kube::member::Peer;

    fn founding(version: &str) -> EtcdMember {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let all = [("infra0", "10.0.0.6"), ("infra1", "10.0.0.7"), ("infra2", "10.0.0.8")]
            .map(|(name, ip)| Peer::at(name, address(ip)));
        EtcdMember::founding(version.parse().unwrap(), "infra0", address("10.0.0.6"), &all)
    }

    fn read(text: &str) -> Vec<Value> {
        serde_saphyr::from_multiple(text).unwrap()
    }

    #[test]
    fn means_what_the_guide_means() {
        let member = founding("1.20.2");
        let mut ours = read(&MemberConfig::new(&member).render().unwrap());
        let version = ours[1].as_object_mut().unwrap().remove("kubernetesVersion");
        assert_eq!(version, Some("v1.20.2".into()));
        assert_eq!(ours, read(include_str!("../testdata/v1.20.2/guide-infra0.config.yaml")));
    }

    #[test]
    fn the_modern_form_has_lists() {
        let mut member = founding("1.34");
        member.extra_args = vec![Arg::new("log-level", "info")];
        member.extra_envs = vec![EnvVar { name: "GOMAXPROCS".into(), value: "4".into() }];
        member.data_dir = "/srv/etcd".to_owned();
        let expected = "\
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint:
  advertiseAddress: 10.0.0.6
nodeRegistration:
  name: infra0
---
apiVersion: kubeadm.k8s.io/v1beta4
etcd:
  local:
    dataDir: /srv/etcd
    extraArgs:
    - name: initial-cluster
      value: infra0=https://10.0.0.6:2380,infra1=https://10.0.0.7:2380,infra2=https://10.0.0.8:2380
    - name: initial-cluster-state
      value: new
    - name: name
      value: infra0
    - name: listen-peer-urls
      value: https://10.0.0.6:2380
    - name: listen-client-urls
      value: https://10.0.0.6:2379
    - name: advertise-client-urls
      value: https://10.0.0.6:2379
    - name: initial-advertise-peer-urls
      value: https://10.0.0.6:2380
    - name: log-level
      value: info
    extraEnvs:
    - name: GOMAXPROCS
      value: \"4\"
    peerCertSANs:
    - 10.0.0.6
    serverCertSANs:
    - 10.0.0.6
kind: ClusterConfiguration
kubernetesVersion: stable-1.34
";
        assert_eq!(MemberConfig::new(&member).render().unwrap(), expected);
    }

    #[test]
    fn refuses_what_kubeadm_would() {
        let member = founding("1.34");
        let old = MemberConfig { api: KubeadmApi::V1Beta2, ..MemberConfig::new(&member) };
        let refusal = old.render().unwrap_err().to_string();
        assert_eq!(refusal, "kubeadm 1.34 does not read kubeadm.k8s.io/v1beta2");

        let twice = vec![Arg::new("log-outputs", "stderr"), Arg::new("log-outputs", "/var/log/e")];
        let member = EtcdMember { extra_args: twice, ..founding("1.34") };
        let third = MemberConfig { api: KubeadmApi::V1Beta3, ..MemberConfig::new(&member) };
        assert_eq!(
            third.render().unwrap_err().to_string(),
            "kubeadm.k8s.io/v1beta3 cannot express --log-outputs more than once; kubeadm.k8s.io/v1beta4 can"
        );
    }
}
