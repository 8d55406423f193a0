//! Answers of Terraform 1.11.4, recorded with `terraform console`, against ours.
//!
//! A case is `>>> expression` and the answer below it: the value as the console shows it, or `!`,
//! the summary and the detail of the error.
//!
//! We differ on purpose: an index that is sensitive makes its result so.

use super::{Constants, evaluate, parse_expression};
use crate::diag::Diagnostics;
use crate::source::SourceId;

/// Which part of the messages of functions is compared.
#[derive(Clone, Copy, PartialEq)]
enum Details {
    /// Their summary only.
    OfEvaluation,
    /// All of them.
    All,
}

fn answer(text: &str, details: Details) -> String {
    let expr = match parse_expression(text, SourceId(0)) {
        Ok(expr) => expr,
        Err(problem) => return format!("! {}: {}", problem.summary, problem.detail),
    };
    let mut diagnostics = Diagnostics::default();
    match evaluate(&expr, &Constants::default(), &mut diagnostics) {
        Ok(value) => value.to_console(),
        Err(_) => {
            let problem = diagnostics.iter().next().expect("a failure is reported");
            let of_function = problem.summary == "Invalid function argument";
            if of_function && details == Details::OfEvaluation {
                return format!("! {}", problem.summary);
            }
            let detail: Vec<&str> = problem.detail.split_whitespace().collect();
            format!("! {}: {}", problem.summary, detail.join(" "))
        }
    }
}

fn check(table: &str, details: Details) {
    let mut wrong = String::new();
    for case in table.split(">>> ").skip(1) {
        let case = case.trim_end();
        let theirs = case.char_indices().filter(|(_, c)| *c == '\n').map(|(at, _)| at);
        // An expression may have several lines: some division of the case must agree.
        let agrees = |at: usize| answer(&case[..at], details) == case[at + 1..];
        if !theirs.clone().any(agrees) {
            let at = theirs.clone().next().unwrap_or(0);
            wrong.push_str(&format!("{case}\n  ours: {}\n\n", answer(&case[..at], details)));
        }
    }
    assert!(wrong.is_empty(), "these differ:\n{wrong}");
}

#[test]
fn expressions() {
    check(include_str!("oracle/expressions.txt"), Details::OfEvaluation);
}

#[test]
fn templates() {
    check(include_str!("oracle/templates.txt"), Details::OfEvaluation);
}

#[test]
fn numbers_of_every_precision() {
    check(include_str!("oracle/numbers.txt"), Details::All);
}

#[test]
fn types_that_values_have_in_common() {
    check(include_str!("oracle/common_types.txt"), Details::All);
}

#[test]
fn calls_and_mistakes_in_full() {
    check(include_str!("oracle/console.txt"), Details::All);
}
