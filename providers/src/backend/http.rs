//! A server that speaks Terraform's protocol for states, as GitLab and others do.
//!
//! `GET`, `POST` and `DELETE` of one address; a lock by `LOCK` and `UNLOCK`, or by other methods
//! and addresses, with the lock as JSON. 423 and 409 mean that it is taken; the answer says by whom.
//! Source: <https://developer.hashicorp.com/terraform/language/backend/http>.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use quorate_engine::state::{Backend, Holder, JournalPlace, Lease, Seen, Snapshot, StoreError};
use reqwest::{Client, Method, StatusCode, Url};
use serde::{Deserialize, Serialize};

use super::settings::{SettingError, Settings};
use super::worker::Worker;
use crate::attrs::chain;

/// No state is larger; an endless answer ends here.
const LIMIT: usize = 1 << 30;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct HttpBackend(Arc<Server>);

#[derive(Debug)]
struct Server {
    address: Url,
    update: Method,
    lock: Option<(Method, Url)>,
    unlock: Option<(Method, Url)>,
    user: Option<(String, Secret)>,
    retries: u32,
    wait: (Duration, Duration),
    journal: PathBuf,
    client: Client,
    worker: Worker,
    /// The id of the lock we hold, which an update must name.
    held: std::sync::Mutex<Option<String>>,
}

/// A password; it cannot be printed.
struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// A lock as Terraform writes it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
struct LockInfo {
    #[serde(rename = "ID")]
    id: String,
    operation: String,
    info: String,
    who: String,
    version: String,
    created: String,
    path: String,
    /// Ours alone; others leave it out.
    pid: u32,
}

impl LockInfo {
    fn of(holder: &Holder) -> LockInfo {
        LockInfo {
            id: holder.id.clone(),
            operation: holder.operation.clone(),
            info: String::new(),
            who: holder.who.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            created: holder.since.clone(),
            path: holder.folder.clone(),
            pid: holder.pid,
        }
    }

    fn holder(self) -> Holder {
        let LockInfo { id, operation, who, created, path, pid, .. } = self;
        Holder { id, who, pid, operation, since: created, folder: path }
    }
}

fn url(name: &'static str, text: &str) -> Result<Url, SettingError> {
    let wrong = |reason: String| SettingError::Value { name, reason };
    let url: Url = text.parse().map_err(|e| wrong(format!("is {text:?}, no address: {e}")))?;
    match url.scheme() {
        "http" | "https" if url.password().is_none() => Ok(url),
        "http" | "https" => Err(wrong("has a password in it; set \"password\"".to_owned())),
        other => Err(wrong(format!("begins with {other:?} instead of \"http\" or \"https\""))),
    }
}

fn method(settings: &Settings, name: &'static str, default: &str) -> Result<Method, SettingError> {
    let text = settings.text(name).unwrap_or(default);
    let reason = || format!("is {text:?}, which is no method of HTTP");
    Method::from_bytes(text.as_bytes()).map_err(|_| SettingError::Value { name, reason: reason() })
}

impl HttpBackend {
    pub(super) fn new(settings: &Settings, journal: PathBuf) -> Result<HttpBackend, SettingError> {
        let optional = |name, verb, default| {
            let given = settings.text(name).map(|text| url(name, text)).transpose()?;
            let method = method(settings, verb, default)?;
            Ok::<_, SettingError>(given.map(|url| (method, url)))
        };
        let seconds = |name, default| settings.number(name, default).map(Duration::from_secs);
        let user = settings.text("username").map(|name| {
            (name.to_owned(), Secret(settings.text("password").unwrap_or_default().to_owned()))
        });
        let server = Server {
            address: url("address", settings.needed("address")?)?,
            update: method(settings, "update_method", "POST")?,
            lock: optional("lock_address", "lock_method", "LOCK")?,
            unlock: optional("unlock_address", "unlock_method", "UNLOCK")?,
            user,
            retries: u32::try_from(settings.number("retry_max", 2)?).unwrap_or(u32::MAX),
            wait: (seconds("retry_wait_min", 1)?, seconds("retry_wait_max", 30)?),
            journal,
            client: client(settings)?,
            worker: Worker::new().map_err(|error| SettingError::Value {
                name: "address",
                reason: format!("can not be used: {error}"),
            })?,
            held: std::sync::Mutex::default(),
        };
        if server.lock.is_some() != server.unlock.is_some() {
            let name = if server.lock.is_some() { "unlock_address" } else { "lock_address" };
            return Err(SettingError::Missing(name));
        }
        Ok(HttpBackend(Arc::new(server)))
    }
}

fn client(settings: &Settings) -> Result<Client, SettingError> {
    const PEM: &str = "client_ca_certificate_pem";
    const CERTIFICATE: &str = "client_certificate_pem";
    const KEY: &str = "client_private_key_pem";
    let mut builder = Client::builder().timeout(PATIENCE).user_agent("quorate");
    let unusable = |name: &'static str| {
        move |error: reqwest::Error| {
            let reason = format!("is unusable: {}", chain(&error));
            SettingError::Value { name, reason }
        }
    };
    if let Some(pem) = settings.pem(PEM)? {
        let all = reqwest::Certificate::from_pem_bundle(&pem).map_err(unusable(PEM))?;
        builder = all.into_iter().fold(builder, reqwest::ClientBuilder::add_root_certificate);
    }
    match (settings.pem(CERTIFICATE)?, settings.pem(KEY)?) {
        (Some(certificate), Some(key)) => {
            let both = zeroize::Zeroizing::new([key, certificate].join(&b'\n'));
            let identity = reqwest::Identity::from_pem(&both).map_err(unusable(KEY))?;
            builder = builder.identity(identity);
        }
        (None, None) => {}
        (Some(_), None) => return Err(SettingError::Missing(KEY)),
        (None, Some(_)) => return Err(SettingError::Missing(CERTIFICATE)),
    }
    let wrong =
        |error: reqwest::Error| SettingError::Value { name: "address", reason: chain(&error) };
    builder.build().map_err(wrong)
}

struct Answer {
    status: StatusCode,
    body: Vec<u8>,
}

impl Server {
    fn failed(&self, doing: &'static str, reason: impl Into<String>) -> StoreError {
        let place = self.address.to_string();
        StoreError::Backend { doing, place, reason: reason.into() }
    }

    /// Sends, again where the server did not answer or was not well.
    fn send(
        self: &Arc<Self>,
        doing: &'static str,
        method: &Method,
        url: &Url,
        body: Option<Vec<u8>>,
    ) -> Result<Answer, StoreError> {
        let (server, method, url) = (self.clone(), method.clone(), url.clone());
        let work = async move { server.persist(method, url, body).await };
        let outcome = self.worker.wait(work);
        outcome
            .unwrap_or_else(|| Err("the thread for requests is gone".to_owned()))
            .map_err(|reason| self.failed(doing, reason))
    }

    async fn persist(
        &self,
        method: Method,
        url: Url,
        body: Option<Vec<u8>>,
    ) -> Result<Answer, String> {
        let mut wait = self.wait.0;
        for left in (0..=self.retries).rev() {
            let answer = self.once(&method, &url, body.clone()).await;
            let unwell = answer.as_ref().map_or(true, |a| a.status.is_server_error());
            if !unwell || left == 0 {
                return answer;
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(self.wait.1);
        }
        Err("it was never tried".to_owned())
    }

    async fn once(
        &self,
        method: &Method,
        url: &Url,
        body: Option<Vec<u8>>,
    ) -> Result<Answer, String> {
        let mut request = self.client.request(method.clone(), url.clone());
        if let Some((user, password)) = &self.user {
            request = request.basic_auth(user, Some(&password.0));
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        let told = |error: reqwest::Error| {
            let text = chain(&error.without_url());
            match text.contains("CertificateRequired") {
                true => format!(
                    "{text}: the server wants a certificate; set client_certificate_pem and \
                     client_private_key_pem"
                ),
                false => text,
            }
        };
        let mut response = request.send().await.map_err(told)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(told)? {
            body.extend_from_slice(&part);
            if body.len() > LIMIT {
                return Err(format!("the answer is larger than {LIMIT} bytes"));
            }
        }
        Ok(Answer { status, body })
    }

    /// What an answer means that was not expected.
    fn unexpected(&self, doing: &'static str, answer: &Answer) -> StoreError {
        let hint = match answer.status.as_u16() {
            401 => {
                ": it wants another user or password; set QUORATE_HTTP_USERNAME and \
                    QUORATE_HTTP_PASSWORD"
            }
            403 => ": the user may not do that",
            409 | 423 => ": somebody else holds the lock",
            _ => "",
        };
        self.failed(doing, format!("the server answered {}{hint}", answer.status))
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.held.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn read(self: &Arc<Self>) -> Result<Option<Snapshot>, StoreError> {
        let answer = self.send("reading", &Method::GET, &self.address, None)?;
        match answer.status.as_u16() {
            // An empty text is what some servers have where there never was a state.
            200 if answer.body.is_empty() => Ok(None),
            200 => Ok(Some(Snapshot::of(answer.body))),
            204 | 404 => Ok(None),
            _ => Err(self.unexpected("reading", &answer)),
        }
    }

    fn unlock(self: &Arc<Self>, info: &LockInfo) -> Result<(), StoreError> {
        let Some((method, url)) = &self.unlock else { return Ok(()) };
        let body = serde_json::to_vec(info).map_err(|e| self.failed("unlocking", e.to_string()))?;
        let answer = self.send("unlocking", method, url, Some(body))?;
        match answer.status.is_success() {
            true => Ok(()),
            false => Err(self.unexpected("unlocking", &answer)),
        }
    }
}

impl Backend for HttpBackend {
    fn place(&self) -> String {
        self.0.address.to_string()
    }

    fn journal(&self) -> JournalPlace {
        JournalPlace::Away(self.0.journal.clone())
    }

    fn read(&self) -> Result<Option<Snapshot>, StoreError> {
        self.0.read()
    }

    /// The protocol has no condition: what is there is compared before, and the lock is named.
    fn write(&self, text: &[u8], over: &Seen) -> Result<Seen, StoreError> {
        let server = &self.0;
        let now = server.read()?.map_or(Seen::Nothing, |snapshot| snapshot.seen());
        if now != *over {
            return Err(StoreError::Changed { place: self.place() });
        }
        let mut url = server.address.clone();
        if let Some(id) = &*server.held() {
            url.query_pairs_mut().append_pair("ID", id);
        }
        let answer = server.send("writing", &server.update, &url, Some(text.to_vec()))?;
        match answer.status.is_success() {
            true => Ok(Seen::text(text)),
            false => Err(server.unexpected("writing", &answer)),
        }
    }

    fn lock(&self, holder: &Holder) -> Result<Arc<dyn Lease>, StoreError> {
        let server = &self.0;
        let info = LockInfo::of(holder);
        if let Some((method, url)) = &server.lock {
            let body = serde_json::to_vec(&info);
            let body = body.map_err(|error| server.failed("locking", error.to_string()))?;
            let answer = server.send("locking", method, url, Some(body))?;
            match answer.status.as_u16() {
                200..=299 => {}
                409 | 423 => {
                    let by = serde_json::from_slice::<LockInfo>(&answer.body).ok();
                    let by = by.map(LockInfo::holder).filter(|by| !by.id.is_empty());
                    // An attempt whose answer was lost may have taken it for us.
                    if by.as_ref().is_none_or(|by| by.id != holder.id) {
                        return Err(StoreError::Locked { path: self.place().into(), holder: by });
                    }
                }
                _ => return Err(server.unexpected("locking", &answer)),
            }
            *server.held() = Some(info.id.clone());
        }
        Ok(Arc::new(HttpLease { server: server.clone(), info }))
    }

    fn force_unlock(&self, id: &str) -> Result<(), StoreError> {
        if self.0.unlock.is_none() {
            let reason = format!("the state {} has no address for locks", self.place());
            return Err(StoreError::NotUnlocked { reason });
        }
        self.0.unlock(&LockInfo { id: id.to_owned(), ..LockInfo::default() })
    }

    fn pause(&self) -> Duration {
        Duration::from_secs(1)
    }
}

#[derive(Debug)]
struct HttpLease {
    server: Arc<Server>,
    info: LockInfo,
}

impl std::fmt::Debug for LockInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("LockInfo").field(&self.id).finish()
    }
}

impl Lease for HttpLease {
    fn release(&self) -> Result<(), StoreError> {
        match self.server.held().take() {
            Some(_) => self.server.unlock(&self.info),
            None => Ok(()),
        }
    }
}
