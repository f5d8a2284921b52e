//! Chapter "Usage and constraints".

use super::Page;
use super::words::{CERTIFICATE, UNKNOWN_CRITICAL};
use crate::model::FindingId as Id;

const PURPOSES: (&str, &str) = ("purposes", "the purposes in extKeyUsage");
const KEY_USAGE: (&str, &str) = ("key_usage", "the bits set in keyUsage");
const SUITE: (&str, &str) = ("suite", "the cipher suite of the handshake; empty when none was seen");

pub(super) static PAGES: &[Page] = &[
    Page {
        id: Id::EkuNoServerauth,
        title: "The certificate is not for TLS servers",
        summary: "no serverAuth among its purposes[: {purposes}]",
        cause: "A certificate for clients, e-mail or code signing was installed on a server.",
        fix: "Have a server certificate issued (openssl: extendedKeyUsage = serverAuth) and install that one.",
        refused_by: &[
            ("OpenSSL", "unsuitable certificate purpose (26)"),
            ("curl", "(60) SSL certificate problem: unsuitable certificate purpose"),
            ("Android", "End-entity certificate does not have a valid extendedKeyUsage."),
            ("Apple", "not permitted for this usage (-67609)"),
            ("Chrome", "NET::ERR_CERT_INVALID"),
            ("Firefox", "SEC_ERROR_INADEQUATE_CERT_TYPE"),
            ("Java", "Extended key usage does not permit use for TLS server authentication"),
            ("Node", "INVALID_PURPOSE"),
            ("Go", "x509: certificate specifies an incompatible key usage"),
            ("GnuTLS", "does not match the intended purpose"),
        ],
        accepted_by: "",
        keys: &[PURPOSES],
        source: "RFC 5280 section 4.2.1.12; Baseline Requirements section 7.1.2.7.10",
    },
    Page {
        id: Id::EkuAbsent,
        title: "The certificate does not say what it is for",
        summary: "no extKeyUsage extension",
        cause: "It was made without extKeyUsage. Most clients take that as fit for everything; Apple wants serverAuth \
                in certificates issued after 2019-07-01, unless the user installed their CA.",
        fix: "Add extendedKeyUsage = serverAuth with the next certificate (openssl x509 -req: in the file given by \
                -extfile).",
        refused_by: &[("Apple", "NSURLErrorServerCertificateUntrusted (-1202)")],
        accepted_by: "OpenSSL, curl, Node, Go, Java, GnuTLS, Chrome and Firefox",
        keys: &[],
        source: "Baseline Requirements section 7.1.2.7.6; Apple policy 103769",
    },
    Page {
        id: Id::EkuAnyOnly,
        title: "The certificate is for any purpose",
        summary: "its purposes: {purposes}",
        cause: "anyExtendedKeyUsage was meant to allow everything, but OpenSSL and Firefox want to see serverAuth \
                itself. Where serverAuth stands beside it nobody refuses; in public certificates it is forbidden \
                all the same.",
        fix: "Reissue it with extendedKeyUsage = serverAuth.",
        refused_by: &[
            ("OpenSSL", "unsuitable certificate purpose (26)"),
            ("curl", "(60) SSL certificate problem: unsuitable certificate purpose"),
            ("Firefox", "SEC_ERROR_INADEQUATE_CERT_TYPE"),
            ("Node", "INVALID_PURPOSE"),
        ],
        accepted_by: "Go, Java, GnuTLS, Chrome and Android",
        keys: &[PURPOSES],
        source: "RFC 5280 section 4.2.1.12; Baseline Requirements section 7.1.2.7.10",
    },
    Page {
        id: Id::EkuClientauth,
        title: "A public server certificate is for clients too",
        summary: "its purposes are {purposes}",
        cause: "Chrome's root programme ends clientAuth in public server certificates on 2027-03-15, and CAs stop \
                issuing it. Nobody refuses it; but who uses this certificate as a client as well will lose that use.",
        fix: "Nothing to do if the server never acts as a TLS client with this certificate; otherwise get a client \
                certificate of its own, from a private CA.",
        refused_by: &[],
        accepted_by: "",
        keys: &[PURPOSES],
        source: "Chrome Root Program Policy 1.8 section 1.3.2",
    },
    Page {
        id: Id::EkuIntermediate,
        title: "An intermediate may not issue certificates for TLS servers",
        summary: "{certificate} has no serverAuth[, only {purposes}]",
        cause: "The chain goes through a sub-CA for other purposes, such as e-mail or clients.",
        fix: "Have the server certificate issued by a sub-CA for TLS servers.",
        refused_by: &[
            ("OpenSSL", "unsuitable certificate purpose (26)"),
            ("curl", "(60) SSL certificate problem: unsuitable certificate purpose"),
            ("Chrome", "NET::ERR_CERT_INVALID"),
            ("Firefox", "SEC_ERROR_INADEQUATE_CERT_TYPE"),
            ("Node", "INVALID_PURPOSE"),
            ("Go", "x509: certificate specifies an incompatible key usage"),
            ("GnuTLS", "The certificate chain does not match the intended purpose."),
        ],
        accepted_by: "Java",
        keys: &[CERTIFICATE, PURPOSES],
        source: "Baseline Requirements section 7.1.2.10.6; Mozilla Root Store Policy section 5.3",
    },
    Page {
        id: Id::KuNoDigsig,
        title: "The key may not sign, which today's TLS needs",
        summary: "keyUsage lacks digitalSignature[: {key_usage}][, yet the suite is {suite}]",
        cause: "In TLS 1.3 and with (EC)DHE the server signs its handshake, and the certificate does not allow that. \
                It was made for the RSA key exchange of old.",
        fix: "Reissue it with keyUsage = critical, digitalSignature (for an RSA key also keyEncipherment, while old \
                clients matter).",
        refused_by: &[
            ("Chrome", "ERR_SSL_KEY_USAGE_INCOMPATIBLE"),
            ("Java", "KeyUsage does not allow digital signatures"),
            ("GnuTLS", "Key usage violation in certificate has been detected."),
        ],
        accepted_by: "OpenSSL, curl, Node and Go; Firefox when keyEncipherment is there",
        keys: &[KEY_USAGE, SUITE],
        source: "RFC 5280 section 4.2.1.3; RFC 8446 section 4.4.2.2",
    },
    Page {
        id: Id::KuNoKeyenc,
        title: "The key may not decrypt, which the chosen RSA key exchange needs",
        summary: "keyUsage lacks keyEncipherment[: {key_usage}][, yet the suite is {suite}]",
        cause: "With a TLS_RSA suite the client encrypts to the key of the certificate, and the certificate does not \
                allow that.",
        fix: "Switch ECDHE suites on (nginx: ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20), which need no keyEncipherment; \
                or reissue the certificate with it.",
        refused_by: &[
            ("Chrome", "ERR_SSL_KEY_USAGE_INCOMPATIBLE"),
            ("Java", "KeyUsage does not allow key encipherment"),
        ],
        accepted_by: "",
        keys: &[KEY_USAGE, SUITE],
        source: "RFC 5280 section 4.2.1.3",
    },
    Page {
        id: Id::KuCertsignOnly,
        title: "The key of the certificate may neither sign nor decrypt",
        summary: "keyUsage has neither digitalSignature nor keyEncipherment[: {key_usage}]",
        cause: "The certificate was made for a CA or for some other use, and TLS can do nothing with it by its own \
                word.",
        fix: "Reissue it with keyUsage = critical, digitalSignature.",
        refused_by: &[
            ("OpenSSL", "unsuitable certificate purpose (26)"),
            ("curl", "(60) SSL certificate problem: unsuitable certificate purpose"),
            ("Chrome", "ERR_SSL_KEY_USAGE_INCOMPATIBLE"),
            ("Firefox", "SEC_ERROR_INADEQUATE_KEY_USAGE"),
            ("Java", "KeyUsage does not allow digital signatures"),
            ("Node", "INVALID_PURPOSE"),
            ("GnuTLS", "Key usage violation in certificate has been detected."),
        ],
        accepted_by: "Go",
        keys: &[KEY_USAGE],
        source: "RFC 5280 section 4.2.1.3",
    },
    Page {
        id: Id::KuLeafCertsign,
        title: "A leaf has keyCertSign without being a CA",
        summary: "keyUsage holds keyCertSign, and the certificate is no CA[: {key_usage}]",
        cause: "The key usage was copied from a CA. The certificate contradicts itself, and strict verifiers say so.",
        fix: "Reissue it without keyCertSign: keyUsage = critical, digitalSignature.",
        refused_by: &[("OpenSSL", "Key usage keyCertSign invalid for non-CA cert (82), in strict mode")],
        accepted_by: "nearly all clients",
        keys: &[KEY_USAGE],
        source: "RFC 5280 section 4.2.1.9",
    },
    Page {
        id: Id::KuCaNoCertsign,
        title: "A CA of the chain may not sign certificates",
        summary: "{certificate} lacks keyCertSign[, it has {key_usage}]",
        cause: "The keyUsage of the CA certificate does not allow issuing, so nothing that it issued counts.",
        fix: "Reissue the CA certificate with keyUsage = critical, keyCertSign, cRLSign; or take the leaf from a \
                proper CA.",
        refused_by: &[
            ("OpenSSL", "key usage does not include certificate signing (32), or invalid CA certificate (79)"),
            ("curl", "(60) SSL certificate problem: invalid CA certificate"),
            ("Chrome", "NET::ERR_CERT_INVALID"),
            ("Firefox", "SEC_ERROR_INADEQUATE_KEY_USAGE"),
            ("Java", "CA key usage check failed: keyCertSign bit is not set"),
            ("Node", "key usage does not include certificate signing"),
            ("Go", "x509: certificate signed by unknown authority"),
        ],
        accepted_by: "",
        keys: &[CERTIFICATE, KEY_USAGE],
        source: "RFC 5280 section 4.2.1.3",
    },
    Page {
        id: Id::BcNotCa,
        title: "A certificate of the chain issued another without being a CA",
        summary: "{certificate} issued a certificate and is no CA: {reason}",
        cause: "A server certificate was used as a CA, or a home-made CA was created without basicConstraints. Were it \
                accepted, every server could issue certificates for every other.",
        fix: "Reissue the CA certificate with basicConstraints = critical, CA:TRUE, or take the leaf from a proper CA.",
        refused_by: &[
            ("OpenSSL", "invalid CA certificate (79)"),
            ("curl", "(60) SSL certificate problem: invalid CA certificate"),
            ("Chrome", "NET::ERR_CERT_INVALID"),
            ("Firefox", "SEC_ERROR_CA_CERT_INVALID"),
            ("Java", "basic constraints check failed: this is not a CA certificate"),
            ("Node", "INVALID_CA"),
            ("Go", "x509: invalid signature: parent certificate cannot sign this kind of certificate"),
            ("GnuTLS", "issuer is not a CA"),
        ],
        accepted_by: "",
        keys: &[CERTIFICATE, ("reason", "what is there in place of cA being TRUE")],
        source: "RFC 5280 section 6.1.4 (k)",
    },
    Page {
        id: Id::BcLeafIsCa,
        title: "The server certificate is a CA certificate",
        summary: "the leaf has basicConstraints with cA TRUE",
        cause: "Most often it was made with openssl req -x509, which makes a CA unless told otherwise.",
        fix: "Reissue it with basicConstraints = CA:FALSE (openssl req: -addext basicConstraints=critical,CA:FALSE).",
        refused_by: &[("Firefox", "MOZILLA_PKIX_ERROR_CA_CERT_USED_AS_END_ENTITY"), ("rustls", "CaUsedAsEndEntity")],
        accepted_by: "OpenSSL, curl, Node, Go, Java, GnuTLS and Chrome",
        keys: &[],
        source: "Baseline Requirements section 7.1.2.7.8",
    },
    Page {
        id: Id::BcNotCritical,
        title: "basicConstraints of a CA is not critical",
        summary: "{certificate}: basicConstraints is not marked critical",
        cause: "A client that does not know the extension would take the CA for a leaf, so it has to be critical. Only \
                strict verifiers mind.",
        fix: "Reissue the CA certificate with basicConstraints = critical, CA:TRUE.",
        refused_by: &[("OpenSSL", "Basic Constraints of CA cert not marked critical (89), in strict mode")],
        accepted_by: "nearly all clients",
        keys: &[CERTIFICATE],
        source: "RFC 5280 section 4.2.1.9",
    },
    Page {
        id: Id::PathlenExceeded,
        title: "More CAs in the chain than one of them allows",
        summary: "{certificate} allows {limit} CAs below it, there are {below}",
        cause: "A CA was issued under one whose pathLenConstraint forbids it.",
        fix: "Have the leaf issued one level higher, or the CA certificate reissued with a larger pathlen.",
        refused_by: &[
            ("OpenSSL", "path length constraint exceeded (25)"),
            ("Chrome", "NET::ERR_CERT_INVALID"),
            ("Firefox", "SEC_ERROR_PATH_LEN_CONSTRAINT_INVALID"),
            ("Java", "basic constraints check failed: pathLenConstraint violated"),
            ("Node", "PATH_LENGTH_EXCEEDED"),
            ("Go", "x509: too many intermediates for path length constraint"),
        ],
        accepted_by: "",
        keys: &[CERTIFICATE, ("limit", "its pathLenConstraint"), ("below", "CAs below it that count")],
        source: "RFC 5280 section 6.1.4 (l) and (m)",
    },
    Page {
        id: Id::NcViolation,
        title: "A name that a CA of the chain may not certify",
        summary: "{name} is {reason} by the name constraints of {by}",
        cause: "The CA above may issue for certain names only, and this is none of them.",
        fix: "Have the certificate issued by a CA that may certify {name}, or leave that name out.",
        refused_by: &[
            ("OpenSSL", "permitted subtree violation (47), or excluded subtree violation (48)"),
            ("Apple", "Name constraints violated"),
            ("Chrome", "NET::ERR_CERT_INVALID"),
            ("Firefox", "SEC_ERROR_CERT_NOT_IN_NAME_SPACE"),
            ("Go", "x509: a root or intermediate certificate is not authorized to sign for this name"),
        ],
        accepted_by: "",
        keys: &[
            ("name", "the name with its type"),
            ("reason", "not permitted, or excluded"),
            ("by", "the CA whose constraints they are"),
        ],
        source: "RFC 5280 section 4.2.1.10",
    },
    Page {
        id: Id::NcMalformed,
        title: "Name constraints are written wrongly",
        summary: "{certificate}: {fault}[: {constraint}]",
        cause: "The name constraints of a CA cannot be read as they were meant, so clients differ: strict ones refuse \
                the chain, others pass over the constraint.",
        fix: "Reissue the CA certificate with well-formed constraints (openssl: nameConstraints = critical, \
                permitted;DNS:example.com, without a dot or * in front).",
        refused_by: &[
            ("OpenSSL", "unsupported name constraint type (51), or unsupported or invalid name constraint syntax (52)"),
            ("rustls", "MalformedNameConstraint, or InvalidNetworkMaskConstraint"),
        ],
        accepted_by: "",
        keys: &[CERTIFICATE, ("fault", "what is wrong"), ("constraint", "the constraint at fault, when it is one")],
        source: "RFC 5280 section 4.2.1.10",
    },
    Page {
        id: Id::NcNotCritical,
        title: "Name constraints of a CA are not critical",
        summary: "{certificate}: nameConstraints is not marked critical",
        cause: "A client that does not know name constraints would pass over them. All current ones know and apply \
                them either way.",
        fix: "Nothing to do for the clients; mark it critical when the CA certificate is next issued.",
        refused_by: &[],
        accepted_by: "",
        keys: &[CERTIFICATE],
        source: "RFC 5280 section 4.2.1.10",
    },
    Page {
        id: Id::PolicyViolation,
        title: "The certificate policies of the chain do not hold together",
        summary: "policies fail at {certificate}[: {fault}][: it asserts {asserted}]",
        cause: "A CA of the chain demands that a policy goes all the way down (requireExplicitPolicy), and it does \
                not; or the extension that says so is not critical as it must be.",
        fix: "Have the certificate reissued with a policy that the CA above allows; mostly this is for the CA to mend.",
        refused_by: &[("OpenSSL", "no explicit policy (43)")],
        accepted_by: "most clients, which do not check policies",
        keys: &[
            CERTIFICATE,
            ("asserted", "the policies that it asserts"),
            ("fault", "what is wrong, when it is the extension itself"),
        ],
        source: "RFC 5280 sections 4.2.1.11 and 6.1.5",
    },
    Page {
        id: Id::ExtUnknownCritical,
        title: "A critical extension that clients do not know",
        summary: "[{certificate}: ]critical extension {extension}",
        cause: "Critical means: refuse the certificate if you do not understand this. It was made for a special \
                purpose, or it is the precertificate that a CA only shows to the logs.",
        fix: "Reissue it without that extension, or not marked critical; if it is a precertificate, install the final \
                one from the CA.",
        refused_by: UNKNOWN_CRITICAL,
        accepted_by: "",
        keys: &[
            CERTIFICATE,
            ("oid", "the object identifier of the extension"),
            ("extension", "its name, or the object identifier again"),
        ],
        source: "RFC 5280 section 4.2",
    },
    Page {
        id: Id::ExtDuplicate,
        title: "An extension stands in the certificate twice",
        summary: "[{certificate}: ]{extension} more than once",
        cause: "The tool that made the certificate wrote the same extension twice, and clients cannot tell which one \
                counts.",
        fix: "Reissue it with each extension once; in an openssl configuration look for a section that is included \
                twice.",
        refused_by: &[
            ("GnuTLS", "Duplicate extension in X.509 certificate"),
            ("Apple", "Multiple extensions with the same extension ID (-67903)"),
        ],
        accepted_by: "OpenSSL 3, curl, Node and Python",
        keys: &[
            CERTIFICATE,
            ("oid", "the object identifier of the extension"),
            ("extension", "its name, or the object identifier again"),
        ],
        source: "RFC 5280 section 4.2",
    },
];
