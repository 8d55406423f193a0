//! Where kubelet's probes find etcd's health.
//!
//! kubeadm: `GetEtcdProbeEndpoint` in cmd/kubeadm/app/util/staticpod/utils.go.

use crate::kube::member::{EtcdMember, METRICS_PORT};

/// Host, port and scheme that the probes use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub host: String,
    pub port: u16,
    pub scheme: &'static str,
}

impl Endpoint {
    /// The first URL of the last `listen-metrics-urls`, or else plain HTTP on the loopback address.
    pub(super) fn of(member: &EtcdMember) -> Self {
        let overrides = member.overrides();
        overrides
            .iter()
            .rfind(|arg| arg.name == "listen-metrics-urls")
            .and_then(|arg| Self::parse(arg.value.split(',').next().unwrap_or_default()))
            .unwrap_or_else(|| Self {
                host: member.loopback().to_string(),
                port: METRICS_PORT,
                scheme: "HTTP",
            })
    }

    fn parse(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (host, port) = split_host(authority)?;
        Some(Self {
            host: host.to_owned(),
            port: port.parse().unwrap_or(METRICS_PORT),
            scheme: if scheme == "https" { "HTTPS" } else { "HTTP" },
        })
    }
}

/// Splits `host:port`, `[v6]:port` or a bare host; an empty host is none.
fn split_host(authority: &str) -> Option<(&str, &str)> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(bracketed) => {
            let (host, rest) = bracketed.split_once(']')?;
            (host, rest.strip_prefix(':').unwrap_or_default())
        }
        None => authority.split_once(':').unwrap_or((authority, "")),
    };
    (!host.is_empty()).then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_url_as_go_does() {
        for (url, host, port, scheme) in [
            ("http://127.0.0.1:2381", "127.0.0.1", 2381, "HTTP"),
            ("https://10.0.0.6:2382", "10.0.0.6", 2382, "HTTPS"),
            ("http://[fd00::6]:2390/metrics", "fd00::6", 2390, "HTTP"),
            ("http://0.0.0.0", "0.0.0.0", 2381, "HTTP"),
        ] {
            let expected = Endpoint { host: host.to_owned(), port, scheme };
            assert_eq!(Endpoint::parse(url), Some(expected), "{url}");
        }
        for url in ["", "127.0.0.1:2381", "http://", "http://:2381", "http://[::1"] {
            assert_eq!(Endpoint::parse(url), None, "{url}");
        }
    }
}
