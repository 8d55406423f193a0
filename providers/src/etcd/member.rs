//! Which member the attributes of an object describe.

use std::collections::BTreeMap;
use std::net::IpAddr;

use quorate_engine::diag::Diagnostic;
use quorate_engine::resource::Refusal;
use quorate_engine::schema::Attr;
use quorate_engine::value::{Type, Value};

use crate::attrs;
use crate::kube::lint::{self, Finding};
use crate::kube::member::{
    Arg, CERTIFICATES_DIR, ClientListeners, DATA_DIR, EnvVar, EtcdImage, EtcdMember, Peer,
};
use crate::kube::version::KubernetesVersion;

/// Attributes that describe a member.
pub(crate) const INPUTS: [&str; 12] = [
    "name",
    "address",
    "cluster",
    "kubernetes_version",
    "image",
    "certificates_dir",
    "data_dir",
    "listen_on_loopback",
    "metrics_urls",
    "extra_args",
    "extra_envs",
    "override_flags",
];

/// The schema of [`INPUTS`].
pub(crate) fn input_attrs() -> Vec<Attr> {
    let text_map = || Type::Map(Type::String.into());
    let empty_map = || Value::map::<&str>(Type::String, []);
    let texts =
        |name, doc| Attr::optional(name, Type::list(Type::String), attrs::list::<&str>([]), doc);
    let dir = |name, default: &str, doc| Attr::optional(name, Type::String, default.into(), doc);
    vec![
        Attr::required("name", Type::String, "Name of the member and of its node."),
        Attr::required("address", Type::String, "Address that peers and clients reach it at."),
        Attr::required("cluster", text_map(), "Addresses of all founding members by name."),
        Attr::defaulted(
            "kubernetes_version",
            Type::String,
            "Kubernetes whose kubeadm to do as; that of the host's kubelet by default.",
        ),
        Attr::defaulted("image", Type::String, "Image of etcd; that kubeadm's by default."),
        dir(
            "certificates_dir",
            CERTIFICATES_DIR,
            "Folder of certificates; etcd's are in `etcd` below it.",
        ),
        dir("data_dir", DATA_DIR, "Folder of etcd's data."),
        Attr::optional(
            "listen_on_loopback",
            Type::Bool,
            false.into(),
            "Listen for clients on the loopback address too.",
        ),
        texts(
            "metrics_urls",
            "Where metrics and health are served; the loopback address by default.",
        ),
        Attr::optional(
            "extra_args",
            text_map(),
            empty_map(),
            "Further flags of etcd, without dashes.",
        ),
        Attr::optional(
            "extra_envs",
            text_map(),
            empty_map(),
            "Environment of etcd, from Kubernetes 1.31.",
        ),
        texts(
            "override_flags",
            "Flags among `extra_args` that may replace what follows from the other attributes.",
        ),
    ]
}

/// The attributes with version and image settled.
///
/// A version that was settled once stays: a newer kubelet on the host does not upgrade etcd.
pub(crate) fn settled(config: &Value, proposed: &Value) -> Result<Value, Refusal> {
    let installed = || attrs::text(config.attr("host")?, "kubelet_version");
    let version = attrs::text(config, "kubernetes_version")
        .or_else(|| attrs::text(proposed, "kubernetes_version"))
        .or_else(installed);
    let version = version.ok_or_else(no_version)?.trim_start_matches('v');
    let image = match attrs::text(config, "image") {
        Some(image) => image.to_owned(),
        None => EtcdImage::default_of(kubernetes(version)?).to_string(),
    };
    let parts = [("kubernetes_version", version.into()), ("image", image.into())];
    Ok(attrs::with(proposed, parts))
}

/// The member that settled attributes describe.
pub(crate) fn member(object: &Value) -> Result<EtcdMember, Refusal> {
    let text = |name| attrs::text(object, name).unwrap_or_default();
    let address = ip("address", text("address"))?;
    let cluster = attrs::text_map(object, "cluster");
    if cluster.get(text("name")).map(String::as_str) != Some(text("address")) {
        return Err(not_a_member(text("name"), text("address")));
    }
    let peer = |(name, at): (&String, &String)| Ok(Peer::at(name, ip("cluster", at)?));
    let peers = cluster.iter().map(peer).collect::<Result<Vec<_>, Refusal>>()?;
    let version = kubernetes(text("kubernetes_version"))?;
    let listeners = match attrs::flag(object, "listen_on_loopback") {
        true => ClientListeners::LoopbackAndAdvertised,
        false => ClientListeners::Advertised,
    };
    Ok(EtcdMember {
        client_listeners: listeners,
        metrics_urls: attrs::texts(object, "metrics_urls"),
        data_dir: text("data_dir").to_owned(),
        certificates_dir: text("certificates_dir").to_owned(),
        image: image(text("image"))?,
        extra_args: args(&attrs::text_map(object, "extra_args")),
        extra_envs: envs(&attrs::text_map(object, "extra_envs")),
        ..EtcdMember::founding(version, text("name"), address, &peers)
    })
}

/// What is wrong with a member, and with the cluster it founds.
pub(crate) fn findings(member: &EtcdMember, object: &Value) -> Vec<Finding> {
    let cluster = attrs::text_map(object, "cluster");
    let addresses: Vec<(&str, &str)> =
        cluster.iter().map(|(name, address)| (name.as_str(), address.as_str())).collect();
    let mut found = lint::member(member, &attrs::texts(object, "override_flags"));
    let all = lint::addresses(&addresses);
    found.extend(all.into_iter().chain(lint::member_count(cluster.len())));
    let mut unique: Vec<Finding> = Vec::new();
    found.into_iter().for_each(|one| {
        if !unique.contains(&one) {
            unique.push(one)
        }
    });
    unique
}

/// Where a member says how it is, in plain HTTP; none if it only does so with TLS.
pub(crate) fn health_url(member: &EtcdMember) -> Option<String> {
    let flags = member.flags();
    health_below(&flags.iter().rfind(|flag| flag.name == "listen-metrics-urls")?.value)
}

/// The same by the value of `--listen-metrics-urls`.
pub(crate) fn health_below(metrics_urls: &str) -> Option<String> {
    let url = metrics_urls.split(',').find(|url| url.starts_with("http://"))?;
    Some(format!("{}/health", url.trim_end_matches('/')))
}

pub(crate) fn kubernetes(version: &str) -> Result<KubernetesVersion, Refusal> {
    version.parse().map_err(|error| {
        let detail = format!("{}.", attrs::chain(&error));
        Refusal::of("kubernetes_version", Diagnostic::error("The value is not valid", detail))
    })
}

fn image(text: &str) -> Result<EtcdImage, Refusal> {
    let parts = text.rsplit_once("/etcd:").filter(|(_, tag)| !tag.contains('/'));
    let Some((repository, tag)) = parts else {
        let detail = format!("`{text}` is not of the form `registry/etcd:tag`.");
        return Err(Refusal::of("image", Diagnostic::error("The value is not valid", detail)));
    };
    Ok(EtcdImage { repository: repository.to_owned(), tag: tag.to_owned() })
}

fn ip(attr: &'static str, text: &str) -> Result<IpAddr, Refusal> {
    text.parse().map_err(|_| {
        let detail = format!("`{text}` is not an IP address.");
        let diagnostic = Diagnostic::error("The address of a member is not an IP address", detail);
        Refusal::of(attr, diagnostic.help("etcd listens on IP addresses only."))
    })
}

fn args(map: &BTreeMap<String, String>) -> Vec<Arg> {
    map.iter().map(|(name, value)| Arg::new(name, value)).collect()
}

fn envs(map: &BTreeMap<String, String>) -> Vec<EnvVar> {
    map.iter().map(|(name, value)| EnvVar { name: name.clone(), value: value.clone() }).collect()
}

fn no_version() -> Refusal {
    let detail = "The host does not say which kubelet it has.";
    let diagnostic = Diagnostic::error("The version of Kubernetes is not known", detail);
    Refusal::of("kubernetes_version", diagnostic.help("Give `kubernetes_version`."))
}

fn not_a_member(name: &str, address: &str) -> Refusal {
    let detail = format!("`cluster` has no member `{name}` at {address}.");
    let diagnostic = Diagnostic::error("The member is not in its cluster", detail);
    Refusal::of("cluster", diagnostic.help("`cluster` names every member, this one included."))
}
