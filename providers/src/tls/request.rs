//! What to ask an authority for.

use time::{Duration, OffsetDateTime};

use super::era::Era;
use super::name::Subject;
use super::profile::Profile;
use super::serial::Serial;

/// A self-signed CA certificate to be made.
#[derive(Clone, Debug)]
pub struct CaRequest {
    /// Whose form to follow.
    pub era: Era,
    /// The CA's name; kubeadm's is `CN=etcd-ca`.
    pub subject: Subject,
    /// A drawn serial; [`Era::Classic`] writes 0 instead.
    pub serial: Serial,
    /// The present time; fractions of a second are dropped.
    pub now: OffsetDateTime,
    /// How long the certificate lasts, counted from `now`.
    pub lifetime: Duration,
}

/// A leaf certificate to be issued.
#[derive(Clone, Debug)]
pub struct LeafRequest {
    /// Whose form to follow.
    pub era: Era,
    /// What the certificate is for.
    pub profile: Profile,
    /// A serial this CA has not used before.
    pub serial: Serial,
    /// The present time; fractions of a second are dropped.
    pub now: OffsetDateTime,
    /// How long the certificate lasts, counted from `now`.
    pub lifetime: Duration,
}
