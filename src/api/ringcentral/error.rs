use std::{borrow::Cow, collections::BTreeMap, time::Duration};

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::{
    IntoResponses, ToSchema,
    openapi::{
        ContentBuilder, HeaderBuilder, Ref, RefOr, Response as ResponseDoc, ResponseBuilder,
        example::ExampleBuilder,
    },
};

use super::extract::Permission;
use crate::{
    api::body::BodyError,
    auth::AuthError,
    directory::{DirectoryError, ExtensionStatus},
    service::{ReadError, UpdateError},
    store::StoreError,
};

/// Why a request was refused. Programs go by the codes; texts may change.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"errorCode": "CMN-102", "message": "Resource for parameter [extensionId] is not found",
    "errors": [{"errorCode": "CMN-102", "message": "Resource for parameter [extensionId] is not found",
        "parameterName": "extensionId"}], "parameterName": "extensionId"}))]
pub(super) struct ErrorResponse {
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
pub(super) struct ErrorItem {
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

/// What a refusal says besides its codes.
#[derive(Clone, Copy, Debug)]
enum Extra {
    None,
    Parameter(&'static str),
    /// A parameter, and the values that it takes.
    Choice(&'static str, &'static [&'static str]),
    Permission(&'static str),
    RetryAfter(Duration),
}

impl Extra {
    fn parameter_name(self) -> Option<&'static str> {
        match self {
            Self::Parameter(name) | Self::Choice(name, _) => Some(name),
            _ => None,
        }
    }

    fn permission_name(self) -> Option<&'static str> {
        if let Self::Permission(name) = self { Some(name) } else { None }
    }

    fn accepted_values(self) -> Option<&'static [&'static str]> {
        if let Self::Choice(_, values) = self { Some(values) } else { None }
    }
}

/// A refusal on its way to the client.
#[derive(Debug)]
pub(super) struct RestFailure {
    status: StatusCode,
    outer: &'static str,
    pub(super) inner: &'static str,
    pub(super) message: Cow<'static, str>,
    extra: Extra,
}

impl RestFailure {
    /// A refusal whose outer code is that of its one error.
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, outer: code, inner: code, message: message.into(), extra: Extra::None }
    }

    fn within(self, outer: &'static str) -> Self {
        Self { outer, ..self }
    }

    fn with(self, extra: Extra) -> Self {
        Self { extra, ..self }
    }

    fn unauthorized(code: &'static str, message: &'static str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, message)
    }

    fn forbidden(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, message)
    }

    pub(super) fn missing_authorization() -> Self {
        Self::unauthorized("AGW-401", "Authorization header is not specified")
    }

    pub(super) fn malformed_authorization() -> Self {
        Self::unauthorized("AGW-402", "Invalid Authorization header")
    }

    pub(super) fn unknown_token() -> Self {
        Self::unauthorized("OAU-149", "OAuth token is invalid").within("TokenInvalid")
    }

    pub(super) fn revoked_token() -> Self {
        Self::unauthorized("OAU-129", "Access token corrupted").within("TokenInvalid")
    }

    pub(super) fn expired_token() -> Self {
        Self::unauthorized("OAU-128", "Access token expired.").within("TokenExpired")
    }

    pub(super) fn no_extension() -> Self {
        Self::unauthorized("CMN-405", "Login to extension required")
    }

    /// The application's token lacks the scope.
    pub(super) fn app_lacks(permission: Permission) -> Self {
        let name = permission.of_app();
        let message =
            format!("In order to call this API endpoint, application needs to have [{name}] permission");
        Self::forbidden("CMN-401", message).within("InsufficientPermissions").with(Extra::Permission(name))
    }

    /// The user may not do this, whatever the application may.
    pub(super) fn user_lacks(permission: Permission) -> Self {
        let name = permission.of_user();
        let message = format!(
            "In order to call this API endpoint, user needs to have [{name}] permission for requested resource."
        );
        Self::forbidden("CMN-408", message).within("InsufficientPermissions").with(Extra::Permission(name))
    }

    pub(super) fn another_extension() -> Self {
        Self::forbidden("CMN-404", "Attempt to access another extension")
    }

    pub(super) fn not_enabled(status: ExtensionStatus) -> Self {
        let message = format!("Not allowed update presence for extensions having {status:?} state");
        Self::forbidden("PRS-105", message)
    }

    pub(super) fn unsupported_type(kind: impl std::fmt::Debug) -> Self {
        Self::forbidden("PRS-106", format!("Not allowed update presence for extensions of {kind:?} type"))
    }

    pub(super) fn no_dnd() -> Self {
        Self::forbidden("BIL-103", "Feature [DND] is not available for current account")
    }

    /// What the parameter names is not there, or not for the caller to see.
    pub(super) fn not_found(parameter: &'static str) -> Self {
        let message = format!("Resource for parameter [{parameter}] is not found");
        Self::new(StatusCode::NOT_FOUND, "CMN-102", message).with(Extra::Parameter(parameter))
    }

    pub(super) fn invalid(parameter: &'static str) -> Self {
        let message = format!("Parameter [{parameter}] value is invalid");
        Self::new(StatusCode::BAD_REQUEST, "CMN-101", message)
            .within("InvalidParameter")
            .with(Extra::Parameter(parameter))
    }

    /// The value is none of a list. The operator's log has the list too.
    pub(super) fn not_among(parameter: &'static str, accepted: &'static [&'static str]) -> Self {
        tracing::info!(parameter, ?accepted, "refused a value that is not among those accepted");
        Self::invalid(parameter).with(Extra::Choice(parameter, accepted))
    }

    /// A list of more extensions than are allowed.
    pub(super) fn too_many_ids(most: usize) -> Self {
        let message = format!("Extension Presence Info multipart request is limited to {most} extensions");
        Self::new(StatusCode::BAD_REQUEST, "CMN-106", message).within("InvalidMultipartRequest")
    }

    pub(super) fn not_json() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "CMN-103", "JSON can't be parsed.")
    }

    pub(super) fn no_such_path() -> Self {
        Self::new(StatusCode::NOT_FOUND, "CMN-120", "Invalid URI")
    }

    pub(super) fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "CMN-202", "Operation is not supported")
    }

    pub(super) fn body_too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "CMN-104", "Cannot parse request")
    }

    pub(super) fn not_json_type() -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "CMN-104", "Cannot parse request")
    }

    pub(super) fn unread_body(error: &BodyError) -> Self {
        match error {
            BodyError::TooLarge { .. } => Self::body_too_large(),
            BodyError::Incomplete => Self::not_json(),
        }
    }

    pub(super) fn too_many_requests(wait: Duration) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "CMN-301", "Request rate exceeded")
            .with(Extra::RetryAfter(wait))
    }

    /// The store takes no writes at present; reads go on.
    pub(super) fn read_only(why: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "CMN-211", why.to_string())
    }

    /// A change of the directory was refused.
    pub(super) fn from_directory(error: DirectoryError) -> Self {
        match error {
            DirectoryError::Store(error) => Self::read_only(error),
            // The user was removed at this moment.
            _ => Self::not_found("extensionId"),
        }
    }

    pub(super) fn internal_error() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "CMN-203", "Internal Server Error")
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    /// The refusal as it is sent.
    pub(super) fn body(self) -> ErrorResponse {
        let (parameter_name, permission_name) = (self.extra.parameter_name(), self.extra.permission_name());
        let accepted_values = self.extra.accepted_values();
        let message = self.message.into_owned();
        let item = ErrorItem {
            error_code: self.inner,
            message: message.clone(),
            parameter_name,
            permission_name,
            accepted_values,
        };
        ErrorResponse {
            error_code: self.outer,
            message,
            errors: vec![item],
            parameter_name,
            permission_name,
            accepted_values,
        }
    }
}

impl From<AuthError> for RestFailure {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Missing => Self::missing_authorization(),
            AuthError::Malformed | AuthError::Ambiguous => Self::malformed_authorization(),
            AuthError::Revoked => Self::revoked_token(),
            AuthError::Unknown => Self::unknown_token(),
            AuthError::Expired => Self::expired_token(),
            AuthError::NoUser | AuthError::NotRegistered => Self::no_extension(),
            AuthError::Guest => Self::user_lacks(Permission::ReadPresence),
            AuthError::MissingScope(_) => Self::app_lacks(Permission::ReadPresence),
        }
    }
}

impl From<ReadError> for RestFailure {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::UnknownUser | ReadError::NotVisible | ReadError::Hidden => {
                Self::not_found("extensionId")
            }
            ReadError::Store(error) => error.into(),
        }
    }
}

impl From<UpdateError> for RestFailure {
    fn from(error: UpdateError) -> Self {
        match error {
            UpdateError::UnknownUser => Self::not_found("extensionId"),
            UpdateError::StatusTooLong { .. } => Self::invalid("message"),
            UpdateError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for RestFailure {
    fn from(error: StoreError) -> Self {
        Self::read_only(error)
    }
}

impl IntoResponse for RestFailure {
    fn into_response(self) -> Response {
        let (status, extra) = (self.status, self.extra);
        let mut response = (status, Json(self.body())).into_response();
        if let Extra::RetryAfter(wait) = extra {
            let seconds = wait.as_millis().div_ceil(1_000).max(1);
            let seconds = HeaderValue::from(u64::try_from(seconds).unwrap_or(u64::MAX));
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}

/// What every operation with a token may answer besides its own answers.
pub(super) struct Refusals;

impl IntoResponses for Refusals {
    fn responses() -> BTreeMap<String, RefOr<ResponseDoc>> {
        let unavailable = "The store takes no writes at present";
        [
            ("unauthorized", "There is no token, or it is not valid.", RestFailure::unknown_token()),
            (
                "forbidden",
                "The application or the user may not do this.",
                RestFailure::app_lacks(Permission::ReadPresence),
            ),
            ("tooLarge", "The request body is too large.", RestFailure::body_too_large()),
            (
                "tooManyRequests",
                "The caller made too many calls of this rate group.",
                RestFailure::too_many_requests(Duration::ZERO),
            ),
            ("failed", "The server failed.", RestFailure::internal_error()),
            (
                "unavailable",
                "The server cannot do this at present: it starts, or its store takes no writes. Nothing was changed.",
                RestFailure::read_only(unavailable),
            ),
        ]
        .into_iter()
        .map(|(name, description, failure)| {
            (failure.status.as_str().to_owned(), refusal(name, description, failure).into())
        })
        .collect()
    }
}

fn refusal(name: &str, description: &str, failure: RestFailure) -> ResponseDoc {
    let waits = failure.status == StatusCode::TOO_MANY_REQUESTS;
    let body = serde_json::to_value(failure.body()).expect("a refusal has a JSON form");
    let example = ExampleBuilder::new().value(Some(body)).build();
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("ErrorResponse")))
        .examples_from_iter([(name, example)])
        .build();
    let response = ResponseBuilder::new().description(description).content("application/json", content);
    if !waits {
        return response.build();
    }
    let wait = HeaderBuilder::new().description(Some("How many seconds to wait.")).build();
    response.header("Retry-After", wait).build()
}
