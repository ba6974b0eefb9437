use std::{fmt::Display, str::FromStr};

use axum::{
    extract::{FromRequest, FromRequestParts, Query, RawPathParams, Request},
    http::request::Parts,
};
use serde::{Deserialize, de::DeserializeOwned};
use uuid::Uuid;

use super::error::Failure;
use crate::{
    api::body,
    app::App,
    auth::{self, AuthError},
    directory::{Holder, Scope, TokenId},
    id::{RoomId, UserId},
    service::Viewer,
};

fn holder(parts: &Parts, app: &App) -> Result<Holder, AuthError> {
    let token = auth::token(&parts.headers, None, false)?;
    auth::holder(&app.directory, &token, app.service.now())
}

/// The admin token was sent.
pub(super) struct Admin;

impl FromRequestParts<App> for Admin {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        match holder(parts, app)? {
            Holder::Admin => Ok(Self),
            _ => Err(Failure::forbidden("this needs the admin token")),
        }
    }
}

/// Whoever may ask for presence: a user's token or the admin token.
pub(super) enum Caller {
    Admin,
    User(auth::Caller),
}

impl FromRequestParts<App> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        Ok(Self::of(holder(parts, app)?)?)
    }
}

/// Whoever may follow presence: besides the header, the token may stand in the query, since browsers set
/// no headers on a stream. It is kept, so that it can be checked as long as the stream lasts.
pub(super) struct Follower {
    pub(super) caller: Caller,
    /// The name of the token, which the stream ends with.
    pub(super) token: TokenId,
}

impl FromRequestParts<App> for Follower {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let token = auth::token(&parts.headers, parts.uri.query(), true)?;
        let holder = auth::holder(&app.directory, &token, app.service.now())?;
        Ok(Self { caller: Caller::of(holder)?, token: TokenId::of(&token) })
    }
}

/// Whoever may report for other users: a token with the scope `gateway`, or the admin token.
pub(super) struct Gateway;

impl FromRequestParts<App> for Gateway {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        if let Caller::User(caller) = Caller::from_request_parts(parts, app).await? {
            caller.require(Scope::Gateway)?;
        }
        Ok(Self)
    }
}

impl Caller {
    fn of(holder: Holder) -> Result<Self, AuthError> {
        match holder {
            Holder::Admin => Ok(Self::Admin),
            user => Ok(Self::User(auth::caller(user)?.refuse_guests()?)),
        }
    }

    /// The user; an admin is none.
    pub(super) fn user(&self) -> Option<&UserId> {
        match self {
            Self::Admin => None,
            Self::User(caller) => Some(&caller.user),
        }
    }

    /// Whose eyes to read with, if the caller may read.
    pub(super) fn viewer(&self) -> Result<Viewer<'_>, AuthError> {
        match self {
            Self::Admin => Ok(Viewer::Admin),
            Self::User(caller) => {
                caller.require(Scope::Read)?;
                Ok(Viewer::User(&caller.user))
            }
        }
    }

    /// Refuses everybody but the admin and the user themselves, with `scope`.
    pub(super) fn require_self(&self, user: &UserId, scope: Scope) -> Result<(), Failure> {
        match self {
            Self::Admin => Ok(()),
            Self::User(caller) if caller.user == *user => Ok(caller.require(scope)?),
            Self::User(_) => Err(Failure::forbidden("this is for the user themselves and the admin")),
        }
    }
}

async fn path_text(parts: &mut Parts, app: &App, name: &str) -> Result<String, Failure> {
    let params = RawPathParams::from_request_parts(parts, app)
        .await
        .map_err(|_| Failure::invalid("the path is not UTF-8"))?;
    let found = params.iter().find(|(key, _)| *key == name);
    Ok(found.map(|(_, value)| value.to_owned()).unwrap_or_default())
}

async fn path_id<T: FromStr<Err: Display>>(parts: &mut Parts, app: &App, name: &str) -> Result<T, Failure> {
    let text = path_text(parts, app, name).await?;
    text.parse().map_err(|error| Failure::invalid(format!("{name}: {error}")))
}

/// The `{userId}` of the path.
pub(super) struct UserPath(pub(super) UserId);

impl FromRequestParts<App> for UserPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        path_id(parts, app, "userId").await.map(Self)
    }
}

/// The `{observerId}` of the path.
pub(super) struct ObserverPath(pub(super) UserId);

impl FromRequestParts<App> for ObserverPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        path_id(parts, app, "observerId").await.map(Self)
    }
}

/// The `{roomId}` of the path.
pub(super) struct RoomPath(pub(super) RoomId);

impl FromRequestParts<App> for RoomPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        path_id(parts, app, "roomId").await.map(Self)
    }
}

/// The `{tokenId}` of the path.
pub(super) struct TokenPath(pub(super) TokenId);

impl FromRequestParts<App> for TokenPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        path_text(parts, app, "tokenId").await.map(|text| Self(TokenId::from(text)))
    }
}

/// The `{subscriptionId}` of the path.
pub(super) struct SubscriptionPath(pub(super) Uuid);

impl FromRequestParts<App> for SubscriptionPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        path_id(parts, app, "subscriptionId").await.map(Self)
    }
}

/// The `{userId}` and `{callId}` of the path.
pub(super) struct CallPath {
    pub(super) user: UserId,
    pub(super) call: String,
}

impl FromRequestParts<App> for CallPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let user = path_id(parts, app, "userId").await?;
        let call = path_text(parts, app, "callId").await?;
        if call.is_empty() || call.len() > 255 || call.chars().any(char::is_control) {
            return Err(Failure::invalid(
                "callId: has to be from 1 to 255 bytes, without control characters",
            ));
        }
        Ok(Self { user, call })
    }
}

/// Which page of a listing: `after` is the last id of the page before.
#[derive(Debug, Deserialize)]
pub(super) struct Paging {
    pub(super) after: Option<String>,
    #[serde(default = "Paging::default_limit")]
    pub(super) limit: usize,
}

impl Paging {
    pub(super) const MOST: usize = 1_000;

    fn default_limit() -> usize {
        100
    }
}

impl FromRequestParts<App> for Paging {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Failure> {
        let Query(paging) =
            Query::<Self>::try_from_uri(&parts.uri).map_err(|error| Failure::invalid(error.body_text()))?;
        if !(1..=Self::MOST).contains(&paging.limit) {
            return Err(Failure::invalid(format!("limit: has to be from 1 to {}", Self::MOST)));
        }
        Ok(paging)
    }
}

/// The body, read as JSON whatever its content type says.
pub(super) struct JsonBody<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<App> for JsonBody<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        let limits = &app.config.limits;
        let body = body::read(request.into_body(), limits.bulk_body_bytes, limits)
            .await
            .map_err(|error| Failure::unread_body(&error, limits.bulk_body_bytes))?;
        serde_json::from_slice(&body).map(Self).map_err(|error| Failure::invalid(format!("body: {error}")))
    }
}
