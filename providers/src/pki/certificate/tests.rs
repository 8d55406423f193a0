use std::sync::Arc;

use quorate_engine::schema::OnChange;
use quorate_engine::world::Expect;

use super::*;
use crate::pki::PkiCa;
use crate::testing::{NOW, but, file_reply, host_value, lines, make, plan, plan_at};
use crate::tls::{PrivateKey, verify_issued_by};

const DAY: i64 = 86_400;
const CRT: &str = "/etc/kubernetes/pki/etcd/server.crt";
const KEY: &str = "/etc/kubernetes/pki/etcd/server.key";

fn ca() -> Value {
    let settings = [("algorithm", Value::string("ECDSA-P256"))];
    make(&PkiCa::default(), &Value::object(settings), None).after
}

fn config() -> Value {
    Value::object([
        ("host", host_value("infra0")),
        ("ca", ca()),
        ("profile", "server".into()),
        ("name", "infra0".into()),
        ("address", "10.0.0.6".into()),
        ("algorithm", "ECDSA-P256".into()),
    ])
}

struct Made {
    config: Value,
    object: Value,
    crt: Arc<[u8]>,
    key: Arc<[u8]>,
}

fn made() -> Made {
    let config = config();
    let realized = make(&PkiCertificate::default(), &config, None);
    let content = |wanted: &str| {
        let found = realized.steps.iter().find_map(|step| match &step.op {
            Op::WriteFile { path, content, .. } if path == wanted => content.bytes(),
            _ => None,
        });
        Arc::from(found.unwrap())
    };
    Made { config, crt: content(CRT), key: content(KEY), object: realized.after }
}

impl Made {
    fn seen(&self, crt: Option<(&[u8], u32)>, key: Option<(&[u8], u32)>) -> Seen {
        let reply = |file: Option<(&[u8], u32)>| match file {
            Some((content, mode)) => file_reply(content, mode),
            None => Reply::Absent,
        };
        PkiCertificate::default().seen(&self.object, &[reply(crt), reply(key)])
    }

    /// The note and the steps of a plan after something was seen.
    fn answer(&self, crt: Option<(&[u8], u32)>, key: Option<(&[u8], u32)>) -> (Vec<String>, usize) {
        let Seen::Present(prior) = self.seen(crt, key) else { panic!("it is there") };
        let planned = plan(&PkiCertificate::default(), &self.config, Some(&prior)).unwrap();
        let steps = planned.steps.len();
        (told(planned), steps)
    }
}

/// Why it is issued again, which says what then restarts too.
fn told(planned: Planned) -> Vec<String> {
    let mut notes = planned.notes;
    if !notes.is_empty() {
        let consequence = notes.pop();
        assert_eq!(
            consequence.as_deref(),
            Some("nothing restarts: etcd reads it with each new connection")
        );
    }
    notes
}

#[test]
fn a_certificate_is_made_with_its_key() {
    let planned = plan(&PkiCertificate::default(), &config(), None).unwrap();
    assert_eq!(
        lines(&planned.steps),
        [
            "generate ECDSA-P256 key",
            "sign server certificate of infra0",
            "write /etc/kubernetes/pki/etcd/server.key (0600 root:root)",
            "write /etc/kubernetes/pki/etcd/server.crt (0644 root:root)",
        ]
    );
    let Made { config, object, crt, key } = made();
    assert!(object.is_wholly_known(), "{object:?}");
    let text = std::str::from_utf8(&crt).unwrap();
    let certificate = Certificate::from_pem(text).unwrap();
    let authority = config.attr("ca").and_then(|ca| attrs::text(ca, "certificate_pem")).unwrap();
    verify_issued_by(&certificate, &Certificate::from_pem(authority).unwrap()).unwrap();
    let info = certificate.info().unwrap();
    assert_eq!(info.subject, "CN=infra0");
    assert!(info.alt_names.contains(&"IP:10.0.0.6".to_owned()));
    let key = PrivateKey::from_pem(std::str::from_utf8(&key).unwrap()).unwrap();
    assert_eq!(key.public().unwrap().fingerprint(), info.key_fingerprint);
    assert_eq!(attrs::text(&object, "fingerprint"), Some(&*info.fingerprint));
}

#[test]
fn the_key_is_in_nothing_that_is_shown_or_kept() {
    let config = config();
    let realized = make(&PkiCertificate::default(), &config, None);
    let shown = format!("{realized:?}");
    assert!(!shown.contains("PRIVATE KEY"), "{shown}");
    assert!(shown.contains("secret"));
    assert!(realized.after.attr("ca").unwrap().attr("sealed_key").is_none());
}

#[test]
fn drift_is_answered() {
    let made = made();
    let (crt, key) = (Some((&*made.crt, 0o644)), Some((&*made.key, 0o600)));
    assert_eq!(made.seen(crt, key), Seen::Present(made.object.clone()));
    assert_eq!(made.seen(None, None), Seen::Absent);
    let note = |text: &str| (vec![text.to_owned()], 4);
    assert_eq!(made.answer(crt, key), (vec![], 0));
    assert_eq!(made.answer(crt, None), note(&format!("new key: {KEY} is gone")));
    assert_eq!(
        made.answer(crt, Some((b"other", 0o600))),
        note(&format!("new key: {KEY} was altered"))
    );
    assert_eq!(
        made.answer(crt, Some((&made.key, 0o644))),
        note(&format!("new key: {KEY} was open to others"))
    );
    assert_eq!(made.answer(None, key), note("issued again: the certificate is gone"));
    assert_eq!(
        made.answer(Some((b"x", 0o644)), key),
        note("issued again: the certificate was altered")
    );
    // The same certificate in another form only gets its form back.
    assert_eq!(made.answer(Some((&made.crt, 0o600)), key), (vec![], 1));
    let commented = [b"# by hand\n", &*made.crt].concat();
    assert_eq!(made.answer(Some((&commented, 0o644)), key), (vec![], 1));
}

#[test]
fn changes_are_answered() {
    let Made { config, object, .. } = made();
    let resource = PkiCertificate::default();
    let notes = |change: [(&'static str, Value); 1]| {
        told(plan(&resource, &but(&config, change), Some(&object)).unwrap())
    };
    assert_eq!(notes([("address", "10.0.0.7".into())]), ["issued again: address changes"]);
    assert_eq!(notes([("sans", Value::tuple(["a".into()]))]), ["issued again: sans changes"]);
    assert_eq!(notes([("ca", ca())]), ["issued again: its CA is another one"]);
    assert_eq!(notes([("kubernetes_version", "1.20.2".into())]), [""; 0]);
    let resealed = but(config.attr("ca").unwrap(), [("sealed_key", "age text".into())]);
    let planned = plan(&resource, &but(&config, [("ca", resealed)]), Some(&object)).unwrap();
    assert_eq!((planned.after, planned.steps), (object.clone(), vec![]));

    let elsewhere = attrs::with(&host_value("infra0"), [("address", "10.0.0.9".into())]);
    let planned = plan(&resource, &but(&config, [("host", elsewhere)]), Some(&object)).unwrap();
    assert_eq!(planned.replace.as_deref(), Some("it moves to another host"));
    let other_user = attrs::with(&host_value("infra0"), [("user", "ops".into())]);
    let planned = plan(&resource, &but(&config, [("host", other_user)]), Some(&object)).unwrap();
    assert_eq!((planned.replace, planned.steps), (None, vec![]));
    let dir = but(&config, [("certificates_dir", "/srv".into())]);
    let planned = plan(&resource, &dir, Some(&object)).unwrap();
    assert_eq!(attrs::text(&planned.after, "key_path"), Some("/srv/etcd/server.key"));
    assert!(resource.schema().attr("key_path").unwrap().on_change == OnChange::Replace);
}

#[test]
fn a_certificate_is_renewed_in_time() {
    let Made { config, object, .. } = made();
    let resource = PkiCertificate::default();
    let at = |days: i64| plan_at(&resource, &config, Some(&object), NOW + days * DAY).unwrap();
    assert_eq!(told(at(250)), [""; 0]);
    assert_eq!(told(at(345)), ["renewed: 20 days left of 365, less than 30 %"]);
    assert_eq!(told(at(400)), ["renewed: expired 35 days ago"]);
    let expects: Vec<_> = at(345)
        .steps
        .into_iter()
        .filter_map(|step| match step.op {
            Op::WriteFile { expect, .. } => Some(matches!(expect, Expect::Sha256(_))),
            _ => None,
        })
        .collect();
    assert_eq!(expects, [true, true]);
}

#[test]
fn profiles_have_places_and_needs() {
    let resource = PkiCertificate::default();
    for (profile, crt) in [
        ("peer", "/etc/kubernetes/pki/etcd/peer.crt"),
        ("healthcheck-client", "/etc/kubernetes/pki/etcd/healthcheck-client.crt"),
        ("apiserver-etcd-client", "/etc/kubernetes/pki/apiserver-etcd-client.crt"),
    ] {
        let planned = plan(&resource, &but(&config(), [("profile", profile.into())]), None);
        assert_eq!(attrs::text(&planned.unwrap().after, "cert_path"), Some(crt));
    }
    let at = |change: [(&'static str, Value); 1]| {
        resource.check(&but(&config(), change)).into_iter().map(|r| r.attr).collect::<Vec<_>>()
    };
    assert_eq!(at([("profile", "x".into())]), [Some("profile"), Some("cert_path")]);
    assert_eq!(at([("profile", "free".into())]), [Some("cert_path")]);
    assert_eq!(at([("address", Value::NULL)]), [Some("address")]);
    assert_eq!(at([("sans", Value::tuple(["10.0.0.300".into()]))]), [Some("sans")]);
    assert_eq!(at([("address", Value::unknown(Type::String))]), []);
}

#[test]
fn a_ca_without_its_key_cannot_sign() {
    let config = config();
    let planned = plan(&PkiCertificate::default(), &config, None).unwrap();
    let ca = but(config.attr("ca").unwrap(), [("sealed_key", Value::NULL)]);
    let config = but(&config, [("ca", ca)]);
    let request = RealizeRequest { config, prior: None, planned };
    let realm = crate::testing::TestRealm::shared();
    let refusal = PkiCertificate::default().realize(request, realm).unwrap_err();
    assert_eq!(refusal.diagnostic.summary, "The CA cannot sign");
}

#[test]
fn removal_takes_both_files() {
    let Made { object, .. } = made();
    let steps = PkiCertificate::default().destroy(&DestroyRequest { prior: &object });
    let [crt, key] = [CRT, KEY].map(|path| format!("remove {path}"));
    let dir = "remove directory /etc/kubernetes/pki/etcd if empty".to_owned();
    assert_eq!(lines(&steps), [crt, key, dir]);
}
