//! Did this CA issue that certificate?

use aws_lc_rs::signature::VerificationAlgorithm;
use thiserror::Error;
use x509_parser::prelude::X509Certificate;

use super::certificate::{Certificate, ReadError};
use super::info::{self, KeyUse};
use super::name;
use super::public_key::PublicKey;
use super::signature;

/// Why a certificate does not chain to a CA.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum ChainError {
    /// One of the two cannot be read.
    #[error("a certificate cannot be read")]
    Read(#[from] ReadError),
    /// The certificate names another issuer, or the same one in another encoding.
    #[error(
        "the certificate was issued by {issuer:?}, not by {ca:?} (names are compared byte by byte)"
    )]
    Issuer {
        /// The issuer the certificate names.
        issuer: String,
        /// The subject of the CA.
        ca: String,
    },
    /// The CA certificate lacks `CA:TRUE`.
    #[error("{0:?} is not a CA: its basic constraints do not say CA:TRUE")]
    NotACa(String),
    /// The CA's key usage excludes signing certificates.
    #[error("{0:?} may not sign certificates: its key usage lacks keyCertSign")]
    MayNotSign(String),
    /// The identifiers say that another key of the same name signed.
    #[error(
        "the certificate was signed by another key of the CA {0:?}: the key identifiers differ"
    )]
    KeyIdentifier(String),
    /// The signature algorithm is unknown or broken, SHA-1 among them.
    #[error("the signature algorithm {0} is not supported")]
    Unsupported(String),
    /// The signed and the unsigned algorithm identifier differ (RFC 5280, section 4.1.1.2).
    #[error("the certificate names two different signature algorithms")]
    Algorithms,
    /// The signature is not the CA's.
    #[error("the signature was not made by the key of the CA {0:?}")]
    Signature(String),
}

/// Checks that a CA issued a certificate: name, rights, key identifiers and signature.
///
/// Time is not looked at: see [`super::CertificateInfo::validity_at`].
///
/// # Errors
/// Fails with the first check that does not hold.
pub fn verify_issued_by(leaf: &Certificate, ca: &Certificate) -> Result<(), ChainError> {
    let (leaf, ca) = (leaf.parse()?, ca.parse()?);
    let subject = name::display(ca.subject());
    if leaf.issuer().as_raw() != ca.subject().as_raw() {
        return Err(ChainError::Issuer { issuer: name::display(leaf.issuer()), ca: subject });
    }
    may_sign(&ca)?;
    same_key_identifier(&leaf, &ca)?;
    verify_signature(&leaf, &ca)
}

/// Checks that a certificate may issue others: `CA:TRUE` and, if it has a key usage, keyCertSign.
pub(super) fn may_sign(ca: &X509Certificate<'_>) -> Result<(), ChainError> {
    if !info::is_ca(ca)? {
        return Err(ChainError::NotACa(name::display(ca.subject())));
    }
    let uses = info::key_usage(ca)?;
    // RFC 5280, section 4.2.1.3: without the extension, every use is allowed.
    if uses.is_empty() || uses.contains(&KeyUse::CertSign) {
        return Ok(());
    }
    Err(ChainError::MayNotSign(name::display(ca.subject())))
}

fn same_key_identifier(
    leaf: &X509Certificate<'_>,
    ca: &X509Certificate<'_>,
) -> Result<(), ChainError> {
    match (info::authority_key_id(leaf), info::subject_key_id(ca)) {
        (Some(authority), Some(subject)) if authority != subject => {
            Err(ChainError::KeyIdentifier(name::display(ca.subject())))
        }
        _ => Ok(()),
    }
}

fn verify_signature(
    leaf: &X509Certificate<'_>,
    ca: &X509Certificate<'_>,
) -> Result<(), ChainError> {
    if leaf.signature_algorithm != leaf.tbs_certificate.signature {
        return Err(ChainError::Algorithms);
    }
    let oid = leaf.signature_algorithm.algorithm.to_id_string();
    let candidates = signature::candidates(&oid);
    if candidates.is_empty() {
        return Err(ChainError::Unsupported(oid));
    }
    let key = PublicKey::from_trusted_der(ca.public_key().raw);
    let message = leaf.tbs_certificate.as_ref();
    let fits = |algorithm: &&'static dyn VerificationAlgorithm| {
        key.verifies(*algorithm, message, &leaf.signature_value.data)
    };
    if leaf.signature_value.unused_bits == 0 && candidates.iter().any(fits) {
        return Ok(());
    }
    Err(ChainError::Signature(name::display(ca.subject())))
}
