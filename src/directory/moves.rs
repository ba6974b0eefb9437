use serde::{Deserialize, Serialize};

use crate::id::{RoomId, UserId};

/// How far an entry of a presence list has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// The user was invited, and has not answered yet.
    Pending,
    /// The user agreed to be seen.
    Accepted,
}

/// Something that may have changed who sees whom, or what of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Move {
    /// A user joined a room.
    Join { room: RoomId, user: UserId },
    /// A user left a room.
    Leave { room: RoomId, user: UserId },
    /// An entry of a presence list came from one standing to another; none: there was or is no such entry.
    List { observer: UserId, observed: UserId, was: Option<Standing>, standing: Option<Standing> },
    /// A user was added, or what is known of them changed: the telephone account perhaps, which was that.
    Profile { user: UserId, account: Option<u64>, is_new: bool },
    /// A user was removed, who had been in that telephone account.
    Removal { user: UserId, account: Option<u64> },
}
