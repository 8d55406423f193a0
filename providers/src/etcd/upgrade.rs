//! Whether one image of etcd may follow another on the same data.

use quorate_engine::diag::Diagnostic;
use quorate_engine::resource::Refusal;

use crate::kube::etcd_version::{EtcdRelease, EtcdVersion};

/// Refuses what etcd refuses: to skip a minor, and to go back one.
///
/// # Errors
/// Says which step would be allowed.
pub(super) fn check(before: &str, after: &str) -> Result<(), Refusal> {
    let (Some(before), Some(after)) = (version(before), version(after)) else { return Ok(()) };
    let (old, new) = (before.release(), after.release());
    let step = i64::from(new.minor) - i64::from(old.minor);
    if old.major == new.major && (0..=1).contains(&step) {
        return Ok(());
    }
    let detail = format!("etcd {after} cannot follow etcd {before} on the same data.");
    let help = match (new.major, new.minor) < (old.major, old.minor) {
        true => {
            "Restore a snapshot to go back; data of a newer minor are not read by an older one."
                .to_owned()
        }
        false => format!("Upgrade all members to {}.{} first.", old.major, old.minor + 1),
    };
    let diagnostic = Diagnostic::error("etcd moves up one minor at a time", detail);
    Err(Refusal::of("image", diagnostic.help(help)))
}

/// The release that an image is left behind from, if the next one is another release.
pub(super) fn left_behind(before: &str, after: &str) -> Option<EtcdRelease> {
    let (before, after) = (version(before)?.release(), version(after)?.release());
    (before != after).then_some(before)
}

fn version(image: &str) -> Option<EtcdVersion> {
    image.rsplit_once(':')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_minor_at_a_time_and_never_back() {
        for (before, after, allowed) in [
            ("x/etcd:3.5.1-0", "x/etcd:3.5.24-0", true),
            ("x/etcd:3.5.24-0", "x/etcd:3.5.1-0", true),
            ("x/etcd:3.5.24-0", "y/etcd:3.6.4-0", true),
            ("x/etcd:3.4.13-0", "x/etcd:3.6.4-0", false),
            ("x/etcd:3.6.4-0", "x/etcd:3.5.24-0", false),
            ("x/etcd:latest", "x/etcd:3.5.24-0", true),
        ] {
            assert_eq!(check(before, after).is_ok(), allowed, "{before} {after}");
        }
    }
}
