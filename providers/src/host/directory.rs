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
use crate::adopt;
use crate::transport::path::tree_objection;

/// The attribute that remembers whether the directory itself was made.
const MADE: &str = "made";

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
                "Whether all that is in it is removed with it, if it was made here; otherwise only \
                 an empty one goes.",
            ),
            place::made_attr(),
            Attr::computed(
                MADE,
                Type::Bool,
                "Whether it was made here; one that was there before only goes when it is empty.",
            ),
        ]);
        let doc = "A directory on a host.";
        HostDirectory { schema: Schema::new("host_directory", 0, doc, attrs) }
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

/// Refuses a directory that the state does not know and that is not as wanted: it is in use as it
/// is by somebody else. What is not known yet is compared when it is.
fn check_found(found: &Value, wanted: &Value) -> Result<(), Refusal> {
    let known = |name: &str| wanted.attr(name).is_some_and(|value| !value.is_unknown());
    let another = |name: &str| known(name) && text(found, name) != text(wanted, name);
    let mode = known("mode") && place::mode(found) != place::mode(wanted);
    match Place::of(wanted) {
        Some(place) if mode || another("owner") || another("group") => {
            Err(in_the_way(&place, found))
        }
        _ => Ok(()),
    }
}

fn in_the_way(place: &Place, found: &Value) -> Refusal {
    let part = |name| text(found, name).unwrap_or_default();
    let detail = format!(
        "{} on {} exists with mode {} and owner {}:{}, is not known to the state, and is not what \
         would be made.",
        place.path,
        place.host,
        part("mode"),
        part("owner"),
        part("group")
    );
    let help = "Look at it on the host. To keep it, take its mode, owner and group into the \
                configuration; otherwise change them on the host, or move it away.";
    Refusal::of("path", Diagnostic::error("A directory is in the way", detail).help(help))
}

/// A directory that no step is needed for: what was not made until now was there before.
fn at_rest(after: &Value) -> Value {
    let open = |name: &str| after.attr(name).is_none_or(|v| v.is_unknown() || v.is_null());
    let nothing = [("created_directories", Value::list(Type::String, [])), (MADE, false.into())];
    place::with(after, nothing.into_iter().filter(|(name, _)| open(name)))
}

/// Whether all that is in the directory goes with it: nobody else's content does.
fn takes_content(prior: &Value, path: &str) -> bool {
    let says = |name: &str| prior.attr(name).and_then(Value::as_bool) == Some(true);
    says("force") && says(MADE) && tree_objection(path).is_none()
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

    fn import(&self, id: &str, config: &Value) -> Result<Value, Refusal> {
        adopt::confirm(id, config, "path", &text(config, "path").unwrap_or_default())?;
        Ok(config.clone())
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
        let wanted = request.proposed;
        let replace = place::moved(request.prior, wanted);
        if let (None, Some(found), false) = (request.prior, request.found, request.in_flight) {
            check_found(found, wanted)?;
        }
        let seen = request.prior.or(request.found);
        if seen.is_some_and(|seen| !differs(seen, wanted)) && !request.in_flight {
            return Ok(Planned { replace, ..Planned::new(at_rest(wanted), vec![]) });
        }
        let steps = make(wanted).into_iter().collect();
        Ok(Planned { replace, ..Planned::new(wanted.clone(), steps) })
    }

    fn destroy(&self, request: &DestroyRequest<'_>) -> Vec<Step> {
        let Some(Place { host, path }) = Place::of(request.prior) else { return vec![] };
        let op = if takes_content(request.prior, &path) {
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
        let made = place::made(replies).any(|made| made == path);
        let open = after.attr(MADE).is_none_or(|known| known.is_unknown() || known.is_null());
        let after = place::with(&after, open.then(|| (MADE, made.into())));
        place::finish(after, &path, replies)
    }
}

#[cfg(test)]
mod tests {
    use quorate_engine::schema::OnChange;

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

    fn forced(root: &std::path::Path, mode: &str) -> Value {
        Value::object([
            ("host", folder_host(root)),
            ("path", "/var/lib/etcd".into()),
            ("mode", mode.into()),
            ("force", true.into()),
        ])
    }

    #[tokio::test]
    async fn a_host_reached_differently_keeps_its_directory() {
        let (root, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let bench = Bench::new(HostDirectory::new());
        let config = forced(root.path(), "0700");
        let state = bench.apply(&config, None).await;
        let host = place::with(
            &folder_host(root.path()),
            [("name", "h2".into()), ("user", "admin".into()), ("sudo", true.into())],
        );
        let renamed = place::with(&config, [("host", host.clone())]);
        let planned = bench.plan(&renamed, Some(&state)).await.unwrap();
        assert_eq!((planned.replace, planned.steps), (None, vec![]));
        assert_eq!(planned.after.attr("host"), Some(&host));
        let moved = bench.plan(&forced(other.path(), "0700"), Some(&state)).await.unwrap();
        assert_eq!(moved.replace.as_deref(), Some("host"));
        let on_change = |name| HostDirectory::new().schema.attr(name).unwrap().on_change;
        assert_eq!(on_change("host"), OnChange::Update);
        assert_eq!(on_change("path"), OnChange::Replace);
    }

    /// A folder with a directory in it that somebody else made.
    fn with_foreign_directory() -> tempfile::TempDir {
        use std::os::unix::fs::PermissionsExt as _;
        let root = tempfile::tempdir().unwrap();
        let there = root.path().join("var/lib/etcd");
        std::fs::create_dir_all(&there).unwrap();
        std::fs::set_permissions(&there, std::fs::Permissions::from_mode(0o750)).unwrap();
        root
    }

    #[tokio::test]
    async fn a_foreign_directory_is_refused_where_it_differs() {
        let root = with_foreign_directory();
        let bench = Bench::new(HostDirectory::new());
        let other_owner = place::with(&forced(root.path(), "0750"), [("owner", "etcd".into())]);
        for config in [forced(root.path(), "0700"), other_owner] {
            let refusal = bench.plan(&config, None).await.unwrap_err();
            assert_eq!(refusal.diagnostic.summary, "A directory is in the way");
            assert!(refusal.diagnostic.detail.contains("mode 0750"), "{refusal:?}");
        }
        let unknown = [("owner", Value::unknown(Type::String))];
        let later = place::with(&forced(root.path(), "0750"), unknown);
        assert!(bench.plan(&later, None).await.is_ok());
    }

    #[tokio::test]
    async fn only_what_was_made_goes_with_its_content() {
        let foreign = with_foreign_directory();
        let empty = tempfile::tempdir().unwrap();
        for (root, made) in [(&foreign, false), (&empty, true)] {
            let bench = Bench::new(HostDirectory::new());
            let config = forced(root.path(), "0750");
            let first = bench.plan(&config, None).await.unwrap();
            assert_eq!(first.steps.len(), usize::from(made));
            let state = bench.apply(&config, None).await;
            let state = bench.apply(&config, Some(&state)).await;
            assert_eq!(state.attr(MADE), Some(&made.into()));
            let content = root.path().join("var/lib/etcd/x");
            std::fs::write(&content, "").unwrap();
            bench.destroy(&state).await;
            assert_eq!(content.exists(), !made);
        }
    }

    #[test]
    fn nothing_shallow_is_removed_by_force() {
        let config = Value::object([("path", "/data".into()), ("force", true.into())]);
        assert_eq!(HostDirectory::new().check(&config)[0].attr, Some("force"));
    }
}
