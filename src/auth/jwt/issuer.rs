use std::sync::Arc;

use jsonwebtoken::Header;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{
    Claims, JwtError,
    key_set::{KeySet, Pace},
};
use crate::{
    config::{JwtIssuer, JwtKey, Key, SUBJECT, SigningKey},
    directory::{Scopes, Signed, TokenHash},
    id::UserId,
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

/// An issuer whose tokens are taken.
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
    /// The issuer of an entry of the configuration, whose keys are given or published.
    pub(crate) fn new(config: &JwtIssuer, server: &str, key_set: Option<Arc<KeySet>>) -> Self {
        let parsed = |key: &SigningKey| key.parsed().expect("keys are checked");
        let given = || Keys::Given(config.keys.iter().map(parsed).collect());
        Self {
            names: config.issuer.clone(),
            audiences: config.audience.clone(),
            keys: key_set.map_or_else(given, Keys::Published),
            user: config.user_on(server),
            makes_users: config.create_users,
            scopes: config.scopes.iter().copied().collect(),
        }
    }

    /// The issuer behind a key of assertions. Its users are those that its subjects name as they are.
    pub(crate) fn of_key(config: &JwtKey) -> Self {
        let key = config.parsed().expect("keys are checked");
        Self {
            names: vec![config.issuer.clone()],
            audiences: vec![config.audience.clone()],
            keys: Keys::Given([key].into()),
            user: SUBJECT.to_owned(),
            makes_users: false,
            scopes: Scopes::default(),
        }
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
            issuer: claims.iss,
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
