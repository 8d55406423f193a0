//! `pki_certificate`: a key and its certificate on one host. The key is made for that host and kept nowhere else.
//!
//! ```hcl
//! resource "pki_certificate" "server" {
//!   host    = data.host.infra0
//!   ca      = pki_ca.etcd
//!   profile = "server"
//!   name    = "infra0"
//!   address = "10.0.0.6"
//! }
//! ```
//!
//! Certificate and key are always written together. A key that is lost, altered or readable by
//! others is answered by a new one; so is a certificate that nears its end.
//! etcd reads both at each handshake, so nothing is restarted.

use quorate_engine::resource::{
    DestroyRequest, PlanRequest, Planned, RealizeRequest, Realized, Realm, Refusal, Resource, Seen,
};
use quorate_engine::schema::{Attr, Schema};
use quorate_engine::value::{Type, Value};
use quorate_engine::world::{Ask, Content, Host, Op, Reply, Step};

use super::issue::{self, Issued};
use super::{DESCRIPTION, algorithm, description, era, failed, found, lifetime, profile, renewal};
use crate::adopt;
use crate::attrs;
use crate::host::connection::connection_type;
use crate::host::files::{self, FILES, WantedFile, plan_files};
use crate::tls::Certificate;

/// Mode of the certificate file, as kubeadm has it.
const CERT_MODE: u32 = 0o644;
/// Mode of the key file.
pub(super) const KEY_MODE: u32 = 0o600;

/// Attributes that are known when the certificate has been made.
const MADE: [&str; 3] = ["certificate_pem", "key_sha256", "public_key_fingerprint"];

/// The resource type `pki_certificate`.
#[derive(Debug)]
pub struct PkiCertificate {
    schema: Schema,
}

impl Default for PkiCertificate {
    fn default() -> Self {
        PkiCertificate { schema: schema() }
    }
}

fn schema() -> Schema {
    let doc = "A certificate and its key on a host.";
    let own = identity_attrs().into_iter().chain(lifetime_attrs()).chain(kept_attrs());
    let shared = [Vec::from(files::file_attrs()), super::form_attrs(), super::description_attrs()];
    Schema::new("pki_certificate", 1, doc, own.chain(shared.into_iter().flatten()).collect())
}

/// Whose certificate it is, and what for.
fn identity_attrs() -> Vec<Attr> {
    let optional = |name, doc| Attr::optional(name, Type::String, Value::Null(Type::String), doc);
    let ca = Type::object([("certificate_pem", Type::String)]);
    let texts = || Type::list(Type::String);
    vec![
        Attr::required("host", connection_type(), "The host, a `data.host`."),
        Attr::required("ca", ca, "The CA that signs, a `pki_ca`."),
        Attr::required(
            "profile",
            Type::String,
            "What it is for: server, peer, healthcheck-client, apiserver-etcd-client or free.",
        ),
        optional("name", "Name of the member, for server and peer."),
        optional("address", "Address of the member, for server and peer."),
        Attr::optional("sans", texts(), attrs::list::<&str>([]), "Further names and addresses."),
        optional("common_name", "Common name of a free certificate."),
        Attr::optional(
            "organizations",
            texts(),
            attrs::list::<&str>([]),
            "Organizations of a free certificate.",
        ),
        Attr::optional(
            "uses",
            texts(),
            attrs::list(["server", "client"]),
            "Uses of a free certificate: server, client.",
        ),
    ]
}

/// What key it has, and for how long it is good.
fn lifetime_attrs() -> Vec<Attr> {
    let hours = Value::Null(Type::Number);
    vec![
        Attr::optional("algorithm", Type::String, "RSA-2048".into(), "Kind of key."),
        Attr::optional(
            "validity_hours",
            Type::Number,
            8_760.into(),
            "Lifetime of a new certificate.",
        ),
        Attr::optional(
            "renew_before_hours",
            Type::Number,
            hours,
            "Renew when less is left; 30 % of its life by default.",
        ),
    ]
}

/// Where it is, and what is known of it.
fn kept_attrs() -> Vec<Attr> {
    let text = |name, doc| Attr::computed(name, Type::String, doc);
    let path = |name, doc| Attr::defaulted(name, Type::String, doc).replaces();
    vec![
        Attr::optional(
            "certificates_dir",
            Type::String,
            "/etc/kubernetes/pki".into(),
            "Folder of kubeadm's certificates.",
        ),
        path("cert_path", "Path of the certificate; kubeadm's by default."),
        path("key_path", "Path of the key; kubeadm's by default."),
        text("certificate_pem", "The certificate."),
        text("key_sha256", "SHA-256 of the key file.").bookkeeping(),
        text("public_key_fingerprint", "SHA-256 of the public key.").bookkeeping(),
    ]
}

impl Resource for PkiCertificate {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn check(&self, config: &Value) -> Vec<Refusal> {
        if attrs::any_open(config, &profile::IDENTITY) {
            return Vec::new();
        }
        let paths = profile::paths(config, config);
        let open = attrs::any_open(config, &["cert_path", "key_path"]);
        let checks = [
            profile::profile(config).err(),
            paths.err().filter(|_| !open),
            era(config).err(),
            algorithm(config).err(),
        ];
        checks.into_iter().flatten().collect()
    }

    fn import(&self, id: &str, config: &Value) -> Result<Value, Refusal> {
        let (cert_path, key_path) = profile::paths(config, config)?;
        adopt::confirm(id, config, "cert_path", &cert_path)?;
        let paths = [("cert_path", cert_path.as_str().into()), ("key_path", key_path.into())];
        Ok(files::unread(&attrs::with(config, paths), [cert_path.as_str()]))
    }

    fn imported(&self, seen: Value) -> Result<Value, Refusal> {
        found::described(&seen)
    }

    fn look(&self, attrs: &Value) -> Vec<Ask> {
        let Some((host, cert_path, key_path)) = place(attrs) else { return Vec::new() };
        vec![files::ask(&host, attrs, &cert_path), files::ask_secret(&host, &key_path)]
    }

    fn seen(&self, attrs: &Value, replies: &[Reply]) -> Seen {
        let Some((_, cert_path, key_path)) = place(attrs) else { return Seen::Absent };
        let answers = [(&*cert_path, replies.first()), (&*key_path, replies.get(1))];
        let found = files::seen_files(attrs, answers);
        if found.entries().is_none_or(|entries| entries.is_empty()) {
            return Seen::Absent;
        }
        let pem = files::seen_text(attrs, "certificate_pem", replies.first());
        Seen::Present(attrs::with(attrs, [(FILES, found), ("certificate_pem", pem)]))
    }

    fn plan(&self, request: &PlanRequest<'_>) -> Result<Planned, Refusal> {
        let host = attrs::host(request.proposed)?;
        let (cert_path, key_path) = profile::paths(request.config, request.proposed)?;
        let paths = [("cert_path", cert_path.into()), ("key_path", key_path.into())];
        let wanted = attrs::with(request.proposed, paths);
        let Some(prior) = request.prior else { return self.issue(request, &host, &wanted) };
        if let Some(reason) = renewal::moved(prior, &wanted) {
            let anew = PlanRequest { prior: None, ..*request };
            let planned = self.issue(&anew, &host, &wanted)?;
            return Ok(Planned { replace: Some(reason), ..planned });
        }
        match renewal::reason(prior, &wanted, request.now) {
            Some(reason) => {
                let planned = self.issue(request, &host, &wanted)?;
                let notes = [reason].into_iter().chain(renewal::consequence(&wanted)).collect();
                Ok(Planned { notes, ..planned })
            }
            None => self.keep(request, &host, wanted),
        }
    }

    fn destroy(&self, request: &DestroyRequest<'_>) -> Vec<Step> {
        let Some((host, cert_path, key_path)) = place(request.prior) else { return Vec::new() };
        let removed = [files::remove(&host, &cert_path), files::remove(&host, &key_path)];
        removed.into_iter().chain(files::unmake(request.prior, &host)).collect()
    }

    fn finish(&self, after: Value, _steps: &[Step], replies: &[Vec<Reply>]) -> Value {
        files::finish(after, replies)
    }

    fn realize(&self, request: RealizeRequest, realm: &dyn Realm) -> Result<Realized, Refusal> {
        let Planned { after, steps, .. } = request.planned;
        let is_open =
            |step: &Step| matches!(step.op, Op::WriteFile { content: Content::Later, .. });
        if !steps.iter().any(is_open) {
            return Ok(Realized { after, steps });
        }
        let issued = issue::issue(&request.config, &after, realm)?;
        let after = described(&after, &issued)?;
        let steps = steps.into_iter().map(|step| filled(step, &after, &issued)).collect();
        Ok(Realized { after, steps })
    }
}

impl PkiCertificate {
    fn issue(
        &self,
        request: &PlanRequest<'_>,
        host: &Host,
        wanted: &Value,
    ) -> Result<Planned, Refusal> {
        let (algorithm, _) = (algorithm(wanted)?, (era(wanted)?, lifetime(wanted)?));
        if !attrs::any_open(wanted, &profile::IDENTITY) {
            profile::profile(wanted)?;
        }
        let open = [&MADE[..], &DESCRIPTION].concat();
        let after = attrs::with_unknown(wanted, &self.schema, &open);
        let sign = format!("sign {}", profile::words(wanted));
        let steps = [format!("generate {algorithm} key"), sign];
        let mut steps = steps.map(|what| Step::here(Op::Compute { what })).to_vec();
        let written = plan_files(request, host, &both(wanted, Content::Later))?;
        let after = written.described(&after);
        steps.extend(written.steps);
        Ok(Planned::new(after, steps))
    }

    /// Nothing new is signed; at most the certificate file gets its form back.
    fn keep(
        &self,
        request: &PlanRequest<'_>,
        host: &Host,
        wanted: Value,
    ) -> Result<Planned, Refusal> {
        let pem = attrs::text(&wanted, "certificate_pem").map(Certificate::from_pem);
        let Some(Ok(certificate)) = pem else { return self.issue(request, host, &wanted) };
        let pem = certificate.to_pem();
        let content = Content::Plain(pem.as_bytes().into());
        let [_, file] = both(&wanted, content);
        let written = plan_files(request, host, &[file])?;
        let after = attrs::with(&written.added(&wanted), [("certificate_pem", pem.into())]);
        Ok(Planned::new(after, written.steps))
    }
}

/// Key first: a certificate without its key would be found at once, a key without it does no harm.
fn both(object: &Value, cert: Content) -> [WantedFile; 2] {
    let path = |name| attrs::text(object, name).unwrap_or_default().to_owned();
    [
        WantedFile { path: path("key_path"), mode: KEY_MODE, content: Content::Later },
        WantedFile { path: path("cert_path"), mode: CERT_MODE, content: cert },
    ]
}

fn place(object: &Value) -> Option<(Host, String, String)> {
    let host = attrs::host(object).ok()?;
    let (cert_path, key_path) = profile::paths(object, object).ok()?;
    Some((host, cert_path, key_path))
}

fn described(after: &Value, issued: &Issued) -> Result<Value, Refusal> {
    let info = issued.certificate.info().map_err(|error| failed(&error))?;
    let pem = issued.certificate.to_pem();
    let [key, cert] = both(after, Content::Plain(pem.as_bytes().into()));
    let key = WantedFile { content: issued.key_file(), ..key };
    let after = attrs::with(after, description(&info));
    let digest = key.content.bytes().map(files::sha256);
    Ok(attrs::with(
        &after,
        [
            (FILES, files::wanted_files(&[key, cert])),
            ("certificate_pem", pem.into()),
            ("key_sha256", attrs::optional(digest)),
            ("public_key_fingerprint", info.key_fingerprint.into()),
        ],
    ))
}

fn filled(step: Step, after: &Value, issued: &Issued) -> Step {
    let is_key = |path: &str| attrs::text(after, "key_path") == Some(path);
    let Step { host, op } = step;
    let op = match op {
        Op::WriteFile { path, mode, owner, group, content: Content::Later, expect } => {
            let content = match is_key(&path) {
                true => issued.key_file(),
                false => Content::Plain(issued.certificate.to_pem().as_bytes().into()),
            };
            Op::WriteFile { path, mode, owner, group, content, expect }
        }
        other => other,
    };
    Step { host, op }
}

#[cfg(test)]
mod tests;
