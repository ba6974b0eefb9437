//! Presence of all users, of one user, and setting one's own.

use axum::{
    extract::{Request, State},
    response::Response,
};

use super::{
    caller::AuthenticateError,
    error::PnutRefusal,
    exchange::OnEveryCall,
    request::{Exchange, Target},
    stub::{Presence, Unread},
    types::{PresenceAnswer, PresenceList, PresenceUpdate, UserPresence},
    update::{SetPresenceError, Update},
};
use crate::{
    api::{refusal::refusals, stub::Stub},
    auth::AuthError,
    service::ReadError,
    store::StoreError,
};

refusals! {
    /// Why it is not told who is present.
    pub enum ListPresenceError: PnutRefusal, from AuthenticateError, AuthError, StoreError {
        Unauthorized,
        Forbidden,
        TooManyRequests,
        Unavailable,
    }
}

refusals! {
    /// Why a user's presence is not told.
    pub enum GetPresenceError: PnutRefusal, from AuthenticateError, AuthError, ReadError {
        /// Under `/v1`: the id is of the wrong kind.
        BadRequest => PnutRefusal::wrong_id(),
        Unauthorized,
        /// The token has no scope at all, is a guest's, or an app's that asks for `me`.
        Forbidden,
        NotFound,
        TooManyRequests,
        Unavailable,
    }
}

fn answer(exchange: &Exchange, data: UserPresence) -> Response {
    exchange.layout.answer(&PresenceAnswer { meta: exchange.meta(), data })
}

/// List everybody who is present.
///
/// Everybody of this server who is not offline, the caller too: those first whose presence was set last,
/// those whose was never set at the end, and higher ids before lower ones.
#[utoipa::path(
    get,
    path = "/presence",
    operation_id = "listPresence",
    params(OnEveryCall),
    security(("bearer" = []), ("accessToken" = [])),
    tag = "Presence",
    responses(
        (status = 200, description = "Everybody who is not offline.", body = PresenceList,
            examples(("response" = (value = json!({"meta": {"code": 200}, "data": [
                {"id": "1", "username": "alice", "name": "Alice", "presence": "on the train",
                    "last_seen_at": "2026-01-05T09:03:41Z"},
                {"id": "2", "username": "bob", "presence": "online"}]}))))),
        ListPresenceError,
    ),
)]
pub(super) async fn list_presence(
    State(stub): State<Stub<dyn Presence>>,
    exchange: Exchange,
) -> Result<Response, ListPresenceError> {
    let exchange = exchange.reading()?;
    let items = stub.backend.list_presence(&exchange.caller).await?;
    let empty = PresenceList { meta: exchange.meta(), data: Vec::new() };
    Ok(exchange.layout.list(&empty, items))
}

/// Get one user's presence.
///
/// Somebody hidden reads as somebody who was never there.
#[utoipa::path(
    get,
    path = "/users/{user_id}/presence",
    operation_id = "getPresence",
    params(
        ("user_id" = String, Path, description = "The user: a number, `@username` in any letter case, or `me`.",
            example = "me"),
        OnEveryCall,
    ),
    security(("bearer" = []), ("accessToken" = [])),
    tag = "Presence",
    responses(
        (status = 200, description = "The user's presence.", body = PresenceAnswer,
            examples(("response" = (value = json!({"meta": {"code": 200}, "data":
                {"id": "3", "username": "carol", "presence": "offline"}}))))),
        GetPresenceError,
    ),
)]
pub(super) async fn get_presence(
    State(stub): State<Stub<dyn Presence>>,
    exchange: Exchange,
    target: Target,
) -> Result<Response, GetPresenceError> {
    let exchange = exchange.reading()?;
    let user = target.user::<GetPresenceError>(&exchange)?;
    let presence = stub.backend.get_presence(&exchange.caller, &user).await?;
    Ok(answer(&exchange, presence))
}

/// Get one user's presence, under another path.
///
/// What pnut-butter asks.
#[utoipa::path(
    get,
    path = "/presence/{user_id}",
    operation_id = "getPresenceByAlias",
    params(
        ("user_id" = String, Path, description = "The user: a number, `@username` in any letter case, or `me`.",
            example = "me"),
        OnEveryCall,
    ),
    security(("bearer" = []), ("accessToken" = [])),
    tag = "Presence",
    responses(
        (status = 200, description = "The user's presence.", body = PresenceAnswer,
            examples(("response" = (value = json!({"meta": {"code": 200, "updated_presence": true}, "data":
                {"id": "2", "username": "bob", "presence": "online",
                    "last_seen_at": "2026-01-05T08:52:10Z"}}))))),
        GetPresenceError,
    ),
)]
pub(super) async fn get_presence_by_alias(
    stub: State<Stub<dyn Presence>>,
    exchange: Exchange,
    target: Target,
) -> Result<Response, GetPresenceError> {
    get_presence(stub, exchange, target).await
}

/// Set one's own presence.
///
/// It holds for 15 minutes, or what is configured, or until it is set again; under `/v1` it may have an end of
/// its own. The value is in the body, as form data or JSON, or in the query; without any, or with `online`, the
/// user is online without a text. A JSON object is taken for one whatever its content type.
/// `update_presence` in the query comes before both.
#[utoipa::path(
    put,
    path = "/users/{user_id}/presence",
    operation_id = "setPresence",
    params(
        ("user_id" = String, Path, description = "The caller: `me`, or their own number or `@username`.",
            example = "me"),
        ("presence" = Option<String>, Query, description = "The value, if the body has none: `on the train`, \
            for example.", max_length = 100),
        ("expiration" = Option<i64>, Query, description = "When it is to end, if the body does not say it."),
        OnEveryCall,
    ),
    request_body(
        description = "The value. An empty body, or none, leaves it to the query.",
        content(
            (PresenceUpdate = "application/x-www-form-urlencoded"),
            (PresenceUpdate = "application/json"),
            (String = "application/octet-stream", example = "presence=keep well"),
        ),
    ),
    security(("bearer" = []), ("accessToken" = [])),
    tag = "Presence",
    responses(
        (status = 200, description = "The presence now.", body = PresenceAnswer,
            examples(("response" = (value = json!({"meta": {"code": 200}, "data": {"id": "1",
                "username": "alice", "presence": "on the train", "last_seen_at": "2026-01-05T09:03:41Z"}}))))),
        SetPresenceError,
    ),
)]
pub(super) async fn set_presence(
    State(Stub { backend, limits }): State<Stub<dyn Presence>>,
    exchange: Exchange,
    target: Target,
    request: Request,
) -> Result<Response, SetPresenceError> {
    exchange.caller.updater()?;
    let user = target.user::<SetPresenceError>(&exchange)?;
    let update = match &exchange.update {
        Some(done) => done.clone().map(|()| None)?,
        None => Some(Unread::new(Update::from_request(limits, exchange.version, request))),
    };
    let presence = backend.set_presence(&exchange.caller, &user, update).await?;
    Ok(answer(&exchange, presence))
}
