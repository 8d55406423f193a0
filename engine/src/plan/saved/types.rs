//! Types in saved plans, with the defaults of optional attributes.

use serde_json::Value as Json;

use super::values::{Reader, Writer};
use crate::value::{Type, wire};

/// The JSON form of a type.
pub(super) fn write(ty: &Type, writer: &mut Writer<'_>) -> Json {
    wire::write(ty, &mut |attr, ty| {
        let default = attr.default.as_ref().map(|default| writer.value(default));
        wire::optional(attr, ty, default)
    })
}

/// The type of a JSON form; none where it is not one of ours.
pub(super) fn read(json: &Json, reader: &Reader<'_>) -> Option<Type> {
    wire::read(json, &|json| reader.value(json))
}
