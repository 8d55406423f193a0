//! Objects that exist and that the state takes over: what is known of them, and what is wrong with
//! taking them over.

use std::collections::BTreeMap;

use super::Change;
use crate::addr::InstanceAddr;
use crate::desired::{Adoption, Configured};
use crate::diag::{Diagnostic, Diagnostics};
use crate::resource::{Resource, Seen};
use crate::value::{Text, Value};

/// An object as it is outside.
pub(crate) struct Adopted {
    /// What it is known by.
    pub id: Text,
    /// As it was seen; unknown is what nobody can see of it.
    pub seen: Value,
}

impl Adopted {
    /// What was found under an id.
    ///
    /// # Errors
    /// The id is none of the type's, nothing is there, or what is there is something else.
    pub fn find(
        id: &Text,
        addr: &InstanceAddr,
        configured: &Configured,
        resource: &dyn Resource,
        observed: Option<&Seen>,
    ) -> Result<Adopted, Diagnostic> {
        let refused = |refusal| configured.refused(refusal, addr);
        let attrs = resource.import(id, &configured.typed).map_err(refused)?;
        let unasked = resource.look(&attrs).is_empty().then(|| resource.seen(&attrs, &[]));
        let seen = match observed.cloned().or(unasked) {
            Some(Seen::Present(seen)) => seen,
            Some(Seen::Absent) => return Err(nothing_there(id, addr).at(configured.header)),
            None => return Err(not_looked_at(id, addr).at(configured.header)),
        };
        let seen = resource.imported(filled(&seen, &attrs)).map_err(refused)?;
        Ok(Adopted { id: id.clone(), seen })
    }

    /// The object as the state can keep it: null is what is not known.
    pub fn prior(&self) -> Value {
        let attrs = self.seen.entries().into_iter().flatten().map(|(name, value)| {
            let open = !value.is_wholly_known();
            (name.clone(), if open { Value::Null(value.type_of()) } else { value.clone() })
        });
        Value::object(attrs.collect::<Vec<_>>())
    }

    /// The change, where what nobody can see is taken to be as planned: none, if the rest is as it
    /// is to be and no step is needed.
    pub fn settle(&self, change: Change) -> Change {
        match change {
            Change::Update { before, planned } => {
                let as_planned = filled(&self.seen, &planned.after);
                let at_rest = planned.steps.is_empty() && planned.after.is_wholly_known();
                match at_rest && as_planned == planned.after {
                    true => Change::NoOp { object: planned.after },
                    false => Change::Update { before, planned },
                }
            }
            change => change,
        }
    }
}

/// An object with what is unknown in it taken from another, attribute by attribute.
fn filled(object: &Value, from: &Value) -> Value {
    let attrs = object.entries().into_iter().flatten().map(|(name, value)| {
        let known = from.attr(name).filter(|_| !value.is_wholly_known());
        (name.clone(), known.unwrap_or(value).clone())
    });
    Value::object(attrs.collect::<Vec<_>>())
}

fn nothing_there(id: &Text, addr: &InstanceAddr) -> Diagnostic {
    let detail = format!(
        "While attempting to import an existing object to \"{addr}\", nothing was found with the \
         id {id:?}."
    );
    let help = "Only what exists can be imported: check the id, and the host in the configuration; or \
                leave the import out, and apply makes the object.";
    Diagnostic::error("Cannot import non-existent object", detail)
        .about(addr.to_string())
        .help(help)
}

fn not_looked_at(id: &Text, addr: &InstanceAddr) -> Diagnostic {
    let detail = format!(
        "{addr} is to be imported from {id:?}, but it was not looked at: its host is not asked, or \
         not known yet."
    );
    Diagnostic::error("Cannot import what was not seen", detail)
        .about(addr.to_string())
        .help("Leave out -refresh=false, and give it a host that is known when the plan is made.")
}

/// Says which blocks ask for something that is not declared.
pub(super) fn check_targets(
    adoptions: &BTreeMap<InstanceAddr, Adoption>,
    is_declared: impl Fn(&InstanceAddr) -> bool,
    diagnostics: &mut Diagnostics,
) {
    for (addr, adoption) in adoptions.iter().filter(|(addr, _)| !is_declared(addr)) {
        diagnostics.push(undeclared(addr).at(adoption.span));
    }
}

/// An object that no block describes cannot be taken over.
pub(super) fn undeclared(addr: &InstanceAddr) -> Diagnostic {
    let detail = format!(
        "The configuration for the given import target {addr} does not exist. All target instances \
         must have an associated configuration to be imported."
    );
    let place = match addr.module.0.is_empty() {
        true => "the root module".to_owned(),
        false => addr.module.path().to_string(),
    };
    let help = match &addr.key {
        Some(key) => format!(
            "Before importing it, have the count or for_each of {} in {place} give the key {key}.",
            addr.block
        ),
        None => format!(
            "Before importing it, write its block in {place}: resource {:?} {:?} {{ ... }}",
            addr.block.kind, addr.block.name
        ),
    };
    Diagnostic::error("Configuration for import target does not exist", detail).help(help)
}
