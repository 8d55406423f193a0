//! CAs of every shape, made by OpenSSL, issue certificates OpenSSL accepts.

use std::fs;
use std::path::Path;

use quorate_providers::tls::{
    AdoptError, Authority, ChainError, Era, KeyAlgorithm, KeyError, Profile, TimeError,
};
use tempfile::TempDir;
use time::{Duration, OffsetDateTime};

use crate::openssl;
use crate::samples::{folder, leaf, request};

/// No setting of the machine's own configuration file is used.
const CONFIG: &str = "\
[req]
distinguished_name = dn
prompt = no
[dn]
CN = unused
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[bare]
basicConstraints = CA:TRUE
subjectKeyIdentifier = none
[leaf]
basicConstraints = CA:FALSE
[nosign]
basicConstraints = critical,CA:TRUE
keyUsage = critical,digitalSignature
";

const P256: &str = "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out k.pem";

/// Makes `k.pem` with one command and `c.pem` with `openssl req -x509`.
fn make(key: &str, subject: &str, mask: &str, extra: &str) -> TempDir {
    let config = CONFIG.replace("[dn]", &format!("string_mask = {mask}\nutf8 = yes\n[dn]"));
    let folder = folder(&[("o.cnf", &config)]);
    openssl::run(folder.path(), key).unwrap();
    let mut arguments = vec!["req", "-x509", "-new", "-config", "o.cnf", "-key", "k.pem"];
    arguments.extend(["-out", "c.pem", "-days", "100", "-utf8", "-subj", subject]);
    arguments.extend(extra.split_whitespace());
    openssl::run_exact(folder.path(), &arguments).unwrap();
    folder
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

fn adopt(folder: &Path) -> Result<Authority, AdoptError> {
    let now = OffsetDateTime::now_utc() + Duration::MINUTE;
    Authority::adopt(&read(folder, "c.pem"), &read(folder, "k.pem"), now)
}

/// Issues from the CA in a folder and has OpenSSL verify the result.
fn check_issues(folder: &Path, what: &str) {
    let ca = adopt(folder).unwrap_or_else(|error| panic!("{what}: {error:?}"));
    assert_eq!(*ca.key().to_pem(), last_block(&read(folder, "k.pem")), "{what}: key rewritten");
    for era in [Era::Classic, Era::Modern] {
        let now = OffsetDateTime::now_utc() + Duration::MINUTE;
        let asked = request(era, Profile::HealthcheckClient, now);
        let (certificate, _) = leaf(&ca, &asked, KeyAlgorithm::EcdsaP256);
        fs::write(folder.join("l.pem"), certificate.to_pem()).unwrap();
        let verify = format!(
            "verify -CAfile c.pem -purpose sslclient -attime {} l.pem",
            (now + Duration::MINUTE).unix_timestamp()
        );
        openssl::run(folder, &verify).unwrap_or_else(|error| panic!("{what}: {error}"));
    }
}

/// A key file may begin with an `EC PARAMETERS` block, which is not the key's.
fn last_block(text: &str) -> String {
    text[text.rfind("-----BEGIN").unwrap()..].to_owned()
}

#[test]
fn keys_of_every_form_are_taken_and_written_back_unchanged() {
    let cases = [
        "genrsa -traditional -out k.pem 2048",
        "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out k.pem",
        "ecparam -name prime256v1 -genkey -out k.pem",
        "ecparam -name secp384r1 -genkey -noout -out k.pem",
        "ecparam -name secp521r1 -genkey -out k.pem",
        P256,
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521 -out k.pem",
        "genpkey -algorithm ED25519 -out k.pem",
    ];
    for key in cases {
        check_issues(make(key, "/CN=etcd-ca", "utf8only", "-extensions ca").path(), key);
    }
}

#[test]
fn subjects_of_every_shape_are_repeated_byte_for_byte() {
    let cases = [
        ("/DC=com/DC=example/O=Example/OU=one/OU=two/CN=ca", "utf8only"),
        ("/CN=first/CN=second", "default"),
        ("/C=DE/ST=Hessen/L=Gießen/O=Bücher/CN=ca", "utf8only"),
        ("/O=Bücher/CN=ca", "MASK:4"),
        ("/O=Bücher/CN=ca", "MASK:2048"),
        ("/CN=ca+OU=unit+O=org", "utf8only"),
        ("/CN=ca/emailAddress=ca@example.org/serialNumber=7/UID=u", "utf8only"),
        ("/CN=a b  c, \"d\"", "utf8only"),
        ("/", "utf8only"),
    ];
    for (subject, mask) in cases {
        check_issues(make(P256, subject, mask, "-extensions ca").path(), subject);
    }
}

#[test]
fn other_hashes_and_bare_extensions_are_taken() {
    let cases = [
        ("genrsa -out k.pem 2048", "-sha512 -extensions ca"),
        ("genrsa -out k.pem 2048", "-sha384 -extensions bare"),
        ("genrsa -out k.pem 2048", "-sigopt rsa_padding_mode:pss -extensions ca"),
        (P256, "-sha512 -extensions bare"),
    ];
    for (key, extra) in cases {
        check_issues(make(key, "/CN=etcd-ca", "utf8only", extra).path(), extra);
    }
}

#[test]
fn the_subject_shows_as_text() {
    let cases = [
        ("/DC=com/DC=example/OU=a/OU=b/CN=c", "utf8only", "DC=com, DC=example, OU=a, OU=b, CN=c"),
        ("/O=Bücher/CN=a,b", "MASK:4", "O=Bücher, CN=a\\,b"),
        ("/CN=a/UID=u", "utf8only", "CN=a, 0.9.2342.19200300.100.1.1=u"),
    ];
    for (subject, mask, shown) in cases {
        let ca = adopt(make(P256, subject, mask, "-extensions ca").path()).unwrap();
        assert_eq!(ca.certificate().info().unwrap().subject, shown);
    }
}

#[test]
fn what_cannot_be_a_ca_is_refused_with_the_reason() {
    let refusal = |folder: TempDir| adopt(folder.path()).unwrap_err();
    let leaf = make(P256, "/CN=a", "utf8only", "-extensions leaf");
    assert!(matches!(refusal(leaf), AdoptError::NotACa(ChainError::NotACa(_))));
    let no_sign = make(P256, "/CN=a", "utf8only", "-extensions nosign");
    assert!(matches!(refusal(no_sign), AdoptError::NotACa(ChainError::MayNotSign(_))));
    let other_key = make(P256, "/CN=a", "utf8only", "-extensions ca");
    openssl::run(other_key.path(), P256).unwrap();
    assert!(matches!(refusal(other_key), AdoptError::OtherKey(_)));
    let other_kind = make(P256, "/CN=a", "utf8only", "-extensions ca");
    openssl::run(other_kind.path(), "genpkey -algorithm ED25519 -out k.pem").unwrap();
    assert!(matches!(refusal(other_kind), AdoptError::OtherKey(_)));
    let weak = make("genrsa -out k.pem 1024", "/CN=a", "utf8only", "-extensions ca");
    assert!(matches!(refusal(weak), AdoptError::Key(KeyError::Rejected { .. })));
}

#[test]
fn a_ca_outside_of_its_life_is_refused() {
    let folder = make(P256, "/CN=a", "utf8only", "-extensions ca");
    let (certificate, key) = (read(folder.path(), "c.pem"), read(folder.path(), "k.pem"));
    let at = |offset| Authority::adopt(&certificate, &key, OffsetDateTime::now_utc() + offset);
    let late = at(Duration::days(101)).unwrap_err();
    assert!(matches!(late, AdoptError::Time(TimeError::Expired(_))));
    let early = at(Duration::days(-1)).unwrap_err();
    assert!(matches!(early, AdoptError::Time(TimeError::NotYet(_))));
}

#[test]
fn encrypted_keys_are_named_as_such() {
    let cases = [
        "genrsa -aes128 -passout pass:secret -traditional -out k.pem 2048",
        "genrsa -aes128 -passout pass:secret -out k.pem 2048",
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes128 -pass pass:secret -out k.pem",
    ];
    for key in cases {
        let folder = make(key, "/CN=a", "utf8only", "-extensions ca -passin pass:secret");
        let error = adopt(folder.path()).unwrap_err();
        assert!(matches!(error, AdoptError::Key(KeyError::Encrypted)), "{key}: {error:?}");
    }
}
