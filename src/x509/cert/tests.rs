use super::super::{KeyKind, SignatureKind};
use super::*;

fn roots() -> impl Iterator<Item = CertDer> {
    webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().map(|der| CertDer::new(der.to_vec()))
}

#[test]
fn reads_every_root_of_mozilla_whole() {
    for der in roots() {
        let cert = Cert::read(&der);
        // One of them writes its dates as GeneralizedTime before 2050.
        let is_certum = cert.label() == "Certum Trusted Network CA 2";
        assert_eq!(cert.problems.is_empty(), !is_certum, "{}: {:?}", cert.label(), cert.problems);
        assert!(cert.is_self_issued() && cert.is_ca(), "{}", cert.label());
        assert!(cert.extensions.malformed.is_empty(), "{}", cert.label());
        assert!(!matches!(cert.key.as_ref().unwrap().kind, KeyKind::Unknown), "{}", cert.label());
        assert!(cert.outer_algorithm.as_ref().unwrap().signature().is_some(), "{}", cert.label());
        assert_eq!(cert.inner_algorithm, cert.outer_algorithm);
    }
}

#[test]
fn reads_the_facts_of_a_known_root() {
    let isrg = roots().map(|der| Cert::read(&der)).find(|cert| cert.label() == "ISRG Root X1").unwrap();
    assert_eq!(isrg.subject.as_ref().unwrap().to_string(), "C=US, O=Internet Security Research Group, CN=ISRG Root X1");
    assert_eq!(isrg.key.as_ref().unwrap().describe(), "RSA 4096");
    assert_eq!(isrg.validity.unwrap().not_after.day(), "2035-06-04");
    assert_eq!(isrg.serial_hex(), "008210cfb0d240e3594463e0bb63828b00");
    assert_eq!(isrg.sha256().to_string(), "96bcec06264976f37460779acf28c5a7cfe8a3c0aae11a8ffcee05c0bddf08c6");
    let signature = isrg.outer_algorithm.unwrap().signature();
    assert_eq!(signature, Some(SignatureKind::RsaPkcs1(super::super::Hash::Sha256)));
}

#[test]
fn every_prefix_is_read_as_far_as_it_goes() {
    let whole = roots().next().unwrap();
    for n in 0..whole.der.len() {
        let cert = Cert::read(&CertDer::new(whole.der.slice(..n)));
        assert!(!cert.problems.is_empty(), "{n}");
    }
}

#[test]
fn no_single_byte_can_break_the_reader() {
    let whole = roots().next().unwrap();
    for at in 0..whole.der.len() {
        for value in [0x00, 0x1f, 0x30, 0x7f, 0x80, 0x84, 0xff] {
            let mut bytes = whole.der.to_vec();
            bytes[at] = value;
            let _ = Cert::read(&CertDer::new(bytes));
        }
    }
}

#[test]
fn a_broken_field_does_not_hide_the_others() {
    let whole = roots().next().unwrap();
    let good = Cert::read(&whole);
    let at = whole.der.windows(2).position(|w| w == [0x17, 0x0d]).unwrap();
    let mut bytes = whole.der.to_vec();
    bytes[at + 2] = b'x';
    let cert = Cert::read(&CertDer::new(bytes));
    assert_eq!(cert.problems, [Problem::Unreadable("the validity")]);
    assert_eq!((cert.subject, cert.key, cert.extensions), (good.subject, good.key, good.extensions));
}
