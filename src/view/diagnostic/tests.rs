use quorate_engine::source::{SourceId, Span};

use super::*;

fn sources(text: &str) -> (Sources, SourceId) {
    let mut sources = Sources::default();
    let id = sources.add("main.hcl", text);
    (sources, id)
}

/// The span of the first place where `part` is in `text`.
fn span(id: SourceId, text: &str, part: &str) -> Span {
    let start = text.find(part).unwrap();
    Span::new(id, start..start + part.len())
}

fn shown(diagnostic: &Diagnostic, sources: &Sources, width: usize) -> String {
    let mut out = Vec::new();
    let options = ViewOptions::new(false, width);
    render_one(diagnostic, sources, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_whole_message_looks_as_in_terraform() {
    let text =
        "resource \"host_file\" \"motd\" {\n  path    = \"/etc/motd\"\n  content = var.nope\n}\n";
    let (sources, id) = sources(text);
    let diagnostic = Diagnostic::error(
        "Reference to undeclared input variable",
        "An input variable with the name \"nope\" has not been declared in this module.",
    )
    .at(span(id, text, "var.nope"))
    .within(Span::new(id, 0..text.len()))
    .about("host_file.motd")
    .value("each.key", "\"infra0\"")
    .help("Did you mean \"note\"?");
    assert_eq!(
        shown(&diagnostic, &sources, 60),
        "\
╷
│ Error: Reference to undeclared input variable
│
│   with host_file.motd,
│   on main.hcl line 3, in resource \"host_file\" \"motd\":
│    3:   content = var.nope
│                   ^^^^^^^^
│     ├────────────────
│     │ each.key is \"infra0\"
│
│ An input variable with the name \"nope\" has not been
│ declared in this module.
│
│ Did you mean \"note\"?
╵
"
    );
}

#[test]
fn a_message_without_a_place_is_short() {
    let diagnostic = Diagnostic::warning("Empty output", "Nothing to show.");
    assert_eq!(
        shown(&diagnostic, &Sources::default(), 80),
        "╷\n│ Warning: Empty output\n│\n│ Nothing to show.\n╵\n"
    );
}

#[test]
fn an_address_may_be_all_there_is() {
    let diagnostic = Diagnostic::world("Host unreachable", "No route.").about("data.host.a[0]");
    assert_eq!(
        shown(&diagnostic, &Sources::default(), 80),
        "╷\n│ Error: Host unreachable\n│\n│   with data.host.a[0]\n│\n│ No route.\n╵\n"
    );
}

/// The two lines with the source and the caret.
fn caret(text: &str, part: &str, width: usize) -> String {
    let (sources, id) = sources(text);
    let diagnostic = Diagnostic::error("E", "").at(span(id, text, part));
    let all = shown(&diagnostic, &sources, width);
    all.lines().skip(4).take(2).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_caret_is_under_the_span_whatever_is_before_it() {
    for (text, part, expected) in [
        ("a = \"日本\" + x", "x", "│    1: a = \"日本\" + x\n│                    ^"),
        ("\ta\t= x", "x", "│    1:     a   = x\n│                 ^"),
        ("é = x", "x", "│    1: é = x\n│           ^"),
        ("a = [\n  1,\n]", "[\n  1,\n]", "│    1: a = [\n│           ^"),
        ("a\u{1b}[2J = b", "b", "│    1: a\\u001b[2J = b\n│                    ^"),
        ("日本 = 1", "日本", "│    1: 日本 = 1\n│       ^^^^"),
    ] {
        assert_eq!(caret(text, part, 80), expected, "{text:?}");
    }
}

#[test]
fn an_empty_span_at_the_end_has_a_caret_too() {
    let (sources, id) = sources("a =");
    let diagnostic = Diagnostic::error("E", "").at(Span::new(id, 3..3));
    let text = shown(&diagnostic, &sources, 80);
    assert!(text.contains("│    1: a =\n│          ^\n"), "{text}");
    // A span beyond the text must not end the program.
    for range in [3..90, 80..90] {
        let _ = shown(&Diagnostic::error("E", "").at(Span::new(id, range)), &sources, 80);
    }
}

#[test]
fn long_lines_are_cut_around_the_span() {
    let text = format!("{}= wrong{}", "a".repeat(100), " b".repeat(100));
    let expected = "│    1: …aaaaaaaaaaaaaaa= wrong b b b b…\n│                         ^^^^^";
    assert_eq!(caret(&text, "wrong", 40), expected);
    let span = "w".repeat(200);
    let expected = format!("│    1: {}…\n│       {}", "w".repeat(31), "^".repeat(32));
    assert_eq!(caret(&span, &span, 40), expected);
}

#[test]
fn colours_mark_the_edge_and_the_word() {
    let mut out = Vec::new();
    let options = ViewOptions::new(true, 80);
    let diagnostic = Diagnostic::error("E", "d");
    render_one(&diagnostic, &Sources::default(), options, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("\u{1b}[31m╷\u{1b}[0m"), "{text:?}");
    assert!(text.contains("\u{1b}[1m\u{1b}[31mError: \u{1b}[0m\u{1b}[1mE\u{1b}[0m"), "{text:?}");
}

#[test]
fn warnings_come_before_errors() {
    let mut all = Diagnostics::default();
    all.error(Diagnostic::error("First", ""));
    all.push(Diagnostic::warning("Second", ""));
    let mut out = Vec::new();
    let options = ViewOptions::new(false, 80);
    render(&all, &Sources::default(), options, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.find("Second") < text.find("First"), "{text}");
}

#[test]
fn every_one_of_many_messages_is_shown() {
    let text: String = (0..10_000).map(|n| format!("attribute_{n} = var.value_{n}\n")).collect();
    let (sources, id) = sources(&text);
    let mut all = Diagnostics::default();
    for n in 0..300 {
        let at = span(id, &text, &format!("var.value_{}", 9_000 + n));
        all.error(Diagnostic::error("E", "Some detail.").at(at).within(at));
    }
    let mut out = Vec::new();
    render(&all, &sources, ViewOptions::new(false, 80), &mut out).unwrap();
    let shown = String::from_utf8(out).unwrap();
    assert_eq!(shown.matches("Error: E").count(), 300);
    assert!(shown.contains("on main.hcl line 9300"), "the last one has its line");
}

/// What is shown of the same message about each of these objects.
fn said_of(objects: &[&str], message: impl Fn(&str) -> Diagnostic) -> String {
    let mut diagnostics = Diagnostics::default();
    objects.iter().for_each(|name| diagnostics.push(message(name).about(format!("x.{name}"))));
    let (sources, _) = sources("size = var.size\n");
    let mut out = Vec::new();
    let options = ViewOptions::new(false, 60);
    render(&diagnostics, &sources, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_warning_about_many_objects_is_said_once() {
    let text = said_of(&["a", "b", "c", "d", "e"], |_| Diagnostic::warning("Old", "It is old."));
    assert_eq!(text.matches("Warning: Old").count(), 1, "{text}");
    assert!(text.contains("│   with x.a\n│   with x.b\n│   with x.c and 2 more\n"), "{text}");
}

#[test]
fn an_error_at_one_place_is_said_once_for_all_objects_unless_their_values_differ() {
    let (_, id) = sources("size = var.size\n");
    let at = span(id, "size = var.size\n", "var.size");
    let error = |_: &str| Diagnostic::error("Too large", "It is too large.").at(at);
    let text = said_of(&["a", "b"], error);
    assert_eq!(text.matches("Error: Too large").count(), 1, "{text}");
    assert!(text.contains("│   with x.a,\n│   with x.b,\n│   on main.hcl line 1:"), "{text}");
    let text = said_of(&["a", "b"], |name| error(name).value("each.key", name));
    assert_eq!(text.matches("Error: Too large").count(), 2, "{text}");
    let text = said_of(&["a", "b"], |_| Diagnostic::error("Gone", "It is gone."));
    assert_eq!(text.matches("Error: Gone").count(), 2, "without a place it may be two mistakes");
}
