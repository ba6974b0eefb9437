//! Wire types: refusals.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a request was refused. Programs go by the codes; texts may change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorResponse {
    /// The group of the refusal, or the code of its only error.
    #[schema(example = "CMN-102")]
    pub error_code: Cow<'static, str>,
    /// What people are told.
    #[schema(example = "Resource for parameter [extensionId] is not found")]
    pub message: String,
    /// Each error on its own.
    pub errors: Vec<ErrorItem>,
    /// The parameter that was wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "extensionId", nullable = false)]
    pub parameter_name: Option<Cow<'static, str>>,
    /// The permission that was missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ReadPresence", nullable = false)]
    pub permission_name: Option<Cow<'static, str>>,
    /// The values that would have been accepted, where they can be listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>, example = json!(["Offline", "Busy", "Available"]), nullable = false)]
    pub accepted_values: Option<Vec<Cow<'static, str>>>,
}

/// One error of a refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorItem {
    /// What programs decide by.
    #[schema(example = "CMN-102")]
    pub error_code: Cow<'static, str>,
    /// What people are told.
    #[schema(example = "Resource for parameter [extensionId] is not found")]
    pub message: String,
    /// The parameter that was wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "extensionId", nullable = false)]
    pub parameter_name: Option<Cow<'static, str>>,
    /// The permission that was missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ReadPresence", nullable = false)]
    pub permission_name: Option<Cow<'static, str>>,
    /// The values that would have been accepted, where they can be listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>, example = json!(["Offline", "Busy", "Available"]), nullable = false)]
    pub accepted_values: Option<Vec<Cow<'static, str>>>,
}
