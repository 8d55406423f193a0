use hcl::edit::Span as _;

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
fn chains_of_any_length_are_read() {
    let chain = |first: &str, next: &str| format!("{first}{}", next.repeat(3000));
    for (text, expected) in [
        (chain("0", " + 1"), "3000"),
        (chain("0", " - 1"), "-3000"),
        (chain("0", " - -1"), "3000"),
        (chain("1", " + 2 * 3 - 6 / 2"), "9001"),
        (chain("false", " || false"), "false"),
        (chain("false", " || 1 == 2 && true"), "false"),
        (chain("true", "\n&& 1 < 2"), "true"),
        (chain("1", " == 1"), "false"),
        (chain("[1][0]", " * max(1, 1)"), "1"),
        (chain("\"${1}\"", " + [for x in [1] : x + 0][0]"), "3001"),
        (format!("[{} ? 1 : 2]", chain("true", " && true")), "[1,]"),
        (format!("true ? {} : 2", chain("1", " + 1")), "3001"),
        (format!("{{ a = 1, b = {}, c = 2 }}", chain("1", "+1")), "{\"a\"=1\"b\"=3001\"c\"=2}"),
        (format!("[for x in [{0}] : {0} if {0} > 2]", chain("1", " + 1")), "[3001,]"),
        (format!("\"%{{ if {} }}x%{{ endif }}\"", chain("true", " && true")), "\"x\""),
        (format!("max({0}, {0}...)", chain("1", "+ 1")).replace("...", ""), "3001"),
        (format!("{{ for x in [1] : x => {}... }}", chain("1", "+ 1")), "{\"1\"=[3001,]}"),
        (format!("[[0]].*{}", " [0]"), "[0,]"),
        (format!("length([[0]][*][0]){}", " + 1".repeat(3000)), "3001"),
        (format!("[length([[0]].*.0){}]", " - 1".repeat(2)), "[-1,]"),
    ] {
        let short = &text[..text.len().min(80)];
        assert_eq!(answered(&text.replace('\n', " ")), expected, "{short}");
        let one_line = text.replace('\n', " ");
        assert_eq!(
            of_body(&format!("b = 1 + 1\na = {one_line} # c\nc = 1\n")),
            expected,
            "{short}"
        );
    }
    let text = chain("1", " + 1") + " + true";
    let expr = parse_expression(&text, SOURCE).unwrap();
    let mut diagnostics = Diagnostics::default();
    assert!(answer(&expr, &Constants::default(), &mut diagnostics).is_err());
    let span = diagnostics.iter().next().unwrap().span.unwrap();
    assert_eq!(&text[span.start as usize..span.end as usize], "true");
}

/// A heredoc without lines has a text read in pieces, whatever else is in it.
#[test]
fn both_readings_give_the_same() {
    let told = |text: &str| {
        let node = parse_body(text, SOURCE).ok()?.get_attribute("a").unwrap().value.clone();
        let mut diagnostics = Diagnostics::default();
        answer(&Expr::new(SOURCE, node), &Constants::default(), &mut diagnostics).ok()
    };
    let recorded = [
        include_str!("../oracle/expressions.txt"),
        include_str!("../oracle/templates.txt"),
        include_str!("../oracle/console.txt"),
    ];
    let expressions = recorded.iter().flat_map(|all| all.lines());
    let mut answered = 0;
    for text in expressions.filter_map(|line| line.strip_prefix(">>> ")) {
        if ["timestamp", "uuid", "bcrypt"].iter().any(|name| text.contains(name)) {
            continue;
        }
        let (once, pieces) = (format!("a = {text}\n"), format!("a = {text}\nz = <<E\nE\n"));
        let (once, pieces) = (told(&once), told(&pieces));
        assert_eq!(once, pieces, "{text}");
        answered += usize::from(once.is_some());
    }
    assert!(answered > 500, "only {answered} expressions have an answer");
}

#[test]
fn what_is_repeated_without_end_has_a_value_or_a_message() {
    let told = |text: String| {
        let mut diagnostics = Diagnostics::default();
        parse_expression(&text, SOURCE)
            .is_ok_and(|expr| answer(&expr, &Constants::default(), &mut diagnostics).is_ok())
    };
    assert!(told(format!("[1]{}", ".*".repeat(50_000))));
    assert!(told(format!("[1]{}", "[*]".repeat(50))));
    for (first, next) in
        [("[1]", "[*]"), ("1", "[0]"), ("1", ".a"), ("", "!"), ("\"", "%{if true}")]
    {
        assert!(!told(format!("{first}{}", next.repeat(50_000))), "{next}");
    }
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

#[test]
fn blocks_nest_as_deep_as_brackets() {
    let nested = |depth: usize| {
        let open: String =
            (0..depth).map(|level| format!("b {{ # {level}\n  x = {level}\n")).collect();
        let close = "c \"d\" { y = (((1))) }\n}\n".repeat(depth);
        format!("{open}a = [{{ k = \"${{1 +\n 1}}\" }}]\n{close}")
    };
    let text = nested(390);
    let mut body = parse_body(&text, SOURCE).unwrap_or_else(|e| panic!("{e:?}"));
    for level in 0..390 {
        let block = body.get_blocks("b").next().unwrap();
        let own = block.body.get_attribute("x").unwrap();
        assert_eq!(own.value.to_string().trim(), level.to_string());
        assert!(text[own.span().unwrap()].starts_with(&format!("x = {level}")));
        assert_eq!(block.body.get_blocks("c").count(), 1);
        body = block.body.clone();
    }
    let inner = body.get_attribute("a").unwrap().value.clone();
    assert_eq!(shown(&Expr::new(SOURCE, inner)), "[{\"k\"=2},]");
    let refused = *parse_body(&nested(400), SOURCE).unwrap_err();
    assert_eq!(refused.summary, "Nesting too deep");
}
