//! Answers of Terraform 1.11.4, recorded with `terraform console`, against ours.
//!
//! A case is `>>> expression` and the answer below it: the value as the console shows it, or `!`,
//! the summary and the detail of the error; the details of functions are their own matter.
//!
//! We differ on purpose: zero has no sign, and an index that is sensitive makes its result so.

use super::{Constants, evaluate, parse_expression};
use crate::diag::Diagnostics;
use crate::source::SourceId;

fn answer(text: &str) -> String {
    let expr = match parse_expression(text, SourceId(0)) {
        Ok(expr) => expr,
        Err(problem) => return format!("! {}: {}", problem.summary, problem.detail),
    };
    let mut diagnostics = Diagnostics::default();
    match evaluate(&expr, &Constants::default(), &mut diagnostics) {
        Ok(value) => value.to_console(),
        Err(_) => {
            let problem = diagnostics.iter().next().expect("a failure is reported");
            if problem.summary == "Invalid function argument" {
                return format!("! {}", problem.summary);
            }
            let detail: Vec<&str> = problem.detail.split_whitespace().collect();
            format!("! {}: {}", problem.summary, detail.join(" "))
        }
    }
}

fn check(table: &str) {
    let mut wrong = String::new();
    for case in table.split(">>> ").skip(1) {
        let case = case.trim_end();
        let theirs = case.char_indices().filter(|(_, c)| *c == '\n').map(|(at, _)| at);
        // An expression may have several lines: some division of the case must agree.
        let agrees = |at: usize| answer(&case[..at]) == case[at + 1..];
        if !theirs.clone().any(agrees) {
            let at = theirs.clone().next().unwrap_or(0);
            wrong.push_str(&format!("{case}\n  ours: {}\n\n", answer(&case[..at])));
        }
    }
    assert!(wrong.is_empty(), "these differ:\n{wrong}");
}

#[test]
fn expressions() {
    check(include_str!("oracle/expressions.txt"));
}

#[test]
fn templates() {
    check(include_str!("oracle/templates.txt"));
}
