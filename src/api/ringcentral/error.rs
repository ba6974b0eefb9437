//! How this dialect refuses.
//! Source: RingCentral's developer guide, "Errors", and the error tables of its API reference.
//!
//! - `body`: the form on the wire. `say`: what is said, with its status.
//! - `cause`: why something failed below the dialect, and what is said of that.

mod body;
mod cause;
mod say;

use std::{borrow::Cow, time::Duration};

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{extract::Permission, types::ErrorResponse};
use crate::{
    api::{
        body::BodyError,
        refusal::{self, Refusal, Refused, refusals, retry_after},
    },
    auth::AuthError,
    store::StoreError,
};

/// What a refusal says.
#[derive(Clone, Debug)]
pub(super) struct RestRefusal {
    /// The group of the refusal, or the code of its one error.
    outer: &'static str,
    inner: &'static str,
    message: Cow<'static, str>,
    extra: Extra,
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

pub(super) type BadRequest = refusal::BadRequest<RestRefusal>;
pub(super) type Unauthorized = refusal::Unauthorized<RestRefusal>;
pub(super) type Forbidden = refusal::Forbidden<RestRefusal>;
pub(super) type NotFound = refusal::NotFound<RestRefusal>;
pub(super) type MethodNotAllowed = refusal::MethodNotAllowed<RestRefusal>;
pub(super) type TooLarge = refusal::TooLarge<RestRefusal>;
pub(super) type UnsupportedMediaType = refusal::UnsupportedMediaType<RestRefusal>;
pub(super) type TooManyRequests = refusal::TooManyRequests<RestRefusal>;
pub(super) type InternalError = refusal::InternalError<RestRefusal>;
pub(super) type Unavailable = refusal::Unavailable<RestRefusal>;

refusals! {
    /// Why a caller is not let in.
    pub(super) enum CallerError: RestRefusal, from AuthError {
        Unauthorized,
        Forbidden,
        TooManyRequests,
    }
}

refusals! {
    /// Why a body is of no use, whatever it is for.
    pub(super) enum UnreadBody: RestRefusal, from BodyError {
        BadRequest,
        TooLarge,
        UnsupportedMediaType,
    }
}

impl Refusal for RestRefusal {
    const EXAMPLE: &'static str = "refused";

    fn respond(self, status: StatusCode) -> Response {
        let extra = self.extra;
        let mut response = (status, Json(ErrorResponse::from(self))).into_response();
        if let Extra::RetryAfter(wait) = extra {
            response.headers_mut().insert(header::RETRY_AFTER, retry_after(wait));
        }
        response
    }

    fn schema(_: StatusCode) -> &'static str {
        "ErrorResponse"
    }

    fn too_large(_: usize) -> TooLarge {
        Self::unparsed()
    }

    fn incomplete() -> BadRequest {
        Self::not_json()
    }

    fn no_path() -> NotFound {
        Self::new("CMN-120", "Invalid URI")
    }

    fn no_method() -> MethodNotAllowed {
        Self::new("CMN-202", "Operation is not supported")
    }

    fn internal() -> InternalError {
        Self::new("CMN-203", "Internal Server Error")
    }

    fn unavailable(error: &StoreError) -> Unavailable {
        Self::new("CMN-211", error.to_string())
    }

    fn usual(status: StatusCode) -> (&'static str, Self) {
        match status {
            StatusCode::UNAUTHORIZED => ("There is no token, or it is not valid.", Self::unknown_token().0),
            StatusCode::FORBIDDEN => {
                ("The application or the user may not do this.", Self::app_lacks(Permission::ReadPresence).0)
            }
            StatusCode::NOT_FOUND => (
                "There is no such account or extension for the caller to see.",
                Self::not_found("extensionId").0,
            ),
            StatusCode::PAYLOAD_TOO_LARGE => ("The request body is too large.", Self::too_large(0).0),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                ("The body is not declared as JSON.", Self::not_json_type().0)
            }
            StatusCode::TOO_MANY_REQUESTS => (
                "The caller made too many calls of this rate group.",
                Self::too_many_requests(Duration::ZERO).0,
            ),
            StatusCode::SERVICE_UNAVAILABLE => (
                "The server starts, or its store cannot be used at present. Nothing was changed.",
                Self::unavailable(&StoreError::Opening).0,
            ),
            _ => ("A parameter is not valid.", Self::invalid("page").0),
        }
    }
}

/// A refusal of any status: of fallbacks, over the socket and within notifications, where no type says which statuses
/// there are.
#[derive(Debug)]
pub(super) struct RestFailure {
    status: StatusCode,
    said: RestRefusal,
}

impl RestFailure {
    /// A refusal whose outer code is that of its one error.
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, said: RestRefusal::saying(code, message) }
    }

    pub(super) fn not_found(parameter: &'static str) -> Self {
        RestRefusal::not_found(parameter).into()
    }

    pub(super) fn invalid(parameter: &'static str) -> Self {
        RestRefusal::invalid(parameter).into()
    }

    pub(super) fn not_among(parameter: &'static str, accepted: &'static [&'static str]) -> Self {
        RestRefusal::not_among(parameter, accepted).into()
    }

    pub(super) fn no_such_path() -> Self {
        RestRefusal::no_path().into()
    }

    /// The same in other words.
    pub(super) fn saying(mut self, message: String) -> Self {
        self.said.message = message.into();
        self
    }

    /// The code and text that name a refusal within another answer.
    pub(super) fn named(&self) -> (&'static str, String) {
        (self.said.inner, self.said.message.clone().into_owned())
    }
}

impl<const STATUS: u16> From<Refused<RestRefusal, STATUS>> for RestFailure {
    fn from(Refused(said): Refused<RestRefusal, STATUS>) -> Self {
        Self { status: Refused::<RestRefusal, STATUS>::status(), said }
    }
}

impl IntoResponse for RestFailure {
    fn into_response(self) -> Response {
        refusal::respond(self.said, self.status)
    }
}
