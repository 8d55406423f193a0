//! One host, however it is reached.

use std::io;

use quorate_engine::world::{Acted, Op, Query, Reply, WorldError};
use tokio::io::{AsyncRead, AsyncWrite};

/// A byte stream to a port as seen from a host.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Answers in the order of the questions; one that could not be answered spoils no other.
pub type Answers = Vec<Result<Reply, WorldError>>;

/// One host that can be asked and acted on.
///
/// [`Query::Http`] and [`Query::Api`] are answered above this door, through [`Machine::dial`].
#[async_trait::async_trait]
pub trait Machine: Send + Sync {
    /// Asks in one exchange.
    async fn ask(&self, queries: &[Query]) -> Result<Answers, WorldError>;

    /// Does the steps of several objects in one exchange. Each object stops at its first failure;
    /// the others go on.
    async fn act(&self, objects: &[Vec<Op>]) -> Vec<Acted>;

    /// Connects to a port as seen from the host; `ConnectionRefused` where nothing listens.
    async fn dial(&self, host: &str, port: u16) -> io::Result<Box<dyn Stream>>;

    /// Why dialled connections may have ended at once, other than that nothing listened.
    fn dial_trouble(&self) -> Option<String> {
        None
    }

    /// Answers [`Query::Http`] and [`Query::Api`] by itself; none where they go through `dial`.
    fn canned(&self, query: &Query) -> Option<Result<Reply, WorldError>> {
        let _ = query;
        None
    }

    /// Ends the connection.
    async fn close(&self) {}
}

/// The outcome where nothing was done because of one error.
pub fn none_done(objects: &[Vec<Op>], error: &WorldError) -> Vec<Acted> {
    let failed = || Acted { replies: vec![], failed: Some(error.clone()) };
    objects.iter().map(|_| failed()).collect()
}
