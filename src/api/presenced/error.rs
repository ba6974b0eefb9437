use std::{collections::BTreeMap, time::Duration};

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{
    IntoResponses, ToSchema,
    openapi::{ContentBuilder, Ref, RefOr, Response as ResponseDoc, ResponseBuilder},
};

use crate::{
    api::body::BodyError,
    auth::AuthError,
    directory::DirectoryError,
    limit::TooManyStreams,
    service::{ReadError, UpdateError},
    store::StoreError,
};

/// What went wrong, as problem details (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"type": "urn:presenced:problem:not-found", "title": "Not Found",
    "status": 404, "detail": "there is no user @dave:example.com"}))]
pub struct Problem {
    /// The kind of problem; programs decide by it.
    #[serde(rename = "type")]
    #[schema(example = "urn:presenced:problem:not-found")]
    pub kind: String,
    /// The HTTP status as text.
    #[schema(example = "Not Found")]
    pub title: String,
    /// The HTTP status.
    #[schema(example = 404)]
    pub status: u16,
    /// What went wrong this time, for people.
    #[schema(example = "there is no user @dave:example.com")]
    pub detail: String,
}

/// A refusal on its way to the client.
#[derive(Debug)]
pub(super) struct Failure {
    status: StatusCode,
    kind: &'static str,
    detail: String,
    retry_after: Option<Duration>,
}

impl Failure {
    fn new(status: StatusCode, kind: &'static str, detail: impl Into<String>) -> Self {
        Self { status, kind, detail: detail.into(), retry_after: None }
    }

    pub(super) fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid", detail)
    }

    pub(super) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", detail)
    }

    pub(super) fn no_such_path() -> Self {
        Self::not_found("there is no such path")
    }

    pub(super) fn method_not_allowed() -> Self {
        let detail = "this path does not take this method";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", detail)
    }

    pub(super) fn body_too_large(limit: usize) -> Self {
        let detail = format!("the request body is larger than the {limit} bytes allowed");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail)
    }

    pub(super) fn internal_error() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal-error", "internal server error")
    }

    pub(super) fn not_ready(detail: String) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", detail)
    }

    /// The server takes no more new streams in this second.
    pub(super) fn too_many_new_streams(wait: Duration) -> Self {
        let detail = "the server opens as many streams at present as it may";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "too-many-streams", detail).after(wait)
    }

    fn after(self, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..self }
    }

    pub(super) fn unread_body(error: &BodyError, limit: usize) -> Self {
        match error {
            BodyError::TooLarge { .. } => Self::body_too_large(limit),
            BodyError::Incomplete => Self::invalid("the request body did not arrive in full"),
        }
    }
}

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        let detail = error.to_string();
        match error {
            AuthError::Missing | AuthError::Malformed | AuthError::Ambiguous => {
                Self::new(StatusCode::UNAUTHORIZED, "missing-token", detail)
            }
            AuthError::Unknown | AuthError::Revoked | AuthError::Expired => {
                Self::new(StatusCode::UNAUTHORIZED, "unknown-token", detail)
            }
            AuthError::Guest | AuthError::NoUser | AuthError::NotRegistered | AuthError::MissingScope(_) => {
                Self::forbidden(detail)
            }
        }
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::UnknownUser | ReadError::NotVisible | ReadError::Hidden => {
                Self::not_found("there is no such user, or the caller may not see them")
            }
            ReadError::Store(error) => error.into(),
        }
    }
}

impl From<UpdateError> for Failure {
    fn from(error: UpdateError) -> Self {
        let detail = error.to_string();
        match error {
            UpdateError::UnknownUser => Self::not_found("there is no such user"),
            UpdateError::StatusTooLong { .. } => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail)
            }
            UpdateError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let detail = error.to_string();
        match error {
            StoreError::NothingKept => Self::new(StatusCode::CONFLICT, "nothing-kept", detail),
            _ => Self::new(StatusCode::SERVICE_UNAVAILABLE, "store-unavailable", detail),
        }
    }
}

impl From<DirectoryError> for Failure {
    fn from(error: DirectoryError) -> Self {
        let detail = error.to_string();
        match error {
            DirectoryError::UnknownUser(_) => Self::not_found(detail),
            DirectoryError::NumberTaken { .. }
            | DirectoryError::ExtensionTaken { .. }
            | DirectoryError::TooManyTokens(..)
            | DirectoryError::TooManyAppTokens(_)
            | DirectoryError::TokenTaken
            | DirectoryError::UserTaken(_)
            | DirectoryError::TokenSpent
            | DirectoryError::ListTooLong(_) => Self::new(StatusCode::CONFLICT, "conflict", detail),
            DirectoryError::Store(error) => error.into(),
        }
    }
}

impl From<TooManyStreams> for Failure {
    fn from(error: TooManyStreams) -> Self {
        let status = match error {
            TooManyStreams::Server => StatusCode::SERVICE_UNAVAILABLE,
            TooManyStreams::User => StatusCode::TOO_MANY_REQUESTS,
        };
        Self::new(status, "too-many-streams", error.to_string()).after(TooManyStreams::RETRY_AFTER)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let problem = Problem {
            kind: format!("urn:presenced:problem:{}", self.kind),
            title: self.status.canonical_reason().unwrap_or_default().to_owned(),
            status: self.status.as_u16(),
            detail: self.detail,
        };
        let mut response = (self.status, Json(problem)).into_response();
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        if let Some(wait) = self.retry_after {
            let seconds = wait.as_millis().div_ceil(1_000).max(1);
            let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// What every operation for admins may answer besides its own answers.
pub(super) struct AdminOnly;

/// What every operation for users and admins may answer besides its own answers.
pub(super) struct WithToken;

type Responses = BTreeMap<String, RefOr<ResponseDoc>>;

impl IntoResponses for AdminOnly {
    fn responses() -> Responses {
        refusals("The caller is not an admin.")
    }
}

impl IntoResponses for WithToken {
    fn responses() -> Responses {
        refusals("The caller may not do this, or the token lacks the scope.")
    }
}

fn refusals(forbidden: &str) -> Responses {
    [
        ("401", "There is no token, or it is not valid."),
        ("403", forbidden),
        ("413", "The request body is too large."),
    ]
    .into_iter()
    .map(|(status, description)| (status.to_owned(), problem(description).into()))
    .collect()
}

fn problem(description: &str) -> ResponseDoc {
    let schema = Ref::from_schema_name("Problem");
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().description(description).content("application/problem+json", content).build()
}
