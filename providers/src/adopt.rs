//! What `import` takes as the id of an object on a host: the path of its file, `PATH` or `HOST:PATH`.
//!
//! Host and path are in the configuration already, so the id only confirms them: whoever imports
//! the wrong thing is told so before anything is taken over.

use quorate_engine::diag::Diagnostic;
use quorate_engine::resource::Refusal;
use quorate_engine::value::Value;

use crate::attrs;

/// Checks an id against the host and the path that an object is configured with.
///
/// # Errors
/// Says what is expected where the id names another host or path.
pub(crate) fn confirm(
    id: &str,
    config: &Value,
    attr: &'static str,
    path: &str,
) -> Result<(), Refusal> {
    let host = attrs::host(config)?;
    let (named, given) = match id.split_once(':') {
        Some((named, given)) if !id.starts_with('/') => (Some(named), given),
        _ => (None, id),
    };
    if named.is_some_and(|named| *named != *host.name) {
        let detail = format!("The id {id:?} names another host than the configuration: {host}.");
        return Err(Refusal::of("host", wrong(detail, &host.name, path)));
    }
    if !given.starts_with('/') || given != path {
        let detail = format!("The id {id:?} is not the path that the configuration says: {path}.");
        return Err(Refusal::of(attr, wrong(detail, &host.name, path)));
    }
    Ok(())
}

fn wrong(detail: String, host: &str, path: &str) -> Diagnostic {
    let help = format!(
        "Import it by {path:?} or {:?}, or change the configuration.",
        format!("{host}:{path}")
    );
    Diagnostic::error("Invalid import id", detail).help(help)
}

/// A refusal of an id for reasons of the type.
pub(crate) fn refused(detail: impl Into<String>, help: impl Into<String>) -> Refusal {
    Diagnostic::error("Cannot import this object", detail).help(help).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn an_id_confirms_host_and_path() {
        let config = Value::object([("host", testing::host_value("infra0"))]);
        let check =
            |id: &str| confirm(id, &config, "path", "/etc/x").map_err(|refusal| refusal.attr);
        assert_eq!(check("/etc/x"), Ok(()));
        assert_eq!(check("infra0:/etc/x"), Ok(()));
        assert_eq!(check("infra1:/etc/x"), Err(Some("host")));
        for id in ["/etc/y", "infra0:/etc/y", "x", "infra0:", ":"] {
            assert!(check(id).is_err(), "{id}");
        }
        let nowhere = Value::object([("host", Value::unknown(quorate_engine::value::Type::Any))]);
        let refusal = confirm("/etc/x", &nowhere, "path", "/etc/x").unwrap_err();
        assert_eq!(refusal.diagnostic.summary, "The host is not known");
    }
}
