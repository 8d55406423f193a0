use std::collections::BTreeMap;

use super::*;
use crate::config::{MemoryFiles, load};
use crate::diag::Diagnostics;
use crate::source::Sources;
use crate::state::{Record, Sealing, Status, Stored};
use crate::value::{Type, Value};

struct Blind;

impl Sealing for Blind {
    fn seal(&self, _: &[u8]) -> Result<String, crate::world::WorldError> {
        Ok(String::new())
    }

    fn salt(&self) -> [u8; 16] {
        [0; 16]
    }
}

const CHILD: &str = r#"
resource "t" "x" {}
resource "t" "y" {}
moved {
  from = t.old
  to   = t.x
}
"#;

fn config(root: &str) -> Config {
    let files = [("main.hcl", root), ("m/main.hcl", CHILD)];
    let files: MemoryFiles =
        files.map(|(name, text)| (name, text.as_bytes().to_vec())).into_iter().collect();
    let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::default());
    let config = load(".", &files, &BTreeMap::new(), &mut sources, &mut diagnostics);
    config.unwrap_or_else(|_| panic!("{diagnostics:?}"))
}

fn state(addrs: &[&str]) -> State {
    let record = Record::new(&Value::object::<&str>([]), &Type::Any, &Blind).unwrap();
    let stored =
        Stored { record, schema_version: 0, status: Status::Ready, depends_on: Default::default() };
    let objects = addrs.iter().map(|addr| (addr.parse().unwrap(), stored.clone()));
    State { objects: objects.collect(), ..State::default() }
}

fn moved(root: &str, addrs: &[&str]) -> String {
    let (config, state) = (config(root), state(addrs));
    match Prior::of(&config, &state) {
        Err(error) => error.detail,
        Ok(prior) => {
            assert_eq!(prior.state.objects.len(), addrs.len());
            let moves = prior.moved_from.iter().map(|(to, from)| format!("{from} -> {to}"));
            let blocked = prior.blocked.iter().map(|(from, to)| format!("{from} !> {to}"));
            moves.chain(blocked).collect::<Vec<_>>().join(", ")
        }
    }
}

fn stated(moves: &[(&str, &str)], blocks: &str) -> String {
    let stated = moves.iter().map(|(from, to)| format!("moved {{\nfrom = {from}\nto = {to}\n}}\n"));
    stated.collect::<String>() + blocks
}

#[test]
fn objects_follow_their_blocks() {
    let each = r#"resource "t" "d" { for_each = toset(["x"]) }"#;
    for (moves, blocks, before, after) in [
        (&[("t.a", "t.b")][..], r#"resource "t" "b" {}"#, &["t.a"][..], "t.a -> t.b"),
        (
            &[("t.a", "t.b")],
            r#"resource "t" "b" { count = 2 }"#,
            &["t.a[0]", "t.a[1]"],
            "t.a[0] -> t.b[0], t.a[1] -> t.b[1]",
        ),
        (&[("t.c[0]", "t.d[\"x\"]")], each, &["t.c[0]", "t.c[1]"], "t.c[0] -> t.d[\"x\"]"),
        (&[("t.d", "t.d[\"x\"]")], each, &["t.d"], "t.d -> t.d[\"x\"]"),
        (&[("t.b", "t.c"), ("t.a", "t.b")], r#"resource "t" "c" {}"#, &["t.a"], "t.a -> t.c"),
        (&[("t.b", "t.c"), ("t.a", "t.b")], r#"resource "t" "c" {}"#, &["t.b"], "t.b -> t.c"),
        (&[("t.a", "t.b")], r#"resource "t" "b" {}"#, &["t.a", "t.b"], "t.a !> t.b"),
        (&[("t.a", "t.b")], r#"resource "t" "b" {}"#, &["t.z"], ""),
    ] {
        assert_eq!(moved(&stated(moves, blocks), before), after, "{moves:?}");
    }
}

#[test]
fn objects_follow_their_modules() {
    let call =
        |name: &str, more: &str| format!("module \"{name}\" {{\nsource = \"./m\"\n{more}\n}}");
    let keyed = call("b", "for_each = toset([\"k\"])");
    for (moves, blocks, before, after) in [
        (
            &[("module.a", "module.b")][..],
            call("b", ""),
            &["module.a.t.y"][..],
            "module.a.t.y -> module.b.t.y",
        ),
        (
            &[("module.a", "module.b")],
            keyed.clone(),
            &["module.a[\"k\"].t.y[3]"],
            "module.a[\"k\"].t.y[3] -> module.b[\"k\"].t.y[3]",
        ),
        (
            &[("module.b", "module.b[\"k\"]")],
            keyed.clone(),
            &["module.b.t.y"],
            "module.b.t.y -> module.b[\"k\"].t.y",
        ),
        (&[("t.y", "module.b.t.y")], call("b", ""), &["t.y"], "t.y -> module.b.t.y"),
        // A move within a module goes on from where its call was moved to.
        (
            &[("module.a", "module.b")],
            call("b", ""),
            &["module.a.t.old"],
            "module.a.t.old -> module.b.t.x",
        ),
        (&[], keyed, &["module.b[\"k\"].t.old"], "module.b[\"k\"].t.old -> module.b[\"k\"].t.x"),
        // What was moved into a module goes along with it.
        (
            &[("module.a", "module.b"), ("t.y", "module.a.t.y")],
            call("b", ""),
            &["t.y"],
            "t.y -> module.b.t.y",
        ),
    ] {
        assert_eq!(moved(&stated(moves, &blocks), before), after, "{moves:?}");
    }
}

#[test]
fn count_alone_moves_the_first() {
    let many = r#"resource "t" "a" { count = 2 }"#;
    assert_eq!(moved(many, &["t.a"]), "t.a -> t.a[0]");
    assert_eq!(moved(many, &["t.a", "t.a[0]"]), "");
    let one = r#"resource "t" "a" {}"#;
    assert_eq!(moved(one, &["t.a[0]", "t.a[1]"]), "t.a[0] -> t.a");
    let said = stated(&[("t.a", "t.b")], &format!("{many}\nresource \"t\" \"b\" {{}}"));
    // The block that says so is refused elsewhere, as t.a is still declared.
    assert!(!said.is_empty());
}

#[test]
fn a_circle_of_moves_is_refused() {
    let moves = stated(&[("t.a", "t.b"), ("t.b", "t.a")], "");
    let error = moved(&moves, &["t.a"]);
    assert!(error.contains("main.hcl:1: t.a -> t.b"), "{error}");
}

#[test]
fn what_was_made_from_a_moved_block_knows_its_new_name() {
    let config = config(&stated(&[("t.a", "t.b")], r#"resource "t" "b" {}"#));
    let mut state = state(&["t.a", "t.z"]);
    let a: InstanceAddr = "t.a".parse().unwrap();
    for stored in state.objects.values_mut() {
        std::sync::Arc::make_mut(&mut stored.depends_on).insert(a.config());
    }
    let prior = Prior::of(&config, &state).unwrap();
    let b: InstanceAddr = "t.b".parse().unwrap();
    assert!(prior.state.objects[&"t.z".parse().unwrap()].depends_on.contains(&b.config()));
}

#[test]
fn facts_of_a_chain_are_written_from_its_end() {
    let addr = |text: &str| -> InstanceAddr { text.parse().unwrap() };
    let moves = vec![(addr("t.a"), addr("t.b")), (addr("t.b"), addr("t.c"))];
    let order: Vec<_> = moves::in_order(moves).into_iter().map(|(from, _)| from).collect();
    assert_eq!(order, [addr("t.b"), addr("t.a")]);
}

#[test]
fn removed_blocks_name_all_instances() {
    let root = "removed {\nfrom = module.gone\nlifecycle {\ndestroy = false\n}\n}\n\
                removed {\nfrom = t.a\n}\n";
    let config = config(root);
    let removals = Removals::of(&config);
    for (addr, forgets) in [
        ("module.gone[1].module.x.t.a", true),
        ("module.gone.t.a[\"k\"]", true),
        ("t.a[0]", false),
        ("module.other.t.a", false),
    ] {
        assert_eq!(removals.forgets(&addr.parse().unwrap()), forgets, "{addr}");
    }
}
