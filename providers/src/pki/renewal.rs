//! When a certificate is made anew, and why.

use quorate_engine::value::Value;
use time::Duration;

use super::certificate::KEY_MODE;
use super::life::{Life, RENEW_BELOW_PERCENT};
use super::profile::IDENTITY;
use crate::attrs;
use crate::host::files;
use crate::tls::Certificate;

/// Why the object as a whole is made anew, if it is. That its files move, the schema says.
pub(super) fn moved(prior: &Value, wanted: &Value) -> Option<String> {
    files::is_moved(prior, wanted).then(|| "it moves to another host".to_owned())
}

/// Why the certificate is issued again, if it is.
pub(super) fn reason(prior: &Value, wanted: &Value, now: i64) -> Option<String> {
    key_problem(prior)
        .or_else(|| certificate_problem(prior))
        .or_else(|| changed(prior, wanted))
        .or_else(|| ending(prior, wanted, now))
}

fn key_problem(prior: &Value) -> Option<String> {
    let path = attrs::text(prior, "key_path")?;
    let problem = match files::known_sha256(prior, path) {
        None => "is gone",
        found if found != attrs::text(prior, "key_sha256") => "was altered",
        _ if !files::has_mode(prior, path, KEY_MODE) => "was open to others",
        _ => return None,
    };
    Some(format!("new key: {path} {problem}"))
}

fn certificate_problem(prior: &Value) -> Option<String> {
    let Some(pem) = attrs::text(prior, "certificate_pem") else {
        return Some("issued again: the certificate is gone".to_owned());
    };
    let found =
        Certificate::from_pem(pem).ok().and_then(|found| Some(found.info().ok()?.fingerprint));
    let same = found.as_deref() == attrs::text(prior, "fingerprint");
    (!same).then(|| "issued again: the certificate was altered".to_owned())
}

fn changed(prior: &Value, wanted: &Value) -> Option<String> {
    if !is_same_ca(prior, wanted) {
        return Some("issued again: its CA is another one".to_owned());
    }
    let name = IDENTITY.iter().find(|name| !attrs::same(prior, wanted, &[name]))?;
    Some(format!("issued again: {name} changes"))
}

fn is_same_ca(prior: &Value, wanted: &Value) -> bool {
    let fingerprint = |object: &Value| {
        let pem = attrs::text(object.attr("ca")?, "certificate_pem")?;
        Some(Certificate::from_pem(pem).ok()?.info().ok()?.fingerprint)
    };
    let (before, after) = (fingerprint(prior), fingerprint(wanted));
    before.is_some() && before == after
}

fn ending(prior: &Value, wanted: &Value, now: i64) -> Option<String> {
    let hours = attrs::integer(wanted, "renew_before_hours");
    let window = hours.map(Duration::hours);
    let life = Life::of(prior, now).filter(|life| life.is_short(window))?;
    let rule = match hours {
        _ if life.left.is_negative() => String::new(),
        Some(hours) => format!(", less than the {hours} hours of renew_before_hours"),
        None => format!(", less than {RENEW_BELOW_PERCENT} %"),
    };
    Some(format!("renewed: {}{rule}", life.words()))
}

/// What becomes of what runs with a certificate that is issued again, where that is known: etcd reads its
/// own two at each handshake, for both sides.
pub(super) fn consequence(wanted: &Value) -> Option<String> {
    let profile = attrs::text(wanted, "profile")?;
    ["server", "peer"]
        .contains(&profile)
        .then(|| "nothing restarts: etcd reads it with each new connection".to_owned())
}
