//! Mutual TLS between our certificates, with rustls and webpki as etcd's stand-ins.

use std::sync::Arc;

use quorate_providers::tls::{Authority, Certificate, Era, KeyAlgorithm, PrivateKey, Profile};
use rustls::client::{ClientConfig, ClientConnection};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ServerConfig, ServerConnection, WebPkiClientVerifier};
use rustls::{ConfigBuilder, RootCertStore};
use time::OffsetDateTime;

use crate::samples::{ca, leaf, member, request};

type Pair = (Certificate, PrivateKey);

fn roots(ca: &Authority) -> Arc<RootCertStore> {
    let mut roots = RootCertStore::empty();
    roots.add(ca.certificate().der().to_vec().into()).unwrap();
    Arc::new(roots)
}

fn identity((certificate, key): &Pair) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    let certificate = CertificateDer::from(certificate.der().to_vec());
    (vec![certificate], PrivateKeyDer::from_pem_slice(key.to_pem().as_bytes()).unwrap())
}

fn client_config(trusted: &Authority, pair: &Pair) -> ClientConfig {
    let builder: ConfigBuilder<ClientConfig, _> = ClientConfig::builder();
    let (chain, key) = identity(pair);
    builder.with_root_certificates(roots(trusted)).with_client_auth_cert(chain, key).unwrap()
}

fn server_config(trusted: &Authority, pair: &Pair) -> ServerConfig {
    let verifier = WebPkiClientVerifier::builder(roots(trusted)).build().unwrap();
    let (chain, key) = identity(pair);
    let builder = ServerConfig::builder().with_client_cert_verifier(verifier);
    builder.with_single_cert(chain, key).unwrap()
}

fn handshake(
    client: ClientConfig,
    server: ServerConfig,
    name: &'static str,
) -> Result<(), rustls::Error> {
    let mut client = ClientConnection::new(Arc::new(client), name.try_into().unwrap())?;
    let mut server = ServerConnection::new(Arc::new(server))?;
    while client.is_handshaking() || server.is_handshaking() {
        let mut wire = Vec::new();
        client.write_tls(&mut wire).unwrap();
        server.read_tls(&mut wire.as_slice()).unwrap();
        server.process_new_packets()?;
        let mut wire = Vec::new();
        server.write_tls(&mut wire).unwrap();
        client.read_tls(&mut wire.as_slice()).unwrap();
        client.process_new_packets()?;
    }
    Ok(())
}

fn pair(ca: &Authority, era: Era, profile: Profile, algorithm: KeyAlgorithm) -> Pair {
    leaf(ca, &request(era, profile, OffsetDateTime::now_utc()), algorithm)
}

#[test]
fn members_and_clients_talk_in_every_era_and_with_every_key() {
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    for era in [Era::Classic, Era::Modern] {
        for algorithm in KeyAlgorithm::ALL {
            let ca = ca(era, algorithm, OffsetDateTime::now_utc());
            let server = || Profile::Server(member("infra0", "10.0.0.6"));
            let server_pair = pair(&ca, era, server(), algorithm);
            let clients = [Profile::HealthcheckClient, Profile::ApiserverEtcdClient, server()];
            for (client, name) in clients.into_iter().zip(["10.0.0.6", "infra0", "::1"]) {
                let client = pair(&ca, era, client, algorithm);
                let result =
                    handshake(client_config(&ca, &client), server_config(&ca, &server_pair), name);
                assert_eq!(result, Ok(()), "{era:?} {algorithm} {name}");
            }
        }
    }
}

#[test]
fn a_wrong_name_and_a_foreign_client_are_refused() {
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    let now = OffsetDateTime::now_utc();
    let ours = ca(Era::Modern, KeyAlgorithm::EcdsaP256, now);
    let other = ca(Era::Modern, KeyAlgorithm::EcdsaP384, now);
    let make = |ca, profile| pair(ca, Era::Modern, profile, KeyAlgorithm::EcdsaP256);
    let server = make(&ours, Profile::Server(member("infra0", "10.0.0.6")));
    let client = make(&ours, Profile::HealthcheckClient);
    let foreign = make(&other, Profile::HealthcheckClient);
    let try_as =
        |client, name| handshake(client_config(&ours, client), server_config(&ours, &server), name);
    assert!(try_as(&client, "infra0").is_ok());
    assert!(try_as(&client, "infra1").is_err());
    assert!(try_as(&client, "10.0.0.7").is_err());
    assert!(try_as(&foreign, "infra0").is_err());
    let as_server =
        handshake(client_config(&ours, &server), server_config(&ours, &client), "infra0");
    assert!(as_server.is_err());
}
