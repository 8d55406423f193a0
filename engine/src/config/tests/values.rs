//! Values of the root module's variables.

use std::collections::BTreeMap;

use super::{Diagnostics, MemoryFiles, Sources, load, shown};
use crate::config::{Missing, VarInputs, VarSource, root_values};

const DECLARED: &str = "variable \"s\" {
  type    = string
  default = \"default\"
}
variable \"l\" {
  type    = list(number)
  default = []
}
variable \"any\" {
  default = null
}
variable \"pw\" {
  type      = list(string)
  default   = []
  sensitive = true
}
variable \"solid\" {
  type     = bool
  default  = true
  nullable = false
}
";

/// Values as text, and the messages.
fn values(files: &[(&str, &str)], env: &[(&str, &str)], line: &[&str]) -> (String, String) {
    let memory: MemoryFiles = files.iter().copied().collect();
    let (mut sources, mut diags) = (Sources::default(), Diagnostics::default());
    let config = load(".", &memory, &BTreeMap::new(), &mut sources, &mut diags);
    let Ok(config) = config else { panic!("{}", shown(&diags, &sources)) };
    let environment = env.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect();
    let given = |text: &&str| match text.strip_prefix('@') {
        Some(path) => VarSource::File(path.to_owned()),
        None => VarSource::Assignment(text.to_string()),
    };
    let line: Vec<VarSource> = line.iter().map(given).collect();
    let inputs = VarInputs { environment: &environment, command_line: &line };
    let values = root_values(&config, inputs, Missing::Refused, &memory, &mut sources, &mut diags);
    let text =
        values.unwrap_or_default().iter().map(|(name, v)| format!("{name}={v:?} ")).collect();
    for source in sources.iter() {
        assert!(!source.text.contains("hunter2") || source.name.ends_with(".vars.hcl"));
    }
    (text, shown(&diags, &sources))
}

fn said(files: &[(&str, &str)], env: &[(&str, &str)], line: &[&str]) -> String {
    let declared = [&[("main.hcl", DECLARED)], files].concat();
    values(&declared, env, line).1
}

#[test]
fn later_sources_win() {
    let declared = ("main.hcl", DECLARED);
    let own = ("quorate.vars.hcl", "s = \"own\"\n");
    let auto = ("b.auto.vars.hcl", "s = \"b\"\n");
    let earlier = ("a.auto.vars.hcl", "s = \"a\"\n");
    let other = ("x.vars.hcl", "s = \"x\"\n");
    let env = [("s", "env"), ("unknown", "not mentioned")];
    let rest = "solid=true ";
    for (files, env, line, expected) in [
        (vec![declared, other], &[][..], &[][..], "default"),
        (vec![declared, other], &env, &[], "env"),
        (vec![declared, own], &env, &[], "own"),
        (vec![declared, own, auto, earlier], &env, &[], "b"),
        (vec![declared, own, other], &env, &["@x.vars.hcl"], "x"),
        (vec![declared, other], &env, &["@x.vars.hcl", "s=line"], "line"),
        (vec![declared, other], &env, &["s=line", "@x.vars.hcl"], "x"),
    ] {
        let (text, said) = values(&files, env, line);
        assert_eq!(said, "");
        assert_eq!(text, format!("any=null l=[] pw=(sensitive) s={expected:?} {rest}"));
    }
}

#[test]
fn text_is_taken_as_the_type_says() {
    let line = ["s=[1]", "l=[1, \"2\"]", "any={ a = 1 }", "pw=[\"hunter2\"]", "solid=null"];
    let (text, _) = values(&[("main.hcl", DECLARED)], &[], &line[..4]);
    assert_eq!(text, "any=\"{ a = 1 }\" l=[1, 2] pw=(sensitive) s=\"[1]\" solid=true ");
    let solid = said(&[], &[], &line[4..]);
    assert!(solid.contains("bool required") || solid.contains("a bool is required"), "{solid}");
}

#[test]
fn null_means_the_default_where_null_is_not_allowed() {
    let files = [("main.hcl", DECLARED), ("quorate.vars.hcl", "solid = null\ns = null\n")];
    let (text, said) = values(&files, &[], &[]);
    assert_eq!((text.contains("solid=true"), text.contains("s=null"), &*said), (true, true, ""));
    let bare = [
        ("main.hcl", "variable \"x\" {\n  type = string\n  nullable = false\n}\n"),
        ("quorate.vars.hcl", "x = null\n"),
    ];
    assert_eq!(
        values(&bare, &[], &[]).1,
        "quorate.vars.hcl:1:5: Required variable not set\n  The value given for the variable \"x\" at \
         quorate.vars.hcl:1 is null, but the variable has no default and is declared with nullable \
         = false.\n"
    );
}

#[test]
fn values_for_nothing() {
    let own = ("quorate.vars.hcl", "sl = 1\nb {}\n");
    assert_eq!(
        said(&[own], &[], &["soild=1", "nonsense", "@none.vars.hcl"]),
        "quorate.vars.hcl:2:1: Unexpected block in a file of values
  A file of values contains only lines of the form name = value. Blocks belong into the configuration (*.hcl).
quorate.vars.hcl:1:1: warning: Value for undeclared variable
  A value is given for \"sl\", but the root module declares no variable of that name.
  Did you mean \"l\"?
Value for undeclared variable
  The option -var sets \"soild\", but the root module declares no variable of that name.
  Did you mean \"solid\"?
Invalid -var option
  The option -var takes a name and a value with an equals sign between them: -var 'name=value'.
Unreadable file
  Reading a configuration file failed: no file exists at \"none.vars.hcl\".
"
    );
}

#[test]
fn a_missing_value_is_asked_for_with_its_description() {
    let text = "variable \"size\" {\n  description = \"How many members.\"\n}\n";
    assert_eq!(
        values(&[("main.hcl", text)], &[], &[]).1,
        "main.hcl:1:1: No value for required variable
  The variable \"size\" has no default, and no value was given. Its description: How many members.
  Give it with -var 'size=...', in a file named *.auto.vars.hcl, or as QUORATE_VAR_size in the environment.
"
    );
}

#[test]
fn values_that_do_not_fit_are_pointed_at() {
    let own = ("quorate.vars.hcl", "s = \"fine\"\nl = [\"x\"]\n");
    let found = said(&[own], &[], &[]);
    let start = "quorate.vars.hcl:2:5: Invalid value for input variable\n  The value given for the \
                 variable \"l\" at quorate.vars.hcl:2 does not fit its type: [0]: ";
    assert!(found.starts_with(start), "{found}");
    let found = said(&[], &[], &["l=[\"x\"]"]);
    assert!(
        found.starts_with("<value of var.l>:1:1: Invalid value for input variable\n"),
        "{found}"
    );
    assert!(said(&[], &[], &["l=[1"]).starts_with("<value of var.l>:1:"));
}

#[test]
fn secrets_are_not_repeated() {
    for line in [
        "pw=hunter2",
        "pw=[hunter2",
        "pw={ hunter2 = hunter2 }",
        "pw=hunter2()",
        "pw={x=\"hunter2\"}",
    ] {
        let found = said(&[], &[], &[line]);
        assert!(
            found.contains("The value given for the variable \"pw\" on the command line"),
            "{found}"
        );
        assert!(!found.contains("hunter2"), "{found}");
    }
    assert_eq!(format!("{:?}", VarSource::Assignment("pw=hunter2".into())), "-var=pw=...");
}

#[test]
fn values_are_written_out_and_mistakes_in_them_said_once() {
    let refused = said(&[], &[], &["l=concat([1], [2])"]);
    assert!(refused.contains("Function calls not allowed"), "{refused}");
    assert!(said(&[], &[], &["l =[1]"]).contains("Invalid -var option"));
    let twice = ("a.auto.vars.hcl.json", "{\"//\": \"a comment\", \"l\": [1], \"l\": [2]}");
    let refused = said(&[twice], &[], &[]);
    assert!(refused.contains("Duplicate attribute definition"), "{refused}");
    assert!(!refused.contains("No value for required variable"), "{refused}");
    assert!(!refused.contains("//"), "{refused}");
}
