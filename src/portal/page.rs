//! The page as HTML: its frame, the self-test, the steps, the files.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::files::File;
use super::self_test::SelfTest;
use super::steps::{Places, guides_for};
use crate::model::{CertDer, hex};
use crate::text::html;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What the page says beside the self-test.
pub(super) struct Contents<'a> {
    pub(super) test: &'a SelfTest<'a>,
    pub(super) places: &'a Places,
    pub(super) files: &'a [File],
    pub(super) ca: &'a CertDer,
    pub(super) ca_name: &'a str,
    pub(super) agent: &'a str,
}

/// The whole page.
pub(super) fn setup(contents: &Contents<'_>) -> String {
    let Contents { test, places, .. } = contents;
    let way = if test.asked.proxied {
        "This page came <b>through the proxy</b>."
    } else {
        "This page was reached <b>directly</b>, not through the proxy."
    };
    let device = test.asked.client.ip();
    let body = format!(
        "<p>{way}<br>The proxy is <code>{}</code>, this device is <code>{device}</code>.</p><p><small>tlscope is a \
         debugging proxy: it shows what is wrong with the TLS between an app and its servers to the person who runs \
         it.</small></p>{}{}{}{}",
        places.proxy,
        test_box(test, true),
        guides(contents),
        files(contents),
        about_ca(contents),
    );
    document("Set up this device", &body)
}

/// The page that opens only where the CA is trusted, or that says so.
pub(super) fn tested(contents: &Contents<'_>) -> String {
    let test = contents.test;
    let how = if test.asked.tls.is_some() {
        "<p>This page came over TLS with a certificate of tlscope's. Where it opened without a warning, the CA is \
         trusted; where a warning was clicked away, it is not.</p>"
            .to_owned()
    } else {
        let page = html(&test.tls_page());
        format!("<p>This page came without TLS. <a href=\"{page}\">{page}</a> opens only where the CA is trusted.</p>")
    };
    let agent = html(contents.agent);
    let body = format!(
        "{how}{}<p><small>This browser: <code>{agent}</code></small></p><p><a href=\"/\">Steps and files</a></p>",
        test_box(test, false)
    );
    document("Self-test", &body)
}

fn test_box(test: &SelfTest<'_>, has_link: bool) -> String {
    let attribute = |name: &str, value: Option<String>| {
        value.map_or(String::new(), |value| format!(" data-{name}=\"{}\"", html(&value)))
    };
    let pictures = test.ca_pictures();
    // Within TLS everything is known already, and nothing is left to be tried.
    let result = pictures.as_ref().map(|_| format!("{}/result", test.dir));
    let attributes = [
        attribute("proxy", test.proxy_picture()),
        attribute("ca", pictures.map(|dir| format!("{dir}/ca.svg"))),
        attribute("result", result),
    ];
    let page = html(&test.tls_page());
    let by_hand = format!(" Or open <a href=\"{page}\">the test page</a>: it opens only where the CA is trusted.");
    format!(
        "<div class=\"box\"><h2>Is it working?</h2><div id=\"test\"{}>{}</div><p class=\"again\"><a href=\"\">Test \
         again</a>.{}</p></div>",
        attributes.concat(),
        test.html(),
        if has_link { by_hand.as_str() } else { "" }
    )
}

fn guides(contents: &Contents<'_>) -> String {
    let (own, others) = guides_for(contents.test.platform);
    let mut out = String::new();
    for guide in &own {
        out.push_str(&format!("<h2>{}</h2>{}", guide.title, guide.html(contents.places)));
    }
    out.push_str(if own.is_empty() { "<h2>Steps</h2>" } else { "<h2>Other devices and programs</h2>" });
    for guide in &others {
        let steps = guide.html(contents.places);
        out.push_str(&format!("<details><summary>{}</summary>{steps}</details>", guide.title));
    }
    out
}

fn files(contents: &Contents<'_>) -> String {
    let items = contents.files.iter().filter(|file| !file.for_whom.is_empty());
    let items = items.map(|file| format!("<li><a href=\"/{0}\">{0}</a>: {1}</li>", file.path, file.for_whom));
    format!("<h2>Files</h2><ul class=\"files\">{}</ul>", items.collect::<String>())
}

fn about_ca(contents: &Contents<'_>) -> String {
    format!(
        "<p><small>{}<br>SHA-256 <code>{}</code></small></p><p><small>Remove the certificate and the proxy setting when \
         you are done: whoever holds the CA's key can read this device's connections. The key never leaves the machine \
         that tlscope runs on, and is not on this page.</small></p>",
        html(contents.ca_name),
        spaced(&hex(&contents.ca.sha256.0)),
    )
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

fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width,initial-scale=1\"><title>{title} · tlscope</title><style>{STYLE}</style></head>\n\
         <body><h1>{title}</h1>{body}<script>{SCRIPT}</script></body></html>\n"
    )
}

/// What the page may load and run: its own style, its own script by its digest, the pictures of the
/// self-test, and the answers to it.
pub(super) fn policy(test: &SelfTest<'_>) -> String {
    let script = STANDARD.encode(Sha256::digest(SCRIPT));
    let pictures = [test.proxy_picture(), test.ca_pictures()];
    let sources: Vec<String> = pictures.iter().flatten().map(|url| origin_of(url)).collect();
    let pictures = if sources.is_empty() { "'none'".to_owned() } else { sources.join(" ") };
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{script}'; connect-src 'self'; img-src \
         {pictures}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

/// A source for the policy. An IPv6 address cannot stand in one (CSP3 section 2.3.1): there the scheme
/// alone does.
fn origin_of(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    match rest.split('/').next() {
        Some(authority) if !authority.starts_with('[') => format!("{scheme}://{authority}"),
        _ => format!("{scheme}:"),
    }
}
