//! Another key in the place of a certificate's own, and every other byte as it was.

use crate::x509::write::sequence;
use crate::x509::{Cert, children, read_tlv};

/// The certificate with this SubjectPublicKeyInfo in it; its signature no longer fits. `None` when its structure cannot
/// be told.
pub(super) fn with_key(cert: &Cert, spki: &[u8]) -> Option<Vec<u8>> {
    let own = cert.key.as_ref()?;
    let (outer, _) = read_tlv(&cert.der.der)?;
    let (tbs, _) = read_tlv(cert.tbs.as_ref()?)?;
    let fields = children(tbs.content).map(|field| if field.raw == own.spki { spki } else { field.raw });
    let tbs = sequence(&fields.collect::<Vec<_>>());
    let behind = children(outer.content).skip(1).map(|field| field.raw.to_vec());
    Some(sequence(&std::iter::once(tbs).chain(behind).collect::<Vec<_>>()))
}
