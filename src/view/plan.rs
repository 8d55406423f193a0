//! A plan as a person reviews it: what drifted, what will be done to which object, by which steps
//! on which host, which members go down and in what order, and the counts.

mod alike;
mod because;
mod brief;
mod disruption;
mod drift;
mod family;
mod likeness;
mod loss;
mod object;
mod outputs;
mod recorded;
mod sections;
mod siblings;
mod steps;
#[cfg(test)]
pub(super) mod tests;
mod unsaid;
mod verdict;

use std::io::{self, Write};

use quorate_engine::parallel;
use quorate_engine::plan::{
    Action, Change, Goal, Plan, PlannedObject, Refresh, ReplaceOrder, Summary,
};

use super::page::{Detail, Mark, Page, Tone, ViewOptions};
use super::text::clean;
use alike::Alike;
use brief::Hidden;
use family::Family;
use likeness::Said;
use object::Drawn;
use recorded::Recorded;

pub use disruption::{Member, Service, services as disruptions};
pub use drift::put_each as put_drift;
pub use loss::losses;
pub use outputs::put as put_outputs;
pub use sections::{Section, Where, of as sections, place};
pub use siblings::Siblings;
pub use steps::line as step_line;

/// What a plan is made without that asked no host.
pub const UNASKED: &str = "No host was asked (-refresh=false): this plan believes the state, and \
                           what was changed outside of Quorate does not show.";

/// Writes a plan, object by object, so that a large one appears as it is rendered.
pub fn render(plan: &Plan, options: ViewOptions, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(out, options);
    let page = &mut page;
    drift::put(page, plan)?;
    if plan.is_quiet() {
        return put_quiet(page, plan);
    }
    if plan.aim.goal == Goal::RefreshOnly {
        put_refresh(page)?;
        return outputs::put(page, plan);
    }
    if put_symbols(page, plan)? {
        put_objects(page, plan)?;
        steps::put_summary(page, plan)?;
        disruption::put(page, plan)?;
        loss::put(page, plan)?;
        put_counts(page, plan)?;
    }
    outputs::put(page, plan)?;
    if plan.aim.refresh == Refresh::Believe {
        page.gap()?;
        page.prose(UNASKED)?;
    }
    Ok(())
}

/// Says that only the state follows what was changed outside.
fn put_refresh(page: &mut Page<'_>) -> io::Result<()> {
    page.gap()?;
    page.prose(
        "This is a refresh-only plan, so Quorate will not take any actions to undo these. If you \
         were expecting these changes then you can apply this plan to record the updated values in \
         the state without changing any host.",
    )
}

fn put_quiet(page: &mut Page<'_>, plan: &Plan) -> io::Result<()> {
    let rest = match plan.aim.goal {
        Goal::Converge => "Your infrastructure matches the configuration.",
        Goal::RefreshOnly => "Your infrastructure still matches the state.",
        Goal::Destroy => "No objects need to be destroyed.",
    };
    let title = page.paint(Tone::Add, "No changes.");
    let rest = page.paint(Tone::Bold, rest);
    page.gap()?;
    page.line(format!("{title} {rest}"))?;
    page.gap()?;
    page.prose(quiet_sentence(plan))
}

/// What was compared with what, of a plan that changes nothing.
pub fn quiet_sentence(plan: &Plan) -> &'static str {
    match (plan.aim.goal, plan.aim.refresh) {
        (Goal::Destroy, _) => {
            "Either you have not created any objects yet or the existing objects were already \
             deleted outside of Quorate."
        }
        (Goal::RefreshOnly, _) => {
            "Quorate has checked that the real hosts still match the result of your most recent \
             changes, and found no differences."
        }
        (Goal::Converge, Refresh::Ask) => {
            "Quorate has compared your hosts with your configuration and found no differences, so \
             no changes are needed."
        }
        (Goal::Converge, Refresh::Believe) => {
            "Quorate has compared the state with your configuration and found no differences. No \
             host was asked (-refresh=false), so what was changed outside of Quorate does not show."
        }
    }
}

/// Explains the symbols that this plan uses. False where it has no object to show.
fn put_symbols(page: &mut Page<'_>, plan: &Plan) -> io::Result<bool> {
    let mut marks: Vec<Mark> = plan.objects.iter().filter_map(|o| mark(&o.change)).collect();
    marks.sort();
    marks.dedup();
    if !plan.objects.iter().any(shows) {
        return Ok(false);
    }
    if !marks.is_empty() {
        page.gap()?;
        page.line("Resource actions are indicated with the following symbols:")?;
    }
    for mark in marks {
        page.row(0, mark, meaning(mark))?;
    }
    page.gap()?;
    page.line("Quorate will perform the following actions:")?;
    page.flush()?;
    Ok(true)
}

/// The symbol of a change that is shown.
fn mark(change: &Change) -> Option<Mark> {
    match change.action() {
        Action::NoOp => None,
        Action::Read => Some(Mark::Read),
        Action::Create => Some(Mark::Add),
        Action::Update => Some(Mark::Change),
        Action::Delete => Some(Mark::Remove),
        Action::Forget => Some(Mark::Forget),
        Action::Replace => match change {
            Change::Replace { order: ReplaceOrder::CreateThenDestroy, .. } => {
                Some(Mark::ReplaceCreateFirst)
            }
            _ => Some(Mark::Replace),
        },
    }
}

fn meaning(mark: Mark) -> &'static str {
    match mark {
        Mark::Same => "",
        Mark::Add => "create",
        Mark::Change => "update in-place",
        Mark::Remove => "destroy",
        Mark::Replace => "destroy and then create replacement",
        Mark::ReplaceCreateFirst => "create replacement and then destroy",
        Mark::Read => "read (data resources)",
        Mark::Forget => "forget; nothing outside changes",
    }
}

/// The sections of hosts with more objects are not compared with one another.
const COMPARED: usize = 100;

/// So many objects are drawn side by side before they are written.
const AT_ONCE: usize = 1024;

fn put_objects(page: &mut Page<'_>, plan: &Plan) -> io::Result<()> {
    let sections = sections::of(plan);
    if page.options().detail != Detail::Brief {
        return sections.iter().try_for_each(|section| put_section(page, plan, section, &sections));
    }
    let mut siblings = Siblings::default();
    let mut alike = Alike::default();
    let mut hidden = Hidden::default();
    for section in &sections {
        let mut told = |drawn: &Drawn<'_>| hidden = hidden.and(drawn.hidden());
        let host = match &section.place {
            Where::Host(host) if section.objects.len() <= COMPARED => host,
            // What is long is written as it comes.
            _ => {
                alike.end(page)?;
                put_heading(page, section, &sections)?;
                put_each(page, plan, &section.objects, &mut siblings, told)?;
                continue;
            }
        };
        let mut said = Said { name: clean(host).into_owned(), lines: Vec::new() };
        let text = object::aside(page.options(), |page| {
            put_heading(page, section, &sections)?;
            let tell = |drawn: &Drawn<'_>| {
                told(drawn);
                let key = drawn.addr().key.as_ref();
                said.lines.extend(key.map(|key| format!("key = {}", clean(&key.to_string()))));
                said.lines.extend_from_slice(drawn.said());
            };
            put_each(page, plan, &section.objects, &mut siblings, tell)
        })?;
        alike.put(page, section.label(), &text, said)?;
    }
    alike.end(page)?;
    match brief::sentence(hidden) {
        None => Ok(()),
        Some(sentence) => {
            page.gap()?;
            page.prose(&sentence)
        }
    }
}

/// Every object whole.
fn put_section<'p>(
    page: &mut Page<'_>,
    plan: &Plan,
    section: &Section<'p>,
    all: &[Section<'p>],
) -> io::Result<()> {
    put_heading(page, section, all)?;
    let options = page.options();
    for part in section.objects.chunks(AT_ONCE) {
        for drawn in parallel::map(part, |object| drawn(plan, object, options)) {
            drawn?.put_whole(page)?;
        }
    }
    Ok(())
}

/// Where all is here, it need not be said.
fn put_heading(page: &mut Page<'_>, section: &Section<'_>, all: &[Section<'_>]) -> io::Result<()> {
    match (all.len(), &section.place) {
        (1, Where::Here | Where::Several | Where::State) => Ok(()),
        _ => section.put_heading(page),
    }
}

/// Writes objects, and tells of each. What only the state records is written last, together.
fn put_each<'p>(
    page: &mut Page<'_>,
    plan: &Plan,
    objects: &[&'p PlannedObject],
    siblings: &mut Siblings<'p>,
    mut tell: impl FnMut(&Drawn<'p>),
) -> io::Result<()> {
    let options = page.options();
    let mut family = Family::default();
    let mut recorded = Recorded::default();
    let mut after_row = false;
    for part in objects.chunks(AT_ONCE) {
        for drawn in parallel::map(part, |object| drawn(plan, object, options)) {
            let drawn = drawn?;
            tell(&drawn);
            if object::is_only_recorded(drawn.object()) {
                recorded.add(drawn);
                continue;
            }
            // Rows stand together.
            if drawn.is_row() && !after_row {
                page.gap()?;
            }
            after_row = drawn.is_row();
            family.put(page, drawn, siblings)?;
        }
    }
    family.end(page, siblings)?;
    recorded.end(page)?;
    steps::put_left(page, objects)
}

fn drawn<'p>(
    plan: &Plan,
    object: &'p PlannedObject,
    options: ViewOptions,
) -> io::Result<Drawn<'p>> {
    Drawn::of(object, plan.causes.get(&object.addr), plan.aim.goal, options)
}

/// Writes one object of a plan: what happens, why, what differs, by which steps.
pub fn put_object<'p>(
    page: &mut Page<'_>,
    plan: &Plan,
    object: &'p PlannedObject,
    siblings: &mut Siblings<'p>,
) -> io::Result<()> {
    drawn(plan, object, page.options())?.put(page, siblings)
}

/// Whether a plan shows an object.
fn shows(object: &PlannedObject) -> bool {
    let same_place = object.moved_from.is_none() && object.importing.is_none();
    mark(&object.change).is_some() || !same_place
}

/// The line with the counts.
fn put_counts(page: &mut Page<'_>, plan: &Plan) -> io::Result<()> {
    let summary = plan.summary();
    let forgotten = plan.objects.iter().filter(|o| o.change.action() == Action::Forget).count();
    let forget = if forgotten > 0 { format!(", {forgotten} to forget") } else { String::new() };
    let title = page.paint(Tone::Bold, "Plan:");
    page.gap()?;
    page.line(format!("{title} {}{forget}.", counts(summary)))
}

/// `1 to import, 0 to add, 0 to change, 0 to destroy`
pub fn counts(summary: Summary) -> String {
    let Summary { import, add, change, destroy } = summary;
    let import = if import > 0 { format!("{import} to import, ") } else { String::new() };
    format!("{import}{add} to add, {change} to change, {destroy} to destroy")
}

/// `1 imported, 0 added, 0 changed, 0 destroyed`
pub fn counts_done(summary: Summary) -> String {
    let Summary { import, add, change, destroy } = summary;
    let import = if import > 0 { format!("{import} imported, ") } else { String::new() };
    format!("{import}{add} added, {change} changed, {destroy} destroyed")
}
