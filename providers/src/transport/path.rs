//! Which paths of a host are touched at all.

use quorate_engine::world::{Op, Query};

/// Why a path is refused, if it is.
///
/// What is left out here has no use on a host of ours, and could confuse tools that answer with
/// one path per line: `..`, empty parts, control characters, backslashes.
pub fn objection(path: &str) -> Option<&'static str> {
    let Some(relative) = path.strip_prefix('/') else {
        return Some("it is not absolute");
    };
    if relative.is_empty() {
        return Some("it is the root itself");
    }
    if path.len() > 3000 {
        return Some("it is too long");
    }
    if path.chars().any(|c| c.is_control() || c == '\\') {
        return Some("it has a control character or a backslash in it");
    }
    relative.split('/').find_map(|part| match part {
        "" => Some("it has an empty part"),
        "." | ".." => Some("it has a part `.` or `..`"),
        part if part.len() > 240 => Some("a part of it is too long"),
        _ => None,
    })
}

/// Why a whole tree may not be removed, if it may not: only what lies two levels deep may.
pub fn tree_objection(path: &str) -> Option<&'static str> {
    let shallow = path.bytes().filter(|byte| *byte == b'/').count() < 2;
    objection(path).or(shallow.then_some("it is less than two levels deep"))
}

/// The folder that a path lies in.
pub fn parent(path: &str) -> &str {
    match path.rfind('/') {
        None | Some(0) => "/",
        Some(end) => &path[..end],
    }
}

/// The name that a file has while it is being written: kubelet and others skip dot-names.
///
/// It is always the same for one file, so what a lost machine left behind is written over.
pub fn staging(path: &str) -> String {
    let name = &path[path.rfind('/').map_or(0, |slash| slash + 1)..];
    let folder = parent(path).trim_end_matches('/');
    format!("{folder}/.{name}.quorate")
}

/// The path that a step changes, with the objection to it.
pub fn step_objection(op: &Op) -> Option<(&str, &'static str)> {
    let (path, objection) = match op {
        Op::RemoveTree { path, .. } => (path, tree_objection(path)),
        Op::WriteFile { path, .. }
        | Op::RemoveFile { path, .. }
        | Op::MakeDir { path, .. }
        | Op::RemoveDir { path } => (path, objection(path)),
        _ => return None,
    };
    objection.map(|objection| (path.as_str(), objection))
}

/// The path that a query reads, with the objection to it.
pub fn query_objection(query: &Query) -> Option<(&str, &'static str)> {
    match query {
        Query::File { path, .. } | Query::Directory { path } => {
            objection(path).map(|objection| (path.as_str(), objection))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_absolute_paths_are_touched() {
        for good in ["/etc/kubernetes/pki/ca.crt", "/a b/ü", "/x"] {
            assert_eq!(objection(good), None, "{good}");
        }
        for bad in ["", "etc", "/", "//etc", "/etc/", "/etc/../root", "/etc/./x", "/a\nb", "/a\\b"]
        {
            assert!(objection(bad).is_some(), "{bad}");
        }
        assert!(tree_objection("/var").is_some());
        assert_eq!(tree_objection("/var/lib"), None);
    }

    #[test]
    fn a_file_is_staged_beside_its_place() {
        assert_eq!(staging("/etc/kubernetes/x.yaml"), "/etc/kubernetes/.x.yaml.quorate");
        assert_eq!(staging("/x"), "/.x.quorate");
        assert_eq!((parent("/x"), parent("/a/b")), ("/", "/a"));
    }
}
