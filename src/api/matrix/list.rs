//! `POST` and `GET /_matrix/client/r0/presence/list/{userId}`: whom the caller asked to be allowed to see.
//! Invited users answer in presenced's own API; the specification never had a way for clients to do so.
//! Source: <https://matrix.org/docs/spec/client_server/r0.4.0.html>; removed in r0.5.0.

use axum::{Json, body::Body, extract::State};
use serde_json::{Map, Value};

use super::{
    error::{BadRequest, MatrixRefusal},
    extract::{AuthenticateError, Target, UnreadBody, read_within},
    stub::{Known, Unread, presence_lists::PresenceLists},
    types::{Empty, ListedEvent, PresenceListUpdate},
};
use crate::{
    api::{refusal::refusals, stub::Stub},
    auth::AuthError,
    directory::DirectoryError,
    id::UserId,
    store::StoreError,
};

pub(super) const OWN_ALONE: &str = "You can only have a presence list of your own";

refusals! {
    /// Why a presence list was not changed.
    pub enum ModifyListError: MatrixRefusal, from AuthenticateError, AuthError, UnreadBody, DirectoryError {
        /// The user is not the caller, or the body is not valid. Nothing was changed.
        BadRequest => MatrixRefusal::invalid_param(OWN_ALONE),
        Unauthorized,
        /// The token does not allow this.
        Forbidden,
        /// The body is too large, or the list would be. Nothing was changed.
        TooLarge,
        TooManyRequests,
        Unavailable,
    }
}

refusals! {
    /// Why a presence list is not told.
    pub enum GetListError: MatrixRefusal, from AuthenticateError, AuthError, StoreError {
        /// The user is not the caller.
        BadRequest => MatrixRefusal::invalid_param(OWN_ALONE),
        Unauthorized,
        /// The token does not allow this.
        Forbidden,
        TooLarge,
        Unavailable,
    }
}

impl PresenceListUpdate {
    fn parse(body: &[u8]) -> Result<Self, BadRequest> {
        let body: Value = serde_json::from_slice(body)
            .map_err(|error| MatrixRefusal::not_json(format!("The body is not JSON: {error}")))?;
        let body =
            body.as_object().ok_or_else(|| MatrixRefusal::bad_json("The body is not a JSON object"))?;
        Ok(Self { invite: users(body, "invite")?, drop: users(body, "drop")? })
    }
}

fn users(body: &Map<String, Value>, key: &str) -> Result<Vec<UserId>, BadRequest> {
    let Some(value) = body.get(key) else { return Ok(Vec::new()) };
    let entries =
        value.as_array().ok_or_else(|| MatrixRefusal::bad_json(format!("`{key}` is not an array")))?;
    let user = |entry: &Value| {
        let text = entry.as_str();
        text.and_then(|text| text.parse().ok())
            .ok_or_else(|| MatrixRefusal::bad_json(format!("`{key}` holds what is no user id: {entry}")))
    };
    entries.iter().filter(|entry| *entry != "").map(user).collect()
}

/// Invite users to be seen, and drop others.
///
/// An invitation is pending until the invited user accepts it; then the caller sees their presence, without
/// a shared room. Dropping ends it at once. Whether an invited user exists is not told.
#[utoipa::path(
    post,
    path = "/presence/list/{userId}",
    operation_id = "modifyPresenceList",
    params(("userId" = String, Path, description = "The caller.", example = "@alice:example.com")),
    request_body(content = PresenceListUpdate, description = "Whom to invite and whom to drop."),
    security(("accessToken" = []), ("accessTokenBearer" = [])),
    tag = "Presence lists",
    servers((url = "{protocol}://{hostname}{basePath}", variables(
        ("protocol" = (default = "https", enum_values("http", "https"))),
        ("hostname" = (default = "localhost:8008")),
        ("basePath" = (default = "/_matrix/client/r0")),
    ))),
    responses(
        (status = 200, description = "The list was changed.", body = Empty,
            examples(("response" = (value = json!({}))))),
        ModifyListError,
    ),
)]
pub(super) async fn modify_presence_list(
    State(Stub { backend, limits }): State<Stub<dyn PresenceLists>>,
    known: Known<dyn PresenceLists>,
    target: Target,
    body: Body,
) -> Result<Json<Empty>, ModifyListError> {
    let caller = known.caller()?;
    let user = target.text()?;
    let update =
        Unread::new(async move { Ok(PresenceListUpdate::parse(&read_within(limits, body).await?)?) });
    backend.modify_presence_list(&caller, &user, update).await?;
    Ok(Json(Empty {}))
}

/// Get the presence of the users on the caller's list.
///
/// Those who accepted, that is, in the order of their ids.
#[utoipa::path(
    get,
    path = "/presence/list/{userId}",
    operation_id = "getPresenceList",
    params(("userId" = String, Path, description = "The caller.", example = "@alice:example.com")),
    security(("accessToken" = []), ("accessTokenBearer" = [])),
    tag = "Presence lists",
    servers((url = "{protocol}://{hostname}{basePath}", variables(
        ("protocol" = (default = "https", enum_values("http", "https"))),
        ("hostname" = (default = "localhost:8008")),
        ("basePath" = (default = "/_matrix/client/r0")),
    ))),
    responses(
        (status = 200, description = "The presence of each.", body = Vec<ListedEvent>,
            examples(("response" = (value = json!([{"type": "m.presence", "content":
                {"user_id": "@alice:example.com", "presence": "offline", "last_active_ago": 395}}]))))),
        GetListError,
    ),
)]
pub(super) async fn get_presence_list(
    State(stub): State<Stub<dyn PresenceLists>>,
    known: Known<dyn PresenceLists>,
    target: Target,
) -> Result<Json<Vec<ListedEvent>>, GetListError> {
    let caller = known.caller()?;
    let user = target.text()?;
    Ok(Json(stub.backend.get_presence_list(&caller, &user).await?))
}
