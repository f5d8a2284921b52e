//! Every kind of signature that the judge verifies, on certificates that OpenSSL made.

use std::fs;
use std::path::Path;

use tlscope::diagnosis::{Check, verify};
use tlscope::x509::{Cert, read_certificates};

/// What no library here verifies, and why.
const UNSUPPORTED: &[&str] = &["brainpoolP256r1-sha256", "ed448", "explicit-p256-sha256"];

#[test]
fn signatures_of_every_kind_are_verified() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("certs/fixtures/algorithms");
    let (mut seen, mut wrong) = (0, Vec::new());
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let cert = Cert::read(&read_certificates(&fs::read(&path).unwrap())[0]);
        let kind = cert.outer_algorithm.as_ref().unwrap().signature();
        let check = |message: &[u8], signature: &[u8]| {
            kind.map_or(Check::Unsupported, |kind| verify(cert.key.as_ref().unwrap(), kind, message, signature))
        };
        let (tbs, signature) = (cert.tbs.as_ref().unwrap(), cert.signature.as_ref().unwrap());
        if UNSUPPORTED.contains(&name.as_str()) {
            assert_eq!(check(tbs, signature), Check::Unsupported, "{name}");
            continue;
        }
        if check(tbs, signature) != Check::Valid {
            wrong.push(format!("{name}: {:?}", check(tbs, signature)));
            continue;
        }
        let mut forged = tbs.to_vec();
        *forged.last_mut().unwrap() ^= 1;
        assert_eq!(check(&forged, signature), Check::Invalid, "{name} with another message");
        let mut broken = signature.to_vec();
        *broken.last_mut().unwrap() ^= 1;
        assert_eq!(check(tbs, &broken), Check::Invalid, "{name} with a broken signature");
        for n in 0..signature.len().min(80) {
            assert_ne!(check(tbs, &signature[..n]), Check::Valid, "{name} cut at {n}");
        }
        seen += 1;
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(seen > 50, "only {seen} certificates");
}
