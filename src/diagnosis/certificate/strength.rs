//! How strong the signature on a certificate is, whoever made it.

use super::Judged;
use crate::diagnosis::findings::Findings;
use crate::model::FindingId;
use crate::x509::Hash;

pub(crate) fn check(judged: &Judged<'_>, out: &mut Findings) {
    let cert = judged.cert;
    let (Some(outer), Some(inner)) = (&cert.outer_algorithm, &cert.inner_algorithm) else { return };
    if outer != inner {
        let facts = judged.facts().with("outer", outer.name()).with("inner", inner.name());
        out.add(FindingId::SigAlgMismatch, &judged.subject, facts);
    }
    if judged.is_anchor() {
        return; // nobody verifies the signature of an anchor
    }
    let facts = || judged.facts().with("algorithm", outer.name()).with("oid", outer.oid.as_str());
    match outer.signature() {
        None => out.add(FindingId::SigAlgUnsupported, &judged.subject, facts()),
        Some(kind) => match kind.hash() {
            Some(Hash::Md2 | Hash::Md4 | Hash::Md5) => out.add(FindingId::SigMd, &judged.subject, facts()),
            Some(Hash::Sha1) => out.add(FindingId::SigSha1, &judged.subject, facts()),
            _ => {}
        },
    }
}
