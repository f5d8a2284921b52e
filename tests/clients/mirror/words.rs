//! What clients say, reduced to classes: two answers agree when they are of one class.
//!
//! A class is as fine as the client's own words: one that tells a missing issuer from an unknown one has to do so
//! twice.

/// Something that is said, and the class of whoever says it.
pub(super) type Word = (&'static str, &'static str);

/// It was served.
pub(super) const OK: &str = "ok";

/// It got a page of tlscope's own instead of the server's.
pub(super) const PAGE: &str = "error page";

/// It waited in vain.
pub(super) const TIMEOUT: &str = "timeout";

/// What it says is not known here, which fails the test.
pub(super) const NO_CLASS: &str = "no class";

/// What every client is made to say of an answer, and the least that others say. Whoever takes the server's TLS is
/// served, whatever is spoken in it.
const AT_LAST: [Word; 10] = [
    ("HTTP/1.1 200", OK),
    ("HTTP/1.0 200", OK),
    ("HTTP/200", OK),
    ("GET / HTTP/1", OK),
    ("220 lab.test", OK),
    ("nothing", OK),
    ("HTTP/1.1 502", PAGE),
    ("HTTP/1.0 502", PAGE),
    ("HTTP/502", PAGE),
    ("exit code 0", OK),
];

/// What a client calls what is wrong.
pub(super) struct Words {
    /// With a certificate.
    certificate: &'static [Word],
    /// With anything else.
    other: &'static [Word],
    /// Whether it says all that is wrong with a certificate; the first of the words counts otherwise.
    says_all: bool,
}

impl Words {
    /// The class of what was said, and the lines with the words.
    pub(super) fn class(&self, said: &str) -> Option<(String, String)> {
        let mut met = found(said, self.certificate);
        if met.is_empty() || !self.says_all {
            met.extend([self.other, &AT_LAST].into_iter().flat_map(|words| found(said, words)));
            met.truncate(1);
        }
        let (classes, mut lines): (Vec<_>, Vec<_>) = met.into_iter().unzip();
        lines.dedup();
        (!classes.is_empty()).then(|| (classes.join(", "), lines.join("; ")))
    }
}

/// The classes whose words are there, each with its line. Words within others that were found do not count.
fn found(said: &str, words: &[Word]) -> Vec<(&'static str, String)> {
    let mut left = said.to_owned();
    let mut met: Vec<(&'static str, String)> = Vec::new();
    for (word, class) in words {
        let Some(line) = left.lines().position(|line| line.contains(word)) else { continue };
        left = left.replace(word, "");
        if met.iter().all(|(own, _)| own != class) {
            met.push((class, said.lines().nth(line).unwrap_or_default().trim().to_owned()));
        }
    }
    met
}

/// Answers to some cases that only chance tells apart, and the class that they are of.
const ALIKE: [Alike; 3] = [
    // The alert comes after the handshake, when the request is on its way: whether a client sees it or the end of the
    // connection first is not certain.
    Alike {
        cases: &["client-cert-required", "client-cert-required-tls12"],
        classes: &["client certificate required", "closed", "reset"],
        class: "turned away",
    },
    // All clients ask for a page. These servers answer something else, and each client makes of it what it will.
    Alike { cases: &["mqtt", "smtps"], classes: &[OK, TIMEOUT, "closed", "reset"], class: "no page" },
    // This server shows its flight and ends. Firefox answers it before it has judged the certificate.
    Alike { cases: &["hostile"], classes: &["name", "closed"], class: "name, or closed" },
];

struct Alike {
    cases: &'static [&'static str],
    classes: &'static [&'static str],
    class: &'static str,
}

/// The class of an answer to this case.
pub(super) fn of_case(case: &str, class: String) -> String {
    let alike = ALIKE.iter().find(|alike| alike.cases.contains(&case) && alike.classes.contains(&&*class));
    alike.map_or(class, |alike| alike.class.to_owned())
}

/// curl, `openssl s_client`, Python and Node: what OpenSSL calls things, and what they find themselves.
pub(super) const OPENSSL: Words = Words { certificate: OPENSSL_CERTIFICATE, other: OPENSSL_OTHER, says_all: false };

/// `openssl s_client` goes on and says all.
pub(super) const S_CLIENT: Words = Words { says_all: true, ..OPENSSL };

const OPENSSL_CERTIFICATE: &[Word] = &[
    ("certificate has expired", "expired"),
    ("certificate is not yet valid", "not yet valid"),
    ("format error in certificate's", "date unreadable"),
    ("self-signed certificate in certificate chain", "unknown root"),
    ("self-signed certificate", "self-signed"),
    ("issuer certificate", "issuer missing"),
    ("unable to verify the first certificate", "issuer missing"),
    ("unsuitable certificate purpose", "purpose"),
    ("invalid CA certificate", "not a CA"),
    ("path length constraint exceeded", "path length"),
    ("permitted subtree violation", "name not permitted"),
    ("excluded subtree violation", "name excluded"),
    ("name constraint", "name constraints"),
    ("key usage does not include certificate signing", "CA may not sign"),
    ("invalid or inconsistent certificate policy", "policy"),
    ("unhandled critical extension", "critical extension"),
    ("certificate signature failure", "signature"),
    ("asn1 encoding routines::EVP lib", "signature"),
    ("X509 V3 routines::invalid certificate", "unreadable"),
    ("signature digest algorithm too weak", "algorithm"),
    ("certificate key too weak", "weak key"),
    ("explicit ECC parameters", "key parameters"),
    ("subject issuer mismatch", "issuer missing"),
    ("ostname mismatch", "name"),
    ("IP address mismatch", "name"),
    ("certificate subject name", "name"),
    ("unable to obtain common name", "name"),
    ("illegal cert name field", "name"),
    ("does not match certificate's altnames", "name"),
];

const OPENSSL_OTHER: &[Word] = &[
    ("handshake failure", "handshake failure"),
    ("protocol version", "version"),
    ("alert certificate required", "client certificate required"),
    ("alert bad certificate", "client certificate refused"),
    ("unrecognized name", "alert, name"),
    ("no application protocol", "alert, application protocol"),
    ("alert internal error", "alert, internal error"),
    ("alert insufficient security", "alert, insufficient security"),
    ("alert decode error", "alert, decode error"),
    ("alert illegal parameter", "alert, illegal parameter"),
    ("alert user cancelled", "alert, user cancelled"),
    ("dh key too small", "key exchange"),
    ("inappropriate fallback", "downgrade"),
    ("unsafe legacy renegotiation", "renegotiation"),
    ("unsupported compression", "compression"),
    ("compression disabled", "compression"),
    ("bad ecpoint", "key exchange"),
    ("point is not on curve", "key exchange"),
    ("elliptic curve routines::invalid encoding", "key exchange"),
    ("oct2point:invalid encoding", "key exchange"),
    ("wrong curve", "key exchange"),
    ("wrong version number", "not TLS"),
    ("length mismatch", "malformed"),
    ("bad signature", "signature"),
    ("signature length", "signature"),
    ("octet invalid", "signature"),
    ("rsa routines", "signature"),
    ("Connection refused", "refused"),
    ("ECONNREFUSED", "refused"),
    ("Failed to connect", "refused"),
    ("disconnected before secure TLS", "closed"),
    ("unexpected eof", "closed"),
    ("EOF occurred", "closed"),
    ("SSL_ERROR_SYSCALL", "closed"),
    ("reset by peer", "reset"),
    ("ECONNRESET", "reset"),
    ("timed out", TIMEOUT),
    ("exit code 124", TIMEOUT),
    ("Received HTTP/0.9", OK),
    ("Empty reply from server", OK),
    ("getpeername() failed", "reset"),
    ("Broken pipe", "reset"),
    ("write:errno=104", "reset"),
];

pub(super) const GNUTLS: Words = Words {
    certificate: &[
        ("issuer is unknown", "unknown issuer"),
        ("uses expired certificate", "expired"),
        ("uses not yet valid certificate", "not yet valid"),
        ("does not match the expected", "name"),
        ("insecure algorithm", "algorithm"),
        ("signature in the certificate is invalid", "signature"),
        ("intended purpose", "purpose"),
        ("issuer is not a CA", "not a CA"),
        ("signer's constraints", "constraints"),
        ("is revoked", "revoked"),
        ("status response is", "staple"),
        ("critical extension", "critical extension"),
    ],
    other: &[
        ("Unknown Subject Alternative name", "unreadable"),
        ("Duplicate extension", "unreadable"),
        ("ASN1 parser", "unreadable"),
        ("Key usage violation", "key usage"),
        ("No certificate was found", "no certificate"),
        ("newer OCSP response", "staple"),
        ("Error in the certificate", "certificate"),
        ("signature verification has failed", "signature"),
        ("Detected downgrade", "downgrade"),
        ("illegal parameter has been received", "malformed"),
        ("Error decoding the received TLS packet", "malformed"),
        ("unsupported protocol version", "version"),
        ("alert [40]", "handshake failure"),
        ("alert [42]", "client certificate refused"),
        ("alert [47]", "alert, illegal parameter"),
        ("alert [50]", "alert, decode error"),
        ("alert [70]", "version"),
        ("alert [71]", "alert, insufficient security"),
        ("alert [80]", "alert, internal error"),
        ("alert [90]", "alert, user cancelled"),
        ("alert [112]", "alert, name"),
        ("alert [116]", "client certificate required"),
        ("alert [120]", "alert, application protocol"),
        ("terminated the connection", "closed"),
        ("properly terminated", "closed"),
        ("Error in the push", "reset"),
        ("Error in the pull", "reset"),
        ("unexpected TLS packet", "not TLS"),
        ("Connection refused", "refused"),
        ("exit code 124", TIMEOUT),
    ],
    says_all: true,
};

pub(super) const JAVA: Words = Words {
    certificate: &[
        ("CertificateExpiredException", "expired"),
        ("CertificateNotYetValidException", "not yet valid"),
        ("unable to find valid certification path", "no path"),
        ("No subject alternative", "name"),
        ("No name matching", "name"),
        ("Signature does not match", "signature"),
        ("signature check failed", "signature algorithm"),
        ("Algorithm constraints check failed on signature", "algorithm"),
        ("Algorithm constraints check failed on keysize", "weak key"),
        ("KeyUsage does not allow", "key usage"),
        ("Extended key usage does not permit", "purpose"),
        ("this is not a CA certificate", "not a CA"),
        ("pathLenConstraint violated", "path length"),
        ("keyCertSign bit is not set", "CA may not sign"),
        ("name constraints check failed", "name constraints"),
        ("policy tree", "policy"),
        ("unrecognized critical extension", "critical extension"),
        ("Failed to parse server certificates", "unreadable"),
    ],
    other: &[
        ("exceeds the maximum allowed size", "too large"),
        ("Empty server certificate chain", "no certificate"),
        ("ServerKeyExchange signature", "signature"),
        ("Invalid CertificateVerify signature", "signature"),
        ("Point does not match", "key exchange"),
        ("compression type not supported", "compression"),
        ("downgrade attack", "downgrade"),
        ("renegotiation", "renegotiation"),
        ("fatal alert: handshake_failure", "handshake failure"),
        ("fatal alert: protocol_version", "version"),
        ("fatal alert: certificate_required", "client certificate required"),
        ("fatal alert: bad_certificate", "client certificate refused"),
        ("fatal alert: unrecognized_name", "alert, name"),
        ("fatal alert: no_application_protocol", "alert, application protocol"),
        ("fatal alert: internal_error", "alert, internal error"),
        ("fatal alert: insufficient_security", "alert, insufficient security"),
        ("fatal alert: decode_error", "alert, decode error"),
        ("fatal alert: illegal_parameter", "alert, illegal parameter"),
        ("fatal close_notify alert", "closed"),
        ("Unsupported or unrecognized SSL message", "not TLS"),
        ("Connection reset", "reset"),
        ("Broken pipe", "reset"),
        ("EOFException", "closed"),
        ("Connection refused", "refused"),
        ("timed out", TIMEOUT),
    ],
    says_all: false,
};

pub(super) const GO: Words = Words {
    certificate: &[
        ("is after", "expired"),
        ("is before", "not yet valid"),
        ("insecure algorithm", "algorithm"),
        ("algorithm unimplemented", "algorithm"),
        ("parent certificate cannot sign", "not a CA"),
        ("verification failure", "signature"),
        ("verify candidate authority certificate", "signature"),
        ("signed by unknown authority", "unknown authority"),
        ("certificate is valid for", "name"),
        ("not valid for any names", "name"),
        ("legacy Common Name", "name"),
        ("doesn't contain any IP SANs", "name"),
        ("not authorized to sign for this name", "name constraints"),
        ("incompatible key usage", "purpose"),
        ("too many intermediates", "path length"),
        ("unhandled critical extension", "critical extension"),
        ("failed to parse certificate", "unreadable"),
    ],
    other: &[
        ("invalid signature by the server", "signature"),
        ("invalid ServerKeyExchange", "key exchange"),
        ("unexpected handshake message", "malformed"),
        ("unsupported compression", "compression"),
        ("downgrade attempt", "downgrade"),
        ("tls: handshake failure", "handshake failure"),
        ("protocol version not supported", "version"),
        ("certificate required", "client certificate required"),
        ("tls: bad certificate", "client certificate refused"),
        ("tls: unrecognized name", "alert, name"),
        ("tls: no application protocol", "alert, application protocol"),
        ("tls: internal error", "alert, internal error"),
        ("tls: insufficient security", "alert, insufficient security"),
        ("tls: error decoding message", "alert, decode error"),
        ("tls: illegal parameter", "alert, illegal parameter"),
        ("tls: user canceled", "alert, user cancelled"),
        ("does not look like a TLS handshake", "not TLS"),
        ("connection reset", "reset"),
        ("EOF", "closed"),
        ("connection refused", "refused"),
        ("i/o timeout", TIMEOUT),
    ],
    says_all: false,
};

pub(super) const CHROMIUM: Words = Words {
    certificate: &[
        ("ERR_CERT_DATE_INVALID", "dates"),
        ("ERR_CERT_AUTHORITY_INVALID", "authority"),
        ("ERR_CERT_COMMON_NAME_INVALID", "name"),
        ("ERR_CERT_NAME_CONSTRAINT_VIOLATION", "name constraints"),
        ("ERR_CERT_REVOKED", "revoked"),
        ("ERR_CERT_WEAK_KEY", "weak key"),
        ("ERR_CERT_WEAK_SIGNATURE_ALGORITHM", "algorithm"),
        ("ERR_CERT_INVALID", "invalid"),
        ("ERR_SSL_KEY_USAGE_INCOMPATIBLE", "key usage"),
        ("ERR_SSL_SERVER_CERT_BAD_FORMAT", "unreadable"),
    ],
    other: &[
        ("ERR_SSL_VERSION_OR_CIPHER_MISMATCH", "nothing in common"),
        ("ERR_SSL_PROTOCOL_ERROR", "protocol error"),
        ("ERR_SSL_UNRECOGNIZED_NAME_ALERT", "alert, name"),
        ("ERR_TLS13_DOWNGRADE_DETECTED", "downgrade"),
        ("ERR_BAD_SSL_CLIENT_AUTH_CERT", "client certificate required"),
        ("ERR_SSL_CLIENT_AUTH_CERT_NEEDED", "client certificate required"),
        ("ERR_SOCKET_NOT_CONNECTED", "closed"),
        ("ERR_CONNECTION_CLOSED", "closed"),
        ("ERR_EMPTY_RESPONSE", "closed"),
        ("ERR_CONNECTION_RESET", "reset"),
        ("ERR_CONNECTION_REFUSED", "refused"),
        ("timed out", TIMEOUT),
    ],
    says_all: false,
};

pub(super) const FIREFOX: Words = Words {
    certificate: &[
        ("SEC_ERROR_EXPIRED_CERTIFICATE", "expired"),
        ("SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE", "issuer expired"),
        ("NOT_YET_VALID_ISSUER", "issuer not yet valid"),
        ("NOT_YET_VALID_CERTIFICATE", "not yet valid"),
        ("SEC_ERROR_INVALID_TIME", "date unreadable"),
        ("SELF_SIGNED_CERT", "self-signed"),
        ("SEC_ERROR_UNKNOWN_ISSUER", "unknown issuer"),
        ("SSL_ERROR_BAD_CERT_DOMAIN", "name"),
        ("CERT_NOT_IN_NAME_SPACE", "name constraints"),
        ("INADEQUATE_CERT_TYPE", "purpose"),
        ("INADEQUATE_KEY_USAGE", "key usage"),
        ("INADEQUATE_KEY_SIZE", "weak key"),
        ("SEC_ERROR_CA_CERT_INVALID", "not a CA"),
        ("CA_CERT_USED_AS_END_ENTITY", "CA as a server"),
        ("PATH_LEN_CONSTRAINT_INVALID", "path length"),
        ("UNKNOWN_CRITICAL_EXTENSION", "critical extension"),
        ("SIGNATURE_ALGORITHM_DISABLED", "algorithm"),
        ("SIGNATURE_ALGORITHM_MISMATCH", "algorithm mismatch"),
        ("SEC_ERROR_BAD_SIGNATURE", "signature"),
        ("SEC_ERROR_BAD_DER", "unreadable"),
        ("SEC_ERROR_INVALID_ARGS", "unreadable"),
        ("SEC_ERROR_LIBRARY_FAILURE", "unreadable"),
        ("SSL_ERROR_EXTRACT_PUBLIC_KEY_FAILURE", "unreadable"),
        ("SEC_ERROR_REVOKED_CERTIFICATE", "revoked"),
        ("SEC_ERROR_OCSP", "staple"),
        ("OCSP_RESPONSE_FOR_CERT_MISSING", "staple"),
        ("REQUIRED_TLS_FEATURE_MISSING", "staple missing"),
    ],
    other: &[
        ("SSL_ERROR_RX_MALFORMED", "malformed"),
        ("SSL_ERROR_RX_RECORD_TOO_LONG", "not TLS"),
        ("SSL_ERROR_NO_CYPHER_OVERLAP", "nothing in common"),
        ("SSL_ERROR_PROTOCOL_VERSION_ALERT", "version"),
        ("CERTIFICATE_REQUIRED_ALERT", "client certificate required"),
        ("SSL_ERROR_BAD_CERT_ALERT", "client certificate refused"),
        ("SSL_ERROR_UNRECOGNIZED_NAME_ALERT", "alert, name"),
        ("SSL_ERROR_NEXT_PROTOCOL_NO_PROTOCOL", "alert, application protocol"),
        ("SSL_ERROR_INTERNAL_ERROR_ALERT", "alert, internal error"),
        ("SSL_ERROR_INSUFFICIENT_SECURITY_ALERT", "alert, insufficient security"),
        ("SSL_ERROR_DECODE_ERROR_ALERT", "alert, decode error"),
        ("SSL_ERROR_ILLEGAL_PARAMETER_ALERT", "alert, illegal parameter"),
        ("SSL_ERROR_HANDSHAKE_FAILURE_ALERT", "handshake failure"),
        ("SSL_ERROR_USER_CANCELED_ALERT", "alert, user cancelled"),
        ("PR_CONNECT_RESET_ERROR", "reset"),
        ("NS_ERROR_NET_RESET", "closed"),
        ("NS_ERROR_ABORT", "client certificate required"),
        ("PR_END_OF_FILE_ERROR", "closed"),
        ("NS_ERROR_CONNECTION_REFUSED", "refused"),
        ("NS_ERROR_NET_TIMEOUT", TIMEOUT),
    ],
    says_all: false,
};
