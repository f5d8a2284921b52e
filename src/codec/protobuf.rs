//! Protobuf read without its schema, and the frames in which gRPC sends it.
//!
//! The wire says of each field its number and how long it is, not what it means: whether bytes are a
//! text, a message or neither is a guess here, and said the same way each time.

use std::fmt::Write as _;

/// The highest field number there is.
const MAX_NUMBER: u32 = (1 << 29) - 1;

/// The highest field number believed of bytes that only may be a message: hand-written schemas stay far
/// below, and bytes that mean something else do not.
const PLAUSIBLE_NUMBER: u32 = 99_999;

/// How deep messages are opened; what is deeper is shown as bytes.
const MAX_DEPTH: usize = 32;

/// Where the page ends, in bytes; the line that is being written is finished.
const MAX_OUTPUT: usize = 1 << 20;

/// How much is shown of one text, in bytes.
const MAX_TEXT: usize = 1 << 16;

/// How many bytes are shown of what is neither text nor message.
const MAX_HEX: usize = 32;

/// How many frames [`grpc_frames`] gives at most; those behind are left out.
const MAX_FRAMES: usize = 10_000;

/// The fields of a message, a line each, with nested messages indented. `None` when the bytes are no
/// message as a whole.
pub fn wire_form(bytes: &[u8]) -> Option<String> {
    if !is_message(bytes, MAX_NUMBER) {
        return None;
    }
    let mut page = Page::default();
    if page.message(bytes, 0).is_none() {
        page.out.push_str("… more\n");
    }
    Some(page.out)
}

/// One length-prefixed message of a gRPC body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrpcFrame<'a> {
    /// The payload is packed as the header `grpc-encoding` says.
    pub compressed: bool,
    /// The payload is gRPC-web's trailers, as lines of text, and no message.
    pub trailers: bool,
    /// What there is of the payload.
    pub payload: &'a [u8],
    /// The body ends before the frame does.
    pub cut: bool,
}

/// Takes a body apart into its frames, of which the last may be cut off. `None` when it is no sequence of
/// frames; a body without a byte is one of no frames.
pub fn grpc_frames(bytes: &[u8]) -> Option<Vec<GrpcFrame<'_>>> {
    let mut frames = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() && frames.len() < MAX_FRAMES {
        let (frame, behind) = take_frame(rest)?;
        frames.push(frame);
        rest = behind;
    }
    Some(frames)
}

fn take_frame(bytes: &[u8]) -> Option<(GrpcFrame<'_>, &[u8])> {
    let (&flags, rest) = bytes.split_first()?;
    if flags & !0x81 != 0 {
        return None;
    }
    let frame = |payload, cut| GrpcFrame { compressed: flags & 1 != 0, trailers: flags & 0x80 != 0, payload, cut };
    let Some((length, rest)) = rest.split_first_chunk() else { return Some((frame(&[], true), &[])) };
    match rest.split_at_checked(u32::from_be_bytes(*length) as usize) {
        Some((payload, behind)) => Some((frame(payload, false), behind)),
        None => Some((frame(rest, true), &[])),
    }
}

/// A field's value as the wire has it.
enum Value<'a> {
    Varint(u64),
    Fixed64([u8; 8]),
    Bytes(&'a [u8]),
    GroupStart,
    GroupEnd,
    Fixed32([u8; 4]),
}

/// The number and the value of the first field, and what is behind it.
fn take_field(bytes: &[u8]) -> Option<(u32, Value<'_>, &[u8])> {
    let (key, rest) = take_varint(bytes)?;
    let number = u32::try_from(key >> 3).ok().filter(|number| (1..=MAX_NUMBER).contains(number))?;
    let (value, rest) = match key & 7 {
        0 => take_varint(rest).map(|(value, rest)| (Value::Varint(value), rest))?,
        1 => rest.split_first_chunk().map(|(value, rest)| (Value::Fixed64(*value), rest))?,
        2 => take_bytes(rest)?,
        3 => (Value::GroupStart, rest),
        4 => (Value::GroupEnd, rest),
        5 => rest.split_first_chunk().map(|(value, rest)| (Value::Fixed32(*value), rest))?,
        _ => return None,
    };
    Some((number, value, rest))
}

fn take_bytes(bytes: &[u8]) -> Option<(Value<'_>, &[u8])> {
    let (length, rest) = take_varint(bytes)?;
    let (value, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    Some((Value::Bytes(value), rest))
}

fn take_varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (at, &byte) in bytes.iter().enumerate().take(10) {
        // Nine bytes have brought 63 bits: the tenth has room for one.
        if at == 9 && byte > 1 {
            return None;
        }
        value |= u64::from(byte & 0x7f) << (at * 7);
        if byte < 0x80 {
            return Some((value, bytes.get(at + 1..)?));
        }
    }
    None
}

/// Whether the bytes are fields from the first to the last, with every group closed. What is in a field of
/// bytes says nothing about it, so this goes one level deep, and reading a whole body costs its size
/// times its depth at most.
fn is_message(bytes: &[u8], highest: u32) -> bool {
    let mut groups = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let Some((number, value, behind)) = take_field(rest) else { return false };
        let fits = match value {
            Value::GroupStart => {
                groups.push(number);
                groups.len() <= MAX_DEPTH
            }
            Value::GroupEnd => groups.pop() == Some(number),
            _ => true,
        };
        if !fits || number > highest {
            return false;
        }
        rest = behind;
    }
    groups.is_empty()
}

/// The bytes as text, when nothing in it is a control character but breaks and tabs.
fn as_text(bytes: &[u8]) -> Option<&str> {
    let text = str::from_utf8(bytes).ok()?;
    let plain = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    text.chars().all(plain).then_some(text)
}

/// Text goes before message, but for one case: a message that begins with field 1 as bytes begins with
/// what is a line break in text, and where the length of that field is a printable character too (a UUID
/// has 36, `$`) all of it looks like text. Text that begins with a line break and fits is rare.
fn reads_as_message(bytes: &[u8]) -> bool {
    as_text(bytes).is_none_or(|text| text.starts_with('\n')) && is_message(bytes, PLAUSIBLE_NUMBER)
}

#[derive(Default)]
struct Page {
    out: String,
}

impl Page {
    /// `None` once the page is full.
    fn line(&mut self, depth: usize, text: &str) -> Option<()> {
        if self.out.len() >= MAX_OUTPUT {
            return None;
        }
        self.out.extend(std::iter::repeat_n("  ", depth));
        self.out.push_str(text);
        self.out.push('\n');
        Some(())
    }

    fn message(&mut self, bytes: &[u8], mut depth: usize) -> Option<()> {
        let mut rest = bytes;
        while let Some((number, value, behind)) = take_field(rest) {
            rest = behind;
            match value {
                Value::GroupStart => {
                    self.line(depth, &format!("{number} {{"))?;
                    depth += 1;
                }
                Value::GroupEnd => {
                    depth = depth.saturating_sub(1);
                    self.line(depth, "}")?;
                }
                Value::Bytes(inner) if depth < MAX_DEPTH && reads_as_message(inner) => {
                    self.line(depth, &format!("{number} {{"))?;
                    self.message(inner, depth + 1)?;
                    self.line(depth, "}")?;
                }
                value => self.line(depth, &format!("{number}: {}", words(&value)))?,
            }
        }
        Some(())
    }
}

/// A value that fits a line.
fn words(value: &Value<'_>) -> String {
    match *value {
        Value::Varint(value) => varint_words(value),
        Value::Fixed64(bytes) => format!("0x{:016x} ({:?})", u64::from_le_bytes(bytes), f64::from_le_bytes(bytes)),
        Value::Fixed32(bytes) => format!("0x{:08x} ({:?})", u32::from_le_bytes(bytes), f32::from_le_bytes(bytes)),
        Value::Bytes(bytes) => as_text(bytes).map_or_else(|| hex(bytes), quoted),
        Value::GroupStart | Value::GroupEnd => String::new(),
    }
}

/// Negative numbers are sent as the ten bytes of a number beyond what is signed.
fn varint_words(value: u64) -> String {
    let signed = value.cast_signed();
    if signed < 0 { format!("{value} ({signed})") } else { value.to_string() }
}

fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        if out.len() > MAX_TEXT {
            let _ = write!(out, "…\" ({} bytes)", text.len());
            return out;
        }
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn hex(bytes: &[u8]) -> String {
    let mut out = String::from("0x");
    for byte in bytes.iter().take(MAX_HEX) {
        let _ = write!(out, "{byte:02x}");
    }
    let more = if bytes.len() > MAX_HEX { "…" } else { "" };
    let unit = if bytes.len() == 1 { "byte" } else { "bytes" };
    let _ = write!(out, "{more} ({} {unit})", bytes.len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every kind of field once.
    const SAMPLE: &[u8] = b"\x08\x96\x01\
        \x12\x09say \"hi\"\n\
        \x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\
        \x22\x07\x08\x01\x12\x03\xff\x00\x0a\
        \x2a\x03\x0b\x0b\xff\
        \x35\x00\x00\x80\x3f\
        \x39\x00\x00\x00\x00\x00\x00\xf8\xbf\
        \x43\x08\x05\x44\
        \x4a\x00";

    fn field(number: u8, payload: &[u8]) -> Vec<u8> {
        let mut out = vec![number << 3 | 2];
        let mut length = payload.len();
        while length >= 0x80 {
            out.push(length as u8 | 0x80);
            length >>= 7;
        }
        out.push(length as u8);
        out.extend_from_slice(payload);
        out
    }

    fn random_bytes(seed: &mut u64, length: usize) -> Vec<u8> {
        let mut next = || {
            *seed ^= *seed << 13;
            *seed ^= *seed >> 7;
            *seed ^= *seed << 17;
            (*seed >> 32) as u8
        };
        (0..length).map(|_| next()).collect()
    }

    #[test]
    fn reads_every_wire_type() {
        let expected = "1: 150\n\
            2: \"say \\\"hi\\\"\\n\"\n\
            3: 18446744073709551615 (-1)\n\
            4 {\n  1: 1\n  2: 0xff000a (3 bytes)\n}\n\
            5: 0x0b0bff (3 bytes)\n\
            6: 0x3f800000 (1.0)\n\
            7: 0xbff8000000000000 (-1.5)\n\
            8 {\n  1: 5\n}\n\
            9: \"\"\n";
        assert_eq!(wire_form(SAMPLE).unwrap(), expected);
        assert_eq!(wire_form(b"").unwrap(), "");
        // The field number of an extension, far up, is a field number all the same.
        assert_eq!(wire_form(b"\xf8\xff\xff\xff\x0f\x01").unwrap(), "536870911: 1\n");
    }

    #[test]
    fn refuses_what_is_no_message() {
        for bytes in [
            b"\x00\x01".as_slice(),
            b"\x80\x80\x80\x80\x10\x01",
            b"\x0e\x01",
            b"\x0f\x01",
            b"\x08",
            b"\x08\x80",
            b"\x0a\x05abc",
            b"\x0d\x00\x00",
            b"\x09\x00",
            b"\x0b\x08\x01",
            b"\x0c",
            b"\x0b\x14",
            b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
            b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01a",
        ] {
            assert_eq!(wire_form(bytes), None, "{bytes:x?}");
        }
    }

    #[test]
    fn tells_text_from_messages() {
        let uuid = field(1, b"123e4567-e89b-12d3-a456-426614174000");
        assert_eq!(
            wire_form(&field(2, &uuid)).unwrap(),
            format!("2 {{\n  1: {:?}\n}}\n", &str::from_utf8(&uuid[2..]).unwrap())
        );
        assert_eq!(wire_form(&field(1, b"\n$ not so long")).unwrap(), "1: \"\\n$ not so long\"\n");
        assert_eq!(wire_form(&field(1, "a\\b\tü".as_bytes())).unwrap(), "1: \"a\\\\b\\tü\"\n");
        // Field 131072 of bytes that are no text: not believed.
        assert_eq!(wire_form(&field(1, b"\x80\x80\x40\x01")).unwrap(), "1: 0x80804001 (4 bytes)\n");
        assert_eq!(wire_form(&field(1, b"\x00")).unwrap(), "1: 0x00 (1 byte)\n");
        let long = wire_form(&field(1, &[0; 40])).unwrap();
        assert_eq!(long, format!("1: 0x{}… (40 bytes)\n", "00".repeat(32)));
    }

    #[test]
    fn keeps_its_bounds() {
        let mut deep = b"\x08\xff\x01".to_vec();
        for _ in 0..100 {
            deep = field(1, &deep);
        }
        let text = wire_form(&deep).unwrap();
        assert_eq!(text.matches('{').count(), MAX_DEPTH);
        assert_eq!(text.matches('}').count(), MAX_DEPTH);
        assert!(text.contains("… ("));
        let groups = |n: usize| [vec![0x0b; n], vec![0x0c; n]].concat();
        assert!(wire_form(&groups(MAX_DEPTH)).is_some());
        assert!(wire_form(&groups(MAX_DEPTH + 1)).is_none());
        let wide = wire_form(&b"\x08\x01".repeat(1_000_000)).unwrap();
        assert!(wide.len() < MAX_OUTPUT + 100 && wide.ends_with("\n1: 1\n… more\n"));
        let nested = wire_form(&field(3, &b"\x08\x01".repeat(1_000_000))).unwrap();
        assert_eq!(nested.matches("… more").count(), 1);
        let text = wire_form(&field(1, &vec![b'a'; 100_000])).unwrap();
        assert!(text.len() < MAX_TEXT + 100 && text.ends_with("a…\" (100000 bytes)\n"));
    }

    #[test]
    fn takes_frames_apart() {
        let body = b"\x00\x00\x00\x00\x03\x08\x96\x01\x01\x00\x00\x00\x00\x80\x00\x00\x00\x0fgrpc-status:0\r\n";
        let frames = grpc_frames(body).unwrap();
        let frame = |compressed, trailers, payload, cut| GrpcFrame { compressed, trailers, payload, cut };
        assert_eq!(
            frames,
            [
                frame(false, false, b"\x08\x96\x01".as_slice(), false),
                frame(true, false, b"", false),
                frame(false, true, b"grpc-status:0\r\n", false),
            ]
        );
        assert_eq!(grpc_frames(&body[..7]).unwrap(), [frame(false, false, &body[5..7], true)]);
        assert_eq!(grpc_frames(&body[..3]).unwrap(), [frame(false, false, b"", true)]);
        assert_eq!(grpc_frames(b"").unwrap(), []);
        assert_eq!(grpc_frames(b"\x02\x00\x00\x00\x00"), None);
        assert_eq!(grpc_frames(b"\x00\x00\x00\x00\x00{}"), None);
        assert_eq!(grpc_frames(&vec![0; 5 * MAX_FRAMES + 5]).unwrap().len(), MAX_FRAMES);
        for end in 0..body.len() {
            let frames = grpc_frames(&body[..end]).unwrap();
            assert!(frames.iter().rev().skip(1).all(|frame| !frame.cut));
            assert_eq!(frames.last().is_some_and(|frame| frame.cut), ![0, 8, 13].contains(&end), "{end}");
        }
    }

    #[test]
    fn survives_anything() {
        for end in 0..=SAMPLE.len() {
            wire_form(&SAMPLE[..end]);
        }
        let mut seed = 0x9e37_79b9_7f4a_7c15;
        for round in 0..20_000 {
            let bytes = random_bytes(&mut seed, round % 60);
            wire_form(&bytes);
            grpc_frames(&bytes);
            assert!(wire_form(&field(1, &bytes)).is_some_and(|text| text.starts_with('1')));
            let mut damaged = SAMPLE.to_vec();
            damaged[round % SAMPLE.len()] = bytes.first().copied().unwrap_or(0x7f);
            wire_form(&damaged);
        }
    }
}
