//! Wire types: webhooks.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{PresenceState, UserPresence, members::there};
use crate::api::Open;

/// Where to tell of whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"url": "https://example.com/presence", "rooms": ["!lobby:example.com"]}))]
pub struct WebhookRequest {
    /// Where it goes: https, or http within the networks that `webhooks.allow_networks` names.
    #[schema(example = "https://example.com/presence")]
    pub url: String,
    /// User ids; without users and rooms it is everybody. An empty list names nobody.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(example = json!(["@alice:example.com"]), nullable = false)]
    pub users: Option<Vec<String>>,
    /// Rooms whose members to tell of, whoever joins later among them.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(example = json!(["!lobby:example.com"]), nullable = false)]
    pub rooms: Option<Vec<String>>,
    /// The secret by which it is signed: `whsec_` and 24 to 64 bytes in base64. Left out: one is made, and a webhook that
    /// there is keeps its own. After another one the one before counts for a day.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", nullable = false)]
    pub secret: Option<String>,
}

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    #[schema(example = "0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77")]
    pub webhook_id: String,
    #[schema(example = "https://example.com/presence")]
    pub url: String,
    /// The users it is about; absent with the rooms: everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(["@alice:example.com"]), nullable = false)]
    pub users: Option<Vec<String>>,
    /// The rooms whose members it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(["!lobby:example.com"]), nullable = false)]
    pub rooms: Option<Vec<String>>,
    #[schema(value_type = WebhookState)]
    pub state: Open<WebhookState>,
    /// What was sent last, the oldest first: ten at most, of the server that is asked since it was started.
    pub attempts: Vec<WebhookAttempt>,
    /// When it was made, in milliseconds since the Unix epoch.
    #[schema(value_type = i64, example = 1_767_603_600_000_u64)]
    pub created_at: u64,
    /// The secret, of a webhook that was just made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", nullable = false)]
    pub secret: Option<String>,
}

/// Whether a webhook is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(example = "active")]
pub enum WebhookState {
    Active,
    /// The last attempt failed, and others follow.
    Failing,
    /// It failed too often, or said by 410 that it wants nothing. A PUT enables it again.
    Disabled,
}

/// That something was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookAttempt {
    /// When, in milliseconds since the Unix epoch.
    #[schema(value_type = i64, example = 1_767_603_600_000_u64)]
    pub at: u64,
    /// The header `webhook-id`, the same whenever the same is sent again.
    #[schema(example = "7d4c6a3e-6a43-4d2e-9b93-2b6d6b0d9c11")]
    pub delivery_id: String,
    /// What the receiver answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i32>, example = 200, nullable = false)]
    pub status: Option<u16>,
    /// Why it did not answer, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "there was no answer within 3000 ms", nullable = false)]
    pub error: Option<String>,
}

/// The webhooks of whoever asks; for an admin all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookList {
    pub webhooks: Vec<Webhook>,
}

/// What a webhook is told of presence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct WebhookEvent {
    #[serde(rename = "type")]
    #[schemars(extend("const" = "presence"))]
    pub kind: String,
    /// When it was the case, as RFC 3339 has it.
    pub timestamp: String,
    pub data: WebhookUsers,
}

/// Users whose presence changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct WebhookUsers {
    /// At most 100.
    pub users: Vec<WebhookUser>,
}

/// A user as they are, and what state they were told to be in before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct WebhookUser {
    #[serde(flatten)]
    pub presence: UserPresence,
    /// The state that was told of them before, or that they were in when the webhook was made; absent where the server
    /// does not know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Open<PresenceState>>,
}

/// What a webhook is told so that its receiver can be tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct WebhookTest {
    #[serde(rename = "type")]
    #[schemars(extend("const" = "test"))]
    pub kind: String,
    /// When it was sent, as RFC 3339 has it.
    pub timestamp: String,
    pub data: NoData,
}

/// Nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct NoData {}
