//! HAR 1.2 as types, with the fields of our own that begin with `_`.

use serde::Serialize;
use serde_json::Value;

use crate::model::Timestamp;

/// A name with a value.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Pair {
    pub(super) name: String,
    pub(super) value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    pub(super) started_date_time: Timestamp,
    pub(super) time: f64,
    pub(super) request: Request,
    pub(super) response: Response,
    pub(super) cache: Cache,
    pub(super) timings: Timings,
    #[serde(rename = "serverIPAddress", skip_serializing_if = "Option::is_none")]
    pub(super) server_ip_address: Option<String>,
    pub(super) connection: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) comment: Option<String>,
    #[serde(rename = "_tlscope")]
    pub(super) tlscope: Value,
    #[serde(rename = "_securityDetails", skip_serializing_if = "Option::is_none")]
    pub(super) security_details: Option<SecurityDetails>,
    #[serde(rename = "_error", skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
    #[serde(rename = "_webSocketMessages", skip_serializing_if = "Vec::is_empty")]
    pub(super) web_socket_messages: Vec<WebSocketMessage>,
}

/// There is no cache in a proxy.
#[derive(Serialize)]
pub(super) struct Cache {}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) url: String,
    pub(super) http_version: String,
    pub(super) cookies: Vec<Pair>,
    pub(super) headers: Vec<Pair>,
    pub(super) query_string: Vec<Pair>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) post_data: Option<PostData>,
    pub(super) headers_size: i64,
    pub(super) body_size: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PostData {
    pub(super) mime_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) params: Option<Vec<Pair>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
    /// `base64` when the body is no text; HAR 1.2 has no place of its own for that.
    #[serde(rename = "_encoding", skip_serializing_if = "Option::is_none")]
    pub(super) encoding: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) status_text: String,
    pub(super) http_version: String,
    pub(super) cookies: Vec<Pair>,
    pub(super) headers: Vec<Pair>,
    pub(super) content: Content,
    #[serde(rename = "redirectURL")]
    pub(super) redirect_url: String,
    pub(super) headers_size: i64,
    pub(super) body_size: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Content {
    pub(super) size: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) compression: Option<i64>,
    pub(super) mime_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) encoding: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) comment: Option<String>,
}

/// Milliseconds; -1 where a step was not taken. `connect` includes `ssl`.
#[derive(Serialize)]
pub(super) struct Timings {
    pub(super) blocked: f64,
    pub(super) dns: f64,
    pub(super) connect: f64,
    pub(super) send: f64,
    pub(super) wait: f64,
    pub(super) receive: f64,
    pub(super) ssl: f64,
}

/// Differences and sums of decimal fractions have a tail of noise.
pub(super) fn to_microseconds(ms: f64) -> f64 {
    (ms * 1000.0).round() / 1000.0
}

impl Timings {
    /// The time of the whole: what was taken, `ssl` being part of `connect`.
    pub(super) fn total(&self) -> f64 {
        let parts = [self.blocked, self.dns, self.connect, self.send, self.wait, self.receive];
        to_microseconds(parts.iter().filter(|part| **part > 0.0).sum())
    }
}

/// Playwright's shape.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SecurityDetails {
    pub(super) protocol: Option<String>,
    pub(super) subject_name: Option<String>,
    pub(super) issuer: Option<String>,
    /// Seconds since the epoch.
    pub(super) valid_from: Option<i64>,
    /// Seconds since the epoch.
    pub(super) valid_to: Option<i64>,
}

/// Chrome's shape.
#[derive(Serialize)]
pub(super) struct WebSocketMessage {
    pub(super) r#type: &'static str,
    /// Seconds since the epoch.
    pub(super) time: f64,
    pub(super) opcode: u8,
    pub(super) data: String,
}

/// HTTP Toolkit's shape.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TlsError {
    pub(super) started_date_time: Timestamp,
    pub(super) time: f64,
    pub(super) hostname: Option<String>,
    pub(super) cause: &'static str,
    pub(super) tls_metadata: Value,
    #[serde(rename = "clientIPAddress")]
    pub(super) client_ip_address: String,
    pub(super) client_port: u16,
    /// tlscope's own: the connection, and why its client refused.
    #[serde(rename = "_tlscope")]
    pub(super) tlscope: Value,
}
