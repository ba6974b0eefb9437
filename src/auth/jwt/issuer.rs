use std::sync::Arc;

use jsonwebtoken::Header;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use url::Url;

use super::{
    Claims, JwtError,
    key::Key,
    key_set::{KeySet, Pace},
};
use crate::{
    config::{JwtIssuer, JwtKey},
    directory::{Scopes, Signed, TokenHash},
    id::{DeviceId, UserId},
};

/// What stays as it is of a subject in a user's id. All else is written as `%` and two digits, `%` itself included, so
/// that no two subjects are one user.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'.')
    .remove(b'_')
    .remove(b'=')
    .remove(b'-')
    .remove(b'/')
    .remove(b'+')
    .remove(b'@')
    .remove(b'|');

/// Stands for the subject in the form of a user's id.
const SUBJECT: &str = "{sub}";

/// Somebody whose tokens are taken.
#[derive(Clone, Debug)]
pub(crate) struct Issuer {
    names: Vec<String>,
    audiences: Vec<String>,
    keys: Keys,
    /// The form of its users' ids, with [`SUBJECT`] in it.
    user: String,
    makes_users: bool,
    scopes: Scopes,
}

#[derive(Clone, Debug)]
enum Keys {
    Given(Arc<[Key]>),
    Published(Arc<KeySet>),
}

impl Issuer {
    /// The issuer of an entry of the configuration, whose keys are given or published; or which key of the entry is
    /// wrong, and why.
    pub(crate) fn new(
        config: &JwtIssuer,
        server: &str,
        key_set: Option<Arc<KeySet>>,
    ) -> Result<Self, (String, String)> {
        let wrong = |key: &str, why: &str| Err((key.to_owned(), why.to_owned()));
        let is_name = |name: &String| name.parse::<DeviceId>().is_ok();
        if config.issuer.is_empty() || !config.issuer.iter().all(is_name) {
            return wrong(".issuer", "has to be of 1 to 255 bytes, or a list of such");
        }
        if config.audience.is_empty() || config.audience.iter().any(String::is_empty) {
            return wrong(".audience", "has to be a text, or a list of texts, none of them empty");
        }
        let keys = match (key_set, config.keys.is_empty()) {
            (Some(key_set), true) => Keys::Published(key_set),
            (None, false) => Keys::Given(given(config)?),
            _ => return wrong("", "needs either keys or jwks_url"),
        };
        let user = config.user.replace("{server}", server);
        let is_form = user.contains(SUBJECT) && user.replace(SUBJECT, "x").parse::<UserId>().is_ok();
        if !is_form {
            return wrong(".user", "has to be the form of a user id, with {sub} in it");
        }
        let (names, audiences) = (config.issuer.clone(), config.audience.clone());
        let scopes = config.scopes.iter().copied().collect();
        Ok(Self { names, audiences, keys, user, makes_users: config.create_users, scopes })
    }

    /// The issuer behind a key of assertions. Its users are those that its subjects name as they are.
    pub(crate) fn of_key(config: &JwtKey) -> Result<Self, String> {
        if config.issuer.is_empty() || config.audience.is_empty() {
            return Err(format!("{:?}: needs an issuer and an audience", config.algorithm));
        }
        let key = Key::parse(None, &config.algorithm, &config.key)?;
        Ok(Self {
            names: vec![config.issuer.clone()],
            audiences: vec![config.audience.clone()],
            keys: Keys::Given([key].into()),
            user: SUBJECT.to_owned(),
            makes_users: false,
            scopes: Scopes::default(),
        })
    }

    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.names.iter().any(|own| own == name)
    }

    /// What a token says, if it is signed with one of the keys that there are.
    pub(crate) fn read(&self, header: &Header, token: &[u8]) -> Option<Value> {
        self.keys().iter().find_map(|key| key.read(header, token))
    }

    fn keys(&self) -> Arc<[Key]> {
        match &self.keys {
            Keys::Given(keys) => keys.clone(),
            Keys::Published(key_set) => key_set.keys(),
        }
    }

    /// Fetches the keys anew, if that may bring the one that a token is signed with.
    pub(super) async fn look_for_key(&self, header: &Header, pace: Pace) {
        let Keys::Published(key_set) = &self.keys else { return };
        let is_known = |kid: &String| key_set.keys().iter().any(|key| key.is_called(kid));
        if !header.kid.as_ref().is_some_and(is_known) {
            key_set.renew(pace).await;
        }
    }

    /// Whether claims are about this issuer and this server.
    pub(crate) fn check(&self, claims: &Claims) -> Result<(), JwtError> {
        if !self.is_called(&claims.iss) {
            return Err(JwtError::UnknownIssuer);
        }
        let is_meant = claims.aud.iter().any(|audience| self.audiences.contains(audience));
        if is_meant { Ok(()) } else { Err(JwtError::OtherAudience) }
    }

    /// What a token with these claims comes to. It may name so many rooms.
    pub(crate) fn signed(
        &self,
        hash: TokenHash,
        claims: Claims,
        most_rooms: usize,
    ) -> Result<Signed, JwtError> {
        if claims.rooms.len() > most_rooms {
            return Err(JwtError::Claim("presenced", "names more rooms than a token may"));
        }
        let by_session = || claims.sid.as_ref().and_then(|sid| sid.parse().ok());
        let device = claims.device.clone().or_else(by_session);
        Ok(Signed {
            hash,
            user: self.user(&claims.sub)?,
            // The names of issuers are such that they can be those of devices.
            device: device.unwrap_or_else(|| claims.iss.parse().expect("issuers are checked")),
            scopes: claims.scopes.both(self.scopes),
            issued: claims.issued,
            expires: claims.end(),
            display_name: claims.name,
            avatar_url: claims.picture,
            rooms: claims.rooms,
            makes_user: self.makes_users,
        })
    }

    /// The user of a subject.
    fn user(&self, subject: &str) -> Result<UserId, JwtError> {
        let subject = utf8_percent_encode(subject, ENCODED).to_string();
        let user = self.user.replace(SUBJECT, &subject).parse();
        user.map_err(|_| JwtError::Claim("sub", "makes a user id of more than 255 bytes"))
    }
}

/// Checks an entry of the configuration of a server of that name; says which key of it is wrong, and why.
pub fn check(config: &JwtIssuer, server: &str) -> Result<(), (String, String)> {
    let key_set = match &config.jwks_url {
        Some(url) if !is_address(url) => {
            return Err((".jwks_url".to_owned(), "has to be an http or https URL".to_owned()));
        }
        url => url.as_ref().map(|url| Arc::new(KeySet::new(url, Arc::default(), Arc::default()))),
    };
    Issuer::new(config, server, key_set).map(drop)
}

fn is_address(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// The keys of an entry.
fn given(config: &JwtIssuer) -> Result<Arc<[Key]>, (String, String)> {
    let keys = config.keys.iter().enumerate().map(|(place, key)| {
        let parsed = Key::parse(key.kid.as_deref(), &key.algorithm, &key.key);
        parsed.map_err(|why| (format!(".keys[{place}]"), why))
    });
    keys.collect()
}
