//! What ssh's last words mean.

use quorate_engine::world::WorldError;

use crate::host::connection::Connection;
use crate::transport::error::{last_lines, world};

const KEY: &str = "See that the host accepts your key: `ssh` with the same address, user and \
                   configuration must log in without asking for anything. Quorate never asks for \
                   a password; an agent, and keys and jump hosts of your ssh_config, are used.";
const CHANGED: &str = "Somebody may be listening in, or the host was installed anew. If you know \
                       that it was, remove its old key: `ssh-keygen -R ADDRESS`.";
const UNKNOWN: &str = "Compare the key's fingerprint with the host's own, then let ssh remember \
                       it: connect once by hand, or add the line to known_hosts.";
const AWAY: &str = "Check that the host is up, its address, and that sshd listens there.";
const NAME: &str = "Check the address; a name must be known to DNS, /etc/hosts or your ssh_config.";
const BUSY: &str = "sshd closed the door: it may be overloaded (MaxStartups), still booting, or \
                    it forbids this user or address.";
const CONFIG: &str = "Mend the configuration that ssh names.";

/// Texts of ssh, what each means, and what to do. The first that fits counts.
const TEXTS: [(&str, &str, &str); 15] = [
    ("REMOTE HOST IDENTIFICATION HAS CHANGED", "Host key changed", CHANGED),
    ("revoked", "Host key changed", CHANGED),
    ("Host key verification failed", "Host key unknown", UNKNOWN),
    ("host key is known", "Host key unknown", UNKNOWN),
    ("Permission denied", "Login refused", KEY),
    ("Too many authentication failures", "Login refused", KEY),
    ("Could not resolve", "Host name unknown", NAME),
    ("Connection refused", "Host unreachable", AWAY),
    ("No route to host", "Host unreachable", AWAY),
    ("unreachable", "Host unreachable", AWAY),
    ("timed out", "Host unreachable", AWAY),
    ("Connection closed by", "Host closed the connection", BUSY),
    ("Connection reset by", "Host closed the connection", BUSY),
    ("onfiguration option", "ssh configuration wrong", CONFIG),
    ("Can't open user config", "ssh configuration wrong", CONFIG),
];

/// The error that ssh's output means.
pub fn refused(connection: &Connection, output: &str) -> WorldError {
    let known = TEXTS.iter().find(|(text, _, _)| output.contains(text));
    let (summary, help) = known.map_or(("Connection failed", ""), |(_, s, h)| (*s, *h));
    let noise = ["@@@", "@  ", "Warning: Permanently added"];
    let telling = |line: &&str| !noise.iter().any(|noise| line.starts_with(noise));
    let said: Vec<_> = output.lines().filter(telling).collect();
    let Connection { name, .. } = connection;
    let detail =
        format!("{name} ({}): ssh says:\n{}", target(connection), last_lines(&said.join("\n")));
    let address = connection.address.as_deref().unwrap_or_default();
    world(summary, detail.trim_end(), &help.replace("ADDRESS", address))
}

/// Whether another try may help: sshd takes only so many logins at a time.
pub fn is_passing(output: &str) -> bool {
    output.contains("kex_exchange_identification")
        && !output.contains("timed out")
        && !output.contains("refused")
}

/// The host as it would be written after `ssh`.
pub fn target(connection: &Connection) -> String {
    let user = connection.user.as_ref().map(|user| format!("{user}@")).unwrap_or_default();
    let port = connection.port.map(|port| format!(" port {port}")).unwrap_or_default();
    format!("{user}{}{port}", connection.address.as_deref().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::connection::Transport;

    #[test]
    fn every_way_to_be_refused_has_a_name() {
        let connection = Connection {
            name: "infra0".into(),
            transport: Transport::Ssh,
            address: Some("10.0.0.6".into()),
            port: None,
            user: Some("root".into()),
            sudo: false,
            root: None,
            config_file: None,
        };
        let table = [
            ("ssh: connect to host 10.0.0.6 port 22: Connection refused", "Host unreachable"),
            ("ssh: connect to host 10.0.0.6 port 22: No route to host", "Host unreachable"),
            ("ssh: connect to host x port 22: Connection timed out", "Host unreachable"),
            ("ssh: Could not resolve hostname x: Name or service not known", "Host name unknown"),
            ("root@10.0.0.6: Permission denied (publickey).", "Login refused"),
            (
                "No ED25519 host key is known for x and you have requested strict checking.\n\
              Host key verification failed.",
                "Host key unknown",
            ),
            (
                "@@@@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n\
              Host key verification failed.",
                "Host key changed",
            ),
            (
                "kex_exchange_identification: read: Connection reset by peer",
                "Host closed the connection",
            ),
            ("what?", "Connection failed"),
        ];
        for (output, summary) in table {
            let error = refused(&connection, output);
            assert_eq!(error.summary, summary, "{output}");
            assert!(error.detail.starts_with("infra0 (root@10.0.0.6): ssh says:\n"));
            assert!(!error.detail.contains("@@@"));
        }
        assert!(is_passing("kex_exchange_identification: Connection closed by remote host"));
        assert!(!is_passing("kex_exchange_identification: Connection timed out"));
    }
}
