use std::{collections::BTreeMap, sync::Arc};

use super::{
    Directory, DirectoryError, Holder, NewToken, Scopes, TokenId, TokenInfo, TokenSecret, fact::Fact,
    token::StoredToken,
};
use crate::{
    id::{DeviceId, UserId},
    presence::Timestamp,
};

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
    /// The refresh token that is used up by this, with the access token that it belongs to.
    pub spent: Option<TokenId>,
}

impl Directory {
    /// Gives a user an access token and a refresh token, in place of those that are spent and of all whose
    /// time is over; all of it or nothing. A refresh token is spent once. Returns what may be shown of the
    /// access token.
    pub async fn log_in(self: &Arc<Self>, login: Login, now: Timestamp) -> Result<TokenInfo, DirectoryError> {
        let tokens_per_user = self.tokens_per_user;
        let Login { user, device, scopes, access, refresh, spent } = login;
        let holder = Holder::User { user: user.clone(), device: device.clone(), scopes, guest: false };
        let access = StoredToken::new(&access.0, NewToken { holder, expires: Some(access.1) });
        let info = access.info.clone();
        let holder = Holder::Refresh { user: user.clone(), device, scopes, access: info.id.clone() };
        let refresh = StoredToken::new(&refresh.0, NewToken { holder, expires: Some(refresh.1) });
        self.change(move |entries| {
            if !entries.users.contains(&user) {
                return Err(DirectoryError::UnknownUser(user.clone()));
            }
            let replaced = match &spent {
                Some(spent) => vec![spent.clone(), entries.refreshed_by(&user, spent)?],
                None => Vec::new(),
            };
            let gone = entries
                .tokens_that(&user, |token| token.has_expired(now) || replaced.contains(&token.info.id));
            let had = entries.tokens_of.get(&user).map_or(0, BTreeMap::len);
            if had - gone.len() + 2 > tokens_per_user {
                return Err(DirectoryError::TooManyTokens(user.clone(), tokens_per_user));
            }
            let come = [&access, &refresh].map(|token| Fact::Token(token.clone()));
            Ok((gone.into_iter().map(Fact::NoToken).chain(come).collect(), info.clone()))
        })
        .await
    }
}

impl super::Entries {
    /// The access token that a refresh token of a user's belongs to.
    fn refreshed_by(&self, user: &UserId, id: &TokenId) -> Result<TokenId, DirectoryError> {
        let known = self.tokens_of.get(user).and_then(|tokens| tokens.get(id));
        match known.and_then(|lookup| self.tokens.get(lookup)).map(|token| &token.info.holder) {
            Some(Holder::Refresh { access, .. }) => Ok(access.clone()),
            _ => Err(DirectoryError::TokenSpent),
        }
    }
}
