//! Servers that rustls cannot be: a plaintext flight of TLS 1.2 or below up to ServerHelloDone, for
//! a hello that could have got one from a real server, and an alert for every other.
//!
//! No handshake is ever completed here, which is enough for whoever reads the flight.

use crate::lab::recipe::ServerRecipe;
use crate::model::{AlertCode, CipherSuite, ClientHello, KeyExchange, NamedGroup, TlsVersion};

/// What a script answers a hello with: bytes to send.
pub(super) fn answer(recipe: &ServerRecipe, hello: &ClientHello, chain: &[Vec<u8>]) -> Result<Vec<u8>, String> {
    let version = version_of(recipe)?;
    let suite = suite_of(recipe)?;
    let offers_version = hello.versions.contains(&version)
        || (hello.versions.len() == 1 && hello.versions.iter().any(|v| *v >= version));
    if !offers_version {
        return Ok(alert(AlertCode::PROTOCOL_VERSION));
    }
    let offers_group = recipe.group.is_none_or(|group| hello.groups.contains(&NamedGroup(group)));
    let offers_scheme =
        recipe.scheme.is_none_or(|scheme| hello.schemes.as_ref().is_some_and(|all| all.iter().any(|s| s.0 == scheme)));
    if !hello.suites.contains(&suite) || !offers_group || !offers_scheme {
        return Ok(alert(AlertCode::HANDSHAKE_FAILURE));
    }
    let mut messages = server_hello(recipe, version, suite, hello);
    if suite.key_exchange() != Some(KeyExchange::Anonymous) {
        let list: Vec<u8> = chain.iter().flat_map(|der| block(3, der)).collect();
        messages.extend(message(11, &block(3, &list)));
    }
    messages.extend(key_exchange(recipe, version, suite));
    messages.extend(message(14, &[]));
    Ok(records(version, &messages))
}

/// Half of a flight, cut inside the certificate.
pub(super) fn half(recipe: &ServerRecipe, hello: &ClientHello, chain: &[Vec<u8>]) -> Result<Vec<u8>, String> {
    let mut flight = answer(recipe, hello, chain)?;
    flight.truncate(flight.len() / 3);
    Ok(flight)
}

/// A fatal alert as a record.
pub(super) fn alert(code: AlertCode) -> Vec<u8> {
    vec![21, 3, 3, 0, 2, 2, code.0]
}

fn version_of(recipe: &ServerRecipe) -> Result<TlsVersion, String> {
    match recipe.version.as_deref().unwrap_or("1.2") {
        "ssl3" => Ok(TlsVersion::SSL3),
        "1.0" => Ok(TlsVersion::TLS10),
        "1.1" => Ok(TlsVersion::TLS11),
        "1.2" => Ok(TlsVersion::TLS12),
        other => Err(format!("no flight of version {other:?}")),
    }
}

fn suite_of(recipe: &ServerRecipe) -> Result<CipherSuite, String> {
    let name = recipe.suite.as_deref().unwrap_or("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
    (0..=u16::MAX).map(CipherSuite).find(|suite| suite.name() == Some(name)).ok_or_else(|| format!("no suite {name:?}"))
}

fn server_hello(recipe: &ServerRecipe, version: TlsVersion, suite: CipherSuite, hello: &ClientHello) -> Vec<u8> {
    let mut body = version.0.to_be_bytes().to_vec();
    let mut random = [0x42; 32];
    let _ = aws_lc_rs::rand::fill(&mut random);
    if recipe.downgrade_marker {
        random[24..].copy_from_slice(b"DOWNGRD\x01");
    }
    body.extend(random);
    body.push(0);
    body.extend(suite.0.to_be_bytes());
    body.push(recipe.compression);
    if version > TlsVersion::SSL3 && !recipe.old_extensions {
        let mut extensions = Vec::new();
        if hello.extensions.contains(&23) {
            extensions.extend([0, 23, 0, 0]);
        }
        if hello.extensions.contains(&0xff01) || hello.suites.contains(&CipherSuite(0x00ff)) {
            extensions.extend([0xff, 0x01, 0, 1, 0]);
        }
        body.extend(block(2, &extensions));
    }
    message(2, &body)
}

fn key_exchange(recipe: &ServerRecipe, version: TlsVersion, suite: CipherSuite) -> Vec<u8> {
    let mut body = match suite.key_exchange() {
        Some(KeyExchange::Ecdhe) => {
            let mut body = vec![3];
            body.extend(recipe.group.unwrap_or(23).to_be_bytes());
            body.extend(block(1, &[4; 65]));
            body
        }
        Some(KeyExchange::Dhe | KeyExchange::Anonymous) => {
            let bytes = recipe.dh_bits.unwrap_or(2048).div_ceil(8) as usize;
            [block(2, &vec![0xff; bytes]), block(2, &[2]), block(2, &vec![0x7f; bytes])].concat()
        }
        _ => return Vec::new(),
    };
    if suite.key_exchange() != Some(KeyExchange::Anonymous) {
        if version == TlsVersion::TLS12 {
            body.extend(recipe.scheme.unwrap_or(0x0403).to_be_bytes());
        }
        body.extend(block(2, &[0x30; 64]));
    }
    message(12, &body)
}

/// A length of `width` bytes, then the bytes.
fn block(width: usize, bytes: &[u8]) -> Vec<u8> {
    let length = bytes.len().to_be_bytes();
    [length.get(8 - width..).unwrap_or_default(), bytes].concat()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [vec![kind], block(3, body)].concat()
}

/// Handshake messages as records of at most 16 KiB.
fn records(version: TlsVersion, messages: &[u8]) -> Vec<u8> {
    let header = [vec![22], version.0.to_be_bytes().to_vec()].concat();
    messages.chunks(16 << 10).flat_map(|chunk| [header.clone(), block(2, chunk)].concat()).collect()
}
