//! Which files are read, and how modules are found.

use std::sync::Arc;

use super::{Builtins, MemoryFiles, complaints, load, loaded};

fn paths(files: &[(&str, &str)]) -> Vec<String> {
    let config = loaded(files).unwrap();
    config.modules.iter().map(|(path, module)| format!("{path}={}", module.dir)).collect()
}

#[test]
fn files_of_a_folder_are_one_module() {
    let config = loaded(&[
        ("b.hcl", "locals {\n  b = 1\n}\n"),
        ("a.hcl", "locals {\n  a = 1\n}\n"),
        ("x.vars.hcl", "not = parsed ="),
        ("x.lock.hcl", "not = parsed ="),
        (".hidden.hcl", "not = parsed ="),
        ("README.md", "not parsed"),
    ])
    .unwrap();
    let names: Vec<&str> = config.sources.iter().map(|text| &*text.name).collect();
    assert_eq!(names, ["a.hcl", "b.hcl"]);
    let root = config.modules.values().next().unwrap();
    assert_eq!(root.locals.keys().map(|name| &**name).collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn modules_are_found_below_and_beside() {
    let call =
        |name: &str, source: &str| format!("module \"{name}\" {{\n  source = {source:?}\n}}\n");
    let root = call("a", "./modules/a") + &call("s", "builtin:etcd-systemd");
    let files = [
        ("main.hcl", &*root),
        ("modules/a/main.hcl", &*call("b", "../b")),
        ("modules/b/main.hcl", ""),
    ];
    assert_eq!(
        paths(&files),
        [
            "=.",
            "module.a=modules/a",
            "module.a.module.b=modules/b",
            "module.s=builtin:etcd-systemd",
            "module.s.module.etcd=builtin:etcd",
        ]
    );
}

#[test]
fn a_folder_called_twice_is_parsed_once() {
    let root =
        "module \"a\" {\n  source = \"./m\"\n}\nmodule \"b\" {\n  source = \"./x/../m\"\n}\n";
    let config = loaded(&[("main.hcl", root), ("m/main.hcl", "locals {\n  x = 1\n}\n")]).unwrap();
    let modules: Vec<_> = config.modules.values().collect();
    assert!(Arc::ptr_eq(modules[1], modules[2]));
    assert_eq!(config.sources.iter().count(), 2);
}

#[test]
fn all_broken_files_are_reported() {
    let text = loaded(&[("a.hcl", "a {\n"), ("b.hcl", "x = = 1\n"), ("c.hcl", "nonsense {}\n")])
        .unwrap_err();
    for place in ["a.hcl:", "b.hcl:", "c.hcl:1:1: Unsupported block type"] {
        assert!(text.contains(place), "{text}");
    }
}

#[test]
fn sources_that_lead_nowhere() {
    let say = |source: &str| complaints(&format!("module \"m\" {{\n  source = {source:?}\n}}\n"));
    assert_eq!(
        say("./none"),
        "main.hcl:2:12: Unreadable module\n  The folder \"none\" does not exist.\n"
    );
    assert_eq!(
        say("builtin:ectd"),
        "main.hcl:2:12: Unknown built-in module\n  There is no built-in module named \"ectd\"; \
         there are builtin:broken, builtin:etcd, builtin:etcd-systemd.\n  \
         Did you mean \"builtin:etcd\"?\n"
    );
    assert_eq!(
        say("hashicorp/consul/aws"),
        "main.hcl:2:12: Unsupported module source\n  \"hashicorp/consul/aws\" is neither a local \
         path, which begins with \"./\" or \"../\", nor a built-in module, \"builtin:NAME\". \
         Modules from registries and repositories are not supported.\n"
    );
    assert!(say("etcd").ends_with("Did you mean \"builtin:etcd\"?\n"));
    assert!(say("builtin:broken").contains("can only call other built-in modules"));
}

#[test]
fn a_folder_without_its_dot_is_recognised() {
    let text =
        loaded(&[("main.hcl", "module \"m\" {\n  source = \"mods\"\n}\n"), ("mods/a.hcl", "")])
            .unwrap_err();
    assert!(text.ends_with("Did you mean \"./mods\"?\n"), "{text}");
}

#[test]
fn modules_that_call_themselves_are_stopped() {
    let text = loaded(&[
        ("main.hcl", "module \"a\" {\n  source = \"./a\"\n}\n"),
        ("a/main.hcl", "module \"b\" {\n  source = \"../b\"\n}\n"),
        ("b/main.hcl", "module \"c\" {\n  source = \"../a\"\n}\n"),
    ])
    .unwrap_err();
    assert_eq!(
        text,
        "b/main.hcl:2:12: Module calls itself\n  The folder \"a\" is a module that this call is \
         part of, so calling it would never end: module.a, which calls module.b, which calls \
         module.c.\n"
    );
    let own = complaints("module \"a\" {\n  source = \"./\"\n}\n");
    assert!(own.contains("never end: module.a."), "{own}");
}

#[test]
fn calls_that_go_too_deep_are_refused_where_they_do() {
    let chain = |levels: usize| {
        let call = |level: usize| {
            let text = format!("module \"a\" {{\n  source = \"../m{}\"\n}}\n", level + 1);
            (format!("m{level}/main.hcl"), text)
        };
        let mut files: Vec<_> = (0..levels - 1).map(call).collect();
        files.push((format!("m{}/main.hcl", levels - 1), String::new()));
        files.push(("main.hcl".into(), "module \"a\" {\n  source = \"./m0\"\n}\n".into()));
        let files: Vec<_> = files.iter().map(|(path, text)| (&**path, &**text)).collect();
        loaded(&files).map(|_| ())
    };
    assert_eq!(chain(128), Ok(()));
    let refused = chain(1000).unwrap_err();
    assert!(refused.starts_with("m127/main.hcl:2:12: Modules nest too deep"), "{refused}");
    assert_eq!(refused.matches("Modules nest too deep").count(), 1, "{refused}");
}

#[test]
fn calls_that_double_at_every_level_end() {
    let mut files = vec![];
    for level in 0..40 {
        let next = level + 1;
        let text = format!(
            "module \"a\" {{\n  source = \"../m{next}\"\n}}\nmodule \"b\" {{\n  source = \"../m{next}\"\n}}\n"
        );
        files.push((format!("m{level}/main.hcl"), text));
    }
    files.push(("m40/main.hcl".into(), String::new()));
    files.push(("main.hcl".into(), "module \"a\" {\n  source = \"./m0\"\n}\n".into()));
    let files: Vec<_> = files.iter().map(|(path, text)| (&**path, &**text)).collect();
    let text = loaded(&files).unwrap_err();
    assert_eq!(text, "Too many module calls\n  There are more than 20000 module calls in all.\n");
}

#[test]
fn no_files_and_no_folder() {
    assert!(loaded(&[("x.txt", "")]).unwrap_err().starts_with("No configuration files\n"));
    assert!(loaded(&[]).unwrap_err().starts_with("Unreadable configuration\n"));
}

#[test]
fn bytes_that_are_no_text_are_named_by_line() {
    let files: MemoryFiles = [("main.hcl", b"a {\n}\n\xff".as_slice())].into_iter().collect();
    let (mut sources, mut diags) = Default::default();
    let outcome = load(".", &files, &Default::default(), &mut sources, &mut diags);
    assert!(outcome.is_err());
    assert_eq!(
        super::shown(&diags, &sources),
        "Invalid character encoding\n  \"main.hcl\" is not text in UTF-8: line 3 has bytes that \
         are no characters.\n"
    );
}

#[test]
fn the_texts_of_a_configuration_make_it_again() {
    let call = "module \"s\" {\n  source = \"builtin:etcd-systemd\"\n}\n";
    let first = loaded(&[("main.hcl", call)]).unwrap();
    let again: MemoryFiles = first.sources.iter().map(|text| (&*text.name, &*text.text)).collect();
    let (mut sources, mut diags) = Default::default();
    let second = load(".", &again, &Builtins::new(), &mut sources, &mut diags).unwrap();
    assert_eq!(first.modules.keys().collect::<Vec<_>>(), second.modules.keys().collect::<Vec<_>>());
    assert_eq!(format!("{:?}", first.modules), format!("{:?}", second.modules));
}
