//! The certificates of an etcd cluster, made as kubeadm makes them.
//!
//! Everything here is pure: keys excepted, the output depends on the arguments alone, so the
//! serial and the time are arguments.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use quorate_providers::tls::{
//!     Authority, CA_LIFETIME, CaRequest, Era, KeyAlgorithm, LEAF_LIFETIME, LeafRequest, Member,
//!     Profile, Serial, Subject, generate_key,
//! };
//!
//! let now = time::OffsetDateTime::from_unix_timestamp(1_800_000_000)?;
//! let ca = Authority::create(
//!     &CaRequest {
//!         era: Era::Modern,
//!         subject: Subject::common_name("etcd-ca")?,
//!         serial: Serial::new(1)?,
//!         now,
//!         lifetime: CA_LIFETIME,
//!     },
//!     generate_key(KeyAlgorithm::EcdsaP256)?,
//! )?;
//! let key = generate_key(KeyAlgorithm::EcdsaP256)?;
//! let member = Member::new("infra0", "10.0.0.6".parse()?, Vec::new())?;
//! let certificate = ca.issue(
//!     &LeafRequest {
//!         era: Era::Modern,
//!         profile: Profile::Server(member),
//!         serial: Serial::new(2)?,
//!         now,
//!         lifetime: LEAF_LIFETIME,
//!     },
//!     &key.public()?,
//! )?;
//! assert_eq!(certificate.info()?.subject, "CN=infra0");
//! # Ok(())
//! # }
//! ```

mod alt_name;
mod authority;
mod certificate;
mod chain;
mod era;
mod extension;
mod info;
mod key;
mod key_read;
mod name;
pub mod pem;
mod profile;
mod public_key;
mod request;
mod serial;
mod signature;
mod x509;

pub use alt_name::{AltName, AltNameError, DnsName};
pub use authority::{AdoptError, Authority, IssueError, TimeError};
pub use certificate::{Certificate, ReadError};
pub use chain::{ChainError, verify_issued_by};
pub use era::{BACKDATE, CA_LIFETIME, Era, LEAF_LIFETIME};
pub use info::{CertificateInfo, KeyUse, Validity};
pub use key::{KeyAlgorithm, KeyError, PrivateKey, generate_key};
pub use name::{Attribute, NameError, Subject};
pub use profile::{ExtendedUse, Member, Profile, Template, TemplateError};
pub use public_key::{NotAPublicKey, PublicKey};
pub use request::{CaRequest, LeafRequest};
pub use serial::{Serial, SerialError};
pub use x509::BuildError;
