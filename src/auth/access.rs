//! By what something goes on after the request that began it: a stream, a socket, a request that waits. It ends with
//! the token, with the user, and with the scopes that it needs.

use std::sync::Arc;

use super::{Auth, AuthError, Identified, require};
use crate::{
    directory::{Credential, Holder, Scopes, Signed, TokenId, TokenSecret},
    id::UserId,
    presence::Timestamp,
};

/// What something goes on by, and the scopes that it needs.
#[derive(Clone, Debug)]
pub struct Access {
    pub(super) by: By,
    pub(super) needs: Scopes,
    /// Whether it goes on when the token's time is over.
    pub(super) outlives_its_time: bool,
}

#[derive(Clone, Debug)]
pub(super) enum By {
    /// A token that is kept here.
    Kept(TokenId),
    /// What a token says that another signed, and the token: whether that is good is for the issuer's keys and the
    /// configuration to say, which change.
    Signed(Arc<Signed>, TokenSecret),
    /// An application service that speaks for this user.
    AppService(UserId),
}

impl Identified {
    /// The access that the token grants now, with all its scopes.
    pub fn access(&self) -> Access {
        let by = match (&self.signed, self.secret.as_deref(), &self.holder) {
            (Some(signed), Some(secret), _) => {
                By::Signed(signed.clone(), String::from_utf8_lossy(secret).as_ref().into())
            }
            (None, None, Holder::User { user, .. }) => By::AppService(user.clone()),
            (_, secret, _) => By::Kept(TokenId::of(secret.unwrap_or_default())),
        };
        Access { by, needs: self.holder.scopes(), outlives_its_time: false }
    }
}

impl Access {
    /// The same for something that needs these scopes alone.
    pub fn needing(self, needs: Scopes) -> Self {
        Self { needs, ..self }
    }

    /// The same for something that goes on when the time of a token that is kept here is over. A signed one is all that
    /// there is of its login.
    pub fn beyond_its_time(self) -> Self {
        let outlives_its_time = matches!(self.by, By::Kept(_));
        Self { outlives_its_time, ..self }
    }

    /// The token; none of an application service.
    pub fn credential(&self) -> Option<Credential> {
        match &self.by {
            By::Kept(token) => Some(Credential::Kept(token.clone())),
            By::Signed(signed, _) => Some(Credential::Signed(signed.clone())),
            By::AppService(_) => None,
        }
    }
}

impl Auth {
    /// When the time of something is over, if ever.
    pub fn expires(&self, access: &Access) -> Option<Timestamp> {
        if access.outlives_its_time {
            return None;
        }
        match &access.by {
            By::Kept(token) => self.directory.token_named(token)?.expires,
            By::Signed(signed, _) => Some(signed.expires),
            By::AppService(_) => None,
        }
    }

    /// Whether something may go on: as a request with the same token would be let in.
    pub async fn check(&self, access: &Access) -> Result<(), AuthError> {
        let scopes = self.scopes(access).await?;
        if self.expires(access).is_some_and(|expires| self.clock.now() >= expires) {
            return Err(AuthError::Expired);
        }
        access.needs.iter().try_for_each(|scope| require(scopes, scope))
    }

    /// What is granted now.
    async fn scopes(&self, access: &Access) -> Result<Scopes, AuthError> {
        match &access.by {
            By::Kept(token) => self.directory.scopes_of(token).ok_or(AuthError::Unknown),
            By::Signed(signed, token) => {
                let is_known = self.directory.knows(&signed.user) && !self.directory.is_ended(signed);
                let now = self.jwts.again(signed.hash, token.reveal().as_bytes()).await?;
                let is_same = now.user == signed.user && now.device == signed.device;
                (is_known && is_same).then_some(now.scopes).ok_or(AuthError::Unknown)
            }
            By::AppService(user) if self.directory.knows(user) => Ok(access.needs),
            By::AppService(_) => Err(AuthError::NotRegistered),
        }
    }

    /// Completes once something may not go on any more, and says why. That its time is over is not waited for.
    pub async fn ended(&self, access: &Access) -> AuthError {
        let mut changes = self.jwts.follow();
        let news = match &access.by {
            By::Kept(token) => self.directory.news_of_token(token),
            By::Signed(signed, _) => self.directory.news_of_signed(signed),
            By::AppService(user) => self.directory.news_of_user(user),
        };
        let is_signed = matches!(access.by, By::Signed(..));
        loop {
            let next = news.next();
            if let Err(error) = self.check(access).await {
                return error;
            }
            tokio::select! {
                () = next => {}
                _changed = changes.changed(), if is_signed => {}
            }
        }
    }
}
