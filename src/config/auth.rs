use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use url::Url;

use super::{
    invalid::{Check, Invalid, require},
    key::Key,
    secret,
};
use crate::{
    directory::Scope,
    id::{DeviceId, UserId},
};

/// Stands for the subject in the form of a user's id.
pub(crate) const SUBJECT: &str = "{sub}";

/// Who else may say who a user is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// The issuers whose JSON Web Tokens are taken, in every dialect.
    pub jwt: Vec<JwtIssuer>,
    /// How often the keys behind a `jwks_url` are fetched at most.
    #[schemars(range(min = 1, max = 24 * 60 * 60))]
    pub jwks_refresh_seconds: u64,
    /// How long fetching them may take.
    #[schemars(range(min = 1, max = 60_000))]
    pub jwks_timeout_milliseconds: u64,
}

/// An issuer whose JSON Web Tokens are taken.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JwtIssuer {
    /// What the claim `iss` has to be, or one of what it may be.
    #[serde(deserialize_with = "one_or_many")]
    #[schemars(with = "OneOrMany")]
    pub issuer: Vec<String>,
    /// The same of `aud`.
    #[serde(deserialize_with = "one_or_many")]
    #[schemars(with = "OneOrMany")]
    pub audience: Vec<String>,
    /// The keys that the tokens are signed with.
    #[serde(default)]
    pub keys: Vec<SigningKey>,
    /// Where the keys are, if they are not given: a JSON Web Key Set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_url: Option<String>,
    /// The id of a token's user, with `{sub}` for its subject and `{server}` for this server's name.
    #[serde(default = "default_user")]
    pub user: String,
    /// Whether a user who is unknown is made at first sight.
    #[serde(default)]
    pub create_users: bool,
    /// What tokens may be used for at most.
    #[serde(default = "default_scopes")]
    #[schemars(with = "Vec<ScopeWord>")]
    pub scopes: Vec<Scope>,
}

/// A key that tokens are signed with.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SigningKey {
    /// Its name in the tokens' header; without one it is tried for all tokens of its algorithm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// The algorithm, such as RS256, ES256, EdDSA or HS256.
    pub algorithm: String,
    /// The public key in PEM form; for HS256, HS384 and HS512 the secret itself.
    #[serde(default)]
    pub key: String,
    /// The file that holds the key, instead of the key itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_file: Option<PathBuf>,
}

/// What a token may be used for: a user's token for that user, a service token for every user.
#[derive(JsonSchema)]
#[schemars(rename = "Scope", rename_all = "lowercase")]
#[expect(dead_code, reason = "it says what the schema says, and nothing more")]
enum ScopeWord {
    /// Read presence.
    Read,
    /// Set presence: the user's own, or anybody's and the rooms.
    Write,
    /// Report devices and calls of all users, as a gateway.
    Gateway,
}

/// As it may be written: one text, or a list.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(text) => vec![text],
        OneOrMany::Many(texts) => texts,
    })
}

fn default_user() -> String {
    "@{sub}:{server}".to_owned()
}

fn default_scopes() -> Vec<Scope> {
    vec![Scope::Read, Scope::Write]
}

impl SigningKey {
    /// The key itself, or why it cannot be used.
    pub(crate) fn parsed(&self) -> Result<Key, String> {
        Key::parse(self.kid.as_deref(), &self.algorithm, &self.key)
    }
}

impl JwtIssuer {
    /// The form of its users' ids on that server, with [`SUBJECT`] in it.
    pub(crate) fn user_on(&self, server: &str) -> String {
        self.user.replace("{server}", server)
    }

    /// Checks it for a server of that name. What it says is wrong are keys in this entry.
    fn check(&self, server: &str) -> Check {
        let is_address = |url: &String| {
            Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        };
        let url = "has to be an http or https URL";
        require(self.jwks_url.as_ref().is_none_or(is_address), ".jwks_url", url)?;
        let is_name = |name: &String| name.parse::<DeviceId>().is_ok();
        let names = "has to be of 1 to 255 bytes, or a list of such";
        require(!self.issuer.is_empty() && self.issuer.iter().all(is_name), ".issuer", names)?;
        let is_audience = !self.audience.is_empty() && !self.audience.iter().any(String::is_empty);
        let audiences = "has to be a text, or a list of texts, none of them empty";
        require(is_audience, ".audience", audiences)?;
        require(self.jwks_url.is_some() == self.keys.is_empty(), "", "needs either keys or jwks_url")?;
        for (place, key) in self.keys.iter().enumerate() {
            key.parsed().map_err(|why| Invalid::new(format!(".keys[{place}]"), why))?;
        }
        let user = self.user_on(server);
        let is_form = user.contains(SUBJECT) && user.replace(SUBJECT, "x").parse::<UserId>().is_ok();
        require(is_form, ".user", "has to be the form of a user id, with {sub} in it")
    }
}

impl Auth {
    /// Whether tokens of an issuer may be used to read.
    pub fn lets_read(&self, issuer: &str) -> bool {
        let is_it = |known: &&JwtIssuer| known.issuer.iter().any(|name| name == issuer);
        self.jwt.iter().filter(is_it).any(|known| known.scopes.contains(&Scope::Read))
    }

    /// Reads the keys that are kept in files of their own.
    pub(super) fn read_secrets(&mut self) -> Check {
        for (place, issuer) in self.jwt.iter_mut().enumerate() {
            for (at, key) in issuer.keys.iter_mut().enumerate() {
                let name = format!("auth.jwt[{place}].keys[{at}].key");
                secret::read(&name, &mut key.key, key.key_file.as_deref())?;
            }
        }
        Ok(())
    }

    /// Checks it for a server of that name.
    pub(super) fn check(&self, server: &str) -> Check {
        for (place, issuer) in self.jwt.iter().enumerate() {
            issuer
                .check(server)
                .map_err(|Invalid { key, why }| Invalid::new(format!("auth.jwt[{place}]{key}"), why))?;
        }
        Ok(())
    }
}
