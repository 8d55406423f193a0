//! `etcd_static_pod`: a member of etcd that kubelet runs from a manifest, which is kubeadm's byte for byte.
//!
//! ```hcl
//! resource "etcd_static_pod" "infra0" {
//!   host    = data.host.infra0
//!   name    = "infra0"
//!   address = "10.0.0.6"
//!   cluster = { infra0 = "10.0.0.6", infra1 = "10.0.0.7", infra2 = "10.0.0.8" }
//! }
//! ```
//!
//! New members are not waited for, since none of them is healthy before a quorum of them runs:
//! `etcd_cluster` waits for all. A change of a member waits before it until the others carry a
//! quorum, and after it until the member is healthy again.
//! Manifests are compared by what they mean to kubelet: what it does not restart for is no change.

use std::collections::{BTreeMap, BTreeSet};

use quorate_engine::diag::Diagnostic;
use quorate_engine::resource::{
    Awaited, DestroyRequest, Disruption, PlanRequest, Planned, Refusal, Resource, Seen,
};
use quorate_engine::schema::{Attr, Schema};
use quorate_engine::value::{Text, Type, Value};
use quorate_engine::world::{Ask, Content, Host, Op, Query, Reply, Step};

use super::member::{self, INPUTS};
use super::{found, gate, lint, upgrade};
use crate::adopt;
use crate::attrs;
use crate::host::connection::connection_type;
use crate::host::files::{self, FILES, WantedFile, plan_files};
use crate::kube::kubelet::MANIFESTS_DIR;
use crate::kube::manifest::{self, MANIFEST_MODE};
use crate::kube::member::{EtcdMember, Peer};
use crate::kube::pod::{ParsedPod, same_pod};

/// Attributes that follow from the others.
const MADE: [&str; 4] = ["manifest", "client_url", "peer_url", "health_url"];
/// Attributes of a running member that cannot change in place, nor by making it anew.
const FIXED: [&str; 5] = ["name", "address", "cluster", "data_dir", "manifests_dir"];

/// The resource type `etcd_static_pod`.
#[derive(Debug)]
pub struct EtcdStaticPod {
    schema: Schema,
}

impl Default for EtcdStaticPod {
    fn default() -> Self {
        EtcdStaticPod { schema: schema() }
    }
}

fn schema() -> Schema {
    let text = |name, doc| Attr::computed(name, Type::String, doc);
    let mut attrs = vec![
        Attr::required("host", connection_type(), "The host, a `data.host`."),
        Attr::optional(
            "manifests_dir",
            Type::String,
            MANIFESTS_DIR.into(),
            "Folder of static pods.",
        ),
        Attr::optional(
            "keep_data",
            Type::Bool,
            false.into(),
            "Leave the data when the member is removed.",
        ),
        text("manifest", "The manifest."),
        text("client_url", "Where clients find the member."),
        text("peer_url", "Where peers find the member."),
        text("health_url", "Where the host finds its health in plain HTTP; null if nowhere."),
        text("data", "What is in the data directory: `present`, `empty` or `absent`."),
    ];
    attrs.extend(files::file_attrs());
    attrs.splice(1..1, member::input_attrs());
    let doc = "A member of etcd, run by kubelet.";
    Schema::new("etcd_static_pod", 1, doc, attrs)
}

impl Resource for EtcdStaticPod {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn import(&self, id: &str, config: &Value) -> Result<Value, Refusal> {
        let path = manifest_path(config);
        // A member is known by its name as well as by its file.
        if attrs::text(config, "name") != Some(id) {
            adopt::confirm(id, config, "manifests_dir", &path)?;
        }
        attrs::host(config)?;
        Ok(files::unread(config, [path.as_str()]))
    }

    fn imported(&self, seen: Value) -> Result<Value, Refusal> {
        found::described(&seen)
    }

    fn look(&self, attrs: &Value) -> Vec<Ask> {
        let (Ok(host), Some(data_dir)) = (attrs::host(attrs), attrs::text(attrs, "data_dir"))
        else {
            return Vec::new();
        };
        let query = Query::Directory { path: data_dir.to_owned() };
        vec![files::ask(&host, attrs, &manifest_path(attrs)), Ask { host, query }]
    }

    fn seen(&self, attrs: &Value, replies: &[Reply]) -> Seen {
        let path = manifest_path(attrs);
        let found = files::seen_files(attrs, [(&*path, replies.first())]);
        let data = data_words(replies.get(1));
        let has_file = found.entries().is_some_and(|entries| !entries.is_empty());
        // A member without its manifest is still a member, as long as it has its data.
        if !has_file && data != "present" {
            return Seen::Absent;
        }
        let seen = files::seen_text(attrs, "manifest", replies.first());
        // To kubelet it is the same pod, so to us it is the same file.
        let is_known = attrs::text(attrs, "manifest").zip(seen.as_str());
        let is_known = is_known.is_some_and(|(known, seen)| is_same(known, seen));
        let manifest = if is_known { attrs.attr("manifest").cloned() } else { Some(seen) };
        let manifest = manifest.unwrap_or(Value::NULL);
        let found = if is_known { files::with_known_content(attrs, found, &path) } else { found };
        let image = manifest.as_str().and_then(image_of);
        let image = image.map_or_else(|| attrs.attr("image").cloned(), |image| Some(image.into()));
        let parts = [
            (FILES, found),
            ("manifest", manifest),
            ("data", data.into()),
            ("image", image.unwrap_or(Value::NULL)),
        ];
        Seen::Present(attrs::with(attrs, parts))
    }

    fn plan(&self, request: &PlanRequest<'_>) -> Result<Planned, Refusal> {
        let host = attrs::host(request.proposed)?;
        if attrs::any_open(request.config, &INPUTS) {
            return self.plan_open(request, &host);
        }
        let wanted = member::settled(request.config, request.proposed)?;
        let member = member::member(&wanted)?;
        let warnings = lint::warnings(&member::findings(&member, &wanted))?;
        let planned = match request.prior.or(begun(request)) {
            None => create(request, &host, &member, &wanted),
            Some(prior) => change(request, &host, &member, prior, &wanted),
        }?;
        let warnings = warnings.into_iter().chain(planned.warnings).collect();
        Ok(Planned { warnings, ..planned })
    }

    fn destroy(&self, request: &DestroyRequest<'_>) -> Vec<Step> {
        let Ok(host) = attrs::host(request.prior) else { return Vec::new() };
        let text = |name| attrs::text(request.prior, name).unwrap_or_default();
        let (name, data_dir) = (text("name"), text("data_dir"));
        let mut steps = vec![files::remove(&host, &manifest_path(request.prior))];
        if !files::is_staging(request.prior) {
            steps.push(gate::is_gone(&host, name, data_dir));
        }
        if !attrs::flag(request.prior, "keep_data") {
            let (path, what) = (data_dir.to_owned(), format!("etcd data of {name}"));
            steps.push(Step::on(&host, Op::RemoveTree { path, what }));
        }
        steps.extend(files::unmake(request.prior, &host));
        steps
    }

    fn replaced(&self, prior: &Value) -> Result<Vec<Diagnostic>, Refusal> {
        match files::is_staging(prior) {
            true => Ok(Vec::new()),
            false => Err(not_by_itself(prior)),
        }
    }

    fn service(&self, attrs: &Value) -> Option<Text> {
        if files::is_staging(attrs) {
            return None;
        }
        member::member(attrs).ok().map(|member| domain(&member))
    }

    fn awaited(&self, after: &Value, step: &Step, replies: &[Reply]) -> Awaited {
        gate::awaited(after, step, replies)
    }

    fn finish(&self, after: Value, _steps: &[Step], replies: &[Vec<Reply>]) -> Value {
        files::finish(after, replies)
    }
}

impl EtcdStaticPod {
    /// What can be said before the member is wholly described.
    fn plan_open(&self, request: &PlanRequest<'_>, host: &Host) -> Result<Planned, Refusal> {
        if request.prior.is_some() {
            let detail = "What a running member is told must be known when the plan is made.";
            return Err(Diagnostic::error("The member is not wholly known", detail).into());
        }
        let open = [&MADE[..], &["kubernetes_version", "image"]].concat();
        let after = attrs::with_unknown(request.proposed, &self.schema, &open);
        founding(request, host, after, Content::Later)
    }
}

/// A member that an earlier run founded without recording it: it may run by now.
fn begun<'a>(request: &PlanRequest<'a>) -> Option<&'a Value> {
    let found = request.found.filter(|_| request.in_flight)?;
    let runs = attrs::text(found, "data") == Some("present");
    let described = attrs::text(found, "manifest").is_some();
    (runs && described).then_some(found)
}

fn create(
    request: &PlanRequest<'_>,
    host: &Host,
    member: &EtcdMember,
    wanted: &Value,
) -> Result<Planned, Refusal> {
    let text = render(member)?;
    let after = described(wanted, member, &text);
    founding(request, host, after, Content::Plain(text.as_bytes().into()))
}

fn founding(
    request: &PlanRequest<'_>,
    host: &Host,
    after: Value,
    content: Content,
) -> Result<Planned, Refusal> {
    let dir = |name| attrs::text(&after, name).unwrap_or_default();
    let data = request.found.and_then(|found| attrs::text(found, "data"));
    if request.lost.is_some_and(|lost| !files::is_staging(lost)) {
        return Err(founded_twice(host, &after));
    }
    if data == Some("present") && !request.in_flight {
        return Err(data_in_use(host, dir("data_dir")));
    }
    let mut steps =
        [dir("manifests_dir"), dir("data_dir")].map(|path| files::private_dir(host, path)).to_vec();
    let written = plan_files(request, host, &[file(&after, content)])?;
    let data = if files::is_staging(&after) { "empty" } else { "present" };
    let after = attrs::with(&written.described(&after), [("data", data.into())]);
    steps.extend(written.steps);
    Ok(Planned::new(after, steps))
}

fn change(
    request: &PlanRequest<'_>,
    host: &Host,
    member: &EtcdMember,
    prior: &Value,
    wanted: &Value,
) -> Result<Planned, Refusal> {
    stays(prior, wanted)?;
    let text = |object, name| attrs::text(object, name).unwrap_or_default();
    upgrade::check(text(prior, "image"), text(wanted, "image"))?;
    let manifest = render(member)?;
    let known = attrs::text(prior, "manifest");
    let after = described(wanted, member, &manifest);
    let after = attrs::with(&after, prior.attr("data").cloned().map(|data| ("data", data)));
    let warnings: Vec<_> = lost_data(host, prior).into_iter().collect();
    if known.is_some_and(|known| is_same(known, &manifest)) {
        let after = attrs::with(&after, known.map(|known| ("manifest", known.into())));
        let planned = rest(request, host, prior, &after, &manifest)?;
        return Ok(Planned { warnings, ..settled(request, member, host, planned) });
    }
    let content = Content::Plain(manifest.as_bytes().into());
    let written = plan_files(request, host, &[file(&after, content)])?;
    let after = written.described(&after);
    if files::is_staging(&after) {
        return Ok(Planned { warnings, ..Planned::new(after, written.steps) });
    }
    let is_down = known.and_then(image_of).is_none();
    let (steps, rank) = if is_down {
        (written.steps.into_iter().chain([gate::is_up(member, host)]).collect(), 0)
    } else {
        let old = upgrade::left_behind(text(prior, "image"), text(wanted, "image"));
        let before = gate::others_carry(member, host, &after).into_iter();
        (
            before
                .chain(written.steps)
                .chain([gate::is_back(member, host, old, &manifest_path(&after))])
                .collect(),
            1,
        )
    };
    let disrupts = Some(disruption(member, rank));
    Ok(Planned { disrupts, warnings, ..Planned::new(after, steps) })
}

/// What an earlier run left in the middle is not done before its gate has passed.
fn settled(
    request: &PlanRequest<'_>,
    member: &EtcdMember,
    host: &Host,
    mut planned: Planned,
) -> Planned {
    if request.in_flight && !files::is_staging(&planned.after) {
        planned.steps.push(gate::is_well(member, host));
        planned.disrupts = Some(disruption(member, 0));
    }
    planned
}

/// The member runs as it should; at most the file's mode is not right, for which kubelet restarts nothing.
fn rest(
    request: &PlanRequest<'_>,
    host: &Host,
    prior: &Value,
    after: &Value,
    manifest: &str,
) -> Result<Planned, Refusal> {
    if files::has_mode(prior, &manifest_path(after), MANIFEST_MODE) {
        let after = files::unchanged(after, prior);
        return Ok(Planned::new(after, Vec::new()));
    }
    let written =
        plan_files(request, host, &[file(after, Content::Plain(manifest.as_bytes().into()))])?;
    Ok(Planned::new(written.described(after), written.steps))
}

fn disruption(member: &EtcdMember, rank: u32) -> Disruption {
    let members = member.initial_cluster.len();
    let (name, quorum) = (member.name.as_str().into(), gate::quorum(members));
    Disruption { domain: domain(member), member: name, rank, members, quorum }
}

fn domain(member: &EtcdMember) -> Text {
    let urls: Vec<&str> = member.initial_cluster.iter().map(|peer: &Peer| &*peer.url).collect();
    format!("etcd cluster {}", urls.join(",")).into()
}

/// What would lose the member or split its cluster is not done by changing files.
fn stays(prior: &Value, wanted: &Value) -> Result<(), Refusal> {
    let moved = files::is_moved(prior, wanted).then_some("host");
    let changed = FIXED.into_iter().find(|name| !attrs::same(prior, wanted, &[name]));
    let Some(attr) = moved.or(changed) else { return Ok(()) };
    let diagnostic = match attr {
        "cluster" => {
            let detail = format!(
                "The members of a cluster that runs cannot be changed yet: {}. Nothing has been \
                 touched.",
                membership(prior, wanted)
            );
            Diagnostic::error("Members cannot change yet", detail)
        }
        _ => {
            let detail = format!(
                "Another {attr} would make it another member, and a member that runs cannot become \
                 one yet. Nothing has been touched."
            );
            Diagnostic::error("A member cannot move yet", detail)
        }
    };
    let help = "Change it back, or destroy the whole cluster, with its data, and make it anew.";
    Err(Refusal::of(attr, diagnostic.help(help)))
}

/// Who would come, go or move: `infra2 (10.0.0.8) would leave`.
fn membership(prior: &Value, wanted: &Value) -> String {
    let members = |object: &Value| -> BTreeMap<String, String> {
        let entries = object.attr("cluster").and_then(Value::entries).into_iter().flatten();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        entries.map(|(name, address)| (name.to_string(), text(address))).collect()
    };
    let (before, after) = (members(prior), members(wanted));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let words = names.into_iter().filter_map(|name| match (before.get(name), after.get(name)) {
        (None, Some(address)) => Some(format!("{name} ({address}) would join")),
        (Some(address), None) => Some(format!("{name} ({address}) would leave")),
        (Some(old), Some(new)) if old != new => {
            Some(format!("{name} would move from {old} to {new}"))
        }
        _ => None,
    });
    words.collect::<Vec<_>>().join(", ")
}

fn described(wanted: &Value, member: &EtcdMember, manifest: &str) -> Value {
    let parts = [
        ("manifest", manifest.into()),
        ("client_url", member.client_url().into()),
        ("peer_url", member.peer_url().into()),
        ("health_url", attrs::optional(member::health_url(member))),
    ];
    attrs::with(wanted, parts)
}

fn render(member: &EtcdMember) -> Result<String, Refusal> {
    manifest::render(member).map_err(|error| {
        let detail = format!("{}.", attrs::chain(&error));
        Diagnostic::error("The manifest cannot be written", detail).into()
    })
}

fn file(object: &Value, content: Content) -> WantedFile {
    WantedFile { path: manifest_path(object), mode: MANIFEST_MODE, content }
}

fn manifest_path(object: &Value) -> String {
    let dir = attrs::text(object, "manifests_dir").unwrap_or(MANIFESTS_DIR);
    format!("{dir}/etcd.yaml")
}

fn is_same(a: &str, b: &str) -> bool {
    a == b || same_pod(a, b).unwrap_or(false)
}

fn image_of(manifest: &str) -> Option<String> {
    Some(ParsedPod::parse(manifest).ok()?.image()?.to_owned())
}

fn data_words(reply: Option<&Reply>) -> &'static str {
    match reply {
        Some(Reply::Directory { entries: 0, .. }) => "empty",
        Some(Reply::Directory { .. }) => "present",
        _ => "absent",
    }
}

fn founded_twice(host: &Host, member: &Value) -> Refusal {
    let name = attrs::text(member, "name").unwrap_or_default();
    let detail = format!(
        "{name} is known to the state, but neither its manifest nor its data is on {host} any more. \
         Started anew as a founding member it could not join the others, or would found a second cluster."
    );
    let help = "Replacing a lost member is not done yet. If the whole cluster is gone, \
                `quorate destroy` forgets it, and the next apply founds it anew.";
    Diagnostic::error("A member is lost", detail).help(help).into()
}

/// A member that was taken down to be founded again does not come back: to the others it "has already
/// been bootstrapped", and etcd ends with these words. With several at once the quorum would be lost.
fn not_by_itself(prior: &Value) -> Refusal {
    let name = attrs::text(prior, "name").unwrap_or_default();
    let detail = format!(
        "A member of a running cluster cannot be removed and made anew by itself: etcd does not let \
         {name} found the cluster a second time, and the quorum would be one smaller for good. \
         Nothing has been touched."
    );
    let help = "What differs is changed in place, one member at a time. To make the cluster anew, with \
                all its data lost, run `quorate destroy` and then `quorate apply`.";
    Diagnostic::error("A member would be lost", detail).help(help).into()
}

fn data_in_use(host: &Host, data_dir: &str) -> Refusal {
    let detail = format!("{data_dir} on {host} has data of a member that the state does not know.");
    let help = format!(
        "A member that starts on it goes on as what it was. Move it away: mv {data_dir} {data_dir}.old"
    );
    let diagnostic = Diagnostic::error("The data directory is in use", detail).help(help);
    Refusal::of("data_dir", diagnostic)
}

fn lost_data(host: &Host, prior: &Value) -> Option<Diagnostic> {
    let data = attrs::text(prior, "data").filter(|data| *data != "present")?;
    if files::is_staging(prior) {
        return None;
    }
    let name = attrs::text(prior, "name").unwrap_or_default();
    let detail = format!("The data directory of {name} on {host} is {data}.");
    let help = "A member that lost its data cannot start again under its old name: \
                the others must first remove it. This is not done yet.";
    Some(Diagnostic::warning("A member has no data", detail).help(help))
}

#[cfg(test)]
mod tests;
