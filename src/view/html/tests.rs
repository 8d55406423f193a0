use std::sync::Arc;

use quorate_engine::config::MemoryFiles;
use quorate_engine::eval::Ambient;
use quorate_engine::value::Value;

use super::*;
use crate::view::plan::tests::sample::*;

/// Each changing object waits for the one before it.
fn chain(plan: &Plan) -> Waves {
    let mut waves = Waves::default();
    let mut last = None;
    for (index, object) in plan.objects.iter().enumerate() {
        let changes = object.change.action() != quorate_engine::plan::Action::NoOp;
        let wave = waves.of.iter().flatten().count();
        waves.of.push(changes.then_some(wave));
        waves.waits_for.push(last.filter(|_| changes).into_iter().collect());
        last = if changes { Some(index) } else { last };
    }
    waves
}

fn file(host: &str, text: &str) -> Value {
    let host = Value::object([("name", host.into()), ("transport", "ssh".into())]);
    Value::object([("content", text.into()), ("host", host), ("path", "/etc/a".into())])
}

fn sample() -> Plan {
    let object = |host: &str| {
        let addr = format!("etcd_static_pod.m[\"{host}\"]");
        let object =
            update(&addr, file(host, "a\nb\n"), file(host, "a\nc\n"), vec![wait(host, "up")]);
        disrupting(object, "etcd cluster main", host, 1)
    };
    plan([object("infra0"), no_op("host_file.x", file("infra0", "x")), object("infra1")])
}

fn page(plan: &Plan) -> String {
    let mut out = Vec::new();
    render(plan, &[], &chain(plan), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_page_shows_order_quorum_and_every_object() {
    let text = page(&sample());
    for part in [
        "0 to add</span>, <span class=\"change\">2 to change",
        "<path class=\"wait f0 t2\"",
        "class=\"box change down\"",
        "<td class=\"is-down\">down</td><td class=\"is-up\">up</td>",
        "<span class=\"destroy\">          - b</span>",
        "→ infra1: wait until up (at most 120 s)",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(!text.contains("http://") && !text.contains("https://"), "no network");
}

#[test]
fn every_link_has_its_place() {
    let text = page(&sample());
    let links = text.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap());
    for link in links {
        assert!(text.contains(&format!("id=\"{link}\"")), "{link}");
    }
}

#[test]
fn nothing_in_a_value_becomes_markup() {
    let evil = "<script>alert(1)</script>\n</pre><img src=x onerror=alert(2)>\n";
    let addr = "host_file.a[\"<img src=x onerror=alert(3)>\"]";
    let text = page(&plan([create(addr, file("<b>h</b>", evil), vec![write("<i>", "/\"'")])]));
    assert!(!text.contains("<img") && !text.contains("<b>") && !text.contains("<i>"), "{text}");
    assert_eq!(text.matches("<script>").count(), 1);
}

#[test]
fn the_policy_lets_only_our_script_run() {
    let ambient = Ambient {
        files: Arc::new(MemoryFiles::default()),
        module_dir: ".".into(),
        root_dir: ".".into(),
        planned_at: 0,
        impure: None,
    };
    let digest = quorate_engine::functions::call("base64sha256", &[SCRIPT.into()], &ambient);
    let digest = digest.unwrap();
    assert_eq!(digest.as_str(), Some(SCRIPT_SHA256));
}
