//! What kind of client a hello looks like.
//!
//! Told by how a TLS library builds its hello, not by whole fingerprints, which change with every
//! release and setting. The rules go from what one library alone does to what several share; the first
//! that holds counts. Whoever wants to can send another's hello: this is a likeness, never proof.

use crate::model::{ClientHello, is_grease};

use super::hello::HelloFields;

/// What a hello looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Likeness {
    /// The TLS stack, as far as its ways are told apart.
    pub family: Family,
    /// The client or its TLS library.
    pub client: &'static str,
    /// By what in the hello.
    pub because: &'static str,
    /// Where that is known from.
    pub basis: Basis,
}

/// TLS stacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// Chrome and its kin.
    Chromium,
    /// Firefox and its kin.
    Firefox,
    /// Apple's network stack.
    Apple,
    /// BoringSSL outside of Chromium and Android.
    BoringSsl,
    /// Conscrypt on Android.
    Android,
    /// OpenSSL, whoever uses it.
    OpenSsl,
    /// OpenSSL within Node.js.
    Node,
    /// GnuTLS.
    GnuTls,
    /// GnuTLS in programs that look at the certificate only after the handshake.
    GnuTlsLookingLate,
    /// JSSE of a Java virtual machine.
    Java,
    /// JSSE below `java.net.http.HttpClient`.
    JavaHttpClient,
    /// Go's crypto/tls.
    Go,
    /// rustls.
    Rustls,
    /// Windows.
    Schannel,
    /// mbedTLS.
    MbedTls,
    /// wolfSSL.
    WolfSsl,
}

/// Where a rule is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Basis {
    /// From hellos of that client, which stand in `tests/hellos` with its version.
    Measured,
    /// From what its makers, or those who imitate it, have published.
    Documented,
}

impl Basis {
    /// The word of documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Documented => "documented",
        }
    }
}

/// What a hello looks like, when it looks like something known.
pub fn likeness(hello: &ClientHello) -> Option<Likeness> {
    let traits = Traits::of(hello);
    let rule = RULES.iter().find(|rule| (rule.holds)(&traits))?;
    Some(Likeness { family: rule.family, client: rule.client, because: rule.because, basis: rule.basis })
}

/// What every rule can say, for completion.
pub fn known_clients() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|rule| rule.client)
}

struct Rule {
    family: Family,
    client: &'static str,
    because: &'static str,
    basis: Basis,
    holds: fn(&Traits) -> bool,
}

const fn measured(family: Family, client: &'static str, because: &'static str, holds: fn(&Traits) -> bool) -> Rule {
    Rule { family, client, because, basis: Basis::Measured, holds }
}

const fn documented(family: Family, client: &'static str, because: &'static str, holds: fn(&Traits) -> bool) -> Rule {
    Rule { family, client, because, basis: Basis::Documented, holds }
}

/// Extension numbers that rules ask for (IANA "TLS ExtensionType Values").
mod extension {
    pub(super) const SUPPORTED_GROUPS: u16 = 10;
    pub(super) const SIGNATURE_ALGORITHMS: u16 = 13;
    pub(super) const ALPN: u16 = 16;
    pub(super) const STATUS_REQUEST_V2: u16 = 17;
    pub(super) const SCT: u16 = 18;
    pub(super) const ENCRYPT_THEN_MAC: u16 = 22;
    pub(super) const EXTENDED_MASTER_SECRET: u16 = 23;
    pub(super) const COMPRESS_CERTIFICATE: u16 = 27;
    pub(super) const RECORD_SIZE_LIMIT: u16 = 28;
    pub(super) const DELEGATED_CREDENTIALS: u16 = 34;
    pub(super) const SESSION_TICKET: u16 = 35;
    pub(super) const POST_HANDSHAKE_AUTH: u16 = 49;
    pub(super) const SIGNATURE_ALGORITHMS_CERT: u16 = 50;
    /// `application_settings`, before and after its number changed.
    pub(super) const ALPS: [u16; 2] = [17513, 17613];
    pub(super) const RENEGOTIATION_INFO: u16 = 0xff01;
}

/// The signalling suite of RFC 5746.
const RENEGOTIATION_SCSV: u16 = 0x00ff;
const X25519_MLKEM768: u16 = 0x11ec;
const FFDHE2048: u16 = 256;
const ED25519: u16 = 0x0807;
const RSA_PSS_SHA384: u16 = 0x0805;
const RSA_PKCS1_SHA1: u16 = 0x0201;

use extension as ext;

/// Safari 15 to 18, Android and Chromium's older kin are known from curl-impersonate (curl_cffi) and rnet,
/// which send what was recorded of them; Schannel from Microsoft's "TLS Cipher Suites in Windows".
const RULES: &[Rule] = &[
    measured(
        Family::Chromium,
        "Chromium (Chrome, Edge, Opera, Android's WebView)",
        "it sends GREASE and offers application settings (ALPS)",
        |hello| hello.greases && ext::ALPS.iter().any(|alps| hello.has(*alps)),
    ),
    documented(
        Family::Apple,
        "Apple (Safari, and apps on iOS and macOS)",
        "it sends GREASE, prefers AES-256 with ECDSA, and names rsa_pss_rsae_sha384 twice or 3DES last",
        |hello| {
            let named = hello.schemes.iter().filter(|scheme| **scheme == RSA_PSS_SHA384).count();
            hello.greases && hello.older.starts_with(&[0xc02c, 0xc02b, 0xcca9]) && (named == 2 || hello.offers(0xc008))
        },
    ),
    documented(
        Family::BoringSsl,
        "BoringSSL (an older Chromium, Cronet, Electron)",
        "it sends GREASE, and offers no application settings",
        |hello| hello.greases,
    ),
    measured(
        Family::Firefox,
        "Firefox, or a browser made of it",
        "it offers delegated credentials, a record size limit and finite-field groups",
        |hello| {
            hello.has(ext::DELEGATED_CREDENTIALS) && hello.has(ext::RECORD_SIZE_LIMIT) && hello.has_group(FFDHE2048)
        },
    ),
    measured(
        Family::GnuTlsLookingLate,
        "wget (GnuTLS)",
        "it offers AES-CCM in TLS 1.3 as GnuTLS does, and authentication after the handshake",
        |hello| hello.is_gnutls() && hello.has(ext::POST_HANDSHAKE_AUTH),
    ),
    measured(
        Family::GnuTlsLookingLate,
        "git or another with libcurl (GnuTLS)",
        "it offers AES-CCM in TLS 1.3 as GnuTLS does, ALPN, and no session tickets",
        |hello| hello.is_gnutls() && hello.has(ext::ALPN) && !hello.has(ext::SESSION_TICKET),
    ),
    measured(
        Family::GnuTls,
        "GnuTLS (lynx, gnutls-cli, glib)",
        "it offers AES-CCM among the suites of TLS 1.3, and a record size limit",
        Traits::is_gnutls,
    ),
    measured(
        Family::Java,
        "Java (JSSE) with OkHttp",
        "it sends status_request_v2 as JSSE does, and few suites",
        |hello| hello.is_jsse() && hello.older.len() <= 16,
    ),
    measured(
        Family::JavaHttpClient,
        "Java (java.net.http)",
        "it sends status_request_v2 as JSSE does, and ALPN",
        |hello| hello.is_jsse() && hello.has(ext::ALPN),
    ),
    measured(
        Family::Java,
        "Java 17 or later (JSSE)",
        "it sends status_request_v2, session tickets and Ed25519",
        |hello| hello.is_jsse() && hello.has(ext::SESSION_TICKET) && hello.has_scheme(ED25519),
    ),
    measured(Family::Java, "Java 8 or 11 (JSSE)", "it sends status_request_v2, and no Ed25519", |hello| {
        hello.is_jsse()
    }),
    measured(Family::Go, "Go (crypto/tls)", "the suites of TLS 1.3 stand behind those of TLS 1.2", |hello| {
        hello.newer_stand_last && hello.has(ext::RENEGOTIATION_INFO)
    }),
    measured(
        Family::Rustls,
        "rustls",
        "nine suites or fewer, all with forward secrecy and AEAD, and the renegotiation signal among them",
        Traits::is_rustls,
    ),
    measured(
        Family::BoringSsl,
        "Bun",
        "BoringSSL's order of extensions, without GREASE, with certificate timestamps and Ed25519",
        |hello| hello.is_boringssl() && hello.has(ext::SCT) && hello.has_scheme(ED25519),
    ),
    documented(
        Family::Android,
        "Android (Conscrypt: OkHttp, HttpURLConnection)",
        "BoringSSL's order of extensions, without GREASE and certificate timestamps",
        |hello| hello.is_boringssl() && !hello.has(ext::SCT),
    ),
    measured(Family::Node, "Node.js (OpenSSL)", "OpenSSL's point formats, and the suites that Node.js sets", |hello| {
        hello.is_openssl() && hello.older.starts_with(&[0xc02f, 0xc02b, 0xc030, 0xc02c, 0x009e, 0xc027])
    }),
    measured(
        Family::OpenSsl,
        "PHP streams (OpenSSL)",
        "OpenSSL's point formats, and the suites that PHP sets",
        |hello| hello.is_openssl() && hello.older.starts_with(&[0xc02f, 0xc02b, 0xc030, 0xc02c, 0x009e, 0x00a2]),
    ),
    measured(
        Family::OpenSsl,
        "Python (ssl, OpenSSL)",
        "OpenSSL's point formats, and the suites that Python sets",
        |hello| {
            hello.is_openssl() && hello.older.starts_with(&[0xc02c, 0xc030, 0xc02b, 0xc02f, 0xcca9, 0xcca8, 0xc024])
        },
    ),
    measured(
        Family::OpenSsl,
        "curl (libcurl with OpenSSL)",
        "OpenSSL's own suites, ALPN, and no session tickets",
        |hello| hello.is_openssl_own() && hello.has(ext::ALPN) && !hello.has(ext::SESSION_TICKET),
    ),
    measured(
        Family::OpenSsl,
        "Python (urllib, with OpenSSL's own suites)",
        "OpenSSL's own suites, ALPN, session tickets and authentication after the handshake",
        |hello| hello.is_openssl_own() && hello.has(ext::ALPN) && hello.has(ext::POST_HANDSHAKE_AUTH),
    ),
    documented(Family::OpenSsl, "OpenSSL 3.5 or later", "OpenSSL's point formats, and a hybrid group first", |hello| {
        hello.is_openssl() && hello.groups.first() == Some(&X25519_MLKEM768)
    }),
    measured(
        Family::OpenSsl,
        "OpenSSL 3 (Ruby, Perl, s_client, and many more)",
        "OpenSSL's point formats, and finite-field groups",
        |hello| hello.is_openssl() && hello.has_group(FFDHE2048),
    ),
    documented(
        Family::OpenSsl,
        "OpenSSL 1.1.1",
        "OpenSSL's point formats, SHA-1 among the schemes, and no finite-field groups",
        |hello| hello.is_openssl() && hello.has_scheme(RSA_PKCS1_SHA1),
    ),
    documented(Family::OpenSsl, "OpenSSL, of another age", "OpenSSL's point formats", Traits::is_openssl),
    documented(
        Family::Schannel,
        "Windows (Schannel: .NET, WinHTTP, PowerShell)",
        "the suites of Windows in their order: AES-256 first, no ChaCha20 before them",
        |hello| {
            hello.older.starts_with(&[0xc02c, 0xc02b, 0xc030, 0xc02f])
                && hello.has(ext::RENEGOTIATION_INFO)
                && !hello.has(ext::ENCRYPT_THEN_MAC)
                && !hello.older.iter().any(|suite| [0xcca8, 0xcca9].contains(suite))
        },
    ),
    measured(
        Family::WolfSsl,
        "wolfSSL",
        "extended master secret as the last extension, behind groups, and groups with P-521 first",
        |hello| {
            hello.extensions.last() == Some(&ext::EXTENDED_MASTER_SECRET)
                && hello.stands_before(ext::SIGNATURE_ALGORITHMS, ext::SUPPORTED_GROUPS)
                && hello.groups.first() == Some(&25)
        },
    ),
    measured(
        Family::MbedTls,
        "mbedTLS (ESP32 and other small devices)",
        "schemes stand before groups, and the renegotiation signal among the suites",
        |hello| {
            hello.offers(RENEGOTIATION_SCSV)
                && hello.stands_before(ext::SIGNATURE_ALGORITHMS, ext::SUPPORTED_GROUPS)
                && !hello.has(ext::RENEGOTIATION_INFO)
                && !hello.has(ext::COMPRESS_CERTIFICATE)
        },
    ),
];

/// What rules ask about, without GREASE.
struct Traits {
    greases: bool,
    /// Suites of TLS 1.3.
    newer: Vec<u16>,
    /// The others, without signals.
    older: Vec<u16>,
    /// Whether there are both, and the newer ones come last.
    newer_stand_last: bool,
    signals_renegotiation: bool,
    extensions: Vec<u16>,
    groups: Vec<u16>,
    schemes: Vec<u16>,
    /// Point formats (RFC 8422 section 5.1.2).
    points: Vec<u8>,
}

impl Traits {
    fn of(hello: &ClientHello) -> Self {
        let plain = |numbers: Vec<u16>| numbers.into_iter().filter(|number| !is_grease(*number)).collect::<Vec<_>>();
        let all: Vec<u16> = hello.suites.iter().map(|suite| suite.0).collect();
        let greases = all.iter().chain(&hello.extensions).any(|number| is_grease(*number));
        let suites = plain(all);
        let is_newer = |suite: &u16| suite >> 8 == 0x13;
        let is_signal = |suite: &u16| [RENEGOTIATION_SCSV, 0x5600].contains(suite);
        let older: Vec<u16> = suites.iter().copied().filter(|suite| !is_newer(suite) && !is_signal(suite)).collect();
        Self {
            greases,
            newer_stand_last: suites.last().is_some_and(is_newer) && suites.first().is_some_and(|s| !is_newer(s)),
            signals_renegotiation: suites.contains(&RENEGOTIATION_SCSV),
            newer: suites.iter().copied().filter(is_newer).collect(),
            older,
            extensions: plain(hello.extensions.clone()),
            groups: plain(hello.groups.iter().map(|group| group.0).collect()),
            schemes: plain(hello.schemes.iter().flatten().map(|scheme| scheme.0).collect()),
            points: point_formats(hello),
        }
    }

    fn has(&self, extension: u16) -> bool {
        self.extensions.contains(&extension)
    }

    fn has_group(&self, group: u16) -> bool {
        self.groups.contains(&group)
    }

    fn has_scheme(&self, scheme: u16) -> bool {
        self.schemes.contains(&scheme)
    }

    fn offers(&self, suite: u16) -> bool {
        if suite == RENEGOTIATION_SCSV { self.signals_renegotiation } else { self.older.contains(&suite) }
    }

    fn stands_before(&self, first: u16, second: u16) -> bool {
        let at = |extension: u16| self.extensions.iter().position(|own| *own == extension);
        at(first).zip(at(second)).is_some_and(|(first, second)| first < second)
    }

    fn is_gnutls(&self) -> bool {
        self.newer == [0x1302, 0x1303, 0x1301, 0x1304] && self.has(ext::RECORD_SIZE_LIMIT)
    }

    fn is_jsse(&self) -> bool {
        self.has(ext::STATUS_REQUEST_V2) && self.has(ext::SIGNATURE_ALGORITHMS_CERT)
    }

    /// Compressed points, which hardly anybody else offers since RFC 8422 took them out.
    fn is_openssl(&self) -> bool {
        self.points == [0, 1, 2] && self.has(ext::ENCRYPT_THEN_MAC)
    }

    /// With the list that OpenSSL has when nobody sets one.
    fn is_openssl_own(&self) -> bool {
        self.is_openssl() && self.older.starts_with(&[0xc02c, 0xc030, 0x009f, 0xcca9, 0xcca8, 0xccaa])
    }

    /// The head of the list as BoringSSL writes it: a name or none, then these.
    fn is_boringssl(&self) -> bool {
        let head = [ext::EXTENDED_MASTER_SECRET, ext::RENEGOTIATION_INFO, ext::SUPPORTED_GROUPS, 11];
        let own: Vec<u16> = self.extensions.iter().copied().filter(|kind| *kind != 0).take(head.len()).collect();
        own == head && !self.has(ext::DELEGATED_CREDENTIALS) && !self.has(ext::RECORD_SIZE_LIMIT)
    }

    /// rustls says that it knows secure renegotiation by the signal, shuffles its extensions, and has no
    /// suite with CBC or static RSA.
    fn is_rustls(&self) -> bool {
        const AEAD: [u16; 6] = [0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9];
        self.signals_renegotiation
            && !self.older.is_empty()
            && self.older.iter().all(|suite| AEAD.contains(suite))
            && self.points == [0]
            && !self.has(ext::ENCRYPT_THEN_MAC)
            && !self.has(ext::RENEGOTIATION_INFO)
    }
}

/// The point formats of a hello.
pub(super) fn point_formats(hello: &ClientHello) -> Vec<u8> {
    let formats = HelloFields::read(&hello.raw).and_then(|fields| fields.extension(11)?.block8());
    formats.map(|formats| formats.rest().to_vec()).unwrap_or_default()
}
