//! How a counterpart is signed: with which algorithm, and what is said of that inside and outside.

use super::splice;
use crate::ca::forge::der::sequence;
use crate::ca::forge::{Key, algorithm_of};
use crate::model::FindingId;
use crate::x509::{Algorithm, Cert, Hash, SignatureKind, children, read_tlv};

/// How a counterpart is signed: as the server's certificate was, as far as the issuer's key can.
pub(super) struct Manner {
    /// The AlgorithmIdentifiers, in DER.
    pub(super) inner: Vec<u8>,
    pub(super) outer: Vec<u8>,
    /// `None` where there is no way to sign as that says, nor to verify it.
    kind: Option<SignatureKind>,
    pub(super) lost: Vec<FindingId>,
}

impl Manner {
    /// As `cert` is signed.
    pub(super) fn of(cert: &Cert, key: &Key) -> Self {
        let outer = read_tlv(&cert.der.der).and_then(|(whole, _)| children(whole.content).nth(1));
        let outer = outer.map(|tlv| tlv.raw.to_vec()).unwrap_or_default();
        let inner = splice::inner_algorithm(cert).unwrap_or_default();
        Self::new(inner, (outer, cert.outer_algorithm.as_ref()), key)
    }

    /// Signed with `outer`, and saying `inner` inside.
    pub(super) fn new(inner: Vec<u8>, (outer, algorithm): (Vec<u8>, Option<&Algorithm>), key: &Key) -> Self {
        let old = algorithm.and_then(Algorithm::signature);
        let Some(old) = old.filter(|old| !matches!(old.hash(), Some(Hash::Md2 | Hash::Md4))) else {
            return Self { inner, outer, kind: None, lost: Vec::new() };
        };
        let kind = key.nearest(old);
        let kind = if key.signs(kind) { kind } else { key.usual_kind() };
        if kind == old {
            return Self { inner, outer, kind: Some(kind), lost: Vec::new() };
        }
        let parameters = algorithm.map(|algorithm| algorithm.parameters.to_vec()).unwrap_or_default();
        let written = identifier(kind, is_usual(old, &parameters)).unwrap_or_default();
        let says_other = inner != outer && inner != written;
        let lost = if kind.hash() == old.hash() { Vec::new() } else { vec![FindingId::SigSha1, FindingId::SigMd] };
        Self { inner: if says_other { inner } else { written.clone() }, outer: written, kind: Some(kind), lost }
    }

    /// A signature that verifies where `is_genuine`.
    pub(super) fn sign(&self, key: &Key, message: &[u8], is_genuine: bool) -> Result<Vec<u8>, String> {
        let mut signature = key.sign_as(self.kind.unwrap_or_else(|| key.usual_kind()), message)?;
        // Far from the ends, so that it stays a signature by its form.
        let middle = signature.len() / 2;
        if let Some(byte) = signature.get_mut(middle).filter(|_| !is_genuine) {
            *byte ^= 0x55;
        }
        Ok(signature)
    }
}

/// Whether those are the parameters that belong behind an algorithm: NULL behind RSA, nothing behind the others.
fn is_usual(kind: SignatureKind, parameters: &[u8]) -> bool {
    match kind {
        SignatureKind::RsaPkcs1(_) => parameters == [5, 0],
        SignatureKind::RsaPss(..) => true,
        _ => parameters.is_empty(),
    }
}

/// The AlgorithmIdentifier, with the parameters that belong there or with others.
fn identifier(kind: SignatureKind, is_usual: bool) -> Option<Vec<u8>> {
    let usual = algorithm_of(kind)?;
    if is_usual {
        return Some(usual);
    }
    let dotted = children(read_tlv(&usual)?.0.content).next()?.raw.to_vec();
    let null = vec![5, 0];
    Some(if matches!(kind, SignatureKind::RsaPkcs1(_)) { sequence(&[dotted]) } else { sequence(&[dotted, null]) })
}
