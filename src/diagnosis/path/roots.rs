//! What is known of an anchor beside its being one: programmes that dropped it, or that trust only
//! what it issued before a day.

use crate::diagnosis::clock::Clock;
use crate::diagnosis::findings::Findings;
use crate::diagnosis::known::{Decision, Distrust, decisions};
use crate::model::{Facts, FindingId, RootSetName, SubjectKind, Timestamp, Trusted, Verdict};
use crate::x509::Cert;

use super::{Path, Pool};

/// Checks the anchor of the best path: one finding for all programmes that dropped it, one for all
/// that stopped trusting what it issues.
pub(crate) fn check(pool: &Pool<'_>, best: &Path, clock: &Clock, out: &mut Findings) {
    let (Some(anchor), Some(leaf)) = (best.anchor(), best.nodes.first().and_then(|leaf| pool.cert(*leaf))) else {
        return;
    };
    let Some(cert) = pool.cert(anchor) else { return };
    let subject = pool.subject(anchor, SubjectKind::Anchor);
    let facts = |decisions: &[&Decision]| {
        let programmes: Vec<String> = decisions.iter().map(|decision| decision.programme.to_owned()).collect();
        let since = decisions.iter().map(|decision| decision.since).min().unwrap_or_default();
        Facts::new()
            .with("anchor", cert.label())
            .with("anchor_sha256", cert.sha256().to_string())
            .with("programme", programmes)
            .with("since", since)
    };
    let is_dropped = |d: &&Decision| d.what == Distrust::Removed && !clock.is_before(d.since);
    let dropped: Vec<&Decision> = decisions(cert.sha256()).iter().filter(is_dropped).collect();
    if let Some(first) = dropped.first() {
        out.add(FindingId::RootRemoved, &subject, facts(&dropped).with("reason", first.reason));
    }
    let is_late = |d: &&Decision| d.what != Distrust::Removed && date_of(leaf, d).is_some_and(|(_, at)| at > d.since);
    let late: Vec<&Decision> = decisions(cert.sha256()).iter().filter(is_late).collect();
    if let Some((basis, date)) = late.first().and_then(|first| date_of(leaf, first)) {
        let facts = facts(&late).with("basis", basis).with("leaf_date", date);
        out.add(FindingId::RootDistrustedAfter, &subject, facts);
    }
}

/// The day of the leaf that the decision goes by.
fn date_of(leaf: &Cert, decision: &Decision) -> Option<(&'static str, Timestamp)> {
    match decision.what {
        Distrust::AfterSct => {
            let earliest = leaf.extensions.scts.iter().flatten().map(|sct| sct.at).min();
            earliest.map(|at| ("earliest SCT", at))
        }
        _ => leaf.validity.map(|validity| ("notBefore", validity.not_before)),
    }
}

/// Trusted because somebody installed a root: apps that go by the system's own roots refuse.
pub(crate) fn check_installed(pool: &Pool<'_>, best: &Path, verdicts: &[Verdict], out: &mut Findings) {
    let Some(anchor) = best.anchor().filter(|anchor| !pool.is_public_anchor(*anchor)) else { return };
    let asked_public = verdicts.iter().any(|v| v.roots == RootSetName::Mozilla && v.result != Trusted::NoRoots);
    let sets = |result: Trusted| -> Vec<String> {
        verdicts.iter().filter(|v| v.result == result).map(|v| v.roots.word().to_owned()).collect()
    };
    let trusting = sets(Trusted::Trusted);
    if !asked_public || trusting.is_empty() {
        return;
    }
    let label = pool.cert(anchor).map(Cert::label).unwrap_or_default();
    let facts =
        Facts::new().with("anchor", label).with("trusted_by", trusting).with("not_in", sets(Trusted::Untrusted));
    out.add(FindingId::RootUserInstalledOnly, &pool.subject(anchor, SubjectKind::Anchor), facts);
}
