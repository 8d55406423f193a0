//! Private keys: made here, or read in any of the three usual PEM forms.
//!
//! A key made here is written as kubeadm writes it (client-go `keyutil.MarshalPrivateKeyToPEM`):
//! PKCS#1 under `RSA PRIVATE KEY`, SEC1 under `EC PRIVATE KEY`.
//! Ed25519, which kubeadm does not make, is PKCS#8 under `PRIVATE KEY`.
//! A key that was read is written back with the label and the bytes it came with.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::encoding::{AsDer, EcPrivateKeyRfc5915Der, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use thiserror::Error;
use zeroize::Zeroizing;

use super::key_read::{self, Encoding};
use super::pem::PemError;
use super::public_key::PublicKey;
use super::signature::Scheme;

pub(super) const PKCS1: &str = "RSA PRIVATE KEY";
pub(super) const SEC1: &str = "EC PRIVATE KEY";
pub(super) const PKCS8: &str = "PRIVATE KEY";

/// What kind of key to make.
///
/// RSA and P-256 are kubeadm's `encryptionAlgorithm` values (v1beta4); P-384 and Ed25519 are ours.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum KeyAlgorithm {
    /// RSA with 2048 bits, kubeadm's default.
    #[default]
    Rsa2048,
    /// RSA with 3072 bits.
    Rsa3072,
    /// RSA with 4096 bits.
    Rsa4096,
    /// ECDSA on the curve P-256.
    EcdsaP256,
    /// ECDSA on the curve P-384.
    EcdsaP384,
    /// Ed25519.
    Ed25519,
}

/// A private key, wiped from memory when it is dropped; nothing of it is ever printed.
pub struct PrivateKey {
    pub(super) pair: Pair,
    pub(super) encoding: Encoding,
}

pub(super) enum Pair {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    P521(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// What is wrong with a private key. No case carries key material.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The text is not well-formed PEM.
    #[error("the private key is not readable PEM")]
    Pem(#[from] PemError),
    /// No block has a private key's label.
    #[error("the text holds no private key: expected a block {PKCS1}, {SEC1} or {PKCS8}")]
    Missing,
    /// The key is protected by a passphrase.
    #[error(
        "the private key is encrypted; decrypt it first, for example with \"openssl pkey -in FILE\""
    )]
    Encrypted,
    /// The bytes do not agree with the label, are damaged, or the key is too weak.
    #[error(
        "the {label} block holds no usable key: it is damaged, of an unsupported kind, or RSA below 2048 bits"
    )]
    Rejected {
        /// The label of the block.
        label: String,
    },
    /// The algorithm's name is unknown.
    #[error(
        "unknown key algorithm {0:?}: expected RSA-2048, RSA-3072, RSA-4096, ECDSA-P256, ECDSA-P384 or Ed25519"
    )]
    UnknownAlgorithm(String),
    /// The cryptographic library failed, which it does not say more about.
    #[error("the cryptographic library failed")]
    Library,
}

impl From<Unspecified> for KeyError {
    fn from(_: Unspecified) -> Self {
        Self::Library
    }
}

impl KeyAlgorithm {
    /// Lists every algorithm, the default first.
    pub const ALL: [Self; 6] = [
        Self::Rsa2048,
        Self::Rsa3072,
        Self::Rsa4096,
        Self::EcdsaP256,
        Self::EcdsaP384,
        Self::Ed25519,
    ];

    /// Returns the name, spelled as kubeadm's v1beta4 `encryptionAlgorithm` spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rsa2048 => "RSA-2048",
            Self::Rsa3072 => "RSA-3072",
            Self::Rsa4096 => "RSA-4096",
            Self::EcdsaP256 => "ECDSA-P256",
            Self::EcdsaP384 => "ECDSA-P384",
            Self::Ed25519 => "Ed25519",
        }
    }
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for KeyAlgorithm {
    type Err = KeyError;

    fn from_str(name: &str) -> Result<Self, KeyError> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
            .ok_or_else(|| KeyError::UnknownAlgorithm(name.to_owned()))
    }
}

/// Makes a private key from the system's random source.
///
/// RSA takes tens to hundreds of milliseconds of one core; call it off the async threads.
///
/// # Errors
/// Fails only if the cryptographic library does.
pub fn generate_key(algorithm: KeyAlgorithm) -> Result<PrivateKey, KeyError> {
    match algorithm {
        KeyAlgorithm::Rsa2048 => generate_rsa(KeySize::Rsa2048),
        KeyAlgorithm::Rsa3072 => generate_rsa(KeySize::Rsa3072),
        KeyAlgorithm::Rsa4096 => generate_rsa(KeySize::Rsa4096),
        KeyAlgorithm::EcdsaP256 => generate_ec(&ECDSA_P256_SHA256_ASN1_SIGNING, Pair::P256),
        KeyAlgorithm::EcdsaP384 => generate_ec(&ECDSA_P384_SHA384_ASN1_SIGNING, Pair::P384),
        KeyAlgorithm::Ed25519 => generate_ed25519(),
    }
}

fn generate_rsa(size: KeySize) -> Result<PrivateKey, KeyError> {
    let pair = RsaKeyPair::generate(size)?;
    let pkcs8: Pkcs8V1Der<'_> = pair.as_der()?;
    let pkcs1 = key_read::pkcs8_inner(pkcs8.as_ref()).ok_or(KeyError::Library)?;
    Ok(PrivateKey { encoding: Encoding::new(PKCS1, pkcs1), pair: Pair::Rsa(pair) })
}

fn generate_ec(
    curve: &'static EcdsaSigningAlgorithm,
    wrap: fn(EcdsaKeyPair) -> Pair,
) -> Result<PrivateKey, KeyError> {
    let pair = EcdsaKeyPair::generate(curve)?;
    let sec1: EcPrivateKeyRfc5915Der<'_> = pair.private_key().as_der()?;
    let encoding = Encoding::new(SEC1, sec1.as_ref());
    Ok(PrivateKey { encoding, pair: wrap(pair) })
}

fn generate_ed25519() -> Result<PrivateKey, KeyError> {
    let pair = Ed25519KeyPair::generate()?;
    let encoding = Encoding::new(PKCS8, pair.to_pkcs8v1()?.as_ref());
    Ok(PrivateKey { encoding, pair: Pair::Ed25519(pair) })
}

impl PrivateKey {
    /// Reads the first private key of a PEM text: PKCS#1, SEC1 or PKCS#8.
    ///
    /// # Errors
    /// Fails if there is none, if it is encrypted, or if its kind is not supported.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        key_read::from_pem(text)
    }

    /// Writes the key as one PEM block, under the label it was made or read with.
    pub fn to_pem(&self) -> Zeroizing<String> {
        self.encoding.to_pem()
    }

    /// Returns the public half.
    ///
    /// # Errors
    /// Fails only if the cryptographic library does.
    pub fn public(&self) -> Result<PublicKey, KeyError> {
        let spki: PublicKeyX509Der<'_> = match &self.pair {
            Pair::Rsa(pair) => pair.public_key().as_der()?,
            Pair::P256(pair) | Pair::P384(pair) | Pair::P521(pair) => pair.public_key().as_der()?,
            Pair::Ed25519(pair) => pair.public_key().as_der()?,
        };
        Ok(PublicKey::from_trusted_der(spki.as_ref()))
    }

    pub(super) fn scheme(&self) -> Scheme {
        match self.pair {
            Pair::Rsa(_) => Scheme::RsaSha256,
            Pair::P256(_) => Scheme::EcdsaP256,
            Pair::P384(_) => Scheme::EcdsaP384,
            Pair::P521(_) => Scheme::EcdsaP521,
            Pair::Ed25519(_) => Scheme::Ed25519,
        }
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)?;
                Ok(signature)
            }
            Pair::P256(pair) | Pair::P384(pair) | Pair::P521(pair) => {
                Ok(pair.sign(&random, message)?.as_ref().to_vec())
            }
            Pair::Ed25519(pair) => Ok(pair.try_sign(message)?.as_ref().to_vec()),
        }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_gives_a_key_that_reads_back_unchanged() {
        for algorithm in KeyAlgorithm::ALL {
            let key = generate_key(algorithm).unwrap();
            let text = key.to_pem();
            let label = match algorithm {
                KeyAlgorithm::Rsa2048 | KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096 => PKCS1,
                KeyAlgorithm::EcdsaP256 | KeyAlgorithm::EcdsaP384 => SEC1,
                KeyAlgorithm::Ed25519 => PKCS8,
            };
            assert!(text.starts_with(&format!("-----BEGIN {label}-----\n")), "{algorithm}");
            let read = PrivateKey::from_pem(&text).unwrap();
            assert_eq!(read.to_pem(), text, "{algorithm}");
            assert_eq!(read.public().unwrap(), key.public().unwrap(), "{algorithm}");
            assert_eq!(algorithm.name().parse::<KeyAlgorithm>().unwrap(), algorithm);
        }
    }

    #[test]
    fn what_is_signed_verifies_with_the_public_half_only() {
        for algorithm in [KeyAlgorithm::Rsa2048, KeyAlgorithm::EcdsaP384, KeyAlgorithm::Ed25519] {
            let key = generate_key(algorithm).unwrap();
            let other = generate_key(algorithm).unwrap();
            let signature = key.sign(b"text").unwrap();
            let verifies = |key: &PrivateKey, text: &[u8]| {
                key.public().unwrap().verifies(key.scheme().verifier(), text, &signature)
            };
            assert!(verifies(&key, b"text"), "{algorithm}");
            assert!(!verifies(&key, b"texT"), "{algorithm}");
            assert!(!verifies(&other, b"text"), "{algorithm}");
        }
    }

    #[test]
    fn nothing_of_a_key_is_printed() {
        let key = generate_key(KeyAlgorithm::EcdsaP256).unwrap();
        assert_eq!(format!("{key:?}"), "PrivateKey { .. }");
    }

    #[test]
    fn texts_without_a_usable_key_are_told_apart() {
        let broken = super::super::pem::encode(PKCS8, b"not a key");
        assert!(matches!(PrivateKey::from_pem(""), Err(KeyError::Missing)));
        assert!(matches!(PrivateKey::from_pem(&broken), Err(KeyError::Rejected { .. })));
        assert!(matches!(
            PrivateKey::from_pem("-----BEGIN PRIVATE KEY-----"),
            Err(KeyError::Pem(_))
        ));
        assert!(matches!("RSA-1024".parse::<KeyAlgorithm>(), Err(KeyError::UnknownAlgorithm(_))));
    }
}
