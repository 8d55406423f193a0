//! What `CertificateInfo` says about files that kubeadm and OpenSSL made.

use std::fs;

use quorate_providers::tls::{Authority, Certificate, Era, KeyAlgorithm, KeyUse, ReadError};
use time::macros::datetime;

use crate::openssl;
use crate::samples::{NOW, Role, ca, folder, key};

const PEER: &str = include_str!("fixtures/kubeadm-1.20.2/peer.crt");
const CA: &str = include_str!("fixtures/kubeadm-1.20.2/ca.crt");

#[test]
fn a_leaf_of_kubeadm_is_read_in_full() {
    let certificate = Certificate::from_pem(PEER).unwrap();
    let info = certificate.info().unwrap();
    let folder = folder(&[("c.pem", PEER)]);
    let ask = |what: &str| {
        let text = openssl::run(folder.path(), &format!("x509 -in c.pem -noout {what}")).unwrap();
        text.trim().split_once('=').unwrap().1.replace(':', "").to_lowercase()
    };
    assert_eq!((info.subject.as_str(), info.issuer.as_str()), ("CN=infra0", "CN=etcd-ca"));
    assert_eq!(
        info.alt_names.join(" "),
        "DNS:*.a.example.org DNS:b.example.org DNS:infra0 DNS:localhost \
         IP:10.0.0.6 IP:127.0.0.1 IP:::1 IP:10.0.0.9 IP:fd00::6"
    );
    assert_eq!(info.key_usage, [KeyUse::DigitalSignature, KeyUse::KeyEncipherment]);
    assert_eq!(info.extended_key_usage, ["serverAuth", "clientAuth"]);
    assert_eq!(info.serial, ask("-serial"));
    assert_eq!(info.fingerprint, ask("-fingerprint -sha256"));
    assert_eq!((info.is_ca, info.key_algorithm.as_str()), (false, "RSA-2048"));
    assert!(info.not_before > datetime!(2026-01-01 0:00 UTC) && info.subject_key_id.is_none());
    assert_eq!(
        info.authority_key_id,
        Certificate::from_pem(CA).unwrap().info().unwrap().subject_key_id
    );
}

#[test]
fn kinds_of_keys_are_named() {
    for algorithm in KeyAlgorithm::ALL {
        let info = ca(Era::Modern, algorithm, NOW).certificate().info().unwrap();
        assert_eq!(info.key_algorithm, algorithm.name());
        assert_eq!(info.key_fingerprint, key(algorithm, Role::Ca).public().unwrap().fingerprint());
    }
}

#[test]
fn other_kinds_of_names_and_uses_are_shown() {
    let folder = folder(&[]);
    let config = "[req]\ndistinguished_name=dn\nprompt=no\nx509_extensions=e\n[dn]\nCN=a\n[e]\n\
        subjectAltName=URI:spiffe://a/b,email:a@example.org,RID:1.2.3,dirName:d\n\
        keyUsage=nonRepudiation,dataEncipherment,keyAgreement,cRLSign,encipherOnly,decipherOnly\n\
        extendedKeyUsage=codeSigning,1.3.6.1.5.2.3.4\n[d]\nO=x\nOU=y\n";
    fs::write(folder.path().join("o.cnf"), config).unwrap();
    let make = "req -x509 -newkey ed25519 -nodes -keyout k.pem -config o.cnf -out c.pem";
    openssl::run(folder.path(), make).unwrap();
    let text = fs::read_to_string(folder.path().join("c.pem")).unwrap();
    let info = Certificate::from_pem(&text).unwrap().info().unwrap();
    let names = ["URI:spiffe://a/b", "email:a@example.org", "RID:1.2.3", "dir:O=x, OU=y"];
    assert_eq!(info.alt_names, names);
    assert_eq!(info.extended_key_usage, ["codeSigning", "1.3.6.1.5.2.3.4"]);
    let uses: Vec<_> = info.key_usage.iter().map(KeyUse::to_string).collect();
    assert_eq!(
        uses.join(" "),
        "nonRepudiation dataEncipherment keyAgreement cRLSign encipherOnly decipherOnly"
    );
}

#[test]
fn bundles_are_split_and_joined() {
    let bundle = Certificate::bundle(&format!("old CA\n{CA}\nnew CA\n{PEER}")).unwrap();
    assert_eq!(bundle.len(), 2);
    assert_eq!(Certificate::bundle_to_pem(&bundle), format!("{CA}{PEER}"));
    assert_eq!(Certificate::bundle("nothing"), Err(ReadError::Missing));
    let damaged = CA.replace("MII", "AAA");
    let read = Certificate::bundle(&format!("{CA}{damaged}"));
    assert_eq!(read, Err(ReadError::Damaged { position: 2 }));
}

#[test]
fn an_adopted_key_finds_its_certificate_in_a_bundle() {
    let old = ca(Era::Modern, KeyAlgorithm::Rsa2048, NOW);
    let new = ca(Era::Modern, KeyAlgorithm::EcdsaP256, NOW);
    let both = [old.certificate().clone(), new.certificate().clone()];
    let bundle = Certificate::bundle_to_pem(&both);
    for one in [&old, &new] {
        let adopted = Authority::adopt(&bundle, &one.key().to_pem(), NOW).unwrap();
        assert_eq!(adopted.certificate(), one.certificate());
    }
}
