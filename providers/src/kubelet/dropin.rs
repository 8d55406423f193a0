//! `kubelet_dropin`: the systemd drop-in that makes kubelet run etcd's pod, and the configuration it points to.
//!
//! ```hcl
//! resource "kubelet_dropin" "etcd" {
//!   host = data.host.infra0
//! }
//! ```
//!
//! A restart of kubelet leaves etcd running, so this disrupts no member.
//! kubelet needs some seconds from its start until it is healthy: this depends on nothing but the
//! host, so that they pass while certificates are made.

use std::time::Duration;

use quorate_engine::resource::{
    Awaited, DestroyRequest, PlanRequest, Planned, Refusal, Resource, Seen,
};
use quorate_engine::schema::{Attr, Schema};
use quorate_engine::value::{Type, Value};
use quorate_engine::world::{Ask, Content, Host, Op, Query, Reply, Step, UnitReply, UnitVerb};

use super::settings::{self, invalid};
use crate::adopt;
use crate::attrs;
use crate::etcd::lint;
use crate::host::connection::connection_type;
use crate::host::files::{self, FILES, WantedFile, plan_files};
use crate::kube;
use crate::kube::kubelet::{CONFIG_PATH, DROP_IN_PATH, KUBELET_PATH, MANIFESTS_DIR};

const UNIT: &str = "kubelet.service";
/// How it should be with the unit.
const RUNNING: &str = "active, enabled";
/// kubelet's own health, on the loopback address.
const HEALTHZ: &str = "http://127.0.0.1:10248/healthz";
/// kubelet was measured to need 6 s from its start.
const HEALTHY_WITHIN: Duration = Duration::from_secs(60);

/// The resource type `kubelet_dropin`.
#[derive(Debug)]
pub struct KubeletDropin {
    schema: Schema,
}

impl Default for KubeletDropin {
    fn default() -> Self {
        KubeletDropin { schema: schema() }
    }
}

fn schema() -> Schema {
    let no = || Value::Bool(false);
    let text = |name, default: &str, doc| Attr::optional(name, Type::String, default.into(), doc);
    let fact = |name, doc| Attr::defaulted(name, Type::String, doc);
    let mut attrs = vec![
        Attr::required("host", connection_type(), "The host, a `data.host`."),
        fact("kubernetes_version", "Version of kubelet; the installed one by default."),
        fact("cgroup_driver", "systemd or cgroupfs; the runtime's by default."),
        fact(
            "container_runtime_endpoint",
            "Socket of the runtime, or `dockershim`; the host's by default.",
        ),
        text("kubelet_path", KUBELET_PATH, "The binary."),
        text("manifests_dir", MANIFESTS_DIR, "Folder of static pods."),
        text("drop_in_path", DROP_IN_PATH, "Where the drop-in lies.").replaces(),
        text("config_path", CONFIG_PATH, "Where kubelet's configuration lies.").replaces(),
        Attr::optional(
            "hostname_override",
            Type::String,
            Value::Null(Type::String),
            "Name of the node, if not the host's.",
        ),
        Attr::optional("tolerate_swap", Type::Bool, no(), "Start although swap is on."),
        Attr::optional(
            "tolerate_cgroup_v1",
            Type::Bool,
            no(),
            "Start on control groups of version 1.",
        ),
        Attr::computed("drop_in", Type::String, "Text of the drop-in."),
        Attr::computed("config", Type::String, "Text of kubelet's configuration."),
        Attr::computed("unit", Type::String, "State of kubelet's unit; null where nothing runs."),
    ];
    attrs.extend(files::file_attrs());
    let doc = "kubelet as the service manager of etcd.";
    Schema::new("kubelet_dropin", 1, doc, attrs)
}

impl Resource for KubeletDropin {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn import(&self, id: &str, config: &Value) -> Result<Value, Refusal> {
        let paths = paths(config);
        adopt::confirm(id, config, "drop_in_path", paths[0])?;
        Ok(files::unread(config, paths))
    }

    fn look(&self, attrs: &Value) -> Vec<Ask> {
        let Ok(host) = attrs::host(attrs) else { return Vec::new() };
        let mut asks: Vec<_> =
            paths(attrs).iter().map(|path| files::ask(&host, attrs, path)).collect();
        if !files::is_staging(attrs) {
            let query = Query::Unit { name: UNIT.to_owned() };
            asks.push(Ask { host, query });
        }
        asks
    }

    fn seen(&self, attrs: &Value, replies: &[Reply]) -> Seen {
        let [drop_in, config] = paths(attrs);
        let [first, second] = [replies.first(), replies.get(1)];
        let found = files::seen_files(attrs, [(drop_in, first), (config, second)]);
        if found.entries().is_none_or(|entries| entries.is_empty()) {
            return Seen::Absent;
        }
        let unit = replies.get(2).map(unit_words);
        Seen::Present(attrs::with(
            attrs,
            [
                (FILES, found),
                ("drop_in", files::seen_text(attrs, "drop_in", first)),
                ("config", files::seen_text(attrs, "config", second)),
                ("unit", attrs::optional(unit)),
            ],
        ))
    }

    fn plan(&self, request: &PlanRequest<'_>) -> Result<Planned, Refusal> {
        let host = attrs::host(request.proposed)?;
        let wanted = settings::settled(request.config, request.proposed)?;
        let kubelet = settings::kubelet(&wanted)?;
        let drop_in = kubelet.drop_in().map_err(|error| invalid("hostname_override", &error))?;
        let config = kubelet.config().map_err(|error| invalid("host", &error))?;
        let words = kubelet.command().unwrap_or_default();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let warnings = lint::warnings(&kube::lint::kubelet_flags(kubelet.version, &words))?;
        let staging = files::is_staging(&wanted);
        let wanted = attrs::with(
            &wanted,
            [
                ("drop_in", drop_in.as_str().into()),
                ("config", config.as_str().into()),
                ("unit", attrs::optional((!staging).then_some(RUNNING))),
            ],
        );
        let written = plan_files(request, &host, &wanted_files(&wanted, [&drop_in, &config]))?;
        let after = written.described(&wanted);
        let mut steps = written.steps;
        let unsettled = !steps.is_empty() || request.in_flight;
        if !staging && (unsettled || !is_running(request.prior.or(request.found))) {
            steps.extend(restart(&host));
        }
        let replace = request.prior.and_then(|prior| moved(prior, &after));
        Ok(Planned { warnings, replace, ..Planned::new(after, steps) })
    }

    fn destroy(&self, request: &DestroyRequest<'_>) -> Vec<Step> {
        let Ok(host) = attrs::host(request.prior) else { return Vec::new() };
        let [drop_in, config] = paths(request.prior);
        let removed = [files::remove(&host, drop_in), files::remove(&host, config)];
        let made = files::unmake(request.prior, &host);
        let mut steps: Vec<_> = removed.into_iter().chain(made).collect();
        if !files::is_staging(request.prior) {
            // The package's own unit, which stays enabled, has no configuration to run with.
            steps.insert(0, unit(&host, UnitVerb::Stop));
            steps.push(Step::on(&host, Op::DaemonReload));
        }
        steps
    }

    fn finish(&self, after: Value, _steps: &[Step], replies: &[Vec<Reply>]) -> Value {
        files::finish(after, replies)
    }

    fn awaited(&self, _after: &Value, _step: &Step, replies: &[Reply]) -> Awaited {
        match replies.first() {
            Some(Reply::Http { status: 200, .. }) => Awaited::Yes,
            Some(Reply::Http { status, .. }) => {
                Awaited::NotYet(format!("kubelet says it is not healthy (status {status})"))
            }
            _ => Awaited::NotYet("kubelet does not answer yet; see journalctl -u kubelet".into()),
        }
    }
}

fn paths(object: &Value) -> [&str; 2] {
    let path = |name, default| attrs::text(object, name).unwrap_or(default);
    [path("drop_in_path", DROP_IN_PATH), path("config_path", CONFIG_PATH)]
}

fn wanted_files(object: &Value, texts: [&String; 2]) -> [WantedFile; 2] {
    let [drop_in, config] = paths(object);
    let file = |path: &str, text: &String| WantedFile {
        path: path.to_owned(),
        mode: 0o644,
        content: Content::Plain(text.as_bytes().into()),
    };
    [file(drop_in, texts[0]), file(config, texts[1])]
}

/// A unit's state in words: `active, enabled` when all is well.
fn unit_words(reply: &Reply) -> String {
    match reply {
        Reply::Unit(UnitReply { active, enabled, needs_reload, .. }) => {
            let reload = if *needs_reload { ", needs daemon-reload" } else { "" };
            format!("{active}, {enabled}{reload}")
        }
        _ => "there is no such unit".to_owned(),
    }
}

fn is_running(seen: Option<&Value>) -> bool {
    seen.and_then(|seen| attrs::text(seen, "unit")) == Some(RUNNING)
}

fn moved(prior: &Value, after: &Value) -> Option<String> {
    files::is_moved(prior, after).then(|| "it moves to another host".to_owned())
}

fn unit(host: &Host, verb: UnitVerb) -> Step {
    Step::on(host, Op::Unit { name: UNIT.to_owned(), verb })
}

fn restart(host: &Host) -> [Step; 4] {
    // systemd calls a kubelet active that dies a second later: only its own word counts.
    let query = Query::Http { url: HEALTHZ.to_owned() };
    let asks = vec![Ask { host: host.clone(), query }];
    let what = "kubelet is healthy".to_owned();
    [
        Step::on(host, Op::DaemonReload),
        unit(host, UnitVerb::Enable),
        unit(host, UnitVerb::Restart),
        Step::on(host, Op::Await { what, asks, limit: HEALTHY_WITHIN }),
    ]
}

#[cfg(test)]
mod tests;
