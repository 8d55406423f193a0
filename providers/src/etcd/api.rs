//! etcd's own interface, read-only: status, members, health.
//!
//! Calls go to the JSON gateway, which every etcd serves on its client port. Numbers of 64 bits are
//! decimal strings there and stay so; ids become hex, as etcd's logs and `etcdctl` write them.

use std::sync::Arc;

use quorate_engine::value::{Type, Value};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value as Json;
use zeroize::Zeroize as _;

/// A call of the gateway.
#[derive(Debug)]
pub struct Request {
    /// The path.
    pub path: &'static str,
    /// What is posted.
    pub body: &'static str,
    read: fn(&Json) -> Value,
}

/// The call of a name: `status`, `members` or `health`.
pub fn request(call: &str) -> Option<Request> {
    Some(match call {
        "status" => Request { path: "/v3/maintenance/status", body: "{}", read: status },
        // Without the flag a member answers from what it knows itself, which can be old.
        "members" => Request {
            path: "/v3/cluster/member/list",
            body: r#"{"linearizable":true}"#,
            read: members,
        },
        // A read that needs a quorum, of the key that etcdctl asks for: `health`.
        "health" => Request { path: "/v3/kv/range", body: r#"{"key":"aGVhbHRo"}"#, read: health },
        _ => return None,
    })
}

impl Request {
    /// The answer as a value; what etcd complains about is its `error`.
    pub fn read(&self, status: u16, body: &[u8]) -> Value {
        let json: Option<Json> = serde_json::from_slice(body).ok();
        match json {
            Some(json) if status == 200 => (self.read)(&json),
            Some(json) => {
                let said = ["error", "message"].iter().find_map(|key| json[key].as_str());
                refusal(said.unwrap_or("an error without a text"))
            }
            None => trouble(&format!("an answer that is not etcd's, with status {status}")),
        }
    }
}

/// The answer where etcd could not be asked.
pub fn trouble(text: &str) -> Value {
    Value::object([("error", Value::string(text)), ("health", false.into())])
}

/// The answer where etcd refused. Who may not read is still told that there is a quorum.
fn refusal(text: &str) -> Value {
    if text.contains("permission denied") || text.contains("user name is empty") {
        return Value::object([("error", Value::Null(Type::String)), ("health", true.into())]);
    }
    trouble(text)
}

fn status(json: &Json) -> Value {
    let header = &json["header"];
    let errors: Vec<_> = json["errors"].as_array().into_iter().flatten().collect();
    let errors: Vec<_> = errors.into_iter().filter_map(Json::as_str).collect();
    let alarms = errors.iter().filter_map(|text| text.split_once("alarm:")).map(|(_, alarm)| alarm);
    Value::object([
        ("cluster_id", id(&header["cluster_id"])),
        ("member_id", id(&header["member_id"])),
        ("revision", number(&header["revision"])),
        ("leader", leader(&json["leader"])),
        ("version", text(&json["version"])),
        ("raft_term", number(&json["raftTerm"])),
        ("raft_index", number(&json["raftIndex"])),
        ("raft_applied_index", number(&json["raftAppliedIndex"])),
        ("db_size", number(&json["dbSize"])),
        ("db_size_in_use", number(&json["dbSizeInUse"])),
        ("is_learner", json["isLearner"].as_bool().unwrap_or(false).into()),
        ("alarms", texts(alarms)),
        ("errors", texts(errors.iter().copied())),
        ("error", Value::Null(Type::String)),
    ])
}

fn members(json: &Json) -> Value {
    let member = |json: &Json| {
        let urls = |key: &str| {
            let urls = json[key].as_array().into_iter().flatten().filter_map(Json::as_str);
            texts(urls.collect::<Vec<_>>())
        };
        Value::object([
            ("id", id(&json["ID"])),
            // A member that was added and has not started yet has no name and no client URLs.
            ("name", text(&json["name"])),
            ("peer_urls", urls("peerURLs")),
            ("client_urls", urls("clientURLs")),
            ("is_learner", json["isLearner"].as_bool().unwrap_or(false).into()),
        ])
    };
    let members: Vec<_> = json["members"].as_array().into_iter().flatten().map(member).collect();
    Value::object([
        ("cluster_id", id(&json["header"]["cluster_id"])),
        ("member_id", id(&json["header"]["member_id"])),
        ("members", Value::tuple(members)),
        ("error", Value::Null(Type::String)),
    ])
}

fn health(json: &Json) -> Value {
    let header = &json["header"];
    Value::object([
        ("health", (!header.is_null()).into()),
        ("cluster_id", id(&header["cluster_id"])),
        ("member_id", id(&header["member_id"])),
        ("revision", number(&header["revision"])),
        ("error", Value::Null(Type::String)),
    ])
}

/// A number as etcd writes it; what is zero it leaves out.
fn number(json: &Json) -> Value {
    match json {
        Json::String(digits) => Value::string(digits),
        Json::Number(number) => Value::string(number.to_string()),
        _ => "0".into(),
    }
}

/// An id in hex.
fn id(json: &Json) -> Value {
    let id = json.as_str().and_then(|digits| digits.parse::<u64>().ok()).or(json.as_u64());
    id.map_or(Value::Null(Type::String), |id| format!("{id:x}").into())
}

/// The id of the leader; null while there is none.
fn leader(json: &Json) -> Value {
    let none = matches!(json.as_str(), None | Some("0"));
    if none { Value::Null(Type::String) } else { id(json) }
}

fn text(json: &Json) -> Value {
    json.as_str().unwrap_or_default().into()
}

fn texts<'a>(items: impl IntoIterator<Item = &'a str>) -> Value {
    Value::list(Type::String, items.into_iter().map(Value::from))
}

/// A client made of the contents of a CA, a certificate and a key. The contents are wiped.
pub fn client(
    contents: &mut [Option<Arc<[u8]>>],
    files: &[Option<String>; 3],
) -> Result<Arc<ClientConfig>, String> {
    let outcome = config(contents, files).map(Arc::new);
    for bytes in contents.iter_mut().flatten().filter_map(Arc::get_mut) {
        bytes.zeroize();
    }
    outcome
}

fn config(
    contents: &[Option<Arc<[u8]>>],
    files: &[Option<String>; 3],
) -> Result<ClientConfig, String> {
    let bytes = |at: usize| match (&files[at], contents.get(at)) {
        (None, _) => Ok(None),
        (Some(_), Some(Some(bytes))) => Ok(Some(&**bytes)),
        (Some(path), _) => Err(format!("{path} is not there")),
    };
    let shown = |at: usize| files[at].as_deref().unwrap_or_default();
    let mut roots = RootCertStore::empty();
    for certificate in certificates(bytes(0)?.unwrap_or_default(), shown(0))? {
        roots.add(certificate).map_err(|error| format!("{}: {error}", shown(0)))?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots);
    let (Some(certificate), Some(key)) = (bytes(1)?, bytes(2)?) else {
        return Ok(builder.with_no_client_auth());
    };
    let chain = certificates(certificate, shown(1))?;
    let key = PrivateKeyDer::from_pem_slice(key)
        .map_err(|_| format!("{} holds no private key", shown(2)))?;
    builder.with_client_auth_cert(chain, key).map_err(|error| format!("{}: {error}", shown(1)))
}

fn certificates(pem: &[u8], path: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match all {
        Ok(all) if !all.is_empty() => Ok(all),
        _ => Err(format!("{path} holds no certificate")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get<'a>(value: &'a Value, name: &str) -> &'a str {
        value.attr(name).and_then(Value::as_str).unwrap_or("none")
    }

    #[test]
    fn status_as_etcd_3_4_writes_it() {
        let body = br#"{"header":{"cluster_id":"14841639068965178418","member_id":
            "10276657743932975437","revision":"1","raft_term":"2"},"version":"3.4.23",
            "dbSize":"20480","leader":"10276657743932975437","raftIndex":"4","raftTerm":"2",
            "errors":["memberID:1 alarm:NOSPACE "]}"#;
        let value = request("status").unwrap().read(200, body);
        assert_eq!(get(&value, "cluster_id"), "cdf818194e3a8c32");
        assert_eq!(get(&value, "leader"), get(&value, "member_id"));
        assert_eq!((get(&value, "db_size"), get(&value, "raft_applied_index")), ("20480", "0"));
        assert_eq!(value.attr("alarms").unwrap().elements().unwrap().len(), 1);
        assert!(value.attr("error").unwrap().is_null());
        let alone = request("status").unwrap().read(200, br#"{"header":{},"leader":"0"}"#);
        assert!(alone.attr("leader").unwrap().is_null());
    }

    #[test]
    fn a_member_that_has_not_started_has_no_name() {
        let body =
            br#"{"header":{"cluster_id":"1"},"members":[{"ID":"7","peerURLs":["https://a:2380"],
            "isLearner":true}]}"#;
        let value = request("members").unwrap().read(200, body);
        let member = &value.attr("members").unwrap().elements().unwrap()[0];
        assert_eq!((get(member, "id"), get(member, "name")), ("7", ""));
        assert_eq!(member.attr("is_learner").and_then(Value::as_bool), Some(true));
    }

    #[test]
    fn errors_are_told() {
        let health = |status, body: &[u8]| {
            let value = request("health").unwrap().read(status, body);
            (value.attr("health").and_then(Value::as_bool), get(&value, "error").to_owned())
        };
        let late = br#"{"error":"etcdserver: request timed out","code":14}"#;
        assert_eq!(health(503, late), (Some(false), "etcdserver: request timed out".into()));
        assert_eq!(health(400, br#"{"message":"etcdserver: permission denied"}"#).0, Some(true));
        assert_eq!(health(200, b"<html>").0, Some(false));
        assert!(request("member add").is_none());
    }
}
