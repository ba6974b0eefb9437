use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
};

use super::{
    Directory, DirectoryError, Entries, Holder, NewToken, TokenId, TokenInfo, TokenSecret, fact::Fact,
    token::StoredToken,
};
use crate::{
    id::{DeviceId, UserId},
    presence::Timestamp,
};

/// A session to be opened: a user who has a token gets another one, of its own, for a device.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// The token that the user has.
    pub from: TokenId,
    pub device: DeviceId,
    /// The text of the new token.
    pub secret: TokenSecret,
}

impl Directory {
    /// Opens a session. Its token may do what the one may that it comes from, and for as long. It takes the
    /// place of an earlier session on that device, and of tokens whose time is over; where the user has as many
    /// tokens as one may have, the oldest session makes room. Tokens that were not made so stay, and the one that
    /// it comes from does.
    pub async fn open_session(
        self: &Arc<Self>,
        session: NewSession,
        now: Timestamp,
    ) -> Result<TokenInfo, DirectoryError> {
        let tokens_per_user = self.tokens_per_user.load(Ordering::Relaxed);
        self.change(move |entries| {
            let (user, token) = entries.session(&session, now)?;
            let is_in_its_place = |token: &StoredToken| {
                token.has_expired(now)
                    || token.is_session_on(&session.device) && token.info.id != session.from
            };
            let mut gone = entries.tokens_that(&user, is_in_its_place);
            let had = entries.tokens_of.get(&user).map_or(0, BTreeMap::len) - gone.len();
            if had >= tokens_per_user {
                let oldest = entries.oldest_session(&user, |id| *id != session.from && !gone.contains(id));
                gone.push(oldest.ok_or(DirectoryError::TooManyTokens(user.clone(), tokens_per_user))?);
            }
            let info = token.info.clone();
            // That a token's time was over is no end of what it made.
            let revoked: Vec<_> = gone.iter().filter(|id| !entries.has_expired(id, now)).cloned().collect();
            let ended = entries.subscriptions_with(&user, &revoked).into_iter();
            let facts = ended.chain(gone.into_iter().map(Fact::NoToken)).chain([Fact::Token(token)]);
            Ok((facts.collect(), info))
        })
        .await
    }
}

impl Entries {
    fn has_expired(&self, id: &TokenId, now: Timestamp) -> bool {
        self.token_named(id).is_some_and(|token| token.has_expired(now))
    }

    /// Whose session it would be, and its token.
    fn session(&self, session: &NewSession, now: Timestamp) -> Result<(UserId, StoredToken), DirectoryError> {
        let from = session.from.lookup().and_then(|lookup| self.tokens.get(&lookup));
        let from = from.filter(|from| !from.has_expired(now)).ok_or(DirectoryError::TokenSpent)?;
        let Holder::User { user, scopes, guest, .. } = &from.info.holder else {
            return Err(DirectoryError::TokenSpent);
        };
        let device = session.device.clone();
        let holder = Holder::User { user: user.clone(), device, scopes: *scopes, guest: *guest };
        let mut token = StoredToken::new(&session.secret, NewToken { holder, expires: from.info.expires });
        token.info.opened = Some(now);
        Ok((user.clone(), token))
    }

    /// The session of a user's that was opened first, among those for which `fits` holds.
    fn oldest_session(&self, user: &UserId, fits: impl Fn(&TokenId) -> bool) -> Option<TokenId> {
        let tokens = self.tokens_of.get(user)?.iter().filter(|(id, _)| fits(id));
        let sessions = tokens.filter_map(|(id, lookup)| Some((self.tokens.get(lookup)?.info.opened?, id)));
        sessions.min().map(|(_, id)| id.clone())
    }
}
