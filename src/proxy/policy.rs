//! What is done with which host.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::after_refusal;
use super::context::Ctx;
use super::record::Record;
use crate::model::{BadUpstream, Target};
use crate::net::{Glob, GlobError};

/// Which hosts are intercepted and which are tunnelled, and what clients are given where a server is bad.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// These are intercepted; any of them makes tunnelling the rule for the rest.
    pub intercept: Vec<Glob>,
    /// These are tunnelled.
    pub tunnel: Vec<Glob>,
    /// What clients of bad servers are given; a good leaf where no rule is about the host.
    pub bad_upstream: Vec<BadUpstreamRule>,
}

/// What clients are given where the server is bad, for some hosts or for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadUpstreamRule {
    /// What.
    pub policy: BadUpstream,
    /// For these; for all where there is no pattern.
    pub hosts: Option<Glob>,
}

/// A text that is no such rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadUpstreamError {
    /// It begins with another word.
    #[error("{0:?} is no choice of pass, mirror, refuse; a host pattern goes behind it, as in mirror:*.example.com")]
    Word(String),
    /// There is no pattern of hosts behind the word.
    #[error("behind {0}: {1}")]
    Hosts(&'static str, GlobError),
}

impl FromStr for BadUpstreamRule {
    type Err = BadUpstreamError;

    fn from_str(text: &str) -> Result<Self, BadUpstreamError> {
        let (word, hosts) = text.split_once(':').map_or((text, None), |(word, hosts)| (word, Some(hosts)));
        let policy = BadUpstream::parse(word).ok_or_else(|| BadUpstreamError::Word(word.to_owned()))?;
        let hosts = hosts.map(|hosts| hosts.parse().map_err(|error| BadUpstreamError::Hosts(policy.word(), error)));
        Ok(Self { policy, hosts: hosts.transpose()? })
    }
}

impl fmt::Display for BadUpstreamRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.policy.word())?;
        self.hosts.as_ref().map_or(Ok(()), |hosts| write!(f, ":{hosts}"))
    }
}

impl BadUpstreamRule {
    fn matches(&self, target: &Target) -> bool {
        self.hosts.as_ref().is_none_or(|hosts| hosts.matches(target))
    }

    /// A pattern is more specific than none, whatever it is.
    fn weight(&self) -> usize {
        self.hosts.as_ref().map_or(0, |hosts| hosts.weight() + 1)
    }
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

    /// What clients of a host are given when its server is bad, and by which rule. As above, but that the last
    /// rule decides on a tie.
    pub fn about_bad(&self, target: &Target, named: &Target) -> (BadUpstream, String) {
        let matching = self.bad_upstream.iter().filter(|rule| rule.matches(target) || rule.matches(named));
        let best = matching.max_by_key(|rule| rule.weight());
        let policy = best.map_or(BadUpstream::default(), |rule| rule.policy);
        (policy, format!("by --bad-upstream {}", best.map_or(policy.word().to_owned(), ToString::to_string)))
    }

    /// What holds for which hosts, in their words, and last for all the others.
    pub fn about_bad_of_all(&self) -> Vec<(BadUpstream, Option<String>)> {
        let named =
            self.bad_upstream.iter().filter_map(|rule| Some((rule.policy, Some(rule.hosts.as_ref()?.to_string()))));
        let others = self.bad_upstream.iter().rfind(|rule| rule.hosts.is_none());
        named.chain([(others.map_or(BadUpstream::default(), |rule| rule.policy), None)]).collect()
    }
}

/// What a person decides while the proxy runs; it goes before the policy. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    chosen: Arc<Mutex<HashMap<Target, Choice>>>,
}

/// About one target; `None` leaves it to the policy.
#[derive(Clone, Copy, Debug, Default)]
struct Choice {
    tunnel: Option<bool>,
    given: Option<BadUpstream>,
}

impl Routes {
    /// From its next connection on, tunnels to a target, or intercepts it.
    pub fn set(&self, target: Target, tunnel: bool) {
        self.lock().entry(target).or_default().tunnel = Some(tunnel);
    }

    /// From its next connection on, clients of a target are given this when its server is bad.
    pub fn give(&self, target: Target, policy: BadUpstream) {
        self.lock().entry(target).or_default().given = Some(policy);
    }

    /// The rule by which a connection to `target` is tunnelled, `None` when it is intercepted:
    /// `otherwise` says so where nobody has decided.
    fn tunnels(&self, target: &Target, otherwise: impl FnOnce() -> Option<String>) -> Option<String> {
        match self.chosen(target).tunnel {
            Some(true) => Some("chosen on the screen".to_owned()),
            Some(false) => None,
            None => otherwise(),
        }
    }

    fn chosen(&self, target: &Target) -> Choice {
        self.lock().get(target).copied().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Target, Choice>> {
        self.chosen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The rule by which a connection to `target` is tunnelled; `None` when it is intercepted. A person's
/// word goes first, then the policy's, then what the client's refusals say.
pub(super) fn rule(ctx: &Ctx, record: &Record, target: &Target) -> Option<String> {
    let by_policy = || ctx.config.policy.tunnels(target, &named(record, target));
    ctx.routes.tunnels(target, || by_policy().or_else(|| after_refusal::rule(ctx, record)))
}

/// What the client of this connection is given if its server is bad.
#[derive(Clone, Debug)]
pub(super) struct Ruled {
    pub(super) policy: BadUpstream,
    /// In words: who said so.
    pub(super) by: String,
}

/// What is given at `target` where the server is bad: a person's word goes first, then the policy's.
pub(super) fn about_bad(ctx: &Ctx, record: &Record, target: &Target) -> Ruled {
    if let Some(policy) = ctx.routes.chosen(target).given {
        return Ruled { policy, by: format!("as {} was chosen on the screen", policy.word()) };
    }
    let (policy, by) = ctx.config.policy.about_bad(target, &named(record, target));
    Ruled { policy, by }
}

/// The target by the name in the hello, where there is one.
fn named(record: &Record, target: &Target) -> Target {
    let name = record.with(|connection| connection.name.clone());
    Target::new(name.unwrap_or_else(|| target.host.clone()), target.port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(intercept: &[&str], tunnel: &[&str]) -> Policy {
        let globs = |list: &[&str]| list.iter().map(|glob| glob.parse().unwrap()).collect();
        Policy { intercept: globs(intercept), tunnel: globs(tunnel), ..Policy::default() }
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

    #[test]
    fn the_most_specific_rule_about_bad_servers_decides_and_the_last_of_those() {
        let cases: [(&[&str], &str, &str); 9] = [
            (&[], "a.test:443", "pass by --bad-upstream pass"),
            (&["refuse"], "a.test:443", "refuse by --bad-upstream refuse"),
            (&["refuse", "mirror"], "a.test:443", "mirror by --bad-upstream mirror"),
            (&["mirror:*.test", "refuse"], "a.test:443", "mirror by --bad-upstream mirror:*.test"),
            (&["mirror:*", "refuse"], "a.test:443", "mirror by --bad-upstream mirror:*"),
            (&["mirror:*.test", "pass:a.test", "refuse"], "a.test:443", "pass by --bad-upstream pass:a.test"),
            (&["mirror:a.test:443", "refuse:a.test"], "a.test:443", "mirror by --bad-upstream mirror:a.test:443"),
            (&["mirror:a.test", "refuse:a.test"], "a.test:443", "refuse by --bad-upstream refuse:a.test"),
            (&["refuse:[::1]:8443"], "[::1]:8443", "refuse by --bad-upstream refuse:[::1]:8443"),
        ];
        for (rules, target, expected) in cases {
            let bad_upstream = rules.iter().map(|rule| rule.parse().unwrap()).collect();
            let target = target.parse().unwrap();
            let (policy, by) = Policy { bad_upstream, ..Policy::default() }.about_bad(&target, &target);
            assert_eq!(format!("{} {by}", policy.word()), expected, "{rules:?}");
        }
    }

    #[test]
    fn a_rule_that_is_none_says_what_is_wrong_with_it() {
        let error = |text: &str| text.parse::<BadUpstreamRule>().unwrap_err().to_string();
        assert!(error("repair").starts_with("\"repair\" is no choice of pass, mirror, refuse;"));
        assert!(error("a.test:mirror").starts_with("\"a.test\" is no choice of"));
        assert!(error("mirror:https://a.test").starts_with("behind mirror: \"https://a.test\" is no host pattern"));
        assert!(error("refuse:").starts_with("behind refuse: \"\" is no host pattern"));
    }
}
