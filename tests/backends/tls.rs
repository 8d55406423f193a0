//! The HTTP backend with certificates on both sides.

use std::fs;
use std::path::Path;
use std::process::Command;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use super::{Machine, Server, holds};

/// Writes a key and a certificate of an authority.
fn issue(dir: &Path, name: &str, authority: &CertifiedIssuer<'_, KeyPair>) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    let certificate = params.signed_by(&key, authority).unwrap();
    fs::write(dir.join(format!("{name}.pem")), certificate.pem()).unwrap();
    fs::write(dir.join(format!("{name}.key")), key.serialize_pem()).unwrap();
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, "authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

struct Site {
    server: Server,
    certificates: tempfile::TempDir,
    _states: tempfile::TempDir,
}

impl Site {
    fn start() -> Site {
        let (certificates, states) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let dir = certificates.path();
        let ours = authority();
        fs::write(dir.join("ca.pem"), ours.pem()).unwrap();
        issue(dir, "server", &ours);
        issue(dir, "client", &ours);
        issue(dir, "stranger", &authority());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/backends/http_server.py");
        let mut command = Command::new("python3");
        command.arg(script).arg(states.path()).arg(dir);
        Site { server: Server::start(command), certificates, _states: states }
    }

    fn path(&self, name: &str) -> String {
        self.certificates.path().join(name).display().to_string()
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.certificates.path().join(name)).unwrap()
    }

    /// A machine with settings besides the address.
    fn machine(&self, settings: &str, environment: &[(&'static str, &str)]) -> Machine {
        let port = self.server.port;
        let main = format!(
            "quorate {{\n  backend \"http\" {{\n    address = \"https://127.0.0.1:{port}/state\"\n    \
             lock_address = \"https://127.0.0.1:{port}/state/lock\"\n    \
             unlock_address = \"https://127.0.0.1:{port}/state/lock\"\n    lock_method = \"POST\"\n    \
             unlock_method = \"DELETE\"\n    retry_max = 0\n{settings}  }}\n}}\n\
             resource \"terraform_data\" \"x\" {{\n}}\n"
        );
        let user = [("QUORATE_HTTP_USERNAME", "ada"), ("QUORATE_HTTP_PASSWORD", "hunter2-http")];
        Machine::new(&main, &[&user, environment].concat())
    }
}

#[test]
#[ignore = "needs servers; tests/run-backends"]
fn a_life_over_tls_with_a_certificate_of_our_own() {
    let site = Site::start();
    let files = ["ca.pem", "client.pem", "client.key"].map(|name| site.path(name));
    let settings = format!(
        "    client_ca_certificate_pem = {:?}\n    client_certificate_pem = {:?}\n    \
         client_private_key_pem = {:?}\n",
        files[0], files[1], files[2]
    );
    let by_file = site.machine(&settings, &[]);
    by_file.good("init");
    by_file.good("apply -auto-approve");
    by_file.good("plan -detailed-exitcode");
    let (ca, certificate, key) =
        (site.text("ca.pem"), site.text("client.pem"), site.text("client.key"));
    let variables = [
        ("QUORATE_HTTP_CLIENT_CA_CERTIFICATE_PEM", &*ca),
        ("QUORATE_HTTP_CLIENT_CERTIFICATE_PEM", &*certificate),
        ("QUORATE_HTTP_CLIENT_PRIVATE_KEY_PEM", &*key),
    ];
    let by_text = site.machine("", &variables);
    by_text.good("init");
    by_text.good("plan -detailed-exitcode");
    assert_eq!(by_text.good("state list").trim(), "terraform_data.x");
    let secret = key.lines().nth(1).unwrap();
    assert!(!holds(by_text.dir.path(), secret) && !holds(by_file.dir.path(), secret));
}

/// What is said where the server turns one away.
fn refused(machine: &Machine) -> String {
    machine.good("init");
    machine.bad("state list")
}

#[test]
#[ignore = "needs servers; tests/run-backends"]
fn who_shows_no_certificate_or_another_one_is_told() {
    let site = Site::start();
    let ca = site.text("ca.pem");
    let ca = ("QUORATE_HTTP_CLIENT_CA_CERTIFICATE_PEM", &*ca);
    let told = refused(&site.machine("", &[ca]));
    assert!(
        told.contains("State not accessible") && told.contains("set client_certificate_pem"),
        "{told}"
    );
    let stranger = [site.text("stranger.pem"), site.text("stranger.key")];
    let pair = [
        ca,
        ("QUORATE_HTTP_CLIENT_CERTIFICATE_PEM", &*stranger[0]),
        ("QUORATE_HTTP_CLIENT_PRIVATE_KEY_PEM", &*stranger[1]),
    ];
    let told = refused(&site.machine("", &pair));
    assert!(told.contains("State not accessible"), "{told}");
    let told = site.machine("", &pair[..2]).bad("init");
    assert!(told.contains("\"client_private_key_pem\" is missing"), "{told}");
    let told = refused(&site.machine("", &[]));
    assert!(told.contains("certificate"), "an unknown authority: {told}");
    let key = site.path("client.key");
    let line = format!("init -backend-config=client_private_key_pem={key}");
    let certificate = site.text("client.pem");
    let both = [ca, ("QUORATE_HTTP_CLIENT_CERTIFICATE_PEM", &*certificate)];
    let machine = site.machine("", &both);
    machine.good(&line);
    machine.good("state list");
}
