use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    invalid::{Check, Invalid, LONGEST_SECONDS, require},
    key::Key,
    secret,
};
use crate::id::DeviceId;

/// What is particular to the RingCentral dialect.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RingCentral {
    /// Whether the limits below hold and are told in every answer.
    pub rate_limits: bool,
    /// How many calls of the group "light" one user of one app may make in a minute.
    pub light_per_minute: u32,
    /// The same of the group "medium".
    pub medium_per_minute: u32,
    /// The same of the group "heavy".
    pub heavy_per_minute: u32,
    /// The same of the group "auth".
    pub auth_per_minute: u32,
    /// How long whoever called too often has to wait; each call meanwhile starts the time anew.
    #[schemars(range(min = 1, max = LONGEST_SECONDS))]
    pub penalty_seconds: u64,
    /// Whether any application may log in, with the text of a user's token as its assertion; for trying.
    pub open_login: bool,
    /// How long an access token holds that a login gives.
    #[schemars(range(min = 60, max = LONGEST_SECONDS))]
    pub access_token_seconds: u64,
    /// The same of a refresh token.
    #[schemars(range(min = 60, max = LONGEST_SECONDS))]
    pub refresh_token_seconds: u64,
    /// The applications that may log in.
    pub apps: Vec<OAuthApp>,
    /// The keys that assertions of users have to be signed with.
    pub jwt_keys: Vec<JwtKey>,
}

/// An application that may log in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OAuthApp {
    /// Its client id.
    pub id: String,
    /// Its client secret; empty: it has none and sends its id alone.
    #[serde(default)]
    pub secret: String,
    /// The file that holds the secret, instead of the secret itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<PathBuf>,
    /// Where it may have users sent back to after they allowed it to act for them.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
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

impl RingCentral {
    /// Reads the secrets that are kept in files of their own.
    pub(super) fn read_secrets(&mut self) -> Check {
        for (place, app) in self.apps.iter_mut().enumerate() {
            let key = format!("ringcentral.apps[{place}].secret");
            secret::read(&key, &mut app.secret, app.secret_file.as_deref())?;
        }
        for (place, key) in self.jwt_keys.iter_mut().enumerate() {
            let name = format!("ringcentral.jwt_keys[{place}].key");
            secret::read(&name, &mut key.key, key.key_file.as_deref())?;
        }
        Ok(())
    }

    pub(super) fn check(&self) -> Check {
        for (place, app) in self.apps.iter().enumerate() {
            let why = "has to be of 1 to 255 bytes, without control characters";
            require(app.id.parse::<DeviceId>().is_ok(), &format!("ringcentral.apps[{place}].id"), why)?;
            let is_uri = |uri: &String| url::Url::parse(uri).is_ok_and(|uri| uri.fragment().is_none());
            let key = format!("ringcentral.apps[{place}].redirect_uris");
            require(
                app.redirect_uris.iter().all(is_uri),
                &key,
                "each has to be absolute, without a fragment",
            )?;
        }
        for (place, key) in self.jwt_keys.iter().enumerate() {
            key.parsed().map_err(|why| Invalid::new(format!("ringcentral.jwt_keys[{place}]"), why))?;
        }
        Ok(())
    }
}
