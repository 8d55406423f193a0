//! Certificates as values.

use thiserror::Error;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::info::CertificateInfo;
use super::pem::{self, PemError};
use super::x509;

/// One certificate, by its DER.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Certificate {
    der: Vec<u8>,
}

/// Why a certificate could not be read.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum ReadError {
    /// The text is not well-formed PEM.
    #[error("the certificate is not readable PEM")]
    Pem(#[from] PemError),
    /// The text has no certificate in it.
    #[error("the text holds no certificate: expected a block {}", pem::CERTIFICATE)]
    Missing,
    /// A block is labelled as a certificate and is none.
    #[error("certificate {position} of the text is damaged")]
    Damaged {
        /// Which one, counted from 1.
        position: usize,
    },
    /// An extension cannot be read.
    #[error("the certificate's extensions are damaged or repeated")]
    Extensions,
    /// A time cannot be read.
    #[error("the certificate's validity is not a pair of times")]
    Time,
}

impl Certificate {
    /// Reads the first certificate of a PEM text.
    ///
    /// # Errors
    /// Fails if there is none or it is damaged.
    pub fn from_pem(text: &str) -> Result<Self, ReadError> {
        Self::bundle(text)?.into_iter().next().ok_or(ReadError::Missing)
    }

    /// Reads every certificate of a PEM text, in order; there is at least one.
    ///
    /// # Errors
    /// Fails if there is none or one is damaged.
    pub fn bundle(text: &str) -> Result<Vec<Self>, ReadError> {
        let blocks = pem::blocks(text)?;
        let blocks = blocks.iter().filter(|block| block.label() == pem::CERTIFICATE);
        let certificates = blocks
            .zip(1..)
            .map(|(block, position)| {
                Self::from_der(block.der()).ok_or(ReadError::Damaged { position })
            })
            .collect::<Result<Vec<_>, _>>()?;
        if certificates.is_empty() { Err(ReadError::Missing) } else { Ok(certificates) }
    }

    /// Takes the DER of a certificate; gives nothing if it is damaged or has bytes after it.
    pub fn from_der(der: &[u8]) -> Option<Self> {
        match X509Certificate::from_der(der) {
            Ok(([], _)) if x509::is_der(der) => Some(Self::from_trusted_der(der.to_vec())),
            _ => None,
        }
    }

    pub(super) fn from_trusted_der(der: Vec<u8>) -> Self {
        Self { der }
    }

    /// Returns the DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Writes the certificate as one PEM block.
    pub fn to_pem(&self) -> String {
        pem::encode(pem::CERTIFICATE, &self.der).as_str().to_owned()
    }

    /// Writes several certificates one after the other, as a CA bundle.
    pub fn bundle_to_pem(certificates: &[Self]) -> String {
        certificates.iter().map(Self::to_pem).collect()
    }

    /// Reads out what the certificate says.
    ///
    /// # Errors
    /// Fails if its extensions or times are damaged.
    pub fn info(&self) -> Result<CertificateInfo, ReadError> {
        CertificateInfo::read(self)
    }

    pub(super) fn parse(&self) -> Result<X509Certificate<'_>, ReadError> {
        let damaged = ReadError::Damaged { position: 1 };
        X509Certificate::from_der(&self.der).map(|(_, parsed)| parsed).map_err(|_| damaged)
    }
}
