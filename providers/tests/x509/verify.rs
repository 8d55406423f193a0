//! `openssl verify` accepts what we issue, and refuses what it should.

use std::path::Path;

use quorate_providers::tls::{
    AltName, Authority, CaRequest, Certificate, ChainError, Era, ExtendedUse, KeyAlgorithm,
    Profile, Subject, Template, Validity, verify_issued_by,
};
use time::Duration;

use crate::openssl;
use crate::samples::{NOW, Role, ca, folder, key, leaf, member, request, serial};

fn verify(folder: &Path, at: time::OffsetDateTime, extra: &str) -> Result<String, String> {
    let at = at.unix_timestamp();
    openssl::run(folder, &format!("verify -x509_strict -CAfile ca.pem -attime {at} {extra} c.pem"))
}

fn accepts(ca: &Authority, certificate: &Certificate, extra: &str) -> Result<String, String> {
    let ca = ca.certificate().to_pem();
    let folder = folder(&[("ca.pem", &ca), ("c.pem", &certificate.to_pem())]);
    verify(folder.path(), NOW, extra)
}

#[test]
fn openssl_accepts_every_profile_of_every_key_and_era() {
    for era in [Era::Classic, Era::Modern] {
        for algorithm in KeyAlgorithm::ALL {
            let ca = ca(era, algorithm, NOW);
            let cases = [
                (Profile::Server(member("infra0", "10.0.0.6")), "-purpose sslserver"),
                (Profile::Peer(member("infra0", "fd00::6")), "-purpose sslserver"),
                (Profile::Peer(member("infra0", "fd00::6")), "-purpose sslclient"),
                (Profile::HealthcheckClient, "-purpose sslclient"),
                (Profile::ApiserverEtcdClient, "-purpose sslclient"),
            ];
            for (profile, purpose) in cases {
                let (certificate, _) = leaf(&ca, &request(era, profile, NOW), algorithm);
                accepts(&ca, &certificate, purpose).unwrap();
            }
        }
    }
}

#[test]
fn openssl_finds_the_names_and_only_those() {
    let ca = ca(Era::Modern, KeyAlgorithm::EcdsaP256, NOW);
    let profile = Profile::Server(member("infra0", "10.0.0.6"));
    let (certificate, _) = leaf(&ca, &request(Era::Modern, profile, NOW), KeyAlgorithm::EcdsaP256);
    for good in ["-verify_hostname infra0", "-verify_hostname localhost", "-verify_ip 10.0.0.6"] {
        accepts(&ca, &certificate, good).unwrap();
    }
    for bad in ["-verify_hostname infra1", "-verify_ip 10.0.0.7", "-verify_ip fd00::6"] {
        accepts(&ca, &certificate, bad).unwrap_err();
    }
    accepts(&ca, &certificate, "-verify_ip ::1").unwrap();
}

/// A CA of the same name and the same kind, with another key.
fn foreign_ca() -> Authority {
    let request = CaRequest {
        era: Era::Modern,
        subject: Subject::common_name("etcd-ca").unwrap(),
        serial: serial(2),
        now: NOW,
        lifetime: Duration::DAY,
    };
    Authority::create(&request, key(KeyAlgorithm::EcdsaP256, Role::Leaf)).unwrap()
}

#[test]
fn openssl_refuses_a_client_as_a_server_and_a_foreign_ca() {
    let ours = ca(Era::Modern, KeyAlgorithm::EcdsaP256, NOW);
    let other = foreign_ca();
    let asked = request(Era::Modern, Profile::HealthcheckClient, NOW);
    let (certificate, _) = leaf(&ours, &asked, KeyAlgorithm::EcdsaP256);
    accepts(&ours, &certificate, "-purpose sslserver").unwrap_err();
    accepts(&other, &certificate, "").unwrap_err();
    assert!(verify_issued_by(&certificate, ours.certificate()).is_ok());
    let refusal = verify_issued_by(&certificate, other.certificate()).unwrap_err();
    assert_eq!(refusal, ChainError::KeyIdentifier("CN=etcd-ca".to_owned()));
}

#[test]
fn openssl_and_we_agree_on_the_first_and_last_second() {
    let ca = ca(Era::Modern, KeyAlgorithm::EcdsaP256, NOW);
    let asked = request(Era::Modern, Profile::HealthcheckClient, NOW);
    let (certificate, _) = leaf(&ca, &asked, KeyAlgorithm::EcdsaP256);
    let info = certificate.info().unwrap();
    let pem = ca.certificate().to_pem();
    let folder = folder(&[("ca.pem", &pem), ("c.pem", &certificate.to_pem())]);
    let cases = [
        (info.not_before, Validity::Valid),
        (info.not_before - Duration::SECOND, Validity::NotYet),
        (info.not_after - Duration::SECOND, Validity::Valid),
        (info.not_after + Duration::SECOND, Validity::Expired),
    ];
    for (at, validity) in cases {
        assert_eq!(info.validity_at(at), validity);
        assert_eq!(verify(folder.path(), at, "").is_ok(), validity == Validity::Valid, "{at}");
    }
    // RFC 5280, section 4.1.2.5, includes the last second, as Go does; OpenSSL leaves it out.
    assert_eq!(info.validity_at(info.not_after), Validity::Valid);
}

#[test]
fn a_free_certificate_says_what_it_was_given() {
    let ca = ca(Era::Modern, KeyAlgorithm::EcdsaP256, NOW);
    let names = ["b.example.org", "*.example.org", "192.0.2.1"];
    let template = Template {
        subject: Subject::default(),
        alt_names: names.map(|name| name.parse::<AltName>().unwrap()).to_vec(),
        uses: vec![ExtendedUse::ServerAuth],
    };
    let asked = request(Era::Modern, Profile::Free(template), NOW);
    let (certificate, _) = leaf(&ca, &asked, KeyAlgorithm::EcdsaP256);
    let info = certificate.info().unwrap();
    assert_eq!(info.alt_names, ["DNS:*.example.org", "DNS:b.example.org", "IP:192.0.2.1"]);
    assert_eq!(info.extended_key_usage, ["serverAuth"]);
    // OpenSSL's strict mode asks for a critical extension when the subject is empty.
    accepts(&ca, &certificate, "-purpose sslserver -verify_hostname a.example.org").unwrap();
}

#[test]
fn openssl_reads_the_keys_and_finds_them_sound() {
    for algorithm in KeyAlgorithm::ALL {
        let key = key(algorithm, Role::Leaf);
        let folder = folder(&[("k.pem", &key.to_pem())]);
        openssl::run(folder.path(), "pkey -in k.pem -check -noout").unwrap();
        openssl::run(folder.path(), "pkey -in k.pem -pubout -outform DER -out p.der").unwrap();
        let public = std::fs::read(folder.path().join("p.der")).unwrap();
        assert_eq!(key.public().unwrap().der(), public, "{algorithm}");
        let digest = openssl::run(folder.path(), "dgst -sha256 -r p.der").unwrap();
        assert!(digest.starts_with(&key.public().unwrap().fingerprint()), "{algorithm}");
    }
}

/// Go's `x509.MarshalECPrivateKey` writes the curve and the public key too.
#[test]
fn an_ec_key_names_its_curve_and_carries_its_public_half() {
    let key = key(KeyAlgorithm::EcdsaP256, Role::Leaf);
    let folder = folder(&[("k.pem", &key.to_pem())]);
    let tree = openssl::run(folder.path(), "asn1parse -in k.pem").unwrap();
    for part in ["OBJECT            :prime256v1", "cont [ 1 ]", "BIT STRING"] {
        assert!(tree.contains(part), "{part} in {tree}");
    }
}
