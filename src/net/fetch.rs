//! Fetching an issuer's certificate from where a certificate says it is (RFC 5280 section 4.2.2.1).
//!
//! Plain HTTP only, one hop, 64 KiB, three seconds; never to a private address for a public target,
//! so that a server cannot have tlscope knock on doors behind the firewall.

use std::time::Duration;

use bytes::Bytes;
use http::header::{HOST, USER_AGENT};
use http::{Request, Uri};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::time::timeout;

use super::address::is_private;
use super::dialler::Dialler;
use crate::model::{CertDer, Failure, Target};
use crate::x509::read_certificates;

const DEADLINE: Duration = Duration::from_secs(3);
const LARGEST: usize = 64 << 10;

/// Why there is no certificate to be had.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Only plain HTTP is fetched.
    #[error("not an http URL")]
    NotHttp,
    /// The place is on a private network and the target is not.
    #[error("its address {0} is private, and the target's is not")]
    Private(std::net::IpAddr),
    /// It could not be reached.
    #[error("cannot be reached")]
    Unreachable,
    /// No whole answer in time.
    #[error("no answer within {} s", DEADLINE.as_secs())]
    Late,
    /// An answer other than 200.
    #[error("answered with status {0}")]
    Status(u16),
    /// The connection broke, or more than 64 KiB came.
    #[error("{0}")]
    Broken(String),
    /// There is something else there.
    #[error("no certificate there")]
    Nothing,
}

/// Fetches the certificates at `url`.
///
/// # Errors
/// [`FetchError`] when there are none to be had.
pub async fn fetch_issuer(dialler: &Dialler, url: &str, allow_private: bool) -> Result<Vec<CertDer>, FetchError> {
    let body = timeout(DEADLINE, fetch(dialler, url, allow_private)).await.map_err(|_| FetchError::Late)??;
    let found = read_certificates(&body);
    if found.is_empty() { Err(FetchError::Nothing) } else { Ok(found) }
}

async fn fetch(dialler: &Dialler, url: &str, allow_private: bool) -> Result<Bytes, FetchError> {
    let uri: Uri = url.parse().map_err(|_| FetchError::NotHttp)?;
    let authority = uri.authority().filter(|_| uri.scheme_str() == Some("http")).ok_or(FetchError::NotHttp)?;
    let target = Target::parse(authority.as_str(), Some(80)).map_err(|_| FetchError::NotHttp)?;
    let connected = dialler.connect_if(&target, |ip| allow_private || !is_private(ip)).await;
    let tcp = connected.map_err(|missed| match (missed.failure, missed.address) {
        (Failure::NotAllowed, Some(address)) => FetchError::Private(address.ip()),
        _ => FetchError::Unreachable,
    })?;
    let broken = |error: &dyn std::error::Error| FetchError::Broken(error.to_string());
    let (mut sender, connection) = http1::handshake(TokioIo::new(tcp.stream)).await.map_err(|e| broken(&e))?;
    let driver = tokio::spawn(connection);
    let request = Request::get(uri.path_and_query().map_or("/", |path| path.as_str()))
        .header(HOST, authority.as_str())
        .header(USER_AGENT, concat!("tlscope/", env!("CARGO_PKG_VERSION")))
        .body(Empty::<Bytes>::new())
        .map_err(|e| broken(&e))?;
    let response = sender.send_request(request).await.map_err(|e| broken(&e))?;
    if response.status() != 200 {
        return Err(FetchError::Status(response.status().as_u16()));
    }
    let body = Limited::new(response.into_body(), LARGEST).collect().await.map_err(|e| broken(&*e))?;
    driver.abort();
    Ok(body.to_bytes())
}
