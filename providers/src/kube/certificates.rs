//! How the etcd certificates look that each kubeadm issues.
//!
//! Common to all: X.509 v3, RSA 2048, SHA-256, PKCS#1 keys, leaf key usage digitalSignature and keyEncipherment.
//! Common names, usages and SANs have not changed since 1.20 either; what did is here.

use std::time::Duration;

use super::version::{KubernetesVersion, Since};

/// Leaves carry a critical CA:FALSE (PR 97266; the release is inferred from its date).
const LEAF_CONSTRAINTS: Since = Since::minor(21);
/// The CA's name is also its SAN (client-go: util/cert/cert.go, PR 100324).
const CA_SAN: Since = Since::minor(22);
/// The CA's serial is random, not 0 (client-go: util/cert/cert.go, PR 117791).
const CA_SERIAL: Since = Since::minor(28);
/// The CA starts five minutes ago (PR 118922 and its cherry-picks; patches inferred from their dates).
const CA_BACKDATED: Since = Since::minor(28).backported(&[(25, 13), (26, 8), (27, 5)]);
/// The two client certificates lost their organization (PRs 119859 and 120521).
const NO_ORGANIZATION: Since = Since::minor(29);
/// Leaves start five minutes before their own issue (v1beta4 work, PR 124652; published certificates of 1.34).
const LEAF_BACKDATED: Since = Since::minor(31);

/// How far `notBefore` lies in the past where a certificate is backdated.
pub const BACKDATE: Duration = Duration::from_secs(5 * 60);

/// What distinguishes the certificates of one kubeadm from another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CertificateProfile {
    /// Organization of `healthcheck-client` and `apiserver-etcd-client`.
    pub client_organization: Option<&'static str>,
    /// Basic constraints of the leaves.
    pub leaf_constraints: LeafConstraints,
    /// Validity start of the leaves.
    pub leaf_start: LeafStart,
    /// Subject alternative names of the CA.
    pub ca_san: CaSan,
    /// Serial number of the CA.
    pub ca_serial: CaSerial,
    /// How long before its making the CA becomes valid.
    pub ca_backdate: Duration,
}

/// Basic constraints of a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeafConstraints {
    /// The extension is not there.
    Absent,
    /// Critical CA:FALSE, after the extended key usage.
    CriticalNotCa,
}

/// Validity start of a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeafStart {
    /// The same as the CA's.
    CaNotBefore,
    /// [`BACKDATE`] before it was issued.
    Backdated,
}

/// Subject alternative names of the CA.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaSan {
    /// The extension is not there.
    Absent,
    /// One DNS name, the common name.
    CommonName,
}

/// Serial number of the CA.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaSerial {
    /// 0, as client-go once wrote.
    Zero,
    /// Random, positive, of 63 bits.
    Random,
}

impl KubernetesVersion {
    /// How kubeadm of this version issues etcd's certificates.
    pub fn certificate_profile(self) -> CertificateProfile {
        let pick = |since: &Since| self.has(since);
        CertificateProfile {
            client_organization: (!pick(&NO_ORGANIZATION)).then_some("system:masters"),
            leaf_constraints: if pick(&LEAF_CONSTRAINTS) {
                LeafConstraints::CriticalNotCa
            } else {
                LeafConstraints::Absent
            },
            leaf_start: if pick(&LEAF_BACKDATED) {
                LeafStart::Backdated
            } else {
                LeafStart::CaNotBefore
            },
            ca_san: if pick(&CA_SAN) { CaSan::CommonName } else { CaSan::Absent },
            ca_serial: if pick(&CA_SERIAL) { CaSerial::Random } else { CaSerial::Zero },
            ca_backdate: if pick(&CA_BACKDATED) { BACKDATE } else { Duration::ZERO },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(text: &str) -> CertificateProfile {
        text.parse::<KubernetesVersion>().unwrap().certificate_profile()
    }

    /// What a real kubeadm 1.20.2 issued.
    #[test]
    fn the_oldest() {
        let expected = CertificateProfile {
            client_organization: Some("system:masters"),
            leaf_constraints: LeafConstraints::Absent,
            leaf_start: LeafStart::CaNotBefore,
            ca_san: CaSan::Absent,
            ca_serial: CaSerial::Zero,
            ca_backdate: Duration::ZERO,
        };
        assert_eq!(profile("1.20.2"), expected);
    }

    /// What published certificates of 1.34.1 show.
    #[test]
    fn the_modern() {
        let expected = CertificateProfile {
            client_organization: None,
            leaf_constraints: LeafConstraints::CriticalNotCa,
            leaf_start: LeafStart::Backdated,
            ca_san: CaSan::CommonName,
            ca_serial: CaSerial::Random,
            ca_backdate: BACKDATE,
        };
        assert_eq!(profile("1.34.1"), expected);
    }

    #[test]
    fn the_organization_left_with_1_29() {
        assert_eq!(profile("1.28.15").client_organization, Some("system:masters"));
        assert_eq!(profile("1.29.0").client_organization, None);
    }
}
