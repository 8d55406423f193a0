use quorate_engine::plan::Plan;
use quorate_engine::value::Value;

use super::*;
use crate::view::plan::tests::sample::*;

fn file(host: &str, text: &str) -> Value {
    let host = Value::object([("name", host.into()), ("transport", "ssh".into())]);
    Value::object([("content", text.into()), ("host", host), ("path", "/etc/a".into())])
}

fn hundred(text: &str) -> Plan {
    let objects = (0..100).map(|n| {
        let (host, addr) = (format!("h{n:02}"), format!("host_file.f{n:02}[\"x\"]"));
        create(&addr, file(&host, text), vec![write(&host, "/etc/a")])
    });
    plan(objects)
}

#[test]
fn a_comment_has_a_fold_for_each_host() {
    let steps = |host: &str| vec![write(host, "/etc/a"), wait(host, "3 members answer")];
    let update = |host: &str| {
        let addr = format!("etcd_static_pod.m[\"{host}\"]");
        let (old, new) = (file(host, "a: 1\nb: 2\n"), file(host, "a: 1\nb: 3\n"));
        disrupting(update(&addr, old, new, steps(host)), "etcd cluster main", host, 0)
    };
    let mut plan = plan([update("infra0"), update("infra1")]);
    output(&mut plan, "url", Some("a".into()), Some("b".into()));
    let text = render(&plan, &[], COMMENT);
    let path =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/view/markdown/comment.md");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&path).unwrap_or_default());
}

#[test]
fn a_comment_never_exceeds_its_limit_and_says_what_was_cut() {
    let long: String = (0..50).map(|n| format!("line {n} of a long text\n")).collect();
    let plan = hundred(&long);
    for limit in [5_000, 20_000, COMMENT, 1_000_000] {
        let text = render(&plan, &[], limit);
        assert!(text.chars().count() <= limit, "{limit}");
        assert_eq!(text.contains("This comment was cut"), limit < 1_000_000, "{limit}");
        assert!(text.starts_with("### Quorate plan: 100 to add"));
        assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
    }
}

#[test]
fn nothing_in_a_value_ends_the_fence_or_the_fold() {
    let object = create("host_file.a", file("h", "x\n```\n</details>\n@all\n````\n"), vec![]);
    let text = render(&plan([object]), &[], COMMENT);
    assert!(text.contains("`````diff"), "{text}");
    assert_eq!(escape("<b> @all `x` [l](u)"), "&lt;b&gt; &#64;all \\`x\\` \\[l\\](u)");
}

#[test]
fn symbols_stand_in_the_first_column() {
    let text = "  + resource\n      ~ a = 1\n-/+ b\n        - item\n";
    assert_eq!(diff(text), "+   resource\n!       a = 1\n! -/+ b\n        - item\n");
}

#[test]
fn warnings_are_said_or_counted() {
    let notice = |n: usize| Notice {
        title: "Check block assertion failed".into(),
        detail: format!("number {n} is <wrong>"),
        address: Some("check.c".into()),
    };
    let all: Vec<Notice> = (0..100).map(notice).collect();
    let text = render(&hundred("a\n"), &all[..1], COMMENT);
    let said = "> check.c: Check block assertion failed. number 0 is &lt;wrong&gt;\n";
    assert!(text.contains(said), "{text}");
    let text = render(&hundred("a\n"), &all, 10_000);
    assert!(text.chars().count() <= 10_000);
    let said = text.matches("> check.c").count();
    assert!(text.contains(&format!("> {} more warnings: see", 100 - said)), "{text}");
}

#[test]
fn nothing_is_compared_with_what_was_cut() {
    let long: String = (0..50).map(|n| format!("line {n} of a long text\n")).collect();
    let object = |n: usize| {
        let host = format!("h{n:02}");
        create(&format!("host_file.f[\"{n:02}\"]"), file(&host, &long), vec![])
    };
    // The first host has too much, so none of it is shown whole.
    let crowd = (1..10).map(|n| {
        let text = format!("{n} {long}");
        create(&format!("host_file.g{n}"), file("h00", &text), vec![])
    });
    let plan = plan((0..5).map(object).chain(crowd));
    let text = render(&plan, &[], 8_000);
    assert!(text.contains("h00 (ssh) · 10 to create (addresses only)"), "{text}");
    assert!(text.contains("(as host_file.f[\"01\"])"), "{text}");
    assert!(!text.contains("(as host_file.f[\"00\"]"), "{text}");
}

#[test]
fn of_what_does_not_fit_even_by_name_the_first_are_named() {
    let many = (0..2_000).map(|n| create(&format!("host_file.f[{n}]"), file("h", "a\n"), vec![]));
    let text = render(&plan(many), &[], 10_000);
    assert!(text.chars().count() <= 10_000);
    let named = text.matches("Create host_file.f[").count();
    assert!(named > 200, "{named}");
    let said = format!("h (ssh) · 2000 to create (the first {named} by name only)");
    assert!(text.contains(&said), "{text}");
}

#[test]
fn what_cannot_fit_is_not_written() {
    let mut written = 0;
    let body = lines(100, |page| {
        (0..1_000).try_for_each(|_| {
            written += 1;
            page.line("ten 漢字 ab")
        })
    });
    assert_eq!((body, written), (None, 12));
    let body = lines(9, |page| page.line("ten 漢字 ab"));
    assert_eq!(body.as_deref(), Some("ten 漢字 ab\n"));
    assert_eq!(lines(8, |page| page.line("ten 漢字 ab")), None);
}
