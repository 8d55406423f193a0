//! The way to one host: one connection, and calls joined into few exchanges.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use quorate_engine::world::{Acted, Host, Op, Query, Reply, WorldError};
use tokio::sync::{OnceCell, Semaphore, oneshot};

use super::error;
use super::machine::{Answers, Machine};

/// How many exchanges with one host may be under way. sshd allows 10 sessions for a connection,
/// and counts closed ones for a while.
const EXCHANGES_AT_ONCE: usize = 4;

/// Calls that wait for the next exchange, each with the way back to its caller.
type Waiting<I, O> = Mutex<Vec<(I, oneshot::Sender<O>)>>;

/// The way to one host.
pub struct Lane {
    host: Host,
    machine: OnceCell<Result<Arc<dyn Machine>, WorldError>>,
    exchanges: AtomicUsize,
    asks: Waiting<Vec<Query>, Result<Answers, WorldError>>,
    acts: Waiting<Vec<Op>, Acted>,
    at_once: Semaphore,
    /// Held while steps are done; knows the directories that were made for files.
    acting: tokio::sync::Mutex<BTreeSet<String>>,
}

impl Lane {
    /// The way to a host; nothing is opened yet.
    pub fn new(host: Host) -> Lane {
        Lane {
            host,
            machine: OnceCell::new(),
            exchanges: AtomicUsize::new(0),
            asks: Mutex::default(),
            acts: Mutex::default(),
            at_once: Semaphore::new(EXCHANGES_AT_ONCE),
            acting: tokio::sync::Mutex::default(),
        }
    }

    /// How many exchanges there were.
    pub fn exchanges(&self) -> usize {
        self.exchanges.load(Ordering::Relaxed)
    }

    /// The open connection; opened once, and an error of that is everybody's.
    pub async fn machine<F>(&self, open: F) -> Result<Arc<dyn Machine>, WorldError>
    where
        F: AsyncFnOnce(&Host) -> Result<Arc<dyn Machine>, WorldError>,
    {
        self.machine.get_or_init(|| open(&self.host)).await.clone()
    }

    /// Ends the connection, if one was opened.
    pub async fn close(&self) {
        if let Some(Ok(machine)) = self.machine.get() {
            machine.close().await;
        }
    }

    /// Asks; together with whoever waits at the same time.
    pub async fn ask(
        self: Arc<Self>,
        machine: Arc<dyn Machine>,
        queries: Vec<Query>,
    ) -> Result<Answers, WorldError> {
        let answer = enqueue(&self.asks, queries);
        // The exchange is a task of its own: a caller that goes away takes nobody with it.
        tokio::spawn(async move {
            let Ok(_permit) = self.at_once.acquire().await else { return };
            let jobs = take(&self.asks);
            if !jobs.is_empty() {
                self.exchanges.fetch_add(1, Ordering::Relaxed);
                answer_all(&*machine, jobs).await;
            }
        });
        answer.await.unwrap_or_else(|_| Err(unfinished()))
    }

    /// Does the steps of one object; together with whoever waits at the same time.
    pub async fn act(self: Arc<Self>, machine: Arc<dyn Machine>, ops: Vec<Op>) -> Acted {
        let outcome = enqueue(&self.acts, ops);
        tokio::spawn(async move {
            let mut made = self.acting.lock().await;
            let Ok(_permit) = self.at_once.acquire().await else { return };
            let jobs = take(&self.acts);
            if !jobs.is_empty() {
                self.exchanges.fetch_add(1, Ordering::Relaxed);
                let (objects, callers): (Vec<_>, Vec<_>) = jobs.into_iter().unzip();
                let outcomes = machine.act(&objects).await;
                for ((caller, mut outcome), ops) in callers.into_iter().zip(outcomes).zip(&objects)
                {
                    share_directories(&mut made, ops, &mut outcome.replies);
                    // A caller that went away does not want to know.
                    let _ = caller.send(outcome);
                }
            }
        });
        let lost = |_| Acted { replies: vec![], failed: Some(unfinished()) };
        outcome.await.unwrap_or_else(lost)
    }
}

/// A directory that was made for one object is also that of each later object inside it: whichever
/// goes last then removes it. The directory that an object is belongs to that object alone.
fn share_directories(made: &mut BTreeSet<String>, ops: &[Op], replies: &mut [Reply]) {
    let of_others = made.clone();
    for (op, reply) in ops.iter().zip(replies) {
        match op {
            Op::WriteFile { path, .. } | Op::MakeDir { path, .. } => {
                let mine: BTreeSet<String> = match reply {
                    Reply::Written { made: mine } => mine.drain(..).collect(),
                    _ => BTreeSet::new(),
                };
                made.extend(mine.iter().filter(|folder| *folder != path).cloned());
                let within = |folder: &&String| path.starts_with(&format!("{folder}/"));
                let all: BTreeSet<_> =
                    of_others.iter().filter(within).cloned().chain(mine).collect();
                *reply = Reply::Written { made: all.into_iter().collect() };
            }
            Op::RemoveDir { path } => {
                made.remove(path);
            }
            _ => {}
        }
    }
}

fn enqueue<I, O>(waiting: &Waiting<I, O>, job: I) -> oneshot::Receiver<O> {
    let (sender, receiver) = oneshot::channel();
    waiting.lock().unwrap_or_else(PoisonError::into_inner).push((job, sender));
    receiver
}

fn take<I, O>(waiting: &Waiting<I, O>) -> Vec<(I, oneshot::Sender<O>)> {
    std::mem::take(&mut waiting.lock().unwrap_or_else(PoisonError::into_inner))
}

fn unfinished() -> WorldError {
    error::world("Exchange not finished", "The exchange with the host was given up.", "")
}

type AskJob = (Vec<Query>, oneshot::Sender<Result<Answers, WorldError>>);

/// Asks the questions of all callers in one exchange; the same question once.
async fn answer_all(machine: &dyn Machine, jobs: Vec<AskJob>) {
    let mut questions: Vec<Query> = Vec::new();
    let mut places = Vec::new();
    for (queries, _) in &jobs {
        let place = |query: &Query| {
            questions.iter().position(|known| known == query).unwrap_or_else(|| {
                questions.push(query.clone());
                questions.len() - 1
            })
        };
        places.push(queries.iter().map(place).collect::<Vec<_>>());
    }
    let answers = machine.ask(&questions).await;
    for ((_, caller), places) in jobs.into_iter().zip(places) {
        let mine = match &answers {
            Ok(answers) => Ok(places.iter().map(|place| answers[*place].clone()).collect()),
            Err(error) => Err(error.clone()),
        };
        let _ = caller.send(mine);
    }
}

#[cfg(test)]
mod tests {
    use quorate_engine::world::{Content, Expect};

    use super::*;

    fn write(path: &str) -> Op {
        Op::WriteFile {
            path: path.into(),
            mode: 0o600,
            owner: "root".into(),
            group: "root".into(),
            content: Content::Later,
            expect: Expect::Anything,
        }
    }

    fn written(made: &[&str]) -> Reply {
        Reply::Written { made: made.iter().map(|path| path.to_string()).collect() }
    }

    #[test]
    fn directories_belong_to_all_objects_with_files_in_them() {
        let mut made = BTreeSet::new();
        let mut share = |op: Op, reply: Reply| {
            let mut replies = [reply];
            share_directories(&mut made, &[op], &mut replies);
            let [reply] = replies;
            reply
        };
        assert_eq!(share(write("/a/b/x"), written(&["/a", "/a/b"])), written(&["/a", "/a/b"]));
        assert_eq!(share(write("/a/b/y"), written(&[])), written(&["/a", "/a/b"]));
        assert_eq!(share(write("/a/z"), written(&[])), written(&["/a"]));
        assert_eq!(share(write("/ab/z"), written(&[])), written(&[]));
        share(Op::RemoveDir { path: "/a/b".into() }, Reply::Done);
        assert_eq!(share(write("/a/b/y"), written(&["/a/b"])), written(&["/a", "/a/b"]));
    }

    #[test]
    fn a_directory_of_its_own_is_no_files() {
        let mut made = BTreeSet::new();
        let make = Op::MakeDir {
            path: "/a/own".into(),
            mode: 0o700,
            owner: "root".into(),
            group: "root".into(),
        };
        let mut share = |op: &Op, reply: Reply| {
            let mut replies = [reply];
            share_directories(&mut made, std::slice::from_ref(op), &mut replies);
            replies
        };
        share(&make, written(&["/a", "/a/own"]));
        assert_eq!(share(&write("/a/own/x"), written(&[])), [written(&["/a"])]);
        // Of one that was there, and of one that it made, the outer one goes with whoever goes last.
        assert_eq!(share(&make, Reply::Done), [written(&["/a"])]);
        assert_eq!(share(&make, written(&["/a/own"])), [written(&["/a", "/a/own"])]);
    }
}
