//! Every byte that a life of a cluster writes, and every argument of every process, is recorded by
//! `strace`; no key and no sensitive value is among them, except on the hosts they are for.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use regex::bytes::Regex;

use crate::workspace::{Workspace, below, said};

const SECRET: &str = "hunter2-correct-horse-battery-staple";

fn hcl(path: &str) -> String {
    format!(
        r#"
        variable "password" {{
          type      = string
          sensitive = true
        }}
        module "etcd" {{
          source        = "builtin:etcd-static-pod"
          transport     = "directory"
          root_dir      = "hosts"
          kubernetes_version = "1.34"
          key_algorithm = "ECDSA-P256"
          members       = {{ infra0 = "10.0.0.6" }}
        }}
        data "host" "h" {{
          name      = "h"
          transport = "directory"
          root      = "hosts/h"
        }}
        resource "terraform_data" "s" {{ input = {{ token = var.password }} }}
        resource "host_file" "s" {{
          host    = data.host.h
          path    = "{path}"
          content = "password: ${{var.password}}\n"
        }}
        output "password" {{
          value     = var.password
          sensitive = true
        }}
        "#
    )
}

/// The lines of a trace, where a call that another thread's call stands in the middle of is one line.
fn whole_calls(trace: &[u8]) -> Vec<Vec<u8>> {
    let begun = Regex::new(r"(?s-u)^(\d+) (.*) <unfinished \.\.\.>$").unwrap();
    let ended = Regex::new(r"(?s-u)^(\d+) +<\.\.\. \w+ resumed>(.*)$").unwrap();
    let (mut open, mut calls) = (BTreeMap::new(), Vec::new());
    for line in trace.split(|byte| *byte == b'\n') {
        if let Some(found) = begun.captures(line) {
            open.insert(found[1].to_vec(), found[2].to_vec());
            continue;
        }
        let halves = ended.captures(line).and_then(|f| Some((open.remove(&f[1])?, f[2].to_vec())));
        calls.push(halves.map_or_else(|| line.to_vec(), |(first, last)| [first, last].concat()));
    }
    // What a kill left open was written, or not: it counts.
    calls.into_iter().chain(open.into_values()).collect()
}

/// What a life wrote: by file, and by what stands for it.
#[derive(Default)]
struct Record {
    written: BTreeMap<String, Vec<u8>>,
    /// The mode that each file was made with.
    modes: BTreeMap<String, u32>,
    /// How the next runs are asked to log.
    environment: Vec<(&'static str, String)>,
}

impl Record {
    /// Runs the binary under `strace` and takes down what was written and started.
    fn run(&mut self, workspace: &Workspace, args: &[&str], code: Option<i32>) {
        let trace = workspace.path("trace");
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq", "-y", "-xx", "-s", "16777216", "-o"]).arg(&trace);
        strace.args(["-e", "trace=write,writev,pwrite64,pwritev,sendto,sendmsg,execve,openat"]);
        if code.is_none() {
            // A run that is killed in its middle.
            strace.args(["-e", "inject=fdatasync:signal=SIGKILL:when=4"]);
            strace.args(["-e", "trace=write,writev,pwrite64,execve,openat,fdatasync"]);
        }
        let mut command = workspace.under(strace, args);
        command.env("QUORATE_VAR_password", SECRET);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let output = command.output().unwrap();
        if let Some(code) = code {
            assert_eq!(output.status.code(), Some(code), "{args:?}\n{}", said(&output));
        }
        self.note("output", said(&output).as_bytes());
        let text = fs::read(&trace).unwrap();
        assert!(text.len() > 200, "nothing was recorded of {args:?}");
        self.take(&text);
    }

    fn take(&mut self, trace: &[u8]) {
        let call = Regex::new(
            r"(?-u)(write|writev|pwrite64|pwritev|sendto|sendmsg|execve)\((\d+<([^>]*)>)?",
        )
        .unwrap();
        let text = Regex::new(r#"(?-u)"((?:\\x[0-9a-f]{2})*)""#).unwrap();
        let made = Regex::new(r"(?-u)openat\(.*O_CREAT.*, 0([0-7]+)\) += \d+<([^>]*)>").unwrap();
        for line in &whole_calls(trace) {
            if let Some(found) = made.captures(line) {
                let mode = String::from_utf8_lossy(&found[1]);
                let place = String::from_utf8_lossy(&unescaped(&found[2])).into_owned();
                self.modes.insert(place, u32::from_str_radix(&mode, 8).unwrap());
            }
            let Some(found) = call.captures(line) else { continue };
            let path = found.get(3).map(|path| unescaped(path.as_bytes())).unwrap_or_default();
            let place = match &found[1] {
                b"execve" => "arguments".to_owned(),
                _ => String::from_utf8_lossy(&path).into_owned(),
            };
            for bytes in text.captures_iter(line) {
                self.note(&place, &unescaped(&bytes[1]));
            }
        }
    }

    fn note(&mut self, place: &str, bytes: &[u8]) {
        self.written.entry(place.to_owned()).or_default().extend_from_slice(bytes);
    }
}

/// The bytes of `\x2f\x78`; other text is itself.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
    let hex = |part: &str| u8::from_str_radix(part, 16).ok();
    match text.strip_prefix("\\x") {
        Some(rest) => rest.split("\\x").filter_map(hex).collect(),
        None => text.into_owned().into_bytes(),
    }
}

/// What must not be found: raw, in hexadecimal and in base64 at every alignment.
struct Needles(Vec<(String, Vec<u8>)>);

impl Needles {
    fn of(secrets: &[(String, Vec<u8>)]) -> Needles {
        let mut needles = Vec::new();
        for (name, secret) in secrets {
            let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
            needles.push((format!("{name} in hexadecimal"), hex.to_uppercase().into_bytes()));
            needles.push((format!("{name} in hexadecimal"), hex.into_bytes()));
            needles.push((name.clone(), secret.clone()));
            for skip in 0..3 {
                // Whole groups of three bytes look the same wherever the text begins.
                let part = &secret[skip..];
                let part = &part[..part.len() / 3 * 3];
                for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
                    needles.push((format!("{name} in base64"), engine.encode(part).into_bytes()));
                }
            }
        }
        Needles(needles)
    }

    fn are_in(&self, bytes: &[u8]) -> bool {
        self.0.iter().any(|(_, needle)| bytes.windows(needle.len()).any(|part| part == needle))
    }

    fn must_be_absent(&self, place: &str, bytes: &[u8]) {
        for (name, needle) in &self.0 {
            let found = bytes.windows(needle.len()).any(|window| window == needle);
            assert!(!found, "{place} holds {name}");
        }
    }
}

/// Each PEM line of a key, and the scalar inside it.
fn key_parts(name: &str, pem: &str) -> Vec<(String, Vec<u8>)> {
    let lines: Vec<&str> = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let der = STANDARD.decode(lines.concat()).unwrap();
    let lines = lines.iter().map(|line| (format!("a line of {name}"), line.as_bytes().to_vec()));
    let mut parts: Vec<_> = lines.filter(|(_, line)| line.len() > 20).collect();
    // SEC 1, C.4: SEQUENCE { INTEGER 1, OCTET STRING of 32 bytes, ... }
    let scalar = der.windows(4).position(|window| window == [2, 1, 1, 4]).unwrap() + 5;
    parts.push((format!("the scalar of {name}"), der[scalar..scalar + 32].to_vec()));
    parts
}

fn keys_on_hosts(workspace: &Workspace) -> Vec<(String, Vec<u8>)> {
    let keys = below(&workspace.work().join("hosts"));
    let keys = keys.into_iter().filter(|path| path.extension().is_some_and(|e| e == "key"));
    keys.flat_map(|path| {
        key_parts(&path.display().to_string(), &fs::read_to_string(&path).unwrap())
    })
    .collect()
}

/// The CA's key, as whoever has the identity gets it.
fn ca_key(workspace: &Workspace) -> Vec<(String, Vec<u8>)> {
    let identity = fs::read_to_string(workspace.path("home/.config/quorate/identity.txt")).unwrap();
    let state = workspace.state();
    let sealed = state["objects"]["module.etcd.pki_ca.this"]["attributes"]["sealed_key"].clone();
    let opener = quorate_providers::seal::Unsealer::with_identities(&identity).unwrap();
    let key = opener.unseal(sealed.as_str().unwrap()).unwrap();
    let text = String::from_utf8(key.to_vec());
    match text {
        Ok(pem) if pem.contains("-----") => key_parts("the CA's key", &pem),
        _ => vec![("the CA's key".to_owned(), key.to_vec())],
    }
}

#[test]
fn no_secret_is_written_anywhere_but_to_its_host() {
    let workspace = Workspace::new(&hcl("/etc/secret"));
    let mut record = Record::default();
    let mut secrets = vec![("the sensitive value".to_owned(), SECRET.as_bytes().to_vec())];
    let yes = "-auto-approve";
    record.run(&workspace, &["plan"], Some(0));
    record.run(&workspace, &["plan", "-out=saved"], Some(0));
    record.run(&workspace, &["show", "saved"], Some(0));
    for form in ["-json", "-markdown", "-html"] {
        record.run(&workspace, &["show", form, "saved"], Some(0));
    }
    record.environment = vec![("QUORATE_LOG", "trace".to_owned())];
    record.run(&workspace, &["apply", yes], None);
    record.environment.push(("QUORATE_LOG_FORMAT", "json".to_owned()));
    record.environment.push(("QUORATE_LOG_PATH", "trace.log".to_owned()));
    record.run(&workspace, &["apply", yes, "-json"], Some(0));
    assert!(fs::metadata(workspace.work().join("trace.log")).unwrap().len() > 1000);
    secrets.extend(keys_on_hosts(&workspace));
    secrets.extend(ca_key(&workspace));
    for args in [&["show"][..], &["show", "-json"], &["output"], &["state", "list"], &["plan"]] {
        record.run(&workspace, args, Some(0));
    }
    for address in workspace.objects().keys() {
        record.run(&workspace, &["state", "show", address], Some(0));
    }
    // An apply that fails: the folder is in the way of the file.
    fs::create_dir_all(workspace.work().join("hosts/h/etc/other/x")).unwrap();
    workspace.write(&hcl("/etc/other"));
    record.run(&workspace, &["apply", yes], Some(3));
    workspace.write(&hcl("/etc/secret"));
    record.run(&workspace, &["apply", yes], Some(0));
    record.run(&workspace, &["plan", "-destroy", "-out=saved", "-json"], Some(0));
    for form in ["-json", "-markdown", "-html"] {
        record.run(&workspace, &["show", form, "saved"], Some(0));
    }
    record.run(&workspace, &["destroy", yes], Some(0));
    check(&workspace, &record, &secrets);
}

/// A call that another thread interrupts is printed in two parts, the second with blanks before `=`.
#[test]
fn a_call_in_two_parts_is_heard_whole() {
    let trace = br#"22962 openat(AT_FDCWD</w>, "\x61", O_RDWR|O_CREAT|O_EXCL|O_CLOEXEC, 0600 <unfinished ...>
22961 write(4</log>, "\x78", 1) = 1
22962 <... openat resumed>)             = 13</w/a>
22962 write(13</w/a>, "\x6b\x65\x79", 3 <unfinished ...>
22961 openat(AT_FDCWD</w>, "\x62", O_WRONLY|O_CREAT|O_CLOEXEC, 0644) = 5</w/b>
22962 <... write resumed>)              = 3
"#;
    let mut record = Record::default();
    record.take(trace);
    let modes = [("/w/a", 0o600), ("/w/b", 0o644)].map(|(place, mode)| (place.to_owned(), mode));
    assert_eq!(record.modes, modes.into());
    let written = [("/log", "x"), ("/w/a", "key")];
    let written = written.map(|(place, text)| (place.to_owned(), text.as_bytes().to_vec()));
    assert_eq!(record.written, written.into());
}

fn check(workspace: &Workspace, record: &Record, secrets: &[(String, Vec<u8>)]) {
    let needles = Needles::of(secrets);
    let hosts = fs::canonicalize(workspace.work()).unwrap().join("hosts");
    let keys: Vec<_> = secrets.iter().filter(|(name, _)| name.contains(".key")).cloned().collect();
    let keys = Needles::of(&keys);
    let (mut checked, mut bytes, mut on_hosts) = (0, 0, Vec::new());
    for (place, written) in &record.written {
        match Path::new(place).starts_with(&hosts) {
            true => {
                on_hosts.extend_from_slice(written);
                if keys.are_in(written) {
                    is_of_its_key(place, record.modes.get(place));
                }
            }
            false => {
                needles.must_be_absent(place, written);
                (checked, bytes) = (checked + 1, bytes + written.len());
            }
        }
    }
    for file in below(&workspace.work()).iter().filter(|path| path.is_file()) {
        let content = fs::read(file).unwrap();
        needles.must_be_absent(&file.display().to_string(), &content);
    }
    // The recorder would have noticed: what is for the hosts is there.
    let heard = |needle: &[u8]| on_hosts.windows(needle.len()).any(|window| window == needle);
    assert!(heard(SECRET.as_bytes()), "the recorder did not hear the sensitive value");
    assert!(secrets.iter().filter(|(name, _)| name.starts_with("a line")).any(|(_, l)| heard(l)));
    for extension in [".journal", ".new", ".lock"] {
        let known = |place: &String| place.ends_with(&format!("quorate.state.json{extension}"));
        assert!(record.written.keys().any(known), "nothing was heard of {extension}");
    }
    println!(
        "{} secrets in {} forms; {checked} places, {bytes} bytes, none found",
        secrets.len(),
        needles.0.len()
    );
}

/// A key is written beside its own place, under a name that says so, for its owner alone from the
/// first byte on.
fn is_of_its_key(place: &str, mode: Option<&u32>) {
    let name = place.rsplit('/').next().unwrap_or_default();
    assert!(name.starts_with('.') && name.ends_with(".key.quorate"), "{place}");
    assert_eq!(mode, Some(&0o600), "{place}");
    assert!(place.contains("/etc/kubernetes/pki/"), "{place}");
}
