//! The `m.presence` event.
//! Source: <https://spec.matrix.org/v1.10/client-server-api/#mpresence>

use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde::Serialize;
use utoipa::ToSchema;

use super::presence::{BUSY, PresenceState, PresenceStatus};
use crate::{
    id::UserId,
    presence::{Presence, Timestamp},
};

/// Tells of somebody's presence.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema, JsonSchema)]
#[schema(example = json!({"type": "m.presence", "sender": "@alice:example.com",
    "content": {"presence": "online", "last_active_ago": 2_478_593, "currently_active": false}}))]
#[schemars(title = "m.presence")]
pub(super) struct PresenceEvent {
    #[serde(rename = "type")]
    kind: EventType,
    /// The user whose presence it is.
    #[schema(example = "@alice:example.com")]
    #[schemars(extend("format" = "mx-user-id"))]
    sender: String,
    content: PresenceContent,
}

/// What kind of event it is.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema, JsonSchema)]
#[schema(example = "m.presence")]
pub(super) enum EventType {
    #[serde(rename = "m.presence")]
    Presence,
}

/// The presence that an event tells of.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema, JsonSchema)]
#[schema(example = json!({"presence": "unavailable", "status_msg": "brb"}))]
struct PresenceContent {
    /// The user's presence.
    presence: PresenceState,
    /// How long ago the user was last active, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, example = 2_478_593, nullable = false)]
    #[schemars(with = "i64")]
    last_active_ago: Option<u64>,
    /// The user's status message, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "brb", nullable = false)]
    #[schemars(with = "String")]
    status_msg: Option<String>,
    /// Whether the user is currently active.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = false, nullable = false)]
    #[schemars(with = "bool")]
    currently_active: Option<bool>,
}

impl PresenceEvent {
    pub(super) fn new(user: &UserId, presence: &Presence, now: Timestamp, busy: bool) -> Self {
        let PresenceStatus { presence, last_active_ago, status_msg, currently_active } =
            PresenceStatus::new(presence, now, busy);
        Self {
            kind: EventType::Presence,
            sender: user.as_str().to_owned(),
            content: PresenceContent { presence, last_active_ago, status_msg, currently_active },
        }
    }
}

/// The JSON Schema of the event. The busy state is not in it: it is not in the specification.
pub(super) fn schema() -> Schema {
    let settings =
        SchemaSettings::draft2020_12().for_serialize().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<PresenceEvent>();
    let states = schema.pointer_mut("/properties/content/properties/presence/enum");
    if let Some(states) = states.and_then(serde_json::Value::as_array_mut) {
        states.retain(|state| state != BUSY);
    }
    schema
}
