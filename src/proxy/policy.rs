//! What is done with which host.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::after_refusal;
use super::context::Ctx;
use super::record::Record;
use crate::model::Target;
use crate::net::Glob;

/// Which hosts are intercepted and which are tunnelled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// These are intercepted; any of them makes tunnelling the rule for the rest.
    pub intercept: Vec<Glob>,
    /// These are tunnelled.
    pub tunnel: Vec<Glob>,
}

impl Policy {
    /// The rule by which a connection is tunnelled; `None` when it is intercepted. A pattern may be
    /// about the host that was asked for or about the name in the ClientHello, `named`. The most
    /// specific pattern decides, `--tunnel` on a tie.
    pub fn tunnels(&self, target: &Target, named: &Target) -> Option<String> {
        let best = |globs: &[Glob]| {
            let matching = globs.iter().filter(|glob| glob.matches(target) || glob.matches(named));
            matching.max_by_key(|glob| glob.weight()).map(|glob| (glob.weight(), glob.to_string()))
        };
        let (tunnel, intercept) = (best(&self.tunnel), best(&self.intercept));
        match (tunnel, intercept) {
            (Some((weight, glob)), Some((other, _))) if weight >= other => Some(format!("--tunnel {glob}")),
            (Some((_, glob)), None) => Some(format!("--tunnel {glob}")),
            (None, None) if !self.intercept.is_empty() => Some("no --intercept names it".to_owned()),
            _ => None,
        }
    }
}

/// What a person decides while the proxy runs; it goes before the policy. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    chosen: Arc<Mutex<HashMap<Target, bool>>>,
}

impl Routes {
    /// From its next connection on, tunnels to a target, or intercepts it.
    pub fn set(&self, target: Target, tunnel: bool) {
        self.chosen.lock().unwrap_or_else(PoisonError::into_inner).insert(target, tunnel);
    }

    /// The rule by which a connection to `target` is tunnelled, `None` when it is intercepted:
    /// `otherwise` says so where nobody has decided.
    fn tunnels(&self, target: &Target, otherwise: impl FnOnce() -> Option<String>) -> Option<String> {
        match self.chosen.lock().unwrap_or_else(PoisonError::into_inner).get(target) {
            Some(true) => Some("chosen on the screen".to_owned()),
            Some(false) => None,
            None => otherwise(),
        }
    }
}

/// The rule by which a connection to `target` is tunnelled; `None` when it is intercepted. A person's
/// word goes first, then the policy's, then what the client's refusals say.
pub(super) fn rule(ctx: &Ctx, record: &Record, target: &Target) -> Option<String> {
    let name = record.with(|connection| connection.name.clone());
    let named = Target::new(name.unwrap_or_else(|| target.host.clone()), target.port);
    let by_policy = || ctx.config.policy.tunnels(target, &named);
    ctx.routes.tunnels(target, || by_policy().or_else(|| after_refusal::rule(ctx, record)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(intercept: &[&str], tunnel: &[&str]) -> Policy {
        let globs = |list: &[&str]| list.iter().map(|glob| glob.parse().unwrap()).collect();
        Policy { intercept: globs(intercept), tunnel: globs(tunnel) }
    }

    #[test]
    fn the_most_specific_pattern_decides() {
        let cases: [(&[&str], &[&str], &str, bool); 10] = [
            (&[], &[], "a.test:443", false),
            (&[], &["*.test"], "a.test:443", true),
            (&[], &["*.test:8443"], "a.test:443", false),
            (&["a.test"], &[], "a.test:443", false),
            (&["a.test"], &[], "b.test:443", true),
            (&["a.test"], &["*.test"], "a.test:443", false),
            (&["*.test"], &["a.test"], "a.test:443", true),
            (&["a.test"], &["a.test"], "a.test:443", true),
            (&["a.test"], &["a.test:443"], "a.test:443", true),
            (&["[::1]:443"], &[], "[::1]:443", false),
        ];
        for (intercept, tunnel, target, tunnelled) in cases {
            let target = target.parse().unwrap();
            let rule = policy(intercept, tunnel).tunnels(&target, &target);
            assert_eq!(rule.is_some(), tunnelled, "{intercept:?} {tunnel:?} {target}");
        }
    }

    #[test]
    fn a_pattern_is_about_the_host_asked_for_or_the_name_in_the_hello() {
        let cases: [(&[&str], &[&str], bool); 6] = [
            (&[], &["a.test"], true),
            (&[], &["192.0.2.1"], true),
            (&[], &["a.test:8443"], false),
            (&["a.test"], &[], false),
            (&["*.test"], &["192.0.2.1:443"], true),
            (&["a.test:443"], &["192.*"], false),
        ];
        let (target, named) = ("192.0.2.1:443".parse().unwrap(), "a.test:443".parse().unwrap());
        for (intercept, tunnel, tunnelled) in cases {
            let rule = policy(intercept, tunnel).tunnels(&target, &named);
            assert_eq!(rule.is_some(), tunnelled, "{intercept:?} {tunnel:?}");
        }
    }

    #[test]
    fn what_a_person_decides_goes_first() {
        let (routes, policy) = (Routes::default(), policy(&[], &["*.test"]));
        let target: Target = "a.test:443".parse().unwrap();
        let rule = || routes.tunnels(&target, || policy.tunnels(&target, &target));
        assert_eq!(rule().as_deref(), Some("--tunnel *.test"));
        routes.set(target.clone(), false);
        assert_eq!(rule(), None);
        routes.set(target.clone(), true);
        assert_eq!(rule().as_deref(), Some("chosen on the screen"));
    }
}
