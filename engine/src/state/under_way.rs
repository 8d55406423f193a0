//! Work that began and has not ended: the word for whoever comes after a crash.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::world::Step;

/// The steps of an object, and how far they are known to have come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnderWay {
    /// When work began; RFC 3339.
    pub since: String,
    /// All steps, in their order.
    pub steps: Vec<NotedStep>,
    /// How many had begun. The steps of one exchange with a host begin together.
    pub begun: usize,
    /// How many had ended well.
    pub done: usize,
}

/// A step as a person reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotedStep {
    /// The name of the host; none for work in this process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// `write /etc/hosts (0644 root:root)`
    pub what: String,
}

impl UnderWay {
    /// Work of which the first `begun` steps are about to begin, at a time in seconds since 1970.
    pub fn begin<'s>(steps: impl IntoIterator<Item = &'s Step>, begun: usize, now: i64) -> Self {
        let steps = steps.into_iter().map(NotedStep::of).collect();
        UnderWay { since: rfc3339(now), steps, begun, done: 0 }
    }

    /// The steps that may have been done or not.
    pub fn open(&self) -> &[NotedStep] {
        let end = self.begun.min(self.steps.len());
        self.steps.get(self.done..end).unwrap_or_default()
    }
}

impl NotedStep {
    fn of(step: &Step) -> NotedStep {
        let host = step.host.as_ref().map(|host| host.name.to_string());
        NotedStep { host, what: step.op.to_string() }
    }
}

/// `since 2026-01-01T00:00:00Z; step 2 of 3 was under way on infra0 (write /x (0644 root:root))`
impl fmt::Display for UnderWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (all, first, last) = (self.steps.len(), self.done + 1, self.begun);
        write!(f, "since {}; ", self.since)?;
        match self.open() {
            [] => write!(f, "{} of {all} steps were done, the next had not begun", self.done),
            [step] => write!(f, "step {first} of {all} was under way {step}"),
            [step, ..] => write!(f, "steps {first} to {last} of {all} were under way {step}, ..."),
        }
    }
}

impl fmt::Display for NotedStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Some(host) => write!(f, "on {host}: {}", self.what),
            None => write!(f, "here: {}", self.what),
        }
    }
}

fn rfc3339(now: i64) -> String {
    let time = time::OffsetDateTime::from_unix_timestamp(now);
    let time = time.unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    time.format(&time::format_description::well_known::Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(begun: usize, done: usize) -> String {
        let step = |host: Option<&str>, what: &str| NotedStep {
            host: host.map(str::to_owned),
            what: what.to_owned(),
        };
        let steps =
            vec![step(None, "make a key"), step(Some("h"), "write /x"), step(Some("h"), "wait")];
        UnderWay { since: rfc3339(0), steps, begun, done }.to_string()
    }

    #[test]
    fn what_may_have_been_done_is_named() {
        let since = "since 1970-01-01T00:00:00Z; ";
        assert_eq!(work(1, 0), format!("{since}step 1 of 3 was under way here: make a key"));
        assert_eq!(
            work(3, 1),
            format!("{since}steps 2 to 3 of 3 were under way on h: write /x, ...")
        );
        assert_eq!(work(2, 2), format!("{since}2 of 3 steps were done, the next had not begun"));
    }
}
