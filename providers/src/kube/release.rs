//! What each Kubernetes release defaults to: images, kubeadm APIs, kubelet flags.

use std::fmt;

use super::version::{KubernetesVersion, Since};
use crate::tls::Era;

/// kubeadm's default image repository became registry.k8s.io
/// (Kubernetes 1.25; backported before the old one was frozen).
const COMMUNITY_REGISTRY: Since = Since::minor(25).backported(&[(22, 17), (23, 15), (24, 9)]);
/// kubelet lost `--container-runtime` and reads `containerRuntimeEndpoint` from its file
/// (kubernetes/kubernetes PR 114017).
const RUNTIME_IN_CONFIG: Since = Since::minor(27);
/// The etcd client certificates lost `O=system:masters` (PRs 119859 and 120521).
const MODERN_CERTIFICATES: Since = Since::minor(29);
/// kubelet lost the built-in Docker support and all its flags.
const DOCKERSHIM_REMOVED: Since = Since::minor(24);

/// Default etcd image tags of kubeadm: for each minor, the tag from a patch on, newest first.
///
/// `SupportedEtcdVersion` in kubeadm: cmd/kubeadm/app/constants/constants.go, as shown by the releases' image lists.
/// Patches marked `~` are the release that followed the merge of the bump; the rest are seen in image lists.
const ETCD_TAGS: [(u32, &[(u32, &str)]); 18] = [
    (20, &[(0, "3.4.13-0")]),
    (21, &[(0, "3.4.13-0")]),
    (22, &[(0, "3.5.0-0")]),
    (23, &[(16 /* ~ */, "3.5.6-0"), (0, "3.5.1-0")]),
    (24, &[(10, "3.5.6-0"), (0, "3.5.3-0")]),
    (25, &[(16, "3.5.9-0"), (5, "3.5.6-0"), (0, "3.5.4-0")]),
    (26, &[(13 /* ~ */, "3.5.10-0"), (0, "3.5.6-0")]),
    (27, &[(16, "3.5.12-0"), (0, "3.5.7-0")]),
    (28, &[(14 /* ~ */, "3.5.15-0"), (10 /* ~ */, "3.5.12-0"), (6, "3.5.10-0"), (0, "3.5.9-0")]),
    (29, &[(11, "3.5.16-0"), (9 /* ~ */, "3.5.15-0"), (5, "3.5.12-0"), (0, "3.5.10-0")]),
    (30, &[(5 /* ~ */, "3.5.15-0"), (0, "3.5.12-0")]),
    (31, &[(14 /* ~ */, "3.5.24-0"), (0, "3.5.15-0")]),
    (32, &[(10 /* ~ */, "3.5.24-0"), (0, "3.5.16-0")]),
    (33, &[(6 /* ~ */, "3.5.24-0"), (0, "3.5.21-0")]),
    (34, &[(2 /* ~ */, "3.6.5-0"), (0, "3.6.4-0")]),
    (35, &[(0, "3.6.6-0")]),
    (36, &[(0, "3.6.8-0")]),
    (37, &[(0, "3.7.0-0")]),
];

/// A version of the kubeadm configuration API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KubeadmApi {
    /// Read by kubeadm 1.20 and 1.21, with a warning.
    V1Beta1,
    /// Read up to kubeadm 1.26.
    V1Beta2,
    /// Read from kubeadm 1.22, with a warning since 1.31.
    V1Beta3,
    /// Read from kubeadm 1.31; `extraArgs` became a list.
    V1Beta4,
}

/// How kubelet learns of its container runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuntimeSetting {
    /// `--container-runtime=remote --container-runtime-endpoint=…`; the file has no field for it.
    Flags,
    /// `containerRuntimeEndpoint` in the configuration file; the first flag is an error.
    ConfigFile,
}

/// Whether kubelet still carries the built-in Docker support.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dockershim {
    /// Up to 1.23; the default runtime.
    BuiltIn,
    /// From 1.24; only a CRI socket will do.
    Removed,
}

impl KubernetesVersion {
    /// The tag of the etcd image that kubeadm deploys by default.
    pub fn default_etcd_tag(self) -> &'static str {
        ETCD_TAGS
            .iter()
            .filter(|(minor, _)| *minor == self.minor())
            .flat_map(|(_, tags)| tags.iter())
            .find(|(patch, _)| self.reaches_patch(*patch))
            .map_or("", |(_, tag)| tag)
    }

    /// The repository that kubeadm pulls from by default.
    pub fn default_image_repository(self) -> &'static str {
        if self.has(&COMMUNITY_REGISTRY) { "registry.k8s.io" } else { "k8s.gcr.io" }
    }

    /// The newest configuration API that this kubeadm reads.
    pub fn kubeadm_api(self) -> KubeadmApi {
        match self.minor() {
            ..=21 => KubeadmApi::V1Beta2,
            22..=30 => KubeadmApi::V1Beta3,
            _ => KubeadmApi::V1Beta4,
        }
    }

    /// The kind of certificates that kubeadm of this version issues, or the nearer one.
    ///
    /// The way from one to the other took nine minors, and only its ends are reproduced exactly:
    ///
    /// | since | change |
    /// |---|---|
    /// | 1.21 | leaves carry CA:FALSE (PR 97266; the minor is inferred from its date) |
    /// | 1.22 | the CA's name is its SAN (PR 100324) |
    /// | 1.28 | the CA's serial is random (PR 117791), its start five minutes ago (PR 118922) |
    /// | 1.29 | no organization in client certificates (PRs 119859 and 120521) |
    /// | 1.31 | leaves start five minutes ago, not with the CA (PR 124652; inferred) |
    pub fn certificate_era(self) -> Era {
        if self.has(&MODERN_CERTIFICATES) { Era::Modern } else { Era::Classic }
    }

    /// How kubelet of this version is told its container runtime.
    pub fn runtime_setting(self) -> RuntimeSetting {
        if self.has(&RUNTIME_IN_CONFIG) {
            RuntimeSetting::ConfigFile
        } else {
            RuntimeSetting::Flags
        }
    }

    /// Whether kubelet of this version can drive Docker by itself.
    pub fn dockershim(self) -> Dockershim {
        if self.has(&DOCKERSHIM_REMOVED) { Dockershim::Removed } else { Dockershim::BuiltIn }
    }
}

impl KubeadmApi {
    /// Says whether kubeadm of that version reads this API (PRs 101129, 114540).
    ///
    /// The end of v1beta3 is announced ("1.34 or later") and has not been seen.
    pub fn read_by(self, version: KubernetesVersion) -> bool {
        let minors = match self {
            Self::V1Beta1 => 0..22,
            Self::V1Beta2 => 0..27,
            Self::V1Beta3 => 22..u32::MAX,
            Self::V1Beta4 => 31..u32::MAX,
        };
        minors.contains(&version.minor())
    }
}

impl fmt::Display for KubeadmApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1Beta1 => "kubeadm.k8s.io/v1beta1",
            Self::V1Beta2 => "kubeadm.k8s.io/v1beta2",
            Self::V1Beta3 => "kubeadm.k8s.io/v1beta3",
            Self::V1Beta4 => "kubeadm.k8s.io/v1beta4",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::version::{NEWEST_MINOR, OLDEST_MINOR};
    use super::*;

    fn at(text: &str) -> KubernetesVersion {
        text.parse().unwrap()
    }

    #[test]
    fn every_supported_minor_has_a_tag() {
        let minors: Vec<u32> = ETCD_TAGS.iter().map(|(minor, _)| *minor).collect();
        assert_eq!(minors, (OLDEST_MINOR..=NEWEST_MINOR).collect::<Vec<_>>());
        for (_, tags) in ETCD_TAGS {
            assert!(tags.is_sorted_by(|newer, older| newer.0 > older.0));
            assert_eq!(tags.last().unwrap().0, 0);
        }
    }

    #[test]
    fn tags_follow_the_patch() {
        for (version, tag) in [
            ("1.20.2", "3.4.13-0"),
            ("1.24.9", "3.5.3-0"),
            ("1.24.10", "3.5.6-0"),
            ("1.25.4", "3.5.4-0"),
            ("1.25.5", "3.5.6-0"),
            ("1.25.16", "3.5.9-0"),
            ("1.27.15", "3.5.7-0"),
            ("1.27.16", "3.5.12-0"),
            ("1.28.6", "3.5.10-0"),
            ("1.29.4", "3.5.10-0"),
            ("1.29.5", "3.5.12-0"),
            ("1.29", "3.5.16-0"),
            ("1.34.1", "3.6.4-0"),
            ("1.34", "3.6.5-0"),
            ("1.37.1", "3.7.0-0"),
        ] {
            assert_eq!(at(version).default_etcd_tag(), tag, "{version}");
        }
    }

    #[test]
    fn the_registry_moved() {
        for (version, repository) in [
            ("1.20.2", "k8s.gcr.io"),
            ("1.24.8", "k8s.gcr.io"),
            ("1.24.9", "registry.k8s.io"),
            ("1.25.0", "registry.k8s.io"),
            ("1.34", "registry.k8s.io"),
        ] {
            assert_eq!(at(version).default_image_repository(), repository, "{version}");
        }
    }

    #[test]
    fn the_chosen_api_is_always_one_that_is_read() {
        for (version, api) in [
            ("1.20.2", KubeadmApi::V1Beta2),
            ("1.21.14", KubeadmApi::V1Beta2),
            ("1.22.0", KubeadmApi::V1Beta3),
            ("1.30", KubeadmApi::V1Beta3),
            ("1.31.0", KubeadmApi::V1Beta4),
            ("1.37", KubeadmApi::V1Beta4),
        ] {
            assert_eq!(at(version).kubeadm_api(), api, "{version}");
            assert!(api.read_by(at(version)));
        }
        assert!(!KubeadmApi::V1Beta1.read_by(at("1.22")));
        assert!(!KubeadmApi::V1Beta2.read_by(at("1.27")));
        assert!(!KubeadmApi::V1Beta4.read_by(at("1.30")));
    }

    #[test]
    fn the_organization_decides_the_era() {
        for (version, era) in [
            ("1.20.2", Era::Classic),
            ("1.28.15", Era::Classic),
            ("1.29.0", Era::Modern),
            ("1.34.1", Era::Modern),
        ] {
            assert_eq!(at(version).certificate_era(), era, "{version}");
        }
    }

    #[test]
    fn the_runtime_setting_moved_at_1_27() {
        assert_eq!(at("1.26.15").runtime_setting(), RuntimeSetting::Flags);
        assert_eq!(at("1.27.0").runtime_setting(), RuntimeSetting::ConfigFile);
        assert_eq!(at("1.23").dockershim(), Dockershim::BuiltIn);
        assert_eq!(at("1.24").dockershim(), Dockershim::Removed);
    }
}
