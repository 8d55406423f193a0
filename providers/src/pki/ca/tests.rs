use quorate_engine::schema::OnChange;

use super::*;
use crate::testing::{but, lines, make, plan, plan_at};

const DAY: i64 = 86_400;

fn config() -> Value {
    Value::object([("algorithm", "ECDSA-P256".into())])
}

#[test]
fn a_ca_is_generated_and_then_rests() {
    let ca = PkiCa::default();
    let planned = plan(&ca, &config(), None).unwrap();
    assert_eq!(
        lines(&planned.steps),
        ["generate ECDSA-P256 key", "sign CA certificate of etcd-ca"]
    );
    assert!(planned.after.attr("sealed_key").unwrap().is_unknown());

    let made = make(&ca, &config(), None).after;
    assert!(made.is_wholly_known());
    let info = Certificate::from_pem(attrs::text(&made, "certificate_pem").unwrap()).unwrap();
    assert_eq!(info.info().unwrap().subject, "CN=etcd-ca");
    assert!(attrs::text(&made, "sealed_key").unwrap().starts_with("-----BEGIN AGE"));

    assert_eq!(ca.seen(&made, &[]), Seen::Present(made.clone()));
    let again = plan(&ca, &config(), Some(&made)).unwrap();
    assert_eq!((&again.after, again.steps.len()), (&made, 0));
    assert_eq!(again.warnings, []);
}

#[test]
fn a_new_form_waits_for_the_next_certificate() {
    let ca = PkiCa::default();
    let made = make(&ca, &config(), None).after;
    let config = but(&config(), [("kubernetes_version", "1.20.2".into())]);
    let planned = plan(&ca, &config, Some(&made)).unwrap();
    assert_eq!(planned.steps, []);
    assert!(attrs::same(&planned.after, &made, &["certificate_pem", "sealed_key"]));
}

#[test]
fn a_ca_that_ends_soon_is_warned_of() {
    let ca = PkiCa::default();
    let made = make(&ca, &config(), None).after;
    let later = crate::testing::NOW + 3000 * DAY;
    let planned = plan_at(&ca, &config(), Some(&made), later).unwrap();
    assert_eq!(planned.warnings[0].detail, "CN=etcd-ca: 650 days left of 3650.");
}

fn given() -> Value {
    let now = moment(crate::testing::NOW);
    let authority = generated(
        &Value::object([
            ("common_name", "ours".into()),
            ("algorithm", "ECDSA-P256".into()),
            ("validity_hours", 87_600.into()),
        ]),
        now,
    )
    .unwrap();
    Value::object([
        ("certificate_pem", authority.certificate().to_pem().into()),
        ("private_key_pem", Value::string(&*authority.key().to_pem()).sensitive()),
    ])
}

#[test]
fn a_ca_is_adopted_and_its_key_never_shown() {
    let ca = PkiCa::default();
    let config = given();
    let planned = plan(&ca, &config, None).unwrap();
    assert_eq!(lines(&planned.steps), ["adopt the given CA certificate and key"]);
    assert!(attrs::text(&planned.after, "fingerprint").is_some());
    let made = make(&ca, &config, None).after;
    let shown = format!("{planned:?} {made:?}");
    assert!(!shown.contains("EC PRIVATE KEY"), "{shown}");
    let again = plan(&ca, &config, Some(&made)).unwrap();
    assert_eq!((&again.after, again.steps.len()), (&made, 0));
    let pem = format!("\n{}\n", attrs::text(&config, "certificate_pem").unwrap());
    for written in [pem.into(), Value::unknown(Type::String)] {
        let config = but(&config, [("certificate_pem", written)]);
        let again = plan(&ca, &config, Some(&made)).unwrap();
        assert_eq!((&again.after, again.steps.len()), (&made, 0));
    }
}

#[test]
fn another_ca_is_refused_while_there_is_one() {
    let ca = PkiCa::default();
    let made = make(&ca, &config(), None).after;
    let renamed = but(&config(), [("common_name", "other-ca".into())]);
    let rekeyed = but(&config(), [("algorithm", "RSA-2048".into())]);
    let other = given();
    let part = |name| (name, other.attr(name).cloned().unwrap());
    let given = but(&config(), ["certificate_pem", "private_key_pem"].map(part));
    for (attr, config) in
        [("common_name", renamed), ("algorithm", rekeyed), ("certificate_pem", given)]
    {
        let refusal = plan(&ca, &config, Some(&made)).unwrap_err();
        assert_eq!(refusal.attr, Some(attr));
        assert_eq!(refusal.diagnostic.summary, "CA rotation is not supported yet");
        assert!(refusal.diagnostic.detail.contains("nothing has been touched"));
    }
    let replaces = |attr: &Attr| attr.on_change == OnChange::Replace;
    assert!(!ca.schema.attrs.iter().any(replaces));
}

#[test]
fn half_of_a_ca_is_refused() {
    let ca = PkiCa::default();
    let whole = given();
    for (gone, at) in
        [("private_key_pem", "certificate_pem"), ("certificate_pem", "private_key_pem")]
    {
        let config = attrs::with(&whole, [(gone, Value::NULL)]);
        let refusals = ca.check(&config);
        assert_eq!(refusals.iter().map(|r| r.attr).collect::<Vec<_>>(), [Some(at)]);
    }
    assert!(ca.check(&whole).is_empty());
    let mixed = attrs::with(
        &whole,
        [("certificate_pem", given().attr("certificate_pem").cloned().unwrap())],
    );
    let refusal = plan(&ca, &mixed, None).unwrap_err();
    let shown = format!("{refusal:?}");
    assert!(shown.contains("does not belong"), "{shown}");
    assert!(!shown.contains("EC PRIVATE KEY"));
}

#[test]
fn settings_are_checked() {
    let ca = PkiCa::default();
    for (name, value) in [
        ("era", Value::string("old")),
        ("kubernetes_version", "1.2".into()),
        ("algorithm", "RSA".into()),
        ("validity_hours", 0.into()),
    ] {
        let refusals = ca.check(&Value::object([(name, value)]));
        assert_eq!(refusals.iter().map(|r| r.attr).collect::<Vec<_>>(), [Some(name)]);
    }
}
