//! Nothing that changes is hidden: in plans made by chance, each value that is unlike all others
//! stands in the text, in the comment and on the page, at every width.

use std::collections::BTreeSet;

use quorate_engine::plan::{Plan, PlannedObject, Waves};
use quorate_engine::value::Value;

use super::sample::*;
use super::*;
use crate::view::{html, markdown};

/// Numbers that look random and are the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Values that are unlike all others, and those that stay or are shared.
struct Source {
    chance: Chance,
    /// Those that must be said.
    told: Vec<String>,
    next: usize,
}

impl Source {
    /// A word that occurs nowhere else.
    fn word(&mut self) -> String {
        self.next += 1;
        let look = ["q{}q", "ä{}ß", "漢{}字", "- {}-", "-> {}x", "~ k{}", "host = {}h"];
        let look = look[self.chance.below(look.len() as u64) as usize];
        let word = look.replace("{}", &format!("{:04}", self.next));
        self.told.push(word.clone());
        word
    }

    /// A value before and after; most of it stays.
    fn pair(&mut self, depth: u64) -> (Value, Value) {
        match self.chance.below(if depth == 0 { 6 } else { 9 }) {
            0 | 1 => ("same".into(), "same".into()),
            2 => {
                let (old, new) = (self.word(), self.word());
                (Value::string(old), Value::string(new))
            }
            3 => ("shared".into(), Value::string(self.word())),
            4 => (Value::NULL, Value::string(self.word())),
            5 => self.text(),
            6 => {
                let parts: Vec<_> = (0..3).map(|_| self.pair(depth - 1)).collect();
                let (old, new): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
                (Value::tuple(old), Value::tuple(new))
            }
            _ => self.object(depth - 1),
        }
    }

    fn text(&mut self) -> (Value, Value) {
        let line = self.chance.below(12) as usize;
        let (old, new) = (self.word(), self.word());
        let text = |word: &str| {
            let lines = (0..12).map(|n| match n == line {
                true => format!("  - {word}\n"),
                false => format!("  - line {n}\n"),
            });
            Value::string(lines.collect::<String>())
        };
        (text(&old), text(&new))
    }

    fn object(&mut self, depth: u64) -> (Value, Value) {
        let names = ["a", "b", "name", "path"];
        let parts: Vec<_> = names.iter().map(|name| (*name, self.pair(depth))).collect();
        let old = parts.iter().map(|(name, (old, _))| (*name, old.clone()));
        let new = parts.iter().map(|(name, (_, new))| (*name, new.clone()));
        (Value::object(old), Value::object(new))
    }

    fn change(&mut self, index: usize) -> PlannedObject {
        let host = format!("h{}", index % 5);
        let on = Value::object([("name", Value::string(&*host)), ("transport", "ssh".into())]);
        let name = format!("toy_thing.x[\"{index}\"]");
        let (old, new) = self.object(2);
        let with = |value: &Value, host: &Value| {
            let mut all = value.entries().cloned().unwrap_or_default();
            all.insert("host".into(), host.clone());
            Value::object(all)
        };
        let steps = vec![write(&host, "/etc/x")];
        match self.chance.below(5) {
            0 => create(&name, with(&new, &on), steps),
            1 => {
                let host = Value::object([("name", Value::string(self.word()))]);
                replace(&name, with(&old, &on), with(&new, &host), &["host"])
            }
            _ => update(&name, with(&old, &on), with(&new, &on), steps),
        }
    }
}

fn by_chance(seed: u64) -> (Plan, Vec<String>) {
    let mut source = Source { chance: Chance(seed), told: Vec::new(), next: 0 };
    let objects: Vec<_> = (0..12).map(|index| source.change(index)).collect();
    // What is only in a value before that an object never had is not to be said.
    let said = format!("{objects:?}");
    source.told.retain(|word| said.contains(word.as_str()));
    (plan(objects), source.told)
}

/// Objects of one block that change alike but for a word here and there.
fn family(seed: u64) -> (Plan, Vec<String>) {
    let mut source = Source { chance: Chance(seed), told: Vec::new(), next: 0 };
    let objects: Vec<_> = (0..6).map(|index| source.sibling(index)).collect();
    (plan(objects), source.told)
}

/// Objects of one block, on one host or on one each, each with words of its own at the same places.
fn own(seed: u64) -> (Plan, Vec<String>) {
    let mut source = Source { chance: Chance(seed), told: Vec::new(), next: 0 };
    let is_own: Vec<bool> = (0..4).map(|_| source.chance.below(2) == 0).collect();
    let (one_host, is_new) = (source.chance.below(2) == 0, source.chance.below(2) == 0);
    let objects: Vec<_> = (0..6)
        .map(|index| {
            let host = if one_host { "h0".to_owned() } else { format!("h{index}") };
            let on = Value::object([("name", Value::string(&*host)), ("transport", "ssh".into())]);
            let word = source.word();
            let mut attrs = vec![("host", on)];
            for (name, is_own) in ["a", "b", "c", "path"].into_iter().zip(&is_own) {
                // Now and then the same word again, now and then another, now and then none of its own.
                let value = match (is_own, source.chance.below(8)) {
                    (true, 0) => source.word(),
                    (true, 1) => "plain".to_owned(),
                    (true, _) => format!("https://{word}:2379"),
                    (false, _) => "shared".to_owned(),
                };
                attrs.push((name, Value::string(value)));
            }
            let name = format!("toy_thing.x[\"{index}\"]");
            let steps = vec![write(&host, &format!("/etc/{word}"))];
            let after = Value::object(attrs.clone());
            attrs.iter_mut().skip(1).for_each(|(_, value)| *value = "before".into());
            match is_new {
                true => create(&name, after, steps),
                false => update(&name, Value::object(attrs), after, steps),
            }
        })
        .collect();
    (plan(objects), source.told)
}

impl Source {
    /// A word that all siblings share, or now and then one of its own.
    fn maybe_own(&mut self, shared: &str) -> String {
        if self.chance.below(6) == 0 { self.word() } else { shared.to_owned() }
    }

    fn sibling(&mut self, index: usize) -> PlannedObject {
        let host = format!("h{index}");
        let on = |name: &str| Value::object([("name", name.into()), ("transport", "ssh".into())]);
        let names = ["a", "b", "c", "d", "e"];
        let scalars: Vec<_> = names
            .iter()
            .map(|name| (*name, self.maybe_own("before"), self.maybe_own("after")))
            .collect();
        let (old_line, new_line) = (self.maybe_own("old line"), self.maybe_own("new line"));
        let (old_item, new_item) = (self.maybe_own("old item"), self.maybe_own("new item"));
        let text = |line: &str| Value::string(format!("one\n{line}\nthree\n"));
        let list = |item: &str| Value::tuple([Value::from("first"), Value::string(item)]);
        let value = |scalar: &dyn Fn(&(&str, String, String)) -> String,
                     line: &str,
                     item: &str,
                     on: Value| {
            let mut all: Vec<(&str, Value)> =
                scalars.iter().map(|all| (all.0, Value::string(scalar(all)))).collect();
            all.extend([("text", text(line)), ("within", Value::object([("list", list(item))]))]);
            all.push(("host", on));
            Value::object(all)
        };
        let moved = self.chance.below(4) == 0;
        let elsewhere = if moved { self.word() } else { host.clone() };
        let before = value(&|(_, old, _)| old.clone(), &old_line, &old_item, on(&host));
        let after = value(&|(_, _, new)| new.clone(), &new_line, &new_item, on(&elsewhere));
        let name = format!("toy_thing.x[\"{index}\"]");
        update(&name, before, after, vec![write(&host, "/etc/x")])
    }
}

fn page(plan: &Plan) -> String {
    let mut out = Vec::new();
    let count = plan.objects.len();
    let waves =
        Waves { of: (0..count).map(Some).collect(), waits_for: vec![BTreeSet::new(); count] };
    html::render(plan, &[], &waves, &mut out).unwrap();
    String::from_utf8(out).unwrap().replace("&gt;", ">")
}

fn text(plan: &Plan, width: usize, color: bool) -> String {
    text_with(plan, ViewOptions::new(color, width))
}

fn text_with(plan: &Plan, options: ViewOptions) -> String {
    let mut out = Vec::new();
    render(plan, options, &mut out).unwrap();
    anstream::adapter::strip_str(&String::from_utf8(out).unwrap()).to_string()
}

#[test]
fn every_change_is_told() {
    for seed in 0..90 {
        let (plan, told) = match seed % 3 {
            0 => by_chance(seed),
            1 => family(seed),
            _ => own(seed),
        };
        let mut shown = vec![("page", page(&plan))];
        shown.push(("comment", markdown::render(&plan, &[], usize::MAX)));
        let whole = ViewOptions::new(false, 80).with(Detail::Full);
        shown.push(("whole text", text_with(&plan, whole)));
        for (width, color) in [(40, false), (80, true), (80, false), (200, false)] {
            shown.push(("text", text(&plan, width, color)));
        }
        for word in &told {
            // A comment puts the symbol of a row into the first column.
            let word = word.trim_start_matches(['-', '>', ' ', '~']);
            for (what, text) in &shown {
                assert!(text.contains(word), "{word:?} is not in the {what} of {seed}:\n{text}");
            }
        }
    }
}
