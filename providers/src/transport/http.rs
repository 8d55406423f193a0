//! One HTTP request over a stream that is already there.

use std::error::Error as _;
use std::io;
use std::sync::Arc;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;

use super::machine::Stream;
use crate::attrs::chain;

/// Where a service listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Whether it speaks TLS.
    pub tls: bool,
    /// A name or address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// What follows: a path that begins with a slash.
    pub path: String,
}

impl Endpoint {
    /// Reads `http://127.0.0.1:2381/health`, `https://[::1]:2379`.
    pub fn parse(url: &str) -> Option<Endpoint> {
        let uri: hyper::Uri = url.parse().ok()?;
        let tls = match uri.scheme_str()? {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        let host = uri.host()?.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Some(Endpoint { tls, host, port, path })
    }

    fn authority(&self) -> String {
        let brackets = self.host.contains(':');
        let host = if brackets { format!("[{}]", self.host) } else { self.host.clone() };
        format!("{host}:{}", self.port)
    }
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Body, as far as it was wanted.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Silence {
    /// Nothing listens, or what listens is not ready.
    Absent,
    /// It listens, but we do not get along: certificates, another protocol.
    Trouble(String),
}

/// Speaks TLS over a stream.
pub async fn secure(
    stream: Box<dyn Stream>,
    host: &str,
    config: Arc<ClientConfig>,
) -> Result<Box<dyn Stream>, Silence> {
    let name = ServerName::try_from(host.to_owned());
    let name = name.map_err(|_| Silence::Trouble(format!("`{host}` is no name of a server")))?;
    match TlsConnector::from(config).connect(name, stream).await {
        Ok(stream) => Ok(Box::new(stream)),
        Err(error) => Err(silence(&error)),
    }
}

/// Sends a request; a `GET` where there is nothing to post. At most `limit` bytes are read.
pub async fn request(
    stream: Box<dyn Stream>,
    endpoint: &Endpoint,
    post: Option<String>,
    limit: usize,
) -> Result<Answer, Silence> {
    let handshake = http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|error| broken(&error))?;
    // It ends with the answer, or with this task when a caller gives up.
    let connection = tokio::spawn(connection);
    let outcome = exchange(&mut sender, endpoint, post, limit).await;
    connection.abort();
    outcome
}

async fn exchange(
    sender: &mut http1::SendRequest<Full<Bytes>>,
    endpoint: &Endpoint,
    post: Option<String>,
    limit: usize,
) -> Result<Answer, Silence> {
    let method = if post.is_some() { "POST" } else { "GET" };
    let request = hyper::Request::builder()
        .method(method)
        .uri(&endpoint.path)
        .header("host", endpoint.authority())
        .header("content-type", "application/json")
        .header("connection", "close")
        .body(Full::new(Bytes::from(post.unwrap_or_default())))
        .map_err(|error| Silence::Trouble(error.to_string()))?;
    let response = sender.send_request(request).await.map_err(|error| broken(&error))?;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    let mut rest = Limited::new(response.into_body(), limit);
    // What is beyond the limit, or was never sent, is not missed.
    while let Some(Ok(frame)) = rest.frame().await {
        body.extend_from_slice(frame.data_ref().map_or(&[], |bytes| &bytes[..]));
    }
    Ok(Answer { status, body })
}

/// A broken exchange: an alert of TLS 1.3 about our certificate comes only with the first answer.
fn broken(error: &hyper::Error) -> Silence {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
    match cause {
        Some(cause) => silence(cause),
        None if error.is_incomplete_message() || error.is_canceled() || error.is_closed() => {
            Silence::Absent
        }
        None => Silence::Trouble(chain(error)),
    }
}

/// What a failure of the stream means. A forwarded port that nobody listens on ends at once.
fn silence(error: &io::Error) -> Silence {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls) => Silence::Trouble(tls_text(rustls)),
        None => match error.kind() {
            io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::NotConnected
            | io::ErrorKind::UnexpectedEof => Silence::Absent,
            _ => Silence::Trouble(error.to_string()),
        },
    }
}

/// What went wrong between two sides of TLS, in words of certificates.
fn tls_text(error: &rustls::Error) -> String {
    use rustls::{AlertDescription, CertificateError, Error};
    match error {
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            "the server's certificate is not signed by the given CA".to_owned()
        }
        Error::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        ) => "the server's certificate has expired".to_owned(),
        Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => "the server's certificate is for other names and addresses".to_owned(),
        Error::AlertReceived(
            AlertDescription::BadCertificate
            | AlertDescription::UnknownCA
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateRequired
            | AlertDescription::CertificateExpired
            | AlertDescription::DecryptError
            | AlertDescription::AccessDenied,
        ) => format!("the server refuses our certificate ({error})"),
        Error::InvalidMessage(_) => "it does not speak TLS".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_read() {
        let endpoint = Endpoint::parse("http://127.0.0.1:2381/health?x=1").unwrap();
        assert_eq!((&*endpoint.host, endpoint.port, endpoint.tls), ("127.0.0.1", 2381, false));
        assert_eq!(endpoint.path, "/health?x=1");
        let endpoint = Endpoint::parse("https://[::1]:2379").unwrap();
        assert_eq!((&*endpoint.host, &*endpoint.path, endpoint.tls), ("::1", "/", true));
        assert_eq!(endpoint.authority(), "[::1]:2379");
        for bad in ["", "127.0.0.1:2381", "ftp://x", "http://"] {
            assert_eq!(Endpoint::parse(bad), None, "{bad}");
        }
    }
}
