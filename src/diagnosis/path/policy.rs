//! Certificate policies (RFC 5280 section 6.1): does a path that must have a policy have one?
//!
//! tlscope itself demands no policy; a CA on the path can (requireExplicitPolicy). The valid
//! policy tree is kept as what matters of it: for each policy that is still valid, what the next
//! certificate may call it.

use std::collections::{BTreeMap, BTreeSet};

use super::pool::Pool;
use super::{End, Path};
use crate::diagnosis::findings::Findings;
use crate::model::{Facts, FindingId, SubjectKind};
use crate::x509::{Cert, oids};

/// Policies asserted so far, with the names they are expected under next; empty when none is valid.
type Expected = BTreeMap<String, BTreeSet<String>>;

struct State {
    expected: Expected,
    explicit_in: u32,
    mapping_in: u32,
    any_in: u32,
}

pub(crate) fn check(pool: &Pool<'_>, path: &Path, out: &mut Findings) {
    // The anchor is no part of the path that is validated.
    let top = path.nodes.len() - usize::from(path.end == End::Anchor && path.nodes.len() > 1);
    let certs: Vec<&Cert> = path.nodes.iter().take(top).rev().filter_map(|node| pool.cert(*node)).collect();
    if !certs.iter().any(|cert| cert.extensions.policies.constraints.require_explicit.is_some()) {
        check_critical(pool, path, out);
        return;
    }
    let unlimited = u32::try_from(certs.len()).unwrap_or(u32::MAX).saturating_add(1);
    let any = || BTreeMap::from([(oids::ANY_POLICY.to_owned(), BTreeSet::from([oids::ANY_POLICY.to_owned()]))]);
    let mut state = State { expected: any(), explicit_in: unlimited, mapping_in: unlimited, any_in: unlimited };
    for (at, cert) in certs.iter().enumerate() {
        let is_last = at + 1 == certs.len();
        state.assert(cert, is_last);
        if is_last {
            state.wrap_up(cert);
        } else {
            state.prepare_next(cert);
        }
        if state.explicit_in == 0 && state.expected.is_empty() {
            let asserted = cert.extensions.policies.asserted.clone().unwrap_or_default();
            let facts = Facts::new().with("certificate", cert.label()).with("asserted", asserted);
            out.add(FindingId::PolicyViolation, &crate::model::Subject::of(SubjectKind::Chain), facts);
            return;
        }
    }
    check_critical(pool, path, out);
}

/// RFC 5280 section 4.2.1.11: policyConstraints MUST be critical.
fn check_critical(pool: &Pool<'_>, path: &Path, out: &mut Findings) {
    for node in &path.nodes {
        let Some(cert) = pool.cert(*node) else { continue };
        let lax = cert.extensions.get(oids::EXT_POLICY_CONSTRAINTS).is_some_and(|extension| !extension.critical);
        if lax {
            let facts =
                Facts::new().with("certificate", cert.label()).with("fault", "policyConstraints is not critical");
            out.add(FindingId::PolicyViolation, &pool.subject(*node, path.role_of(*node)), facts);
        }
    }
}

impl State {
    /// Step (d) to (f): what the certificate asserts of what is expected.
    fn assert(&mut self, cert: &Cert, is_last: bool) {
        let Some(asserted) = &cert.extensions.policies.asserted else {
            self.expected.clear();
            return;
        };
        let mut next = Expected::new();
        let any_expected = self.expected.contains_key(oids::ANY_POLICY);
        for policy in asserted.iter().filter(|policy| *policy != oids::ANY_POLICY) {
            if any_expected || self.expected.values().any(|names| names.contains(policy)) {
                next.insert(policy.clone(), BTreeSet::from([policy.clone()]));
            }
        }
        let any_counts = self.any_in > 0 || (!is_last && cert.is_self_issued());
        if any_counts && asserted.iter().any(|policy| policy == oids::ANY_POLICY) {
            for name in self.expected.values().flatten() {
                next.entry(name.clone()).or_insert_with(|| BTreeSet::from([name.clone()]));
            }
        }
        self.expected = next;
    }

    /// Section 6.1.4: mappings and counters.
    fn prepare_next(&mut self, cert: &Cert) {
        let policies = &cert.extensions.policies;
        let mut mappings: BTreeMap<&String, BTreeSet<String>> = BTreeMap::new();
        for (issuer, subject) in &policies.mappings {
            mappings.entry(issuer).or_default().insert(subject.clone());
        }
        for (issuer, mapped) in mappings {
            if self.mapping_in == 0 {
                self.expected.remove(issuer);
            } else if self.expected.contains_key(issuer) || self.expected.contains_key(oids::ANY_POLICY) {
                self.expected.insert(issuer.clone(), mapped);
            }
        }
        if !cert.is_self_issued() {
            self.explicit_in = self.explicit_in.saturating_sub(1);
            self.mapping_in = self.mapping_in.saturating_sub(1);
            self.any_in = self.any_in.saturating_sub(1);
        }
        let lower =
            |counter: &mut u32, limit: Option<u32>| *counter = limit.map_or(*counter, |limit| limit.min(*counter));
        lower(&mut self.explicit_in, policies.constraints.require_explicit);
        lower(&mut self.mapping_in, policies.constraints.inhibit_mapping);
        lower(&mut self.any_in, policies.inhibit_any);
    }

    /// Section 6.1.5 (a) and (b).
    fn wrap_up(&mut self, cert: &Cert) {
        self.explicit_in = self.explicit_in.saturating_sub(1);
        if cert.extensions.policies.constraints.require_explicit == Some(0) {
            self.explicit_in = 0;
        }
    }
}
