//! Every column of the tables of real kubeadm files, as OpenSSL shows our certificates.

use std::collections::BTreeMap;

use quorate_providers::tls::{
    Authority, CA_LIFETIME, CaRequest, Certificate, Era, KeyAlgorithm, LeafRequest, PrivateKey,
    Profile, Serial, Subject,
};
use time::{Duration, OffsetDateTime};

use crate::openssl;
use crate::samples::{self, NOW, Role, folder, member};

const CLASSIC: &str = include_str!("fixtures/kubeadm-1.20.2/certificates.md");
const MODERN: &str = include_str!("fixtures/kubeadm-1.34.1-derived.md");

/// One line of a table: column name to cell.
type Row = BTreeMap<&'static str, String>;

const COLUMNS: [&str; 16] = [
    "file",
    "subject",
    "issuer",
    "SAN",
    "KU",
    "EKU",
    "BC",
    "key",
    "sig",
    "validity",
    "serial",
    "AKI/SKI",
    "mode",
    "key PEM",
    "ext order",
    "ver",
];

fn rows(table: &str) -> Vec<Row> {
    let lines = table.lines().filter(|line| line.contains(".crt"));
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()
    };
    lines.map(|line| COLUMNS.into_iter().zip(cells(line)).collect()).collect()
}

/// Which member a file belongs to, by the address its path starts with.
fn host(file: &str) -> (&'static str, &'static str) {
    match file.split('/').next() {
        Some("10.0.0.7") => ("infra1", "10.0.0.7"),
        Some("10.0.0.8") => ("infra2", "10.0.0.8"),
        _ => ("infra0", "10.0.0.6"),
    }
}

fn profile(file: &str) -> Option<Profile> {
    let (name, address) = host(file);
    match file.rsplit('/').next()? {
        "server.crt" => Some(Profile::Server(member(name, address))),
        "peer.crt" => Some(Profile::Peer(member(name, address))),
        "healthcheck-client.crt" => Some(Profile::HealthcheckClient),
        "apiserver-etcd-client.crt" => Some(Profile::ApiserverEtcdClient),
        _ => None,
    }
}

/// `31536005s (365.0001 d)` to seconds.
fn seconds(row: &Row) -> i64 {
    row["validity"].split('s').next().unwrap().parse().unwrap()
}

/// `62F8A75EC79D42B0 (8 B)` to a number.
fn serial(row: &Row) -> u64 {
    u64::from_str_radix(row["serial"].split(' ').next().unwrap(), 16).unwrap()
}

fn create_ca(era: Era, row: &Row) -> Authority {
    let request = CaRequest {
        era,
        subject: Subject::common_name("etcd-ca").unwrap(),
        serial: Serial::new(serial(row).max(1)).unwrap(),
        now: NOW,
        lifetime: CA_LIFETIME,
    };
    Authority::create(&request, samples::key(KeyAlgorithm::Rsa2048, Role::Ca)).unwrap()
}

/// A leaf of 1.20 lasts a year and as long as its CA was old, so the table tells the time it was
/// made at.
fn issue(era: Era, ca: &Authority, row: &Row, profile: Profile) -> (Certificate, PrivateKey) {
    let age = match era {
        Era::Classic => Duration::seconds(seconds(row)) - Duration::days(365),
        Era::Modern => Duration::ZERO,
    };
    let request = LeafRequest {
        era,
        profile,
        serial: Serial::new(serial(row)).unwrap(),
        now: NOW + age,
        lifetime: Duration::days(365),
    };
    let key = samples::key(KeyAlgorithm::Rsa2048, Role::Leaf);
    (ca.issue(&request, &key.public().unwrap()).unwrap(), key)
}

/// Renders a certificate as a row, from OpenSSL's output alone.
fn render(certificate: &Certificate, key: &PrivateKey) -> Row {
    let folder = folder(&[("c.pem", &certificate.to_pem())]);
    let ask =
        |what: &str| openssl::run(folder.path(), &format!("x509 -noout -in c.pem {what}")).unwrap();
    let text = ask("-text");
    let name = |what: &str| ask(what).trim().split_once('=').unwrap().1.to_owned();
    let extension = |name| openssl::extension(&text, name).unwrap_or_else(|| "-".to_owned());
    let order = openssl::extension_names(&text).join(" > ");
    let bits = openssl::field(&text, "Public-Key:").trim_matches(['(', ')']);
    let serial = name("-serial");
    Row::from([
        ("subject", name("-subject")),
        ("issuer", name("-issuer")),
        ("SAN", extension("Subject Alternative Name")),
        ("KU", extension("Key Usage")),
        ("EKU", extension("Extended Key Usage")),
        ("BC", extension("Basic Constraints")),
        ("key", format!("{} {bits}", openssl::field(&text, "Public Key Algorithm:"))),
        ("sig", openssl::field(&text, "Signature Algorithm:").to_owned()),
        ("validity", validity(&ask("-dates -dateopt iso_8601"))),
        ("serial", format!("{serial} ({} B)", serial.len() / 2)),
        ("key PEM", key.to_pem().lines().next().unwrap().to_owned()),
        ("ext order", order),
        ("ver", openssl::field(&text, "Version:").to_owned()),
        ("AKI", extension("Authority Key Identifier")),
        ("SKI", extension("Subject Key Identifier")),
    ])
}

fn validity(dates: &str) -> String {
    let time = |name| {
        let text = openssl::field(dates, name).replace(' ', "T");
        let form = &time::format_description::well_known::Rfc3339;
        OffsetDateTime::parse(&text, form).unwrap()
    };
    let seconds = (time("notAfter=") - time("notBefore=")).whole_seconds();
    format!("{seconds}s ({:.4} d)", seconds as f64 / 86400.0)
}

/// OpenSSL writes `CN = a` up to 3.1 and `CN=a` after.
fn plain(cell: &str) -> String {
    cell.replace(" = ", "=").trim().to_owned()
}

fn compare(golden: &Row, ours: &Row) {
    for (column, cell) in ours {
        if let Some(expected) = golden.get(column) {
            // A host that was not given the CA's key has no key to compare.
            if *column != "key PEM" || expected != "-" {
                assert_eq!(plain(cell), plain(expected), "{column} of {}", golden["file"]);
            }
        }
    }
}

/// The table's cell tells who has which identifier; ours must pair up in the same way.
fn compare_identifiers(golden: &Row, ours: &Row, ca: &Row) {
    match golden["AKI/SKI"].starts_with("AKI -") {
        true => assert_eq!((ours["AKI"].as_str(), ours["SKI"].len()), ("-", 59)),
        false => assert_eq!((&ours["AKI"], ours["SKI"].as_str()), (&ca["SKI"], "-")),
    }
}

fn check_table(era: Era, table: &str) {
    let rows = rows(table);
    let ca_row = rows.iter().find(|row| row["file"].ends_with("ca.crt")).unwrap();
    let ca = create_ca(era, ca_row);
    let ca_rendered = render(ca.certificate(), ca.key());
    for row in &rows {
        let ours = match profile(&row["file"]) {
            Some(profile) => {
                let (certificate, key) = issue(era, &ca, row, profile);
                render(&certificate, &key)
            }
            None => ca_rendered.clone(),
        };
        compare(row, &ours);
        compare_identifiers(row, &ours, &ca_rendered);
    }
}

#[test]
fn classic_certificates_match_kubeadm_1_20_2_in_every_column() {
    assert_eq!(rows(CLASSIC).len(), 15);
    check_table(Era::Classic, CLASSIC);
}

#[test]
fn modern_certificates_match_kubeadm_1_34_1_in_every_column() {
    assert_eq!(rows(MODERN).len(), 5);
    check_table(Era::Modern, MODERN);
}

/// OpenSSL's text does not tell a `PrintableString` from a `UTF8String`.
#[test]
fn names_are_printable_strings() {
    let ca = create_ca(Era::Classic, &rows(CLASSIC)[1]);
    let (certificate, _) = issue(Era::Classic, &ca, &rows(CLASSIC)[0], Profile::HealthcheckClient);
    let folder = folder(&[("c.pem", &certificate.to_pem())]);
    let tree = openssl::run(folder.path(), "asn1parse -in c.pem").unwrap();
    assert_eq!(tree.matches("PRINTABLESTRING").count(), 3, "{tree}");
    assert_eq!(tree.matches("UTF8STRING").count(), 0, "{tree}");
}
