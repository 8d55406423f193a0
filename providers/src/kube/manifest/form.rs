//! What changed in kubeadm's etcd pod from release to release, apart from etcd's flags.

use std::time::Duration;

use super::probe::Endpoint;
use super::wire::{
    ContainerPort, HttpGet, Null, Port, Probe, Resources, SeccompProfile, SecurityContext,
};
use crate::kube::version::{KubernetesVersion, Since};

/// No request for ephemeral storage any more (PR 102673 and its cherry-picks).
const NO_EPHEMERAL_STORAGE: Since = Since::minor(22).backported(&[(20, 8), (21, 2)]);
/// Seccomp profile RuntimeDefault (PR 100234).
const SECCOMP: Since = Since::minor(22);
/// Probes that do not blame one member for the others (PRs 110072 and 110744).
const SERIALIZABLE_PROBES: Since = Since::minor(25);
/// The priority as a number beside its class (PR 114338 and its cherry-picks; patches inferred from their dates).
const NUMERIC_PRIORITY: Since = Since::minor(27).backported(&[(25, 12), (26, 7)]);
/// `/livez` and `/readyz`, and a readiness probe (kubernetes/kubeadm issue 3039).
const LIVEZ: Since = Since::minor(31);
/// `extraEnvs` (v1beta4).
const ENVIRONMENT: Since = Since::minor(31);
/// The probes' port has a name (PR 132776).
const NAMED_PORT: Since = Since::minor(34);
/// Go leaves an unset timestamp out.
const NO_CREATION_TIMESTAMP: Since = Since::minor(34);

/// Name of the probes' port, where it has one.
const PROBE_PORT: &str = "probe-port";
const PROBE_PERIOD: Duration = Duration::from_secs(10);

/// The shape of the pod that one kubeadm writes.
#[derive(Debug, Clone)]
pub(super) struct PodForm {
    pub creation_timestamp: Option<Null>,
    pub environment: Environment,
    pub priority: Option<i32>,
    seccomp: Option<&'static str>,
    ephemeral_storage: Option<&'static str>,
    paths: ProbePaths,
    port: ProbePort,
}

/// Whether the pod's environment can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Environment {
    Unsupported,
    Supported,
}

#[derive(Debug, Clone, Copy)]
struct ProbePaths {
    liveness: &'static str,
    readiness: Option<&'static str>,
    startup: &'static str,
}

#[derive(Debug, Clone, Copy)]
enum ProbePort {
    Number,
    Named,
}

impl PodForm {
    pub(super) fn of(version: KubernetesVersion) -> Self {
        let has = |since: &Since| version.has(since);
        Self {
            creation_timestamp: (!has(&NO_CREATION_TIMESTAMP)).then_some(Null),
            environment: if has(&ENVIRONMENT) {
                Environment::Supported
            } else {
                Environment::Unsupported
            },
            priority: has(&NUMERIC_PRIORITY).then_some(2_000_001_000),
            seccomp: has(&SECCOMP).then_some("RuntimeDefault"),
            ephemeral_storage: (!has(&NO_EPHEMERAL_STORAGE)).then_some("100Mi"),
            paths: ProbePaths::of(version),
            port: if has(&NAMED_PORT) { ProbePort::Named } else { ProbePort::Number },
        }
    }

    pub(super) fn security_context(&self) -> Option<SecurityContext> {
        let r#type = self.seccomp?;
        Some(SecurityContext { seccomp_profile: SeccompProfile { r#type } })
    }

    pub(super) fn resources(&self) -> Resources {
        let storage = self.ephemeral_storage.map(|size| ("ephemeral-storage", size));
        Resources {
            requests: [("cpu", "100m"), ("memory", "100Mi")].into_iter().chain(storage).collect(),
        }
    }

    pub(super) fn ports(&self, endpoint: &Endpoint) -> Vec<ContainerPort> {
        match self.port {
            ProbePort::Number => Vec::new(),
            ProbePort::Named => vec![ContainerPort {
                container_port: endpoint.port,
                name: PROBE_PORT,
                protocol: "TCP",
            }],
        }
    }

    pub(super) fn liveness(&self, endpoint: &Endpoint) -> Probe {
        self.slow_probe(endpoint, self.paths.liveness, 8)
    }

    pub(super) fn startup(&self, endpoint: &Endpoint, timeout: Duration) -> Probe {
        let periods = timeout.as_millis().div_ceil(PROBE_PERIOD.as_millis());
        self.slow_probe(endpoint, self.paths.startup, u64::try_from(periods).unwrap_or(u64::MAX))
    }

    pub(super) fn readiness(&self, endpoint: &Endpoint) -> Option<Probe> {
        Some(Probe {
            failure_threshold: 3,
            http_get: self.http_get(endpoint, self.paths.readiness?),
            initial_delay_seconds: None,
            period_seconds: 1,
            timeout_seconds: 15,
        })
    }

    fn slow_probe(&self, endpoint: &Endpoint, path: &'static str, failures: u64) -> Probe {
        Probe {
            failure_threshold: failures,
            http_get: self.http_get(endpoint, path),
            initial_delay_seconds: Some(10),
            period_seconds: 10,
            timeout_seconds: 15,
        }
    }

    fn http_get(&self, endpoint: &Endpoint, path: &'static str) -> HttpGet {
        HttpGet {
            host: endpoint.host.clone(),
            path,
            port: match self.port {
                ProbePort::Number => Port::Number(endpoint.port),
                ProbePort::Named => Port::Name(PROBE_PORT),
            },
            scheme: endpoint.scheme,
        }
    }
}

impl ProbePaths {
    fn of(version: KubernetesVersion) -> Self {
        if version.has(&LIVEZ) {
            Self { liveness: "/livez", readiness: Some("/readyz"), startup: "/readyz" }
        } else if version.has(&SERIALIZABLE_PROBES) {
            Self {
                liveness: "/health?exclude=NOSPACE&serializable=true",
                readiness: None,
                startup: "/health?serializable=false",
            }
        } else {
            Self { liveness: "/health", readiness: None, startup: "/health" }
        }
    }
}
