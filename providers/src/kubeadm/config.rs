//! `kubeadm_config`: the file that tells kubeadm of a member of etcd, or of the etcd that a control plane uses.
//!
//! ```hcl
//! resource "kubeadm_config" "infra0" {
//!   host    = data.host.infra0
//!   name    = "infra0"
//!   address = "10.0.0.6"
//!   cluster = { infra0 = "10.0.0.6", infra1 = "10.0.0.7", infra2 = "10.0.0.8" }
//! }
//!
//! resource "kubeadm_config" "control_plane" {
//!   host                   = data.host.master0
//!   role                   = "control-plane"
//!   path                   = "/etc/kubernetes/kubeadm-config.yaml"
//!   endpoints              = etcd_cluster.etcd.endpoints
//!   control_plane_endpoint = "10.0.0.9:6443"
//! }
//! ```
//!
//! Some guides put the file in kubelet's folder of static pods, where it is taken for a pod.

use std::net::IpAddr;

use quorate_engine::diag::Diagnostic;
use quorate_engine::resource::{DestroyRequest, PlanRequest, Planned, Refusal, Resource, Seen};
use quorate_engine::schema::{Attr, Schema};
use quorate_engine::value::{Type, Value};
use quorate_engine::world::{Ask, Content, Reply, Step};

use crate::adopt;
use crate::attrs;
use crate::etcd::{lint, member};
use crate::host::connection::connection_type;
use crate::host::files::{self, FILES, WantedFile, plan_files};
use crate::kube::kubeadm_config::{ControlPlane, ExternalEtcd, MemberConfig};
use crate::kube::kubelet::MANIFESTS_DIR;

/// Where the guides have the file, beside kubeadm's own.
const PATH: &str = "/etc/kubernetes/kubeadmcfg.yaml";
const MODE: u32 = 0o600;
const MEMBER: &str = "member";
const CONTROL_PLANE: &str = "control-plane";
/// Attributes of a control plane.
const CONTROL_PLANE_INPUTS: [&str; 9] = [
    "kubernetes_version",
    "endpoints",
    "ca_file",
    "cert_file",
    "key_file",
    "control_plane_endpoint",
    "advertise_address",
    "node_name",
    "cri_socket",
];

/// The resource type `kubeadm_config`.
#[derive(Debug)]
pub struct KubeadmConfig {
    schema: Schema,
}

impl Default for KubeadmConfig {
    fn default() -> Self {
        KubeadmConfig { schema: schema() }
    }
}

fn schema() -> Schema {
    let null = || Value::Null(Type::String);
    let optional = |name, doc| Attr::optional(name, Type::String, null(), doc);
    let texts =
        |name, doc| Attr::optional(name, Type::list(Type::String), attrs::list::<&str>([]), doc);
    let external = ExternalEtcd::new(Vec::new());
    let file = |name, default: &str, doc| Attr::optional(name, Type::String, default.into(), doc);
    let mut attrs = vec![
        Attr::required("host", connection_type(), "The host, a `data.host`."),
        Attr::optional("role", Type::String, MEMBER.into(), "member or control-plane."),
        file("path", PATH, "Where the file lies; not in kubelet's folder of static pods.")
            .replaces(),
        texts("server_sans", "Further names of the server certificate, for a member."),
        texts("peer_sans", "Further names of the peer certificate, for a member."),
        texts("endpoints", "Client URLs of all members, for a control plane."),
        file("ca_file", &external.ca_file, "CA of etcd, for a control plane."),
        file("cert_file", &external.cert_file, "Certificate to show to etcd, for a control plane."),
        file("key_file", &external.key_file, "Its key."),
        optional(
            "control_plane_endpoint",
            "Address and port of the balancer before all API servers.",
        ),
        optional("advertise_address", "Address of this API server."),
        optional("node_name", "Name of this node, for a control plane."),
        optional("cri_socket", "Socket of the container runtime, for a control plane."),
        Attr::computed("content", Type::String, "Text of the file."),
        Attr::computed("api_version", Type::String, "Version of kubeadm's configuration API."),
    ];
    attrs.extend(files::file_attrs());
    attrs.extend(member::input_attrs().into_iter().map(for_members_only));
    let doc = "The configuration file of kubeadm.";
    Schema::new("kubeadm_config", 1, doc, attrs)
}

/// A control plane has no name, address or cluster of a member.
fn for_members_only(attr: Attr) -> Attr {
    match attr.name {
        "name" | "address" | "cluster" => {
            let null = Value::Null(attr.ty.clone());
            Attr { role: quorate_engine::schema::Role::Optional(null), ..attr }
        }
        _ => attr,
    }
}

impl Resource for KubeadmConfig {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn check(&self, config: &Value) -> Vec<Refusal> {
        let path = attrs::text(config, "path").unwrap_or(PATH);
        let manifests = attrs::text(config, "manifests_dir").unwrap_or(MANIFESTS_DIR);
        let role = attrs::text(config, "role").unwrap_or(MEMBER);
        let role = (![MEMBER, CONTROL_PLANE].contains(&role)).then(|| no_such_role(role));
        misplaced(path, manifests).into_iter().chain(role).collect()
    }

    fn import(&self, id: &str, config: &Value) -> Result<Value, Refusal> {
        let path = attrs::text(config, "path").unwrap_or(PATH);
        adopt::confirm(id, config, "path", path)?;
        Ok(files::unread(config, [path]))
    }

    fn look(&self, attrs: &Value) -> Vec<Ask> {
        let (Ok(host), Some(path)) = (attrs::host(attrs), attrs::text(attrs, "path")) else {
            return Vec::new();
        };
        vec![files::ask(&host, attrs, path)]
    }

    fn seen(&self, attrs: &Value, replies: &[Reply]) -> Seen {
        let reply = replies.first();
        let path = attrs::text(attrs, "path").unwrap_or_default();
        if !matches!(reply, Some(Reply::File(_))) {
            return Seen::Absent;
        }
        let found = files::seen_files(attrs, [(path, reply)]);
        let content = files::seen_text(attrs, "content", reply);
        Seen::Present(attrs::with(attrs, [(FILES, found), ("content", content)]))
    }

    fn plan(&self, request: &PlanRequest<'_>) -> Result<Planned, Refusal> {
        let host = attrs::host(request.proposed)?;
        if let Some(refusal) = self.check(request.proposed).into_iter().next() {
            return Err(refusal);
        }
        let (after, content, warnings) = match self.text(request)? {
            Some(Written { object, text, warnings }) => {
                let content = Content::Plain(text.as_bytes().into());
                (attrs::with(&object, [("content", text.into())]), content, warnings)
            }
            None => {
                let open = ["content", "api_version", "kubernetes_version", "image"];
                let after = attrs::with_unknown(request.proposed, &self.schema, &open);
                (after, Content::Later, Vec::new())
            }
        };
        let path = attrs::text(&after, "path").unwrap_or(PATH).to_owned();
        let written = plan_files(request, &host, &[WantedFile { path, mode: MODE, content }])?;
        let after = written.described(&after);
        let moved = request.prior.is_some_and(|prior| files::is_moved(prior, &after));
        let replace = moved.then(|| "it moves to another host".to_owned());
        Ok(Planned { warnings, replace, ..Planned::new(after, written.steps) })
    }

    fn destroy(&self, request: &DestroyRequest<'_>) -> Vec<Step> {
        let place = attrs::host(request.prior).ok().zip(attrs::text(request.prior, "path"));
        let Some((host, path)) = place else { return Vec::new() };
        [files::remove(&host, path)]
            .into_iter()
            .chain(files::unmake(request.prior, &host))
            .collect()
    }

    fn finish(&self, after: Value, _steps: &[Step], replies: &[Vec<Reply>]) -> Value {
        files::finish(after, replies)
    }
}

/// The file, and the object with what follows from it.
struct Written {
    object: Value,
    text: String,
    warnings: Vec<Diagnostic>,
}

impl KubeadmConfig {
    /// The file; none while a part of the configuration is not known.
    fn text(&self, request: &PlanRequest<'_>) -> Result<Option<Written>, Refusal> {
        let is_member = attrs::text(request.proposed, "role") != Some(CONTROL_PLANE);
        let inputs: &[&str] = if is_member { &member::INPUTS } else { &CONTROL_PLANE_INPUTS };
        if attrs::any_open(request.config, inputs) {
            return Ok(None);
        }
        let object = member::settled(request.config, request.proposed)?;
        let written = if is_member { of_member(object) } else { of_control_plane(object) };
        written.map(Some)
    }
}

fn of_member(object: Value) -> Result<Written, Refusal> {
    for name in ["name", "address", "cluster"] {
        if attrs::is_empty(&object, name) {
            return Err(missing(name, "a member"));
        }
    }
    let member = member::member(&object)?;
    let warnings = lint::warnings(&member::findings(&member, &object))?;
    let mut config = MemberConfig::new(&member);
    config.server_sans.extend(attrs::texts(&object, "server_sans"));
    config.peer_sans.extend(attrs::texts(&object, "peer_sans"));
    let text = config.render().map_err(|error| not_written(&error))?;
    let object = attrs::with(&object, [("api_version", config.api.to_string().into())]);
    Ok(Written { object, text, warnings })
}

fn of_control_plane(object: Value) -> Result<Written, Refusal> {
    let text = |name| attrs::text(&object, name).unwrap_or_default().to_owned();
    let optional = |name| attrs::text(&object, name).map(str::to_owned);
    let endpoints = attrs::texts(&object, "endpoints");
    if endpoints.is_empty() {
        return Err(missing("endpoints", "a control plane"));
    }
    let etcd = ExternalEtcd {
        endpoints,
        ca_file: text("ca_file"),
        cert_file: text("cert_file"),
        key_file: text("key_file"),
    };
    let config = ControlPlane {
        control_plane_endpoint: optional("control_plane_endpoint"),
        advertise_address: optional("advertise_address").map(|text| address(&text)).transpose()?,
        node_name: optional("node_name"),
        cri_socket: optional("cri_socket"),
        ..ControlPlane::new(member::kubernetes(&text("kubernetes_version"))?, etcd)
    };
    let text = config.render().map_err(|error| not_written(&error))?;
    let object = attrs::with(&object, [("api_version", config.api.to_string().into())]);
    Ok(Written { object, text, warnings: Vec::new() })
}

fn address(text: &str) -> Result<IpAddr, Refusal> {
    text.parse().map_err(|_| {
        let detail = format!("`{text}` is not an IP address.");
        Refusal::of("advertise_address", Diagnostic::error("The value is not valid", detail))
    })
}

/// kubelet takes every file of that folder for a pod, and etcd's is the one that suffers.
fn misplaced(path: &str, manifests_dir: &str) -> Option<Refusal> {
    let (dir, _) = path.rsplit_once('/')?;
    let is_theirs = dir == manifests_dir.trim_end_matches('/') || dir.ends_with("/manifests");
    is_theirs.then(|| {
        let detail = format!("kubelet would take {path} for a pod.");
        let diagnostic = Diagnostic::error("The file may not lie among static pods", detail);
        Refusal::of("path", diagnostic.help(format!("Use another folder, as in {PATH}.")))
    })
}

fn no_such_role(role: &str) -> Refusal {
    let detail = format!("`{role}` is neither `{MEMBER}` nor `{CONTROL_PLANE}`.");
    Refusal::of("role", Diagnostic::error("The value is not valid", detail))
}

fn missing(attr: &'static str, what: &str) -> Refusal {
    let detail = format!("The configuration of {what} needs `{attr}`.");
    Refusal::of(attr, Diagnostic::error("An attribute is missing", detail))
}

fn not_written(error: &dyn std::error::Error) -> Refusal {
    let detail = format!("{}.", attrs::chain(error));
    Diagnostic::error("The configuration of kubeadm cannot be written", detail).into()
}

#[cfg(test)]
mod tests;
