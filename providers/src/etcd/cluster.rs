//! `etcd_cluster`: the cluster that members make together. It is there when all of them say so.
//!
//! ```hcl
//! resource "etcd_cluster" "etcd" {
//!   members = etcd_static_pod.member
//! }
//! ```
//!
//! Three members can each be healthy and yet be three clusters: so all are asked for the cluster
//! they belong to and for the members they know.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use quorate_engine::resource::{
    Awaited, DestroyRequest, PlanRequest, Planned, Refusal, Resource, Seen,
};
use quorate_engine::schema::{Attr, Schema};
use quorate_engine::value::{Text, Type, Value};
use quorate_engine::world::{Ask, Host, Op, Query, Reply, Step};

use super::ask::{self, Credentials, Listed, MEMBERS, STATUS, Status};
use crate::adopt;
use crate::attrs;
use crate::host::connection::connection_type;
use crate::kube::member::CERTIFICATES_DIR;

/// All images may have to be pulled first.
const MADE_WITHIN: Duration = Duration::from_secs(300);
const HEALTHY: &str = "healthy";
/// Attributes that only the cluster itself can tell.
const IDENTITY: [&str; 3] = ["cluster_id", "member_ids", "version"];

/// The resource type `etcd_cluster`.
#[derive(Debug)]
pub struct EtcdCluster {
    schema: Schema,
}

impl Default for EtcdCluster {
    fn default() -> Self {
        EtcdCluster { schema: schema() }
    }
}

fn schema() -> Schema {
    let file = |name, default: &str, doc| Attr::optional(name, Type::String, default.into(), doc);
    let default = Credentials::healthcheck(CERTIFICATES_DIR);
    let attrs = vec![
        Attr::required(
            "members",
            Type::Map(member_type().into()),
            "The members by name, each an `etcd_static_pod`.",
        ),
        file("ca_file", &default.ca_file, "CA of etcd, on each member's host."),
        file("cert_file", &default.cert_file, "Certificate to ask with, on each member's host."),
        file("key_file", &default.key_file, "Its key."),
        Attr::computed(
            "endpoints",
            Type::list(Type::String),
            "Client URLs of all members, by the members' names.",
        ),
        Attr::computed("cluster_id", Type::String, "Identity of the cluster; null for folders."),
        Attr::computed(
            "member_ids",
            Type::Map(Type::String.into()),
            "Identities of the members by name.",
        ),
        Attr::computed("version", Type::String, "Lowest version of etcd among the members."),
        Attr::computed(
            "health",
            Type::Map(Type::String.into()),
            "What each member says of its health.",
        ),
    ];
    let doc = "A cluster of etcd, as its members see it.";
    Schema::new("etcd_cluster", 1, doc, attrs)
}

/// A whole `etcd_static_pod` fits.
fn member_type() -> Type {
    let urls = ["client_url", "health_url"].map(|name| (name, Type::String));
    Type::object(urls.into_iter().chain([("host", connection_type())]))
}

impl Resource for EtcdCluster {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The id is the cluster's own, which its members are asked for before it is believed.
    fn import(&self, id: &str, config: &Value) -> Result<Value, Refusal> {
        let all = config.attr("members").and_then(Value::entries).map_or(0, |all| all.len());
        let members = members(config);
        if attrs::any_open(config, &["members"]) || members.len() != all {
            return Err(adopt::refused(
                "The members of the cluster are not known yet.",
                "Import its members in the same plan, or make them first.",
            ));
        }
        let id = members.iter().any(Member::is_asked).then_some(id);
        let urls = attrs::list(members.iter().map(|member| &*member.client_url));
        Ok(attrs::with(config, [("endpoints", urls), ("cluster_id", attrs::optional(id))]))
    }

    fn look(&self, attrs: &Value) -> Vec<Ask> {
        let members = members(attrs).into_iter();
        members.filter(|member| member.is_asked()).filter_map(Member::health).collect()
    }

    fn seen(&self, attrs: &Value, replies: &[Reply]) -> Seen {
        if attrs.attr("endpoints").and_then(Value::elements).is_none() {
            return Seen::Absent;
        }
        let asked = members(attrs).into_iter().filter(|member| member.is_asked());
        let asked = asked.filter(|member| member.health_url.is_some());
        let said = asked.zip(replies).map(|(member, reply)| (member.name, health_words(reply)));
        Seen::Present(attrs::with(attrs, [("health", health(said))]))
    }

    fn plan(&self, request: &PlanRequest<'_>) -> Result<Planned, Refusal> {
        if attrs::any_open(request.proposed, &["members"]) {
            return Ok(self.plan_open(request));
        }
        let members = members(request.proposed);
        let urls = attrs::list(members.iter().map(|member| &*member.client_url));
        let asked: Vec<_> = members.iter().filter(|member| member.is_asked()).collect();
        let watched = asked.iter().filter(|member| member.health_url.is_some());
        let well = health(watched.map(|member| (member.name.clone(), HEALTHY)));
        let after = attrs::with(request.proposed, [("endpoints", urls), ("health", well)]);
        if asked.is_empty() {
            let none = IDENTITY.map(|name| (name, Value::Null(self.type_of(name))));
            return Ok(Planned::new(attrs::with(&after, none), Vec::new()));
        }
        let unchanged = ["endpoints", "health"];
        if request.prior.is_some_and(|prior| attrs::same(prior, &after, &unchanged))
            && !attrs::any_open(&after, &IDENTITY)
            && !request.in_flight
        {
            return Ok(Planned::new(after, Vec::new()));
        }
        let known = request.prior.and_then(claimed).map(|id| ("cluster_id", id.into()));
        let after = attrs::with(&attrs::with_unknown(&after, &self.schema, &IDENTITY), known);
        let steps = gate(&asked, &credentials(request.proposed)).into_iter().collect();
        Ok(Planned::new(after, steps))
    }

    fn destroy(&self, _request: &DestroyRequest<'_>) -> Vec<Step> {
        Vec::new()
    }

    fn awaited(&self, after: &Value, _step: &Step, replies: &[Reply]) -> Awaited {
        let names: Vec<Text> = asked_names(after);
        match agreement(&names, replies) {
            Ok(agreement) => match attrs::text(after, "cluster_id") {
                Some(claimed) if claimed != agreement.cluster_id => Awaited::Never(format!(
                    "the members belong to the cluster {}, and not to {claimed}",
                    agreement.cluster_id
                )),
                _ => Awaited::Yes,
            },
            Err(why) => Awaited::NotYet(why),
        }
    }

    fn finish(&self, after: Value, _steps: &[Step], replies: &[Vec<Reply>]) -> Value {
        let Some(last) = replies.last() else { return after };
        let names = asked_names(&after);
        let Ok(agreement) = agreement(&names, last) else { return after };
        let ids = agreement.ids.into_iter().map(|(name, id)| (name, id.into()));
        attrs::with(
            &after,
            [
                ("cluster_id", agreement.cluster_id.into()),
                ("member_ids", Value::map(Type::String, ids)),
                ("version", agreement.version.into()),
            ],
        )
    }
}

impl EtcdCluster {
    fn plan_open(&self, request: &PlanRequest<'_>) -> Planned {
        let open = [&["endpoints", "health"][..], &IDENTITY].concat();
        let after = attrs::with_unknown(request.proposed, &self.schema, &open);
        Planned::new(after, Vec::new())
    }

    fn type_of(&self, name: &str) -> Type {
        self.schema.attr(name).map_or(Type::Any, |attr| attr.ty.clone())
    }
}

/// The id of a cluster that was only claimed by who imported it: nobody has asked its members yet.
fn claimed(prior: &Value) -> Option<&str> {
    attrs::text(prior, "cluster_id").filter(|_| attrs::is_empty(prior, "member_ids"))
}

/// A member as the cluster knows it.
struct Member {
    name: Text,
    host: Host,
    is_staging: bool,
    client_url: String,
    health_url: Option<String>,
}

impl Member {
    fn of(name: &Text, value: &Value) -> Option<Member> {
        Some(Member {
            name: name.clone(),
            host: attrs::host(value).ok()?,
            is_staging: crate::host::files::is_staging(value),
            client_url: attrs::text(value, "client_url")?.to_owned(),
            health_url: attrs::text(value, "health_url").map(str::to_owned),
        })
    }

    /// Whether there is an etcd to ask, and not just its files in a folder.
    fn is_asked(&self) -> bool {
        !self.is_staging
    }

    fn health(self) -> Option<Ask> {
        Some(Ask { host: self.host, query: Query::Http { url: self.health_url? } })
    }
}

/// The members, sorted by name.
fn members(object: &Value) -> Vec<Member> {
    let entries = object.attr("members").and_then(Value::entries).into_iter().flatten();
    entries.filter_map(|(name, value)| Member::of(name, value)).collect()
}

fn asked_names(object: &Value) -> Vec<Text> {
    let asked = members(object).into_iter().filter(|member| member.is_asked());
    asked.map(|member| member.name).collect()
}

fn credentials(object: &Value) -> Credentials {
    let text = |name| attrs::text(object, name).unwrap_or_default().to_owned();
    Credentials {
        ca_file: text("ca_file"),
        cert_file: text("cert_file"),
        key_file: text("key_file"),
    }
}

fn gate(members: &[&Member], credentials: &Credentials) -> Option<Step> {
    let asks = members.iter().flat_map(|member| {
        [STATUS, MEMBERS].map(|call| credentials.ask(&member.host, call, &member.client_url))
    });
    let what = match members.len() {
        1 => "the member answers".to_owned(),
        count => format!("all {count} members answer, and know one another as one cluster"),
    };
    let asks: Vec<Ask> = asks.collect();
    (!asks.is_empty()).then(|| Step::here(Op::Await { what, asks, limit: MADE_WITHIN }))
}

/// What all members agree on.
struct Agreement {
    cluster_id: String,
    version: String,
    ids: BTreeMap<Text, String>,
}

/// What the members agree on; or why they do not yet.
fn agreement(names: &[Text], replies: &[Reply]) -> Result<Agreement, String> {
    let mut said: BTreeMap<Text, (Status, Vec<Listed>)> = BTreeMap::new();
    for (name, pair) in names.iter().zip(replies.chunks(2)) {
        let silent = |reply| format!("{name} {}", ask::silence(reply));
        let status = ask::status(pair.first()).ok_or_else(|| silent(pair.first()))?;
        let listed = ask::members(pair.get(1)).ok_or_else(|| silent(pair.get(1)))?;
        if status.leader.is_none() {
            return Err(format!("{name} has no leader"));
        }
        said.insert(name.clone(), (status, listed));
    }
    let clusters: BTreeSet<&str> = said.values().map(|(status, _)| &*status.cluster_id).collect();
    let [cluster_id] = clusters.into_iter().collect::<Vec<_>>()[..] else {
        return Err("the members belong to different clusters".to_owned());
    };
    for (name, (_, listed)) in &said {
        let known: BTreeSet<&str> = listed.iter().map(|member| &*member.name).collect();
        if known != names.iter().map(|name| &**name).collect() {
            let known: Vec<&str> = known.into_iter().collect();
            return Err(format!("{name} knows other members: {}", known.join(", ")));
        }
    }
    let lowest = said.values().map(|(status, _)| &status.version);
    Ok(Agreement {
        cluster_id: cluster_id.to_owned(),
        version: lowest.min_by_key(|version| numbers(version)).cloned().unwrap_or_default(),
        ids: said
            .iter()
            .map(|(name, (status, _))| (name.clone(), status.member_id.clone()))
            .collect(),
    })
}

fn numbers(version: &str) -> Vec<u32> {
    version.split('.').filter_map(|part| part.parse().ok()).collect()
}

fn health(said: impl IntoIterator<Item = (Text, &'static str)>) -> Value {
    Value::map(Type::String, said.into_iter().map(|(name, words)| (name, words.into())))
}

fn health_words(reply: &Reply) -> &'static str {
    match reply {
        Reply::Http { status: 200, body } => {
            let said: Option<serde_json::Value> = serde_json::from_slice(body).ok();
            match said.and_then(|said| said.get("health")?.as_str().map(str::to_owned)).as_deref() {
                Some("true") => HEALTHY,
                _ => "unhealthy",
            }
        }
        Reply::Http { .. } => "unhealthy",
        _ => "does not answer",
    }
}

#[cfg(test)]
mod tests;
