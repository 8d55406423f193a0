//! Configuration and state in, plan and state out.

mod bench;

use bench::Bench;
use quorate_engine::observe::Senses;
use quorate_engine::plan::Goal;
use quorate_engine::state::Status;

#[tokio::test]
async fn a_chain_is_applied_and_a_second_plan_is_empty() {
    let bench = Bench::new();
    let hcl = r#"
        resource "terraform_data" "a" { input = "x" }
        resource "terraform_data" "b" { input = terraform_data.a.id }
        locals { both = [terraform_data.a.output, terraform_data.b.output] }
        resource "terraform_data" "c" { input = local.both }
        output "c" { value = terraform_data.c.output[0] }
    "#;
    let shown = bench.apply(hcl).await;
    assert_eq!(
        shown,
        "Create terraform_data.a\nCreate terraform_data.b\nCreate terraform_data.c\noutput c = Some(\"x\")"
    );
}

#[tokio::test]
async fn changes_are_updates_replacements_and_deletions() {
    let bench = Bench::new();
    bench
        .apply(
            r#"
            resource "terraform_data" "a" { input = 1 }
            resource "terraform_data" "b" { triggers_replace = "x" }
            resource "terraform_data" "c" { for_each = toset(["p", "q"]) }
            resource "terraform_data" "d" {}
        "#,
        )
        .await;
    let shown = bench
        .apply(
            r#"
            resource "terraform_data" "a" { input = 2 }
            resource "terraform_data" "b" { triggers_replace = "y" }
            resource "terraform_data" "c" { for_each = toset(["q", "r"]) }
        "#,
        )
        .await;
    assert_eq!(
        shown,
        "Update terraform_data.a\nReplace terraform_data.b\nCreate terraform_data.c[\"r\"]\n\
         Delete terraform_data.c[\"p\"]\nDelete terraform_data.d"
    );
}

#[tokio::test]
async fn destroy_leaves_nothing() {
    let bench = Bench::new();
    let hcl = r#"
        resource "terraform_data" "a" {}
        resource "terraform_data" "b" { input = terraform_data.a.id }
        output "x" { value = terraform_data.b.output }
    "#;
    bench.apply(hcl).await;
    let (_, outcome) = bench.run(hcl, Goal::Destroy, true).await.unwrap();
    assert!(outcome.unwrap().is_complete());
    let state = bench.store.peek().unwrap();
    assert!(state.objects.is_empty() && state.outputs.is_empty(), "{state:?}");
}

#[tokio::test]
async fn cycles_are_paths_of_addresses() {
    let shown = Bench::new()
        .plan(
            r#"
            locals { a = local.b }
            locals { b = terraform_data.x.output }
            resource "terraform_data" "x" { input = local.a }
        "#,
        )
        .await;
    assert!(shown.starts_with("Dependency cycle"), "{shown}");
    let members = "local.a (main.hcl:2)\n  local.b (main.hcl:3)\n  terraform_data.x (main.hcl:4)";
    assert!(shown.contains(members), "{shown}");
}

#[tokio::test]
async fn several_mistakes_are_told_in_one_run() {
    let shown = Bench::new()
        .plan(
            r#"
            resource "terraform_data" "x" { inputt = 1 }
            resource "terraform_data" "y" { count = terraform_data.z.id }
            resource "terraform_data" "z" { input = 1 + "a" }
        "#,
        )
        .await;
    assert!(shown.contains("Unsupported argument: An argument named \"inputt\""), "{shown}");
    assert!(shown.contains("Invalid operand"), "{shown}");
}

#[tokio::test]
async fn repetition_over_unknown_keys_says_what_it_waits_for() {
    let shown = Bench::new()
        .plan(
            r#"
            resource "terraform_data" "x" {}
            resource "terraform_data" "y" { for_each = toset([terraform_data.x.id]) }
        "#,
        )
        .await;
    assert!(shown.starts_with("Invalid for_each argument"), "{shown}");
}

#[tokio::test]
async fn a_thousand_instances_need_few_flushes() {
    let bench = Bench::new();
    let hcl = r#"
        resource "terraform_data" "x" {
          for_each = { for n in range(1000) : "k${n}" => n }
          input    = each.value
        }
        resource "terraform_data" "y" {
          for_each = terraform_data.x
          input    = terraform_data.x[each.key].output
        }
    "#;
    bench.apply(hcl).await;
}

const THREE: &str = r#"
    resource "toy_file" "a" {
      for_each = toset(["h1", "h2", "h3"])
      host     = { name = each.key }
      path     = "/a"
      content  = "one"
    }
    resource "toy_file" "b" {
      for_each = toset(["h1", "h2", "h3"])
      host     = { name = each.key }
      path     = "/b"
      content  = toy_file.a[each.key].content
    }
"#;

#[tokio::test]
async fn the_same_inputs_give_the_same_plan() {
    use quorate_engine::diag::Diagnostics;
    use quorate_engine::plan::make;
    let bench = Bench::new();
    bench.apply(THREE).await;
    let changed = THREE.replace("one", "two");
    let inputs = Bench::inputs(&changed).unwrap();
    let mut diagnostics = Diagnostics::default();
    let written = quorate_engine::build::build(&inputs.config, &mut diagnostics).unwrap();
    let state = bench.store.peek().unwrap();
    let events = &quorate_engine::event::Silent;
    let senses = Senses { look: &*bench.world, realm: &bench::Seal, events };
    let aim = Goal::Converge.into();
    let observed =
        quorate_engine::observe::observe(&inputs, &written, &state, &aim, senses, &mut diagnostics)
            .await
            .unwrap();
    let plan = |diagnostics: &mut Diagnostics| {
        let planning = make(&inputs, &written, &state, &observed, &aim, diagnostics);
        format!("{:?}", planning.map(|planning| planning.plan))
    };
    assert_eq!(plan(&mut diagnostics), plan(&mut diagnostics));
}

#[tokio::test]
async fn a_quiet_plan_asks_each_host_once() {
    let bench = Bench::new();
    bench.apply(THREE).await;
    *bench.world.exchanges.lock().unwrap() = 0;
    assert_eq!(bench.plan(THREE).await, "");
    assert_eq!(*bench.world.exchanges.lock().unwrap(), 3);
}

#[tokio::test]
async fn drift_names_exactly_what_differs_and_apply_mends_it() {
    let bench = Bench::new();
    bench.apply(THREE).await;
    bench.world.files.lock().unwrap().insert("h2:/a".into(), "by hand".into());
    bench.world.files.lock().unwrap().remove("h3:/b");
    assert_eq!(bench.plan(THREE).await, "Update toy_file.a[\"h2\"]\nCreate toy_file.b[\"h3\"]");
    bench.apply(THREE).await;
    assert_eq!(bench.world.files.lock().unwrap()["h2:/a"], "one");
}

#[tokio::test]
async fn a_failure_stops_its_dependents_and_nothing_else() {
    let bench = Bench::new();
    bench.world.broken.lock().unwrap().insert("h2:/a".into());
    let (_, outcome) = bench.run(THREE, Goal::Converge, true).await.unwrap();
    let outcome = outcome.unwrap();
    let failed: Vec<String> = outcome.failed.iter().map(|(addr, _)| addr.to_string()).collect();
    let skipped: Vec<String> = outcome.skipped.iter().map(ToString::to_string).collect();
    assert_eq!(failed, ["toy_file.a[\"h2\"]"]);
    assert_eq!(skipped, ["toy_file.b[\"h2\"]"]);
    let state = bench.store.peek().unwrap();
    let statuses: Vec<_> = state.objects.values().map(|object| object.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == Status::Ready).count(), 4);
    assert_eq!(statuses.iter().filter(|status| **status == Status::Creating).count(), 1);
    bench.world.broken.lock().unwrap().clear();
    bench.apply(THREE).await;
    assert!(bench.store.peek().unwrap().objects.values().all(|o| o.status == Status::Ready));
}

#[tokio::test]
async fn dependents_are_removed_first() {
    let bench = Bench::new();
    bench.apply(THREE).await;
    bench.world.log.lock().unwrap().clear();
    bench.run(THREE, Goal::Destroy, true).await.unwrap();
    let log = bench.world.log.lock().unwrap().clone();
    let last_b = log.iter().rposition(|line| line.ends_with("/b")).unwrap();
    let first_a = log.iter().position(|line| line.ends_with("/a")).unwrap();
    assert!(last_b < first_a, "{log:?}");
    assert!(bench.world.files.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_is_unknown_in_the_plan_is_filled_in_by_apply() {
    let bench = Bench::new();
    let shown = bench
        .apply(
            r#"
            resource "terraform_data" "x" {}
            resource "toy_file" "id" {
              host    = { name = "h1" }
              path    = "/id"
              content = "id is ${terraform_data.x.id}"
            }
            output "text" { value = toy_file.id.content }
        "#,
        )
        .await;
    assert!(shown.starts_with("Create terraform_data.x\nCreate toy_file.id"), "{shown}");
    assert!(bench.world.files.lock().unwrap()["h1:/id"].starts_with("id is "));
}

#[tokio::test]
async fn what_is_not_known_in_the_plan_is_held_by_apply() {
    for wrong in [
        r#"output "o" {
             value = 1
             precondition {
               condition     = length(terraform_data.x.id) < 3
               error_message = "too long"
             }
           }"#,
        r#"variable "v" {
             default = 1
             validation {
               condition     = var.v > length(terraform_data.x.id)
               error_message = "too long"
             }
           }"#,
    ] {
        let bench = Bench::new();
        let hcl = format!("resource \"terraform_data\" \"x\" {{}}\n{wrong}");
        let (planned, outcome) = bench.run(&hcl, Goal::Converge, true).await.unwrap();
        assert!(planned.starts_with("Create terraform_data.x"), "{planned}");
        let outcome = outcome.unwrap();
        assert!(!outcome.is_complete() && outcome.failed.len() == 1, "{wrong}: {outcome:?}");
        assert_eq!(outcome.failed[0].1.detail, "too long");
    }
}

#[tokio::test]
async fn a_value_that_doubles_in_every_local_is_refused() {
    let doubled: String =
        (0..30).map(|n| format!("d{} = [local.d{n}, local.d{n}]\n", n + 1)).collect();
    let shown = Bench::new().plan(&format!("locals {{\nd0 = 1\n{doubled}}}")).await;
    assert!(shown.contains("Value too large") && shown.contains("parts"), "{shown}");
    assert_eq!(shown.matches("Value too large").count(), 1, "{shown}");
}

#[tokio::test]
async fn secrets_do_not_disturb_a_quiet_plan() {
    let bench = Bench::new();
    bench.apply(r#"resource "terraform_data" "s" { input = sensitive("hunter2") }"#).await;
    let shown =
        bench.apply(r#"resource "terraform_data" "s" { input = sensitive("hunter3") }"#).await;
    assert_eq!(shown, "Update terraform_data.s");
}

#[tokio::test]
async fn a_renamed_block_does_not_lose_the_file_it_adopts() {
    let bench = Bench::new();
    let hcl = |name: &str| {
        format!(
            r#"resource "toy_file" "{name}" {{
                host    = {{ name = "h1" }}
                path    = "/same"
                content = "x"
            }}"#
        )
    };
    bench.apply(&hcl("a")).await;
    let shown = bench.plan(&hcl("b")).await;
    assert!(shown.starts_with("Two objects claim one file"), "{shown}");
}

#[tokio::test]
async fn a_quiet_apply_writes_nothing() {
    let bench = Bench::new();
    bench.apply(THREE).await;
    let before = bench.store.peek().unwrap();
    bench.apply(THREE).await;
    assert_eq!(bench.store.peek().unwrap(), before);
}

#[tokio::test]
async fn one_path_has_one_owner() {
    let two = r#"
        resource "toy_file" "x" {
          count   = 2
          host    = { name = "h1" }
          path    = "/same"
          content = count.index
        }
    "#;
    let shown = Bench::new().plan(two).await;
    assert!(shown.starts_with("Two objects claim one file"), "{shown}");
}
