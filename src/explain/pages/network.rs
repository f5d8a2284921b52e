//! Chapter "Network".

use super::Page;
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
];
