//! What tlscope itself says to a client over HTTP.
//!
//! These pages stand inside the origin of whatever the client asked for, and they quote what a
//! server sent: everything is escaped, nothing may run, nothing is kept.

use std::net::IpAddr;

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, PROXY_AUTHENTICATE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;
use serde_json::json;

use super::door::password::Given;
use super::door::stranger::Why;
use crate::explain;
use crate::model::{Finding, Target, Timestamp};
use crate::text;

const POLICY: HeaderValue = HeaderValue::from_static(text::PAGE_POLICY);

/// Why there is no answer from the server.
pub(super) struct Failure {
    target: String,
    findings: Vec<Finding>,
    /// In words, when it was reached and the client is not let to it.
    refused: Option<String>,
}

impl Failure {
    /// About one target, worst finding first.
    pub(super) fn new(target: &Target, mut findings: Vec<Finding>) -> Self {
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        Self { target: target.to_string(), findings, refused: None }
    }

    /// About a server that was reached and refused; `why` says by whom and for what.
    pub(super) fn refusal(target: &Target, findings: Vec<Finding>, why: String) -> Self {
        Self { refused: Some(why), ..Self::new(target, findings) }
    }

    /// By whom and for what the server was refused, where it was.
    pub(super) fn refused(&self) -> Option<&str> {
        self.refused.as_deref()
    }

    /// What is said of a request that gets this page.
    pub(super) fn of_a_request(&self) -> String {
        let why = self.refused().unwrap_or("no server to send it to");
        format!("{why}: tlscope answered 502 itself")
    }

    /// JSON where the client asks for that rather than for HTML.
    pub(super) fn response(&self, accept: &str) -> Response<Full<Bytes>> {
        let (media_type, body) = if prefers_json(accept) {
            ("application/json", self.json())
        } else {
            ("text/html; charset=utf-8", self.html())
        };
        respond(StatusCode::BAD_GATEWAY, media_type, body)
    }

    fn html(&self) -> String {
        let target = text::html(&self.target);
        let mut items = String::new();
        for finding in &self.findings {
            items.push_str(&finding_html(finding));
        }
        let (title, why) = match &self.refused {
            None => (format!("tlscope has no connection to {target}"), String::new()),
            Some(why) => (format!("tlscope refuses the server {target}"), self.refusal_html(why)),
        };
        let body = format!("<p>This page comes from tlscope, not from the server.</p>{why}<ul>{items}</ul>");
        text::document(&title, &body)
    }

    /// What was done, and how it is done otherwise.
    fn refusal_html(&self, why: &str) -> String {
        let (why, target) = (text::html(why), text::html(&self.target));
        format!(
            "<p>The server was reached, and nothing was sent to it: {why}.</p><p>To be let to it all the same, start \
             tlscope with <code>--bad-upstream pass:{target}</code> (a good certificate in its place) or \
             <code>--bad-upstream mirror:{target}</code> (one with its defects), or choose that on its screen \
             (<code>bad-upstream</code>), and load this page again.</p>"
        )
    }

    fn json(&self) -> String {
        let findings: Vec<_> = self.findings.iter().map(finding_json).collect();
        json!({
            "schema": "tlscope.error/1", "target": self.target, "refused": self.refused, "findings": findings,
        })
        .to_string()
    }
}

fn finding_html(finding: &Finding) -> String {
    let page = explain::page(finding.id);
    format!(
        "<li class=\"{severity}\">{glyph} <b>{title}</b> <code>{id}</code><br>{summary}<br>\
         <small>{cause}<br>Fix: {fix}</small></li>",
        severity = finding.severity,
        glyph = finding.severity.glyph(),
        title = text::html(page.title),
        id = finding.id,
        summary = text::html(&explain::summary(finding)),
        cause = text::html(page.cause),
        fix = text::html(&explain::fix(finding)),
    )
}

fn finding_json(finding: &Finding) -> serde_json::Value {
    json!({
        "id": finding.id, "severity": finding.severity, "summary": explain::summary(finding),
        "cause": explain::page(finding.id).cause, "fix": explain::fix(finding), "evidence": finding.evidence,
    })
}

/// Whether JSON comes before HTML among what the client accepts.
fn prefers_json(accept: &str) -> bool {
    let accept = accept.to_ascii_lowercase();
    match (accept.find("json"), accept.find("text/html")) {
        (Some(json), Some(html)) => json < html,
        (json, _) => json.is_some(),
    }
}

/// A request that the proxy cannot make sense of.
pub(super) fn refused(why: &str) -> Response<Full<Bytes>> {
    let body = text::document("tlscope cannot take this request", &format!("<p>{}</p>", text::html(why)));
    respond(StatusCode::BAD_REQUEST, "text/html; charset=utf-8", body)
}

/// For a device that asks for tlscope's own pages faster than anybody could read them.
pub(super) fn too_many() -> Response<Full<Bytes>> {
    let body = "<p>This device asks for tlscope's pages faster than they can be read. Try again in a second.</p>";
    let body = text::document("Too many requests", body);
    let mut response = respond(StatusCode::TOO_MANY_REQUESTS, "text/html; charset=utf-8", body);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// For somebody who may not use the proxy: a whole HTTP/1 answer.
pub(super) fn denied(client: IpAddr, flag: &str, why: Why, now: Timestamp) -> Vec<u8> {
    let (client, flag) = (text::html(&client.to_string()), text::html(flag));
    let restart = format!("<p>Or restart tlscope with <code>{flag}</code>.</p>");
    let (what, next) = match why {
        Why::NobodyToAsk => (
            "tlscope serves only its own machine unless it is told otherwise.",
            format!(
                "<p>To let this device in, restart it with <code>{flag}</code>; or start it with its screen: it asks \
                 there, as soon as this device comes again.</p>"
            ),
        ),
        Why::NoAnswer(until) => {
            let minutes = until.ms_since(now).max(0) / 60_000 + 1;
            (
                "tlscope asked on its screen whether to let this device in, and nobody answered in time.",
                format!(
                    "<p>Go to the screen of tlscope, take this address off the list of devices (<code>let-in</code>), \
                     and load this page again: it asks once more. Without that it asks again in {minutes} min.</p>{restart}"
                ),
            )
        }
        Why::Denied => (
            "Whoever runs tlscope decided on its screen not to let this device in.",
            format!(
                "<p>If that was a mistake, take this address off the list of devices there (<code>let-in</code>), and \
                 load this page again: it asks once more.</p>{restart}"
            ),
        ),
    };
    let body = text::document(
        "tlscope does not serve this device",
        &format!("<p>Your address is <code>{client}</code>. {what}</p>{next}"),
    );
    format!(
        "HTTP/1.1 403 Forbidden\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\n\
         content-security-policy: {}\r\ncache-control: no-store\r\nx-content-type-options: nosniff\r\nconnection: close\r\n\r\n{body}",
        body.len(),
        text::PAGE_POLICY,
    )
    .into_bytes()
}

/// For a client that has to give the proxy's password (RFC 9110 section 15.5.8), or gave too many wrong
/// ones.
pub(super) fn password_wanted(given: Given) -> Response<Full<Bytes>> {
    let (status, what) = match given {
        Given::TooOften => {
            (StatusCode::TOO_MANY_REQUESTS, "There were too many wrong passwords; try again in a minute.")
        }
        Given::Wrong => (StatusCode::PROXY_AUTHENTICATION_REQUIRED, "That name or that password is wrong."),
        _ => (StatusCode::PROXY_AUTHENTICATION_REQUIRED, "This proxy wants a name and a password."),
    };
    let body = text::document(
        "tlscope wants a password",
        &format!(
            "<p>{what}</p><p>Set them where the proxy is set on this device; they are those of \
             <code>--proxy-password</code>, with which tlscope was started.</p>"
        ),
    );
    let mut response = respond(status, "text/html; charset=utf-8", body);
    let headers = response.headers_mut();
    if status == StatusCode::TOO_MANY_REQUESTS {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("60"));
    } else {
        let challenge = HeaderValue::from_static("Basic realm=\"tlscope\", charset=\"UTF-8\"");
        headers.insert(PROXY_AUTHENTICATE, challenge);
    }
    response
}

fn respond(status: StatusCode, media_type: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;
    use crate::model::{Facts, FindingId, Severity};

    fn hostile() -> Failure {
        let facts = Facts::new()
            .with("asked", "<script>alert(1)</script>")
            .with("presented", vec!["\"><img src=x onerror=alert(1)>".to_owned(), "\u{202e}evil\u{1b}[2J".to_owned()]);
        let findings = vec![
            Finding::new(FindingId::EkuAbsent, Facts::new()).with_severity(Severity::Warning),
            Finding::new(FindingId::NameMismatch, facts),
        ];
        Failure::new(&"a.test:443".parse().unwrap(), findings)
    }

    async fn body_of(response: Response<Full<Bytes>>) -> String {
        String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn hostile_certificates_stay_text() {
        let response = hostile().response("text/html,*/*");
        assert_eq!(response.status(), 502);
        assert_eq!(response.headers()[CONTENT_SECURITY_POLICY], POLICY);
        assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
        let html = body_of(response).await;
        assert!(
            !html.contains("<script")
                && !html.contains("<img")
                && !html.contains('\u{202e}')
                && !html.contains('\u{1b}')
        );
        assert!(html.contains("&lt;script&gt;"));
        assert!(html.find("name-mismatch").unwrap() < html.find("eku-absent").unwrap(), "the worst comes first");
    }

    #[tokio::test]
    async fn a_refusal_says_who_refused_and_how_to_have_it_otherwise() {
        let finding = Finding::new(FindingId::CertExpired, Facts::new().with("not_after", "<b>"));
        let why = "the server was refused by --bad-upstream refuse: cert-expired";
        let page = || Failure::refusal(&"a.test:443".parse().unwrap(), vec![finding.clone()], why.to_owned());
        assert_eq!(page().of_a_request(), format!("{why}: tlscope answered 502 itself"));
        let html = body_of(page().response("text/html")).await;
        for words in ["tlscope refuses the server a.test:443", why, "--bad-upstream pass:a.test:443", "cert-expired"] {
            assert!(html.contains(words), "{words}: {html}");
        }
        let json: serde_json::Value =
            serde_json::from_str(&body_of(page().response("application/json")).await).unwrap();
        assert_eq!((&json["refused"], &json["findings"][0]["id"]), (&json!(why), &json!("cert-expired")));
        let json: serde_json::Value = serde_json::from_str(&body_of(hostile().response("text/json")).await).unwrap();
        assert_eq!(json["refused"], json!(null));
    }

    #[tokio::test]
    async fn json_for_those_who_ask_for_it() {
        assert!(prefers_json("application/json") && prefers_json("application/problem+json, text/html"));
        assert!(!prefers_json("text/html, application/json") && !prefers_json("*/*") && !prefers_json(""));
        let response = hostile().response("application/json");
        assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
        let value: serde_json::Value = serde_json::from_str(&body_of(response).await).unwrap();
        assert_eq!(value["findings"][0]["id"], "name-mismatch");
        assert_eq!(value["findings"][0]["evidence"]["asked"], "<script>alert(1)</script>");
    }

    #[test]
    fn a_stranger_is_told_why_and_what_to_do() {
        let now = Timestamp::from_unix(0);
        let cases = [
            (Why::NobodyToAsk, "restart it with <code>--allow 192.0.2.7/32</code>"),
            (Why::NoAnswer(now.plus_ms(599_000)), "asks again in 10 min"),
            (Why::NoAnswer(now.plus_ms(-1)), "asks again in 1 min"),
            (Why::Denied, "not to let this device in"),
        ];
        for (why, words) in cases {
            let answer = denied("192.0.2.7".parse().unwrap(), "--allow 192.0.2.7/32", why, now);
            let answer = String::from_utf8(answer).unwrap();
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with("HTTP/1.1 403 ") && head.contains(&format!("content-length: {}", body.len())));
            assert!(body.contains(words) && body.contains("<code>--allow 192.0.2.7/32</code>"), "{why:?}: {body}");
        }
    }

    #[test]
    fn a_password_is_asked_for_until_it_was_wrong_too_often() {
        let answer = password_wanted(Given::Missing);
        assert_eq!(answer.status(), 407);
        assert_eq!(answer.headers()[PROXY_AUTHENTICATE], "Basic realm=\"tlscope\", charset=\"UTF-8\"");
        let answer = password_wanted(Given::TooOften);
        assert_eq!((answer.status().as_u16(), &answer.headers()[RETRY_AFTER]), (429, &HeaderValue::from_static("60")));
        assert!(!answer.headers().contains_key(PROXY_AUTHENTICATE), "asking again would invite another guess");
    }
}
