//! What requests carry, checked in this order: token, rate, path, scope, permission, ids, parameters, body. It is
//! read before the handler, which refuses what it cannot use: so an operation's refusals are those of its handler.

use std::{convert::Infallible, marker::PhantomData};

use axum::{
    body::Body,
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::{
    error::{CallerError, Forbidden, NotFound, RestRefusal, UnreadBody},
    permission::Permission,
    rate::{Grouped, RateGroup},
};
use crate::{
    api::{body, origin, stub::Limits},
    app::{self, App},
    auth::{self, Accepts, AuthError, Identified},
    directory::{Extension, User},
};

/// Whoever calls: an extension of a telephone account, through an application, in rate group `G`.
pub(super) struct Caller<G> {
    /// The caller's entry in the directory, which has an extension.
    pub(super) user: User,
    pub(super) extension: Extension,
    token: auth::Caller,
    group: PhantomData<G>,
}

/// Whoever opened the socket that a request came over.
#[derive(Clone)]
pub(super) struct SocketCaller(pub(super) auth::Caller);

/// Where this dialect takes tokens.
pub(super) const ACCEPTS: Accepts = Accepts { query: true, app_services: false };

/// The token's user, whether they have an extension or not, and the token, which is none over a socket: who asks
/// there was known when it was opened; and whether somebody else signed it.
async fn token(parts: &Parts, app: &App) -> Result<(auth::Caller, Option<Vec<u8>>, bool), AuthError> {
    if let Some(SocketCaller(caller)) = parts.extensions.get() {
        return Ok((caller.clone(), None, false));
    }
    let Identified { holder, secret, signed } = app.auth.identify(parts, ACCEPTS).await?;
    Ok((auth::Caller::of(holder)?, secret, signed.is_some()))
}

/// Notes that a token is used, for clients that share the refresh token that it came of.
pub(super) async fn note_use(token: &[u8], app: &app::Parts) {
    if let Err(error) = app.directory.note_use(token, app.service.now()).await {
        tracing::debug!(%error, "the first use of an access token is not noted");
    }
}

/// Whoever calls, if they are let in.
pub(super) struct Asker<G>(Result<Caller<G>, CallerError>);

impl<G> Asker<G> {
    /// The caller.
    pub(super) fn caller(self) -> Result<Caller<G>, CallerError> {
        self.0
    }
}

impl<G: Grouped> FromRequestParts<App> for Asker<G> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self(Caller::counted(parts, app, G::GROUP).await))
    }
}

impl<G> Caller<G> {
    async fn counted(parts: &Parts, app: &App, group: RateGroup) -> Result<Self, CallerError> {
        let (token, secret, is_signed) = token(parts, app).await?;
        let user = app.directory.user(&token.user).ok_or_else(RestRefusal::unknown_token)?;
        let extension = match &user.extension {
            Some(extension) => extension.clone(),
            // Logging in again brings no extension: an admin has to.
            None if is_signed => return Err(RestRefusal::extension_lacks().into()),
            None => return Err(RestRefusal::no_extension().into()),
        };
        let counted = group.count(app, parts.extensions.get(), &token.user, &token.device, token.scopes);
        counted.map_err(RestRefusal::too_many_requests)?;
        if let Some(secret) = secret {
            note_use(&secret, app).await;
        }
        Ok(Self { user, extension, token, group: PhantomData })
    }

    /// What the caller's token grants, and to which application.
    pub(super) fn token(&self) -> &auth::Caller {
        &self.token
    }

    /// Refuses whoever may not do this: the application first, then the user. Editing includes reading.
    pub(super) fn require(&self, permission: Permission) -> Result<(), Forbidden> {
        if !self.app_has(permission) {
            return Err(RestRefusal::app_lacks(permission));
        }
        if self.token.guest { Err(RestRefusal::user_lacks(permission)) } else { Ok(()) }
    }

    /// Whether the application may do this.
    fn app_has(&self, permission: Permission) -> bool {
        permission.is_granted_by(self.token.scopes)
    }

    /// Whether both may.
    pub(super) fn has(&self, permission: Permission) -> bool {
        self.app_has(permission) && !self.token.guest
    }

    /// The account that a path names, which can only be the caller's own.
    pub(super) fn account(&self, ids: &PathIds) -> Result<u64, NotFound> {
        let own = self.extension.account;
        let is_own = ids.account == "~" || ids.account == own.to_string();
        if is_own { Ok(own) } else { Err(RestRefusal::not_found("accountId")) }
    }

    /// Refuses all but the caller's own extension.
    pub(super) fn own(&self, user: &User) -> Result<(), Forbidden> {
        if user.id == self.user.id { Ok(()) } else { Err(RestRefusal::another_extension()) }
    }

    /// The extension that an id names: `~` is the caller's own.
    pub(super) fn find(&self, app: &App, id: &str) -> Result<User, NotFound> {
        if id == "~" {
            return Ok(self.user.clone());
        }
        let number = id.parse().ok().filter(|number: &u64| number.to_string() == id);
        let user = number.and_then(|number| app.directory.extension(self.extension.account, number));
        user.ok_or_else(|| RestRefusal::not_found("extensionId"))
    }
}

/// Whether a token was sent that opens something, whatever is called.
pub(super) struct AnyToken(Result<(), AuthError>);

impl AnyToken {
    /// Refuses whoever sent none.
    pub(super) fn required(self) -> Result<(), AuthError> {
        self.0
    }
}

impl FromRequestParts<App> for AnyToken {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self(token(parts, app).await.map(drop)))
    }
}

/// The ids in the path, as they were written.
#[derive(Debug)]
pub(super) struct PathIds {
    pub(super) account: String,
    /// Empty where the path has none.
    pub(super) extension: String,
}

impl<S: Send + Sync> FromRequestParts<S> for PathIds {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        // As `/restapi/v1.0/account/{accountId}/extension/{extensionId}/…` has them.
        Ok(Self { account: segment(parts, 4), extension: segment(parts, 6) })
    }
}

/// The id of a subscription in the path, as it was written.
#[derive(Debug)]
pub(super) struct SubscriptionId(pub(super) String);

impl FromRequestParts<App> for SubscriptionId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Infallible> {
        // As `/restapi/v1.0/subscription/{subscriptionId}` has it.
        Ok(Self(segment(parts, 4)))
    }
}

/// One segment of the path. What is not UTF-8 is the id of nothing.
fn segment(parts: &Parts, place: usize) -> String {
    let segment = parts.uri.path().split('/').nth(place).unwrap_or_default();
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

/// The addresses of an account's resources, under the address that the client uses.
#[derive(Clone, Debug)]
pub struct Uris {
    account: String,
}

impl Uris {
    pub(super) fn new(app: &App, headers: &HeaderMap, account: u64) -> Self {
        Self::at(&origin(&app.config, headers), account)
    }

    /// The same where the address is known.
    pub(super) fn at(origin: &str, account: u64) -> Self {
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

    /// Where an extension is.
    pub fn extension(&self, id: impl std::fmt::Display) -> String {
        format!("{}/extension/{id}", self.account)
    }

    /// Where an extension's presence is.
    pub fn presence(&self, id: impl std::fmt::Display) -> String {
        format!("{}/extension/{id}/presence", self.account)
    }
}

/// The body of a request, of at most so many bytes: a JSON object, or nothing, which is the same as an empty one.
pub(super) async fn read_object(
    app: &App,
    headers: &HeaderMap,
    body: Body,
    most: usize,
) -> Result<Map<String, Value>, UnreadBody> {
    read_object_within(Limits::of(&app.config.limits, most), headers, body).await
}

/// The same within the bounds of a stub.
pub(super) async fn read_object_within(
    limits: Limits,
    headers: &HeaderMap,
    body: Body,
) -> Result<Map<String, Value>, UnreadBody> {
    match read_json_within(limits, headers, body).await? {
        None => Ok(Map::new()),
        Some(Value::Object(object)) => Ok(object),
        Some(_) => Err(RestRefusal::not_json().into()),
    }
}

/// The body of a request: JSON, or nothing.
pub(super) async fn read_json_within(
    limits: Limits,
    headers: &HeaderMap,
    body: Body,
) -> Result<Option<Value>, UnreadBody> {
    let bytes = body::read_within(body, limits.body_bytes, limits.body_time).await?;
    if bytes.is_empty() {
        return Ok(None);
    }
    if !is_json(headers) {
        return Err(RestRefusal::not_json_type().into());
    }
    serde_json::from_slice(&bytes).map(Some).map_err(|_| RestRefusal::not_json().into())
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
}
