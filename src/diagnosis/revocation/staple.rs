//! Whether a response should have been stapled (RFC 6066 section 8, RFC 7633).

use crate::diagnosis::findings::Findings;
use crate::model::{Attempt, Facts, FindingId, Observation, Subject, SubjectKind};
use crate::x509::Cert;

/// status_request, as a TLS extension and as the feature that a certificate demands.
const STATUS_REQUEST: u16 = 5;

pub(crate) fn check(observation: &Observation, leaf: &Cert, out: &mut Findings) {
    let Some(seen) = &observation.handshake else { return };
    // In a tunnel the client may not have asked.
    let asked = observation.offered.as_ref().is_none_or(|hello| hello.extensions.contains(&STATUS_REQUEST));
    if seen.attempt == Attempt::File || seen.staple.is_some() || !asked {
        return;
    }
    if leaf.extensions.tls_features.contains(&u64::from(STATUS_REQUEST)) {
        out.add(FindingId::MustStapleMissing, &Subject::of(SubjectKind::Handshake), Facts::new());
    } else if let Some(url) = leaf.extensions.ocsp_urls().next() {
        out.note(FindingId::StapleMissing, Facts::new().with("url", url));
    }
}
