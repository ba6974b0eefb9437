use std::{collections::BTreeMap, str::FromStr, sync::Arc};

use serde_json::json;

use super::{
    Desk, Entries, Move, PresenceList, TokenId, TokenInfo, User,
    kept::{EndedToken, Key, StoredFilter, StoredPass, TokenRooms},
    token::{StoredToken, TokenHash},
};
use crate::{
    id::{IdError, RoomId, UserId},
    presence::Timestamp,
    store::{Document, DocumentRef, Kind, StoreError, member_id, parse, parse_member_id},
};

/// Something that is to be so in the directory. All changes are made of these; each is one document in
/// the store, and following the documents makes the same directory on every server.
#[derive(Clone, Debug)]
pub(super) enum Fact {
    User(User),
    /// The user is gone, save what other facts name.
    NoUser(UserId),
    /// A user is in a room.
    Member(RoomId, UserId),
    NoMember(RoomId, UserId),
    /// Whom a user asked to see, and who agreed; without entries it is no list.
    List(UserId, PresenceList),
    Token(StoredToken),
    NoToken(TokenId),
    /// A subscription as it is kept, by its id; none: it is no more.
    Subscription(String, Option<Arc<[u8]>>),
    /// A filter of a user's, by its id; none: it is no more.
    Filter(UserId, String, Option<StoredFilter>),
    /// When a user was removed, in microseconds since the Unix epoch; none: too long ago to matter.
    Removal(UserId, Option<u64>),
    /// The key by which tokens are derived; none: there is none yet.
    LoginKey(Option<Key>),
    /// What a user set for their telephone.
    Desk(UserId, Desk),
    /// When all sessions of a user were ended last; none: never.
    SignOut(UserId, Option<Timestamp>),
    /// A signed token that was ended before its time; none: it was not, or would be over by now.
    EndedToken(TokenHash, Option<EndedToken>),
    /// Where signed tokens put a user.
    TokenRooms(UserId, TokenRooms),
    /// A pass, by its hash; none: it is no more.
    Pass(TokenHash, Option<StoredPass>),
}

/// The name of the login key's document.
const LOGIN_KEY: &str = "login";

impl Fact {
    /// What the store keeps of it.
    pub(super) fn document(&self) -> Document {
        match self {
            Self::User(user) => Document::put(Kind::User, user.id.as_str(), user),
            Self::NoUser(user) => Document::removed(Kind::User, user.as_str()),
            Self::Member(room, user) => Document::put(Kind::Member, member_id(room, user), &json!({})),
            Self::NoMember(room, user) => Document::removed(Kind::Member, member_id(room, user)),
            Self::List(observer, list) if list.is_empty() => Document::removed(Kind::List, observer.as_str()),
            Self::List(observer, list) => Document::put(Kind::List, observer.as_str(), list),
            Self::Token(token) => Document::put(Kind::Token, token.info.id.as_str(), token),
            Self::NoToken(id) => Document::removed(Kind::Token, id.as_str()),
            Self::Subscription(id, value) => {
                let value = value.as_ref().map(|value| value.to_vec());
                Document { kind: Kind::Subscription, id: id.clone(), value }
            }
            Self::Filter(user, id, filter) => StoredFilter::document(filter.as_ref(), user, id),
            Self::Removal(user, Some(micros)) => Document::put(Kind::Removal, user.as_str(), micros),
            Self::Removal(user, None) => Document::removed(Kind::Removal, user.as_str()),
            Self::LoginKey(Some(key)) => Document::put(Kind::Key, LOGIN_KEY, &hex::encode(key)),
            Self::Desk(user, desk) if *desk == Desk::default() => {
                Document::removed(Kind::Desk, user.as_str())
            }
            Self::Desk(user, desk) => Document::put(Kind::Desk, user.as_str(), desk),
            Self::LoginKey(None) => Document::removed(Kind::Key, LOGIN_KEY),
            Self::SignOut(user, Some(moment)) => Document::put(Kind::SignOut, user.as_str(), moment),
            Self::SignOut(user, None) => Document::removed(Kind::SignOut, user.as_str()),
            Self::EndedToken(hash, Some(token)) => Document::put(Kind::EndedToken, hash.to_hex(), token),
            Self::EndedToken(hash, None) => Document::removed(Kind::EndedToken, hash.to_hex()),
            Self::TokenRooms(user, rooms) if rooms.0.is_empty() => {
                Document::removed(Kind::TokenRooms, user.as_str())
            }
            Self::TokenRooms(user, rooms) => Document::put(Kind::TokenRooms, user.as_str(), rooms),
            Self::Pass(hash, Some(pass)) => Document::put(Kind::Pass, hash.to_hex(), pass),
            Self::Pass(hash, None) => Document::removed(Kind::Pass, hash.to_hex()),
        }
    }

    /// What a document says.
    pub(super) fn parse(document: &DocumentRef<'_>) -> Result<Self, StoreError> {
        let DocumentRef { kind, id, value } = *document;
        Ok(match (kind, value) {
            (Kind::User, Some(value)) => Self::User(parse(kind, id, value)?),
            (Kind::User, None) => Self::NoUser(parse_name(id)?),
            (Kind::Member, value) => {
                let (room, user) = parse_member_id(id)?;
                if value.is_some() { Self::Member(room, user) } else { Self::NoMember(room, user) }
            }
            (Kind::List, Some(value)) => Self::List(parse_name(id)?, parse(kind, id, value)?),
            (Kind::List, None) => Self::List(parse_name(id)?, PresenceList::default()),
            (Kind::Token, Some(value)) => Self::Token(parse(kind, id, value)?),
            (Kind::Token, None) => Self::NoToken(TokenId::from(id.to_owned())),
            (Kind::Subscription, value) => Self::Subscription(id.to_owned(), value.map(Into::into)),
            (Kind::Filter, value) => {
                let (user, filter) = StoredFilter::parse_id(id)?;
                let value = value.map(|value| parse(kind, id, value)).transpose()?;
                Self::Filter(user, filter.to_owned(), value)
            }
            (Kind::Removal, Some(value)) => Self::Removal(parse_name(id)?, Some(parse(kind, id, value)?)),
            (Kind::Removal, None) => Self::Removal(parse_name(id)?, None),
            (Kind::Key, Some(value)) => {
                Self::LoginKey(Some(parse_key(id, &parse::<String>(kind, id, value)?)?))
            }
            (Kind::Key, None) => Self::LoginKey(None),
            (Kind::Desk, Some(value)) => Self::Desk(parse_name(id)?, parse(kind, id, value)?),
            (Kind::Desk, None) => Self::Desk(parse_name(id)?, Desk::default()),
            (Kind::SignOut, value) => {
                Self::SignOut(parse_name(id)?, value.map(|value| parse(kind, id, value)).transpose()?)
            }
            (Kind::EndedToken, value) => {
                Self::EndedToken(parse_hash(id)?, value.map(|value| parse(kind, id, value)).transpose()?)
            }
            (Kind::TokenRooms, Some(value)) => Self::TokenRooms(parse_name(id)?, parse(kind, id, value)?),
            (Kind::TokenRooms, None) => Self::TokenRooms(parse_name(id)?, TokenRooms::default()),
            (Kind::Pass, value) => {
                Self::Pass(parse_hash(id)?, value.map(|value| parse(kind, id, value)).transpose()?)
            }
        })
    }
}

fn parse_name<T: FromStr<Err = IdError>>(id: &str) -> Result<T, StoreError> {
    id.parse().map_err(|error| StoreError::Unreadable(format!("a document is named {id:?}: {error}")))
}

fn parse_hash(id: &str) -> Result<TokenHash, StoreError> {
    TokenHash::parse(id).ok_or_else(|| StoreError::Unreadable(format!("a document is named {id:?}: no hash")))
}

fn parse_key(id: &str, text: &str) -> Result<Key, StoreError> {
    let mut key = Key::default();
    hex::decode_to_slice(text, &mut key)
        .map_err(|error| StoreError::Unreadable(format!("the key {id:?} is none: {error}")))?;
    Ok(key)
}

impl Entries {
    /// Makes it so, and tells whom that may concern.
    pub(super) fn apply(&mut self, fact: Fact) -> Vec<Move> {
        match fact {
            Fact::User(user) => vec![self.put_user(user)],
            Fact::NoUser(user) => self.remove_user(&user).into_iter().collect(),
            Fact::Member(room, user) => match self.token_rooms.note(&room, &user, true) {
                true => Vec::new(),
                false => self.join(room, user).into_iter().collect(),
            },
            Fact::NoMember(room, user) => match self.token_rooms.note(&room, &user, false) {
                true => Vec::new(),
                false => self.leave(room, user).into_iter().collect(),
            },
            Fact::TokenRooms(user, rooms) => self.put_token_rooms(user, rooms),
            Fact::List(observer, list) => self.put_list(&observer, list),
            Fact::Token(token) => {
                self.put_token(token);
                Vec::new()
            }
            Fact::NoToken(id) => {
                self.remove_token(&id);
                Vec::new()
            }
            Fact::Subscription(id, value) => {
                self.subscriptions.put(id, value);
                Vec::new()
            }
            Fact::Desk(user, desk) => self.put_desk(user, desk),
            Fact::LoginKey(key) => {
                self.login_key = key;
                Vec::new()
            }
            Fact::SignOut(user, moment) => {
                self.ended.put_sign_out(user, moment);
                Vec::new()
            }
            Fact::EndedToken(hash, token) => {
                self.ended.put_token(hash, token);
                Vec::new()
            }
            Fact::Pass(hash, pass) => {
                self.passes.put(hash, pass);
                Vec::new()
            }
            Fact::Filter(user, id, filter) => {
                self.put_filter(user, id, filter);
                Vec::new()
            }
            Fact::Removal(user, micros) => {
                match micros {
                    Some(micros) => self.removals.insert(user, micros),
                    None => self.removals.remove(&user),
                };
                Vec::new()
            }
        }
    }

    /// What makes it so again as it is now, after a fact was applied.
    pub(super) fn opposite(&self, fact: &Fact) -> Fact {
        match fact {
            Fact::User(User { id, .. }) | Fact::NoUser(id) => {
                self.users.get(id).map_or_else(|| Fact::NoUser(id.clone()), Fact::User)
            }
            Fact::Member(room, user) | Fact::NoMember(room, user) => match self.is_kept_member(room, user) {
                true => Fact::Member(room.clone(), user.clone()),
                false => Fact::NoMember(room.clone(), user.clone()),
            },
            Fact::List(observer, _) => {
                Fact::List(observer.clone(), self.lists.get(observer).cloned().unwrap_or_default())
            }
            Fact::Token(StoredToken { info: TokenInfo { id, .. }, .. }) | Fact::NoToken(id) => {
                let known = id.lookup().and_then(|lookup| self.tokens.get(&lookup)).cloned();
                known.map_or_else(|| Fact::NoToken(id.clone()), Fact::Token)
            }
            Fact::Subscription(id, _) => Fact::Subscription(id.clone(), self.subscriptions.get(id)),
            Fact::Desk(user, _) => {
                Fact::Desk(user.clone(), self.desks.get(user).cloned().unwrap_or_default())
            }
            Fact::LoginKey(_) => Fact::LoginKey(self.login_key),
            Fact::Filter(user, id, _) => {
                Fact::Filter(user.clone(), id.clone(), self.filter(user, id).cloned())
            }
            Fact::Removal(user, _) => Fact::Removal(user.clone(), self.removals.get(user).copied()),
            Fact::SignOut(user, _) => Fact::SignOut(user.clone(), self.ended.sign_out(user)),
            Fact::EndedToken(hash, _) => Fact::EndedToken(*hash, self.ended.token(hash).cloned()),
            Fact::Pass(hash, _) => Fact::Pass(*hash, self.passes.get(hash).cloned()),
            Fact::TokenRooms(user, _) => {
                Fact::TokenRooms(user.clone(), self.token_rooms.of(user).cloned().unwrap_or_default())
            }
        }
    }

    fn put_user(&mut self, user: User) -> Move {
        let known = self.users.get(&user.id);
        if let Some(known) = &known {
            self.accounts.remove(known);
        }
        self.note(&user);
        self.users.put(&user);
        let is_new = known.is_none();
        let account = known.and_then(|known| known.extension).map(|extension| extension.account);
        Move::Profile { user: user.id, account, is_new }
    }

    fn remove_user(&mut self, user: &UserId) -> Option<Move> {
        let known = self.users.remove(user)?;
        self.accounts.remove(&known);
        self.forget_capitals(user);
        Some(Move::Removal {
            user: user.clone(),
            account: known.extension.map(|extension| extension.account),
        })
    }

    pub(super) fn is_member(&self, room: &RoomId, user: &UserId) -> bool {
        self.memberships.get(user).is_some_and(|rooms| rooms.contains(room))
    }

    pub(super) fn join(&mut self, room: RoomId, user: UserId) -> Option<Move> {
        let is_new = self.rooms.entry(room.clone()).or_default().insert(user.clone());
        self.memberships.entry(user.clone()).or_default().insert(room.clone());
        is_new.then_some(Move::Join { room, user })
    }

    /// A room without members is no room.
    pub(super) fn leave(&mut self, room: RoomId, user: UserId) -> Option<Move> {
        let members = self.rooms.get_mut(&room)?;
        if !members.remove(&user) {
            return None;
        }
        if members.is_empty() {
            self.rooms.remove(&room);
        }
        if let Some(rooms) = self.memberships.get_mut(&user) {
            rooms.remove(&room);
            if rooms.is_empty() {
                self.memberships.remove(&user);
            }
        }
        Some(Move::Leave { room, user })
    }

    fn put_token(&mut self, token: StoredToken) {
        if let Some(user) = token.user() {
            let tokens = self.tokens_of.entry(user.clone()).or_default();
            tokens.insert(token.info.id.clone(), token.lookup());
        }
        if token.is_an_apps() {
            self.app_tokens.insert(token.info.id.clone(), token.lookup());
        }
        self.tokens.insert(token.lookup(), token);
    }

    fn remove_token(&mut self, id: &TokenId) {
        self.app_tokens.remove(id);
        let Some(token) = id.lookup().and_then(|lookup| self.tokens.remove(&lookup)) else { return };
        if let Some(user) = token.user()
            && let Some(tokens) = self.tokens_of.get_mut(user)
        {
            tokens.remove(id);
            if tokens.is_empty() {
                self.tokens_of.remove(user);
            }
        }
    }

    /// What has to be so for a user to be gone at `micros`, with all that hangs on them; none if there is no
    /// such user.
    pub(super) fn removal(&self, user: &UserId, micros: u64) -> Option<Vec<Fact>> {
        if !self.users.contains(user) {
            return None;
        }
        let tokens = self.tokens_of.get(user).into_iter().flat_map(BTreeMap::keys);
        let tokens = tokens.map(|id| Fact::NoToken(id.clone()));
        let rooms = self.memberships.get(user).into_iter().flatten();
        let rooms = rooms.filter(|room| self.is_kept_member(room, user));
        let rooms = rooms.map(|room| Fact::NoMember(room.clone(), user.clone()));
        let by_tokens = self.token_rooms.of(user);
        let by_tokens = by_tokens.map(|_| Fact::TokenRooms(user.clone(), TokenRooms::default()));
        // From here on it is the removal that ends sessions.
        let sign_out = self.ended.sign_out(user).map(|_| Fact::SignOut(user.clone(), None));
        let old = self.removals.iter().filter(|(_, removed)| **removed + REMOVALS_KNOWN < micros);
        let old = old.map(|(user, _)| Fact::Removal(user.clone(), None));
        let desk = self.desks.get(user).map(|_| Fact::Desk(user.clone(), Desk::default()));
        let facts = tokens.chain(rooms).chain(self.unlisting(user)).chain(self.unfiltering(user));
        let facts = facts.chain(self.subscriptions_of(user)).chain(desk).chain(old);
        let facts = facts.chain(by_tokens).chain(sign_out);
        let gone = [Fact::NoUser(user.clone()), Fact::Removal(user.clone(), Some(micros))];
        Some(facts.chain(gone).collect())
    }
}

/// For how long it is kept who was removed, in microseconds.
const REMOVALS_KNOWN: u64 = 60 * 60 * 1_000_000;
