//! Texts that say the same but for words of their own: the name of their host, an address, a path.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use unicode_width::UnicodeWidthStr as _;

use super::alike::form;
use crate::view::page::{Mark, Page};

/// What is said of a host or an object.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// What it is known by, which is no difference.
    pub name: String,
    /// The lines, without colours.
    pub lines: Vec<String>,
}

/// A word that stands where the first text has another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// Its line, and the how manieth word of that line it is.
    at: (usize, usize),
    /// The object it is said of.
    object: String,
    /// The attribute it is in, or the kind of step.
    attr: String,
    first: String,
    own: String,
}

/// More different words than these make a text another one.
const MOST: usize = 3;

/// What between words ends them.
const ENDS: [char; 10] = [' ', '=', ',', ':', '[', ']', '{', '}', '(', ')'];

/// The words in which a text differs from the first; none where it differs in more than words.
pub fn compare(first: &Said, other: &Said) -> Option<Vec<Own>> {
    if first.lines.len() != other.lines.len() {
        return None;
    }
    let mut owns = Vec::new();
    let mut attrs = Attrs::default();
    for (index, (a, b)) in first.lines.iter().zip(&other.lines).enumerate() {
        let within_text = attrs.step(a);
        if a == b || form(a, &first.name) == form(b, &other.name) {
            continue;
        }
        if within_text || (is_remark(a) && !attrs.in_certificate) {
            return None;
        }
        for (position, a, b) in words(a, b)? {
            if form(a, &first.name) == form(b, &other.name) {
                continue;
            }
            let (object, attr) = (attrs.object.clone(), attrs.name.clone());
            let (first, own) = (a.to_owned(), b.to_owned());
            owns.push(Own { at: (index, position), object, attr, first, own });
        }
    }
    let different: BTreeSet<_> = owns.iter().map(|own| (&own.first, &own.own)).collect();
    (different.len() <= MOST && !contradict(first, &owns)).then_some(owns)
}

/// Begin what a certificate will be and the names that it will have.
const CERTIFICATE: [&str; 2] = ["# certificate ", "# for "];

fn is_remark(line: &str) -> bool {
    line.trim_start().starts_with("# ")
}

/// Whether an attribute that has an own word for another has that other one, too: whoever reads the
/// first text could not tell which is meant.
fn contradict(first: &Said, owns: &[Own]) -> bool {
    let mut attrs = Attrs::default();
    first.lines.iter().enumerate().any(|(index, line)| {
        attrs.step(line);
        let here: Vec<_> = owns.iter().filter(|own| own.attr == attrs.name).collect();
        if here.is_empty() {
            return false;
        }
        words_of(line).enumerate().any(|(position, word)| {
            let stays = !here.iter().any(|own| own.at == (index, position));
            stays && here.iter().any(|own| own.first == word)
        })
    }) || owns.iter().enumerate().any(|(index, own)| {
        let same = |other: &Own| other.attr == own.attr && other.first == own.first;
        owns.iter().skip(index + 1).any(|other| same(other) && other.own != own.own)
    })
}

/// The attribute that a line is about, line after line.
#[derive(Default)]
struct Attrs {
    object: String,
    name: String,
    in_text: bool,
    /// Whether it is one of the remarks about a certificate.
    in_certificate: bool,
}

impl Attrs {
    /// Goes to the next line; whether it is one of a text.
    fn step(&mut self, line: &str) -> bool {
        let text = line.trim_start().trim_start_matches(['+', '-', '~', '/']).trim_start();
        if self.in_text {
            self.in_text = text != "EOT";
            return true;
        }
        self.in_certificate &= is_remark(line);
        if !line.starts_with(' ') && !line.contains(" = ") {
            line.split(' ').next().unwrap_or_default().clone_into(&mut self.object);
        }
        if let Some(step) = text.strip_prefix("→ ") {
            let op = step.split_once(": ").map_or(step, |(_, op)| op);
            self.name = op.split(' ').next().unwrap_or_default().to_owned();
        } else if is_remark(line) {
            let starts = CERTIFICATE.iter().any(|start| line.trim_start().starts_with(start));
            if starts {
                self.in_certificate = true;
                "certificate_pem".clone_into(&mut self.name);
            }
            return false;
        } else if let Some((name, value)) = text.split_once(" = ") {
            self.name = name.trim_end().trim_matches('"').to_owned();
            self.in_text = value.ends_with("<<-EOT");
        }
        false
    }
}

/// The words of a line. A text with blanks is one: a part of it says too little.
fn words_of(line: &str) -> impl Iterator<Item = &str> {
    line.split('"').enumerate().flat_map(|(index, part)| {
        let is_text = index % 2 == 1 && part.contains(' ');
        let (text, words) = if is_text { (Some(part), "") } else { (None, part) };
        let words = (!is_text).then(|| words.split(ENDS).map(bare));
        text.into_iter().chain(words.into_iter().flatten())
    })
}

/// What stands between the words of a line.
fn ends_of(line: &str) -> impl Iterator<Item = &str> {
    line.split('"').enumerate().flat_map(|(index, part)| {
        let is_text = index % 2 == 1 && part.contains(' ');
        let ends = if is_text { "" } else { part };
        std::iter::once("\"").chain(ends.matches(ENDS))
    })
}

/// The words in which two lines differ, with their positions; none where they differ otherwise.
fn words<'l>(a: &'l str, b: &'l str) -> Option<Vec<(usize, &'l str, &'l str)>> {
    if a.contains('\\') || b.contains('\\') || !ends_of(a).eq(ends_of(b)) {
        return None;
    }
    let both = words_of(a).zip(words_of(b)).enumerate();
    let differing = both.filter(|(_, (a, b))| a != b).map(|(at, (a, b))| (at, a, b));
    // A symbol is no word.
    let is_word = |word: &str| word.contains(char::is_alphanumeric);
    differing.map(|(at, a, b)| (is_word(a) && is_word(b)).then_some((at, a, b))).collect()
}

/// A word without what stands before the host in a URL.
fn bare(word: &str) -> &str {
    word.strip_prefix("//").unwrap_or(word)
}

/// Words of their own, as a table.
struct Table {
    /// In which attributes of which objects.
    attrs: Vec<(String, String)>,
    /// One word a row.
    cells: Vec<String>,
}

/// What a table is about: its attributes, with their objects where another table has one of that name.
fn head(table: &Table, all: &[&Table]) -> String {
    let is_of = |other: &&Table, attr: &str| other.attrs.iter().any(|(_, name)| name == attr);
    let mut names: Vec<String> = Vec::new();
    for (object, attr) in &table.attrs {
        let alone = all.iter().filter(|other| is_of(other, attr)).count() < 2;
        let name = if alone { attr.clone() } else { format!("{object}.{attr}") };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(", ")
}

/// Up to that many rows are written below one another.
const FEW: usize = 10;

/// Writes what each has of its own, the first one included: a table of a few, a list of many. Where
/// nothing is own, only the names of the others.
pub fn put_owns(page: &mut Page<'_>, first: &str, others: &[(String, Vec<Own>)]) -> io::Result<()> {
    let names = || others.iter().map(|(name, _)| name.clone());
    let rows: Vec<String> = std::iter::once(first.to_owned()).chain(names()).collect();
    let all = tables(others);
    let (by_key, tables): (Vec<&Table>, Vec<&Table>) =
        all.iter().partition(|table| by_key_of(&rows, &table.cells).is_some());
    let all: Vec<&Table> = all.iter().collect();
    if tables.is_empty() {
        put_list(page, "", &ranges(names().collect()))?;
    }
    for table in &by_key {
        let text = by_key_of(&rows, &table.cells).unwrap_or_default();
        page.row(0, Mark::Same, format!("{}: {text}", head(table, &all)))?;
    }
    if tables.is_empty() {
        return Ok(());
    }
    let width = |cells: &[String]| cells.iter().map(|cell| cell.width()).max().unwrap_or(0);
    let heads: Vec<String> = tables.iter().map(|table| head(table, &all)).collect();
    let widths: Vec<usize> = tables
        .iter()
        .zip(&heads)
        .map(|(table, head)| width(&table.cells).max(head.width()))
        .collect();
    let all = 4 + width(&rows) + widths.iter().map(|width| width + 2).sum::<usize>();
    if rows.len() > FEW || all > page.options().width {
        for (table, head) in tables.iter().zip(&heads) {
            let cell = |(row, cell): (&String, &String)| format!("{row} {cell}");
            let cells: Vec<_> = rows.iter().zip(&table.cells).map(cell).collect();
            put_list(page, &format!("{head}:"), &cells)?;
        }
        return Ok(());
    }
    let first = width(&rows);
    let line = |name: &str, cells: Vec<&String>| {
        let pad = |text: &str, width: usize| format!("{text}{:1$}", "", width - text.width());
        let cells =
            cells.iter().zip(&widths).map(|(cell, width)| format!("  {}", pad(cell, *width)));
        format!("{}{}", pad(name, first), cells.collect::<String>()).trim_end().to_owned()
    };
    page.row(0, Mark::Same, line("", heads.iter().collect()))?;
    for (index, row) in rows.iter().enumerate() {
        let cells = tables.iter().filter_map(|table| table.cells.get(index)).collect();
        page.row(0, Mark::Same, line(row, cells))?;
    }
    Ok(())
}

/// What stands for a key in a word that all make from theirs.
const KEY: &str = "(key)";

/// The word that all have but for their keys: `/etc/(key).conf`; none where that does not tell all.
fn by_key_of(rows: &[String], cells: &[String]) -> Option<String> {
    let keys: Vec<&str> = rows.iter().map(|row| key_of(row)).collect();
    let (key, cell) = (*keys.first()?, cells.first()?);
    if key.is_empty() || cell.contains(KEY) {
        return None;
    }
    let parts = |at: usize| (&cell[..at], &cell[at + key.len()..]);
    let mut places = cell.match_indices(key).map(|(at, _)| parts(at));
    let (before, after) = places.find(|(before, after)| {
        let rest = |key: &str, cell: &str| {
            cell.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)) == Some(key)
        };
        keys.iter().zip(cells).all(|(key, cell)| rest(key, cell))
    })?;
    Some(format!("{before}{KEY}{after}"))
}

/// The key in the name of a row: `0` of `[0]`, `infra0` of `infra0 (ssh 10.0.0.6)`.
fn key_of(row: &str) -> &str {
    row.split(" (").next().unwrap_or(row).trim_matches(['[', ']', '"'])
}

/// One table for all attributes that have the same words.
fn tables(others: &[(String, Vec<Own>)]) -> Vec<Table> {
    let places: BTreeMap<(usize, usize), &Own> =
        others.iter().flat_map(|(_, owns)| owns).map(|own| (own.at, own)).collect();
    let mut tables: Vec<Table> = Vec::new();
    for (at, any) in places {
        let cell = |(_, owns): &(String, Vec<Own>)| {
            let own = owns.iter().find(|own| own.at == at);
            own.map_or(any.first.clone(), |own| own.own.clone())
        };
        let cells: Vec<String> =
            std::iter::once(any.first.clone()).chain(others.iter().map(cell)).collect();
        match tables.iter_mut().find(|table| table.cells == cells) {
            Some(table) => table.attrs.push((any.object.clone(), any.attr.clone())),
            None => {
                tables.push(Table { attrs: vec![(any.object.clone(), any.attr.clone())], cells });
            }
        }
    }
    tables
}

/// Writes words one after the other, and breaks none.
pub fn put_list(page: &mut Page<'_>, lead: &str, words: &[String]) -> io::Result<()> {
    let width = page.options().width.min(100).saturating_sub(4);
    let mut line = lead.to_owned();
    let mut is_new = lead.is_empty();
    for (index, word) in words.iter().enumerate() {
        let comma = if index + 1 < words.len() { "," } else { "" };
        if !is_new && line.width() + 1 + word.width() + comma.len() > width {
            page.row(0, Mark::Same, line.trim_end())?;
            line = " ".to_owned();
        }
        let gap = if is_new || line.ends_with("  ") { "" } else { " " };
        line.push_str(&format!("{gap}{word}{comma}"));
        is_new = false;
    }
    page.row(0, Mark::Same, line)
}

/// More names than these are written as ranges, where their numbers have no gap.
const MANY: usize = 12;

/// `h01 ... h99` in place of ninety-nine names.
pub fn ranges(names: Vec<String>) -> Vec<String> {
    if names.len() <= MANY {
        return names;
    }
    let runs = names.chunk_by(|a, b| follows(a, b));
    let run = |run: &[String]| match run {
        [first, _, .., last] => vec![format!("{first} ... {last}")],
        few => few.to_vec(),
    };
    runs.flat_map(run).collect()
}

/// Whether a name is another one with the next number.
fn follows(name: &str, next: &str) -> bool {
    let split = |name: &str| {
        let end = name.rfind(|c: char| c.is_ascii_digit())? + 1;
        let start = name[..end]
            .rfind(|c: char| !c.is_ascii_digit())
            .map_or(0, |at| at + name[at..].chars().next().map_or(1, char::len_utf8));
        let number = name[start..end].parse::<u64>().ok()?;
        Some((name[..start].to_owned(), number, end - start, name[end..].to_owned()))
    };
    let (Some(a), Some(b)) = (split(name), split(next)) else { return false };
    let same_width = a.2 == b.2 || !name.contains('0');
    a.0 == b.0 && a.3 == b.3 && same_width && a.1.checked_add(1) == Some(b.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(name: &str, text: &str) -> Said {
        Said { name: name.into(), lines: text.lines().map(str::to_owned).collect() }
    }

    fn own(a: &str, b: &str) -> Option<Vec<(String, String)>> {
        let owns = compare(&said("h1", a), &said("h2", b))?;
        Some(owns.into_iter().map(|own| (own.attr, own.own)).collect())
    }

    #[test]
    fn words_of_their_own_are_named_by_their_attribute() {
        let text = |host: &str, address: &str| {
            format!(
                "  + resource \"x\" \"y\" {{\n      + address = \"{address}\"\n      \
                 + url = \"https://{address}:2379\"\n      + all = {{ h1 = \"1.2.3.4\" }}\n    }}\n    \
                 → {host}: write /etc/{address}.conf (0644)"
            )
        };
        let found = own(&text("h1", "1.2.3.4"), &text("h2", "1.2.3.5")).unwrap();
        let expected = [("address", "1.2.3.5"), ("url", "1.2.3.5"), ("write", "/etc/1.2.3.5.conf")];
        let expected = expected.map(|(attr, own)| (attr.to_owned(), own.to_owned()));
        assert_eq!(found, expected);
    }

    #[test]
    fn a_text_with_blanks_is_one_word() {
        let found = own("+ a = \"one two\"", "+ a = \"one three\"").unwrap();
        assert_eq!(found, [("a".to_owned(), "one three".to_owned())]);
    }

    #[test]
    fn a_word_made_of_the_key_is_said_once() {
        let texts = |all: [&str; 3]| all.map(str::to_owned);
        let rows = texts(["[0]", "[1]", "[2]"]);
        let cells = texts(["/etc/0.conf", "/etc/1.conf", "/etc/2.conf"]);
        assert_eq!(by_key_of(&rows, &cells).as_deref(), Some("/etc/(key).conf"));
        let hosts = texts(["h0 (ssh a)", "h1 (ssh b)", "h2"]);
        let cells = texts(["h0.local", "h1.local", "h2.local"]);
        assert_eq!(by_key_of(&hosts, &cells).as_deref(), Some("(key).local"));
        let cells = texts(["part 0 of 10", "part 1 of 10", "part 2 of 10"]);
        assert_eq!(by_key_of(&rows, &cells).as_deref(), Some("part (key) of 10"));
        assert_eq!(by_key_of(&rows, &texts(["a0", "a1", "b2"])), None);
        assert_eq!(by_key_of(&rows, &texts(["a0", "a1", "a1"])), None);
    }

    #[test]
    fn what_differs_otherwise_is_not_alike() {
        for (a, b) in [
            ("x", "x\ny"),
            ("  # because a", "  # because b"),
            ("+ a = \"x\"", "+ a = \"\""),
            ("+ a = <<-EOT\nx\nEOT", "+ a = <<-EOT\ny\nEOT"),
            ("+ a = 1", "- a = 2"),
            ("+ a = [\"x\", \"x\"]", "+ a = [\"x\", \"y\"]"),
            ("+ a = [\"x\", \"x\"]", "+ a = [\"z\", \"y\"]"),
            ("+ a = 1\n+ b = 2\n+ c = 3\n+ d = 4", "+ a = 5\n+ b = 6\n+ c = 7\n+ d = 8"),
        ] {
            assert_eq!(own(a, b), None, "{a} {b}");
        }
    }

    #[test]
    fn many_names_are_ranges_where_no_number_is_missing() {
        let names = |range: std::ops::Range<u32>| range.map(|n| format!("h{n:02}"));
        assert_eq!(ranges(names(1..100).collect()), ["h01 ... h99"]);
        let gap = names(1..10).chain(names(20..30)).collect();
        assert_eq!(ranges(gap), ["h01 ... h09", "h20 ... h29"]);
        assert_eq!(ranges(names(1..3).collect()), ["h01", "h02"]);
        let plain = (8..30).map(|n| format!("[{n}]")).collect();
        assert_eq!(ranges(plain), ["[8] ... [29]"]);
    }
}
