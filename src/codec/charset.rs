//! Text from bytes, by the charset a media type names.

use std::borrow::Cow;

/// The text of a body; `None` when it is not text. UTF-8 unless the media type says otherwise;
/// UTF-16 and Latin-1 are read, other charsets are taken for Latin-1 where they are not UTF-8.
pub fn text_of<'a>(bytes: &'a [u8], media_type: &str) -> Option<Cow<'a, str>> {
    let charset = charset_of(media_type);
    match charset.as_deref() {
        Some("utf-16" | "utf-16le" | "utf-16be") => utf16(bytes, charset.as_deref() == Some("utf-16be")),
        Some("utf-8" | "utf8") | None => {
            let text = up_to_a_cut(bytes)?;
            (!looks_binary(text)).then_some(Cow::Borrowed(text))
        }
        Some(_) => match str::from_utf8(bytes) {
            Ok(text) => Some(Cow::Borrowed(text)),
            Err(_) => Some(Cow::Owned(bytes.iter().map(|b| char::from(*b)).collect())),
        },
    }
}

/// UTF-8, also where the last character was cut in its middle: much of a body is kept in part only.
fn up_to_a_cut(bytes: &[u8]) -> Option<&str> {
    match str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => {
            bytes.get(..error.valid_up_to()).and_then(|whole| str::from_utf8(whole).ok())
        }
        Err(_) => None,
    }
}

fn charset_of(media_type: &str) -> Option<String> {
    let parameter = media_type.split(';').skip(1).find_map(|part| part.trim().strip_prefix("charset="))?;
    Some(parameter.trim_matches('"').to_ascii_lowercase())
}

/// Control characters that no text has.
fn looks_binary(text: &str) -> bool {
    text.bytes().take(4096).any(|b| b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b))
}

fn utf16(bytes: &[u8], big_endian: bool) -> Option<Cow<'_, str>> {
    let (big_endian, bytes) = match bytes {
        [0xfe, 0xff, rest @ ..] => (true, rest),
        [0xff, 0xfe, rest @ ..] => (false, rest),
        _ => (big_endian, bytes),
    };
    let unit = |pair: [u8; 2]| if big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) };
    let units = bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok().map(unit));
    char::decode_utf16(units).collect::<Result<String, _>>().ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_text_and_only_text() {
        let cases: [(&[u8], &str, Option<&str>); 10] = [
            (b"caf\xc3", "text/plain", Some("caf")),
            (b"\xc3", "text/plain", None),
            ("ü".as_bytes(), "text/plain", Some("ü")),
            (b"\xfc", "text/plain", None),
            (b"\xfc", "text/plain; charset=ISO-8859-1", Some("ü")),
            (b"\xff\xfea\0", "text/plain; charset=utf-16", Some("a")),
            (b"\0a", "text/plain; charset=\"UTF-16BE\"", Some("a")),
            (b"a\0b", "application/octet-stream", None),
            (b"line\r\n\tmore\x1b[0m", "", Some("line\r\n\tmore\x1b[0m")),
            (b"", "", Some("")),
        ];
        for (bytes, media_type, text) in cases {
            assert_eq!(text_of(bytes, media_type).as_deref(), text, "{bytes:?} {media_type}");
        }
    }
}
