//! Chapter "Client and tlscope", its second half: everything but refusals.

use super::Page;
use crate::model::FindingId as Id;

const REASON: (&str, &str) = ("reason", "why");

pub(super) static PAGES: &[Page] = &[
    Page {
        id: Id::ClientHelloUnreadable,
        title: "The client sent something that is no ClientHello",
        summary: "cannot read it: {reason}",
        cause: "The client speaks another protocol through the proxy, or its TLS is faulty.",
        fix: "Nothing to do if the app is meant to speak something other than TLS on that port.",
        refused_by: &[],
        accepted_by: "",
        keys: &[REASON],
        source: "RFC 8446 section 4.1.2",
    },
    Page {
        id: Id::ClientSilent,
        title: "The client opened a connection and sent nothing",
        summary: "left after {seconds} seconds without a byte",
        cause: "Browsers and apps open connections in advance that they may never use; or the client waits for the \
                server to speak first.",
        fix: "Nothing to do, unless the app hangs at that moment.",
        refused_by: &[],
        accepted_by: "",
        keys: &[("seconds", "how long it stayed")],
        source: "what tlscope saw; no rule forbids it",
    },
    Page {
        id: Id::ClientNotAllowed,
        title: "A client that is not allowed wanted to use the proxy",
        summary: "{address} is not allowed[: {reason}][ ({times} times)]",
        cause: "tlscope serves this machine; other devices only when they are allowed, when somebody lets them in on \
                the screen, or when they give the proxy's password, so that strangers on the network cannot use it.",
        fix: "If it is your device, start tlscope with {allow}, or say yes when it asks in the terminal. If not, \
                nothing to do: it was turned away.",
        refused_by: &[],
        accepted_by: "",
        keys: &[
            ("address", "the client's address"),
            ("allow", "what would let it in"),
            REASON,
            ("times", "how often it was turned away so far; all of them are this one row"),
        ],
        source: "tlscope's rule of access",
    },
    Page {
        id: Id::ClientTooManyConnections,
        title: "A client holds too many connections open",
        summary: "{address} has too many {what}: {times} beyond {limit} were closed at once",
        cause: "tlscope serves so many connections of one address at a time, and of those that have said nothing yet \
                so many fewer, so that one client cannot keep the others out. This one wanted more.",
        fix: "Look at what the client does: a loop that does not close its connections, or a load test. If it needs \
                so many, raise --max-connections, --max-per-address or --max-silent. If it is not your device, \
                nothing to do.",
        refused_by: &[],
        accepted_by: "",
        keys: &[
            ("address", "the client's address"),
            ("what", "of what there were too many"),
            ("limit", "how many there may be"),
            ("times", "how many were closed so far; all of them are this one row"),
        ],
        source: "tlscope's own limits",
    },
    Page {
        id: Id::TunnelledLegacyServer,
        title: "Passed through: tlscope cannot speak to this server",
        summary: "not intercepted: {reason}",
        cause: "The server speaks TLS in a way that tlscope's own library does not (TLS 1.0 or 1.1, static RSA, CBC, \
                DHE, an odd curve), so the bytes went through unchanged. Up to TLS 1.2 its chain is read in passing.",
        fix: "Nothing to do for the app, which works or fails as without tlscope. To see its requests, bring the \
                server up to TLS 1.2 with ECDHE and AES-GCM, or TLS 1.3; the other findings say what it lacks.",
        refused_by: &[],
        accepted_by: "",
        keys: &[REASON],
        source: "tlscope's own finding; RFC 9325 says what a server should have",
    },
    Page {
        id: Id::TunnelledLegacyClient,
        title: "Passed through: tlscope cannot serve this client",
        summary: "not intercepted: {reason}",
        cause: "The ClientHello holds nothing that tlscope could answer (only TLS 1.1 or older, only CBC or static RSA \
                suites, no signature algorithms), so the bytes went through unchanged.",
        fix: "Nothing to do for the app, which works or fails as without tlscope. To see its requests, update the TLS \
                library of the app or the device.",
        refused_by: &[],
        accepted_by: "",
        keys: &[REASON],
        source: "tlscope's own finding; RFC 9325 says what a client should offer",
    },
    Page {
        id: Id::TunnelledByPolicy,
        title: "Passed through by a rule",
        summary: "not intercepted: {rule}",
        cause: "A rule says that the bytes of this host go through unopened: --tunnel, no fitting --intercept, a choice \
                on the screen, or --tunnel-after-refusal for a client that refused tlscope's certificate before.",
        fix: "Nothing to do; to look inside, drop the rule or add --intercept for the host. After refusals: switch the \
                app's pin off in a debug build, then intercept the host again from the screen.",
        refused_by: &[],
        accepted_by: "",
        keys: &[("rule", "the rule that applied")],
        source: "tlscope's settings",
    },
    Page {
        id: Id::TunnelObserved,
        title: "Judged by a connection of tlscope's own, beside the tunnel",
        summary: "the certificates are those that the server at {address} showed tlscope itself[, {seconds:seconds} \
                earlier]; what it showed this client is encrypted",
        cause: "The connection is tunnelled, and its certificates cannot be read in passing: TLS 1.3 encrypts them, and \
                a session of TLS 1.2 that is resumed sends none. So tlscope shook hands with the same address once \
                itself, with the client's server name and protocols, and closed at once; at most once an hour for each \
                target and name.",
        fix: "Nothing to do. A server may show different certificates to different hellos: what is judged here is what \
                tlscope's own got. To send nothing of tlscope's own, start it with --observe-tunnelled=false.",
        refused_by: &[],
        accepted_by: "",
        keys: &[
            ("address", "the server that tlscope shook hands with"),
            ("seconds", "how long before this connection; absent when it was for this one"),
            ("client_version", "the version that the server agreed on with the client, read in passing"),
            ("client_suite", "the cipher suite that it agreed on with the client"),
            ("client_group", "the group that it agreed on with the client"),
        ],
        source: "RFC 8446 section 2: what follows the ServerHello is encrypted",
    },
    Page {
        id: Id::StarttlsNotIntercepted,
        title: "The connection went over to TLS in the middle, and that was not opened",
        summary: "TLS began after {bytes} bytes of the client's in the clear[, as {protocol} does with STARTTLS]; it \
                was relayed unopened and unjudged",
        cause: "Client and server began in the clear and then agreed on TLS over the same connection (STARTTLS of SMTP, \
                IMAP and POP3, the SSLRequest of PostgreSQL, StartTLS of LDAP and XMPP). tlscope intercepts TLS only \
                where a connection begins with it; here the bytes went through unchanged.",
        fix: "To have this server's TLS judged and its traffic shown, use the port that begins with TLS: 465 for mail to \
                send, 993 for IMAP, 995 for POP3, 636 for LDAP.",
        refused_by: &[],
        accepted_by: "",
        keys: &[
            ("bytes", "what the client had sent in the clear before"),
            ("protocol", "the protocol, as its first bytes look"),
        ],
        source: "RFC 3207, RFC 9051 section 6.2.1, RFC 2595 section 4",
    },
    Page {
        id: Id::TargetNotAllowed,
        title: "A client from the network asked for a target on this machine",
        summary: "refused: a loopback or link-local target for a client that is not on this machine",
        cause: "A device on the network wanted to reach a service on this machine or on the local link through \
                tlscope. That is off by default, for such services are often not meant for others.",
        fix: "If it is meant, start tlscope with --allow-local.",
        refused_by: &[],
        accepted_by: "",
        keys: &[],
        source: "tlscope's rule of access",
    },
    Page {
        id: Id::ProxyLoop,
        title: "The target is tlscope itself",
        summary: "the connection leads to tlscope's own port",
        cause: "The client asked for tlscope's own address as its server, or --reverse, --resolve, --connect-to or a \
                DNS entry leads a name back to it.",
        fix: "Point the client at the real server, and look through those settings and the hosts file of this machine.",
        refused_by: &[],
        accepted_by: "",
        keys: &[],
        source: "tlscope's own guard against endless loops",
    },
    Page {
        id: Id::AnalysisTruncated,
        title: "The analysis stopped at a limit",
        summary: "stopped at the limit of {limit}",
        cause: "The chain asks for more work than a judgement may take: far too many certificates, paths, names or \
                name constraints, or enormous keys. Findings that need the rest can be missing.",
        fix: "Send only the certificates that the path needs. If the chain is an ordinary one, please report it.",
        refused_by: &[],
        accepted_by: "",
        keys: &[("limit", "which limit was reached")],
        source: "tlscope's own limits, the same on every machine",
    },
    Page {
        id: Id::AnalysisFailed,
        title: "tlscope itself failed on this connection",
        summary: "{reason}",
        cause: "This is a fault of tlscope, not of client or server. Other connections are not affected.",
        fix: "Please report it, with the log (-v --log FILE) and the chain if you may share it.",
        refused_by: &[],
        accepted_by: "",
        keys: &[REASON],
        source: "tlscope's own fault",
    },
];
