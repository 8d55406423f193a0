//! Distinguished names, encoded as Go encodes them.

use std::fmt;
use std::str::FromStr;

use der::Tag;
use der::asn1::{Any, Ia5StringRef, PrintableStringRef, SetOfVec, Utf8StringRef};
use der::oid::ObjectIdentifier;
use thiserror::Error;
use x509_cert::attr::AttributeTypeAndValue;

/// The kinds of naming attribute that can be written (RFC 5280, appendix A.1).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Attribute {
    /// `CN`.
    CommonName,
    /// `O`; Kubernetes reads it as a group.
    Organization,
    /// `OU`.
    OrganizationalUnit,
    /// `C`, two letters.
    Country,
    /// `ST`.
    Province,
    /// `L`.
    Locality,
    /// `DC`, one per label of a domain name.
    DomainComponent,
}

const TABLE: [(Attribute, &str, ObjectIdentifier); 7] = [
    (Attribute::CommonName, "CN", ObjectIdentifier::new_unwrap("2.5.4.3")),
    (Attribute::Organization, "O", ObjectIdentifier::new_unwrap("2.5.4.10")),
    (Attribute::OrganizationalUnit, "OU", ObjectIdentifier::new_unwrap("2.5.4.11")),
    (Attribute::Country, "C", ObjectIdentifier::new_unwrap("2.5.4.6")),
    (Attribute::Province, "ST", ObjectIdentifier::new_unwrap("2.5.4.8")),
    (Attribute::Locality, "L", ObjectIdentifier::new_unwrap("2.5.4.7")),
    (Attribute::DomainComponent, "DC", ObjectIdentifier::new_unwrap("0.9.2342.19200300.100.1.25")),
];

/// What is wrong with a name.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum NameError {
    /// The attribute's short name is unknown.
    #[error("unknown name attribute {0:?}: expected CN, O, OU, C, ST, L or DC")]
    UnknownAttribute(String),
    /// An attribute has no value.
    #[error("the name attribute {0} is empty")]
    Empty(Attribute),
    /// An attribute's value has characters it must not have.
    #[error("the name attribute {attribute} cannot be {value:?}: {rule}")]
    Invalid {
        /// Which attribute.
        attribute: Attribute,
        /// The value that was given.
        value: String,
        /// What a value must be.
        rule: &'static str,
    },
}

impl Attribute {
    /// Returns the short name, such as `CN`.
    pub fn short_name(self) -> &'static str {
        self.row().1
    }

    fn row(self) -> (Self, &'static str, ObjectIdentifier) {
        TABLE.into_iter().find(|row| row.0 == self).unwrap_or(TABLE[0])
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.short_name())
    }
}

impl FromStr for Attribute {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, NameError> {
        TABLE
            .into_iter()
            .find_map(|(attribute, short, _)| (short == name).then_some(attribute))
            .ok_or_else(|| NameError::UnknownAttribute(name.to_owned()))
    }
}

/// Writes `O=system:masters, CN=kube-etcd-healthcheck-client`, the form
/// [`super::CertificateInfo`] has too.
impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, (attribute, value)) in self.attributes.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{}={value}", attribute.short_name())?;
        }
        Ok(())
    }
}

/// A distinguished name: attributes in order, each its own relative name, repeats allowed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Subject {
    attributes: Vec<(Attribute, String)>,
}

impl Subject {
    /// Makes a name of one common name.
    ///
    /// # Errors
    /// Fails if it is empty or has control characters.
    pub fn common_name(value: &str) -> Result<Self, NameError> {
        Self::default().with(Attribute::CommonName, value)
    }

    /// Adds an attribute at the end.
    ///
    /// # Errors
    /// Fails if the value is empty, has control characters, or does not suit the attribute.
    pub fn with(mut self, attribute: Attribute, value: &str) -> Result<Self, NameError> {
        check(attribute, value)?;
        self.attributes.push((attribute, value.to_owned()));
        Ok(self)
    }

    /// Tells whether the name has no attribute.
    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty()
    }

    /// Returns the last common name, if there is one.
    pub fn last_common_name(&self) -> Option<&str> {
        let mut attributes = self.attributes.iter().rev();
        attributes
            .find_map(|(kind, value)| (*kind == Attribute::CommonName).then_some(value.as_str()))
    }

    pub(super) fn to_der(&self) -> der::Result<Any> {
        let names = self.attributes.iter().map(relative_name).collect::<der::Result<Vec<_>>>()?;
        Any::encode_from(&names)
    }
}

fn check(attribute: Attribute, value: &str) -> Result<(), NameError> {
    let broken_rule = match attribute {
        _ if value.is_empty() => return Err(NameError::Empty(attribute)),
        _ if value.chars().any(char::is_control) => Some("control characters are not allowed"),
        Attribute::Country => (!is_country(value)).then_some("it must be two capital letters"),
        Attribute::DomainComponent => (!value.is_ascii()).then_some("it must be ASCII"),
        _ => None,
    };
    match broken_rule {
        Some(rule) => Err(NameError::Invalid { attribute, value: value.to_owned(), rule }),
        None => Ok(()),
    }
}

fn is_country(value: &str) -> bool {
    value.len() == 2 && value.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn relative_name(
    (attribute, value): &(Attribute, String),
) -> der::Result<SetOfVec<AttributeTypeAndValue>> {
    let oid = attribute.row().2;
    let value = encode_value(*attribute, value)?;
    SetOfVec::try_from(vec![AttributeTypeAndValue { oid, value }])
}

/// Encodes a value as Go's `encoding/asn1` does: a `PrintableString` where the characters allow
/// it, a `UTF8String` otherwise; a domain component is an `IA5String` (RFC 4519, section 2.4).
fn encode_value(attribute: Attribute, value: &str) -> der::Result<Any> {
    if attribute == Attribute::DomainComponent {
        return Any::encode_from(&Ia5StringRef::new(value)?);
    }
    if value.bytes().all(is_printable) {
        return Any::encode_from(&PrintableStringRef::new(value)?);
    }
    Any::encode_from(&Utf8StringRef::new(value)?)
}

fn is_printable(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&byte)
}

/// Renders the DER of a name as `CN=a, O=b`, in the order of the certificate.
///
/// Attributes without a short name show their object identifier; a value that is no known kind of
/// string shows as hexadecimal.
pub(super) fn display(name: &x509_parser::x509::X509Name<'_>) -> String {
    let attributes = name.iter_attributes().map(|attribute| {
        let oid = attribute.attr_type().to_id_string();
        let value = attribute.attr_value();
        format!("{}={}", short_name(&oid), display_value(value.tag().0, value.data))
    });
    attributes.collect::<Vec<_>>().join(", ")
}

fn short_name(oid: &str) -> &str {
    let row = TABLE.iter().find(|row| row.2.to_string() == oid);
    row.map_or(oid, |row| row.1)
}

fn display_value(tag: u32, data: &[u8]) -> String {
    let is_string = [Tag::Utf8String, Tag::PrintableString, Tag::Ia5String, Tag::TeletexString]
        .into_iter()
        .any(|string| string.number().value() == tag);
    let text = match std::str::from_utf8(data) {
        Ok(text) => text.to_owned(),
        // What software writes under TeletexString is Latin-1, whatever T.61 says.
        Err(_) => data.iter().map(|byte| char::from(*byte)).collect(),
    };
    if !is_string {
        return format!("#{}", super::public_key::hex(data));
    }
    escape(&text)
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            ',' | '+' | '"' | '\\' | '<' | '>' | ';' => escaped.extend(['\\', character]),
            _ if character.is_control() => escaped.extend(character.escape_default()),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use der::Encode as _;

    fn value_tag(value: &str) -> Tag {
        use der::Tagged as _;
        encode_value(Attribute::CommonName, value).unwrap().tag()
    }

    #[test]
    fn strings_are_printable_where_go_makes_them_so() {
        let cases = [
            ("etcd-ca", Tag::PrintableString),
            ("system:masters", Tag::PrintableString),
            ("a b'()+,-./:=?Z9", Tag::PrintableString),
            ("*.etcd.example.org", Tag::Utf8String),
            ("a&b", Tag::Utf8String),
            ("a@b", Tag::Utf8String),
            ("a_b", Tag::Utf8String),
            ("Zürich", Tag::Utf8String),
        ];
        for (value, tag) in cases {
            assert_eq!(value_tag(value), tag, "{value}");
        }
    }

    #[test]
    fn the_encoding_is_the_one_of_a_real_file() {
        // The subject of healthcheck-client.crt, kubeadm 1.20.2.
        let subject = Subject::default()
            .with(Attribute::Organization, "system:masters")
            .and_then(|name| name.with(Attribute::CommonName, "kube-etcd-healthcheck-client"))
            .unwrap();
        let mut expected = vec![0x30, 0x40, 0x31, 0x17, 0x30, 0x15, 6, 3, 0x55, 4, 0x0a, 0x13, 14];
        expected.extend(b"system:masters");
        expected.extend([0x31, 0x25, 0x30, 0x23, 6, 3, 0x55, 4, 3, 0x13, 28]);
        expected.extend(b"kube-etcd-healthcheck-client");
        assert_eq!(subject.to_der().unwrap().to_der().unwrap(), expected);
    }

    #[test]
    fn values_are_checked() {
        let cases = [
            (Attribute::CommonName, ""),
            (Attribute::CommonName, "a\nb"),
            (Attribute::Country, "de"),
            (Attribute::Country, "DEU"),
            (Attribute::DomainComponent, "zürich"),
        ];
        for (attribute, value) in cases {
            assert!(Subject::default().with(attribute, value).is_err(), "{attribute} {value:?}");
        }
        for (attribute, short, _) in TABLE {
            assert_eq!(short.parse(), Ok(attribute));
        }
        assert!("UID".parse::<Attribute>().is_err());
    }
}
