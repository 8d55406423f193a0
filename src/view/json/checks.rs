//! What became of conditions and checks, in Terraform's JSON representation.

use quorate_engine::desired::{CheckResult, CheckStatus, Checked, Subject};
use serde_json::{Value as Json, json};

use super::{key_json, mode_json};

/// The list named `checks`, by address.
pub fn checks_json(checks: &[CheckResult]) -> Json {
    let mut all: Vec<(String, Json)> = checks.iter().map(named).collect();
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    all.into_iter().map(|(_, json)| json).collect()
}

fn named(check: &CheckResult) -> (String, Json) {
    let name = display(&check.module.to_string(), &check.subject);
    let mut json = json!({ "address": address(check, &name), "status": status(check.status()) });
    let mut instances: Vec<(String, Json)> =
        check.instances.iter().flatten().map(|checked| instance(checked, check)).collect();
    instances.sort_by(|(a, _), (b, _)| a.cmp(b));
    if !instances.is_empty() {
        json["instances"] = instances.into_iter().map(|(_, json)| json).collect();
    }
    (name, json)
}

/// What is written.
fn address(check: &CheckResult, display: &str) -> Json {
    let mut json = match &check.subject {
        Subject::Check(name) => json!({ "kind": "check", "name": &**name }),
        Subject::Variable(name) => json!({ "kind": "var", "name": &**name }),
        Subject::Output(name) => json!({ "kind": "output_value", "name": &**name }),
        Subject::Block(block) => json!({
            "kind": "resource",
            "mode": mode_json(block.mode),
            "type": &*block.kind,
            "name": &*block.name,
        }),
    };
    json["to_display"] = json!(display);
    if !check.module.0.is_empty() {
        json["module"] = json!(check.module.to_string());
    }
    json
}

fn instance(checked: &Checked, check: &CheckResult) -> (String, Json) {
    let mut name = display(&checked.module.to_string(), &check.subject);
    let mut address = json!({});
    if !checked.module.0.is_empty() {
        address["module"] = json!(checked.module.to_string());
    }
    if let Some(key) = &checked.key {
        name.push_str(&key.to_string());
        address["instance_key"] = key_json(key);
    }
    address["to_display"] = json!(name);
    let mut json = json!({ "address": address, "status": status(checked.status) });
    if !checked.messages.is_empty() {
        let problem = |message: &String| json!({ "message": message });
        json["problems"] = checked.messages.iter().map(problem).collect();
    }
    (name, json)
}

/// An address in a module, as people read it.
pub fn display(module: &str, subject: &Subject) -> String {
    let dot = if module.is_empty() { "" } else { "." };
    match subject {
        Subject::Check(name) => format!("{module}{dot}check.{name}"),
        Subject::Variable(name) => format!("{module}{dot}var.{name}"),
        Subject::Output(name) => format!("{module}{dot}output.{name}"),
        Subject::Block(block) => format!("{module}{dot}{block}"),
    }
}

fn status(status: CheckStatus) -> &'static str {
    match status {
        CheckStatus::Pass => "pass",
        CheckStatus::Unknown => "unknown",
        CheckStatus::Fail => "fail",
        CheckStatus::Error => "error",
    }
}
