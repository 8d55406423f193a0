//! A file on a host.
//!
//! ```hcl
//! resource "host_file" "motd" {
//!   host    = data.host.etcd["infra0"]
//!   path    = "/etc/motd"
//!   content = "This host belongs to the etcd cluster.\n"
//! }
//! ```

use std::sync::Arc;

use quorate_engine::diag::Diagnostic;
use quorate_engine::resource::{DestroyRequest, PlanRequest, Planned, Refusal, Resource, Seen};
use quorate_engine::schema::{Attr, Schema};
use quorate_engine::value::{Type, Value};
use quorate_engine::world::{Ask, Content, Expect, FileReply, Op, Query, Reply, Step, WantContent};
use zeroize::Zeroizing;

use super::place::{self, Place, text};
use crate::adopt;
use crate::transport::digest::sha256_hex;

/// What stands for a sensitive content that is not the configured one: this, and its digest. It is
/// sensitive itself, so nobody sees the digest.
const ANOTHER: &str = "(another content) ";

/// The resource type `host_file`.
pub struct HostFile {
    schema: Schema,
}

impl HostFile {
    /// The resource type, ready to be registered.
    pub fn new() -> HostFile {
        let mut attrs = place::attrs("0644");
        attrs.extend([
            Attr::required("content", Type::String, "The content; may be sensitive."),
            Attr::optional(
                "overwrite",
                Type::Bool,
                false.into(),
                "Whether a file that is there already and has another content is replaced.",
            ),
            Attr::computed(
                "sha256",
                Type::String,
                "The SHA-256 of the content; null where the content is sensitive.",
            )
            .bookkeeping(),
            place::made_attr(),
        ]);
        let doc = "A file on a host.";
        HostFile { schema: Schema::new("host_file", 0, doc, attrs) }
    }
}

impl Default for HostFile {
    fn default() -> HostFile {
        HostFile::new()
    }
}

/// Whether the content must not be shown.
fn is_secret(attrs: &Value) -> bool {
    attrs.attr("content").is_some_and(Value::has_sensitive)
}

/// The digest attribute of a content: that of a secret could be guessed against.
fn digest_attr(content: &Value) -> Value {
    match content.as_str() {
        _ if content.has_sensitive() => Value::Null(Type::String),
        Some(content) => sha256_hex(content.as_bytes()).into(),
        None => Value::unknown(Type::String),
    }
}

/// The content of a step.
fn content_of(attrs: &Value) -> Content {
    match (text(attrs, "content"), is_secret(attrs)) {
        (Some(content), true) => Content::Secret(Arc::new(Zeroizing::new(content.into_bytes()))),
        (Some(content), false) => Content::Plain(Arc::from(content.into_bytes())),
        (None, _) => Content::Later,
    }
}

/// The step that writes the file as attributes say.
fn write(attrs: &Value, expect: Expect) -> Option<Step> {
    let place = Place::of(attrs)?;
    let op = Op::WriteFile {
        path: place.path,
        mode: place::mode(attrs)?,
        owner: text(attrs, "owner")?,
        group: text(attrs, "group")?,
        content: content_of(attrs),
        expect,
    };
    Some(Step::on(&place.host, op))
}

/// A found file as an object.
fn object(attrs: &Value, file: &FileReply) -> Value {
    let configured = attrs.attr("content");
    let same = configured.and_then(Value::as_str).map(|c| sha256_hex(c.as_bytes()));
    let content = if same.as_ref() == Some(&file.sha256) {
        configured.cloned().unwrap_or(Value::NULL)
    } else if is_secret(attrs) {
        // It is not read: it may be another secret.
        Value::from(format!("{ANOTHER}{}", file.sha256)).sensitive()
    } else {
        match &file.content {
            Some(bytes) => Value::string(String::from_utf8_lossy(bytes)),
            None => Value::Null(Type::String),
        }
    };
    let secret = content.has_sensitive();
    let sha256 = if secret { Value::Null(Type::String) } else { (&*file.sha256).into() };
    let seen = place::seen_attrs(attrs, file.mode, &file.owner, &file.group);
    place::with(attrs, seen.into_iter().chain([("content", content), ("sha256", sha256)]))
}

/// The digest of an object's content, where it is known.
fn digest(attrs: &Value) -> Option<String> {
    let content = text(attrs, "content");
    let another = content.as_ref().and_then(|content| content.strip_prefix(ANOTHER));
    match (text(attrs, "sha256"), another) {
        (Some(sha256), _) => Some(sha256),
        (None, Some(sha256)) if is_secret(attrs) => Some(sha256.to_owned()),
        _ => content.map(|content| sha256_hex(content.as_bytes())),
    }
}

/// What must be in the place of a file that was seen there.
fn expect_seen(prior: &Value, in_flight: bool) -> Expect {
    let known = digest(prior).filter(|_| !in_flight);
    known.map_or(Expect::Anything, Expect::Sha256)
}

/// Something is there already that is not the state's.
fn taken(place: &Place) -> Refusal {
    let detail =
        format!("{} on {} is there already and has another content.", place.path, place.host);
    let help = "Look at it on the host. To replace it set `overwrite = true`; to keep it, take its \
                content into the configuration.";
    Refusal::of("path", Diagnostic::error("File exists", detail).help(help))
}

/// How a new file is written: over nothing, or over what may be replaced.
fn create_expect(request: &PlanRequest<'_>, after: &Value) -> Result<Expect, Box<Refusal>> {
    let overwrite = after.attr("overwrite").and_then(Value::as_bool) == Some(true);
    if request.in_flight {
        return Ok(Expect::Anything);
    }
    // Whether an unknown content is the same is seen on the host, when it is known.
    let another = |found: &&Value| digest(after).is_some_and(|new| digest(found) != Some(new));
    match (request.found.filter(another), Place::of(after)) {
        (Some(found), _) if overwrite => Ok(expect_seen(found, false)),
        (Some(_), Some(place)) => Err(Box::new(taken(&place))),
        _ if overwrite && request.found.is_none() => Ok(Expect::Anything),
        _ => Ok(Expect::AbsentOrSame),
    }
}

/// Whether a seen file differs from the wanted one in what a write would change.
fn differs(seen: &Value, wanted: &Value) -> bool {
    let differ = |name: &str| text(seen, name) != text(wanted, name);
    let mode = place::mode(seen) != place::mode(wanted);
    mode || differ("owner") || differ("group") || digest(seen) != digest(wanted)
}

impl Resource for HostFile {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn check(&self, config: &Value) -> Vec<Refusal> {
        place::check(config)
    }

    fn import(&self, id: &str, config: &Value) -> Result<Value, Refusal> {
        adopt::confirm(id, config, "path", &text(config, "path").unwrap_or_default())?;
        Ok(config.clone())
    }

    fn look(&self, attrs: &Value) -> Vec<Ask> {
        let Some(place) = Place::of(attrs) else { return vec![] };
        let content = match text(attrs, "content") {
            _ if is_secret(attrs) => WantContent::Never,
            Some(content) => WantContent::UnlessSha256(sha256_hex(content.as_bytes())),
            None => WantContent::Always,
        };
        vec![Ask { host: place.host, query: Query::File { path: place.path, content } }]
    }

    fn seen(&self, attrs: &Value, replies: &[Reply]) -> Seen {
        match replies.first() {
            Some(Reply::File(file)) => Seen::Present(object(attrs, file)),
            _ => Seen::Absent,
        }
    }

    fn plan(&self, request: &PlanRequest<'_>) -> Result<Planned, Refusal> {
        let wanted = request.proposed;
        let sha256 = digest_attr(wanted.attr("content").unwrap_or(&Value::NULL));
        let mut after = place::with(wanted, [("sha256", sha256)]);
        let nothing_made = Value::list(Type::String, []);
        let (seen, expect) = match request.prior {
            Some(prior) => (Some(prior), expect_seen(prior, request.in_flight)),
            None => (request.found, create_expect(request, &after).map_err(|refusal| *refusal)?),
        };
        if seen.is_some_and(|seen| !differs(seen, &after)) && !request.in_flight {
            if after.attr("created_directories").is_none_or(Value::is_unknown) {
                after = place::with(&after, [("created_directories", nothing_made)]);
            }
            let replace = place::moved(request.prior, &after);
            return Ok(Planned { replace, ..Planned::new(after, vec![]) });
        }
        let steps = write(&after, expect).into_iter().collect();
        let replace = place::moved(request.prior, &after);
        Ok(Planned { replace, ..Planned::new(after, steps) })
    }

    fn destroy(&self, request: &DestroyRequest<'_>) -> Vec<Step> {
        let Some(place) = Place::of(request.prior) else { return vec![] };
        let op = Op::RemoveFile { path: place.path, expect: Expect::Anything };
        let mut steps = vec![Step::on(&place.host, op)];
        steps.extend(place::unmake(request.prior, &place.host));
        steps
    }

    fn finish(&self, after: Value, _: &[Step], replies: &[Vec<Reply>]) -> Value {
        let path = text(&after, "path").unwrap_or_default();
        place::finish(after, &path, replies)
    }
}

#[cfg(test)]
pub(super) mod tests;
