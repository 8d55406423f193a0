//! Questions that are answered over a port of a host: plain HTTP, and interfaces of services.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use quorate_engine::value::Value;
use quorate_engine::world::{Host, Op, Query, Reply, WantContent, WorldError};
use rustls::ClientConfig;

use super::error;
use super::http::{self, Answer, Endpoint, Silence};
use super::lane::Lane;
use super::machine::Machine;
use crate::etcd::api;

/// How much of a body is wanted.
const BODY_LIMIT: usize = 1 << 20;
/// How long an answer may take: longer than etcd itself waits for a quorum.
const LIMIT: Duration = Duration::from_secs(10);

/// The files with which a client makes itself known: CA, certificate, key.
type Files = [Option<String>; 3];

/// Clients that were made from files of hosts, for one run.
#[derive(Default)]
pub struct Clients(Mutex<HashMap<(Host, Files), Arc<ClientConfig>>>);

impl Clients {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(Host, Files), Arc<ClientConfig>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets the clients made from files that steps change.
    pub fn forget(&self, host: &Host, ops: &[Op]) {
        let path = |op: &Op| match op {
            Op::WriteFile { path, .. } | Op::RemoveFile { path, .. } => Some(path.clone()),
            _ => None,
        };
        let changed: Vec<_> = ops.iter().map(path).filter(Option::is_some).collect();
        self.lock().retain(|(of, files), _| {
            of != host || !files.iter().any(|file| changed.contains(file))
        });
    }
}

/// A call: on which host, and the way to it.
#[derive(Clone)]
pub struct Caller {
    /// The host from which the call is made.
    pub host: Host,
    /// Its joined exchanges.
    pub lane: Arc<Lane>,
    /// The way to it.
    pub machine: Arc<dyn Machine>,
    /// Clients that are already made.
    pub clients: Arc<Clients>,
}

/// Whether a question is answered here.
pub fn answers(query: &Query) -> bool {
    matches!(query, Query::Http { .. } | Query::Api { .. })
}

impl Caller {
    /// Answers one question.
    pub async fn answer(&self, query: &Query) -> Result<Reply, WorldError> {
        if let Some(answer) = self.machine.canned(query) {
            return answer;
        }
        match query {
            Query::Http { url } => self.get(url).await,
            Query::Api { service: "etcd", call, args } => self.etcd(call, args).await,
            other => Err(self.unknown(&format!("{other:?}"))),
        }
    }

    fn unknown(&self, what: &str) -> WorldError {
        error::world("Call not known", format!("{}: {what}", self.host), "")
    }

    async fn get(&self, url: &str) -> Result<Reply, WorldError> {
        let endpoint = Endpoint::parse(url).filter(|endpoint| !endpoint.tls);
        let endpoint = endpoint.ok_or_else(|| self.unknown(&format!("`{url}` is no http URL")))?;
        match self.call(&endpoint, None, None).await {
            Ok(Answer { status, body }) => Ok(Reply::Http { status, body: Arc::from(body) }),
            Err(Silence::Absent) => self.absent(),
            // Whatever it is, it is not what was asked for.
            Err(Silence::Trouble(_)) => Ok(Reply::Absent),
        }
    }

    async fn etcd(&self, call: &str, args: &Value) -> Result<Reply, WorldError> {
        let request = api::request(call).ok_or_else(|| self.unknown(&format!("etcd {call}")))?;
        let text = |name: &str| args.attr(name).and_then(Value::as_str).map(str::to_owned);
        let url = text("endpoint").unwrap_or_default();
        let endpoint = Endpoint::parse(&url);
        let mut endpoint = endpoint.ok_or_else(|| self.unknown(&format!("`{url}` is no URL")))?;
        request.path.clone_into(&mut endpoint.path);
        let files = [text("ca_file"), text("cert_file"), text("key_file")];
        let client = match endpoint.tls {
            false => None,
            true => match self.client(&files).await? {
                Ok(client) => Some(client),
                Err(trouble) => return Ok(Reply::Value(api::trouble(&trouble))),
            },
        };
        match self.call(&endpoint, client, Some(request.body.to_owned())).await {
            Ok(answer) => Ok(Reply::Value(request.read(answer.status, &answer.body))),
            Err(Silence::Absent) => self.absent(),
            Err(Silence::Trouble(trouble)) => {
                // The files may have been renewed since.
                self.clients.lock().remove(&(self.host.clone(), files));
                Ok(Reply::Value(api::trouble(&trouble)))
            }
        }
    }

    /// Nothing listens; unless the way there is forbidden.
    fn absent(&self) -> Result<Reply, WorldError> {
        match self.machine.dial_trouble() {
            None => Ok(Reply::Absent),
            Some(trouble) => {
                let detail =
                    format!("{}: sshd forbids connections through it: {trouble}", self.host);
                let help = "Set `AllowTcpForwarding local` in the host's sshd_config.";
                Err(error::world("Forwarding forbidden", detail, help))
            }
        }
    }

    async fn call(
        &self,
        endpoint: &Endpoint,
        client: Option<Arc<ClientConfig>>,
        post: Option<String>,
    ) -> Result<Answer, Silence> {
        let call = async {
            let stream = self.machine.dial(&endpoint.host, endpoint.port).await;
            let mut stream = stream.map_err(|error| match error.kind() {
                std::io::ErrorKind::Other => Silence::Trouble(error.to_string()),
                _ => Silence::Absent,
            })?;
            if let Some(client) = client {
                stream = http::secure(stream, &endpoint.host, client).await?;
            }
            http::request(stream, endpoint, post, BODY_LIMIT).await
        };
        let late = |_| Silence::Trouble(format!("no answer within {} seconds", LIMIT.as_secs()));
        tokio::time::timeout(LIMIT, call).await.map_err(late)?
    }

    /// A client made of files on the host; the trouble with them where there is some.
    async fn client(&self, files: &Files) -> Result<Result<Arc<ClientConfig>, String>, WorldError> {
        let key = (self.host.clone(), files.clone());
        if let Some(client) = self.clients.lock().get(&key) {
            return Ok(Ok(client.clone()));
        }
        let mut replies = self.read(files).await?;
        let outcome = api::client(&mut replies, files);
        if let Ok(client) = &outcome {
            self.clients.lock().insert(key, client.clone());
        }
        Ok(outcome)
    }

    async fn read(&self, files: &Files) -> Result<Vec<Option<Arc<[u8]>>>, WorldError> {
        let query =
            |path: &String| Query::File { path: path.clone(), content: WantContent::Always };
        let queries = files.iter().flatten().map(query).collect();
        let answers = self.lane.clone().ask(self.machine.clone(), queries).await?;
        let mut contents = Vec::new();
        for answer in answers {
            contents.push(match answer? {
                Reply::File(file) => file.content,
                _ => None,
            });
        }
        let mut contents = contents.into_iter();
        Ok(files.iter().map(|file| file.as_ref().and_then(|_| contents.next().flatten())).collect())
    }
}
