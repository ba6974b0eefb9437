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
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{permission::Permission, stub::AuthenticateError, types::ErrorResponse};
use crate::{
    api::{
        body::BodyError,
        refusal::{self, Refusal, refusals, retry_after},
    },
    auth::AuthError,
    store::StoreError,
};

/// What a refusal says.
#[derive(Clone, Debug)]
pub struct RestRefusal {
    /// The group of the refusal, or the code of its one error.
    outer: &'static str,
    inner: &'static str,
    message: Cow<'static, str>,
    extra: Extra,
}

/// What a refusal says besides its codes.
#[derive(Clone, Debug)]
enum Extra {
    None,
    Parameter(&'static str),
    /// A parameter, and the values that it takes.
    Choice(&'static str, &'static [&'static str]),
    Permission(&'static str),
    RetryAfter(Duration),
    /// What the connection has to become.
    Upgrade(HeaderValue),
}

pub type BadRequest = refusal::BadRequest<RestRefusal>;
pub type Unauthorized = refusal::Unauthorized<RestRefusal>;
pub type Forbidden = refusal::Forbidden<RestRefusal>;
pub type NotFound = refusal::NotFound<RestRefusal>;
pub(super) type MethodNotAllowed = refusal::MethodNotAllowed<RestRefusal>;
pub type TooLarge = refusal::TooLarge<RestRefusal>;
pub type UnsupportedMediaType = refusal::UnsupportedMediaType<RestRefusal>;
pub(super) type UpgradeRequired = refusal::UpgradeRequired<RestRefusal>;
pub type TooManyRequests = refusal::TooManyRequests<RestRefusal>;
pub(super) type InternalError = refusal::InternalError<RestRefusal>;
pub type Unavailable = refusal::Unavailable<RestRefusal>;

refusals! {
    /// Why a caller is not let in.
    pub(super) enum CallerError: RestRefusal, from AuthenticateError, AuthError {
        Unauthorized,
        Forbidden,
        TooManyRequests,
        Unavailable,
    }
}

refusals! {
    /// Why a body is of no use, whatever it is for.
    pub enum UnreadBody: RestRefusal, from BodyError {
        BadRequest,
        TooLarge,
        UnsupportedMediaType,
    }
}

impl Refusal for RestRefusal {
    const EXAMPLE: &'static str = "refused";

    fn respond(self, status: StatusCode) -> Response {
        let extra = self.extra.clone();
        let mut response = (status, Json(ErrorResponse::from(self))).into_response();
        let headers = response.headers_mut();
        match extra {
            Extra::RetryAfter(wait) => drop(headers.insert(header::RETRY_AFTER, retry_after(wait))),
            Extra::Upgrade(protocol) => {
                headers.insert(header::UPGRADE, protocol);
                headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
            }
            Extra::None | Extra::Parameter(_) | Extra::Choice(..) | Extra::Permission(_) => {}
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

    fn unanswerable(why: String) -> BadRequest {
        Self::new("CMN-101", why)
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
            StatusCode::UPGRADE_REQUIRED => {
                ("The request is not one for a WebSocket.", Self::web_sockets_alone().0)
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
