//! The certificates an etcd cluster needs, and a free one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use der::oid::ObjectIdentifier;

use super::alt_name::{self, AltName, AltNameError, DnsName};
use super::era::Era;
use super::name::{Attribute, NameError, Subject};

/// What a certificate may be used for (RFC 5280, section 4.2.1.12).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ExtendedUse {
    /// To answer as a TLS server.
    ServerAuth,
    /// To call as a TLS client.
    ClientAuth,
}

/// One member of the cluster, as its certificates name it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Member {
    name: DnsName,
    address: IpAddr,
    extra: Vec<AltName>,
}

/// What a certificate says besides issuer, serial, time and key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Template {
    /// The subject.
    pub subject: Subject,
    /// The alternative names; written in kubeadm's order, each once.
    pub alt_names: Vec<AltName>,
    /// The extended uses, in order; none leaves the extension out.
    pub uses: Vec<ExtendedUse>,
}

/// What a certificate is for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Profile {
    /// `etcd/server.crt`: what a member shows to clients.
    Server(Member),
    /// `etcd/peer.crt`: what a member shows to its peers, calling and called.
    Peer(Member),
    /// `etcd/healthcheck-client.crt`: what a probe on the host shows.
    HealthcheckClient,
    /// `apiserver-etcd-client.crt`: what the API server shows.
    ApiserverEtcdClient,
    /// Anything else.
    Free(Template),
}

impl ExtendedUse {
    /// The name in [`super::CertificateInfo`]: `serverAuth`.
    pub fn name(self) -> &'static str {
        match self {
            Self::ServerAuth => "serverAuth",
            Self::ClientAuth => "clientAuth",
        }
    }

    pub(super) fn oid(self) -> ObjectIdentifier {
        match self {
            Self::ServerAuth => ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1"),
            Self::ClientAuth => ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2"),
        }
    }
}

impl Member {
    /// Takes a node's name, the address it advertises, and further alternative names.
    ///
    /// The further names are kubeadm's `serverCertSANs` or `peerCertSANs`.
    ///
    /// # Errors
    /// Fails if the name, lower-cased as kubeadm does, is no DNS name.
    pub fn new(name: &str, address: IpAddr, extra: Vec<AltName>) -> Result<Self, AltNameError> {
        Ok(Self { name: DnsName::node(name)?, address, extra })
    }

    /// Lists the alternative names as they stand in the certificate.
    ///
    /// DNS: the sorted set of the node's name, `localhost` and the further names.
    /// Addresses: the advertised one, 127.0.0.1, ::1, then the further ones, each once.
    /// Source: kubeadm's `getAltNames` for etcd, checked with files of kubeadm 1.20.2.
    fn alt_names(&self) -> Result<Vec<AltName>, AltNameError> {
        let own = [
            AltName::Dns(self.name.clone()),
            "localhost".parse()?,
            AltName::Ip(self.address.to_canonical()),
            AltName::Ip(Ipv4Addr::LOCALHOST.into()),
            AltName::Ip(Ipv6Addr::LOCALHOST.into()),
        ];
        Ok(alt_name::in_order(own.into_iter().chain(self.extra.iter().cloned())))
    }

    fn template(&self) -> Result<Template, TemplateError> {
        Ok(Template {
            subject: Subject::common_name(self.name.as_str())?,
            alt_names: self.alt_names()?,
            uses: vec![ExtendedUse::ServerAuth, ExtendedUse::ClientAuth],
        })
    }
}

/// Why a profile gives no template; with a [`Member`] made by its constructor it always does.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TemplateError {
    /// The subject is not valid.
    #[error("the subject is not valid")]
    Subject(#[from] NameError),
    /// An alternative name is not valid.
    #[error("an alternative name is not valid")]
    AltName(#[from] AltNameError),
}

impl Profile {
    /// Returns what a certificate of this profile says in an era.
    ///
    /// # Errors
    /// Fails only for names no constructor lets pass.
    pub fn template(&self, era: Era) -> Result<Template, TemplateError> {
        match self {
            Self::Server(member) | Self::Peer(member) => member.template(),
            Self::HealthcheckClient => client("kube-etcd-healthcheck-client", era),
            Self::ApiserverEtcdClient => client("kube-apiserver-etcd-client", era),
            Self::Free(template) => Ok(Template {
                alt_names: alt_name::in_order(template.alt_names.iter().cloned()),
                ..template.clone()
            }),
        }
    }
}

fn client(common_name: &str, era: Era) -> Result<Template, TemplateError> {
    let subject = match era.client_organization() {
        Some(group) => Subject::default().with(Attribute::Organization, group)?,
        None => Subject::default(),
    };
    Ok(Template {
        subject: subject.with(Attribute::CommonName, common_name)?,
        alt_names: Vec::new(),
        uses: vec![ExtendedUse::ClientAuth],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(member: &Member) -> Vec<String> {
        member.alt_names().unwrap().iter().map(AltName::to_string).collect()
    }

    #[test]
    fn further_names_go_where_kubeadm_puts_them() {
        let extra = ["b.example.org", "a.example.org", "10.0.0.9", "127.0.0.1", "infra0"]
            .map(|text| text.parse().unwrap());
        let member = Member::new("Infra0", "fd00::6".parse().unwrap(), extra.to_vec()).unwrap();
        let expected = [
            "DNS:a.example.org",
            "DNS:b.example.org",
            "DNS:infra0",
            "DNS:localhost",
            "IP:fd00::6",
            "IP:127.0.0.1",
            "IP:::1",
            "IP:10.0.0.9",
        ];
        assert_eq!(names(&member), expected);
    }

    #[test]
    fn a_member_called_localhost_is_named_once() {
        let member = Member::new("localhost", "127.0.0.1".parse().unwrap(), Vec::new()).unwrap();
        assert_eq!(names(&member), ["DNS:localhost", "IP:127.0.0.1", "IP:::1"]);
    }
}
