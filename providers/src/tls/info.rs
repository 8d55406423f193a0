//! Reading a certificate back.

use std::fmt;
use std::net::IpAddr;

use time::OffsetDateTime;
use x509_parser::extensions::{ExtendedKeyUsage, GeneralName, KeyUsage};
use x509_parser::prelude::X509Certificate;
use x509_parser::public_key::PublicKey as Parsed;

use super::certificate::{Certificate, ReadError};
use super::name;
use super::public_key::{PublicKey, hex, sha256_hex};
use super::x509::Span;

/// What a certificate says, in a form to show, to store and to compare.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CertificateInfo {
    /// The subject, such as `O=system:masters, CN=kube-etcd-healthcheck-client`.
    pub subject: String,
    /// The issuer, in the same form.
    pub issuer: String,
    /// The alternative names in order, such as `DNS:infra0`, `IP:10.0.0.6`, `URI:…`, `email:…`.
    pub alt_names: Vec<String>,
    /// The key usages; none if the extension is absent.
    pub key_usage: Vec<KeyUse>,
    /// The extended key usages: `serverAuth`, `clientAuth`, …, or an object identifier.
    pub extended_key_usage: Vec<String>,
    /// The serial number, in lower-case hexadecimal digits, two for each byte.
    pub serial: String,
    /// The first second of validity, UTC.
    pub not_before: OffsetDateTime,
    /// The last second of validity, UTC.
    pub not_after: OffsetDateTime,
    /// Whether the basic constraints say `CA:TRUE`.
    pub is_ca: bool,
    /// The kind of key, such as `RSA-2048`, `ECDSA-P256`, `Ed25519`, or an object identifier.
    pub key_algorithm: String,
    /// The SHA-256 of the public key, as [`PublicKey::fingerprint`] gives it.
    pub key_fingerprint: String,
    /// The SHA-256 of the whole certificate, 64 lower-case hexadecimal digits.
    pub fingerprint: String,
    /// The subject key identifier, in lower-case hexadecimal digits.
    pub subject_key_id: Option<String>,
    /// The authority key identifier, in lower-case hexadecimal digits.
    pub authority_key_id: Option<String>,
}

/// A key usage (RFC 5280, section 4.2.1.3), in the order of its bits.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum KeyUse {
    /// `digitalSignature`.
    DigitalSignature,
    /// `nonRepudiation`, also called `contentCommitment`.
    NonRepudiation,
    /// `keyEncipherment`.
    KeyEncipherment,
    /// `dataEncipherment`.
    DataEncipherment,
    /// `keyAgreement`.
    KeyAgreement,
    /// `keyCertSign`.
    CertSign,
    /// `cRLSign`.
    CrlSign,
    /// `encipherOnly`.
    EncipherOnly,
    /// `decipherOnly`.
    DecipherOnly,
}

impl fmt::Display for KeyUse {
    /// Writes the name RFC 5280 gives the bit, such as `keyCertSign`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DigitalSignature => "digitalSignature",
            Self::NonRepudiation => "nonRepudiation",
            Self::KeyEncipherment => "keyEncipherment",
            Self::DataEncipherment => "dataEncipherment",
            Self::KeyAgreement => "keyAgreement",
            Self::CertSign => "keyCertSign",
            Self::CrlSign => "cRLSign",
            Self::EncipherOnly => "encipherOnly",
            Self::DecipherOnly => "decipherOnly",
        })
    }
}

/// Where a moment lies in a certificate's life.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Validity {
    /// Before the first second.
    NotYet,
    /// Between the first and the last second, both included.
    Valid,
    /// After the last second.
    Expired,
}

impl CertificateInfo {
    pub(super) fn read(certificate: &Certificate) -> Result<Self, ReadError> {
        let parsed = certificate.parse()?;
        let span = span(&parsed)?;
        let key = PublicKey::from_trusted_der(parsed.public_key().raw);
        Ok(Self {
            subject: name::display(parsed.subject()),
            issuer: name::display(parsed.issuer()),
            alt_names: alt_names(&parsed)?,
            key_usage: key_usage(&parsed)?,
            extended_key_usage: extended_key_usage(&parsed)?,
            serial: hex(parsed.raw_serial()),
            not_before: span.not_before,
            not_after: span.not_after,
            is_ca: is_ca(&parsed)?,
            key_algorithm: key_algorithm(&parsed),
            key_fingerprint: key.fingerprint(),
            fingerprint: sha256_hex(certificate.der()),
            subject_key_id: subject_key_id(&parsed).map(hex),
            authority_key_id: authority_key_id(&parsed).map(hex),
        })
    }

    /// Tells where a moment lies in the certificate's life.
    pub fn validity_at(&self, now: OffsetDateTime) -> Validity {
        Span { not_before: self.not_before, not_after: self.not_after }.at(now)
    }
}

impl Span {
    pub(super) fn at(self, now: OffsetDateTime) -> Validity {
        // Certificates count in whole seconds, and the last one belongs to the certificate.
        let now = now.unix_timestamp();
        if now < self.not_before.unix_timestamp() {
            Validity::NotYet
        } else if now > self.not_after.unix_timestamp() {
            Validity::Expired
        } else {
            Validity::Valid
        }
    }
}

pub(super) fn span(parsed: &X509Certificate<'_>) -> Result<Span, ReadError> {
    let time = |seconds| OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| ReadError::Time);
    Ok(Span {
        not_before: time(parsed.validity().not_before.timestamp())?,
        not_after: time(parsed.validity().not_after.timestamp())?,
    })
}

pub(super) fn is_ca(parsed: &X509Certificate<'_>) -> Result<bool, ReadError> {
    let constraints = parsed.basic_constraints().map_err(|_| ReadError::Extensions)?;
    Ok(constraints.is_some_and(|found| found.value.ca))
}

pub(super) fn key_usage(parsed: &X509Certificate<'_>) -> Result<Vec<KeyUse>, ReadError> {
    let usage = parsed.key_usage().map_err(|_| ReadError::Extensions)?;
    Ok(usage.map(|found| key_uses(found.value)).unwrap_or_default())
}

pub(super) fn subject_key_id<'a>(parsed: &'a X509Certificate<'_>) -> Option<&'a [u8]> {
    parsed.iter_extensions().find_map(|extension| match extension.parsed_extension() {
        x509_parser::extensions::ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0),
        _ => None,
    })
}

pub(super) fn authority_key_id<'a>(parsed: &'a X509Certificate<'_>) -> Option<&'a [u8]> {
    parsed.iter_extensions().find_map(|extension| match extension.parsed_extension() {
        x509_parser::extensions::ParsedExtension::AuthorityKeyIdentifier(id) => {
            id.key_identifier.as_ref().map(|id| id.0)
        }
        _ => None,
    })
}

fn key_uses(usage: &KeyUsage) -> Vec<KeyUse> {
    let uses = [
        (usage.digital_signature(), KeyUse::DigitalSignature),
        (usage.non_repudiation(), KeyUse::NonRepudiation),
        (usage.key_encipherment(), KeyUse::KeyEncipherment),
        (usage.data_encipherment(), KeyUse::DataEncipherment),
        (usage.key_agreement(), KeyUse::KeyAgreement),
        (usage.key_cert_sign(), KeyUse::CertSign),
        (usage.crl_sign(), KeyUse::CrlSign),
        (usage.encipher_only(), KeyUse::EncipherOnly),
        (usage.decipher_only(), KeyUse::DecipherOnly),
    ];
    uses.into_iter().filter(|(set, _)| *set).map(|(_, one)| one).collect()
}

fn extended_key_usage(parsed: &X509Certificate<'_>) -> Result<Vec<String>, ReadError> {
    let usage = parsed.extended_key_usage().map_err(|_| ReadError::Extensions)?;
    Ok(usage.map(|found| extended_uses(found.value)).unwrap_or_default())
}

fn extended_uses(usage: &ExtendedKeyUsage<'_>) -> Vec<String> {
    let known = [
        (usage.any, "any"),
        (usage.server_auth, "serverAuth"),
        (usage.client_auth, "clientAuth"),
        (usage.code_signing, "codeSigning"),
        (usage.email_protection, "emailProtection"),
        (usage.time_stamping, "timeStamping"),
        (usage.ocsp_signing, "OCSPSigning"),
    ];
    let known = known.into_iter().filter(|(set, _)| *set).map(|(_, name)| name.to_owned());
    known.chain(usage.other.iter().map(ToString::to_string)).collect()
}

fn alt_names(parsed: &X509Certificate<'_>) -> Result<Vec<String>, ReadError> {
    let names = parsed.subject_alternative_name().map_err(|_| ReadError::Extensions)?;
    Ok(names
        .map(|found| found.value.general_names.iter().map(alt_name).collect())
        .unwrap_or_default())
}

fn alt_name(name: &GeneralName<'_>) -> String {
    match name {
        GeneralName::DNSName(name) => format!("DNS:{name}"),
        GeneralName::IPAddress(bytes) => {
            address(bytes).map_or_else(|| format!("IP:{}", hex(bytes)), |ip| format!("IP:{ip}"))
        }
        GeneralName::URI(uri) => format!("URI:{uri}"),
        GeneralName::RFC822Name(mail) => format!("email:{mail}"),
        GeneralName::DirectoryName(directory) => format!("dir:{}", name::display(directory)),
        GeneralName::RegisteredID(oid) => format!("RID:{oid}"),
        _ => "other".to_owned(),
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

fn key_algorithm(parsed: &X509Certificate<'_>) -> String {
    let key = parsed.public_key();
    let oid = key.algorithm.algorithm.to_id_string();
    match (key.parsed(), oid.as_str()) {
        (Ok(Parsed::RSA(rsa)), _) => format!("RSA-{}", rsa.key_size()),
        (Ok(Parsed::EC(point)), _) => format!("ECDSA-P{}", point.key_size()),
        (_, "1.3.101.112") => "Ed25519".to_owned(),
        _ => oid,
    }
}
