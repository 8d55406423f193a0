//! Answers of Terraform 1.11.4, recorded with `terraform console`, against ours.
//!
//! A line of a table is `expression => answer`; the answer is JSON, `?` for unknown, or `!` and
//! Terraform's message. Ours may word an error differently, but must give one.

use hcl::edit::expr::{Expression, ObjectKey};
use hcl::edit::parser::parse_body;

use super::{FunctionError, call};
use crate::eval::Ambient;
use crate::value::Value;

fn parse(text: &str) -> Expression {
    let body = parse_body(&format!("v = {text}\n")).expect(text);
    body.get_attribute("v").expect("it was just written").value.clone()
}

fn evaluate(expr: &Expression) -> Result<Value, FunctionError> {
    Ok(match expr {
        Expression::Null(_) => Value::NULL,
        Expression::Bool(value) => (*value.as_ref()).into(),
        Expression::Number(number) => Value::Number(
            number.as_repr().map(|r| r.to_string()).unwrap_or_default().parse().expect("a number"),
        ),
        Expression::String(text) => text.as_str().into(),
        Expression::Array(items) => {
            Value::tuple(items.iter().map(evaluate).collect::<Result<Vec<_>, _>>()?)
        }
        Expression::Object(object) => {
            let attr = |(key, value): (&ObjectKey, &hcl::edit::expr::ObjectValue)| {
                let key = match key {
                    ObjectKey::Ident(name) => name.as_str().to_owned(),
                    ObjectKey::Expression(key) => {
                        evaluate(key)?.as_str().expect("a string").to_owned()
                    }
                };
                Ok((key, evaluate(value.expr())?))
            };
            Value::object(object.iter().map(attr).collect::<Result<Vec<_>, _>>()?)
        }
        Expression::UnaryOp(negated) => negative(&evaluate(&negated.expr)?),
        Expression::FuncCall(function) => {
            let args: Vec<Value> = function.args.iter().map(evaluate).collect::<Result<_, _>>()?;
            call(function.name.name.as_str(), &args, &Ambient::default())?
        }
        other => panic!("the tables have no {other:?}"),
    })
}

fn negative(value: &Value) -> Value {
    Value::Number(-value.as_number().expect("a number"))
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
    let ours = evaluate(&parse(expr));
    let agree = match (&ours, answer) {
        (Err(_), answer) => answer.starts_with('!'),
        (Ok(ours), "?") => ours.is_unknown(),
        (Ok(ours), answer) => {
            !answer.starts_with('!')
                && same(ours, &evaluate(&parse(&answer.replace("${", "$${"))).expect(answer))
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
