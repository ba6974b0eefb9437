//! `/presenced/v1/changes`: presence as it changes, pushed as Server-Sent Events.
//! Source: <https://html.spec.whatwg.org/multipage/server-sent-events.html>

mod events;
mod stream;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderName, header},
    response::{IntoResponse, Response},
};
use serde::{
    Deserialize,
    de::{IntoDeserializer, value::Error as ValueError},
};
use serde_json::{Value, json};
use smol_str::SmolStr;
use utoipa::openapi::{OpenApi, Ref, RefOr, Response as ResponseDoc};

use self::stream::ChangeStream;
use super::{
    error::{BadRequest, ProblemRefusal},
    extract::{AccessError, Follower, Parameters, once},
    types::ConnectedState,
};
use crate::{
    api::refusal::refusals,
    app::App,
    directory::Scope,
    id::{RoomId, UserId},
    limit::TooManyStreams,
    presence::{LONGEST_LABEL, State as CoreState},
    service::WatchList,
    store::StoreError,
};

refusals! {
    /// Why a stream was not opened.
    pub(super) enum ChangesError: ProblemRefusal, from AccessError, TooManyStreams, StoreError {
        /// A parameter is not valid.
        BadRequest => ProblemRefusal::invalid("users: at most 1000 in one stream"),
        Unauthorized,
        Forbidden,
        TooLarge,
        /// The user has as many streams open as one may.
        TooManyRequests => ProblemRefusal::too_many_streams(TooManyStreams::User),
        /// The server starts, or its store cannot be used at present, or the server takes no more streams.
        Unavailable => ProblemRefusal::too_many_streams(TooManyStreams::Server),
    }
}

/// An event as it is on the wire.
const EVENT: &str = "event: presence\n\
    data: {\"userId\":\"@alice:example.com\",\"state\":\"online\",\"currentlyActive\":true,\
    \"lastActiveAt\":1767603600000}\n\
    id: 1767603600000000\n\n";

/// Says what the data of the events are, for programs: OpenAPI itself has no words for it.
pub(super) fn name_events(document: &mut OpenApi) {
    let streams = document.paths.paths.values_mut().filter_map(|item| item.get.as_mut());
    let answers = streams.filter_map(|operation| operation.responses.responses.get_mut("200"));
    for answer in answers {
        let RefOr::T(ResponseDoc { content, .. }) = answer else { continue };
        if let Some(RefOr::T(media)) = content.get_mut("text/event-stream") {
            let events = [
                ("presence", "UserPresence"),
                ("presence-list", "PresenceList"),
                ("snapshot", "PresenceSnapshot"),
                ("gone", "UsersGone"),
                ("expiring", "TokenExpiring"),
                ("end", "StreamEnd"),
            ];
            let events = events.map(|(name, schema)| (name.to_owned(), json!(Ref::from_schema_name(schema))));
            media.extensions =
                Some([("x-events", Value::Object(events.into_iter().collect()))].into_iter().collect());
        }
    }
}

/// What a stream is asked for.
#[derive(Debug, Default)]
struct Query {
    /// Whom to tell of.
    list: WatchList,
    /// Whether it begins with snapshots.
    snapshot: bool,
    /// What the stream says of the caller's device while it lasts; none: nothing.
    state: Option<CoreState>,
    /// What that device is called.
    label: Option<SmolStr>,
    /// The token to go on from.
    last_event_id: Option<u64>,
}

impl Query {
    fn read(parameters: Parameters, most: usize) -> Result<Self, BadRequest> {
        let mut parsed = Self::default();
        let (mut said, mut called, mut snapshot, mut last) = (None, None, None, None);
        parameters.each(|name, value| {
            Some(match name {
                "users" => users(&value).map(|users| parsed.list.users.extend(users)),
                "room" => room(&value).map(|room| parsed.list.rooms.extend([room])),
                "state" => once(&mut said, name, state(&value)),
                "label" => once(&mut called, name, label(&value)),
                "snapshot" => once(&mut snapshot, name, flag(&value)),
                "last_event_id" => once(&mut last, name, last_event_id(&value, name)),
                // They were looked at where the caller was identified.
                "access_token" | "ticket" => Ok(()),
                _ => return None,
            })
        })?;
        (parsed.state, parsed.label) = (said, called);
        parsed.snapshot = snapshot.unwrap_or_default();
        parsed.last_event_id = last.flatten();
        parsed.check(most)?;
        parsed.snapshot |= !parsed.list.is_empty();
        parsed.list.everyone = parsed.list.is_empty();
        Ok(parsed)
    }

    fn check(&self, most: usize) -> Result<(), BadRequest> {
        if self.list.len() > most {
            let what = if self.list.rooms.is_empty() { "users" } else { "users and room" };
            return Err(ProblemRefusal::invalid(format!("{what}: at most {most} in one stream")));
        }
        if self.label.is_some() && self.state.is_none() {
            return Err(ProblemRefusal::invalid("label: there is no state to keep it with"));
        }
        Ok(())
    }
}

fn users(list: &str) -> Result<Vec<UserId>, BadRequest> {
    let parse = |text: &str| {
        text.parse().map_err(|error| ProblemRefusal::invalid(format!("users: {text:?}: {error}")))
    };
    list.split(',').map(parse).collect()
}

fn room(text: &str) -> Result<RoomId, BadRequest> {
    text.parse().map_err(|error| ProblemRefusal::invalid(format!("room: {text:?}: {error}")))
}

fn state(name: &str) -> Result<CoreState, BadRequest> {
    match ConnectedState::deserialize(name.into_deserializer()) {
        Ok(ConnectedState::Online) => Ok(CoreState::Online),
        Ok(ConnectedState::Unavailable) => Ok(CoreState::Unavailable),
        Err(error) => Err(ProblemRefusal::invalid(format!("state: {}", ValueError::to_string(&error)))),
    }
}

fn label(text: &str) -> Result<SmolStr, BadRequest> {
    let is_one = (1..=LONGEST_LABEL).contains(&text.chars().count());
    let refuse =
        || ProblemRefusal::invalid(format!("label: has to have from 1 to {LONGEST_LABEL} characters"));
    is_one.then(|| text.into()).ok_or_else(refuse)
}

fn flag(text: &str) -> Result<bool, BadRequest> {
    text.parse().map_err(|_| ProblemRefusal::invalid("snapshot: has to be true or false"))
}

/// The token to go on from, if the client has one. An empty one is none, as it is in a stream.
fn last_event_id(text: &str, name: &str) -> Result<Option<u64>, BadRequest> {
    if text.is_empty() {
        return Ok(None);
    }
    let number = text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    let refuse = || ProblemRefusal::invalid(format!("{name}: is not an id that this server gave out"));
    number.map(Some).ok_or_else(refuse)
}

/// The same of the header, which a browser sends when it connects again.
fn header_id(headers: &HeaderMap) -> Result<Option<u64>, BadRequest> {
    let value = headers.get("last-event-id");
    // What is no text is no id.
    last_event_id(value.map_or("", |value| value.to_str().unwrap_or("?")), "Last-Event-ID")
}

/// Follow presence as it changes.
///
/// A stream of Server-Sent Events, one for each user whose presence changed, as it is now: a slow reader
/// gets fewer events, never outdated ones. Each has the name `presence`; its data is a `UserPresence` on one line:
///
/// ```text
/// event: presence
/// data: {"userId":"@alice:example.com","state":"online","currentlyActive":true}
/// id: 1767603600000000
/// ```
///
/// With `users`, `room` or `snapshot=true` it starts with one or several events `snapshot`, whose data is a
/// `PresenceSnapshot`: everybody who is not offline and, offline or not, everybody named in `users`. Without, it starts
/// with an event `presence` for everybody who is not offline. Whom the caller may no longer see is told by `gone`, whose
/// data is a `UsersGone`.
///
/// Where presence lists are on, a user's stream of everybody also has events with the name
/// `presence-list`: one at the start, if there are entries that the caller has part in, and one whenever
/// such an entry is made, accepted or ended. Their data is a `PresenceList`, whole and as it is now.
///
/// Events that go out together have one id, on the last of them. Who sends it as `Last-Event-ID` goes on
/// from there, with the same `users` and `room`: nothing is missed, and only what changed is sent. So does
/// `last_event_id` in the address, for a page that makes a new `EventSource`; the header counts more. Where the server
/// does not remember what happened since, it starts anew: what the client knew before counts no more where a `snapshot`
/// comes.
///
/// Comments show that the stream is alive. Before the token ends comes `expiring`, whose data is a `TokenExpiring`. The
/// last event is `end`, whose data is a `StreamEnd`: the token has ended, the server is about to stop, or the client
/// read too slowly. A page that waits for the whole answer, as Swagger UI does, shows nothing of it: try it with
/// `curl -N`.
#[utoipa::path(
    get,
    path = "/presenced/v1/changes",
    operation_id = "streamChanges",
    params(
        ("users" = Option<Vec<String>>, Query, style = Form, explode = false,
            description = "Whom to tell of, with commas between or repeated; without users and rooms it is everybody \
                whom the caller may see. Users whom the caller may not see are passed over until that changes.",
            max_items = 1000, example = json!(["@alice:example.com", "@bob:example.com"])),
        ("room" = Option<Vec<String>>, Query,
            description = "Rooms whose members to tell of, repeated, whoever joins later among them. Rooms that the \
                caller is not in are passed over until that changes.",
            max_items = 1000, example = json!(["!lobby:example.com"])),
        ("snapshot" = Option<bool>, Query,
            description = "Whether to start with snapshots, where neither users nor rooms are named. With them it does.",
            example = true),
        ("state" = inline(Option<ConnectedState>), Query,
            description = "What the stream says of the caller's device while it lasts; nothing if left out. \
                It needs the scope `write`.",
            example = "online"),
        ("label" = Option<String>, Query, description = "What that device is called.", min_length = 1,
            max_length = 32, example = "web"),
        ("last_event_id" = Option<String>, Query,
            description = "The last id that the client has seen, for clients that cannot send the header.",
            example = "1767603600000000"),
        ("Last-Event-ID" = Option<String>, Header, nullable = false,
            description = "The last id that the client has seen.",
            example = "1767603600000000"),
    ),
    security(("bearer" = []), ("accessToken" = []), ("ticket" = [])),
    tag = "Presence",
    responses(
        (status = 200, description = "The changes, for as long as the client takes them.", body = String,
            content_type = "text/event-stream",
            examples(("event" = (summary = "One event", value = json!(EVENT))))),
        ChangesError,
    ),
)]
pub(super) async fn stream_changes(
    State(app): State<App>,
    follower: Follower,
    headers: HeaderMap,
    parameters: Parameters,
) -> Result<Response, ChangesError> {
    let (caller, access) = follower.caller()?;
    caller.viewer()?;
    let query = Query::read(parameters, app.config.limits.bulk_users)?;
    let last = header_id(&headers)?.or(query.last_event_id);
    if query.state.is_some() {
        caller.speaker()?;
    }
    let speaks = query.state.map(|_| Scope::Write);
    let access = access.needing([Scope::Read].into_iter().chain(speaks).collect());
    // The user's own limit first: a user who is over it takes nothing from others.
    let permit = app.stream_limit.open(caller.user())?;
    app.new_stream_limit.check(&()).map_err(ProblemRefusal::too_many_new_streams)?;
    let stream = ChangeStream::start(app, permit, &caller, access, query, last).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        // nginx keeps back what it proxies unless it is told.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, Body::from_stream(stream.bytes())).into_response())
}
