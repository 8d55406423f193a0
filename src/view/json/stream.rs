//! What happens while a plan is made and carried out, as Terraform's stream of events: one JSON
//! object a line, for programs that watch.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use quorate_engine::addr::InstanceAddr;
use quorate_engine::diag::{Diagnostic, Severity};
use quorate_engine::event::{Event, Events};
use quorate_engine::plan::{Action, Change, Drift, OutputChange, Plan, PlannedObject, Summary};
use quorate_engine::source::Sources;
use quorate_engine::value::{Text, Value};
use serde_json::{Map, Value as Json, json};

use super::changes::{reason, step_json};
use super::{TERRAFORM, family, key_json, value_json};
use crate::view::diagnostic::diagnostic_json;
use crate::view::json::type_json;
use crate::view::plan::{counts, counts_done};
use crate::view::progress::{Command, Words, words};
use crate::view::text::seconds;

/// The version of the stream's format.
const UI: &str = "1.2";

/// How often an event says that work on an object still goes on.
const PATIENCE: Duration = Duration::from_secs(10);

/// The time, RFC 3339.
pub type Clock = Box<dyn Fn() -> String + Send>;

/// A stream of events on a writer.
pub struct Stream {
    inner: Mutex<Inner>,
}

struct Inner {
    out: Box<dyn Write + Send>,
    clock: Clock,
    running: BTreeMap<InstanceAddr, Running>,
    /// The `id` of each object that exists.
    ids: BTreeMap<InstanceAddr, Text>,
}

struct Running {
    action: Action,
    since: Instant,
    said: Instant,
}

impl Stream {
    /// A stream; its first event says what writes it.
    pub fn new(out: impl Write + Send + 'static, clock: Clock) -> Arc<Stream> {
        let inner =
            Inner { out: Box::new(out), clock, running: BTreeMap::new(), ids: BTreeMap::new() };
        let stream = Stream { inner: Mutex::new(inner) };
        let version = env!("CARGO_PKG_VERSION");
        let own = json!({ "terraform": TERRAFORM, "quorate": version, "ui": UI });
        stream.info("version", format!("Quorate {version}"), own);
        Arc::new(stream)
    }

    /// Says what still goes on; to be called about once a second.
    pub fn tick(&self, now: Instant) {
        self.lock().tick(now);
    }

    /// What was found when the objects of the state were looked at.
    pub fn refreshed<'a>(&self, objects: impl Iterator<Item = &'a PlannedObject>) {
        for object in objects {
            let (addr, id) = (&object.addr, id_before(object));
            let shown = bracketed(id.as_ref());
            let mut hook = json!({ "resource": resource(addr) });
            put_id(&mut hook, id.as_ref());
            let own = json!({ "hook": hook });
            let start = format!("{addr}: Refreshing state...{shown}");
            self.info("refresh_start", start, own.clone());
            self.info("refresh_complete", format!("{addr}: Refresh complete{shown}"), own);
        }
    }

    /// What a plan will do.
    pub fn plan(&self, plan: &Plan) {
        for object in &plan.objects {
            if let Some(drift) = &object.drift {
                self.drift(&object.addr, drift);
            }
        }
        plan.objects.iter().for_each(|object| self.planned(object));
        let ids = plan.objects.iter();
        let ids = ids.filter_map(|object| Some((object.addr.clone(), id_before(object)?)));
        self.lock().ids = ids.collect();
    }

    fn drift(&self, addr: &InstanceAddr, drift: &Drift) {
        let action = match drift {
            Drift::Gone { .. } => "delete",
            Drift::Changed { .. } => "update",
        };
        let message = format!("{addr}: Drift detected ({action})");
        let change = json!({ "resource": resource(addr), "action": action });
        self.info("resource_drift", message, json!({ "change": change }));
    }

    fn planned(&self, object: &PlannedObject) {
        let action = match (object.change.action(), &object.moved_from) {
            (Action::NoOp, None) if object.importing.is_some() => "import",
            (Action::NoOp, None) => return,
            (Action::NoOp, Some(_)) => "move",
            (action, _) => name(action),
        };
        let mut change = json!({ "resource": resource(&object.addr), "action": action });
        if let Some(why) = reason(object) {
            change["reason"] = json!(short(why));
        }
        if let Some(from) = &object.moved_from {
            change["previous_resource"] = resource(from);
        }
        if let Some(id) = &object.importing {
            change["importing"] = json!({ "id": &**id });
        }
        let steps = object.change.steps();
        if !steps.is_empty() {
            change["steps"] = steps.into_iter().map(step_json).collect();
        }
        let message = format!("{}: Plan to {action}", object.addr);
        self.info("planned_change", message, json!({ "change": change }));
    }

    /// How much a plan changes.
    pub fn plan_summary(&self, summary: Summary) {
        let message = format!("Plan: {}.", counts(summary));
        self.summary("plan", message, summary);
    }

    /// How much was changed.
    pub fn apply_summary(&self, command: Command, summary: Summary) {
        let message = match command {
            Command::Apply => format!("Apply complete! Resources: {}.", counts_done(summary)),
            Command::Destroy => {
                format!("Destroy complete! Resources: {} destroyed.", summary.destroy)
            }
        };
        self.summary(command.name(), message, summary);
    }

    fn summary(&self, operation: &str, message: String, summary: Summary) {
        let Summary { import, add, change, destroy } = summary;
        let changes = json!({
            "add": add, "change": change, "import": import, "remove": destroy, "operation": operation,
        });
        self.info("change_summary", message, json!({ "changes": changes }));
    }

    /// What will become of the outputs.
    pub fn planned_outputs(&self, outputs: &BTreeMap<Text, OutputChange>) {
        let one = |(name, output): (&Text, &OutputChange)| {
            let (before, after) = (output.before.as_ref(), output.after.as_ref());
            let action = match (before, after) {
                (None, Some(_)) => "create",
                (Some(_), None) => "delete",
                (before, after) if before == after => "noop",
                _ => "update",
            };
            let sensitive = before.into_iter().chain(after).any(|v| v.unmark().1.sensitive);
            (name.to_string(), json!({ "sensitive": sensitive, "action": action }))
        };
        if !outputs.is_empty() {
            self.outputs(outputs.iter().map(one).collect());
        }
    }

    /// What the outputs are: said after each apply, also where there are none.
    pub fn final_outputs(&self, outputs: &BTreeMap<String, Value>) {
        let one = |(name, value): (&String, &Value)| {
            let sensitive = value.unmark().1.sensitive;
            let ty = type_json(&value.bare().type_of());
            let mut output = json!({ "sensitive": sensitive, "type": ty });
            if !sensitive {
                output["value"] = value_json(value);
            }
            (name.clone(), output)
        };
        self.outputs(outputs.iter().map(one).collect());
    }

    fn outputs(&self, outputs: Map<String, Json>) {
        let message = format!("Outputs: {}", outputs.len());
        self.info("outputs", message, json!({ "outputs": outputs }));
    }

    /// A message for a person.
    pub fn diagnostic(&self, diagnostic: &Diagnostic, sources: &Sources) {
        let (level, title) = match diagnostic.severity {
            Severity::Error => ("error", "Error"),
            Severity::Warning => ("warn", "Warning"),
        };
        let message = format!("{title}: {}", diagnostic.summary);
        let own = json!({ "diagnostic": diagnostic_json(diagnostic, sources) });
        self.lock().emit(level, "diagnostic", message, own);
    }

    fn info(&self, kind: &str, message: String, own: Json) {
        self.lock().emit("info", kind, message, own);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic while a line was written leaves nothing that would be wrong to go on with.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Events for Stream {
    fn emit(&self, event: Event) {
        self.lock().take(event, Instant::now());
    }
}

impl Inner {
    /// An event that does not reach its reader must not stop the work, so errors are dropped.
    fn emit(&mut self, level: &str, kind: &str, message: String, own: Json) {
        let mut event = json!({
            "@level": level,
            "@message": message,
            "@module": "terraform.ui",
            "@timestamp": (self.clock)(),
            "type": kind,
        });
        if let (Json::Object(event), Json::Object(own)) = (&mut event, own) {
            event.extend(own);
        }
        let _ = writeln!(self.out, "{event}");
        let _ = self.out.flush();
    }

    fn take(&mut self, event: Event, now: Instant) {
        match event {
            Event::Reading { host, queries } => {
                let own = json!({ "host": &*host.name, "queries": queries });
                self.emit("info", "host_read_start", format!("{host}: Reading..."), own);
            }
            Event::Read { host, took } => {
                let own = json!({ "host": &*host.name, "elapsed_seconds": took.as_secs() });
                self.emit("info", "host_read_complete", format!("{host}: Read complete"), own);
            }
            // Terraform's stream is silent about what is only forgotten.
            Event::Started { action: Action::Forget, .. }
            | Event::Finished { action: Action::Forget, .. } => {}
            Event::Started { addr, action } => {
                let id = self.ids.get(&addr).cloned();
                let text = format!("{}...{}", words(action).doing, bracketed(id.as_ref()));
                let mut own = json!({});
                put_id(&mut own, id.as_ref());
                self.hook("apply_start", &addr, action, text, own);
                self.running.insert(addr, Running { action, since: now, said: now });
            }
            Event::StepStarted { addr, step } => {
                let own =
                    json!({ "hook": { "resource": resource(&addr), "step": step_json(&step) } });
                self.emit("info", "step_start", format!("{addr}: {}", step.op), own);
            }
            // Terraform's stream has no event of an import that was done.
            Event::Imported { .. } => {}
            Event::Waiting { addr, why, elapsed } => {
                let hook = json!({
                    "resource": resource(&addr), "why": why, "elapsed_seconds": elapsed.as_secs(),
                });
                self.emit("info", "step_wait", format!("{addr}: {why}"), json!({ "hook": hook }));
            }
            Event::Finished { addr, action, took, id } => {
                self.running.remove(&addr);
                let (done, took_text) = (words(action).done, seconds(took));
                let text = format!("{done} complete after {took_text}{}", bracketed(id.as_ref()));
                let mut own = elapsed(took);
                put_id(&mut own, id.as_ref());
                self.hook("apply_complete", &addr, action, text, own);
            }
            Event::Failed { addr, action, .. } => {
                let running = self.running.remove(&addr);
                let took = running.map_or(Duration::ZERO, |r| now.duration_since(r.since));
                let text = format!("{} errored after {}", words(action).done, seconds(took));
                self.hook("apply_errored", &addr, action, text, elapsed(took));
            }
            Event::Skipped { addr, because } => {
                let because = because.map(|addr| addr.to_string());
                let own = json!({ "hook": { "resource": resource(&addr), "because": because } });
                self.emit("info", "apply_skipped", format!("{addr}: Not started"), own);
            }
        }
    }

    fn hook(&mut self, kind: &str, addr: &InstanceAddr, action: Action, text: String, own: Json) {
        let mut hook = json!({ "resource": resource(addr), "action": name(action) });
        if let (Json::Object(hook), Json::Object(own)) = (&mut hook, own) {
            hook.extend(own);
        }
        self.emit("info", kind, format!("{addr}: {text}"), json!({ "hook": hook }));
    }

    fn tick(&mut self, now: Instant) {
        let mut late = Vec::new();
        for (addr, running) in &mut self.running {
            if now.saturating_duration_since(running.said) >= PATIENCE {
                running.said = now;
                let took = now.saturating_duration_since(running.since);
                late.push((addr.clone(), running.action, took));
            }
        }
        for (addr, action, took) in late {
            let Words { doing, .. } = words(action);
            let text = format!("Still {}... [{} elapsed]", doing.to_lowercase(), seconds(took));
            self.hook("apply_progress", &addr, action, text, elapsed(took));
        }
    }
}

/// What an object that exists is known by.
fn id_before(object: &PlannedObject) -> Option<Text> {
    let id = object.change.before()?.attr("id").filter(|id| !id.has_sensitive())?;
    id.as_str().map(Text::from)
}

fn bracketed(id: Option<&Text>) -> String {
    id.map_or_else(String::new, |id| format!(" [id={id}]"))
}

fn put_id(hook: &mut Json, id: Option<&Text>) {
    if let Some(id) = id {
        hook["id_key"] = json!("id");
        hook["id_value"] = json!(&**id);
    }
}

fn elapsed(took: Duration) -> Json {
    json!({ "elapsed_seconds": took.as_secs() })
}

/// An object as every event names it.
fn resource(addr: &InstanceAddr) -> Json {
    let module = addr.module.to_string();
    let whole = addr.instance().to_string();
    let within = whole.strip_prefix(&module).unwrap_or(&whole).trim_start_matches('.');
    json!({
        "addr": whole,
        "module": module,
        "resource": within,
        "implied_provider": family(&addr.block.kind),
        "resource_type": &*addr.block.kind,
        "resource_name": &*addr.block.name,
        "resource_key": addr.key.as_ref().map_or(Json::Null, key_json),
    })
}

/// The stream's word for an action.
fn name(action: Action) -> &'static str {
    match action {
        Action::NoOp => "noop",
        Action::Read => "read",
        Action::Create => "create",
        Action::Update => "update",
        Action::Replace => "replace",
        Action::Delete => "delete",
        Action::Forget => "remove",
    }
}

/// The stream's word for a reason, shorter than that of a plan's JSON.
fn short(reason: &'static str) -> &'static str {
    match reason {
        "replace_because_cannot_update" => "cannot_update",
        "replace_because_tainted" => "tainted",
        "replace_by_request" => "requested",
        "replace_by_triggers" => "replace_triggered_by",
        other => other,
    }
}

/// Objects that the state held and that were looked at.
pub fn looked_at(object: &&PlannedObject) -> bool {
    !matches!(object.change, Change::Create { .. } | Change::Read { .. })
}
