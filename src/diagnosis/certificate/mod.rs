//! The checks of one certificate in the role it plays, whatever path it stands on.

mod compromised;
mod form;
mod identifiers;
mod judged;
pub(crate) mod key;
pub(crate) mod name;
mod name_match;
mod numbers;
mod profile;
mod strength;
pub(crate) mod usage;
pub(crate) mod validity;

pub(crate) use judged::Judged;
pub(crate) use name_match::{DnsMatch, match_dns};

use std::collections::HashSet;

use crate::diagnosis::findings::Findings;
use crate::model::FindingId;
use crate::x509::{Problem, oids};

/// Every check that needs nothing but the certificate.
pub(crate) fn check(judged: &Judged<'_>, out: &mut Findings) {
    check_encoding(judged, out);
    check_extensions(judged, out);
    form::check(judged, out);
    identifiers::check(judged, out);
    profile::check(judged, out);
    validity::check(judged, out);
    strength::check(judged, out);
    key::check(judged, out);
    compromised::check(judged, out);
    usage::check(judged, out);
}

fn check_encoding(judged: &Judged<'_>, out: &mut Findings) {
    let mut unreadable = Vec::new();
    for problem in &judged.cert.problems {
        match problem {
            Problem::Unreadable(part) => unreadable.push((*part).to_owned()),
            // How an anchor's dates are written matters to nobody.
            Problem::Time(..) if judged.is_anchor() => {}
            Problem::Time(field, fault) => {
                let facts = judged.facts().with("field", *field).with("fault", fault.words());
                out.add(FindingId::TimeEncodingBad, &judged.subject, facts);
            }
        }
    }
    let malformed = judged.cert.extensions.malformed.iter().filter(|oid| !HAVE_THEIR_OWN.contains(&oid.as_str()));
    unreadable.extend(malformed.map(|oid| format!("the extension {}", oids::display(oid))));
    if !unreadable.is_empty() {
        out.add(FindingId::CertUnparseable, &judged.subject, judged.facts().with("parts", unreadable));
    }
}

/// Malformed extensions that another finding tells.
const HAVE_THEIR_OWN: &[&str] = &[oids::EXT_NAME_CONSTRAINTS, oids::EXT_AUTHORITY_INFO, oids::EXT_SCT_LIST];

/// The extensions that a verifier of today processes.
const KNOWN: &[&str] = &[
    oids::EXT_SUBJECT_KEY_ID,
    oids::EXT_KEY_USAGE,
    oids::EXT_SUBJECT_ALT_NAME,
    oids::EXT_ISSUER_ALT_NAME,
    oids::EXT_BASIC_CONSTRAINTS,
    oids::EXT_NAME_CONSTRAINTS,
    oids::EXT_CRL_DISTRIBUTION,
    oids::EXT_POLICIES,
    oids::EXT_POLICY_MAPPINGS,
    oids::EXT_AUTHORITY_KEY_ID,
    oids::EXT_POLICY_CONSTRAINTS,
    oids::EXT_EXTENDED_KEY_USAGE,
    oids::EXT_INHIBIT_ANY_POLICY,
    oids::EXT_AUTHORITY_INFO,
    oids::EXT_TLS_FEATURE,
    oids::EXT_SCT_LIST,
    oids::EXT_CT_POISON, // has a finding of its own
    oids::EXT_NETSCAPE_TYPE,
];

/// RFC 5280 section 4.2.
fn check_extensions(judged: &Judged<'_>, out: &mut Findings) {
    let mut earlier = HashSet::new();
    for extension in &judged.cert.extensions.all {
        let named =
            || judged.facts().with("oid", extension.oid.as_str()).with("extension", oids::display(&extension.oid));
        if extension.critical && !KNOWN.contains(&extension.oid.as_str()) {
            out.add(FindingId::ExtUnknownCritical, &judged.subject, named());
        }
        if !earlier.insert(extension.oid.as_str()) {
            out.add(FindingId::ExtDuplicate, &judged.subject, named());
        }
    }
}
