//! Wall time as the documents write it.

use std::fmt;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::{Rfc2822, Rfc3339};

/// An instant of wall time: milliseconds since 1970-01-01T00:00:00Z, negative before it.
///
/// Written as RFC 3339 in UTC with milliseconds, the form of every document of tlscope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// A day, in milliseconds.
    pub const DAY_MS: i64 = 86_400_000;
    /// An hour, in milliseconds.
    pub const HOUR_MS: i64 = 3_600_000;

    /// From milliseconds since the epoch.
    pub const fn from_unix_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// From whole seconds since the epoch.
    pub const fn from_unix(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Reads RFC 3339, with any offset and any number of fractional digits.
    pub fn parse(text: &str) -> Option<Self> {
        OffsetDateTime::parse(text, &Rfc3339).ok().map(Self::from)
    }

    /// Reads the date of an HTTP header in the form that is sent today: `Sat, 21 Nov 2026 12:00:00 GMT`
    /// (RFC 9110 section 5.6.7).
    pub fn parse_http(text: &str) -> Option<Self> {
        let in_mail = text.strip_suffix("GMT")?;
        OffsetDateTime::parse(&format!("{in_mail}+0000"), &Rfc2822).ok().map(Self::from)
    }

    /// Milliseconds since the epoch.
    pub const fn unix_ms(self) -> i64 {
        self.0
    }

    /// Seconds since the epoch, rounded down.
    pub const fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This instant and `later` more milliseconds; saturates.
    #[must_use]
    pub const fn plus_ms(self, later: i64) -> Self {
        Self(self.0.saturating_add(later))
    }

    /// This instant and `days` more days of 86,400 s; saturates.
    #[must_use]
    pub const fn plus_days(self, days: i64) -> Self {
        self.plus_ms(days.saturating_mul(Self::DAY_MS))
    }

    /// Milliseconds from `earlier` to this instant, negative when `earlier` is later.
    pub const fn ms_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The calendar day in UTC, as `2026-11-18`.
    pub fn day(self) -> String {
        let t = self.to_offset();
        format!("{:04}-{:02}-{:02}", t.year(), u8::from(t.month()), t.day())
    }

    /// The time of day in UTC, as `12:03:01`.
    pub fn clock(self) -> String {
        let t = self.to_offset();
        format!("{:02}:{:02}:{:02}", t.hour(), t.minute(), t.second())
    }

    /// As the `time` crate's type; years beyond its range are clamped to the epoch.
    pub fn to_offset(self) -> OffsetDateTime {
        let nanos = i128::from(self.0) * 1_000_000;
        OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

impl From<OffsetDateTime> for Timestamp {
    fn from(t: OffsetDateTime) -> Self {
        Self((t.unix_timestamp_nanos().div_euclid(1_000_000)) as i64)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}T{}.{:03}Z", self.day(), self.clock(), self.0.rem_euclid(1000))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom(format!("not an RFC 3339 time: {text}")))
    }
}

/// A duration in milliseconds, to the microsecond: what a `*_ms` field holds.
pub fn millis(d: Duration) -> f64 {
    d.as_micros() as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_and_reads_rfc3339_with_milliseconds() {
        let t = Timestamp::from_unix_ms(1_795_262_400_123);
        assert_eq!(t.to_string(), "2026-11-21T12:00:00.123Z");
        assert_eq!(Timestamp::parse("2026-11-21T13:00:00.1234+01:00"), Some(t));
        assert_eq!(Timestamp::parse("yesterday"), None);
        let http = Timestamp::parse_http("Sat, 21 Nov 2026 12:00:00 GMT");
        assert_eq!(http.map(|t| t.to_string()).as_deref(), Some("2026-11-21T12:00:00.000Z"));
        assert_eq!(Timestamp::parse_http("Sat, 21 Nov 2026 12:00:00"), None);
    }

    #[test]
    fn reaches_before_the_epoch() {
        let t = Timestamp::from_unix_ms(-1);
        assert_eq!(t.to_string(), "1969-12-31T23:59:59.999Z");
        assert_eq!(t.unix_seconds(), -1);
    }
}
