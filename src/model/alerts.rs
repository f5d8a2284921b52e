//! TLS alert codes by their RFC names.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The code of a TLS alert (RFC 8446 section 6, and the older ones of RFC 5246 and RFC 2246).
/// Written as its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AlertCode(pub u8);

impl AlertCode {
    /// 0: the sender will not send any more.
    pub const CLOSE_NOTIFY: Self = Self(0);
    /// 40: nothing in common.
    pub const HANDSHAKE_FAILURE: Self = Self(40);
    /// 42: a certificate was corrupt or did not verify.
    pub const BAD_CERTIFICATE: Self = Self(42);
    /// 43: a certificate of an unsupported type.
    pub const UNSUPPORTED_CERTIFICATE: Self = Self(43);
    /// 44: a certificate was revoked.
    pub const CERTIFICATE_REVOKED: Self = Self(44);
    /// 45: a certificate has expired or is not yet valid.
    pub const CERTIFICATE_EXPIRED: Self = Self(45);
    /// 46: another, unspecified doubt about a certificate.
    pub const CERTIFICATE_UNKNOWN: Self = Self(46);
    /// 47: a field was out of range or inconsistent.
    pub const ILLEGAL_PARAMETER: Self = Self(47);
    /// 48: the CA could not be located or is not trusted.
    pub const UNKNOWN_CA: Self = Self(48);
    /// 49: valid, but access control said no.
    pub const ACCESS_DENIED: Self = Self(49);
    /// 50: a message could not be decoded.
    pub const DECODE_ERROR: Self = Self(50);
    /// 51: a cryptographic operation failed.
    pub const DECRYPT_ERROR: Self = Self(51);
    /// 70: the version is known but not supported.
    pub const PROTOCOL_VERSION: Self = Self(70);
    /// 71: the server wants better parameters than the client offers.
    pub const INSUFFICIENT_SECURITY: Self = Self(71);
    /// 80: a fault inside the sender.
    pub const INTERNAL_ERROR: Self = Self(80);
    /// 112: the server knows no such name.
    pub const UNRECOGNIZED_NAME: Self = Self(112);
    /// 116: a client certificate is wanted and none came.
    pub const CERTIFICATE_REQUIRED: Self = Self(116);
    /// 120: no application protocol in common.
    pub const NO_APPLICATION_PROTOCOL: Self = Self(120);

    /// The RFC name, as `unknown_ca`; `None` for a code that no RFC assigns.
    pub fn name(self) -> Option<&'static str> {
        let found = NAMES.binary_search_by_key(&self.0, |row| row.0).ok()?;
        NAMES.get(found).map(|row| row.1)
    }

    /// Whether the code says that nothing was found in common, or nobody of that name.
    pub fn is_about_negotiation(self) -> bool {
        matches!(
            self,
            Self::HANDSHAKE_FAILURE
                | Self::PROTOCOL_VERSION
                | Self::INSUFFICIENT_SECURITY
                | Self::UNRECOGNIZED_NAME
                | Self::NO_APPLICATION_PROTOCOL
        )
    }

    /// Whether the code speaks about a certificate that its sender was shown.
    pub fn is_about_certificate(self) -> bool {
        (42..=49).contains(&self.0) && self != Self::ILLEGAL_PARAMETER
    }
}

/// `unknown_ca (48)`, or `alert 200` when unassigned.
impl fmt::Display for AlertCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} ({})", self.0),
            None => write!(f, "alert {}", self.0),
        }
    }
}

/// In the order of their codes.
const NAMES: &[(u8, &str)] = &[
    (0, "close_notify"),
    (10, "unexpected_message"),
    (20, "bad_record_mac"),
    (21, "decryption_failed"),
    (22, "record_overflow"),
    (30, "decompression_failure"),
    (40, "handshake_failure"),
    (41, "no_certificate"),
    (42, "bad_certificate"),
    (43, "unsupported_certificate"),
    (44, "certificate_revoked"),
    (45, "certificate_expired"),
    (46, "certificate_unknown"),
    (47, "illegal_parameter"),
    (48, "unknown_ca"),
    (49, "access_denied"),
    (50, "decode_error"),
    (51, "decrypt_error"),
    (60, "export_restriction"),
    (70, "protocol_version"),
    (71, "insufficient_security"),
    (80, "internal_error"),
    (86, "inappropriate_fallback"),
    (90, "user_canceled"),
    (100, "no_renegotiation"),
    (109, "missing_extension"),
    (110, "unsupported_extension"),
    (111, "certificate_unobtainable"),
    (112, "unrecognized_name"),
    (113, "bad_certificate_status_response"),
    (114, "bad_certificate_hash_value"),
    (115, "unknown_psk_identity"),
    (116, "certificate_required"),
    (120, "no_application_protocol"),
    (121, "ech_required"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_found() {
        assert!(NAMES.is_sorted_by_key(|row| row.0));
        assert_eq!(AlertCode::UNKNOWN_CA.to_string(), "unknown_ca (48)");
        assert_eq!(AlertCode(200).to_string(), "alert 200");
        assert!(AlertCode::UNKNOWN_CA.is_about_certificate());
        assert!(!AlertCode::ILLEGAL_PARAMETER.is_about_certificate());
    }
}
