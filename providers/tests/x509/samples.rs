//! Requests and folders for the tests.

use std::fs;
use std::sync::LazyLock;

use quorate_providers::tls::{
    Authority, CA_LIFETIME, CaRequest, Certificate, Era, KeyAlgorithm, LEAF_LIFETIME, LeafRequest,
    Member, PrivateKey, Profile, Serial, Subject, generate_key,
};
use tempfile::TempDir;
use time::OffsetDateTime;
use time::macros::datetime;

/// A present time that does not pass.
pub const NOW: OffsetDateTime = datetime!(2027-03-04 05:06:07 UTC);

/// A folder with files in it.
pub fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// One key of each kind for CAs and one for leaves, made once: RSA takes its time.
static KEYS: LazyLock<Vec<(KeyAlgorithm, [String; 2])>> = LazyLock::new(|| {
    let make = |algorithm| generate_key(algorithm).unwrap().to_pem().to_string();
    KeyAlgorithm::ALL.map(|algorithm| (algorithm, [make(algorithm), make(algorithm)])).to_vec()
});

/// Which of the two keys of a kind.
#[derive(Clone, Copy)]
pub enum Role {
    Ca,
    Leaf,
}

/// The key of a kind and a role, the same one each time.
pub fn key(algorithm: KeyAlgorithm, role: Role) -> PrivateKey {
    let (_, keys) = KEYS.iter().find(|(kind, _)| *kind == algorithm).unwrap();
    PrivateKey::from_pem(&keys[role as usize]).unwrap()
}

pub fn serial(number: u64) -> Serial {
    Serial::new(number).unwrap()
}

pub fn ca(era: Era, algorithm: KeyAlgorithm, now: OffsetDateTime) -> Authority {
    let request = CaRequest {
        era,
        subject: Subject::common_name("etcd-ca").unwrap(),
        serial: serial(0x11C9_A4F5_264E_0F3B),
        now,
        lifetime: CA_LIFETIME,
    };
    Authority::create(&request, key(algorithm, Role::Ca)).unwrap()
}

pub fn member(name: &str, address: &str) -> Member {
    Member::new(name, address.parse().unwrap(), Vec::new()).unwrap()
}

pub fn request(era: Era, profile: Profile, now: OffsetDateTime) -> LeafRequest {
    LeafRequest { era, profile, serial: serial(0x0102_0304), now, lifetime: LEAF_LIFETIME }
}

/// A leaf with the leaf key of a kind.
pub fn leaf(
    ca: &Authority,
    request: &LeafRequest,
    algorithm: KeyAlgorithm,
) -> (Certificate, PrivateKey) {
    let key = key(algorithm, Role::Leaf);
    let certificate = ca.issue(request, &key.public().unwrap()).unwrap();
    (certificate, key)
}
