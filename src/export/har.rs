//! HAR 1.2, written as a stream: no session is too long for it.

use std::collections::BTreeSet;
use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::exchange::{Content as Decoded, content_of, fields_of};
use super::har_types::{
    Cache, Content, Entry, Pair, PostData, Request, Response, SecurityDetails, Timings, TlsError, WebSocketMessage,
    to_microseconds,
};
use super::{Recorded, Redaction, connection_line};
use crate::codec::field_text;
use crate::codec::read_form;
use crate::model::{ClientOutcome, Connection, Direction, Exchange, Fingerprint, Head, Message, MessageKind, Note};
use crate::text;
use crate::x509::Cert;

/// What an entry is made of.
#[derive(Clone, Copy, Debug)]
pub struct HarEntry<'a> {
    /// The exchange, with its bodies.
    pub exchange: &'a Exchange,
    /// Its connection.
    pub recorded: Recorded<'a>,
    /// Whether it is the first on its connection, and so carries the time of connecting.
    pub is_first: bool,
    /// The messages of its WebSocket.
    pub messages: &'a [Message],
    /// What a person says of it.
    pub note: Option<&'a Note>,
}

/// Writes one HAR document: first the entries, then every connection.
pub struct HarWriter<W> {
    out: W,
    redaction: Redaction,
    entries: usize,
    connections: usize,
    errors: Vec<TlsError>,
    certificates: BTreeSet<Fingerprint>,
    documents: Vec<(Fingerprint, Value)>,
}

impl<W: Write> HarWriter<W> {
    /// Begins a document.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn begin(mut out: W, redaction: Redaction) -> io::Result<Self> {
        let creator = json!({"name": "tlscope", "version": super::VERSION});
        write!(out, "{{\"log\":{{\"version\":\"1.2\",\"creator\":{creator},\"pages\":[],\"entries\":[")?;
        Ok(Self {
            out,
            redaction,
            entries: 0,
            connections: 0,
            errors: Vec::new(),
            certificates: BTreeSet::new(),
            documents: Vec::new(),
        })
    }

    /// Writes an entry.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn entry(&mut self, entry: HarEntry<'_>) -> io::Result<()> {
        self.separate(self.entries)?;
        self.entries += 1;
        serde_json::to_writer(&mut self.out, &entry_doc(entry, self.redaction)).map_err(io::Error::from)
    }

    /// Writes a connection, with what a person says of it; from the first one on no entry may follow.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn connection(&mut self, recorded: Recorded<'_>, revision: u32, note: Option<&Note>) -> io::Result<()> {
        if self.connections == 0 {
            write!(self.out, "\n],\"_tlscope\":{{\"schema\":\"tlscope.har/1\",\"connections\":[")?;
        }
        self.separate(self.connections)?;
        self.connections += 1;
        let certificates = &mut self.certificates;
        let mut line = connection_line(recorded, revision, |print| certificates.insert(print));
        if let Some(Value::Object(own)) = line.as_object_mut().and_then(|line| line.remove("certificates")) {
            let read = |(print, doc): (String, Value)| Some((Fingerprint::parse(&print)?, doc));
            self.documents.extend(own.into_iter().filter_map(read));
        }
        if let (Some(line), Some(note)) = (line.as_object_mut(), note) {
            line.insert("marked".to_owned(), note.marked.into());
            line.insert("comment".to_owned(), note.text.as_str().into());
        }
        self.errors.extend(tls_error(recorded.connection));
        serde_json::to_writer(&mut self.out, &line).map_err(io::Error::from)
    }

    /// Ends the document, and gives the writer back.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn finish(mut self) -> io::Result<W> {
        if self.connections == 0 {
            write!(self.out, "\n],\"_tlscope\":{{\"schema\":\"tlscope.har/1\",\"connections\":[")?;
        }
        let certificates: serde_json::Map<String, Value> =
            self.documents.drain(..).map(|(print, doc)| (print.to_string(), doc)).collect();
        let errors = serde_json::to_string(&self.errors).map_err(io::Error::from)?;
        write!(self.out, "\n],\"certificates\":{}}},\"_tlsErrors\":{errors}}}}}\n", Value::Object(certificates))?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn separate(&mut self, before: usize) -> io::Result<()> {
        self.out.write_all(if before == 0 { b"\n" } else { b",\n" })
    }
}

fn entry_doc(entry: HarEntry<'_>, redaction: Redaction) -> Entry {
    let HarEntry { exchange, recorded, is_first, messages, note } = entry;
    let connection = recorded.connection;
    let timings = timings(exchange, connection, is_first);
    let mut ids: Vec<&str> = Vec::new();
    for finding in recorded.findings() {
        if !ids.contains(&finding.id.as_str()) {
            ids.push(finding.id.as_str());
        }
    }
    // An entry begins with what it took to connect (HAR 1.2, startedDateTime and time).
    let connecting = timings.dns.max(0.0) + timings.connect.max(0.0);
    Entry {
        started_date_time: exchange.started.plus_ms(-(connecting.round() as i64)),
        time: timings.total(),
        request: request_doc(exchange, redaction),
        response: response_doc(exchange, redaction),
        cache: Cache {},
        timings,
        server_ip_address: connection.upstream.address.map(|address| address.ip().to_string()),
        connection: connection.id.0.to_string(),
        comment: note.map(|note| note.text.clone()).filter(|text| !text.is_empty()),
        tlscope: json!({
            "exchange": exchange.id, "connection": connection.id, "findings": ids, "changed": exchange.changed,
            "marked": note.is_some_and(|note| note.marked),
        }),
        security_details: security_details(connection),
        error: exchange.error.clone(),
        web_socket_messages: messages.iter().filter_map(|message| message_doc(message, redaction)).collect(),
    }
}

fn timings(exchange: &Exchange, connection: &Connection, is_first: bool) -> Timings {
    let taken = |ms: Option<f64>| ms.filter(|_| is_first).unwrap_or(-1.0);
    let dial = connection.upstream.timing;
    let connect = dial.tcp_ms.map(|tcp| tcp + dial.proxy_ms.unwrap_or(0.0) + dial.tls_ms.unwrap_or(0.0));
    let answered = exchange.timing.answered_ms.or(exchange.timing.finished_ms).unwrap_or(0.0);
    let sent = exchange.timing.sent_ms.unwrap_or(0.0).min(answered);
    let finished = exchange.timing.finished_ms.unwrap_or(answered).max(answered);
    Timings {
        blocked: -1.0,
        dns: taken(dial.dns_ms),
        connect: to_microseconds(taken(connect)),
        send: sent,
        wait: to_microseconds(answered - sent),
        receive: to_microseconds(finished - answered),
        ssl: taken(dial.tls_ms),
    }
}

fn pairs(fields: impl Iterator<Item = (String, String)>) -> Vec<Pair> {
    fields.map(|(name, value)| Pair { name, value }).collect()
}

fn request_doc(exchange: &Exchange, redaction: Redaction) -> Request {
    let head = &exchange.request_head;
    let url = redaction.url(&exchange.url);
    let query = url.split_once('?').map_or("", |(_, query)| query.split('#').next().unwrap_or_default()).to_owned();
    Request {
        method: exchange.method.clone(),
        http_version: head.version.clone(),
        cookies: cookies(head, "cookie", redaction),
        headers: pairs(fields_of(head, redaction)),
        query_string: pairs(read_form(&query).into_iter()),
        post_data: post_data(exchange, redaction),
        headers_size: headers_size(head),
        body_size: i64::try_from(exchange.request_body.seen).unwrap_or(i64::MAX),
        url,
    }
}

/// What it was on the wire; unknown where HPACK compressed it.
fn headers_size(head: &Head) -> i64 {
    if head.is_http2() { -1 } else { i64::try_from(head.raw.len()).unwrap_or(-1) }
}

fn post_data(exchange: &Exchange, redaction: Redaction) -> Option<PostData> {
    let head = &exchange.request_head;
    let mime_type = field_text(head, "content-type");
    let (text, encoding) = match content_of(head, &exchange.request_body, redaction) {
        Decoded::Nothing => return None,
        Decoded::Text(text) => (text, None),
        Decoded::Bytes(bytes) => (STANDARD.encode(bytes), Some("base64")),
    };
    let is_form = mime_type.starts_with("application/x-www-form-urlencoded");
    if is_form && encoding.is_none() {
        // One or the other, says HAR.
        return Some(PostData { mime_type, params: Some(pairs(read_form(&text).into_iter())), text: None, encoding });
    }
    Some(PostData { mime_type, params: None, text: Some(text), encoding })
}

/// An exchange without an answer has the status 0 (as browsers write it).
fn response_doc(exchange: &Exchange, redaction: Redaction) -> Response {
    let Some(response) = &exchange.response else {
        return Response {
            status: 0,
            status_text: String::new(),
            http_version: exchange.request_head.version.clone(),
            cookies: Vec::new(),
            headers: Vec::new(),
            content: Content {
                size: 0,
                compression: None,
                mime_type: "x-unknown".to_owned(),
                text: None,
                encoding: None,
                comment: None,
            },
            redirect_url: String::new(),
            headers_size: -1,
            body_size: -1,
        };
    };
    let head = &response.head;
    Response {
        status: response.status,
        status_text: reason_phrase(head),
        http_version: head.version.clone(),
        cookies: cookies(head, "set-cookie", redaction),
        headers: pairs(fields_of(head, redaction)),
        content: content_doc(head, &response.body, redaction),
        redirect_url: redaction.url(&field_text(head, "location")),
        headers_size: headers_size(head),
        body_size: i64::try_from(response.body.seen).unwrap_or(i64::MAX),
    }
}

fn reason_phrase(head: &Head) -> String {
    let line = text::escape(head.line()).into_owned();
    line.splitn(3, ' ').nth(2).unwrap_or_default().to_owned()
}

fn content_doc(head: &Head, body: &crate::model::Body, redaction: Redaction) -> Content {
    let mime_type = field_text(head, "content-type");
    let (text, encoding, size) = match content_of(head, body, redaction) {
        Decoded::Nothing => (None, None, body.seen),
        Decoded::Text(text) => {
            let size = text.len() as u64;
            (Some(text), None, size)
        }
        Decoded::Bytes(bytes) => (Some(STANDARD.encode(&bytes)), Some("base64"), bytes.len() as u64),
    };
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    let on_wire = i64::try_from(body.seen).unwrap_or(i64::MAX);
    let whole = !body.is_truncated() && text.is_some();
    Content {
        size,
        compression: (whole && size != on_wire).then_some(size - on_wire),
        mime_type: if mime_type.is_empty() { "x-unknown".to_owned() } else { mime_type },
        text,
        encoding,
        comment: body.is_truncated().then(|| format!("{} of {} bytes were kept", body.kept.len(), body.seen)),
    }
}

fn cookies(head: &Head, field: &str, redaction: Redaction) -> Vec<Pair> {
    let own = head.fields().filter(|(name, _)| name.eq_ignore_ascii_case(field.as_bytes()));
    let mut found = Vec::new();
    for (_, value) in own {
        let value = text::escape(value);
        let many: Vec<&str> =
            if field == "cookie" { value.split(';').collect() } else { value.split(';').take(1).collect() };
        for pair in many {
            let (name, value) = pair.trim().split_once('=').unwrap_or((pair.trim(), ""));
            let value = if redaction == Redaction::On { "REDACTED" } else { value };
            found.push(Pair { name: name.to_owned(), value: value.to_owned() });
        }
    }
    found
}

fn security_details(connection: &Connection) -> Option<SecurityDetails> {
    let handshake = connection.upstream.handshake.as_ref()?;
    let leaf = connection.upstream.sent.first().filter(|der| !der.der.is_empty()).map(Cert::read);
    let leaf = leaf.as_ref();
    let short = |name: Option<&crate::x509::Name>| name.map(crate::x509::Name::short);
    Some(SecurityDetails {
        protocol: handshake.version.map(|version| version.to_string()),
        subject_name: short(leaf.and_then(|cert| cert.subject.as_ref())),
        issuer: short(leaf.and_then(|cert| cert.issuer.as_ref())),
        valid_from: leaf.and_then(|cert| cert.validity).map(|validity| validity.not_before.unix_seconds()),
        valid_to: leaf.and_then(|cert| cert.validity).map(|validity| validity.not_after.unix_seconds()),
    })
}

fn message_doc(message: &Message, redaction: Redaction) -> Option<WebSocketMessage> {
    let opcode = match message.kind {
        MessageKind::Text => 1,
        MessageKind::Binary => 2,
        MessageKind::Close => 8,
        MessageKind::Ping => 9,
        MessageKind::Pong => 10,
        MessageKind::Raw => return None,
    };
    let data = match (message.kind, str::from_utf8(&message.kept)) {
        (MessageKind::Text, Ok(text)) => redaction.body("application/json", text).into_owned(),
        _ => STANDARD.encode(&message.kept),
    };
    let r#type = if message.direction == Direction::Up { "send" } else { "receive" };
    Some(WebSocketMessage { r#type, time: message.at.unix_ms() as f64 / 1000.0, opcode, data })
}

/// A client that did not come through its handshake.
fn tls_error(connection: &Connection) -> Option<TlsError> {
    let cause = match connection.client.outcome.as_ref()? {
        ClientOutcome::Served => return None,
        ClientOutcome::Alert { code } if code.is_about_certificate() => "cert-rejected",
        ClientOutcome::Alert { code } if code.0 == 40 => "no-shared-cipher",
        ClientOutcome::NothingShared { .. } => "no-shared-cipher",
        ClientOutcome::TimedOut => "handshake-timeout",
        ClientOutcome::GaveUp { .. } | ClientOutcome::EofInHandshake | ClientOutcome::SilentClose { .. } => "closed",
        ClientOutcome::ResetInHandshake | ClientOutcome::SilentReset => "reset",
        ClientOutcome::Alert { .. } | ClientOutcome::Failed { .. } => "unknown",
    };
    let hello = connection.client.hello.as_ref();
    let ended = connection.closed.unwrap_or(connection.opened);
    Some(TlsError {
        started_date_time: connection.opened,
        time: ended.ms_since(connection.opened) as f64,
        hostname: connection.name.as_ref().map(ToString::to_string),
        cause,
        tls_metadata: json!({
            "sniHostname": hello.and_then(|hello| hello.sni.as_deref()),
            "clientAlpn": hello.map(|hello| hello.alpn.as_slice()).unwrap_or_default(),
        }),
        client_ip_address: connection.client_address.ip().to_string(),
        client_port: connection.client_address.port(),
        tlscope: json!({ "connection": connection.id, "refusal": connection.client.refusal }),
    })
}
