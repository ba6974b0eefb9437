//! Who is who and who may see whom: users, rooms and tokens.

mod accounts;
mod extension;
mod token;
mod user;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque},
    ops::Bound,
};

use parking_lot::RwLock;

use self::{
    accounts::Accounts,
    token::{Lookup, StoredToken},
};
pub use self::{
    extension::{Extension, ExtensionStatus, ExtensionType},
    token::{Grant, Holder, NewToken, Scope, Scopes, TokenId, TokenInfo, TokenSecret},
    user::{Profile, User},
};
use crate::{
    id::{RoomId, UserId},
    presence::Timestamp,
};

/// Users, rooms and tokens. All of it is in memory, behind one lock that is held for a look-up or for
/// one change, so a change is seen whole or not at all.
#[derive(Debug)]
pub struct Directory {
    entries: RwLock<Entries>,
    tokens_per_user: usize,
}

#[derive(Debug, Default)]
struct Entries {
    users: BTreeMap<UserId, Entry>,
    numbers: BTreeMap<u64, UserId>,
    accounts: Accounts,
    rooms: BTreeMap<RoomId, BTreeSet<UserId>>,
    tokens: HashMap<Lookup, StoredToken>,
    /// The tokens that were revoked last.
    revoked: VecDeque<Lookup>,
}

#[derive(Debug)]
struct Entry {
    user: User,
    rooms: HashSet<RoomId>,
    tokens: BTreeMap<TokenId, Lookup>,
}

/// Why the directory refused a change. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryError {
    #[error("there is no user {0}")]
    UnknownUser(UserId),
    #[error("the number {number} belongs to {owner}")]
    NumberTaken { number: u64, owner: UserId },
    #[error("the extension number {number} of account {account} belongs to {owner}")]
    ExtensionTaken { account: u64, number: String, owner: UserId },
    #[error("the user {0} has {1} tokens, as many as are allowed; revoke one first")]
    TooManyTokens(UserId, usize),
    #[error("there is a token with this text already")]
    TokenTaken,
}

/// The highest number of a user: the highest that every client can read.
pub const HIGHEST_NUMBER: u64 = i64::MAX as u64;

/// How many revoked tokens are remembered, for those who still use them to be told so.
const REMEMBERED_REVOCATIONS: usize = 1_024;

/// One page of a listing, and whether there is more.
#[derive(Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub more: bool,
}

impl<T> Page<T> {
    fn of(mut all: impl Iterator<Item = T>, limit: usize) -> Self {
        let items = all.by_ref().take(limit).collect();
        Self { items, more: all.next().is_some() }
    }
}

impl Directory {
    /// An empty directory, in which a user may have so many tokens.
    pub fn new(tokens_per_user: usize) -> Self {
        Self { entries: RwLock::default(), tokens_per_user }
    }

    /// Adds a user or replaces what is known of one. Without a number in `profile` a new user gets the
    /// next free one and a known user keeps theirs. Says whether the user is new.
    pub fn put_user(&self, id: &UserId, profile: Profile) -> Result<(User, bool), DirectoryError> {
        let mut entries = self.entries.write();
        let known = entries.users.get(id).map(|entry| entry.user.number);
        let number = profile.number.or(known).unwrap_or_else(|| entries.next_number());
        if let Some(owner) = entries.numbers.get(&number).filter(|owner| *owner != id) {
            return Err(DirectoryError::NumberTaken { number, owner: owner.clone() });
        }
        entries.check_extension(id, profile.extension.as_ref())?;
        if let Some(old) = known {
            entries.numbers.remove(&old);
        }
        if let Some(old) = entries.users.get(id).map(|entry| entry.user.clone()) {
            entries.accounts.remove(&old);
        }
        entries.numbers.insert(number, id.clone());
        let user = User::new(id.clone(), number, profile);
        entries.accounts.insert(&user);
        match entries.users.get_mut(id) {
            Some(entry) => entry.user = user.clone(),
            None => {
                let entry = Entry { user: user.clone(), rooms: HashSet::new(), tokens: BTreeMap::new() };
                entries.users.insert(id.clone(), entry);
            }
        }
        Ok((user, known.is_none()))
    }

    /// The directory's entry of a user.
    pub fn user(&self, id: &UserId) -> Option<User> {
        self.entries.read().users.get(id).map(|entry| entry.user.clone())
    }

    /// Whether there is such a user.
    pub fn knows(&self, id: &UserId) -> bool {
        self.entries.read().users.contains_key(id)
    }

    /// Up to `limit` users in the order of their ids, from the one after `after` on.
    pub fn users(&self, after: Option<&str>, limit: usize) -> Page<User> {
        let entries = self.entries.read();
        let following = entries.users.range::<str, _>(following(after));
        Page::of(following.map(|(_, entry)| entry.user.clone()), limit)
    }

    /// The user of that extension in a telephone account.
    pub fn extension(&self, account: u64, number: u64) -> Option<User> {
        self.user_with_number(number).filter(|user| user.is_in(account))
    }

    /// Some of an account's extensions in the order of their ids, from the one at `offset` on, and how
    /// many there are in all.
    pub fn extensions(&self, account: u64, offset: usize, limit: usize) -> (Vec<User>, usize) {
        let entries = self.entries.read();
        let all = entries.accounts.extensions(account);
        let page = all.iter().skip(offset).take(limit);
        let users = page.filter_map(|number| entries.users.get(entries.numbers.get(number)?));
        (users.map(|entry| entry.user.clone()).collect(), all.len())
    }

    /// The telephone account that a user has an extension in.
    pub fn account_of(&self, id: &UserId) -> Option<u64> {
        Some(self.entries.read().users.get(id)?.user.extension.as_ref()?.account)
    }

    /// The user with this number.
    pub fn user_with_number(&self, number: u64) -> Option<User> {
        let entries = self.entries.read();
        entries.users.get(entries.numbers.get(&number)?).map(|entry| entry.user.clone())
    }

    /// Whether both are in one telephone account.
    pub fn share_account(&self, one: &UserId, other: &UserId) -> bool {
        let entries = self.entries.read();
        let account = |user| Some(entries.users.get(user)?.user.extension.as_ref()?.account);
        account(one).is_some_and(|account| entries.users.get(other).is_some_and(|it| it.user.is_in(account)))
    }

    /// Removes a user with their tokens and memberships. Says whether there was one.
    pub fn remove_user(&self, id: &UserId) -> bool {
        let mut entries = self.entries.write();
        let Some(entry) = entries.users.remove(id) else { return false };
        entries.numbers.remove(&entry.user.number);
        entries.accounts.remove(&entry.user);
        for lookup in entry.tokens.values() {
            entries.tokens.remove(lookup);
        }
        for room in &entry.rooms {
            entries.leave(id, room);
        }
        true
    }

    /// Sets a room's members, and returns those before. A room without members is no room. Every member
    /// has to be a known user.
    pub fn set_members(
        &self,
        room: &RoomId,
        members: BTreeSet<UserId>,
    ) -> Result<BTreeSet<UserId>, DirectoryError> {
        let mut entries = self.entries.write();
        if let Some(unknown) = members.iter().find(|member| !entries.users.contains_key(*member)) {
            return Err(DirectoryError::UnknownUser(unknown.clone()));
        }
        let before = entries.rooms.remove(room).unwrap_or_default();
        for former in &before {
            if let Some(entry) = entries.users.get_mut(former) {
                entry.rooms.remove(room);
            }
        }
        for member in &members {
            if let Some(entry) = entries.users.get_mut(member) {
                entry.rooms.insert(room.clone());
            }
        }
        if !members.is_empty() {
            entries.rooms.insert(room.clone(), members);
        }
        Ok(before)
    }

    /// The rooms that a user is a member of.
    pub fn rooms_of(&self, user: &UserId) -> Vec<RoomId> {
        let entries = self.entries.read();
        entries.users.get(user).map(|entry| entry.rooms.iter().cloned().collect()).unwrap_or_default()
    }

    /// Whether a user is a member of a room.
    pub fn is_member(&self, room: &RoomId, user: &UserId) -> bool {
        self.entries.read().users.get(user).is_some_and(|entry| entry.rooms.contains(room))
    }

    /// Everybody who shares a room with a user, and the user.
    pub fn roommates(&self, user: &UserId) -> BTreeSet<UserId> {
        let entries = self.entries.read();
        let rooms = entries.users.get(user).into_iter().flat_map(|entry| &entry.rooms);
        let members = rooms.filter_map(|room| entries.rooms.get(room)).flatten().cloned();
        members.chain([user.clone()]).collect()
    }

    /// Every user.
    pub fn everybody(&self) -> BTreeSet<UserId> {
        self.entries.read().users.keys().cloned().collect()
    }

    /// A room's members; none if there is no such room.
    pub fn members(&self, room: &RoomId) -> BTreeSet<UserId> {
        self.entries.read().rooms.get(room).cloned().unwrap_or_default()
    }

    /// Up to `limit` rooms with the number of their members, from the one after `after` on.
    pub fn rooms(&self, after: Option<&str>, limit: usize) -> Page<(RoomId, usize)> {
        let entries = self.entries.read();
        let following = entries.rooms.range::<str, _>(following(after));
        Page::of(following.map(|(id, members)| (id.clone(), members.len())), limit)
    }

    /// Whether both are members of one room.
    pub fn share_room(&self, one: &UserId, other: &UserId) -> bool {
        let entries = self.entries.read();
        let (Some(one), Some(other)) = (entries.users.get(one), entries.users.get(other)) else {
            return false;
        };
        !one.rooms.is_disjoint(&other.rooms)
    }

    /// Adds a token whose text is `secret`. The directory keeps its hash alone.
    pub fn add_token(&self, secret: &TokenSecret, token: NewToken) -> Result<TokenInfo, DirectoryError> {
        let mut entries = self.entries.write();
        let stored = StoredToken::new(secret, token);
        if entries.tokens.contains_key(&stored.lookup()) {
            return Err(DirectoryError::TokenTaken);
        }
        if let Some(user) = stored.user() {
            let entry =
                entries.users.get_mut(user).ok_or_else(|| DirectoryError::UnknownUser(user.clone()))?;
            if entry.tokens.len() >= self.tokens_per_user {
                return Err(DirectoryError::TooManyTokens(user.clone(), self.tokens_per_user));
            }
            entry.tokens.insert(stored.info.id.clone(), stored.lookup());
        }
        let info = stored.info.clone();
        entries.tokens.insert(stored.lookup(), stored);
        Ok(info)
    }

    /// A user's tokens, in the order of their ids.
    pub fn tokens(&self, user: &UserId) -> Result<Vec<TokenInfo>, DirectoryError> {
        let entries = self.entries.read();
        let entry = entries.users.get(user).ok_or_else(|| DirectoryError::UnknownUser(user.clone()))?;
        let infos = entry.tokens.values().filter_map(|lookup| entries.tokens.get(lookup));
        Ok(infos.map(|stored| stored.info.clone()).collect())
    }

    /// Removes a user's token, and with it what would replace it. Says whether there was one.
    pub fn revoke_token(&self, user: &UserId, id: &TokenId) -> bool {
        let mut entries = self.entries.write();
        let gone = entries.drop_tokens(user, |token| token.info.id == *id);
        entries.drop_tokens(user, |token| token.refreshes(id));
        for lookup in &gone {
            entries.remember_revoked(*lookup);
        }
        !gone.is_empty()
    }

    /// Forgets a user's tokens whose time is over.
    pub fn forget_expired_tokens(&self, user: &UserId, now: Timestamp) {
        self.entries.write().drop_tokens(user, |token| token.has_expired(now));
    }

    /// Whether a token of this text was revoked lately.
    pub fn was_revoked(&self, secret: &[u8]) -> bool {
        self.entries.read().revoked.contains(&token::lookup(&token::digest(secret)))
    }

    /// What may be shown of the token with this text, if it is one.
    pub fn token(&self, secret: &[u8]) -> Option<TokenInfo> {
        let digest = token::digest(secret);
        let entries = self.entries.read();
        let stored = entries.tokens.get(&token::lookup(&digest))?;
        stored.is(&digest).then(|| stored.info.clone())
    }

    /// What the holder of this text may do; nothing if it is not a token.
    pub fn grant(&self, secret: &[u8], now: Timestamp) -> Option<Grant> {
        let digest = token::digest(secret);
        let entries = self.entries.read();
        let stored = entries.tokens.get(&token::lookup(&digest))?;
        stored.is(&digest).then(|| stored.grant(now))
    }
}

/// The range of what comes after `after`.
fn following(after: Option<&str>) -> (Bound<&str>, Bound<&str>) {
    (after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded)
}

impl Entries {
    /// The number after the highest, or the lowest free one once there is none after it.
    fn next_number(&self) -> u64 {
        let after = self.numbers.last_key_value().map_or(1, |(last, _)| last + 1);
        if after <= HIGHEST_NUMBER {
            return after;
        }
        (1..=HIGHEST_NUMBER).find(|number| !self.numbers.contains_key(number)).unwrap_or(after)
    }

    /// Removes those of a user's tokens for which `is_over` holds, and says which these were.
    fn drop_tokens(&mut self, user: &UserId, is_over: impl Fn(&StoredToken) -> bool) -> Vec<Lookup> {
        let Some(entry) = self.users.get_mut(user) else { return Vec::new() };
        let is_over = |lookup: &Lookup| self.tokens.get(lookup).is_none_or(&is_over);
        let gone: Vec<Lookup> =
            entry.tokens.extract_if(.., |_, lookup| is_over(lookup)).map(|(_, it)| it).collect();
        for lookup in &gone {
            self.tokens.remove(lookup);
        }
        gone
    }

    fn remember_revoked(&mut self, lookup: Lookup) {
        if self.revoked.len() == REMEMBERED_REVOCATIONS {
            self.revoked.pop_front();
        }
        self.revoked.push_back(lookup);
    }

    /// Refuses a short number that another user of the account has.
    fn check_extension(&self, id: &UserId, extension: Option<&Extension>) -> Result<(), DirectoryError> {
        let Some(Extension { account, number, .. }) = extension else { return Ok(()) };
        let owner = self.accounts.owner(*account, number).and_then(|owner| self.numbers.get(&owner));
        match owner.filter(|owner| *owner != id) {
            Some(owner) => {
                let (number, owner) = (number.clone(), owner.clone());
                Err(DirectoryError::ExtensionTaken { account: *account, number, owner })
            }
            None => Ok(()),
        }
    }

    fn leave(&mut self, user: &UserId, room: &RoomId) {
        let Some(members) = self.rooms.get_mut(room) else { return };
        members.remove(user);
        if members.is_empty() {
            self.rooms.remove(room);
        }
    }
}
