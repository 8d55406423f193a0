//! The door to providers.
//!
//! A resource type never touches the world: it says what to ask and what to do, as data, and is
//! told what came of it. So every type is tested without a host, what is printed is what is
//! run, and the engine alone decides about batching, journalling and stopping.
//!
//! ```text
//! look -> (engine asks) -> seen -> plan -> (engine: approve, journal) -> realize
//!                                       -> (engine: run the steps) -> finish
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::diag::Diagnostic;
use crate::schema::Schema;
use crate::value::{Text, Value};
use crate::world::{Ask, Reply, Step};

/// Why a resource type refuses a configuration or a change.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The attribute at fault, underlined in the configuration.
    pub attr: Option<&'static str>,
    /// What to tell the user.
    pub diagnostic: Diagnostic,
}

impl Refusal {
    /// A refusal because of one attribute.
    pub fn of(attr: &'static str, diagnostic: Diagnostic) -> Refusal {
        Refusal { attr: Some(attr), diagnostic }
    }
}

impl From<Diagnostic> for Refusal {
    fn from(diagnostic: Diagnostic) -> Self {
        Refusal { attr: None, diagnostic }
    }
}

/// What a look at an object found.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen {
    /// It is not there.
    Absent,
    /// It is there, with these attributes; those that cannot be read keep what was given.
    Present(Value),
}

/// What a plan is made from.
#[derive(Debug)]
pub struct PlanRequest<'a> {
    /// The object as it was just seen; none where it is to be made.
    pub prior: Option<&'a Value>,
    /// Something at the object's place that the state does not know, when it is to be made.
    pub found: Option<&'a Value>,
    /// The object as the state knows it, where it is gone from its place.
    pub lost: Option<&'a Value>,
    /// The configuration as written, with what is more than the schema keeps (facts of a host).
    pub config: &'a Value,
    /// The configuration in the schema's types, defaults filled in; computed attributes keep the
    /// prior value, or are unknown where there is none.
    pub proposed: &'a Value,
    /// An earlier run began to change this object and did not record an end.
    pub in_flight: bool,
    /// The time of the plan, in seconds since 1970.
    pub now: i64,
}

/// What will be done about one object.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// The object afterwards; what only apply can know is unknown.
    pub after: Value,
    /// The steps in order. None means that nothing changes but what the state says.
    pub steps: Vec<Step>,
    /// Why the object must be made anew, if it must, beyond what the schema says.
    pub replace: Option<String>,
    /// What a person should know about this change: `renewed: 20 days left of 365`.
    pub notes: Vec<String>,
    /// The service member that the steps take down for a moment.
    pub disrupts: Option<Disruption>,
    /// Warnings.
    pub warnings: Vec<Diagnostic>,
}

impl Planned {
    /// A change with nothing to be said about it.
    pub fn new(after: Value, steps: Vec<Step>) -> Planned {
        Planned { after, steps, replace: None, notes: vec![], disrupts: None, warnings: vec![] }
    }
}

/// A member of a replicated service that a change takes down for a moment.
///
/// The engine runs at most one such change per domain at a time, in the order of `rank`, and none
/// after one has failed. The change itself ends with a gate: an [`crate::world::Op::Await`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disruption {
    /// The service: `etcd cluster https://10.0.0.6:2380,...`.
    pub domain: Text,
    /// The member.
    pub member: Text,
    /// Lower goes first: members that are down (0), then followers, the leader last.
    pub rank: u32,
    /// How many members the service has.
    pub members: usize,
    /// How many of them must be there for the service to answer.
    pub quorum: usize,
}

/// What is needed to remove an object.
#[derive(Debug)]
pub struct DestroyRequest<'a> {
    /// The object as it was just seen.
    pub prior: &'a Value,
}

/// What is needed to fill in what the plan left open.
pub struct RealizeRequest {
    /// The configuration as written, wholly known.
    pub config: Value,
    /// The object as it was seen.
    pub prior: Option<Value>,
    /// The plan, made again now that the configuration is wholly known.
    pub planned: Planned,
}

/// What may be used to fill in what the plan left open.
pub trait Realm: Send + Sync {
    /// Now, in seconds since 1970.
    fn now(&self) -> i64;
    /// Seals a secret for the state.
    fn seal(&self, secret: &[u8]) -> Result<String, Box<Diagnostic>>;
    /// Fresh random bytes.
    fn salt(&self) -> [u8; 16] {
        let mut salt = [0; 16];
        // Not from aws-lc, whose generator takes 50 ms to begin. Without randomness no run may go on.
        getrandom::fill(&mut salt).expect("the system's random number generator answers");
        salt
    }
    /// Opens a sealed secret.
    fn unseal(&self, sealed: &str) -> Result<Zeroizing<Vec<u8>>, Box<Diagnostic>>;
}

/// Final steps, and the object as far as it is known before they run.
#[derive(Clone, Debug)]
pub struct Realized {
    /// The object; still unknown is only what [`Resource::finish`] reads from the replies.
    pub after: Value,
    /// The steps, each completing the planned one.
    pub steps: Vec<Step>,
}

/// Whether waiting is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// What was waited for is true.
    Yes,
    /// Not yet, and why: shown while waiting and when time runs out.
    NotYet(String),
    /// It will never be: waiting stops.
    Never(String),
}

/// One resource type.
pub trait Resource: Send + Sync {
    /// Its attributes.
    fn schema(&self) -> &Schema;

    /// Checks what is known of a configuration; unknown parts pass.
    fn check(&self, config: &Value) -> Vec<Refusal> {
        let _ = config;
        Vec::new()
    }

    /// Whether its objects are anywhere but in the state, so that there is something to look at.
    fn exists_outside(&self) -> bool {
        true
    }

    /// The attributes to look with for an object that exists already and has this `id`, where the
    /// configuration, in the schema's types, says the rest: `import`. What cannot be told before
    /// the look is unknown.
    ///
    /// # Errors
    /// Where no object of this type has such an id; what is wrong with it, and how it looks.
    fn import(&self, id: &str, config: &Value) -> Result<Value, Refusal>;

    /// The object that was found by [`Resource::import`], with what follows from what was seen.
    /// What stays unknown is taken to be as planned.
    ///
    /// # Errors
    /// Where what is there is not what the state can take over.
    fn imported(&self, seen: Value) -> Result<Value, Refusal> {
        Ok(seen)
    }

    /// What to ask in order to see an object with these attributes (from the state, or as
    /// configured, with unknown parts). Nothing where its place is not known.
    fn look(&self, attrs: &Value) -> Vec<Ask>;

    /// What the answers to [`Resource::look`] mean.
    fn seen(&self, attrs: &Value, replies: &[Reply]) -> Seen;

    /// What to do. A pure function: nothing here can touch the world.
    fn plan(&self, request: &PlanRequest<'_>) -> Result<Planned, Refusal>;

    /// What to do to remove an object.
    fn destroy(&self, request: &DestroyRequest<'_>) -> Vec<Step>;

    /// What a person must know before this object is made anew: what is lost with it.
    ///
    /// # Errors
    /// Where it cannot be made anew by itself, because it does not come back, whatever asks for it.
    fn replaced(&self, prior: &Value) -> Result<Vec<Diagnostic>, Refusal> {
        let _ = prior;
        Ok(Vec::new())
    }

    /// The running service, as in [`Disruption::domain`], that an object with these attributes is a
    /// member of for good. Members that are removed go all together: a service counts one that was
    /// only taken away as one that is down.
    fn service(&self, attrs: &Value) -> Option<Text> {
        let _ = attrs;
        None
    }

    /// Fills in what the plan left open: makes keys, signs. May take long, and runs off the main
    /// thread, unless the plan has no steps.
    fn realize(&self, request: RealizeRequest, realm: &dyn Realm) -> Result<Realized, Refusal> {
        let _ = realm;
        Ok(Realized { after: request.planned.after, steps: request.planned.steps })
    }

    /// Whether the answers end an [`crate::world::Op::Await`] of this object.
    fn awaited(&self, after: &Value, step: &Step, replies: &[Reply]) -> Awaited {
        let _ = (after, step, replies);
        Awaited::Yes
    }

    /// The object after its steps; an await's reply list is that of its last round.
    fn finish(&self, after: Value, steps: &[Step], replies: &[Vec<Reply>]) -> Value {
        let _ = (steps, replies);
        after
    }
}

/// One data source type.
pub trait DataSource: Send + Sync {
    /// Its attributes.
    fn schema(&self) -> &Schema;

    /// Checks what is known of a configuration.
    fn check(&self, config: &Value) -> Vec<Refusal> {
        let _ = config;
        Vec::new()
    }

    /// What to ask.
    fn look(&self, config: &Value) -> Vec<Ask>;

    /// What is known without asking: the configuration, with what follows from it.
    fn unread(&self, config: &Value) -> Value {
        config.clone()
    }

    /// The result. `now` is the operator's clock when the answers came, in milliseconds since 1970.
    fn read(&self, config: &Value, replies: &[Reply], now: i64) -> Result<Value, Refusal>;
}

/// All types that configurations can use.
#[derive(Clone, Default)]
pub struct Registry {
    resources: BTreeMap<&'static str, Arc<dyn Resource>>,
    data: BTreeMap<&'static str, Arc<dyn DataSource>>,
}

impl Registry {
    /// Adds a resource type.
    pub fn resource(&mut self, resource: Arc<dyn Resource>) -> &mut Self {
        self.resources.insert(resource.schema().kind, resource);
        self
    }

    /// Adds a data source type.
    pub fn data_source(&mut self, data: Arc<dyn DataSource>) -> &mut Self {
        self.data.insert(data.schema().kind, data);
        self
    }

    /// The resource type of a name.
    pub fn find_resource(&self, kind: &str) -> Option<&Arc<dyn Resource>> {
        self.resources.get(kind)
    }

    /// The data source type of a name.
    pub fn find_data_source(&self, kind: &str) -> Option<&Arc<dyn DataSource>> {
        self.data.get(kind)
    }

    /// The names of all resource types, sorted.
    pub fn resource_kinds(&self) -> impl Iterator<Item = &'static str> {
        self.resources.keys().copied()
    }

    /// The names of all data source types, sorted.
    pub fn data_kinds(&self) -> impl Iterator<Item = &'static str> {
        self.data.keys().copied()
    }
}
