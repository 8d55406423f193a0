//! Reading manifests, and telling whether two of them are the same pod to kubelet.
//!
//! kubelet hashes the *parsed* pod: comments, key order, quoting and file modes do not restart etcd, while the order of
//! lists, arguments included, does (measured with kubelet 1.20.2; kubernetes: pkg/kubelet/config/common.go).

use std::fmt;

use serde_json::{Map, Value};

/// A manifest by its meaning.
#[derive(Debug, Clone, PartialEq)]
pub struct ParsedPod(Map<String, Value>);

/// Why a text is not a pod.
#[derive(Debug, thiserror::Error)]
pub enum PodError {
    /// The text is not one YAML document.
    #[error("the manifest is not valid YAML: {0}")]
    Yaml(#[source] Box<serde_saphyr::Error>),
    /// The document is something else than a pod; kubelet would refuse it.
    #[error("the manifest is not a v1 Pod")]
    NotAPod,
}

/// A place where two pods differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Such as `spec.containers[0].image`.
    pub path: String,
    /// The value on the one side; none if it has no such field.
    pub before: Option<Value>,
    /// The value on the other side; none if it has no such field.
    pub after: Option<Value>,
}

/// Says whether kubelet takes both manifests for the same pod.
pub fn same_pod(a: &str, b: &str) -> Result<bool, PodError> {
    Ok(ParsedPod::parse(a)? == ParsedPod::parse(b)?)
}

impl ParsedPod {
    /// Reads a manifest.
    pub fn parse(text: &str) -> Result<Self, PodError> {
        let document =
            serde_saphyr::from_str(text).map_err(|error| PodError::Yaml(Box::new(error)))?;
        let Value::Object(mut pod) = without_nulls(document) else {
            return Err(PodError::NotAPod);
        };
        if pod.get("kind") != Some(&"Pod".into()) || pod.get("apiVersion") != Some(&"v1".into()) {
            return Err(PodError::NotAPod);
        }
        // kubelet fills the status itself, whatever the file says.
        pod.remove("status");
        Ok(Self(pod))
    }

    /// The image of the etcd container.
    pub fn image(&self) -> Option<&str> {
        self.etcd()?.get("image")?.as_str()
    }

    /// The command line of the etcd container.
    pub fn command(&self) -> Vec<&str> {
        let command = self.etcd().and_then(|etcd| etcd.get("command")).and_then(Value::as_array);
        command.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// Every value that a flag of etcd is given, in order.
    pub fn flag(&self, name: &str) -> Vec<&str> {
        // Go's flag package takes one dash for two.
        let [long, short] = [format!("--{name}="), format!("-{name}=")];
        let value = |word| str::strip_prefix(word, &long).or_else(|| word.strip_prefix(&*short));
        self.command().into_iter().filter_map(value).collect()
    }

    /// Where this pod and another differ, in the order of paths; nothing if they are the same to kubelet.
    pub fn differences(&self, after: &Self) -> Vec<Difference> {
        let mut found = Vec::new();
        compare_objects("", &self.0, &after.0, &mut found);
        found
    }

    fn etcd(&self) -> Option<&Value> {
        let containers = self.0.get("spec")?.get("containers")?.as_array()?;
        containers.iter().find(|container| container.get("name") == Some(&"etcd".into()))
    }
}

/// Drops `key: null`, which Go reads as if the key were not there.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(key, value)| (key, without_nulls(value))).collect())
        }
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        flat => flat,
    }
}

fn compare(path: String, a: Option<&Value>, b: Option<&Value>, found: &mut Vec<Difference>) {
    match (a, b) {
        (Some(Value::Object(a)), Some(Value::Object(b))) => compare_objects(&path, a, b, found),
        (Some(Value::Array(a)), Some(Value::Array(b))) => {
            for index in 0..a.len().max(b.len()) {
                compare(format!("{path}[{index}]"), a.get(index), b.get(index), found);
            }
        }
        (a, b) if a == b => {}
        (a, b) => found.push(Difference { path, before: a.cloned(), after: b.cloned() }),
    }
}

fn compare_objects(
    path: &str,
    a: &Map<String, Value>,
    b: &Map<String, Value>,
    found: &mut Vec<Difference>,
) {
    let mut keys: Vec<&String> = a.keys().chain(b.keys()).collect();
    keys.sort();
    keys.dedup();
    for key in keys {
        let dot = if path.is_empty() { "" } else { "." };
        compare(format!("{path}{dot}{key}"), a.get(key), b.get(key), found);
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |value: &Option<Value>| match value {
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => "(none)".to_owned(),
        };
        write!(f, "{}: {} -> {}", self.path, side(&self.before), side(&self.after))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOLDEN: &str = include_str!("testdata/v1.20.2/guide-infra0.etcd.yaml");

    #[test]
    fn form_is_not_meaning() {
        let json = serde_json::to_string(&ParsedPod::parse(GOLDEN).unwrap().0).unwrap();
        let quoted =
            GOLDEN.replace("imagePullPolicy: IfNotPresent", "'imagePullPolicy': \"IfNotPresent\"");
        for other in [
            format!("# by hand\n---\n{GOLDEN}"),
            GOLDEN.replace("  creationTimestamp: null\n", ""),
            GOLDEN.replace("status: {}\n", ""),
            GOLDEN.replace("kind: Pod\n", "").replace("status: {}\n", "kind: Pod\n"),
            quoted,
            json,
        ] {
            assert!(same_pod(GOLDEN, &other).unwrap(), "{other}");
        }
    }

    #[test]
    fn changes_are_found_where_they_are() {
        let with = |from: &str, to: &str| {
            let after = ParsedPod::parse(&GOLDEN.replacen(from, to, 1)).unwrap();
            let differences = ParsedPod::parse(GOLDEN).unwrap().differences(&after);
            differences.iter().map(Difference::to_string).collect::<Vec<_>>()
        };
        assert_eq!(
            with("etcd:3.4.13-0", "etcd:3.5.1-0"),
            ["spec.containers[0].image: k8s.gcr.io/etcd:3.4.13-0 -> k8s.gcr.io/etcd:3.5.1-0"]
        );
        assert_eq!(with("  hostNetwork: true\n", ""), ["spec.hostNetwork: true -> (none)"]);
        assert_eq!(
            with("    - --snapshot-count=10000\n    - --trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt\n",
                 "    - --trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt\n    - --snapshot-count=10000\n")
                .len(),
            2
        );
    }

    #[test]
    fn reads_the_command_line() {
        let pod = ParsedPod::parse(GOLDEN).unwrap();
        assert_eq!(pod.image(), Some("k8s.gcr.io/etcd:3.4.13-0"));
        assert_eq!(pod.command()[0], "etcd");
        assert_eq!(pod.flag("name"), ["infra0"]);
        assert_eq!(
            pod.flag("initial-cluster"),
            [
                "infra0=https://10.0.0.6:2380,infra1=https://10.0.0.7:2380,infra2=https://10.0.0.8:2380"
            ]
        );
        assert_eq!(pod.flag("initial"), [""; 0]);
    }

    #[test]
    fn refuses_what_kubelet_refuses() {
        for text in ["", "a", "- a", "kind: ConfigMap\napiVersion: v1", "kind: Pod"] {
            assert!(matches!(ParsedPod::parse(text), Err(PodError::NotAPod)), "{text:?}");
        }
        for text in ["a: [", "kind: Pod\n\tx: y"] {
            assert!(matches!(ParsedPod::parse(text), Err(PodError::Yaml(_))), "{text:?}");
        }
        // Cut off in the middle, as a copy that was interrupted leaves it.
        assert!(
            ParsedPod::parse(&GOLDEN[..1000])
                .is_ok_and(|pod| pod.flag("trusted-ca-file").is_empty())
        );
    }
}
