//! What files and directories have in common: a place on a host, mode and owner.

use std::collections::BTreeSet;

use quorate_engine::diag::Diagnostic;
use quorate_engine::resource::Refusal;
use quorate_engine::schema::Attr;
use quorate_engine::value::{Type, Value};
use quorate_engine::world::{Host, Op, Reply, Step};

use super::connection::connection_type;
use super::files;
use crate::transport::path::objection;

/// Where an object is, and whose it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    pub host: Host,
    pub path: String,
}

/// The attributes of a place. Another `host` replaces only as [`moved`] says.
pub fn attrs(mode: &'static str) -> Vec<Attr> {
    let text = |name, default: &str, doc| Attr::optional(name, Type::String, default.into(), doc);
    vec![
        Attr::required(
            "host",
            connection_type(),
            "The host, such as `data.host.etcd[\"infra0\"]`.",
        ),
        Attr::required("path", Type::String, "The absolute path.").replaces(),
        text("mode", mode, "The permission bits in octal."),
        text("owner", "root", "The user it belongs to."),
        text("group", "root", "The group it belongs to."),
    ]
}

/// The attribute that remembers which parent directories were made.
pub fn made_attr() -> Attr {
    let doc = "The parent directories that were made for it, and go with it when they are empty.";
    Attr::computed("created_directories", Type::list(Type::String), doc).bookkeeping()
}

impl Place {
    /// The place that attributes name; none where it is not known yet.
    pub fn of(attrs: &Value) -> Option<Place> {
        let host = attrs.attr("host").and_then(Host::from_value)?;
        Some(Place { host, path: text(attrs, "path")? })
    }
}

/// Why the object is made anew: it moves to another machine. A host that is only renamed or
/// reached differently keeps what is on it, and only the state changes.
pub fn moved(prior: Option<&Value>, wanted: &Value) -> Option<String> {
    prior.is_some_and(|prior| files::is_moved(prior, wanted)).then(|| "host".to_owned())
}

/// A text attribute, where it is known.
pub fn text(attrs: &Value, name: &str) -> Option<String> {
    attrs.attr(name)?.as_str().map(str::to_owned)
}

/// Permission bits, as written.
pub fn mode(attrs: &Value) -> Option<u32> {
    let text = text(attrs, "mode")?;
    let digits = text.len() <= 5 && text.len() >= 3 && text.bytes().all(|b| b.is_ascii_digit());
    u32::from_str_radix(&text, 8).ok().filter(|mode| digits && *mode <= 0o7777)
}

/// What is wrong with a place, as far as it is known.
pub fn check(config: &Value) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    let refuse =
        |attr, detail: String| Refusal::of(attr, Diagnostic::error("Invalid value", detail));
    if let Some(path) = text(config, "path")
        && let Some(objection) = objection(&path)
    {
        refusals.push(refuse("path", format!("`{path}` cannot be the path: {objection}.")));
    }
    if let Some(given) = text(config, "mode")
        && mode(config).is_none()
    {
        let detail = format!("`{given}` is no mode: write it in octal, such as \"0644\".");
        refusals.push(refuse("mode", detail));
    }
    refusals
}

/// An object with some attributes replaced.
pub fn with(object: &Value, changes: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let mut attrs = object.entries().cloned().unwrap_or_default();
    attrs.extend(changes.into_iter().map(|(name, value)| (name.into(), value)));
    Value::Object(attrs.into())
}

/// Mode, owner and group as seen. A mode that means the same keeps the way it is written.
pub fn seen_attrs(
    attrs: &Value,
    seen: u32,
    owner: &str,
    group: &str,
) -> [(&'static str, Value); 3] {
    let written = attrs.attr("mode").filter(|_| mode(attrs) == Some(seen));
    let mode = written.cloned().unwrap_or_else(|| format!("{seen:04o}").into());
    [("mode", mode), ("owner", owner.into()), ("group", group.into())]
}

/// The object after its steps: which directories were made is in the replies.
pub fn finish(after: Value, path: &str, replies: &[Vec<Reply>]) -> Value {
    let unknown = after.attr("created_directories").is_none_or(Value::is_unknown);
    if !unknown {
        return after;
    }
    // Several files may lie in one; sorted, the outer comes before the inner.
    let parents: BTreeSet<&str> = made(replies).filter(|made| *made != path).collect();
    let parents: Vec<_> = parents.into_iter().map(Value::string).collect();
    with(&after, [("created_directories", Value::list(Type::String, parents))])
}

/// The directories that steps made.
pub fn made(replies: &[Vec<Reply>]) -> impl Iterator<Item = &str> {
    let made = replies.iter().flatten().filter_map(|reply| match reply {
        Reply::Written { made } => Some(made.iter().map(String::as_str)),
        _ => None,
    });
    made.flatten()
}

/// Removes the directories that were made for an object, innermost first.
pub fn unmake(prior: &Value, host: &Host) -> Vec<Step> {
    let made = prior.attr("created_directories").and_then(Value::elements).unwrap_or_default();
    let paths = made.iter().rev().filter_map(Value::as_str);
    paths.map(|path| Step::on(host, Op::RemoveDir { path: path.to_owned() })).collect()
}
