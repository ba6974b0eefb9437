//! What goes over the wire in the pnut.io dialect: what clients send, and what they are answered. It needs
//! nothing of a server, so that clients share it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"id": "1", "username": "alice", "name": "Alice",
    "created_at": "2026-01-05T09:00:00Z"}))]
pub struct User {
    /// The user's number, as a string.
    #[schema(example = "1", pattern = "^[0-9]+$")]
    pub id: String,
    /// The user's name without the `@`.
    #[schema(example = "alice")]
    pub username: String,
    /// The name that people are shown, cut to 50 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Alice", max_length = 50, nullable = false)]
    pub name: Option<String>,
    /// When the user was added to this server, in UTC, to the second.
    #[schema(example = "2026-01-05T09:00:00Z", format = DateTime)]
    pub created_at: String,
    /// How the user's presence reads; only if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "on the train", max_length = 100, nullable = false)]
    pub presence: Option<String>,
}

/// What an access token is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Token {
    pub app: TokenApp,
    /// What the token may be used for.
    #[schema(example = json!(["basic", "presence"]))]
    pub scopes: Vec<String>,
    /// Whose token it is; absent for an app's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub user: Option<User>,
}

/// Who uses a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TokenApp {
    /// The device or the app that the token was made for.
    #[schema(example = "DEMO")]
    pub name: String,
}

/// The answer about the access token.
#[derive(Serialize, ToSchema)]
pub struct TokenAnswer {
    pub meta: Meta,
    pub data: Token,
}

/// The answer about a user.
#[derive(Serialize, ToSchema)]
pub struct UserAnswer {
    pub meta: Meta,
    pub data: User,
}

/// One user's presence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserPresence {
    /// The user's number, as a string.
    #[schema(example = "1", pattern = "^[0-9]+$")]
    pub id: String,
    /// The user's name without the `@`.
    #[schema(example = "alice")]
    pub username: String,
    /// The name that people are shown, cut to 50 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Alice", max_length = 50, nullable = false)]
    pub name: Option<String>,
    /// Where the user's picture is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "https://example.com/alice.png", nullable = false)]
    pub avatar_image: Option<String>,
    /// The user's text, cut to 100 characters; `online` without one, `offline` for who is not there.
    #[schema(example = "on the train", max_length = 100)]
    pub presence: String,
    /// When the presence was last set, in UTC, to the second; absent if it never was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-01-05T09:03:41Z", format = DateTime, nullable = false)]
    pub last_seen_at: Option<String>,
}

/// The answer with one user's presence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PresenceAnswer {
    pub meta: Meta,
    pub data: UserPresence,
}

/// The answer with everybody's presence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PresenceList {
    pub meta: Meta,
    pub data: Vec<UserPresence>,
}

/// What a PUT sets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"presence": "on the train"}))]
pub struct PresenceUpdate {
    /// `offline` or `0` ends the presence; `1`, null, nothing or an empty string is online without a text;
    /// anything else is the text. In JSON a number is taken too, and stands for its digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "on the train", max_length = 100)]
    pub presence: Option<String>,
    /// When it is to end, in seconds since the Unix epoch, under `/v1`: at most 7 days ahead, to which it is cut;
    /// in the past it is the same as `offline`. Under `/v0` it does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1_767_690_000)]
    pub expiration: Option<i64>,
}

/// About an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"code": 200, "updated_presence": true}))]
pub struct Meta {
    /// The HTTP status.
    #[schema(example = 200)]
    pub code: u16,
    /// Whether `update_presence` was applied; absent if that was not tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = true, nullable = false)]
    pub updated_presence: Option<bool>,
}

/// An answer that is a refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorAnswer {
    pub meta: ErrorMeta,
}

/// What was refused, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorMeta {
    /// The HTTP status.
    #[schema(example = 404)]
    pub code: u16,
    /// Whether `update_presence` was applied; absent if that was not tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = true, nullable = false)]
    pub updated_presence: Option<bool>,
    /// What is wrong, for people.
    #[schema(example = "There is no such user.")]
    pub error_message: String,
    /// How many seconds to wait, after a 429.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, example = 600, nullable = false)]
    pub retry_in: Option<u64>,
}
