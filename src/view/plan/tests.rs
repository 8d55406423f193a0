//! Plans made by hand against their golden text. `UPDATE_GOLDEN=1 cargo test` writes the texts
//! anew; read the difference before it is committed.

pub(in crate::view) mod sample;
mod told;

use quorate_engine::plan::{DeleteReason, ReplaceOrder};
use quorate_engine::value::{Type, Value};
use std::path::Path;

use super::*;
use sample::*;

fn shown(plan: &Plan, color: bool) -> String {
    let mut out = Vec::new();
    render(plan, ViewOptions::new(color, 80), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[track_caller]
fn check(name: &str, plan: &Plan) {
    golden(name, &shown(plan, false));
}

#[track_caller]
fn golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/view/plan/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, expected, "{name}");
}

#[test]
fn nothing_to_do() {
    let object = no_op("host_file.motd", file("/etc/motd", "hello\n"));
    check("no-changes.txt", &plan([object]));
}

#[test]
fn create_with_nested_values_unknown_and_sensitive() {
    let after = Value::object([
        ("certificate", Value::unknown(Type::String)),
        ("empty", Value::list(Type::String, [])),
        ("hosts", Value::list(Type::String, ["infra0".into(), "infra1".into()])),
        ("labels", Value::map(Type::String, [("tier", "1".into()), ("a b", "2".into())])),
        ("member", Value::object([("name", "infra0".into()), ("port", 2379.into())])),
        ("note", Value::NULL),
        ("secure", true.into()),
        ("token", Value::string("hush").sensitive()),
    ]);
    check("create.txt", &plan([create("etcd_cluster.main", after, vec![compute("sign")])]));
}

#[test]
fn a_file_is_created_by_printed_steps() {
    let steps = vec![make_dir("infra0", "/etc/q"), write("infra0", "/etc/q/a.conf")];
    let after = file("/etc/q/a.conf", "one\n\ttwo\nthree\n");
    check("create-file.txt", &plan([create("host_file.a[\"infra0\"]", after, steps)]));
}

#[test]
fn a_host_is_one_line_until_it_changes() {
    let host = |address: &str| {
        Value::object([
            ("address", address.into()),
            ("name", "infra0".into()),
            ("port", Value::NULL),
            ("transport", "ssh".into()),
            ("user", "root".into()),
        ])
    };
    let with = |address: &str| Value::object([("host", host(address)), ("path", "/etc/a".into())]);
    let objects = [
        create("host_file.a", with("10.0.0.6"), vec![]),
        update("host_file.b", with("10.0.0.6"), with("10.0.0.7"), vec![]),
    ];
    check("host.txt", &plan(objects));
}

#[test]
fn a_text_changes_line_by_line() {
    let before: String = (1..=20).map(|n| format!("line {n}\n")).collect();
    let after = before.replace("line 5\n", "line five\n").replace("line 19\n", "") + "line 21\n";
    let object = update(
        "host_file.a",
        file("/etc/a", &before),
        file("/etc/a", &after),
        vec![write("infra0", "/etc/a")],
    );
    check("text-diff.txt", &plan([object.clone()]));
    golden("text-diff-colour.txt", &shown(&plan([object]), true));
}

#[test]
fn a_final_line_break_is_no_secret() {
    let texts = (file("/etc/a", "a\nb\n"), file("/etc/a", "a\nb"));
    check("final-newline.txt", &plan([update("host_file.a", texts.0, texts.1, vec![])]));
}

#[test]
fn values_change_inside_lists_maps_and_objects() {
    let before = Value::object([
        ("a_secret", Value::string("old").sensitive()),
        ("gone", "x".into()),
        ("hosts", Value::list(Type::String, ["a".into(), "b".into(), "c".into()])),
        ("labels", Value::map(Type::String, [("keep", "1".into()), ("tier", "1".into())])),
        ("later", Value::object([("x", 1.into())])),
        ("members", Value::tuple([member("infra0", 1), member("infra1", 1)])),
        ("name", "main".into()),
        ("same", 1.into()),
        ("size", 3.into()),
        ("turns_secret", "x".into()),
    ]);
    let after = Value::object([
        ("a_secret", Value::string("new").sensitive()),
        ("hosts", Value::list(Type::String, ["a".into(), "c".into(), "d".into()])),
        ("labels", Value::map(Type::String, [("keep", "1".into()), ("tier", "2".into())])),
        ("later", Value::unknown(Type::Any)),
        ("members", Value::tuple([member("infra0", 1), member("infra1", 2)])),
        ("name", "main".into()),
        ("new", Value::string("y")),
        ("same", 1.into()),
        ("size", 5.into()),
        ("turns_secret", Value::string("x").sensitive()),
    ]);
    check("update-values.txt", &plan([update("etcd_cluster.main", before, after, vec![])]));
}

#[test]
fn a_replacement_marks_what_forces_it() {
    let values = (file("/etc/a", "x\n"), file("/etc/b", "x\n"));
    let mut object = replace("host_file.a", values.0, values.1, &["path", "its host was rebuilt"]);
    check("replace.txt", &plan([object.clone()]));
    if let Change::Replace { order, .. } = &mut object.change {
        *order = ReplaceOrder::CreateThenDestroy;
    }
    check("replace-create-first.txt", &plan([object]));
}

#[test]
fn objects_are_removed_for_a_reason() {
    let steps = || vec![remove("infra0", "/etc/a")];
    let value = || Some(file("/etc/a", "one\ntwo\n"));
    let objects = [
        delete("host_file.a", value(), steps(), DeleteReason::NotInConfiguration),
        delete("host_file.b[\"x\"]", value(), steps(), DeleteReason::NoSuchInstance),
        delete("host_file.c[2]", value(), steps(), DeleteReason::NoSuchInstance),
        delete("module.m[\"k\"].host_file.d", value(), steps(), DeleteReason::NotInConfiguration),
        delete("host_file.e", None, vec![], DeleteReason::AlreadyGone),
        delete("host_file.f", value(), steps(), DeleteReason::Destroy),
    ];
    check("delete.txt", &plan(objects));
}

#[test]
fn drift_comes_first_and_names_exactly_what_changed() {
    let stored = file("/etc/a", "one\ntwo\nthree\n");
    let seen = file("/etc/a", "one\n2\nthree\n");
    let mut changed = update("host_file.a", seen, stored.clone(), vec![write("infra0", "/etc/a")]);
    changed.drift = drift_changed(&stored, "content", "one\n2\nthree\n");
    let mut gone = create("host_file.b", file("/etc/b", "b\n"), vec![write("infra1", "/etc/b")]);
    gone.drift = drift_gone(file("/etc/b", "b\n"));
    check("drift.txt", &plan([changed, gone, no_op("host_file.c", file("/etc/c", "c\n"))]));
}

#[test]
fn drift_that_needs_no_change_is_shown_too() {
    let mut object = no_op("host_file.a", file("/etc/a", "a"));
    object.drift = drift_changed(&file("/etc/a", "a"), "path", "/etc/other");
    check("drift-only.txt", &plan([object]));
}

#[test]
fn certificates_keys_and_seals_are_no_wall_of_text() {
    const CA: &str = include_str!("../../../providers/tests/x509/fixtures/kubeadm-1.20.2/ca.crt");
    const PEER: &str =
        include_str!("../../../providers/tests/x509/fixtures/kubeadm-1.20.2/peer.crt");
    let with = |certificate: &str| {
        Value::object([
            ("certificate", certificate.into()),
            ("key", "-----BEGIN AGE ENCRYPTED FILE-----\nYQ==\n".into()),
            ("name", "etcd-ca".into()),
        ])
    };
    let mut renewed = update("pki_certificate.peer", with(CA), with(PEER), vec![compute("sign")]);
    note(&mut renewed, "renewed: 20 days left of 365");
    check("certificates.txt", &plan([create("pki_ca.etcd", with(CA), vec![]), renewed]));
}

#[test]
fn members_go_down_one_after_the_other() {
    let objects = [("infra0", 9), ("infra1", 0), ("infra2", 1)].map(|(name, rank)| {
        let steps = vec![
            write(name, "/etc/kubernetes/manifests/etcd.yaml"),
            reload(name),
            restart(name, "kubelet.service"),
            wait(name, "3 members answer"),
        ];
        let addr = format!("module.etcd.etcd_static_pod.this[\"{name}\"]");
        let values = (member(name, 1), member(name, 2));
        disrupting(update(&addr, values.0, values.1, steps), "etcd cluster main", name, rank)
    });
    check("disruption.txt", &plan(objects));
}

#[test]
fn of_objects_that_are_alike_only_the_first_is_whole() {
    let file = |host: &str, last: &str| {
        let host = Value::object([("name", host.into()), ("transport", "ssh".into())]);
        let text: String = (1..=9).map(|n| format!("line {n}\n")).collect();
        Value::object([
            ("content", (text + last).into()),
            ("host", host),
            ("path", "/etc/a".into()),
        ])
    };
    let created = ["infra0", "infra1", "infra2"].map(|host| {
        let last = if host == "infra2" { "of infra2\n" } else { "last\n" };
        let addr = format!("host_file.a[\"{host}\"]");
        create(&addr, file(host, last), vec![write(host, "/etc/a")])
    });
    check("siblings-create.txt", &plan(created));
    let updated = ["infra0", "infra1"].map(|host| {
        let (addr, steps) = (format!("host_file.b[\"{host}\"]"), vec![write(host, "/etc/a")]);
        update(&addr, file(host, "old\n"), file(host, "new\n"), steps)
    });
    check("siblings-update.txt", &plan(updated));
}

#[test]
fn json_and_yaml_are_compared_by_what_they_say() {
    let objects = [
        ("a", "b: 2\na: 1\n", "a: 1\nb: 2\n"),
        ("b", "{\n \"b\": 2,\n \"a\": 1\n}\n", "{\n \"a\": 1,\n \"b\": 3\n}\n"),
    ];
    let objects = objects.map(|(name, old, new)| {
        let name = format!("host_file.{name}");
        update(&name, file("/etc/a", old), file("/etc/a", new), vec![])
    });
    check("meaning.txt", &plan(objects));
}

#[test]
fn moved_objects_say_where_from() {
    let mut still = no_op("module.b.host_file.a", file("/etc/a", "a"));
    still.moved_from = Some(addr("host_file.a"));
    let mut changed = update(
        "host_file.new",
        file("/etc/a", "a"),
        file("/etc/a", "b"),
        vec![write("h", "/etc/a")],
    );
    changed.moved_from = Some(addr("host_file.old"));
    check("moved.txt", &plan([still.clone(), changed]));
    check("moved-only.txt", &plan([still]));
}

#[test]
fn reads_and_forgotten_objects_have_symbols_of_their_own() {
    let read = object("data.host.a", Change::Read { after: Value::unknown(Type::Any) });
    let forget = object("host_file.a", Change::Forget { before: file("/etc/a", "a") });
    check("read-forget.txt", &plan([read, forget]));
}

#[test]
fn outputs_change_alone() {
    let mut plan = plan([no_op("host_file.a", file("/etc/a", "a"))]);
    output(&mut plan, "added", None, Some(Value::list(Type::String, ["a".into()])));
    output(&mut plan, "changed", Some("a".into()), Some("b".into()));
    output(&mut plan, "gone", Some(1.into()), None);
    output(&mut plan, "hidden", None, Some(Value::string("x").sensitive()));
    output(&mut plan, "later", Some("a\nb\n".into()), Some(Value::unknown(Type::String)));
    output(&mut plan, "same", Some("a".into()), Some("a".into()));
    // Of an output nobody declares parts: null is a value, and a map is like an object.
    let free = |word: &str| {
        let map = Value::map(Type::String, [("a", word.into()), ("b c", "x".into())]);
        Value::object([("map", map), ("none", Value::NULL)])
    };
    output(&mut plan, "free", None, Some(free("x")));
    output(&mut plan, "free_changed", Some(free("x")), Some(free("y")));
    check("outputs.txt", &plan);
}

#[test]
fn nothing_that_a_value_says_steers_the_terminal() {
    let value = Value::object([
        ("a", "x\u{1b}[2Jy".into()),
        ("b\u{1b}", "one\n\u{1b}]0;title\u{7}two\n".into()),
    ]);
    let text =
        shown(&plan([create("host_file.a", value, vec![write("h\u{1b}", "/\u{1b}c")])]), false);
    assert!(!text.contains('\u{1b}') && !text.contains('\u{7}'), "{text}");
}

#[test]
fn no_secret_is_shown() {
    let secret = || Value::string("hush").sensitive();
    let with = |value: Value| {
        Value::object([
            ("list", Value::tuple([value.clone(), 1.into()])),
            ("map", Value::map(Type::String, [("k", value.clone())])),
            ("whole", Value::object([("k", Value::string("hush-inside"))]).sensitive()),
            ("x", value),
        ])
    };
    let open = with(Value::string("open"));
    let mut all = plan([
        create("a.a", with(secret()), vec![]),
        update("a.b", with(secret()), open.clone(), vec![]),
        update("a.c", open.clone(), with(secret()), vec![]),
        replace("a.d", with(secret()), with(Value::unknown(Type::Any)), &["x"]),
        delete("a.e", Some(with(secret())), vec![], DeleteReason::Destroy),
    ]);
    all.objects[1].drift = drift_gone(with(secret()));
    output(&mut all, "o", Some(secret()), Some("open".into()));
    let text = shown(&all, true);
    assert!(!text.contains("hush"), "{text}");
}

#[test]
fn every_one_of_many_changes_is_shown() {
    let before: String = (1..=60).map(|n| format!("line {n}\n")).collect();
    let after = before.replace("line 30\n", "line thirty\n");
    let objects = (0..10_000).map(|n| {
        let name = format!("host_file.a[{n}]");
        update(&name, file("/etc/a", &before), file("/etc/a", &after), vec![write("h", "/etc/a")])
    });
    let plan = plan(objects);
    let with = |detail| {
        let mut out = Vec::new();
        render(&plan, ViewOptions::new(false, 80).with(detail), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let whole = with(Detail::Full);
    assert_eq!(whole.matches("will be updated in-place").count(), 10_000);
    let brief = with(Detail::Brief);
    assert!(brief.contains("# 9999 more as host_file.a[0] will be updated in-place\n"), "{brief}");
    assert!(brief.contains("    [1] ... [9999]\n"), "{brief}");
}
