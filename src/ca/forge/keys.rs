//! The lab's keys: made at start where that is quick, read from `certs/keys` else.

use std::convert::Infallible;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature as aws;
use aws_lc_rs::signature::{EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair};
use rsa::pkcs8::EncodePrivateKey as _;
use rsa::rand_core::{TryCryptoRng, TryRng};
use rsa::{BoxedUint, Pkcs1v15Sign, Pss, RsaPrivateKey};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer};
use sha2::Digest as _;

use super::der::{bit_string, integer, oid, sequence};
use crate::x509::{children, oids, read_tlv};

/// A private key that can sign in every way the lab wants.
pub(crate) struct Key {
    signer: Signer,
    /// The SubjectPublicKeyInfo.
    pub(crate) spki: Vec<u8>,
    /// PKCS#8, for rustls.
    pub(crate) pkcs8: Vec<u8>,
}

enum Signer {
    Ecdsa(Box<EcdsaKeyPair>, &'static str),
    Ed25519(Box<Ed25519KeyPair>),
    /// 2048 to 8192 bits.
    Rsa(Box<RsaKeyPair>),
    /// Any other size, and every hash that aws-lc-rs does not sign with.
    OddRsa(Box<RsaPrivateKey>),
    /// Any other kind: kept for its public half alone.
    Mute,
}

macro_rules! key_files {
    ($($name:literal),* $(,)?) => {
        /// The file of that name.
        fn key_file(name: &str) -> Option<&'static str> {
            match name {
                $($name => Some(include_str!(concat!("../../../certs/keys/", $name, ".pem"))),)*
                _ => None,
            }
        }
    };
}

key_files!(
    "rsa512",
    "rsa1024",
    "rsa2048",
    "rsa2050",
    "rsa3072",
    "rsa4096",
    "rsa8448",
    "rsa2048-e3",
    "rsa2048-pss.pub",
    "p192.pub",
    "p224.pub",
    "k256.pub",
    "p256-explicit.pub",
    "brainpool256.pub",
    "dsa2048.pub",
);

impl Key {
    /// The key of that name; a fresh one for the kinds that are made at start.
    pub(crate) fn named(name: &str) -> Result<Self, String> {
        match name {
            "p256" => Self::ecdsa(&aws::ECDSA_P256_SHA256_ASN1_SIGNING, oids::CURVE_P256, "sha256"),
            "p384" => Self::ecdsa(&aws::ECDSA_P384_SHA384_ASN1_SIGNING, oids::CURVE_P384, "sha384"),
            "p521" => Self::ecdsa(&aws::ECDSA_P521_SHA512_ASN1_SIGNING, oids::CURVE_P521, "sha512"),
            "ed25519" => Self::ed25519(),
            "p256-explicit" => Self::explicit(),
            file => {
                let pem = key_file(file).ok_or_else(|| format!("there is no key {file:?}"))?;
                Self::from_pem(pem).ok_or_else(|| format!("the key {file:?} cannot be read"))
            }
        }
    }

    fn ecdsa(algorithm: &'static aws::EcdsaSigningAlgorithm, curve: &str, hash: &'static str) -> Result<Self, String> {
        let failed = |_| "cannot make an EC key".to_owned();
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).map_err(failed)?;
        Self::from_ec(algorithm, curve, hash, document.as_ref()).ok_or_else(|| "cannot read an EC key".to_owned())
    }

    fn from_ec(
        algorithm: &'static aws::EcdsaSigningAlgorithm,
        curve: &str,
        hash: &'static str,
        pkcs8: &[u8],
    ) -> Option<Self> {
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8).ok()?;
        let algorithm = sequence(&[oid(oids::EC_PUBLIC_KEY), oid(curve)]);
        let spki = sequence(&[algorithm, bit_string(pair.public_key().as_ref())]);
        Some(Self { signer: Signer::Ecdsa(Box::new(pair), hash), spki, pkcs8: pkcs8.to_vec() })
    }

    /// A P-256 key whose public half gives the curve by its parameters.
    fn explicit() -> Result<Self, String> {
        let named = Self::named("p256")?;
        let sample = Self::named("p256-explicit.pub")?;
        let part = |spki: &[u8], which: usize| -> Option<Vec<u8>> {
            Some(children(read_tlv(spki)?.0.content).nth(which)?.raw.to_vec())
        };
        let parts = [part(&sample.spki, 0), part(&named.spki, 1)];
        let [Some(algorithm), Some(point)] = parts else { return Err("cannot read an EC key".to_owned()) };
        Ok(Self { spki: sequence(&[algorithm, point]), ..named })
    }

    fn ed25519() -> Result<Self, String> {
        let failed = |_| "cannot make an Ed25519 key".to_owned();
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(failed)?;
        let pkcs8 = document.as_ref().to_vec();
        let pair = Ed25519KeyPair::from_pkcs8(&pkcs8).map_err(|_| "cannot read an Ed25519 key".to_owned())?;
        let spki = sequence(&[sequence(&[oid(oids::ED25519)]), bit_string(pair.public_key().as_ref())]);
        Ok(Self { signer: Signer::Ed25519(Box::new(pair)), spki, pkcs8 })
    }

    /// A private key of any common kind in PKCS#8.
    pub(crate) fn from_pkcs8(pkcs8: &[u8]) -> Option<Self> {
        let ec = |algorithm, curve, hash| Self::from_ec(algorithm, curve, hash, pkcs8);
        Self::from_rsa(pkcs8)
            .or_else(|| ec(&aws::ECDSA_P256_SHA256_ASN1_SIGNING, oids::CURVE_P256, "sha256"))
            .or_else(|| ec(&aws::ECDSA_P384_SHA384_ASN1_SIGNING, oids::CURVE_P384, "sha384"))
    }

    /// A new RSA key of a size that aws-lc-rs does not make, and nobody should.
    pub(crate) fn weak_rsa(bits: usize) -> Result<Self, String> {
        let failed = || format!("cannot make an RSA key of {bits} bits");
        let key = RsaPrivateKey::new(&mut SystemRng, bits).map_err(|_| failed())?;
        let pkcs8 = key.to_pkcs8_der().map_err(|_| failed())?;
        Self::from_rsa(pkcs8.as_bytes()).ok_or_else(failed)
    }

    fn from_pem(pem: &str) -> Option<Self> {
        if let Ok(spki) = SubjectPublicKeyInfoDer::from_pem_slice(pem.as_bytes()) {
            return Some(Self { signer: Signer::Mute, spki: spki.to_vec(), pkcs8: Vec::new() });
        }
        Self::from_rsa(PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).ok()?.secret_pkcs8_der())
    }

    fn from_rsa(pkcs8: &[u8]) -> Option<Self> {
        // PrivateKeyInfo: version, algorithm, RSAPrivateKey, whose public half is its second and
        // third number (RFC 5208 section 5, RFC 8017 appendix A.1.2).
        let mut parts = children(read_tlv(pkcs8)?.0.content);
        let (algorithm, private) = (parts.nth(1)?, parts.next()?);
        let mut numbers = children(read_tlv(private.content)?.0.content);
        let (modulus, exponent) = (numbers.nth(1)?, numbers.next()?);
        let public = sequence(&[integer(modulus.content), integer(exponent.content)]);
        let spki = sequence(&[algorithm.raw.to_vec(), bit_string(&public)]);
        let signer = match RsaKeyPair::from_pkcs8(pkcs8) {
            Ok(pair) => Signer::Rsa(Box::new(pair)),
            Err(_) => Signer::OddRsa(Box::new(odd_rsa(pkcs8)?)),
        };
        Some(Self { signer, spki, pkcs8: pkcs8.to_vec() })
    }

    /// The hash a good certificate under this key is signed with.
    pub(crate) fn usual_hash(&self) -> &'static str {
        match &self.signer {
            Signer::Ecdsa(_, hash) => hash,
            _ => "sha256",
        }
    }

    /// Whether rustls takes the key as it is.
    pub(crate) fn is_common(&self) -> bool {
        matches!(self.signer, Signer::Ecdsa(..) | Signer::Ed25519(_) | Signer::Rsa(_))
    }

    /// Bits of the modulus, when it is RSA.
    pub(crate) fn rsa_bits(&self) -> Option<usize> {
        use rsa::traits::PublicKeyParts as _;
        match &self.signer {
            Signer::Rsa(pair) => Some(pair.public_modulus_len() * 8),
            Signer::OddRsa(key) => Some(key.n().bits() as usize),
            _ => None,
        }
    }

    /// The AlgorithmIdentifier of a signature by this key.
    pub(crate) fn algorithm(&self, hash: &str) -> Result<Vec<u8>, String> {
        let null = vec![5, 0];
        let dotted = match (&self.signer, hash) {
            (Signer::Ed25519(_), _) => return Ok(sequence(&[oid(oids::ED25519)])),
            (Signer::Rsa(_) | Signer::OddRsa(_), _) => {
                let dotted = match hash {
                    "md5" => oids::MD5_WITH_RSA,
                    "sha1" => oids::SHA1_WITH_RSA,
                    "sha256" => oids::SHA256_WITH_RSA,
                    "sha384" => oids::SHA384_WITH_RSA,
                    "sha512" => oids::SHA512_WITH_RSA,
                    other => return Err(format!("no RSA signature with {other}")),
                };
                return Ok(sequence(&[oid(dotted), null]));
            }
            (_, "sha1") => oids::SHA1_WITH_ECDSA,
            (_, "sha256") => oids::SHA256_WITH_ECDSA,
            (_, "sha384") => oids::SHA384_WITH_ECDSA,
            (_, "sha512") => oids::SHA512_WITH_ECDSA,
            (_, other) => return Err(format!("no ECDSA signature with {other}")),
        };
        Ok(sequence(&[oid(dotted)]))
    }

    /// Signs a certificate's signed part.
    pub(crate) fn sign(&self, hash: &str, message: &[u8]) -> Result<Vec<u8>, String> {
        let failed = |what: &str| format!("cannot sign with {what}");
        let random = SystemRandom::new();
        match &self.signer {
            Signer::Ecdsa(pair, own) if *own == hash => {
                pair.sign(&random, message).map(|s| s.as_ref().to_vec()).map_err(|_| failed("ECDSA"))
            }
            Signer::Ecdsa(..) => Err(format!("this key signs with its own hash, not {hash}")),
            Signer::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
            Signer::Rsa(pair) if matches!(hash, "sha256" | "sha384" | "sha512") => {
                let encoding: &'static dyn aws::RsaEncoding = match hash {
                    "sha256" => &aws::RSA_PKCS1_SHA256,
                    "sha384" => &aws::RSA_PKCS1_SHA384,
                    _ => &aws::RSA_PKCS1_SHA512,
                };
                let mut out = vec![0; pair.public_modulus_len()];
                pair.sign(encoding, &random, message, &mut out).map_err(|_| failed("RSA"))?;
                Ok(out)
            }
            Signer::Rsa(_) => {
                let key = odd_rsa(&self.pkcs8).ok_or_else(|| failed("RSA"))?;
                sign_pkcs1(&key, hash, message)
            }
            Signer::OddRsa(key) => sign_pkcs1(key, hash, message),
            Signer::Mute => Err(failed("a key of this kind")),
        }
    }

    /// Signs a handshake with a key that rustls refuses.
    pub(crate) fn sign_handshake(&self, way: HandshakeWay, message: &[u8]) -> Option<Vec<u8>> {
        let decoded;
        let key = if let Signer::OddRsa(key) = &self.signer {
            key.as_ref()
        } else {
            decoded = odd_rsa(&self.pkcs8)?;
            &decoded
        };
        match way {
            HandshakeWay::Pkcs1 => sign_pkcs1(key, "sha256", message).ok(),
            HandshakeWay::Pss => {
                let hashed = sha2::Sha256::digest(message);
                key.sign_with_rng(&mut SystemRng, Pss::<sha2::Sha256>::new(), &hashed).ok()
            }
        }
    }
}

/// How a handshake is signed with RSA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HandshakeWay {
    /// PKCS#1 with SHA-256.
    Pkcs1,
    /// PSS with SHA-256.
    Pss,
}

fn sign_pkcs1(key: &RsaPrivateKey, hash: &str, message: &[u8]) -> Result<Vec<u8>, String> {
    let signed = match hash {
        "md5" => key.sign(Pkcs1v15Sign::new::<md5::Md5>(), &md5::Md5::digest(message)),
        "sha1" => key.sign(Pkcs1v15Sign::new::<sha1::Sha1>(), &sha1::Sha1::digest(message)),
        "sha256" => key.sign(Pkcs1v15Sign::new::<sha2::Sha256>(), &sha2::Sha256::digest(message)),
        other => return Err(format!("no RSA signature with {other}")),
    };
    signed.map_err(|error| error.to_string())
}

/// RustCrypto's reader refuses moduli outside 1024 to 8192 bits unless it is told otherwise.
fn odd_rsa(pkcs8: &[u8]) -> Option<RsaPrivateKey> {
    let private = children(read_tlv(pkcs8)?.0.content).nth(2)?;
    let mut numbers = children(read_tlv(private.content)?.0.content).skip(1).map(|tlv| {
        let digits = tlv.content.strip_prefix(&[0]).unwrap_or(tlv.content);
        BoxedUint::from_be_slice_vartime(digits)
    });
    let (n, e, d) = (numbers.next()?, numbers.next()?, numbers.next()?);
    let primes = vec![numbers.next()?, numbers.next()?];
    RsaPrivateKey::from_components(n, e, d, primes).ok()
}

/// The system's randomness, as RustCrypto wants it.
struct SystemRng;

impl TryRng for SystemRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes).map(|()| u32::from_ne_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes).map(|()| u64::from_ne_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        // The lab's salts need not be secret; zeroes would do as well.
        let _ = aws_lc_rs::rand::fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for SystemRng {}
