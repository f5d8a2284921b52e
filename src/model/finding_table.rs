//! The table of finding ids: the public names, with the severity a defect has for a publicly
//! trusted chain and the kind of thing it is about.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Severity, SubjectKind};

macro_rules! finding_table {
    ($($section:literal: [$($variant:ident $id:literal $severity:ident $subject:ident;)*])*) => {
        /// The stable name of a defect. Written in kebab case; a name is never changed, only added.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs)] // `explain` says what each of them is
        pub enum FindingId {
            $($($variant,)*)*
        }

        impl FindingId {
            /// Every id, in the order of the catalogue.
            pub const ALL: &[Self] = &[$($(Self::$variant,)*)*];

            /// The name.
            pub fn as_str(self) -> &'static str {
                match self { $($(Self::$variant => $id,)*)* }
            }

            /// How bad it is unless the case says otherwise.
            pub fn severity(self) -> Severity {
                match self { $($(Self::$variant => Severity::$severity,)*)* }
            }

            /// What it is about.
            pub fn subject(self) -> SubjectKind {
                match self { $($(Self::$variant => SubjectKind::$subject,)*)* }
            }

            /// The chapter of the catalogue it stands in.
            pub fn section(self) -> &'static str {
                match self { $($(Self::$variant => $section,)*)* }
            }
        }
    };
}

finding_table! {
    "Validity": [
        CertExpired "cert-expired" Fatal Leaf;
        CertNotYetValid "cert-not-yet-valid" Fatal Leaf;
        IntermediateExpired "intermediate-expired" Fatal Intermediate;
        IntermediateNotYetValid "intermediate-not-yet-valid" Fatal Intermediate;
        AnchorExpired "anchor-expired" Error Anchor;
        CertExpiringSoon "cert-expiring-soon" Warning Leaf;
        IntermediateExpiringSoon "intermediate-expiring-soon" Warning Intermediate;
        ValidityInverted "validity-inverted" Fatal Leaf;
        ValidityOverBr "validity-over-br" Warning Leaf;
        ValidityOverApple398 "validity-over-apple-398" Error Leaf;
        ValidityOverApple825 "validity-over-apple-825" Error Leaf;
        ValidityOutlivesIssuer "validity-outlives-issuer" Info Leaf;
        CertBackdated "cert-backdated" Warning Leaf;
        TimeEncodingBad "time-encoding-bad" Warning Leaf;
    ]
    "Name": [
        NameMismatch "name-mismatch" Fatal Leaf;
        NameCnOnly "name-cn-only" Error Leaf;
        NameNone "name-none" Fatal Leaf;
        SanIgnoredCnFallback "san-ignored-cn-fallback" Error Leaf;
        IpNotInSan "ip-not-in-san" Fatal Leaf;
        IpInDnsname "ip-in-dnsname" Error Leaf;
        WildcardTooDeep "wildcard-too-deep" Fatal Leaf;
        WildcardPartial "wildcard-partial" Error Leaf;
        WildcardTldOrBare "wildcard-tld-or-bare" Error Leaf;
        SanTrailingDot "san-trailing-dot" Error Leaf;
        SanUnderscore "san-underscore" Info Leaf;
        SanUlabel "san-ulabel" Error Leaf;
        SanNullOrBadChar "san-null-or-bad-char" Fatal Leaf;
        SanEmpty "san-empty" Error Leaf;
        SanNonDnsTypes "san-non-dns-types" Warning Leaf;
        SanReservedName "san-reserved-name" Warning Leaf;
        CnNotInSan "cn-not-in-san" Warning Leaf;
        SanDuplicate "san-duplicate" Info Leaf;
        CertMessageTooLarge "cert-message-too-large" Error Handshake;
        SniDiffers "sni-differs" Info Client;
    ]
    "Trust and chain": [
        ChainMissingIntermediate "chain-missing-intermediate" Error Chain;
        ChainUnknownCa "chain-unknown-ca" Fatal Chain;
        ChainIncompleteUndetermined "chain-incomplete-undetermined" Error Chain;
        LeafSelfSigned "leaf-self-signed" Fatal Leaf;
        ChainOutOfOrder "chain-out-of-order" Warning Chain;
        ChainLeafNotFirst "chain-leaf-not-first" Fatal Chain;
        ChainContainsRoot "chain-contains-root" Info Chain;
        ChainExtraCerts "chain-extra-certs" Info Chain;
        ChainDuplicate "chain-duplicate" Info Chain;
        ChainWrongIntermediate "chain-wrong-intermediate" Fatal Chain;
        ChainIssuerNameMismatch "chain-issuer-name-mismatch" Fatal Chain;
        ChainEmpty "chain-empty" Fatal Chain;
        ChainDnEncoding "chain-dn-encoding" Warning Chain;
        ChainAkiMismatch "chain-aki-mismatch" Warning Chain;
        ChainExpiredCrossSign "chain-expired-cross-sign" Warning Chain;
        ChainTooLong "chain-too-long" Error Chain;
        ChainLoop "chain-loop" Error Chain;
        ChainVaries "chain-varies" Warning Chain;
        RootDistrustedAfter "root-distrusted-after" Error Anchor;
        RootRemoved "root-removed" Fatal Anchor;
        RootUserInstalledOnly "root-user-installed-only" Info Anchor;
        RootNotInStore "root-not-in-store" Warning Anchor;
        AiaUnreachable "aia-unreachable" Warning Chain;
    ]
    "Signature and key": [
        SigMd "sig-md" Fatal Leaf;
        SigSha1 "sig-sha1" Error Leaf;
        SigSha1Handshake "sig-sha1-handshake" Error Handshake;
        SigInvalid "sig-invalid" Fatal Leaf;
        SigAlgMismatch "sig-alg-mismatch" Fatal Leaf;
        SigAlgUnsupported "sig-alg-unsupported" Error Leaf;
        HandshakeSignatureInvalid "handshake-signature-invalid" Fatal Handshake;
        KeyRsaUnder1024 "key-rsa-under-1024" Fatal Leaf;
        KeyRsaUnder2048 "key-rsa-under-2048" Error Leaf;
        KeyRsaOver8192 "key-rsa-over-8192" Error Leaf;
        KeyRsaExponent "key-rsa-exponent" Error Leaf;
        KeyRsaModulus "key-rsa-modulus" Warning Leaf;
        KeyDsa "key-dsa" Error Leaf;
        KeyEcWeakCurve "key-ec-weak-curve" Error Leaf;
        KeyEcP521 "key-ec-p521" Warning Leaf;
        KeyEddsa "key-eddsa" Warning Leaf;
        KeyEcExplicitParams "key-ec-explicit-params" Fatal Leaf;
        KeyRsaPssSpki "key-rsa-pss-spki" Warning Leaf;
        KeyPq "key-pq" Info Leaf;
        KeyCompromised "key-compromised" Fatal Leaf;
    ]
    "Usage and constraints": [
        EkuNoServerauth "eku-no-serverauth" Fatal Leaf;
        EkuAbsent "eku-absent" Warning Leaf;
        EkuAnyOnly "eku-any-only" Warning Leaf;
        EkuClientauth "eku-clientauth" Info Leaf;
        EkuIntermediate "eku-intermediate" Error Intermediate;
        KuNoDigsig "ku-no-digsig" Error Leaf;
        KuNoKeyenc "ku-no-keyenc" Warning Leaf;
        KuCertsignOnly "ku-certsign-only" Error Leaf;
        KuLeafCertsign "ku-leaf-certsign" Warning Leaf;
        KuCaNoCertsign "ku-ca-no-certsign" Fatal Intermediate;
        BcNotCa "bc-not-ca" Fatal Intermediate;
        BcLeafIsCa "bc-leaf-is-ca" Warning Leaf;
        BcNotCritical "bc-not-critical" Warning Intermediate;
        PathlenExceeded "pathlen-exceeded" Fatal Intermediate;
        NcViolation "nc-violation" Fatal Leaf;
        NcMalformed "nc-malformed" Error Intermediate;
        NcNotCritical "nc-not-critical" Info Intermediate;
        PolicyViolation "policy-violation" Warning Chain;
        ExtUnknownCritical "ext-unknown-critical" Fatal Leaf;
        ExtDuplicate "ext-duplicate" Error Leaf;
        EkuCritical "eku-critical" Info Leaf;
        EkuOnRoot "eku-on-root" Info Anchor;
    ]
    "Encoding": [
        CertUnparseable "cert-unparseable" Fatal Leaf;
        DerNonCanonical "der-non-canonical" Error Leaf;
        CertV1 "cert-v1" Error Leaf;
        ExtInV1V2 "ext-in-v1-v2" Error Leaf;
        SerialBad "serial-bad" Warning Leaf;
        IssuerEmpty "issuer-empty" Fatal Leaf;
        SubjectEmptySanNoncritical "subject-empty-san-noncritical" Warning Leaf;
        SanCriticalWithSubject "san-critical-with-subject" Info Leaf;
        SkiAkiMissing "ski-aki-missing" Warning Intermediate;
        AiaBad "aia-bad" Warning Leaf;
        CdpMissing "cdp-missing" Warning Leaf;
        CdpNotHttp "cdp-not-http" Warning Leaf;
        PolicyOidMissing "policy-oid-missing" Warning Leaf;
        PolicyMultiple "policy-multiple" Warning Leaf;
        DnBad "dn-bad" Info Leaf;
        AlgParamsBad "alg-params-bad" Error Leaf;
        CertPolicyDvOvConflict "cert-policy-dv-ov-conflict" Info Leaf;
    ]
    "Revocation": [
        RevokedOcsp "revoked-ocsp" Fatal Revocation;
        RevokedCrl "revoked-crl" Fatal Revocation;
        IntermediateRevoked "intermediate-revoked" Fatal Revocation;
        NoRevocationInfo "no-revocation-info" Info Leaf;
        CrlUnreachable "crl-unreachable" Warning Revocation;
        CrlExpired "crl-expired" Warning Revocation;
        CrlBadSignature "crl-bad-signature" Warning Revocation;
        CrlScope "crl-scope" Warning Revocation;
        CrlMalformed "crl-malformed" Warning Revocation;
        OcspUnreachable "ocsp-unreachable" Info Revocation;
        OcspUnknown "ocsp-unknown" Warning Revocation;
        MustStapleMissing "must-staple-missing" Error Handshake;
        StapleMissing "staple-missing" Info Handshake;
        StapleExpired "staple-expired" Warning Revocation;
        StapleFuture "staple-future" Warning Revocation;
        StapleWrongCert "staple-wrong-cert" Warning Revocation;
        StapleBadSigner "staple-bad-signer" Error Revocation;
        StapleErrorStatus "staple-error-status" Warning Revocation;
        OcspSignerIsCa "ocsp-signer-is-ca" Info Intermediate;
    ]
    "Certificate Transparency": [
        CtNoSct "ct-no-sct" Error Leaf;
        CtTooFew "ct-too-few" Error Leaf;
        CtSctBadSignature "ct-sct-bad-signature" Warning Leaf;
        CtLogUnknownOrRetired "ct-log-unknown-or-retired" Info Leaf;
        CtSctFuture "ct-sct-future" Warning Leaf;
        CtPrecertServed "ct-precert-served" Fatal Leaf;
        CtEmptyList "ct-empty-list" Error Leaf;
    ]
    "Protocol and handshake": [
        ProtoTls1011Only "proto-tls10-11-only" Fatal Handshake;
        ProtoSslv3Only "proto-sslv3-only" Fatal Handshake;
        ProtoNoTls13 "proto-no-tls13" Info Handshake;
        CipherNoOverlap "cipher-no-overlap" Fatal Handshake;
        CipherStaticRsaOnly "cipher-static-rsa-only" Error Handshake;
        CipherDheOnly "cipher-dhe-only" Error Handshake;
        CipherCbcOnly "cipher-cbc-only" Warning Handshake;
        CipherWeak "cipher-weak" Fatal Handshake;
        DhWeak "dh-weak" Error Handshake;
        KxGroupUnsupported "kx-group-unsupported" Error Handshake;
        SigschemeUnoffered "sigscheme-unoffered" Error Handshake;
        AlertUnrecognizedName "alert-unrecognized-name" Error Handshake;
        AlpnMismatch "alpn-mismatch" Error Handshake;
        NotTls "not-tls" Fatal Handshake;
        HandshakeTruncated "handshake-truncated" Fatal Handshake;
        HandshakeReset "handshake-reset" Fatal Handshake;
        HandshakeTimeout "handshake-timeout" Fatal Handshake;
        HandshakeMalformed "handshake-malformed" Fatal Handshake;
        AlertInternalError "alert-internal-error" Error Handshake;
        AlertDecodeError "alert-decode-error" Error Handshake;
        AlertIllegalParameter "alert-illegal-parameter" Error Handshake;
        AlertInsufficientSecurity "alert-insufficient-security" Error Handshake;
        AlertOther "alert-other" Error Handshake;
        TlsDowngradeSentinel "tls-downgrade-sentinel" Error Handshake;
        TlsCompression "tls-compression" Warning Handshake;
        RenegInsecure "reneg-insecure" Warning Handshake;
        EmsMissing "ems-missing" Warning Handshake;
        CloseWithoutNotify "close-without-notify" Info Handshake;
    ]
    "Further probes": [
        ProtoTls1011Offered "proto-tls10-11-offered" Warning Handshake;
        ProtoSslv2 "proto-sslv2" Fatal Handshake;
        ProtoSslv3 "proto-sslv3" Error Handshake;
        ProtoTls13Only "proto-tls13-only" Warning Handshake;
        ProtoIntolerant "proto-intolerant" Error Handshake;
        NameDefaultVhost "name-default-vhost" Info Handshake;
        SniFiltered "sni-filtered" Error Handshake;
    ]
    "Client authentication": [
        ClientCertRequired "client-cert-required" Fatal Handshake;
        ClientCertRequested "client-cert-requested" Info Handshake;
        ClientCertRejected "client-cert-rejected" Fatal Handshake;
        ClientCaListEmptyOrForeign "client-ca-list-empty-or-foreign" Info Handshake;
    ]
    "Network": [
        DnsFail "dns-fail" Fatal Network;
        TcpRefused "tcp-refused" Fatal Network;
        TcpTimeout "tcp-timeout" Fatal Network;
        TcpUnreachable "tcp-unreachable" Fatal Network;
        TcpReset "tcp-reset" Fatal Network;
        UpstreamProxyFailed "upstream-proxy-failed" Fatal Network;
        UpstreamProxyLogin "upstream-proxy-login" Fatal Network;
        UpstreamProxyRefused "upstream-proxy-refused" Fatal Network;
        ClockSkew "clock-skew" Warning Network;
        InterceptionUpstream "interception-upstream" Error Network;
        CaptivePortal "captive-portal" Warning Network;
        HstsNoOverride "hsts-no-override" Info Network;
    ]
    "Client and tlscope": [
        ClientRejectedProxyCa "client-rejected-proxy-ca" Error Client;
        ClientStaleCa "client-stale-ca" Error Client;
        AppIgnoresCa "app-ignores-ca" Error Client;
        AndroidUserCa "android-user-ca" Error Client;
        PinSuspected "pin-suspected" Error Client;
        ClientRefusedName "client-refused-name" Error Client;
        ClientRefusedDate "client-refused-date" Error Client;
        ClientNothingShared "client-nothing-shared" Error Client;
        ClientEnforcesCt "client-enforces-ct" Error Client;
        ClientGaveUp "client-gave-up" Warning Client;
        ClientProbe "client-probe" Info Client;
        ClientHandshakeFailed "client-handshake-failed" Error Client;
        ClientHelloUnreadable "client-hello-unreadable" Info Client;
        ClientSilent "client-silent" Info Client;
        ClientNotAllowed "client-not-allowed" Warning Client;
        ClientTooManyConnections "client-too-many-connections" Warning Client;
        TunnelledLegacyServer "tunnelled-legacy-server" Info Tlscope;
        TunnelledLegacyClient "tunnelled-legacy-client" Info Tlscope;
        TunnelledByPolicy "tunnelled-by-policy" Info Tlscope;
        TunnelObserved "tunnel-observed" Info Tlscope;
        StarttlsNotIntercepted "starttls-not-intercepted" Info Tlscope;
        TargetNotAllowed "target-not-allowed" Warning Tlscope;
        ProxyLoop "proxy-loop" Error Tlscope;
        AnalysisTruncated "analysis-truncated" Warning Tlscope;
        AnalysisFailed "analysis-failed" Error Tlscope;
    ]
}

impl FindingId {
    /// Reads the name.
    pub fn parse(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.as_str() == id)
    }
}

impl fmt::Display for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for FindingId {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for FindingId {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let id = String::deserialize(d)?;
        Self::parse(&id).ok_or_else(|| D::Error::custom(format!("no finding is called {id}")))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_distinct_kebab_case_and_read_back() {
        let distinct: BTreeSet<_> = FindingId::ALL.iter().map(|id| id.as_str()).collect();
        assert_eq!(distinct.len(), FindingId::ALL.len());
        for id in FindingId::ALL {
            assert!(id.as_str().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{id}");
            assert_eq!(FindingId::parse(id.as_str()), Some(*id));
        }
        assert_eq!(FindingId::parse("no-such-finding"), None);
    }
}
