//! A certificate in a document.

use serde_json::{Value, json};

use crate::model::{CertDer, Provenance};
use crate::x509::{Algorithm, Cert, PublicKey, pem};

/// What a certificate says, with where it comes from and its PEM.
pub fn certificate_doc(der: &CertDer, from: &[Provenance]) -> Value {
    let cert = Cert::read(der);
    let san: Vec<String> = cert.san().iter().map(ToString::to_string).collect();
    json!({
        "subject": cert.subject.as_ref().map(ToString::to_string),
        "issuer": cert.issuer.as_ref().map(ToString::to_string),
        "serial": cert.serial.as_ref().map(|_| cert.serial_hex()),
        "not_before": cert.validity.map(|validity| validity.not_before),
        "not_after": cert.validity.map(|validity| validity.not_after),
        "san": san,
        "key": cert.key.as_ref().map(key_doc),
        "signature": cert.outer_algorithm.as_ref().map(Algorithm::name),
        "from": from,
        "pem": pem(&der.der),
    })
}

fn key_doc(key: &PublicKey) -> Value {
    json!({"type": key.type_word(), "bits": key.bits(), "curve": key.curve()})
}
