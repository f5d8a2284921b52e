//! What is done with which host.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

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
    /// The rule by which a connection to `target` is tunnelled; `None` when it is intercepted. The
    /// most specific pattern decides, `--tunnel` on a tie.
    pub fn tunnels(&self, target: &Target) -> Option<String> {
        let best = |globs: &[Glob]| {
            let matching = globs.iter().filter(|glob| glob.matches(target));
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

    /// The rule by which a connection to `target` is tunnelled; `None` when it is intercepted.
    pub(super) fn tunnels(&self, target: &Target, policy: &Policy) -> Option<String> {
        match self.chosen.lock().unwrap_or_else(PoisonError::into_inner).get(target) {
            Some(true) => Some("chosen on the screen".to_owned()),
            Some(false) => None,
            None => policy.tunnels(target),
        }
    }
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
            let rule = policy(intercept, tunnel).tunnels(&target.parse().unwrap());
            assert_eq!(rule.is_some(), tunnelled, "{intercept:?} {tunnel:?} {target}");
        }
    }

    #[test]
    fn what_a_person_decides_goes_first() {
        let (routes, policy) = (Routes::default(), policy(&[], &["*.test"]));
        let target: Target = "a.test:443".parse().unwrap();
        assert_eq!(routes.tunnels(&target, &policy).as_deref(), Some("--tunnel *.test"));
        routes.set(target.clone(), false);
        assert_eq!(routes.tunnels(&target, &policy), None);
        routes.set(target.clone(), true);
        assert_eq!(routes.tunnels(&target, &policy).as_deref(), Some("chosen on the screen"));
    }
}
