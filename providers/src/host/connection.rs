//! How a host is reached: the part of a `host` value that is a connection.

use quorate_engine::value::{Type, Value};
use quorate_engine::world::Host;
use serde::Deserialize;

/// The attributes of a connection, with their types.
pub fn connection_attrs() -> [(&'static str, Type); 8] {
    [
        ("name", Type::String),
        ("transport", Type::String),
        ("address", Type::String),
        ("port", Type::Number),
        ("user", Type::String),
        ("sudo", Type::Bool),
        ("root", Type::String),
        ("config_file", Type::String),
    ]
}

/// The type of the attribute `host` of whatever lives on a host. A whole `data.host` fits.
pub fn connection_type() -> Type {
    Type::object(connection_attrs())
}

/// What stands at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// OpenSSH.
    Ssh,
    /// A folder that stands for the root of a host.
    Directory,
    /// This machine.
    Local,
    /// In memory, for tests.
    Fake,
}

impl Transport {
    /// The names that configurations use.
    pub const NAMES: [&'static str; 4] = ["ssh", "directory", "local", "fake"];

    /// As configurations spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Transport::Ssh => "ssh",
            Transport::Directory => "directory",
            Transport::Local => "local",
            Transport::Fake => "fake",
        }
    }

    /// The transport of a name.
    pub fn named(name: &str) -> Option<Transport> {
        [Transport::Ssh, Transport::Directory, Transport::Local, Transport::Fake]
            .into_iter()
            .find(|transport| transport.as_str() == name)
    }
}

/// How a host is reached.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Connection {
    /// The name people read.
    pub name: String,
    /// What stands at the other end.
    pub transport: Transport,
    /// A name or address that ssh knows.
    #[serde(default)]
    pub address: Option<String>,
    /// Another port than ssh would take.
    #[serde(default)]
    pub port: Option<u16>,
    /// Another user than ssh would take.
    #[serde(default)]
    pub user: Option<String>,
    /// Whether to become root by `sudo -n` where the user is not root already.
    #[serde(default)]
    pub sudo: bool,
    /// The folder that stands for the root of the host.
    #[serde(default)]
    pub root: Option<String>,
    /// Another configuration for ssh than the user's own.
    #[serde(default)]
    pub config_file: Option<String>,
}

impl Connection {
    /// Reads the connection of a host.
    pub fn of(host: &Host) -> Result<Connection, serde_json::Error> {
        serde_json::from_str(&host.connection)
    }

    /// The attributes of the `host` value.
    pub fn attrs(&self) -> [(&'static str, Value); 8] {
        let text = |text: &Option<String>| match text {
            Some(text) => Value::string(text),
            None => Value::Null(Type::String),
        };
        [
            ("name", Value::string(&self.name)),
            ("transport", self.transport.as_str().into()),
            ("address", text(&self.address)),
            ("port", self.port.map_or(Value::Null(Type::Number), |port| i64::from(port).into())),
            ("user", text(&self.user)),
            ("sudo", self.sudo.into()),
            ("root", text(&self.root)),
            ("config_file", text(&self.config_file)),
        ]
    }

    /// The host that is reached so.
    pub fn host(&self) -> Host {
        let described = Host::from_value(&Value::object(self.attrs()));
        described.expect("every attribute of a connection is known")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_survives_the_way_through_a_host() {
        let connection = Connection {
            name: "infra0".into(),
            transport: Transport::Ssh,
            address: Some("10.0.0.6".into()),
            port: Some(2222),
            user: None,
            sudo: true,
            root: None,
            config_file: None,
        };
        let host = connection.host();
        assert_eq!(&*host.name, "infra0");
        assert_eq!(Connection::of(&host).unwrap(), connection);
        assert_eq!(host.connection.matches("address").count(), 1);
    }

    #[test]
    fn every_transport_has_its_name() {
        let named = Transport::NAMES.map(|name| Transport::named(name).map(Transport::as_str));
        assert_eq!(named, Transport::NAMES.map(Some));
    }
}
