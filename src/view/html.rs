//! A plan as one page that needs no network: a picture of the order on the hosts, which members go
//! down when, and every object.

mod escape;
mod picture;
#[cfg(test)]
mod tests;
mod timeline;
mod waves;

use std::io::{self, Write};

use quorate_engine::plan::{Plan, PlannedObject, Refresh, Waves};

use super::notice::Notice;
use super::page::{Detail, Page, ViewOptions};
use super::plan::{
    Section, Siblings, UNASKED, Where, counts, losses, place, put_drift, put_object, put_outputs,
    quiet_sentence, sections,
};
use escape::escape;

const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");
/// The digest of the script: nothing else on the page may run, whatever a value says.
const SCRIPT_SHA256: &str = "9EvKC6tB7ArbdGK2NBCf3X7TNkWV+WEZE/b+uHN+m1Y=";

const OPTIONS: ViewOptions = ViewOptions::new(false, 100).with(Detail::Compared);

/// Writes the page, object by object.
pub fn render(
    plan: &Plan,
    notices: &[Notice],
    waves: &Waves,
    out: &mut dyn Write,
) -> io::Result<()> {
    let sections = sections(plan);
    put_head(plan, notices, out)?;
    put_contents(plan, &sections, out)?;
    picture::put(plan, &sections, waves, out)?;
    waves::put(waves, plan, out)?;
    timeline::put(plan, out)?;
    put_drifts(plan, out)?;
    put_sections(plan, &sections, out)?;
    put_output_changes(plan, out)?;
    write!(out, "</main>\n<script>{SCRIPT}</script>\n</body>\n</html>\n")
}

fn put_head(plan: &Plan, notices: &[Notice], out: &mut dyn Write) -> io::Result<()> {
    let summary = plan.summary();
    let import = match summary.import {
        0 => String::new(),
        count => format!("<span class=\"import\">{count} to import</span>, "),
    };
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src \
         'unsafe-inline'; script-src 'sha256-{SCRIPT_SHA256}'\">\n\
         <title>Quorate plan: {counts}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#objects\">Skip to the \
         objects</a>\n<header>\n<h1>Quorate plan</h1>\n<p class=\"counts\">{import}<span \
         class=\"add\">{add} to add</span>, <span class=\"change\">{change} to change</span>, \
         <span class=\"destroy\">{destroy} to destroy</span></p>\n",
        counts = counts(summary),
        import = import,
        add = summary.add,
        change = summary.change,
        destroy = summary.destroy,
    )?;
    if plan.aim.refresh == Refresh::Believe && !plan.is_quiet() {
        writeln!(out, "<p class=\"warning\">{}</p>", escape(UNASKED))?;
    }
    put_losses(plan, out)?;
    for notice in notices {
        writeln!(out, "<p class=\"warning\">Warning: {}</p>", escape(&notice.sentence()))?;
    }
    write!(out, "</header>\n<main>\n")
}

/// What nobody can bring back.
fn put_losses(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let losses = losses(plan);
    if losses.is_empty() {
        return Ok(());
    }
    write!(out, "<div class=\"warning loss\"><p>Lost for good:</p><ul>")?;
    losses.iter().try_for_each(|loss| write!(out, "<li>{}</li>", escape(loss)))?;
    writeln!(out, "</ul></div>")
}

fn put_contents(plan: &Plan, sections: &[Section<'_>], out: &mut dyn Write) -> io::Result<()> {
    if plan.is_quiet() {
        return writeln!(out, "<p>No changes. {}</p>", escape(quiet_sentence(plan)));
    }
    if sections.is_empty() {
        return Ok(());
    }
    write!(out, "<nav aria-label=\"Places\"><ul>")?;
    for (index, section) in sections.iter().enumerate() {
        write!(out, "<li><a href=\"#s{index}\">{}</a></li>", escape(&section.title()))?;
    }
    writeln!(out, "</ul></nav>")
}

fn put_drifts(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    if plan.objects.iter().all(|object| object.drift.is_none()) {
        return Ok(());
    }
    writeln!(out, "<section><h2>Changed outside of Quorate</h2>")?;
    put_rows(out, lines(|page| put_drift(page, plan)).trim_start_matches('\n'))?;
    writeln!(out, "</section>")
}

fn put_sections<'p>(
    plan: &'p Plan,
    sections: &[Section<'p>],
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(
        out,
        "<div id=\"objects\"><p class=\"tools\" hidden><label>Show only objects with <input \
         type=\"search\" id=\"filter\"></label> <button type=\"button\" id=\"fold\">Fold all\
         </button> <output id=\"shown\" aria-live=\"polite\"></output></p>"
    )?;
    let mut siblings = Siblings::default();
    for (index, section) in sections.iter().enumerate() {
        writeln!(out, "<section id=\"s{index}\"><h2>{}</h2>", escape(&section.title()))?;
        for object in &section.objects {
            put_one(plan, object, &mut siblings, out)?;
        }
        writeln!(out, "</section>")?;
    }
    writeln!(out, "</div>")
}

fn put_one<'p>(
    plan: &Plan,
    object: &'p PlannedObject,
    siblings: &mut Siblings<'p>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let text = lines(|page| put_object(page, plan, object, siblings));
    let mut rows = text.trim_start_matches('\n').splitn(2, '\n');
    let title = rows.next().unwrap_or_default().trim_start_matches([' ', '#']);
    let id = escape::id(&object.addr.to_string());
    let class = picture::class(&object.change);
    // What only the state records is there to look up.
    let open = if place(object) == Where::State { "" } else { "open " };
    writeln!(
        out,
        "<details {open}class=\"object {class}\" id=\"{id}\"><summary>{}</summary>",
        escape(title)
    )?;
    put_rows(out, rows.next().unwrap_or_default())?;
    writeln!(out, "</details>")
}

fn put_output_changes(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let text = lines(|page| put_outputs(page, plan));
    if text.trim().is_empty() {
        return Ok(());
    }
    writeln!(out, "<section><h2>Outputs</h2>")?;
    put_rows(out, text.trim_start_matches("\nChanges to Outputs:\n"))?;
    writeln!(out, "</section>")
}

/// Rows of a plan's text, coloured by their symbol, which stays for those who see no colour.
fn put_rows(out: &mut dyn Write, text: &str) -> io::Result<()> {
    write!(out, "<pre>")?;
    for line in text.trim_end().lines() {
        match row_class(line) {
            Some(class) => writeln!(out, "<span class=\"{class}\">{}</span>", escape(line))?,
            None => writeln!(out, "{}", escape(line))?,
        }
    }
    writeln!(out, "</pre>")
}

fn row_class(line: &str) -> Option<&'static str> {
    let start = line.trim_start();
    let indent = line.len() - start.len();
    if start.starts_with("→ ") {
        return Some("step");
    }
    if start.starts_with("# ") {
        return Some("remark");
    }
    let row = |symbol: &str| start.starts_with(symbol) && (indent + symbol.len()).is_multiple_of(4);
    match () {
        () if row("+ ") => Some("add"),
        () if row("- ") => Some("destroy"),
        () if row("~ ") || row("-/+ ") || row("+/- ") => Some("change"),
        () => None,
    }
}

fn lines(put: impl FnOnce(&mut Page<'_>) -> io::Result<()>) -> String {
    let mut out = Vec::new();
    // A vector takes all that is written.
    let _ = put(&mut Page::new(&mut out, OPTIONS));
    String::from_utf8_lossy(&out).into_owned()
}
