//! Chapter "Trust and chain".

use super::Page;
use super::words::{CERTIFICATE, ISSUER, UNTRUSTED};
use crate::model::FindingId as Id;

const CERTIFICATES: (&str, &str) = ("certificates", "the names of those certificates");
const URLS: (&str, &str) = ("urls", "the URLs where the certificates themselves say their issuer is");

pub(super) static PAGES: &[Page] = &[
    Page {
        id: Id::ChainMissingIntermediate,
        title: "An intermediate certificate is not sent",
        summary: "not sent: {missing}[; found at {urls}]; apps refuse, browsers may cope",
        cause: "The server sends the leaf without the CA certificates between it and the root. Browsers fetch or \
                remember what is missing; most other clients do not, and Android only when it met that intermediate \
                before, so that it works sometimes.",
        fix: "Append {missing}[ (from {urls})] to the certificate file, behind the leaf, and reload. nginx: \
                ssl_certificate with fullchain.pem in place of cert.pem; Apache: SSLCertificateFile with the same \
                file.",
        refused_by: &[
            ("curl", "(60) SSL certificate problem: unable to get local issuer certificate"),
            (
                "OpenSSL",
                "unable to get local issuer certificate (20), then unable to verify the first certificate (21)",
            ),
            ("Android", "Trust anchor for certification path not found."),
            ("Java", "PKIX path building failed: unable to find valid certification path to requested target"),
            ("Node", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
            ("Go", "x509: certificate signed by unknown authority"),
            ("GnuTLS", "The certificate issuer is unknown."),
        ],
        accepted_by: "Chrome, Edge, Safari, iOS and .NET on Windows as a rule, for they fetch it; Firefox when it \
                knows the intermediate",
        keys: &[
            ("missing", "the names of the certificates that are missing"),
            ("missing_sha256", "their SHA-256 fingerprints"),
            ("found_by", "where tlscope has them from: aia (fetched) or seen (another server sent them)"),
            ("urls", "where certificates were fetched from"),
        ],
        source: "RFC 5246 section 7.4.2; RFC 8446 section 4.4.2",
    },
    Page {
        id: Id::ChainUnknownCa,
        title: "The chain ends at a CA that is not trusted",
        summary: "ends at {root}, which is in none of the root sets",
        cause: "The root belongs to a private CA, a test CA, or a box on the way that intercepts TLS.",
        fix: "For the public: get a certificate from a public CA. For a private CA: install {root} in every client \
                that should trust it, and give it to tlscope with --root-file.",
        refused_by: &[
            ("curl", "(60) SSL certificate problem: self-signed certificate in certificate chain"),
            ("OpenSSL", "self-signed certificate in certificate chain (19)"),
            ("Android", "Trust anchor for certification path not found."),
            ("Apple", "Root is not trusted (-67843); NSURLErrorServerCertificateUntrusted (-1202)"),
            ("Chrome", "NET::ERR_CERT_AUTHORITY_INVALID"),
            ("Firefox", "SEC_ERROR_UNKNOWN_ISSUER"),
            ("Java", "PKIX path building failed: unable to find valid certification path to requested target"),
            ("Node", "SELF_SIGNED_CERT_IN_CHAIN, or UNABLE_TO_VERIFY_LEAF_SIGNATURE when the root is not sent"),
            ("Go", "x509: certificate signed by unknown authority"),
            ("GnuTLS", "The certificate issuer is unknown."),
            (".NET", "UntrustedRoot"),
        ],
        accepted_by: "clients in which that root is installed",
        keys: &[
            ("root", "the root's name"),
            ("root_sha256", "its SHA-256 fingerprint"),
            ("root_sent", "whether the server sent it"),
        ],
        source: "RFC 5280 section 6.1",
    },
    Page {
        id: Id::ChainIncompleteUndetermined,
        title: "The chain stops before a root, and the issuer is not known",
        summary: "no issuer of {certificate}: {why}[ (wanted: {issuer})]",
        cause: "The server left certificates out, and they are not to be found elsewhere; so it cannot be told whether \
                a trusted root stands above.",
        fix: "Serve the full chain, leaf first and then each issuer (nginx: ssl_certificate with fullchain.pem). For a \
                private CA give its certificates to tlscope with --root-file to settle the question.",
        refused_by: UNTRUSTED,
        accepted_by: "clients that have the issuer installed or remembered",
        keys: &[CERTIFICATE, ("issuer", "the issuer that the certificate names"), ("why", "why there is none"), URLS],
        source: "RFC 5246 section 7.4.2; RFC 8446 section 4.4.2",
    },
    Page {
        id: Id::LeafSelfSigned,
        title: "The certificate is self-signed",
        summary: "signed with its own key[, {subject}]",
        cause: "Nobody vouches for it: it is the certificate that a device, a framework or a fresh installation makes \
                for itself.",
        fix: "Get a certificate from a public CA (certbot or another ACME client). For a device in a private network \
                issue one from a CA of your own and install that CA in the clients. Nothing to do where this very \
                certificate was installed as trusted on purpose.",
        refused_by: &[
            ("curl", "(60) SSL certificate problem: self-signed certificate"),
            ("OpenSSL", "self-signed certificate (18)"),
            ("Android", "Trust anchor for certification path not found."),
            ("Apple", "Root is not trusted (-67843); NSURLErrorServerCertificateUntrusted (-1202)"),
            ("Chrome", "NET::ERR_CERT_AUTHORITY_INVALID"),
            ("Firefox", "MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT"),
            ("Java", "PKIX path building failed: unable to find valid certification path to requested target"),
            ("Node", "DEPTH_ZERO_SELF_SIGNED_CERT"),
            ("Go", "x509: certificate signed by unknown authority"),
            ("GnuTLS", "The certificate issuer is unknown."),
            (".NET", "UntrustedRoot"),
        ],
        accepted_by: "clients in which it is installed",
        keys: &[("subject", "the name it bears"), ("trusted", "whether a root set holds this very certificate")],
        source: "RFC 5280 section 6.1",
    },
    Page {
        id: Id::ChainOutOfOrder,
        title: "The certificates are sent in the wrong order",
        summary: "the right order of what was sent: {needed_order:nth}",
        cause: "The certificate file was put together in another order. Current clients sort the list themselves; old \
                and small ones take it as it comes.",
        fix: "Put the file in order: the leaf first, then for each certificate its issuer. By their places now that is \
                {needed_order:nth}.",
        refused_by: &[],
        accepted_by: "current clients; Java before 7, GnuTLS before 3 and some embedded clients do not sort",
        keys: &[("needed_order", "the places of the certificates, as sent, in the order that the path needs")],
        source: "RFC 5246 section 7.4.2; RFC 8446 section 4.4.2",
    },
    Page {
        id: Id::ChainLeafNotFirst,
        title: "The first certificate sent is not the leaf",
        summary: "first comes the CA {first}; the leaf {leaf} is number {leaf_index:nth}",
        cause: "The certificate file was put together upside down. The first certificate has to be the one whose \
                private key the server holds.",
        fix: "Put the leaf {leaf} first in the file, then its issuers in order (nginx: ssl_certificate; Apache: \
                SSLCertificateFile), and reload.",
        refused_by: &[
            ("curl", "(60) SSL certificate problem: unsuitable certificate purpose"),
            ("OpenSSL", "unsuitable certificate purpose (26)"),
            ("Chrome", "NET::ERR_CERT_COMMON_NAME_INVALID"),
            ("Firefox", "SSL_ERROR_BAD_CERT_DOMAIN"),
            ("Go", "x509: certificate is valid for ..., not ..."),
            ("GnuTLS", "Key usage violation in certificate has been detected."),
        ],
        accepted_by: "",
        keys: &[
            ("first", "the name of the first certificate"),
            ("leaf", "the name of the one that is meant"),
            ("leaf_index", "its place as sent, counted from 0"),
        ],
        source: "RFC 8446 section 4.4.2",
    },
    Page {
        id: Id::ChainContainsRoot,
        title: "The root is sent along",
        summary: "sent the root {root} as number {sent_index:nth}",
        cause: "A client trusts its own copy of the root or none, so the one sent is of no use.",
        fix: "Nothing needs to be done; leaving the root out of the certificate file saves a kilobyte or two in each \
                handshake.",
        refused_by: &[],
        accepted_by: "",
        keys: &[("root", "the root's name"), ("sent_index", "its place as sent, counted from 0")],
        source: "RFC 5246 section 7.4.2; RFC 8446 section 4.4.2",
    },
    Page {
        id: Id::ChainExtraCerts,
        title: "Certificates are sent that no path needs",
        summary: "not needed: {certificates}",
        cause: "The file holds certificates left over from another chain, often from the CA's previous one.",
        fix: "Nothing needs to be done; leave them out of the certificate file when it is next touched.",
        refused_by: &[],
        accepted_by: "",
        keys: &[CERTIFICATES],
        source: "RFC 8446 section 4.4.2",
    },
    Page {
        id: Id::ChainDuplicate,
        title: "A certificate is sent more than once",
        summary: "sent again: {certificates}",
        cause: "The same certificate stands twice in the file, often because the leaf was put in front of a file that \
                began with it already.",
        fix: "Nothing needs to be done; remove the repeats from the certificate file.",
        refused_by: &[],
        accepted_by: "",
        keys: &[CERTIFICATES, ("at", "the places of the repeats as sent, counted from 0")],
        source: "RFC 8446 section 4.4.2",
    },
    Page {
        id: Id::ChainWrongIntermediate,
        title: "The intermediate sent has the right name and the wrong key",
        summary: "{issuer} as sent ({issuer_key}) did not sign {certificate}",
        cause: "The CA has renewed its key under the same name, and the file holds the intermediate of another \
                generation.",
        fix: "Install the intermediate that came with this certificate (certbot: fullchain.pem of the same renewal) in \
                place of the one sent.",
        refused_by: &[
            ("OpenSSL", "certificate signature failure (7), or unable to get local issuer certificate (20)"),
            ("Java", "signature check failed"),
            (
                "Go",
                "certificate signed by unknown authority (possibly because of \"crypto/rsa: verification error\" ...)",
            ),
        ],
        accepted_by: "clients that find the right intermediate by themselves",
        keys: &[
            CERTIFICATE,
            ISSUER,
            ("issuer_sha256", "the fingerprint of the issuer's certificate"),
            ("issuer_key", "kind and size of its key"),
            ("algorithm", "the signature algorithm"),
        ],
        source: "RFC 5280 section 6.1.3 (a)(1)",
    },
    Page {
        id: Id::ChainIssuerNameMismatch,
        title: "The signer does not bear the name that the certificate gives",
        summary: "{certificate} names the issuer {names}, but was signed by {signed_by}",
        cause: "The CA software is broken: the signature fits the key, but the issuer named in the certificate is not \
                the name in the CA certificate. Clients follow the names.",
        fix: "Reissue the certificate with the subject of the CA certificate, to the byte, as its issuer.",
        refused_by: UNTRUSTED,
        accepted_by: "",
        keys: &[
            CERTIFICATE,
            ("names", "the issuer that the certificate names"),
            ("signed_by", "the subject of the certificate whose key signed it"),
        ],
        source: "RFC 5280 section 6.1.3 (a)(4)",
    },
    Page {
        id: Id::ChainEmpty,
        title: "The server shows no certificate",
        summary: "no certificate in the handshake[ ({suite})]",
        cause: "The server chose an anonymous cipher suite or sent an empty list, so nobody can tell who it is.",
        fix: "Configure a certificate (nginx: ssl_certificate and ssl_certificate_key) and take the anonymous suites \
                out (ssl_ciphers with !aNULL).",
        refused_by: &[
            ("Chrome", "ERR_SSL_PROTOCOL_ERROR, or ERR_SSL_VERSION_OR_CIPHER_MISMATCH"),
            ("rustls", "NoCertificatesPresented"),
        ],
        accepted_by: "",
        keys: &[("suite", "the cipher suite; empty when it is not known")],
        source: "RFC 8446 section 4.4.2",
    },
    Page {
        id: Id::RootNotInStore,
        title: "Some root sets trust the chain and others do not",
        summary: "{anchor} is trusted by {trusted_by}, not by {not_in}",
        cause: "The root is too new for an old store, was taken out of a store, or was installed on this machine only.",
        fix: "If clients with such a store matter, serve a chain to a root that they have (ask the CA for its \
                cross-signed chain) or take another CA; otherwise update the store of the client.",
        refused_by: UNTRUSTED,
        accepted_by: "clients whose store holds that root",
        keys: &[
            ("anchor", "the anchor's name"),
            ("trusted_by", "the root sets that trust the chain"),
            ("not_in", "the root sets that do not"),
        ],
        source: "RFC 5280 section 6.1.1 (d): every client chooses its own anchors",
    },
    Page {
        id: Id::AiaUnreachable,
        title: "The issuer is not where the certificate says it is",
        summary: "no issuer at {url}: {reason}",
        cause: "The certificate names a URL for its issuer, and the issuer did not come from there. Clients that rely \
                on it to complete the chain fail.",
        fix: "Send the intermediates along (nginx: ssl_certificate with fullchain.pem), then nobody has to fetch them. \
                If the URL stays broken, tell the CA.",
        refused_by: &[
            ("Chrome", "NET::ERR_CERT_AUTHORITY_INVALID"),
            ("Apple", "Unable to build chain to root (possible missing intermediate) (-25318)"),
            (".NET", "PartialChain"),
        ],
        accepted_by: "",
        keys: &[("url", "where it should be"), ("reason", "what happened instead")],
        source: "RFC 5280 section 4.2.2.1",
    },
];
