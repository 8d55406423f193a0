//! Signature schemes: which one a key signs with, and which one a certificate was signed with.

use aws_lc_rs::signature::{self as aws, VerificationAlgorithm};
use der::asn1::{Any, Null};
use der::oid::ObjectIdentifier;
use x509_cert::spki::AlgorithmIdentifierOwned;

const RSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const RSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
const RSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");
const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const ECDSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// A signature scheme this program signs with.
///
/// The choice by key is Go's `crypto/x509` default, which is what kubeadm uses: SHA-256 for RSA,
/// the hash as long as the curve for ECDSA.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Scheme {
    RsaSha256,
    EcdsaP256,
    EcdsaP384,
    EcdsaP521,
    Ed25519,
}

impl Scheme {
    /// Returns the algorithm identifier as it stands in a certificate.
    ///
    /// RSA carries a NULL parameter (RFC 4055, section 5), the others none (RFC 5758, RFC 8410).
    pub(super) fn identifier(self) -> AlgorithmIdentifierOwned {
        let (oid, parameters) = match self {
            Self::RsaSha256 => (RSA_SHA256, Some(Any::from(Null))),
            Self::EcdsaP256 => (ECDSA_SHA256, None),
            Self::EcdsaP384 => (ECDSA_SHA384, None),
            Self::EcdsaP521 => (ECDSA_SHA512, None),
            Self::Ed25519 => (ED25519, None),
        };
        AlgorithmIdentifierOwned { oid, parameters }
    }

    /// Returns the algorithm that checks what this scheme signs.
    pub(super) fn verifier(self) -> &'static dyn VerificationAlgorithm {
        match self {
            Self::RsaSha256 => &aws::RSA_PKCS1_2048_8192_SHA256,
            Self::EcdsaP256 => &aws::ECDSA_P256_SHA256_ASN1,
            Self::EcdsaP384 => &aws::ECDSA_P384_SHA384_ASN1,
            Self::EcdsaP521 => &aws::ECDSA_P521_SHA512_ASN1,
            Self::Ed25519 => &aws::ED25519,
        }
    }
}

/// Lists the algorithms a signature object identifier may stand for; empty if it is not supported.
///
/// An ECDSA identifier names the hash and leaves the curve to the key, so there is one candidate
/// per curve, and a key fits at most one of them.
/// SHA-1 is refused, as Go's verifier does since 1.18.
pub(super) fn candidates(oid: &str) -> &'static [&'static dyn VerificationAlgorithm] {
    let Ok(oid) = ObjectIdentifier::new(oid) else { return &[] };
    match oid {
        RSA_SHA256 => &[&aws::RSA_PKCS1_2048_8192_SHA256],
        RSA_SHA384 => &[&aws::RSA_PKCS1_2048_8192_SHA384],
        RSA_SHA512 => &[&aws::RSA_PKCS1_2048_8192_SHA512],
        ECDSA_SHA256 => &[
            &aws::ECDSA_P256_SHA256_ASN1,
            &aws::ECDSA_P384_SHA256_ASN1,
            &aws::ECDSA_P521_SHA256_ASN1,
        ],
        ECDSA_SHA384 => &[
            &aws::ECDSA_P256_SHA384_ASN1,
            &aws::ECDSA_P384_SHA384_ASN1,
            &aws::ECDSA_P521_SHA384_ASN1,
        ],
        ECDSA_SHA512 => &[
            &aws::ECDSA_P256_SHA512_ASN1,
            &aws::ECDSA_P384_SHA512_ASN1,
            &aws::ECDSA_P521_SHA512_ASN1,
        ],
        ED25519 => &[&aws::ED25519],
        _ => &[],
    }
}
