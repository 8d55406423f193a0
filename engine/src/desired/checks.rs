//! What the configuration promises, and whether it is so: `check` blocks, which warn and never stop
//! anything, and the conditions of variables, outputs and blocks, which stop elsewhere.

use serde::{Deserialize, Serialize};

use super::condition::{message, truth};
use super::{At, Rigour, Walk};
use crate::addr::{BlockAddr, Key, ModuleInstance, ModulePath};
use crate::build::Node;
use crate::config::{Condition, Config, Lifecycle, Module};
use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::eval::values_behind;
use crate::value::Text;

const ASSERTION: &str = "Check block assertion failed";

/// What a promise of the configuration is made of: a `check` block, or something with conditions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// A `check` block.
    Check(Text),
    /// A variable with a `validation`.
    Variable(Text),
    /// An output with a `precondition`.
    Output(Text),
    /// A block with a `precondition` or `postcondition`.
    Block(BlockAddr),
}

/// What became of the conditions of one thing that is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckResult {
    /// The module as written.
    pub module: ModulePath,
    /// What it is about.
    pub subject: Subject,
    /// Its instances; none where they were not looked at.
    pub instances: Option<Vec<Checked>>,
}

/// What became of the conditions of one instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checked {
    /// The module instance.
    pub module: ModuleInstance,
    /// The key of the object, where it is one of several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Key>,
    /// The worst of its conditions.
    pub status: CheckStatus,
    /// What the configuration says about conditions that do not hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<String>,
    /// What is to be said of it, where nothing else says it: warnings of `check` blocks. Not stored.
    #[serde(skip)]
    pub problems: Vec<Diagnostic>,
}

/// Whether what a condition asks for is so. Later is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckStatus {
    /// It is.
    Pass,
    /// That is not known before changes are applied.
    Unknown,
    /// It is not.
    Fail,
    /// It could not be evaluated.
    Error,
}

impl CheckResult {
    /// The worst of its instances. Of no instances nothing is asked.
    pub fn status(&self) -> CheckStatus {
        let Some(instances) = &self.instances else { return CheckStatus::Unknown };
        instances.iter().map(|checked| checked.status).max().unwrap_or(CheckStatus::Pass)
    }

    /// As it is stored.
    pub fn without_problems(&self) -> CheckResult {
        let mut stored = self.clone();
        stored.instances.iter_mut().flatten().for_each(|checked| checked.problems.clear());
        stored
    }

    /// The mistakes in it, which no plan passes over.
    pub fn mistakes(&self) -> impl Iterator<Item = &Diagnostic> {
        self.problems().filter(|problem| problem.severity == Severity::Error)
    }

    /// All that is to be said of it.
    pub fn problems(&self) -> impl Iterator<Item = &Diagnostic> {
        self.instances.iter().flatten().flat_map(|checked| &checked.problems)
    }
}

impl Checked {
    fn passed(module: &ModuleInstance, key: Option<Key>) -> Checked {
        let (module, status) = (module.clone(), CheckStatus::Pass);
        Checked { module, key, status, messages: Vec::new(), problems: Vec::new() }
    }

    fn hold(&mut self, title: &'static str, condition: &Condition, at: &At<'_>) {
        let (status, problems) = assertion(title, condition, at);
        self.status = self.status.max(status);
        if status == CheckStatus::Fail {
            self.messages.extend(problems.iter().map(|problem| problem.detail.clone()));
        }
        self.problems.extend(problems);
    }

    fn hold_all<'c>(&mut self, conditions: impl IntoIterator<Item = &'c Condition>, at: &At<'_>) {
        conditions.into_iter().for_each(|condition| self.hold("Condition", condition, at));
        // Whoever evaluated the thing itself has said what is wrong.
        self.problems.clear();
    }
}

/// What every check is without having been looked at.
pub fn unchecked(config: &Config) -> Vec<CheckResult> {
    let mut all = Vec::new();
    for (module, written) in &config.modules {
        let result = |subject| CheckResult { module: module.clone(), subject, instances: None };
        all.extend(subjects(written).map(result));
    }
    all
}

/// Everything in a module that has conditions.
fn subjects(module: &Module) -> impl Iterator<Item = Subject> {
    let checks = module.checks.keys().cloned().map(Subject::Check);
    let variables = module.variables.iter().filter(|(_, v)| !v.validations.is_empty());
    let outputs = module.outputs.iter().filter(|(_, o)| !o.preconditions.is_empty());
    let blocks = module.blocks.values().filter(|block| {
        let lifecycle = &block.lifecycle;
        !(lifecycle.preconditions.is_empty() && lifecycle.postconditions.is_empty())
    });
    checks
        .chain(variables.map(|(name, _)| Subject::Variable(name.clone())))
        .chain(outputs.map(|(name, _)| Subject::Output(name.clone())))
        .chain(blocks.map(|block| Subject::Block(block.addr.clone())))
}

impl Walk<'_> {
    /// What became of all conditions, with what the walk has found.
    pub fn checks(&self) -> Vec<CheckResult> {
        let mut results = unchecked(&self.inputs.config);
        for result in &mut results {
            let modules = self.tables.instances_of(&result.module);
            let node = self.node_of(&result.module, &result.subject);
            if !self.is_in_focus(node) {
                continue;
            }
            let instances = modules.iter().enumerate().map(|(index, at)| {
                self.check(&result.module, &result.subject, node, index, &at.addr)
            });
            result.instances = instances.collect::<Option<Vec<_>>>().map(|all| all.concat());
        }
        results
    }

    /// What a plan of some objects leaves out is not known. A check is about the whole.
    fn is_in_focus(&self, node: Option<usize>) -> bool {
        match node {
            Some(node) => self.rigour_of(node) != Rigour::Lenient,
            None => self.overlooked.is_none(),
        }
    }

    fn node_of(&self, module: &ModulePath, subject: &Subject) -> Option<usize> {
        let module = module.clone();
        let node = match subject {
            Subject::Check(_) => return None,
            Subject::Variable(name) => Node::Variable(module, name.clone()),
            Subject::Output(name) => Node::Output(module, name.clone()),
            Subject::Block(block) => Node::Block(module, block.clone()),
        };
        self.written.find(&node)
    }

    /// The instances of one thing in one module instance; none where they are not known.
    fn check(
        &self,
        path: &ModulePath,
        subject: &Subject,
        node: Option<usize>,
        module: usize,
        addr: &ModuleInstance,
    ) -> Option<Vec<Checked>> {
        let written = self.inputs.config.modules.get(path)?;
        let mut at = self.scope(path, module);
        let mut checked = Checked::passed(addr, None);
        match subject {
            Subject::Check(name) => {
                let asserts = &written.checks.get(name)?.asserts;
                asserts.iter().for_each(|assert| checked.hold(ASSERTION, assert, &at));
            }
            Subject::Variable(name) => {
                at.own_variable = Some((name.clone(), self.tables.value(node?, module)?.clone()));
                checked.hold_all(&written.variables.get(name)?.validations, &at);
            }
            Subject::Output(name) => {
                checked.hold_all(&written.outputs.get(name)?.preconditions, &at);
            }
            Subject::Block(block) => {
                let lifecycle = &written.blocks.get(block)?.lifecycle;
                return self.check_instances(lifecycle, node?, at, module, addr);
            }
        }
        Some(vec![checked])
    }

    fn check_instances(
        &self,
        lifecycle: &Lifecycle,
        node: usize,
        mut at: At<'_>,
        module: usize,
        addr: &ModuleInstance,
    ) -> Option<Vec<Checked>> {
        let instances = self.tables.instances(node, module)?;
        let mut all = Vec::new();
        for (index, key) in instances.keys.iter().enumerate() {
            let mut checked = Checked::passed(addr, key.clone());
            at.each = instances.each[index].clone();
            at.own = None;
            checked.hold_all(&lifecycle.preconditions, &at);
            at.own = Some(instances.values[index].clone());
            checked.hold_all(&lifecycle.postconditions, &at);
            all.push(checked);
        }
        Some(all)
    }

    /// Mistakes in these nodes are overlooked, as the plan is not about them.
    pub fn overlook(&mut self, nodes: Option<Vec<bool>>) {
        self.overlooked = nodes;
    }

    pub(super) fn rigour_of(&self, node: usize) -> Rigour {
        match &self.overlooked {
            Some(nodes) if nodes[node] => Rigour::Lenient,
            _ => self.rigour,
        }
    }
}

/// What a condition of a check comes to. One that cannot be evaluated is a mistake of whoever wrote
/// it; one that does not hold is only said.
fn assertion(
    title: &'static str,
    assert: &Condition,
    at: &At<'_>,
) -> (CheckStatus, Vec<Diagnostic>) {
    let mut own = Diagnostics::default();
    let outcome = truth(assert, at, &mut own);
    let status = match outcome {
        Err(_) => CheckStatus::Error,
        Ok(Some(true)) => CheckStatus::Pass,
        Ok(None) => {
            let detail = "The condition could not be evaluated at this time, a result will be \
                          known when this plan is applied.";
            let summary = "Check block assertion known after apply";
            own.push(Diagnostic::warning(summary, detail).at(assert.condition.span()));
            CheckStatus::Unknown
        }
        Ok(Some(false)) => match message(assert, at, &mut own) {
            Ok(text) => {
                let mut warning = Diagnostic::warning(title, text).at(assert.condition.span());
                warning.values = values_behind(&assert.condition, at);
                own.push(warning);
                CheckStatus::Fail
            }
            Err(_) => CheckStatus::Error,
        },
    };
    (status, own.iter().cloned().collect())
}
