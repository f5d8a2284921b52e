//! What of a row can be copied to the clipboard.

use crate::codec::Content;
use crate::export::{curl_command, openssl_command};
use crate::model::{Body, Head};
use crate::session::Detail;
use crate::text;
use crate::x509::pem;

/// More of a body is not handed to a clipboard.
const LONGEST_BODY: usize = 1 << 20;

/// A thing to copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Copied {
    Curl,
    Url,
    Host,
    RequestHead,
    ResponseHead,
    RequestBody,
    ResponseBody,
    Certificate,
    Chain,
    Openssl,
}

impl Copied {
    /// All of them, with the key of each and what it is.
    pub(super) const ALL: [(char, Self, &'static str); 10] = [
        ('c', Self::Curl, "the request as a curl command, with its secrets"),
        ('u', Self::Url, "the URL"),
        ('h', Self::Host, "the host"),
        ('r', Self::RequestHead, "the header of the request"),
        ('a', Self::ResponseHead, "the header of the answer"),
        ('s', Self::RequestBody, "the body of the request, decoded"),
        ('b', Self::ResponseBody, "the body of the answer, decoded"),
        ('p', Self::Certificate, "the server's certificate as PEM"),
        ('l', Self::Chain, "all certificates it sent, as PEM"),
        ('o', Self::Openssl, "the handshake as an openssl command"),
    ];

    /// Its text; `None` where the row has no such thing.
    pub(super) fn text(self, detail: &Detail) -> Option<String> {
        let exchange = detail.exchange.as_deref();
        let answer = exchange.and_then(|exchange| exchange.response.as_ref());
        let connection = &detail.connection;
        let sent = &connection.upstream.sent;
        match self {
            Self::Curl => exchange.map(curl_command),
            Self::Url => exchange.map(|exchange| harmless(&exchange.url)),
            Self::Host => connection.target.as_ref().map(|target| target.host.to_string()),
            Self::RequestHead => exchange.map(|exchange| head_text(&exchange.request_head)),
            Self::ResponseHead => answer.map(|answer| head_text(&answer.head)),
            Self::RequestBody => {
                exchange.and_then(|exchange| body_text(&exchange.request_head, &exchange.request_body))
            }
            Self::ResponseBody => answer.and_then(|answer| body_text(&answer.head, &answer.body)),
            Self::Certificate => sent.first().map(|leaf| pem(&leaf.der)),
            Self::Chain => (!sent.is_empty()).then(|| sent.iter().map(|der| pem(&der.der)).collect()),
            Self::Openssl => openssl_command(connection),
        }
    }
}

fn head_text(head: &Head) -> String {
    harmless(&text::escape(&head.raw))
}

/// What is pasted into a shell must not speak to its terminal.
fn harmless(found: &str) -> String {
    found.split('\n').map(|line| text::safe(line.trim_end_matches('\r')).into_owned()).collect::<Vec<_>>().join("\n")
}

/// What is text of it; bytes of another kind have no place on a clipboard.
fn body_text(head: &Head, body: &Body) -> Option<String> {
    let content = Content::of(head, body, LONGEST_BODY);
    let found = content.text().filter(|found| !found.is_empty())?;
    Some(harmless(&found))
}

/// Whether less of a body is copied than there was.
pub(super) fn is_cut(copied: Copied, detail: &Detail) -> bool {
    let exchange = detail.exchange.as_deref();
    let body = match copied {
        Copied::RequestBody => exchange.map(|exchange| &exchange.request_body),
        Copied::ResponseBody => exchange.and_then(|exchange| exchange.response.as_ref()).map(|answer| &answer.body),
        _ => None,
    };
    body.is_some_and(|body| body.is_truncated() || body.kept.len() > LONGEST_BODY)
}
