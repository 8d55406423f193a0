//! Given kubeadm's key, serial and time we write kubeadm's file, to the last byte.
//!
//! RSA signatures with PKCS#1 padding have no random part, so the signatures must agree too.

use quorate_providers::tls::{
    AltName, Authority, CA_LIFETIME, CaRequest, Certificate, Era, LEAF_LIFETIME, LeafRequest,
    Member, PrivateKey, Profile, PublicKey, Serial, Subject,
};
use x509_parser::prelude::{FromDer as _, X509Certificate};

const CA: &str = include_str!("fixtures/kubeadm-1.20.2/ca.crt");
const CA_KEY: &str = include_str!("fixtures/kubeadm-1.20.2/ca.key");
const SERVER: &str = include_str!("fixtures/kubeadm-1.20.2/server.crt");
const SERVER_KEY: &str = include_str!("fixtures/kubeadm-1.20.2/server.key");
const PEER: &str = include_str!("fixtures/kubeadm-1.20.2/peer.crt");
const HEALTHCHECK: &str = include_str!("fixtures/kubeadm-1.20.2/healthcheck-client.crt");
const APISERVER: &str = include_str!("fixtures/kubeadm-1.20.2/apiserver-etcd-client.crt");

fn member(extra: &[&str]) -> Member {
    let extra = extra.iter().map(|name| name.parse::<AltName>().unwrap()).collect();
    Member::new("infra0", "10.0.0.6".parse().unwrap(), extra).unwrap()
}

fn public_key(certificate: &Certificate) -> PublicKey {
    let (_, parsed) = X509Certificate::from_der(certificate.der()).unwrap();
    PublicKey::from_der(parsed.public_key().raw).unwrap()
}

/// Makes the file again, with nothing but its serial, key and time taken from it.
fn reissue(file: &str, profile: Profile) -> String {
    let golden = Certificate::from_pem(file).unwrap();
    let info = golden.info().unwrap();
    let now = info.not_after - LEAF_LIFETIME;
    let request = LeafRequest {
        era: Era::Classic,
        profile,
        serial: Serial::new(u64::from_str_radix(&info.serial, 16).unwrap()).unwrap(),
        now,
        lifetime: LEAF_LIFETIME,
    };
    let ca = Authority::adopt(CA, CA_KEY, now).unwrap();
    ca.issue(&request, &public_key(&golden)).unwrap().to_pem()
}

#[test]
fn leaves_are_kubeadms_files() {
    let peer = member(&["b.example.org", "10.0.0.9", "*.a.example.org", "fd00::6"]);
    assert_eq!(reissue(SERVER, Profile::Server(member(&["10.0.0.6"]))), SERVER);
    assert_eq!(reissue(PEER, Profile::Peer(peer)), PEER);
    assert_eq!(reissue(HEALTHCHECK, Profile::HealthcheckClient), HEALTHCHECK);
    assert_eq!(reissue(APISERVER, Profile::ApiserverEtcdClient), APISERVER);
}

#[test]
fn the_ca_is_kubeadms_file() {
    let request = CaRequest {
        era: Era::Classic,
        subject: Subject::common_name("etcd-ca").unwrap(),
        serial: Serial::new(7).unwrap(),
        now: Certificate::from_pem(CA).unwrap().info().unwrap().not_before,
        lifetime: CA_LIFETIME,
    };
    let ca = Authority::create(&request, PrivateKey::from_pem(CA_KEY).unwrap()).unwrap();
    assert_eq!(ca.certificate().to_pem(), CA);
}

#[test]
fn kubeadms_keys_are_read_and_written_back() {
    for (key, certificate) in [(CA_KEY, CA), (SERVER_KEY, SERVER)] {
        let read = PrivateKey::from_pem(key).unwrap();
        assert_eq!(*read.to_pem(), key);
        let info = Certificate::from_pem(certificate).unwrap().info().unwrap();
        assert_eq!(info.key_fingerprint, read.public().unwrap().fingerprint());
    }
}
