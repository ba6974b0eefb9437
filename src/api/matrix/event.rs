//! The `m.presence` event.
//! Source: <https://spec.matrix.org/v1.10/client-server-api/#mpresence>

use schemars::{Schema, generate::SchemaSettings};

use super::{
    presence::BUSY,
    types::{EventType, PresenceContent, PresenceEvent, PresenceStatus},
};
use crate::{
    id::UserId,
    presence::{Presence, Timestamp},
};

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
