//! What differs between two lists.

use std::io;

use quorate_engine::value::Value;

use super::delta::{put_changed, put_hidden};
use super::page::{Mark, Page};
use super::value::{Place, close, one_line, open, put};

/// Lists whose lengths multiply to more than this are not aligned element by element.
const LARGEST_TABLE: usize = 1_000_000;

/// What happens to a run of elements.
#[derive(Debug, PartialEq)]
enum Edit<'v> {
    Same(usize),
    Changed(&'v Value, &'v Value),
    Removed(&'v Value),
    Added(&'v Value),
}

/// Writes a list that changes.
pub fn put_elements(
    page: &mut Page<'_>,
    at: Place<'_>,
    old: &[Value],
    new: &[Value],
) -> io::Result<()> {
    open(page, at, "[")?;
    let inner = Place { level: at.level + 1, mark: Mark::Same, lead: "", tail: ",", ..at };
    for edit in edits(old, new) {
        match edit {
            Edit::Same(count) => put_hidden(page, inner.level, count, "element")?,
            Edit::Changed(before, after) => {
                put_changed(page, inner.marked(Mark::Change), before, after)?;
            }
            Edit::Removed(value) => put(page, inner.marked(Mark::Remove), value)?,
            Edit::Added(value) => put(page, inner.marked(Mark::Add), value)?,
        }
    }
    close(page, at, "]")
}

fn edits<'v>(old: &'v [Value], new: &'v [Value]) -> Vec<Edit<'v>> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (old_mid, new_mid) =
        (&old_rest[..old_rest.len() - tail], &new_rest[..new_rest.len() - tail]);
    let mut edits = Vec::new();
    push_same(&mut edits, head);
    push_middle(&mut edits, old_mid, new_mid);
    push_same(&mut edits, tail);
    edits
}

fn push_same(edits: &mut Vec<Edit<'_>>, count: usize) {
    match edits.last_mut() {
        _ if count == 0 => {}
        Some(Edit::Same(before)) => *before += count,
        _ => edits.push(Edit::Same(count)),
    }
}

fn push_middle<'v>(edits: &mut Vec<Edit<'v>>, old: &'v [Value], new: &'v [Value]) {
    let too_long = old.len().saturating_mul(new.len()) > LARGEST_TABLE;
    if too_long {
        return push_gap(edits, old, new);
    }
    let table = common_lengths(old, new);
    let (mut i, mut j, mut gap) = (0, 0, (0, 0));
    while i < old.len() && j < new.len() {
        if old[i] == new[j] {
            push_gap(edits, &old[gap.0..i], &new[gap.1..j]);
            push_same(edits, 1);
            (i, j) = (i + 1, j + 1);
            gap = (i, j);
        } else if table[i + 1][j] >= table[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    push_gap(edits, &old[gap.0..], &new[gap.1..]);
}

/// `table[i][j]`: how many elements `old[i..]` and `new[j..]` have in common, in order.
fn common_lengths(old: &[Value], new: &[Value]) -> Vec<Vec<u32>> {
    let mut table = vec![vec![0; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            table[i][j] = match old[i] == new[j] {
                true => table[i + 1][j + 1] + 1,
                false => table[i + 1][j].max(table[i][j + 1]),
            };
        }
    }
    table
}

/// Elements between common ones: as many objects on both sides are changed objects, anything
/// else is removed and added.
fn push_gap<'v>(edits: &mut Vec<Edit<'v>>, old: &'v [Value], new: &'v [Value]) {
    let large = |value: &Value| one_line(value).is_none();
    if old.len() == new.len() && old.iter().chain(new).all(large) {
        edits.extend(old.iter().zip(new).map(|(a, b)| Edit::Changed(a, b)));
        return;
    }
    edits.extend(old.iter().map(Edit::Removed));
    edits.extend(new.iter().map(Edit::Added));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Vec<Value> {
        text.chars().map(|c| Value::string(c.to_string())).collect()
    }

    fn shown(old: &str, new: &str) -> String {
        let (old, new) = (list(old), list(new));
        let part = |edit: &Edit<'_>| match edit {
            Edit::Same(count) => format!("={count}"),
            Edit::Changed(a, b) => format!("~{a:?}{b:?}"),
            Edit::Removed(value) => format!("-{}", value.as_str().unwrap()),
            Edit::Added(value) => format!("+{}", value.as_str().unwrap()),
        };
        edits(&old, &new).iter().map(part).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_longest_common_part_is_kept() {
        for (old, new, expected) in [
            ("", "", ""),
            ("abc", "abc", "=3"),
            ("abc", "abxc", "=2 +x =1"),
            ("abcde", "xbcdy", "-a +x =3 -e +y"),
            ("abc", "", "-a -b -c"),
            ("abcd", "acdb", "=1 -b =2 +b"),
        ] {
            assert_eq!(shown(old, new), expected, "{old} {new}");
        }
    }
}
