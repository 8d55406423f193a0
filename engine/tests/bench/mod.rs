//! A bench for whole runs of the engine: a toy type over hosts in memory.

#![allow(dead_code, reason = "each test binary uses its part of the bench")]
#![allow(clippy::unwrap_used, reason = "this is test code, which clippy does not see by itself")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use quorate_engine::apply::{Outcome, Run, Stop, apply};
use quorate_engine::build::build;
use quorate_engine::builtin;
use quorate_engine::config::{MemoryFiles, load};
use quorate_engine::desired::Inputs;
use quorate_engine::diag::{Diagnostic, Diagnostics};
use quorate_engine::event::{Events, Silent};
use quorate_engine::observe::{Senses, observe};
use quorate_engine::plan::{Action, Aim, Goal, Plan, make, schedule};
use quorate_engine::resource::{
    Awaited, DestroyRequest, Disruption, PlanRequest, Planned, Realm, Refusal, Registry, Resource,
    Seen,
};
use quorate_engine::schema::{Attr, Schema};
use quorate_engine::source::Sources;
use quorate_engine::state::fragile::FragileDisk;
use quorate_engine::state::{FileStore, Holder, LockedState, StoreError};
use quorate_engine::value::{Text, Type, Value};
use quorate_engine::world::{
    Act, Acted, Aftermath, Ask, Content, Expect, FileReply, Host, Look, Op, Query, Reply, Step,
    WantContent, WorldError,
};

/// Hosts in memory: `host:path` to content, a log of what was done, and what is to fail.
#[derive(Default)]
pub struct Memory {
    pub files: Mutex<BTreeMap<String, String>>,
    pub log: Mutex<Vec<String>>,
    pub broken: Mutex<BTreeSet<String>>,
    pub exchanges: Mutex<usize>,
    /// The disk whose trouble the hosts share.
    pub disk: Option<FragileDisk>,
}

impl Memory {
    /// False where what is about to be done is done, but nobody hears of it.
    fn trouble(&self, what: &str) -> Result<bool, WorldError> {
        let heard = self.disk.as_ref().map_or(Ok(true), |disk| disk.elsewhere(what));
        heard.map_err(|error| world_error(&format!("{what}: {error}")))
    }
}

fn world_error(what: &str) -> WorldError {
    let aftermath = Aftermath::Unknown;
    WorldError { summary: "Broken", detail: what.to_owned(), help: None, aftermath }
}

#[async_trait::async_trait]
impl Look for Memory {
    async fn ask(&self, host: &Host, queries: Vec<Query>) -> Result<Vec<Reply>, WorldError> {
        *self.exchanges.lock().unwrap() += 1;
        self.trouble(&format!("{host}: ask"))?;
        let files = self.files.lock().unwrap();
        let answer = |query: &Query| match query {
            Query::File { path, .. } => match files.get(&format!("{host}:{path}")) {
                Some(text) => Reply::File(FileReply {
                    mode: 0o644,
                    owner: "root".into(),
                    group: "root".into(),
                    sha256: text.clone(),
                    content: Some(Arc::from(text.as_bytes())),
                }),
                None => Reply::Absent,
            },
            other => panic!("{other:?}"),
        };
        Ok(queries.iter().map(answer).collect())
    }
}

#[async_trait::async_trait]
impl Act for Memory {
    async fn act(&self, host: &Host, ops: Vec<Op>) -> Acted {
        let mut replies = Vec::new();
        // Whatever may run at once does.
        tokio::task::yield_now().await;
        for op in ops {
            let heard = match self.trouble(&format!("{host}: {op}")) {
                Ok(heard) => heard,
                Err(error) => return Acted { replies, failed: Some(error) },
            };
            self.log.lock().unwrap().push(format!("{host}: {op}"));
            let (key, content) = match &op {
                Op::WriteFile { path, content, .. } => (format!("{host}:{path}"), content.bytes()),
                Op::RemoveFile { path, .. } => (format!("{host}:{path}"), None),
                other => panic!("{other}"),
            };
            if self.broken.lock().unwrap().contains(&key) {
                return Acted { replies, failed: Some(world_error(&key)) };
            }
            let mut files = self.files.lock().unwrap();
            match content {
                Some(bytes) => {
                    drop(files.insert(key.clone(), String::from_utf8(bytes.to_vec()).unwrap()))
                }
                None => drop(files.remove(&key)),
            }
            if !heard {
                return Acted { replies, failed: Some(world_error(&key)) };
            }
            replies.push(Reply::Done);
        }
        Acted { replies, failed: None }
    }
}

/// `toy_file { host, path, content, member }`: a change of a file with a member disrupts it.
struct Toy(Schema);

fn toy() -> Toy {
    let host = Type::object([("name", Type::String)]);
    let attrs = vec![
        Attr::required("host", host, "").replaces(),
        Attr::required("path", Type::String, "").replaces(),
        Attr::required("content", Type::String, ""),
        Attr::optional("rank", Type::Number, Value::NULL, ""),
        Attr::optional("service", Type::String, Value::NULL, ""),
    ];
    Toy(Schema::new("toy_file", 0, "", attrs))
}

fn place(attrs: &Value) -> Option<(Host, String)> {
    let host = Host::from_value(attrs.attr("host")?)?;
    Some((host, attrs.attr("path")?.as_str()?.to_owned()))
}

impl Resource for Toy {
    fn import(&self, id: &str, config: &Value) -> Result<Value, Refusal> {
        let mut attrs = config.entries().cloned().unwrap_or_default();
        attrs.insert("id".into(), id.into());
        Ok(Value::object(attrs))
    }

    fn schema(&self) -> &Schema {
        &self.0
    }

    fn look(&self, attrs: &Value) -> Vec<Ask> {
        let ask =
            |(host, path)| Ask { host, query: Query::File { path, content: WantContent::Always } };
        place(attrs).map(ask).into_iter().collect()
    }

    fn seen(&self, attrs: &Value, replies: &[Reply]) -> Seen {
        let Some(Reply::File(file)) = replies.first() else { return Seen::Absent };
        let mut seen = attrs.entries().unwrap().clone();
        let content = file.content.clone().unwrap();
        seen.insert("content".into(), Value::from(std::str::from_utf8(&content).unwrap()));
        Seen::Present(Value::object(seen))
    }

    fn plan(&self, request: &PlanRequest<'_>) -> Result<Planned, Refusal> {
        let after = request.proposed.clone();
        if request.prior == Some(&after) {
            return Ok(Planned::new(after, vec![]));
        }
        let (host, path) = place(&after).unwrap();
        let content = match after.attr("content").unwrap().as_str() {
            Some(text) => Content::Plain(Arc::from(text.as_bytes())),
            None => Content::Later,
        };
        let write = Op::WriteFile {
            path,
            mode: 0o644,
            owner: "root".into(),
            group: "root".into(),
            content,
            expect: Expect::Anything,
        };
        let wait = Op::Await {
            what: "it is so".into(),
            asks: self.look(&after),
            limit: Duration::from_secs(1),
        };
        let rank = after.attr("rank").and_then(|rank| rank.as_number()?.as_i64());
        let mut planned =
            Planned::new(after.clone(), vec![Step::on(&host, write), Step::on(&host, wait)]);
        planned.disrupts = rank.map(|rank| Disruption {
            domain: "toys".into(),
            member: host.name.clone(),
            rank: rank as u32,
            members: 3,
            quorum: 2,
        });
        Ok(planned)
    }

    fn destroy(&self, request: &DestroyRequest<'_>) -> Vec<Step> {
        let (host, path) = place(request.prior).unwrap();
        vec![Step::on(&host, Op::RemoveFile { path, expect: Expect::Anything })]
    }

    fn service(&self, attrs: &Value) -> Option<Text> {
        attrs.attr("service")?.as_str().map(Text::from)
    }

    fn awaited(&self, after: &Value, _: &Step, replies: &[Reply]) -> Awaited {
        match self.seen(after, replies) {
            Seen::Present(seen) if seen == *after => Awaited::Yes,
            _ => Awaited::NotYet("it is otherwise".to_owned()),
        }
    }
}

pub struct Seal;

impl Realm for Seal {
    fn now(&self) -> i64 {
        0
    }

    fn seal(&self, _: &[u8]) -> Result<String, Box<Diagnostic>> {
        Ok("sealed".to_owned())
    }

    fn unseal(&self, _: &str) -> Result<zeroize::Zeroizing<Vec<u8>>, Box<Diagnostic>> {
        Err(Box::new(Diagnostic::error("Sealed", "")))
    }
}

pub struct Bench {
    pub store: FileStore,
    pub world: Arc<Memory>,
    pub events: Arc<dyn Events>,
    _dir: Option<tempfile::TempDir>,
}

impl Bench {
    /// A state and hosts on one disk that may fail.
    pub fn on(disk: &FragileDisk, files: BTreeMap<String, String>) -> Bench {
        let (files, disk) = (Mutex::new(files), disk.clone());
        let store = FileStore::on(Arc::new(disk.clone()), "/work/state.json");
        let world = Arc::new(Memory { files, disk: Some(disk), ..Memory::default() });
        Bench { store, world, events: Arc::new(Silent), _dir: None }
    }

    pub fn new() -> Bench {
        let dir = tempfile::tempdir().unwrap();
        Bench {
            store: FileStore::new(dir.path().join("state.json")),
            world: Arc::default(),
            events: Arc::new(Silent),
            _dir: Some(dir),
        }
    }

    pub fn lock(&self) -> Result<LockedState, StoreError> {
        let holder = Holder {
            who: "t".into(),
            pid: 1,
            operation: "test".into(),
            since: "now".into(),
            ..Holder::default()
        };
        self.store.lock(&holder, Duration::ZERO, || "l".to_owned())
    }

    /// A configuration is read once, however many runs there are of it.
    fn remembered(hcl: &str) -> Result<Arc<Inputs>, String> {
        static READ: Mutex<BTreeMap<String, Arc<Inputs>>> = Mutex::new(BTreeMap::new());
        if let Some(known) = READ.lock().unwrap().get(hcl) {
            return Ok(known.clone());
        }
        let inputs = Arc::new(Self::inputs(hcl)?);
        READ.lock().unwrap().insert(hcl.to_owned(), inputs.clone());
        Ok(inputs)
    }

    pub fn inputs(hcl: &str) -> Result<Inputs, String> {
        let files: MemoryFiles = [("main.hcl", hcl.as_bytes().to_vec())].into_iter().collect();
        let mut sources = Sources::default();
        let mut diagnostics = Diagnostics::default();
        let config = load(".", &files, &BTreeMap::new(), &mut sources, &mut diagnostics);
        let config = config.map_err(|_| text(&diagnostics))?;
        let mut registry = Registry::default();
        builtin::register(&mut registry);
        registry.resource(Arc::new(toy()));
        Ok(Inputs {
            config: Arc::new(config),
            variables: BTreeMap::new(),
            registry,
            files: Arc::new(files),
            now: 0,
        })
    }

    pub async fn planned(
        &self,
        hcl: &str,
        aim: impl Into<Aim>,
        carry_out: bool,
    ) -> Result<(Plan, Option<Outcome>), String> {
        let inputs = Self::remembered(hcl)?;
        let mut diagnostics = Diagnostics::default();
        let mut state = self.lock().map_err(|error| error.to_string())?;
        let written = build(&inputs.config, &mut diagnostics).map_err(|_| text(&diagnostics))?;
        let aim: Aim = aim.into();
        let senses = Senses { look: &*self.world, realm: &Seal, events: &Silent };
        let observed = observe(&inputs, &written, state.state(), &aim, senses, &mut diagnostics)
            .await
            .map_err(|_| text(&diagnostics))?;
        let planning = make(&inputs, &written, state.state(), &observed, &aim, &mut diagnostics)
            .map_err(|_| text(&diagnostics))?;
        let plan = planning.plan.clone();
        if !carry_out {
            return Ok((plan, None));
        }
        let schedule = schedule(&planning, &written, &inputs.config, state.state())
            .map_err(|error| format!("{}: {}", error.summary, error.detail))?;
        let run = Run {
            inputs: &inputs,
            written: &written,
            world: self.world.clone(),
            realm: Arc::new(Seal),
            events: self.events.clone(),
            parallelism: 10,
            stop: tokio::sync::watch::channel(Stop::Run).1,
        };
        let outcome = apply(run, planning, schedule, &mut state).await;
        Ok((plan, Some(outcome)))
    }

    pub async fn run(
        &self,
        hcl: &str,
        aim: impl Into<Aim>,
        carry_out: bool,
    ) -> Result<(String, Option<Outcome>), String> {
        let (plan, outcome) = self.planned(hcl, aim, carry_out).await?;
        Ok((show(&plan), outcome))
    }

    pub async fn plan(&self, hcl: &str) -> String {
        self.run(hcl, Goal::Converge, false).await.map_or_else(|e| e, |(shown, _)| shown)
    }

    pub async fn apply(&self, hcl: &str) -> String {
        let (shown, outcome) = match self.run(hcl, Goal::Converge, true).await {
            Ok(done) => done,
            Err(error) => return error,
        };
        let outcome = outcome.unwrap();
        assert!(outcome.is_complete(), "{outcome:?}");
        let again = self.plan(hcl).await;
        assert_eq!(again, "", "a second plan is empty");
        shown
    }
}

pub fn text(diagnostics: &Diagnostics) -> String {
    let lines = diagnostics.iter().map(|d| format!("{}: {}", d.summary, d.detail));
    lines.collect::<Vec<_>>().join("\n")
}

pub fn show(plan: &Plan) -> String {
    let changes = plan.objects.iter().filter(|o| o.change.action() != Action::NoOp);
    let objects = changes.map(|o| format!("{:?} {}", o.change.action(), o.addr));
    let moves = plan.objects.iter();
    let moves = moves.filter_map(|o| Some(format!("move {} {}", o.moved_from.as_ref()?, o.addr)));
    let objects = moves.chain(objects);
    let outputs = plan.outputs.iter().filter(|(_, o)| o.before != o.after);
    let outputs = outputs.map(|(name, o)| format!("output {name} = {:?}", o.after));
    objects.chain(outputs).collect::<Vec<_>>().join("\n")
}
