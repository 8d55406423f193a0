//! Hosts and how they are reached: the implementation of [`Look`] and [`Act`].

pub mod digest;
pub mod directory;
pub mod error;
#[cfg(any(test, feature = "testing"))]
pub mod fake;
pub mod http;
mod lane;
pub mod local;
pub mod machine;
pub mod owners;
pub mod path;
pub mod script;
mod services;
pub mod sh;
pub mod shell;
pub mod ssh;
pub mod versions;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use quorate_engine::world::{Act, Acted, Host, Look, Op, Query, Reply, WorldError};

use self::lane::Lane;
use self::machine::{Answers, Machine};
use self::services::{Caller, Clients, answers};
use self::versions::Versions;
use crate::host::connection::{Connection, Transport};

/// All hosts of a run. Connections are opened when they are first needed, and kept.
#[derive(Default)]
pub struct Hosts {
    lanes: Mutex<HashMap<Host, Arc<Lane>>>,
    clients: Arc<Clients>,
    versions: Arc<Versions>,
    #[cfg(any(test, feature = "testing"))]
    fakes: fake::Fakes,
}

impl Hosts {
    /// No connection yet.
    pub fn new() -> Hosts {
        Hosts::default()
    }

    /// No connection yet; versions of programs on hosts are remembered in a file, which spares
    /// later runs to ask again.
    pub fn remembering(file: &Path) -> Hosts {
        Hosts { versions: Arc::new(Versions::load(file)), ..Hosts::default() }
    }

    /// Hosts of which those with the transport `fake` are in memory.
    #[cfg(any(test, feature = "testing"))]
    pub fn with_fakes(fakes: fake::Fakes) -> Hosts {
        Hosts { fakes, ..Hosts::default() }
    }

    /// How many exchanges with a host there were.
    pub fn exchanges(&self, host: &Host) -> usize {
        self.lane(host).exchanges()
    }

    /// Ends all connections, and writes down what is remembered.
    pub async fn close(&self) {
        let lanes: Vec<_> = self.lanes().values().cloned().collect();
        for lane in lanes {
            lane.close().await;
        }
        self.versions.save();
    }

    fn lanes(&self) -> std::sync::MutexGuard<'_, HashMap<Host, Arc<Lane>>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lane(&self, host: &Host) -> Arc<Lane> {
        let new = || Arc::new(Lane::new(host.clone()));
        self.lanes().entry(host.clone()).or_insert_with(new).clone()
    }

    async fn open(&self, host: &Host) -> Result<Arc<dyn Machine>, WorldError> {
        let connection = Connection::of(host).map_err(|e| {
            let detail = format!("{host}: its connection cannot be read: {e}.");
            error::world("Host not understood", detail, "Give a whole `data.host` as `host`.")
        })?;
        let Connection { name, root, sudo, .. } = &connection;
        tracing::info!(host = %name, transport = ?connection.transport, "connecting");
        Ok(match connection.transport {
            Transport::Directory => {
                let root = root.as_deref().unwrap_or_default();
                Arc::new(directory::Directory::open(name, root)?)
            }
            Transport::Local => Arc::new(shell::ShellMachine {
                name: name.clone(),
                root: root.clone().unwrap_or_default(),
                versions: self.versions.clone(),
                shell: local::LocalShell { name: name.clone(), sudo: *sudo },
            }),
            Transport::Ssh => Arc::new(shell::ShellMachine {
                name: name.clone(),
                root: String::new(),
                versions: self.versions.clone(),
                shell: ssh::SshShell::new(connection),
            }),
            Transport::Fake => return self.open_fake(host),
        })
    }

    #[cfg(any(test, feature = "testing"))]
    fn open_fake(&self, host: &Host) -> Result<Arc<dyn Machine>, WorldError> {
        self.fakes.machine(&host.name)
    }

    #[cfg(not(any(test, feature = "testing")))]
    fn open_fake(&self, host: &Host) -> Result<Arc<dyn Machine>, WorldError> {
        let detail = format!("{host}: the transport `fake` is for tests only.");
        Err(error::world("Host not understood", detail, ""))
    }
}

#[async_trait::async_trait]
impl Look for Hosts {
    async fn ask(&self, host: &Host, queries: Vec<Query>) -> Result<Vec<Reply>, WorldError> {
        tracing::debug!(host = %host.name, queries = queries.len(), "exchange: asking");
        let lane = self.lane(host);
        let machine = lane.machine(async |host| self.open(host).await).await?;
        let host = host.clone();
        let caller = Caller { host, lane, machine, clients: self.clients.clone() };
        let (over_ports, scripted): (Vec<_>, Vec<_>) = queries.iter().partition(|q| answers(q));
        let (called, mut told) =
            tokio::join!(call_all(&caller, over_ports), tell_all(&caller, scripted));
        let mut called = called.into_iter();
        // An error of the connection stands for all answers that it carried.
        let mut told = told.as_mut().map(|answers| answers.drain(..)).map_err(|e| e.clone())?;
        let next = |query| if answers(query) { called.next() } else { told.next() };
        queries.iter().filter_map(next).collect()
    }
}

/// Calls services of a host, all at once.
async fn call_all(caller: &Caller, queries: Vec<&Query>) -> Answers {
    let calls = queries.into_iter().map(|query| {
        let (caller, query) = (caller.clone(), query.clone());
        tokio::spawn(async move { caller.answer(&query).await })
    });
    let mut answers = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        let stopped = |_| Err(error::world("Call not finished", "It was given up.", ""));
        answers.push(call.await.unwrap_or_else(stopped));
    }
    answers
}

/// Asks by a script, unless there is nothing to ask.
async fn tell_all(caller: &Caller, queries: Vec<&Query>) -> Result<Answers, WorldError> {
    if queries.is_empty() {
        return Ok(vec![]);
    }
    let queries = queries.into_iter().cloned().collect();
    caller.lane.clone().ask(caller.machine.clone(), queries).await
}

#[async_trait::async_trait]
impl Act for Hosts {
    async fn act(&self, host: &Host, ops: Vec<Op>) -> Acted {
        tracing::debug!(host = %host.name, steps = ops.len(), "exchange: acting");
        self.clients.forget(host, &ops);
        let lane = self.lane(host);
        match lane.machine(async |host| self.open(host).await).await {
            Ok(machine) => lane.act(machine, ops).await,
            Err(error) => Acted { replies: vec![], failed: Some(error) },
        }
    }
}

#[cfg(test)]
mod tests;
