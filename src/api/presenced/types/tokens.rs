//! Wire types: tokens.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::members::there;
use crate::api::{Open, words::words};

words! {
    /// What a token may be used for: a user's token for that user, a service token for everybody.
    #[derive(schemars::JsonSchema)]
    #[serde(rename_all = "lowercase")]
    #[schema(example = "read")]
    pub enum Scope of crate::directory::Scope {
        /// Read presence.
        Read,
        /// Set presence: the user's own, or anybody's and the rooms.
        Write,
        /// Report devices and calls of all users, as a gateway.
        Gateway,
    }
}

/// A token to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"deviceId": "PHONE", "scopes": ["read", "write"]}))]
pub struct TokenRequest {
    /// The device that speaks with the token; tokens of one device share its claim.
    #[schema(example = "PHONE", pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]+$", max_length = 255)]
    pub device_id: String,
    /// What the token may be used for; reading and writing if left out.
    #[serde(default = "TokenRequest::default_scopes")]
    #[schema(example = json!(["read", "write"]))]
    pub scopes: Vec<Scope>,
    /// Whether the holder is a guest: guests are known but may not use presence.
    #[serde(default)]
    #[schema(example = false)]
    pub guest: bool,
    /// When the token stops working, in seconds from now; never if left out.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 3_153_600_000_u64, example = 86_400, nullable = false)]
    pub expires_in_seconds: Option<u64>,
}

impl TokenRequest {
    pub(crate) fn default_scopes() -> Vec<Scope> {
        vec![Scope::Read, Scope::Write]
    }
}

/// What may be shown of a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    /// The token's name in listings. It opens nothing.
    #[schema(example = "0f1e2d3c4b5a6978")]
    pub token_id: String,
    /// The device that speaks with the token.
    #[schema(example = "PHONE")]
    pub device_id: String,
    /// What the token may be used for.
    #[schema(value_type = Vec<Scope>, example = json!(["read", "write"]))]
    pub scopes: Vec<Open<Scope>>,
    /// Whether the holder is a guest.
    #[schema(example = false)]
    pub guest: bool,
    /// The token opens nothing but gets its app new tokens, after a login.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schema(example = true)]
    pub refresh: bool,
    /// When the token stops working, in milliseconds since the Unix epoch; absent: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, example = 1_767_603_600_000_u64, nullable = false)]
    pub expires_at: Option<u64>,
}

/// A new token with its text, which is shown this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IssuedToken {
    /// The text to send as `Authorization: Bearer`. The server keeps its hash alone.
    #[schema(example = "pd_5e1f")]
    pub token: String,
    /// What a listing shows of it.
    pub info: Token,
}

/// A user's tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenList {
    pub tokens: Vec<Token>,
}

/// Whose token somebody has, and what it is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Whoami {
    /// The user; absent of the admin's token and of service tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "@alice:example.com", nullable = false)]
    pub user_id: Option<String>,
    /// The user's device that the token speaks with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "DEMO", nullable = false)]
    pub device_id: Option<String>,
    /// What a service token is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "wallboard", nullable = false)]
    pub name: Option<String>,
    /// What the token may be used for.
    #[schema(value_type = Vec<Scope>, example = json!(["read", "write"]))]
    pub scopes: Vec<Open<Scope>>,
    /// Whether it is the admin's.
    #[schema(example = false)]
    pub admin: bool,
    /// Whether the user is a guest.
    #[schema(example = false)]
    pub guest: bool,
    /// When the token stops working, in milliseconds since the Unix epoch; absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, example = 1_767_603_600_000_u64, nullable = false)]
    pub expires_at: Option<u64>,
}

/// The admin token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AdminToken {
    /// The text to send as `Authorization: Bearer`.
    #[schema(example = "pd_5e1f")]
    pub token: String,
}

/// A token of an app to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"name": "wallboard", "scopes": ["read", "write"]}))]
pub struct AppTokenRequest {
    /// What the app is called.
    #[schema(example = "wallboard", min_length = 1, max_length = 255)]
    pub name: String,
    /// What the token may be used for; reading if left out.
    #[serde(default = "AppTokenRequest::default_scopes")]
    #[schema(example = json!(["read", "write"]))]
    pub scopes: Vec<Scope>,
    /// When the token stops working, in seconds from now; never if left out.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 3_153_600_000_u64, example = 86_400, nullable = false)]
    pub expires_in_seconds: Option<u64>,
}

impl AppTokenRequest {
    pub(crate) fn default_scopes() -> Vec<Scope> {
        vec![Scope::Read]
    }
}

/// What may be shown of an app's token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AppToken {
    /// The token's name in listings. It opens nothing.
    #[schema(example = "0f1e2d3c4b5a6978")]
    pub token_id: String,
    /// What the app is called.
    #[schema(example = "wallboard")]
    pub name: String,
    /// What the token may be used for.
    #[schema(value_type = Vec<Scope>, example = json!(["read", "write"]))]
    pub scopes: Vec<Open<Scope>>,
    /// When the token stops working, in milliseconds since the Unix epoch; absent: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, example = 1_767_603_600_000_u64, nullable = false)]
    pub expires_at: Option<u64>,
}

/// A new token of an app with its text, which is shown this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IssuedAppToken {
    /// The text to send as `Authorization: Bearer`. The server keeps its hash alone.
    #[schema(example = "pd_5e1f")]
    pub token: String,
    /// What a listing shows of it.
    pub info: AppToken,
}

/// The tokens of all apps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AppTokenList {
    pub tokens: Vec<AppToken>,
}
