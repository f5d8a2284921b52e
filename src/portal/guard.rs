//! Who gets an answer: requests under a name of this machine, from a person and not from some site.
//!
//! A site that a browser has open can send requests here, and by DNS rebinding it can have a name of
//! its own lead here, and read the answers. So the host has to be one that no site can have, and what
//! another site asks for is refused, but for its links to the page.

use std::net::{IpAddr, SocketAddr};

use http::header::{HOST, HeaderName, ORIGIN};
use http::{HeaderMap, Request};

use crate::model::{Host, Target};
use crate::proxy::{PORTAL_HOST, PortalRequest};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Where a request was addressed to: a host of this machine's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Site(Target);

impl Site {
    /// Of a request, or the host that it was addressed to in vain.
    pub(super) fn of(asked: &PortalRequest) -> Result<Self, String> {
        let named = authority_of(&asked.head).unwrap_or_default();
        let default_port = if asked.tls.is_some() { 443 } else { 80 };
        let target = Target::parse(&named, Some(default_port)).ok();
        target.filter(|target| is_ours(&target.host, asked.local)).map(Self).ok_or(named)
    }

    /// As it stands in a URL, with the port where the scheme does not imply it.
    pub(super) fn authority(&self, implied: u16) -> String {
        let host = self.0.host.in_authority();
        if self.0.port == implied { host } else { format!("{host}:{}", self.0.port) }
    }

    /// Whether it is the name that only the proxy knows.
    pub(super) fn is_portal_host(&self) -> bool {
        self.0.host.name() == Some(PORTAL_HOST)
    }

    /// The host and the port, for a proxy setting.
    pub(super) fn host_and_port(&self) -> (String, u16) {
        (self.0.host.to_string(), self.0.port)
    }
}

/// The host that a request says it is for: that of its URL, else the one Host field (RFC 9112 section
/// 3.2: two of them are an error).
fn authority_of(head: &Request<()>) -> Option<String> {
    if let Some(authority) = head.uri().authority() {
        return Some(authority.to_string());
    }
    let mut fields = head.headers().get_all(HOST).iter();
    let (host, another) = (fields.next()?, fields.next());
    host.to_str().ok().filter(|_| another.is_none()).map(str::to_owned)
}

/// `tlscope.test` (nobody can register it), `localhost`, the address that the connection came to, and
/// addresses that are nobody's outside a private network: by one of those an emulator, a container or
/// a forwarded port knows this machine. A site's own name is none of these; an address is no name that
/// could be bound anew.
fn is_ours(host: &Host, local: Option<SocketAddr>) -> bool {
    match host {
        Host::Name(name) => name == PORTAL_HOST || name == "localhost",
        Host::Ip(ip) => local.is_some_and(|local| local.ip() == *ip) || is_private(*ip),
    }
}

/// RFC 1122 (loopback), RFC 1918, RFC 3927, RFC 4193, RFC 4291 section 2.5.6, RFC 6598.
fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => {
            let is_shared = matches!(v4.octets(), [100, 64..=127, ..]);
            v4.is_loopback() || v4.is_private() || v4.is_link_local() || is_shared
        }
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// Whether another site than `site` has made the browser ask. Its links to a page are a person's own
/// doing, and `is_page` says whether this is one.
pub(super) fn is_cross_site(headers: &HeaderMap, site: &Site, is_page: bool) -> bool {
    let field = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if field(ORIGIN).is_some_and(|origin| !is_origin_of(origin, site)) {
        return true;
    }
    match field(FETCH_SITE) {
        None | Some("none" | "same-origin") => false,
        Some(_) => !(is_page && field(FETCH_MODE) == Some("navigate") && field(FETCH_DEST) == Some("document")),
    }
}

fn is_origin_of(origin: &str, site: &Site) -> bool {
    ["http", "https"].into_iter().zip([80, 443]).any(|(scheme, implied)| {
        let authority = origin.strip_prefix(scheme).and_then(|rest| rest.strip_prefix("://"));
        authority.is_some_and(|authority| authority == site.authority(implied))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(uri: &str, hosts: &[&str]) -> PortalRequest {
        let mut head = Request::get(uri);
        for host in hosts {
            head = head.header(HOST, *host);
        }
        PortalRequest {
            head: head.body(()).unwrap(),
            client: "192.0.2.7:5".parse().unwrap(),
            local: Some("203.0.113.1:8080".parse().unwrap()),
            proxied: false,
            tls: None,
            last_test: None,
        }
    }

    #[test]
    fn the_host_has_to_be_this_machines() {
        let cases: [(&str, &[&str], Option<&str>); 30] = [
            ("/", &["203.0.113.1:8080"], Some("203.0.113.1:8080")),
            ("/", &["203.0.113.1"], Some("203.0.113.1")),
            ("/", &["localhost:8080"], Some("localhost:8080")),
            ("/", &["LOCALHOST"], Some("localhost")),
            ("/", &["127.0.0.1:9"], Some("127.0.0.1:9")),
            ("/", &["[::1]:8080"], Some("[::1]:8080")),
            ("/", &["[::ffff:127.0.0.1]:8080"], Some("127.0.0.1:8080")),
            ("/", &["tlscope.test"], Some("tlscope.test")),
            ("/", &["TLSCOPE.test.:8080"], Some("tlscope.test:8080")),
            ("http://tlscope.test/", &["evil.example"], Some("tlscope.test")),
            // An emulator's name for this machine, a container's host, a carrier's network.
            ("/", &["10.0.2.2:8080"], Some("10.0.2.2:8080")),
            ("/", &["172.17.0.1:8080"], Some("172.17.0.1:8080")),
            ("/", &["100.64.0.9:8080"], Some("100.64.0.9:8080")),
            ("/", &["[fd00::1]:8080"], Some("[fd00::1]:8080")),
            ("/", &["evil.example"], None),
            ("/", &["evil.example:8080"], None),
            ("http://evil.example/", &["tlscope.test"], None),
            ("/", &["127.0.0.1.evil.example"], None),
            ("/", &["tlscope.test.evil.example"], None),
            ("/", &["xtlscope.test"], None),
            ("/", &["a.tlscope.test"], None),
            ("/", &["a.localhost"], None),
            ("/", &["203.0.113.2:8080"], None),
            ("/", &["8.8.8.8"], None),
            ("/", &["172.32.0.1"], None),
            ("/", &["[2001:db8::1]"], None),
            ("/", &[""], None),
            ("/", &[], None),
            ("/", &["localhost", "localhost"], None),
            ("/", &["localhost:0"], None),
        ];
        for (uri, hosts, site) in cases {
            let found = Site::of(&asked(uri, hosts)).map(|site| site.authority(80));
            assert_eq!(found.as_deref().ok(), site, "{uri} {hosts:?}");
        }
    }

    #[test]
    fn what_another_site_asks_for_is_refused_but_for_its_links() {
        let site = Site::of(&asked("/", &["192.168.1.2:8080"])).unwrap();
        let navigates = "navigate document";
        let cases = [
            ("", "", "", [false, false]),
            ("none", navigates, "", [false, false]),
            ("same-origin", "no-cors image", "", [false, false]),
            ("same-origin", "cors empty", "http://192.168.1.2:8080", [false, false]),
            ("cross-site", navigates, "", [false, true]),
            ("same-site", navigates, "", [false, true]),
            ("cross-site", "navigate iframe", "", [true, true]),
            ("cross-site", "no-cors image", "", [true, true]),
            ("cross-site", "cors empty", "", [true, true]),
            ("same-site", "cors empty", "", [true, true]),
            ("nonsense", "", "", [true, true]),
            ("", "", "http://evil.example", [true, true]),
            ("", "", "http://192.168.1.2:3000", [true, true]),
            ("", "", "null", [true, true]),
            ("", "", "https://192.168.1.2:8080", [false, false]),
            ("none", navigates, "http://evil.example", [true, true]),
        ];
        for (fetched, how, origin, [page, file]) in cases {
            let mut headers = HeaderMap::new();
            let (mode, dest) = how.split_once(' ').unwrap_or_default();
            let fields = [(FETCH_SITE, fetched), (FETCH_MODE, mode), (FETCH_DEST, dest), (ORIGIN, origin)];
            for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
                headers.insert(name, value.parse().unwrap());
            }
            let refused = [true, false].map(|is_page| is_cross_site(&headers, &site, is_page));
            assert_eq!(refused, [page, file], "{fetched} {how} {origin}");
        }
    }
}
