//! Whether what is known now is what was approved.

use crate::resource::Planned;
use crate::value::Value;

/// Whether a plan fills in another without changing what was known in it.
pub(super) fn completes(planned: &Planned, approved: &Planned) -> Result<(), String> {
    if planned.steps.len() != approved.steps.len() {
        let (now, then) = (planned.steps.len(), approved.steps.len());
        return Err(format!("{now} steps where {then} were planned"));
    }
    for (now, then) in planned.steps.iter().zip(&approved.steps) {
        if !now.completes(then) {
            return Err(format!("\"{}\" where \"{}\" was planned", now.op, then.op));
        }
    }
    match differing(&planned.after, &approved.after, "") {
        Some(path) => Err(format!("the value of {path} is another")),
        None => Ok(()),
    }
}

/// The first part that was known and is now something else.
fn differing(now: &Value, then: &Value, path: &str) -> Option<String> {
    if then.is_unknown() || now == then {
        return None;
    }
    if let (Value::Set(_), Value::Set(_)) = (now.bare(), then.bare()) {
        // Where an unknown element ends among the others, and whether it is one of them, was open.
        return (now.equals(then).as_bool() == Some(false)).then(|| path.to_owned());
    }
    match (now.entries(), then.entries()) {
        (Some(now), Some(then)) if now.len() == then.len() => {
            then.iter().find_map(|(name, then)| {
                let path =
                    if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
                match now.get(name) {
                    Some(now) => differing(now, then, &path),
                    None => Some(path),
                }
            })
        }
        _ => match (now.elements(), then.elements()) {
            (Some(now), Some(then)) if now.len() == then.len() => {
                let pairs = now.iter().zip(then).enumerate();
                let mut pairs =
                    pairs.map(|(n, (now, then))| differing(now, then, &format!("{path}[{n}]")));
                pairs.find_map(|found| found)
            }
            _ => Some(if path.is_empty() { "the object".to_owned() } else { path.to_owned() }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Type;
    use crate::world::{Content, Expect, Host, Op, Step};

    fn planned(content: Content, value: Value) -> Planned {
        let host = Host { name: "h".into(), connection: "{}".into() };
        let (owner, group) = ("root".to_owned(), "root".to_owned());
        let (path, expect) = ("/x".to_owned(), Expect::AbsentOrSame);
        let write = Op::WriteFile { path, mode: 0o600, owner, group, content, expect };
        Planned::new(Value::object([("text", value)]), vec![Step::on(&host, write)])
    }

    fn text(text: &str) -> Planned {
        planned(Content::Plain(text.as_bytes().into()), Value::from(text))
    }

    #[test]
    fn what_was_open_may_be_filled_in() {
        let approved = planned(Content::Later, Value::unknown(Type::String));
        assert_eq!(completes(&text("a"), &approved), Ok(()));
    }

    #[test]
    fn an_unknown_element_of_a_set_may_come_first_or_be_another() {
        let set = |items: Vec<Value>| planned(Content::Later, Value::set(Type::String, items));
        let approved = set(vec!["b".into(), Value::unknown(Type::String)]);
        for held in [vec!["a".into(), "b".into()], vec!["b".into()], vec!["b".into(), "c".into()]] {
            assert_eq!(completes(&set(held), &approved), Ok(()));
        }
        let other = completes(&set(vec!["a".into(), "c".into()]), &approved);
        assert_eq!(other, Err("the value of text is another".into()));
    }

    #[test]
    fn what_was_known_may_not_change() {
        assert!(completes(&text("a"), &text("b")).is_err());
        let other_value = planned(Content::Plain(b"a".as_slice().into()), Value::from("b"));
        assert_eq!(completes(&other_value, &text("a")), Err("the value of text is another".into()));
        let more_steps = Planned { steps: vec![], ..text("a") };
        assert_eq!(completes(&more_steps, &text("a")), Err("0 steps where 1 were planned".into()));
    }
}
