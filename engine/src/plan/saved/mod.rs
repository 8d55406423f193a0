//! Saved plans: all that a plan was made from, and the plan, as one file without a secret.
//!
//! `plan::make` is a function, so a saved plan is applied by making it again from what the file
//! holds (configuration, variables, time, what was seen) and the state, and comparing the outcome
//! with the plan in the file. The plan in the file is what `show` shows, which needs no identity.
//!
//! What is sensitive is replaced by a number into one list, which is sealed as a whole. Texts in
//! which a part of it occurs are sealed with it.

mod changes;
mod file;
mod steps;
mod types;
mod values;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use crate::addr::InstanceAddr;
use crate::config::{FileSnapshot, MemoryFiles, Opening};
use crate::desired::Inputs;
use crate::diag::Diagnostic;
use crate::observe::Observed;
use crate::plan::{Aim, Extent, Goal, Plan, Refresh, Waves};
use crate::resource::Seen;
use crate::state::State;
use crate::value::{Text, Value};
pub use file::Unusable;
use values::{Reader, Vault, Writer, bytes_json, json_bytes, sealable};

/// What goes into a file.
pub struct Contents<'a> {
    /// What the plan was made from.
    pub inputs: &'a Inputs,
    /// The files that functions read while it was made.
    pub files: &'a FileSnapshot,
    /// The state that it was made from.
    pub state: &'a State,
    /// What was seen.
    pub observed: &'a Observed,
    /// What it is to achieve.
    pub aim: &'a Aim,
    /// The plan.
    pub plan: &'a Plan,
    /// The order in which it would be carried out.
    pub waves: &'a Waves,
    /// What readers need besides, in their own form; must hold no secret.
    pub review: Json,
}

/// Seals a text for those who may apply the plan.
pub type Seal<'a> = dyn Fn(&[u8]) -> Result<String, Box<Diagnostic>> + 'a;

/// The bytes of a saved plan.
///
/// # Errors
/// Where something is sensitive and cannot be sealed.
pub fn write(contents: &Contents<'_>, seal: &Seal<'_>) -> Result<Vec<u8>, Box<Diagnostic>> {
    let mut vault = Vault::default();
    let mut writer = Writer { vault: Some(&mut vault) };
    let variables = entries(contents.inputs.variables.iter(), |v| writer.value(v));
    let observed = write_observed(contents.observed, &mut writer);
    let plan = write_plan(contents.plan, &mut writer);
    let secretive = !vault.is_empty() || mentions_secrets(contents.inputs);
    let mut hidden = Texts::default();
    let config = contents.inputs.config.sources.iter();
    let config = config.map(|text| (&*text.name, text.text.as_bytes()));
    let config = hidden.split(config, |text| vault.leaks_into(text));
    let files = contents.files.contents.iter().map(|(path, bytes)| (&**path, &**bytes));
    let files = hidden.split(files, |_| secretive);
    let sealed = match vault.is_empty() && hidden.0.is_empty() {
        true => Json::Null,
        false => {
            let text = json!({ "secrets": vault.to_json(), "texts": hidden.0 });
            Json::String(seal(&sealable(&text))?)
        }
    };
    let document = json!({
        "quorate_version": env!("CARGO_PKG_VERSION"),
        "goal": goal_name(contents.aim.goal),
        "aim": write_aim(contents.aim),
        "now": contents.inputs.now,
        "state": write_base(contents.state),
        "config": config,
        "files": files,
        "listings": contents.files.listings,
        "variables": variables,
        "observed": observed,
        "plan_digest": changes::digest(plan.to_string().as_bytes()),
        "plan": plan,
        "waves": contents.waves,
        "review": contents.review,
        "opening": contents.inputs.config.settings.seal.as_ref().map(|seal| &seal.opening),
        "sealed": sealed,
    });
    let bytes = file::wrap(&document);
    // Nesting that the parser refuses must not be found out when the plan is to be applied.
    read(&bytes).and_then(|saved| saved.plan()).map(|_| bytes).map_err(|reason| {
        Box::new(Diagnostic::bug("Plan cannot be saved", format!("The file made of it: {reason}.")))
    })
}

/// Texts that are sealed, by path.
#[derive(Default)]
struct Texts(Map<String, Json>);

impl Texts {
    /// All texts by path: those to be hidden are null and kept.
    fn split<'t>(
        &mut self,
        texts: impl Iterator<Item = (&'t str, &'t [u8])>,
        hide: impl Fn(&[u8]) -> bool,
    ) -> Map<String, Json> {
        let one = |(path, bytes): (&str, &[u8])| {
            let json = bytes_json(bytes);
            match hide(bytes) {
                true => {
                    self.0.insert(path.to_owned(), json);
                    (path.to_owned(), Json::Null)
                }
                false => (path.to_owned(), json),
            }
        };
        texts.map(one).collect()
    }
}

/// Whether anything is declared secret: a file that is read may then be one.
fn mentions_secrets(inputs: &Inputs) -> bool {
    let declared = inputs.config.modules.values().any(|module| {
        module.variables.values().any(|variable| variable.sensitive)
            || module.outputs.values().any(|output| output.sensitive)
    });
    declared || inputs.config.sources.iter().any(|text| text.text.contains("sensitive("))
}

fn entries<'a, K: ToString + 'a, V: 'a>(
    all: impl Iterator<Item = (&'a K, &'a V)>,
    mut form: impl FnMut(&V) -> Json,
) -> Map<String, Json> {
    all.map(|(key, value)| (key.to_string(), form(value))).collect()
}

/// Lineage, serial and the version of everything in a state.
fn write_base(state: &State) -> Json {
    json!({
        "lineage": state.lineage,
        "serial": state.serial,
        "objects": entries(state.objects.iter(), |object| json!(object.version())),
        "outputs": entries(state.outputs.iter(), |output| json!(output.version())),
    })
}

fn write_observed(observed: &Observed, writer: &mut Writer<'_>) -> Json {
    let objects = entries(observed.objects.iter(), |seen| match seen {
        Seen::Absent => json!([]),
        Seen::Present(value) => json!([writer.value(value)]),
    });
    let data = entries(observed.data.iter(), |(config, result)| {
        json!([writer.value(config), writer.value(result)])
    });
    json!({ "objects": objects, "data": data })
}

fn write_plan(plan: &Plan, writer: &mut Writer<'_>) -> Json {
    let objects: Vec<Json> =
        plan.objects.iter().map(|object| changes::write_object(object, writer)).collect();
    let outputs = entries(plan.outputs.iter(), |output| changes::write_output(output, writer));
    let causes = entries(plan.causes.iter(), changes::write_causes);
    json!({ "objects": objects, "outputs": outputs, "causes": causes, "checks": plan.checks })
}

fn goal_name(goal: Goal) -> &'static str {
    match goal {
        Goal::Converge => "converge",
        Goal::Destroy => "destroy",
        Goal::RefreshOnly => "refresh only",
    }
}

fn write_aim(aim: &Aim) -> Json {
    let targets: Vec<String> = aim.targets().iter().map(ToString::to_string).collect();
    let replace: Vec<String> = aim.replace.iter().map(ToString::to_string).collect();
    json!({
        "refresh": aim.refresh == Refresh::Ask,
        "replace": replace,
        "all_but": matches!(aim.extent, Extent::AllBut(_)),
        "targets": targets,
    })
}

fn read_aim(goal: Goal, json: &Json) -> Option<Aim> {
    let texts = |name: &str| -> Option<Vec<&str>> {
        json.get(name)?.as_array()?.iter().map(Json::as_str).collect()
    };
    let parsed = texts("targets")?.into_iter().map(|text| text.parse().ok());
    let targets: Vec<_> = parsed.collect::<Option<_>>()?;
    let replace = texts("replace")?.into_iter().map(|text| text.parse().ok());
    let refresh = if json.get("refresh")?.as_bool()? { Refresh::Ask } else { Refresh::Believe };
    let extent = match (targets.is_empty(), json.get("all_but")?.as_bool()?) {
        (true, _) => Extent::All,
        (false, true) => Extent::AllBut(targets),
        (false, false) => Extent::Only(targets),
    };
    let (replace, import) = (replace.collect::<Option<_>>()?, BTreeMap::new());
    Some(Aim { goal, refresh, replace, extent, import })
}

/// A saved plan as it was read: whole and of a version that is known.
#[derive(Debug)]
pub struct Saved {
    document: Json,
}

/// What a saved plan is made again from.
pub struct Materials {
    /// The configuration.
    pub config: MemoryFiles,
    /// What functions read.
    pub files: FileSnapshot,
    /// The variables; none where the value is ephemeral and must be given again.
    pub variables: BTreeMap<Text, Option<Value>>,
    /// What was seen.
    pub observed: Observed,
    /// What it is to achieve.
    pub aim: Aim,
    /// The time of the plan, in seconds since 1970.
    pub now: i64,
    secrets: Vec<Value>,
}

/// Reads a saved plan and checks that it is what was written.
pub fn read(bytes: &[u8]) -> Result<Saved, Unusable> {
    file::unwrap(bytes).map(|document| Saved { document })
}

/// How the state differs from the one that a plan was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moved {
    /// It is another history.
    Lineage,
    /// Objects and outputs that were changed, added or removed, by name.
    Contents(Vec<String>),
}

impl Saved {
    /// The version of the program that made it.
    pub fn made_by(&self) -> &str {
        self.document["quorate_version"].as_str().unwrap_or("unknown")
    }

    /// What readers need besides the plan, as it was given to [`write()`].
    pub fn review(&self) -> &Json {
        &self.document["review"]
    }

    /// The order in which it would be carried out.
    pub fn waves(&self) -> Result<Waves, Unusable> {
        let waves = serde_json::from_value(self.document["waves"].clone());
        waves.map_err(|_| Unusable::Malformed("order"))
    }

    /// What opens the sealed part, as far as the configuration said so.
    pub fn opening(&self) -> Opening {
        serde_json::from_value(self.document["opening"].clone()).unwrap_or_default()
    }

    /// The sealed part, where there is one.
    pub fn sealed(&self) -> Option<&str> {
        self.document["sealed"].as_str()
    }

    /// The time of the plan, in seconds since 1970.
    pub fn now(&self) -> Result<i64, Unusable> {
        self.document["now"].as_i64().ok_or(Unusable::Malformed("time"))
    }

    /// The plan as it was reviewed; sensitive values are stand-ins.
    pub fn plan(&self) -> Result<Plan, Unusable> {
        let reader = Reader { secrets: None };
        let read = || {
            let plan = self.document.get("plan")?;
            let objects = plan.get("objects")?.as_array()?.iter();
            let outputs = plan.get("outputs")?.as_object()?.iter();
            let output = |(name, json): (&String, &Json)| -> Option<_> {
                Some((Text::from(&**name), changes::read_output(json, &reader)?))
            };
            let causes = plan.get("causes")?.as_object()?.iter().map(|(addr, json)| {
                Some((addr.parse::<InstanceAddr>().ok()?, changes::read_causes(json)?))
            });
            Some(Plan {
                causes: causes.collect::<Option<_>>()?,
                base: self.base()?,
                aim: self.aim()?,
                objects: objects
                    .map(|json| changes::read_object(json, &reader))
                    .collect::<Option<_>>()?,
                outputs: outputs.map(output).collect::<Option<_>>()?,
                checks: serde_json::from_value(plan.get("checks")?.clone()).ok()?,
                ..Plan::default()
            })
        };
        read().ok_or(Unusable::Malformed("plan"))
    }

    /// The variables; sensitive values are stand-ins, and ephemeral ones not there.
    pub fn variables(&self) -> Result<BTreeMap<Text, Option<Value>>, Unusable> {
        self.variables_with(&Reader { secrets: None }).ok_or(Unusable::Malformed("variables"))
    }

    fn variables_with(&self, reader: &Reader<'_>) -> Option<BTreeMap<Text, Option<Value>>> {
        let all = self.document.get("variables")?.as_object()?.iter();
        let one = |(name, json): (&String, &Json)| {
            let value = reader.value(json)?;
            let stored = (!value.unmark().1.ephemeral).then_some(value);
            Some((Text::from(&**name), stored))
        };
        all.map(one).collect()
    }

    fn aim(&self) -> Option<Aim> {
        let goal = match self.document["goal"].as_str()? {
            "converge" => Goal::Converge,
            "destroy" => Goal::Destroy,
            "refresh only" => Goal::RefreshOnly,
            _ => return None,
        };
        read_aim(goal, &self.document["aim"])
    }

    fn base(&self) -> Option<(String, u64)> {
        let base = self.document.get("state")?;
        Some((base.get("lineage")?.as_str()?.to_owned(), base.get("serial")?.as_u64()?))
    }

    /// How a state differs from the one that the plan was made from, if it does.
    pub fn moved(&self, state: &State) -> Result<Option<Moved>, Unusable> {
        let (lineage, serial) = self.base().ok_or(Unusable::Malformed("state"))?;
        // A state that was never written is given a new lineage each time.
        if serial > 0 && lineage != state.lineage {
            return Ok(Some(Moved::Lineage));
        }
        let now = write_base(state);
        let mut moved = differing(&self.document["state"]["objects"], &now["objects"], "");
        moved.extend(differing(&self.document["state"]["outputs"], &now["outputs"], "output "));
        Ok((!moved.is_empty()).then_some(Moved::Contents(moved)))
    }

    /// All that the plan is made again from. `opened` is what the sealed part holds.
    pub fn materials(&self, opened: Option<&[u8]>) -> Result<Materials, Unusable> {
        let opened: Json = match opened {
            Some(text) => serde_json::from_slice(text).map_err(|_| Unusable::Malformed("seal"))?,
            None => json!({ "secrets": [], "texts": {} }),
        };
        let secrets =
            values::read_secrets(&opened["secrets"]).ok_or(Unusable::Malformed("seal"))?;
        let reader = Reader { secrets: Some(&secrets) };
        let texts = |name| self.texts(name, &opened["texts"]).ok_or(Unusable::Malformed(name));
        let files = texts("files")?.into_iter().map(|(path, bytes)| (path, Arc::from(bytes)));
        let listings = serde_json::from_value(self.document["listings"].clone());
        Ok(Materials {
            config: texts("config")?.into_iter().collect(),
            files: FileSnapshot {
                contents: files.collect(),
                listings: listings.map_err(|_| Unusable::Malformed("listings"))?,
            },
            variables: self.variables_with(&reader).ok_or(Unusable::Malformed("variables"))?,
            observed: self.observed(&reader).ok_or(Unusable::Malformed("observations"))?,
            aim: self.aim().ok_or(Unusable::Malformed("aim"))?,
            now: self.now()?,
            secrets,
        })
    }

    fn texts(&self, name: &str, hidden: &Json) -> Option<BTreeMap<String, Vec<u8>>> {
        let one = |(path, json): (&String, &Json)| {
            let json = if json.is_null() { hidden.get(path)? } else { json };
            Some((path.clone(), json_bytes(json)?))
        };
        self.document.get(name)?.as_object()?.iter().map(one).collect()
    }

    fn observed(&self, reader: &Reader<'_>) -> Option<Observed> {
        let observed = self.document.get("observed")?;
        let object = |(addr, json): (&String, &Json)| {
            let seen = match json.as_array()?.as_slice() {
                [] => Seen::Absent,
                [value] => Seen::Present(reader.value(value)?),
                _ => return None,
            };
            Some((addr.parse::<InstanceAddr>().ok()?, seen))
        };
        let data = |(addr, json): (&String, &Json)| {
            let pair = (reader.value(json.get(0)?)?, reader.value(json.get(1)?)?);
            Some((addr.parse::<InstanceAddr>().ok()?, pair))
        };
        Some(Observed {
            objects: observed
                .get("objects")?
                .as_object()?
                .iter()
                .map(object)
                .collect::<Option<_>>()?,
            data: observed.get("data")?.as_object()?.iter().map(data).collect::<Option<_>>()?,
            ..Observed::default()
        })
    }

    /// Whether a plan that was made again is the one in the file.
    ///
    /// # Errors
    /// The name of the first object or output that differs.
    pub fn is_made_again(&self, plan: &Plan, materials: &Materials) -> Result<(), String> {
        let mut vault = Vault::filled(materials.secrets.clone());
        let again = write_plan(plan, &mut Writer { vault: Some(&mut vault) });
        let saved = &self.document["plan"];
        let digest = changes::digest(again.to_string().as_bytes());
        if self.document["plan_digest"].as_str() == Some(&*digest) && again == *saved {
            return Ok(());
        }
        let none = Vec::new();
        let objects =
            |json: &Json| -> Vec<Json> { json["objects"].as_array().unwrap_or(&none).clone() };
        let (now, then) = (objects(&again), objects(saved));
        let longer = if now.len() > then.len() { &now } else { &then };
        let differs = (0..longer.len()).find(|index| now.get(*index) != then.get(*index));
        let named = differs.and_then(|index| longer[index]["address"].as_str());
        let outputs =
            || differing(&saved["outputs"], &again["outputs"], "output ").into_iter().next();
        Err(named.map(str::to_owned).or_else(outputs).unwrap_or_else(|| "the plan".to_owned()))
    }
}

/// The names whose values differ between two objects.
fn differing(then: &Json, now: &Json, prefix: &str) -> Vec<String> {
    let (Some(then), Some(now)) = (then.as_object(), now.as_object()) else { return Vec::new() };
    let changed = then.keys().filter(|name| then.get(*name) != now.get(*name));
    let added = now.keys().filter(|name| !then.contains_key(*name));
    changed.chain(added).map(|name| format!("{prefix}{name}")).collect()
}
