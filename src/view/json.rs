//! State, plans and outputs as JSON, in Terraform's shape.
//!
//! Where Terraform writes a sensitive value in clear, there is null here: the `*_sensitive` maps
//! beside it say so.

pub mod changes;
pub mod checks;
pub mod configuration;
pub mod expression;
pub mod lazy;
pub mod modules;
pub mod plan;
pub mod relevant;
pub mod state;
pub mod stream;
pub mod values;

use quorate_engine::addr::{InstanceAddr, Key, Mode};
use quorate_engine::value::Value;
use serde_json::{Value as Json, json};

pub use values::{sensitive_json, type_json, unknown_json, value_json};

/// The version of Terraform whose representation this is.
pub const TERRAFORM: &str = "1.11.4";

/// An output: whether it is sensitive, its type and its value, as far as they are known.
pub fn output_json(value: &Value, sensitive: bool) -> Json {
    let mut output = json!({ "sensitive": sensitive });
    if value.is_wholly_known() || sensitive {
        output["type"] = type_json(&value.bare().type_of());
        output["value"] = value_json(value);
    }
    output
}

/// What names an object, in every list of objects.
pub fn identity_json(addr: &InstanceAddr) -> Json {
    let mut object = json!({
        "address": addr.instance().to_string(),
        "mode": mode_json(addr.block.mode),
        "type": &*addr.block.kind,
        "name": &*addr.block.name,
        "provider_name": provider(&addr.block.kind),
    });
    if let Some(key) = &addr.key {
        object["index"] = key_json(key);
    }
    object
}

/// `managed` or `data`.
pub fn mode_json(mode: Mode) -> Json {
    match mode {
        Mode::Managed => json!("managed"),
        Mode::Data => json!("data"),
    }
}

/// A number or a text.
pub fn key_json(key: &Key) -> Json {
    match key {
        Key::Index(index) => json!(index),
        Key::Name(name) => json!(&**name),
    }
}

/// A provider's full name; all are built in.
pub fn provider(kind: &str) -> String {
    match family(kind) {
        "terraform" => "terraform.io/builtin/terraform".to_owned(),
        family => format!("quorate.io/builtin/{family}"),
    }
}

/// The first word of a type's name, as Terraform derives the provider from it.
pub fn family(kind: &str) -> &str {
    kind.split('_').next().unwrap_or(kind)
}

/// An object with its attributes.
pub fn object_json(addr: &InstanceAddr, schema_version: u32, value: &Value) -> Json {
    let mut object = identity_json(addr);
    if let Some(key) = addr.deposed {
        object["deposed_key"] = json!(key.to_string());
    }
    object["schema_version"] = json!(schema_version);
    object["values"] = value_json(value);
    object["sensitive_values"] = sensitive_json(value);
    object
}
