//! A folder with a configuration, in which the binary runs; every byte that it says is kept.

use std::cell::RefCell;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::lab;

/// Nothing may take longer, whatever the hosts do.
const BOUND: Duration = Duration::from_secs(240);

/// The configuration of all tests: three members, one on each host.
const CONFIGURATION: &str = r#"variable "user" {
  type    = string
  default = null
}

locals {
  members = { infra0 = "10.77.0.11", infra1 = "10.77.0.12", infra2 = "10.77.0.13" }
}

data "host" "member" {
  for_each = local.members

  name        = each.key
  address     = each.value
  user        = var.user
  config_file = "SSH_CONFIG"
}

module "etcd" {
  source             = "builtin:etcd-static-pod"
  hosts              = data.host.member
  kubernetes_version = "1.20.2"
  members            = local.members
}

output "endpoints" {
  value = module.etcd.endpoints
}
"#;

/// How a command ended.
pub struct Run {
    /// The exit code; none after a signal.
    pub code: Option<i32>,
    /// What it said.
    pub out: String,
    /// What it complained of.
    pub err: String,
}

impl Run {
    /// Stops the test unless the command ended so.
    pub fn ends(self, code: i32) -> Run {
        assert_eq!(self.code, Some(code), "{}\n{}", self.out, self.err);
        self
    }

    /// Its errors, without the warnings between them.
    pub fn errors(&self) -> String {
        let messages = self.err.split_inclusive("╵\n");
        messages.filter(|message| message.contains("│ Error: ")).collect()
    }

    /// The objects that it told of having made.
    pub fn made(&self) -> Vec<String> {
        let told = self.out.lines().filter_map(|line| line.split_once(": Creation complete"));
        told.map(|(address, _)| address.to_owned()).collect()
    }
}

/// How a run ended that was to be killed.
pub struct Killed {
    /// Whether it was: it may have ended before.
    pub killed: bool,
    /// How often journal and state had changed.
    pub boundaries: usize,
    /// How long it ran.
    pub took: Duration,
}

/// A working directory and a home that nobody else has.
pub struct Workspace {
    dir: tempfile::TempDir,
    said: RefCell<Vec<String>>,
}

impl Workspace {
    /// With an identity, and nothing applied.
    pub fn new() -> Workspace {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("home")).unwrap();
        fs::create_dir_all(dir.path().join("work")).unwrap();
        let text = CONFIGURATION.replace("SSH_CONFIG", &lab::env("LAB_SSH_CONFIG"));
        fs::write(dir.path().join("work/main.hcl"), text).unwrap();
        let workspace = Workspace { dir, said: RefCell::default() };
        workspace.run(&["init"]).ends(0);
        workspace
    }

    /// The folder that holds the working directory and the home.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Where the configuration and the state are.
    pub fn work(&self) -> PathBuf {
        self.path().join("work")
    }

    /// Runs `quorate ARGS`.
    pub fn run(&self, args: &[&str]) -> Run {
        self.run_until(args, None, |_| ())
    }

    /// Runs `quorate ARGS` and once it says a line that contains the text does something, which is
    /// given the number of the process.
    pub fn run_until(&self, args: &[&str], text: Option<&str>, act: impl FnOnce(u32)) -> Run {
        let started = Instant::now();
        let mut child = self.spawn(args);
        let mut stderr = child.stderr.take().unwrap();
        let complaints = std::thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).unwrap();
            text
        });
        let (mut out, mut act, pid) = (String::new(), Some(act), child.id());
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            if text.is_some_and(|text| line.contains(text))
                && let Some(act) = act.take()
            {
                act(pid);
            }
            out.push_str(&line);
            out.push('\n');
        }
        let code = child.wait().unwrap().code();
        let run = Run { code, out, err: complaints.join().unwrap() };
        self.said.borrow_mut().extend([run.out.clone(), run.err.clone()]);
        let missed = text.is_some() && act.is_some();
        assert!(!missed, "never said {text:?}:\n{}\n{}", run.out, run.err);
        println!("{:6.2} s  quorate {}", started.elapsed().as_secs_f64(), args.join(" "));
        assert!(started.elapsed() < BOUND, "{args:?} took {:?}", started.elapsed());
        run
    }

    /// Runs `quorate ARGS` and kills it once that is due, which is asked with the number of changes
    /// of journal and state, and the time since the start. Gives both as they were at the end, and
    /// whether it was killed.
    pub fn kill_when(&self, args: &[&str], due: impl Fn(usize, Duration) -> bool) -> Killed {
        let said = self.path().join("said");
        let mut command = self.command(args);
        command.stdout(fs::File::create(&said).unwrap()).stderr(Stdio::null());
        let (begun, mut child) = (Instant::now(), command.spawn().unwrap());
        let (mut last, mut boundaries) = (self.sizes(), 0);
        let killed = loop {
            if child.try_wait().unwrap().is_some() {
                break false;
            }
            let now = self.sizes();
            boundaries += usize::from(now != last);
            last = now;
            if due(boundaries, begun.elapsed()) {
                child.kill().unwrap();
                break child.wait().unwrap().code().is_none();
            }
            assert!(begun.elapsed() < BOUND, "{args:?} took {:?}", begun.elapsed());
            std::thread::sleep(Duration::from_millis(1));
        };
        self.said.borrow_mut().push(fs::read_to_string(said).unwrap());
        Killed { killed, boundaries, took: begun.elapsed() }
    }

    fn sizes(&self) -> [Option<u64>; 4] {
        ["", ".new", ".backup", ".journal"].map(|extension| {
            let file = self.work().join(format!("quorate.state.json{extension}"));
            fs::metadata(file).map(|file| file.len()).ok()
        })
    }

    fn spawn(&self, args: &[&str]) -> Child {
        let mut command = self.command(args);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = lab::operator(env!("CARGO_BIN_EXE_quorate"));
        command.args(args).current_dir(self.work()).stdin(Stdio::null());
        command.env_clear().env("PATH", lab::env("PATH")).env("HOME", self.path().join("home"));
        command
    }

    /// Gives all members a further argument.
    pub fn with_argument(&self, argument: &str) {
        let path = self.work().join("main.hcl");
        let members = "  members            = local.members\n";
        let changed = format!("{members}  extra_args         = {{ {argument} }}\n");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(members));
        fs::write(path, text.replace(members, &changed)).unwrap();
    }

    /// The addresses in the state.
    pub fn objects(&self) -> Vec<String> {
        let run = self.run(&["state", "list"]).ends(0);
        run.out.lines().map(str::to_owned).collect()
    }

    /// What was said to have been made is in the state.
    pub fn remembers(&self, run: &Run) {
        let objects = self.objects();
        let lost: Vec<_> = run.made().into_iter().filter(|made| !objects.contains(made)).collect();
        assert!(lost.is_empty(), "made, but not in the state: {lost:?}");
    }

    /// Everything said so far, and every file of the working directory.
    pub fn everything(&self) -> Vec<(String, String)> {
        let said = self.said.borrow();
        let mut all: Vec<_> = said.iter().map(|text| ("output".to_owned(), text.clone())).collect();
        collect(&self.work(), &mut all);
        all
    }
}

fn collect(dir: &Path, all: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, all);
        } else if let Ok(bytes) = fs::read(&path) {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            all.push((path.display().to_string(), text));
        }
    }
}
