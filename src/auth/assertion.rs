//! Assertions: JSON Web Tokens (RFC 7523) by which somebody whom the operator trusts says who a user is.

use std::collections::HashMap;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use parking_lot::Mutex;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::{config::JwtKey, presence::Timestamp};

/// How far the clocks of issuers may be off, in seconds.
const LEEWAY: u64 = 60;

/// How far ahead the end of an assertion may lie, in seconds: ten years. What is later was not meant.
const LONGEST: u64 = 10 * 366 * 24 * 60 * 60;

/// How many used assertions are remembered at a time.
const MOST_USED: usize = 100_000;

/// Why an assertion does not count, or a key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssertionError {
    #[error("the assertion is no JSON Web Token")]
    Malformed,
    #[error("the assertion is not signed with a key that is trusted for it")]
    Untrusted,
    #[error("the assertion is not valid yet, or not any more")]
    Outdated,
    #[error("the assertion would hold for more than ten years")]
    Endless,
    #[error("{algorithm:?}: {why}")]
    Key { algorithm: String, why: String },
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: u64,
    #[serde(default)]
    nbf: u64,
    /// Its name, which says that it is to be used once.
    jti: Option<String>,
    iss: String,
}

/// An assertion that holds once, and until when it is to be remembered that it was used.
#[derive(Clone, Copy, Debug)]
pub struct Once {
    name: [u8; 32],
    /// In seconds since the Unix epoch.
    until: u64,
}

/// The assertions that were used and still hold.
#[derive(Debug, Default)]
pub struct Used(Mutex<HashMap<[u8; 32], u64>>);

impl Used {
    /// Notes that an assertion is used. False: it was before, or so many are in use that nothing more can be
    /// remembered.
    pub fn spend(&self, once: Once, now: Timestamp) -> bool {
        let mut used = self.0.lock();
        if used.len() >= MOST_USED {
            let now = now.as_millis() / 1_000;
            used.retain(|_, until| now < *until);
        }
        used.len() < MOST_USED && used.insert(once.name, once.until).is_none()
    }

    /// Nothing came of it: it may be used again.
    pub fn give_back(&self, once: Once) {
        self.0.lock().remove(&once.name);
    }
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

/// The subject of an assertion that one of the keys was used for, and that holds now; and whether it does so once.
pub fn subject(
    keys: &[JwtKey],
    assertion: &str,
    now: Timestamp,
) -> Result<(String, Option<Once>), AssertionError> {
    let algorithm = decode_header(assertion).map_err(|_| AssertionError::Malformed)?.alg;
    let claims = keys.iter().find_map(|key| verified(key, algorithm, assertion));
    let Claims { sub, exp, nbf, jti, iss } = claims.ok_or(AssertionError::Untrusted)?;
    let now = now.as_millis() / 1_000;
    if exp > now.saturating_add(LONGEST) {
        return Err(AssertionError::Endless);
    }
    let until = exp.saturating_add(LEEWAY);
    if nbf > now.saturating_add(LEEWAY) || now >= until {
        return Err(AssertionError::Outdated);
    }
    let named =
        |name: String| Sha256::new().chain_update(iss).chain_update("\n").chain_update(name).finalize();
    Ok((sub, jti.map(|name| Once { name: named(name).into(), until })))
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
