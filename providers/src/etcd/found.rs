//! A member that runs already, for an object that takes it over: who it is stands in its manifest.

use std::collections::BTreeMap;

use quorate_engine::resource::Refusal;
use quorate_engine::value::{Type, Value};

use super::member;
use crate::adopt;
use crate::attrs;
use crate::kube::pod::ParsedPod;

/// The object as its manifest has it. Where that is another member than the configuration
/// describes, the plan refuses: it would be lost.
pub(super) fn described(seen: &Value) -> Result<Value, Refusal> {
    let manifest = attrs::text(seen, "manifest").ok_or_else(|| {
        adopt::refused(
            "There is data of etcd, but no manifest that says of which member.",
            "Put the member's manifest back in its place, and import again.",
        )
    })?;
    let pod = ParsedPod::parse(manifest).map_err(|error| {
        adopt::refused(
            format!("The manifest is not that of a pod: {}.", attrs::chain(&error)),
            "Look at it on the host.",
        )
    })?;
    let flag = |name: &str| pod.flag(name).last().copied();
    let mut found: Vec<(&'static str, Value)> = Vec::new();
    found.extend(flag("name").map(|name| ("name", name.into())));
    found.extend(flag("data-dir").map(|dir| ("data_dir", dir.into())));
    let own = flag("initial-advertise-peer-urls").and_then(address);
    found.extend(own.map(|address| ("address", address.into())));
    found.extend(flag("initial-cluster").and_then(cluster).map(|all| ("cluster", all)));
    // What asks the cluster as a whole needs them before this object is planned.
    let urls =
        [("client_url", "advertise-client-urls"), ("peer_url", "initial-advertise-peer-urls")];
    found.extend(urls.into_iter().filter_map(|(name, of)| Some((name, flag(of)?.into()))));
    let health = flag("listen-metrics-urls").and_then(member::health_below);
    found.push(("health_url", attrs::optional(health)));
    Ok(attrs::with(seen, found))
}

/// `https://10.0.0.6:2380` to `10.0.0.6`
fn address(url: &str) -> Option<&str> {
    let (_, authority) = url.split(',').next()?.split_once("://")?;
    let (host, _) = authority.rsplit_once(':')?;
    Some(host.trim_start_matches('[').trim_end_matches(']'))
}

/// `infra0=https://10.0.0.6:2380,...` to addresses by name.
fn cluster(text: &str) -> Option<Value> {
    let one = |member: &str| {
        let (name, url) = member.split_once('=')?;
        Some((name.to_owned(), address(url)?.to_owned()))
    };
    let members: BTreeMap<String, String> = text.split(',').map(one).collect::<Option<_>>()?;
    let members = members.into_iter().map(|(name, at)| (name, Value::from(at)));
    Some(Value::map(Type::String, members))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_a_member_is_stands_in_its_flags() {
        let manifest = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: etcd\n    command:\n    \
            - etcd\n    - --name=infra1\n    - --data-dir=/data\n    \
            - --initial-advertise-peer-urls=https://[fd00::7]:2380\n    \
            - --advertise-client-urls=https://[fd00::7]:2379\n    \
            - --listen-metrics-urls=http://127.0.0.1:2381\n    \
            - --initial-cluster=infra0=https://10.0.0.6:2380,infra1=https://[fd00::7]:2380\n";
        let seen = Value::object([("manifest", manifest.into()), ("name", "other".into())]);
        let found = described(&seen).unwrap();
        let text = |name| attrs::text(&found, name);
        assert_eq!((text("name"), text("data_dir")), (Some("infra1"), Some("/data")));
        assert_eq!(text("address"), Some("fd00::7"));
        let members = attrs::text_map(&found, "cluster");
        assert_eq!(members["infra0"], "10.0.0.6");
        assert_eq!(members["infra1"], "fd00::7");
        assert_eq!(text("client_url"), Some("https://[fd00::7]:2379"));
        assert_eq!(text("health_url"), Some("http://127.0.0.1:2381/health"));
    }

    #[test]
    fn data_without_a_manifest_is_nobody() {
        let nothing = Value::object([("manifest", Value::Null(Type::String))]);
        assert!(described(&nothing).is_err());
        let text = Value::object([("manifest", "hello".into())]);
        assert!(described(&text).is_err());
    }
}
