//! What the configuration says of the dialect.

use std::{
    path::{Path, PathBuf},
    sync::LazyLock,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    config::{self, Check, Invalid, JwtKey, LONGEST_SECONDS, Section, read_secret, require},
    id::DeviceId,
};

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
    /// How long a caller who called too often has to wait; each call meanwhile starts the time anew.
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

impl Section for RingCentral {
    const NAME: &'static str = "ringcentral";
    const DEFAULTS: &'static str = include_str!("config.toml");
    const SECRETS: &'static [&'static str] = &["apps", "jwt_keys"];

    fn defaults() -> &'static Self {
        static DEFAULTS: LazyLock<RingCentral> = LazyLock::new(config::parsed);
        &DEFAULTS
    }

    /// Reads the secrets that are kept in files of their own.
    fn read_files(&mut self, _: &Path, _: &str) -> Check {
        for (place, app) in self.apps.iter_mut().enumerate() {
            let key = format!("ringcentral.apps[{place}].secret");
            read_secret(&key, &mut app.secret, app.secret_file.as_deref())?;
        }
        for (place, key) in self.jwt_keys.iter_mut().enumerate() {
            let name = format!("ringcentral.jwt_keys[{place}].key");
            read_secret(&name, &mut key.key, key.key_file.as_deref())?;
        }
        Ok(())
    }

    fn check(&self) -> Check {
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

    fn be_demo(&mut self) {
        self.rate_limits = false;
        self.open_login = true;
    }
}
