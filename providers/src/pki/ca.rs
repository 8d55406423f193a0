//! `pki_ca`: a certificate authority, generated or adopted. Its key is kept sealed, and on no host.
//!
//! ```hcl
//! resource "pki_ca" "etcd" {
//!   common_name        = "etcd-ca"
//!   kubernetes_version = "1.34"
//! }
//!
//! resource "pki_ca" "ours" {
//!   certificate_pem = file("ca.crt")
//!   private_key_pem = var.ca_key
//! }
//! ```
//!
//! A change of form or lifetime counts from the next certificate on, since a new CA certificate
//! reaches running members only with a restart. For the same reason another name, kind of key or
//! certificate is refused: it would swap all that a cluster trusts at once.

use quorate_engine::diag::Diagnostic;
use quorate_engine::resource::{
    DestroyRequest, PlanRequest, Planned, RealizeRequest, Realized, Realm, Refusal, Resource, Seen,
};
use quorate_engine::schema::{Attr, Schema};
use quorate_engine::value::{Type, Value};
use quorate_engine::world::{Ask, Op, Reply, Step};
use time::OffsetDateTime;

use super::life::Life;
use super::{DESCRIPTION, description, era, failed, invalid, lifetime, moment};
use crate::adopt;
use crate::attrs;
use crate::tls::{Authority, CaRequest, Certificate, Serial, Subject, generate_key};

/// The resource type `pki_ca`.
#[derive(Debug)]
pub struct PkiCa {
    schema: Schema,
}

impl Default for PkiCa {
    fn default() -> Self {
        PkiCa { schema: schema() }
    }
}

fn schema() -> Schema {
    let null = || Value::Null(Type::String);
    let mut attrs = vec![
        Attr::optional("common_name", Type::String, "etcd-ca".into(), "Name of the CA."),
        Attr::optional("algorithm", Type::String, "RSA-2048".into(), "Kind of key."),
        Attr::optional("validity_hours", Type::Number, 87_600.into(), "Lifetime of a new CA."),
        Attr::defaulted(
            "certificate_pem",
            Type::String,
            "Certificate; given together with its key to adopt a CA that exists.",
        ),
        Attr::optional("private_key_pem", Type::String, null(), "Key of a CA to adopt.")
            .write_only(),
        Attr::computed("sealed_key", Type::String, "Key, sealed with age.").sealed(),
    ];
    attrs.extend(super::form_attrs());
    attrs.extend(super::description_attrs());
    let doc = "A certificate authority whose key is sealed in the state.";
    Schema::new("pki_ca", 1, doc, attrs)
}

impl Resource for PkiCa {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn check(&self, config: &Value) -> Vec<Refusal> {
        let config = &with_defaults(config);
        let results = [era(config).err(), super::algorithm(config).err(), lifetime(config).err()];
        results.into_iter().flatten().chain(half_adopted(config)).collect()
    }

    /// A CA is its certificate and its key, and no host has both to be found by a name.
    fn import(&self, _id: &str, _config: &Value) -> Result<Value, Refusal> {
        Err(adopt::refused(
            "A CA is not imported by an id: its key is needed too, which is kept sealed in the state.",
            "Give both in the configuration, and apply adopts the CA: certificate_pem = \
             file(\"ca.crt\") and private_key_pem = var.ca_key, a sensitive variable. Afterwards \
             the two can stay or go.",
        ))
    }

    fn look(&self, _attrs: &Value) -> Vec<Ask> {
        Vec::new()
    }

    fn seen(&self, attrs: &Value, _replies: &[Reply]) -> Seen {
        match attrs::text(attrs, "fingerprint") {
            Some(_) => Seen::Present(attrs.clone()),
            None => Seen::Absent,
        }
    }

    fn plan(&self, request: &PlanRequest<'_>) -> Result<Planned, Refusal> {
        let proposed =
            attrs::with(request.proposed, [("private_key_pem", Value::Null(Type::String))]);
        match request.prior {
            Some(prior) => keep(prior, &proposed, request.now),
            None if is_adopted(request.config) => self.adopt(request, &proposed),
            None => self.create(&proposed),
        }
    }

    fn destroy(&self, _request: &DestroyRequest<'_>) -> Vec<Step> {
        Vec::new()
    }

    fn replaced(&self, prior: &Value) -> Result<Vec<Diagnostic>, Refusal> {
        let name = attrs::text(prior, "common_name").unwrap_or("the CA");
        let detail = format!(
            "The CA {name} is made anew and its key, which is nowhere but in the state, is lost. All \
             that it signed is issued again by the new one, and members that run on certificates of \
             the old one do not accept those of the new one until all were restarted."
        );
        let help = "If that is not meant, run \"quorate untaint\" for it, or leave out -replace. The \
                    state before a change is kept in its backup.";
        Ok(vec![Diagnostic::warning("A CA loses its key", detail).help(help)])
    }

    fn realize(&self, request: RealizeRequest, realm: &dyn Realm) -> Result<Realized, Refusal> {
        let Planned { after, steps, .. } = request.planned;
        if steps.is_empty() {
            return Ok(Realized { after, steps });
        }
        let now = moment(realm.now());
        let authority = if is_adopted(&request.config) {
            adopted(&request.config, now)?
        } else {
            generated(&after, now)?
        };
        let sealed = realm.seal(authority.key().to_pem().as_bytes()).map_err(|error| *error)?;
        let info = authority.certificate().info().map_err(|error| failed(&error))?;
        let after = attrs::with(&after, description(&info));
        let pem = match attrs::text(&after, "certificate_pem") {
            Some(given) => given.to_owned(),
            None => authority.certificate().to_pem(),
        };
        let parts = [("certificate_pem", pem.into()), ("sealed_key", sealed.into())];
        Ok(Realized { after: attrs::with(&after, parts), steps })
    }
}

impl PkiCa {
    fn create(&self, proposed: &Value) -> Result<Planned, Refusal> {
        let algorithm = super::algorithm(proposed)?;
        era(proposed)?;
        lifetime(proposed)?;
        let open = [&["certificate_pem", "sealed_key"][..], &DESCRIPTION].concat();
        let after = attrs::with_unknown(proposed, &self.schema, &open);
        let name = attrs::text(proposed, "common_name").unwrap_or("the CA");
        let steps = [format!("generate {algorithm} key"), format!("sign CA certificate of {name}")];
        let steps = steps.map(|what| Step::here(Op::Compute { what }));
        Ok(Planned::new(after, steps.into()))
    }

    fn adopt(&self, request: &PlanRequest<'_>, proposed: &Value) -> Result<Planned, Refusal> {
        if let Some(refusal) = half_adopted(request.config) {
            return Err(refusal);
        }
        let open = [&["sealed_key"][..], &DESCRIPTION].concat();
        let mut after = attrs::with_unknown(proposed, &self.schema, &open);
        if !attrs::any_open(request.config, &["certificate_pem", "private_key_pem"]) {
            let authority = adopted(request.config, moment(request.now))?;
            let info = authority.certificate().info().map_err(|error| failed(&error))?;
            after = attrs::with(&after, description(&info));
        }
        let what = "adopt the given CA certificate and key".to_owned();
        let mut planned = Planned::new(after, vec![Step::here(Op::Compute { what })]);
        planned.warnings.extend(short_life(&planned.after, request.now));
        Ok(planned)
    }
}

/// What there is stays, with its certificate as it is written: the same one written differently
/// must not change a file on any host, and one not known yet is the same or will be refused.
fn keep(prior: &Value, proposed: &Value, now: i64) -> Result<Planned, Refusal> {
    stays(prior, proposed)?;
    let certificate = prior.attr("certificate_pem").cloned();
    let after = attrs::with(proposed, certificate.map(|pem| ("certificate_pem", pem)));
    let warnings = short_life(&after, now).into_iter().collect();
    Ok(Planned { warnings, ..Planned::new(after, Vec::new()) })
}

/// Another CA would replace every certificate and `ca.crt` of a running cluster at once, with no
/// order of restarts in which its members keep trusting each other.
fn stays(prior: &Value, proposed: &Value) -> Result<(), Refusal> {
    let settings = ["common_name", "algorithm"];
    let changed = settings
        .into_iter()
        .find(|name| !attrs::any_open(proposed, &[name]) && !attrs::same(prior, proposed, &[name]));
    let other = is_other_certificate(prior, proposed).then_some("certificate_pem");
    let Some(attr) = changed.or(other) else { return Ok(()) };
    let detail = format!("`{attr}` of a CA that exists changes; nothing has been touched.");
    let help = "Change it back, and make a second `pki_ca` beside this one; or destroy this one \
                with all that it issued.";
    let diagnostic = Diagnostic::error("CA rotation is not supported yet", detail);
    Err(Refusal::of(attr, diagnostic.help(help)))
}

fn is_adopted(config: &Value) -> bool {
    !attrs::is_empty(config, "certificate_pem")
}

/// Whether the wanted certificate, where it is known, is another one than the object has.
fn is_other_certificate(prior: &Value, proposed: &Value) -> bool {
    let name = "certificate_pem";
    if attrs::any_open(proposed, &[name]) || attrs::same(prior, proposed, &[name]) {
        return false;
    }
    let wanted = attrs::text(proposed, name).and_then(fingerprint);
    wanted.is_none() || wanted.as_deref() != attrs::text(prior, "fingerprint")
}

fn fingerprint(pem: &str) -> Option<String> {
    Some(Certificate::from_pem(pem).ok()?.info().ok()?.fingerprint)
}

/// A certificate without its key cannot sign, and a key alone says nothing.
fn half_adopted(config: &Value) -> Option<Refusal> {
    let (attr, missing) = match (
        attrs::is_empty(config, "certificate_pem"),
        attrs::is_empty(config, "private_key_pem"),
    ) {
        (false, true) => ("certificate_pem", "private_key_pem"),
        (true, false) => ("private_key_pem", "certificate_pem"),
        _ => return None,
    };
    let detail = format!("`{attr}` is given without `{missing}`.");
    let diagnostic = Diagnostic::error("A CA is adopted with certificate and key", detail);
    Some(Refusal::of(attr, diagnostic.help("Give both, or neither to have a CA generated.")))
}

fn adopted(config: &Value, now: OffsetDateTime) -> Result<Authority, Refusal> {
    let pem = |name| attrs::text(config, name).unwrap_or_default();
    Authority::adopt(pem("certificate_pem"), pem("private_key_pem"), now)
        .map_err(|error| invalid("certificate_pem", &error))
}

fn generated(object: &Value, now: OffsetDateTime) -> Result<Authority, Refusal> {
    let name = attrs::text(object, "common_name").unwrap_or_default();
    let request = CaRequest {
        era: era(object)?,
        subject: Subject::common_name(name).map_err(|error| invalid("common_name", &error))?,
        serial: Serial::random().map_err(|error| failed(&error))?,
        now,
        lifetime: lifetime(object)?,
    };
    let key = generate_key(super::algorithm(object)?).map_err(|error| failed(&error))?;
    Authority::create(&request, key).map_err(|error| failed(&error))
}

fn short_life(object: &Value, now: i64) -> Option<Diagnostic> {
    let life = Life::of(object, now).filter(|life| life.is_short(None))?;
    let name = attrs::text(object, "certificate_pem")
        .and_then(|pem| Certificate::from_pem(pem).ok()?.info().ok())
        .map_or_else(|| "the CA".to_owned(), |info| info.subject);
    let detail = format!("{name}: {}.", life.words());
    let help = "Plan its replacement: every certificate it issued ends with it.";
    Some(Diagnostic::warning("A CA certificate nears its end", detail).help(help))
}

/// What is said where the configuration says nothing, for checks before there is a proposal.
fn with_defaults(config: &Value) -> Value {
    let given = config.attr("validity_hours");
    if given.is_some_and(|hours| !hours.is_null() && !hours.is_unknown()) {
        return config.clone();
    }
    attrs::with(config, [("validity_hours", 87_600.into())])
}

#[cfg(test)]
mod tests;
