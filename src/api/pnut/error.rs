use std::{borrow::Cow, collections::BTreeMap, time::Duration};

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::{
    IntoResponses, ToSchema,
    openapi::{ContentBuilder, Ref, RefOr, Response as ResponseDoc, ResponseBuilder},
};

use crate::{
    api::body::BodyError,
    auth::AuthError,
    service::{ReadError, UpdateError},
    store::StoreError,
};

/// An answer that is a refusal.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"meta": {"code": 401, "error_message": "Access token required."}}))]
pub(super) struct ErrorAnswer {
    pub(super) meta: ErrorMeta,
}

/// What was refused, and why.
#[derive(Serialize, ToSchema)]
pub(super) struct ErrorMeta {
    /// The HTTP status.
    #[schema(example = 404)]
    pub(super) code: u16,
    /// Whether `update_presence` was applied; absent if that was not tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = true, nullable = false)]
    pub(super) updated_presence: Option<bool>,
    /// What is wrong, for people.
    #[schema(example = "There is no such user.")]
    pub(super) error_message: String,
    /// How many seconds to wait, after a 429.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, example = 600, nullable = false)]
    pub(super) retry_in: Option<u64>,
}

/// A refusal on its way to the client. The layer completes its envelope.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    status: StatusCode,
    message: Cow<'static, str>,
    retry_in: Option<u64>,
}

impl Failure {
    fn new(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, message: message.into(), retry_in: None }
    }

    pub(super) fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(super) fn forbidden(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    pub(super) fn no_such_user() -> Self {
        Self::new(StatusCode::NOT_FOUND, "There is no such user.")
    }

    pub(super) fn no_such_path() -> Self {
        Self::new(StatusCode::NOT_FOUND, "There is no such path.")
    }

    pub(super) fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "This path does not take this method.")
    }

    pub(super) fn body_too_large(limit: usize) -> Self {
        let message = format!("The request body is larger than the {limit} bytes allowed.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, message)
    }

    pub(super) fn limit_exceeded(retry_in: u64) -> Self {
        let failure = Self::new(StatusCode::TOO_MANY_REQUESTS, "Too many requests.");
        Self { retry_in: Some(retry_in), ..failure }
    }

    pub(super) fn too_fast(wait: Duration) -> Self {
        Self::limit_exceeded(u64::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u64::MAX).max(1))
    }

    pub(super) fn internal_error() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
    }

    pub(super) fn unread_body(error: &BodyError, limit: usize) -> Self {
        match error {
            BodyError::TooLarge { .. } => Self::body_too_large(limit),
            BodyError::Incomplete => Self::invalid("The request body did not arrive in full."),
        }
    }

    /// The body of the answer.
    pub(super) fn answer(&self, updated_presence: Option<bool>) -> ErrorAnswer {
        let error_message = self.message.clone().into_owned();
        let (code, retry_in) = (self.status.as_u16(), self.retry_in);
        ErrorAnswer { meta: ErrorMeta { code, updated_presence, error_message, retry_in } }
    }
}

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        let unauthorized = |message| Self::new(StatusCode::UNAUTHORIZED, message);
        match error {
            AuthError::Missing | AuthError::Malformed => unauthorized("Access token required."),
            AuthError::Ambiguous => {
                unauthorized("Send one access token, in the Authorization header or in the query.")
            }
            AuthError::Unknown | AuthError::Revoked => {
                unauthorized("The access token is unknown or was revoked.")
            }
            AuthError::Expired => unauthorized("The access token has expired."),
            AuthError::Guest => Self::forbidden("Guests may not use presence."),
            AuthError::NoUser | AuthError::NotRegistered => {
                Self::forbidden("This needs the access token of a user.")
            }
            AuthError::MissingScope(scope) => {
                let name = super::scope_name(scope);
                Self::forbidden(format!("The access token lacks the scope `{name}`."))
            }
        }
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::UnknownUser | ReadError::NotVisible | ReadError::Hidden => Self::no_such_user(),
            ReadError::Store(error) => error.into(),
        }
    }
}

impl From<UpdateError> for Failure {
    fn from(error: UpdateError) -> Self {
        match error {
            // The user was removed since the token was looked at, and the token with them.
            UpdateError::UnknownUser => AuthError::Unknown.into(),
            UpdateError::StatusTooLong { .. } => Self::invalid(format!("presence: {error}")),
            UpdateError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.answer(None))).into_response();
        if let Some(seconds) = self.retry_in {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// What every operation may answer besides its own answers.
pub(super) struct EveryCall;

impl IntoResponses for EveryCall {
    fn responses() -> BTreeMap<String, RefOr<ResponseDoc>> {
        [
            ("401", "There is no access token, or it is not valid."),
            ("429", "The rate limit was reached."),
            ("503", "The store cannot do this at present."),
        ]
        .into_iter()
        .map(|(status, description)| (status.to_owned(), refusal(description).into()))
        .collect()
    }
}

fn refusal(description: &str) -> ResponseDoc {
    let schema = Ref::from_schema_name("ErrorAnswer");
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().description(description).content("application/json", content).build()
}
