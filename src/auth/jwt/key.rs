use jsonwebtoken::{
    Algorithm, DecodingKey, Header, Validation, decode,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse},
};
use serde::Deserialize as _;
use serde_json::Value;

use crate::config::Key;

/// The lengths that the modulus of an RSA key of a set may have, in characters of base64: 2,048 to 8,192 bits. Shorter
/// ones are weak, and longer ones a burden.
const MODULUS: std::ops::RangeInclusive<usize> = 341..=1_366;

impl Key {
    /// A public key of a set, if it is one that signs tokens. It is for the algorithm that it names, or else for the
    /// usual one of its kind.
    pub(super) fn of_set(value: &Value) -> Option<Self> {
        let jwk = Jwk::deserialize(value).ok()?;
        let signs = jwk.common.public_key_use.as_ref().is_none_or(|to| *to == PublicKeyUse::Signature)
            && jwk.common.key_operations.as_ref().is_none_or(|to| to.contains(&KeyOperations::Verify));
        let usual = match &jwk.algorithm {
            AlgorithmParameters::RSA(rsa) if MODULUS.contains(&rsa.n.len()) => Algorithm::RS256,
            AlgorithmParameters::EllipticCurve(ec) if ec.curve == EllipticCurve::P256 => Algorithm::ES256,
            AlgorithmParameters::EllipticCurve(ec) if ec.curve == EllipticCurve::P384 => Algorithm::ES384,
            AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
                Algorithm::EdDSA
            }
            // A secret that is published is none.
            _ => return None,
        };
        let algorithm = match jwk.common.key_algorithm {
            Some(named) => Algorithm::try_from(named).ok()?,
            None => usual,
        };
        let is_of_its_kind = match usual {
            Algorithm::RS256 => algorithm.family() == usual.family(),
            _ => algorithm == usual,
        };
        let decoding = DecodingKey::from_jwk(&jwk).ok().filter(|_| signs && is_of_its_kind)?;
        Some(Self { kid: jwk.common.key_id, algorithm, decoding })
    }

    pub(super) fn is_called(&self, kid: &str) -> bool {
        self.kid.as_deref() == Some(kid)
    }

    /// What a token says, if this is the key that it was signed with.
    pub(super) fn read(&self, header: &Header, token: &[u8]) -> Option<Value> {
        let is_meant = header.kid.is_none() || self.kid.is_none() || header.kid == self.kid;
        if header.alg != self.algorithm || !is_meant {
            return None;
        }
        let mut validation = Validation::new(self.algorithm);
        // The claims are looked at where the issuer is known, and the time by the server's own clock.
        validation.required_spec_claims.clear();
        (validation.validate_exp, validation.validate_aud) = (false, false);
        decode(token, &self.decoding, &validation).ok().map(|data| data.claims)
    }
}
