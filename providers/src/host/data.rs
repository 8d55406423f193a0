//! A host: how it is reached, and what it is.
//!
//! ```hcl
//! data "host" "etcd" {
//!   for_each = { infra0 = "10.0.0.6", infra1 = "10.0.0.7" }
//!   name     = each.key
//!   address  = each.value
//!   user     = "root"
//! }
//! ```

use quorate_engine::diag::Diagnostic;
use quorate_engine::resource::{DataSource, Refusal};
use quorate_engine::schema::{Attr, Role, Schema};
use quorate_engine::value::{Type, Value};
use quorate_engine::world::{Ask, Query, Reply};

use super::connection::{Connection, Transport};
use crate::attrs;
use crate::transport::script::facts;

/// A difference of clocks below this is not told from the time that the answer was under way.
const CLOCK_NOISE_MS: i64 = 500;

/// The data source `host`.
pub struct HostData {
    schema: Schema,
}

impl HostData {
    /// The data source, ready to be registered.
    pub fn new() -> HostData {
        let computed = facts::attrs().into_iter().filter(|(name, _)| *name != "clock_ms");
        let mut attrs = inputs();
        attrs.extend(computed.map(|(name, ty)| Attr::computed(name, ty, doc(name))));
        attrs.push(Attr::computed(
            "clock_offset_ms",
            Type::Number,
            "How far the host's clock is ahead of this machine's; 0 below half a second.",
        ));
        attrs.push(Attr::computed(
            "staging",
            Type::Bool,
            "Whether nothing runs there, because a folder stands for the host.",
        ));
        let doc = "A host: how it is reached, and what it is.";
        HostData { schema: Schema::new("host", 0, doc, attrs) }
    }
}

impl Default for HostData {
    fn default() -> HostData {
        HostData::new()
    }
}

fn inputs() -> Vec<Attr> {
    let text = |name, doc| Attr::optional(name, Type::String, Value::Null(Type::String), doc);
    vec![
        Attr::defaulted(
            "name",
            Type::String,
            "The name people read; by default the address, or the last part of `root`.",
        ),
        Attr::defaulted(
            "transport",
            Type::String,
            "`ssh`, `directory` (a folder stands for the host) or `local` (this machine); by \
             default `directory` where `root` is given, else `ssh`.",
        ),
        text(
            "address",
            "A name or address that ssh knows, also one from the user's own ssh_config.",
        ),
        Attr::optional(
            "port",
            Type::Number,
            Value::Null(Type::Number),
            "Another port than ssh would take.",
        ),
        text("user", "Another user than ssh would take."),
        Attr::defaulted(
            "sudo",
            Type::Bool,
            "Whether to become root by `sudo -n`; by default where the user is not root.",
        ),
        text("root", "The folder that stands for the root of the host."),
        text("config_file", "Another configuration for ssh than the user's own."),
    ]
}

fn doc(fact: &str) -> &'static str {
    match fact {
        "hostname" => "The host's own name.",
        "addresses" => "The host's own addresses, without loopback and link-local ones.",
        "os" => "The distribution, from os-release.",
        "arch" => "The architecture, as Go and Kubernetes call it.",
        "init" => "`systemd` or `none`.",
        "cgroup_version" => "1 or 2.",
        "container_runtime" => "The container runtime that kubelet would use.",
        "kubelet_version" => "The version of the installed kubelet; null where there is none.",
        "etcd_version" => "The version of the installed etcd; null where there is none.",
        "swap" => "Whether swap is on.",
        _ => "",
    }
}

/// The connection that a configuration describes; none where a part of it is not known.
fn connection(config: &Value) -> Option<Connection> {
    let given = |name: &str| config.attr(name).filter(|value| !value.is_null());
    // What is left to us is unknown in the schema's types; it is settled below.
    let ours = |attr: &Attr| attr.role == Role::OptionalComputed;
    let open = |attr: &Attr| given(attr.name).is_some_and(Value::is_unknown);
    if inputs().iter().any(|attr| open(attr) && !ours(attr)) {
        return None;
    }
    let text = |name: &str| given(name).and_then(Value::as_str).map(str::to_owned);
    let root = text("root");
    let default = if root.is_some() { Transport::Directory } else { Transport::Ssh };
    let transport = text("transport").map_or(Some(default), |name| Transport::named(&name))?;
    let (address, user) = (text("address"), text("user"));
    let last = |root: &String| root.rsplit('/').find(|part| !part.is_empty()).map(str::to_owned);
    let name = text("name").or(address.clone()).or(root.as_ref().and_then(last));
    let runs = matches!(transport, Transport::Ssh | Transport::Local);
    let sudo = given("sudo").and_then(Value::as_bool);
    let port = given("port").and_then(Value::as_number).and_then(|port| port.as_i64());
    Some(Connection {
        name: name.unwrap_or_else(|| "localhost".to_owned()),
        transport,
        address,
        port: port.and_then(|port| port.try_into().ok()),
        sudo: sudo.unwrap_or(runs && user.as_deref() != Some("root")),
        user,
        root,
        config_file: text("config_file"),
    })
}

/// A string attribute that is known and not null.
fn known<'a>(config: &'a Value, name: &str) -> Option<&'a str> {
    config.attr(name).and_then(Value::as_str)
}

/// Whether an attribute is certainly not given.
fn lacks(config: &Value, name: &str) -> bool {
    config.attr(name).is_none_or(Value::is_null)
}

fn wrong(attr: &'static str, detail: String) -> Refusal {
    Refusal::of(attr, Diagnostic::error("Invalid host", detail))
}

fn wrong_transport(config: &Value) -> Option<Refusal> {
    let transport = known(config, "transport")?;
    if Transport::named(transport).is_some() {
        return None;
    }
    let detail = format!("`{transport}` is no transport: there are ssh, directory and local.");
    Some(wrong("transport", detail))
}

/// ssh takes a leading dash for an option, and an at sign for a user.
fn wrong_address(config: &Value) -> Option<Refusal> {
    for name in ["address", "user"] {
        let text = known(config, name).unwrap_or("x");
        let odd = |c: char| c.is_whitespace() || c.is_control() || "@/\\'\"`$;&|<>(){}".contains(c);
        if text.is_empty() || text.starts_with('-') || text.contains(odd) {
            let attr = if name == "address" { "address" } else { "user" };
            return Some(wrong(attr, format!("`{text}` is no {name} that ssh could take.")));
        }
    }
    None
}

fn wrong_port(config: &Value) -> Option<Refusal> {
    let port = config.attr("port").and_then(Value::as_number)?;
    let good = port.as_i64().is_some_and(|port| (1..=65535).contains(&port));
    (!good).then(|| wrong("port", format!("{port} is no port: it must be from 1 to 65535.")))
}

/// What a transport cannot do without.
fn missing(config: &Value) -> Option<Refusal> {
    let no_root = lacks(config, "root");
    let default = if no_root { "ssh" } else { "directory" };
    let transport = match config.attr("transport") {
        Some(value) if value.is_unknown() => return None,
        _ => known(config, "transport").unwrap_or(default),
    };
    match transport {
        "ssh" if lacks(config, "address") => {
            Some(wrong("address", "A host that is reached by ssh needs an `address`.".to_owned()))
        }
        "ssh" if !no_root => {
            Some(wrong("root", "`root` is for the transports `directory` and `local`.".to_owned()))
        }
        "directory" if no_root => {
            Some(wrong("root", "The transport `directory` needs the folder as `root`.".to_owned()))
        }
        _ => None,
    }
}

impl DataSource for HostData {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn check(&self, config: &Value) -> Vec<Refusal> {
        let checks = [wrong_transport, wrong_address, wrong_port, missing];
        checks.iter().filter_map(|check| check(config)).collect()
    }

    fn look(&self, config: &Value) -> Vec<Ask> {
        let connection = connection(config);
        let ask = |connection: Connection| Ask { host: connection.host(), query: Query::Facts };
        connection.map(ask).into_iter().collect()
    }

    /// How the host is reached, which the configuration says; what it is, only the host can tell.
    fn unread(&self, config: &Value) -> Value {
        let Some(connection) = connection(config) else { return config.clone() };
        let staging = connection.transport == Transport::Directory;
        let known = connection.attrs().into_iter().chain([("staging", staging.into())]);
        attrs::with(config, known)
    }

    fn read(&self, config: &Value, replies: &[Reply], now: i64) -> Result<Value, Refusal> {
        let Some(connection) = connection(config) else {
            return Err(
                Diagnostic::bug("Host not known", "A host was read before it was known.").into()
            );
        };
        let facts = match replies.first() {
            Some(Reply::Value(facts)) => Some(facts),
            _ => None,
        };
        let fact = |name: &str, ty| match facts.and_then(|facts| facts.attr(name)) {
            Some(value) => value.clone(),
            None if name == "init" => "none".into(),
            None => Value::Null(ty),
        };
        let clock = facts.and_then(|facts| facts.attr("clock_ms")?.as_number()?.as_i64());
        let mut attrs = connection.attrs().to_vec();
        let kept = facts::attrs().into_iter().filter(|(name, _)| *name != "clock_ms");
        attrs.extend(kept.map(|(name, ty)| (name, fact(name, ty))));
        attrs.push((
            "clock_offset_ms",
            clock.map_or(Value::Null(Type::Number), |clock| offset(clock - now).into()),
        ));
        attrs.push(("staging", (connection.transport == Transport::Directory).into()));
        Ok(Value::object(attrs))
    }
}

/// An offset without the noise that would make every plan look different.
fn offset(ms: i64) -> i64 {
    if ms.abs() < CLOCK_NOISE_MS { 0 } else { (ms + ms.signum() * 50) / 100 * 100 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(attrs: &[(&'static str, Value)]) -> Value {
        Value::object(attrs.iter().cloned())
    }

    #[test]
    fn an_address_is_enough() {
        let config = config(&[("address", "10.0.0.6".into())]);
        let connection = connection(&config).unwrap();
        assert_eq!((&*connection.name, connection.transport), ("10.0.0.6", Transport::Ssh));
        assert!(connection.sudo);
        assert!(HostData::new().check(&config).is_empty());
    }

    #[test]
    fn root_needs_no_sudo_and_a_folder_no_address() {
        let root = config(&[("address", "h".into()), ("user", "root".into())]);
        assert!(!connection(&root).unwrap().sudo);
        let folder = connection(&config(&[("root", "stage/infra0/".into())])).unwrap();
        assert_eq!((&*folder.name, folder.transport), ("infra0", Transport::Directory));
        assert!(!folder.sudo);
    }

    #[test]
    fn an_unknown_address_is_not_asked() {
        let config = config(&[("address", Value::unknown(Type::String))]);
        assert!(HostData::new().look(&config).is_empty());
        assert!(HostData::new().check(&config).is_empty());
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let table = [
            (vec![], "address"),
            (vec![("transport", "telnet".into())], "transport"),
            (vec![("address", "-oProxyCommand=x".into())], "address"),
            (vec![("address", "h".into()), ("port", 70000.into())], "port"),
            (vec![("transport", "directory".into())], "root"),
        ];
        for (attrs, at) in table {
            let refusals = HostData::new().check(&config(&attrs));
            assert_eq!(refusals.first().and_then(|refusal| refusal.attr), Some(at));
        }
    }

    #[test]
    fn the_result_names_the_same_host_as_the_question() {
        let config = config(&[("root", "/tmp/x/h1".into())]);
        let asked = HostData::new().look(&config).remove(0).host;
        let value = HostData::new().read(&config, &[Reply::Absent], 0).unwrap();
        let kept = super::super::connection::connection_attrs();
        let kept = kept.iter().map(|(name, _)| (*name, value.attr(name).unwrap().clone()));
        let host = quorate_engine::world::Host::from_value(&Value::object(kept)).unwrap();
        assert_eq!(host, asked);
        assert_eq!(value.attr("staging").and_then(Value::as_bool), Some(true));
        for attr in &HostData::new().schema.attrs {
            assert!(value.attr(attr.name).is_some(), "{}", attr.name);
        }
    }

    #[test]
    fn small_offsets_are_noise() {
        assert_eq!([offset(499), offset(-499), offset(1234), offset(-1270)], [0, 0, 1200, -1300]);
    }
}
