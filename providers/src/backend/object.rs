//! S3 and the stores that speak it. They must honour `If-Match` and `If-None-Match` of a `PUT`:
//! the state is replaced only over the version that was read, and the lock is an object that can be
//! made only once, as with Terraform's `use_lockfile`.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{
    Error, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload, RetryConfig,
    UpdateVersion,
};
use quorate_engine::state::{Backend, Holder, JournalPlace, Lease, Seen, Snapshot, StoreError};

use super::settings::{SettingError, Settings};
use super::worker::Worker;
use crate::attrs::chain;

#[derive(Debug)]
pub(super) struct ObjectBackend(Arc<Bucket>);

#[derive(Debug)]
struct Bucket {
    store: Arc<AmazonS3>,
    place: String,
    state: Path,
    lock: Path,
    journal: PathBuf,
    worker: Worker,
}

impl ObjectBackend {
    pub(super) fn new(settings: &Settings, journal: PathBuf) -> Result<Self, SettingError> {
        let (bucket, key) = (settings.needed("bucket")?, settings.needed("key")?);
        let path = |text: &str| {
            let wrong = |error| SettingError::Value {
                name: "key",
                reason: format!("is unusable: {error}"),
            };
            Path::parse(text).map_err(wrong)
        };
        let wrong = |reason: String| SettingError::Value { name: "bucket", reason };
        let store = builder(settings)?.with_bucket_name(bucket).build();
        Ok(ObjectBackend(Arc::new(Bucket {
            store: Arc::new(
                store.map_err(|error| wrong(format!("can not be used: {}", chain(&error))))?,
            ),
            place: format!("s3://{bucket}/{key}"),
            state: path(key)?,
            lock: path(&format!("{key}.lock"))?,
            journal,
            worker: Worker::new().map_err(|error| wrong(format!("can not be used: {error}")))?,
        })))
    }
}

/// Credentials that are not set come from where the machine has them: a role, a token file.
fn builder(settings: &Settings) -> Result<AmazonS3Builder, SettingError> {
    let max_retries = usize::try_from(settings.number("retry_max", 3)?).unwrap_or(usize::MAX);
    let retry_timeout = Duration::from_secs(60);
    let mut builder = AmazonS3Builder::from_env()
        .with_region(settings.needed("region")?)
        .with_retry(RetryConfig { max_retries, retry_timeout, ..RetryConfig::default() });
    if let Some(endpoint) = settings.text("endpoint") {
        builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
    }
    let path_style = settings.truth("use_path_style", false)?;
    builder = builder.with_virtual_hosted_style_request(!path_style);
    if let (Some(id), Some(key)) = (settings.text("access_key"), settings.text("secret_key")) {
        builder = builder.with_access_key_id(id).with_secret_access_key(key);
    }
    Ok(match settings.text("token") {
        Some(token) => builder.with_token(token),
        None => builder,
    })
}

impl Bucket {
    fn failed(&self, doing: &'static str, error: &Error) -> StoreError {
        StoreError::Backend { doing, place: self.place.clone(), reason: chain(error) }
    }

    fn gone(&self, doing: &'static str) -> StoreError {
        let reason = "the thread for requests is gone".to_owned();
        StoreError::Backend { doing, place: self.place.clone(), reason }
    }

    fn get(&self, doing: &'static str, path: &Path) -> Result<Option<Snapshot>, StoreError> {
        let (store, path) = (self.store.clone(), path.clone());
        let work = async move {
            let got = store.get(&path).await?;
            let tag = got.meta.e_tag.clone();
            Ok::<_, Error>(Snapshot { text: got.bytes().await?.to_vec(), tag })
        };
        match self.worker.wait(work).ok_or_else(|| self.gone(doing))? {
            Ok(snapshot) => Ok(Some(snapshot)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed(doing, &error)),
        }
    }

    fn put(
        &self,
        path: &Path,
        text: Vec<u8>,
        mode: PutMode,
    ) -> Option<Result<Option<String>, Error>> {
        let (store, path) = (self.store.clone(), path.clone());
        let options = PutOptions { mode, ..PutOptions::default() };
        let work = async move { store.put_opts(&path, PutPayload::from(text), options).await };
        self.worker.wait(work).map(|put| put.map(|put| put.e_tag))
    }

    fn holder(&self) -> Result<Option<Holder>, StoreError> {
        let found = self.get("reading the lock of", &self.lock)?;
        Ok(found.map(|found| serde_json::from_slice(&found.text).unwrap_or_default()))
    }

    fn remove_lock(&self) -> Result<(), StoreError> {
        let (store, path) = (self.store.clone(), self.lock.clone());
        let removed = self.worker.wait(async move { store.delete(&path).await });
        match removed.ok_or_else(|| self.gone("unlocking"))? {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.failed("unlocking", &error)),
        }
    }
}

impl Backend for ObjectBackend {
    fn place(&self) -> String {
        self.0.place.clone()
    }

    fn journal(&self) -> JournalPlace {
        JournalPlace::Away(self.0.journal.clone())
    }

    fn read(&self) -> Result<Option<Snapshot>, StoreError> {
        self.0.get("reading", &self.0.state)
    }

    fn write(&self, text: &[u8], over: &Seen) -> Result<Seen, StoreError> {
        let bucket = &self.0;
        let mode = match over {
            Seen::Nothing => PutMode::Create,
            Seen::Tag(tag) => {
                PutMode::Update(UpdateVersion { e_tag: Some(tag.clone()), version: None })
            }
            Seen::Digest(_) => {
                let reason = "the store gives its objects no tag, so that nothing can be replaced \
                              safely";
                let (doing, place) = ("writing", bucket.place.clone());
                return Err(StoreError::Backend { doing, place, reason: reason.to_owned() });
            }
        };
        let put = bucket.put(&bucket.state, text.to_vec(), mode);
        match put.ok_or_else(|| bucket.gone("writing"))? {
            Ok(Some(tag)) => Ok(Seen::Tag(tag)),
            Ok(None) => Ok(Seen::text(text)),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => {
                // An attempt whose answer was lost may have been ours.
                match bucket.get("reading", &bucket.state)? {
                    Some(found) if found.text == text => Ok(found.seen()),
                    _ => Err(StoreError::Changed { place: bucket.place.clone() }),
                }
            }
            Err(error) => Err(bucket.failed("writing", &error)),
        }
    }

    fn lock(&self, holder: &Holder) -> Result<Arc<dyn Lease>, StoreError> {
        let bucket = &self.0;
        let text = serde_json::to_vec(holder).unwrap_or_default();
        let put = bucket.put(&bucket.lock, text, PutMode::Create);
        match put.ok_or_else(|| bucket.gone("locking"))? {
            Ok(_) => {}
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => {
                let by = bucket.holder()?;
                if by.as_ref().is_none_or(|by| by.id != holder.id) {
                    return Err(StoreError::Locked { path: self.place().into(), holder: by });
                }
            }
            Err(error) => return Err(bucket.failed("locking", &error)),
        }
        let id = Mutex::new(Some(holder.id.clone()));
        Ok(Arc::new(ObjectLease { bucket: bucket.clone(), id }))
    }

    fn force_unlock(&self, id: &str) -> Result<(), StoreError> {
        let by = self.0.holder()?;
        if by.as_ref().is_some_and(|by| by.id == id) {
            return self.0.remove_lock();
        }
        let place = &self.0.place;
        let reason = match by {
            None => format!("nobody holds the state {place}"),
            Some(by) => format!("the lock of the state {place} has the id {}, not {id}", by.id),
        };
        Err(StoreError::NotUnlocked { reason })
    }

    fn pause(&self) -> Duration {
        Duration::from_secs(1)
    }
}

#[derive(Debug)]
struct ObjectLease {
    bucket: Arc<Bucket>,
    id: Mutex<Option<String>>,
}

impl Lease for ObjectLease {
    fn release(&self) -> Result<(), StoreError> {
        let id = self.id.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(id) = id else { return Ok(()) };
        // Somebody may have taken it from us.
        match self.bucket.holder()? {
            Some(by) if by.id == id => self.bucket.remove_lock(),
            _ => Ok(()),
        }
    }
}
