use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::{
    Directory, DirectoryError, Entries, Holder, NewToken, Scopes, Session, Spent, TokenId, TokenInfo,
    TokenSecret,
    fact::Fact,
    kept::Key,
    token::{self, StoredToken},
};
use crate::{
    id::{DeviceId, UserId},
    presence::Timestamp,
};

/// How long a spent refresh token still gets what it got first, while that was not used.
const REPEATED_FOR: Duration = Duration::from_secs(60 * 60);

/// The same once the access token that came of it was used.
const REPEATED_AFTER_USE: Duration = Duration::from_secs(10);

/// A user who logs in on a device, or stays logged in.
#[derive(Clone, Debug)]
pub struct Login {
    pub user: UserId,
    pub device: DeviceId,
    pub scopes: Scopes,
    /// The text of the access token, and when it stops working.
    pub access: (TokenSecret, Timestamp),
    /// The same of the refresh token.
    pub refresh: (TokenSecret, Timestamp),
    /// What is to stay the same; on a refresh what was so before stays.
    pub session: Session,
    /// The refresh token that is spent on this.
    pub spent: Option<TokenId>,
}

/// What a login came to.
#[derive(Clone, Debug)]
pub struct LoggedIn {
    /// What may be shown of the access token.
    pub access: TokenInfo,
    /// The same of the refresh token.
    pub refresh: TokenInfo,
    pub session: Session,
}

impl Directory {
    /// The texts of the access token and of the refresh token that come of spending a refresh token. They are always
    /// the same, whichever server is asked.
    pub async fn successors(
        self: &Arc<Self>,
        spent: &TokenSecret,
    ) -> Result<(TokenSecret, TokenSecret), DirectoryError> {
        let key = self.login_key().await?;
        let derive = |what: &str| {
            let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key of any length will do");
            mac.update(what.as_bytes());
            mac.update(spent.reveal().as_bytes());
            TokenSecret::of(mac.finalize().into_bytes().into())
        };
        Ok((derive("access "), derive("refresh ")))
    }

    /// The key by which tokens are derived, made when it is first needed.
    async fn login_key(self: &Arc<Self>) -> Result<Key, DirectoryError> {
        let known = self.entries.read().login_key;
        if let Some(key) = known {
            return Ok(key);
        }
        let mut fresh = Key::default();
        getrandom::fill(&mut fresh).expect("the operating system gives random bytes");
        self.change(move |entries| match entries.login_key {
            Some(key) => Ok((Vec::new(), key)),
            None => Ok((vec![Fact::LoginKey(Some(fresh))], fresh)),
        })
        .await
    }

    /// Gives a user an access token and a refresh token, in place of those that are spent and of all whose time is
    /// over; all of it or nothing. A refresh token is spent once: for a while it gets the same again, and then nothing.
    pub async fn log_in(self: &Arc<Self>, login: Login, now: Timestamp) -> Result<LoggedIn, DirectoryError> {
        let tokens_per_user = self.tokens_per_user.load(Ordering::Relaxed);
        self.change(move |entries| {
            let Login { user, session, spent, .. } = &login;
            if !entries.users.contains(user) {
                return Err(DirectoryError::UnknownUser(user.clone()));
            }
            let Some(spent) = spent else {
                let (facts, outcome) = login.facts(session.clone(), None);
                let over = entries.tokens_that(user, |token| token.has_expired(now));
                return entries.with_room(user, over, facts, tokens_per_user).map(|facts| (facts, outcome));
            };
            let token = entries.refresh_token(user, spent)?;
            let Holder::Refresh { access, session: before, spent, .. } = &token.info.holder else {
                return Err(DirectoryError::TokenSpent);
            };
            if let Some(spent) = spent {
                let repeated = entries.repeated(&login, token, *spent, now);
                return repeated.map(|outcome| (Vec::new(), outcome)).ok_or(DirectoryError::TokenSpent);
            }
            let endpoint = before.endpoint.clone().or_else(|| session.endpoint.clone());
            let session = Session { endpoint, ..before.clone() };
            let (mut facts, outcome) = login.facts(session, Some(token.info.login()));
            // With the access token that is replaced ends what had come of an earlier refresh token.
            let gone = entries.tokens_that(user, |token| {
                token.has_expired(now)
                    || token.info.id == *access
                    || (token.is_spent() && token.refreshes(access))
            });
            facts.push(Fact::Token(token.spent_for(&outcome.access.id, now)));
            entries.with_room(user, gone, facts, tokens_per_user).map(|facts| (facts, outcome))
        })
        .await
    }

    /// Notes that an access token is used for the first time since it came of a refresh token.
    pub async fn note_use(self: &Arc<Self>, access: &[u8], now: Timestamp) -> Result<(), DirectoryError> {
        let digest = token::digest(access);
        let id = {
            let entries = self.entries.read();
            let stored = entries.tokens.get(&token::lookup(&digest)).filter(|stored| stored.is(&digest));
            let user = stored.and_then(StoredToken::user);
            user.zip(stored)
                .and_then(|(user, stored)| Some((user.clone(), entries.came_of(user, &stored.info.id)?)))
        };
        let Some((user, spent)) = id else { return Ok(()) };
        self.change(move |entries| {
            let token = entries.refresh_token(&user, &spent).ok();
            let used = token.and_then(|token| token.used_at(now));
            Ok((used.map(Fact::Token).into_iter().collect(), ()))
        })
        .await
    }
}

impl Login {
    /// The two tokens, and what may be shown of them. They are of a login that there was before, or begin one.
    fn facts(&self, session: Session, login: Option<&TokenId>) -> (Vec<Fact>, LoggedIn) {
        let (user, device, scopes) = (self.user.clone(), self.device.clone(), self.scopes);
        let holder =
            Holder::User { user: user.clone(), device: device.clone(), scopes, guest: session.guest };
        let mut access = StoredToken::new(&self.access.0, NewToken { holder, expires: Some(self.access.1) });
        access.info.login = login.cloned();
        let holder = Holder::Refresh {
            user,
            device,
            scopes,
            access: access.info.id.clone(),
            session: session.clone(),
            spent: None,
        };
        let mut refresh =
            StoredToken::new(&self.refresh.0, NewToken { holder, expires: Some(self.refresh.1) });
        refresh.info.login = Some(access.info.login().clone());
        let outcome = LoggedIn { access: access.info.clone(), refresh: refresh.info.clone(), session };
        (vec![Fact::Token(access), Fact::Token(refresh)], outcome)
    }
}

impl StoredToken {
    /// A refresh token after it was spent: it is known for as long as it may get the same again.
    fn spent_for(&self, access: &TokenId, now: Timestamp) -> Self {
        let mut holder = self.info.holder.clone();
        if let Holder::Refresh { access: of, spent, .. } = &mut holder {
            (*of, *spent) = (access.clone(), Some(Spent { used: None }));
        }
        self.becoming(holder, Some(now + REPEATED_FOR))
    }

    /// The same after what came of it was used; none if that is known already.
    fn used_at(&self, now: Timestamp) -> Option<Self> {
        let mut holder = self.info.holder.clone();
        let Holder::Refresh { spent: Some(Spent { used: used @ None }), .. } = &mut holder else {
            return None;
        };
        *used = Some(now);
        let soon = now + REPEATED_AFTER_USE;
        Some(self.becoming(holder, self.info.expires.map(|expires| expires.min(soon))))
    }
}

impl Entries {
    /// A user's refresh token, spent or not.
    fn refresh_token(&self, user: &UserId, id: &TokenId) -> Result<&StoredToken, DirectoryError> {
        let known = self.tokens_of.get(user).and_then(|tokens| self.tokens.get(tokens.get(id)?));
        let refresh = known.filter(|token| matches!(token.info.holder, Holder::Refresh { .. }));
        refresh.ok_or(DirectoryError::TokenSpent)
    }

    /// What a spent refresh token gets again, if its time is not over and what it got is still there.
    fn repeated(&self, login: &Login, token: &StoredToken, spent: Spent, now: Timestamp) -> Option<LoggedIn> {
        let is_late = spent.used.is_some_and(|used| now >= used + REPEATED_AFTER_USE);
        if token.has_expired(now) || is_late {
            return None;
        }
        let known = |secret: &TokenSecret| {
            let digest = token::digest(secret.reveal().as_bytes());
            let token = self.tokens.get(&token::lookup(&digest)).filter(|token| token.is(&digest))?;
            (!token.has_expired(now) && !token.is_spent()).then(|| token.info.clone())
        };
        let (access, refresh) = (known(&login.access.0)?, known(&login.refresh.0)?);
        let Holder::Refresh { session, .. } = &refresh.holder else { return None };
        let session = session.clone();
        Some(LoggedIn { access, refresh, session })
    }

    /// The spent refresh token that an access token came of, if it is not known that it was used.
    fn came_of(&self, user: &UserId, access: &TokenId) -> Option<TokenId> {
        let tokens = self.tokens_of.get(user)?.values().filter_map(|lookup| self.tokens.get(lookup));
        let mut spent = tokens
            .filter(|token| token.refreshes(access) && token.used_at(Timestamp::from_millis(0)).is_some());
        spent.next().map(|token| token.info.id.clone())
    }

    /// The facts of a login with the end of what it replaces, if the user may have so many tokens. Spent ones do not
    /// count.
    fn with_room(
        &self,
        user: &UserId,
        gone: Vec<TokenId>,
        facts: Vec<Fact>,
        tokens_per_user: usize,
    ) -> Result<Vec<Fact>, DirectoryError> {
        let spent = |fact: &Fact| matches!(fact, Fact::Token(token) if token.is_spent());
        let stay = self.tokens_that(user, |token| !token.is_spent() && !gone.contains(&token.info.id)).len();
        let (came, went) = (
            facts.iter().filter(|fact| !spent(fact)).count(),
            facts.iter().filter(|fact| spent(fact)).count(),
        );
        if stay + came > tokens_per_user + went {
            return Err(DirectoryError::TooManyTokens(user.clone(), tokens_per_user));
        }
        Ok(gone.into_iter().map(Fact::NoToken).chain(facts).collect())
    }
}
