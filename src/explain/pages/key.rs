//! Chapter "Signature and key".

use super::Page;
use super::words::{CERTIFICATE, KEY, NO_OVERLAP};
use crate::model::FindingId as Id;

const ALGORITHM: (&str, &str) = ("algorithm", "the signature algorithm");
const OID: (&str, &str) = ("oid", "its object identifier");
const SCHEME: (&str, &str) = ("scheme", "the signature scheme of the handshake");
const BITS: (&str, &str) = ("bits", "the size in bits");
const FAULT: (&str, &str) = ("fault", "what is wrong with it");

pub(super) static PAGES: &[Page] = &[
    Page {
        id: Id::SigMd,
        title: "A certificate is signed with MD5 or older",
        summary: "[{certificate}: ]signed with {algorithm}",
        cause: "Signatures with MD2, MD4 and MD5 can be forged, so all clients refuse them. Such certificates come \
                from very old CA software or device firmware.",
        fix: "Have the certificate reissued with SHA-256 (openssl: -sha256), and the intermediate replaced if it is \
                that one; for a device this takes new firmware.",
        refused_by: &[
            ("OpenSSL", "CA signature digest algorithm too weak (68)"),
            ("curl", "(60) SSL certificate problem: CA signature digest algorithm too weak"),
            ("Android", "Signature uses an insecure hash function: 1.2.840.113549.1.1.4"),
            ("Apple", "using a broken signature algorithm"),
            ("Chrome", "NET::ERR_CERT_INVALID"),
            ("Firefox", "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED"),
            ("Java", "Received fatal alert: handshake_failure"),
            ("Node", "UNSPECIFIED: CA signature digest algorithm too weak"),
            ("Go", "insecure algorithm MD5-RSA"),
            ("GnuTLS", "insecure algorithm"),
        ],
        accepted_by: "",
        keys: &[CERTIFICATE, ALGORITHM, OID],
        source: "RFC 6151; Baseline Requirements section 7.1.3",
    },
    Page {
        id: Id::SigSha1,
        title: "A certificate is signed with SHA-1",
        summary: "[{certificate}: ]signed with {algorithm}",
        cause: "Collisions of SHA-1 can be made, and public CAs have not used it since 2016. Private CAs and devices \
                often still do.",
        fix: "Have the certificate reissued with SHA-256 (openssl: -sha256; for openssl ca: default_md = sha256), and \
                the intermediate replaced if it is that one.",
        refused_by: &[
            ("OpenSSL", "CA signature digest algorithm too weak (68)"),
            ("curl", "(60) SSL certificate problem: CA signature digest algorithm too weak"),
            ("Chrome", "NET::ERR_CERT_INVALID"),
            ("Firefox", "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED"),
            ("Node", "UNSPECIFIED: CA signature digest algorithm too weak"),
            ("Go", "insecure algorithm SHA1-RSA (temporarily override with GODEBUG=x509sha1=1)"),
            ("Android", "Signature uses an insecure hash function: 1.2.840.113549.1.1.5"),
            ("Apple", "NSURLErrorServerCertificateUntrusted (-1202)"),
        ],
        accepted_by: "Java (below a private root) and GnuTLS",
        keys: &[CERTIFICATE, ALGORITHM, OID],
        source: "Baseline Requirements section 7.1.3; Apple policy 103769",
    },
    Page {
        id: Id::SigSha1Handshake,
        title: "The server signs its handshake with SHA-1 or MD5",
        summary: "signed its key exchange with {scheme}",
        cause: "This is the server's signature in the handshake, not the one on its certificate. Its TLS library is \
                too old to know anything newer.",
        fix: "Update the TLS library of the server (OpenSSL 1.0.1 and later know SHA-256 in TLS 1.2), or the firmware \
                of the device or load balancer.",
        refused_by: &[
            ("OpenSSL", "sslv3 alert handshake failure (0A000410)"),
            ("curl", "(35) sslv3 alert handshake failure"),
            ("Chrome", "ERR_SSL_VERSION_OR_CIPHER_MISMATCH"),
            ("Java", "Received fatal alert: handshake_failure"),
            ("Node", "EPROTO ... sslv3 alert handshake failure"),
            ("rustls", "received fatal alert: HandshakeFailure"),
        ],
        accepted_by: "Firefox, GnuTLS and Go 1.19",
        keys: &[SCHEME],
        source: "RFC 9155",
    },
    Page {
        id: Id::SigInvalid,
        title: "The signature on a certificate does not verify",
        summary: "{certificate}: signature does not verify under {issuer} ({issuer_key})",
        cause: "The certificate was changed after it was signed, the file is damaged, or it was signed by another key \
                than that of the CA it names.",
        fix: "Install the certificate and its chain anew, as they came from the CA. If the copy is good and the \
                signature still fails, have it reissued.",
        refused_by: &[
            ("OpenSSL", "certificate signature failure (7)"),
            ("curl", "(35) rsa routines::invalid padding"),
            ("Chrome", "NET::ERR_CERT_AUTHORITY_INVALID"),
            ("Firefox", "SEC_ERROR_BAD_SIGNATURE"),
            ("Java", "signature check failed"),
            ("Node", "CERT_SIGNATURE_FAILURE"),
            (
                "Go",
                "certificate signed by unknown authority (possibly because of \"crypto/rsa: verification error\" ...)",
            ),
            ("GnuTLS", "signature ... invalid"),
        ],
        accepted_by: "",
        keys: &[
            CERTIFICATE,
            ("issuer", "the issuer's name"),
            ("issuer_sha256", "the fingerprint of the issuer's certificate"),
            ("issuer_key", "kind and size of its key"),
            ALGORITHM,
        ],
        source: "RFC 5280 section 6.1.3 (a)(1)",
    },
    Page {
        id: Id::SigAlgMismatch,
        title: "The certificate names two different signature algorithms",
        summary: "[{certificate}: ]names {outer} outside and {inner} inside the signed part",
        cause: "A certificate says twice how it is signed, and the two must agree. The software that made it is \
                broken, or the certificate was tampered with.",
        fix: "Have it reissued with current CA software.",
        refused_by: &[
            ("OpenSSL", "cert info signature and signature algorithm mismatch (78)"),
            ("Chrome", "NET::ERR_CERT_INVALID"),
            ("rustls", "SignatureAlgorithmMismatch"),
        ],
        accepted_by: "",
        keys: &[
            CERTIFICATE,
            ("outer", "the algorithm beside the signature"),
            ("inner", "the algorithm in the signed part"),
        ],
        source: "RFC 5280 section 4.1.1.2",
    },
    Page {
        id: Id::SigAlgUnsupported,
        title: "The signature algorithm is one that clients do not know",
        summary: "[{certificate}: ]signed with {algorithm}",
        cause: "Clients know RSA and ECDSA with SHA-2, and little else. With national or experimental algorithms \
                nobody but a special client can verify the chain, nor can tlscope.",
        fix: "Have it reissued with RSA or ECDSA and SHA-256.",
        refused_by: &[
            ("OpenSSL", "Cannot find certificate signature algorithm (76)"),
            ("rustls", "UnsupportedSignatureAlgorithmContext"),
        ],
        accepted_by: "clients made for that algorithm",
        keys: &[
            CERTIFICATE,
            ALGORITHM,
            OID,
            ("issuer", "the issuer's name, when one was tried"),
            ("issuer_sha256", "the fingerprint of the issuer's certificate"),
            ("issuer_key", "kind and size of its key"),
        ],
        source: "Baseline Requirements section 7.1.3.2",
    },
    Page {
        id: Id::HandshakeSignatureInvalid,
        title: "The server may not hold the private key of its certificate",
        summary: "the server's {scheme} signature does not verify under the leaf's key",
        cause: "In the handshake the server signs with the private key of its certificate, and that signature is \
                wrong: it uses the key of another certificate, somebody is in the way, or its TLS library is faulty.",
        fix: "Check that certificate and key belong together: openssl x509 -in CERT -noout -pubkey and openssl pkey \
                -in KEY -pubout must print the same (nginx: ssl_certificate and ssl_certificate_key). If they do, \
                suspect a box in the way or the server's firmware.",
        refused_by: &[("rustls", "invalid peer certificate: BadSignature")],
        accepted_by: "",
        keys: &[SCHEME],
        source: "RFC 8446 section 4.4.3; RFC 5246 section 7.4.3",
    },
    Page {
        id: Id::KeyRsaUnder1024,
        title: "An RSA key of less than 1024 bits",
        summary: "[{certificate}: ]{key}; 2048 bits are the least that is allowed",
        cause: "Keys of 512 bits are factored in hours, and 829 bits have been factored in public. Whoever does it can \
                pose as the server.",
        fix: "Make a new key of 2048 bits or more, or P-256 (openssl genpkey -algorithm EC -pkeyopt \
                ec_paramgen_curve:P-256), and have a certificate issued for it.",
        refused_by: &[
            ("OpenSSL", "EE certificate key too weak (66), or CA certificate key too weak (67)"),
            ("Android", "RSA modulus is < 1024 bits"),
            ("Apple", "broken key size"),
            ("Chrome", "NET::ERR_CERT_WEAK_KEY"),
            ("Java", "Algorithm constraints check failed on keysize limits: RSA ... bit key"),
            ("Go", "crypto/rsa: ...-bit keys are insecure"),
        ],
        accepted_by: "",
        keys: &[CERTIFICATE, KEY, BITS],
        source: "Baseline Requirements section 6.1.5",
    },
    Page {
        id: Id::KeyRsaUnder2048,
        title: "An RSA key of less than 2048 bits",
        summary: "[{certificate}: ]{key}; 2048 bits are the least that is allowed",
        cause: "Public CAs have not certified such keys for many years; private CAs and devices still have them. \
                OpenSSL as current distributions configure it (security level 2) refuses them.",
        fix: "Make a new key of 2048 bits or more, or P-256 (openssl genpkey -algorithm EC -pkeyopt \
                ec_paramgen_curve:P-256), and have a certificate issued for it.",
        refused_by: &[
            ("OpenSSL", "EE certificate key too weak (66), or CA certificate key too weak (67)"),
            ("curl", "(60) SSL certificate problem: EE certificate key too weak"),
            ("Apple", "NSURLErrorServerCertificateUntrusted (-1202)"),
            ("rustls", "invalid peer certificate: BadSignature"),
        ],
        accepted_by: "Node, Go 1.19, Java, GnuTLS, Chrome and Firefox (below a private root)",
        keys: &[CERTIFICATE, KEY, BITS],
        source: "Baseline Requirements section 6.1.5; Apple policy 103769",
    },
    Page {
        id: Id::KeyRsaOver8192,
        title: "An RSA key of more than 8192 bits",
        summary: "[{certificate}: ]{key}; several clients stop at 8192",
        cause: "Such keys slow every handshake down, so clients set a limit: Go and rustls at 8192 bits, OpenSSL at \
                16384.",
        fix: "Take a key of 2048 to 4096 bits, or P-256, and have a certificate issued for it.",
        refused_by: &[("Go", "tls: server sent certificate containing RSA key larger than 8192 bits")],
        accepted_by: "OpenSSL up to 16384 bits",
        keys: &[CERTIFICATE, KEY, BITS],
        source: "limits of the clients",
    },
    Page {
        id: Id::KeyRsaExponent,
        title: "The public exponent of the RSA key is out of the ordinary",
        summary: "[{certificate}: ]{key}, its exponent is {fault}",
        cause: "Nearly all keys have the exponent 65537. Smaller ones make mistakes elsewhere dangerous, even ones and \
                1 do not protect anything, and some TLS libraries refuse what looks odd.",
        fix: "Make a new key with current software (openssl genpkey -algorithm RSA takes 65537) and have a certificate \
                issued for it.",
        refused_by: &[],
        accepted_by: "many clients when the exponent is 3 or 17",
        keys: &[CERTIFICATE, KEY, ("exponent", "the exponent in hex"), FAULT],
        source: "Baseline Requirements section 6.1.6; Mozilla Root Store Policy section 5.2",
    },
    Page {
        id: Id::KeyRsaModulus,
        title: "The modulus of the RSA key is badly made",
        summary: "[{certificate}: ]{key}, its modulus: {fault}",
        cause: "The program that made the key is probably faulty. A modulus with a small factor can be factored; a \
                length that is no whole number of bytes can be a sign of other faults.",
        fix: "Make a new key with current software (openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048) and \
                have a certificate issued for it.",
        refused_by: &[],
        accepted_by: "nearly all clients, which do not look",
        keys: &[CERTIFICATE, KEY, BITS, FAULT],
        source: "Baseline Requirements section 6.1.6; Mozilla Root Store Policy section 5.1",
    },
    Page {
        id: Id::KeyDsa,
        title: "A DSA key",
        summary: "[{certificate}: ]{key}; TLS 1.3 and browsers know no DSA",
        cause: "DSA certificates have left TLS: public CAs do not issue them, and current clients do not offer to \
                verify them.",
        fix: "Make a P-256 or RSA key and have a certificate issued for it.",
        refused_by: &[("Chrome", "ERR_SSL_VERSION_OR_CIPHER_MISMATCH"), ("Firefox", "SSL_ERROR_NO_CYPHER_OVERLAP")],
        accepted_by: "",
        keys: &[CERTIFICATE, KEY, BITS],
        source: "Baseline Requirements section 6.1.5; RFC 8446 section 4.2.3",
    },
    Page {
        id: Id::KeyEcWeakCurve,
        title: "A key on a curve that clients do not take",
        summary: "[{certificate}: ]a key on {curve}",
        cause: "Clients take P-256, P-384 and partly P-521. With a leaf on another curve most of them find no \
                signature scheme in common with the server.",
        fix: "Make a P-256 key (openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256) and have a certificate \
                issued for it.",
        refused_by: NO_OVERLAP,
        accepted_by: "",
        keys: &[CERTIFICATE, KEY, ("curve", "the curve, or its object identifier")],
        source: "Baseline Requirements section 6.1.5",
    },
    Page {
        id: Id::KeyEcP521,
        title: "A key on P-521, which Chrome does not take",
        summary: "leaf key on {key}",
        cause: "Chrome does not offer the signature scheme for P-521 (ecdsa_secp521r1_sha512), and finds nothing in \
                common with the server.",
        fix: "Make a P-256 or P-384 key and have a certificate issued for it.",
        refused_by: &[("Chrome", "ERR_SSL_VERSION_OR_CIPHER_MISMATCH")],
        accepted_by: "OpenSSL, curl, Node, Go, Java, GnuTLS and Firefox",
        keys: &[KEY],
        source: "Baseline Requirements section 6.1.5 allows P-521; RFC 8446 section 4.2.3 leaves it to the client",
    },
    Page {
        id: Id::KeyEddsa,
        title: "An Ed25519 or Ed448 key, which browsers do not take",
        summary: "leaf key is {key}",
        cause: "Browsers do not offer Ed25519 or Ed448 for certificates, and public CAs may not certify such keys.",
        fix: "For browsers make a P-256 key and have a certificate issued for it; a server may hold both certificates \
                (nginx: ssl_certificate twice). Nothing to do between programs of your own.",
        refused_by: &[("Chrome", "ERR_SSL_VERSION_OR_CIPHER_MISMATCH"), ("Firefox", "SSL_ERROR_NO_CYPHER_OVERLAP")],
        accepted_by: "OpenSSL, curl, Node, Go, Java and GnuTLS (Ed25519)",
        keys: &[KEY],
        source: "Baseline Requirements section 6.1.5; RFC 8410",
    },
    Page {
        id: Id::KeyEcExplicitParams,
        title: "The key describes its curve in numbers and not by name",
        summary: "[{certificate}: ]{key}",
        cause: "A key must name its curve. Parameters written out allow an attacker to choose the base point \
                (CVE-2020-0601), so clients refuse them.",
        fix: "Make the key again with a named curve (openssl: -param_enc named_curve, which has been the default since \
                1.1.0) and have a certificate issued for it.",
        refused_by: &[("OpenSSL", "Certificate public key has explicit ECC parameters (94)")],
        accepted_by: "",
        keys: &[CERTIFICATE, KEY],
        source: "RFC 5480 section 2.1.1",
    },
    Page {
        id: Id::KeyRsaPssSpki,
        title: "The key is bound to RSA-PSS",
        summary: "[{certificate}: ]{key}, marked for RSASSA-PSS alone",
        cause: "The key is of the kind id-RSASSA-PSS, which browsers do not take. PSS signatures in TLS work with an \
                ordinary RSA key.",
        fix: "Make an ordinary RSA key (openssl genpkey -algorithm RSA, not RSA-PSS) or a P-256 key, and have a \
                certificate issued for it.",
        refused_by: &[],
        accepted_by: "",
        keys: &[CERTIFICATE, KEY],
        source: "Mozilla Root Store Policy section 5.1.1",
    },
    Page {
        id: Id::KeyPq,
        title: "A post-quantum key (ML-DSA)",
        summary: "leaf key is {key}",
        cause: "No browser takes ML-DSA certificates yet.",
        fix: "Nothing to do between programs of your own that agree on it; for everybody else serve a P-256 or RSA \
                certificate as well.",
        refused_by: &[],
        accepted_by: "",
        keys: &[KEY],
        source: "RFC 9881",
    },
    Page {
        id: Id::KeyCompromised,
        title: "The private key is known to others",
        summary: "[{certificate}: ]{key}: {what}",
        cause: "The key was published (Superfish, eDellRoot and webpack-dev-server shipped theirs to everybody), or it \
                was made so badly that it can be computed (Debian's OpenSSL of 2006 to 2008, chips with the ROCA \
                fault). Anybody can pose as the server with it.",
        fix: "Make a new key now (openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256), have a certificate \
                issued for it, and have this one revoked. For a product: a key of its own for each device.",
        refused_by: &[
            ("Android", "Certificate blocklisted by public key"),
            ("Apple", "Key is blocked"),
            ("Chrome", "NET::ERR_CERT_KNOWN_INTERCEPTION_BLOCKED"),
        ],
        accepted_by: "clients without such a list",
        keys: &[
            CERTIFICATE,
            KEY,
            ("what", "which published key or which weakness it is"),
            ("spki_sha256", "the SHA-256 fingerprint of the public key (SubjectPublicKeyInfo)"),
        ],
        source: "Baseline Requirements section 6.1.1.3",
    },
];
