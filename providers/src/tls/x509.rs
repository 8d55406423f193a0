//! From parameters to the DER of a certificate (RFC 5280, section 4.1).
//!
//! The issuer is taken as bytes and written as bytes: a leaf must repeat its CA's subject exactly,
//! whatever string types, repeats and orders that subject has.

use der::asn1::{Any, BitString};
use der::{DateTime, Decode as _, Encode as _, Sequence};
use thiserror::Error;
use time::OffsetDateTime;
use x509_cert::ext::Extension;
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_cert::time::{Time, Validity};

use super::certificate::Certificate;
use super::key::{KeyError, PrivateKey};
use super::public_key::PublicKey;
use super::serial::Serial;

/// The first and the last second of a certificate's life.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Span {
    pub(super) not_before: OffsetDateTime,
    pub(super) not_after: OffsetDateTime,
}

/// Everything that is signed, but for the algorithm, which follows from the signing key.
pub(super) struct Body<'a> {
    pub(super) serial: Serial,
    pub(super) issuer: Any,
    pub(super) span: Span,
    pub(super) subject: Any,
    pub(super) key: &'a PublicKey,
    pub(super) extensions: Vec<Extension>,
}

/// Why a certificate could not be put together.
#[derive(Debug, Error)]
pub enum BuildError {
    /// A time lies outside the years 1970 to 9999.
    #[error("the certificate's time {0} cannot be written: its year is not 1970 to 9999")]
    Time(OffsetDateTime),
    /// A field could not be encoded.
    #[error("a field of the certificate cannot be encoded")]
    Encode(#[from] der::Error),
    /// The signature failed.
    #[error("signing failed")]
    Sign(#[from] KeyError),
}

/// `TBSCertificate`, always of version 3.
#[derive(Sequence)]
struct ToBeSigned {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    version: u8,
    serial: u64,
    signature: AlgorithmIdentifierOwned,
    issuer: Any,
    validity: Validity,
    subject: Any,
    key: Any,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT")]
    extensions: Vec<Extension>,
}

/// `Certificate`.
#[derive(Sequence)]
struct Signed {
    body: Any,
    algorithm: AlgorithmIdentifierOwned,
    signature: BitString,
}

/// Version 3 counts from zero.
const V3: u8 = 2;

/// Encodes and signs a certificate.
///
/// # Errors
/// Fails if a time cannot be written, a field cannot be encoded, or signing fails.
pub(super) fn sign(body: Body<'_>, signer: &PrivateKey) -> Result<Certificate, BuildError> {
    let algorithm = signer.scheme().identifier();
    let body = ToBeSigned {
        version: V3,
        serial: body.serial.get(),
        signature: algorithm.clone(),
        issuer: body.issuer,
        validity: Validity::new(
            encode_time(body.span.not_before)?,
            encode_time(body.span.not_after)?,
        ),
        subject: body.subject,
        key: Any::from_der(body.key.der())?,
        extensions: body.extensions,
    }
    .to_der()?;
    let signature = BitString::from_bytes(&signer.sign(&body)?)?;
    let signed = Signed { body: Any::from_der(&body)?, algorithm, signature };
    Ok(Certificate::from_trusted_der(signed.to_der()?))
}

/// Tells whether bytes are a certificate's outer shape in DER, and nothing else.
///
/// x509-parser lets some other tags and lengths pass, and no signature covers this shape.
pub(super) fn is_der(bytes: &[u8]) -> bool {
    Signed::from_der(bytes).and_then(|signed| signed.to_der()).is_ok_and(|der| der == bytes)
}

/// Writes a time as `UTCTime` up to 2049 and `GeneralizedTime` after (RFC 5280, section 4.1.2.5).
fn encode_time(time: OffsetDateTime) -> Result<Time, BuildError> {
    let seconds = u64::try_from(time.unix_timestamp()).map_err(|_| BuildError::Time(time))?;
    let time = DateTime::from_unix_duration(std::time::Duration::from_secs(seconds))
        .map_err(|_| BuildError::Time(time))?;
    Ok(Time::from(time))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn the_year_decides_the_form_of_a_time() {
        let cases = [
            (datetime!(2049-12-31 23:59:59 UTC), Some("170d3439313233313233353935395a")),
            (datetime!(2050-01-01 00:00:00 UTC), Some("180f32303530303130313030303030305a")),
            (datetime!(2030-01-01 02:00:00.9 +2), Some("170d3330303130313030303030305a")),
            (datetime!(1969-12-31 23:59:59 UTC), None),
        ];
        for (time, hex) in cases {
            let der = encode_time(time).ok().map(|time| time.to_der().unwrap());
            assert_eq!(
                der.map(|der| super::super::public_key::hex(&der)).as_deref(),
                hex,
                "{time}"
            );
        }
    }
}
