//! What further connections to a server showed, beside the one that is judged.

use std::net::SocketAddr;

use super::{AlertCode, CipherSuite, Fingerprint, TlsVersion};

/// What a further connection was to find out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProbeKind {
    /// Whether the server speaks this version, when nothing newer is offered.
    Version(TlsVersion),
    /// Whether it speaks SSL 2.0.
    Ssl2,
    /// Whether it takes a suite of a weak kind, when nothing better is offered.
    Weak(WeakKind),
    /// Which Diffie-Hellman group it uses, when nothing else is offered.
    FiniteField,
    /// Whether it bears a hello of more than one packet with values that it cannot know (RFC 8701).
    LargeHello,
    /// What it does without a name in the hello.
    NoName,
}

/// A kind of suite that does not protect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WeakKind {
    /// Nothing is encrypted.
    Null,
    /// Nobody is authenticated.
    Anonymous,
    /// Keys of 40 or 56 bits, as export once demanded.
    Export,
    /// DES.
    Des,
    /// RC4 (RFC 7465).
    Rc4,
    /// 3DES, with blocks of 64 bits (Sweet32).
    TripleDes,
}

impl WeakKind {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Null, Self::Anonymous, Self::Export, Self::Des, Self::Rc4, Self::TripleDes];

    /// Whether a suite is of this kind.
    pub fn includes(self, suite: CipherSuite) -> bool {
        let Some(name) = suite.name().filter(|name| name.contains("_WITH_")) else { return false };
        match self {
            Self::Null => name.contains("_NULL_"),
            Self::Anonymous => name.contains("_anon_"),
            Self::Export => name.contains("EXPORT"),
            Self::Des => name.contains("_DES_CBC") || name.contains("_DES40_"),
            Self::Rc4 => name.contains("_RC4_"),
            Self::TripleDes => name.contains("_3DES_"),
        }
    }
}

/// How a server answered a probe.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ProbeAnswer {
    /// With a ServerHello.
    Hello {
        /// The version it chose.
        version: TlsVersion,
        /// The suite it chose.
        suite: Option<CipherSuite>,
        /// Bits of the Diffie-Hellman prime it uses.
        dh_bits: Option<u32>,
        /// The names in the leaf that came along.
        leaf: Option<Box<ProbedLeaf>>,
    },
    /// With a fatal alert.
    Alert(AlertCode),
    /// It closed the connection, or reset it.
    Closed,
    /// It said nothing in time.
    Silent,
    /// With a server hello of SSL 2.0 that has so many suites.
    Ssl2(usize),
    /// With something else.
    Other,
}

impl ProbeAnswer {
    /// For a sentence about what the server did.
    pub fn words(&self) -> String {
        match self {
            Self::Hello { version, .. } => format!("answers with {version}"),
            Self::Alert(code) => format!("alert {code}"),
            Self::Closed => "closes the connection".to_owned(),
            Self::Silent => "says nothing".to_owned(),
            Self::Ssl2(_) => "answers with SSL 2.0".to_owned(),
            Self::Other => "answers with something that is no TLS".to_owned(),
        }
    }
}

/// The certificate that came with a probe's answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProbedLeaf {
    /// Which one.
    pub sha256: Fingerprint,
    /// What it names.
    pub names: Vec<String>,
}

/// A probe and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Probe {
    /// What it was for.
    pub kind: ProbeKind,
    /// What came back.
    pub answer: ProbeAnswer,
}

/// What another address of the same name showed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Variant {
    /// The address.
    pub address: SocketAddr,
    /// The certificates in the order sent; none when it could not be reached.
    pub sent: Vec<Fingerprint>,
    /// The version that was agreed on.
    pub version: Option<TlsVersion>,
}

/// The server's clock and ours, at the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClockSeen {
    /// By the Date header of an answer (RFC 9110 section 6.6.1).
    pub server: super::Timestamp,
    /// By this machine.
    pub local: super::Timestamp,
}
