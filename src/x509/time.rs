//! UTCTime and GeneralizedTime as RFC 5280 sections 4.1.2.5.1 and 4.1.2.5.2 want them, and as they
//! are met.

use time::{Date, Month, PrimitiveDateTime, Time};

use crate::model::Timestamp;

use super::der::Tlv;

/// What is wrong with how an instant is written, though it can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeFault {
    /// A UTCTime without seconds.
    NoSeconds,
    /// Not in UTC (`Z`).
    NotZulu,
    /// A GeneralizedTime with a fraction of a second.
    Fraction,
    /// A GeneralizedTime for a year before 2050.
    GeneralizedBefore2050,
}

impl TimeFault {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::NoSeconds => "UTCTime without seconds",
            Self::NotZulu => "not written in UTC (Z)",
            Self::Fraction => "fraction of a second",
            Self::GeneralizedBefore2050 => "GeneralizedTime for a year before 2050",
        }
    }
}

/// Reads a time and what is wrong with its form; `None` when no instant can be made of it.
pub fn read_time(tlv: &Tlv<'_>) -> Option<(Timestamp, Option<TimeFault>)> {
    let text = str::from_utf8(tlv.content).ok()?;
    let (year, rest) = match tlv.tag {
        0x17 => {
            let (two, rest) = text.split_at_checked(2)?;
            let two: i32 = digits(two)?;
            (if two >= 50 { 1900 + two } else { 2000 + two }, rest)
        }
        0x18 => {
            let (four, rest) = text.split_at_checked(4)?;
            (digits(four)?, rest)
        }
        _ => return None,
    };
    let mut cursor = rest;
    let mut two = || -> Option<u8> {
        let (head, rest) = cursor.split_at_checked(2)?;
        let value = digits(head)?;
        cursor = rest;
        u8::try_from(value).ok()
    };
    let (month, day, hour, minute) = (two()?, two()?, two()?, two()?);
    let second = two();
    let (offset_minutes, mut fault) = read_zone(cursor)?;
    fault = fault.or((second.is_none()).then_some(TimeFault::NoSeconds));
    fault = fault.or((tlv.tag == 0x18 && year < 2050).then_some(TimeFault::GeneralizedBefore2050));
    let date = Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()?;
    let time = Time::from_hms(hour, minute, second.unwrap_or(0)).ok()?;
    let local = Timestamp::from(PrimitiveDateTime::new(date, time).assume_utc());
    Some((local.plus_ms(-offset_minutes * 60_000), fault))
}

/// What stands behind the seconds: a fraction, a zone. Gives the zone in minutes east.
fn read_zone(text: &str) -> Option<(i64, Option<TimeFault>)> {
    let digits_end = text.find(['Z', '+', '-']).unwrap_or(text.len());
    let (fraction, zone) = text.split_at_checked(digits_end)?;
    let fault = match fraction.as_bytes() {
        [] => None,
        [b'.' | b',', digits @ ..] if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) => {
            Some(TimeFault::Fraction)
        }
        _ => return None,
    };
    match zone {
        "Z" => Some((0, fault)),
        "" => Some((0, Some(TimeFault::NotZulu))),
        _ => {
            let (sign, hhmm) = zone.split_at_checked(1)?;
            let (hours, minutes) = hhmm.split_at_checked(2)?;
            let east = i64::from(digits(hours)?) * 60 + i64::from(digits(minutes)?);
            Some((if sign == "-" { -east } else { east }, Some(TimeFault::NotZulu)))
        }
    }
}

fn digits(text: &str) -> Option<i32> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(tag: u8, text: &str) -> Option<(String, Option<TimeFault>)> {
        let tlv = Tlv { tag, content: text.as_bytes(), raw: &[], canonical: true };
        read_time(&tlv).map(|(t, fault)| (t.to_string(), fault))
    }

    #[test]
    fn reads_what_is_written_well() {
        assert_eq!(read(0x17, "491231235959Z"), Some(("2049-12-31T23:59:59.000Z".into(), None)));
        assert_eq!(read(0x17, "500101000000Z"), Some(("1950-01-01T00:00:00.000Z".into(), None)));
        assert_eq!(read(0x18, "99991231235959Z"), Some(("9999-12-31T23:59:59.000Z".into(), None)));
    }

    #[test]
    fn reads_what_is_written_badly_and_says_so() {
        let cases = [
            (0x17, "2611210000Z", "2026-11-21T00:00:00.000Z", TimeFault::NoSeconds),
            (0x17, "261121010000+0100", "2026-11-21T00:00:00.000Z", TimeFault::NotZulu),
            (0x17, "261121000000", "2026-11-21T00:00:00.000Z", TimeFault::NotZulu),
            (0x18, "20261121000000Z", "2026-11-21T00:00:00.000Z", TimeFault::GeneralizedBefore2050),
            (0x18, "20511121000000.5Z", "2051-11-21T00:00:00.000Z", TimeFault::Fraction),
        ];
        for (tag, text, instant, fault) in cases {
            assert_eq!(read(tag, text), Some((instant.into(), Some(fault))), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_time() {
        for (tag, text) in [
            (0x17, ""),
            (0x17, "26"),
            (0x17, "261321000000Z"),
            (0x17, "26112100000xZ"),
            (0x18, "2026112100000"),
            (0x0c, "261121000000Z"),
            (0x17, "2611210000é0Z"),
        ] {
            assert_eq!(read(tag, text), None, "{text}");
        }
    }
}
