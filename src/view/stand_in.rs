//! One line in place of text that nobody reads: certificates, keys, sealed secrets.

use quorate_providers::tls::Certificate;

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
    let subject = super::text::clean(&info.subject);
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
