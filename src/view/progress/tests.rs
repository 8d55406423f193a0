use quorate_engine::world::{Op, Step};

use super::*;

/// A writer that a test can look into.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

const PLAIN: ViewOptions = ViewOptions::new(false, 80);

fn addr(text: &str) -> InstanceAddr {
    text.parse().unwrap()
}

fn host() -> Host {
    Host { name: "infra0".into(), connection: "{}".into() }
}

fn started(name: &str, action: Action) -> Event {
    Event::Started { addr: addr(name), action }
}

fn finished(name: &str, action: Action, secs: u64) -> Event {
    Event::Finished { addr: addr(name), action, took: Duration::from_secs(secs), id: None }
}

fn summary(progress: &Progress, command: Command, interrupted: bool) -> String {
    let mut out = Vec::new();
    let mut page = Page::new(&mut out, PLAIN);
    let again = format!("quorate {}", command.name());
    let record = progress.record(Instant::now());
    put_summary(&mut page, command, &record, interrupted, &again).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn each_event_is_a_line_as_in_terraform() {
    let out = Shared::default();
    let progress = Progress::new(out.clone(), PLAIN);
    let step = Step::on(&host(), Op::DaemonReload);
    for event in [
        Event::Reading { host: host(), queries: 3 },
        Event::Read { host: host(), took: Duration::ZERO },
        Event::Reading { host: host(), queries: 1 },
        started("pki_ca.etcd", Action::Create),
        Event::StepStarted { addr: addr("pki_ca.etcd"), step },
        finished("pki_ca.etcd", Action::Create, 0),
        started("host_file.a", Action::Update),
        finished("host_file.a", Action::Update, 65),
        started("host_file.b", Action::Delete),
        finished("host_file.b", Action::Delete, 1),
        started("host_file.c", Action::Replace),
        finished("host_file.c", Action::Replace, 1),
    ] {
        progress.emit(event);
    }
    assert_eq!(
        out.text(),
        "\
infra0: Reading...
pki_ca.etcd: Creating...
  infra0: systemctl daemon-reload
pki_ca.etcd: Creation complete after 0s
host_file.a: Modifying...
host_file.a: Modifications complete after 1m5s
host_file.b: Destroying...
host_file.b: Destruction complete after 1s
host_file.c: Replacing...
host_file.c: Replacement complete after 1s
"
    );
    assert_eq!(
        summary(&progress, Command::Apply, false),
        "\nApply complete! Resources: 2 added, 1 changed, 2 destroyed.\n"
    );
    assert_eq!(
        summary(&progress, Command::Destroy, false),
        "\nDestroy complete! Resources: 2 destroyed.\n"
    );
}

#[test]
fn what_takes_long_says_why_every_ten_seconds() {
    let out = Shared::default();
    let progress = Progress::new(out.clone(), PLAIN);
    let start = Instant::now();
    progress.lock().take(started("etcd_cluster.main", Action::Create), start);
    let at = |secs| progress.tick(start + Duration::from_secs(secs));
    at(9);
    at(10);
    at(11);
    let why = "infra1 does not answer".to_owned();
    let elapsed = Duration::from_secs(12);
    progress.emit(Event::Waiting { addr: addr("etcd_cluster.main"), why, elapsed });
    at(20);
    assert_eq!(
        out.text(),
        "\
etcd_cluster.main: Creating...
etcd_cluster.main: Still creating... [10s elapsed]
etcd_cluster.main: Still creating... [20s elapsed]: infra1 does not answer
"
    );
}

#[test]
fn a_failure_says_what_was_done_and_how_to_go_on() {
    let out = Shared::default();
    let progress = Progress::new(out.clone(), PLAIN);
    let failed = "etcd_static_pod.this[\"infra0\"]";
    for event in [
        started("pki_ca.etcd", Action::Create),
        finished("pki_ca.etcd", Action::Create, 0),
        started(failed, Action::Create),
        Event::Failed {
            addr: addr(failed),
            action: Action::Create,
            diagnostic: Diagnostic::world("Disk full", "infra0: no space left."),
        },
        Event::Skipped { addr: addr("etcd_cluster.main"), because: Some(addr(failed)) },
    ] {
        progress.emit(event);
    }
    assert!(out.text().ends_with(": Creation failed\n"), "{}", out.text());
    assert_eq!(
        summary(&progress, Command::Apply, false),
        "
Apply incomplete. Resources: 1 added, 0 changed, 0 destroyed, 1 failed, 1 not started.

Failed:
  etcd_static_pod.this[\"infra0\"]

Not started:
  etcd_cluster.main (waits for etcd_static_pod.this[\"infra0\"])

All that was done is in the state. To go on, mend the cause and run:
  quorate apply
"
    );
}

#[test]
fn an_interrupt_says_where_things_stand() {
    let progress = Progress::new(std::io::sink(), PLAIN);
    progress.emit(started("host_file.a", Action::Delete));
    progress.emit(Event::Skipped { addr: addr("host_file.b"), because: None });
    assert_eq!(
        summary(&progress, Command::Destroy, true),
        "
Destroy interrupted. Resources: 0 destroyed, 1 in flight, 1 not started.

In flight, to be looked at again:
  host_file.a

Not started:
  host_file.b

All that was done is in the state. To go on run:
  quorate destroy
"
    );
}

#[test]
fn a_row_says_what_is_done_however_long_the_address_is() {
    let long = "module.production_cluster.module.etcd.etcd_static_pod.member[\"infra0\"]";
    let now = Instant::now();
    let running = Running {
        action: Action::Update,
        since: now,
        said: now,
        step: Some("infra0: wait until infra0 is healthy again".to_owned()),
        why: None,
    };
    let row = running.row(&addr(long), now, ViewOptions::new(false, 100));
    assert!(row.width() <= 100, "{row}");
    assert!(row.contains('…') && row.contains("member[\"infra0\"]: "), "{row}");
    assert!(row.ends_with("[0s] infra0: wait until infra0 is healthy again"), "{row}");
    let short = running.row(&addr("a.b"), now, ViewOptions::new(false, 100));
    assert!(short.starts_with("  a.b: modifying"), "{short}");
}

#[test]
fn the_summary_says_how_long_it_took() {
    let progress = Progress::new(Shared::default(), PLAIN);
    let start = Instant::now();
    progress.expect(1, start);
    progress.emit(finished("pki_ca.etcd", Action::Create, 0));
    let at = |took| {
        let mut out = Vec::new();
        let record = progress.record(start + took);
        let page = &mut Page::new(&mut out, PLAIN);
        put_summary(page, Command::Apply, &record, false, "quorate apply").unwrap();
        String::from_utf8(out).unwrap()
    };
    let counts = "Apply complete! Resources: 1 added, 0 changed, 0 destroyed.";
    assert_eq!(at(Duration::from_secs(75)), format!("\n{counts} Took 1m15s.\n"));
    assert_eq!(at(Duration::from_millis(400)), format!("\n{counts}\n"));
}
