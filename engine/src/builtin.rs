//! The resource type that every configuration has: `terraform_data`, as in Terraform.
//!
//! ```hcl
//! resource "terraform_data" "bootstrap" {
//!   input            = "v1"
//!   triggers_replace = [local.revision]
//! }
//! ```

use std::sync::Arc;

use crate::resource::{
    DestroyRequest, PlanRequest, Planned, RealizeRequest, Realized, Realm, Refusal, Registry,
    Resource, Seen,
};
use crate::schema::{Attr, Schema};
use crate::value::{Type, Value};
use crate::world::{Ask, Reply, Step};

/// Adds the built-in types to a registry.
pub fn register(registry: &mut Registry) {
    registry.resource(Arc::new(TerraformData::default()));
}

/// Stores a value, and is made anew when another value changes.
struct TerraformData {
    schema: Schema,
}

impl Default for TerraformData {
    fn default() -> Self {
        let attrs = vec![
            Attr::computed("id", Type::String, "A name made at random when the object is made."),
            Attr::optional("input", Type::Any, Value::NULL, "A value to be stored."),
            Attr::computed("output", Type::Any, "The value that was stored."),
            Attr::optional(
                "triggers_replace",
                Type::Any,
                Value::NULL,
                "A value that makes the object anew when it changes.",
            )
            .replaces(),
        ];
        let doc = "Stores a value with the life cycle of a resource.";
        TerraformData { schema: Schema::new("terraform_data", 0, doc, attrs) }
    }
}

impl Resource for TerraformData {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn exists_outside(&self) -> bool {
        false
    }

    /// Nothing outside knows the object: the id is taken over, and the rest is not known to be.
    fn import(&self, id: &str, _: &Value) -> Result<Value, Refusal> {
        let nothing = ["input", "output", "triggers_replace"].map(|name| (name, Value::NULL));
        Ok(Value::object(nothing.into_iter().chain([("id", Value::from(id))])))
    }

    fn look(&self, _: &Value) -> Vec<Ask> {
        Vec::new()
    }

    fn seen(&self, attrs: &Value, _: &[Reply]) -> Seen {
        Seen::Present(attrs.clone())
    }

    fn plan(&self, request: &PlanRequest<'_>) -> Result<Planned, Refusal> {
        let proposed = request.proposed;
        let input = proposed.attr("input").cloned().unwrap_or(Value::NULL);
        let trigger = proposed.attr("triggers_replace").cloned().unwrap_or(Value::NULL);
        let id = proposed.attr("id").cloned().unwrap_or(Value::NULL);
        let after = [
            ("id", id),
            ("output", input.clone()),
            ("input", input),
            ("triggers_replace", trigger),
        ];
        Ok(Planned::new(Value::object(after), Vec::new()))
    }

    fn destroy(&self, _: &DestroyRequest<'_>) -> Vec<Step> {
        Vec::new()
    }

    fn realize(&self, request: RealizeRequest, realm: &dyn Realm) -> Result<Realized, Refusal> {
        let Planned { after, steps, .. } = request.planned;
        let attrs = after.entries().into_iter().flatten().map(|(name, value)| {
            let is_open_id = &**name == "id" && value.is_unknown();
            let value = if is_open_id { Value::from(uuid(realm.salt())) } else { value.clone() };
            (name.clone(), value)
        });
        Ok(Realized { after: Value::object(attrs.collect::<Vec<_>>()), steps })
    }
}

/// A version 4 UUID of random bytes (RFC 9562, section 5.4).
fn uuid(mut bytes: [u8; 16]) -> String {
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}
