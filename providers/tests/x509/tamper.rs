//! No altered byte passes, and none makes the reader panic.

use quorate_providers::tls::{Certificate, Era, KeyAlgorithm, Profile, verify_issued_by};

use crate::samples::{NOW, ca, leaf, member, request};

#[test]
fn a_certificate_with_any_byte_altered_is_refused() {
    for algorithm in [KeyAlgorithm::Rsa2048, KeyAlgorithm::EcdsaP256, KeyAlgorithm::Ed25519] {
        let ca = ca(Era::Modern, algorithm, NOW);
        let asked = request(Era::Modern, Profile::Server(member("infra0", "10.0.0.6")), NOW);
        let (certificate, _) = leaf(&ca, &asked, algorithm);
        for index in 0..certificate.der().len() {
            for flip in [0x01, 0x20, 0x80, 0xff] {
                let mut der = certificate.der().to_vec();
                der[index] ^= flip;
                assert!(!passes(&der, ca.certificate()), "{algorithm}: byte {index} ^ {flip:#x}");
            }
        }
        assert!(passes(certificate.der(), ca.certificate()));
    }
}

#[test]
fn a_ca_with_any_byte_altered_does_not_make_the_reader_panic() {
    let ca = ca(Era::Modern, KeyAlgorithm::EcdsaP256, NOW);
    let asked = request(Era::Modern, Profile::HealthcheckClient, NOW);
    let (certificate, _) = leaf(&ca, &asked, KeyAlgorithm::EcdsaP256);
    for index in 0..ca.certificate().der().len() {
        for byte in [0x00, 0x01, 0x30, 0x7f, 0x80, 0x84, 0xff] {
            let mut der = ca.certificate().der().to_vec();
            der[index] = byte;
            if let Some(altered) = Certificate::from_der(&der) {
                let _ = altered.info();
                let _ = verify_issued_by(&certificate, &altered);
            }
        }
    }
}

/// Reads, shows and verifies, as far as each succeeds.
fn passes(der: &[u8], ca: &Certificate) -> bool {
    let Some(altered) = Certificate::from_der(der) else { return false };
    let _ = altered.info();
    verify_issued_by(&altered, ca).is_ok()
}
