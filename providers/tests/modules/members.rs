//! No way leads to a plan that removes members of a running cluster and makes them anew.

use std::sync::Arc;

use quorate_engine::addr::InstanceAddr;
use quorate_engine::plan::{Aim, Goal, Refresh};
use quorate_engine::state::{Entry, Status, Stored};
use quorate_providers::transport::Hosts;
use quorate_providers::transport::fake::{Fake, Fakes};

use crate::Bench;
use crate::cluster::{HOSTS, MEMBERS, start_etcd, well};

const LIFECYCLE: &str = "replace_triggered_by = [terraform_data.trigger]";

fn hcl(trigger: usize, lifecycle: &str, more: &str) -> String {
    format!(
        r#"{HOSTS}
        resource "terraform_data" "trigger" {{
          input = {trigger}
        }}
        resource "etcd_static_pod" "member" {{
          for_each           = local.members
          host               = data.host.fake[each.key]
          name               = each.key
          address            = each.value
          cluster            = local.members
          kubernetes_version = "1.34.1"
          {more}
          lifecycle {{
            {lifecycle}
          }}
        }}
        "#
    )
}

/// A cluster of three that runs.
async fn running(more: &str) -> (Bench, [Arc<Fake>; 3]) {
    let fakes = Fakes::default();
    let hosts = MEMBERS.map(|(name, _)| well(&fakes, name));
    let bench = Bench::with(Hosts::with_fakes(fakes));
    bench.apply(&hcl(1, "", more)).await;
    hosts.iter().for_each(|host| start_etcd(host, &[]));
    assert_eq!(bench.plan(&hcl(1, "", more)).await.changes, [""; 0]);
    (bench, hosts)
}

fn done(hosts: &[Arc<Fake>; 3]) -> usize {
    hosts.iter().map(|host| host.world().done.len()).sum()
}

fn members(bench: &Bench) -> Vec<(InstanceAddr, Stored)> {
    let objects = bench.lock().state().objects.clone();
    objects.into_iter().filter(|(addr, _)| &*addr.block.kind == "etcd_static_pod").collect()
}

fn mark(bench: &Bench, status: Status) {
    let one =
        |(addr, stored)| Entry::Became { addr, object: Box::new(Stored { status, ..stored }) };
    let marked: Vec<_> = members(bench).into_iter().map(one).collect();
    let mut locked = bench.lock();
    locked.record(&marked).unwrap();
    locked.fold().unwrap();
}

/// Nothing comes of it, and each member that would go is named with the reason.
async fn refused(bench: &Bench, hosts: &[Arc<Fake>; 3], hcl: &str, aim: Aim, why: &str) {
    let before = done(hosts);
    let Err(said) = bench.attempt(hcl, aim, true).await else { panic!("planned, though {why}") };
    for (addr, _) in members(bench) {
        let told = format!("{addr} was to be made anew because: {why}.");
        assert!(said.contains(&told), "{told}\n{said}");
    }
    assert_eq!(done(hosts), before);
}

fn replacing(bench: &Bench, refresh: Refresh) -> Aim {
    let replace = members(bench).into_iter().map(|(addr, _)| addr).collect();
    Aim { replace, refresh, ..Aim::default() }
}

#[tokio::test]
async fn members_are_not_made_anew_whatever_asks_for_it() {
    for more in ["", "keep_data = true", "extra_args = { log-level = \"debug\" }"] {
        let (bench, hosts) = running(more).await;
        let rest = hcl(1, "", more);
        for refresh in [Refresh::Ask, Refresh::Believe] {
            let aim = replacing(&bench, refresh);
            refused(&bench, &hosts, &rest, aim, "it was requested").await;
        }
        let first = hcl(1, "create_before_destroy = true", more);
        refused(&bench, &hosts, &first, replacing(&bench, Refresh::Ask), "it was requested").await;
        // What differs too makes it no better.
        let differs = hcl(1, "", "extra_args = { heartbeat-interval = \"200\" }");
        let aim = replacing(&bench, Refresh::Ask);
        refused(&bench, &hosts, &differs, aim, "it was requested").await;

        let triggered = hcl(2, LIFECYCLE, more);
        let why = "replace_triggered_by terraform_data.trigger";
        refused(&bench, &hosts, &triggered, Aim::default(), why).await;

        mark(&bench, Status::Tainted);
        refused(&bench, &hosts, &rest, Aim::default(), "it is tainted").await;
        mark(&bench, Status::Ready);
        assert_eq!(bench.plan(&rest).await.changes, [""; 0]);
    }
}

#[tokio::test]
async fn a_member_that_is_down_is_not_made_anew_beside_others() {
    let (bench, hosts) = running("").await;
    let manifest = "/etc/kubernetes/manifests/etcd.yaml";
    hosts[0].world().files.remove(manifest);
    let aim = replacing(&bench, Refresh::Ask);
    refused(&bench, &hosts, &hcl(1, "", ""), aim, "it was requested").await;
}

/// A run that died while it made the first members, or changed them, does not lead to it either.
#[tokio::test]
async fn what_was_left_in_the_middle_is_not_made_anew() {
    let (bench, _) = running("").await;
    for status in [Status::Creating, Status::Updating, Status::Deleting] {
        mark(&bench, status);
        let planned = bench.attempt(&hcl(1, "", ""), Goal::Converge.into(), false).await;
        let steps = planned.unwrap().0.steps;
        assert!(!steps.iter().any(|step| step.starts_with("remove")), "{steps:?}");
    }
}

/// Another place or name of a member is not reached by making it anew.
#[tokio::test]
async fn members_are_not_moved() {
    let (bench, hosts) = running("").await;
    let before = done(&hosts);
    let at_rest = hcl(1, "", "");
    for (from, to) in [
        (
            "address   = each.value",
            "address   = \"10.0.1.${index(keys(local.members), each.key)}\"",
        ),
        ("address            = each.value", "address            = \"10.0.1.6\""),
        ("name               = each.key", "name               = \"x-${each.key}\""),
        ("cluster            = local.members", "cluster            = { infra0 = \"10.0.0.6\" }"),
        ("kubernetes_version", "manifests_dir = \"/srv/manifests\"\nkubernetes_version"),
        ("kubernetes_version", "data_dir = \"/srv/etcd\"\nkubernetes_version"),
    ] {
        assert!(at_rest.contains(from), "{from}");
        let moved = at_rest.replacen(from, to, 1);
        let Err(said) = bench.attempt(&moved, Aim::default(), true).await else { panic!("{to}") };
        let refusals = [
            "Members cannot change yet",
            "A member cannot move yet",
            "The member is not in its cluster",
        ];
        let refused = refusals.iter().any(|refusal| said.contains(refusal));
        assert!(refused, "{to}: {said}");
    }
    assert_eq!(done(&hosts), before);
}
