//! Public keys as they stand in certificates.

use std::fmt::Write as _;

use aws_lc_rs::digest::{self, SHA1_FOR_LEGACY_USE_ONLY, SHA256};
use aws_lc_rs::signature::{UnparsedPublicKey, VerificationAlgorithm};
use der::asn1::AnyRef;
use der::{Decode as _, Reader as _, SliceReader, asn1::BitStringRef};
use thiserror::Error;

/// A public key: the DER of its `SubjectPublicKeyInfo` (RFC 5280, section 4.1.2.7).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PublicKey {
    spki: Vec<u8>,
}

/// The bytes are no `SubjectPublicKeyInfo`.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("the bytes are not a SubjectPublicKeyInfo")]
pub struct NotAPublicKey;

impl PublicKey {
    /// Takes the DER of a `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// Fails if the bytes are not one; the key inside is not judged.
    pub fn from_der(spki: &[u8]) -> Result<Self, NotAPublicKey> {
        key_bits(spki).ok_or(NotAPublicKey)?;
        Ok(Self::from_trusted_der(spki))
    }

    pub(super) fn from_trusted_der(spki: &[u8]) -> Self {
        Self { spki: spki.to_vec() }
    }

    /// Returns the DER of the `SubjectPublicKeyInfo`.
    pub fn der(&self) -> &[u8] {
        &self.spki
    }

    /// Returns the SHA-256 of the `SubjectPublicKeyInfo`, 64 lower-case hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        sha256_hex(&self.spki)
    }

    /// Returns the SHA-1 of the key's bits (RFC 5280, section 4.2.1.2, method 1).
    ///
    /// It is an identifier, not a protection; Go wrote it so up to 1.24, and so does OpenSSL.
    pub(super) fn key_identifier(&self) -> Option<Vec<u8>> {
        let bits = key_bits(&self.spki)?;
        Some(digest::digest(&SHA1_FOR_LEGACY_USE_ONLY, bits).as_ref().to_vec())
    }

    pub(super) fn verifies(
        &self,
        algorithm: &'static dyn VerificationAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        UnparsedPublicKey::new(algorithm, &self.spki).verify(message, signature).is_ok()
    }
}

/// Returns the SHA-256 of some bytes as 64 lower-case hexadecimal digits.
pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    hex(digest::digest(&SHA256, bytes).as_ref())
}

/// Returns bytes as lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn key_bits(spki: &[u8]) -> Option<&[u8]> {
    let fields = AnyRef::from_der(spki).ok()?.value();
    let mut reader = SliceReader::new(fields).ok()?;
    reader.decode::<AnyRef<'_>>().ok()?;
    let bits = reader.decode::<BitStringRef<'_>>().ok()?;
    bits.as_bytes()
}
