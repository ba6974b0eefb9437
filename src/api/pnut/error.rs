//! How this dialect refuses.

use std::{borrow::Cow, time::Duration};

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::types::{ErrorAnswer, ErrorMeta};
use crate::{
    api::refusal::{self, Cause, Refusal, Refused, whole_seconds},
    auth::AuthError,
    service::{ReadError, UpdateError},
    store::StoreError,
};

/// What a refusal says. The layer around the routes completes its envelope.
#[derive(Clone, Debug)]
pub struct PnutRefusal {
    message: Cow<'static, str>,
    retry_in: Option<u64>,
}

pub type BadRequest = refusal::BadRequest<PnutRefusal>;
pub type Unauthorized = refusal::Unauthorized<PnutRefusal>;
pub type Forbidden = refusal::Forbidden<PnutRefusal>;
pub type NotFound = refusal::NotFound<PnutRefusal>;
pub(super) type MethodNotAllowed = refusal::MethodNotAllowed<PnutRefusal>;
pub type TooLarge = refusal::TooLarge<PnutRefusal>;
pub type TooManyRequests = refusal::TooManyRequests<PnutRefusal>;
pub(super) type InternalError = refusal::InternalError<PnutRefusal>;
pub type Unavailable = refusal::Unavailable<PnutRefusal>;

impl PnutRefusal {
    /// A sentence, with the status of the refusal that it becomes.
    pub fn new<const STATUS: u16>(message: impl Into<Cow<'static, str>>) -> Refused<Self, STATUS> {
        Refused(Self { message: message.into(), retry_in: None })
    }

    /// What the request says is not valid.
    pub fn invalid(message: impl Into<Cow<'static, str>>) -> BadRequest {
        Self::new(message)
    }

    pub(super) fn wrong_id() -> BadRequest {
        Self::invalid("user_id: has to be `me`, a number, or a name after `@`.")
    }

    fn unauthorized(message: &'static str) -> Unauthorized {
        Self::new(message)
    }

    /// The token is none, or none any more.
    pub fn unknown_token() -> Unauthorized {
        Self::unauthorized("The access token is unknown or was revoked.")
    }

    /// The caller may not do this.
    pub fn forbidden(message: impl Into<Cow<'static, str>>) -> Forbidden {
        Self::new(message)
    }

    /// There is no such user, or none that the caller may know of.
    pub fn no_such_user() -> NotFound {
        Self::new("There is no such user.")
    }

    /// The caller has to wait for so many seconds.
    pub fn limit_exceeded(retry_in: u64) -> TooManyRequests {
        Refused(Self { message: "Too many requests.".into(), retry_in: Some(retry_in) })
    }

    pub(super) fn too_fast(wait: Duration) -> TooManyRequests {
        Self::limit_exceeded(whole_seconds(wait))
    }

    /// The body of the answer.
    pub(super) fn answer(self, status: StatusCode, updated_presence: Option<bool>) -> ErrorAnswer {
        let (error_message, retry_in) = (self.message.into_owned(), self.retry_in);
        ErrorAnswer { meta: ErrorMeta { code: status.as_u16(), updated_presence, error_message, retry_in } }
    }
}

impl<E: From<Unauthorized> + From<Forbidden> + From<Unavailable>> Cause<PnutRefusal, E> for AuthError {
    fn refuse(self) -> E {
        let unauthorized = |message| PnutRefusal::unauthorized(message).into();
        match self {
            Self::Missing | Self::Malformed => unauthorized("Access token required."),
            Self::Ambiguous => {
                unauthorized("Send one access token, in the Authorization header or in the query.")
            }
            Self::Unknown | Self::Revoked | Self::Jwt(_) | Self::Stranger => {
                PnutRefusal::unknown_token().into()
            }
            Self::Unavailable => Self::unavailable().refuse(),
            Self::Expired => unauthorized("The access token has expired."),
            Self::Guest => PnutRefusal::forbidden("Guests may not use presence.").into(),
            Self::NoUser | Self::NotRegistered => {
                PnutRefusal::forbidden("This needs the access token of a user.").into()
            }
            Self::MissingScope(scope) => {
                let name = super::scope_name(scope);
                PnutRefusal::forbidden(format!("The access token lacks the scope `{name}`.")).into()
            }
        }
    }
}

impl<E: From<NotFound> + From<Unavailable>> Cause<PnutRefusal, E> for ReadError {
    fn refuse(self) -> E {
        match self {
            Self::UnknownUser | Self::NotVisible | Self::Hidden => PnutRefusal::no_such_user().into(),
            Self::Store(error) => error.refuse(),
        }
    }
}

impl<E: From<BadRequest> + From<Unauthorized> + From<Unavailable>> Cause<PnutRefusal, E> for UpdateError {
    fn refuse(self) -> E {
        match self {
            // The user was removed since the token was looked at, and the token with them.
            Self::UnknownUser => PnutRefusal::unknown_token().into(),
            Self::StatusTooLong { .. } => PnutRefusal::invalid(format!("presence: {self}")).into(),
            Self::Store(error) => error.refuse(),
        }
    }
}

impl<E: From<Unavailable>> Cause<PnutRefusal, E> for StoreError {
    fn refuse(self) -> E {
        PnutRefusal::unavailable(&self).into()
    }
}

impl Refusal for PnutRefusal {
    fn respond(self, status: StatusCode) -> Response {
        let retry_in = self.retry_in;
        let mut response = (status, Json(self.clone().answer(status, None))).into_response();
        if let Some(seconds) = retry_in {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        // The layer knows better, where it is.
        response.headers_mut().insert("x-api-version", HeaderValue::from_static("0.9.6"));
        response.extensions_mut().insert(self);
        response
    }

    fn schema(_: StatusCode) -> &'static str {
        "ErrorAnswer"
    }

    fn too_large(limit: usize) -> TooLarge {
        Self::new(format!("The request body is larger than the {limit} bytes allowed."))
    }

    fn incomplete() -> BadRequest {
        Self::invalid("The request body did not arrive in full.")
    }

    fn unanswerable(why: String) -> BadRequest {
        Self::invalid(why)
    }

    fn no_path() -> NotFound {
        Self::new("There is no such path.")
    }

    fn no_method() -> MethodNotAllowed {
        Self::new("This path does not take this method.")
    }

    fn internal() -> InternalError {
        Self::new("Internal Server Error")
    }

    fn unavailable(error: &StoreError) -> Unavailable {
        Self::new(error.to_string())
    }

    fn usual(status: StatusCode) -> (&'static str, Self) {
        match status {
            StatusCode::UNAUTHORIZED => {
                ("There is no access token, or it is not valid.", Self::unknown_token().0)
            }
            StatusCode::FORBIDDEN => (
                "The token has no scope at all, or is a guest's.",
                Self::forbidden("The access token lacks the scope `basic`.").0,
            ),
            StatusCode::NOT_FOUND => ("There is no such user.", Self::no_such_user().0),
            StatusCode::PAYLOAD_TOO_LARGE => {
                ("The body is too large. Nothing was changed.", Self::too_large(65_536).0)
            }
            StatusCode::TOO_MANY_REQUESTS => ("The rate limit was reached.", Self::limit_exceeded(600).0),
            StatusCode::SERVICE_UNAVAILABLE => (
                "The server starts, or its store cannot be used at present. Nothing was changed.",
                Self::new::<503>("the store refuses writes: the disk is full").0,
            ),
            _ => ("The request is not valid.", Self::invalid("The body is not a JSON object.").0),
        }
    }
}
