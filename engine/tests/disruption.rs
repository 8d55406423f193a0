//! Members of one service are taken down one at a time, in their order, and a failure stops the rest.

mod bench;

use bench::Bench;
use quorate_engine::plan::Goal;

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
