use jsonwebtoken::{Algorithm, DecodingKey};

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
