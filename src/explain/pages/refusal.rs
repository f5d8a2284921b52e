//! Chapter "Client and tlscope", its first half: why a client did not take what it was given.

use super::Page;
use super::words::UNTRUSTED;
use crate::model::FindingId as Id;

const HOST: (&str, &str) = ("host", "the host that the client asked for");

/// What every conclusion rests on (`diagnosis::clients`).
const KEYS: &[(&str, &str)] = &[
    HOST,
    ("confidence", "certain: the client said so; likely: other reasons are rare; possible: others are as good"),
    ("how", "how it ended the connection"),
    ("times", "how often this app ended this host's connections like this; absent when once"),
    ("alert", "the client's alert; absent when it sent none"),
    ("app", "what the client's ClientHello looks like"),
    ("served_here", "how often the same app took the certificate for this host; absent when never"),
    ("accepts", "other hosts for which the same app took our certificate; absent when there are none"),
    ("others_accept", "how many other apps on the device took our certificate; absent when none did"),
    ("former_cas", "how many CAs tlscope had on this computer before; absent when none"),
    ("waited_ms", "how long the client had waited; of one that gave up"),
    ("reason", "what is not shared; of a client that shares nothing"),
];

const SEEN: &str = "what tlscope saw; RFC 8446 section 6.2 has the alerts";

pub(super) static PAGES: &[Page] = &[
    Page {
        id: Id::ClientRejectedProxyCa,
        title: "The client does not trust tlscope's CA",
        summary: "refused tlscope's certificate for {host}: {how}[ ({confidence})][; tlscope had {former_cas} other CAs before]",
        cause: "The CA of tlscope is not installed where this client looks, and no other app of the device was seen to \
                trust it. On iOS it can be installed and full trust for it still be switched off. Firefox, Java, Node \
                and Python have stores of their own. A device that was set up with another CA of tlscope's, from \
                before `tlscope ca new` or from another computer, does just the same; and Java, Chrome, Go and GnuTLS \
                have no other word for a wrong clock.",
        fix: "Install the CA (tlscope ca pem, or the page that tlscope shows to a device). Android: also \
              debug-overrides in networkSecurityConfig; iOS: switch on full trust for it in Settings, General, About, \
              Certificate Trust Settings; Java: keytool -importcert; Node: NODE_EXTRA_CA_CERTS; for one command: \
              tlscope exec.",
        refused_by: UNTRUSTED,
        accepted_by: "",
        keys: KEYS,
        source: SEEN,
    },
    Page {
        id: Id::ClientStaleCa,
        title: "The client holds another CA under the name of tlscope's",
        summary: "refused tlscope's certificate for {host}: {how}; it knows another CA of the same name",
        cause: "The client found a CA of this name, and its key did not verify our signature: the CA was made anew, or \
                copied by its name, and the device still has the old one. tlscope gives every CA it makes a name of its \
                own, so that this is rare.",
        fix: "Remove the old CA from the device and install the present one (tlscope ca pem).",
        refused_by: &[
            ("OpenSSL", "certificate signature failure (7)"),
            ("rustls", "invalid peer certificate: BadSignature"),
            ("Firefox", "SEC_ERROR_BAD_SIGNATURE"),
        ],
        accepted_by: "",
        keys: KEYS,
        source: SEEN,
    },
    Page {
        id: Id::AppIgnoresCa,
        title: "The CA is installed, and this app does not look there",
        summary: "refused tlscope's certificate for {host}: {how}; {others_accept} other apps of the device trust it",
        cause: "Other apps on the same device take tlscope's certificates, this one does not for any host: it brings \
                its own list of CAs, or reads another store than the one the CA is in. Firefox, Java, Node, Python's \
                certifi, Go and Electron apps do so.",
        fix: "Give the app the CA in its own way: Firefox: Settings, Certificates, Import, or \
              security.enterprise_roots.enabled; Java: keytool -importcert or -Djavax.net.ssl.trustStore; Node: \
              NODE_EXTRA_CA_CERTS; Python: REQUESTS_CA_BUNDLE or SSL_CERT_FILE; for one command: tlscope exec. Or \
              tunnel its hosts (--tunnel {host}).",
        refused_by: UNTRUSTED,
        accepted_by: "",
        keys: KEYS,
        source: SEEN,
    },
    Page {
        id: Id::AndroidUserCa,
        title: "An Android app that ignores the CAs its user installs",
        summary: "refused tlscope's certificate for {host}: {how}; the device has the CA, the app does not look there",
        cause: "Apps that target Android 7 (API level 24) or later trust the CAs of the system alone, unless their \
                networkSecurityConfig says otherwise. The browser takes user CAs, so pages open and the app does not \
                work. A pin-set in networkSecurityConfig looks the same from outside.",
        fix: "In a debug build: res/xml/network_security_config.xml with debug-overrides, trust-anchors, certificates \
              src=\"user\", named in the manifest (tlscope's own page has it ready). On a rooted device or an \
              emulator without Google Play: tlscope device android --system-store. Or tunnel the host (--tunnel \
              {host}).",
        refused_by: &[("Android", "Trust anchor for certification path not found.")],
        accepted_by: "apps whose networkSecurityConfig trusts user CAs; Chrome",
        keys: KEYS,
        source: "Android developers: Network security configuration, changes in Android 7.0",
    },
    Page {
        id: Id::PinSuspected,
        title: "The app seems to pin its certificate",
        summary: "does not take tlscope's certificate for {host}: {how}[, {times} times][ ({confidence})]",
        cause: "The client trusts tlscope's CA, for it took our certificate for other hosts, or it finished the \
                handshake, and hung up all the same: so does an app that wants one certain key for this host. A client \
                that refuses the name in silence (curl) looks the same.",
        fix: "Switch the pin off in a debug build (OkHttp: CertificatePinner; Android: pin-set in \
              networkSecurityConfig; iOS: NSPinnedDomains), or tunnel the host (--tunnel {host}, or \
              --tunnel-after-refusal auto): then the app works and tlscope reads what it can.",
        refused_by: &[
            ("Android", "Certificate pinning failure! or: Pin verification failed"),
            ("Apple", "certificates do not meet pinning requirements"),
            ("Chrome", "ERR_SSL_PINNED_KEY_NOT_IN_CERT_CHAIN"),
            ("curl", "exit code 90"),
        ],
        accepted_by: "",
        keys: KEYS,
        source: "RFC 7469 describes pinning; each app has its own way",
    },
    Page {
        id: Id::ClientRefusedName,
        title: "The client takes the certificate for another host's",
        summary: "refused tlscope's certificate for {host}: {how}; it wants another name",
        cause: "tlscope's certificate is for the name in the ClientHello. This client checks another name: it was told \
                to connect to one host and to verify another, or it asked for an alias, or for an address where it \
                verifies a name.",
        fix: "Compare the name that the client verifies with the one it sends (SNI): they have to be the same.",
        refused_by: &[
            ("OpenSSL", "hostname mismatch (62)"),
            ("Python", "CertificateError: Hostname mismatch"),
            ("GnuTLS", "The name in the certificate does not match the expected."),
        ],
        accepted_by: "",
        keys: KEYS,
        source: "RFC 9525 section 6; RFC 8446 section 6.2",
    },
    Page {
        id: Id::ClientRefusedDate,
        title: "The client's clock is wrong",
        summary: "takes tlscope's certificate for {host} for expired or not yet valid: {how}",
        cause: "tlscope's certificates begin two days ago and end within 199 days, so the client's clock is outside of \
                that. Devices whose battery was empty, emulators that slept and boards without a clock of their own \
                begin in 1970 or on the day their firmware was built.",
        fix: "Set the client's clock (NTP). With a clock like this it will refuse the real server as well.",
        refused_by: &[
            ("curl", "(60) SSL certificate problem: certificate has expired"),
            ("OpenSSL", "certificate has expired (10)"),
            ("rustls", "invalid peer certificate: Expired"),
        ],
        accepted_by: "",
        keys: KEYS,
        source: "RFC 5280 section 4.1.2.5; RFC 8446 section 6.2",
    },
    Page {
        id: Id::ClientNothingShared,
        title: "The client has nothing in common with what it was connected to",
        summary: "no handshake for {host}: {how}[: {reason}]",
        cause: "They share no version, cipher suite, group or signature scheme. tlscope speaks TLS 1.2 and 1.3 with \
                forward secrecy and authenticated encryption; a client that it cannot serve is connected to the server \
                itself, which shares nothing with it either.",
        fix: "Update the TLS library of the app or the device; or give the server what the app can speak. If the app \
              works without tlscope, tunnel the host (--tunnel {host}).",
        refused_by: &[],
        accepted_by: "",
        keys: KEYS,
        source: "RFC 8446 section 4.1.1 and 6.2",
    },
    Page {
        id: Id::ClientEnforcesCt,
        title: "The client seems to ask for Certificate Transparency",
        summary: "refused tlscope's certificate for {host}: {how}; apps of the device trust the CA, Chrome does not",
        cause: "Chrome on Android asks for certificate timestamps from CAs in the system's store, though not from \
                those that the user installed. tlscope's CA is in the system's store, as the apps need it, and a \
                private CA has no timestamps to give.",
        fix: "Install the CA as the user's as well, or keep it out of the system's store for Chrome; or start Chrome \
              with --ignore-certificate-errors-spki-list on a test device.",
        refused_by: &[("Chrome", "NET::ERR_CERTIFICATE_TRANSPARENCY_REQUIRED")],
        accepted_by: "everything but Chrome",
        keys: KEYS,
        source: "HTTP Toolkit: Chrome 99 enforces CT for CAs of Android's system store",
    },
    Page {
        id: Id::ClientGaveUp,
        title: "The client left before it was shown anything",
        summary: "left after {waited_ms} ms, before tlscope had a connection to {host}",
        cause: "The client's own deadline is shorter than the server's answer took. tlscope connects to the server \
                first, so the client waits for both.",
        fix: "Look at the server's side of the timing: what took so long there takes as long without tlscope.",
        refused_by: &[],
        accepted_by: "",
        keys: KEYS,
        source: SEEN,
    },
    Page {
        id: Id::ClientProbe,
        title: "A connection that was opened and not used",
        summary: "finished the handshake for {host} and never used it",
        cause: "Browsers and some apps open connections ahead; those they do not need end without a request.",
        fix: "Nothing to do.",
        refused_by: &[],
        accepted_by: "",
        keys: KEYS,
        source: SEEN,
    },
    Page {
        id: Id::ClientHandshakeFailed,
        title: "The handshake between client and tlscope failed",
        summary: "no handshake for {host}: {how}",
        cause: "The client broke the handshake with tlscope off, and what it did fits no reason that is known. This says \
                nothing about the server.",
        fix: "Look at the client's own error; if it is an old one or of a special kind, tunnel the host (--tunnel \
              {host}) so that client and server talk directly.",
        refused_by: &[],
        accepted_by: "",
        keys: KEYS,
        source: SEEN,
    },
];
