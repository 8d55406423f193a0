//! What a `pki_certificate` is for, read from its attributes.

use std::net::IpAddr;

use quorate_engine::diag::Diagnostic;
use quorate_engine::resource::Refusal;
use quorate_engine::value::Value;

use super::invalid;
use crate::attrs;
use crate::kube::member::CERTIFICATES_DIR;
use crate::tls::{AltName, Attribute, ExtendedUse, Member, Profile, Subject, Template};

/// Attributes that decide what a certificate says.
pub(super) const IDENTITY: [&str; 8] =
    ["profile", "name", "address", "sans", "common_name", "organizations", "uses", "algorithm"];

/// Names of the profiles, and where kubeadm keeps their files below its folder of certificates.
const PLACES: [(&str, &str); 4] = [
    ("server", "etcd/server"),
    ("peer", "etcd/peer"),
    ("healthcheck-client", "etcd/healthcheck-client"),
    ("apiserver-etcd-client", "apiserver-etcd-client"),
];

/// The profile that an object asks for.
pub(super) fn profile(object: &Value) -> Result<Profile, Refusal> {
    match attrs::text(object, "profile").unwrap_or_default() {
        "server" => Ok(Profile::Server(member(object)?)),
        "peer" => Ok(Profile::Peer(member(object)?)),
        "healthcheck-client" => Ok(Profile::HealthcheckClient),
        "apiserver-etcd-client" => Ok(Profile::ApiserverEtcdClient),
        "free" => Ok(Profile::Free(template(object)?)),
        other => {
            let detail = format!("There is no profile `{other}`.");
            let names = PLACES.map(|(name, _)| name).join(", ");
            let diagnostic = Diagnostic::error("The profile is not known", detail);
            Err(Refusal::of("profile", diagnostic.help(format!("Use {names} or free."))))
        }
    }
}

/// Where certificate and key of an object lie.
pub(super) fn paths(config: &Value, object: &Value) -> Result<(String, String), Refusal> {
    let dir = attrs::text(object, "certificates_dir").unwrap_or(CERTIFICATES_DIR);
    let profile = attrs::text(object, "profile").unwrap_or_default();
    let place = PLACES.iter().find(|(name, _)| *name == profile).map(|(_, place)| *place);
    let path = |attr: &'static str, suffix| match (attrs::text(config, attr), place) {
        (Some(path), _) => Ok(path.to_owned()),
        (None, Some(place)) => Ok(format!("{dir}/{place}.{suffix}")),
        (None, None) => Err(required(attr, "a free certificate")),
    };
    Ok((path("cert_path", "crt")?, path("key_path", "key")?))
}

/// The certificate in words: `server certificate of infra0`.
pub(super) fn words(object: &Value) -> String {
    let profile = attrs::text(object, "profile").unwrap_or_default();
    match (profile, attrs::text(object, "name"), attrs::text(object, "common_name")) {
        ("server" | "peer", Some(name), _) => format!("{profile} certificate of {name}"),
        ("free", _, Some(name)) => format!("certificate of {name}"),
        _ => format!("{profile} certificate"),
    }
}

fn member(object: &Value) -> Result<Member, Refusal> {
    let needed = |attr| attrs::text(object, attr).ok_or_else(|| required(attr, "a member"));
    let address = needed("address")?;
    let address: IpAddr = address.parse().map_err(|_| {
        let detail = format!("`{address}` is not an IP address.");
        Refusal::of("address", Diagnostic::error("The value is not valid", detail))
    })?;
    Member::new(needed("name")?, address, alt_names(object)?).map_err(|e| invalid("name", &e))
}

fn template(object: &Value) -> Result<Template, Refusal> {
    let mut subject = Subject::default();
    for organization in attrs::texts(object, "organizations") {
        subject = subject
            .with(Attribute::Organization, &organization)
            .map_err(|error| invalid("organizations", &error))?;
    }
    if let Some(name) = attrs::text(object, "common_name") {
        subject = subject
            .with(Attribute::CommonName, name)
            .map_err(|error| invalid("common_name", &error))?;
    }
    Ok(Template { subject, alt_names: alt_names(object)?, uses: uses(object)? })
}

fn alt_names(object: &Value) -> Result<Vec<AltName>, Refusal> {
    let names = attrs::texts(object, "sans");
    names.iter().map(|name| name.parse().map_err(|error| invalid("sans", &error))).collect()
}

fn uses(object: &Value) -> Result<Vec<ExtendedUse>, Refusal> {
    let read = |name: &String| match name.as_str() {
        "server" => Ok(ExtendedUse::ServerAuth),
        "client" => Ok(ExtendedUse::ClientAuth),
        other => {
            let detail = format!("`{other}` is neither `server` nor `client`.");
            Err(Refusal::of("uses", Diagnostic::error("The value is not valid", detail)))
        }
    };
    attrs::texts(object, "uses").iter().map(read).collect()
}

fn required(attr: &'static str, what: &str) -> Refusal {
    let detail = format!("The certificate of {what} needs `{attr}`.");
    Refusal::of(attr, Diagnostic::error("An attribute is missing", detail))
}
