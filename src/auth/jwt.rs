//! JSON Web Tokens of issuers whom the operator trusts: whom they speak for, and what they grant.
//! Source: RFC 7519, RFC 7515 and RFC 7517; RFC 8725 on what to refuse.

mod claims;
mod fetch;
mod issuer;
mod key;
mod key_set;
mod known;

use std::{collections::HashMap, sync::Arc, time::Duration};

use jsonwebtoken::{Header, decode_header};
use parking_lot::{Mutex, RwLock};
use tokio::sync::watch;

pub use self::claims::Claims;
pub(super) use self::issuer::Issuer;
use self::{
    claims::issuer_of,
    fetch::Fetcher,
    key_set::{KeySet, Pace},
    known::Known,
};
use crate::{
    clock::Clock,
    config::{Config, Live},
    directory::{Signed, TokenHash},
    id::{DeviceId, UserId},
};

/// How far the clocks of issuers may be off.
pub const LEEWAY: Duration = Duration::from_secs(30);

/// Why a token is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwtError {
    #[error("it is no JSON Web Token")]
    Malformed,
    #[error("no issuer of that name is trusted here")]
    UnknownIssuer,
    #[error("it is not signed with a key that is trusted for it")]
    Untrusted,
    #[error("it is for somebody else, as its claim `aud` says")]
    OtherAudience,
    #[error("it is not valid yet")]
    Early,
    #[error("it has expired")]
    Expired,
    #[error("it would hold for more than ten years")]
    Endless,
    #[error("its claim `{0}` {1}")]
    Claim(&'static str, &'static str),
}

/// Takes the tokens of the issuers in the configuration.
pub struct Jwts {
    config: Arc<Live<Config>>,
    clock: Arc<dyn Clock>,
    issuers: RwLock<Arc<[Issuer]>>,
    /// The keys of issuers that publish them, by their addresses.
    key_sets: Mutex<HashMap<String, Arc<KeySet>>>,
    fetcher: Arc<Fetcher>,
    /// Tokens that were found good.
    known: Known,
    /// Counts what may make them bad: keys that went, and other configurations.
    changes: Arc<watch::Sender<u64>>,
}

impl Jwts {
    pub(super) fn new(config: Arc<Live<Config>>, clock: Arc<dyn Clock>) -> Self {
        let jwts = Self {
            config,
            clock,
            issuers: RwLock::new(Arc::new([])),
            key_sets: Mutex::default(),
            fetcher: Arc::default(),
            known: Known::default(),
            changes: Arc::default(),
        };
        jwts.reload();
        jwts
    }

    /// Takes the configuration as it is now. Keys that were fetched stay.
    pub fn reload(&self) {
        let config = &**self.config;
        let mut key_sets = self.key_sets.lock();
        let issuers = config.auth.jwt.iter().map(|issuer| {
            let key_set = issuer.jwks_url.as_ref().map(|url| {
                let fresh = || Arc::new(KeySet::new(url, self.fetcher.clone(), self.changes.clone()));
                key_sets.entry(url.clone()).or_insert_with(fresh).clone()
            });
            Issuer::new(issuer, &config.server.name, key_set)
        });
        *self.issuers.write() = issuers.collect();
        key_sets.retain(|url, _| config.auth.jwt.iter().any(|issuer| issuer.jwks_url.as_ref() == Some(url)));
        count(&self.changes);
    }

    /// Whether this could be a token of an issuer, by its form.
    pub(super) fn could_be(&self, token: &[u8]) -> bool {
        token.split(|byte| *byte == b'.').count() == 3 && !self.issuers.read().is_empty()
    }

    /// What a token says, if it holds now.
    pub async fn signed(&self, token: &[u8]) -> Result<Arc<Signed>, JwtError> {
        self.again(TokenHash::of(token), token).await
    }

    /// The same of one whose hash is known.
    pub(super) async fn again(&self, hash: TokenHash, token: &[u8]) -> Result<Arc<Signed>, JwtError> {
        let changes = *self.changes.borrow();
        if let Some(signed) = self.known.find(&hash, changes) {
            return if self.clock.now() < signed.expires { Ok(signed) } else { Err(JwtError::Expired) };
        }
        // This is seldom, and keys may have to be fetched for it: what waits holds no room for that.
        Box::pin(self.anew(hash, token, changes)).await
    }

    async fn anew(&self, hash: TokenHash, token: &[u8], changes: u64) -> Result<Arc<Signed>, JwtError> {
        let (issuer, claims) = self.verified(token).await?;
        let signed = Arc::new(issuer.signed(hash, claims, self.config.limits.token_rooms)?);
        self.known.add(signed.clone(), changes, self.clock.now());
        Ok(signed)
    }

    /// The claims of a token that one of the issuers signed for this server, and that holds now; and that issuer.
    pub(super) async fn verified(&self, token: &[u8]) -> Result<(Issuer, Claims), JwtError> {
        let (header, iss) = (header(token)?, issuer_of(token)?);
        let issuers = self.issuers.read().clone();
        let mut outcome = Err(JwtError::UnknownIssuer);
        // Several entries of the configuration may be about one issuer, with other keys or another audience.
        for issuer in issuers.iter().filter(|issuer| issuer.is_called(&iss)) {
            outcome = self.by(issuer, &header, token).await.map(|claims| (issuer.clone(), claims));
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    /// The claims of a token, if it is good for that issuer.
    async fn by(&self, issuer: &Issuer, header: &Header, token: &[u8]) -> Result<Claims, JwtError> {
        let mut claims = issuer.read(header, token);
        if claims.is_none() {
            issuer.look_for_key(header, self.pace()).await;
            claims = issuer.read(header, token);
        }
        let claims = Claims::parse(&claims.ok_or(JwtError::Untrusted)?)?;
        issuer.check(&claims)?;
        claims.check_times(self.clock.now())?;
        Ok(claims)
    }

    /// Changes whenever tokens that were found good may have become bad.
    pub(super) fn follow(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Has keys that were fetched a while ago fetched anew. To be called once in a while.
    pub fn tick(&self) {
        let key_sets: Vec<_> = self.key_sets.lock().values().cloned().collect();
        for key_set in key_sets {
            key_set.keep_fresh(self.pace());
        }
    }

    fn pace(&self) -> Pace {
        let auth = &self.config.auth;
        Pace {
            now: self.clock.now(),
            every: Duration::from_secs(auth.jwks_refresh_seconds),
            timeout: Duration::from_millis(auth.jwks_timeout_milliseconds),
        }
    }

    /// Forgets what is known of a user's tokens, and tells the devices that spoke by them.
    pub fn forget(&self, user: &UserId) -> Vec<DeviceId> {
        self.known.forget(user)
    }
}

/// Counts one more change.
fn count(changes: &watch::Sender<u64>) {
    changes.send_modify(|changes| *changes += 1);
}

/// The header of a token; none of one that wants something of its reader that is not known here.
pub(super) fn header(token: &[u8]) -> Result<Header, JwtError> {
    decode_header(token).ok().filter(|header| header.crit.is_none()).ok_or(JwtError::Malformed)
}
