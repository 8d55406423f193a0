//! What a certificate will say that is made only during apply, as far as its object says it already.

use quorate_engine::value::Value;
use time::Duration;

use super::{MADE_FROM, algorithm, era, lifetime, profile};
use crate::attrs;
use crate::tls::{AltName, ExtendedUse};

/// A certificate before it is made: all but serial, dates and key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foretold {
    /// The subject, such as `CN=infra0`.
    pub subject: String,
    /// The alternative names in order, such as `DNS:infra0`, `IP:10.0.0.6`.
    pub alt_names: Vec<String>,
    /// What it may be used for, such as `serverAuth`; none for a CA.
    pub uses: Vec<&'static str>,
    /// The kind of key, such as `RSA-2048`.
    pub algorithm: String,
    /// For how long it will be good.
    pub lifetime: Duration,
}

/// What the certificate of a planned object will say; none where the object has none, or where what
/// decides it is not known yet.
pub fn foretold(kind: &str, object: &Value) -> Option<Foretold> {
    let is_made = object.attr("certificate_pem").is_none_or(|pem| !pem.is_unknown());
    let is_secret = |name: &&str| object.attr(name).is_some_and(Value::has_sensitive);
    if is_made || attrs::any_open(object, &MADE_FROM) || MADE_FROM.iter().any(is_secret) {
        return None;
    }
    let (subject, alt_names, uses) = match kind {
        "pki_ca" => (format!("CN={}", attrs::text(object, "common_name")?), Vec::new(), Vec::new()),
        "pki_certificate" => leaf(object)?,
        _ => return None,
    };
    Some(Foretold {
        subject,
        alt_names,
        uses,
        algorithm: algorithm(object).ok()?.to_string(),
        lifetime: lifetime(object).ok()?,
    })
}

fn leaf(object: &Value) -> Option<(String, Vec<String>, Vec<&'static str>)> {
    let template = profile::profile(object).ok()?.template(era(object).ok()?).ok()?;
    let names = template.alt_names.iter().map(AltName::to_string).collect();
    let uses = template.uses.into_iter().map(ExtendedUse::name).collect();
    Some((template.subject.to_string(), names, uses))
}

#[cfg(test)]
mod tests {
    use quorate_engine::value::Type;

    use super::*;

    fn object(parts: &[(&'static str, Value)]) -> Value {
        let unknown = ("certificate_pem", Value::unknown(Type::String));
        let life = ("validity_hours", 48.into());
        Value::object([unknown, life].into_iter().chain(parts.iter().cloned()))
    }

    #[test]
    fn names_and_uses_are_known_before_the_certificate() {
        let server = object(&[
            ("profile", "server".into()),
            ("name", "infra0".into()),
            ("address", "10.0.0.6".into()),
        ]);
        let told = foretold("pki_certificate", &server).unwrap();
        assert_eq!(told.subject, "CN=infra0");
        let names = ["DNS:infra0", "DNS:localhost", "IP:10.0.0.6", "IP:127.0.0.1", "IP:::1"];
        assert_eq!(told.alt_names, names);
        assert_eq!(told.uses, ["serverAuth", "clientAuth"]);
        assert_eq!(told.lifetime, Duration::days(2));
        assert_eq!(told.algorithm, "RSA-2048");
    }

    #[test]
    fn what_is_open_is_not_guessed() {
        let open = object(&[
            ("profile", "server".into()),
            ("name", "infra0".into()),
            ("address", Value::unknown(Type::String)),
        ]);
        assert_eq!(foretold("pki_certificate", &open), None);
        assert_eq!(foretold("host_file", &object(&[])), None);
        let made = Value::object([("certificate_pem", "x".into())]);
        assert_eq!(foretold("pki_ca", &made), None);
    }
}
