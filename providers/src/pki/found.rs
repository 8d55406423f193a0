//! A certificate that a host has already, for an object that takes it over: what it says is held
//! against the configuration, so that only one which is as it should be stays.
//!
//! The key is never read: of it only mode and digest are known.

use quorate_engine::diag::Diagnostic;
use quorate_engine::resource::Refusal;
use quorate_engine::value::{Type, Value};

use super::{description, failed, profile};
use crate::adopt;
use crate::attrs;
use crate::host::files;
use crate::tls::{Certificate, CertificateInfo, Era, verify_issued_by};

/// The object with what its certificate says. An attribute that the certificate does not bear out
/// is told as the certificate has it, so the plan sees that it changes.
pub(super) fn described(seen: &Value) -> Result<Value, Refusal> {
    let pem = attrs::text(seen, "certificate_pem").ok_or_else(no_certificate)?;
    let certificate = Certificate::from_pem(pem).map_err(|error| unreadable(seen, &error))?;
    let info = certificate.info().map_err(|error| unreadable(seen, &error))?;
    let key = attrs::text(seen, "key_path").and_then(|path| files::known_sha256(seen, path));
    let made = [
        ("key_sha256", attrs::optional(key)),
        ("public_key_fingerprint", info.key_fingerprint.as_str().into()),
    ];
    let object = attrs::with(&attrs::with(seen, description(&info)), made);
    let object = attrs::with(&object, differences(seen, &info)?);
    Ok(attrs::with(&object, other_issuer(seen, &certificate)))
}

/// Attributes of which the certificate says something else than the configuration.
fn differences(
    wanted: &Value,
    info: &CertificateInfo,
) -> Result<Vec<(&'static str, Value)>, Refusal> {
    let mut found = Vec::new();
    if attrs::text(wanted, "algorithm") != Some(&*info.key_algorithm) {
        found.push(("algorithm", info.key_algorithm.as_str().into()));
    }
    if attrs::any_open(wanted, &profile::IDENTITY) {
        return Ok(found);
    }
    let profile = profile::profile(wanted)?;
    // Another form counts from the next certificate on.
    let forms = [Era::Classic, Era::Modern].map(|era| profile.template(era));
    let [classic, template] = forms.map(|form| form.map_err(|error| failed(&error)));
    let (classic, template) = (classic?, template?);
    if [&classic, &template].iter().all(|form| form.subject.to_string() != info.subject) {
        let attr = if attrs::is_empty(wanted, "name") { "common_name" } else { "name" };
        found.push((attr, info.subject.as_str().into()));
    }
    let mut names: Vec<String> = template.alt_names.iter().map(ToString::to_string).collect();
    let mut said = info.alt_names.clone();
    names.sort();
    said.sort();
    if names != said {
        found.push(("sans", attrs::list(&info.alt_names)));
    }
    let mut uses: Vec<&str> = template.uses.iter().map(|found| found.name()).collect();
    let mut allowed: Vec<&str> = info.extended_key_usage.iter().map(String::as_str).collect();
    uses.sort_unstable();
    allowed.sort_unstable();
    if uses != allowed {
        found.push(("uses", attrs::list(&info.extended_key_usage)));
    }
    Ok(found)
}

/// A CA that did not sign the certificate is not its own: the object has none.
fn other_issuer(wanted: &Value, certificate: &Certificate) -> Option<(&'static str, Value)> {
    let pem = attrs::text(wanted.attr("ca")?, "certificate_pem");
    let ca = pem.and_then(|pem| Certificate::from_pem(pem).ok())?;
    let stranger = verify_issued_by(certificate, &ca).is_err();
    let nothing = Value::object([("certificate_pem", Value::Null(Type::String))]);
    stranger.then_some(("ca", nothing))
}

fn no_certificate() -> Refusal {
    adopt::refused(
        "The key is there, but its certificate is not.",
        "Put the certificate in its place, or remove the key: apply then makes both.",
    )
}

fn unreadable(seen: &Value, error: &dyn std::error::Error) -> Refusal {
    let path = attrs::text(seen, "cert_path").unwrap_or_default();
    let detail = format!("{path} is not a certificate: {}.", attrs::chain(error));
    let help = "Look at it on the host. What is there has to be a certificate in PEM.";
    Refusal::of("cert_path", Diagnostic::error("Cannot import this object", detail).help(help))
}
