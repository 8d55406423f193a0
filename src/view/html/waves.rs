//! What can run at once: objects by how many others they wait for in a row.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::rc::Rc;

use quorate_engine::plan::{Action, Job, Plan, Schedule};

use super::escape::{self, escape};

/// More objects than these are not drawn with what they wait for.
const DRAWN: usize = 400;

/// The objects that a plan changes, in waves.
pub struct Waves {
    /// For each object of the plan, its wave; none where nothing happens to it.
    pub of: Vec<Option<usize>>,
    /// For each object, the changing objects that it waits for directly.
    pub waits_for: Vec<Rc<BTreeSet<usize>>>,
}

impl Waves {
    /// Follows the schedule from what waits for nothing.
    pub fn of(plan: &Plan, schedule: &Schedule) -> Waves {
        let count = plan.objects.len();
        let mut waves = Waves { of: vec![None; count], waits_for: vec![Rc::default(); count] };
        let graph = &schedule.graph;
        // A schedule has an order: it was checked when it was made.
        let order = graph.order().unwrap_or_default();
        let mut level = vec![0; graph.len()];
        let mut reached: Vec<Rc<BTreeSet<usize>>> = vec![Rc::default(); graph.len()];
        for job in order {
            let before: Vec<usize> = graph.dependencies(job).collect();
            level[job] = before.iter().map(|on| level[*on]).max().unwrap_or(0);
            reached[job] = union(before.iter().map(|on| &reached[*on]));
            let Job::Object(object) = *graph.get(job) else { continue };
            if plan.objects[object].change.action() == Action::NoOp {
                continue;
            }
            waves.of[object] = Some(level[job]);
            waves.waits_for[object] = std::mem::take(&mut reached[job]);
            level[job] += 1;
            reached[job] = Rc::new(BTreeSet::from([object]));
        }
        waves
    }

    /// How many objects change.
    pub fn len(&self) -> usize {
        self.of.iter().flatten().count()
    }

    /// Whether what waits for what is drawn.
    pub fn is_drawn(&self) -> bool {
        (1..=DRAWN).contains(&self.len())
    }

    /// Writes the waves as a list, for those who read rather than look.
    pub fn put_list(&self, plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
        let last = self.of.iter().flatten().max().copied();
        let Some(last) = last else { return Ok(()) };
        let mut waves: Vec<Vec<usize>> = vec![Vec::new(); last + 1];
        for (object, wave) in self.of.iter().enumerate() {
            waves[wave.unwrap_or_default()].extend(wave.map(|_| object));
        }
        writeln!(out, "<details class=\"waves\"><summary>The order in words</summary>\n<ol>")?;
        for wave in waves {
            write!(out, "<li>")?;
            for (index, object) in wave.iter().enumerate() {
                let addr = plan.objects[*object].addr.to_string();
                let comma = if index > 0 { ", " } else { "" };
                write!(out, "{comma}<a href=\"#{}\">{}</a>", escape::id(&addr), escape(&addr))?;
            }
            writeln!(out, "</li>")?;
        }
        writeln!(out, "</ol></details>")
    }
}

/// All that any of them reaches; shared where there is only one.
fn union<'a>(sets: impl Iterator<Item = &'a Rc<BTreeSet<usize>>>) -> Rc<BTreeSet<usize>> {
    let mut sets = sets.filter(|set| !set.is_empty());
    let Some(first) = sets.next() else { return Rc::default() };
    let mut all: Option<BTreeSet<usize>> = None;
    for set in sets.filter(|set| !Rc::ptr_eq(set, first)) {
        all.get_or_insert_with(|| (**first).clone()).extend(set.iter());
    }
    all.map_or_else(|| first.clone(), Rc::new)
}
