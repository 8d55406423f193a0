//! Requests for callers that wait, wherever they are: also within asynchronous code.

use std::future::Future;
use std::sync::mpsc;

use tokio::runtime::{Builder, Runtime};

/// A thread that makes requests.
#[derive(Debug)]
pub(super) struct Worker(Option<Runtime>);

impl Worker {
    pub(super) fn new() -> std::io::Result<Worker> {
        Ok(Worker(Some(Builder::new_multi_thread().worker_threads(1).enable_all().build()?)))
    }

    /// Waits for a result; none where the thread is gone.
    pub(super) fn wait<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let (send, receive) = mpsc::sync_channel(1);
        self.0.as_ref()?.spawn(async move { send.send(work.await) });
        receive.recv().ok()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // To wait for a runtime is not allowed within another one.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
