//! The ways in which a client is brought to refuse.

/// What is wrong, if anything is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Situation {
    Trusted,
    NoCa,
    CaOfAnother,
    OlderCa,
    SameName,
    SameNameAndKeyId,
    Pinned,
    PinnedAlone,
    WrongName,
    ClockAhead,
    ClockBehind,
    OldVersion,
    OldSuites,
}

/// The CAs that a client trusts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// tlscope's own.
    Ours,
    /// The origin's, as any device does.
    Origins,
    /// That of another tlscope.
    Older,
    /// One of the same name with another key.
    SameName,
    /// One of the same name and the same key identifier with another key.
    SameNameAndKeyId,
}

impl Trust {
    pub(super) const ALL: [Self; 5] = [Self::Ours, Self::Origins, Self::Older, Self::SameName, Self::SameNameAndKeyId];

    /// Its directory, and in that the CA is `roots.pem`.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Origins => "origins",
            Self::Older => "older",
            Self::SameName => "same-name",
            Self::SameNameAndKeyId => "same-name-and-key-id",
        }
    }
}

impl Situation {
    pub(super) const ALL: [Self; 13] = [
        Self::Trusted,
        Self::NoCa,
        Self::CaOfAnother,
        Self::OlderCa,
        Self::SameName,
        Self::SameNameAndKeyId,
        Self::Pinned,
        Self::PinnedAlone,
        Self::WrongName,
        Self::ClockAhead,
        Self::ClockBehind,
        Self::OldVersion,
        Self::OldSuites,
    ];

    /// As the tables call it.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Trusted => "nothing is wrong",
            Self::NoCa => "the CA is not installed",
            Self::CaOfAnother => "it is for another app only",
            Self::OlderCa => "the CA of an older tlscope is",
            Self::SameName => "one of the same name is",
            Self::SameNameAndKeyId => "one of the same name and key identifier is",
            Self::Pinned => "the host is pinned, another was served",
            Self::PinnedAlone => "the host is pinned, nothing else was seen",
            Self::WrongName => "it wants another name",
            Self::ClockAhead => "its clock is 400 days ahead",
            Self::ClockBehind => "its clock is 30 days behind",
            Self::OldVersion => "it has TLS 1.1 at most",
            Self::OldSuites => "it has old cipher suites only",
        }
    }

    /// What is true of it. An older CA is one that is not this one.
    pub(super) fn truths(self) -> &'static [&'static str] {
        match self {
            Self::Trusted => &["served"],
            Self::NoCa => &["ca-not-installed"],
            Self::CaOfAnother => &["app-ignores-ca"],
            Self::OlderCa | Self::SameName | Self::SameNameAndKeyId => &["stale-ca", "ca-not-installed"],
            Self::Pinned | Self::PinnedAlone => &["pinned"],
            Self::WrongName => &["name-refused"],
            Self::ClockAhead | Self::ClockBehind => &["date-refused"],
            Self::OldVersion | Self::OldSuites => &["nothing-shared"],
        }
    }

    pub(super) fn trust(self) -> Trust {
        match self {
            Self::NoCa | Self::CaOfAnother => Trust::Origins,
            Self::OlderCa => Trust::Older,
            Self::SameName => Trust::SameName,
            Self::SameNameAndKeyId => Trust::SameNameAndKeyId,
            _ => Trust::Ours,
        }
    }

    /// By how many days the client's clock differs from tlscope's.
    pub(super) fn days(self) -> i32 {
        match self {
            Self::ClockAhead => 400,
            Self::ClockBehind => -30,
            _ => 0,
        }
    }
}
