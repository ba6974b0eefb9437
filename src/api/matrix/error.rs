use std::{borrow::Cow, time::Duration};

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::body::BodyError, auth::AuthError, directory::DirectoryError, limit::TooManyStreams,
    service::ServiceError, store::StoreError,
};

/// A Matrix-level Error
#[derive(Serialize, ToSchema)]
#[schema(title = "Error")]
pub(super) struct MatrixError {
    /// An error code.
    #[schema(example = "M_UNKNOWN")]
    errcode: String,
    /// A human-readable error message.
    #[schema(example = "An unknown error occurred", nullable = false)]
    error: Option<String>,
    /// Whether the client may log in again and go on, after a 401.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = false, nullable = false)]
    soft_logout: Option<bool>,
}

/// The rate limit was reached for this request
#[derive(Serialize, ToSchema)]
#[schema(title = "RateLimitError")]
pub(super) struct RateLimitError {
    /// The M_LIMIT_EXCEEDED error code
    #[schema(example = "M_LIMIT_EXCEEDED")]
    errcode: String,
    /// A human-readable error message.
    #[schema(example = "Too many requests", nullable = false)]
    error: Option<String>,
    /// The amount of time in milliseconds the client should wait
    /// before trying the request again.
    #[schema(value_type = Option<i64>, example = 2000, nullable = false)]
    retry_after_ms: u64,
}

// The contract composes its 429 from both schemas. The document does too; the fields are sent once.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it stands for the schema; what is sent is a RateLimitError")]
pub(super) struct LimitExceeded {
    #[schema(inline = false)]
    #[serde(flatten)]
    error: MatrixError,
    #[serde(flatten)]
    limit: RateLimitError,
}

/// A refusal on its way to the client.
#[derive(Debug)]
pub(super) struct MatrixFailure {
    status: StatusCode,
    errcode: &'static str,
    error: Cow<'static, str>,
    extra: Extra,
}

#[derive(Debug)]
enum Extra {
    None,
    SoftLogout(bool),
    RetryAfter(Duration),
}

impl MatrixFailure {
    fn new(status: StatusCode, errcode: &'static str, error: impl Into<Cow<'static, str>>) -> Self {
        Self { status, errcode, error: error.into(), extra: Extra::None }
    }

    pub(super) fn unrecognized_path() -> Self {
        Self::new(StatusCode::NOT_FOUND, "M_UNRECOGNIZED", "Unrecognized request: no such path")
    }

    pub(super) fn unrecognized_method() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "M_UNRECOGNIZED",
            "Unrecognized request: this path does not take this method",
        )
    }

    pub(super) fn invalid_param(error: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "M_INVALID_PARAM", error)
    }

    pub(super) fn forbidden(error: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "M_FORBIDDEN", error)
    }

    pub(super) fn invalid_username(error: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "M_INVALID_USERNAME", error)
    }

    pub(super) fn user_in_use() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "M_USER_IN_USE", "There is a user of this name already")
    }

    pub(super) fn exclusive() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "M_EXCLUSIVE",
            "The name is outside the application service's namespaces, or in another's",
        )
    }

    pub(super) fn not_found(error: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "M_NOT_FOUND", error)
    }

    pub(super) fn not_json(error: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "M_NOT_JSON", error)
    }

    pub(super) fn bad_json(error: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "M_BAD_JSON", error)
    }

    pub(super) fn body_too_large(limit: usize) -> Self {
        Self::too_large(format!("The request body is larger than the {limit} bytes allowed"))
    }

    pub(super) fn too_large(error: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "M_TOO_LARGE", error)
    }

    pub(super) fn limit_exceeded(wait: Duration) -> Self {
        let failure = Self::new(StatusCode::TOO_MANY_REQUESTS, "M_LIMIT_EXCEEDED", "Too many requests");
        Self { extra: Extra::RetryAfter(wait), ..failure }
    }

    /// The answer where no more requests may wait.
    pub(super) fn too_many_streams(error: TooManyStreams) -> Self {
        Self { error: error.to_string().into(), ..Self::limit_exceeded(TooManyStreams::RETRY_AFTER) }
    }

    pub(super) fn internal_error() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "M_UNKNOWN", "Internal server error")
    }

    fn unauthorized(errcode: &'static str, error: &'static str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, errcode, error)
    }

    fn unknown_token(error: &'static str, soft_logout: bool) -> Self {
        let failure = Self::unauthorized("M_UNKNOWN_TOKEN", error);
        Self { extra: Extra::SoftLogout(soft_logout), ..failure }
    }

    /// The answer to a body that could not be read.
    pub(super) fn unread_body(error: &BodyError, limit: usize) -> Self {
        match error {
            BodyError::TooLarge => Self::body_too_large(limit),
            BodyError::Incomplete => Self::not_json("The request body did not arrive in full"),
        }
    }
}

impl From<AuthError> for MatrixFailure {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Missing => Self::unauthorized("M_MISSING_TOKEN", "Missing access token"),
            AuthError::Ambiguous => Self::unauthorized(
                "M_MISSING_TOKEN",
                "Send one access token, in the Authorization header or in the query",
            ),
            AuthError::Unknown => Self::unknown_token("Unrecognised access token", false),
            AuthError::Expired => Self::unknown_token("The access token has expired", true),
            AuthError::Guest => {
                Self::new(StatusCode::FORBIDDEN, "M_GUEST_ACCESS_FORBIDDEN", "Guests may not use presence")
            }
            AuthError::NoUser => Self::forbidden("This access token belongs to no user"),
            AuthError::MissingScope(_) => Self::forbidden(error.to_string()),
        }
    }
}

impl From<ServiceError> for MatrixFailure {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::NotVisible => Self::forbidden("You are not allowed to see their presence"),
            ServiceError::UnknownUser | ServiceError::Hidden => {
                Self::not_found("There is no presence state for this user")
            }
            ServiceError::StatusTooLong { .. } => Self::too_large(error.to_string()),
            ServiceError::Store(error) => error.into(),
        }
    }
}

impl From<DirectoryError> for MatrixFailure {
    fn from(error: DirectoryError) -> Self {
        match error {
            DirectoryError::Store(error) => error.into(),
            // The user was removed since the token was looked at, and the token with them.
            DirectoryError::UnknownUser(_) => AuthError::Unknown.into(),
            error => Self::forbidden(error.to_string()),
        }
    }
}

impl From<StoreError> for MatrixFailure {
    fn from(error: StoreError) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "M_UNKNOWN", error.to_string())
    }
}

impl IntoResponse for MatrixFailure {
    fn into_response(self) -> Response {
        let (errcode, error) = (self.errcode.to_owned(), Some(self.error.into_owned()));
        let soft_logout = match self.extra {
            Extra::RetryAfter(wait) => return limited(self.status, errcode, error, wait),
            Extra::SoftLogout(soft_logout) => Some(soft_logout),
            Extra::None => None,
        };
        (self.status, Json(MatrixError { errcode, error, soft_logout })).into_response()
    }
}

/// Says the wait twice: in whole seconds for clients of v1.10 and later, in milliseconds for others.
fn limited(status: StatusCode, errcode: String, error: Option<String>, wait: Duration) -> Response {
    let retry_after_ms = u64::try_from(wait.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX).max(1);
    let seconds = HeaderValue::from(retry_after_ms.div_ceil(1_000));
    let body = Json(RateLimitError { errcode, error, retry_after_ms });
    (status, [(header::RETRY_AFTER, seconds)], body).into_response()
}
