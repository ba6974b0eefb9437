//! What requests carry, checked in this order: token, rate, path, scope, permission, ids, parameters, body.

use std::{convert::Infallible, marker::PhantomData};

use axum::{
    body::Body,
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::{
    error::RestFailure,
    rate::{Grouped, RateGroup},
    socket::sessions::OnSocket,
};
use crate::{
    api::{body, origin},
    app::App,
    auth::{self, AuthError},
    directory::{Extension, Scope, User},
};

/// Whoever calls: an extension of a telephone account, through an application, in rate group `G`.
pub(super) struct Caller<G> {
    /// The caller's entry in the directory, which has an extension.
    pub(super) user: User,
    pub(super) extension: Extension,
    token: auth::Caller,
    group: PhantomData<G>,
}

/// What an operation needs: of the application and of the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Permission {
    ReadAccounts,
    ReadPresence,
    EditPresence,
}

impl Permission {
    /// The name of what applications are given.
    pub(super) fn of_app(self) -> &'static str {
        match self {
            Self::ReadAccounts => "ReadAccounts",
            Self::ReadPresence => "ReadPresence",
            Self::EditPresence => "EditPresence",
        }
    }

    /// The name of what users are given.
    pub(super) fn of_user(self) -> &'static str {
        match self {
            Self::ReadAccounts => "ReadExtensionInfo",
            Self::ReadPresence => "ReadPresenceStatus",
            Self::EditPresence => "EditPresenceSettings",
        }
    }
}

/// The token's user, whether they have an extension or not. Who asks over a socket was known when it was opened.
fn token(parts: &Parts, app: &App) -> Result<auth::Caller, RestFailure> {
    if let Some(OnSocket { caller, .. }) = parts.extensions.get() {
        return Ok(caller.clone());
    }
    let token = auth::token(&parts.headers, parts.uri.query(), true).map_err(|error| match error {
        AuthError::Missing if parts.headers.contains_key(header::AUTHORIZATION) => {
            RestFailure::malformed_authorization()
        }
        error => error.into(),
    })?;
    let holder = auth::holder(&app.directory, &token, app.service.now()).map_err(|error| match error {
        AuthError::Unknown if app.directory.was_revoked(&token) => RestFailure::revoked_token(),
        error => error.into(),
    });
    Ok(auth::caller(holder?)?)
}

/// Notes that the request's token is used, for clients that share the refresh token that it came of.
async fn note_use(parts: &Parts, app: &App) {
    if parts.extensions.get::<OnSocket>().is_some() {
        return;
    }
    let Ok(token) = auth::token(&parts.headers, parts.uri.query(), true) else { return };
    if let Err(error) = app.directory.note_use(&token, app.service.now()).await {
        tracing::debug!(%error, "the first use of an access token is not noted");
    }
}

impl<G: Grouped> FromRequestParts<App> for Caller<G> {
    type Rejection = RestFailure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, RestFailure> {
        Self::counted(parts, app, G::GROUP).await
    }
}

impl<G> Caller<G> {
    async fn counted(parts: &Parts, app: &App, group: RateGroup) -> Result<Self, RestFailure> {
        let token = token(parts, app)?;
        let user = app.directory.user(&token.user).ok_or_else(RestFailure::unknown_token)?;
        let extension = user.extension.clone().ok_or_else(RestFailure::no_extension)?;
        group.count(app, parts.extensions.get(), &token.user, &token.device, token.scopes)?;
        note_use(parts, app).await;
        Ok(Self { user, extension, token, group: PhantomData })
    }

    /// What the caller's token grants, and to which application.
    pub(super) fn token(&self) -> &auth::Caller {
        &self.token
    }

    /// Refuses whoever may not do this: the application first, then the user. Editing includes reading.
    pub(super) fn require(&self, permission: Permission) -> Result<(), RestFailure> {
        if !self.app_has(permission) {
            return Err(RestFailure::app_lacks(permission));
        }
        if self.token.guest { Err(RestFailure::user_lacks(permission)) } else { Ok(()) }
    }

    /// Whether the application may do this.
    fn app_has(&self, permission: Permission) -> bool {
        let scopes = self.token.scopes;
        match permission {
            Permission::ReadAccounts => scopes.contains(Scope::Read),
            Permission::ReadPresence => scopes.contains(Scope::Read) || scopes.contains(Scope::Write),
            Permission::EditPresence => scopes.contains(Scope::Write),
        }
    }

    /// Whether both may.
    pub(super) fn has(&self, permission: Permission) -> bool {
        self.app_has(permission) && !self.token.guest
    }

    /// The account that a path names, which can only be the caller's own.
    pub(super) fn account(&self, ids: &PathIds) -> Result<u64, RestFailure> {
        let own = self.extension.account;
        let is_own = ids.account == "~" || ids.account == own.to_string();
        if is_own { Ok(own) } else { Err(RestFailure::not_found("accountId")) }
    }

    /// The extension that an id names: `~` is the caller's own.
    pub(super) fn find(&self, app: &App, id: &str) -> Result<User, RestFailure> {
        if id == "~" {
            return Ok(self.user.clone());
        }
        let number = id.parse().ok().filter(|number: &u64| number.to_string() == id);
        let user = number.and_then(|number| app.directory.extension(self.extension.account, number));
        user.ok_or_else(|| RestFailure::not_found("extensionId"))
    }
}

/// A token was sent that opens something, whatever is called.
pub(super) struct AnyToken;

impl FromRequestParts<App> for AnyToken {
    type Rejection = RestFailure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, RestFailure> {
        token(parts, app).map(|_| Self)
    }
}

/// The ids in the path, as they were written.
#[derive(Debug)]
pub(super) struct PathIds {
    pub(super) account: String,
    /// Empty where the path has none.
    pub(super) extension: String,
}

impl FromRequestParts<App> for PathIds {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Infallible> {
        // As `/restapi/v1.0/account/{accountId}/extension/{extensionId}/…` has them. What is not UTF-8 is the
        // id of nothing.
        let segment = |place: usize| {
            let segment = parts.uri.path().split('/').nth(place).unwrap_or_default();
            percent_decode_str(segment).decode_utf8_lossy().into_owned()
        };
        Ok(Self { account: segment(4), extension: segment(6) })
    }
}

/// The addresses of an account's resources, under the address that the client uses.
#[derive(Clone, Debug)]
pub(super) struct Uris {
    account: String,
}

impl Uris {
    pub(super) fn new(app: &App, headers: &HeaderMap, account: u64) -> Self {
        let origin = origin(&app.config, headers);
        Self { account: format!("{origin}/restapi/v1.0/account/{account}") }
    }

    /// The addresses as they are without a request that tells how a client calls the server.
    pub(super) fn bare(app: &App, account: u64) -> Self {
        Self::new(app, &HeaderMap::new(), account)
    }

    pub(super) fn account_presence(&self) -> String {
        format!("{}/presence", self.account)
    }

    pub(super) fn account(&self) -> &str {
        &self.account
    }

    pub(super) fn extensions(&self) -> String {
        format!("{}/extension", self.account)
    }

    pub(super) fn extension(&self, id: impl std::fmt::Display) -> String {
        format!("{}/extension/{id}", self.account)
    }

    pub(super) fn presence(&self, id: impl std::fmt::Display) -> String {
        format!("{}/extension/{id}/presence", self.account)
    }
}

/// The body of a request, of at most so many bytes: a JSON object, or nothing, which is the same as an empty one.
pub(super) async fn read_object(
    app: &App,
    headers: &HeaderMap,
    body: Body,
    most: usize,
) -> Result<Map<String, Value>, RestFailure> {
    match read_json(app, headers, body, most).await? {
        None => Ok(Map::new()),
        Some(Value::Object(object)) => Ok(object),
        Some(_) => Err(RestFailure::not_json()),
    }
}

/// The body of a request, of at most so many bytes: JSON, or nothing.
pub(super) async fn read_json(
    app: &App,
    headers: &HeaderMap,
    body: Body,
    most: usize,
) -> Result<Option<Value>, RestFailure> {
    let read = body::read(body, most, &app.config.limits).await;
    let bytes = read.map_err(|error| RestFailure::unread_body(&error))?;
    if bytes.is_empty() {
        return Ok(None);
    }
    if !is_json(headers) {
        return Err(RestFailure::not_json_type());
    }
    serde_json::from_slice(&bytes).map(Some).map_err(|_| RestFailure::not_json())
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
}
