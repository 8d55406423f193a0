//! What Terraform's console cannot be asked: unknown values, diagnostics, templates from files.

use std::collections::BTreeMap;

use super::{
    Ambient, Resolved, Scope, TraversalStep, evaluate, evaluate_template, parse_expression,
};
use crate::diag::{Diagnostic, Diagnostics};
use crate::source::{SourceId, Span};
use crate::value::{Text, Type, Unknown, Value};

/// `var.NAME` for a few values, known and not.
struct Vars(BTreeMap<Text, Value>, Ambient);

impl Scope for Vars {
    fn resolve(
        &self,
        root: &str,
        steps: &[TraversalStep],
        at: Span,
    ) -> Result<Resolved, Box<Diagnostic>> {
        if let ("var", [TraversalStep::Attr(name, _), ..]) = (root, steps)
            && let Some(value) = self.0.get(name)
        {
            return Ok(Resolved { value: value.clone(), consumed: 1 });
        }
        Err(Box::new(Diagnostic::error("Reference to undeclared name", root).at(at)))
    }

    fn ambient(&self) -> &Ambient {
        &self.1
    }
}

fn vars() -> Vars {
    let server = Type::object([("id", Type::String), ("ports", Type::list(Type::Number))]);
    let values: [(&str, Value); 9] = [
        ("text", Value::unknown(Type::String)),
        ("sure", Value::unknown_not_null(Type::Bool)),
        ("any", Value::unknown(Type::Any)),
        ("list", Value::unknown(Type::list(server.clone()))),
        ("map", Value::unknown(Type::map(Type::Number))),
        ("server", Value::unknown(server)),
        ("size", Value::from(3)),
        ("names", Value::tuple(["a".into(), "b".into()])),
        ("secret", Value::from("pw").sensitive()),
    ];
    let values = values.into_iter().map(|(name, value)| (name.into(), value));
    Vars(values.collect(), Ambient::default())
}

fn run(text: &str) -> Result<Value, Vec<Diagnostic>> {
    let expr = parse_expression(text, SourceId(0)).unwrap();
    let mut diagnostics = Diagnostics::default();
    let outcome = evaluate(&expr, &vars(), &mut diagnostics);
    assert_eq!(outcome.is_err(), diagnostics.has_errors(), "{text}");
    outcome.map_err(|_| diagnostics.iter().cloned().collect())
}

fn problem(text: &str) -> Diagnostic {
    let problems = run(text).unwrap_err();
    assert_eq!(problems.len(), 1, "{text}: {problems:?}");
    problems[0].clone()
}

/// The underlined part of the text.
fn underlined(text: &str) -> &str {
    let span = problem(text).span.unwrap();
    &text[span.start as usize..span.end as usize]
}

#[test]
fn the_unknown_stays_unknown_of_its_type() {
    for (text, ty) in [
        ("\"a${var.text}\"", "string"),
        ("var.map[\"x\"] + 1", "number"),
        ("var.size > var.map.x", "bool"),
        ("var.list[0].id", "string"),
        ("var.list[*].id", "list(string)"),
        (
            "convert(var.any, tuple([object({ id = string }), any]))[*]",
            "tuple([object({id=string}),any])",
        ),
        ("var.list[*].ports[0]", "list(number)"),
        ("var.server.ports", "list(number)"),
        ("var.sure ? 1 : 2", "number"),
        ("var.sure ? \"a\" : var.size", "string"),
        ("[for x in var.list : x.id]", "any"),
        ("[for x in var.names : x if var.sure]", "any"),
        ("{ (var.text) = 1 }", "any"),
        ("var.names[var.map.x]", "any"),
        ("var.any.a.b[0]", "any"),
        ("\"%{ for x in var.list }a%{ endfor }\"", "string"),
        ("try(var.text, \"x\")", "any"),
        ("can(var.any.x)", "bool"),
        ("var.text == \"x\"", "bool"),
        ("[1, var.text] == [1, \"x\"]", "bool"),
        ("upper(var.text)", "string"),
    ] {
        let value = run(text).unwrap();
        assert!(value.is_unknown(), "{text}: {value:?}");
        assert_eq!(value.type_of().to_string(), ty, "{text}");
    }
}

#[test]
fn what_is_decided_does_not_wait() {
    for (text, shown) in [
        ("false && var.sure", "false"),
        ("var.sure && false", "false"),
        ("true || var.sure", "true"),
        ("[1, var.text] == [2, \"x\"]", "false"),
        ("var.text == 1", "false"),
        ("var.sure == null", "false"),
        ("[var.text, 1][1]", "1"),
        ("{ a = var.text, b = 2 }.b", "2"),
        ("try(var.size, 0)", "3"),
        ("true ? 1 : var.map.x", "1"),
        ("[for i, x in [var.text] : i]", "[\n  0,\n]"),
    ] {
        assert_eq!(run(text).unwrap().to_console(), shown, "{text}");
    }
}

#[test]
fn secrets_go_where_they_can_be_told_from() {
    for text in [
        "\"a${var.secret}\"",
        "var.secret == \"x\"",
        "var.secret == \"x\" ? 1 : 2",
        "[for x in [1] : x if var.secret != \"\"]",
        "{ (var.secret) = 1 }",
        "upper(var.secret)",
        "\"${var.text}${var.secret}\"",
        "{ a = 1, pw = 2 }[var.secret]",
    ] {
        assert!(run(text).unwrap().unmark().1.sensitive, "{text}");
    }
    assert!(!run("[var.secret, 1][1]").unwrap().has_sensitive());
    for text in ["var.secret.x", "var.secret + 1", "parseint(var.secret, 10)", "[1][var.secret]"] {
        let shown = format!("{:?}", problem(text));
        assert!(!shown.contains("\"pw\""), "{text}: {shown}");
    }
}

#[test]
fn a_mistake_is_underlined_exactly() {
    for (text, part) in [
        ("1 + var.names.x", ".x"),
        ("var.names[5]", "[5]"),
        ("1 + upper([])", "[]"),
        ("nope(1)", "nope"),
        ("\"x ${[]} y\"", "[]"),
        ("var.gone.x[0]", "var.gone.x[0]"),
        ("[for x in var.size : x]", "var.size"),
        ("1 + (\"a\")", "(\"a\")"),
        ("[] ? 1 : 2", "[]"),
    ] {
        assert_eq!(underlined(text), part, "{text}");
    }
}

#[test]
fn the_values_that_led_to_a_mistake_are_told() {
    let pair = |name: &str, shown: &str| (name.to_owned(), shown.to_owned());
    let index = problem("var.names[var.size]");
    assert_eq!(index.values, [pair("var.names", "tuple with 2 elements"), pair("the index", "3")]);
    assert_eq!(index.help.as_deref(), Some("Its last index is 1."));
    assert_eq!(
        problem("var.names + var.size").values,
        [pair("var.names", "tuple with 2 elements")]
    );
    assert_eq!(problem("[for n in var.names : n + 1][0]").values, [pair("n", "\"a\"")]);
    assert_eq!(problem("{ name = 1 }.nmae").help.as_deref(), Some("Did you mean \"name\"?"));
    assert_eq!(problem("lenth([])").help.as_deref(), Some("Did you mean \"length\"?"));
}

#[test]
fn every_mistake_is_told_once() {
    let problems = run("[1 + \"a\", var.gone, \"${null} ${[]}\", f()]").unwrap_err();
    let summaries: Vec<&str> = problems.iter().map(|problem| problem.summary).collect();
    assert_eq!(
        summaries,
        [
            "Invalid operand",
            "Reference to undeclared name",
            "Invalid template interpolation value",
            "Invalid template interpolation value",
            "Call to unknown function",
        ]
    );
    // A loop stops at its first bad turn.
    assert_eq!(run("[for x in [1, 2, 3] : x.y]").unwrap_err().len(), 1);
}

#[test]
fn text_templates_see_their_variables_only() {
    let vars = BTreeMap::from([("x".into(), Value::from(2)), ("l".into(), run("[1, 2]").unwrap())]);
    let render = |text: &str| evaluate_template(text, &vars, &Ambient::default(), 0);
    let shown = |text: &str| render(text).map(|value| value.to_console());
    assert_eq!(shown("a ${x} $${x}"), Ok("\"a 2 ${x}\"".to_owned()));
    assert_eq!(shown("${l}"), Ok("[\n  1,\n  2,\n]".to_owned()));
    assert_eq!(
        shown("%{ for i in l ~}\n  - ${i}\n%{ endfor ~}\nend\n"),
        Ok("<<EOT\n  - 1\n  - 2\nend\n\nEOT".to_owned())
    );
    let error = |text: &str| render(text).unwrap_err().to_string();
    assert!(error("a\n${y}").ends_with("at line 2, column 3"), "{}", error("a\n${y}"));
    assert!(error("${").contains("Missing expression"), "{}", error("${"));
    assert!(
        error("${templatestring(\"\", {})}").contains("another template"),
        "{}",
        error("${templatestring(\"\", {})}")
    );
}

#[test]
fn a_deep_expression_is_refused_or_evaluated() {
    let deep = format!("{}1{}", "(".repeat(60), ")".repeat(60));
    assert_eq!(run(&deep).unwrap(), Value::from(1));
    let chain = vec!["1"; 120].join(" + ");
    assert_eq!(run(&chain).unwrap(), Value::from(120));
    let beyond = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
    assert!(parse_expression(&beyond, SourceId(0)).is_err());
}

/// Cuts and gaps in valid expressions: an error or a value, but never a panic.
#[test]
fn no_text_makes_it_panic() {
    let tables = [include_str!("oracle/expressions.txt"), include_str!("oracle/templates.txt")];
    for case in tables.iter().flat_map(|table| table.split(">>> ").skip(1)) {
        for (at, c) in case.char_indices().take(120) {
            for broken in [&case[..at], &format!("{}{}", &case[..at], &case[at + c.len_utf8()..])] {
                if let Ok(expr) = parse_expression(broken, SourceId(0)) {
                    let _ = evaluate(&expr, &vars(), &mut Diagnostics::default());
                    super::references(&expr);
                }
                let _ = super::parse_body(&format!("a = {broken}"), SourceId(0));
                let _ = evaluate_template(broken, &BTreeMap::new(), &Ambient::default(), 0);
            }
        }
    }
}

#[test]
fn an_unknown_list_becomes_an_unknown_set_of_its_elements() {
    let value = run("toset(var.list)").unwrap();
    assert!(value.is_unknown());
    assert!(matches!(value.type_of(), Type::Set(_)), "{}", value.type_of());
    assert_eq!(run("tolist(toset(var.list[*].id))").unwrap().type_of(), Type::list(Type::String));
}

#[test]
fn what_is_known_of_the_unknown_is_used() {
    for (text, expected) in [
        ("startswith(\"x-${var.text}\", \"x\")", "true"),
        ("startswith(\"x-${var.text}\", \"y\")", "false"),
        ("startswith(\"x-${var.text}\", \"x-1\")", "(known after apply)"),
        ("startswith(\"xa${var.text}\", \"xa\")", "(known after apply)"),
        ("\"x-${var.text}\" == \"y\"", "false"),
        ("\"x-${var.text}\" == null", "false"),
        ("startswith(var.sure ? \"a-1\" : \"a-2\", \"a-\")", "true"),
        ("(var.sure ? 1 : 2) > 2", "false"),
        ("(var.sure ? 1 : 2) >= 2", "(known after apply)"),
        ("(var.sure ? 1 : 2) == 3", "false"),
        ("length(var.list) >= 0", "true"),
        ("length(var.list) == -1", "false"),
        ("length(var.sure ? tolist([1]) : tolist([2, 3])) < 3", "true"),
        ("length(var.sure ? tolist([1]) : tolist([2]))", "1"),
        ("length(toset([var.text, \"a\"])) > 0", "true"),
        ("coalesce(var.text, \"a\") == null", "false"),
        ("coalesce(var.text, var.text) == null", "(known after apply)"),
        ("[for x in toset([var.text]) : 1]", "[\n  1,\n]"),
        // Both may be null, and nulls of all types are equal.
        ("var.text == var.list", "(known after apply)"),
        ("var.sure == var.list", "false"),
        ("{ a = var.text } == { b = var.any }", "false"),
        ("{ a = var.text } == { a = var.any }", "(known after apply)"),
        ("[var.text] == [var.list]", "false"),
        (
            "[for x in assumelistlength(assumenotnull(var.list), 2, 2) : x.id]",
            "[\n  (known after apply),\n  (known after apply),\n]",
        ),
    ] {
        assert_eq!(run(text).map(|value| value.to_console()), Ok(expected.to_owned()), "{text}");
    }
}

/// An unknown element may turn out to come before the others, or to be one of them.
#[test]
fn a_set_with_unknown_elements_has_no_order_and_no_length() {
    const OPEN: &str = "(known after apply)";
    for (text, expected) in [
        ("tolist(SET)[0]", OPEN),
        ("length(tolist(SET))", OPEN),
        ("length(tolist(SET)) < 3", "true"),
        ("length(SET[*])", OPEN),
        ("length(flatten([SET, [\"z\"]]))", OPEN),
        ("length(formatlist(\"%s\", SET))", OPEN),
        ("one(SET)", OPEN),
        ("SET == toset([\"b\"])", OPEN),
        ("SET == toset([\"a\", \"b\"])", OPEN),
        ("SET == toset([\"a\", \"c\"])", "false"),
        ("(var.sure ? toset([\"b\"]) : toset([\"a\"])) == SET", OPEN),
        ("tolist(toset([var.text]))[0] == null", OPEN),
        ("length(tolist(toset([var.text])))", "1"),
        ("contains(SET, \"b\")", "true"),
    ] {
        let text = text.replace("SET", "toset([var.text, \"b\"])");
        assert_eq!(run(&text).map(|value| value.to_console()), Ok(expected.to_owned()), "{text}");
    }
}

/// All elements of a list are texts as soon as one is.
#[test]
fn an_element_of_open_type_leaves_the_type_of_the_others_open() {
    for text in ["tolist([1, var.any])[0]", "tomap({ a = true, b = var.any }).a"] {
        assert!(run(text).unwrap().is_unknown(), "{text}");
    }
    assert_eq!(run("tolist([\"a\", var.any])[0]"), Ok(Value::from("a")));
    assert_eq!(run("length(tolist([1, var.any]))"), Ok(Value::from(2)));
}

#[test]
fn the_type_of_what_is_not_known_is() {
    for (text, expected) in [
        ("reverse(var.list)", "list(object({id=string,ports=list(number)}))"),
        ("values(var.server)", "tuple([string,list(number)])"),
        ("lookup(var.map, \"a\", 1)", "number"),
        ("toset(var.list)", "set(object({id=string,ports=list(number)}))"),
        ("var.list[*].id", "list(string)"),
        ("setproduct(var.list[*].id, toset([\"a\"]))", "set(tuple([string,string]))"),
        ("merge(var.server, { x = 1 })", "object({id=string,ports=list(number),x=number})"),
    ] {
        assert_eq!(
            run(text).map(|value| value.type_of().to_string()),
            Ok(expected.into()),
            "{text}"
        );
    }
}

#[test]
fn what_no_value_of_a_type_has_is_refused_before_the_value_is_known() {
    for text in ["var.text.*.name", "var.text[*].name", "var.server[*].nope", "var.server.*.nope"] {
        assert_eq!(problem(text).summary, "Unsupported attribute", "{text}");
    }
}

#[test]
fn a_key_that_looks_like_a_reference_is_refused() {
    for (text, key) in [
        ("{ var.size = 1 }", "var.size"),
        ("{ var.names[0] = 1 }", "var.names[0]"),
        ("{ a = 1, var.server[\"id\"] = 2 }", "var.server[\"id\"]"),
    ] {
        assert_eq!(problem(text).summary, "Ambiguous attribute key", "{text}");
        assert_eq!(underlined(text), key);
    }
    assert_eq!(run("{ (var.size) = 1 }"), run("{ \"3\" = 1 }"));
}

#[test]
fn a_sign_belongs_to_what_follows() {
    assert_eq!(problem("-3[*]").summary, "Invalid operand");
    assert_eq!(run("(-3)[*]").unwrap(), Value::tuple([Value::from(-3)]));
}

#[test]
fn what_is_made_of_the_unknown_says_what_it_waits_for() {
    let scope = |text: &str| {
        let expr = parse_expression(text, SourceId(0)).unwrap();
        let mut vars = vars();
        let waiting = Unknown { cause: Some("x.y.id".into()), ..Unknown::of(Type::String) };
        vars.0.insert("waiting".into(), waiting.value());
        evaluate(&expr, &vars, &mut Diagnostics::default()).unwrap().waits_for()
    };
    for text in [
        "upper(var.waiting)",
        "\"a-${var.waiting}\"",
        "[var.waiting]",
        "{ (var.waiting) = 1 }",
        "{ for x in [var.waiting] : x => 1 }",
        "[for x in [1, 2] : x if var.waiting == \"a\"]",
        "var.waiting == \"a\"",
        "tonumber(var.waiting) + 1",
        "tonumber(var.waiting) > 1",
        "!tobool(var.waiting)",
        "tobool(var.waiting) ? 1 : 2",
        "[1, 2][tonumber(var.waiting)]",
        "split(\",\", var.waiting)[*]",
        "toset([\"a\", var.waiting])",
        "length(split(\",\", var.waiting))",
        "\"%{ for x in split(\",\", var.waiting) }${x}%{ endfor }\"",
    ] {
        assert_eq!(scope(text).as_deref(), Some("x.y.id"), "{text}");
    }
}
