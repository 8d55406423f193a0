//! Why an object changes, in a sentence a cause.

use std::collections::BTreeSet;

use quorate_engine::plan::{Cause, Causes};
use quorate_engine::value::Text;

use super::unsaid::telling;

/// More names than these are counted.
const FEW: usize = 4;

/// One line for each cause: `(because var.members now gives another cluster)`.
pub fn lines(kind: &str, causes: &Causes) -> Vec<String> {
    // What a variable and a line decide together is said once.
    let mut said: Vec<(Vec<String>, bool, &BTreeSet<Text>)> = Vec::new();
    for (cause, attrs) in causes {
        let (words, decides) = subject(cause);
        match said.iter_mut().find(|(_, d, names)| *d && decides && *names == attrs) {
            Some((subjects, ..)) => subjects.push(words),
            None => said.push((vec![words], decides, attrs)),
        }
    }
    said.into_iter()
        .map(|(subjects, decides, attrs)| sentence(kind, &subjects, decides, attrs))
        .collect()
}

/// A cause in words, and whether it is a place where the value is decided.
fn subject(cause: &Cause) -> (String, bool) {
    match cause {
        Cause::Drift => (String::new(), false),
        Cause::Variable(name) => (format!("var.{name}"), true),
        Cause::Line(place) => (place.clone(), true),
        Cause::Object(addr) => (addr.to_string(), false),
    }
}

fn sentence(kind: &str, subjects: &[String], decides: bool, attrs: &BTreeSet<Text>) -> String {
    let telling = telling(kind, attrs);
    let was = if telling.len() == 1 { "was" } else { "were" };
    let names = listed(telling.iter().copied());
    match (subjects, decides) {
        ([one], false) if one.is_empty() && telling.is_empty() => {
            "(because what is on the host was changed outside of Quorate)".to_owned()
        }
        ([one], false) if one.is_empty() => {
            format!("(because {names} {was} changed outside of Quorate)")
        }
        (_, false) => format!("(because {} changes, and with it {names})", subjects.join(", ")),
        ([one], true) => format!("(because {one} now gives another {names})"),
        (several, true) => {
            let subjects = listed(several.iter().map(String::as_str));
            format!("(because one of {subjects} now gives another {names})")
        }
    }
}

fn listed<'t>(names: impl ExactSizeIterator<Item = &'t str>) -> String {
    let more = names.len().saturating_sub(FEW);
    let mut shown: Vec<_> = names.take(FEW).map(str::to_owned).collect();
    if more > 0 {
        shown.push(format!("{more} more"));
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn causes(given: &[(Cause, &[&str])]) -> Causes {
        let attrs = |names: &[&str]| names.iter().map(|name| Text::from(*name)).collect();
        given.iter().map(|(cause, names)| (cause.clone(), attrs(names))).collect()
    }

    #[test]
    fn a_cause_is_a_sentence() {
        let ca = "module.etcd.pki_ca.this".parse::<quorate_engine::addr::InstanceAddr>().unwrap();
        let given = causes(&[
            (Cause::Drift, &["mode", "owner"]),
            (Cause::Variable("members".into()), &["cluster"]),
            (Cause::Line("main.hcl:3".into()), &["path"]),
            (Cause::Object(ca.config()), &["ca"]),
        ]);
        assert_eq!(
            lines("host_file", &given),
            [
                "(because mode, owner were changed outside of Quorate)",
                "(because var.members now gives another cluster)",
                "(because main.hcl:3 now gives another path)",
                "(because module.etcd.pki_ca.this changes, and with it ca)",
            ]
        );
    }

    #[test]
    fn what_nobody_wrote_is_not_named() {
        let said = |kind, names| lines(kind, &causes(&[(Cause::Drift, names)])).concat();
        let outside = "was changed outside of Quorate)";
        assert_eq!(
            said("host_file", &["content", "sha256"]),
            format!("(because content {outside}")
        );
        assert_eq!(
            said("etcd_static_pod", &["files", "manifest"]),
            format!("(because manifest {outside}")
        );
        assert_eq!(
            said("etcd_static_pod", &["files"]),
            format!("(because what is on the host {outside}")
        );
    }

    #[test]
    fn what_decides_together_is_said_once() {
        let given = causes(&[
            (Cause::Variable("a".into()), &["content"]),
            (Cause::Variable("b".into()), &["content"]),
        ]);
        assert_eq!(
            lines("host_file", &given),
            ["(because one of var.a, var.b now gives another content)"]
        );
    }
}
