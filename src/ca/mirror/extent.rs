//! What of a server's defects a client can be shown, and by what; the table of docs/mirror.md is made of this one.

use crate::model::FindingId;

/// By what a client is shown a defect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// By the counterpart of the certificate that has it.
    Certificate,
    /// By what is sent with the leaf, in which order, and who signed what.
    Chain,
    /// By the version, the suite or the signature of the handshake.
    Handshake,
    /// By the stapled answer.
    Staple,
    /// By nothing: no client acts on it, or it is not the server's.
    NoClient,
    /// By nothing, though a client might act on it; why not.
    Never(&'static str),
}

impl Extent {
    /// Whether a client might act on the defect, shown or not.
    pub fn may_be_acted_on(self) -> bool {
        self != Self::NoClient
    }
}

/// Whether a client might act on the defect.
pub fn may_be_acted_on(id: FindingId) -> bool {
    extent(id).may_be_acted_on()
}

const ANCHOR: &str = "it is the root's, and tlscope's CA stands in its place";
const PUBLIC: &str = "clients ask for it below public roots alone, and tlscope's CA is none";
const FETCHED: &str = "it is said elsewhere than in the connection, by somebody whose signature tlscope cannot make";
const LEGACY: &str = "rustls does not speak so; the client is tunnelled to the server, which shows it itself";
const FAILED: &str = "there is no handshake to mirror; the client meets the server itself, by a tunnel";
const ASKING: &str = "tlscope asks no client for a certificate; it shows the server the one of --client-cert";

macro_rules! extents {
    ($($extent:expr => [$($id:ident)*];)*) => {
        /// By what a client is shown that defect.
        pub fn extent(id: FindingId) -> Extent {
            use Extent::{Certificate, Chain, Handshake, Never, NoClient, Staple};
            match id { $($(FindingId::$id)|* => $extent,)* }
        }
    };
}

extents! {
    Certificate => [
        CertExpired CertNotYetValid IntermediateExpired IntermediateNotYetValid ValidityInverted
        ValidityOverApple825 TimeEncodingBad
    ];
    Never(ANCHOR) => [
        AnchorExpired EkuOnRoot
    ];
    Never(PUBLIC) => [
        ValidityOverBr ValidityOverApple398
    ];
    NoClient => [
        CertExpiringSoon IntermediateExpiringSoon ValidityOutlivesIssuer CertBackdated
    ];
    Certificate => [
        NameMismatch NameCnOnly NameNone SanIgnoredCnFallback IpNotInSan IpInDnsname WildcardTooDeep
        WildcardPartial WildcardTldOrBare SanTrailingDot SanUnderscore SanUlabel SanNullOrBadChar SanEmpty
        CertMessageTooLarge
    ];
    NoClient => [
        SanNonDnsTypes SanReservedName CnNotInSan SanDuplicate SniDiffers
    ];
    Chain => [
        ChainMissingIntermediate ChainUnknownCa ChainIncompleteUndetermined LeafSelfSigned ChainOutOfOrder
        ChainLeafNotFirst ChainDuplicate ChainWrongIntermediate ChainIssuerNameMismatch ChainDnEncoding
        ChainAkiMismatch ChainExpiredCrossSign ChainTooLong ChainLoop RootUserInstalledOnly AiaUnreachable
    ];
    NoClient => [
        ChainContainsRoot ChainExtraCerts ChainVaries
    ];
    Never(FAILED) => [
        ChainEmpty
    ];
    Never(ANCHOR) => [
        RootDistrustedAfter RootRemoved RootNotInStore
    ];
    Certificate => [
        SigMd SigSha1 SigInvalid SigAlgMismatch SigAlgUnsupported KeyRsaUnder1024 KeyRsaUnder2048 KeyRsaOver8192
        KeyRsaExponent KeyRsaModulus KeyEcWeakCurve KeyEcP521 KeyEddsa KeyEcExplicitParams KeyRsaPssSpki
    ];
    Handshake => [
        SigSha1Handshake HandshakeSignatureInvalid
    ];
    Never(LEGACY) => [
        KeyDsa
    ];
    Never("tlscope makes no keys of that kind") => [
        KeyPq
    ];
    Never("tlscope makes a key of its own, which nobody has published") => [
        KeyCompromised
    ];
    Certificate => [
        EkuNoServerauth EkuAbsent EkuAnyOnly EkuIntermediate KuNoDigsig KuCertsignOnly KuLeafCertsign
        KuCaNoCertsign BcNotCa BcLeafIsCa BcNotCritical PathlenExceeded NcViolation NcMalformed PolicyViolation
        ExtUnknownCritical ExtDuplicate
    ];
    NoClient => [
        EkuClientauth EkuCritical NcNotCritical
    ];
    Certificate => [
        CertUnparseable DerNonCanonical CertV1 ExtInV1V2 SerialBad IssuerEmpty SubjectEmptySanNoncritical
        SkiAkiMissing AiaBad CdpNotHttp DnBad AlgParamsBad
    ];
    NoClient => [
        SanCriticalWithSubject CdpMissing PolicyOidMissing PolicyMultiple CertPolicyDvOvConflict
    ];
    Staple => [
        MustStapleMissing StapleExpired StapleFuture StapleWrongCert StapleBadSigner StapleErrorStatus RevokedOcsp
        OcspUnknown
    ];
    Never(FETCHED) => [
        RevokedCrl IntermediateRevoked CrlUnreachable CrlExpired CrlBadSignature CrlScope CrlMalformed
        OcspUnreachable
    ];
    NoClient => [
        NoRevocationInfo StapleMissing OcspSignerIsCa
    ];
    Never(PUBLIC) => [
        CtNoSct CtTooFew CtSctBadSignature CtLogUnknownOrRetired CtSctFuture
    ];
    Certificate => [
        CtPrecertServed CtEmptyList
    ];
    Handshake => [
        ProtoNoTls13 ProtoTls13Only
    ];
    Never(LEGACY) => [
        KuNoKeyenc ProtoTls1011Only ProtoSslv3Only CipherStaticRsaOnly CipherDheOnly CipherCbcOnly CipherWeak DhWeak
        KxGroupUnsupported TlsDowngradeSentinel TlsCompression RenegInsecure EmsMissing ProtoIntolerant
    ];
    Never(FAILED) => [
        CipherNoOverlap SigschemeUnoffered AlertUnrecognizedName AlpnMismatch NotTls HandshakeTruncated
        HandshakeReset HandshakeTimeout HandshakeMalformed AlertInternalError AlertDecodeError
        AlertIllegalParameter AlertInsufficientSecurity AlertOther DnsFail TcpRefused TcpTimeout TcpUnreachable
        TcpReset UpstreamProxyFailed UpstreamProxyLogin UpstreamProxyRefused
    ];
    Never(ASKING) => [
        ClientCertRequired ClientCertRequested ClientCertRejected ClientCaListEmptyOrForeign
    ];
    NoClient => [
        CloseWithoutNotify ProtoTls1011Offered ProtoSslv2 ProtoSslv3 NameDefaultVhost SniFiltered ClockSkew
        InterceptionUpstream CaptivePortal HstsNoOverride ClientRejectedProxyCa ClientStaleCa AppIgnoresCa
        AndroidUserCa PinSuspected ClientRefusedName ClientRefusedDate ClientNothingShared ClientEnforcesCt
        ClientGaveUp ClientProbe ClientHandshakeFailed ClientHelloUnreadable ClientSilent ClientNotAllowed
        ClientTooManyConnections TunnelledLegacyServer TunnelledLegacyClient TunnelledByPolicy TunnelObserved
        StarttlsNotIntercepted TargetNotAllowed ProxyLoop AnalysisTruncated AnalysisFailed
    ];
}
