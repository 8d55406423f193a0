//! Answers of Terraform 1.11.4, recorded with `terraform console`, against ours.
//!
//! A line of a table is `expression => answer`; the answer is JSON, `?` for unknown, or `!` and
//! Terraform's message. Ours may word an error differently, but must give one.

use crate::diag::Diagnostics;
use crate::eval::{self, Constants, parse_expression};
use crate::source::SourceId;
use crate::value::Value;

fn evaluate(text: &str) -> Result<Value, String> {
    let expr = parse_expression(text, SourceId(0)).map_err(|problem| format!("{problem:?}"))?;
    let mut diagnostics = Diagnostics::default();
    let value = eval::evaluate(&expr, &Constants::default(), &mut diagnostics);
    value.map_err(|_| diagnostics.iter().map(|problem| problem.detail.as_str()).collect())
}

/// Whether two values look the same as JSON, which tells no list from a tuple.
fn same(ours: &Value, theirs: &Value) -> bool {
    if let (Some(ours), Some(theirs)) = (ours.elements(), theirs.elements()) {
        return ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(a, b)| same(a, b));
    }
    if let (Some(ours), Some(theirs)) = (ours.entries(), theirs.entries()) {
        let mut pairs = ours.iter().zip(theirs);
        return ours.len() == theirs.len() && pairs.all(|(a, b)| a.0 == b.0 && same(a.1, b.1));
    }
    ours.is_null() && theirs.is_null() || ours == theirs
}

fn check(line: &str) -> Result<(), String> {
    let (expr, answer) = line.split_once("  =>  ").expect(line);
    let ours = evaluate(expr);
    let agree = match (&ours, answer) {
        (Err(_), answer) => answer.starts_with('!'),
        (Ok(ours), "S") => ours.has_sensitive(),
        (Ok(ours), "?") => ours.is_unknown(),
        (Ok(ours), answer) => {
            !answer.starts_with('!')
                && same(ours, &evaluate(&answer.replace("${", "$${")).expect(answer))
        }
    };
    if agree { Ok(()) } else { Err(format!("{expr}\n  theirs {answer}\n  ours   {ours:?}\n")) }
}

fn check_table(table: &str) {
    let wrong: Vec<_> = table.lines().filter_map(|line| check(line).err()).collect();
    assert!(wrong.is_empty(), "{} lines differ:\n{}", wrong.len(), wrong.concat());
}

#[test]
fn strings() {
    check_table(include_str!("oracle/string.txt"));
}

#[test]
fn encodings() {
    check_table(include_str!("oracle/encoding.txt"));
}

#[test]
fn hashes() {
    check_table(include_str!("oracle/hash.txt"));
}

#[test]
fn networks() {
    check_table(include_str!("oracle/network.txt"));
}

#[test]
fn paths() {
    check_table(include_str!("oracle/file.txt"));
}

#[test]
fn dates() {
    check_table(include_str!("oracle/date.txt"));
}

#[test]
fn numbers() {
    check_table(include_str!("oracle/numeric.txt"));
}

#[test]
fn collections() {
    check_table(include_str!("oracle/collection.txt"));
}

#[test]
fn conversions() {
    check_table(include_str!("oracle/conversion.txt"));
}

#[test]
fn formats() {
    check_table(include_str!("oracle/format.txt"));
}

#[test]
fn json() {
    check_table(include_str!("oracle/json.txt"));
}

#[test]
fn yaml() {
    check_table(include_str!("oracle/yaml.txt"));
}

#[test]
fn more() {
    check_table(include_str!("oracle/more.txt"));
}
