//! Chapter "Network".

use super::Page;
use super::words::{ISSUER, VIA};
use crate::model::FindingId as Id;

const ADDRESS: (&str, &str) = ("address", "the address that was tried; absent when none was");
const REASON: (&str, &str) = ("reason", "the operating system's words");

pub(super) static PAGES: &[Page] = &[
    Page {
        id: Id::DnsFail,
        title: "The name has no address",
        summary: "[{asked}: ]{reason}",
        cause: "The name is misspelt, has no entry, or the resolver of this machine does not know it (a name of an \
                internal network, a VPN that is off).",
        fix: "Check the name with another resolver (dig NAME @9.9.9.9), add the A or AAAA record, or give the address \
                to tlscope with --resolve HOST:PORT:ADDR.",
        refused_by: &[("curl", "exit code 6"), ("Chrome", "ERR_NAME_NOT_RESOLVED")],
        accepted_by: "",
        keys: &[("asked", "the name that was looked up"), ("reason", "the resolver's words")],
        source: "RFC 1035; no TLS took place",
    },
    Page {
        id: Id::TcpRefused,
        title: "Nobody listens on that port",
        summary: "connection refused[ by {address}]",
        cause: "The server process is down, listens on another port or another address, or a firewall answers in its \
                place.",
        fix: "Start the server or mend the port; on the server see what listens (ss -ltn), and whether it is bound to \
                127.0.0.1 only.",
        refused_by: &[("curl", "exit code 7"), ("Chrome", "ERR_CONNECTION_REFUSED")],
        accepted_by: "",
        keys: &[ADDRESS],
        source: "RFC 9293 section 3.5.2; no TLS took place",
    },
    Page {
        id: Id::TcpTimeout,
        title: "The server does not answer",
        summary: "no answer to the connection attempt[ from {address}]",
        cause: "The machine is off or unreachable, or a firewall drops the packets silently.",
        fix: "Check the address and the firewall rules for that port (security group of a cloud machine), and try from \
                another network.",
        refused_by: &[("curl", "exit code 28"), ("Chrome", "ERR_CONNECTION_TIMED_OUT")],
        accepted_by: "",
        keys: &[ADDRESS],
        source: "tlscope's own deadline for a connection; no TLS took place",
    },
    Page {
        id: Id::TcpUnreachable,
        title: "There is no way to the server",
        summary: "[{address}: ]{reason}",
        cause: "This machine has no route to the address: it is offline, has no IPv6, or the VPN is down.",
        fix: "Check the network of the machine that tlscope runs on; if only IPv6 fails, remove a stale AAAA record or \
                mend the IPv6 route.",
        refused_by: &[("curl", "exit code 7"), ("Chrome", "ERR_ADDRESS_UNREACHABLE")],
        accepted_by: "",
        keys: &[ADDRESS, REASON],
        source: "RFC 792 and RFC 4443 (destination unreachable); no TLS took place",
    },
    Page {
        id: Id::TcpReset,
        title: "The connection was reset before TLS began",
        summary: "reset before TLS[ by {address}]",
        cause: "A firewall or load balancer took the connection and broke it off at once, or the server process died.",
        fix: "Look at the server's log and at the allow-lists of firewall and load balancer; try from another network.",
        refused_by: &[("curl", "exit code 35"), ("Chrome", "ERR_CONNECTION_RESET")],
        accepted_by: "",
        keys: &[ADDRESS],
        source: "RFC 9293 section 3.5.2; no TLS took place",
    },
    Page {
        id: Id::UpstreamProxyFailed,
        title: "The upstream proxy does not work",
        summary: "{via} {did}",
        cause: "Servers are reached through a proxy (--upstream-proxy), and this one is down, is something else than \
                was said, or broke its protocol off. Of the server itself nothing is known.",
        fix: "Check the proxy's address, port and kind (http, socks5 and socks5h are different protocols), and try it \
                alone: curl -v --proxy URL https://HOST/. A host that needs no proxy: --no-proxy HOST.",
        refused_by: &[("curl", "exit code 5, 7, 56 or 97"), ("Chrome", "ERR_PROXY_CONNECTION_FAILED")],
        accepted_by: "",
        keys: &[VIA, ("asked", "what the proxy was asked to connect to"), ("did", "what it did instead")],
        source: "RFC 9110 section 9.3.6; RFC 1928; no TLS took place",
    },
    Page {
        id: Id::UpstreamProxyLogin,
        title: "The upstream proxy wants another login",
        summary: "{via} {did}",
        cause: "The proxy (--upstream-proxy) lets nobody through who does not log in, or has not taken the user and \
                password that it was given. tlscope knows Basic and the login of SOCKS, not NTLM, Kerberos or Digest.",
        fix: "Put user and password into the URL (http://USER:PASSWORD@HOST:PORT, special characters as %XX), best as \
                TLSCOPE_UPSTREAM_PROXY in the environment, where others do not see it. A proxy that takes NTLM or \
                Kerberos only needs a helper in between (cntlm, px).",
        refused_by: &[("curl", "(56) CONNECT tunnel failed, response 407"), ("Chrome", "ERR_PROXY_AUTH_REQUESTED")],
        accepted_by: "",
        keys: &[VIA, ("asked", "what the proxy was asked to connect to"), ("did", "what it did instead")],
        source: "RFC 9110 section 11.7; RFC 7617; RFC 1929",
    },
    Page {
        id: Id::UpstreamProxyRefused,
        title: "The upstream proxy does not connect to the server",
        summary: "asked for {asked}, {via} {did}",
        cause: "The proxy (--upstream-proxy) works, and will not or cannot go there: its rules forbid the host or the \
                port (many allow CONNECT to port 443 alone), or it cannot resolve the name or reach the server itself.",
        fix: "Have the proxy's owner allow the host and port, or see with its log why it cannot connect. Names that \
                only this machine resolves: socks5 instead of socks5h, or --resolve. A host that needs no proxy: \
                --no-proxy HOST.",
        refused_by: &[("curl", "(56) CONNECT tunnel failed, response 403"), ("Chrome", "ERR_TUNNEL_CONNECTION_FAILED")],
        accepted_by: "",
        keys: &[VIA, ("asked", "what the proxy was asked to connect to"), ("did", "what it did instead")],
        source: "RFC 9110 section 9.3.6; RFC 1928 section 6",
    },
    Page {
        id: Id::InterceptionUpstream,
        title: "Something between here and the server seems to intercept TLS",
        summary: "[{product}: ]issued by {issuer}; {why}",
        cause: "A firewall, virus scanner or company proxy ends the server's TLS and shows a certificate of its own CA \
                instead. What tlscope finds is then about that box, not about the server.",
        fix: "Test from another network to see the real certificate. Have the host exempted from inspection by whoever \
                runs the box (virus scanner: switch the scanning of HTTPS off), or install its CA in the clients if it \
                is meant to be there.",
        refused_by: &[
            ("Chrome", "NET::ERR_CERT_KNOWN_INTERCEPTION_BLOCKED"),
            ("Firefox", "MOZILLA_PKIX_ERROR_MITM_DETECTED"),
        ],
        accepted_by: "clients in which that CA is installed",
        keys: &[
            ("product", "the product, when its issuer name is known; otherwise empty"),
            ISSUER,
            ("why", "what gives it away"),
        ],
        source: "tlscope's own rule; no standard has a mark for it",
    },
    Page {
        id: Id::CaptivePortal,
        title: "A captive portal answers in place of the server",
        summary: "asked for {asked}, answered by {name}",
        cause: "The network wants a login or consent first (hotel, train, guest Wi-Fi) and leads every connection to \
                its own page. The certificate is that of the portal.",
        fix: "Open a page in a browser, log in to the network and test again; or use another network.",
        refused_by: &[],
        accepted_by: "",
        keys: &[("name", "the name in the certificate that says so"), ("asked", "the name that was asked for")],
        source: "RFC 8952 (captive portals); RFC 9525 section 6",
    },
    Page {
        id: Id::ClockSkew,
        title: "The clocks of this machine and the server differ",
        summary: "{seconds:seconds} apart: here {local_time}, there {server_time} ({source})",
        cause: "One of the two clocks is wrong. If it is that of this machine, what tlscope and other clients here say \
                about dates (expired, not yet valid) can be wrong as well.",
        fix: "Compare with a third clock, and let the wrong one be set by NTP (Linux: timedatectl set-ntp true). Until \
                then --at judges as of the right time.",
        refused_by: &[],
        accepted_by: "",
        keys: &[
            ("seconds", "the difference; positive when this machine is ahead"),
            ("server_time", "the time by the server"),
            ("local_time", "the time by this machine"),
            ("source", "where the server's time is from: http-date or ocsp"),
        ],
        source: "tlscope's own rule: more than five minutes",
    },
    Page {
        id: Id::HstsNoOverride,
        title: "Browsers offer no way past the error (HSTS)",
        summary: "HSTS is set, so there is no click-through for: {defects}",
        cause: "The server sends Strict-Transport-Security. A browser that has seen it shows certificate errors \
                without a button to go on, so that users are shut out until the server is mended.",
        fix: "Mend these findings: {defects}. For a test, use a browser profile that has never seen the host; that \
                does not help when the name is preloaded.",
        refused_by: &[],
        accepted_by: "",
        keys: &[("header", "the value of Strict-Transport-Security"), ("defects", "the findings that browsers refuse")],
        source: "RFC 6797 sections 8.4 and 12.1",
    },
];
