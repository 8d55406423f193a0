//! SIGKILL of the real binary over SSH on real hosts, at changes of the journal and at instants
//! between: the same command again ends where an undisturbed one ends, and the next plan is empty.
//!
//! `QUORATE_LAB_KILLS=12 tests/run-lab killed` kills that many runs; otherwise three.

use std::time::Duration;

use crate::cluster::{self, Client};
use crate::lab::{self, HOSTS};
use crate::workspace::{Killed, Workspace};

/// What is done to a cluster, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Create,
    Update,
    Destroy,
}

impl Stage {
    const ALL: [Stage; 3] = [Stage::Create, Stage::Update, Stage::Destroy];

    fn command(self) -> [&'static str; 2] {
        [if self == Stage::Destroy { "destroy" } else { "apply" }, "-auto-approve"]
    }

    fn prepare(self, workspace: &Workspace) {
        if self == Stage::Update {
            workspace.with_argument(r#"log-level = "debug""#);
        }
    }

    /// What is there afterwards: the objects, and the files on each host.
    fn end(self, workspace: &Workspace) -> (Vec<String>, [Vec<String>; 3]) {
        match self {
            Stage::Destroy => HOSTS.iter().for_each(|(host, ..)| cluster::ends(host)),
            Stage::Create | Stage::Update => {
                workspace.run(&["plan", "-detailed-exitcode"]).ends(0);
                Client::new().is_healthy();
            }
        }
        (workspace.objects(), HOSTS.map(|(host, ..)| paths(host)))
    }
}

/// The files that do not change while a member runs. Folders are not among them: those that were
/// made on a host which was not heard from again stay, empty (docs/durability.md).
fn paths(host: &str) -> Vec<String> {
    let places = "/etc/kubernetes /etc/systemd/system /var/lib/kubelet/etcd-service-manager.yaml";
    let found = lab::on(host, &format!("find {places} ! -type d 2>/dev/null | sort; true"));
    found.lines().map(str::to_owned).collect()
}

/// How a stage ends undisturbed.
struct Course {
    run: Killed,
    end: (Vec<String>, [Vec<String>; 3]),
}

fn undisturbed() -> [Course; 3] {
    lab::reset();
    let workspace = Workspace::new();
    Stage::ALL.map(|stage| {
        stage.prepare(&workspace);
        let run = workspace.kill_when(&stage.command(), |_, _| false);
        let (count, took) = (run.boundaries, run.took.as_secs_f64());
        println!("{stage:?}: {count} changes of journal and state in {took:.1} s");
        Course { run, end: stage.end(&workspace) }
    })
}

fn wanted() -> usize {
    std::env::var("QUORATE_LAB_KILLS").ok().and_then(|count| count.parse().ok()).unwrap_or(3)
}

#[test]
#[ignore = "needs the lab"]
fn a_killed_life_ends_as_an_undisturbed_one() {
    let courses = undisturbed();
    let (mut runs, mut killed) = (0, 0);
    while runs < wanted() {
        lab::reset();
        let workspace = Workspace::new();
        for (stage, course) in Stage::ALL.iter().zip(&courses) {
            stage.prepare(&workspace);
            // Sequences that spread evenly, however many there are.
            let boundary = 1 + runs * 7 % course.run.boundaries;
            let instant = course.run.took * (runs as u32 * 618 % 1000) / 1000;
            let due = |seen: usize, elapsed: Duration| match runs % 2 {
                0 => seen >= boundary,
                _ => elapsed >= instant,
            };
            let run = workspace.kill_when(&stage.command(), due);
            runs += 1;
            killed += usize::from(run.killed);
            println!(
                "{stage:?}: killed {} after {} changes, {:.1} s",
                run.killed,
                run.boundaries,
                run.took.as_secs_f64()
            );
            workspace.run(&stage.command()).ends(0);
            assert_eq!(stage.end(&workspace), course.end, "{stage:?}");
        }
    }
    println!("{runs} runs, {killed} killed before they ended, no loss");
    assert!(killed * 2 > runs, "only {killed} of {runs} runs were killed before they ended");
}
