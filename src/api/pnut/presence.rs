//! Presence of everybody, of one user, and setting one's own.

use std::time::{Duration, UNIX_EPOCH};

use axum::{
    extract::{Request, State},
    response::Response,
};

use super::{
    caller::{Exchange, Target},
    error::PnutRefusal,
    exchange::OnEveryCall,
    types::{PresenceAnswer, PresenceList, PresenceUpdate, UserPresence},
    update::{LONGEST, SetPresenceError, Update},
};
use crate::{
    api::refusal::refusals,
    app::App,
    auth::AuthError,
    directory::User,
    id::UserId,
    presence::{Presence, State as CoreState, Text},
    service::ReadError,
    store::StoreError,
};

refusals! {
    /// Why it is not told who is present.
    pub(super) enum ListPresenceError: PnutRefusal, from AuthError, StoreError {
        Unauthorized,
        Forbidden,
        TooManyRequests,
        Unavailable,
    }
}

refusals! {
    /// Why a user's presence is not told.
    pub(super) enum GetPresenceError: PnutRefusal, from AuthError, ReadError {
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

/// The longest name that is shown, in Unicode scalar values.
const LONGEST_NAME: usize = 50;

/// How a presence reads, in one word or in the user's own.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Reading {
    Offline,
    Online,
    Text(Text),
}

/// Somebody who is present: what has to be kept of them until they are written.
struct Present {
    /// When they were last seen, in seconds since the Unix epoch.
    seen: Option<u64>,
    number: u64,
    user: UserId,
    reading: Reading,
}

impl Reading {
    fn of(presence: &Presence) -> Self {
        match &presence.status {
            _ if presence.state == CoreState::Offline => Self::Offline,
            Some(text) if **text != *"offline" => Self::Text(text.clone()),
            // A text of another dialect that would read as the opposite.
            Some(_) | None => Self::Online,
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Offline => "offline".to_owned(),
            Self::Online => "online".to_owned(),
            Self::Text(text) => text.chars().take(LONGEST).collect(),
        }
    }
}

/// How a user's presence reads.
pub(super) fn show(presence: &Presence) -> String {
    Reading::of(presence).show()
}

/// The name that people are shown, as far as this dialect shows it.
pub(super) fn shown_name(user: &User) -> Option<String> {
    let name = user.display_name.as_deref().filter(|name| !name.is_empty())?;
    Some(name.chars().take(LONGEST_NAME).collect())
}

/// A moment in seconds since the Unix epoch, as this dialect writes it.
pub(super) fn date(seconds: u64) -> String {
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds)).to_string()
}

impl Present {
    fn new(user: &User, presence: &Presence) -> Self {
        let seen = presence.last_update.map(|at| at.as_millis() / 1_000);
        Self { seen, number: user.number, user: user.id.clone(), reading: Reading::of(presence) }
    }

    /// The whole of it. The profile of a user who was removed meanwhile is empty.
    fn write(self, profile: Option<User>) -> UserPresence {
        UserPresence {
            id: self.number.to_string(),
            username: self.user.localpart().to_owned(),
            name: profile.as_ref().and_then(shown_name),
            avatar_image: profile.and_then(|user| user.avatar_url),
            presence: self.reading.show(),
            last_seen_at: self.seen.map(date),
        }
    }
}

fn answer(exchange: &Exchange, user: User, presence: &Presence) -> Response {
    let data = Present::new(&user, presence).write(Some(user));
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
    State(app): State<App>,
    exchange: Exchange,
) -> Result<Response, ListPresenceError> {
    let exchange = exchange.reading()?;
    let mut present = Vec::new();
    let keep = |user: &User, presence: Presence| {
        if presence.state != CoreState::Offline {
            present.push(Present::new(user, &presence));
        }
    };
    app.service.visit_openly(exchange.caller.own(), app.service.now(), keep).await?;
    present.sort_unstable_by_key(|one| std::cmp::Reverse((one.seen, one.number)));
    let items = present.into_iter().map(move |one| {
        let profile = app.directory.user(&one.user);
        one.write(profile)
    });
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
    State(app): State<App>,
    exchange: Exchange,
    target: Target,
) -> Result<Response, GetPresenceError> {
    let exchange = exchange.reading()?;
    let user = target.user::<GetPresenceError>(&app, &exchange)?;
    let presence = app.service.get_openly(exchange.caller.own(), &user.id, app.service.now()).await?;
    Ok(answer(&exchange, user, &presence))
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
    app: State<App>,
    exchange: Exchange,
    target: Target,
) -> Result<Response, GetPresenceError> {
    get_presence(app, exchange, target).await
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
    State(app): State<App>,
    exchange: Exchange,
    target: Target,
    request: Request,
) -> Result<Response, SetPresenceError> {
    let caller = exchange.caller.updater()?;
    let user = target.user::<SetPresenceError>(&app, &exchange)?;
    if user.id != caller.user {
        return Err(PnutRefusal::forbidden("Presence can only be set for oneself.").into());
    }
    let presence = match &exchange.update {
        Some(done) => {
            done.clone()?;
            app.service.get_openly(Some(&caller.user), &user.id, app.service.now()).await?
        }
        None => {
            let turn = app.service.turn(&caller.user).map_err(PnutRefusal::too_fast)?;
            let update = Update::from_request::<SetPresenceError>(&app, exchange.version, request).await?;
            let record = update.apply(&app, caller, turn).await?;
            app.service.own_presence(&record, app.service.now())
        }
    };
    Ok(answer(&exchange, user, &presence))
}
