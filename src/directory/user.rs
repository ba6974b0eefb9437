use serde::{Deserialize, Serialize};

use super::Extension;
use crate::{id::UserId, presence::Timestamp};

/// A directory entry: what is known of a user besides presence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub id: UserId,
    /// The pnut id and the RingCentral extension id; unique.
    pub number: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<Extension>,
    /// When the user was added.
    pub created: Timestamp,
    /// The application service that made the user, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
}

/// What an admin says of a user; all of it replaces what was there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// The number to use; none leaves it to the directory.
    pub number: Option<u64>,
    pub display_name: Option<String>,
    pub avatar_url: Option<String>,
    pub email: Option<String>,
    pub extension: Option<Extension>,
}

impl User {
    pub(super) fn new(id: UserId, number: u64, profile: Profile, created: Timestamp) -> Self {
        Self {
            id,
            number,
            display_name: profile.display_name,
            avatar_url: profile.avatar_url,
            email: profile.email,
            extension: profile.extension,
            created,
            made_by: None,
        }
    }
    /// Whether the user has an extension in this telephone account.
    pub fn is_in(&self, account: u64) -> bool {
        self.extension.as_ref().is_some_and(|extension| extension.account == account)
    }
}
