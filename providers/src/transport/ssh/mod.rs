//! Hosts that are reached by OpenSSH.

mod master;
mod refusal;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use openssh::{ForwardType, OwningCommand, Session, Socket, Stdio};
use quorate_engine::world::WorldError;
use tokio::net::UnixStream;
use tokio::sync::Mutex;

use self::master::Master;
use super::local::converse;
use super::machine::Stream;
use super::script::{Answer, Request, command};
use super::shell::Shell;
use super::{error, sh};
use crate::attrs::chain;
use crate::host::connection::Connection;

/// Pauses before a session is asked for again: sshd counts closed ones for a while.
const PAUSES: [u64; 6] = [20, 50, 100, 200, 400, 800];
/// How long the end of a script may take after its last word.
const FAREWELL: Duration = Duration::from_secs(5);

/// The shell of a host that is reached by ssh.
pub struct SshShell {
    connection: Connection,
    command: String,
    link: Mutex<Login>,
}

/// The state of the login.
#[derive(Default)]
struct Login {
    link: Option<Arc<Link>>,
    /// When the last one was refused, and why.
    refused: Option<(Instant, WorldError)>,
}

/// A login, with the ports that are forwarded through it.
struct Link {
    master: Master,
    forwards: Mutex<HashMap<(String, u16), std::path::PathBuf>>,
}

impl SshShell {
    /// A way that is opened when it is first used.
    pub fn new(connection: Connection) -> SshShell {
        let command = sh::join(command(connection.sudo));
        SshShell { connection, command, link: Mutex::default() }
    }

    /// The login; a new one where there is none, or the old one is `broken`.
    async fn link(&self, broken: Option<&Arc<Link>>) -> Result<Arc<Link>, WorldError> {
        let asked = Instant::now();
        let mut login = self.link.lock().await;
        if let Some(link) = &login.link
            && !broken.is_some_and(|broken| Arc::ptr_eq(broken, link))
        {
            return Ok(link.clone());
        }
        // Who waited while another tried has the same answer.
        if let Some((when, error)) = &login.refused
            && *when > asked
        {
            return Err(error.clone());
        }
        let master = match Master::start(&self.connection).await {
            Ok(master) => master,
            Err(error) => {
                *login = Login { link: None, refused: Some((Instant::now(), error.clone())) };
                return Err(error);
            }
        };
        let new = Arc::new(Link { master, forwards: Mutex::default() });
        *login = Login { link: Some(new.clone()), refused: None };
        Ok(new)
    }

    fn failed(&self, error: &openssh::Error) -> WorldError {
        let detail = format!("{}: {}.", self.connection.name, chain(error));
        error::world("Connection failed", detail, "Nothing was changed. Try again.")
    }
}

type Child<'a> = openssh::Child<&'a Session>;

/// Starts the shell. Where the host has too many sessions, waits a little.
async fn spawn<'a>(session: &'a Session, command: &str) -> Result<Child<'a>, openssh::Error> {
    let mut pauses = PAUSES.iter();
    loop {
        let mut shell: OwningCommand<&Session> = session.raw_command(command);
        shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        match (shell.spawn().await, pauses.next()) {
            (Err(error), Some(pause)) if chain(&error).contains("open refused") => {
                tokio::time::sleep(Duration::from_millis(*pause)).await;
            }
            (outcome, _) => return outcome,
        }
    }
}

/// Runs a script in a shell that was started.
async fn talk(session: &Session, mut child: Child<'_>, request: &Request) -> Answer {
    let (stdin, stdout, stderr) =
        (child.stdin().take(), child.stdout().take(), child.stderr().take());
    let mut answer = converse(request, stdin, stdout, stderr).await;
    if answer.broken.is_none() {
        // 127 and signals look like a lost connection here, and so does a lost connection: only
        // the connection itself knows.
        let ended = tokio::time::timeout(FAREWELL, child.wait()).await;
        let lost = !matches!(ended, Ok(Ok(_))) && session.check().await.is_err();
        answer.broken = lost.then(|| "the connection ended".to_owned());
    }
    answer
}

#[async_trait::async_trait]
impl Shell for SshShell {
    async fn run(&self, request: Request) -> Result<Answer, WorldError> {
        let mut link = self.link(None).await?;
        let mut started = spawn(link.master.session(), &self.command).await;
        if let Err(openssh::Error::Disconnected) = started {
            // It was lost while nothing was going on: the host rebooted, a laptop slept.
            drop(started);
            link = self.link(Some(&link)).await?;
            started = spawn(link.master.session(), &self.command).await;
        }
        let child = started.map_err(|error| self.failed(&error))?;
        Ok(talk(link.master.session(), child, &request).await)
    }

    async fn dial(&self, host: &str, port: u16) -> io::Result<Box<dyn Stream>> {
        let failed = |error: WorldError| io::Error::other(error.detail);
        let mut link = self.link(None).await.map_err(failed)?;
        let mut stream = link.dial(host, port).await;
        if stream.is_err() {
            link = self.link(Some(&link)).await.map_err(failed)?;
            stream = link.dial(host, port).await;
        }
        Ok(Box::new(stream?))
    }

    fn dial_trouble(&self) -> Option<String> {
        let link = self.link.try_lock().ok()?.link.clone()?;
        let log = link.master.log();
        let told = log.lines().rev().find(|line| line.contains("administratively prohibited"));
        told.map(|line| line.trim().to_owned())
    }

    async fn close(&self) {
        let link = self.link.lock().await.link.take();
        // Ending ssh takes some milliseconds of waiting for a process.
        let _ = tokio::task::spawn_blocking(move || drop(link)).await;
    }
}

impl Link {
    /// Connects to a port through a local socket that ssh forwards.
    async fn dial(&self, host: &str, port: u16) -> io::Result<UnixStream> {
        let mut forwards = self.forwards.lock().await;
        let key = (host.to_owned(), port);
        let path = match forwards.get(&key) {
            Some(path) => path.clone(),
            None => {
                let path = self.master.socket(&format!("f{}", forwards.len()));
                let session = self.master.session();
                let to = Socket::new(host.to_owned(), port);
                let request = session.request_port_forward(ForwardType::Local, &*path, to);
                request.await.map_err(|error| io::Error::other(chain(&error)))?;
                forwards.insert(key, path.clone());
                path
            }
        };
        drop(forwards);
        UnixStream::connect(path).await
    }
}
