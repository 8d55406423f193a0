//! The cases: what was applied, what changed, and which command then says what.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::{Folder, golden};

const CLUSTER: &str = r#"module "etcd" {
  source             = "builtin:etcd-static-pod"
  kubernetes_version = "1.33"
  transport          = "directory"
  root_dir           = "hosts"

  members = {
    infra0 = "10.0.0.6"
    infra1 = "10.0.0.7"
    infra2 = "10.0.0.8"
  }
}
"#;

const FILES: &str = r#"variable "motd" {
  default = "welcome\n"
}

data "host" "a" {
  name      = "a"
  transport = "directory"
  root      = "hosts/a"
}

data "host" "b" {
  name      = "b"
  transport = "directory"
  root      = "hosts/b"
}

resource "host_file" "motd" {
  for_each = { a = data.host.a, b = data.host.b }
  host     = each.value
  path     = "/etc/motd"
  content  = var.motd
}

resource "host_file" "config" {
  host    = data.host.a
  path    = "/etc/app.yaml"
  content = yamlencode({ name = "app", ports = [1, 2], tier = { level = 1 } })
}

resource "terraform_data" "release" {
  input            = var.motd
  triggers_replace = host_file.config.sha256
}
"#;

const PKI: &str = r#"data "host" "a" {
  name      = "a"
  transport = "directory"
  root      = "hosts/a"
}

resource "pki_ca" "etcd" {
  common_name = "etcd-ca"
  algorithm   = "ECDSA-P256"
}

resource "pki_certificate" "server" {
  host               = data.host.a
  ca                 = pki_ca.etcd
  profile            = "server"
  name               = "a"
  address            = "10.0.0.6"
  kubernetes_version = "1.34"
  algorithm          = "ECDSA-P256"
  sans               = ["etcd.example"]
}
"#;

const MANIFEST: &str = "hosts/infra1/etc/kubernetes/manifests/etcd.yaml";

/// One thing after the other in a cluster that was applied once: each is undone for the next.
#[test]
fn a_cluster_changes() {
    golden("first-plan", &Folder::new(CLUSTER).quorate(&["plan"]));
    let folder = Folder::applied(CLUSTER);
    golden("nothing", &folder.quorate(&["plan"]));
    golden("destroy", &folder.quorate(&["plan", "-destroy"]));

    let case = |name: &str, from: &str, to: &str| {
        folder.edit("main.hcl", from, to);
        golden(name, &folder.quorate(&["plan"]));
        folder.write("main.hcl", CLUSTER);
    };
    let more = |text: &str| format!("root_dir           = \"hosts\"\n{text}\n");
    let root = "root_dir           = \"hosts\"\n";
    case("extra-flag", root, &more("  extra_args = { quota-backend-bytes = \"8589934592\" }"));
    case("image", root, &more("  image = \"registry.example/etcd:3.5.16\""));
    case("version", "\"1.33\"", "\"1.34\"");
    case("key-algorithm", root, &more("  key_algorithm = \"ECDSA-P256\""));
    case("member-removed", "    infra2 = \"10.0.0.8\"\n", "");
    case("member-added", "    infra2", "    infra3 = \"10.0.0.9\"\n    infra2");
    case("member-moved", "10.0.0.8", "10.0.0.18");

    let manifest = fs::read_to_string(folder.path(MANIFEST)).unwrap();
    folder.edit(MANIFEST, "--snapshot-count=10000", "--snapshot-count=500");
    golden("drift-flag", &folder.quorate(&["plan"]));
    folder.write(MANIFEST, &manifest);
    fs::remove_file(folder.path("hosts/infra2/etc/kubernetes/pki/etcd/peer.crt")).unwrap();
    golden("drift-lost-certificate", &folder.quorate(&["plan"]));
}

#[test]
fn files_change() {
    let folder = Folder::applied(FILES);
    let case = |name: &str, from: &str, to: &str, args: &[&str]| {
        folder.edit("main.hcl", from, to);
        golden(name, &folder.quorate(args));
        folder.write("main.hcl", FILES);
    };
    case("variable", "", "", &["plan", "-var=motd=hello\n"]);
    case("content", "level = 1", "level = 2", &["plan"]);
    case("content-verbose", "level = 1", "level = 2", &["plan", "-verbose"]);
    case(
        "order-of-keys",
        "yamlencode({ name = \"app\", ports = [1, 2], tier = { level = 1 } })",
        "\"tier:\\n  level: 1\\nname: app\\nports: [1, 2]\\n\"",
        &["plan"],
    );
    case("path", "/etc/app.yaml", "/etc/other.yaml", &["plan"]);
    case("orphan", &FILES[FILES.find("resource \"terraform_data\"").unwrap()..], "", &["plan"]);
    case("instance-gone", "a = data.host.a, b", "b", &["plan"]);
    case("renamed", "\"host_file\" \"motd\"", "\"host_file\" \"greeting\"", &["plan"]);
    case("sensitive", "= var.motd\n}", "= sensitive(\"new\")\n}", &["plan"]);

    let mode = |mode| {
        fs::set_permissions(folder.path("hosts/a/etc/motd"), fs::Permissions::from_mode(mode))
    };
    mode(0o600).unwrap();
    golden("drift-mode", &folder.quorate(&["plan"]));
    mode(0o644).unwrap();
    folder.edit("hosts/a/etc/motd", "welcome", "go away");
    golden("drift-content", &folder.quorate(&["plan"]));
    folder.write("main.hcl", &FILES.replace("welcome", "hello"));
    golden("drift-and-change", &folder.quorate(&["plan"]));
}

#[test]
fn a_person_says_what_is_planned() {
    let folder = Folder::applied(FILES);
    let plan = |name: &str, args: &[&str]| {
        golden(name, &folder.quorate(&[&["plan"], args].concat()));
    };
    plan("replace-asked-for", &["-replace=host_file.config"]);
    plan("target", &["-var=motd=hello\n", "-target=host_file.motd[\"b\"]"]);
    folder.edit("hosts/a/etc/motd", "welcome", "go away");
    plan("refresh-only", &["-refresh-only"]);
    plan("state-believed", &["-refresh=false"]);
    folder.edit("hosts/a/etc/motd", "go away", "welcome");
    folder.quorate(&["taint", "terraform_data.release"]);
    plan("tainted", &[]);
    folder.quorate(&["untaint", "terraform_data.release"]);

    let with = |name: &str, from: &str, to: &str, block: &str| {
        folder.write("main.hcl", &(FILES.replacen(from, to, 1) + block));
        plan(name, &[]);
    };
    let from = "\"host_file\" \"motd\"";
    with(
        "moved",
        from,
        "\"host_file\" \"greeting\"",
        "moved {\n  from = host_file.motd\n  to   = host_file.greeting\n}\n",
    );
    let release = &FILES[FILES.find("resource \"terraform_data\"").unwrap()..];
    with(
        "forgotten",
        release,
        "",
        "removed {\n  from = terraform_data.release\n  lifecycle {\n    destroy = false\n  }\n}\n",
    );
    with(
        "check-fails",
        "",
        "",
        "check \"greeting\" {\n  assert {\n    condition     = terraform_data.release.output == \"hello\"\n    \
         error_message = \"The greeting is ${terraform_data.release.output}.\"\n  }\n}\n",
    );
    with(
        "create-before-destroy",
        "triggers_replace = host_file.config.sha256",
        "triggers_replace = \"other\"\n  lifecycle {\n    create_before_destroy = true\n  }",
        "",
    );
    with(
        "prevent-destroy",
        "triggers_replace = host_file.config.sha256",
        "triggers_replace = \"other\"\n  lifecycle {\n    prevent_destroy = true\n  }",
        "",
    );
}

#[test]
fn certificates_change() {
    let folder = Folder::applied(PKI);
    let case = |name: &str, from: &str, to: &str| {
        folder.edit("main.hcl", from, to);
        golden(name, &folder.quorate(&["plan"]));
        folder.write("main.hcl", PKI);
    };
    case("certificate-near-expiry", "sans  ", "renew_before_hours = 8770\n  sans  ");
    case("certificate-san", "[\"etcd.example\"]", "[\"etcd.example\", \"etcd.internal\"]");
    case("ca-name", "etcd-ca", "other-ca");
}

#[test]
fn a_failure_in_the_middle_says_where_things_stand() {
    let failing = r#"
        resource "terraform_data" "first" { input = 1 }
        resource "terraform_data" "second" {
          input = terraform_data.first.output
          lifecycle {
            postcondition {
              condition     = self.id == "expected"
              error_message = "The id is not the expected one."
            }
          }
        }
        resource "terraform_data" "third" { input = terraform_data.second.id }
    "#;
    let folder = Folder::new(failing);
    golden("failure", &folder.quorate(&["apply", "-auto-approve", "-parallelism=1"]));
    golden("after-failure", &folder.quorate(&["plan"]));
}

#[test]
fn a_hundred_objects_are_still_readable() {
    let hundred = r#"
        data "host" "h" {
          for_each  = toset([for n in range(100) : format("h%02d", n)])
          name      = each.key
          transport = "directory"
          root      = "hosts/${each.key}"
        }
        variable "text" { default = "one" }
        resource "host_file" "f" {
          for_each = data.host.h
          host     = each.value
          path     = "/etc/f"
          content  = join("", [for n in range(20) : "line ${n} ${var.text}\n"])
        }
    "#;
    let folder = Folder::applied(hundred);
    let plan = folder.quorate(&["plan", "-var=text=two"]);
    let lines = plan.lines().count();
    assert!(lines < 90, "{lines} lines for a hundred objects");
    golden("hundred", &plan);
}

/// What hundreds have of their own is a list, and what they make of their keys a line.
#[test]
fn hundreds_with_values_of_their_own_are_still_readable() {
    let hundreds = r#"
        data "host" "h" {
          for_each  = toset([for n in range(60) : format("h%02d", n)])
          name      = each.key
          transport = "directory"
          root      = "hosts/${each.key}"
        }
        resource "host_file" "address" {
          for_each = data.host.h
          host     = each.value
          path     = "/etc/address"
          content  = "10.0.0.${10 + tonumber(substr(each.key, 1, 2))}"
        }
        resource "host_file" "name" {
          for_each = data.host.h
          host     = each.value
          path     = "/etc/name"
          content  = each.key
        }
        resource "host_file" "part" {
          count   = 120
          host    = data.host.h["h00"]
          path    = "/etc/parts/${count.index}.conf"
          content = "part ${count.index} of 120"
        }
    "#;
    let plan = Folder::new(hundreds).quorate(&["plan"]);
    let lines = plan.lines().count();
    assert!(lines < 80, "{lines} lines for hundreds of objects");
    golden("hundreds-own", &plan);
}
