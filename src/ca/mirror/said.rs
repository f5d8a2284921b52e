//! What is said of a mirror: how it differs from the server, in words, and which defects it does not show.

use super::counterpart::Family;
use super::extent::{Extent, extent};
use super::handshake::Manners;
use super::kin;
use crate::model::{Fact, Finding, FindingId, Report};

/// How the mirror differs from what the server showed.
pub(super) fn changed(family: &Family<'_>, manners: &Manners, is_flat: bool) -> Vec<String> {
    let kin = family.kin;
    let label = |at: usize| kin.get(at).map(|member| member.cert.label()).unwrap_or_default();
    let mut words = vec!["every key and signature is tlscope's".to_owned()];
    if let Some(anchor) = kin.anchor {
        words.push(format!("tlscope's CA stands in the place of the root {}", label(anchor)));
    }
    if let Some(root) = kin.untrusted_root {
        let by = if family.has_second_ca() { "a second CA of tlscope's, which nobody trusts," } else { "a copy" };
        words.push(format!("{by} stands in the place of the root {}", label(root)));
    }
    if let Some(kind) = manners.leaf_key {
        words.push(format!("the leaf's key is {kind}: the client can do nothing with one like the server's"));
    }
    for at in &family.unlike {
        words.push(format!("the key of {} is of another kind: tlscope makes none like the server's", label(*at)));
    }
    if is_flat {
        words.push("the leaf stands directly below tlscope's CA, which allows no others; run `tlscope ca new`".into());
    }
    if kin.sent.iter().any(Option::is_none) {
        words.push(format!("certificates after the first {} are the server's own", kin::MOST_SENT));
    }
    words
}

/// What the client is not shown though it might act on it, in the order of the report.
pub(super) fn unmirrored(report: &Report, family: &Family<'_>, is_flat: bool) -> Vec<FindingId> {
    let kin = family.kin;
    let sha256 = |at: Option<usize>| at.and_then(|at| kin.get(at)).map(|member| member.cert.sha256());
    let (leaf, anchor) = (sha256(kin.leaf()), sha256(kin.anchor));
    let is_lost = |finding: &&Finding| {
        let about = finding.subject.sha256;
        let is_about_leaf = about.is_some() && about == leaf;
        match extent(finding.id) {
            Extent::NoClient => false,
            Extent::Never(_) => true,
            _ if family.lost.contains(&finding.id) => true,
            // The anchor is ours, with nothing wrong with it.
            Extent::Certificate if about.is_some() && about == anchor && !is_about_leaf => true,
            Extent::Certificate | Extent::Chain if is_flat && !is_about_leaf => true,
            Extent::Staple => finding.evidence.get("by").is_some_and(|by| *by != Fact::Text("staple".to_owned())),
            _ => !is_in_the_bytes(finding),
        }
    };
    let mut ids: Vec<FindingId> = Vec::new();
    for finding in report.findings.iter().filter(is_lost) {
        if !ids.contains(&finding.id) {
            ids.push(finding.id);
        }
    }
    ids
}

/// Whether it is in what can be copied of a key and a certificate: the size of a modulus is, its factors are not; and
/// below tlscope's CA a serial number may be short.
fn is_in_the_bytes(finding: &Finding) -> bool {
    match (finding.id, finding.evidence.get("bits"), finding.evidence.get("fault")) {
        (FindingId::KeyRsaModulus, Some(Fact::Number(bits)), _) => bits % 8 != 0,
        (FindingId::SerialBad, _, Some(Fact::Text(fault))) => !fault.starts_with("less than 64 bits"),
        _ => true,
    }
}
