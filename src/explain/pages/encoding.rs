//! Chapter "Encoding".

use super::Page;
use super::words::CERTIFICATE;
use crate::model::FindingId as Id;

const FAULT: (&str, &str) = ("fault", "what is wrong");
const PURPOSES: (&str, &str) = ("purposes", "the purposes in extKeyUsage");
const POLICIES: (&str, &str) = ("policies", "the policies that it names");

pub(super) static PAGES: &[Page] = &[
    Page {
        id: Id::CertUnparseable,
        title: "A certificate that cannot be read",
        summary: "[{certificate}: ]cannot read {parts}",
        cause: "The bytes are no well-formed certificate: the file is cut off or damaged, or the software that made it \
                is broken. tlscope goes on with the parts that it can read.",
        fix: "Install the certificate anew from the CA (openssl x509 -in FILE -noout -text must read it); if the \
                original is damaged too, have it reissued.",
        refused_by: &[("Chrome", "ERR_SSL_SERVER_CERT_BAD_FORMAT"), ("rustls", "BadDer")],
        accepted_by: "clients with a lenient parser, when they do not need the damaged part",
        keys: &[CERTIFICATE, ("parts", "the parts that cannot be read")],
        source: "ITU-T X.690; RFC 5280 section 4.1",
    },
    Page {
        id: Id::DerNonCanonical,
        title: "The certificate is not written in strict DER",
        summary: "[{certificate}: ]{at}: {fault}",
        cause: "DER has one way to write each value, and the software that made the certificate took another. Lenient \
                parsers read it all the same; strict ones, such as those of Go 1.23 and later and of rustls, refuse \
                the certificate.",
        fix: "Have it reissued with current CA software; for a device certificate this means new firmware or a new \
                provisioning tool. Mending the bytes by hand breaks the signature.",
        refused_by: &[],
        accepted_by: "OpenSSL",
        keys: &[CERTIFICATE, ("fault", "what is not DER"), ("at", "the field or extension where it is")],
        source: "ITU-T X.690; RFC 5280 section 4.1",
    },
    Page {
        id: Id::CertV1,
        title: "The certificate is not of X.509 version 3",
        summary: "[{certificate}: ]version {version}, and 3 is needed",
        cause: "Versions 1 and 2 have no extensions, so there is no subjectAltName and no mark of a CA. Such \
                certificates come from old devices, or from an older openssl x509 -req without -extfile.",
        fix: "Reissue it with extensions (openssl x509 -req: in the file given by -extfile, subjectAltName for a \
                server, basicConstraints = critical, CA:TRUE for a CA).",
        refused_by: &[
            ("Chrome", "NET::ERR_CERT_COMMON_NAME_INVALID"),
            ("Firefox", "SSL_ERROR_BAD_CERT_DOMAIN; for a CA MOZILLA_PKIX_ERROR_V1_CERT_USED_AS_CA"),
            ("Go", "certificate relies on legacy Common Name field, use SANs instead"),
            ("rustls", "UnsupportedCertVersion"),
        ],
        accepted_by: "OpenSSL, curl, Node, Java and GnuTLS",
        keys: &[CERTIFICATE, ("version", "the version, counted from 1")],
        source: "RFC 5280 section 4.1.2.1; Baseline Requirements section 7.1.1",
    },
    Page {
        id: Id::ExtInV1V2,
        title: "A field that the certificate must not have in its version",
        summary: "[{certificate}: ]{what} in a certificate of version {version}",
        cause: "Extensions need version 3. The unique identifiers need version 2 or 3, and CAs must not write them at \
                all any more. The software that made the certificate is faulty or very old.",
        fix: "Have it reissued as version 3, with extensions and without unique identifiers (current OpenSSL does so \
                by itself).",
        refused_by: &[("OpenSSL", "Using cert extension requires at least X509v3 (93), in strict mode")],
        accepted_by: "",
        keys: &[
            CERTIFICATE,
            ("version", "the version, counted from 1"),
            ("what", "the field: extensions, issuerUniqueID or subjectUniqueID"),
        ],
        source: "RFC 5280 sections 4.1.2.8 and 4.1.2.9",
    },
    Page {
        id: Id::SerialBad,
        title: "The serial number is not as it must be",
        summary: "[{certificate}: ]serial {serial}: {fault}",
        cause: "A serial number has to be positive and at most 20 bytes long; one from a public CA also holds 64 \
                random bits. Small numbers are typical of home-made CAs and devices, zero and negative ones of faulty \
                software.",
        fix: "Reissue it with a random serial number (openssl ca: -rand_serial; openssl x509 -req: without -set_serial \
                and -CAserial).",
        refused_by: &[("Go", "x509: negative serial number")],
        accepted_by: "all measured clients, when it is small and positive",
        keys: &[CERTIFICATE, ("serial", "the serial number in hex"), FAULT],
        source: "RFC 5280 section 4.1.2.2; Baseline Requirements section 7.1",
    },
    Page {
        id: Id::IssuerEmpty,
        title: "The certificate does not name its issuer",
        summary: "[{certificate}: ]the issuer's name is empty",
        cause: "Clients look for the issuer by its name, so every certificate has to give one. The CA that signed this \
                one has no name itself, or its software left it out.",
        fix: "Give the CA certificate a subject (openssl req: -subj \"/CN=Example CA\") and reissue this one from it.",
        refused_by: &[
            ("OpenSSL", "Issuer name empty (83), in strict mode"),
            ("Firefox", "MOZILLA_PKIX_ERROR_EMPTY_ISSUER_NAME"),
        ],
        accepted_by: "",
        keys: &[CERTIFICATE],
        source: "RFC 5280 section 4.1.2.4",
    },
    Page {
        id: Id::SubjectEmptySanNoncritical,
        title: "The subject is empty, and subjectAltName is not critical",
        summary: "[{certificate}: ]empty subject, and subjectAltName is not marked critical",
        cause: "Without a subject the alternative names are the only ones, so they have to be marked critical. Only \
                strict verifiers mind.",
        fix: "Reissue it with subjectAltName = critical, DNS:example.com, or with a subject.",
        refused_by: &[("OpenSSL", "Subject empty and Subject Alt Name extension not critical (88), in strict mode")],
        accepted_by: "OpenSSL, curl, Node, Go, Java, GnuTLS, Chrome and Firefox in their usual mode",
        keys: &[CERTIFICATE],
        source: "RFC 5280 section 4.2.1.6",
    },
    Page {
        id: Id::SanCriticalWithSubject,
        title: "subjectAltName is critical although there is a subject",
        summary: "subjectAltName is marked critical, and the subject is {subject}",
        cause: "Public CAs mark subjectAltName critical only when the subject is empty. No client minds.",
        fix: "Nothing needs to be done; leave out critical when the certificate is next issued (openssl: \
                subjectAltName = DNS:example.com).",
        refused_by: &[],
        accepted_by: "",
        keys: &[("subject", "the subject's name")],
        source: "RFC 5280 section 4.2.1.6; Baseline Requirements section 7.1.2.7.12",
    },
    Page {
        id: Id::SkiAkiMissing,
        title: "A key identifier is missing or badly written",
        summary: "[{certificate}: ]{fault}",
        cause: "subjectKeyIdentifier and authorityKeyIdentifier help clients to find the issuer. Most do without, but \
                strict verifiers refuse, among them Python 3.13 by default.",
        fix: "Reissue it with both and neither critical (openssl: subjectKeyIdentifier = hash and \
                authorityKeyIdentifier = keyid).",
        refused_by: &[
            (
                "OpenSSL",
                "Missing Authority Key Identifier (85), or Missing Subject Key Identifier (86), in strict mode",
            ),
            ("Python", "Missing Authority Key Identifier"),
        ],
        accepted_by: "browsers",
        keys: &[CERTIFICATE, FAULT],
        source: "RFC 5280 sections 4.2.1.1 and 4.2.1.2",
    },
    Page {
        id: Id::AiaBad,
        title: "The pointer to the issuer or the OCSP responder is badly written",
        summary: "[{certificate}: ]{fault}[: {url}]",
        cause: "authorityInfoAccess says where the issuer's certificate and the OCSP responder are. It must not be \
                critical, and public CAs give plain http URLs in it, each once. Clients that complete a chain by it \
                may fail.",
        fix: "Send the intermediates along (nginx: ssl_certificate with fullchain.pem), so that nobody needs the \
                pointer. The pointer itself is for the CA to mend, with the next certificate.",
        refused_by: &[],
        accepted_by: "",
        keys: &[CERTIFICATE, FAULT, ("url", "the URL at fault; can be empty")],
        source: "RFC 5280 section 4.2.2.1; Baseline Requirements section 7.1.2.7.7",
    },
    Page {
        id: Id::CdpMissing,
        title: "The certificate names no revocation list",
        summary: "no CRL and no OCSP responder, yet valid for {days:days}",
        cause: "A public CA has to say where its revocation list is, unless it names an OCSP responder or the \
                certificate lives for 7 days at most (10 when issued before 2026-03-15). It is the CA that broke the \
                rule; no client refuses it.",
        fix: "Tell the CA and have the certificate reissued; nothing on the server can mend it.",
        refused_by: &[],
        accepted_by: "",
        keys: &[("days", "how long it is valid, in days")],
        source: "Baseline Requirements section 7.1.2.11.2",
    },
    Page {
        id: Id::CdpNotHttp,
        title: "The revocation list is not at an http URL",
        summary: "[{certificate}: ]revocation list at {url}",
        cause: "Clients fetch revocation lists by plain http. An ldap URL works inside one company at best, and to \
                open an https one a client would first need the check that the list is for.",
        fix: "Have it reissued with an http URL (openssl: crlDistributionPoints = URI:http://ca.example/ca.crl).",
        refused_by: &[],
        accepted_by: "",
        keys: &[CERTIFICATE, ("url", "the URL of the list")],
        source: "Baseline Requirements section 7.1.2.11.2",
    },
    Page {
        id: Id::PolicyOidMissing,
        title: "The certificate does not say how its holder was checked",
        summary: "none of the public CAs' reserved policies[, only {policies}]",
        cause: "A public CA names one of the reserved policies: 2.23.140.1.2.1 (domain), 2.23.140.1.2.2 \
                (organisation), 2.23.140.1.2.3 (individual) or 2.23.140.1.1 (extended validation). Here all are \
                missing; no client refuses it.",
        fix: "Nothing to do on the server; it is for the CA to mend, with the next certificate.",
        refused_by: &[],
        accepted_by: "",
        keys: &[POLICIES],
        source: "Baseline Requirements section 7.1.2.7.9",
    },
    Page {
        id: Id::PolicyMultiple,
        title: "The certificate's policies are not the one that belongs there",
        summary: "{fault}: {policies}",
        cause: "A public CA names exactly one of the reserved policies (domain, organisation, individual, extended \
                validation), for they exclude each other, and adds no qualifiers. No client refuses it.",
        fix: "Nothing to do on the server; it is for the CA to mend, with the next certificate.",
        refused_by: &[],
        accepted_by: "",
        keys: &[POLICIES, ("fault", "what is wrong with them")],
        source: "Baseline Requirements section 7.1.2.7.9",
    },
    Page {
        id: Id::DnBad,
        title: "A name in the certificate is badly written",
        summary: "[{certificate}: ]{attribute}: {fault}",
        cause: "A part of the subject or the issuer breaks the rules for its form: too long, a wrong string type, \
                control characters, spaces at the ends, given twice, or not allowed any more (organizationalUnitName \
                since 2022-09-01). No client refuses it.",
        fix: "Nothing to do on the server; have the name corrected with the next certificate.",
        refused_by: &[],
        accepted_by: "",
        keys: &[CERTIFICATE, ("attribute", "the attribute of the name"), FAULT],
        source: "RFC 5280 appendix A.1; Baseline Requirements section 7.1.4.2",
    },
    Page {
        id: Id::AlgParamsBad,
        title: "The parameters of an algorithm are badly written",
        summary: "[{certificate}: ]{algorithm}, {at}: {fault}",
        cause: "An RSA key, and a signature by RSA with PKCS #1, has NULL as its parameters, and a signature by ECDSA \
                has none. The software that made the certificate wrote it otherwise; a strict parser then does not \
                know the algorithm.",
        fix: "Have it reissued with current software (OpenSSL writes the right form by itself).",
        refused_by: &[],
        accepted_by: "rustls, where a signature lacks the NULL of RSA",
        keys: &[CERTIFICATE, ("algorithm", "the algorithm"), FAULT, ("at", "where it is: signature or public key")],
        source: "RFC 4055 section 5; RFC 5758 section 3.2; Baseline Requirements section 7.1.3",
    },
    Page {
        id: Id::CertPolicyDvOvConflict,
        title: "The policy and the subject do not fit together",
        summary: "policy {policy}: {fault}",
        cause: "The policy says how the holder was checked, and the subject says otherwise: with domain validation it \
                must not name an organisation or a street, with organisation validation it has to name the \
                organisation. No client refuses it.",
        fix: "Nothing to do on the server; it is for the CA to mend, with the next certificate.",
        refused_by: &[],
        accepted_by: "",
        keys: &[("policy", "the policy that it names"), FAULT],
        source: "Baseline Requirements sections 7.1.2.7.2 to 7.1.2.7.4",
    },
    Page {
        id: Id::EkuCritical,
        title: "extKeyUsage is marked critical",
        summary: "extKeyUsage is marked critical[: {purposes}]",
        cause: "Public CAs must not mark it so in a server certificate. No client refuses it, for all know the \
                extension.",
        fix: "Nothing needs to be done; leave out critical when the certificate is next issued (openssl: \
                extendedKeyUsage = serverAuth).",
        refused_by: &[],
        accepted_by: "",
        keys: &[PURPOSES],
        source: "Baseline Requirements section 7.1.2.7.6",
    },
    Page {
        id: Id::EkuOnRoot,
        title: "A root certificate has extKeyUsage",
        summary: "{certificate} is a root and has extKeyUsage[: {purposes}]",
        cause: "Public roots must not have it: the limits belong in the CAs below. No client refuses it.",
        fix: "Nothing needs to be done; make the next root without extendedKeyUsage.",
        refused_by: &[],
        accepted_by: "",
        keys: &[CERTIFICATE, PURPOSES],
        source: "Baseline Requirements section 7.1.2.1",
    },
];
