//! A plan as a comment on a pull request: what matters first, then a fold for each host, and never
//! longer than a forge accepts.

use std::fmt::Write as _;
use std::io::{self, Write};

use quorate_engine::plan::{Plan, PlannedObject, Refresh};

use super::notice::Notice;
use super::page::{Detail, Page, ViewOptions};
use super::plan::{
    Section, Siblings, UNASKED, counts, disruptions, losses, put_drift, put_object, put_outputs,
    quiet_sentence, sections,
};
use super::text::count;

/// What GitHub accepts in one comment, in characters, less a margin; GitLab, Gitea and Forgejo
/// accept more.
pub const COMMENT: usize = 65_000;

/// What is kept free for the words about what was left out.
const MARGIN: usize = 1_000;

const OPTIONS: ViewOptions = ViewOptions::new(false, 100).with(Detail::Compared);

/// More losses than these are counted.
const FEW: usize = 10;

/// The plan as Markdown of at most `limit` characters; what did not fit is said.
pub fn render(plan: &Plan, notices: &[Notice], limit: usize) -> String {
    let room = limit.saturating_sub(MARGIN);
    let head = head(plan, notices, room / 2);
    let mut comment = Comment { used: head.chars().count(), text: head, room, cut: vec![] };
    if plan.objects.iter().any(|object| object.drift.is_some()) {
        comment.put("Changed outside of Quorate", |page| put_drift(page, plan));
    }
    let mut siblings = Siblings::default();
    for section in sections(plan) {
        comment.put_section(plan, &section, &mut siblings);
    }
    if plan.outputs.values().any(|output| output.before != output.after) {
        comment.put("Outputs", |page| put_outputs(page, plan));
    }
    comment.end()
}

/// What matters first, in at most `room` characters.
fn head(plan: &Plan, notices: &[Notice], room: usize) -> String {
    let mut head = match plan.is_quiet() {
        true => format!("### Quorate: no changes\n\n{}\n", quiet_sentence(plan)),
        false => format!("### Quorate plan: {}\n", counts(plan.summary())),
    };
    for service in disruptions(plan) {
        let members = service.members.iter().map(|member| format!("`{}`", inline(&member.name)));
        let members: Vec<_> = members.collect();
        let _ = write!(
            head,
            "\n> [!WARNING]\n> {} of {} {}: {}. {}\n",
            service.whom(),
            escape(&service.domain),
            service.manner(),
            members.join(" → "),
            service.left(),
        );
    }
    put_losses(&mut head, plan);
    if plan.aim.refresh == Refresh::Believe && !plan.is_quiet() {
        let _ = write!(head, "\n> [!NOTE]\n> {}\n", escape(UNASKED));
    }
    for (index, notice) in notices.iter().enumerate() {
        let text = format!("\n> [!NOTE]\n> {}\n", escape(&notice.sentence()));
        if head.chars().count() + text.chars().count() > room {
            let more = count(notices.len() - index, "more warning");
            let _ = write!(head, "\n> [!NOTE]\n> {more}: see `quorate show` of the saved plan.\n");
            break;
        }
        head.push_str(&text);
    }
    head
}

/// What nobody can bring back.
fn put_losses(head: &mut String, plan: &Plan) {
    let losses = losses(plan);
    if losses.is_empty() {
        return;
    }
    let few: Vec<_> = losses.iter().take(FEW).map(|loss| escape(loss)).collect();
    let more = losses.len().saturating_sub(few.len());
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    let _ = write!(head, "\n> [!CAUTION]\n> Lost for good: {}{more}.\n", few.join("; "));
}

struct Comment {
    text: String,
    /// The characters of the text.
    used: usize,
    room: usize,
    cut: Vec<String>,
}

impl Comment {
    /// Adds a fold, or notes that it does not fit.
    fn put(&mut self, title: &str, body: impl FnOnce(&mut Page<'_>) -> io::Result<()>) {
        if !self.fits(title, body) {
            self.cut.push(escape(title));
        }
    }

    /// Adds the objects of a section, or their names, or notes that neither fits.
    fn put_section<'p>(&mut self, plan: &Plan, section: &Section<'p>, siblings: &mut Siblings<'p>) {
        let title = section.title();
        let whole = |page: &mut Page<'_>| {
            section.objects.iter().try_for_each(|o| put_object(page, plan, o, siblings))
        };
        if self.fits(&title, whole) {
            return;
        }
        // What is not shown is nothing to compare with.
        siblings.forget(&section.objects);
        match self.fits(&title, |page| put_addresses(page, section)) {
            true => self.cut.push(format!("{} (addresses only)", escape(&title))),
            false => self.put_first(section, &title),
        }
    }

    /// Adds the first of the objects by name, as many as fit.
    fn put_first(&mut self, section: &Section<'_>, title: &str) {
        let left = self.room.saturating_sub(self.used + fold(title, "").chars().count());
        let lengths = section.objects.iter().map(|object| address_line(object).chars().count() + 1);
        let ends = lengths.scan(0, |used, length| {
            *used += length;
            Some(*used)
        });
        let first = ends.take_while(|end| *end <= left).count();
        let few = section.objects.iter().take(first);
        let put = |page: &mut Page<'_>| few.clone().try_for_each(|o| page.line(address_line(o)));
        match first > 0 && self.fits(title, put) {
            true => {
                self.cut.push(format!("{} (the first {first} by name only)", escape(title)));
            }
            false => self.cut.push(escape(title)),
        }
    }

    /// Adds a fold where it fits, and writes no more of it than what shows that it does not.
    fn fits(&mut self, title: &str, body: impl FnOnce(&mut Page<'_>) -> io::Result<()>) -> bool {
        let around = fold(title, "").chars().count();
        let left = self.room.checked_sub(self.used + around);
        let Some(body) = left.and_then(|left| lines(left, body)) else { return false };
        let fold = fold(title, &body);
        let used = self.used + fold.chars().count();
        let fits = used <= self.room;
        if fits {
            self.text.push_str(&fold);
            self.used = used;
        }
        fits
    }

    fn end(mut self) -> String {
        if self.cut.is_empty() {
            return self.text;
        }
        let few: Vec<_> = self.cut.iter().take(5).map(String::as_str).collect();
        let more = self.cut.len().saturating_sub(few.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let _ = write!(
            self.text,
            "\n**This comment was cut** to fit the limit of a comment: {} {} not shown whole: \
             {}{more}. `quorate show` of the saved plan shows all.\n",
            count(self.cut.len(), "part"),
            if self.cut.len() == 1 { "is" } else { "are" },
            clip(&few.join("; ")),
        );
        self.text
    }
}

fn clip(text: &str) -> String {
    text.chars().take(MARGIN / 2).collect()
}

fn fold(title: &str, body: &str) -> String {
    let body = diff(body);
    let fence = fence(&body);
    format!(
        "\n<details><summary>{}</summary>\n\n{fence}diff\n{body}{fence}\n\n</details>\n",
        escape(title)
    )
}

/// A fence that nothing in the text can close.
fn fence(text: &str) -> String {
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    "`".repeat(3.max(longest + 1))
}

/// Symbols in the first column, as forges colour them.
fn diff(text: &str) -> String {
    let mut out = String::new();
    for line in text.trim_matches('\n').lines() {
        let start = line.trim_start();
        let indent = line.len() - start.len();
        let symbol = ["-/+ ", "+/- ", "+ ", "- ", "~ "].into_iter().find(|s| start.starts_with(s));
        // Rows begin at these columns; a list item within a text does not.
        let symbol = symbol.filter(|symbol| (indent + symbol.len()) % 4 == 0);
        let _ = match symbol {
            Some(symbol @ ("+ " | "- ")) => {
                writeln!(out, "{}{:indent$}{}", &symbol[..1], "", &start[1..])
            }
            Some("~ ") => writeln!(out, "!{:indent$}{}", "", &start[1..]),
            Some(_) => writeln!(out, "! {line}"),
            None => writeln!(out, "{line}"),
        };
    }
    out
}

/// What is written, unless it is more than `limit` characters.
fn lines(limit: usize, put: impl FnOnce(&mut Page<'_>) -> io::Result<()>) -> Option<String> {
    let mut out = Bounded { bytes: Vec::new(), left: limit };
    put(&mut Page::new(&mut out, OPTIONS)).ok()?;
    Some(String::from_utf8_lossy(&out.bytes).into_owned())
}

/// Takes a number of characters, and refuses what is more, so that the rest is not made. The ends
/// of lines do not count: those at both ends are taken away later.
struct Bounded {
    bytes: Vec<u8>,
    left: usize,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let begins_character = |byte: u8| byte & 0xc0 != 0x80;
        let counted = bytes.iter().filter(|byte| begins_character(**byte) && **byte != b'\n');
        let left = self.left.checked_sub(counted.count());
        self.left = left.ok_or(io::ErrorKind::StorageFull)?;
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The objects of a section by name only.
fn put_addresses(page: &mut Page<'_>, section: &Section<'_>) -> io::Result<()> {
    section.objects.iter().try_for_each(|object| page.line(address_line(object)))
}

fn address_line(object: &PlannedObject) -> String {
    format!("{:?} {}", object.change.action(), object.addr)
}

/// Text that is neither markup nor a mention.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.push_str("&#64;"),
            '\n' | '\r' => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

/// Text within single backticks.
fn inline(text: &str) -> String {
    text.replace(['`', '\n', '\r'], " ")
}

#[cfg(test)]
mod tests;
