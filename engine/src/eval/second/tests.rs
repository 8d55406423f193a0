use super::super::testing::eval;
use crate::diag::Diagnostics;
use crate::eval::{Constants, Expr, answer, parse_body, parse_expression};
use crate::source::SourceId;

const SOURCE: SourceId = SourceId(0);

fn answered(text: &str) -> String {
    let expr = parse_expression(text, SOURCE).unwrap_or_else(|e| panic!("{text}: {e:?}"));
    shown(&expr)
}

fn shown(expr: &Expr) -> String {
    let mut diagnostics = Diagnostics::default();
    answer(expr, &Constants::default(), &mut diagnostics)
        .unwrap_or_else(|_| panic!("{diagnostics:?}"))
        .split_whitespace()
        .collect::<Vec<_>>()
        .join("")
}

/// The answer to the value of `a` in a body.
fn of_body(text: &str) -> String {
    let body = parse_body(text, SOURCE).unwrap_or_else(|e| panic!("{text}: {e:?}"));
    let node = body.get_attribute("a").unwrap().value.clone();
    shown(&Expr::new(SOURCE, node))
}

#[test]
fn line_breaks_within_brackets_mean_nothing() {
    for (text, expected) in [
        ("[for x in\n1\n+ 1 == 2\n? [1]\n: [2] : x]", "[1,]"),
        ("[for\nx\n,\ny in [1] :\nx\n+\ny\nif x\n==\n0]", "[1,]"),
        ("{for x in [1] : x => x\n+ 1\nif true\n&& true}", "{\"1\"=2}"),
        ("{for x in [1] : x\n=>\n x # c\n /* d\n*/ + 1}", "{\"1\"=2}"),
        ("(1\n+\n1)", "2"),
        ("-\n1", "-1"),
        ("[1][\n0\n]", "1"),
        ("\"%{ if true\n&& true }x%{ else\n}y%{\nendif }\"", "\"x\""),
        ("\"%{ for x in\n[1]\n}${x\n+ 1}%{ endfor }\"", "\"2\""),
        ("1\n+ 1", "2"),
        ("max(1\n,\n2\n)", "2"),
        ("[for x in [<<EOT\n  a\nEOT\n] : x\n== \"  a\\n\"]", "[true,]"),
        ("[\ntrue\n?\n1\n:\n2\n,\n!\ntrue]", "[1,false,]"),
    ] {
        assert_eq!(answered(text), expected, "{text}");
    }
    assert!(parse_expression("{ = 1, : 2 }", SOURCE).is_err());
    assert!(parse_expression("{\na = 1\n+ 1\n}", SOURCE).is_err());
    assert!(parse_body("a = 1\n+ 1\n", SOURCE).is_err());
}

#[test]
fn many_levels_are_read() {
    let nested = |depth: usize, open: &str, inner: &str, close: &str| {
        format!("{}{inner}{}", open.repeat(depth), close.repeat(depth))
    };
    for (text, expected) in [
        (nested(200, "(", "1", ")"), "1"),
        (nested(200, "( 1 + ", "1", " )"), "201"),
        (nested(140, "max(\n1, ", "2", ")"), "2"),
        (nested(140, "[[1]][", "0", "][0] - 1"), "0"),
        (nested(140, "\"${", "1", "}\""), "1"),
        (nested(130, "length([{a = ", "1", "}])"), "1"),
        (nested(120, "(true ? ", "1", " : 2)"), "1"),
        (nested(250, "false ? 0 : ", "1", ""), "1"),
        (nested(100, "(false ? 0 : ", "1", ")"), "1"),
    ] {
        assert_eq!(answered(&text), expected, "{text}");
        assert_eq!(of_body(&format!("a = {text} # c\nb = 1\n")), expected, "{text}");
    }
    for open in ["(", "[", "{a=", "f(", "\"${", "x["] {
        assert!(parse_expression(&open.repeat(100_000), SOURCE).is_err());
    }
    assert!(parse_expression(&format!("{}1", "false ? 0 : ".repeat(50_000)), SOURCE).is_err());
    let problem = parse_expression(&nested(500, "(", "1", ")"), SOURCE).unwrap_err();
    assert_eq!(problem.summary, "Nesting too deep");
}

#[test]
fn keys_given_twice_and_many_keys_are_read() {
    for (text, expected) in [
        ("{a=1,a=2}", "{\"a\"=2}"),
        ("{\n a = \"}\"\n a = max(1, 2)\n}", "{\"a\"=2}"),
        ("[{x={b={a=1}, a=1, a=2}}]", "[{\"x\"={\"a\"=2\"b\"={\"a\"=1}}},]"),
        ("{a /* c */ =1\na /* = */ : 2}", "{\"a\"=2}"),
        ("{a={b=1,b=2},a={b=1,b=3}}", "{\"a\"={\"b\"=3}}"),
    ] {
        assert_eq!(answered(text), expected, "{text}");
        assert_eq!(of_body(&format!("a = {text}")), expected, "{text}");
    }
    let entries: String = (0..20_000).map(|i| format!("k{i} = {i} # c\n")).collect();
    let text = format!("length({{\n{entries}}})");
    assert_eq!(answered(&text), "20000");
    assert_eq!(of_body(&format!("x {{}}\na = {text}\n")), "20000");
}

#[test]
fn what_the_parser_misreads_is_read() {
    for (text, expected) in [
        ("{ a = true ? length([]) : null\n(\"b\") = 1 }", "{\"a\"=0\"b\"=1}"),
        ("{ a = [] == 1 # c\n(\"b\") = 1 }", "{\"a\"=false\"b\"=1}"),
        ("[<<E\nE\n, <<-E\n  x\n  E\n] == [\"\", \"x\\n\"]", "true"),
        ("[<<E\nE.\n  E/\nE\n] == [\"E.\\n  E/\\n\"]", "true"),
        ("[<<-E\n  %{ if true }x%{ endif }\n  E.\n  E\n] == [\"x\\nE.\\n\"]", "true"),
        ("[for x in [1] : <<E\nx\nE\n== \"x\\n\" if <<E\nx\nE\n!= \"\"]", "[true,]"),
        ("1 # \r 2", "1"),
    ] {
        assert_eq!(answered(text), expected, "{text}");
        assert_eq!(of_body(&format!("a = {text}\nb = <<E\nx\nE\n")), expected, "{text}");
    }
    assert!(parse_body("a = (<<E\nx\nE)\n", SOURCE).is_err());
}

#[test]
fn numbers_of_any_size_are_read() {
    assert_eq!(answered("1e400 / 1e399"), "10");
    assert_eq!(answered("-1e400 + 1e400"), "0");
    assert_eq!(eval(&format!("1{} == 1e350", "0".repeat(350))), eval("true"));
}
