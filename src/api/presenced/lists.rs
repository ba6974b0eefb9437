//! Presence lists: who may see a user without a shared room, because the user agreed to it. Users are
//! invited and dropped by the list of Matrix r0; here they see that, and answer. Nothing of this is there
//! where `presence.lists` is off.

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    error::{Failure, Problem, WithToken},
    extract::{Caller, ObserverPath, UserPath},
};
use crate::{
    app::App,
    directory::{Scope, Standing as CoreStanding},
    id::UserId,
    service::Listing,
};

/// How far an entry of a presence list has come: `pending` until the invited user accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(example = "pending")]
pub enum Standing {
    Pending,
    Accepted,
}

/// The other user of an entry, and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListEntry {
    #[schema(example = "@carol:example.com")]
    pub user_id: String,
    pub standing: Standing,
}

/// What presence lists say of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PresenceList {
    /// Whom the user invited to be seen by them, in the order of their ids.
    pub observed: Vec<ListEntry>,
    /// Who invited the user, in the order of their ids. Who is accepted sees the user.
    pub observers: Vec<ListEntry>,
}

impl From<CoreStanding> for Standing {
    fn from(standing: CoreStanding) -> Self {
        match standing {
            CoreStanding::Pending => Self::Pending,
            CoreStanding::Accepted => Self::Accepted,
        }
    }
}

impl From<(UserId, CoreStanding)> for ListEntry {
    fn from((user, standing): (UserId, CoreStanding)) -> Self {
        Self { user_id: user.into(), standing: standing.into() }
    }
}

impl From<Listing> for PresenceList {
    fn from(listing: Listing) -> Self {
        let entries = |all: Vec<_>| all.into_iter().map(ListEntry::from).collect();
        Self { observed: entries(listing.observed), observers: entries(listing.observers) }
    }
}

/// Get what presence lists say of a user.
///
/// Those whom the user invited, and those by whom the user was invited. A stream of changes tells of it as
/// it changes.
#[utoipa::path(
    get,
    path = "/presenced/v1/users/{userId}/presence-list",
    operation_id = "getPresenceList",
    params(("userId" = String, Path, description = "The user's id.", example = "@alice:example.com")),
    security(("bearer" = [])),
    tag = "Presence lists",
    responses(
        (status = 200, description = "The entries that the user has part in.", body = PresenceList,
            examples(("response" = (value = json!({"observed": [],
                "observers": [{"userId": "@carol:example.com", "standing": "pending"}]}))))),
        (status = 400, description = "The id is not valid.", body = Problem,
            content_type = "application/problem+json"),
        (status = 404, description = "There is no such user, or presence lists are off.", body = Problem,
            content_type = "application/problem+json"),
        WithToken,
    ),
)]
pub(super) async fn get_presence_list(
    State(app): State<App>,
    caller: Caller,
    UserPath(user): UserPath,
) -> Result<Json<PresenceList>, Failure> {
    caller.require_self(&user, Scope::Read)?;
    if !app.directory.knows(&user) {
        return Err(Failure::not_found(format!("there is no user {user}")));
    }
    Ok(Json(app.service.listing(&user).into()))
}

/// Let an observer see one.
///
/// Needs an invitation of the observer's. From then on they see the user's presence, whether they share a
/// room or not, until one of the two ends it. Doing it again changes nothing.
#[utoipa::path(
    put,
    path = "/presenced/v1/users/{userId}/observers/{observerId}",
    operation_id = "acceptObserver",
    params(
        ("userId" = String, Path, description = "The invited user's id.", example = "@alice:example.com"),
        ("observerId" = String, Path, description = "Whose invitation to accept.",
            example = "@carol:example.com"),
    ),
    security(("bearer" = [])),
    tag = "Presence lists",
    responses(
        (status = 200, description = "The observer sees the user.", body = ListEntry,
            examples(("response" = (value = json!({"userId": "@carol:example.com",
                "standing": "accepted"}))))),
        (status = 400, description = "An id is not valid.", body = Problem,
            content_type = "application/problem+json"),
        (status = 404, description = "There is no such invitation, or presence lists are off.",
            body = Problem, content_type = "application/problem+json"),
        WithToken,
    ),
)]
pub(super) async fn accept_observer(
    State(app): State<App>,
    caller: Caller,
    UserPath(user): UserPath,
    ObserverPath(observer): ObserverPath,
) -> Result<Json<ListEntry>, Failure> {
    caller.require_self(&user, Scope::Write)?;
    match app.service.accept_observer(&user, &observer).await? {
        true => Ok(Json((observer, CoreStanding::Accepted).into())),
        false => Err(no_invitation(&observer)),
    }
}

/// Turn an observer down, before or after having accepted.
///
/// Ends their invitation. If it was accepted, they see nothing more of the user from then on, unless they
/// share a room. They may invite the user again.
#[utoipa::path(
    delete,
    path = "/presenced/v1/users/{userId}/observers/{observerId}",
    operation_id = "denyObserver",
    params(
        ("userId" = String, Path, description = "The invited user's id.", example = "@alice:example.com"),
        ("observerId" = String, Path, description = "Whose invitation to end.",
            example = "@carol:example.com"),
    ),
    security(("bearer" = [])),
    tag = "Presence lists",
    responses(
        (status = 204, description = "The invitation has ended."),
        (status = 400, description = "An id is not valid.", body = Problem,
            content_type = "application/problem+json"),
        (status = 404, description = "There is no such invitation, or presence lists are off.",
            body = Problem, content_type = "application/problem+json"),
        WithToken,
    ),
)]
pub(super) async fn deny_observer(
    State(app): State<App>,
    caller: Caller,
    UserPath(user): UserPath,
    ObserverPath(observer): ObserverPath,
) -> Result<StatusCode, Failure> {
    caller.require_self(&user, Scope::Write)?;
    match app.service.deny_observer(&user, &observer).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(no_invitation(&observer)),
    }
}

fn no_invitation(observer: &UserId) -> Failure {
    Failure::not_found(format!("there is no invitation of {observer}"))
}
