//! `GET /sync`: presence, and nothing else, at once or as soon as there is news.
//! Source: <https://spec.matrix.org/v1.10/client-server-api/#get_matrixclientv3sync>

use std::{convert::Infallible, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::{RawQuery, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;

use super::{
    config::Matrix,
    error::{BadRequest, MatrixRefusal},
    extract::Asker,
    filter::PresenceFilter,
    types::{PresenceEvent, PresenceEvents, PresenceState, SyncResponse},
};
use crate::{
    api::refusal::refusals,
    app::App,
    auth::{Access, AuthError, Caller},
    directory::Scope,
    id::UserId,
    limit::TooManyStreams,
    presence::{Presence, State as CoreState},
    service::{Turn, UpdateError, View, Viewer, WatchList, Watcher},
    store::StoreError,
};

refusals! {
    /// Why no news is told.
    pub(super) enum SyncError: MatrixRefusal, from AuthError, UpdateError, StoreError {
        /// A parameter is not valid.
        BadRequest => MatrixRefusal::invalid_param("`timeout` is not a number of milliseconds"),
        Unauthorized,
        /// The token does not allow this.
        Forbidden,
        TooLarge,
        /// Too many requests wait, of this user or in all.
        TooManyRequests => MatrixRefusal::too_many_streams(TooManyStreams::User),
        Unavailable,
    }
}

/// What a `/sync` asks for.
#[derive(Debug)]
struct Query {
    since: Option<u64>,
    timeout: Duration,
    full_state: bool,
    /// What the connection says of the device; none if it says nothing.
    set_presence: Option<CoreState>,
    filter: PresenceFilter,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            since: None,
            timeout: Duration::ZERO,
            full_state: false,
            set_presence: Some(CoreState::Online),
            filter: PresenceFilter::default(),
        }
    }
}

impl Query {
    fn parse(query: &str, app: &App, caller: &Caller) -> Result<Self, BadRequest> {
        let mut parsed = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "since" => parsed.since = Some(position(&value)?),
                "timeout" => {
                    let timeout =
                        value.parse().map_err(|_| invalid("timeout", "a number of milliseconds"))?;
                    parsed.timeout = Duration::from_millis(timeout);
                }
                "full_state" => {
                    parsed.full_state = value.parse().map_err(|_| invalid("full_state", "true or false"))?;
                }
                "set_presence" => {
                    let state = PresenceState::from_name(&value, false)
                        .ok_or_else(|| invalid("set_presence", "online, offline or unavailable"))?;
                    parsed.set_presence =
                        Some(state.into_core()).filter(|state| *state != CoreState::Offline);
                }
                "filter" => parsed.filter = PresenceFilter::from_parameter(&value, app, &caller.user)?,
                _ => {}
            }
        }
        Ok(parsed)
    }
}

fn invalid(name: &str, accepted: &str) -> BadRequest {
    MatrixRefusal::invalid_param(format!("`{name}` is not {accepted}"))
}

/// The number in a token of ours.
fn position(token: &str) -> Result<u64, BadRequest> {
    let digits = token.strip_prefix('p').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    digits
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| invalid("since", "a token that this server gave out"))
}

fn token(position: u64) -> String {
    format!("p{position}")
}

/// Follow the presence of everybody whom the caller may see.
///
/// Without `since`, or with `full_state`, the answer has everybody who is not offline, at once. With
/// `since` it has whoever changed after it or came in sight, as they are now; when there is nobody, it
/// waits for news up to `timeout`. While it waits the caller's device counts as connected, in the state of
/// `set_presence`.
#[utoipa::path(
    get,
    path = "/sync",
    operation_id = "sync",
    params(
        ("since" = Option<String>, Query, description = "The `next_batch` of an earlier answer.",
            example = "p1767603600000000"),
        ("timeout" = Option<i64>, Query, description = "How long to wait for news, in milliseconds.",
            minimum = 0, example = 1_000),
        ("full_state" = Option<bool>, Query, description = "Whether to tell of everybody again.",
            example = false),
        ("set_presence" = Option<PresenceState>, Query,
            description = "The state of the device while it is connected. With `offline` the connection \
                says nothing of the device.",
            example = "offline"),
        ("filter" = Option<String>, Query, description = "The id of a filter, or a filter as JSON.",
            example = "e30"),
    ),
    security(("accessToken" = []), ("accessTokenBearer" = [])),
    tag = "Following",
    responses(
        (status = 200, description = "The news, if there is any.", body = SyncResponse,
            examples(("response" = (value = json!({"next_batch": "p1767603600000000", "presence": {"events": [
                {"type": "m.presence", "sender": "@bob:example.com", "content": {"presence": "unavailable",
                    "status_msg": "brb"}}]}}))))),
        SyncError,
    ),
)]
pub(super) async fn sync(
    State(app): State<App>,
    asker: Asker,
    RawQuery(query): RawQuery,
) -> Result<Response, SyncError> {
    let identified = asker.identified()?;
    let access = identified.access();
    let caller = identified.caller()?;
    caller.require(Scope::Read)?;
    let query = Query::parse(query.as_deref().unwrap_or_default(), &app, &caller)?;
    let _permit = app.stream_limit.open(Some(&caller.user)).map_err(MatrixRefusal::too_many_streams)?;
    let _watching = app.metrics.watch("sync");
    let mut watcher = app.service.watch(Viewer::User(&caller.user), WatchList::everyone());
    let connection = match query.set_presence.and_then(|state| Some((state, turn(&app, &caller)?))) {
        Some((state, turn)) => Some(app.service.connect(turn, &caller.device, state).await?),
        None => None,
    };
    let speaks = connection.is_some().then_some(Scope::Write);
    let access = access.needing([Scope::Read].into_iter().chain(speaks).collect());
    // A token of the future is none of this server's feed.
    let response = match query.since.filter(|_| !query.full_state) {
        Some(since) if app.service.has_told(since).await => {
            Written::of(&news(&app, &mut watcher, &query, since, &access).await?).into_response()
        }
        _ => everybody(&app, &mut watcher, &query).await?,
    };
    app.auth.check(&access).await.or_else(unless_of_the_device)?;
    if let Some(connection) = connection {
        connection.close().await?;
    }
    Ok(response)
}

/// Whether the connection counts for the caller's device. If it comes too soon after others it does not,
/// and is answered all the same.
fn turn<'a>(app: &App, caller: &'a Caller) -> Option<Turn<'a>> {
    caller.require(Scope::Write).ok().and_then(|()| app.service.turn_to_connect(&caller.user))
}

/// That the token does not let the device speak any more ends the connection, and is no reason to tell nothing.
fn unless_of_the_device(error: AuthError) -> Result<(), AuthError> {
    if error == AuthError::MissingScope(Scope::Write) { Ok(()) } else { Err(error) }
}

/// What is new after `since`, as soon as there is something. If nothing comes in time, or the server stops, the
/// client goes on from where it was. Whose token ends meanwhile learns that, and nothing else.
async fn news(
    app: &App,
    watcher: &mut Watcher,
    query: &Query,
    since: u64,
    access: &Access,
) -> Result<SyncResponse, SyncError> {
    // Who waits takes no room for this.
    let told = Box::pin(watcher.since(since)).await?;
    if let Some(response) = response(app, query, &told) {
        return Ok(response);
    }
    let coming = async {
        loop {
            if let Some(response) = response(app, query, &watcher.next().await?) {
                return Ok(response);
            }
        }
    };
    let longest = Duration::from_secs(app.config.limits.long_poll_seconds);
    let nothing = SyncResponse { next_batch: token(since), presence: None };
    tokio::select! {
        biased;
        error = app.access_ended(access) => unless_of_the_device(error).map(|()| nothing).map_err(SyncError::from),
        news = coming => news,
        () = tokio::time::sleep(query.timeout.min(longest)) => Ok(nothing),
        () = app.drained() => Ok(nothing),
    }
}

/// The answer with a view; none if there is nothing to tell of it.
fn response(app: &App, query: &Query, view: &View) -> Option<SyncResponse> {
    let events = events(app, query, &view.users);
    let presence = (!events.is_empty()).then_some(PresenceEvents { events })?;
    Some(SyncResponse { next_batch: token(view.token), presence: Some(presence) })
}

/// All users who are not offline, as a [`SyncResponse`]. It is written down part by part: there may be very many.
async fn everybody(app: &App, watcher: &mut Watcher, query: &Query) -> Result<Response, StoreError> {
    let mut first = watcher.first();
    let mut body = Written::begin(&format!(r#"{{"next_batch":"{}""#, token(first.token())));
    let mut is_empty = true;
    while let Some(part) = watcher.go_on(&mut first).await? {
        for event in events(app, query, &part) {
            body.push(if is_empty { br#","presence":{"events":["# } else { b"," });
            body.push(&serde_json::to_vec(&event).expect("an event has a JSON form"));
            is_empty = false;
        }
    }
    body.push(if is_empty { b"}" } else { b"]}}" });
    Ok(body.into_response())
}

/// JSON in pieces, none of which has to be moved to grow.
struct Written {
    pieces: Vec<Bytes>,
    last: Vec<u8>,
}

/// How large a piece gets, in bytes.
const PIECE_BYTES: usize = 64 * 1_024;

impl Written {
    fn begin(text: &str) -> Self {
        Self { pieces: Vec::new(), last: text.into() }
    }

    fn of(response: &SyncResponse) -> Self {
        let last = serde_json::to_vec(response).expect("a response has a JSON form");
        Self { pieces: Vec::new(), last }
    }

    fn push(&mut self, text: &[u8]) {
        self.last.extend_from_slice(text);
        if self.last.len() >= PIECE_BYTES {
            self.pieces.push(std::mem::take(&mut self.last).into());
        }
    }
}

impl IntoResponse for Written {
    fn into_response(mut self) -> Response {
        self.pieces.push(self.last.into());
        let length: usize = self.pieces.iter().map(Bytes::len).sum();
        let body = match <[Bytes; 1]>::try_from(self.pieces) {
            Ok([only]) => Body::from(only),
            Err(pieces) => Body::from_stream(stream::iter(pieces.into_iter().map(Ok::<_, Infallible>))),
        };
        let json = HeaderValue::from_static("application/json");
        ([(header::CONTENT_TYPE, json), (header::CONTENT_LENGTH, length.into())], body).into_response()
    }
}

fn events(app: &App, query: &Query, users: &[(UserId, Presence)]) -> Vec<PresenceEvent> {
    let passing = users.iter().filter(|(user, _)| query.filter.lets_through(user.as_str()));
    let (now, busy) = (app.service.now(), app.config.section::<Matrix>().busy);
    passing.map(|(user, presence)| PresenceEvent::new(user, presence, now, busy)).collect()
}
