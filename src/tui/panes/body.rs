//! Bodies as lines: text laid out, parts one by one, protobuf in its wire form, an image's facts, and
//! bytes in hex.

use ratatui::text::{Line, Span};

use crate::codec::{Content, Part, boundary, grpc_frames, kind_of, kind_of_bytes, parts, pretty, text_of, wire_form};
use crate::model::{Body, BodyEnd, Head};
use crate::text;
use crate::tui::style::Look;

/// More of a body than this is not shown; it is in the session file.
const SHOWN_BYTES: usize = 256 << 10;

/// Nor more lines.
pub(super) const SHOWN_LINES: usize = 5000;

/// Rows of bytes that are shown of a body that is no text.
const HEX_ROWS: usize = 256;

pub(super) fn body_lines(head: &Head, body: &Body, columns: usize) -> Vec<Line<'static>> {
    let mut lines = vec![Line::default()];
    let notes = notes(body);
    if !notes.is_empty() {
        lines.extend(dim(&notes, columns));
    }
    if body.kept.is_empty() {
        return lines;
    }
    let content = Content::of(head, body, SHOWN_BYTES);
    if let Some(why) = &content.incomplete {
        lines.extend(dim(&format!("shown in part: {why}"), columns));
    }
    lines.extend(content_lines(&content.bytes, &content.media_type, columns, true));
    lines
}

fn dim(words: &str, columns: usize) -> Vec<Line<'static>> {
    use ratatui::style::{Modifier, Style};
    Look::paragraph(words, 0, columns, Style::new().add_modifier(Modifier::DIM))
}

fn notes(body: &Body) -> String {
    let mut notes = Vec::new();
    if body.seen > 0 || body.end.is_some() {
        notes.push(format!("{} bytes", body.seen));
    }
    if body.is_truncated() {
        notes.push(format!("{} kept", body.kept.len()));
    }
    match &body.end {
        Some(BodyEnd::Failed(why)) => notes.push(format!("broke off: {why}")),
        Some(BodyEnd::Dropped) => notes.push("its reader stopped before the end".to_owned()),
        Some(BodyEnd::Complete) => {}
        None => notes.push("not at its end yet".to_owned()),
    }
    notes.extend(body.trailers.iter().map(|(name, value)| format!("trailer {name}: {value}")));
    notes.join(", ")
}

/// Decoded bytes, by their media type; parts of a body that has some are taken apart once.
fn content_lines(bytes: &[u8], media_type: &str, columns: usize, takes_apart: bool) -> Vec<Line<'static>> {
    let media = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    // One without its delimiters is shown as it is: a wrong boundary is what somebody looks for.
    let found = boundary(media_type).filter(|_| takes_apart).map(|boundary| parts(bytes, &boundary));
    if let Some(parts) = found.filter(|parts| !parts.is_empty()) {
        return part_lines(&parts, columns);
    }
    if media.starts_with("application/grpc")
        && let Some(lines) = grpc_lines(bytes, columns)
    {
        return lines;
    }
    if media.contains("protobuf")
        && let Some(form) = wire_form(bytes)
    {
        return text_lines(&form, columns);
    }
    if let Some(found) = text_of(bytes, media_type) {
        return text_lines(&pretty(kind_of(media_type, Some(&found)), &found), columns);
    }
    let mut lines: Vec<_> = kind_of_bytes(bytes).iter().flat_map(|kind| dim(kind, columns)).collect();
    lines.extend(hex_lines(bytes, columns));
    lines
}

fn part_lines(parts: &[Part<'_>], columns: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        if lines.len() >= SHOWN_LINES {
            lines.extend(dim(&format!("… {} more parts", parts.len() - at), columns));
            break;
        }
        let cut = if part.cut { ", cut off" } else { "" };
        lines.extend(dim(&format!("part {}, {} bytes{cut}", at + 1, part.body.len()), columns));
        for (name, value) in &part.head {
            lines.extend(text_lines(&format!("{name}: {value}"), columns));
        }
        let media_type = part.head.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        lines.extend(content_lines(part.body, media_type.map_or("", |(_, value)| value), columns, false));
        lines.push(Line::default());
    }
    lines
}

/// The messages of a gRPC body; `None` when it is none.
fn grpc_lines(bytes: &[u8], columns: usize) -> Option<Vec<Line<'static>>> {
    let frames = grpc_frames(bytes)?;
    let mut lines = Vec::new();
    for (at, frame) in frames.iter().enumerate() {
        if lines.len() >= SHOWN_LINES {
            lines.extend(dim(&format!("… {} more messages", frames.len() - at), columns));
            break;
        }
        let kind = if frame.trailers { "trailers" } else { "message" };
        let notes = [(frame.compressed, ", compressed"), (frame.cut, ", cut off")];
        let notes: String = notes.iter().filter(|(holds, _)| *holds).map(|(_, words)| *words).collect();
        lines.extend(dim(&format!("{kind} {}, {} bytes{notes}", at + 1, frame.payload.len()), columns));
        match wire_form(frame.payload).filter(|_| !frame.compressed && !frame.trailers) {
            Some(form) => lines.extend(text_lines(&form, columns)),
            None if frame.trailers => lines.extend(text_lines(&String::from_utf8_lossy(frame.payload), columns)),
            None => lines.extend(hex_lines(frame.payload, columns)),
        }
    }
    Some(lines)
}

pub(super) fn text_lines(found: &str, columns: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for line in found.lines() {
        let line = text::safe(line);
        lines.extend(text::wrap(&line, columns).iter().map(|part| Line::from(Look::plain(part))));
        if lines.len() >= SHOWN_LINES {
            lines.truncate(SHOWN_LINES);
            lines.push(Line::from(Look::dim("… more is in the session file")));
            break;
        }
    }
    lines
}

pub(super) fn hex_lines(bytes: &[u8], columns: usize) -> Vec<Line<'static>> {
    // Offset, two spaces, three columns a byte, a space, one column a byte.
    let per_row = match columns {
        77.. => 16,
        41.. => 8,
        _ => 4,
    };
    let rows = bytes.chunks(per_row).take(HEX_ROWS).enumerate();
    let mut lines: Vec<Line<'static>> = rows.map(|(row, chunk)| hex_line(row * per_row, chunk, per_row)).collect();
    if bytes.len() > HEX_ROWS * per_row {
        lines.push(Line::from(Look::dim(&format!("… {} more bytes", bytes.len() - HEX_ROWS * per_row))));
    }
    lines
}

fn hex_line(offset: usize, chunk: &[u8], per_row: usize) -> Line<'static> {
    let hex: String = chunk.iter().map(|byte| format!("{byte:02x} ")).collect();
    let ascii: String =
        chunk.iter().map(|byte| if (0x20..0x7f).contains(byte) { char::from(*byte) } else { '·' }).collect();
    let hex = text::pad(&hex, per_row * 3);
    Line::from(vec![Look::dim(&format!("{offset:06x}  ")), Look::plain(&hex), Span::raw(" "), Look::plain(&ascii)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(media_type: &str, bytes: &[u8]) -> String {
        let head = Head {
            version: "HTTP/1.1".into(),
            raw: format!("HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\n\r\n").into_bytes().into(),
        };
        let body = Body {
            kept: bytes.to_vec().into(),
            seen: bytes.len() as u64,
            end: Some(BodyEnd::Complete),
            ..Body::default()
        };
        let lines = body_lines(&head, &body, 60);
        lines.iter().map(|line| format!("{}\n", line.to_string().trim_end())).collect()
    }

    #[test]
    fn each_kind_is_laid_out_in_its_own_way() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0\x08\x06\0\0\0";
        let grpc = b"\0\0\0\0\x07\x0a\x05hello";
        let form = b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Type: application/json\r\n\r\n{\"k\":1}\r\n--x--\r\n";
        let cases: [(&str, &[u8], &[&str]); 7] = [
            ("application/json", b"{\"a\":[1]}", &["\"a\": ["]),
            ("application/xml", b"<a><b>1</b></a>", &["  <b>1</b>"]),
            ("application/x-www-form-urlencoded", b"a=1&b=x+y", &["b = x y"]),
            ("multipart/form-data; boundary=x", form, &["part 1, 7 bytes", "name=\"a\"", "\"k\": 1"]),
            ("application/x-protobuf", b"\x0a\x05hello\x10\x96\x01", &["1: \"hello\"", "2: 150"]),
            ("application/grpc", grpc, &["message 1, 7 bytes", "1: \"hello\""]),
            ("image/png", png, &["PNG image, 640 x 480 pixels", "000000  89 50 4e 47"]),
        ];
        for (media_type, bytes, expected) in cases {
            let shown = shown(media_type, bytes);
            for part in expected {
                assert!(shown.contains(part), "{media_type}: {shown}");
            }
        }
    }

    #[test]
    fn no_prefix_of_a_body_breaks_its_layout() {
        let whole = b"\0\0\0\0\x07\x0a\x05hello--x\r\nA: b\r\n\r\n<a b='c'>{\"k\":[1]}</a>\r\n--x--";
        for media_type in
            ["multipart/mixed; boundary=x", "application/grpc", "application/protobuf", "text/xml", "image/gif", ""]
        {
            for end in 0..whole.len() {
                shown(media_type, &whole[..end]);
            }
        }
    }
}
