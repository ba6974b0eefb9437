//! How this dialect refuses.

use std::{borrow::Cow, fmt::Display, time::Duration};

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{access::AccessError, json::JsonError, stub::AuthenticateError, types::Problem};
use crate::{
    api::refusal::{self, Cause, Refusal, Refused, refusals, retry_after},
    auth::AuthError,
    directory::{DirectoryError, Scope},
    limit::TooManyStreams,
    service::{ReadError, SayError, UpdateError},
    store::StoreError,
};

/// What a refusal says.
#[derive(Clone, Debug)]
pub struct ProblemRefusal {
    kind: &'static str,
    detail: Cow<'static, str>,
    retry_after: Option<Duration>,
}

pub type BadRequest = refusal::BadRequest<ProblemRefusal>;
pub type Unauthorized = refusal::Unauthorized<ProblemRefusal>;
pub type Forbidden = refusal::Forbidden<ProblemRefusal>;
pub type NotFound = refusal::NotFound<ProblemRefusal>;
pub(super) type MethodNotAllowed = refusal::MethodNotAllowed<ProblemRefusal>;
pub type Conflict = refusal::Conflict<ProblemRefusal>;
pub type TooLarge = refusal::TooLarge<ProblemRefusal>;
pub(super) type UpgradeRequired = refusal::UpgradeRequired<ProblemRefusal>;
pub type TooManyRequests = refusal::TooManyRequests<ProblemRefusal>;
pub(super) type InternalError = refusal::InternalError<ProblemRefusal>;
pub type Unavailable = refusal::Unavailable<ProblemRefusal>;

impl ProblemRefusal {
    /// A problem of the type `urn:presenced:problem:<kind>`, with the status of the refusal that it becomes.
    pub fn new<const STATUS: u16>(
        kind: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Refused<Self, STATUS> {
        Refused(Self { kind, detail: detail.into(), retry_after: None })
    }

    fn waiting<const STATUS: u16>(
        kind: &'static str,
        detail: impl Into<Cow<'static, str>>,
        wait: Duration,
    ) -> Refused<Self, STATUS> {
        Refused(Self { kind, detail: detail.into(), retry_after: Some(wait) })
    }

    /// What it says, for people.
    pub(super) fn detail(&self) -> &str {
        &self.detail
    }

    pub(super) fn web_sockets_alone() -> UpgradeRequired {
        Self::new("upgrade-required", "this path takes WebSockets alone")
    }

    /// What the request says is not valid.
    pub fn invalid(detail: impl Into<Cow<'static, str>>) -> BadRequest {
        Self::new("invalid", detail)
    }

    fn unauthorized(kind: &'static str, error: AuthError) -> Unauthorized {
        Self::new(kind, error.to_string())
    }

    /// Nobody is known by what was sent.
    pub(super) fn unknown(error: AuthError) -> Unauthorized {
        let is_missing = matches!(error, AuthError::Missing | AuthError::Malformed | AuthError::Ambiguous);
        Self::unauthorized(if is_missing { "missing-token" } else { "unknown-token" }, error)
    }

    /// The token is none, or none any more.
    pub fn no_such_token() -> Unauthorized {
        Self::unauthorized("unknown-token", AuthError::Unknown)
    }

    pub(super) fn forbidden(error: impl Into<AccessError>) -> Forbidden {
        Self::new("forbidden", error.into().to_string())
    }

    /// There is no such thing, or none that the caller may know of.
    pub fn not_found(detail: impl Into<Cow<'static, str>>) -> NotFound {
        Self::new("not-found", detail)
    }

    pub(super) fn no_user(user: &impl Display) -> NotFound {
        Self::not_found(format!("there is no user {user}"))
    }

    /// It cannot be together with something that there is.
    pub fn conflict(detail: impl Into<Cow<'static, str>>) -> Conflict {
        Self::new("conflict", detail)
    }

    pub(super) fn nothing_kept() -> Conflict {
        Self::new("nothing-kept", StoreError::NothingKept.to_string())
    }

    /// The body, or what is in it, is too large.
    pub fn larger_than_allowed(detail: impl Into<Cow<'static, str>>) -> TooLarge {
        Self::new("too-large", detail)
    }

    pub(super) fn not_ready(detail: impl Into<Cow<'static, str>>) -> Unavailable {
        Self::new("not-ready", detail)
    }

    /// The user sets more than one may.
    pub fn too_fast(wait: Duration) -> TooManyRequests {
        Self::waiting("too-many-requests", "the user sets presence more often than one may", wait)
    }

    /// A socket sends more than it may.
    pub(super) fn too_many_frames() -> TooManyRequests {
        Self::new("too-many-requests", "the socket sends more frames than it may")
    }

    /// The server takes no more new streams in this second.
    pub(super) fn too_many_new_streams(wait: Duration) -> Unavailable {
        Self::too_many("the server opens as many streams at present as it may", wait)
    }

    /// As many streams are open as may be.
    pub(super) fn too_many_streams<const STATUS: u16>(error: TooManyStreams) -> Refused<Self, STATUS> {
        Self::too_many(error.to_string(), TooManyStreams::RETRY_AFTER)
    }

    fn too_many<const STATUS: u16>(
        detail: impl Into<Cow<'static, str>>,
        wait: Duration,
    ) -> Refused<Self, STATUS> {
        Self::waiting("too-many-streams", detail, wait)
    }
}

/// Whether what was to be changed in the directory is there: what the directory does not know is not.
pub(super) fn found(done: Result<bool, DirectoryError>) -> Result<bool, StoreError> {
    match done {
        Ok(found) => Ok(found),
        Err(DirectoryError::Store(error)) => Err(error),
        Err(_) => Ok(false),
    }
}

refusals! {
    /// Why a page of a listing is not told.
    pub enum ListError: ProblemRefusal, from AuthenticateError {
        /// A parameter is not valid.
        BadRequest => ProblemRefusal::invalid("limit: has to be from 1 to 1000"),
        Unauthorized,
        /// The caller is not an admin.
        Forbidden => ProblemRefusal::forbidden(AccessError::NotAdmin),
        TooLarge,
        Unavailable,
    }
}

refusals! {
    /// Why nothing is done about a user of the directory.
    pub enum UserError: ProblemRefusal, from AuthenticateError, AccessError, StoreError {
        /// The id is not valid.
        BadRequest => ProblemRefusal::invalid("userId: a user id starts with `@`"),
        Unauthorized,
        /// The caller is not an admin.
        Forbidden => ProblemRefusal::forbidden(AccessError::NotAdmin),
        NotFound => ProblemRefusal::no_user(&"@dave:example.com"),
        TooLarge,
        Unavailable,
    }
}

/// Why nobody is known by a token.
#[derive(Debug)]
pub(super) struct Unknown(pub(super) AuthError);

impl<E: From<Unauthorized> + From<Unavailable>> Cause<ProblemRefusal, E> for Unknown {
    fn refuse(self) -> E {
        match self.0 {
            AuthError::Unavailable => AuthError::unavailable().refuse(),
            error => ProblemRefusal::unknown(error).into(),
        }
    }
}

impl<E: From<Unauthorized> + From<Forbidden> + From<Unavailable>> Cause<ProblemRefusal, E> for AccessError {
    fn refuse(self) -> E {
        match self {
            Self::Auth(
                error @ (AuthError::Missing
                | AuthError::Malformed
                | AuthError::Ambiguous
                | AuthError::Unknown
                | AuthError::Revoked
                | AuthError::Expired
                | AuthError::Jwt(_)
                | AuthError::Stranger),
            ) => ProblemRefusal::unknown(error).into(),
            Self::NoTicket => ProblemRefusal::new::<401>("unknown-token", self.to_string()).into(),
            Self::Auth(AuthError::Unavailable) => AuthError::unavailable().refuse(),
            Self::NotAdmin
            | Self::NotService
            | Self::NotOneself
            | Self::AnotherUser
            | Self::Auth(
                AuthError::Guest | AuthError::NoUser | AuthError::NotRegistered | AuthError::MissingScope(_),
            ) => ProblemRefusal::forbidden(self).into(),
        }
    }
}

impl<E: From<BadRequest> + From<TooLarge>> Cause<ProblemRefusal, E> for JsonError {
    fn refuse(self) -> E {
        match self {
            Self::Unread(error) => error.refuse(),
            Self::Invalid(error) => ProblemRefusal::invalid(format!("body: {error}")).into(),
        }
    }
}

impl<E: From<NotFound> + From<Unavailable>> Cause<ProblemRefusal, E> for ReadError {
    fn refuse(self) -> E {
        match self {
            Self::UnknownUser | Self::NotVisible | Self::Hidden => {
                ProblemRefusal::not_found("there is no such user, or the caller may not see them").into()
            }
            Self::Store(error) => error.refuse(),
        }
    }
}

impl<E: From<NotFound> + From<TooLarge> + From<Unavailable>> Cause<ProblemRefusal, E> for UpdateError {
    fn refuse(self) -> E {
        match self {
            Self::UnknownUser => ProblemRefusal::not_found("there is no such user").into(),
            Self::StatusTooLong { .. } => ProblemRefusal::larger_than_allowed(self.to_string()).into(),
            Self::Store(error) => error.refuse(),
        }
    }
}

impl<E: From<BadRequest> + From<NotFound> + From<TooLarge> + From<Unavailable>> Cause<ProblemRefusal, E>
    for SayError
{
    fn refuse(self) -> E {
        match self {
            Self::NoClaim => ProblemRefusal::invalid(format!("label: {self}")).into(),
            Self::Update(error) => error.refuse(),
        }
    }
}

/// An operation that is about a user says itself what it means that there is none.
impl<E: From<Conflict> + From<Unavailable>> Cause<ProblemRefusal, E> for DirectoryError {
    fn refuse(self) -> E {
        match self {
            Self::Store(error) => error.refuse(),
            Self::UnknownUser(_)
            | Self::NumberTaken { .. }
            | Self::ExtensionTaken { .. }
            | Self::UserTaken(_)
            | Self::TokenSpent
            | Self::TooManyTokens(..)
            | Self::TooManyAppTokens(_)
            | Self::TokenTaken
            | Self::RoomFull(_)
            | Self::ListTooLong(_) => ProblemRefusal::conflict(self.to_string()).into(),
        }
    }
}

impl<E: From<TooManyRequests> + From<Unavailable>> Cause<ProblemRefusal, E> for TooManyStreams {
    fn refuse(self) -> E {
        match self {
            Self::User => ProblemRefusal::too_many_streams::<429>(self).into(),
            Self::Server => ProblemRefusal::too_many_streams::<503>(self).into(),
        }
    }
}

impl<E: From<Unavailable>> Cause<ProblemRefusal, E> for StoreError {
    fn refuse(self) -> E {
        ProblemRefusal::unavailable(&self).into()
    }
}

impl Refusal for ProblemRefusal {
    fn respond(self, status: StatusCode) -> Response {
        let problem = Problem {
            kind: format!("urn:presenced:problem:{}", self.kind),
            title: status.canonical_reason().unwrap_or_default().to_owned(),
            status: status.as_u16(),
            detail: self.detail.into_owned(),
        };
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.extend(self.retry_after.map(|wait| (header::RETRY_AFTER, retry_after(wait))));
        response
    }

    fn schema(_: StatusCode) -> &'static str {
        "Problem"
    }

    fn too_large(limit: usize) -> TooLarge {
        Self::larger_than_allowed(format!("the request body is larger than the {limit} bytes allowed"))
    }

    fn incomplete() -> BadRequest {
        Self::invalid("the request body did not arrive in full")
    }

    fn unanswerable(why: String) -> BadRequest {
        Self::invalid(why)
    }

    fn no_path() -> NotFound {
        Self::not_found("there is no such path")
    }

    fn no_method() -> MethodNotAllowed {
        Self::new("method-not-allowed", "this path does not take this method")
    }

    fn internal() -> InternalError {
        Self::new("internal-error", "internal server error")
    }

    fn unavailable(error: &StoreError) -> Unavailable {
        Self::new("store-unavailable", error.to_string())
    }

    fn usual(status: StatusCode) -> (&'static str, Self) {
        match status {
            StatusCode::UNAUTHORIZED => ("There is no token, or it is not valid.", Self::no_such_token().0),
            StatusCode::FORBIDDEN => (
                "The caller may not do this, or the token lacks the scope.",
                Self::forbidden(AuthError::MissingScope(Scope::Read)).0,
            ),
            StatusCode::NOT_FOUND => ("There is no such user.", Self::not_found("there is no such user").0),
            StatusCode::PAYLOAD_TOO_LARGE => ("The request body is too large.", Self::too_large(1_048_576).0),
            StatusCode::UPGRADE_REQUIRED => {
                ("The request is not one for a WebSocket.", Self::web_sockets_alone().0)
            }
            StatusCode::TOO_MANY_REQUESTS => (
                "The user sets more than `limits.put_per_second` allows.",
                Self::too_fast(Duration::from_secs(1)).0,
            ),
            StatusCode::SERVICE_UNAVAILABLE => (
                "The server starts, or its store cannot be used at present. Nothing was changed.",
                Self::unavailable(&StoreError::Refused("the disk is full".to_owned())).0,
            ),
            _ => ("The request is not valid.", Self::invalid("body: expected value at line 1 column 1").0),
        }
    }
}
