//! A cluster from bare hosts to none.

use crate::cluster::{self, Client};
use crate::golden::{after_plan, check, transcript};
use crate::lab::{self, HOSTS};
use crate::secrets;
use crate::workspace::Workspace;

const APPLY: [&str; 2] = ["apply", "-auto-approve"];
const PLAN: [&str; 2] = ["plan", "-detailed-exitcode"];

#[test]
#[ignore = "needs the lab"]
fn a_cluster_from_bare_hosts_to_none() {
    lab::reset();
    let workspace = Workspace::new();
    let before = HOSTS.map(|(host, ..)| lab::files(host));

    let plan = workspace.run(&PLAN).ends(2);
    check("plan.txt", &transcript(&workspace, &PLAN, &plan));
    let (apply, arguments) =
        secrets::watching_hosts(|| secrets::watching_arguments(|| workspace.run(&APPLY)));
    let apply = apply.ends(0);
    check("apply.txt", after_plan(&transcript(&workspace, &APPLY, &apply)));

    let client = Client::new();
    client.is_healthy();
    client.serves_its_clients_alone();
    cluster::manifests_are_kubeadms();
    let quiet = workspace.run(&PLAN).ends(0);
    check("quiet.txt", &transcript(&workspace, &PLAN, &quiet));
    secrets::are_kept(&workspace, &arguments);

    drift_is_named_and_mended(&workspace);
    secrets::are_kept(&workspace, &arguments);

    workspace.run(&["destroy", "-auto-approve"]).ends(0);
    HOSTS.iter().for_each(|(host, ..)| cluster::ends(host));
    assert_eq!(HOSTS.map(|(host, ..)| lab::files(host)), before);
    assert!(workspace.objects().is_empty());
}

/// Three things done by hand show as just those, and are put right.
fn drift_is_named_and_mended(workspace: &Workspace) {
    let drop_in = "/etc/systemd/system/kubelet.service.d/20-etcd-service-manager.conf";
    lab::on("h1", &format!("echo '# by hand' >> {drop_in}"));
    lab::on("h2", "rm /etc/kubernetes/pki/etcd/server.key");
    lab::on("h3", "chmod 0600 /etc/kubernetes/pki/etcd/ca.crt");

    let plan = workspace.run(&PLAN).ends(2);
    let changed: Vec<&str> =
        plan.out.lines().filter_map(|line| line.strip_suffix(" has changed")).collect();
    let expected = [
        r#"  # module.etcd.host_file.ca["infra2"]"#,
        r#"  # module.etcd.kubelet_dropin.this["infra0"]"#,
        r#"  # module.etcd.pki_certificate.server["infra1"]"#,
    ];
    assert_eq!(changed, expected);
    check("drift.txt", &transcript(workspace, &PLAN, &plan));

    let apply = workspace.run(&APPLY).ends(0);
    check("mended.txt", after_plan(&transcript(workspace, &APPLY, &apply)));
    workspace.run(&PLAN).ends(0);
    assert_eq!(lab::on("h3", "stat -c %a /etc/kubernetes/pki/etcd/ca.crt"), "644\n");
    assert!(!cluster::read("h1", drop_in).contains("by hand"));
    Client::new().is_healthy();
}
