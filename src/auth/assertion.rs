//! Assertions: JSON Web Tokens (RFC 7523) by which somebody whom the operator trusts says who a user is.

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;

use crate::{config::JwtKey, presence::Timestamp};

/// How far the clocks of issuers may be off, in seconds.
const LEEWAY: u64 = 60;

/// Why an assertion does not count, or a key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssertionError {
    #[error("the assertion is no JSON Web Token")]
    Malformed,
    #[error("the assertion is not signed with a key that is trusted for it")]
    Untrusted,
    #[error("the assertion is not valid yet, or not any more")]
    Outdated,
    #[error("{algorithm:?}: {why}")]
    Key { algorithm: String, why: String },
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: u64,
    #[serde(default)]
    nbf: u64,
}

/// Whether a key can be used.
pub fn check(key: &JwtKey) -> Result<(), AssertionError> {
    let problem = |why: &str| AssertionError::Key { algorithm: key.algorithm.clone(), why: why.to_owned() };
    if key.issuer.is_empty() || key.audience.is_empty() {
        return Err(problem("needs an issuer and an audience"));
    }
    decoding_key(key).map(drop)
}

/// The algorithm of a key, and the key in the form that the library takes.
fn decoding_key(key: &JwtKey) -> Result<(Algorithm, DecodingKey), AssertionError> {
    let problem = |why: String| AssertionError::Key { algorithm: key.algorithm.clone(), why };
    let algorithm: Algorithm = key.algorithm.parse().map_err(|_| problem("is no algorithm".to_owned()))?;
    let bytes = key.key.as_bytes();
    let decoding = match algorithm {
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => Ok(DecodingKey::from_secret(bytes)),
        Algorithm::ES256 | Algorithm::ES384 => DecodingKey::from_ec_pem(bytes),
        Algorithm::EdDSA => DecodingKey::from_ed_pem(bytes),
        _ => DecodingKey::from_rsa_pem(bytes),
    };
    Ok((algorithm, decoding.map_err(|error| problem(format!("the key cannot be used: {error}")))?))
}

/// The subject of an assertion that one of the keys was used for, and that holds now.
pub fn subject(keys: &[JwtKey], assertion: &str, now: Timestamp) -> Result<String, AssertionError> {
    let algorithm = decode_header(assertion).map_err(|_| AssertionError::Malformed)?.alg;
    let claims = keys.iter().find_map(|key| verified(key, algorithm, assertion));
    let Claims { sub, exp, nbf } = claims.ok_or(AssertionError::Untrusted)?;
    let now = now.as_millis() / 1_000;
    let holds = nbf <= now.saturating_add(LEEWAY) && now < exp.saturating_add(LEEWAY);
    if holds { Ok(sub) } else { Err(AssertionError::Outdated) }
}

/// The claims, if the key was used for the assertion and is trusted for it.
fn verified(key: &JwtKey, algorithm: Algorithm, assertion: &str) -> Option<Claims> {
    let (expected, decoding) = decoding_key(key).ok()?;
    let mut validation = Validation::new(expected);
    validation.set_issuer(&[&key.issuer]);
    validation.set_audience(&[&key.audience]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    // The times are compared with the server's own clock.
    validation.validate_exp = false;
    let is_for_it = expected == algorithm;
    is_for_it
        .then(|| decode::<Claims>(assertion, &decoding, &validation).ok())
        .flatten()
        .map(|data| data.claims)
}
