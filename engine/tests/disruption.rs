//! Members of one service are taken down one at a time, in their order, and a failure stops the rest.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by its panic")]

mod bench;

use bench::Bench;
use quorate_engine::plan::{Aim, Extent, Goal};

fn members(content: &str) -> String {
    format!(
        r#"
        resource "toy_file" "member" {{
          for_each = {{ h1 = 2, h2 = 0, h3 = 1 }}
          host     = {{ name = each.key }}
          path     = "/manifest"
          content  = "{content}"
          rank     = each.value
        }}
    "#
    )
}

#[tokio::test]
async fn the_leader_comes_last() {
    let bench = Bench::new();
    bench.apply(&members("one")).await;
    bench.world.log.lock().unwrap().clear();
    bench.apply(&members("two")).await;
    let log = bench.world.log.lock().unwrap().clone();
    let hosts: Vec<&str> = log.iter().map(|line| &line[..2]).collect();
    assert_eq!(hosts, ["h2", "h3", "h1"]);
}

#[tokio::test]
async fn a_failure_stops_the_rest() {
    let bench = Bench::new();
    bench.apply(&members("one")).await;
    bench.world.broken.lock().unwrap().insert("h3:/manifest".into());
    let (_, outcome) = bench.run(&members("two"), Goal::Converge, true).await.unwrap();
    let outcome = outcome.unwrap();
    assert_eq!(outcome.failed.len(), 1);
    let skipped: Vec<String> = outcome.skipped.iter().map(ToString::to_string).collect();
    assert_eq!(skipped, ["toy_file.member[\"h1\"]"]);
    assert_eq!(bench.world.files.lock().unwrap()["h1:/manifest"], "one");
}

#[tokio::test]
async fn an_order_that_contradicts_the_turns_is_refused() {
    let hcl = |content: &str| {
        format!(
            r#"
            resource "toy_file" "leader" {{
              host    = {{ name = "h1" }}
              path    = "/manifest"
              content = "{content}"
              rank    = 2
            }}
            resource "toy_file" "follower" {{
              host       = {{ name = "h2" }}
              path       = "/manifest"
              content    = "{content}"
              rank       = 1
              depends_on = [toy_file.leader]
            }}
            "#
        )
    };
    let bench = Bench::new();
    bench.run(&hcl("one"), Goal::Converge, true).await.unwrap();
    let refused = bench.run(&hcl("two"), Goal::Converge, true).await.unwrap_err();
    let both = "The plan cannot be ordered: Both toy_file.follower and toy_file.leader take down a member of \
                the toys. Members go down one at a time";
    assert!(refused.starts_with(both), "{refused}");
    let waits = "the configuration makes toy_file.follower wait for toy_file.leader.";
    assert!(refused.ends_with(waits), "{refused}");
}

/// Members of a service, each on a host of its own.
fn company(hosts: &[&str]) -> String {
    let keys: Vec<String> = hosts.iter().map(|host| format!("{host:?}")).collect();
    format!(
        r#"
        resource "toy_file" "member" {{
          for_each = toset([{}])
          host     = {{ name = each.key }}
          path     = "/manifest"
          content  = "x"
          service  = "toys"
        }}
        "#,
        keys.join(", ")
    )
}

fn only(hosts: &[&str]) -> Aim {
    let target = |host: &&str| format!("toy_file.member[{host:?}]").parse().unwrap();
    Aim { extent: Extent::Only(hosts.iter().map(target).collect()), ..Goal::Destroy.into() }
}

#[tokio::test]
async fn members_go_together_or_not_at_all() {
    let bench = Bench::new();
    let all = company(&["h1", "h2", "h3"]);
    bench.apply(&all).await;
    let refused = bench.plan(&company(&["h1", "h2"])).await;
    let divided = "A member would be lost: Of the toys,\n - toy_file.member[\"h3\"]\nwould be removed, \
                   and\n - toy_file.member[\"h1\"]\n - toy_file.member[\"h2\"]\nwould stay.";
    assert!(refused.starts_with(divided), "{refused}");
    let refused = bench.run(&all, only(&["h1"]), false).await.unwrap_err();
    assert!(refused.contains("A member would be lost"), "{refused}");
    assert!(bench.run(&all, only(&["h1", "h2", "h3"]), false).await.is_ok());
    assert!(bench.run(&all, Goal::Destroy, false).await.is_ok());
    assert!(bench.plan("").await.lines().count() == 3);
}

#[tokio::test]
async fn what_is_gone_already_is_not_kept_for_the_others() {
    let bench = Bench::new();
    bench.apply(&company(&["h1", "h2", "h3"])).await;
    bench.world.files.lock().unwrap().remove("h3:/manifest");
    bench.apply(&company(&["h1", "h2"])).await;
}

#[tokio::test]
async fn a_member_that_is_only_forgotten_still_counts() {
    let bench = Bench::new();
    let apart = |name: &str| {
        format!(
            r#"resource "toy_file" "{name}" {{
              host    = {{ name = "{name}" }}
              path    = "/manifest"
              content = "x"
              service = "toys"
            }}
            "#
        )
    };
    let forget = "removed {\n  from = toy_file.h1\n  lifecycle {\n    destroy = false\n  }\n}\n";
    bench.apply(&(apart("h1") + &apart("h2"))).await;
    let refused = bench.plan(forget).await;
    assert!(refused.contains("and\n - toy_file.h1\nwould stay"), "{refused}");
    bench.apply(&(forget.to_owned() + &apart("h2"))).await;
}
