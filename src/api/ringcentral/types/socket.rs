//! Wire types: the WebSocket.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A token for WebSockets.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WebSocketToken {
    /// The token.
    #[schema(example = "pd_5f2c")]
    pub ws_access_token: String,
    /// Where to open it.
    #[schema(example = "ws://127.0.0.1:8008/restapi/v1.0/ws")]
    pub uri: String,
    /// How long the token can be used, in seconds.
    #[schema(value_type = i64, example = 30)]
    pub expires_in: u64,
}

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    ConnectionDetails,
    ClientRequest,
    ServerNotification,
    Heartbeat,
    Error,
}

/// What the server says of a message.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Meta {
    #[serde(rename = "type")]
    pub kind: Kind,
    pub message_id: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    pub headers: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wsc: Option<Wsc>,
}

/// How another connection goes on behind this message.
#[derive(Debug, Serialize)]
pub struct Wsc {
    pub token: String,
    pub sequence: u64,
}

/// What a client says of a message.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientMeta {
    #[serde(rename = "type")]
    pub kind: Kind,
    #[serde(default)]
    pub message_id: Value,
    pub method: Option<String>,
    pub path: Option<String>,
    pub headers: Option<Map<String, Value>>,
    pub query: Option<Value>,
}

/// The first that a client is told.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionDetails {
    pub creation_time: String,
    pub max_connections_per_session: usize,
    pub recovery_buffer_size: usize,
    pub recovery_timeout: u64,
    pub idle_timeout: u64,
    pub absolute_timeout: u64,
    pub max_active_requests: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery_state: Option<&'static str>,
}

/// Why the server ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WsError {
    pub error_code: &'static str,
    pub message: &'static str,
    #[serde(skip)]
    pub status: u16,
}
