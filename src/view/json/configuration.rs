//! The configuration as a plan's JSON shows it.

use std::collections::{BTreeMap, BTreeSet};

use quorate_engine::addr::{BlockAddr, ModulePath};
use quorate_engine::config::{
    Block, Body, Call, Config, Depends, DependsOn, Output, Repetition, Variable,
};
use quorate_engine::resource::Registry;
use serde_json::{Map, Value as Json, json};

use super::expression::{expression, hidden};
use super::values::value_json;
use super::{family, mode_json, provider};

/// The whole configuration.
pub fn document(config: &Config, registry: &Registry) -> Json {
    let blocks = config.modules.values().flat_map(|module| module.blocks.keys());
    let families: BTreeMap<&str, &str> =
        blocks.map(|block| (family(&block.kind), &*block.kind)).collect();
    let providers = families.into_iter().map(|(family, kind)| {
        (family.to_owned(), json!({ "name": family, "full_name": provider(kind) }))
    });
    let whole = Whole { config, registry };
    let mut document = json!({ "root_module": whole.module(&ModulePath::default()) });
    let providers: Map<_, _> = providers.collect();
    if !providers.is_empty() {
        document["provider_config"] = Json::Object(providers);
    }
    document
}

struct Whole<'a> {
    config: &'a Config,
    registry: &'a Registry,
}

impl Whole<'_> {
    /// The loader allows no module within itself, so this ends.
    fn module(&self, path: &ModulePath) -> Json {
        let Some(module) = self.config.modules.get(path) else { return json!({}) };
        let mut json = json!({});
        let mut put = |name: &str, part: Json| {
            if part != json!({}) && part != json!([]) {
                json[name] = part;
            }
        };
        put("outputs", named(module.outputs.iter(), |output| self.output(output)));
        let mut blocks: Vec<&Block> = module.blocks.values().map(|block| &**block).collect();
        blocks.sort_by_key(|block| &block.addr);
        put("resources", blocks.into_iter().map(|block| self.block(block)).collect());
        put("module_calls", named(module.calls.iter(), |call| self.call(call, path)));
        put("variables", named(module.variables.iter(), variable));
        json
    }

    fn output(&self, output: &Output) -> Json {
        let mut json = json!({});
        if output.sensitive {
            json["sensitive"] = json!(true);
        }
        json["expression"] = match output.sensitive {
            true => hidden(&output.value, &self.config.sources),
            false => expression(&output.value, &self.config.sources),
        };
        if let Some(text) = &output.description {
            json["description"] = json!(text);
        }
        put_depends(&mut json, &output.depends_on);
        json
    }

    fn block(&self, block: &Block) -> Json {
        let BlockAddr { mode, kind, name } = &block.addr;
        let schema = match mode {
            quorate_engine::addr::Mode::Managed => {
                self.registry.find_resource(kind).map(|found| found.schema().version)
            }
            quorate_engine::addr::Mode::Data => {
                self.registry.find_data_source(kind).map(|found| found.schema().version)
            }
        };
        let mut json = json!({
            "address": block.addr.to_string(),
            "mode": mode_json(*mode),
            "type": &**kind,
            "name": &**name,
            "provider_config_key": family(kind),
            "schema_version": schema.unwrap_or_default(),
        });
        let expressions = self.body(&block.body);
        if expressions != json!({}) {
            json["expressions"] = expressions;
        }
        self.put_repetition(&mut json, &block.repetition);
        put_depends(&mut json, &block.depends_on);
        json
    }

    fn body(&self, body: &Body) -> Json {
        let attrs = body.attrs.iter();
        let attrs = attrs
            .map(|(name, (_, expr))| (name.to_string(), expression(expr, &self.config.sources)));
        let mut json: Map<String, Json> = attrs.collect();
        for block in &body.blocks {
            let list = json.entry(block.kind.to_string()).or_insert_with(|| json!([]));
            if let Json::Array(list) = list {
                list.push(self.body(&block.body));
            }
        }
        Json::Object(json)
    }

    fn call(&self, call: &Call, from: &ModulePath) -> Json {
        let path = from.child(call.name.clone());
        let callee = self.config.modules.get(&path);
        let secret = |name: &str| {
            callee.and_then(|module| module.variables.get(name)).is_some_and(|v| v.sensitive)
        };
        let sources = &self.config.sources;
        let arguments = call.arguments.iter().map(|(name, (_, expr))| {
            let shown =
                if secret(name) { hidden(expr, sources) } else { expression(expr, sources) };
            (name.to_string(), shown)
        });
        let mut json = json!({ "source": &*call.source, "module": self.module(&path) });
        let arguments: Map<_, _> = arguments.collect();
        if !arguments.is_empty() {
            json["expressions"] = Json::Object(arguments);
        }
        self.put_repetition(&mut json, &call.repetition);
        put_depends(&mut json, &call.depends_on);
        json
    }

    fn put_repetition(&self, json: &mut Json, repetition: &Repetition) {
        let sources = &self.config.sources;
        match repetition {
            Repetition::Single => {}
            Repetition::Count(expr) => json["count_expression"] = expression(expr, sources),
            Repetition::ForEach(expr) => json["for_each_expression"] = expression(expr, sources),
        }
    }
}

fn variable(variable: &Variable) -> Json {
    let mut json = json!({});
    match &variable.default {
        Some(default) if !variable.sensitive => json["default"] = value_json(default),
        _ => {}
    }
    if let Some(text) = &variable.description {
        json["description"] = json!(text);
    }
    if variable.sensitive {
        json["sensitive"] = json!(true);
    }
    json
}

fn put_depends(json: &mut Json, depends: &[Depends]) {
    let names: BTreeSet<String> = depends.iter().map(|depends| depends_name(&depends.on)).collect();
    if !names.is_empty() {
        json["depends_on"] = json!(names);
    }
}

fn depends_name(on: &DependsOn) -> String {
    match on {
        DependsOn::Block(block) => block.to_string(),
        DependsOn::Module(name) => format!("module.{name}"),
        DependsOn::Named(kind, name) => format!("{kind}.{name}"),
    }
}

fn named<'a, K: ToString + 'a, V: 'a>(
    all: impl Iterator<Item = (&'a K, &'a V)>,
    form: impl Fn(&V) -> Json,
) -> Json {
    Json::Object(all.map(|(name, value)| (name.to_string(), form(value))).collect())
}
