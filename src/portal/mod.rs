//! The page that a device opens: what this port is, and the CA to install.
//!
//! Owns the page, the steps for each kind of device, and the downloads. `app` hands it to the proxy
//! as a plain function from request to response.
//!
//! Must not know the proxy's insides.

mod steps;

use std::net::SocketAddr;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::header::{HeaderName, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;

use crate::ca::{Artefact, artefact};
use crate::model::{CertDer, hex};
use crate::text::{self, html};

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Page {
    /// The CA certificate.
    pub ca: CertDer,
    /// Its name.
    pub ca_name: String,
    /// The host under which the page is reached through the proxy.
    pub host: &'static str,
}

/// Each download: where it is, what it is, and who takes it.
const DOWNLOADS: &[(&str, Artefact, &str)] = &[
    ("/ca.mobileconfig", Artefact::Mobileconfig, "iPhone, iPad, Mac: a configuration profile"),
    ("/ca.crt", Artefact::Der, "Android, Windows, Java: DER"),
    ("/ca.pem", Artefact::Pem, "Linux, curl, Python, Node: PEM"),
    ("/ca.p12", Artefact::P12, "a PKCS#12 trust store, password <code>changeit</code>"),
    ("/ca.android", Artefact::Android, "the system store of a rooted Android or an emulator"),
];

impl Page {
    /// Answers a request that was for tlscope itself.
    pub fn answer(&self, request: &Request<()>, client: SocketAddr) -> Response<Full<Bytes>> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut refusal =
                respond(StatusCode::METHOD_NOT_ALLOWED, "text/plain", "This is tlscope; GET / tells more.\n");
            refusal.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return refusal;
        }
        let path = request.uri().path();
        if let Some((_, form, _)) = DOWNLOADS.iter().find(|(at, ..)| *at == path) {
            return self.download(*form);
        }
        if path != "/" {
            return respond(
                StatusCode::NOT_FOUND,
                "text/plain",
                "tlscope has no such page; GET / shows what there is.\n",
            );
        }
        let through_proxy = request.uri().host() == Some(self.host);
        respond(StatusCode::OK, "text/html; charset=utf-8", self.html(client, through_proxy))
    }

    fn download(&self, form: Artefact) -> Response<Full<Bytes>> {
        let Some(file) = artefact(&self.ca, form) else {
            return respond(
                StatusCode::INTERNAL_SERVER_ERROR,
                "text/plain",
                "The CA cannot be written in this form.\n",
            );
        };
        let mut response = respond(StatusCode::OK, file.media_type, file.contents);
        let disposition = HeaderValue::try_from(format!("attachment; filename=\"{}\"", file.name));
        if let Ok(disposition) = disposition {
            response.headers_mut().insert(CONTENT_DISPOSITION, disposition);
        }
        response
    }

    fn html(&self, client: SocketAddr, through_proxy: bool) -> String {
        let state = if through_proxy {
            "<p><b>The proxy setting of this device works.</b> What is left is the certificate.</p>".to_owned()
        } else {
            format!(
                "<p>You have reached tlscope's proxy port as if it were a web server. Set it as the HTTP proxy of \
                 your device or program, then open <code>http://{}/</code> to see that it works.</p>",
                self.host
            )
        };
        let downloads: String = DOWNLOADS
            .iter()
            .map(|(at, _, who)| format!("<li><a href=\"{at}\">{}</a>: {who}</li>", at.trim_start_matches('/')))
            .collect();
        let body = format!(
            "<p>tlscope is a debugging proxy: it shows the TLS between an app and its servers to the person who runs \
             it. Your address is <code>{}</code>.</p>{state}<h2>The certificate</h2><ul>{downloads}</ul>\
             <p><small>{}<br>SHA-256 <code>{}</code></small></p>{}\
             <p><small>Remove the certificate when you are done: whoever holds its key can read this device's \
             connections. The key never leaves the machine that tlscope runs on.</small></p>",
            html(&client.ip().to_string()),
            html(&self.ca_name),
            spaced(&hex(&self.ca.sha256.0)),
            steps::html(),
        );
        text::document("This is tlscope", &body)
    }
}

/// In groups of four, to be compared by eye.
fn spaced(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() * 5 / 4);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

fn respond(status: StatusCode, media_type: &'static str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let fields: [(HeaderName, &'static str); 4] = [
        (CONTENT_TYPE, media_type),
        (CONTENT_SECURITY_POLICY, text::PAGE_POLICY),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    for (name, value) in fields {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    fn page() -> Page {
        let pem = include_bytes!("../../certs/fixtures/algorithms/rsa2048-sha256.pem");
        let ca = crate::x509::read_certificates(pem).remove(0);
        Page { ca, ca_name: "tlscope <CA>".into(), host: "tlscope.test" }
    }

    async fn get(uri: &str) -> (Response<Full<Bytes>>, String) {
        let request = Request::get(uri).body(()).unwrap();
        let response = page().answer(&request, "192.0.2.7:5".parse().unwrap());
        let body = response.clone().into_body().collect().await.unwrap().to_bytes();
        (response, String::from_utf8_lossy(&body).into_owned())
    }

    #[tokio::test]
    async fn says_what_it_is_and_whether_the_proxy_works() {
        let (direct, body) = get("/").await;
        assert_eq!(direct.status(), 200);
        assert_eq!(direct.headers()[CONTENT_SECURITY_POLICY], text::PAGE_POLICY);
        assert!(body.contains("as if it were a web server") && body.contains("192.0.2.7"));
        assert!(body.contains("tlscope &lt;CA&gt;"));
        let (_, body) = get("http://tlscope.test/").await;
        assert!(body.contains("The proxy setting of this device works"));
    }

    #[tokio::test]
    async fn every_download_is_linked_and_there() {
        let (_, index) = get("/").await;
        for (at, _, _) in DOWNLOADS {
            assert!(index.contains(&format!("href=\"{at}\"")), "{at}");
            let (response, body) = get(at).await;
            assert_eq!(response.status(), 200, "{at}");
            assert!(response.headers().contains_key(CONTENT_DISPOSITION) && !body.is_empty(), "{at}");
            assert!(!body.contains("PRIVATE"), "{at}");
        }
    }

    #[tokio::test]
    async fn other_paths_and_methods_are_refused() {
        assert_eq!(get("/nothing").await.0.status(), 404);
        let post = Request::post("/").body(()).unwrap();
        assert_eq!(page().answer(&post, "[::1]:5".parse().unwrap()).status(), 405);
    }
}
