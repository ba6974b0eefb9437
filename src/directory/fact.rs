use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr,
};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::{
    Entries, PresenceList, TokenId, User, filter::StoredFilter, has_capitals, people::Part,
    token::StoredToken,
};
use crate::{
    id::{IdError, RoomId, UserId},
    store::{Document, Kind, Store, StoreError, Tell, parse, read_partitions},
    table::Size,
};

/// Something that is to be so in the directory. All changes are made of these; each is one document in
/// the store, and reading the documents back makes the same directory.
#[derive(Clone, Debug)]
pub(super) enum Fact {
    User(User),
    /// The user and what hangs on them is gone, save what other facts name.
    NoUser(UserId),
    /// All members of a room; without any it is no room.
    Members(RoomId, BTreeSet<UserId>),
    /// Whom a user asked to see, and who agreed; without entries it is no list.
    List(UserId, PresenceList),
    Token(StoredToken),
    NoToken(TokenId),
    /// A filter of a user's, by its id.
    Filter(UserId, String, StoredFilter),
    NoFilter(UserId, String),
}

/// A room's document.
#[derive(Deserialize, Serialize)]
struct Room {
    members: BTreeSet<UserId>,
}

impl Fact {
    /// What the store keeps of it.
    pub(super) fn document(&self) -> Option<Document> {
        Some(match self {
            Self::User(user) => Document::put(Kind::User, user.id.as_str(), user),
            Self::NoUser(user) => Document::removed(Kind::User, user.as_str()),
            Self::Members(room, members) if members.is_empty() => {
                Document::removed(Kind::Room, room.as_str())
            }
            Self::Members(room, members) => {
                Document::put(Kind::Room, room.as_str(), &Room { members: members.clone() })
            }
            Self::List(observer, list) if list.is_empty() => Document::removed(Kind::List, observer.as_str()),
            Self::List(observer, list) => Document::put(Kind::List, observer.as_str(), list),
            Self::Token(token) => Document::put(Kind::Token, token.info.id.as_str(), token),
            Self::NoToken(id) => Document::removed(Kind::Token, id.as_str()),
            Self::Filter(user, id, filter) => filter.document(user, id),
            Self::NoFilter(user, id) => StoredFilter::removal(user, id),
        })
    }
}

/// Reads back what is so. Users come first, since the others name them.
pub(super) fn load(store: &dyn Store, tell: &Tell<'_>) -> Result<Entries, StoreError> {
    let mut entries = Entries::default();
    entries.load_users(store, tell)?;
    store.documents(Kind::Token, &mut |id, value| {
        entries.apply(Fact::Token(parse(Kind::Token, id, value)?));
        Ok(())
    })?;
    store.documents(Kind::Room, &mut |id, value| {
        let room: Room = parse(Kind::Room, id, value)?;
        entries.apply(Fact::Members(parse_name(id)?, room.members));
        Ok(())
    })?;
    store.documents(Kind::List, &mut |id, value| {
        entries.apply(Fact::List(parse_name(id)?, parse(Kind::List, id, value)?));
        Ok(())
    })?;
    entries.load_filters(store)?;
    Ok(entries)
}

fn parse_name<T: FromStr<Err = IdError>>(id: &str) -> Result<T, StoreError> {
    id.parse().map_err(|error| StoreError::Unreadable(format!("a document is named {id:?}: {error}")))
}

impl Entries {
    /// Reads the users of several partitions at a time.
    fn load_users(&mut self, store: &dyn Store, tell: &Tell<'_>) -> Result<(), StoreError> {
        let entries = Mutex::new(self);
        // One partition is about as large as another.
        let size = Mutex::new(Size::default());
        read_partitions(tell, |partition| {
            let (mut part, mut noted_elsewhere) = (Part::default(), Vec::new());
            part.table.reserve(*size.lock());
            store.users(partition, &mut |id, value| {
                let user: User = parse(Kind::User, id, value)?;
                part.add(&user);
                if user.extension.is_some() || has_capitals(&user.id) {
                    noted_elsewhere.push(user);
                }
                Ok(())
            })?;
            *size.lock() = part.table.size();
            let users = part.table.len();
            let mut entries = entries.lock();
            entries.users.take_in(partition, part);
            for user in &noted_elsewhere {
                entries.note(user);
            }
            Ok(users)
        })
    }

    /// Makes it so.
    pub(super) fn apply(&mut self, fact: Fact) {
        match fact {
            Fact::User(user) => {
                if let Some(known) = self.users.get(&user.id) {
                    self.accounts.remove(&known);
                }
                self.note(&user);
                self.users.put(&user);
            }
            Fact::NoUser(user) => {
                if let Some(known) = self.users.remove(&user) {
                    self.accounts.remove(&known);
                    self.forget_capitals(&user);
                }
            }
            Fact::Members(room, members) => self.set_members(room, members),
            Fact::List(observer, list) => self.put_list(&observer, list),
            Fact::Token(token) => {
                if let Some(user) = token.user() {
                    let tokens = self.tokens_of.entry(user.clone()).or_default();
                    tokens.insert(token.info.id.clone(), token.lookup());
                }
                if token.is_an_apps() {
                    self.app_tokens.insert(token.info.id.clone(), token.lookup());
                }
                self.tokens.insert(token.lookup(), token);
            }
            Fact::Filter(user, id, filter) => self.put_filter(user, id, filter),
            Fact::NoFilter(user, id) => self.remove_filter(&user, &id),
            Fact::NoToken(id) => {
                self.app_tokens.remove(&id);
                let Some(token) = id.lookup().and_then(|lookup| self.tokens.remove(&lookup)) else { return };
                if let Some(user) = token.user()
                    && let Some(tokens) = self.tokens_of.get_mut(user)
                {
                    tokens.remove(&id);
                    if tokens.is_empty() {
                        self.tokens_of.remove(user);
                    }
                }
            }
        }
    }

    fn set_members(&mut self, room: RoomId, members: BTreeSet<UserId>) {
        for former in self.rooms.remove(&room).unwrap_or_default() {
            if let Some(rooms) = self.memberships.get_mut(&former) {
                rooms.remove(&room);
                if rooms.is_empty() {
                    self.memberships.remove(&former);
                }
            }
        }
        for member in &members {
            self.memberships.entry(member.clone()).or_default().insert(room.clone());
        }
        if !members.is_empty() {
            self.rooms.insert(room, members);
        }
    }

    /// What has to be so for a user to be gone, with all that hangs on them; none if there is no such user.
    pub(super) fn removal(&self, user: &UserId) -> Option<Vec<Fact>> {
        if !self.users.contains(user) {
            return None;
        }
        let tokens = self.tokens_of.get(user).into_iter().flat_map(BTreeMap::keys);
        let tokens = tokens.map(|id| Fact::NoToken(id.clone()));
        let rooms = self.memberships.get(user).into_iter().flatten().map(|room| {
            let members = self.rooms.get(room).cloned().unwrap_or_default();
            Fact::Members(room.clone(), members.into_iter().filter(|member| member != user).collect())
        });
        let facts = tokens.chain(rooms).chain(self.unlisting(user)).chain(self.unfiltering(user));
        Some(facts.chain([Fact::NoUser(user.clone())]).collect())
    }
}
