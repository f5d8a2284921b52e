//! Dates in every form that certificates have them, and the rest of writing DER from `x509`.

pub(crate) use crate::x509::write::{bit_string, boolean, integer, join, octet_string, oid, sequence, tlv};

use crate::model::Timestamp;

/// An extension of a certificate or a list.
pub(crate) fn extension(dotted: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let mut fields = vec![oid(dotted)];
    if critical {
        fields.push(boolean(true));
    }
    fields.push(octet_string(value));
    sequence(&fields)
}

/// The key identifier of a key: the start of its SHA-256 (RFC 7093 section 2).
pub(crate) fn key_id(spki: &[u8]) -> Vec<u8> {
    let mut digest = crate::model::Fingerprint::of(spki).0.to_vec();
    digest.truncate(20);
    digest
}

/// How to write a date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TimeForm {
    /// UTCTime before 2050, GeneralizedTime from then on.
    #[default]
    Proper,
    /// GeneralizedTime whatever the year.
    Generalized,
    /// UTCTime without seconds.
    NoSeconds,
}

/// A date.
pub(crate) fn time(at: Timestamp, form: TimeForm) -> Vec<u8> {
    let digits: String = at.to_string().chars().filter(char::is_ascii_digit).take(14).collect();
    let rest = digits.get(2..).unwrap_or_default();
    let generalized = form == TimeForm::Generalized || digits.as_str() >= "2050";
    match form {
        _ if generalized => tlv(0x18, format!("{digits}Z").as_bytes()),
        TimeForm::NoSeconds => tlv(0x17, format!("{}Z", rest.get(..10).unwrap_or(rest)).as_bytes()),
        _ => tlv(0x17, format!("{rest}Z").as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_what_the_reader_reads() {
        let at = Timestamp::parse("2026-11-21T01:02:03Z").unwrap();
        assert_eq!(time(at, TimeForm::Proper), tlv(0x17, b"261121010203Z"));
        assert_eq!(time(at, TimeForm::NoSeconds), tlv(0x17, b"2611210102Z"));
        assert_eq!(time(at, TimeForm::Generalized), tlv(0x18, b"20261121010203Z"));
        assert_eq!(time(at.plus_days(366 * 30), TimeForm::Proper)[0], 0x18);
    }
}
