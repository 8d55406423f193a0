//! No private key leaves its host, or shows where it is used.

use std::collections::BTreeSet;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::lab::{self, HOSTS};
use crate::workspace::Workspace;

/// Samples the arguments of all processes, also of the hosts', while something runs.
pub fn watching_arguments<T>(work: impl FnOnce() -> T) -> (T, BTreeSet<String>) {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut seen = BTreeSet::new();
            while !done.load(Ordering::Relaxed) {
                sample(&mut seen);
                std::thread::sleep(Duration::from_millis(10));
            }
            seen
        });
        let result = work();
        done.store(true, Ordering::Relaxed);
        let seen = watcher.join().unwrap();
        assert!(seen.iter().any(|line| line.contains("quorate")), "nothing was sampled");
        (result, seen)
    })
}

/// Prints mode and path of each file that holds a private key, again and again, of all that was
/// written since it began. The words are searched for so that its own arguments do not have them.
const WATCH: &str = r#"
touch /run/watch
while [ ! -e /run/watch.stop ]; do
  find / /run /tmp /dev/shm -xdev -type f -newer /run/watch -size -200k -print0 2>/dev/null |
    xargs -0r grep -ls 'PRIVATE[ ]KEY' -- | xargs -r -d '\n' stat -c '%a %n' -- 2>/dev/null
  sleep 0.1
done; true"#;

/// Finds the lines of all private keys of a host in everything that was written since the watch began.
const FIND: &str = r#"
lines=/dev/shm/lines
find /etc/kubernetes -name '*.key' -exec cat {} + | grep -v -e ----- | grep .... > $lines
find / /run /tmp -xdev -type f -newer /run/watch -print0 2>/dev/null | xargs -0r grep -lsFf $lines --
rm $lines /run/watch /run/watch.stop"#;

/// Watches all files of all hosts while something runs: keys are in their own places, for root
/// alone, and on the way there in a file beside them.
pub fn watching_hosts<T>(work: impl FnOnce() -> T) -> T {
    let watchers = HOSTS.map(|(host, ..)| lab::begin(host, WATCH));
    let result = work();
    for ((host, ..), watcher) in HOSTS.iter().zip(watchers) {
        lab::on(host, "touch /run/watch.stop");
        let output = watcher.wait_with_output().unwrap();
        let seen: BTreeSet<String> =
            String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
        println!("{host}: {} places of keys seen", seen.len());
        assert!(seen.iter().filter(|line| line.ends_with(".key")).count() >= 4, "{seen:?}");
        for line in &seen {
            assert!(line.starts_with("600 /etc/kubernetes/pki/"), "{host}: {line}");
            assert!(line.ends_with(".key") || line.ends_with(".key.quorate"), "{host}: {line}");
        }
        let found = lab::on(host, FIND);
        let own = lab::on(host, "find /etc/kubernetes -name '*.key'");
        let set = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
        assert_eq!(set(&found), set(&own), "{host}");
    }
    result
}

fn sample(seen: &mut BTreeSet<String>) {
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        // Processes end while they are looked at.
        if let Ok(bytes) = fs::read(entry.path().join("cmdline")) {
            seen.insert(String::from_utf8_lossy(&bytes).replace('\0', " "));
        }
    }
}

/// No line of any private key is in what was said, stored or passed to a process.
pub fn are_kept(workspace: &Workspace, arguments: &BTreeSet<String>) {
    for command in [&["show"][..], &["show", "-json"], &["output"], &["state", "list"]] {
        workspace.run(command).ends(0);
    }
    for address in workspace.objects() {
        workspace.run(&["state", "show", &address]).ends(0);
    }
    let mut texts = workspace.everything();
    texts.extend(arguments.iter().map(|line| ("arguments".to_owned(), line.clone())));
    assert!(texts.iter().any(|(name, _)| name.ends_with("quorate.state.json")));
    let lines = key_lines();
    assert!(lines.len() > 4 * 3 * 20, "{} lines of keys", lines.len());
    for (name, text) in &texts {
        assert!(!text.contains("PRIVATE KEY"), "{name}");
        assert!(!lines.iter().any(|line| text.contains(line)), "{name} holds a part of a key");
    }
}

/// The base64 lines of all keys on all hosts.
fn key_lines() -> BTreeSet<String> {
    let find = "find /etc/kubernetes -name '*.key' -exec cat {} +";
    let keys: String = HOSTS.map(|(host, ..)| lab::on(host, find)).concat();
    let body = keys.lines().filter(|line| line.len() >= 16 && !line.starts_with("-----"));
    body.map(str::to_owned).collect()
}
