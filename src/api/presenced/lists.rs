//! Presence lists: who may see a user without a shared room, because the user agreed to it. Users are
//! invited and dropped by the list of Matrix r0; here they see that, and answer. Nothing of this is there
//! where `presence.lists` is off.

use std::fmt::Display;

use axum::{Json, extract::State, http::StatusCode};

use super::{
    error::{NotFound, ProblemRefusal},
    extract::{AccessError, Ids},
    stub::{AuthenticateError, Caller, Known, presence_lists::PresenceLists},
    types::{ListEntry, PresenceList, Standing, UserIdOrMe, UserIdText},
};
use crate::{
    api::{refusal::refusals, stub::Stub},
    directory::{Scope, Standing as CoreStanding},
    id::UserId,
    service::Listing,
    store::StoreError,
};

refusals! {
    /// Why it is not told what presence lists say of a user.
    pub enum GetListError: ProblemRefusal, from AuthenticateError, AccessError {
        /// The id is not valid.
        BadRequest => ProblemRefusal::invalid("userId: a user id starts with `@`"),
        Unauthorized,
        Forbidden => ProblemRefusal::forbidden(AccessError::NotOneself),
        /// There is no such user, or presence lists are off.
        NotFound => ProblemRefusal::no_user(&"@dave:example.com"),
        TooLarge,
        Unavailable,
    }
}

refusals! {
    /// Why an observer was neither accepted nor turned down. Nothing was changed.
    pub enum ObserverError: ProblemRefusal, from AuthenticateError, AccessError, StoreError {
        /// An id is not valid.
        BadRequest => ProblemRefusal::invalid("observerId: a user id starts with `@`"),
        Unauthorized,
        Forbidden => ProblemRefusal::forbidden(AccessError::NotOneself),
        /// There is no such invitation, or presence lists are off.
        NotFound => no_invitation(&"@dave:example.com"),
        TooLarge,
        TooManyRequests,
        Unavailable,
    }
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
        Self { user_id: user.into(), standing: Standing::from(standing).into() }
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
    params(("userId" = inline(UserIdOrMe), Path, description = "The user's id, or `me` for the caller's own.", example = "@alice:example.com")),
    security(("bearer" = [])),
    tag = "Presence lists",
    responses(
        (status = 200, description = "The entries that the user has part in.", body = PresenceList,
            examples(("response" = (value = json!({"observed": [],
                "observers": [{"userId": "@carol:example.com", "standing": "pending"}]}))))),
        GetListError,
    ),
)]
pub(super) async fn get_presence_list(
    State(stub): State<Stub<dyn PresenceLists>>,
    known: Known<dyn PresenceLists>,
    ids: Ids,
) -> Result<Json<PresenceList>, GetListError> {
    let caller = known.caller()?;
    let user = ids.user::<GetListError>(&caller)?;
    caller.may_for(&user, Scope::Read)?;
    Ok(Json(stub.backend.get_presence_list(&caller, &user).await?))
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
        ("userId" = inline(UserIdOrMe), Path, description = "The invited user's id, or `me` for the caller's own.", example = "@alice:example.com"),
        ("observerId" = inline(UserIdText), Path, description = "Whose invitation to accept.",
            example = "@carol:example.com"),
    ),
    security(("bearer" = [])),
    tag = "Presence lists",
    responses(
        (status = 200, description = "The observer sees the user.", body = ListEntry,
            examples(("response" = (value = json!({"userId": "@carol:example.com",
                "standing": "accepted"}))))),
        ObserverError,
    ),
)]
pub(super) async fn accept_observer(
    State(stub): State<Stub<dyn PresenceLists>>,
    known: Known<dyn PresenceLists>,
    ids: Ids,
) -> Result<Json<ListEntry>, ObserverError> {
    let (caller, user, observer) = own_invitation(known, &ids)?;
    Ok(Json(stub.backend.accept_observer(&caller, &user, &observer).await?))
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
        ("userId" = inline(UserIdOrMe), Path, description = "The invited user's id, or `me` for the caller's own.", example = "@alice:example.com"),
        ("observerId" = inline(UserIdText), Path, description = "Whose invitation to end.",
            example = "@carol:example.com"),
    ),
    security(("bearer" = [])),
    tag = "Presence lists",
    responses(
        (status = 204, description = "The invitation has ended."),
        ObserverError,
    ),
)]
pub(super) async fn deny_observer(
    State(stub): State<Stub<dyn PresenceLists>>,
    known: Known<dyn PresenceLists>,
    ids: Ids,
) -> Result<StatusCode, ObserverError> {
    let (caller, user, observer) = own_invitation(known, &ids)?;
    stub.backend.deny_observer(&caller, &user, &observer).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The caller, the invited user, who is the caller unless an admin answers for them, and the observer.
fn own_invitation(
    known: Known<dyn PresenceLists>,
    ids: &Ids,
) -> Result<(Caller, UserId, UserId), ObserverError> {
    let caller = known.caller()?;
    let user = ids.user::<ObserverError>(&caller)?;
    let observer = ids.get("observerId")?;
    caller.may_for(&user, Scope::Write)?;
    Ok((caller, user, observer))
}

pub(super) fn no_invitation(observer: &impl Display) -> NotFound {
    ProblemRefusal::not_found(format!("there is no invitation of {observer}"))
}
