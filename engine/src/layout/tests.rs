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

#[test]
fn a_mistake_is_refused_with_its_place() {
    assert_eq!(format("a = \n", SOURCE).unwrap_err().span.unwrap().start, 2);
}
