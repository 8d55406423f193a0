//! The JSON that Terraform 1.11.4 writes for a configuration (`peer/record` made the files) beside
//! ours for the same one. Every difference stands in `peer/differences.txt`, to be read and
//! explained in `docs/formats.md`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json};

use super::{Workspace, is_uuid};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/peer")
}

fn workspace() -> Workspace {
    let workspace = Workspace(tempfile::tempdir().unwrap());
    fs::create_dir_all(workspace.0.path().join("home")).unwrap();
    fs::create_dir_all(workspace.0.path().join("work/m")).unwrap();
    put(&workspace, "main.tf", "main.hcl");
    put(&workspace, "m/main.tf", "m/main.hcl");
    run(&workspace, "quorate init");
    workspace
}

fn put(workspace: &Workspace, from: &str, to: &str) {
    fs::copy(folder().join(from), workspace.0.path().join("work").join(to)).unwrap();
}

fn run(workspace: &Workspace, line: &str) -> String {
    String::from_utf8(workspace.run(line).stdout).unwrap()
}

fn recorded(name: &str) -> String {
    fs::read_to_string(folder().join(name)).unwrap()
}

/// One line for each place where two documents differ.
fn differences(path: &str, theirs: &Json, ours: &Json, out: &mut String) {
    match (theirs, ours) {
        (Json::Object(a), Json::Object(b)) => {
            for name in a.keys().chain(b.keys().filter(|name| !a.contains_key(*name))) {
                let path = format!("{path}.{name}");
                match (a.get(name), b.get(name)) {
                    (Some(a), Some(b)) => differences(&path, a, b, out),
                    (Some(a), None) => line(out, &path, "only Terraform", a),
                    (_, b) => line(out, &path, "only Quorate", b.unwrap_or(&Json::Null)),
                }
            }
        }
        (Json::Array(a), Json::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                differences(&format!("{path}[{index}]"), a, b, out);
            }
        }
        (a, b) if masked(a) == masked(b) => {}
        (a, b) => {
            line(out, path, "Terraform", a);
            line(out, path, "Quorate", b);
        }
    }
}

fn line(out: &mut String, path: &str, who: &str, value: &Json) {
    writeln!(out, "{path} | {who}: {}", masked(value)).unwrap();
}

/// A value without what differs from run to run.
fn masked(value: &Json) -> String {
    let text = value.to_string();
    let apart = |c: char| !(c.is_ascii_alphanumeric() || c == '-');
    let mut out = String::new();
    for word in text.split_inclusive(apart) {
        let end = word.trim_end_matches(apart);
        let uuid = end.get(..36).filter(|start| is_uuid(start));
        out.push_str(&uuid.map_or_else(|| word.to_owned(), |id| word.replace(id, "(uuid)")));
    }
    match time(&out) {
        true => "\"(time)\"".to_owned(),
        false => out,
    }
}

fn time(text: &str) -> bool {
    let text = text.trim_matches('"').as_bytes();
    text.len() >= 20 && text[4] == b'-' && text[10] == b'T' && text.ends_with(b"Z")
}

fn compare(title: &str, theirs: &Json, ours: &Json, out: &mut String) {
    writeln!(out, "== {title}").unwrap();
    differences("", theirs, ours, out);
}

fn parse(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The events of a stream by type, object and action: their order is free where objects do not
/// depend on one another.
fn by_event(text: &str) -> Json {
    let mut events = Map::new();
    for line in text.lines() {
        let event = parse(line);
        let about = event.get("hook").or(event.get("change"));
        let word = |json: Option<&Json>| json.and_then(Json::as_str).unwrap_or("").to_owned();
        let addr = word(about.and_then(|about| about["resource"].get("addr")));
        let action = word(about.and_then(|about| about.get("action")));
        let name = format!("{} {addr} {action}", event["type"].as_str().unwrap());
        let name = name.trim_end().to_owned();
        assert!(events.insert(name.clone(), event).is_none(), "twice: {name}");
    }
    Json::Object(events)
}

#[test]
fn documents_and_streams_are_terraforms() {
    let workspace = workspace();
    let mut out = String::new();
    let mut document = |name: &str, line: &str| {
        let (theirs, ours) =
            (parse(&recorded(&format!("{name}.json"))), parse(&run(&workspace, line)));
        compare(&format!("{name}.json"), &theirs, &ours, &mut out);
    };
    run(&workspace, "quorate plan -out=create");
    document("create", "quorate show -json create");
    run(&workspace, "quorate apply create");
    document("state", "quorate show -json");
    run(&workspace, "quorate plan -var=name=two -out=update");
    document("update", "quorate show -json update");
    run(&workspace, "quorate apply -auto-approve -var=name=two");
    run(&workspace, "quorate plan -var=name=two -out=quiet");
    document("quiet", "quorate show -json quiet");
    put(&workspace, "less.tf", "main.hcl");
    run(&workspace, "quorate plan -var=name=two -out=delete");
    document("delete", "quorate show -json delete");
    let path = folder().join("differences.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &out).unwrap();
    }
    assert_eq!(out, fs::read_to_string(&path).unwrap_or_default());
}
