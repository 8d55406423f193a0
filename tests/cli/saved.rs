//! Saved plans: what is applied is what was saved, or nothing is.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Output;

use super::Workspace;

const CONFIGURATION: &str = include_str!("configs/saved.hcl");
const SECRET: &str = "swordfish-99";
const OTHER_SECRET: &str = "hunter-2000\n";

/// A working directory with a host in a folder, a file to read and an identity.
fn workspace() -> Workspace {
    let workspace = Workspace(tempfile::tempdir().unwrap());
    fs::create_dir_all(path(&workspace, "hosts/a")).unwrap();
    fs::create_dir_all(workspace.0.path().join("home")).unwrap();
    fs::write(path(&workspace, "main.hcl"), CONFIGURATION).unwrap();
    fs::write(path(&workspace, "notes.txt"), "notes\n").unwrap();
    fs::write(path(&workspace, "sealed.txt"), OTHER_SECRET).unwrap();
    succeeds(&workspace, "quorate init");
    workspace
}

pub(crate) fn path(workspace: &Workspace, file: &str) -> PathBuf {
    workspace.0.path().join("work").join(file)
}

pub(crate) fn succeeds(workspace: &Workspace, line: &str) -> String {
    let output = workspace.run(line);
    assert!(output.status.success(), "{line}\n{}", text(&output));
    text(&output)
}

pub(crate) fn refused(workspace: &Workspace, line: &str, code: i32) -> String {
    let output = workspace.run(line);
    assert_eq!(output.status.code(), Some(code), "{line}\n{}", text(&output));
    // Messages are broken into lines; what they say is not.
    text(&output).replace("\n│ ", " ")
}

pub(crate) fn text(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8(both).unwrap()
}

fn save(workspace: &Workspace) -> Vec<u8> {
    succeeds(workspace, &format!("QUORATE_VAR_token={SECRET} quorate plan -out=plan.bin"));
    fs::read(path(workspace, "plan.bin")).unwrap()
}

#[test]
fn a_plan_is_applied_without_its_configuration() {
    let workspace = workspace();
    save(&workspace);
    for file in ["main.hcl", "notes.txt", "sealed.txt"] {
        fs::remove_file(path(&workspace, file)).unwrap();
    }
    succeeds(&workspace, "quorate apply plan.bin");
    let motd = fs::read_to_string(path(&workspace, "hosts/a/etc/motd")).unwrap();
    assert_eq!(motd, "release one on a\nnotes\n");
    let token = fs::read_to_string(path(&workspace, "hosts/a/etc/token")).unwrap();
    assert_eq!(token, format!("{SECRET}\n{OTHER_SECRET}"));
}

#[test]
fn a_plan_holds_no_secret_and_is_for_its_owner_only() {
    let workspace = workspace();
    let written = String::from_utf8(save(&workspace)).unwrap();
    let literal = CONFIGURATION.replace(
        "sensitive = true\n}\n\ndata",
        "sensitive = true\n  default = \"swordfish-99\"\n}\n\ndata",
    );
    assert_ne!(literal, CONFIGURATION);
    fs::write(path(&workspace, "main.hcl"), literal).unwrap();
    let with_default = String::from_utf8(save(&workspace)).unwrap();
    for text in [written, with_default] {
        assert!(!text.contains(SECRET) && !text.contains(OTHER_SECRET.trim()), "{text}");
    }
    let mode = fs::metadata(path(&workspace, "plan.bin")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let shown = succeeds(&workspace, "quorate show plan.bin");
    assert!(shown.contains("(sensitive value)") && !shown.contains(SECRET), "{shown}");
}

#[test]
fn an_altered_or_cut_plan_is_refused() {
    let workspace = workspace();
    let whole = save(&workspace);
    let file = path(&workspace, "plan.bin");
    let step = whole.len() / 20;
    for at in (0..whole.len()).step_by(step) {
        let mut altered = whole.clone();
        altered[at] ^= 1;
        fs::write(&file, altered).unwrap();
        refused(&workspace, "quorate apply plan.bin", 1);
        fs::write(&file, &whole[..at]).unwrap();
        refused(&workspace, "quorate apply plan.bin", 1);
    }
    fs::write(&file, &whole[..whole.len() - 9]).unwrap();
    assert!(refused(&workspace, "quorate show plan.bin", 1).contains("it is cut off"));
    assert!(!path(&workspace, "quorate.state.json").exists());
    assert!(!path(&workspace, "hosts/a/etc").exists());
}

#[test]
fn a_plan_whose_state_moved_is_refused_and_the_object_named() {
    let workspace = workspace();
    let variable = format!("QUORATE_VAR_token={SECRET}");
    save(&workspace);
    succeeds(&workspace, "quorate apply plan.bin");
    save(&workspace);
    let apply = format!("{variable} quorate apply -auto-approve -var=release=two");
    succeeds(&workspace, &apply);
    let why = refused(&workspace, "quorate apply plan.bin", 1);
    assert!(why.contains("Saved plan is stale"), "{why}");
    assert!(why.contains("host_file.motd, terraform_data.release"), "{why}");
    assert!(!why.contains("host_file.token"), "{why}");
}

#[test]
fn a_step_stops_where_the_host_changed_since() {
    let workspace = workspace();
    save(&workspace);
    let motd = path(&workspace, "hosts/a/etc/motd");
    fs::create_dir_all(motd.parent().unwrap()).unwrap();
    fs::write(&motd, "written by somebody else\n").unwrap();
    let why = refused(&workspace, "quorate apply plan.bin", 3);
    assert!(why.contains("/etc/motd"), "{why}");
    assert_eq!(fs::read_to_string(&motd).unwrap(), "written by somebody else\n");
}

#[test]
fn a_plan_with_errors_is_not_written() {
    let workspace = workspace();
    let broken = CONFIGURATION.replace("var.release, at", "var.nothing, at");
    fs::write(path(&workspace, "main.hcl"), broken).unwrap();
    refused(&workspace, "QUORATE_VAR_token=x quorate plan -out=plan.bin", 1);
    assert!(!path(&workspace, "plan.bin").exists());
}

/// A whole cluster: certificates, sealed keys, manifests, waits.
#[test]
fn a_cluster_is_shown_and_applied_as_it_was_planned() {
    let workspace = workspace();
    let cluster = include_str!("../../examples/quickstart/main.hcl");
    fs::write(path(&workspace, "main.hcl"), cluster).unwrap();
    let planned = succeeds(&workspace, "quorate plan -out=plan.bin");
    let (planned, _) = planned.split_once("\nSaved the plan to").unwrap();
    let planned = &planned[planned.find("\nResource actions").unwrap()..];
    assert_eq!(succeeds(&workspace, "quorate show plan.bin"), planned);
    fs::remove_file(path(&workspace, "main.hcl")).unwrap();
    let applied = succeeds(&workspace, "quorate apply plan.bin");
    assert!(applied.contains("Apply complete!"), "{applied}");
    fs::write(path(&workspace, "main.hcl"), cluster).unwrap();
    succeeds(&workspace, "quorate plan -detailed-exitcode");
}

/// Programs read every line, also of what fails.
#[test]
fn a_stream_says_what_failed() {
    let workspace = workspace();
    save(&workspace);
    let motd = path(&workspace, "hosts/a/etc/motd");
    fs::create_dir_all(motd.parent().unwrap()).unwrap();
    fs::write(&motd, "written by somebody else\n").unwrap();
    let output = workspace.run("quorate apply -json plan.bin");
    assert_eq!(output.status.code(), Some(3));
    assert!(output.stderr.is_empty(), "{}", text(&output));
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(!stdout.contains(SECRET), "{stdout}");
    let events: Vec<serde_json::Value> =
        stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |kind: &str| events.iter().filter(|event| event["type"] == kind).count();
    assert_eq!((of("apply_start"), of("apply_complete"), of("apply_errored")), (3, 2, 1));
    assert_eq!((of("diagnostic"), of("change_summary")), (1, 0));
    let step = events.iter().find(|event| event["type"] == "step_start").unwrap();
    assert_eq!(step["hook"]["step"]["host"], "a");
}

/// What is ephemeral is in no file, so it is given again.
#[test]
fn an_ephemeral_variable_is_given_again() {
    let workspace = workspace();
    let ephemeral = "variable \"pin\" {\n  type = string\n  ephemeral = true\n  validation {\n    \
                     condition = length(var.pin) == 6\n    error_message = \"Six.\"\n  }\n}\n";
    fs::write(path(&workspace, "main.hcl"), format!("{ephemeral}{CONFIGURATION}")).unwrap();
    let plan = format!("QUORATE_VAR_token={SECRET} quorate plan -out=plan.bin -var=pin=246813");
    succeeds(&workspace, &plan);
    let bytes = fs::read_to_string(path(&workspace, "plan.bin")).unwrap();
    assert!(!bytes.contains("246813"));
    let why = refused(&workspace, "quorate apply plan.bin", 1);
    assert!(why.contains("QUORATE_VAR_pin"), "{why}");
    refused(&workspace, "quorate apply plan.bin -var=pin=246813 -var=release=two", 1);
    succeeds(&workspace, "quorate apply plan.bin -var=pin=246813");
}

/// The value is sealed, its type is not.
#[test]
fn a_sensitive_output_keeps_its_type() {
    let workspace = workspace();
    let output = "\noutput \"login\" {\n  sensitive = true\n  value     = { user = \"ada\", tries = 3 }\n}\n";
    fs::write(path(&workspace, "main.hcl"), format!("{CONFIGURATION}{output}")).unwrap();
    save(&workspace);
    let shown = succeeds(&workspace, "quorate show -json plan.bin");
    let plan: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let login = &plan["planned_values"]["outputs"]["login"];
    let ty = serde_json::json!(["object", { "tries": "number", "user": "string" }]);
    assert_eq!((&login["type"], &login["value"]), (&ty, &serde_json::Value::Null), "{shown}");
}
