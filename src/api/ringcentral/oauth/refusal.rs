//! How logins are refused: as RFC 6749 has it, and for the rest as all of the dialect is.
//! Source: RFC 6749, section 5.2.

use std::time::Duration;

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};

use crate::{
    api::{
        body::BodyError,
        refusal::{
            BadRequest, Cause, InternalError, MethodNotAllowed, NotFound, Refusal, Refused, TooLarge,
            TooManyRequests, Unavailable, refusals,
        },
        ringcentral::{
            error::RestRefusal,
            rate::Refusals,
            types::{OAuthError, OAuthErrorItem},
        },
    },
    app::App,
    directory::DirectoryError,
    store::StoreError,
};

/// What the refusal of a login says.
#[derive(Clone, Debug)]
pub(in crate::api::ringcentral) enum OAuthRefusal {
    /// What the application did is not right.
    OAuth { error: &'static str, code: &'static str, why: String },
    /// Anything else.
    Rest(RestRefusal),
}

refusals! {
    /// Why no user was logged in, or out.
    pub(in crate::api::ringcentral) enum OAuthFailure: OAuthRefusal, from BodyError, DirectoryError, StoreError {
        /// The application, or what it sends, is not valid.
        BadRequest => OAuthRefusal::invalid_client(),
        TooLarge,
        /// The application asked too often.
        TooManyRequests,
        Unavailable,
    }
}

impl OAuthFailure {
    /// The same after it was counted, if it tells that nothing was proven; where that came too often, the refusal of
    /// more.
    pub(super) fn counted(self, app: &App, refusals: Refusals) -> Self {
        match self {
            Self::BadRequest(Refused(OAuthRefusal::OAuth { .. })) => match refusals.count(app) {
                Ok(()) => self,
                Err(wait) => OAuthRefusal::too_many_requests(wait).into(),
            },
            other => other,
        }
    }

    /// What people are told.
    pub(super) fn why(&self) -> &str {
        let (Self::BadRequest(Refused(said))
        | Self::TooLarge(Refused(said))
        | Self::TooManyRequests(Refused(said))
        | Self::Unavailable(Refused(said))) = self;
        match said {
            OAuthRefusal::OAuth { why, .. } => why,
            OAuthRefusal::Rest(said) => said.message(),
        }
    }
}

impl OAuthRefusal {
    pub(super) fn oauth(error: &'static str, code: &'static str, why: impl Into<String>) -> BadRequest<Self> {
        Refused(Self::OAuth { error, code, why: why.into() })
    }

    pub(super) fn invalid_client() -> BadRequest<Self> {
        Self::oauth("invalid_client", "OAU-123", "The application is not known, or its secret is wrong")
    }

    pub(super) fn too_many_requests(wait: Duration) -> TooManyRequests<Self> {
        RestRefusal::too_many_requests(wait).into()
    }
}

impl<const STATUS: u16> From<Refused<RestRefusal, STATUS>> for Refused<OAuthRefusal, STATUS> {
    fn from(Refused(said): Refused<RestRefusal, STATUS>) -> Self {
        Self(OAuthRefusal::Rest(said))
    }
}

impl Cause<OAuthRefusal, OAuthFailure> for DirectoryError {
    fn refuse(self) -> OAuthFailure {
        match self {
            Self::Store(error) => error.refuse(),
            Self::TokenSpent => OAuthFailure::unknown_refresh_token(),
            // The user has as many tokens as are allowed, or was removed this moment.
            error => OAuthFailure::invalid_grant("OAU-140", error.to_string()),
        }
    }
}

impl Cause<OAuthRefusal, OAuthFailure> for StoreError {
    fn refuse(self) -> OAuthFailure {
        OAuthRefusal::unavailable(&self).into()
    }
}

impl Refusal for OAuthRefusal {
    const EXAMPLE: &'static str = RestRefusal::EXAMPLE;

    fn respond(self, status: StatusCode) -> Response {
        match self {
            Self::Rest(said) => said.respond(status),
            Self::OAuth { error, code, why } => {
                let errors = vec![OAuthErrorItem { error_code: code, message: why.clone() }];
                (status, Json(OAuthError { error, error_description: why, errors })).into_response()
            }
        }
    }

    fn schema(status: StatusCode) -> &'static str {
        if status == StatusCode::BAD_REQUEST { "OAuthError" } else { RestRefusal::schema(status) }
    }

    fn too_large(limit: usize) -> TooLarge<Self> {
        RestRefusal::too_large(limit).into()
    }

    fn incomplete() -> BadRequest<Self> {
        Self::oauth("invalid_request", "CMN-103", "The request did not arrive in full")
    }

    fn unanswerable(why: String) -> BadRequest<Self> {
        Self::oauth("invalid_request", "CMN-101", why)
    }

    fn no_path() -> NotFound<Self> {
        RestRefusal::no_path().into()
    }

    fn no_method() -> MethodNotAllowed<Self> {
        RestRefusal::no_method().into()
    }

    fn internal() -> InternalError<Self> {
        RestRefusal::internal().into()
    }

    fn unavailable(error: &StoreError) -> Unavailable<Self> {
        RestRefusal::unavailable(error).into()
    }

    fn usual(status: StatusCode) -> (&'static str, Self) {
        let (description, said) = RestRefusal::usual(status);
        (description, Self::Rest(said))
    }
}
