//! Who is who and who may see whom: users, rooms, presence lists, tokens and passes.

mod accounts;
mod check;
mod desk;
mod ending;
mod extension;
mod fact;
mod filter;
mod follow;
mod ghost;
mod kept;
mod list;
mod login;
mod moves;
mod pass;
mod people;
mod planner;
mod scope;
mod seal;
mod session;
mod signed;
mod subscription;
mod token;
mod token_rooms;
mod user;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fmt,
    ops::Bound,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use hashbrown::{HashMap, HashSet};
use parking_lot::{Mutex, RwLock};
use tokio::sync::watch;

use self::{
    accounts::Accounts,
    ending::{Endings, Ends},
    fact::Fact,
    filter::Filters,
    follow::Loading,
    pass::Passes,
    people::People,
    planner::Queue,
    signed::Ended,
    subscription::Subscriptions,
    token::{Lookup, StoredToken},
    token_rooms::TokenMemberships,
};
pub use self::{
    check::Check,
    extension::{Extension, ExtensionStatus, ExtensionType},
    ghost::NewGhost,
    kept::{Desk, MonitoredLine, PresenceList},
    login::{LoggedIn, Login},
    moves::{Move, Standing},
    pass::PassKind,
    scope::{Scope, Scopes},
    session::NewSession,
    signed::{Credential, Origin, Signed},
    token::{Grant, Holder, NewToken, Session, Spent, TokenHash, TokenId, TokenInfo, TokenSecret},
    user::{Profile, User},
};
use crate::{
    clock::Clock,
    id::{RoomId, UserId},
    presence::Timestamp,
    store::{Revision, Store, StoreError},
};

/// Users, rooms, presence lists, tokens, passes and subscriptions. All of it is in memory, behind one lock that is
/// held for a look-up or for one change, so a change is seen whole or not at all; and in the store, which has
/// it first. It changes in no other way than by following the store's documents.
pub struct Directory {
    entries: RwLock<Entries>,
    /// The changes that wait to be planned and written.
    queue: Mutex<Queue>,
    /// How far the documents are followed.
    followed: watch::Sender<Revision>,
    loading: Loading,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    tokens_per_user: AtomicUsize,
    list_entries: AtomicUsize,
    endings: Endings,
}

#[derive(Debug, Default)]
struct Entries {
    /// All documents up to this revision are in here.
    revision: Revision,
    users: People,
    accounts: Accounts,
    /// Users with capitals in their names, by their names without.
    capitalized: BTreeMap<String, BTreeSet<UserId>>,
    rooms: BTreeMap<RoomId, BTreeSet<UserId>>,
    /// The rooms of each user who is in one; follows from `rooms`.
    memberships: HashMap<UserId, HashSet<RoomId>>,
    /// By observer.
    lists: BTreeMap<UserId, PresenceList>,
    /// Who has a user on their list; follows from `lists`. The user may be unknown.
    observers: BTreeMap<UserId, BTreeSet<UserId>>,
    tokens: HashMap<Lookup, StoredToken>,
    /// The tokens of each user who has one; follows from `tokens`.
    tokens_of: HashMap<UserId, BTreeMap<TokenId, Lookup>>,
    app_tokens: BTreeMap<TokenId, Lookup>,
    login_key: Option<kept::Key>,
    /// Of each user who set something.
    desks: HashMap<UserId, Desk>,
    filters: Filters,
    /// The tokens that ended last, before their time.
    revoked: VecDeque<Lookup>,
    subscriptions: Subscriptions,
    ended: Ended,
    token_rooms: TokenMemberships,
    passes: Passes,
    /// When users were removed, in microseconds since the Unix epoch; for a while after.
    removals: BTreeMap<UserId, u64>,
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
    #[error("there is a user {0} already")]
    UserTaken(UserId),
    #[error("the token is not there any more")]
    TokenSpent,
    #[error("the user {0} has {1} tokens, as many as are allowed; revoke one first")]
    TooManyTokens(UserId, usize),
    #[error("there are {0} tokens of apps, as many as are allowed; revoke one first")]
    TooManyAppTokens(usize),
    #[error("there is a token with this text already")]
    TokenTaken,
    #[error("the room has {0} members, as many as are allowed")]
    RoomFull(usize),
    #[error("a presence list may have {0} entries; drop some first")]
    ListTooLong(usize),
    #[error(transparent)]
    Store(#[from] StoreError),
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

/// How much a directory has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    pub users: usize,
    /// Valid ones and others.
    pub tokens: usize,
    pub rooms: usize,
}

impl<T> Page<T> {
    /// Up to `limit` of these.
    pub(crate) fn of(mut all: impl Iterator<Item = T>, limit: usize) -> Self {
        let items = all.by_ref().take(limit).collect();
        Self { items, more: all.next().is_some() }
    }
}

impl Directory {
    /// The directory of a store, in which a user may have so many tokens, and entries on a presence list. It
    /// is empty until it is [loaded](Self::load).
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        tokens_per_user: usize,
        list_entries: usize,
    ) -> Self {
        Self {
            entries: RwLock::default(),
            queue: Mutex::default(),
            followed: watch::Sender::default(),
            loading: Loading::default(),
            endings: Endings::default(),
            store,
            clock,
            tokens_per_user: tokens_per_user.into(),
            list_entries: list_entries.into(),
        }
    }

    /// Allows a user so many tokens and entries from now on. What there is stays.
    pub fn replace_limits(&self, tokens_per_user: usize, list_entries: usize) {
        self.tokens_per_user.store(tokens_per_user, Ordering::Relaxed);
        self.list_entries.store(list_entries, Ordering::Relaxed);
    }

    /// Adds a user at `now` or replaces what is known of one. Without a number in `profile` a new user gets
    /// the next free one and a known user keeps theirs. Says whether the user is new.
    pub async fn put_user(
        self: &Arc<Self>,
        id: &UserId,
        profile: Profile,
        now: Timestamp,
    ) -> Result<(User, bool), DirectoryError> {
        let id = id.clone();
        self.change(move |entries| {
            let known = entries.users.get(&id);
            let number = profile.number.or(known.as_ref().map(|user| user.number));
            let number = number.unwrap_or_else(|| entries.next_number());
            if let Some(owner) = entries.users.owner(number).filter(|owner| *owner != id) {
                return Err(DirectoryError::NumberTaken { number, owner });
            }
            entries.check_extension(&id, profile.extension.as_ref())?;
            let is_new = known.is_none();
            let created = known.as_ref().map_or(now, |user| user.created);
            let made_by = known.as_ref().and_then(|user| user.made_by.clone());
            let user = User { made_by, ..User::new(id.clone(), number, profile.clone(), created) };
            let is_different = known.as_ref() != Some(&user);
            let fact = is_different.then(|| Fact::User(user.clone()));
            Ok((fact.into_iter().collect(), (user, is_new)))
        })
        .await
    }

    /// The directory's entry of a user.
    pub fn user(&self, id: &UserId) -> Option<User> {
        self.entries.read().users.get(id)
    }

    /// The user with this number.
    pub fn user_with_number(&self, number: u64) -> Option<User> {
        self.entries.read().users.with_number(number)
    }

    /// The user of `server` with this name, in whatever letter case; the one written in just this way if
    /// there are several.
    pub fn user_named(&self, name: &str, server: &str) -> Option<User> {
        let entries = self.entries.read();
        let lowercase = name.to_ascii_lowercase();
        let of_server = |name: &str| entries.users.get(&format!("@{name}:{server}").parse().ok()?);
        let user = of_server(name).or_else(|| of_server(&lowercase));
        user.or_else(|| entries.users.get(entries.capitalized.get(&lowercase)?.first()?))
    }

    /// Whether there is such a user.
    pub fn knows(&self, id: &UserId) -> bool {
        self.entries.read().users.contains(id)
    }

    /// Up to which revision the documents are followed that have such a user; none if there is no such user.
    pub fn knows_at(&self, id: &UserId) -> Option<Revision> {
        let entries = self.entries.read();
        entries.users.contains(id).then_some(entries.revision)
    }

    /// Up to `limit` users in the order of their ids, from the one after `after` on.
    pub fn users(&self, after: Option<&str>, limit: usize) -> Page<User> {
        self.entries.read().users.page(after, limit)
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
        (page.filter_map(|number| entries.users.with_number(*number)).collect(), all.len())
    }

    /// The telephone account that a user has an extension in.
    pub fn account_of(&self, user: &UserId) -> Option<u64> {
        self.entries.read().users.account(user)
    }

    /// Removes a user with their tokens, memberships and entries on presence lists, and then their record in
    /// the store. Says whether there was one.
    pub async fn remove_user(self: &Arc<Self>, id: &UserId) -> Result<bool, DirectoryError> {
        let (user, clock) = (id.clone(), self.clock.clone());
        let change = self.change_at(move |entries| match entries.removal(&user, clock.micros()) {
            Some(facts) => Ok((facts, true)),
            None => Ok((Vec::new(), false)),
        });
        let (was_there, revision) = change.await?;
        if !was_there {
            return Ok(false);
        }
        // The user is gone already; what is left of them is removed when the store is opened, if not now.
        if let Err(error) = self.store.remove(id, revision).await {
            tracing::warn!(%error, "the presence of a removed user is removed at the next start");
        }
        Ok(true)
    }

    /// Sets a room's members, beside whom signed tokens may put others. A room without members is no room. Every member
    /// has to be a known user.
    pub async fn set_members(
        self: &Arc<Self>,
        room: &RoomId,
        members: BTreeSet<UserId>,
    ) -> Result<(), DirectoryError> {
        let room = room.clone();
        self.change(move |entries| {
            if let Some(unknown) = members.iter().find(|member| !entries.users.contains(member)) {
                return Err(DirectoryError::UnknownUser(unknown.clone()));
            }
            let before = entries.rooms.get(&room).into_iter().flatten();
            let kept = before.filter(|user| entries.is_kept_member(&room, user));
            let left = kept.filter(|user| !members.contains(*user));
            let left = left.map(|user| Fact::NoMember(room.clone(), user.clone()));
            let joined = members.iter().filter(|user| !entries.is_kept_member(&room, user));
            let joined = joined.map(|user| Fact::Member(room.clone(), user.clone()));
            Ok((left.chain(joined).collect(), ()))
        })
        .await
    }

    /// Lets a user into a room, which may have so many members.
    pub async fn join(
        self: &Arc<Self>,
        room: &RoomId,
        user: &UserId,
        most: usize,
    ) -> Result<(), DirectoryError> {
        let (room, user) = (room.clone(), user.clone());
        self.change(move |entries| {
            if !entries.users.contains(&user) {
                return Err(DirectoryError::UnknownUser(user.clone()));
            }
            if entries.is_member(&room, &user) {
                return Ok((Vec::new(), ()));
            }
            if entries.rooms.get(&room).map_or(0, BTreeSet::len) >= most {
                return Err(DirectoryError::RoomFull(most));
            }
            Ok((vec![Fact::Member(room.clone(), user.clone())], ()))
        })
        .await
    }

    /// Takes a user out of a room. The last one to leave ends it.
    pub async fn leave(self: &Arc<Self>, room: &RoomId, user: &UserId) -> Result<(), DirectoryError> {
        let (room, user) = (room.clone(), user.clone());
        self.change(move |entries| {
            if !entries.users.contains(&user) {
                return Err(DirectoryError::UnknownUser(user.clone()));
            }
            let is_member = entries.is_member(&room, &user);
            Ok((is_member.then(|| Fact::NoMember(room.clone(), user.clone())).into_iter().collect(), ()))
        })
        .await
    }

    /// The rooms that a user is a member of.
    pub fn rooms_of(&self, user: &UserId) -> Vec<RoomId> {
        let entries = self.entries.read();
        entries.memberships.get(user).into_iter().flatten().cloned().collect()
    }

    /// Whether a user is a member of a room.
    pub fn is_member(&self, room: &RoomId, user: &UserId) -> bool {
        self.entries.read().is_member(room, user)
    }

    /// The users who share a room with a user, and the user.
    pub fn roommates(&self, user: &UserId) -> BTreeSet<UserId> {
        let entries = self.entries.read();
        let rooms = entries.memberships.get(user).into_iter().flatten();
        let members = rooms.filter_map(|room| entries.rooms.get(room)).flatten().cloned();
        members.chain([user.clone()]).collect()
    }

    /// A room's members; none if there is no such room.
    pub fn members(&self, room: &RoomId) -> BTreeSet<UserId> {
        self.entries.read().rooms.get(room).cloned().unwrap_or_default()
    }

    /// How many members a room has; none: there is no such room.
    pub fn member_count(&self, room: &RoomId) -> Option<usize> {
        self.entries.read().rooms.get(room).map(BTreeSet::len)
    }

    /// Up to `limit` members of a room in the order of their ids, from the one after `after` on.
    pub fn members_after(&self, room: &RoomId, after: Option<&UserId>, limit: usize) -> Vec<UserId> {
        let entries = self.entries.read();
        let Some(members) = entries.rooms.get(room) else { return Vec::new() };
        members.range::<str, _>(following(after.map(UserId::as_str))).take(limit).cloned().collect()
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
        let rooms = |user| entries.memberships.get(user);
        rooms(one).zip(rooms(other)).is_some_and(|(one, other)| !one.is_disjoint(other))
    }

    /// Adds a token whose text is `secret`. The directory keeps its hash alone. Apps may have as many
    /// together as one user.
    pub async fn add_token(
        self: &Arc<Self>,
        secret: &TokenSecret,
        token: NewToken,
    ) -> Result<TokenInfo, DirectoryError> {
        let (stored, tokens_per_user) =
            (StoredToken::new(secret, token), self.tokens_per_user.load(Ordering::Relaxed));
        self.change(move |entries| {
            if entries.tokens.contains_key(&stored.lookup()) {
                return Err(DirectoryError::TokenTaken);
            }
            if let Some(user) = stored.user() {
                if !entries.users.contains(user) {
                    return Err(DirectoryError::UnknownUser(user.clone()));
                }
                if entries.tokens_of.get(user).map_or(0, BTreeMap::len) >= tokens_per_user {
                    return Err(DirectoryError::TooManyTokens(user.clone(), tokens_per_user));
                }
            }
            if stored.is_an_apps() && entries.app_tokens.len() >= tokens_per_user {
                return Err(DirectoryError::TooManyAppTokens(tokens_per_user));
            }
            Ok((vec![Fact::Token(stored.clone())], stored.info.clone()))
        })
        .await
    }

    /// How much there is.
    pub fn counts(&self) -> Counts {
        let entries = self.entries.read();
        Counts { users: entries.users.len(), tokens: entries.tokens.len(), rooms: entries.rooms.len() }
    }

    /// Lets a token in for as long as the process runs: one that comes from elsewhere at each start.
    pub fn admit(&self, secret: &TokenSecret, token: NewToken) {
        self.apply_here(Fact::Token(StoredToken::new(secret, token)));
    }

    /// Ends a token that was let in.
    pub fn dismiss(&self, secret: &TokenSecret) {
        if let Some(info) = self.token(secret.reveal().as_bytes()) {
            self.apply_here(Fact::NoToken(info.id));
        }
    }

    /// Makes something so in this process alone.
    fn apply_here(&self, fact: Fact) {
        let (mut entries, mut ends) = (self.entries.write(), Ends::default());
        ends.note(&fact, &entries);
        entries.apply(fact);
        self.endings.end(ends, &entries, self.clock.now());
    }

    /// A user's tokens, in the order of their ids; without refresh tokens that were spent.
    pub fn tokens(&self, user: &UserId) -> Result<Vec<TokenInfo>, DirectoryError> {
        let entries = self.entries.read();
        if !entries.users.contains(user) {
            return Err(DirectoryError::UnknownUser(user.clone()));
        }
        let lookups = entries.tokens_of.get(user).into_iter().flat_map(BTreeMap::values);
        let tokens = lookups.filter_map(|lookup| entries.tokens.get(lookup));
        let infos = tokens.filter(|stored| !stored.is_spent());
        Ok(infos.map(|stored| stored.info.clone()).collect())
    }

    /// The tokens of apps, in the order of their ids.
    pub fn app_tokens(&self) -> Vec<TokenInfo> {
        let entries = self.entries.read();
        let infos = entries.app_tokens.values().filter_map(|lookup| entries.tokens.get(lookup));
        infos.map(|stored| stored.info.clone()).collect()
    }

    /// Removes an app's token, and with it the subscriptions that were made with it. Says whether there was one.
    pub async fn revoke_app_token(self: &Arc<Self>, id: &TokenId) -> Result<bool, DirectoryError> {
        let id = id.clone();
        self.change(move |entries| {
            let is_an_apps = entries.app_tokens.contains_key(&id);
            let ended = entries.subscriptions_of_app(&id).into_iter().filter(|_| is_an_apps);
            let gone = is_an_apps.then(|| Fact::NoToken(id.clone()));
            Ok((ended.chain(gone).collect(), is_an_apps))
        })
        .await
    }

    /// Removes a user's token, and with it what would replace it and the subscriptions of its login. Says whether
    /// there was one.
    pub async fn revoke_token(self: &Arc<Self>, user: &UserId, id: &TokenId) -> Result<bool, DirectoryError> {
        let (user, id) = (user.clone(), id.clone());
        self.change(move |entries| {
            let is_theirs = entries.tokens_of.get(&user).is_some_and(|tokens| tokens.contains_key(&id));
            let mut gone = entries.tokens_that(&user, |token| token.refreshes(&id));
            gone.extend(is_theirs.then(|| id.clone()));
            let ended = entries.subscriptions_with(&user, &gone);
            Ok((ended.into_iter().chain(gone.into_iter().map(Fact::NoToken)).collect(), is_theirs))
        })
        .await
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

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Directory").field("users", &self.entries.read().users.len()).finish_non_exhaustive()
    }
}

/// The range of what comes after `after`.
fn following(after: Option<&str>) -> (Bound<&str>, Bound<&str>) {
    (after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded)
}

impl Entries {
    /// The number after the highest, or the lowest free one once there is none after it.
    fn next_number(&self) -> u64 {
        let after = self.users.highest_number() + 1;
        if after <= HIGHEST_NUMBER {
            return after;
        }
        (1..=HIGHEST_NUMBER).find(|number| self.users.owner(*number).is_none()).unwrap_or(after)
    }

    /// Those of a user's tokens for which `fits` holds.
    fn tokens_that(&self, user: &UserId, fits: impl Fn(&StoredToken) -> bool) -> Vec<TokenId> {
        let tokens = self.tokens_of.get(user).into_iter().flatten();
        let fitting = tokens.filter(|(_, lookup)| self.tokens.get(*lookup).is_some_and(&fits));
        fitting.map(|(id, _)| id.clone()).collect()
    }

    fn remember_revoked(&mut self, id: &TokenId) {
        if let Some(lookup) = id.lookup() {
            if self.revoked.len() == REMEMBERED_REVOCATIONS {
                self.revoked.pop_front();
            }
            self.revoked.push_back(lookup);
        }
    }

    /// Refuses a short number that another user of the account has.
    fn check_extension(&self, id: &UserId, extension: Option<&Extension>) -> Result<(), DirectoryError> {
        let Some(Extension { account, number, .. }) = extension else { return Ok(()) };
        let owner = self.accounts.owner(*account, number).and_then(|owner| self.users.owner(owner));
        match owner.filter(|owner| owner != id) {
            Some(owner) => {
                let number = number.clone();
                Err(DirectoryError::ExtensionTaken { account: *account, number, owner })
            }
            None => Ok(()),
        }
    }

    /// Notes a user wherever else than among the users.
    fn note(&mut self, user: &User) {
        if has_capitals(&user.id) {
            let lowercase = user.id.localpart().to_ascii_lowercase();
            self.capitalized.entry(lowercase).or_default().insert(user.id.clone());
        }
        self.accounts.insert(user);
    }

    fn forget_capitals(&mut self, id: &UserId) {
        let lowercase = id.localpart().to_ascii_lowercase();
        if let Some(written) = self.capitalized.get_mut(&lowercase) {
            written.remove(id);
            if written.is_empty() {
                self.capitalized.remove(&lowercase);
            }
        }
    }
}

fn has_capitals(id: &UserId) -> bool {
    id.localpart().bytes().any(|byte| byte.is_ascii_uppercase())
}
