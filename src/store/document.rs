//! Documents: what has to survive a restart besides records. Users, tokens, rooms and subscriptions are kept so, each as
//! one JSON value under its kind and id.

use serde::{Serialize, de::DeserializeOwned};

use super::StoreError;
use crate::id::{RoomId, UserId};

/// What a document is about. The numbers are part of the data: they are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// A directory entry, by user id.
    User = b'u',
    /// That a user is in a room, by room id and user id.
    Member = b'm',
    /// Whom a user asked to see, by user id.
    List = b'l',
    /// A token's hash and what it grants, by token id.
    Token = b't',
    /// A subscription to notifications, by its id.
    Subscription = b's',
    /// A filter that a user stored, by user id and filter id.
    Filter = b'f',
    /// When a user was removed, by user id: for a while after.
    Removal = b'x',
    /// A secret of the servers themselves, by its name.
    Key = b'k',
    /// What a user set for their telephone besides presence, by user id.
    Desk = b'd',
    /// When all sessions of a user were ended last, by user id.
    SignOut = b'o',
    /// A signed token that was ended before its time, by its hash: until its time is over.
    EndedToken = b'e',
    /// The rooms that signed tokens put a user into, by user id.
    TokenRooms = b'r',
    /// A secret that stands for something for a short while, by its hash: until a while after its use.
    Pass = b'p',
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::User,
        Self::Member,
        Self::List,
        Self::Token,
        Self::Subscription,
        Self::Filter,
        Self::Removal,
        Self::Key,
        Self::Desk,
        Self::SignOut,
        Self::EndedToken,
        Self::TokenRooms,
        Self::Pass,
    ];

    /// Its name in exports.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Member => "member",
            Self::List => "list",
            Self::Token => "token",
            Self::Subscription => "subscription",
            Self::Filter => "filter",
            Self::Removal => "removal",
            Self::Key => "key",
            Self::Desk => "desk",
            Self::SignOut => "sign-out",
            Self::EndedToken => "ended-token",
            Self::TokenRooms => "token-rooms",
            Self::Pass => "pass",
        }
    }

    /// Whether such documents are of use for so short a while that they need not outlive the servers that know them: no
    /// data folder has them, and no export.
    pub fn is_passing(self) -> bool {
        self == Self::Pass
    }
}

/// A document to be written or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    pub kind: Kind,
    pub id: String,
    /// JSON; none removes the document.
    pub value: Option<Vec<u8>>,
}

impl Document {
    /// A document that holds `value`.
    pub fn put<T: Serialize>(kind: Kind, id: impl Into<String>, value: &T) -> Self {
        let value = serde_json::to_vec(value).expect("what is kept has a JSON form");
        Self { kind, id: id.into(), value: Some(value) }
    }

    /// The removal of a document.
    pub fn removed(kind: Kind, id: impl Into<String>) -> Self {
        Self { kind, id: id.into(), value: None }
    }
}

/// The value of a document that was read.
pub fn parse<T: DeserializeOwned>(kind: Kind, id: &str, value: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(value).map_err(|error| {
        StoreError::Unreadable(format!("the {kind:?} document {id:?} cannot be read: {error}"))
    })
}

/// The id in a key.
pub fn parse_id(bytes: &[u8]) -> Result<&str, StoreError> {
    str::from_utf8(bytes).map_err(|_| StoreError::bad_key(bytes))
}

/// The id of the document that says that a user is in a room. No id has a space in it.
pub fn member_id(room: &RoomId, user: &UserId) -> String {
    format!("{room} {user}")
}

/// The room and the user of such a document.
pub fn parse_member_id(id: &str) -> Result<(RoomId, UserId), StoreError> {
    let parsed = id.split_once(' ').and_then(|(room, user)| Some((room.parse().ok()?, user.parse().ok()?)));
    parsed.ok_or_else(|| StoreError::bad_key(id.as_bytes()))
}
