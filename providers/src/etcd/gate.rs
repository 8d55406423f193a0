//! When a step on a member may begin, and when it is over.

use std::collections::BTreeMap;
use std::time::Duration;

use quorate_engine::resource::Awaited;
use quorate_engine::value::Value;
use quorate_engine::world::{Ask, Host, Op, Query, Reply, Step};

use super::ask::{self, Credentials, HEALTH, STATUS, Status};
use crate::attrs;
use crate::kube::etcd_version::EtcdRelease;
use crate::kube::member::EtcdMember;

/// How long the others are waited for.
const QUORUM_WITHIN: Duration = Duration::from_secs(30);
/// A changed member was measured to be back within 1.4 s; an image may have to be pulled first.
const BACK_WITHIN: Duration = Duration::from_secs(120);
/// kubelet gives a container 30 s to end.
const GONE_WITHIN: Duration = Duration::from_secs(60);

const OTHERS: &str = "the other members carry a quorum";
const BACK: &str = "is healthy again";
/// Between the two, for images alone are not seen in a command line.
const REPLACED: &str = ", no longer as etcd ";
const UP: &str = "has started";
const GONE: &str = "has ended";

/// How many of `members` must be there for the cluster to go on.
pub(super) fn quorum(members: usize) -> usize {
    members / 2 + 1
}

/// Waits until the member can be taken down; none where there is nothing that could wait.
pub(super) fn others_carry(member: &EtcdMember, host: &Host, object: &Value) -> Option<Step> {
    let others = others(member, object);
    let credentials = Credentials::healthcheck(&member.certificates_dir);
    let asks: Vec<Ask> = others.values().map(|url| credentials.ask(host, STATUS, url)).collect();
    let what = OTHERS.to_owned();
    (!asks.is_empty()).then(|| Step::on(host, Op::Await { what, asks, limit: QUORUM_WITHIN }))
}

/// Waits until the member runs as it is now described, no longer in its `old` release, and follows a leader.
/// It is another process than before: one that began after the manifest was written.
pub(super) fn is_back(
    member: &EtcdMember,
    host: &Host,
    old: Option<EtcdRelease>,
    manifest: &str,
) -> Step {
    let since = Some(manifest.to_owned());
    match old {
        Some(old) => running(member, host, &format!("{BACK}{REPLACED}{old}"), since),
        None => running(member, host, BACK, since),
    }
}

/// Waits until the member runs as described and follows a leader, however long it has run.
pub(super) fn is_well(member: &EtcdMember, host: &Host) -> Step {
    running(member, host, BACK, None)
}

/// Waits until the member answers, with or without the others.
pub(super) fn is_up(member: &EtcdMember, host: &Host) -> Step {
    running(member, host, UP, None)
}

fn running(member: &EtcdMember, host: &Host, state: &str, since: Option<String>) -> Step {
    // The old process answers until kubelet has stopped it: the new one is known by its arguments.
    let arguments = member.flags().iter().map(ToString::to_string).collect();
    let process = Ask { host: host.clone(), query: Query::Process { arguments, since } };
    let credentials = Credentials::healthcheck(&member.certificates_dir);
    let calls = [STATUS, HEALTH].map(|call| credentials.ask(host, call, &member.client_url()));
    let asks = [process].into_iter().chain(calls).collect();
    let what = format!("{} {state}", member.name);
    Step::on(host, Op::Await { what, asks, limit: BACK_WITHIN })
}

/// Waits until no process of the member is left.
pub(super) fn is_gone(host: &Host, name: &str, data_dir: &str) -> Step {
    let arguments = vec![format!("--name={name}"), format!("--data-dir={data_dir}")];
    let asks = vec![Ask { host: host.clone(), query: Query::Process { arguments, since: None } }];
    let what = format!("{name} {GONE}");
    Step::on(host, Op::Await { what, asks, limit: GONE_WITHIN })
}

/// Whether one of the steps above is over.
pub(super) fn awaited(object: &Value, step: &Step, replies: &[Reply]) -> Awaited {
    let Op::Await { what, .. } = &step.op else { return Awaited::Yes };
    if what == OTHERS {
        return quorum_of_others(object, replies);
    }
    if what.ends_with(GONE) {
        return match replies.first() {
            Some(Reply::Processes(numbers)) if numbers.is_empty() => Awaited::Yes,
            _ => Awaited::NotYet("etcd still runs".to_owned()),
        };
    }
    let old = what.split_once(REPLACED).map(|(_, old)| old);
    member_runs(what.contains(BACK), old, replies)
}

fn quorum_of_others(object: &Value, replies: &[Reply]) -> Awaited {
    let members = replies.len() + 1;
    // Of two members none can be spared; the plan has said so.
    let needed = quorum(members).min(replies.len());
    let healthy: Vec<Status> = replies
        .iter()
        .filter_map(|reply| ask::status(Some(reply)))
        .filter(|status| status.leader.is_some())
        .collect();
    let one_cluster = healthy.windows(2).all(|pair| pair[0].cluster_id == pair[1].cluster_id);
    if !one_cluster {
        return Awaited::Never("the other members belong to different clusters".to_owned());
    }
    if healthy.len() >= needed {
        return Awaited::Yes;
    }
    let name = attrs::text(object, "name").unwrap_or_default();
    let count = healthy.len();
    Awaited::NotYet(format!(
        "without {name} only {count} of {members} are healthy; {needed} must be"
    ))
}

fn member_runs(with_leader: bool, old: Option<&str>, replies: &[Reply]) -> Awaited {
    let not_yet = |why: &str| Awaited::NotYet(why.to_owned());
    if !matches!(replies.first(), Some(Reply::Processes(numbers)) if !numbers.is_empty()) {
        return not_yet("kubelet has not started etcd as the manifest now says");
    }
    let Some(status) = ask::status(replies.get(1)) else {
        return Awaited::NotYet(format!("etcd {}", ask::silence(replies.get(1))));
    };
    if old == Some(&*status.version) {
        return Awaited::NotYet(format!("etcd {} still runs", status.version));
    }
    if with_leader && status.leader.is_none() {
        return not_yet("etcd has no leader");
    }
    if with_leader && !ask::reads(replies.get(2)) {
        return not_yet("etcd cannot read with a quorum");
    }
    Awaited::Yes
}

fn others(member: &EtcdMember, object: &Value) -> BTreeMap<String, String> {
    let cluster = attrs::text_map(object, "cluster");
    let others = cluster.into_iter().filter(|(name, _)| *name != member.name);
    let url = |address: &str| {
        Some(EtcdMember::new(member.version, "", address.parse().ok()?).client_url())
    };
    others.filter_map(|(name, address)| Some((name, url(&address)?))).collect()
}
