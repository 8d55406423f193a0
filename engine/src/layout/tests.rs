use super::*;

const SOURCE: SourceId = SourceId(0);

fn laid_out(text: &str) -> String {
    format(text, SOURCE).unwrap_or_else(|refused| panic!("{text:?}: {refused:?}"))
}

/// Texts and what Terraform 1.11.4 makes of them.
#[test]
fn files_look_as_terraform_leaves_them() {
    let cases: Vec<(String, String)> = serde_json::from_str(include_str!("cases.json")).unwrap();
    let wrong: Vec<String> = cases
        .iter()
        .filter(|(text, expected)| laid_out(text) != *expected)
        .map(|(text, expected)| format!("{text:?}\n want {expected:?}\n  got {:?}", laid_out(text)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (text, _) in &cases {
        assert_eq!(laid_out(&laid_out(text)), laid_out(text), "not settled: {text:?}");
    }
}

/// Terraform drops the first label of the first, and makes invalid files of the others.
#[test]
fn what_terraform_breaks_stays_whole() {
    for (text, expected) in [
        ("b \"a$b\" \"c\" {\n}\n", "b \"a$b\" \"c\" {\n}\n"),
        ("a=\"${ # c\nx}\"\n", "a = ( # c\nx)\n"),
        ("a=\"${(x)?y:\n(z)}\"\n", "a = ((x) ? y :\n(z))\n"),
    ] {
        let once = laid_out(text);
        let words = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(words(&once), words(expected));
        assert_eq!(laid_out(&once), once);
    }
}

/// A large file is laid out in pieces, of which nothing is seen.
#[test]
fn a_large_file_is_laid_out_as_a_small_one() {
    let block = "b \"c\" {\nx=1 # one\nlonger = [\n1 , 2]\n}\nb \"c\" {\n}\n# over\n\n\n";
    let tidy = laid_out(block);
    assert_eq!(laid_out(&block.repeat(3000)), tidy.repeat(3000));
    let nested = format!("n {{\n{}}}\n  ", block.repeat(1500));
    let lines =
        tidy.lines().map(|line| if line.is_empty() { "\n".into() } else { format!("  {line}\n") });
    assert_eq!(
        laid_out(&nested),
        format!("n {{\n{}}}\n  ", lines.collect::<String>().repeat(1500))
    );
}

#[test]
fn a_mistake_is_refused_with_its_place() {
    assert_eq!(format("a = \n", SOURCE).unwrap_err().span.unwrap().start, 2);
    let alone = format("a = 1\n\r  \n", SOURCE).unwrap_err();
    assert_eq!((alone.summary, alone.span.unwrap().start), ("Invalid character", 6));
    let open = format("k = (<<E\nE)/**/\n", SOURCE).unwrap_err();
    assert_eq!(open.span.unwrap().start, 5);
}

/// Every text that is cut off or damaged is laid out or refused, and what is laid out is settled.
#[test]
fn damage_is_refused_or_settled() {
    let cases: Vec<(String, String)> = serde_json::from_str(include_str!("cases.json")).unwrap();
    let mut chance = Chance(7);
    for (text, _) in &cases {
        for _ in 0..6 {
            let damaged = damage(text, &mut chance);
            if let Ok(once) = format(&damaged, SOURCE) {
                assert_eq!(laid_out(&once), once, "not settled: {damaged:?}");
            }
        }
    }
}

/// What is not white space stays, but for what is rewritten: labels, types and lone templates.
#[test]
fn nothing_but_white_space_moves() {
    let cases: Vec<(String, String)> = serde_json::from_str(include_str!("cases.json")).unwrap();
    let bare = |text: &str| text.split_whitespace().collect::<String>();
    let rewritten = ["\"", "{", "\u{feff}"];
    let mut compared = 0;
    for (text, _) in cases.iter().filter(|(text, _)| !rewritten.iter().any(|r| text.contains(r))) {
        assert_eq!(bare(&laid_out(text)), bare(text), "{text:?}");
        compared += 1;
    }
    assert!(compared > 10, "only {compared} texts have nothing to rewrite");
}

/// Numbers that look random and are the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        ((self.0 >> 33) as usize) % bound.max(1)
    }
}

/// A text with its end, or a part of it, cut off, or with a token in a place where it is foreign.
fn damage(text: &str, chance: &mut Chance) -> String {
    let place = |chance: &mut Chance| text.floor_char_boundary(chance.below(text.len() + 1));
    let (one, other) = (place(chance), place(chance));
    let (start, end) = (one.min(other), one.max(other));
    let tokens =
        ["\n", " ", "{", "}", "\"", "${", "[", "]", "(", ")", "#", "/*", "=", "<<E\n", "~"];
    match chance.below(3) {
        0 => text[..start].to_owned(),
        1 => [&text[..start], &text[end..]].concat(),
        _ => [&text[..start], tokens[chance.below(tokens.len())], &text[start..]].concat(),
    }
}
