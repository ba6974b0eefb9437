//! Wire types: the directory.

use serde::Serialize;
use utoipa::ToSchema;

use crate::id::RoomId;

/// A user's name and picture. What is not known is left out.
#[derive(Serialize, ToSchema)]
pub struct Profile {
    /// The user's display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Alice", nullable = false)]
    pub displayname: Option<String>,
    /// The address of the user's picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "https://example.com/alice.png", nullable = false)]
    pub avatar_url: Option<String>,
}

/// A user's name, if it is known.
#[derive(Serialize, ToSchema)]
pub struct DisplayName {
    /// The user's display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Alice", nullable = false)]
    pub displayname: Option<String>,
}

/// A user's picture, if there is one.
#[derive(Serialize, ToSchema)]
pub struct AvatarUrl {
    /// The address of the user's picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "https://example.com/alice.png", nullable = false)]
    pub avatar_url: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct JoinedRooms {
    /// The rooms, in the order of their ids.
    #[schema(value_type = Vec<String>, example = json!(["!lobby:example.com"]))]
    pub joined_rooms: Vec<RoomId>,
}
