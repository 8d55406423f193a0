//! A CA with its key: made here, or adopted.

use der::Decode as _;
use der::asn1::Any;
use thiserror::Error;
use time::{Duration, OffsetDateTime};

use super::certificate::{Certificate, ReadError};
use super::chain::{self, ChainError};
use super::extension;
use super::info::{self, Validity};
use super::key::{KeyError, PrivateKey};
use super::name;
use super::profile::TemplateError;
use super::public_key::PublicKey;
use super::request::{CaRequest, LeafRequest};
use super::x509::{self, Body, BuildError, Span};

/// A CA certificate and the key that belongs to it: it can issue.
#[derive(Debug)]
pub struct Authority {
    certificate: Certificate,
    key: PrivateKey,
    subject: Any,
    key_identifier: Option<Vec<u8>>,
    span: Span,
}

/// Why a certificate and a key cannot be adopted as a CA.
#[derive(Debug, Error)]
pub enum AdoptError {
    /// The certificate cannot be read.
    #[error("the CA certificate cannot be read")]
    Certificate(#[from] ReadError),
    /// The key cannot be read.
    #[error("the CA key cannot be read")]
    Key(#[from] KeyError),
    /// The certificate may not issue others.
    #[error("the certificate is not one to issue with")]
    NotACa(#[from] ChainError),
    /// The key is another one's.
    #[error("the key does not belong to the certificate of {0:?}")]
    OtherKey(String),
    /// The subject's encoding cannot be repeated in a leaf.
    #[error("the subject of the CA certificate is not DER")]
    Subject(#[from] der::Error),
    /// The certificate is not valid now.
    #[error("the CA certificate cannot be used now")]
    Time(#[from] TimeError),
}

/// A CA certificate is outside of its life.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum TimeError {
    /// Not yet begun.
    #[error("the CA certificate is not valid before {0}")]
    NotYet(OffsetDateTime),
    /// Over.
    #[error("the CA certificate expired at {0}")]
    Expired(OffsetDateTime),
}

/// Why a certificate could not be issued.
#[derive(Debug, Error)]
pub enum IssueError {
    /// The CA is not valid now.
    #[error("the CA cannot issue now")]
    Time(#[from] TimeError),
    /// The lifetime is zero, negative, or beyond the calendar.
    #[error("the lifetime is not one a certificate can have")]
    Lifetime,
    /// What the certificate should say is not valid.
    #[error("what the certificate should say is not valid")]
    Template(#[from] TemplateError),
    /// A certificate needs a subject or an alternative name.
    #[error("the certificate has neither a subject nor an alternative name")]
    Nameless,
    /// A leaf with its CA's own name would be taken for a self-signed certificate.
    #[error("the subject is the same as the CA's")]
    SameSubject,
    /// The key is not usable.
    #[error("the key cannot be used")]
    Key(#[from] KeyError),
    /// The certificate could not be put together.
    #[error("the certificate could not be made")]
    Build(#[from] BuildError),
    /// The new certificate does not verify; it is thrown away.
    #[error("the new certificate does not chain to its CA")]
    Check(#[from] ChainError),
    /// The new certificate cannot be read back; it is thrown away.
    #[error("the new certificate cannot be read back")]
    Read(#[from] ReadError),
}

impl Authority {
    /// Makes a self-signed CA certificate for a key.
    ///
    /// The same key may be given again to renew a CA without breaking the leaves it issued.
    ///
    /// # Errors
    /// Fails if the request is not valid; the result has been verified.
    pub fn create(request: &CaRequest, key: PrivateKey) -> Result<Self, IssueError> {
        if request.subject.is_empty() {
            return Err(IssueError::Nameless);
        }
        let public = key.public()?;
        let subject = request.subject.to_der().map_err(BuildError::from)?;
        let span = span(request.era.ca_not_before(request.now), request.now, request.lifetime)?;
        let body = Body {
            serial: request.era.ca_serial(request.serial),
            issuer: subject.clone(),
            span,
            subject: subject.clone(),
            key: &public,
            extensions: extension::of_ca(request.era, &request.subject, &public)
                .map_err(BuildError::from)?,
        };
        let certificate = x509::sign(body, &key)?;
        chain::verify_issued_by(&certificate, &certificate)?;
        Ok(Self { certificate, key, subject, key_identifier: public.key_identifier(), span })
    }

    /// Takes an existing CA from two PEM texts: the first key, and the certificate it belongs to.
    ///
    /// The key may be PKCS#1, SEC1 or PKCS#8, the subject of any shape.
    /// While a CA is being replaced, its file holds the old and the new certificate.
    ///
    /// # Errors
    /// Fails if one of them cannot be read, the certificate is none to issue with or is not valid
    /// at `now`, or the key is not the certificate's.
    pub fn adopt(certificate: &str, key: &str, now: OffsetDateTime) -> Result<Self, AdoptError> {
        let key = PrivateKey::from_pem(key)?;
        let certificate = certificate_of(&key, Certificate::bundle(certificate)?)?;
        let parsed = certificate.parse()?;
        chain::may_sign(&parsed)?;
        let subject = Any::from_der(parsed.subject().as_raw())?;
        let key_identifier = info::subject_key_id(&parsed).map(<[u8]>::to_vec);
        let span = info::span(&parsed)?;
        let authority = Self { certificate, key, subject, key_identifier, span };
        authority.check_time(now)?;
        Ok(authority)
    }

    /// Issues a certificate for a public key.
    ///
    /// As with kubeadm, the certificate may last longer than its CA.
    ///
    /// # Errors
    /// Fails if the request is not valid, the CA is not valid at its time, or the result does not
    /// verify against the CA.
    pub fn issue(&self, request: &LeafRequest, key: &PublicKey) -> Result<Certificate, IssueError> {
        self.check_time(request.now)?;
        let certificate = x509::sign(self.body(request, key)?, &self.key)?;
        chain::verify_issued_by(&certificate, &self.certificate)?;
        Ok(certificate)
    }

    /// Returns the CA's certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Returns the CA's key.
    pub fn key(&self) -> &PrivateKey {
        &self.key
    }

    fn body<'a>(&self, request: &LeafRequest, key: &'a PublicKey) -> Result<Body<'a>, IssueError> {
        let template = request.profile.template(request.era)?;
        if template.subject.is_empty() && template.alt_names.is_empty() {
            return Err(IssueError::Nameless);
        }
        let subject = template.subject.to_der().map_err(BuildError::from)?;
        if subject == self.subject {
            return Err(IssueError::SameSubject);
        }
        let not_before = request.era.leaf_not_before(request.now, self.span.not_before);
        let key_identifier = self.key_identifier.as_deref();
        Ok(Body {
            serial: request.serial,
            issuer: self.subject.clone(),
            span: span(not_before, request.now, request.lifetime)?,
            subject,
            key,
            extensions: extension::of_leaf(request.era, &template, key_identifier)
                .map_err(BuildError::from)?,
        })
    }

    fn check_time(&self, now: OffsetDateTime) -> Result<(), TimeError> {
        match self.span.at(now) {
            Validity::Valid => Ok(()),
            Validity::NotYet => Err(TimeError::NotYet(self.span.not_before)),
            Validity::Expired => Err(TimeError::Expired(self.span.not_after)),
        }
    }
}

/// Finds the certificate a key belongs to.
fn certificate_of(
    key: &PrivateKey,
    certificates: Vec<Certificate>,
) -> Result<Certificate, AdoptError> {
    let probe = b"which certificate does this key belong to?";
    let signature = key.sign(probe)?;
    let mut names = Vec::new();
    for certificate in certificates {
        let parsed = certificate.parse()?;
        // Comparing two public keys byte by byte would refuse a right one in another encoding.
        let public = PublicKey::from_trusted_der(parsed.public_key().raw);
        if public.verifies(key.scheme().verifier(), probe, &signature) {
            return Ok(certificate);
        }
        names.push(name::display(parsed.subject()));
    }
    Err(AdoptError::OtherKey(names.join("; ")))
}

/// Ends a life `lifetime` after now: dating the beginning back makes it longer, not earlier.
fn span(
    not_before: Option<OffsetDateTime>,
    now: OffsetDateTime,
    lifetime: Duration,
) -> Result<Span, IssueError> {
    let not_after = now.checked_add(lifetime).filter(|end| *end > now);
    match (not_before, not_after) {
        (Some(not_before), Some(not_after)) => Ok(Span { not_before, not_after }),
        _ => Err(IssueError::Lifetime),
    }
}
