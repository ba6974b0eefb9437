//! Keys that tokens are signed with.

use std::path::PathBuf;

use jsonwebtoken::{Algorithm, DecodingKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A key that tokens are signed with, for one algorithm.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    /// Its name in the tokens' header.
    pub(crate) kid: Option<String>,
    pub(crate) algorithm: Algorithm,
    pub(crate) decoding: DecodingKey,
}

impl Key {
    /// A key in PEM form, or a secret, as the algorithm has it; or what is wrong with it.
    pub(super) fn parse(kid: Option<&str>, algorithm: &str, text: &str) -> Result<Self, String> {
        let algorithm: Algorithm =
            algorithm.parse().map_err(|_| format!("{algorithm:?}: is no algorithm"))?;
        let bytes = text.as_bytes();
        let decoding = match algorithm {
            Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => Ok(DecodingKey::from_secret(bytes)),
            Algorithm::ES256 | Algorithm::ES384 => DecodingKey::from_ec_pem(bytes),
            Algorithm::EdDSA => DecodingKey::from_ed_pem(bytes),
            _ => DecodingKey::from_rsa_pem(bytes),
        };
        let decoding =
            decoding.map_err(|error| format!("\"{algorithm:?}\": the key cannot be used: {error}"))?;
        Ok(Self { kid: kid.map(str::to_owned), algorithm, decoding })
    }
}

/// A key that assertions may be signed with, and what they have to say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JwtKey {
    /// The algorithm, such as RS256, ES256, EdDSA or HS256.
    pub algorithm: String,
    /// The public key in PEM form; for HS256, HS384 and HS512 the secret itself.
    #[serde(default)]
    pub key: String,
    /// The file that holds the key, instead of the key itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_file: Option<PathBuf>,
    /// Who has to have issued the assertion: the claim `iss`.
    pub issuer: String,
    /// For whom it has to be: the claim `aud`.
    pub audience: String,
}

impl JwtKey {
    /// The key itself, or why it cannot be used.
    pub(crate) fn parsed(&self) -> Result<Key, String> {
        if self.issuer.is_empty() || self.audience.is_empty() {
            return Err(format!("{:?}: needs an issuer and an audience", self.algorithm));
        }
        Key::parse(None, &self.algorithm, &self.key)
    }
}
