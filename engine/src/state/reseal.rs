//! Sealing everything in a state anew, for others than before.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;

use super::{Record, State, Stored};
use crate::diag::Diagnostic;
use crate::resource::Registry;
use crate::schema::{Form, Schema};

/// Opens a sealed text and seals what it holds anew.
pub type Again<'a> = dyn FnMut(&str) -> Result<String, Box<Diagnostic>> + 'a;

/// A state that is sealed anew.
#[derive(Debug)]
pub struct Resealed {
    /// The state, with the serial that follows.
    pub state: State,
    /// How many sensitive values were sealed anew.
    pub values: usize,
    /// How many attributes of objects that hold a sealed text, such as the key of a CA.
    pub texts: usize,
}

impl Resealed {
    /// How many in all.
    pub fn count(&self) -> usize {
        self.values + self.texts
    }
}

/// Seals everything in a state anew, or nothing: what a plan compares stays as it is.
///
/// Copies of a sealed text in outputs, and in objects that no host is asked about, follow the
/// original. What a host has stays recorded as it is there, and the next plan brings it up to date.
///
/// # Errors
/// The first secret that cannot be opened or sealed.
pub fn reseal(
    state: &State,
    registry: &Registry,
    again: &mut Again<'_>,
) -> Result<Resealed, Box<Diagnostic>> {
    let mut run = Run { again, values: 0, texts: BTreeMap::new() };
    let mut next = State { serial: state.serial + 1, ..state.clone() };
    for stored in next.objects.values_mut() {
        run.secrets(&mut stored.record)?;
    }
    for output in next.outputs.values_mut() {
        run.secrets(&mut output.record)?;
    }
    for (addr, stored) in &mut next.objects {
        let resource = registry.find_resource(&addr.block.kind);
        resource.map_or(Ok(()), |resource| run.originals(stored, resource.schema()))?;
    }
    for (addr, stored) in &mut next.objects {
        let outside = registry.find_resource(&addr.block.kind).is_some_and(|resource| {
            let value = stored.record.value(resource.schema().ty());
            value.is_ok_and(|value| !resource.look(&value).is_empty())
        });
        if !outside {
            run.copies(&mut stored.record);
        }
    }
    next.outputs.values_mut().for_each(|output| run.copies(&mut output.record));
    Ok(Resealed { state: next, values: run.values, texts: run.texts.len() })
}

/// Everything sealed in a state, as it is sealed.
pub fn sealed_texts<'s>(state: &'s State, registry: &Registry) -> impl Iterator<Item = &'s str> {
    let records = state.objects.values().map(|stored| &stored.record);
    let records = records.chain(state.outputs.values().map(|output| &output.record));
    let values = records.flat_map(Record::sealed);
    let texts = state.objects.iter().flat_map(|(addr, stored)| {
        let schema = registry.find_resource(&addr.block.kind).map(|resource| resource.schema());
        schema.into_iter().flat_map(|schema| originals(stored, schema))
    });
    values.chain(texts)
}

/// The sealed texts among the attributes of an object.
fn originals<'s>(stored: &'s Stored, schema: &Schema) -> impl Iterator<Item = &'s str> {
    let sealed = schema.attrs.iter().filter(|attr| attr.form == Form::Sealed);
    sealed.filter_map(|attr| stored.record.attributes.get(attr.name).and_then(Json::as_str))
}

struct Run<'a, 'b> {
    again: &'a mut Again<'b>,
    values: usize,
    /// Sealed texts of attributes, and what became of them.
    texts: BTreeMap<String, String>,
}

impl Run<'_, '_> {
    fn secrets(&mut self, record: &mut Record) -> Result<(), Box<Diagnostic>> {
        if record.secrets.is_empty() {
            return Ok(());
        }
        *record = record.resealed(&mut |sealed| {
            self.values += 1;
            (self.again)(sealed)
        })?;
        Ok(())
    }

    fn originals(&mut self, stored: &Stored, schema: &Schema) -> Result<(), Box<Diagnostic>> {
        for text in originals(stored, schema) {
            if !self.texts.contains_key(text) {
                let resealed = (self.again)(text)?;
                self.texts.insert(text.to_owned(), resealed);
            }
        }
        Ok(())
    }

    fn copies(&self, record: &mut Record) {
        if self.occurs_in(&record.attributes) {
            replace(Arc::make_mut(&mut record.attributes), &self.texts);
        }
    }

    fn occurs_in(&self, json: &Json) -> bool {
        match json {
            Json::String(text) => self.texts.contains_key(text),
            Json::Array(items) => items.iter().any(|item| self.occurs_in(item)),
            Json::Object(entries) => entries.values().any(|value| self.occurs_in(value)),
            _ => false,
        }
    }
}

fn replace(json: &mut Json, with: &BTreeMap<String, String>) {
    match json {
        Json::String(text) => {
            if let Some(other) = with.get(text) {
                other.clone_into(text);
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|item| replace(item, with)),
        Json::Object(entries) => entries.values_mut().for_each(|value| replace(value, with)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::tests::Blind;
    use super::super::{Status, StoredOutput};
    use super::*;
    use crate::value::{Type, Value};

    fn state() -> State {
        let secret = Value::object([("password", Value::from("hunter2").sensitive())]);
        let record = Record::new(&secret, &Type::Any, &Blind).unwrap();
        let object = Stored {
            record: record.clone(),
            schema_version: 1,
            status: Status::Ready,
            depends_on: Default::default(),
        };
        let mut state = State { lineage: "l".into(), serial: 7, ..State::default() };
        state.objects.insert("terraform_data.a".parse().unwrap(), object);
        state.outputs.insert("o".into(), StoredOutput { record, sensitive: true });
        state
    }

    #[test]
    fn what_is_sealed_anew_is_recognised_and_counted() {
        let old = state();
        let mut again = |sealed: &str| Ok(format!("{sealed} again"));
        let new = reseal(&old, &Registry::default(), &mut again).unwrap();
        assert_eq!((new.count(), new.state.serial), (2, 8));
        let record = &new.state.outputs["o"].record;
        let secret = Value::object([("password", Value::from("hunter2").sensitive())]);
        assert_eq!(record.value_like(&Type::Any, Some(&secret)).unwrap(), secret);
        assert!(serde_json::to_string(record).unwrap().contains("sealed again"));
    }

    #[test]
    fn one_that_cannot_be_opened_stops_all() {
        let mut again = |_: &str| Err(Box::new(Diagnostic::error("No", "no")));
        assert!(reseal(&state(), &Registry::default(), &mut again).is_err());
    }
}
