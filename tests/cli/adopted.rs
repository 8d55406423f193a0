//! A certificate that OpenSSL made, with its key, is taken over as it is where it is what the
//! configuration says, and issued again where it is not; its key is read by nobody.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use super::Workspace;

const CONFIG: &str = "\
[req]
distinguished_name = dn
prompt = no
[dn]
CN = unused
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[leaf]
keyUsage = critical,digitalSignature,keyEncipherment
extendedKeyUsage = serverAuth,clientAuth
subjectAltName = DNS:infra0,DNS:localhost,IP:10.0.0.6,IP:127.0.0.1,IP:::1
";

fn hcl(more: &str) -> String {
    format!(
        r#"
        data "host" "a" {{
          name      = "infra0"
          transport = "directory"
          root      = "hosts"
        }}
        resource "pki_ca" "etcd" {{
          certificate_pem = file("ca.crt")
          private_key_pem = file("ca.key")
        }}
        resource "pki_certificate" "server" {{
          host    = data.host.a
          ca      = pki_ca.etcd
          profile = "server"
          name    = "infra0"
          address = "10.0.0.6"
          {more}
        }}
        import {{
          to = pki_certificate.server
          id = "infra0:/etc/kubernetes/pki/etcd/server.crt"
        }}
        "#
    )
}

fn openssl(folder: &Path, command: &str) {
    let words = command.split_whitespace();
    let output = Command::new("openssl").args(words).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A working directory with a CA, and a host with a certificate of it.
fn workspace() -> Workspace {
    let workspace = Workspace::of(Path::new("nowhere"));
    let work = workspace.0.path().join("work");
    let pki = work.join("hosts/etc/kubernetes/pki/etcd");
    fs::create_dir_all(&pki).unwrap();
    fs::write(work.join("o.cnf"), CONFIG).unwrap();
    fs::write(work.join("main.hcl"), hcl("")).unwrap();
    for (name, subject) in [("ca", "/CN=etcd-ca"), ("other", "/CN=etcd-ca")] {
        openssl(
            &work,
            &format!(
                "req -x509 -newkey rsa:2048 -nodes -config o.cnf -extensions ca -days 3650 -subj \
                 {subject} -keyout {name}.key -out {name}.crt"
            ),
        );
    }
    openssl(
        &work,
        "req -newkey rsa:2048 -nodes -config o.cnf -subj /CN=infra0 -keyout server.key -out s.csr",
    );
    sign(&workspace, "ca");
    let key = pki.join("server.key");
    fs::copy(work.join("server.key"), &key).unwrap();
    fs::set_permissions(key, fs::Permissions::from_mode(0o600)).unwrap();
    workspace
}

/// Has a CA sign the certificate of the host's key.
fn sign(workspace: &Workspace, ca: &str) {
    let work = workspace.0.path().join("work");
    openssl(
        &work,
        &format!(
            "x509 -req -in s.csr -CA {ca}.crt -CAkey {ca}.key -set_serial 7 -days 365 -extfile o.cnf \
             -extensions leaf -out hosts/etc/kubernetes/pki/etcd/server.crt"
        ),
    );
    let path = work.join("hosts/etc/kubernetes/pki/etcd/server.crt");
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
}

fn run(workspace: &Workspace, line: &str) -> (String, Option<i32>) {
    let output = workspace.run(line);
    let text = workspace.clean(&output.stdout) + &workspace.clean(&output.stderr);
    (text, output.status.code())
}

#[test]
fn a_certificate_of_openssl_is_taken_over() {
    let workspace = workspace();
    let work = workspace.0.path().join("work");
    run(&workspace, "quorate init");
    let (text, _) = run(&workspace, "quorate plan");
    assert!(text.contains("# pki_certificate.server will be imported"), "{text}");
    assert!(text.contains("Plan: 1 to import, 1 to add, 0 to change, 0 to destroy."), "{text}");
    let (text, code) = run(&workspace, "quorate apply -auto-approve");
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("1 imported, 1 added, 0 changed, 0 destroyed"), "{text}");
    let (text, code) = run(&workspace, "quorate plan -detailed-exitcode");
    assert_eq!(code, Some(0), "{text}");

    // Neither key is in the state, in no line of it.
    let state = fs::read_to_string(work.join("quorate.state.json")).unwrap();
    for key in ["server.key", "ca.key"] {
        let key = fs::read_to_string(work.join(key)).unwrap();
        for line in key.lines().filter(|line| !line.starts_with('-')) {
            assert!(!state.contains(line));
        }
    }
    let there = fs::read_to_string(work.join("hosts/etc/kubernetes/pki/etcd/server.key")).unwrap();
    assert_eq!(there, fs::read_to_string(work.join("server.key")).unwrap());
}

#[test]
fn a_certificate_that_says_something_else_is_issued_again() {
    let cases = [
        ("sans = [\"etcd.example.com\"]", "issued again: sans changes"),
        ("algorithm = \"ECDSA-P256\"", "issued again: algorithm changes"),
    ];
    let workspace = workspace();
    let work = workspace.0.path().join("work");
    let plan = |more: &str| {
        fs::write(work.join("main.hcl"), hcl(more)).unwrap();
        run(&workspace, "quorate plan").0
    };
    for (more, why) in cases {
        let text = plan(more);
        assert!(text.contains(why), "{text}");
        assert!(text.contains("# (imported from \"infra0:/etc/kubernetes"), "{text}");
        assert!(text.contains("Plan: 1 to import, 1 to add, 1 to change, 0 to destroy."), "{text}");
    }
    // What counts for the next certificate is no reason to make this one anew.
    let text = plan("validity_hours = 9000");
    assert!(text.contains("# pki_certificate.server will be imported"), "{text}");
    fs::write(work.join("main.hcl"), hcl("").replace("name    = \"infra0\"", "name = \"infra9\""))
        .unwrap();
    let (text, _) = run(&workspace, "quorate plan");
    assert!(text.contains("issued again: name changes"), "{text}");
    // A CA of the same name is another one.
    fs::write(work.join("main.hcl"), hcl("")).unwrap();
    sign(&workspace, "other");
    let (text, _) = run(&workspace, "quorate plan");
    assert!(text.contains("issued again: its CA is another one"), "{text}");
}
