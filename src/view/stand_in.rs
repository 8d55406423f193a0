//! One line in place of text that nobody reads: certificates, keys, sealed secrets.

use quorate_engine::value::Value;
use quorate_providers::pki::{Foretold, foretold};
use quorate_providers::tls::Certificate;

use super::text::{clean, count};

/// What stands for a text that is shown by what it is, not by what it says.
pub fn stand_in(text: &str) -> Option<String> {
    let start = text.trim_start();
    let label = start.strip_prefix("-----BEGIN ")?.split("-----").next()?;
    Some(match label {
        "AGE ENCRYPTED FILE" => "(sealed)".to_owned(),
        "CERTIFICATE" => certificates(start),
        label if label.ends_with("PRIVATE KEY") => "(private key)".to_owned(),
        label => format!("({}, {} lines)", label.to_lowercase(), start.lines().count()),
    })
}

/// The same of a text that goes for one not known yet: which certificate it was among those of one
/// name does not matter then.
pub fn former(text: &str) -> Option<String> {
    let shown = stand_in(text)?;
    let (kept, _) = shown.split_once(", sha256 ").filter(|(_, rest)| !rest.contains(';'))?;
    Some(format!("{kept})"))
}

/// What stands for the certificate of a planned object that is made only during apply: whose it will
/// be, for how long, what for; and all names that it will have.
pub fn coming(kind: &str, object: &Value) -> Option<Coming> {
    let Foretold { subject, alt_names, uses, lifetime, .. } = foretold(kind, object)?;
    let hours = lifetime.whole_hours();
    let life = match hours % 24 {
        0 => count(usize::try_from(hours / 24).unwrap_or_default(), "day"),
        _ => count(usize::try_from(hours).unwrap_or_default(), "hour"),
    };
    let uses: Vec<&str> = uses.iter().map(|name| name.trim_end_matches("Auth")).collect();
    let uses = match (kind, uses.as_slice()) {
        ("pki_ca", _) => ", CA".to_owned(),
        (_, []) => String::new(),
        (_, uses) => format!(", {}", uses.join(" and ")),
    };
    let text = format!("{LATER}{}, {life}{uses})", clean(&subject));
    Some(Coming { text, names: alt_names.iter().map(|name| clean(name).into_owned()).collect() })
}

/// A certificate that is made only during apply.
pub struct Coming {
    /// In one line.
    pub text: String,
    /// The alternative names: `DNS:infra0`, `IP:10.0.0.6`.
    pub names: Vec<String>,
}

impl Coming {
    /// Without that it is known after apply: `certificate CN=infra0, 365 days, server and client`.
    pub fn brief(&self) -> String {
        let text = self.text.trim_start_matches(LATER).trim_end_matches(')');
        format!("certificate {text}")
    }

    /// All of it, in a sentence.
    pub fn sentence(&self) -> String {
        match self.names.is_empty() {
            true => format!("({})", self.brief()),
            false => format!("({}, for {})", self.brief(), self.names.join(", ")),
        }
    }
}

/// Begins what is known of a certificate that is made only during apply.
const LATER: &str = "(known after apply: ";

/// The alternative names of the certificate in a text, where it is one.
pub fn names_of(text: &str) -> Option<Vec<String>> {
    let info = Certificate::from_pem(text).ok()?.info().ok()?;
    Some(info.alt_names.iter().map(|name| clean(name).into_owned()).collect())
}

fn certificates(text: &str) -> String {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    let starts: Vec<usize> = text.match_indices(BEGIN).map(|(index, _)| index).collect();
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let shown: Vec<String> =
        starts.iter().zip(ends).map(|(start, end)| certificate(&text[*start..end])).collect();
    match shown.as_slice() {
        [one] => format!("(certificate {one})"),
        many => format!("({} certificates: {})", many.len(), many.join("; ")),
    }
}

fn certificate(pem: &str) -> String {
    let Ok(info) = Certificate::from_pem(pem).and_then(|certificate| certificate.info()) else {
        return format!("unreadable, {} lines", pem.lines().count());
    };
    let until = info.not_after.date();
    let digest = info.fingerprint.get(..12).unwrap_or_default();
    let subject = clean(&info.subject);
    format!("{subject}, until {until}, sha256 {digest}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    const CA: &str = include_str!("../../providers/tests/x509/fixtures/kubeadm-1.20.2/ca.crt");

    #[test]
    fn certificates_keys_and_seals_are_one_line() {
        let one = stand_in(CA).unwrap();
        assert!(one.starts_with("(certificate CN=etcd-ca, until 20"), "{one}");
        let two = stand_in(&format!("{CA}{CA}")).unwrap();
        assert!(two.starts_with("(2 certificates: CN=etcd-ca, until 20"), "{two}");
        for (text, shown) in [
            ("-----BEGIN AGE ENCRYPTED FILE-----\nYW\n", Some("(sealed)")),
            ("-----BEGIN RSA PRIVATE KEY-----\nAA\n", Some("(private key)")),
            (
                "-----BEGIN PUBLIC KEY-----\nAA\n-----END PUBLIC KEY-----\n",
                Some("(public key, 3 lines)"),
            ),
            ("-----BEGIN CERTIFICATE-----\nAA\n", Some("(certificate unreadable, 2 lines)")),
            ("no\nPEM\n", None),
        ] {
            assert_eq!(stand_in(text).as_deref(), shown);
        }
    }
}
