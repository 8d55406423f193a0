//! Override files change what others declare.

use super::loaded;
use crate::addr::ModulePath;
use crate::config::Repetition;
use crate::diag::Diagnostics;
use crate::eval::{Constants, evaluate};

const BASE: &str = r#"
variable "v" {
  type    = number
  default = 1
}
locals {
  a = 1
  b = 2
}
resource "terraform_data" "x" {
  count      = 2
  input      = "base"
  depends_on = [terraform_data.y]
  set {
    k = 1
  }
  set {
    k = 2
  }
  lifecycle {
    prevent_destroy = true
    ignore_changes  = [input]
  }
}
resource "terraform_data" "y" {}
output "o" {
  value       = 1
  description = "kept"
}
"#;

fn complaints(above: &str) -> String {
    loaded(&[("main.hcl", BASE), ("override.hcl", above)]).err().unwrap_or_default()
}

#[test]
fn arguments_are_replaced_and_nested_blocks_by_type() {
    let above = r#"
variable "v" {
  type = string
}
locals {
  b = 3
}
resource "terraform_data" "x" {
  for_each = { k = 1 }
  triggers_replace = 1
  set {
    k = 3
  }
  lifecycle {
    prevent_destroy = false
  }
}
"#;
    let json = r#"{"output": {"o": {"value": 2}}}"#;
    let files = [("main.hcl", BASE), ("z_override.hcl", above), ("a_override.hcl.json", json)];
    let config = loaded(&files).unwrap();
    let root = &config.modules[&ModulePath::default()];
    let value = |expr| {
        evaluate(expr, &Constants::default(), &mut Diagnostics::default()).unwrap().to_console()
    };
    assert_eq!(root.variables["v"].default.as_ref().unwrap().to_console(), "\"1\"");
    assert_eq!(value(&root.locals["a"].value), "1");
    assert_eq!(value(&root.locals["b"].value), "3");
    assert_eq!(value(&root.outputs["o"].value), "2");
    assert_eq!(root.outputs["o"].description.as_deref(), Some("kept"));
    let block = root.blocks.values().next().unwrap();
    assert!(matches!(block.repetition, Repetition::ForEach(_)));
    assert_eq!(
        block.body.attrs.keys().map(|k| &**k).collect::<Vec<_>>(),
        ["input", "triggers_replace"]
    );
    assert_eq!(block.body.blocks.len(), 1);
    assert_eq!(value(block.body.blocks[0].body.expr("k").unwrap()), "3");
    assert!(!block.lifecycle.prevent_destroy);
    assert_ne!(block.lifecycle.ignore_changes, crate::config::IgnoreChanges::None);
}

#[test]
fn later_files_win() {
    let files = [
        ("main.hcl", BASE),
        ("b_override.hcl", "locals {\n  a = \"b\"\n}\n"),
        ("a_override.hcl", "locals {\n  a = \"a\"\n}\n"),
    ];
    let config = loaded(&files).unwrap();
    let local = &config.modules[&ModulePath::default()].locals["a"];
    assert_eq!(
        evaluate(&local.value, &Constants::default(), &mut Diagnostics::default())
            .unwrap()
            .to_console(),
        "\"b\""
    );
}

#[test]
fn what_is_not_there_cannot_be_overridden() {
    for (above, expected) in [
        ("resource \"terraform_data\" \"q\" {}\n", "override.hcl:1:1: Nothing to override"),
        ("locals {\n  c = 1\n}\n", "override.hcl:2:3: Nothing to override"),
        (
            "resource \"terraform_data\" \"x\" {\n  depends_on = []\n}\n",
            "override.hcl:2:3: Unsupported override",
        ),
        (
            "resource \"terraform_data\" \"y\" {\n  input = var.w\n}\n",
            "override.hcl:2:11: Reference",
        ),
    ] {
        let found = complaints(above);
        assert!(found.starts_with(expected), "{above}\n{found}");
    }
}

#[test]
fn what_has_no_name_cannot_be_overridden() {
    let above = "moved {\n  from = t.a\n  to = t.b\n}\nimport {\n  to = t.b\n  id = \"x\"\n}\n\
                 check \"c\" {\n}\n";
    let found = loaded(&[("main.hcl", BASE), ("override.hcl", above)]).err().unwrap_or_default();
    for title in [
        "Cannot override 'moved' blocks",
        "Cannot override 'import' blocks",
        "Can't override check blocks",
    ] {
        assert!(found.contains(title), "{found}");
    }
}
