//! The page that a device opens to be set up: steps, the CA in every form, and a self-test.
//!
//! Owns the page, the steps for each kind of device, the downloads, and who gets an answer. `app` hands
//! it to the proxy as a plain function from request to answer; what it has to know of the proxy is in
//! the request.
//!
//! Must not know the proxy's insides, hold anything secret (the CA's key never comes here), or change
//! anything by a request.

mod files;
mod guard;
mod page;
mod platform;
mod self_test;
mod steps;

use aws_lc_rs::rand;
use bytes::Bytes;
use http::header::{
    ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
    USER_AGENT,
};
use http::header::{HeaderName, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use http::{HeaderValue, Method, Response, StatusCode};
use http_body_util::Full;

use crate::model::{CertDer, SetupStep, hex};
use crate::proxy::{PortalAnswer, PortalRequest};
use crate::text::{self, html};
use files::{File, files_of, pac};
use guard::{Site, is_cross_site};
use page::Contents;
use platform::{Platform, System};
use self_test::{Seen, SelfTest, picture};
use steps::Places;

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Answers what is asked of tlscope itself.
#[derive(Clone, Debug)]
pub struct Page {
    ca: CertDer,
    ca_name: String,
    files: Vec<File>,
    /// Where the self-test's pictures and answers are. Nobody knows it who has not read the page: so no
    /// other site can find out by them who trusts this CA, nor make somebody appear to be tested.
    test_dir: String,
}

/// What a path is.
#[derive(Clone, Copy)]
enum Route<'a> {
    Setup,
    Tested,
    File(&'a File),
    Pac,
    /// What the self-test found, in words.
    Result,
    /// One of its pictures.
    Picture(&'a str),
    Nothing,
}

impl Page {
    /// For the CA, with its name.
    pub fn new(ca: CertDer, ca_name: String) -> Self {
        let mut token = [0; 16];
        // Without randomness there would be no CA either.
        let _ = rand::fill(&mut token);
        Self::with_token(ca, ca_name, &hex(&token))
    }

    fn with_token(ca: CertDer, ca_name: String, token: &str) -> Self {
        Self { files: files_of(&ca), ca, ca_name, test_dir: format!("/self-test/{token}") }
    }

    /// Answers a request.
    pub fn answer(&self, asked: &PortalRequest) -> PortalAnswer {
        let site = match Site::of(asked) {
            Ok(site) => site,
            Err(host) => return said(StatusCode::MISDIRECTED_REQUEST, "Not under this name", &wrong_host(&host)),
        };
        let route = self.route(asked.head.uri().path());
        // The pictures of the test are loaded from another scheme, so another site: the path is the key.
        let is_picture = matches!(route, Route::Picture(_));
        let is_page = matches!(route, Route::Setup | Route::Tested | Route::Nothing);
        if !is_picture && is_cross_site(asked.head.headers(), &site, is_page) {
            return said(StatusCode::FORBIDDEN, "Not for other sites", CROSS_SITE);
        }
        if !matches!(*asked.head.method(), Method::GET | Method::HEAD) {
            let mut refusal = said(StatusCode::METHOD_NOT_ALLOWED, "Only GET", WRONG_METHOD);
            refusal.response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return refusal;
        }
        self.answer_route(asked, &site, route)
    }

    fn route<'a>(&'a self, path: &'a str) -> Route<'a> {
        let file = self.files.iter().find(|file| path.strip_prefix('/') == Some(&file.path));
        match (path, file) {
            ("/", _) => Route::Setup,
            ("/self-test", _) => Route::Tested,
            ("/proxy.pac", _) => Route::Pac,
            (_, Some(file)) => Route::File(file),
            _ => match path.strip_prefix(&self.test_dir).and_then(|rest| rest.strip_prefix('/')) {
                Some("result") => Route::Result,
                Some(name) => Route::Picture(name),
                None => Route::Nothing,
            },
        }
    }

    fn answer_route(&self, asked: &PortalRequest, site: &Site, route: Route<'_>) -> PortalAnswer {
        let agent = field(asked, USER_AGENT);
        let platform = Platform::of(&agent);
        let seen = Seen::of(asked.head.uri().query().unwrap_or_default());
        let test = SelfTest { asked, site, platform, dir: &self.test_dir, seen };
        let places = self.places(asked, site);
        match route {
            Route::Setup | Route::Tested => self.page(&test, &places, &agent, matches!(route, Route::Setup)),
            Route::File(file) => downloaded(file, asked),
            Route::Pac => downloaded(&pac(&places.proxy), asked),
            Route::Result => respond(StatusCode::OK, HTML, test.html()).into(),
            Route::Picture(name) => match picture(name, asked) {
                Some(svg) => {
                    let mut response = respond(StatusCode::OK, "image/svg+xml", svg);
                    response.headers_mut().insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
                    response.into()
                }
                None => said(StatusCode::NOT_FOUND, "No such page", NO_SUCH_PAGE),
            },
            Route::Nothing => said(StatusCode::NOT_FOUND, "No such page", NO_SUCH_PAGE),
        }
    }

    /// The page, in words of its own for a program that shows none.
    fn page(&self, test: &SelfTest<'_>, places: &Places, agent: &str, is_setup: bool) -> PortalAnswer {
        let step = is_setup.then(|| SetupStep::PageOpened { platform: test.platform.system.name() });
        let takes_html = field(test.asked, ACCEPT).contains("text/html");
        if test.platform.system == System::Program && !takes_html {
            let words = if is_setup { self.plain(test, places) } else { test.plain() };
            return PortalAnswer { response: respond(StatusCode::OK, "text/plain; charset=utf-8", words), step };
        }
        let files: Vec<File> = self.files.iter().cloned().chain([pac(&places.proxy)]).collect();
        let contents = Contents { test, places, files: &files, ca: &self.ca, ca_name: &self.ca_name, agent };
        let body = if is_setup { page::setup(&contents) } else { page::tested(&contents) };
        let mut response = respond(StatusCode::OK, HTML, body);
        if let Ok(policy) = HeaderValue::try_from(page::policy(test)) {
            response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
        }
        PortalAnswer { response, step }
    }

    fn plain(&self, test: &SelfTest<'_>, places: &Places) -> String {
        let Places { page, proxy, .. } = places;
        let files: String =
            self.files.iter().filter(|f| !f.for_whom.is_empty()).map(|f| format!(" /{}", f.path)).collect();
        format!(
            "tlscope, a proxy that shows what is wrong with the TLS between an app and its servers\n\n{}\n\
             the CA:    curl -o tlscope-ca.pem {page}/ca.pem\n\
             use it:    curl --proxy http://{proxy} --cacert tlscope-ca.pem https://example.com/\n\
             self-test: curl --proxy http://{proxy} --cacert tlscope-ca.pem https://tlscope.test/self-test\n\
             files:    {files} /proxy.pac\n\
             steps:     open {page}/ in a browser\n",
            test.plain()
        )
    }

    /// Where the proxy is for this device: the address by which it found this page, or, through the proxy,
    /// the address by which it found that.
    fn places(&self, asked: &PortalRequest, site: &Site) -> Places {
        let local = asked.local.filter(|_| asked.proxied || site.is_portal_host());
        let (host, port) = local.map_or_else(|| site.host_and_port(), |local| (local.ip().to_string(), local.port()));
        let bracketed = if host.contains(':') { format!("[{host}]") } else { host.clone() };
        let proxy = html(&format!("{bracketed}:{port}"));
        let hash = self.files.iter().find(|file| file.label == "ca.0").map(|file| file.path.clone());
        let page = format!("http://{proxy}");
        Places { host: html(&host), port: port.to_string(), proxy, page, hash: hash.unwrap_or_default() }
    }
}

impl From<Response<Full<Bytes>>> for PortalAnswer {
    fn from(response: Response<Full<Bytes>>) -> Self {
        Self { response, step: None }
    }
}

const HTML: &str = "text/html; charset=utf-8";

const CROSS_SITE: &str = "<p>Another site has made your browser ask for this. tlscope answers nobody but the person \
                          who opens its page: type its address, or scan the code on its screen.</p>";

const WRONG_METHOD: &str =
    "<p>There is nothing here to be changed. <a href=\"/\">The page</a> shows what there is.</p>";

const NO_SUCH_PAGE: &str = "<p>tlscope has no such page. <a href=\"/\">This one</a> has the steps for each device, and \
                            the certificate in every form.</p>";

fn wrong_host(host: &str) -> String {
    format!(
        "<p>This is tlscope's port, and it does not answer under the name <code>{}</code>. Open it by this machine's \
         address, as tlscope's screen shows it, or <a href=\"http://tlscope.test/\">http://tlscope.test/</a> through the \
         proxy. A name could be another site's, which would read along.</p>",
        html(host)
    )
}

fn downloaded(file: &File, asked: &PortalRequest) -> PortalAnswer {
    let mut response = respond(StatusCode::OK, file.media_type, file.contents.clone());
    if let Ok(disposition) = HeaderValue::try_from(format!("attachment; filename=\"{}\"", file.name)) {
        response.headers_mut().insert(CONTENT_DISPOSITION, disposition);
    }
    let is_taken = *asked.head.method() == Method::GET;
    PortalAnswer { response, step: is_taken.then_some(SetupStep::Downloaded { file: file.label }) }
}

fn field(asked: &PortalRequest, name: HeaderName) -> String {
    asked.head.headers().get(name).map(|value| text::escape(value.as_bytes()).into_owned()).unwrap_or_default()
}

/// A short page of words alone.
fn said(status: StatusCode, title: &str, body: &str) -> PortalAnswer {
    respond(status, HTML, text::document(title, body)).into()
}

fn respond(status: StatusCode, media_type: &'static str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let fields = [
        (CONTENT_TYPE, media_type),
        (CONTENT_SECURITY_POLICY, text::PAGE_POLICY),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (RESOURCE_POLICY, "same-origin"),
    ];
    for (name, value) in fields {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests;
