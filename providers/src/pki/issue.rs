//! Making a key and having a CA sign it, while changes are applied.

use std::sync::Arc;

use quorate_engine::diag::Diagnostic;
use quorate_engine::resource::{Realm, Refusal};
use quorate_engine::value::Value;
use quorate_engine::world::Content;
use zeroize::Zeroizing;

use super::{algorithm, era, failed, lifetime, moment, profile};
use crate::attrs;
use crate::tls::{Authority, Certificate, LeafRequest, PrivateKey, Serial, generate_key};

/// A key and its certificate.
pub(super) struct Issued {
    pub certificate: Certificate,
    key: PrivateKey,
}

impl Issued {
    /// What the key file holds.
    pub fn key_file(&self) -> Content {
        Content::Secret(Arc::new(Zeroizing::new(self.key.to_pem().as_bytes().to_vec())))
    }
}

/// Makes the certificate of an object, with the CA of its configuration: the object keeps no sealed key.
pub(super) fn issue(config: &Value, object: &Value, realm: &dyn Realm) -> Result<Issued, Refusal> {
    let now = moment(realm.now());
    let authority = authority(config, realm)?;
    let key = generate_key(algorithm(object)?).map_err(|error| failed(&error))?;
    let request = LeafRequest {
        era: era(object)?,
        profile: profile::profile(object)?,
        serial: Serial::random().map_err(|error| failed(&error))?,
        now,
        lifetime: lifetime(object)?,
    };
    let public = key.public().map_err(|error| failed(&error))?;
    let certificate = authority.issue(&request, &public).map_err(|error| failed(&error))?;
    Ok(Issued { certificate, key })
}

fn authority(config: &Value, realm: &dyn Realm) -> Result<Authority, Refusal> {
    let part = |name| config.attr("ca").and_then(|ca| attrs::text(ca, name));
    let (Some(pem), Some(sealed)) = (part("certificate_pem"), part("sealed_key")) else {
        let detail = "`ca` needs `certificate_pem` and `sealed_key`, as a `pki_ca` has them.";
        return Err(Refusal::of("ca", Diagnostic::error("The CA cannot sign", detail)));
    };
    let key = realm.unseal(sealed).map_err(|error| Refusal::of("ca", *error))?;
    let key = std::str::from_utf8(&key).unwrap_or_default();
    Authority::adopt(pem, key, moment(realm.now())).map_err(|error| {
        let diagnostic =
            Diagnostic::error("The CA cannot sign", format!("{}.", attrs::chain(&error)));
        Refusal::of("ca", diagnostic)
    })
}
