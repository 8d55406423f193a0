//! Replacements: in which order their halves and what depends on them are carried out, and what is
//! left when one of them fails.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by its panic")]

mod bench;

use bench::Bench;
use quorate_engine::plan::Goal;

/// `a` at a path, and what was made from it.
fn hcl(path: &str, first: bool, dependents: &str) -> String {
    format!(
        r#"
        resource "toy_file" "a" {{
          host    = {{ name = "h" }}
          path    = "{path}"
          content = "x"
          lifecycle {{ create_before_destroy = {first} }}
        }}
        {dependents}
        "#
    )
}

const UPDATED: &str = r#"
    resource "toy_file" "b" {
      host    = { name = "h" }
      path    = "/b"
      content = toy_file.a.path
    }
"#;

const REPLACED: &str = r#"
    resource "toy_file" "b" {
      host    = { name = "h" }
      path    = "${toy_file.a.path}/b"
      content = "x"
    }
"#;

/// What was done on hosts since the last time, in short: `write /a`.
fn done(bench: &Bench) -> Vec<String> {
    let log = std::mem::take(&mut *bench.world.log.lock().unwrap());
    log.iter()
        .map(|line| line.split_whitespace().skip(1).take(2).collect::<Vec<_>>().join(" "))
        .collect()
}

fn paths(bench: &Bench) -> Vec<String> {
    bench.world.files.lock().unwrap().keys().map(|place| place.replace("h:", "")).collect()
}

/// Addresses in the state, keys of former objects left out.
fn held(bench: &Bench) -> Vec<String> {
    bench.store.peek().unwrap().objects.keys().map(|addr| masked(&addr.to_string())).collect()
}

fn masked(text: &str) -> String {
    let mut parts = text.split("(deposed object ");
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |all, part| format!("{all}(former{}", &part[8..]))
}

async fn fails(bench: &Bench, hcl: &str, broken: &str) {
    bench.world.broken.lock().unwrap().insert(format!("h:{broken}"));
    let (_, outcome) = bench.run(hcl, Goal::Converge, true).await.unwrap();
    assert!(!outcome.unwrap().is_complete());
    bench.world.broken.lock().unwrap().clear();
    done(bench);
}

#[tokio::test]
async fn what_is_made_first_goes_last() {
    let bench = Bench::new();
    bench.apply(&hcl("/1", true, UPDATED)).await;
    done(&bench);
    bench.apply(&hcl("/2", true, UPDATED)).await;
    assert_eq!(done(&bench), ["write /2", "write /b", "remove /1"]);
    assert_eq!(held(&bench), ["toy_file.a", "toy_file.b"]);
}

#[tokio::test]
async fn what_goes_first_goes_after_what_was_made_from_it() {
    let bench = Bench::new();
    bench.apply(&hcl("/1", false, REPLACED)).await;
    done(&bench);
    bench.apply(&hcl("/2", false, REPLACED)).await;
    assert_eq!(done(&bench), ["remove /1/b", "remove /1", "write /2", "write /2/b"]);
}

/// `b` goes too, but `c` was made from it and waits for the new `a`: a circle, were it insisted on.
#[tokio::test]
async fn what_goes_does_not_wait_for_itself() {
    let c = |of: &str| {
        format!(
            r#"resource "toy_file" "c" {{
                 host    = {{ name = "h" }}
                 path    = "/c"
                 content = toy_file.{of}.path
               }}"#
        )
    };
    let bench = Bench::new();
    bench.apply(&hcl("/1", false, &(REPLACED.to_owned() + &c("b")))).await;
    done(&bench);
    bench.apply(&hcl("/2", false, &c("a"))).await;
    assert_eq!(done(&bench), ["remove /1", "write /2", "write /c", "remove /1/b"]);
}

#[tokio::test]
async fn a_former_object_is_remembered_and_removed_by_the_next_run() {
    let bench = Bench::new();
    bench.apply(&hcl("/1", true, UPDATED)).await;
    fails(&bench, &hcl("/2", true, UPDATED), "/b").await;
    assert_eq!(held(&bench), ["toy_file.a", "toy_file.a (former)", "toy_file.b"]);
    assert_eq!(paths(&bench), ["/1", "/2", "/b"]);
    let plan = masked(&bench.apply(&hcl("/2", true, UPDATED)).await);
    assert_eq!(plan, "Update toy_file.b\nDelete toy_file.a (former)");
    assert_eq!(done(&bench), ["write /b", "remove /1"]);
    assert_eq!(held(&bench), ["toy_file.a", "toy_file.b"]);
}

#[tokio::test]
async fn several_former_objects_of_one_instance_go_together() {
    let bench = Bench::new();
    bench.apply(&hcl("/1", true, UPDATED)).await;
    for path in ["/2", "/3"] {
        fails(&bench, &hcl(path, true, UPDATED), "/b").await;
    }
    assert_eq!(held(&bench).len(), 4);
    bench.apply(&hcl("/3", true, UPDATED)).await;
    assert_eq!(paths(&bench), ["/3", "/b"]);
}

#[tokio::test]
async fn a_former_object_moves_and_goes_with_its_instance() {
    let moved = |to: &str| {
        let block = hcl("/2", true, &UPDATED.replace("toy_file.a", &format!("toy_file.{to}")));
        block.replace("\"toy_file\" \"a\"", &format!("\"toy_file\" \"{to}\""))
            + &format!("moved {{\nfrom = toy_file.a\nto = toy_file.{to}\n}}")
    };
    let bench = Bench::new();
    bench.apply(&hcl("/1", true, UPDATED)).await;
    fails(&bench, &hcl("/2", true, UPDATED), "/b").await;
    fails(&bench, &moved("z"), "/b").await;
    assert_eq!(held(&bench), ["toy_file.b", "toy_file.z", "toy_file.z (former)"]);
    let (_, outcome) = bench.run(&moved("z"), Goal::Destroy, true).await.unwrap();
    assert!(outcome.unwrap().is_complete());
    assert_eq!((held(&bench).len(), paths(&bench).len()), (0, 0));
}

/// Back to where the former object stands: it makes room.
#[tokio::test]
async fn a_change_that_is_taken_back_finds_its_place_free() {
    for first in [true, false] {
        let bench = Bench::new();
        bench.apply(&hcl("/1", true, UPDATED)).await;
        fails(&bench, &hcl("/2", true, UPDATED), "/b").await;
        bench.apply(&hcl("/1", first, UPDATED)).await;
        assert_eq!(paths(&bench), ["/1", "/b"]);
        assert_eq!(held(&bench), ["toy_file.a", "toy_file.b"]);
    }
}

/// What another object takes over is not removed as the former one of this.
#[tokio::test]
async fn what_others_took_over_is_only_forgotten() {
    let bench = Bench::new();
    bench.apply(&hcl("/1", true, UPDATED)).await;
    fails(&bench, &hcl("/2", true, UPDATED), "/b").await;
    let other = r#"resource "toy_file" "o" {
        host    = { name = "h" }
        path    = "/1"
        content = "x"
    }"#;
    let both = hcl("/2", true, &(UPDATED.to_owned() + other));
    bench.apply(&both).await;
    assert_eq!(paths(&bench), ["/1", "/2", "/b"]);
    assert_eq!(held(&bench), ["toy_file.a", "toy_file.b", "toy_file.o"]);
}

/// A successor that was begun and is wanted elsewhere now does not stay behind.
#[tokio::test]
async fn what_was_begun_elsewhere_is_removed() {
    for first in [true, false] {
        let bench = Bench::new();
        bench.apply(&hcl("/1", first, UPDATED)).await;
        fails(&bench, &hcl("/2", first, UPDATED), "/2").await;
        // It failed, but who knows what it left.
        bench.world.files.lock().unwrap().insert("h:/2".into(), "half".into());
        bench.apply(&hcl("/3", first, UPDATED)).await;
        assert_eq!(paths(&bench), ["/3", "/b"], "{first}");
    }
}
