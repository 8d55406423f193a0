//! What differs between certificates of an old and of a present kubeadm.

use time::{Duration, OffsetDateTime};

use super::serial::Serial;

/// kubeadm's `certificateValidityPeriod`: 365 days.
pub const LEAF_LIFETIME: Duration = Duration::days(365);
/// kubeadm's `caCertificateValidityPeriod`: 3650 days.
pub const CA_LIFETIME: Duration = Duration::days(3650);
/// How far a present kubeadm dates a certificate back, against clocks that run behind: 5 minutes.
pub const BACKDATE: Duration = Duration::minutes(5);

/// Whose certificates to reproduce, field by field.
///
/// | field | `Classic` | `Modern` |
/// |---|---|---|
/// | CA serial | 0 | drawn |
/// | CA alternative name | none | `DNS:` and its common name |
/// | CA not before | now | now - 5 min |
/// | leaf basic constraints | none | critical, `CA:FALSE` |
/// | leaf not before | the CA's | now - 5 min |
/// | client organization | `system:masters` | none |
///
/// Source: the files of a real kubeadm 1.20.2, and the published output and source of 1.34.1.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Era {
    /// kubeadm 1.20.2.
    Classic,
    /// kubeadm 1.34.1.
    #[default]
    Modern,
}

impl Era {
    pub(super) fn ca_serial(self, drawn: Serial) -> Serial {
        match self {
            Self::Classic => Serial::ZERO,
            Self::Modern => drawn,
        }
    }

    pub(super) fn ca_not_before(self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        match self {
            Self::Classic => Some(now),
            Self::Modern => now.checked_sub(BACKDATE),
        }
    }

    pub(super) fn leaf_not_before(
        self,
        now: OffsetDateTime,
        ca_not_before: OffsetDateTime,
    ) -> Option<OffsetDateTime> {
        match self {
            Self::Classic => Some(ca_not_before),
            Self::Modern => now.checked_sub(BACKDATE),
        }
    }

    pub(super) fn client_organization(self) -> Option<&'static str> {
        match self {
            Self::Classic => Some("system:masters"),
            Self::Modern => None,
        }
    }
}
