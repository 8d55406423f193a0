//! A host with a shell, however that is reached.

use std::io;
use std::sync::Arc;

use quorate_engine::world::{Acted, Op, Query, WorldError};

use super::error;
use super::machine::{Answers, Machine, Stream};
use super::script::{Answer, Request, act, ask};
use super::versions::Versions;

/// A way to run scripts.
#[async_trait::async_trait]
pub trait Shell: Send + Sync {
    /// Runs one script. Fails only where it certainly was not begun.
    async fn run(&self, request: Request) -> Result<Answer, WorldError>;

    /// Connects to a port as seen from where the scripts run.
    async fn dial(&self, host: &str, port: u16) -> io::Result<Box<dyn Stream>>;

    /// Why dialled connections may have ended at once, other than that nothing listened.
    fn dial_trouble(&self) -> Option<String> {
        None
    }

    /// Ends the connection.
    async fn close(&self) {}
}

/// A host with a shell.
pub struct ShellMachine<S> {
    /// The host's name, for messages.
    pub name: String,
    /// What stands before every path; empty on a real host.
    pub root: String,
    /// What is known of programs.
    pub versions: Arc<Versions>,
    /// The way to it.
    pub shell: S,
}

impl<S: Shell> ShellMachine<S> {
    /// Runs the steps of those objects that have no outcome yet.
    async fn round(&self, objects: &[Vec<Op>], outcomes: &mut [Option<Acted>]) {
        let open: Vec<_> = (0..objects.len()).filter(|i| outcomes[*i].is_none()).collect();
        let wanted: Vec<_> = open.iter().map(|i| objects[*i].clone()).collect();
        let answer = match self.shell.run(act::request(&wanted, &self.root)).await {
            Ok(answer) => answer,
            Err(error) => {
                let failed = || Some(Acted { replies: vec![], failed: Some(error.clone()) });
                return open.iter().for_each(|i| outcomes[*i] = failed());
            }
        };
        let parsed = act::parse(&self.name, &wanted, &self.root, &answer);
        let progress = parsed.iter().any(Option::is_some);
        let resend = progress && answer.broken.is_none();
        for (index, outcome) in open.into_iter().zip(parsed) {
            outcomes[index] = outcome.or_else(|| (!resend).then(|| self.unheard(&answer)));
        }
    }

    /// The outcome of an object of which nothing was heard.
    fn unheard(&self, answer: &Answer) -> Acted {
        let (why, complaint) = (answer.broken.as_deref(), &answer.complaint);
        // A script goes on for a while after the connection is lost.
        let failed = match why {
            Some(_) => error::lost(&self.name, None, why, complaint),
            None => error::not_begun(&self.name, why, complaint),
        };
        Acted { replies: vec![], failed: Some(failed) }
    }
}

#[async_trait::async_trait]
impl<S: Shell> Machine for ShellMachine<S> {
    async fn ask(&self, queries: &[Query]) -> Result<Answers, WorldError> {
        let answer = self.shell.run(ask::request(queries, &self.root, &self.versions)).await?;
        ask::parse(&self.name, queries, &self.root, &self.versions, &answer)
    }

    async fn act(&self, objects: &[Vec<Op>]) -> Vec<Acted> {
        let object = |ops: &Vec<Op>| {
            let error = ops.iter().find_map(|op| act::objection(&self.name, op))?;
            Some(Acted { replies: vec![], failed: Some(error) })
        };
        let mut outcomes: Vec<_> = objects.iter().map(object).collect();
        // A script that lost its place in the stream of files stops; what it had not begun is
        // sent again. Every round ends with at least one more outcome.
        while outcomes.iter().any(Option::is_none) {
            self.round(objects, &mut outcomes).await;
        }
        outcomes.into_iter().flatten().collect()
    }

    async fn dial(&self, host: &str, port: u16) -> io::Result<Box<dyn Stream>> {
        self.shell.dial(host, port).await
    }

    fn dial_trouble(&self) -> Option<String> {
        self.shell.dial_trouble()
    }

    async fn close(&self) {
        self.shell.close().await;
    }
}
