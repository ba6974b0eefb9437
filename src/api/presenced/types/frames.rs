//! Wire types: the frames of sockets. Each is a JSON object whose `type` says which one it is.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    PresenceState, PresenceUpdate, Scope, StatusUpdate, UserPresence,
    members::{there, there_as_object},
};
use crate::api::Open;

/// What a client sends: the members of the frame besides `type` and `id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientFrame {
    Watch(Watch),
    Unwatch(Unwatch),
    Presence(SayPresence),
    Activity(SayActivity),
    Token(UseToken),
}

/// Watches more users: those named, members of the rooms named, or everyone. At least one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Watch {
    /// User ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<String>,
    /// Room ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<String>,
    /// Whether to watch everybody whom the token may see.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub everyone: bool,
    /// The resume token of a connection that watched them before: only what changed since is told.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    pub since: Option<String>,
}

/// Watches users no longer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unwatch {
    /// User ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<String>,
    /// Room ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<String>,
    /// Whether to end watching everybody; users and rooms that were named are watched on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub everyone: bool,
}

/// Says what the device does, or what the user's status is, as `putUserPresence` does. What the device says holds for as
/// long as the socket is open, and the lease after it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SayPresence {
    /// What the device says; `offline` ends what it said before.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    pub state: Option<PresenceState>,
    /// The user's status; `null`, or an empty text, clears it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there_as_object")]
    #[schemars(extend("x-null" = true))]
    pub status: Option<Option<StatusUpdate>>,
    /// What the device is called.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schemars(length(max = 32))]
    pub label: Option<String>,
    /// How long `state` holds without a connection.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schemars(range(min = 1, max = 86400))]
    pub lease_seconds: Option<u64>,
}

/// Says that the user is active, as `postActivity` does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SayActivity {}

/// Signs in, or continues with another token of the same user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UseToken {
    pub token: String,
}

/// What the server sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum ServerFrame {
    /// The client is signed in.
    Ready {
        /// The token's user; absent of a token of no user, which follows and says nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user_id: Option<String>,
        /// The device that speaks, for as long as the socket is open.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        device_id: Option<String>,
        scopes: Vec<Open<Scope>>,
        /// The resume token.
        token: String,
    },
    /// Users who are watched now, as they are: those who are not offline and, offline or not, those who were named.
    Snapshot {
        users: Vec<UserPresence>,
        /// Whether it goes on with another one.
        more: bool,
        /// The resume token.
        token: String,
    },
    /// Users whose presence changed, as it is now.
    Presence {
        users: Vec<UserPresence>,
        /// The resume token.
        token: String,
    },
    /// Users who may no longer be seen: they left the room, are hidden, or were removed.
    Gone {
        /// Their ids.
        users: Vec<String>,
    },
    /// The token is about to end, and the socket then, unless another one continues it.
    Expiring {
        /// When, in milliseconds since the Unix epoch.
        #[schemars(with = "i64")]
        expires_at: u64,
    },
    /// What a frame asked for is done.
    Ack {
        /// The frame's.
        id: String,
    },
    /// It is not, and nothing was changed.
    Error {
        /// The frame's, if it had one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// The status that the same has in the API.
        status: u16,
        /// The status in words.
        title: String,
        /// What is wrong, for people.
        detail: String,
    },
}

/// Why a frame says nothing.
#[derive(Debug, thiserror::Error)]
pub enum FrameFault {
    #[error("it is no JSON")]
    NoJson,
    #[error("{detail}")]
    Invalid {
        /// The frame's, if it has one.
        id: Option<String>,
        detail: String,
    },
}

impl ServerFrame {
    /// Every type of frame.
    pub const TYPES: [&'static str; 7] =
        ["ready", "snapshot", "presence", "gone", "expiring", "ack", "error"];
}

impl ClientFrame {
    /// Every type of frame.
    pub const TYPES: [&'static str; 5] = ["watch", "unwatch", "presence", "activity", "token"];

    /// The frame as it is sent, with its id.
    pub fn write(&self, id: Option<&str>) -> String {
        let (kind, members) = match self {
            Self::Watch(watch) => ("watch", serde_json::to_value(watch)),
            Self::Unwatch(unwatch) => ("unwatch", serde_json::to_value(unwatch)),
            Self::Presence(presence) => ("presence", serde_json::to_value(presence)),
            Self::Activity(activity) => ("activity", serde_json::to_value(activity)),
            Self::Token(token) => ("token", serde_json::to_value(token)),
        };
        let head = [("type", Some(kind)), ("id", id)];
        let head = head.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?.into())));
        let mut frame: Map<String, Value> = head.collect();
        if let Ok(Value::Object(members)) = members {
            frame.extend(members);
        }
        Value::Object(frame).to_string()
    }

    /// Reads a frame, and its id.
    pub fn parse(text: &str) -> Result<(Self, Option<String>), FrameFault> {
        let frame: Value = serde_json::from_str(text).map_err(|_| FrameFault::NoJson)?;
        let invalid = |id: Option<String>, detail: String| FrameFault::Invalid { id, detail };
        let mut members: BTreeMap<String, Value> = serde_json::from_value(frame)
            .map_err(|_| invalid(None, "a frame is a JSON object".to_owned()))?;
        let id = match members.remove("id") {
            None => None,
            Some(Value::String(id)) => Some(id),
            Some(_) => return Err(invalid(None, "id: it is no text".to_owned())),
        };
        let kind = members.remove("type").and_then(|kind| kind.as_str().map(str::to_owned));
        let members = members.into_iter().collect();
        Self::of_kind(kind.as_deref().unwrap_or_default(), members)
            .map(|frame| (frame, id.clone()))
            .map_err(|detail| invalid(id, detail))
    }

    fn of_kind(kind: &str, members: Value) -> Result<Self, String> {
        let read = match kind {
            "watch" => serde_json::from_value(members).map(Self::Watch),
            "unwatch" => serde_json::from_value(members).map(Self::Unwatch),
            "presence" => serde_json::from_value(members).map(Self::Presence),
            "activity" => serde_json::from_value(members).map(Self::Activity),
            "token" => serde_json::from_value(members).map(Self::Token),
            _ => return Err(format!("type: has to be one of {}", Self::TYPES.join(", "))),
        };
        read.map_err(|error| format!("{kind}: {error}"))
    }
}

impl From<SayPresence> for PresenceUpdate {
    fn from(SayPresence { state, status, label, lease_seconds }: SayPresence) -> Self {
        Self { state, status, device_id: None, label, lease_seconds }
    }
}
