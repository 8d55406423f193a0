//! Each kind of block: what is wrong with it, in the words the user reads.

use super::{complaints, loaded};
use crate::addr::{BlockAddr, Mode, ModulePath};
use crate::config::{DependsOn, IgnoreChanges, Module, NestedForm, Repetition};
use crate::value::Type;

/// Each case is a configuration, and all that is said about it.
fn check(cases: &[(&str, &str)]) {
    for (text, said) in cases {
        let found = complaints(text);
        let found: Vec<&str> =
            found.lines().map(|line| line.trim_start_matches("main.hcl:")).collect();
        let said: Vec<&str> =
            said.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
        assert_eq!(found, said, "\n{text}");
    }
}

fn root(text: &str) -> std::sync::Arc<Module> {
    let config = loaded(&[("main.hcl", text)]).unwrap_or_else(|said| panic!("{said}"));
    config.modules[&ModulePath::default()].clone()
}

#[test]
fn files_hold_only_known_blocks() {
    check(&[
        (
            "resorce \"a\" \"b\" {}\n",
            "1:1: Unsupported block type
  Blocks of type \"resorce\" are not expected here.
  Did you mean \"resource\"?",
        ),
        (
            "size = 3\n",
            "1:1: Unsupported argument
  An argument named \"size\" is not expected outside of a block.
  A value with a name belongs into a \"locals\" block; the value of a variable belongs into a file named *.vars.hcl.",
        ),
        (
            "provider \"aws\" {}\n",
            "1:1: Providers are not configured
  Quorate has no provider blocks: a host is a value, which a \"host\" data source gives and the arguments of resources take.",
        ),
        (
            "locals {\n  a = 1\n}\nlocals \"x\" {\n  a = 2\n  b {}\n}\n",
            "4:8: Extraneous block label
  Blocks of type \"locals\" take no labels.
5:3: Duplicate declaration
  The local value \"a\" was already declared at main.hcl:2. Names must be unique within a module.
6:3: Unsupported block type
  Blocks of type \"b\" are not expected here.",
        ),
    ]);
}

#[test]
fn variables_and_outputs() {
    check(&[
        (
            "variable \"a\" {\n  tpye = string\n  validation {\n    condition = var.a != \"\"\n  }\n}\n",
            "2:3: Unsupported argument
  An argument named \"tpye\" is not expected here.
  Did you mean \"type\"?
3:3: Missing required argument
  The argument \"error_message\" is required, but no definition was found.",
        ),
        (
            "variable {}\nvariable \"a\" \"b\" {}\nvariable \"1a\" {}\nvariable \"count\" {}\n",
            "1:1: Missing block label
  Blocks of type \"variable\" must have 1 label (name).
2:14: Extraneous block label
  Blocks of type \"variable\" take only 1 label (name).
3:10: Invalid name
  \"1a\" is not a valid name: a name starts with a letter or an underscore, and contains only letters, digits, underscores and dashes.
4:1: Invalid variable name
  The variable name \"count\" is reserved because it has a special meaning in module blocks.",
        ),
        (
            "variable \"a\" {\n  validation = 1\n  type {}\n}\nvariable \"a\" {}\n",
            "2:3: Unsupported argument
  An argument named \"validation\" is not expected here.
  To define a block of type \"validation\", leave out the equals sign.
3:3: Unsupported block type
  Blocks of type \"type\" are not expected here.
  To set the argument \"type\", write an equals sign after it.
5:1: Duplicate declaration
  The variable \"a\" was already declared at main.hcl:1. Names must be unique within a module.",
        ),
        (
            "output \"a\" {}\noutput \"a\" {\n  value = 1\n}\noutput \"a\" {\n  value = 2\n}\n",
            "1:1: Missing required argument
  The argument \"value\" is required, but no definition was found.
5:1: Duplicate declaration
  The output \"a\" was already declared at main.hcl:2. Names must be unique within a module.",
        ),
        (
            "output \"a\" {\n  value = 1\n  depends_on = [var, \"a.b\", each.key]\n}\n",
            "3:17: Invalid depends_on
  An entry of depends_on must be the name of a whole resource, data source or module: \"pki_ca.etcd\", \"module.etcd\".
3:22: Invalid depends_on
  An entry of depends_on must be the name of a whole resource, data source or module: \"pki_ca.etcd\", \"module.etcd\". Names are written without quotes.
3:29: Invalid depends_on
  An entry of depends_on must be the name of a whole resource, data source or module: \"pki_ca.etcd\", \"module.etcd\".",
        ),
    ]);
}

#[test]
fn types_of_variables() {
    let module = root(
        "variable \"a\" {}\nvariable \"b\" {\n  type = list(string)\n}\nvariable \"c\" {\n  type = number\n}\n",
    );
    let seen = |name: &str| (module.variables[name].ty.clone(), module.variables[name].literal);
    assert_eq!(seen("a"), (Type::Any, true));
    assert_eq!(seen("b"), (Type::list(Type::String), false));
    assert_eq!(seen("c"), (Type::Number, true));
    let module = root("variable \"l\" {\n  type = list\n}\nvariable \"m\" {\n  type = map\n}\n");
    assert_eq!(module.variables["l"].ty, Type::list(Type::Any));
    assert_eq!(module.variables["m"].ty, Type::map(Type::Any));
}

#[test]
fn meta_arguments_are_no_arguments() {
    let module = root(
        "data \"h\" \"d\" {\n  count = 2\n}\n\
         resource \"t\" \"a\" {\n  for_each = toset([])\n  depends_on = [data.h.d, t.b[0]]\n  x = 1\n  \
         lifecycle {\n    prevent_destroy = true\n    create_before_destroy = \"true\"\n    \
         ignore_changes = [a, b[0].c[\"d\"]]\n    replace_triggered_by = [t.b, t.b.x]\n  }\n}\n\
         resource \"t\" \"b\" {\n  lifecycle {\n    ignore_changes = all\n  }\n}\n",
    );
    let addr =
        |mode, kind: &str, name: &str| BlockAddr { mode, kind: kind.into(), name: name.into() };
    let block = &module.blocks[&addr(Mode::Managed, "t", "a")];
    assert!(matches!(block.repetition, Repetition::ForEach(_)));
    let on: Vec<_> = block.depends_on.iter().map(|depends| depends.on.clone()).collect();
    let block_named = |mode, kind: &str, name: &str| DependsOn::Block(addr(mode, kind, name));
    assert_eq!(on, [block_named(Mode::Data, "h", "d"), block_named(Mode::Managed, "t", "b")]);
    assert_eq!(block.body.attrs.keys().map(|name| &**name).collect::<Vec<_>>(), ["x"]);
    assert!(block.lifecycle.prevent_destroy && block.lifecycle.create_before_destroy);
    assert_eq!(block.lifecycle.replace_triggered_by.len(), 2);
    let path = |names: &[&str]| names.iter().map(|name| (*name).into()).collect::<Vec<_>>();
    let paths = vec![path(&["a"]), path(&["b", "0", "c", "d"])];
    assert_eq!(block.lifecycle.ignore_changes, IgnoreChanges::Paths(paths));
    let other = &module.blocks[&addr(Mode::Managed, "t", "b")];
    assert_eq!(other.lifecycle.ignore_changes, IgnoreChanges::All);
    assert!(matches!(module.blocks[&addr(Mode::Data, "h", "d")].repetition, Repetition::Count(_)));
}

#[test]
fn resources() {
    check(&[
        (
            "resource \"t\" {}\nresource \"t\" \"a\" {}\nresource \"t\" \"a\" {}\ndata \"var\" \"a\" {}\n",
            "1:1: Missing block label
  Blocks of type \"resource\" must have 2 labels (type, name).
3:1: Duplicate declaration
  t.a was already declared at main.hcl:2. Names must be unique per type in a module.
4:1: Reserved name
  \"var\" cannot be a resource type: references that begin with it mean something else.",
        ),
        (
            "resource \"t\" \"a\" {\n  count = 1\n  for_each = {}\n  provider = x.y\n  lifecycle {}\n  lifecycle {}\n  provisioner \"local-exec\" {}\n  sub \"label\" {}\n}\n",
            "4:3: Providers are not configured
  Quorate has no provider configurations: a resource lives on the host that one of its arguments names.
6:3: Duplicate block
  Only one \"lifecycle\" block is allowed; the first is at main.hcl:5.
7:3: Unsupported block type
  Blocks of type \"provisioner\" are not supported: a change that no plan can show is none of Quorate's. Resources such as host_file and systemd_service do what they are used for.
8:7: Extraneous block label
  Blocks of type \"sub\" take no labels.
3:3: Invalid combination of count and for_each
  \"count\" and \"for_each\" exclude each other: one of them says how many instances there are.",
        ),
        (
            "data \"t\" \"a\" {\n  lifecycle {\n    prevent_destroy = true\n  }\n}\nresource \"t\" \"a\" {\n  lifecycle {\n    prevent_destory = true\n    create_before_destroy = \"x\"\n    ignore_changes = \"all\"\n    replace_triggered_by = [t]\n    precondition {}\n  }\n}\n",
            "3:23: Invalid lifecycle argument
  The lifecycle argument \"prevent_destroy\" is for resources only: a data source is read, never changed.
8:5: Unsupported argument
  An argument named \"prevent_destory\" is not expected here.
  Did you mean \"prevent_destroy\"?
9:29: Unsuitable value
  This argument must be either true or false.
10:22: Invalid ignore_changes
  The value of ignore_changes must be a list of attribute names, or the keyword all.
11:29: Invalid replace_triggered_by
  An entry of replace_triggered_by must refer to a resource or to an attribute of one.
12:5: Missing required argument
  The argument \"condition\" is required, but no definition was found.
12:5: Missing required argument
  The argument \"error_message\" is required, but no definition was found.",
        ),
    ]);
}

#[test]
fn dynamic_blocks() {
    let module = root(
        "resource \"t\" \"a\" {\n  dynamic \"mount\" {\n    for_each = [1]\n    content {\n      path = mount.value\n      \
         dynamic \"opt\" {\n        for_each = [mount.key]\n        iterator = o\n        content {\n          v = \"${o.value}${mount.value}\"\n        }\n      }\n    }\n  }\n  \
         mount {\n    path = \"/\"\n  }\n}\n",
    );
    let body = &module.blocks.values().next().unwrap().body;
    let kinds: Vec<_> = body.blocks.iter().map(|block| &*block.kind).collect();
    assert_eq!(kinds, ["mount", "mount"]);
    let iterator = |form: &NestedForm| match form {
        NestedForm::Dynamic { iterator, .. } => Some(iterator.to_string()),
        NestedForm::Static => None,
    };
    assert_eq!(iterator(&body.blocks[0].form).as_deref(), Some("mount"));
    assert_eq!(iterator(&body.blocks[0].body.blocks[0].form).as_deref(), Some("o"));
    assert_eq!(iterator(&body.blocks[1].form), None);
    check(&[(
        "resource \"t\" \"a\" {\n  dynamic {\n    for_each = []\n    content {}\n  }\n  dynamic \"m\" {\n    iterator = \"x\"\n    labels = []\n    content {}\n  }\n  dynamic \"m\" {\n    for_each = []\n  }\n}\n",
        "2:3: Missing block label
  Blocks of type \"dynamic\" must have 1 label (type).
6:3: Missing required argument
  The argument \"for_each\" is required, but no definition was found.
8:14: Unsupported argument
  Nested blocks have no labels in Quorate.
7:16: Invalid dynamic iterator name
  The iterator is a name, written without quotes.
11:3: Missing block
  A dynamic block must have a \"content\" block.",
    )]);
}

#[test]
fn module_calls() {
    check(&[(
        "module \"a\" {\n  version = \"1\"\n  providers = {}\n  x {}\n}\nmodule \"b\" {\n  source = [1]\n}\nmodule \"c\" {\n  source = var.x\n}\n",
        "4:3: Unsupported block type
  Blocks of type \"x\" are not expected here.
2:3: Unsupported argument
  The argument \"version\" is not supported here: a module is a local folder or built in, and so has no version to choose.
3:3: Unsupported argument
  The argument \"providers\" is not supported here: Quorate has no provider configurations; pass hosts as variables.
1:1: Missing required argument
  The argument \"source\" is required: where the module is, such as \"./modules/etcd\" or \"builtin:etcd-static-pod\".
7:12: Unsuitable value
  This argument must be a string.
10:12: Variables not allowed
  Only constant values may stand here, and \"var\" is not one.",
    )]);
}

#[test]
fn refactoring_blocks() {
    let module = root(
        "resource \"t\" \"b\" {}\n\
         moved {\n  from = module.a[0].t.a[\"x\"]\n  to = t.b\n}\nmoved {\n  from = module.a\n  to = module.b[\"k\"]\n}\n\
         removed {\n  from = t.c\n  lifecycle {\n    destroy = false\n  }\n}\n\
         import {\n  to = t.b\n  id = \"x\"\n}\n",
    );
    let ends: Vec<_> = module.moved.iter().map(|m| format!("{} {}", m.from, m.to)).collect();
    assert_eq!(ends, ["module.a[0].t.a[\"x\"] t.b", "module.a module.b[\"k\"]"]);
    assert_eq!(
        (module.removed[0].from.to_string(), module.removed[0].destroy),
        ("t.c".into(), false)
    );
    assert_eq!(module.imports.len(), 1);
    check(&[
        (
            "moved {\n  from = t.a\n}\nmoved {\n  from = t.a\n  to = module.b\n}\nmoved {\n  from = t.a\n  to = t.a\n}\nmoved {\n  from = \"t.a\"\n  to = local.t\n}\nmoved {\n  from = data.t.a\n  to = data.t.b\n}\nmoved {\n  from = t.a\n  to = data.t.b\n}\n",
            "1:1: Missing required argument
  The argument \"to\" is required, but no definition was found.
4:1: Invalid \"moved\" addresses
  Both ends of a move must be of one kind: from a resource to a resource, or from a module to a module.
8:1: Redundant move statement
  This statement declares a move to the very same address.
13:10: Invalid address
  An address is expected: that of a resource, such as pki_ca.etcd or host_file.hosts[\"a\"], or that of a module, such as module.etcd.
14:8: Invalid address
  \"local\" is no type of resource: only resources and modules can be named here.
20:1: Invalid \"moved\" addresses
  Both ends of a move must be of one kind: from a resource to a resource, or from a module to a module.",
        ),
        (
            "removed {\n  from = module.m[0]\n}\nremoved {\n  from = data.t.a\n}\n",
            "2:10: Module instance keys not allowed
  All instances of a resource or module are removed together: the address must not contain an instance key.
5:10: Data source address not allowed
  The state keeps no data sources: there is nothing to remove.",
        ),
        (
            "removed {\n  from = t.a[0]\n}\nimport {\n  to = data.t.a\n  id = \"x\"\n}\n",
            "2:10: Resource instance keys not allowed
  All instances of a resource or module are removed together: the address must not contain an instance key.
5:8: Invalid address
  An object is imported as a resource: its address is expected here, such as pki_ca.etcd or host_file.hosts[each.key].",
        ),
    ]);
}

#[test]
fn checks_and_settings() {
    check(&[
        (
            "check \"a\" {}\ncheck \"b\" {\n  assert {\n    condition = true\n  }\n}\n",
            "1:1: Zero assert blocks
  A check must have at least one \"assert\" block.
3:3: Missing required argument
  The argument \"error_message\" is required, but no definition was found.
2:1: Zero assert blocks
  A check must have at least one \"assert\" block.",
        ),
        (
            "quorate {\n  required_version = \"1\"\n  backend {}\n  backend \"s3\" {\n    x {}\n  }\n  backend \"s3\" {}\n}\nquorate {\n  required_version = \"2\"\n  cloud {}\n}\n",
            "3:3: Missing block label
  Blocks of type \"backend\" must have 1 label (type).
5:5: Unsupported block type
  Blocks of type \"x\" are not expected here.
7:3: Duplicate declaration
  A \"backend\" block was already given at main.hcl:4.
11:3: Unsupported block type
  Blocks of type \"cloud\" are not expected here.
10:22: Duplicate declaration
  required_version was already set at main.hcl:2.",
        ),
    ]);
    let config = loaded(&[(
        "main.hcl",
        "terraform {\n  required_version = \">= 1\"\n  required_providers {\n    x = {}\n  }\n}\nquorate {\n  required_version = \"1\"\n  backend \"local\" {}\n}\n",
    )])
    .unwrap();
    assert_eq!(config.settings.required_version.as_ref().map(|(text, _)| &**text), Some("1"));
    assert_eq!(config.settings.backend.unwrap().label.as_deref(), Some("local"));
}
