//! Configuration and state in, plan and state out: the whole engine over its built-in type.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use quorate_engine::apply::{Outcome, Run, Stop, apply};
use quorate_engine::build::build;
use quorate_engine::builtin;
use quorate_engine::config::{MemoryFiles, load};
use quorate_engine::desired::Inputs;
use quorate_engine::diag::{Diagnostic, Diagnostics};
use quorate_engine::event::Silent;
use quorate_engine::observe::observe;
use quorate_engine::plan::{Action, Goal, Planning, make, schedule};
use quorate_engine::resource::{Realm, Registry};
use quorate_engine::source::Sources;
use quorate_engine::state::{FileStore, Holder, LockedState};
use quorate_engine::world::{Act, Acted, Host, Look, Op, Query, Reply, WorldError};

/// A world without hosts.
struct Nowhere;

#[async_trait::async_trait]
impl Look for Nowhere {
    async fn ask(&self, host: &Host, _: Vec<Query>) -> Result<Vec<Reply>, WorldError> {
        panic!("{host} was asked")
    }
}

#[async_trait::async_trait]
impl Act for Nowhere {
    async fn act(&self, host: &Host, _: Vec<Op>) -> Acted {
        panic!("{host} was changed")
    }
}

struct Seal;

impl Realm for Seal {
    fn now(&self) -> i64 {
        0
    }

    fn seal(&self, _: &[u8]) -> Result<String, Box<Diagnostic>> {
        Ok("sealed".to_owned())
    }

    fn unseal(&self, _: &str) -> Result<zeroize::Zeroizing<Vec<u8>>, Box<Diagnostic>> {
        Err(Box::new(Diagnostic::error("Sealed", "")))
    }
}

struct Bench {
    store: FileStore,
    _dir: tempfile::TempDir,
}

impl Bench {
    fn new() -> Bench {
        let dir = tempfile::tempdir().unwrap();
        Bench { store: FileStore::new(dir.path().join("state.json")), _dir: dir }
    }

    fn lock(&self) -> LockedState {
        let holder =
            Holder { who: "t".into(), pid: 1, operation: "test".into(), since: "now".into() };
        self.store.lock(&holder, Duration::ZERO, || "l".to_owned()).unwrap()
    }

    fn inputs(hcl: &str) -> Result<Inputs, String> {
        let files: MemoryFiles = [("main.hcl", hcl.as_bytes().to_vec())].into_iter().collect();
        let mut sources = Sources::default();
        let mut diagnostics = Diagnostics::default();
        let config = load(".", &files, &BTreeMap::new(), &mut sources, &mut diagnostics);
        let config = config.map_err(|_| text(&diagnostics))?;
        let mut registry = Registry::default();
        builtin::register(&mut registry);
        Ok(Inputs {
            config: Arc::new(config),
            variables: BTreeMap::new(),
            registry,
            files: Arc::new(files),
            now: 0,
        })
    }

    async fn run(
        &self,
        hcl: &str,
        goal: Goal,
        carry_out: bool,
    ) -> Result<(String, Option<Outcome>), String> {
        let inputs = Self::inputs(hcl)?;
        let mut diagnostics = Diagnostics::default();
        let mut state = self.lock();
        let written = build(&inputs.config, &mut diagnostics).map_err(|_| text(&diagnostics))?;
        let observed =
            observe(&inputs, &written, state.state(), &Nowhere, &Silent, &mut diagnostics)
                .await
                .map_err(|_| text(&diagnostics))?;
        let planning = make(&inputs, &written, state.state(), &observed, goal, &mut diagnostics)
            .map_err(|_| text(&diagnostics))?;
        let shown = show(&planning);
        if !carry_out {
            return Ok((shown, None));
        }
        let schedule = schedule(&planning, &written, &inputs.config, state.state()).unwrap();
        let run = Run {
            inputs: &inputs,
            written: &written,
            world: Arc::new(Nowhere),
            realm: Arc::new(Seal),
            events: Arc::new(Silent),
            parallelism: 10,
            stop: tokio::sync::watch::channel(Stop::Run).1,
        };
        let outcome = apply(run, planning, schedule, &mut state).await;
        Ok((shown, Some(outcome)))
    }

    async fn plan(&self, hcl: &str) -> String {
        self.run(hcl, Goal::Converge, false).await.map_or_else(|e| e, |(shown, _)| shown)
    }

    async fn apply(&self, hcl: &str) -> String {
        let (shown, outcome) = match self.run(hcl, Goal::Converge, true).await {
            Ok(done) => done,
            Err(error) => return error,
        };
        let outcome = outcome.unwrap();
        assert!(outcome.is_complete(), "{outcome:?}");
        let again = self.plan(hcl).await;
        assert_eq!(again, "", "a second plan is empty");
        shown
    }
}

fn text(diagnostics: &Diagnostics) -> String {
    let lines = diagnostics.iter().map(|d| format!("{}: {}", d.summary, d.detail));
    lines.collect::<Vec<_>>().join("\n")
}

fn show(planning: &Planning) -> String {
    let changes = planning.plan.objects.iter().filter(|o| o.change.action() != Action::NoOp);
    let objects = changes.map(|o| format!("{:?} {}", o.change.action(), o.addr));
    let outputs = planning.plan.outputs.iter().filter(|(_, o)| o.before != o.after);
    let outputs = outputs.map(|(name, o)| format!("output {name} = {:?}", o.after));
    objects.chain(outputs).collect::<Vec<_>>().join("\n")
}

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
    assert!(shown.contains("local.a -> local.b -> terraform_data.x -> local.a"), "{shown}");
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
