//! `quorate show`

use serde_json::json;

use super::stored::Snapshot;
use super::{Context, Stop};
use crate::args::ShowArgs;
use crate::exit::Exit;
use crate::view::json::{object_json, output_json};
use crate::view::outputs::put_outputs;
use crate::view::state::put_object;

/// Shows all objects and outputs.
pub fn run(context: &mut Context, args: &ShowArgs) -> Result<Exit, Stop> {
    let snapshot = Snapshot::read(context)?;
    if args.json {
        context.ui.line(document(&snapshot))?;
        return Ok(Exit::Success);
    }
    let mut page = context.ui.page();
    if snapshot.objects.is_empty() && snapshot.outputs.is_empty() {
        page.line("The state is empty. Nothing was applied yet.")?;
    }
    for (index, object) in snapshot.objects.iter().enumerate() {
        if index > 0 {
            page.gap()?;
        }
        put_object(&mut page, &object.addr, object.status, &object.value)?;
    }
    if !snapshot.outputs.is_empty() {
        put_outputs(&mut page, snapshot.outputs.iter().map(|(name, value)| (&**name, value)))?;
    }
    Ok(Exit::Success)
}

/// The state in Terraform's JSON representation, flat: every object is in the root module.
fn document(snapshot: &Snapshot) -> serde_json::Value {
    let outputs = snapshot
        .outputs
        .iter()
        .map(|(name, value)| (name.to_string(), output_json(value, value.unmark().1.sensitive)));
    let outputs: serde_json::Map<_, _> = outputs.collect();
    let objects = snapshot.objects.iter().map(|o| object_json(&o.addr, o.schema_version, &o.value));
    let objects: Vec<_> = objects.collect();
    json!({
        "format_version": "1.0",
        "values": { "outputs": outputs, "root_module": { "resources": objects } },
    })
}
