//! How this dialect refuses.

use std::{borrow::Cow, fmt::Display, time::Duration};

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::types::{MatrixError, RateLimitError};
use crate::{
    api::refusal::{self, Cause, Refusal, Refused, retry_after},
    auth::AuthError,
    directory::DirectoryError,
    limit::TooManyStreams,
    service::{ReadError, UpdateError},
    store::StoreError,
};

/// What a refusal says: a code for programs, and a sentence for people.
#[derive(Clone, Debug)]
pub struct MatrixRefusal {
    errcode: Cow<'static, str>,
    error: Cow<'static, str>,
    extra: Extra,
}

#[derive(Clone, Debug)]
enum Extra {
    None,
    SoftLogout(bool),
    RetryAfter(Duration),
}

pub type BadRequest = refusal::BadRequest<MatrixRefusal>;
pub type Unauthorized = refusal::Unauthorized<MatrixRefusal>;
pub type Forbidden = refusal::Forbidden<MatrixRefusal>;
pub type NotFound = refusal::NotFound<MatrixRefusal>;
pub(super) type MethodNotAllowed = refusal::MethodNotAllowed<MatrixRefusal>;
pub type TooLarge = refusal::TooLarge<MatrixRefusal>;
pub type TooManyRequests = refusal::TooManyRequests<MatrixRefusal>;
pub(super) type InternalError = refusal::InternalError<MatrixRefusal>;
pub type Unavailable = refusal::Unavailable<MatrixRefusal>;

impl MatrixRefusal {
    /// What has no function of its own here. The status is that of the refusal that it becomes.
    pub fn new<const STATUS: u16>(
        errcode: &'static str,
        error: impl Into<Cow<'static, str>>,
    ) -> Refused<Self, STATUS> {
        Refused(Self { errcode: errcode.into(), error: error.into(), extra: Extra::None })
    }

    /// What another server said, with how long to wait if it said that.
    pub fn passed_on(said: MatrixError, wait: Option<Duration>) -> Self {
        let extra = match (wait, said.soft_logout) {
            (Some(wait), _) => Extra::RetryAfter(wait),
            (None, Some(soft_logout)) => Extra::SoftLogout(soft_logout),
            (None, None) => Extra::None,
        };
        Self { errcode: said.errcode.into(), error: said.error.unwrap_or_default().into(), extra }
    }

    fn with(self, extra: Extra) -> Self {
        Self { extra, ..self }
    }

    /// A parameter is not valid.
    pub fn invalid_param(error: impl Into<Cow<'static, str>>) -> BadRequest {
        Self::new("M_INVALID_PARAM", error)
    }

    pub(super) fn invalid_username(error: impl Into<Cow<'static, str>>) -> BadRequest {
        Self::new("M_INVALID_USERNAME", error)
    }

    pub(super) fn user_in_use() -> BadRequest {
        Self::new("M_USER_IN_USE", "There is a user of this name already")
    }

    pub(super) fn exclusive() -> BadRequest {
        let error = "The name is outside the application service's namespaces, or in another's";
        Self::new("M_EXCLUSIVE", error)
    }

    /// The body is no JSON.
    pub fn not_json(error: impl Into<Cow<'static, str>>) -> BadRequest {
        Self::new("M_NOT_JSON", error)
    }

    /// The body is JSON, and not what is needed.
    pub fn bad_json(error: impl Into<Cow<'static, str>>) -> BadRequest {
        Self::new("M_BAD_JSON", error)
    }

    fn missing_token(error: &'static str) -> Unauthorized {
        Self::new("M_MISSING_TOKEN", error)
    }

    /// The token is not valid; with `soft_logout` the client may log in again and go on.
    pub fn unknown_token(error: impl Into<Cow<'static, str>>, soft_logout: bool) -> Unauthorized {
        let Refused(said) = Self::new::<401>("M_UNKNOWN_TOKEN", error);
        Refused(said.with(Extra::SoftLogout(soft_logout)))
    }

    /// The token is none, or none any more.
    pub fn no_such_token() -> Unauthorized {
        Self::unknown_token("Unrecognised access token", false)
    }

    /// The caller may not do this.
    pub fn forbidden(error: impl Into<Cow<'static, str>>) -> Forbidden {
        Self::new("M_FORBIDDEN", error)
    }

    /// The caller is a guest.
    pub fn guest() -> Forbidden {
        Self::new("M_GUEST_ACCESS_FORBIDDEN", "Guests may not use presence")
    }

    pub(super) fn no_user() -> Forbidden {
        Self::forbidden("This access token belongs to no user")
    }

    /// There is no such thing, or none that the caller may know of.
    pub fn not_found(error: impl Into<Cow<'static, str>>) -> NotFound {
        Self::new("M_NOT_FOUND", error)
    }

    /// The body, or what is in it, is too large.
    pub fn larger_than_allowed(error: impl Into<Cow<'static, str>>) -> TooLarge {
        Self::new("M_TOO_LARGE", error)
    }

    /// The caller has to wait.
    pub fn limit_exceeded(wait: Duration) -> TooManyRequests {
        Self::waiting("Too many requests", wait)
    }

    /// The answer where no more requests may wait.
    pub(super) fn too_many_streams(error: TooManyStreams) -> TooManyRequests {
        Self::waiting(error.to_string(), TooManyStreams::RETRY_AFTER)
    }

    fn waiting(error: impl Into<Cow<'static, str>>, wait: Duration) -> TooManyRequests {
        let Refused(said) = Self::new::<429>("M_LIMIT_EXCEEDED", error);
        Refused(said.with(Extra::RetryAfter(wait)))
    }
}

/// An error as this dialect writes its sentences.
fn said(error: &impl Display) -> String {
    let text = error.to_string();
    let (first, rest) = text.split_at(1);
    first.to_ascii_uppercase() + rest
}

impl<E: From<Unauthorized> + From<Forbidden> + From<Unavailable>> Cause<MatrixRefusal, E> for AuthError {
    fn refuse(self) -> E {
        match self {
            Self::Missing | Self::Malformed => MatrixRefusal::missing_token("Missing access token").into(),
            Self::Ambiguous => MatrixRefusal::missing_token(
                "Send one access token, in the Authorization header or in the query",
            )
            .into(),
            Self::Unknown | Self::Revoked => MatrixRefusal::no_such_token().into(),
            Self::Jwt(_) | Self::Stranger => MatrixRefusal::unknown_token(said(&self), false).into(),
            Self::Unavailable => Self::unavailable().refuse(),
            Self::Expired => MatrixRefusal::unknown_token("The access token has expired", true).into(),
            Self::Guest => MatrixRefusal::guest().into(),
            Self::NoUser => MatrixRefusal::no_user().into(),
            Self::NotRegistered => {
                MatrixRefusal::forbidden("The application service has not registered this user").into()
            }
            Self::MissingScope(_) => MatrixRefusal::forbidden(self.to_string()).into(),
        }
    }
}

impl<E: From<Forbidden> + From<NotFound> + From<Unavailable>> Cause<MatrixRefusal, E> for ReadError {
    fn refuse(self) -> E {
        match self {
            Self::NotVisible => MatrixRefusal::forbidden("You are not allowed to see their presence").into(),
            Self::UnknownUser | Self::Hidden => {
                MatrixRefusal::not_found("There is no presence state for this user").into()
            }
            Self::Store(error) => error.refuse(),
        }
    }
}

impl<E: From<Unauthorized> + From<TooLarge> + From<Unavailable>> Cause<MatrixRefusal, E> for UpdateError {
    fn refuse(self) -> E {
        match self {
            // The user was removed since the token was looked at, and the token with them.
            Self::UnknownUser => MatrixRefusal::no_such_token().into(),
            Self::StatusTooLong { .. } => MatrixRefusal::larger_than_allowed(self.to_string()).into(),
            Self::Store(error) => error.refuse(),
        }
    }
}

impl<E: From<Unauthorized> + From<Unavailable>> Cause<MatrixRefusal, E> for DirectoryError {
    fn refuse(self) -> E {
        match self {
            Self::Store(error) => error.refuse(),
            // The user was removed since the token was looked at, and the token with them.
            _ => MatrixRefusal::no_such_token().into(),
        }
    }
}

impl<E: From<Unavailable>> Cause<MatrixRefusal, E> for StoreError {
    fn refuse(self) -> E {
        MatrixRefusal::unavailable(&self).into()
    }
}

impl Refusal for MatrixRefusal {
    fn respond(self, status: StatusCode) -> Response {
        let (errcode, error) = (self.errcode.into_owned(), Some(self.error.into_owned()));
        let soft_logout = match self.extra {
            Extra::RetryAfter(wait) => return limited(status, errcode, error, wait),
            Extra::SoftLogout(soft_logout) => Some(soft_logout),
            Extra::None => None,
        };
        (status, Json(MatrixError { errcode, error, soft_logout })).into_response()
    }

    fn schema(status: StatusCode) -> &'static str {
        if status == StatusCode::TOO_MANY_REQUESTS { "LimitExceeded" } else { "MatrixError" }
    }

    fn too_large(limit: usize) -> TooLarge {
        Self::larger_than_allowed(format!("The request body is larger than the {limit} bytes allowed"))
    }

    fn incomplete() -> BadRequest {
        Self::not_json("The request body did not arrive in full")
    }

    fn unanswerable(why: String) -> BadRequest {
        Self::invalid_param(why)
    }

    fn no_path() -> NotFound {
        Self::new("M_UNRECOGNIZED", "Unrecognized request: no such path")
    }

    fn no_method() -> MethodNotAllowed {
        Self::new("M_UNRECOGNIZED", "Unrecognized request: this path does not take this method")
    }

    fn internal() -> InternalError {
        Self::new("M_UNKNOWN", "Internal server error")
    }

    fn unavailable(error: &StoreError) -> Unavailable {
        Self::new("M_UNKNOWN", error.to_string())
    }

    fn usual(status: StatusCode) -> (&'static str, Self) {
        match status {
            StatusCode::UNAUTHORIZED => {
                ("There is no access token, or it is not valid.", Self::no_such_token().0)
            }
            StatusCode::FORBIDDEN => {
                ("The access token does not allow this, or belongs to no user.", Self::no_user().0)
            }
            StatusCode::NOT_FOUND => ("There is no such thing.", Self::not_found("There is no such thing").0),
            StatusCode::PAYLOAD_TOO_LARGE => {
                ("The request declares a body that is too large.", Self::too_large(65_536).0)
            }
            StatusCode::TOO_MANY_REQUESTS => {
                ("This request was rate-limited.", Self::limit_exceeded(Duration::from_secs(2)).0)
            }
            StatusCode::SERVICE_UNAVAILABLE => (
                "The server starts, or its store cannot be used at present. Nothing was changed.",
                Self::new::<503>("M_UNKNOWN", "the store refuses writes: the disk is full").0,
            ),
            _ => ("The request is not valid.", Self::bad_json("The body is not a JSON object").0),
        }
    }
}

/// Says the wait twice: in whole seconds for clients of v1.10 and later, in milliseconds for others.
fn limited(status: StatusCode, errcode: String, error: Option<String>, wait: Duration) -> Response {
    let retry_after_ms = u64::try_from(wait.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX).max(1);
    let body = Json(RateLimitError { errcode, error, retry_after_ms });
    (status, [(header::RETRY_AFTER, retry_after(wait))], body).into_response()
}
