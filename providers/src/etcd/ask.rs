//! What etcd is asked through a host, and what it answers.
//!
//! The answers are those of [`super::api`]. The arguments of a call are `endpoint`, and the paths
//! of files on the host: `ca_file`, `cert_file`, `key_file`.

use quorate_engine::value::Value;
use quorate_engine::world::{Ask, Host, Query, Reply};

use crate::attrs;

/// The name of the service in [`Query::Api`].
pub const SERVICE: &str = "etcd";
/// Asks one member how it is.
pub const STATUS: &str = "status";
/// Asks one member for a read that needs a quorum.
pub const HEALTH: &str = "health";
/// Asks one member who the members are.
pub const MEMBERS: &str = "members";

/// Files on a host with which etcd is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The CA of etcd.
    pub ca_file: String,
    /// The certificate to show.
    pub cert_file: String,
    /// Its key.
    pub key_file: String,
}

/// What a member says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The cluster it belongs to.
    pub cluster_id: String,
    /// Its own identifier.
    pub member_id: String,
    /// The leader it follows; none while there is none.
    pub leader: Option<String>,
    /// Such as `3.5.16`.
    pub version: String,
}

/// One entry of the list of members.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// Its identifier.
    pub id: String,
    /// Its name; empty before it has ever started.
    pub name: String,
    /// Whether it does not vote yet.
    pub is_learner: bool,
}

impl Credentials {
    /// The pair that kubeadm makes for probes.
    pub fn healthcheck(certificates_dir: &str) -> Self {
        let file = |name: &str| format!("{certificates_dir}/etcd/{name}");
        Self {
            ca_file: file("ca.crt"),
            cert_file: file("healthcheck-client.crt"),
            key_file: file("healthcheck-client.key"),
        }
    }

    /// Asks, from a host, the member at an endpoint.
    pub fn ask(&self, host: &Host, call: &'static str, endpoint: &str) -> Ask {
        let args = Value::object([
            ("endpoint", endpoint.into()),
            ("ca_file", self.ca_file.as_str().into()),
            ("cert_file", self.cert_file.as_str().into()),
            ("key_file", self.key_file.as_str().into()),
        ]);
        Ask { host: host.clone(), query: Query::Api { service: SERVICE, call, args } }
    }
}

/// The answer to [`STATUS`]; none where the member does not answer.
pub fn status(reply: Option<&Reply>) -> Option<Status> {
    let Reply::Value(answer) = reply? else { return None };
    let text = |name| attrs::text(answer, name).map(str::to_owned);
    Some(Status {
        cluster_id: text("cluster_id")?,
        member_id: text("member_id")?,
        leader: text("leader").filter(|leader| !leader.trim_matches('0').is_empty()),
        version: text("version").unwrap_or_default(),
    })
}

/// Whether a read through the member succeeded: the answer to [`HEALTH`].
pub fn reads(reply: Option<&Reply>) -> bool {
    matches!(reply, Some(Reply::Value(answer)) if attrs::flag(answer, "health"))
}

/// Why there is no answer, after the name of who was asked.
pub fn silence(reply: Option<&Reply>) -> String {
    let said = match reply {
        Some(Reply::Value(answer)) => attrs::text(answer, "error"),
        _ => None,
    };
    said.map_or_else(|| "does not answer".to_owned(), |said| format!("answers: {said}"))
}

/// The answer to [`MEMBERS`], sorted by identifier.
pub fn members(reply: Option<&Reply>) -> Option<Vec<Listed>> {
    let Reply::Value(answer) = reply? else { return None };
    let listed = |entry: &Value| {
        Some(Listed {
            id: attrs::text(entry, "id")?.to_owned(),
            name: attrs::text(entry, "name").unwrap_or_default().to_owned(),
            is_learner: attrs::flag(entry, "is_learner"),
        })
    };
    let mut all: Vec<_> = answer.attr("members")?.elements()?.iter().filter_map(listed).collect();
    all.sort();
    Some(all)
}
