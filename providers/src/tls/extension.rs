//! Extensions, in the order Go's `crypto/x509` writes them.
//!
//! Go's order is: key usage, extended key usage, basic constraints, subject key identifier,
//! authority key identifier, alternative names (`buildCertExtensions`).
//! `rcgen` has an order of its own, which is why it does not make these certificates.

use der::Encode;
use der::asn1::OctetString;
use der::flagset::FlagSet;
use der::oid::AssociatedOid;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages,
    SubjectAltName, SubjectKeyIdentifier,
};

use super::alt_name::{self, AltName};
use super::era::Era;
use super::name::Subject;
use super::profile::Template;
use super::public_key::PublicKey;

#[derive(Clone, Copy)]
enum Weight {
    Critical,
    Plain,
}

/// Lists a CA's extensions: KU, BC, SKI and, for a present kubeadm, SAN.
pub(super) fn of_ca(era: Era, subject: &Subject, key: &PublicKey) -> der::Result<Vec<Extension>> {
    let uses = KeyUsages::DigitalSignature | KeyUsages::KeyEncipherment | KeyUsages::KeyCertSign;
    let mut list = vec![key_usage(uses)?, basic_constraints(true)?];
    if let Some(identifier) = key.key_identifier() {
        let identifier = SubjectKeyIdentifier(OctetString::new(identifier)?);
        list.push(extension(Weight::Plain, &identifier)?);
    }
    list.extend(ca_alt_name(era, subject)?);
    Ok(list)
}

/// Lists a leaf's extensions: KU, EKU, for a present kubeadm BC, AKI and, if there are any, SAN.
///
/// As in Go, a CA without a subject key identifier gives leaves without an authority one.
pub(super) fn of_leaf(
    era: Era,
    template: &Template,
    ca_key_identifier: Option<&[u8]>,
) -> der::Result<Vec<Extension>> {
    let mut list = vec![key_usage(KeyUsages::DigitalSignature | KeyUsages::KeyEncipherment)?];
    if !template.uses.is_empty() {
        let uses = template.uses.iter().map(|one| one.oid());
        list.push(extension(Weight::Plain, &ExtendedKeyUsage(uses.collect()))?);
    }
    match era {
        Era::Classic => {}
        Era::Modern => list.push(basic_constraints(false)?),
    }
    if let Some(identifier) = ca_key_identifier {
        list.push(authority_key_identifier(identifier)?);
    }
    list.extend(alt_names(&template.alt_names, &template.subject)?);
    Ok(list)
}

fn key_usage(uses: FlagSet<KeyUsages>) -> der::Result<Extension> {
    extension(Weight::Critical, &KeyUsage(uses))
}

fn basic_constraints(ca: bool) -> der::Result<Extension> {
    extension(Weight::Critical, &BasicConstraints { ca, path_len_constraint: None })
}

fn authority_key_identifier(identifier: &[u8]) -> der::Result<Extension> {
    let key_identifier = Some(OctetString::new(identifier)?);
    extension(Weight::Plain, &AuthorityKeyIdentifier { key_identifier, ..Default::default() })
}

/// Gives a CA its common name as a DNS name, as client-go does, if it is fit to be one.
fn ca_alt_name(era: Era, subject: &Subject) -> der::Result<Option<Extension>> {
    let name = subject.last_common_name().and_then(|name| name.parse::<AltName>().ok());
    match (era, name) {
        (Era::Modern, Some(name @ AltName::Dns(_))) => alt_names(&[name], subject),
        _ => Ok(None),
    }
}

fn alt_names(names: &[AltName], subject: &Subject) -> der::Result<Option<Extension>> {
    if names.is_empty() {
        return Ok(None);
    }
    // RFC 5280, section 4.2.1.6: critical if the subject is empty.
    let weight = if subject.is_empty() { Weight::Critical } else { Weight::Plain };
    let names = names.iter().map(alt_name::to_general_name).collect::<der::Result<Vec<_>>>()?;
    extension(weight, &SubjectAltName(names)).map(Some)
}

fn extension<T: AssociatedOid + Encode>(weight: Weight, value: &T) -> der::Result<Extension> {
    Ok(Extension {
        extn_id: T::OID,
        critical: matches!(weight, Weight::Critical),
        extn_value: OctetString::new(value.to_der()?)?,
    })
}
