//! Reading private keys of any usual shape.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, RsaKeyPair,
};
use der::asn1::{AnyRef, OctetStringRef};
use der::{Decode as _, Reader as _, SliceReader};
use zeroize::Zeroizing;

use super::key::{KeyError, PKCS1, PKCS8, Pair, PrivateKey, SEC1};
use super::pem::{self, Block};

type Curve = (&'static EcdsaSigningAlgorithm, fn(EcdsaKeyPair) -> Pair);

/// Shortest first: a SEC1 key may leave its curve out, and a scalar of a longer curve does not
/// fit a shorter one.
const CURVES: [Curve; 3] = [
    (&ECDSA_P256_SHA256_ASN1_SIGNING, Pair::P256),
    (&ECDSA_P384_SHA384_ASN1_SIGNING, Pair::P384),
    (&ECDSA_P521_SHA512_ASN1_SIGNING, Pair::P521),
];

/// The label and the bytes a key is written with.
pub(super) struct Encoding {
    label: String,
    der: Zeroizing<Vec<u8>>,
}

impl Encoding {
    pub(super) fn new(label: &str, der: &[u8]) -> Self {
        Self { label: label.to_owned(), der: Zeroizing::new(der.to_vec()) }
    }

    pub(super) fn to_pem(&self) -> Zeroizing<String> {
        pem::encode(&self.label, &self.der)
    }
}

pub(super) fn from_pem(text: &str) -> Result<PrivateKey, KeyError> {
    let blocks = pem::blocks(text)?;
    let block = blocks.iter().find(|block| is_private(block)).ok_or(KeyError::Missing)?;
    if block.is_encrypted() {
        return Err(KeyError::Encrypted);
    }
    let pair = pair(block).ok_or_else(|| KeyError::Rejected { label: block.label().to_owned() })?;
    Ok(PrivateKey { pair, encoding: Encoding::new(block.label(), block.der()) })
}

/// Takes the key out of a PKCS#8 wrapping (RFC 5208, section 5): version, algorithm, octets.
pub(super) fn pkcs8_inner(pkcs8: &[u8]) -> Option<&[u8]> {
    let fields = AnyRef::from_der(pkcs8).ok()?.value();
    let mut reader = SliceReader::new(fields).ok()?;
    reader.decode::<u8>().ok()?;
    reader.decode::<AnyRef<'_>>().ok()?;
    let key = reader.decode::<&OctetStringRef>().ok()?;
    Some(key.as_bytes())
}

fn is_private(block: &Block) -> bool {
    block.is_encrypted() || [PKCS1, SEC1, PKCS8].contains(&block.label())
}

fn pair(block: &Block) -> Option<Pair> {
    match block.label() {
        PKCS1 => RsaKeyPair::from_der(block.der()).ok().map(Pair::Rsa),
        SEC1 => ecdsa(block.der()),
        PKCS8 => RsaKeyPair::from_pkcs8(block.der())
            .map(Pair::Rsa)
            .or_else(|_| Ed25519KeyPair::from_pkcs8(block.der()).map(Pair::Ed25519))
            .ok()
            .or_else(|| ecdsa(block.der())),
        _ => None,
    }
}

fn ecdsa(der: &[u8]) -> Option<Pair> {
    CURVES
        .into_iter()
        .find_map(|(curve, wrap)| EcdsaKeyPair::from_private_key_der(curve, der).ok().map(wrap))
}
