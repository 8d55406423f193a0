//! In what order a plan is carried out: jobs and what each waits for, and nothing else.

mod removals;

use std::collections::BTreeMap;

use rustc_hash::FxHashMap as HashMap;

use super::Planning;
use crate::addr::ModulePath;
use crate::build::{Node, Written};
use crate::config::{Config, Depends, DependsOn};
use crate::desired::Dep;
use crate::diag::Diagnostic;
use crate::graph::Graph;
use crate::refactor::Prior;
use crate::state::State;
use crate::value::Text;

/// One thing to do, or to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// Evaluate a variable, local or output again if it was not known: node and module instance.
    Value(usize, usize),
    /// Carry out the change of an object, by its index in the plan. Of a replacement whose halves are
    /// two jobs, this is the one that makes the new object.
    Object(usize),
    /// Remove what a replacement replaces, by the index of the object in the plan.
    Remove(usize),
    /// Nothing: many wait for it and it waits for many, so that edges stay few.
    Gate,
}

/// All jobs of a plan.
#[derive(Debug)]
pub struct Schedule {
    /// The jobs and what each waits for.
    pub graph: Graph<Job>,
}

/// Schedules a plan.
///
/// # Errors
/// Dependencies that contradict the order in which members of a service may be taken down. Any other
/// circle among the jobs, which the graph of what is written cannot have, is our bug.
pub fn schedule(
    planning: &Planning,
    written: &Written,
    config: &Config,
    state: &State,
) -> Result<Schedule, Diagnostic> {
    let mut scheduler = Scheduler::new(planning, written, config);
    scheduler.add_jobs();
    scheduler.follow_mentions();
    scheduler.follow_orders();
    let prior = Prior::of(config, state).map_err(|error| *error)?;
    scheduler.join_halves();
    scheduler.make_room();
    scheduler.delete_dependents_first(&prior.state);
    scheduler.one_disruption_at_a_time();
    scheduler.remove_dependents_first(&prior.state);
    match scheduler.graph.order() {
        Ok(_) => Ok(Schedule { graph: scheduler.graph }),
        Err(cycle) => Err(scheduler.circle(&cycle)),
    }
}

fn name(job: Job, planning: &Planning) -> String {
    match job {
        Job::Object(index) => planning.plan.objects[index].addr.to_string(),
        Job::Remove(index) => format!("{} (removal)", planning.plan.objects[index].addr),
        job => format!("{job:?}"),
    }
}

struct Scheduler<'a> {
    planning: &'a Planning,
    written: &'a Written,
    config: &'a Config,
    graph: Graph<Job>,
    values: HashMap<(usize, usize), usize>,
    gates: HashMap<(usize, usize), usize>,
    objects: Vec<usize>,
    /// The removing halves of replacements, by the index of the object.
    removals: BTreeMap<usize, usize>,
    instances: HashMap<(usize, usize, usize), usize>,
    /// Members that are taken down one after the other: the later, the earlier; objects by index.
    in_turn: Vec<(usize, usize)>,
}

impl<'a> Scheduler<'a> {
    fn new(planning: &'a Planning, written: &'a Written, config: &'a Config) -> Self {
        Scheduler {
            planning,
            written,
            config,
            graph: Graph::default(),
            values: HashMap::default(),
            gates: HashMap::default(),
            objects: Vec::new(),
            removals: BTreeMap::new(),
            instances: HashMap::default(),
            in_turn: Vec::new(),
        }
    }

    fn modules(&self, path: &ModulePath) -> usize {
        self.planning.tables.instances_of(path).len()
    }

    fn add_jobs(&mut self) {
        for (node, written) in self.written.nodes.iter().enumerate() {
            for module in 0..self.modules(written.module()) {
                match written {
                    Node::Block(..) => {
                        let gate = self.graph.add(Job::Gate);
                        self.gates.insert((node, module), gate);
                    }
                    _ => {
                        let job = self.graph.add(Job::Value(node, module));
                        self.values.insert((node, module), job);
                    }
                }
            }
        }
        for (index, place) in self.planning.places.iter().enumerate() {
            let job = self.graph.add(Job::Object(index));
            self.objects.push(job);
            if self.planning.plan.objects[index].change.has_two_halves() {
                self.removals.insert(index, self.graph.add(Job::Remove(index)));
            }
            if let Some(place @ (node, module, _)) = *place {
                self.instances.insert(place, job);
                self.wait(self.gates.get(&(node, module)).copied(), Some(job));
            }
        }
    }

    fn wait(&mut self, job: Option<usize>, on: Option<usize>) {
        if let (Some(job), Some(on)) = (job, on) {
            self.graph.depends(job, on);
        }
    }

    fn job_of(&self, dep: &Dep) -> Option<usize> {
        match *dep {
            Dep::Value(node, module) => self.values.get(&(node, module)).copied(),
            Dep::Block(node, module) => self.gates.get(&(node, module)).copied(),
            Dep::Instance(node, module, index) => {
                // Data sources that were read need no job; their inputs are known.
                self.instances.get(&(node, module, index)).copied()
            }
        }
    }

    fn follow_mentions(&mut self) {
        let tables = &self.planning.tables;
        let values: Vec<_> = self.values.iter().map(|(place, job)| (*place, *job)).collect();
        for ((node, module), job) in values {
            for dep in tables.value_deps(node, module) {
                self.wait(Some(job), self.job_of(dep));
            }
            self.wait(Some(job), self.call_of(node, module));
        }
        let instances: Vec<_> = self.instances.iter().map(|(place, job)| (*place, *job)).collect();
        for ((node, module, index), job) in instances {
            let deps = tables.instances(node, module).map(|i| &i.deps[index]);
            for dep in deps.into_iter().flatten() {
                self.wait(Some(job), self.job_of(dep));
            }
            self.wait(Some(job), self.call_of(node, module));
        }
    }

    /// The job of the module call that a node lives in.
    fn call_of(&self, node: usize, module: usize) -> Option<usize> {
        let path = self.written.nodes[node].module();
        let (name, parent) = path.0.split_last()?;
        let call = Node::Call(ModulePath(parent.to_vec()), name.clone());
        let at = self.planning.tables.instances_of(path).get(module)?.parent;
        self.values.get(&(self.written.find(&call)?, at)).copied()
    }

    fn follow_orders(&mut self) {
        for node in 0..self.written.nodes.len() {
            let path = self.written.nodes[node].module().clone();
            for module in 0..self.modules(&path) {
                self.follow_orders_of(node, &path, module);
            }
        }
    }

    fn follow_orders_of(&mut self, node: usize, path: &ModulePath, module: usize) {
        let config = self.config.modules.get(path);
        let (depends, jobs): (&[Depends], Vec<usize>) = match (&self.written.nodes[node], config) {
            (Node::Done(_), _) => return self.done_waits_for_all(node, path, module),
            (Node::Block(_, addr), Some(config)) => {
                let depends = config.blocks.get(addr).map_or(&[][..], |block| &block.depends_on);
                if depends.is_empty() {
                    return;
                }
                (depends, self.jobs_of_block(node, module))
            }
            (Node::Call(_, name), Some(config)) => {
                let depends = config.calls.get(name).map_or(&[][..], |call| &call.depends_on);
                (depends, self.values.get(&(node, module)).copied().into_iter().collect())
            }
            (Node::Output(_, name), Some(config)) => {
                let depends = config.outputs.get(name).map_or(&[][..], |o| &o.depends_on);
                (depends, self.values.get(&(node, module)).copied().into_iter().collect())
            }
            _ => return,
        };
        let before = depends.iter().flat_map(|depends| self.jobs_before(path, module, &depends.on));
        for on in before.collect::<Vec<_>>() {
            jobs.iter().for_each(|job| self.graph.depends(*job, on));
        }
    }

    fn jobs_of_block(&self, node: usize, module: usize) -> Vec<usize> {
        let count = self.planning.tables.instances(node, module).map_or(0, |i| i.values.len());
        (0..count).filter_map(|i| self.instances.get(&(node, module, i)).copied()).collect()
    }

    fn jobs_before(&self, path: &ModulePath, module: usize, on: &DependsOn) -> Vec<usize> {
        let value = |node: Node| {
            let node = self.written.find(&node)?;
            self.values.get(&(node, module)).copied()
        };
        match on {
            DependsOn::Block(addr) => {
                let node = self.written.find(&Node::Block(path.clone(), addr.clone()));
                node.and_then(|node| self.gates.get(&(node, module)).copied()).into_iter().collect()
            }
            DependsOn::Module(name) => self.done_of_children(path, module, name),
            DependsOn::Named(root, name) if &**root == "var" => {
                value(Node::Variable(path.clone(), name.clone())).into_iter().collect()
            }
            DependsOn::Named(_, name) => {
                value(Node::Local(path.clone(), name.clone())).into_iter().collect()
            }
        }
    }

    fn done_of_children(&self, path: &ModulePath, module: usize, name: &Text) -> Vec<usize> {
        let inner = path.child(name.clone());
        let Some(done) = self.written.find(&Node::Done(inner.clone())) else { return Vec::new() };
        let children = self.planning.tables.instances_of(&inner).iter().enumerate();
        let mine = children.filter(|(_, at)| at.parent == module);
        mine.filter_map(|(index, _)| self.values.get(&(done, index)).copied()).collect()
    }

    fn done_waits_for_all(&mut self, node: usize, path: &ModulePath, module: usize) {
        let done = self.values.get(&(node, module)).copied();
        let Some(config) = self.config.modules.get(path) else { return };
        let blocks = config.blocks.keys().filter_map(|addr| {
            let node = self.written.find(&Node::Block(path.clone(), addr.clone()))?;
            self.gates.get(&(node, module)).copied()
        });
        let outputs = config.outputs.keys().filter_map(|name| {
            let node = self.written.find(&Node::Output(path.clone(), name.clone()))?;
            self.values.get(&(node, module)).copied()
        });
        let children = config.calls.keys().flat_map(|n| self.done_of_children(path, module, n));
        let all: Vec<usize> = blocks.chain(outputs).chain(children).collect();
        all.into_iter().for_each(|on| self.wait(done, Some(on)));
    }
}
