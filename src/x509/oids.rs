//! Object identifiers, dotted, with the names that people know them by.

macro_rules! oids {
    ($($(#[$doc:meta])* $name:ident = $dotted:literal, $word:literal;)*) => {
        $(#[doc = $word] pub const $name: &str = $dotted;)*

        /// The short name of an identifier that tlscope knows.
        pub fn name(oid: &str) -> Option<&'static str> {
            match oid {
                $($dotted => Some($word),)*
                _ => None,
            }
        }
    };
}

oids! {
    COMMON_NAME = "2.5.4.3", "CN";
    SURNAME = "2.5.4.4", "SN";
    SERIAL_NUMBER = "2.5.4.5", "serialNumber";
    COUNTRY = "2.5.4.6", "C";
    LOCALITY = "2.5.4.7", "L";
    STATE = "2.5.4.8", "ST";
    STREET = "2.5.4.9", "street";
    ORGANIZATION = "2.5.4.10", "O";
    ORGANIZATIONAL_UNIT = "2.5.4.11", "OU";
    TITLE = "2.5.4.12", "title";
    BUSINESS_CATEGORY = "2.5.4.15", "businessCategory";
    POSTAL_CODE = "2.5.4.17", "postalCode";
    GIVEN_NAME = "2.5.4.42", "GN";
    ORGANIZATION_IDENTIFIER = "2.5.4.97", "organizationIdentifier";
    DOMAIN_COMPONENT = "0.9.2342.19200300.100.1.25", "DC";
    USER_ID = "0.9.2342.19200300.100.1.1", "UID";
    EMAIL_ADDRESS = "1.2.840.113549.1.9.1", "emailAddress";
    JURISDICTION_COUNTRY = "1.3.6.1.4.1.311.60.2.1.3", "jurisdictionC";

    EXT_SUBJECT_KEY_ID = "2.5.29.14", "subjectKeyIdentifier";
    EXT_KEY_USAGE = "2.5.29.15", "keyUsage";
    EXT_SUBJECT_ALT_NAME = "2.5.29.17", "subjectAltName";
    EXT_ISSUER_ALT_NAME = "2.5.29.18", "issuerAltName";
    EXT_BASIC_CONSTRAINTS = "2.5.29.19", "basicConstraints";
    EXT_NAME_CONSTRAINTS = "2.5.29.30", "nameConstraints";
    EXT_CRL_DISTRIBUTION = "2.5.29.31", "cRLDistributionPoints";
    EXT_POLICIES = "2.5.29.32", "certificatePolicies";
    EXT_POLICY_MAPPINGS = "2.5.29.33", "policyMappings";
    EXT_AUTHORITY_KEY_ID = "2.5.29.35", "authorityKeyIdentifier";
    EXT_POLICY_CONSTRAINTS = "2.5.29.36", "policyConstraints";
    EXT_EXTENDED_KEY_USAGE = "2.5.29.37", "extKeyUsage";
    EXT_INHIBIT_ANY_POLICY = "2.5.29.54", "inhibitAnyPolicy";
    EXT_AUTHORITY_INFO = "1.3.6.1.5.5.7.1.1", "authorityInfoAccess";
    EXT_TLS_FEATURE = "1.3.6.1.5.5.7.1.24", "tlsFeature";
    EXT_SCT_LIST = "1.3.6.1.4.1.11129.2.4.2", "SCT list";
    EXT_CT_POISON = "1.3.6.1.4.1.11129.2.4.3", "precertificate poison";
    EXT_NETSCAPE_TYPE = "2.16.840.1.113730.1.1", "nsCertType";
    EXT_NETSCAPE_COMMENT = "2.16.840.1.113730.1.13", "nsComment";

    EXT_OCSP_NO_CHECK = "1.3.6.1.5.5.7.48.1.5", "ocspNoCheck";

    ANY_POLICY = "2.5.29.32.0", "anyPolicy";
    POLICY_EV = "2.23.140.1.1", "extended validation";
    POLICY_DV = "2.23.140.1.2.1", "domain validated";
    POLICY_OV = "2.23.140.1.2.2", "organization validated";
    POLICY_IV = "2.23.140.1.2.3", "individual validated";

    EKU_ANY = "2.5.29.37.0", "anyExtendedKeyUsage";
    EKU_SERVER_AUTH = "1.3.6.1.5.5.7.3.1", "serverAuth";
    EKU_CLIENT_AUTH = "1.3.6.1.5.5.7.3.2", "clientAuth";
    EKU_CODE_SIGNING = "1.3.6.1.5.5.7.3.3", "codeSigning";
    EKU_EMAIL = "1.3.6.1.5.5.7.3.4", "emailProtection";
    EKU_TIME_STAMPING = "1.3.6.1.5.5.7.3.8", "timeStamping";
    EKU_OCSP_SIGNING = "1.3.6.1.5.5.7.3.9", "OCSPSigning";
    EKU_MICROSOFT_SGC = "1.3.6.1.4.1.311.10.3.3", "msSGC";
    EKU_NETSCAPE_SGC = "2.16.840.1.113730.4.1", "nsSGC";

    EXT_CRL_NUMBER = "2.5.29.20", "cRLNumber";
    EXT_DELTA_CRL = "2.5.29.27", "deltaCRLIndicator";
    EXT_ISSUING_DISTRIBUTION_POINT = "2.5.29.28", "issuingDistributionPoint";
    EXT_FRESHEST_CRL = "2.5.29.46", "freshestCRL";
    CRL_REASON = "2.5.29.21", "cRLReason";
    CRL_INVALIDITY_DATE = "2.5.29.24", "invalidityDate";
    CRL_CERTIFICATE_ISSUER = "2.5.29.29", "certificateIssuer";

    OCSP_BASIC = "1.3.6.1.5.5.7.48.1.1", "basic OCSP response";
    OCSP_SCT_LIST = "1.3.6.1.4.1.11129.2.4.5", "SCT list of an OCSP response";

    AIA_CA_ISSUERS = "1.3.6.1.5.5.7.48.2", "caIssuers";
    AIA_OCSP = "1.3.6.1.5.5.7.48.1", "OCSP";

    RSA_ENCRYPTION = "1.2.840.113549.1.1.1", "rsaEncryption";
    RSA_PSS = "1.2.840.113549.1.1.10", "rsassaPss";
    MGF1 = "1.2.840.113549.1.1.8", "mgf1";
    MD2_WITH_RSA = "1.2.840.113549.1.1.2", "md2WithRSAEncryption";
    MD4_WITH_RSA = "1.2.840.113549.1.1.3", "md4WithRSAEncryption";
    MD5_WITH_RSA = "1.2.840.113549.1.1.4", "md5WithRSAEncryption";
    SHA1_WITH_RSA = "1.2.840.113549.1.1.5", "sha1WithRSAEncryption";
    SHA1_WITH_RSA_OLD = "1.3.14.3.2.29", "sha1WithRSASignature";
    SHA224_WITH_RSA = "1.2.840.113549.1.1.14", "sha224WithRSAEncryption";
    SHA256_WITH_RSA = "1.2.840.113549.1.1.11", "sha256WithRSAEncryption";
    SHA384_WITH_RSA = "1.2.840.113549.1.1.12", "sha384WithRSAEncryption";
    SHA512_WITH_RSA = "1.2.840.113549.1.1.13", "sha512WithRSAEncryption";
    EC_PUBLIC_KEY = "1.2.840.10045.2.1", "ecPublicKey";
    SHA1_WITH_ECDSA = "1.2.840.10045.4.1", "ecdsa-with-SHA1";
    SHA224_WITH_ECDSA = "1.2.840.10045.4.3.1", "ecdsa-with-SHA224";
    SHA256_WITH_ECDSA = "1.2.840.10045.4.3.2", "ecdsa-with-SHA256";
    SHA384_WITH_ECDSA = "1.2.840.10045.4.3.3", "ecdsa-with-SHA384";
    SHA512_WITH_ECDSA = "1.2.840.10045.4.3.4", "ecdsa-with-SHA512";
    DSA = "1.2.840.10040.4.1", "dsa";
    SHA1_WITH_DSA = "1.2.840.10040.4.3", "dsa-with-SHA1";
    SHA224_WITH_DSA = "2.16.840.1.101.3.4.3.1", "dsa-with-SHA224";
    SHA256_WITH_DSA = "2.16.840.1.101.3.4.3.2", "dsa-with-SHA256";
    ED25519 = "1.3.101.112", "Ed25519";
    ED448 = "1.3.101.113", "Ed448";
    ML_DSA_44 = "2.16.840.1.101.3.4.3.17", "ML-DSA-44";
    ML_DSA_65 = "2.16.840.1.101.3.4.3.18", "ML-DSA-65";
    ML_DSA_87 = "2.16.840.1.101.3.4.3.19", "ML-DSA-87";

    SHA1 = "1.3.14.3.2.26", "SHA-1";
    SHA224 = "2.16.840.1.101.3.4.2.4", "SHA-224";
    SHA256 = "2.16.840.1.101.3.4.2.1", "SHA-256";
    SHA384 = "2.16.840.1.101.3.4.2.2", "SHA-384";
    SHA512 = "2.16.840.1.101.3.4.2.3", "SHA-512";

    CURVE_P192 = "1.2.840.10045.3.1.1", "P-192";
    CURVE_P224 = "1.3.132.0.33", "P-224";
    CURVE_P256 = "1.2.840.10045.3.1.7", "P-256";
    CURVE_P384 = "1.3.132.0.34", "P-384";
    CURVE_P521 = "1.3.132.0.35", "P-521";
    CURVE_K256 = "1.3.132.0.10", "secp256k1";
    CURVE_BP256 = "1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1";
    CURVE_BP384 = "1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1";
    CURVE_BP512 = "1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1";
}

/// The short name, or the dotted form of an identifier that is not known.
pub fn display(oid: &str) -> &str {
    name(oid).unwrap_or(oid)
}

/// Reads the contents of an OBJECT IDENTIFIER into its dotted form (X.690 8.19).
pub fn dotted(content: &[u8]) -> Option<String> {
    use std::fmt::Write as _;
    let mut out = String::new();
    let mut arc: u128 = 0;
    for byte in content {
        arc = arc.checked_shl(7)? | u128::from(byte & 0x7f);
        if arc > u128::from(u64::MAX) {
            return None;
        }
        if byte & 0x80 == 0 {
            let (first, rest) = if out.is_empty() { split_first_arc(arc) } else { (None, arc) };
            let _ = match first {
                Some(first) => write!(out, "{first}.{rest}"),
                None => write!(out, ".{rest}"),
            };
            arc = 0;
        }
    }
    (content.last()? & 0x80 == 0).then_some(out)
}

fn split_first_arc(arc: u128) -> (Option<u128>, u128) {
    let first = (arc / 40).min(2);
    (Some(first), arc - first * 40)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_dotted_forms() {
        assert_eq!(dotted(&[0x55, 0x1d, 0x11]).as_deref(), Some(EXT_SUBJECT_ALT_NAME));
        assert_eq!(dotted(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11]).as_deref(), Some(SHA256_WITH_RSA));
        assert_eq!(dotted(&[0x88, 0x37, 3]).as_deref(), Some("2.999.3"));
        assert_eq!(dotted(&[0x55, 0x9d]), None);
        assert_eq!(dotted(&[]), None);
        assert_eq!(display("1.2.3.4"), "1.2.3.4");
    }
}
