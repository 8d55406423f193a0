//! A replacement whose second half fails leaves a former object, which every command tells of as
//! Terraform 1.11 does, and which the next apply removes.

use std::fs;

use serde_json::Value as Json;

use super::Workspace;
use super::saved::{path, refused, succeeds, text};

const FILE: &str = "hosts/a/etc/one";

fn hcl(name: &str) -> String {
    format!(
        r#"
        data "host" "a" {{
          name      = "a"
          transport = "directory"
          root      = "hosts/a"
        }}
        resource "host_file" "x" {{
          host    = data.host.a
          path    = "/etc/{name}"
          content = "same\n"
          lifecycle {{ create_before_destroy = true }}
        }}
        "#
    )
}

/// A working directory in which the new object stands, and the former one could not be removed.
fn half_replaced() -> Workspace {
    let workspace = Workspace(tempfile::tempdir().unwrap());
    fs::create_dir_all(path(&workspace, "hosts/a/etc")).unwrap();
    fs::create_dir_all(workspace.0.path().join("home")).unwrap();
    fs::write(path(&workspace, "main.hcl"), hcl("one")).unwrap();
    succeeds(&workspace, "quorate apply -auto-approve");
    fs::write(path(&workspace, "main.hcl"), hcl("two")).unwrap();
    succeeds(&workspace, "quorate plan -out=plan.bin");
    // A folder where the file was cannot be removed as a file.
    fs::remove_file(path(&workspace, FILE)).unwrap();
    fs::create_dir_all(path(&workspace, FILE).join("inner")).unwrap();
    let said = refused(&workspace, "quorate apply plan.bin", 3);
    assert!(said.contains("host_file.x: Creation complete"), "{said}");
    assert!(said.contains("host_file.x (deposed object "), "{said}");
    fs::remove_dir_all(path(&workspace, FILE)).unwrap();
    fs::write(path(&workspace, FILE), "same\n").unwrap();
    assert!(path(&workspace, "hosts/a/etc/two").is_file());
    workspace
}

fn json(workspace: &Workspace, line: &str) -> Json {
    let output = workspace.run(line);
    assert!(output.status.success(), "{line}\n{}", text(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The key that the former object is known by.
fn key(shown: &Json) -> String {
    let resources = shown["values"]["root_module"]["resources"].as_array().unwrap();
    let files = resources.iter().filter(|one| one["address"] == "host_file.x");
    let files: Vec<&Json> = files.collect();
    assert_eq!(files.len(), 2, "{shown:#}");
    assert!(files[0].get("deposed_key").is_none());
    assert_eq!(files[0]["values"]["path"], "/etc/two");
    assert_eq!(files[1]["values"]["path"], "/etc/one");
    let key = files[1]["deposed_key"].as_str().unwrap().to_owned();
    assert!(key.len() == 8 && key.chars().all(|c| c.is_ascii_hexdigit()), "{key}");
    key
}

#[test]
fn a_former_object_is_told_of_and_removed_by_the_next_apply() {
    let workspace = half_replaced();
    let key = key(&json(&workspace, "quorate show -json"));

    // One instance, whatever is left of it.
    let listed = succeeds(&workspace, "quorate state list");
    assert_eq!(listed.lines().filter(|line| *line == "host_file.x").count(), 1, "{listed}");
    assert!(!listed.contains("deposed"), "{listed}");

    let shown = succeeds(&workspace, "quorate show");
    for title in ["# host_file.x:\n".to_owned(), format!("# host_file.x: (deposed object {key})\n")]
    {
        assert!(shown.contains(&title), "{title}{shown}");
    }
    let current = succeeds(&workspace, "quorate state show host_file.x");
    assert!(current.contains("/etc/two") && !current.contains("/etc/one"), "{current}");

    let planned = succeeds(&workspace, "quorate plan -out=plan.bin");
    for line in [
        format!("# host_file.x (deposed object {key}) will be destroyed\n"),
        "# (left over from a partially-failed replacement of this instance)\n".to_owned(),
        "Plan: 0 to add, 0 to change, 1 to destroy.\n".to_owned(),
    ] {
        assert!(planned.contains(&line), "{line}{planned}");
    }
    let saved = json(&workspace, "quorate show -json plan.bin");
    let changes = saved["resource_changes"].as_array().unwrap();
    let of_file = changes.iter().filter(|one| one["address"] == "host_file.x");
    let told: Vec<_> = of_file.map(|one| (&one["deposed"], &one["change"]["actions"])).collect();
    let (none, former) = (Json::Null, Json::from(&*key));
    let (no_op, delete) = (Json::from(vec!["no-op"]), Json::from(vec!["delete"]));
    assert_eq!(told, [(&none, &no_op), (&former, &delete)]);

    let said = succeeds(&workspace, "quorate apply plan.bin");
    assert!(said.contains(&format!("host_file.x (deposed object {key}): Destroying...")), "{said}");
    assert!(said.contains("Resources: 0 added, 0 changed, 1 destroyed."), "{said}");
    assert!(!path(&workspace, FILE).exists());
    assert!(path(&workspace, "hosts/a/etc/two").is_file());
    assert!(succeeds(&workspace, "quorate plan").contains("No changes."));
    assert!(!succeeds(&workspace, "quorate show").contains("deposed"));
}
