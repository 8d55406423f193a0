//! A directory on a host.
//!
//! ```hcl
//! resource "host_directory" "data" {
//!   host = data.host.etcd["infra0"]
//!   path = "/var/lib/etcd"
//!   mode = "0700"
//! }
//! ```

use quorate_engine::diag::Diagnostic;
use quorate_engine::resource::{DestroyRequest, PlanRequest, Planned, Refusal, Resource, Seen};
use quorate_engine::schema::{Attr, Schema};
use quorate_engine::value::{Type, Value};
use quorate_engine::world::{Ask, Op, Query, Reply, Step};

use super::place::{self, Place, text};
use crate::transport::path::tree_objection;

/// The resource type `host_directory`.
pub struct HostDirectory {
    schema: Schema,
}

impl HostDirectory {
    /// The resource type, ready to be registered.
    pub fn new() -> HostDirectory {
        let mut attrs = place::attrs("0755");
        attrs.extend([
            Attr::optional(
                "force",
                Type::Bool,
                false.into(),
                "Whether all that is in it is removed with it; otherwise only an empty one goes.",
            ),
            place::made_attr(),
        ]);
        let doc = "A directory on a host.";
        HostDirectory { schema: Schema { kind: "host_directory", version: 0, doc, attrs } }
    }
}

impl Default for HostDirectory {
    fn default() -> HostDirectory {
        HostDirectory::new()
    }
}

fn make(attrs: &Value) -> Option<Step> {
    let place = Place::of(attrs)?;
    let op = Op::MakeDir {
        path: place.path,
        mode: place::mode(attrs)?,
        owner: text(attrs, "owner")?,
        group: text(attrs, "group")?,
    };
    Some(Step::on(&place.host, op))
}

fn differs(seen: &Value, wanted: &Value) -> bool {
    let differ = |name: &str| text(seen, name) != text(wanted, name);
    place::mode(seen) != place::mode(wanted) || differ("owner") || differ("group")
}

impl Resource for HostDirectory {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn check(&self, config: &Value) -> Vec<Refusal> {
        let mut refusals = place::check(config);
        let force = config.attr("force").and_then(Value::as_bool) == Some(true);
        if force && text(config, "path").is_some_and(|path| tree_objection(&path).is_some()) {
            let detail = "A directory less than two levels deep is never removed with its content.";
            let diagnostic = Diagnostic::error("Invalid value", detail);
            refusals.push(Refusal::of("force", diagnostic));
        }
        refusals
    }

    fn look(&self, attrs: &Value) -> Vec<Ask> {
        let ask =
            |place: Place| Ask { host: place.host, query: Query::Directory { path: place.path } };
        Place::of(attrs).map(ask).into_iter().collect()
    }

    fn seen(&self, attrs: &Value, replies: &[Reply]) -> Seen {
        match replies.first() {
            Some(Reply::Directory { mode, owner, group, .. }) => {
                Seen::Present(place::with(attrs, place::seen_attrs(attrs, *mode, owner, group)))
            }
            _ => Seen::Absent,
        }
    }

    fn plan(&self, request: &PlanRequest<'_>) -> Result<Planned, Refusal> {
        let mut after = request.proposed.clone();
        let seen = request.prior.or(request.found);
        if seen.is_some_and(|seen| !differs(seen, &after)) && !request.in_flight {
            if after.attr("created_directories").is_none_or(Value::is_unknown) {
                let nothing = Value::list(Type::String, []);
                after = place::with(&after, [("created_directories", nothing)]);
            }
            return Ok(Planned::new(after, vec![]));
        }
        let steps = make(&after).into_iter().collect();
        Ok(Planned::new(after, steps))
    }

    fn destroy(&self, request: &DestroyRequest<'_>) -> Vec<Step> {
        let Some(Place { host, path }) = Place::of(request.prior) else { return vec![] };
        let force = request.prior.attr("force").and_then(Value::as_bool) == Some(true);
        let op = if force && tree_objection(&path).is_none() {
            let what = "the directory with all that is in it".to_owned();
            Op::RemoveTree { path, what }
        } else {
            Op::RemoveDir { path }
        };
        let mut steps = vec![Step::on(&host, op)];
        steps.extend(place::unmake(request.prior, &host));
        steps
    }

    fn finish(&self, after: Value, _: &[Step], replies: &[Vec<Reply>]) -> Value {
        let path = text(&after, "path").unwrap_or_default();
        place::finish(after, &path, replies)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::file::tests::{Bench, folder_host};

    #[tokio::test]
    async fn a_directory_is_made_kept_and_removed_when_empty() {
        let root = tempfile::tempdir().unwrap();
        let bench = Bench::new(HostDirectory::new());
        let config = |mode: &str| {
            Value::object([
                ("host", folder_host(root.path())),
                ("path", "/var/lib/etcd".into()),
                ("mode", mode.into()),
            ])
        };
        let state = bench.apply(&config("0700"), None).await;
        assert!(bench.plan(&config("0700"), Some(&state)).await.unwrap().steps.is_empty());
        assert!(bench.plan(&config("700"), Some(&state)).await.unwrap().steps.is_empty());
        let changed = bench.plan(&config("0750"), Some(&state)).await.unwrap();
        assert_eq!(changed.steps.len(), 1);
        std::fs::write(root.path().join("var/lib/etcd/x"), "").unwrap();
        bench.destroy(&state).await;
        assert!(root.path().join("var/lib/etcd/x").exists());
        std::fs::remove_file(root.path().join("var/lib/etcd/x")).unwrap();
        bench.destroy(&state).await;
        assert!(!root.path().join("var").exists());
    }

    #[test]
    fn nothing_shallow_is_removed_by_force() {
        let config = Value::object([("path", "/data".into()), ("force", true.into())]);
        assert_eq!(HostDirectory::new().check(&config)[0].attr, Some("force"));
    }
}
