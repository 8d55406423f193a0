//! The one ssh process that carries everything to a host.
//!
//! We start it ourselves, because the library would decide about host keys; here the user's own
//! configuration does, and OpenSSH's defaults where that says nothing.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use openssh::Session;
use quorate_engine::world::WorldError;
use tempfile::TempDir;
use tokio::process::Command;

use super::refusal::{is_passing, refused};
use crate::host::connection::Connection;
use crate::transport::error::world;

/// How long a host has to answer, in seconds.
const CONNECT_SECONDS: u64 = 10;
/// How long logging in may take in all: jump hosts, and keys that want to be touched.
const LOGIN_LIMIT: Duration = Duration::from_secs(60);
/// Pauses before another try where sshd takes only so many logins at a time.
const PAUSES: [u64; 3] = [300, 900, 2000];

/// A running ssh, with the folder of its control socket.
pub struct Master {
    folder: TempDir,
    session: Session,
}

impl Master {
    /// Logs in.
    pub async fn start(connection: &Connection) -> Result<Master, WorldError> {
        let mut pauses = PAUSES.iter();
        loop {
            let folder = control_folder().map_err(|e| local_trouble(connection, &e))?;
            let output = match login(connection, folder.path()).await {
                Ok(None) => {
                    let socket = folder.path().join("c").into_boxed_path();
                    return Ok(Master { session: Session::resume_mux(socket, None), folder });
                }
                Ok(Some(output)) => output,
                Err(error) => return Err(local_trouble(connection, &error)),
            };
            match pauses.next().filter(|_| is_passing(&output)) {
                Some(pause) => tokio::time::sleep(Duration::from_millis(*pause)).await,
                None => return Err(refused(connection, &output)),
            }
        }
    }

    /// The way to start commands.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// A path for a local socket that nobody else can reach.
    pub fn socket(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What ssh said while it was running.
    pub fn log(&self) -> String {
        let bytes = std::fs::read(log_of(self.folder.path())).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// Ends the ssh process. It is asked by ssh itself, which needs no runtime.
impl Drop for Master {
    fn drop(&mut self) {
        let mut exit = std::process::Command::new("ssh");
        exit.arg("-S").arg(self.folder.path().join("c")).args(["-O", "exit", "-F", "none", "x"]);
        exit.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // One that is gone already needs no end.
        let _ = exit.status();
    }
}

fn log_of(folder: &Path) -> PathBuf {
    folder.join("log")
}

/// A folder of our own with a short name: the path of a socket has at most 108 bytes.
fn control_folder() -> io::Result<TempDir> {
    let new = || tempfile::Builder::new().prefix("quorate").rand_bytes(8).to_owned();
    let folder = new().tempdir()?;
    if folder.path().as_os_str().len() < 70 { Ok(folder) } else { new().tempdir_in("/tmp") }
}

/// Logs in; the complaints of ssh where that was refused.
async fn login(connection: &Connection, folder: &Path) -> io::Result<Option<String>> {
    let mut ssh = command(connection, folder);
    let status = match tokio::time::timeout(LOGIN_LIMIT, ssh.status()).await {
        Ok(status) => status?,
        Err(_) => return Ok(Some("logging in timed out".to_owned())),
    };
    if status.success() {
        return Ok(None);
    }
    let bytes = std::fs::read(log_of(folder)).unwrap_or_default();
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

fn command(connection: &Connection, folder: &Path) -> Command {
    let mut ssh = Command::new("ssh");
    ssh.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    ssh.arg("-E").arg(log_of(folder)).arg("-S").arg(folder.join("c")).args(["-M", "-f", "-N"]);
    let connect_timeout = format!("ConnectTimeout={CONNECT_SECONDS}");
    let options = [
        "BatchMode=yes",
        &connect_timeout,
        "ServerAliveInterval=5",
        "ServerAliveCountMax=3",
        // Where Quorate is killed, ssh ends by itself.
        "ControlPersist=300",
        // What a user's configuration does for terminals would get in the way.
        "ClearAllForwardings=yes",
        "RemoteCommand=none",
        "RequestTTY=no",
        "PermitLocalCommand=no",
        "LogLevel=INFO",
    ];
    for option in options {
        ssh.args(["-o", option]);
    }
    if let Some(file) = &connection.config_file {
        ssh.arg("-F").arg(file);
    }
    if let Some(port) = connection.port {
        ssh.arg("-p").arg(port.to_string());
    }
    if let Some(user) = &connection.user {
        ssh.arg("-l").arg(user);
    }
    ssh.arg("--").arg(connection.address.as_deref().unwrap_or_default());
    ssh
}

fn local_trouble(connection: &Connection, error: &io::Error) -> WorldError {
    let detail = format!("{}: ssh did not start: {error}.", connection.name);
    let help = if error.kind() == io::ErrorKind::NotFound {
        "Install OpenSSH's client; Quorate uses it with your configuration, keys and agent."
    } else {
        ""
    };
    world("ssh cannot be started", detail, help)
}
