//! Subject alternative names, with kubeadm's rules for what is one and in which order they stand.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use der::asn1::Ia5String;
use thiserror::Error;
use x509_cert::ext::pkix::name::GeneralName;

/// One name a certificate is good for.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum AltName {
    /// A DNS name in lower case; its first label may be `*`.
    Dns(DnsName),
    /// An address; an IPv4 address in IPv6 form is held, and written, as IPv4, as Go does.
    Ip(IpAddr),
}

/// A DNS name that passed kubeadm's check; made by parsing an [`AltName`].
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DnsName(String);

/// Why a text is no alternative name.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum AltNameError {
    /// Neither an address nor a DNS name.
    #[error(
        "{0:?} is neither an IP address nor a DNS name of lower-case letters, digits, \"-\" and \".\""
    )]
    Invalid(String),
    /// Digits and dots, but no address. kubeadm takes it for a DNS name that nothing can match.
    #[error("{0:?} looks like an IP address but is none")]
    BrokenAddress(String),
    /// A node name is a DNS name without a wildcard.
    #[error("{0:?} is not a node name: expected a DNS name without a wildcard")]
    NotANodeName(String),
}

impl FromStr for AltName {
    type Err = AltNameError;

    fn from_str(text: &str) -> Result<Self, AltNameError> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Ip(address.to_canonical()));
        }
        DnsName::parse(text).map(Self::Dns)
    }
}

impl fmt::Display for AltName {
    /// Writes `DNS:infra0` or `IP:10.0.0.6`, the form [`super::CertificateInfo`] has too.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => write!(f, "DNS:{}", name.0),
            Self::Ip(address) => write!(f, "IP:{address}"),
        }
    }
}

impl DnsName {
    /// Takes a DNS name after RFC 1123, with an optional leading `*.`.
    ///
    /// Source: kubeadm's `appendSANsToAltNames`, over apimachinery's `IsDNS1123Subdomain` and
    /// `IsWildcardDNS1123Subdomain`.
    fn parse(text: &str) -> Result<Self, AltNameError> {
        let name = text.strip_prefix("*.").unwrap_or(text);
        if name.len() > 253 || !name.split('.').all(is_label) {
            return Err(AltNameError::Invalid(text.to_owned()));
        }
        if looks_like_an_address(name) {
            return Err(AltNameError::BrokenAddress(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }

    /// Takes a node's name as kubeadm does: lower-cased, then a DNS name without a wildcard.
    pub(super) fn node(text: &str) -> Result<Self, AltNameError> {
        match Self::parse(&text.trim().to_lowercase()) {
            Ok(name) if !name.0.starts_with('*') => Ok(name),
            _ => Err(AltNameError::NotANodeName(text.to_owned())),
        }
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Orders names as kubeadm does: DNS names sorted, then addresses as they came, each only once.
///
/// Source: `RemoveDuplicateAltNames` in kubeadm's `pkiutil`; Go writes DNS names before addresses.
pub(super) fn in_order(names: impl IntoIterator<Item = AltName>) -> Vec<AltName> {
    let mut dns = BTreeSet::new();
    let mut addresses = Vec::new();
    for name in names {
        match name {
            AltName::Dns(name) => {
                dns.insert(name);
            }
            AltName::Ip(address) => {
                let address = address.to_canonical();
                if !addresses.contains(&address) {
                    addresses.push(address);
                }
            }
        }
    }
    let dns = dns.into_iter().map(AltName::Dns);
    dns.chain(addresses.into_iter().map(AltName::Ip)).collect()
}

pub(super) fn to_general_name(name: &AltName) -> der::Result<GeneralName> {
    match name {
        AltName::Dns(name) => Ok(GeneralName::DnsName(Ia5String::new(name.as_str())?)),
        AltName::Ip(address) => Ok(GeneralName::from(*address)),
    }
}

fn is_label(label: &str) -> bool {
    let edge = |byte: Option<u8>| byte.is_some_and(is_letter_or_digit);
    (1..=63).contains(&label.len())
        && edge(label.bytes().next())
        && edge(label.bytes().last())
        && label.bytes().all(|byte| is_letter_or_digit(byte) || byte == b'-')
}

fn is_letter_or_digit(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

fn looks_like_an_address(name: &str) -> bool {
    name.contains('.') && name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_or_refused() {
        let taken = [
            ("infra0", "DNS:infra0"),
            ("*.etcd.example.org", "DNS:*.etcd.example.org"),
            ("10.0.0.6", "IP:10.0.0.6"),
            ("::1", "IP:::1"),
            ("::ffff:10.0.0.6", "IP:10.0.0.6"),
            ("0-a.b", "DNS:0-a.b"),
        ];
        for (text, shown) in taken {
            assert_eq!(text.parse::<AltName>().unwrap().to_string(), shown);
        }
        let long_label = "a".repeat(64);
        let refused = ["", "Infra0", "bad_host name", "a..b", "-a", "a-", "*", "*a.b", &long_label];
        for text in refused {
            assert_eq!(text.parse::<AltName>(), Err(AltNameError::Invalid(text.to_owned())));
        }
        for text in ["10.0.0.300", "1.2.3", "10.0.0.6.1"] {
            assert_eq!(text.parse::<AltName>(), Err(AltNameError::BrokenAddress(text.to_owned())));
        }
    }

    #[test]
    fn node_names_are_lower_cased_and_have_no_wildcard() {
        let cases = [
            ("Infra0", Some("infra0")),
            ("node1.example.org", Some("node1.example.org")),
            ("1", Some("1")),
            ("*.example.org", None),
            ("Infra_0", None),
            ("10.0.0.6", None),
        ];
        for (text, name) in cases {
            assert_eq!(DnsName::node(text).ok().as_ref().map(DnsName::as_str), name, "{text}");
        }
    }

    #[test]
    fn dns_names_are_sorted_and_addresses_keep_their_order() {
        let given = ["10.0.0.6", "z", "127.0.0.1", "::1", "10.0.0.5", "a", "10.0.0.6", "z"];
        let names = in_order(given.map(|text| text.parse().unwrap()));
        let shown: Vec<_> = names.iter().map(AltName::to_string).collect();
        let expected = ["DNS:a", "DNS:z", "IP:10.0.0.6", "IP:127.0.0.1", "IP:::1", "IP:10.0.0.5"];
        assert_eq!(shown, expected);
    }
}
