//! Names that nothing has.

use super::{complaints, loaded};

/// Each case is a configuration, and all that is said about it.
fn check(cases: &[(&str, &str)]) {
    for (text, said) in cases {
        let found = complaints(text);
        let found: Vec<&str> =
            found.lines().map(|line| line.trim_start_matches("main.hcl:")).collect();
        let said: Vec<&str> = said.lines().collect();
        assert_eq!(found, said, "\n{text}");
    }
}

#[test]
fn names_that_are_there() {
    let text = r#"
variable "a" {
  type = map(string)
  validation {
    condition     = length(var.a) > 0
    error_message = "Not ${var.a}."
  }
}
locals {
  b = { for k, v in var.a : k => "${v}${local.c}${path.module}${terraform.workspace}" }
  c = [data.h.one.address, data.h.many[*].address, data.h.many[0].address, r.keyed]
}
data "h" "one" {}
data "h" "many" {
  count = length(var.a)
  name  = count.index
}
resource "r" "keyed" {
  for_each = var.a
  name     = each.value
  dynamic "sub" {
    for_each = each.value
    iterator = s
    content {
      x = "${s.value}${each.key}"
    }
  }
  lifecycle {
    precondition {
      condition     = each.key != ""
      error_message = "Empty."
    }
    postcondition {
      condition     = self.name != ""
      error_message = "Empty."
    }
    replace_triggered_by = [data.h.many[0]]
  }
}
output "o" {
  value      = values(r.keyed)[*].name
  depends_on = [r.keyed, var.a]
}
moved {
  from = r.old
  to   = r.keyed["x"]
}
import {
  for_each = var.a
  to       = r.keyed[each.key]
  id       = each.value
}
check "c" {
  assert {
    condition     = data.h.one.address != ""
    error_message = "Nothing."
  }
}
"#;
    assert_eq!(complaints(text), "");
}

#[test]
fn names_that_are_not() {
    check(&[
        (
            "variable \"size\" {}\nlocals {\n  a = var.sise\n  b = local.aa\n  c = module.x\n  d = foo\n  e = size\n  f = var\n}\n",
            "3:7: Reference to undeclared input variable
  An input variable with the name \"sise\" has not been declared.
  Did you mean \"size\"?
4:7: Reference to undeclared local value
  A local value with the name \"aa\" has not been declared.
  Did you mean \"a\"?
5:7: Reference to undeclared module
  No module call named \"x\" is declared in the root module.
6:7: Invalid reference
  \"foo\" alone refers to nothing: a resource is TYPE.NAME, a variable var.NAME, a local value local.NAME. A text is written in quotes.
7:7: Invalid reference
  \"size\" alone refers to nothing: a resource is TYPE.NAME, a variable var.NAME, a local value local.NAME. A text is written in quotes.
  Did you mean \"var.size\"?
8:7: Invalid reference
  \"var\" must be followed by the name of what it refers to.",
        ),
        (
            "data \"host\" \"one\" {}\nresource \"pki_ca\" \"etcd\" {}\nlocals {\n  a = pki_ca.ectd.crt\n  b = pki_cs.etcd.crt\n  c = host.one.x\n  d = data.pki_ca.etcd\n  e = vars.x\n  f = nothing.near\n  g = data.host\n}\n",
            "4:7: Reference to undeclared resource
  A managed resource \"pki_ca\" \"ectd\" has not been declared in the root module.
  Did you mean pki_ca.etcd?
5:7: Reference to undeclared resource
  A managed resource \"pki_cs\" \"etcd\" has not been declared in the root module.
  Did you mean pki_ca.etcd?
6:7: Reference to undeclared resource
  A managed resource \"host\" \"one\" has not been declared in the root module.
  Did you mean data.host.one?
7:7: Reference to undeclared resource
  A data resource \"pki_ca\" \"etcd\" has not been declared in the root module.
  Did you mean pki_ca.etcd?
8:7: Reference to undeclared resource
  A managed resource \"vars\" \"x\" has not been declared in the root module.
  Did you mean var.x?
9:7: Reference to undeclared resource
  A managed resource \"nothing\" \"near\" has not been declared in the root module.
10:7: Invalid reference
  \"data\" must be followed by the type and the name of a data source.",
        ),
        (
            "locals {\n  a = path.modul\n  b = terraform.workspaces\n  c = each.key\n  d = count.index\n  e = self.x\n}\nresource \"r\" \"a\" {\n  count = each.key\n  x = each.key\n  y = count.indx\n  z = r.a.x\n}\n",
            "2:7: Unsupported attribute
  The object \"path\" has no attribute \"modul\"; there is module, root, cwd.
  Did you mean \"module\"?
3:7: Unsupported attribute
  The object \"terraform\" has no attribute \"workspaces\"; there is workspace, applying.
  Did you mean \"workspace\"?
4:7: Reference to \"each\" in context without for_each
  The object \"each\" exists only in a resource, data or module block that sets \"for_each\".
5:7: Reference to \"count\" in non-counted context
  The object \"count\" exists only in a resource, data or module block that sets \"count\".
6:7: Invalid \"self\" reference
  The object \"self\" exists only in a postcondition.
9:11: Reference to \"each\" in context without for_each
  The object \"each\" exists only in a resource, data or module block that sets \"for_each\".
10:7: Reference to \"each\" in context without for_each
  The object \"each\" exists only in a resource, data or module block that sets \"for_each\".
11:7: Unsupported attribute
  The object \"count\" has no attribute \"indx\"; there is index.
  Did you mean \"index\"?
12:7: Self-referential block
  r.a cannot refer to itself: its values are not known before they are given.",
        ),
        (
            "resource \"r\" \"a\" {\n  for_each = {}\n  depends_on = [r.b, module.m, r.a]\n}\nresource \"r\" \"n\" {\n  count = 2\n}\nlocals {\n  x = r.a.id\n  y = r.n.id\n}\n",
            "9:7: Missing resource instance key
  r.a has \"for_each\" set, so it has instances, and an attribute can only be taken of one of them: r.a[each.key].
10:7: Missing resource instance key
  r.n has \"count\" set, so it has instances, and an attribute can only be taken of one of them: r.n[count.index].
3:17: Reference to undeclared resource
  A managed resource \"r\" \"b\" has not been declared in the root module.
3:22: Reference to undeclared module
  No module call named \"m\" is declared in the root module.
3:32: Self-referential block
  A block cannot depend on itself.",
        ),
    ]);
}

#[test]
fn conditions_that_cannot_vary() {
    check(&[(
        "variable \"a\" {\n  validation {\n    condition = 1 > 2\n    error_message = \"No.\"\n  }\n}\noutput \"o\" {\n  value = 1\n  precondition {\n    condition = true\n    error_message = \"No.\"\n  }\n}\n",
        "3:17: Invalid variable validation condition
  The condition must refer to var.a, the variable that it validates.
10:17: Invalid precondition expression
  The condition refers to nothing, so it is always true or always false.",
    )]);
}

#[test]
fn moves_and_removals_that_did_not_happen() {
    check(&[(
        "resource \"r\" \"a\" {}\nmoved {\n  from = r.a\n  to = r.b\n}\nmoved {\n  from = r.x\n  to = r.b\n}\nmoved {\n  from = r.x\n  to = r.c\n}\nremoved {\n  from = r.a\n}\nimport {\n  to = r.nope\n  id = \"x\"\n}\n",
        "2:1: Moved object still exists
  This statement declares a move from r.a, but that is still declared. Rename its block, so that it is declared as r.b.
6:1: Ambiguous move statements
  Another statement declared that r.a moved to r.b, but this statement instead declares that r.x moved there. Each resource can have moved from only one source resource.
10:1: Ambiguous move statements
  Another statement declared that r.x moved to r.b, but this statement instead declares that it moved to r.c. Each resource can move to only one destination resource.
14:1: Removed resource still exists
  This block says that r.a has left the configuration, but it is still declared.
18:8: Configuration for import target does not exist
  The configuration for the given import target r.nope does not exist. All target instances must have an associated configuration to be imported.
  Write a block for it in the root module first: resource \"r\" \"nope\" { ... }",
    )]);
}

#[test]
fn calls_fit_what_they_call() {
    let root = "module \"m\" {\n  source = \"./m\"\n  sise = 1\n}\nmodule \"n\" {\n  source = \"./m\"\n  count = 2\n  size = count.index\n}\nlocals {\n  a = module.m.uot\n  b = module.m.out\n  c = module.n.out\n  d = module.n[0].out\n  e = module.m\n}\nimport {\n  to = module.m.r.b\n  id = \"\"\n}\n";
    let child = "variable \"size\" {\n  description = \"How many.\"\n}\nvariable \"opt\" {\n  type = string\n}\noutput \"out\" {\n  value = var.siz\n}\nresource \"r\" \"a\" {}\n";
    let said = loaded(&[("main.hcl", root), ("m/main.hcl", child)]).unwrap_err();
    let expected = "main.hcl:11:7: Unsupported attribute
  The module \"m\" declares no output named \"uot\".
  Did you mean \"out\"?
main.hcl:13:7: Missing resource instance key
  module.n has \"count\" set, so it has instances, and an attribute can only be taken of one of them: module.n[count.index].
main.hcl:3:3: Unsupported argument
  An argument named \"sise\" is not expected here: ./m declares no variable of that name.
  Did you mean \"size\"?
main.hcl:1:1: Missing required argument
  The module requires the argument \"opt\".
main.hcl:1:1: Missing required argument
  The module requires the argument \"size\". Its description: How many.
main.hcl:5:1: Missing required argument
  The module requires the argument \"opt\".
main.hcl:18:8: Configuration for import target does not exist
  The configuration for the given import target module.m.r.b does not exist. All target instances must have an associated configuration to be imported.
  Write a block for it in its module first: resource \"r\" \"b\" { ... }
m/main.hcl:8:11: Reference to undeclared input variable
  An input variable with the name \"siz\" has not been declared.
  Did you mean \"size\"?
";
    assert_eq!(said, expected);
}

#[test]
fn a_broken_file_hides_what_it_declares() {
    let said = loaded(&[("a.hcl", "locals {\n  x = var.y\n}\n"), ("b.hcl", "variable \"y\" {\n")]);
    let said = said.unwrap_err();
    assert!(!said.contains("undeclared"), "{said}");
}

#[test]
fn thousands_of_mistakes_are_told_and_a_few_suggestions_made() {
    let mut text = String::new();
    for n in 0..4_000 {
        text += &format!(
            "variable \"some_rather_long_name_{n:05}\" {{}}\nlocals {{\n  l{n} = var.some_rather_lnog_name_{n:05}\n}}\n"
        );
    }
    let said = complaints(&text);
    assert_eq!(said.matches("Reference to undeclared input variable").count(), 4_000);
    assert_eq!(said.matches("Did you mean").count(), 20);
}

#[test]
fn a_data_source_of_a_check_is_for_that_check_only() {
    let text = r#"
check "own" {
  data "h" "in" {
    count = 1
  }
  assert {
    condition     = data.h.in[0].name != ""
    error_message = "${data.h.in[0].name}"
  }
}
check "other" {
  assert {
    condition     = data.h.in[0].name != ""
    error_message = "No."
  }
}
output "o" { value = data.h.in }
"#;
    let said = "17:22: Reference to scoped resource\n  The data source data.h.in belongs to check \
                \"own\", and nothing outside of that check can use it.\n\
                13:21: Reference to scoped resource\n  The data source data.h.in belongs to check \
                \"own\", and nothing outside of that check can use it.";
    check(&[(text, said)]);
}
