//! Undoing content encodings (RFC 9110 section 8.4).

use std::io::{self, Read};

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

/// A decoded body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// What came out, up to the limit.
    pub bytes: Vec<u8>,
    /// Why there is no more, when there should be: the limit, or a broken stream.
    pub incomplete: Option<String>,
}

/// Undoes `encodings` (the value of Content-Encoding), last one first, giving at most `limit` bytes.
/// An encoding that is not known leaves the bytes as they are, and says so.
pub fn decode(body: &[u8], encodings: &str, limit: usize) -> Decoded {
    let mut decoded = Decoded { bytes: body.to_vec(), incomplete: None };
    for encoding in encodings.split(',').map(str::trim).rev().filter(|e| !e.is_empty()) {
        decoded = undo(&decoded.bytes, &encoding.to_ascii_lowercase(), limit, decoded.incomplete);
    }
    if decoded.bytes.len() > limit {
        decoded.bytes.truncate(limit);
        decoded.incomplete.get_or_insert_with(|| too_long(limit));
    }
    decoded
}

fn undo(body: &[u8], encoding: &str, limit: usize, before: Option<String>) -> Decoded {
    let mut result = match encoding {
        "identity" => Decoded { bytes: body.to_vec(), incomplete: None },
        "gzip" | "x-gzip" => read_all(MultiGzDecoder::new(body), limit),
        "deflate" => inflate(body, limit),
        "br" => read_all(brotli::Decompressor::new(body, 4096), limit),
        "zstd" => match zstd::Decoder::new(body) {
            Ok(reader) => read_all(reader, limit),
            Err(error) => Decoded { bytes: Vec::new(), incomplete: Some(error.to_string()) },
        },
        other => Decoded { bytes: body.to_vec(), incomplete: Some(format!("content encoding {other} is not known")) },
    };
    result.incomplete = result.incomplete.or(before);
    result
}

/// "deflate" is zlib by the book and raw in practice: whichever gives something.
fn inflate(body: &[u8], limit: usize) -> Decoded {
    let zlib = read_all(ZlibDecoder::new(body), limit);
    if zlib.bytes.is_empty() && zlib.incomplete.is_some() { read_all(DeflateDecoder::new(body), limit) } else { zlib }
}

fn read_all(mut reader: impl Read, limit: usize) -> Decoded {
    let mut bytes = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Decoded { bytes, incomplete: None },
            Ok(n) => bytes.extend_from_slice(buffer.get(..n).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Decoded { bytes, incomplete: Some(error.to_string()) },
        }
        if bytes.len() > limit {
            bytes.truncate(limit);
            return Decoded { bytes, incomplete: Some(too_long(limit)) };
        }
    }
}

fn too_long(limit: usize) -> String {
    format!("only the first {limit} bytes were decoded")
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    const TEXT: &[u8] = b"some text, some text, some text";

    fn packed(encoding: &str, text: &[u8]) -> Vec<u8> {
        let best = flate2::Compression::best();
        match encoding {
            "gzip" => {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), best);
                encoder.write_all(text).unwrap();
                encoder.finish().unwrap()
            }
            "zlib" => {
                let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), best);
                encoder.write_all(text).unwrap();
                encoder.finish().unwrap()
            }
            "raw" => {
                let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), best);
                encoder.write_all(text).unwrap();
                encoder.finish().unwrap()
            }
            "br" => {
                let mut out = Vec::new();
                brotli::CompressorWriter::new(&mut out, 4096, 5, 20).write_all(text).unwrap();
                out
            }
            _ => zstd::encode_all(text, 3).unwrap(),
        }
    }

    #[test]
    fn undoes_every_encoding() {
        for (made, named) in [("gzip", "gzip"), ("zlib", "deflate"), ("raw", "deflate"), ("br", "br"), ("zstd", "Zstd")]
        {
            let decoded = decode(&packed(made, TEXT), named, 1000);
            assert_eq!((decoded.bytes.as_slice(), decoded.incomplete), (TEXT, None), "{made}");
        }
        let twice = packed("gzip", &packed("br", TEXT));
        assert_eq!(decode(&twice, "br, gzip", 1000).bytes, TEXT);
        assert_eq!(decode(TEXT, "", 1000).bytes, TEXT);
    }

    #[test]
    fn a_bomb_gives_its_first_bytes() {
        let big = vec![b'x'; 10 << 20];
        for encoding in ["gzip", "br", "zstd"] {
            let decoded = decode(&packed(encoding, &big), encoding, 1000);
            assert_eq!(decoded.bytes.len(), 1000, "{encoding}");
            assert!(decoded.incomplete.is_some());
        }
    }

    #[test]
    fn a_broken_or_unknown_body_gives_what_there_is() {
        let mut cut = packed("gzip", &(0..10_000u32).flat_map(u32::to_be_bytes).collect::<Vec<u8>>());
        cut.truncate(cut.len() / 2);
        let decoded = decode(&cut, "gzip", 100_000);
        assert!(!decoded.bytes.is_empty() && decoded.incomplete.is_some());
        let unknown = decode(TEXT, "sdch", 1000);
        assert_eq!(unknown.bytes, TEXT);
        assert!(unknown.incomplete.is_some());
    }
}
