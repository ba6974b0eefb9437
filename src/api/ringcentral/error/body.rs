//! The form of a refusal on the wire.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Extra, RestRefusal};

/// Why a request was refused. Programs go by the codes; texts may change.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"errorCode": "CMN-102", "message": "Resource for parameter [extensionId] is not found",
    "errors": [{"errorCode": "CMN-102", "message": "Resource for parameter [extensionId] is not found",
        "parameterName": "extensionId"}], "parameterName": "extensionId"}))]
pub(in crate::api::ringcentral) struct ErrorResponse {
    /// The group of the refusal, or the code of its only error.
    #[schema(example = "CMN-102")]
    error_code: &'static str,
    /// What people are told.
    #[schema(example = "Resource for parameter [extensionId] is not found")]
    message: String,
    /// Each error on its own.
    errors: Vec<ErrorItem>,
    /// The parameter that was wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "extensionId", nullable = false)]
    parameter_name: Option<&'static str>,
    /// The permission that was missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ReadPresence", nullable = false)]
    permission_name: Option<&'static str>,
    /// The values that would have been accepted, where they can be listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>, example = json!(["Offline", "Busy", "Available"]), nullable = false)]
    accepted_values: Option<&'static [&'static str]>,
}

/// One error of a refusal.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api::ringcentral) struct ErrorItem {
    /// What programs decide by.
    #[schema(example = "CMN-102")]
    error_code: &'static str,
    /// What people are told.
    #[schema(example = "Resource for parameter [extensionId] is not found")]
    message: String,
    /// The parameter that was wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "extensionId", nullable = false)]
    parameter_name: Option<&'static str>,
    /// The permission that was missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ReadPresence", nullable = false)]
    permission_name: Option<&'static str>,
    /// The values that would have been accepted, where they can be listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>, example = json!(["Offline", "Busy", "Available"]), nullable = false)]
    accepted_values: Option<&'static [&'static str]>,
}

impl From<RestRefusal> for ErrorResponse {
    fn from(said: RestRefusal) -> Self {
        let RestRefusal { outer, inner, message, extra } = said;
        let message = message.into_owned();
        let (mut parameter_name, mut permission_name, mut accepted_values) = (None, None, None);
        match extra {
            Extra::None | Extra::RetryAfter(_) => {}
            Extra::Parameter(name) => parameter_name = Some(name),
            Extra::Choice(name, values) => (parameter_name, accepted_values) = (Some(name), Some(values)),
            Extra::Permission(name) => permission_name = Some(name),
        }
        let item = ErrorItem {
            error_code: inner,
            message: message.clone(),
            parameter_name,
            permission_name,
            accepted_values,
        };
        Self {
            error_code: outer,
            message,
            errors: vec![item],
            parameter_name,
            permission_name,
            accepted_values,
        }
    }
}
