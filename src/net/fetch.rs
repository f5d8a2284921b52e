//! Fetching what certificates point to: an issuer (RFC 5280 section 4.2.2.1), the answer of an OCSP
//! responder (RFC 6960 appendix A), a revocation list.
//!
//! Plain HTTP only, one hop, so many bytes, so many seconds; never to a nearer place than the target
//! is in, so that a server cannot have tlscope knock on doors behind the firewall.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, USER_AGENT};
use http::{Method, Request, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::time::timeout;

use super::address::Place;
use super::dialler::Dialler;
use crate::model::{Failure, Target};

/// What to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// An issuer's certificate.
    Issuer {
        /// Where.
        url: String,
    },
    /// An OCSP response.
    Ocsp {
        /// Of whom.
        url: String,
        /// The request in DER.
        request: Bytes,
    },
    /// A revocation list.
    Crl {
        /// Where.
        url: String,
    },
}

impl Ask {
    /// One word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Issuer { .. } => "issuer",
            Self::Ocsp { .. } => "ocsp",
            Self::Crl { .. } => "crl",
        }
    }

    /// Where.
    pub fn url(&self) -> &str {
        match self {
            Self::Issuer { url } | Self::Ocsp { url, .. } | Self::Crl { url } => url,
        }
    }

    /// How long the answer may take: a client of today waits no longer for an issuer, and nobody
    /// waits for a list.
    fn deadline(&self) -> Duration {
        match self {
            Self::Issuer { .. } => Duration::from_secs(3),
            Self::Ocsp { .. } => Duration::from_secs(5),
            Self::Crl { .. } => Duration::from_secs(10),
        }
    }

    /// How large the answer may be, in bytes.
    fn largest(&self) -> usize {
        match self {
            Self::Issuer { .. } | Self::Ocsp { .. } => 64 << 10,
            Self::Crl { .. } => 16 << 20,
        }
    }
}

/// Why there is no answer to be had.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Only plain HTTP is fetched.
    #[error("not an http URL")]
    NotHttp,
    /// The place is on a private network or on this machine, and the target is not.
    #[error("its address {0} is {place}, and the target's is not", place = Place::of(*.0).word())]
    TooNear(std::net::IpAddr),
    /// It could not be reached.
    #[error("cannot be reached")]
    Unreachable,
    /// No whole answer in time.
    #[error("no answer within {} s", .0.as_secs())]
    Late(Duration),
    /// An answer other than 200.
    #[error("answered with status {0}")]
    Status(u16),
    /// The connection broke, or too much came.
    #[error("{0}")]
    Broken(String),
}

/// Fetches the body of the answer, from no nearer place than `nearest`.
///
/// # Errors
/// [`FetchError`] when there is none to be had.
pub async fn fetch(dialler: &Dialler, ask: &Ask, nearest: Place) -> Result<Bytes, FetchError> {
    let deadline = ask.deadline();
    timeout(deadline, ask_server(dialler, ask, nearest)).await.map_err(|_| FetchError::Late(deadline))?
}

async fn ask_server(dialler: &Dialler, ask: &Ask, nearest: Place) -> Result<Bytes, FetchError> {
    let uri: Uri = ask.url().parse().map_err(|_| FetchError::NotHttp)?;
    let authority = uri.authority().filter(|_| uri.scheme_str() == Some("http")).ok_or(FetchError::NotHttp)?;
    let target = Target::parse(authority.as_str(), Some(80)).map_err(|_| FetchError::NotHttp)?;
    let connected = dialler.connect_if(&target, |ip| Place::of(ip) <= nearest).await;
    let tcp = connected.map_err(|missed| match (missed.failure, missed.route.address) {
        (Failure::NotAllowed, Some(address)) => FetchError::TooNear(address.ip()),
        _ => FetchError::Unreachable,
    })?;
    let broken = |error: &dyn std::error::Error| FetchError::Broken(error.to_string());
    let (mut sender, connection) = http1::handshake(TokioIo::new(tcp.stream)).await.map_err(|e| broken(&e))?;
    let driver = tokio::spawn(connection);
    let response = sender.send_request(request(ask, &uri, authority.as_str())?).await.map_err(|e| broken(&e))?;
    if response.status() != 200 {
        return Err(FetchError::Status(response.status().as_u16()));
    }
    let body = Limited::new(response.into_body(), ask.largest()).collect().await.map_err(|e| broken(&*e))?;
    driver.abort();
    Ok(body.to_bytes())
}

fn request(ask: &Ask, uri: &Uri, authority: &str) -> Result<Request<Full<Bytes>>, FetchError> {
    let request = Request::builder()
        .uri(uri.path_and_query().map_or("/", |path| path.as_str()))
        .header(HOST, authority)
        .header(USER_AGENT, concat!("tlscope/", env!("CARGO_PKG_VERSION")));
    let request = match ask {
        Ask::Ocsp { request: body, .. } => {
            request.method(Method::POST).header(CONTENT_TYPE, "application/ocsp-request").body(Full::new(body.clone()))
        }
        Ask::Issuer { .. } | Ask::Crl { .. } => request.body(Full::default()),
    };
    request.map_err(|error| FetchError::Broken(error.to_string()))
}
