//! Tokens that others sign. The directory keeps none of them: it knows which ones were ended before their time, and
//! makes of the others what they say.

use std::{collections::BTreeSet, sync::Arc};

use hashbrown::HashMap;
use sha2::{Digest as _, Sha256};

use super::{
    Directory, DirectoryError, Entries, Holder, Profile, Scopes, TokenHash, TokenId, User,
    fact::Fact,
    kept::{EndedToken, TokenRooms},
};
use crate::{
    id::{DeviceId, RoomId, UserId},
    presence::Timestamp,
};

/// A token that another signed, and that was found good by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    pub hash: TokenHash,
    /// Who signed it.
    pub issuer: String,
    pub user: UserId,
    pub device: DeviceId,
    pub scopes: Scopes,
    /// When it was issued, if it says so.
    pub issued: Option<Timestamp>,
    /// When it stops working.
    pub expires: Timestamp,
    /// The name and the picture of a user who has none.
    pub display_name: Option<String>,
    pub avatar_url: Option<String>,
    /// Where the user is a member for as long as the token works.
    pub rooms: BTreeSet<RoomId>,
    /// Whether its user is made if there is none.
    pub makes_user: bool,
}

impl Signed {
    /// The login that it belongs to: all signed tokens of one device of a user are of one.
    pub fn login(&self) -> TokenId {
        let mut hash = Sha256::new();
        for part in ["signed", self.user.as_str(), self.device.as_str()] {
            hash.update(part);
            hash.update("\n");
        }
        TokenId::of_digest(&hash.finalize().into())
    }

    /// Whom it speaks for.
    pub fn holder(&self) -> Holder {
        let (user, device) = (self.user.clone(), self.device.clone());
        Holder::User { user, device, scopes: self.scopes, guest: false }
    }
}

/// What a request was let in by. Whatever it opened ends with that.
#[derive(Clone, Debug)]
pub enum Credential {
    /// A token that the directory keeps, by its name.
    Kept(TokenId),
    Signed(Arc<Signed>),
}

impl Credential {
    /// The token's name.
    pub fn id(&self) -> TokenId {
        match self {
            Self::Kept(id) => id.clone(),
            Self::Signed(signed) => signed.hash.id(),
        }
    }
}

/// The login that something was made in, with which it ends.
#[derive(Clone, Debug)]
pub enum Origin {
    /// One of tokens that the directory keeps.
    Kept(TokenId),
    Signed(Arc<Signed>),
}

impl Origin {
    /// Who signed the tokens of the login; none where they are kept here.
    pub fn issuer(&self) -> Option<&str> {
        match self {
            Self::Kept(_) => None,
            Self::Signed(signed) => Some(&signed.issuer),
        }
    }

    /// The login's name.
    pub fn login(&self) -> TokenId {
        match self {
            Self::Kept(login) => login.clone(),
            Self::Signed(signed) => signed.login(),
        }
    }
}

/// Which signed tokens are refused whatever they say.
#[derive(Debug, Default)]
pub(super) struct Ended {
    tokens: HashMap<TokenHash, EndedToken>,
    /// Follows from `tokens`.
    by_end: BTreeSet<(Timestamp, TokenHash)>,
    /// When all sessions of a user were ended last.
    sign_outs: HashMap<UserId, Timestamp>,
}

impl Ended {
    pub(super) fn put_token(&mut self, hash: TokenHash, token: Option<EndedToken>) {
        if let Some(before) = self.tokens.remove(&hash) {
            self.by_end.remove(&(before.until, hash));
        }
        if let Some(token) = token {
            self.by_end.insert((token.until, hash));
            self.tokens.insert(hash, token);
        }
    }

    pub(super) fn token(&self, hash: &TokenHash) -> Option<&EndedToken> {
        self.tokens.get(hash)
    }

    pub(super) fn put_sign_out(&mut self, user: UserId, moment: Option<Timestamp>) {
        match moment {
            Some(moment) => self.sign_outs.insert(user, moment),
            None => self.sign_outs.remove(&user),
        };
    }

    pub(super) fn sign_out(&self, user: &UserId) -> Option<Timestamp> {
        self.sign_outs.get(user).copied()
    }

    /// The tokens that would not work any more by themselves.
    fn outdated(&self, now: Timestamp) -> impl Iterator<Item = TokenHash> {
        let outdated = self.by_end.iter().take_while(move |(until, _)| *until <= now);
        outdated.map(|(_, hash)| *hash)
    }
}

impl Directory {
    /// Lets a signed token in: its user is there then, is called as it says if they had no name, and is in its rooms,
    /// of which signed tokens may name so many together. Writes only what is new.
    pub async fn let_in(
        self: &Arc<Self>,
        signed: &Arc<Signed>,
        most_rooms: usize,
    ) -> Result<(), DirectoryError> {
        let now = self.clock.now();
        if self.entries.read().admission(signed, most_rooms, now)?.is_empty() {
            return Ok(());
        }
        let signed = signed.clone();
        self.change(move |entries| Ok((entries.admission(&signed, most_rooms, now)?, ()))).await
    }

    /// Whether a user was signed out, or removed, since something was issued; or at any time if it does not say when
    /// that was.
    pub fn is_signed_out(&self, user: &UserId, issued: Option<Timestamp>) -> bool {
        self.entries.read().is_signed_out(user, issued)
    }

    /// Whether a signed token was ended before its time.
    pub fn is_ended(&self, signed: &Signed) -> bool {
        self.entries.read().is_ended(signed)
    }

    /// Ends a signed token, and with it the subscriptions of its login and the memberships that hang on it alone.
    pub async fn end_signed(self: &Arc<Self>, signed: &Arc<Signed>) -> Result<(), DirectoryError> {
        let (signed, now) = (signed.clone(), self.clock.now());
        self.change(move |entries| {
            if entries.is_ended(&signed) {
                return Ok((Vec::new(), ()));
            }
            let Signed { hash, user, device, expires: until, .. } = &*signed;
            let outdated = entries.ended.outdated(now).map(|hash| Fact::EndedToken(hash, None));
            let ended = EndedToken { user: user.clone(), device: device.clone(), until: *until };
            let ended = Fact::EndedToken(*hash, Some(ended));
            let rooms =
                entries.token_rooms.without(&signed).map(|rooms| Fact::TokenRooms(user.clone(), rooms));
            let subscriptions = entries.subscriptions_in(user, &signed.login());
            Ok((outdated.chain(rooms).chain(subscriptions).chain([ended]).collect(), ()))
        })
        .await
    }

    /// Ends all sessions of a user: the tokens that are kept, the signed ones that were issued until now, the
    /// subscriptions, and the memberships by tokens. Says whether there is such a user.
    pub async fn sign_out(self: &Arc<Self>, user: &UserId) -> Result<bool, DirectoryError> {
        let (user, now) = (user.clone(), self.clock.now());
        self.change(move |entries| {
            if !entries.users.contains(&user) {
                return Ok((Vec::new(), false));
            }
            let tokens = entries.tokens_that(&user, |_| true).into_iter().map(Fact::NoToken);
            let rooms = entries.token_rooms.of(&user).is_some();
            let rooms = rooms.then(|| Fact::TokenRooms(user.clone(), TokenRooms::default()));
            let facts = tokens.chain(entries.subscriptions_of(&user)).chain(rooms);
            Ok((facts.chain([Fact::SignOut(user.clone(), Some(now))]).collect(), true))
        })
        .await
    }
}

impl Entries {
    pub(super) fn is_signed_out(&self, user: &UserId, issued: Option<Timestamp>) -> bool {
        let removed = self.removals.get(user).map(|micros| Timestamp::from_micros(*micros));
        let moments = self.ended.sign_out(user).into_iter().chain(removed);
        moments.max().is_some_and(|moment| issued.is_none_or(|issued| issued <= moment))
    }

    pub(super) fn is_ended(&self, signed: &Signed) -> bool {
        self.ended.token(&signed.hash).is_some() || self.is_signed_out(&signed.user, signed.issued)
    }

    /// What has to be so for a signed token to be let in.
    fn admission(
        &self,
        signed: &Signed,
        most_rooms: usize,
        now: Timestamp,
    ) -> Result<Vec<Fact>, DirectoryError> {
        if self.is_ended(signed) {
            return Err(DirectoryError::TokenSpent);
        }
        let user = self.user_after(signed, now)?.map(Fact::User);
        let rooms = self.token_rooms.with(signed, most_rooms, now);
        let rooms = rooms.map(|rooms| Fact::TokenRooms(signed.user.clone(), rooms));
        Ok(user.into_iter().chain(rooms).collect())
    }

    /// A signed token's user, where the token makes them different.
    fn user_after(&self, signed: &Signed, now: Timestamp) -> Result<Option<User>, DirectoryError> {
        let Signed { user: id, display_name, avatar_url, .. } = signed;
        let says_more = display_name.is_some() || avatar_url.is_some();
        if !says_more && self.users.contains(id) {
            return Ok(None);
        }
        let (display_name, avatar_url) = (display_name.clone(), avatar_url.clone());
        match self.users.get(id) {
            Some(known) => {
                let fuller = User {
                    display_name: known.display_name.clone().or(display_name),
                    avatar_url: known.avatar_url.clone().or(avatar_url),
                    ..known.clone()
                };
                Ok((fuller != known).then_some(fuller))
            }
            None if signed.makes_user => {
                let profile = Profile { display_name, avatar_url, ..Profile::default() };
                Ok(Some(User::new(id.clone(), self.next_number(), profile, now)))
            }
            None => Err(DirectoryError::UnknownUser(id.clone())),
        }
    }
}
