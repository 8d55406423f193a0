use super::{Goal, mistake};

/// What is said of a text, and the part of it that is underlined.
fn complaint(text: &str) -> (&'static str, String, &str) {
    let found = mistake(text, Goal::Body).unwrap_or_else(|| panic!("nothing is wrong: {text}"));
    (found.summary, found.detail, &text[found.at])
}

/// Summaries are Terraform 1.11.4's.
#[test]
fn mistakes_are_named_and_underlined() {
    for (text, summary, underlined, says) in [
        ("a =\nb = 1\n", "Invalid expression", "=", "for \"a\""),
        ("x {\n  é = # none\n}\n", "Invalid expression", "=", "for \"é\""),
        ("a = {\n  b =\n}\n", "Invalid expression", "\n", "line ends"),
        ("a = 1 +\n", "Invalid expression", "\n", "start of an expression"),
        ("a =", "Missing expression", "", "end of the file"),
        ("a 1\n", "Argument or block definition required", "a", ": a = 1"),
        ("x {\n  a: 1\n}\n", "Argument or block definition required", "a", ": a = 1"),
        ("a\n", "Argument or block definition required", "a", "introduce the argument value."),
        ("x {}}\n", "Missing newline after block definition", "}", "must end"),
        ("}\n", "Argument or block definition required", "}", "here"),
        ("\"a\" = 1\n", "Invalid argument name", "\"", "not be quoted"),
        ("x { a = 1, b = 2 }\n", "Invalid single-argument block definition", ",", "only one"),
        ("x { a = 1\n}\n", "Invalid single-argument block definition", "\n", "same line"),
        ("x {y \"z\" {}}\n", "Argument definition required", "y", "argument \"y\""),
        ("x y = 1\n", "Invalid block definition", "=", "equals sign"),
        ("x y\n", "Invalid block definition", "\n", "block content"),
        ("x {\n", "Unclosed configuration block", "{", "closing brace"),
        ("a = 1 b = 2\n", "Missing newline after argument", "b", "newline"),
        ("a = 1, b = 2\n", "Unexpected comma after argument", ",", "not commas"),
        ("a = 1\na = 2\n", "Attribute redefined", "a", "in line 1"),
        ("x {} y {}\n", "Missing newline after block definition", "y", "must end"),
        ("a = 'x'\n", "Invalid character", "'", "Use double quotes"),
        ("a = “x”\n", "Invalid character", "“", "straight quote"),
        ("a = 1 & 2\n", "Unsupported operator", "&", "boolean AND"),
        ("a = b.\n", "Invalid attribute name", "\n", "after a dot"),
        ("a = [b[1\n", "Missing close bracket on index", "", "must end"),
        ("a = b[*.c]\n", "Missing close bracket on splat index", ".", "immediately"),
        ("a = f(1 2)\n", "Missing argument separator", "2", "comma"),
        ("a = f(b... c)\n", "Missing closing parenthesis", "...", "expanded"),
        ("a = f(1\n", "Unterminated function call", "f(", "closing parenthesis"),
        ("a = f::(1)\n", "Missing function name", "(", "function name"),
        ("a = f::g\n", "Missing open parenthesis", "\n", "open parenthesis"),
        ("a = [1 2]\n", "Missing item separator", "2", "comma"),
        ("a = [1\n", "Unterminated tuple constructor expression", "[", "closing bracket"),
        ("a = { b }\n", "Missing key/value separator", "}", "equals sign"),
        ("a = { b c }\n", "Missing key/value separator", "c", "quotes"),
        ("a = { b\n}\n", "Missing attribute value", "\n", "equals sign"),
        ("a = { b = 1 c = 2 }\n", "Missing attribute separator", "c", "comma"),
        ("a = [for b, in c : d]\n", "Invalid 'for' expression", "c", "'in' keyword"),
        ("a = [for b in c d]\n", "Invalid 'for' expression", "d", "colon"),
        ("a = {for b in c : d}\n", "Invalid 'for' expression", "d", "required"),
        ("a = [for b in c : d => e]\n", "Invalid 'for' expression", "d", "not valid"),
        ("a = [for b in c : d...]\n", "Invalid 'for' expression", "...", "Grouping"),
        ("a = b ? c\n", "Missing false expression in conditional", "\n", "colon"),
        ("a = 1.2.3\n", "Invalid number literal", "1.2.3", "number"),
        ("a = \"\\q\"\n", "Invalid escape sequence", "\\q", "'q' is not"),
        ("a = \"\\u12\"\n", "Invalid escape sequence", "\\u12", "four"),
        ("a = \"${b c}\"\n", "Extra characters after interpolation expression", "c", "brace"),
        ("a = \"%{ fi b }\"\n", "Invalid template control keyword", "fi", "Did you mean \"if\"?"),
        ("a = \"%{ if b c }\"\n", "Extra characters in if marker", "c", "brace"),
        ("a = \"%{ endif }\"\n", "Unexpected endif directive", "%{ endif }", "unbalanced"),
        ("a = \"%{ if b }%{ endfor }\"\n", "Unexpected endfor directive", "%{ endfor }", "endif"),
        ("a = \"%{ for b of c }\"\n", "Invalid 'for' directive", "of", "'in' keyword"),
        ("x \"a${b}\" {\n}\n", "Invalid string literal", "${", "double it"),
        ("x \"a", "Unterminated string literal", "\"", "closing quote"),
        ("a = \"b\n", "Invalid multi-line string", "\"b", "heredoc"),
        ("a = <<E\nb\n", "Unterminated template string", "<<E\n", "closing marker"),
        ("a = 1 /* b\n", "Unterminated comment", "/*", "for this comment"),
    ] {
        let (found, detail, part) = complaint(text);
        assert_eq!((found, part), (summary, underlined), "{text}: {detail}");
        assert!(detail.contains(says), "{text}: {detail}");
    }
}

#[test]
fn what_is_the_language_passes() {
    for text in [
        "",
        "a = 1",
        "a = b ? c : d ? e : -f.0.g[*].h[1 + 2].*.i\n",
        "a = [for k, v in b : c if d]\nb = { for v in a :\n v => v...\n if c }\n",
        "a = f(\n1\n,\n2...\n)\nb = core::f()\n",
        "a = {\n\n b = 1, \"c\" : 2\n (d) = <<E\nx ${e} %{ if f }g%{ else }h%{ endif }\nE\n\n}\n",
        "x y \"z\" { a = 1 }\nx {}\nx {\n}\n",
        "a = \"\\u00e9 \\\" $${ %%{ ${~ b ~} %{ for c in d ~}%{~ endfor }\"\n",
        "a = b[\n1\n] # c\nd = (\n1\n) /* e\n */\n",
    ] {
        assert_eq!(mistake(text, Goal::Body), None, "{text}");
    }
}

#[test]
fn no_depth_is_too_much() {
    for open in ["(", "[", "{a=", "f(", "\"${", "x[", "!", "-", "a ? ", "\"%{if ", "[for a in "] {
        assert!(mistake(&open.repeat(200_000), Goal::Expression).is_some(), "{open}");
    }
    for long in ["1 + ", "a ? b : ", "a || ", "!"] {
        let text = format!("{}1", long.repeat(200_000));
        assert_eq!(mistake(&text, Goal::Expression), None, "{long}");
    }
    assert!(mistake(&"x {\n".repeat(200_000), Goal::Body).is_some());
}
