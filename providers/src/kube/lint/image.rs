//! etcd images that should not be run, at all or by this Kubernetes.

use super::Finding;
use crate::kube::etcd_version::{EtcdRelease, EtcdVersion};
use crate::kube::member::EtcdImage;
use crate::kube::version::KubernetesVersion;

/// The first minor whose probes ask `/livez` and `/readyz`.
const LIVEZ_SINCE: u32 = 31;

/// Checks an image by its tag, as the release's kubeadm would run it.
pub fn image(version: KubernetesVersion, image: &EtcdImage) -> Vec<Finding> {
    let Ok(etcd) = image.tag.parse::<EtcdVersion>() else {
        let detail = format!("The tag `{}` does not say which etcd it is.", image.tag);
        return vec![
            Finding::warning("The version of etcd is not known", detail)
                .help("Use a tag like 3.5.24-0, so that flags and probes can be checked."),
        ];
    };
    data_safety(&etcd).into_iter().chain(probes(version, &etcd)).collect()
}

/// Releases that lose or corrupt data (etcd issues 13766, 13514, 13654, 14139).
fn data_safety(etcd: &EtcdVersion) -> Option<Finding> {
    let release = etcd.release();
    if (EtcdRelease::v3(5, 0)..=EtcdRelease::v3(5, 2)).contains(&release) {
        let detail = format!("After a crash under load, members of etcd {etcd} may disagree.");
        return Some(
            Finding::error("This etcd can corrupt data", detail)
                .help("Set the image tag to the newest 3.5, whatever kubeadm's default is."),
        );
    }
    let lowest = match release {
        EtcdRelease { major: 3, minor: ..=4, .. } => EtcdRelease::v3(4, 22),
        _ => EtcdRelease::v3(5, 6),
    };
    (release < lowest).then(|| {
        let detail = format!("etcd {etcd} has defects that were fixed by {lowest}.");
        Finding::warning("This etcd is older than recommended", detail)
            .help(format!("Set the image tag to {lowest} or newer."))
    })
}

/// `/livez` and `/readyz` came with 3.4.29, 3.5.11 and 3.6; without them kubelet kills a healthy etcd.
fn probes(version: KubernetesVersion, etcd: &EtcdVersion) -> Option<Finding> {
    let release = etcd.release();
    let needed = match release {
        EtcdRelease { major: 3, minor: ..=4, .. } => EtcdRelease::v3(4, 29),
        _ => EtcdRelease::v3(5, 11),
    };
    (version.minor() >= LIVEZ_SINCE && release < needed).then(|| {
        let detail = format!("The probes of Kubernetes {version} ask etcd {etcd} for /livez.");
        Finding::error("This etcd does not answer the probes of this Kubernetes", detail)
            .help(format!("Set the image tag to {needed} or newer."))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summaries(version: &str, tag: &str) -> Vec<&'static str> {
        let repository = "registry.k8s.io".to_owned();
        let tested = EtcdImage { repository, tag: tag.to_owned() };
        image(version.parse().unwrap(), &tested).iter().map(|finding| finding.summary).collect()
    }

    #[test]
    fn bad_releases() {
        const CORRUPT: &str = "This etcd can corrupt data";
        const OLD: &str = "This etcd is older than recommended";
        const PROBES: &str = "This etcd does not answer the probes of this Kubernetes";
        for (version, tag, expected) in [
            ("1.20.2", "3.4.13-0", &[OLD][..]),
            ("1.20.2", "3.4.22-0", &[]),
            ("1.22", "3.5.0-0", &[CORRUPT]),
            ("1.22", "3.5.2-0", &[CORRUPT]),
            ("1.24.0", "3.5.3-0", &[OLD]),
            ("1.24.10", "3.5.6-0", &[]),
            ("1.30", "3.5.10-0", &[]),
            ("1.31", "3.5.10-0", &[PROBES]),
            ("1.31", "3.5.11-0", &[]),
            ("1.31", "3.4.28-0", &[PROBES]),
            ("1.31", "3.4.29-0", &[]),
            ("1.34", "3.6.0-0", &[]),
            ("1.34", "latest", &["The version of etcd is not known"]),
        ] {
            assert_eq!(summaries(version, tag), expected, "{version} {tag}");
        }
    }

    #[test]
    fn modern_defaults_are_quiet() {
        for minor in 25..=37 {
            let version = KubernetesVersion::new(minor, None).unwrap();
            assert_eq!(image(version, &EtcdImage::default_of(version)), [], "{version}");
        }
    }
}
