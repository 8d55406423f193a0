//! Certificates as objects: a CA whose key the state keeps sealed, and leaves whose keys only their hosts have.

mod ca;
mod certificate;
mod foretold;
mod found;
mod issue;
mod life;
mod profile;
mod renewal;

pub use ca::PkiCa;
pub use certificate::PkiCertificate;
pub use foretold::{Foretold, foretold};

use quorate_engine::diag::Diagnostic;
use quorate_engine::resource::Refusal;
use quorate_engine::schema::Attr;
use quorate_engine::value::{Type, Value};
use time::{Duration, OffsetDateTime};

use crate::attrs;
use crate::kube::version::KubernetesVersion;
use crate::tls::{CertificateInfo, Era, KeyAlgorithm};

/// Attributes that a certificate is described with.
const DESCRIPTION: [&str; 4] = ["fingerprint", "serial", "not_before", "not_after"];

/// Attributes that decide what a certificate says, its form and its life among them.
const MADE_FROM: [&str; 11] = [
    "profile",
    "name",
    "address",
    "sans",
    "common_name",
    "organizations",
    "uses",
    "algorithm",
    "validity_hours",
    "kubernetes_version",
    "era",
];

fn description_attrs() -> Vec<Attr> {
    let text = |name, doc| Attr::computed(name, Type::String, doc);
    vec![
        text("fingerprint", "SHA-256 of the certificate, lower-case hex."),
        text("serial", "Serial number, lower-case hex."),
        text("not_before", "First second of validity, RFC 3339."),
        text("not_after", "Last second of validity, RFC 3339."),
    ]
}

fn form_attrs() -> Vec<Attr> {
    let text = |name, doc| Attr::optional(name, Type::String, Value::Null(Type::String), doc);
    vec![
        text("kubernetes_version", "Make it in the form of this Kubernetes' kubeadm."),
        text("era", "The form by name, `classic` or `modern`, instead of by version."),
    ]
}

/// The attributes of [`DESCRIPTION`] for a certificate.
fn description(info: &CertificateInfo) -> [(&'static str, Value); 4] {
    [
        ("fingerprint", info.fingerprint.as_str().into()),
        ("serial", info.serial.as_str().into()),
        ("not_before", life::rfc3339(info.not_before).into()),
        ("not_after", life::rfc3339(info.not_after).into()),
    ]
}

/// The form of certificate that an object asks for; the present one if it says nothing.
fn era(object: &Value) -> Result<Era, Refusal> {
    match (attrs::text(object, "era"), attrs::text(object, "kubernetes_version")) {
        (Some("classic"), _) => Ok(Era::Classic),
        (Some("modern"), _) => Ok(Era::Modern),
        (Some(other), _) => {
            let detail = format!("`{other}` is neither `classic` nor `modern`.");
            Err(Refusal::of("era", Diagnostic::error("There is no such form", detail)))
        }
        (None, Some(version)) => version
            .parse::<KubernetesVersion>()
            .map(KubernetesVersion::certificate_era)
            .map_err(|error| invalid("kubernetes_version", &error)),
        (None, None) => Ok(Era::default()),
    }
}

fn algorithm(object: &Value) -> Result<KeyAlgorithm, Refusal> {
    match attrs::text(object, "algorithm") {
        Some(name) => name.parse().map_err(|error| invalid("algorithm", &error)),
        None => Ok(KeyAlgorithm::default()),
    }
}

fn lifetime(object: &Value) -> Result<Duration, Refusal> {
    match attrs::integer(object, "validity_hours") {
        // A thousand years: beyond the calendar's end the certificate could not be written.
        Some(hours @ 1..=8_766_000) => Ok(Duration::hours(hours)),
        _ => {
            let detail = "`validity_hours` must be a whole number of hours, 1 or more.";
            let diagnostic = Diagnostic::error("The lifetime is not valid", detail);
            Err(Refusal::of("validity_hours", diagnostic))
        }
    }
}

fn moment(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn invalid(attr: &'static str, error: &dyn std::error::Error) -> Refusal {
    let detail = format!("{}.", attrs::chain(error));
    Refusal::of(attr, Diagnostic::error("The value is not valid", detail))
}

fn failed(error: &dyn std::error::Error) -> Refusal {
    let detail = format!("{}.", attrs::chain(error));
    Diagnostic::error("The certificate cannot be made", detail).into()
}
