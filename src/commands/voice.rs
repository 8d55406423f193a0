//! To whom `plan`, `apply` and `destroy` speak while they work: a person, or a program.

use std::sync::Arc;
use std::time::{Duration, Instant};

use quorate_engine::apply::Outcome;
use quorate_engine::event::Events;
use quorate_engine::plan::{Plan, Planning, Refresh};
use tokio::task::JoinHandle;

use super::Context;
use super::plan::{progress, warn};
use crate::commands::Stop;
use crate::settings::precise_now;
use crate::view::json::stream::{Stream, looked_at};
use crate::view::outputs::put_outputs;
use crate::view::plan::render;
use crate::view::progress::{Command, Progress, Record, put_summary};

/// How often to look whether something goes on for long.
const TICK: Duration = Duration::from_secs(1);

/// To whom a command speaks.
#[derive(Clone)]
pub enum Voice {
    /// Lines and pages.
    Person(Arc<Progress>),
    /// One JSON object a line.
    Program(Arc<Stream>),
}

impl Voice {
    /// Begins to speak; from here on messages go the same way.
    pub fn begin(context: &mut Context, json: bool) -> Result<Voice, Stop> {
        if !json {
            return Ok(Voice::Person(progress(context)?));
        }
        context.ui.out.flush()?;
        let stream = Stream::new(context.ui.live(), Box::new(precise_now));
        context.ui.stream_messages(stream.clone());
        Ok(Voice::Program(stream))
    }

    /// Who takes the engine's events.
    pub fn events(&self) -> Arc<dyn Events> {
        match self {
            Voice::Person(progress) => progress.clone(),
            Voice::Program(stream) => stream.clone(),
        }
    }

    /// Says what still goes on until the task is aborted.
    pub fn keep_ticking(&self) -> JoinHandle<()> {
        let stream = match self {
            Voice::Person(progress) => return Progress::keep_ticking(progress),
            Voice::Program(stream) => stream.clone(),
        };
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(TICK).await;
                stream.tick(Instant::now());
            }
        })
    }

    /// Says how many objects there are to work on.
    pub fn expect(&self, objects: usize) {
        if let Voice::Person(progress) = self {
            progress.expect(objects, Instant::now());
        }
    }

    /// Says that nothing is under way any more.
    pub fn end(&self) {
        if let Voice::Person(progress) = self {
            progress.end();
        }
    }

    /// Shows a plan that was just made.
    pub fn put_plan(&self, context: &mut Context, planning: &Planning) -> Result<(), Stop> {
        let (plan, aim) = (&planning.plan, &planning.plan.aim);
        match self {
            Voice::Person(_) => render(plan, context.ui.view, &mut context.ui.out)?,
            Voice::Program(stream) => {
                if aim.refresh == Refresh::Ask {
                    stream.refreshed(plan.objects.iter().filter(looked_at));
                }
                stream.plan(plan);
                stream.plan_summary(plan.summary());
                stream.planned_outputs(&plan.outputs);
            }
        }
        warn(context, plan);
        Ok(())
    }

    /// Says what a plan that was reviewed before will do.
    pub fn put_reviewed(&self, context: &mut Context, plan: &Plan) {
        if let Voice::Program(stream) = self {
            stream.plan(plan);
        }
        warn(context, plan);
    }

    /// Says where things stand after a plan was carried out; `again` is the command that goes on.
    pub fn put_outcome(
        &self,
        context: &mut Context,
        command: Command,
        outcome: &Outcome,
        again: &str,
    ) -> Result<(), Stop> {
        match self {
            Voice::Person(progress) => {
                let record = Record::of(outcome, &progress.record(Instant::now()));
                let mut page = context.ui.page();
                put_summary(&mut page, command, &record, outcome.interrupted, again)?;
                if command == Command::Apply && !outcome.outputs.is_empty() {
                    let outputs = outcome.outputs.iter();
                    put_outputs(&mut page, outputs.map(|(name, value)| (name.as_str(), value)))?;
                }
            }
            Voice::Program(stream) if outcome.is_complete() && !outcome.interrupted => {
                stream.apply_summary(command, outcome.done);
                if command == Command::Apply {
                    stream.final_outputs(&outcome.outputs);
                }
            }
            Voice::Program(_) => {}
        }
        Ok(())
    }
}
