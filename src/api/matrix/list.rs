//! `POST` and `GET /_matrix/client/r0/presence/list/{userId}`: whom the caller asked to be allowed to see.
//! Invited users answer in presenced's own API; the specification never had a way for clients to do so.
//! Source: <https://matrix.org/docs/spec/client_server/r0.4.0.html>; removed in r0.5.0.

use axum::{Json, body::Body, extract::State};
use serde_json::{Map, Value};

use super::config::Matrix;
use super::{
    error::{BadRequest, MatrixRefusal},
    extract::{Asker, Target, read_body},
    types::{Empty, EventType, ListedEvent, ListedPresence, PresenceListUpdate, PresenceStatus},
};
use crate::{
    api::refusal::refusals,
    app::App,
    auth::AuthError,
    directory::{DirectoryError, Scope},
    id::UserId,
    service::Viewer,
    store::StoreError,
};

const OWN_ALONE: &str = "You can only have a presence list of your own";

refusals! {
    /// Why a presence list was not changed.
    pub(super) enum ModifyListError: MatrixRefusal, from AuthError, DirectoryError {
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
    pub(super) enum GetListError: MatrixRefusal, from AuthError, StoreError {
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

/// The caller, if the list is theirs.
fn own_list(target: Option<&UserId>, caller: &UserId) -> Result<(), BadRequest> {
    let refused = || MatrixRefusal::invalid_param(OWN_ALONE);
    (target == Some(caller)).then_some(()).ok_or_else(refused)
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
    State(app): State<App>,
    asker: Asker,
    target: Target,
    body: Body,
) -> Result<Json<Empty>, ModifyListError> {
    let caller = asker.user()?;
    let target = target.user()?;
    caller.require(Scope::Write)?;
    own_list(target.as_ref(), &caller.user)?;
    let turn = app.service.turn(&caller.user).map_err(MatrixRefusal::limit_exceeded)?;
    let update = PresenceListUpdate::parse(&read_body::<ModifyListError>(&app, body).await?)?;
    match app.service.change_list(turn, update.invite, update.drop).await {
        Ok(()) => Ok(Json(Empty {})),
        Err(error @ DirectoryError::ListTooLong(_)) => {
            Err(MatrixRefusal::larger_than_allowed(error.to_string()).into())
        }
        Err(error) => Err(error.into()),
    }
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
    State(app): State<App>,
    asker: Asker,
    target: Target,
) -> Result<Json<Vec<ListedEvent>>, GetListError> {
    let caller = asker.user()?;
    let target = target.user()?;
    caller.require(Scope::Read)?;
    own_list(target.as_ref(), &caller.user)?;
    let now = app.service.now();
    let list = app.directory.list(&caller.user);
    let users: Vec<&UserId> = list.accepted().collect();
    let answers = app.service.get_many(Viewer::User(&caller.user), &users, now).await?;
    // Whoever is hidden is not told of.
    let seen = users.into_iter().zip(answers).filter_map(|(user, answer)| Some((user, answer.ok()?)));
    let event = |(user, presence)| ListedEvent {
        kind: EventType::Presence.into(),
        content: ListedPresence {
            user_id: UserId::as_str(user).to_owned(),
            presence: PresenceStatus::new(&presence, now, app.config.section::<Matrix>().busy),
        },
    };
    Ok(Json(seen.map(event).collect()))
}
