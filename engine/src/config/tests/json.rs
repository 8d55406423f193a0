//! Configuration in JSON says the same as in HCL's own syntax.

use super::{Config, loaded};
use crate::addr::ModulePath;
use crate::config::{Depends, DependsOn, IgnoreChanges, Repetition};
use crate::diag::Diagnostics;
use crate::eval::{Constants, evaluate};

fn json(text: &str) -> Result<Config, String> {
    loaded(&[("main.hcl.json", text)])
}

fn complaints(text: &str) -> String {
    json(text).err().unwrap_or_default()
}

/// The value of a local, as the console shows it.
fn local(text: &str) -> String {
    let config = json(&format!("{{\"locals\": {{\"x\": {text}}}}}")).unwrap();
    let local = &config.modules[&ModulePath::default()].locals["x"];
    evaluate(&local.value, &Constants::default(), &mut Diagnostics::default()).unwrap().to_console()
}

#[test]
fn defaults_and_descriptions_are_texts() {
    let text = r#"{"variable": {"x": {"default": "${1 + 1}", "description": "the ${x}"}}}"#;
    let config = json(text).unwrap();
    let variable = &config.modules[&ModulePath::default()].variables["x"];
    assert_eq!(variable.default, Some("${1 + 1}".into()));
    assert_eq!(variable.description.as_deref(), Some("the ${x}"));
}

#[test]
fn what_is_no_json_is_refused() {
    for (text, said) in [
        ("null", "Incorrect JSON value type"),
        ("{\"locals\": {\"a\": \"b\nc\"}}", "is written as an escape"),
        ("{\"outputs\": {}}", "Did you mean \"output\"?"),
    ] {
        assert!(complaints(text).contains(said), "{text}: {}", complaints(text));
    }
}

#[test]
fn strings_are_templates_after_their_escapes() {
    for (text, shown) in [
        (r#""plain""#, "\"plain\""),
        (r#""${1 + 2}""#, "3"),
        (r#""a${1}b""#, "\"a1b\""),
        (r#""$${x} %%{x}""#, "\"${x} %{x}\""),
        (r#""\"q\" \\ \/ \u00e9 \ud83d\ude00""#, "\"\\\"q\\\" \\\\ / é 😀\""),
        (r#""a\\nb""#, "\"a\\\\nb\""),
        (r#""${upper(\"a\\tb\")}""#, "\"A\\tB\""),
        (r#""${join(\",\", [\"${\"x\"}\", \"}\"])}""#, "\"x,}\""),
        (r#""%{ if true }yes%{ else }no%{ endif }""#, "\"yes\""),
        ("[1, -2.5e3, true, null]", "[\n  1,\n  -2500,\n  true,\n  null,\n]"),
        (r#"{"a b": 1, "${upper("k")}": {}}"#, "{\n  \"K\" = {}\n  \"a b\" = 1\n}"),
        ("{}", "{}"),
        ("100000000000000000000000001", "100000000000000000000000001"),
    ] {
        let text = text.replace("upper(\"k\")", "upper(\\\"k\\\")");
        assert_eq!(local(&text), shown, "{text}");
    }
}

#[test]
fn blocks_are_objects_by_label_and_arrays() {
    let config = json(
        r#"{
  "//": "a comment",
  "variable": {
    "n": {"type": "list(string)", "default": ["a"], "validation": {
      "condition": "${length(var.n) > 0}", "error_message": "Empty."}},
    "m": [{"type": "number"}]
  },
  "resource": {"terraform_data": {
    "a": {"input": "${var.n}", "for_each": "${toset(var.n)}", "//": "x",
          "lifecycle": {"ignore_changes": ["input"], "precondition": [
            {"condition": "${var.m > 1}", "error_message": "Small."}]}},
    "b": {"depends_on": ["terraform_data.a"], "lifecycle": {"ignore_changes": "all"},
          "dynamic": {"set": {"for_each": [1], "iterator": "it", "content": {"x": "${it.value}"}}}}
  }},
  "output": {"o": {"value": "${terraform_data.b.id}", "sensitive": true}},
  "moved": [{"from": "terraform_data.z", "to": "terraform_data.b"}]
}"#,
    )
    .unwrap();
    let root = &config.modules[&ModulePath::default()];
    assert_eq!(root.variables["n"].ty.to_string(), "list(string)");
    assert_eq!(root.variables["n"].validations.len(), 1);
    let blocks: Vec<_> = root.blocks.values().collect();
    assert!(matches!(blocks[0].repetition, Repetition::ForEach(_)));
    assert_eq!(
        blocks[0].lifecycle.ignore_changes,
        IgnoreChanges::Paths(vec![vec!["input".into()]])
    );
    assert_eq!(blocks[0].lifecycle.preconditions.len(), 1);
    assert!(matches!(
        &*blocks[1].depends_on,
        [Depends { on: DependsOn::Block(addr), .. }] if addr.to_string() == "terraform_data.a"
    ));
    assert_eq!(blocks[1].lifecycle.ignore_changes, IgnoreChanges::All);
    assert_eq!(blocks[1].body.blocks.len(), 1);
    assert!(root.outputs["o"].sensitive);
    assert_eq!(root.moved.len(), 1);
}

#[test]
fn mistakes_are_where_they_are_written() {
    for (text, expected) in [
        (
            "{\n \"output\": {\n  \"o\": {\"value\": \"a ${var.x}\"}}}",
            "main.hcl.json:3:23: Reference to undeclared input variable",
        ),
        (
            "{\"output\": {\"o\": {\"value\": \"\\\"${var.x}\"}}}",
            "main.hcl.json:1:33: Reference to undeclared input variable",
        ),
        ("{\"output\": {\"o\": {}}}", "main.hcl.json:1:13: Missing required argument"),
        ("{\"outputs\": {}}", "main.hcl.json:1:2: Unsupported argument"),
        ("{\"output\": 1}", "main.hcl.json:1:12: Incorrect JSON value type"),
        ("{\"locals\": {\"a\": 1, \"a\": 2}}", "main.hcl.json:1:21: Duplicate argument"),
        ("{\"locals\": {\"a\": 1,}}", "main.hcl.json:1:19: Invalid JSON"),
        ("{\"locals\": {\"a\": \"${1 +}\"}}", "main.hcl.json:1:24: Invalid expression"),
        ("{\"locals\": {\"a\": \"${1\"}}", "main.hcl.json:1:19: Unclosed template"),
        ("", "main.hcl.json:1:1: Invalid JSON"),
        ("[1]", "main.hcl.json:1:2: Incorrect JSON value type"),
    ] {
        let found = complaints(text);
        assert!(found.starts_with(expected), "{text}\n{found}");
    }
}

#[test]
fn a_mark_before_the_text_and_empty_files_do_no_harm() {
    assert!(json("\u{feff}{}").is_ok());
    assert!(json("[]").is_ok());
    assert!(json("{\"locals\": null}").is_ok());
}

#[test]
fn no_depth_is_too_deep_for_the_stack() {
    let deep =
        format!("{{\"locals\": {{\"a\": {}1{}}}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(complaints(&deep).contains("nested more than 200 levels"));
    let nested = format!("{{\"locals\": {{\"a\": {}1{}}}}}", "[".repeat(190), "]".repeat(190));
    assert!(!complaints(&nested).contains("panic"));
}

#[test]
fn any_cut_of_a_file_ends_in_messages() {
    let text =
        r#"{"resource": {"t": {"a": {"x": "é ${f(\"b\")} \u0041", "y": [1.5e2, {"k": null}]}}}}"#;
    for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
        assert!(json(&text[..end]).is_err(), "{}", &text[..end]);
    }
}
