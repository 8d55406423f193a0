//! kubelet as the service manager of etcd: a systemd drop-in and the configuration file it points to.
//!
//! Standalone: no API server, no kubeconfig, only the static pods of one folder.
//! The drop-in sorts after the package's `10-kubeadm.conf` and so replaces its command line; it must be gone before
//! `kubeadm join` on the same host.

use std::net::{IpAddr, Ipv4Addr};

use serde::Serialize;

use super::release::{Dockershim, RuntimeSetting};
use super::version::{KubernetesVersion, Since};
use super::yaml;

/// The drop-in, under `/etc` where it beats what packages install.
pub const DROP_IN_PATH: &str = "/etc/systemd/system/kubelet.service.d/20-etcd-service-manager.conf";
/// The configuration file: not in the drop-in folder, where systemd would read a `.conf` as a unit.
pub const CONFIG_PATH: &str = "/var/lib/kubelet/etcd-service-manager.yaml";
/// The folder of static pods.
pub const MANIFESTS_DIR: &str = "/etc/kubernetes/manifests";
/// Where packages install kubelet.
pub const KUBELET_PATH: &str = "/usr/bin/kubelet";

/// The configuration has `failCgroupV1` (kubelet: pkg/kubelet/apis/config/types.go).
const FAIL_CGROUP_V1: Since = Since::minor(31);

/// A kubelet that runs etcd and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EtcdKubelet {
    /// The version of kubelet itself; it decides which flags exist.
    pub version: KubernetesVersion,
    /// Must be the runtime's: with another one no pod starts.
    pub cgroup_driver: CgroupDriver,
    /// What runs the containers.
    pub runtime: Runtime,
    /// The binary.
    pub kubelet_path: String,
    /// Where [`Self::config`] is going to lie.
    pub config_path: String,
    /// The folder of static pods.
    pub manifests_dir: String,
    /// The node's name, if not the host's.
    pub hostname_override: Option<String>,
    /// Properties of the host that kubelet refuses to start on by default.
    pub tolerated: Vec<Tolerated>,
}

/// Who manages the control groups of containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CgroupDriver {
    /// systemd, the guides' choice.
    Systemd,
    /// kubelet and the runtime themselves.
    Cgroupfs,
}

/// What kubelet hands containers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Runtime {
    /// A runtime's socket, such as `unix:///run/containerd/containerd.sock`.
    Cri(String),
    /// Docker, through kubelet's own support, which ended with 1.23.
    Dockershim,
}

/// Something about a host that kubelet is told to put up with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tolerated {
    /// Swap is on.
    Swap,
    /// Control groups of version 1, refused since 1.35.
    CgroupV1,
}

/// Why there is no drop-in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KubeletError {
    /// That kubelet has no support for Docker any more.
    #[error(
        "kubelet {0} cannot drive Docker; that ended with 1.23, give the socket of a CRI runtime"
    )]
    NoDockershim(KubernetesVersion),
    /// A value would not reach kubelet as it is written.
    #[error("`{0}` cannot be a word of a systemd command line; letters, digits and -_./:@=,+ can")]
    UnsafeWord(String),
}

/// `KubeletConfiguration`, kubelet.config.k8s.io/v1beta1.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KubeletConfiguration<'a> {
    address: IpAddr,
    api_version: &'static str,
    authentication: Authentication,
    authorization: Authorization,
    cgroup_driver: CgroupDriver,
    #[serde(skip_serializing_if = "Option::is_none")]
    container_runtime_endpoint: Option<&'a str>,
    #[serde(rename = "failCgroupV1", skip_serializing_if = "Option::is_none")]
    fail_cgroup_v1: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fail_swap_on: Option<bool>,
    kind: &'static str,
    static_pod_path: &'a str,
}

#[derive(Serialize)]
struct Authentication {
    anonymous: Enabled,
    webhook: Enabled,
}

#[derive(Serialize)]
struct Enabled {
    enabled: bool,
}

#[derive(Serialize)]
struct Authorization {
    mode: &'static str,
}

impl EtcdKubelet {
    /// Describes the kubelet of the guide, for a host's version, runtime and driver.
    pub fn new(version: KubernetesVersion, cgroup_driver: CgroupDriver, runtime: Runtime) -> Self {
        Self {
            version,
            cgroup_driver,
            runtime,
            kubelet_path: KUBELET_PATH.to_owned(),
            config_path: CONFIG_PATH.to_owned(),
            manifests_dir: MANIFESTS_DIR.to_owned(),
            hostname_override: None,
            tolerated: Vec::new(),
        }
    }

    /// The words of kubelet's command line.
    pub fn command(&self) -> Result<Vec<String>, KubeletError> {
        let mut words = vec![self.kubelet_path.clone(), format!("--config={}", self.config_path)];
        words.extend(self.runtime_flags()?);
        words.extend(
            self.hostname_override.iter().map(|name| format!("--hostname-override={name}")),
        );
        match words.iter().find(|word| !is_safe_word(word)) {
            Some(word) => Err(KubeletError::UnsafeWord(word.clone())),
            None => Ok(words),
        }
    }

    /// Writes the drop-in.
    pub fn drop_in(&self) -> Result<String, KubeletError> {
        let command = self.command()?.join(" ");
        // The empty assignment takes back the package's command; without it systemd would refuse a second one.
        Ok(format!("[Service]\nExecStart=\nExecStart={command}\nRestart=always\n"))
    }

    /// Writes the configuration file.
    pub fn config(&self) -> Result<String, yaml::YamlError> {
        yaml::document(&KubeletConfiguration {
            // Nobody but this host needs to talk to this kubelet.
            address: Ipv4Addr::LOCALHOST.into(),
            api_version: "kubelet.config.k8s.io/v1beta1",
            // A standalone kubelet exits at start unless the two are off and the mode is this one.
            authentication: Authentication {
                anonymous: Enabled { enabled: false },
                webhook: Enabled { enabled: false },
            },
            authorization: Authorization { mode: "AlwaysAllow" },
            cgroup_driver: self.cgroup_driver,
            container_runtime_endpoint: self.endpoint_in_config(),
            fail_cgroup_v1: (self.tolerates(Tolerated::CgroupV1)
                && self.version.has(&FAIL_CGROUP_V1))
            .then_some(false),
            fail_swap_on: self.tolerates(Tolerated::Swap).then_some(false),
            kind: "KubeletConfiguration",
            static_pod_path: &self.manifests_dir,
        })
    }

    fn runtime_flags(&self) -> Result<Vec<String>, KubeletError> {
        match (&self.runtime, self.version.runtime_setting(), self.version.dockershim()) {
            (Runtime::Cri(_), RuntimeSetting::ConfigFile, _) => Ok(Vec::new()),
            (Runtime::Cri(endpoint), RuntimeSetting::Flags, _) => Ok(vec![
                "--container-runtime=remote".to_owned(),
                format!("--container-runtime-endpoint={endpoint}"),
            ]),
            (Runtime::Dockershim, _, Dockershim::BuiltIn) => Ok(Vec::new()),
            (Runtime::Dockershim, _, Dockershim::Removed) => {
                Err(KubeletError::NoDockershim(self.version))
            }
        }
    }

    fn endpoint_in_config(&self) -> Option<&str> {
        match (&self.runtime, self.version.runtime_setting()) {
            (Runtime::Cri(endpoint), RuntimeSetting::ConfigFile) => Some(endpoint),
            _ => None,
        }
    }

    fn tolerates(&self, what: Tolerated) -> bool {
        self.tolerated.contains(&what)
    }
}

/// Says whether systemd passes a word on unchanged: no spaces, quotes, `%` or `$`.
fn is_safe_word(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:@=,+".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kubelet(version: &str) -> EtcdKubelet {
        let socket = "unix:///run/containerd/containerd.sock".to_owned();
        EtcdKubelet::new(version.parse().unwrap(), CgroupDriver::Systemd, Runtime::Cri(socket))
    }

    #[test]
    fn an_old_kubelet_takes_its_runtime_from_flags() {
        let expected = "\
[Service]
ExecStart=
ExecStart=/usr/bin/kubelet --config=/var/lib/kubelet/etcd-service-manager.yaml --container-runtime=remote --container-runtime-endpoint=unix:///run/containerd/containerd.sock
Restart=always
";
        assert_eq!(kubelet("1.20.2").drop_in().unwrap(), expected);
        assert_eq!(kubelet("1.26").drop_in().unwrap(), expected);
        assert!(!kubelet("1.26").config().unwrap().contains("containerRuntimeEndpoint"));
    }

    #[test]
    fn a_modern_kubelet_takes_it_from_its_file() {
        let expected = "\
address: 127.0.0.1
apiVersion: kubelet.config.k8s.io/v1beta1
authentication:
  anonymous:
    enabled: false
  webhook:
    enabled: false
authorization:
  mode: AlwaysAllow
cgroupDriver: systemd
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
kind: KubeletConfiguration
staticPodPath: /etc/kubernetes/manifests
";
        assert_eq!(kubelet("1.27.0").config().unwrap(), expected);
        assert_eq!(
            kubelet("1.27.0").drop_in().unwrap(),
            "[Service]\nExecStart=\nExecStart=/usr/bin/kubelet --config=/var/lib/kubelet/etcd-service-manager.yaml\nRestart=always\n"
        );
    }

    #[test]
    fn docker_ends_with_1_23() {
        let docker = |version| EtcdKubelet { runtime: Runtime::Dockershim, ..kubelet(version) };
        assert_eq!(docker("1.20.2").command().unwrap().len(), 2);
        assert!(matches!(docker("1.24").drop_in(), Err(KubeletError::NoDockershim(_))));
    }

    #[test]
    fn hosts_may_be_odd() {
        let mut odd = kubelet("1.35");
        odd.cgroup_driver = CgroupDriver::Cgroupfs;
        odd.hostname_override = Some("infra0".to_owned());
        odd.tolerated = vec![Tolerated::Swap, Tolerated::CgroupV1];
        let config = odd.config().unwrap();
        for line in ["cgroupDriver: cgroupfs", "failCgroupV1: false", "failSwapOn: false"] {
            assert!(config.contains(line), "{config}");
        }
        assert!(odd.drop_in().unwrap().contains(" --hostname-override=infra0\n"));
        let older = EtcdKubelet { version: "1.30".parse().unwrap(), ..odd };
        assert!(!older.config().unwrap().contains("failCgroupV1"));
    }

    #[test]
    fn words_reach_kubelet_unchanged_or_not_at_all() {
        for bad in ["a b", "%n", "$HOME", "a\nb", "\"", ";"] {
            let kubelet =
                EtcdKubelet { hostname_override: Some(bad.to_owned()), ..kubelet("1.34") };
            assert!(matches!(kubelet.drop_in(), Err(KubeletError::UnsafeWord(_))), "{bad:?}");
        }
    }
}
