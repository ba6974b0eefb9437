//! Wire types: accounts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::id::DeviceId;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Whoami {
    /// The user that the access token speaks for.
    #[schema(example = "@alice:example.com")]
    pub user_id: String,
    /// The device that it speaks with; application services have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "DEMO", nullable = false)]
    pub device_id: Option<DeviceId>,
    /// Whether the user is a guest.
    #[schema(example = false)]
    pub is_guest: bool,
}

#[derive(Serialize, ToSchema)]
pub struct PushRules {
    /// No rules: nobody is pushed anything but presence.
    #[schema(example = json!({}))]
    pub global: BTreeMap<String, Value>,
}

#[derive(Serialize, ToSchema)]
pub struct Capabilities {
    /// What the user may do besides: nothing.
    #[schema(example = json!({"m.change_password": {"enabled": false}}))]
    pub capabilities: BTreeMap<String, Value>,
}

#[derive(Serialize, ToSchema)]
pub struct LoginFlows {
    pub flows: Vec<LoginFlow>,
}

/// A way to log in.
#[derive(Serialize, ToSchema)]
pub struct LoginFlow {
    #[serde(rename = "type")]
    pub kind: LoginType,
}

/// The kind of a login.
#[derive(Serialize, ToSchema)]
#[schema(example = "m.login.token")]
pub enum LoginType {
    #[serde(rename = "m.login.token")]
    Token,
}

/// A wish to log in. Further properties are allowed, and have no meaning here.
#[derive(ToSchema)]
#[schema(example = json!({"type": "m.login.token", "token": "demo-alice", "device_id": "PHONE"}))]
pub struct LoginRequest {
    #[schema(rename = "type")]
    pub kind: LoginType,
    /// A token of the user's.
    #[schema(example = "demo-alice")]
    pub token: String,
    /// The device to log in on; a new one if it is left out, null or empty.
    #[schema(value_type = Option<String>, example = "PHONE", max_length = 255)]
    pub device_id: Option<DeviceId>,
}

/// A session that was opened.
#[derive(Serialize, ToSchema)]
pub struct Login {
    /// The user that logged in.
    #[schema(example = "@alice:example.com")]
    pub user_id: String,
    /// The token to use.
    #[schema(example = "pd_5e1f")]
    pub access_token: String,
    /// The device that the token speaks with.
    #[schema(example = "PHONE")]
    pub device_id: String,
    /// In how many milliseconds the token stops working; absent: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, example = 86_400_000, nullable = false)]
    pub expires_in_ms: Option<u64>,
}

/// How a user is registered.
#[derive(Serialize, ToSchema)]
#[schema(example = "m.login.application_service")]
pub enum RegistrationType {
    #[serde(rename = "m.login.application_service")]
    AppService,
}

/// A user to be made. Further properties are allowed, and have no meaning here.
#[derive(ToSchema)]
#[schema(example = json!({"type": "m.login.application_service", "username": "irc_dave", "inhibit_login": true}))]
pub struct RegistrationRequest {
    #[schema(rename = "type")]
    pub kind: RegistrationType,
    /// The user's name: the part of the id between `@` and `:`.
    #[schema(example = "irc_dave", pattern = "^[a-z0-9._=/+-]+$")]
    pub username: String,
    /// Whether the user is not logged in at once.
    #[schema(value_type = Option<bool>, example = true, nullable = false)]
    pub inhibit_login: bool,
    /// The device to log in on; a new one if it is left out, null or empty.
    #[schema(value_type = Option<String>, example = "BRIDGE", max_length = 255)]
    pub device_id: Option<DeviceId>,
}

/// A user that was made.
#[derive(Serialize, ToSchema)]
pub struct Registered {
    /// The user's id.
    #[schema(example = "@irc_dave:example.com")]
    pub user_id: String,
    /// The user's token, unless it was not to be logged in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "pd_5e1f", nullable = false)]
    pub access_token: Option<String>,
    /// The device that the token speaks with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "BRIDGE", nullable = false)]
    pub device_id: Option<String>,
}

/// What this server speaks.
#[derive(Serialize, ToSchema)]
pub struct SupportedVersions {
    /// The versions of the client-server API whose presence module is served.
    #[schema(example = json!(["v1.1", "v1.11"]))]
    pub versions: Vec<String>,
    /// Features that are not in a version yet, and whether they are on.
    #[schema(example = json!({"org.matrix.msc3026.busy_presence": true}))]
    pub unstable_features: BTreeMap<String, bool>,
}
