//! Versions, groups and signature schemes by their registered numbers and names.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A TLS protocol version as on the wire. Written as `TLS 1.3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TlsVersion(pub u16);

impl TlsVersion {
    /// 0x0300.
    pub const SSL3: Self = Self(0x0300);
    /// 0x0301.
    pub const TLS10: Self = Self(0x0301);
    /// 0x0302.
    pub const TLS11: Self = Self(0x0302);
    /// 0x0303.
    pub const TLS12: Self = Self(0x0303);
    /// 0x0304.
    pub const TLS13: Self = Self(0x0304);

    /// Without the `TLS ` in front, for narrow columns and filters: `1.3`, `ssl3`.
    pub fn short(self) -> String {
        let name = self.to_string();
        name.strip_prefix("TLS ").map_or_else(|| name.to_lowercase(), str::to_owned)
    }
}

/// A group for key exchange (IANA "TLS Supported Groups").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NamedGroup(pub u16);

/// A signature scheme (IANA "TLS SignatureScheme"; in TLS 1.2 a hash and a signature byte).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignatureScheme(pub u16);

impl SignatureScheme {
    /// Whether the hash is SHA-1 (RFC 9155).
    pub fn is_sha1(self) -> bool {
        self.0 >> 8 == 2
    }

    /// Whether the hash is MD5 (RFC 9155).
    pub fn is_md5(self) -> bool {
        self.0 >> 8 == 1
    }
}

/// The number of an extension (IANA "TLS ExtensionType Values").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExtensionKind(pub u16);

/// Whether a number is one of those that nobody ever assigns (RFC 8701, "GREASE"): clients send them
/// so that servers get used to numbers they do not know.
pub fn is_grease(number: u16) -> bool {
    let [high, low] = number.to_be_bytes();
    high == low && low & 0x0f == 0x0a
}

macro_rules! named_numbers {
    ($($type:ident, $what:literal: [$(($code:literal, $name:literal)),* $(,)?];)*) => {$(
        impl $type {
            /// The registered name.
            pub fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($code => Some($name),)*
                    _ => None,
                }
            }

            fn parse(text: &str) -> Option<Self> {
                match text {
                    $($name => Some(Self($code)),)*
                    _ => u16::from_str_radix(text.strip_prefix("0x")?, 16).ok().map(Self),
                }
            }
        }

        /// The registered name, or the number in hex.
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.name() {
                    Some(name) => f.pad(name),
                    None => write!(f, "0x{:04x}", self.0),
                }
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = String::deserialize(d)?;
                Self::parse(&text).ok_or_else(|| D::Error::custom(format!(concat!("no ", $what, " is called {}"), text)))
            }
        }
    )*};
}

named_numbers! {
    TlsVersion, "TLS version": [
        (0x0002, "SSLv2"), (0x0300, "SSLv3"), (0x0301, "TLS 1.0"), (0x0302, "TLS 1.1"), (0x0303, "TLS 1.2"),
        (0x0304, "TLS 1.3"),
    ];
    NamedGroup, "group": [
        (19, "secp192r1"), (21, "secp224r1"), (22, "secp256k1"), (23, "secp256r1"), (24, "secp384r1"), (25, "secp521r1"),
        (26, "brainpoolP256r1"), (27, "brainpoolP384r1"), (28, "brainpoolP512r1"), (29, "x25519"), (30, "x448"),
        (256, "ffdhe2048"), (257, "ffdhe3072"), (258, "ffdhe4096"), (259, "ffdhe6144"), (260, "ffdhe8192"),
        (512, "MLKEM512"), (513, "MLKEM768"), (514, "MLKEM1024"),
        (0x11eb, "SecP256r1MLKEM768"), (0x11ec, "X25519MLKEM768"), (0x11ed, "SecP384r1MLKEM1024"),
        (0x6399, "X25519Kyber768Draft00"),
    ];
    ExtensionKind, "extension": [
        (0, "server_name"), (1, "max_fragment_length"), (2, "client_certificate_url"), (3, "trusted_ca_keys"),
        (4, "truncated_hmac"), (5, "status_request"), (9, "cert_type"), (10, "supported_groups"), (11, "ec_point_formats"),
        (13, "signature_algorithms"), (14, "use_srtp"), (15, "heartbeat"),
        (16, "application_layer_protocol_negotiation"), (17, "status_request_v2"),
        (18, "signed_certificate_timestamp"), (19, "client_certificate_type"), (20, "server_certificate_type"),
        (21, "padding"), (22, "encrypt_then_mac"), (23, "extended_master_secret"), (24, "token_binding"),
        (25, "cached_info"), (27, "compress_certificate"), (28, "record_size_limit"), (34, "delegated_credential"),
        (35, "session_ticket"), (41, "pre_shared_key"), (42, "early_data"), (43, "supported_versions"), (44, "cookie"),
        (45, "psk_key_exchange_modes"), (47, "certificate_authorities"), (48, "oid_filters"),
        (49, "post_handshake_auth"), (50, "signature_algorithms_cert"), (51, "key_share"),
        (57, "quic_transport_parameters"), (13172, "next_protocol_negotiation"), (17513, "application_settings (old)"),
        (17613, "application_settings"), (30032, "channel_id"), (51764, "trust_anchors"),
        (65037, "encrypted_client_hello"), (65281, "renegotiation_info"),
    ];
    SignatureScheme, "signature scheme": [
        (0x0101, "rsa_pkcs1_md5"), (0x0201, "rsa_pkcs1_sha1"), (0x0202, "dsa_sha1"), (0x0203, "ecdsa_sha1"),
        (0x0301, "rsa_pkcs1_sha224"), (0x0302, "dsa_sha224"), (0x0303, "ecdsa_sha224"),
        (0x0401, "rsa_pkcs1_sha256"), (0x0402, "dsa_sha256"), (0x0403, "ecdsa_secp256r1_sha256"),
        (0x0501, "rsa_pkcs1_sha384"), (0x0502, "dsa_sha384"), (0x0503, "ecdsa_secp384r1_sha384"),
        (0x0601, "rsa_pkcs1_sha512"), (0x0602, "dsa_sha512"), (0x0603, "ecdsa_secp521r1_sha512"),
        (0x0804, "rsa_pss_rsae_sha256"), (0x0805, "rsa_pss_rsae_sha384"), (0x0806, "rsa_pss_rsae_sha512"),
        (0x0807, "ed25519"), (0x0808, "ed448"),
        (0x0809, "rsa_pss_pss_sha256"), (0x080a, "rsa_pss_pss_sha384"), (0x080b, "rsa_pss_pss_sha512"),
        (0x081a, "ecdsa_brainpoolP256r1tls13_sha256"), (0x081b, "ecdsa_brainpoolP384r1tls13_sha384"),
        (0x081c, "ecdsa_brainpoolP512r1tls13_sha512"),
        (0x0904, "mldsa44"), (0x0905, "mldsa65"), (0x0906, "mldsa87"),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_numbers_are_grease() {
        let all: Vec<u16> = (0..=u16::MAX).filter(|n| is_grease(*n)).collect();
        assert_eq!(all.len(), 16);
        assert_eq!((all[0], all[15]), (0x0a0a, 0xfafa));
    }

    #[test]
    fn every_name_reads_back() {
        for code in 0..=u16::MAX {
            assert_eq!(TlsVersion::parse(&TlsVersion(code).to_string()), Some(TlsVersion(code)));
            assert_eq!(NamedGroup::parse(&NamedGroup(code).to_string()), Some(NamedGroup(code)));
            assert_eq!(ExtensionKind::parse(&ExtensionKind(code).to_string()), Some(ExtensionKind(code)));
            assert_eq!(SignatureScheme::parse(&SignatureScheme(code).to_string()), Some(SignatureScheme(code)));
        }
        assert_eq!(TlsVersion::TLS13.short(), "1.3");
        assert_eq!(TlsVersion::SSL3.short(), "sslv3");
    }
}
