//! Presence as presenced itself tells it: of one user, or of many in a call.

use axum::{Json, body::Body, extract::State};

use super::{
    error::{BadRequest, ProblemRefusal},
    extract::{AccessError, Asker, Ids, JsonError, read_json},
    types::{PresenceQuery, PresenceQueryResult, PresenceState, UserPresence},
};
use crate::{
    api::refusal::refusals,
    app::App,
    id::UserId,
    presence::{Presence, State as CoreState, Timestamp},
    service::ReadError,
    store::StoreError,
};

refusals! {
    /// Why a user's presence is not told.
    pub(super) enum GetPresenceError: ProblemRefusal, from AccessError, ReadError {
        /// The id is not valid.
        BadRequest => ProblemRefusal::invalid("userId: a user id starts with `@`"),
        Unauthorized,
        Forbidden,
        /// There is no such user, or the caller may not see them.
        NotFound => ProblemRefusal::not_found("there is no such user, or the caller may not see them"),
        TooLarge,
        Unavailable,
    }
}

refusals! {
    /// Why the presence of users is not told.
    pub(super) enum QueryPresenceError: ProblemRefusal, from AccessError, JsonError, StoreError {
        /// The body is not valid, or names too many users.
        BadRequest => ProblemRefusal::invalid("users: at most 1000 in one call"),
        Unauthorized,
        Forbidden,
        TooLarge,
        Unavailable,
    }
}

impl PresenceQuery {
    fn read(&self, most: usize) -> Result<Vec<UserId>, BadRequest> {
        if self.users.len() > most {
            return Err(ProblemRefusal::invalid(format!("users: at most {most} in one call")));
        }
        let parse = |text: &String| {
            text.parse().map_err(|error| ProblemRefusal::invalid(format!("users: {text:?}: {error}")))
        };
        self.users.iter().map(parse).collect()
    }
}

impl From<CoreState> for PresenceState {
    fn from(state: CoreState) -> Self {
        match state {
            CoreState::Offline => Self::Offline,
            CoreState::Unavailable => Self::Unavailable,
            CoreState::Online => Self::Online,
            CoreState::Busy => Self::Busy,
        }
    }
}

impl From<PresenceState> for CoreState {
    fn from(state: PresenceState) -> Self {
        match state {
            PresenceState::Offline => Self::Offline,
            PresenceState::Unavailable => Self::Unavailable,
            PresenceState::Online => Self::Online,
            PresenceState::Busy => Self::Busy,
        }
    }
}

impl UserPresence {
    pub(super) fn new(user: &UserId, presence: &Presence) -> Self {
        Self {
            user_id: user.as_str().to_owned(),
            state: presence.state.into(),
            currently_active: presence.currently_active,
            last_active_at: presence.last_active.map(Timestamp::as_millis),
            status: presence.status.as_deref().map(str::to_owned),
        }
    }
}

/// Get one user's presence.
#[utoipa::path(
    get,
    path = "/presenced/v1/users/{userId}/presence",
    operation_id = "getUserPresence",
    params(("userId" = String, Path, description = "The user's id.", example = "@alice:example.com")),
    security(("bearer" = [])),
    tag = "Presence",
    responses(
        (status = 200, description = "The user's presence.", body = UserPresence,
            examples(("response" = (value = json!({"userId": "@alice:example.com", "state": "online",
                "currentlyActive": true, "lastActiveAt": 1_767_603_600_000_u64}))))),
        GetPresenceError,
    ),
)]
pub(super) async fn get_user_presence(
    State(app): State<App>,
    asker: Asker,
    ids: Ids,
) -> Result<Json<UserPresence>, GetPresenceError> {
    let caller = asker.caller()?;
    let user: UserId = ids.get("userId")?;
    let presence = app.service.get(caller.viewer()?, &user, app.service.now()).await?;
    Ok(Json(UserPresence::new(&user, &presence)))
}

/// Get the presence of many users.
///
/// Whom the caller may not see is listed apart, without telling why.
#[utoipa::path(
    post,
    path = "/presenced/v1/presence/query",
    operation_id = "queryPresence",
    request_body(content = PresenceQuery, description = "Whose presence to tell."),
    security(("bearer" = [])),
    tag = "Presence",
    responses(
        (status = 200, description = "The presence of those that the caller may see.",
            body = PresenceQueryResult),
        QueryPresenceError,
    ),
)]
pub(super) async fn query_presence(
    State(app): State<App>,
    asker: Asker,
    body: Body,
) -> Result<Json<PresenceQueryResult>, QueryPresenceError> {
    let caller = asker.caller()?;
    let viewer = caller.viewer()?;
    let query: PresenceQuery = read_json(&app, body).await?;
    let users = query.read(app.config.limits.bulk_users)?;
    let asked: Vec<&UserId> = users.iter().collect();
    let answers = app.service.get_many(viewer, &asked, app.service.now()).await?;
    let mut result = PresenceQueryResult { presence: Vec::new(), unavailable: Vec::new() };
    for (user, answer) in users.iter().zip(answers) {
        match answer {
            Ok(presence) => result.presence.push(UserPresence::new(user, &presence)),
            Err(_) => result.unavailable.push(user.as_str().to_owned()),
        }
    }
    Ok(Json(result))
}
