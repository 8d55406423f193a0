//! The JSON that Terraform 1.11.4 writes for a configuration (`peer/record` made the files) beside
//! ours for the same one. Every difference stands in `peer/documents.txt` and `peer/streams.txt`,
//! to be read; `docs/formats.md` explains them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json};

use super::{Workspace, is_uuid};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/peer")
}

fn empty() -> Workspace {
    let workspace = Workspace(tempfile::tempdir().unwrap());
    fs::create_dir_all(workspace.0.path().join("home")).unwrap();
    fs::create_dir_all(workspace.0.path().join("work/m")).unwrap();
    workspace
}

fn workspace() -> Workspace {
    let workspace = empty();
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
                    (Some(_), Some(_)) if name == "elapsed_seconds" => {}
                    // Terraform has no order of these.
                    (Some(a), Some(b)) if name == "relevant_attributes" => {
                        differences(&path, &sorted(a), &sorted(b), out);
                    }
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

fn sorted(list: &Json) -> Json {
    let mut all = list.as_array().unwrap().clone();
    all.sort_by_key(ToString::to_string);
    Json::Array(all)
}

fn line(out: &mut String, path: &str, who: &str, value: &Json) {
    writeln!(out, "{path} | {who}: {}", masked(value)).unwrap();
}

/// A value without what differs from run to run.
fn masked(value: &Json) -> String {
    mask(value).to_string()
}

fn mask(value: &Json) -> Json {
    match value {
        Json::String(text) => Json::String(mask_text(text)),
        Json::Array(items) => items.iter().map(mask).collect(),
        Json::Object(all) => all.iter().map(entry).collect(),
        other => other.clone(),
    }
}

/// How long things take is not compared.
fn entry((name, part): (&String, &Json)) -> (String, Json) {
    let part = if name == "elapsed_seconds" { Json::from("(time)") } else { mask(part) };
    (name.clone(), part)
}

fn mask_text(text: &str) -> String {
    let apart = |c: char| !(c.is_ascii_alphanumeric() || c == '-');
    let mut out = String::new();
    for word in text.split_inclusive(apart) {
        let end = word.trim_end_matches(apart);
        let uuid = end.get(..36).filter(|start| is_uuid(start));
        out.push_str(&uuid.map_or_else(|| word.to_owned(), |id| word.replace(id, "(uuid)")));
    }
    if time(&out) { "(time)".to_owned() } else { without_durations(&out) }
}

/// `complete after 3s` as after any time.
fn without_durations(text: &str) -> String {
    match text.split_once(" complete after ") {
        Some((before, after)) => {
            let rest = after.find(' ').map_or("", |space| &after[space..]);
            format!("{before} complete after (time){rest}")
        }
        None => text.to_owned(),
    }
}

fn time(text: &str) -> bool {
    let text = text.as_bytes();
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
        let mut name = name.trim_end().to_owned();
        while events.contains_key(&name) {
            name.push_str(", again");
        }
        events.insert(name, event);
    }
    Json::Object(events)
}

#[test]
fn documents_are_terraforms() {
    let workspace = workspace();
    let mut out = String::new();
    let mut document = |name: &str, line: &str| {
        let theirs = parse(&recorded(&format!("{name}.json")));
        compare(&format!("{name}.json"), &theirs, &parse(&run(&workspace, line)), &mut out);
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
    golden("documents.txt", &out);
}

/// What is compared of a plan or state.
fn compared(document: &Json) -> Json {
    let names =
        ["applyable", "checks", "complete", "deferred_changes", "errored", "relevant_attributes"];
    let found = |name: &&str| Some(((*name).to_owned(), document.get(*name)?.clone()));
    Json::Object(names.iter().filter_map(found).collect())
}

/// The same situations as `record` makes.
fn situations(name: &str, modules: &[&str]) -> String {
    let workspace = empty();
    put(&workspace, &format!("{name}/main.tf"), "main.hcl");
    for module in modules {
        fs::create_dir_all(workspace.0.path().join("work").join(module)).unwrap();
        put(&workspace, &format!("{name}/{module}/main.tf"), &format!("{module}/main.hcl"));
    }
    run(&workspace, "quorate init");
    let mut out = String::new();
    let mut compare = |situation: &str, line: &str| {
        let theirs = compared(&parse(&recorded(&format!("{name}/{situation}.json"))));
        let ours = compared(&parse(&run(&workspace, line)));
        differences(situation, &theirs, &ours, &mut out);
    };
    run(&workspace, "quorate plan -out=plan");
    compare("plan", "quorate show -json plan");
    run(&workspace, "quorate apply -auto-approve -var=v=1");
    compare("state", "quorate show -json");
    for (situation, flag) in [
        ("quiet", ""),
        ("refresh", "-refresh-only"),
        ("target", "-target=terraform_data.u"),
        ("destroy", "-destroy"),
    ] {
        run(&workspace, &format!("quorate plan -var=v=1 -out={situation} {flag}"));
        compare(situation, &format!("quorate show -json {situation}"));
    }
    run(&workspace, "quorate plan -var=v=2 -out=update");
    compare("update", "quorate show -json update");
    out
}

#[test]
fn checks_are_terraforms() {
    golden("checks/differences.txt", &situations("checks", &["m"]));
}

#[test]
fn what_changes_were_made_from_is_terraforms() {
    golden("relevant/differences.txt", &situations("relevant", &["m", "n"]));
}

#[test]
fn streams_are_terraforms() {
    let workspace = workspace();
    let mut out = String::new();
    let mut stream = |name: &str, line: &str| {
        let theirs = by_event(&recorded(&format!("{name}.jsonl")));
        compare(&format!("{name}.jsonl"), &theirs, &by_event(&run(&workspace, line)), &mut out);
    };
    stream("create-plan", "quorate plan -json -out=create");
    stream("create-apply", "quorate apply -json create");
    stream("update-plan", "quorate plan -json -var=name=two");
    stream("update-apply", "quorate apply -json -auto-approve -var=name=two");
    stream("quiet-plan", "quorate plan -json -var=name=two");
    put(&workspace, "less.tf", "main.hcl");
    stream("delete-plan", "quorate plan -json -var=name=two");
    stream("wrong-plan", "quorate plan -json -var=nope=1");
    stream("unapproved-apply", "quorate apply -json");
    stream("destroy-apply", "quorate destroy -json -auto-approve -var=name=two");
    golden("streams.txt", &out);
}

fn golden(name: &str, found: &str) {
    let path = folder().join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, found).unwrap();
    }
    assert_eq!(found, fs::read_to_string(&path).unwrap_or_default(), "{name}");
}
