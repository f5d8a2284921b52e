//! Chapter "Further probes": what `tlscope check --scan` finds by connections of its own.

use super::Page;
use crate::model::FindingId as Id;

const REACTION: (&str, &str) = ("reaction", "what happened then");

pub(super) static PAGES: &[Page] = &[
    Page {
        id: Id::ProtoTls1011Offered,
        title: "TLS 1.0 or 1.1 is still offered",
        summary: "offers {versions} besides newer versions",
        cause: "They are kept for old clients. Current clients take the newer version and do not notice, but audits \
                do: PCI wants them gone, and SSL Labs gives B at most.",
        fix: "Switch them off unless such clients matter (nginx: ssl_protocols TLSv1.2 TLSv1.3; Apache: SSLProtocol \
                -all +TLSv1.2 +TLSv1.3; CDN: set the minimum version to TLS 1.2).",
        refused_by: &[],
        accepted_by: "",
        keys: &[("versions", "the old versions that it offers")],
        source: "RFC 8996",
    },
    Page {
        id: Id::ProtoSslv2,
        title: "SSLv2 is offered",
        summary: "answers in SSLv2[, with {suites} suites]",
        cause: "No current client speaks SSLv2, but attackers do: with it they can break recorded TLS connections (RSA \
                key exchange) to any server that has the same RSA key (DROWN).",
        fix: "Switch it off on every server with this key, mail servers included, and update their TLS library (nginx: \
                ssl_protocols TLSv1.2 TLSv1.3; Apache: SSLProtocol -all +TLSv1.2 +TLSv1.3). A device needs new \
                firmware, or a reverse proxy in front of it.",
        refused_by: &[],
        accepted_by: "",
        keys: &[("suites", "how many SSLv2 suites it offers")],
        source: "RFC 6176; CVE-2016-0800 (DROWN)",
    },
    Page {
        id: Id::ProtoSslv3,
        title: "SSLv3 is offered",
        summary: "accepts SSLv3 besides newer versions[, with {suite}]",
        cause: "SSLv3 is broken (POODLE). Current clients do not speak it, but old ones can be pushed down to it.",
        fix: "Switch it off (nginx: ssl_protocols TLSv1.2 TLSv1.3; Apache: SSLProtocol -all +TLSv1.2 +TLSv1.3). A \
                device needs new firmware, or a reverse proxy in front of it.",
        refused_by: &[],
        accepted_by: "",
        keys: &[("suite", "the cipher suite that the server chose")],
        source: "RFC 7568; CVE-2014-3566 (POODLE)",
    },
    Page {
        id: Id::ProtoTls13Only,
        title: "The server speaks TLS 1.3 only",
        summary: "TLS 1.3 works, TLS 1.2 is refused",
        cause: "Clients without TLS 1.3 cannot connect: Android before 10, Java before 11 (8 from 8u261 on can), iOS \
                before 12.2, and programs that use the TLS of Windows before Windows 11.",
        fix: "If such clients matter, allow TLS 1.2 as well (nginx: ssl_protocols TLSv1.2 TLSv1.3; Apache: SSLProtocol \
                -all +TLSv1.2 +TLSv1.3). Otherwise nothing to do.",
        refused_by: &[
            ("Android", "before 10: TLSV1_ALERT_PROTOCOL_VERSION"),
            ("Apple", "iOS before 12.2: NSURLErrorSecureConnectionFailed (-1200)"),
            ("Java", "before 8u261: Received fatal alert: protocol_version"),
        ],
        accepted_by: "clients with TLS 1.3",
        keys: &[],
        source: "RFC 9325 section 3.1.1; RFC 8446 section 4.2.1",
    },
    Page {
        id: Id::ProtoIntolerant,
        title: "The server, or a box before it, fails on a modern ClientHello",
        summary: "{hello}: {reaction}; works with {works_with}",
        cause: "Some servers and middleboxes reset, hang or send an alert when a ClientHello offers TLS 1.3, holds \
                unknown values (GREASE) or fills more than one packet (post-quantum key share). Browsers and OpenSSL \
                3.5 send such hellos, so they fail where old clients pass.",
        fix: "Update the firmware of the server, the load balancer or the firewall (tldr.fail explains the case of two \
                packets). Test past the box to learn which one it is.",
        refused_by: &[("Chrome", "ERR_CONNECTION_RESET")],
        accepted_by: "clients with a small, plain ClientHello",
        keys: &[
            ("hello", "the kind of ClientHello on which it failed"),
            REACTION,
            ("works_with", "the kind of ClientHello with which it works"),
        ],
        source: "RFC 8446 sections 4.1.2 and 9.3; RFC 8701 (GREASE)",
    },
    Page {
        id: Id::NameDefaultVhost,
        title: "Without SNI the server shows another certificate",
        summary: "without SNI it shows {names}, with it {with_sni}",
        cause: "The server chooses the certificate by the name in the ClientHello. Only clients that send none get the \
                other one: Android 2, Java 6 and some devices.",
        fix: "Nothing to do unless such clients matter; then make this host's certificate the default one (nginx: \
                default_server in listen; Apache: the first VirtualHost).",
        refused_by: &[],
        accepted_by: "all clients that send SNI",
        keys: &[("names", "the names in the certificate without SNI"), ("with_sni", "the names in the one with it")],
        source: "RFC 6066 section 3",
    },
    Page {
        id: Id::SniFiltered,
        title: "Connections that name this host are cut off",
        summary: "naming {asked}: {reaction}; without that name the server answers",
        cause: "Something reads the name in the ClientHello and cuts the connection: a firewall or filter on the way, \
                or the server itself when it does not serve the name.",
        fix: "Test from another network. If it works there, have {asked} allowed in the filter of this one; if not, \
                set the name up on the server or the CDN.",
        refused_by: &[("Chrome", "ERR_CONNECTION_RESET")],
        accepted_by: "",
        keys: &[("asked", "the name that was asked for"), REACTION],
        source: "RFC 6066 section 3",
    },
];
