//! Why a client did not take the certificate that tlscope gave it.

use serde::{Deserialize, Serialize};

use super::{Facts, Finding, FindingId, Severity};

/// The reason, as far as it can be told from outside of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalKind {
    /// It does not trust tlscope's CA, and nothing else on the device is known to.
    CaNotInstalled,
    /// It holds another CA of tlscope's name, from before.
    StaleCa,
    /// Others on the device trust the CA, this app does not: it looks elsewhere.
    AppIgnoresCa,
    /// The same of an Android app: from API level 24 on they ignore CAs that the user installs.
    AndroidUserCa,
    /// It wants one certain key or issuer for this host.
    Pinned,
    /// It takes the certificate for another host's.
    NameRefused,
    /// It takes the certificate for expired or not yet valid: its clock differs.
    DateRefused,
    /// It and tlscope share no version, suite, group or signature.
    NothingShared,
    /// It wants certificate timestamps, which a private CA cannot give.
    CtEnforced,
    /// It left before it was shown anything.
    GaveUp,
    /// A connection opened ahead and never used.
    Probe,
    /// It cannot be told.
    Unclear,
}

impl RefusalKind {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::CaNotInstalled,
        Self::StaleCa,
        Self::AppIgnoresCa,
        Self::AndroidUserCa,
        Self::Pinned,
        Self::NameRefused,
        Self::DateRefused,
        Self::NothingShared,
        Self::CtEnforced,
        Self::GaveUp,
        Self::Probe,
        Self::Unclear,
    ];

    /// The word of documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::CaNotInstalled => "ca-not-installed",
            Self::StaleCa => "stale-ca",
            Self::AppIgnoresCa => "app-ignores-ca",
            Self::AndroidUserCa => "android-user-ca",
            Self::Pinned => "pinned",
            Self::NameRefused => "name-refused",
            Self::DateRefused => "date-refused",
            Self::NothingShared => "nothing-shared",
            Self::CtEnforced => "ct-enforced",
            Self::GaveUp => "gave-up",
            Self::Probe => "probe",
            Self::Unclear => "unclear",
        }
    }

    /// Whether the client was shown our certificate and did not take it.
    pub fn is_about_certificate(self) -> bool {
        !matches!(self, Self::NothingShared | Self::GaveUp | Self::Probe | Self::Unclear)
    }

    /// The finding that stands for it on a row.
    pub fn finding(self) -> FindingId {
        match self {
            Self::CaNotInstalled => FindingId::ClientRejectedProxyCa,
            Self::StaleCa => FindingId::ClientStaleCa,
            Self::AppIgnoresCa => FindingId::AppIgnoresCa,
            Self::AndroidUserCa => FindingId::AndroidUserCa,
            Self::Pinned => FindingId::PinSuspected,
            Self::NameRefused => FindingId::ClientRefusedName,
            Self::DateRefused => FindingId::ClientRefusedDate,
            Self::NothingShared => FindingId::ClientNothingShared,
            Self::CtEnforced => FindingId::ClientEnforcesCt,
            Self::GaveUp => FindingId::ClientGaveUp,
            Self::Probe => FindingId::ClientProbe,
            Self::Unclear => FindingId::ClientHandshakeFailed,
        }
    }
}

/// How sure a conclusion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Other reasons are about as good.
    Possible,
    /// Other reasons are rare.
    Likely,
    /// The client said so itself.
    Certain,
}

impl Confidence {
    /// The word of documents and screens.
    pub fn word(self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::Likely => "likely",
            Self::Certain => "certain",
        }
    }
}

/// A conclusion about one client and one host, from everything seen so far.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Refusal {
    /// The reason.
    pub kind: RefusalKind,
    /// How sure it is.
    pub confidence: Confidence,
    /// What it rests on.
    pub evidence: Facts,
}

impl Refusal {
    /// As a finding of its connection. What is only possible is a warning.
    pub fn finding(&self) -> Finding {
        let finding =
            Finding::new(self.kind.finding(), self.evidence.clone().with("confidence", self.confidence.word()));
        let severity = finding.severity;
        match self.confidence {
            Confidence::Possible => finding.with_severity(severity.min(Severity::Warning)),
            Confidence::Likely | Confidence::Certain => finding,
        }
    }
}
