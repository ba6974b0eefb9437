//! Assertions: JSON Web Tokens (RFC 7523) by which an issuer whom the operator trusts says who a user is, for a login.

use std::collections::HashMap;

use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};

use super::{
    Auth, AuthError,
    jwt::{Claims, Issuer, JwtError, header},
};
use crate::{
    config::JwtKey,
    directory::{Scope, Scopes, TokenHash},
    id::UserId,
    presence::Timestamp,
};

/// How many used assertions are remembered at a time.
const MOST_USED: usize = 100_000;

/// What an assertion comes to.
#[derive(Clone, Debug)]
pub struct Assertion {
    pub subject: Subject,
    pub scopes: Scopes,
    /// When it was issued, if it says so.
    pub issued: Option<Timestamp>,
    /// Whether it holds once.
    pub once: Option<Once>,
}

/// Whom an assertion is about.
#[derive(Clone, Debug)]
pub enum Subject {
    User(UserId),
    /// A user whom the dialect knows by that text.
    Named(String),
}

/// An assertion that holds once, and until when it is to be remembered that it was used.
#[derive(Clone, Copy, Debug)]
pub struct Once {
    name: [u8; 32],
    until: Timestamp,
}

/// The assertions that were used and still hold.
#[derive(Debug, Default)]
pub struct Used(Mutex<HashMap<[u8; 32], Timestamp>>);

impl Used {
    /// Notes that an assertion is used. False: it was before, or so many are in use that nothing more can be
    /// remembered.
    pub fn spend(&self, once: Once, now: Timestamp) -> bool {
        let mut used = self.0.lock();
        if used.len() >= MOST_USED {
            used.retain(|_, until| now < *until);
        }
        used.len() < MOST_USED && used.insert(once.name, once.until).is_none()
    }

    /// Nothing came of it: it may be used again.
    pub fn give_back(&self, once: Once) {
        self.0.lock().remove(&once.name);
    }
}

impl Once {
    /// An assertion with a name holds once.
    fn of(claims: &Claims) -> Option<Self> {
        let mut hash = Sha256::new();
        hash.update(&claims.iss);
        hash.update("\n");
        hash.update(claims.jti.as_ref()?);
        Some(Self { name: hash.finalize().into(), until: claims.end() })
    }
}

impl Auth {
    /// What an assertion comes to that is signed with one of these keys, or by an issuer whose tokens are taken anyhow.
    pub async fn assertion(&self, keys: &[JwtKey], text: &[u8]) -> Result<Assertion, AuthError> {
        let by_key = signed_with(keys, text, self.clock.now());
        if let Ok(claims) = by_key {
            let scopes = [Scope::Read, Scope::Write].into_iter().collect();
            let (issued, once) = (claims.issued, Once::of(&claims));
            return Ok(Assertion { subject: Subject::Named(claims.sub), scopes, issued, once });
        }
        let (issuer, claims) = match (self.jwts.verified(text).await, by_key) {
            (Ok(verified), _) => verified,
            // An issuer that is known by a key is told of that key.
            (Err(JwtError::UnknownIssuer), Err(error)) | (Err(error), _) => return Err(error.into()),
        };
        let (issued, once) = (claims.issued, Once::of(&claims));
        let signed = issuer.signed(TokenHash::of(text), claims, self.config.limits.token_rooms)?.into();
        self.let_in(&signed).await?;
        let subject = Subject::User(signed.user.clone());
        Ok(Assertion { subject, scopes: signed.scopes, issued, once })
    }
}

/// What an assertion says that is signed with one of these keys, and holds now.
fn signed_with(keys: &[JwtKey], text: &[u8], now: Timestamp) -> Result<Claims, JwtError> {
    let header = header(text)?;
    let mut outcome = Err(JwtError::Untrusted);
    for issuer in keys.iter().map(Issuer::of_key) {
        let Some(payload) = issuer.read(&header, text) else { continue };
        outcome = Claims::parse(&payload).and_then(|claims| {
            issuer.check(&claims)?;
            claims.check_times(now)?;
            Ok(claims)
        });
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}
