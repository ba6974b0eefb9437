//! `/presenced/v1/changes`: presence as it changes, pushed as Server-Sent Events.
//! Source: <https://html.spec.whatwg.org/multipage/server-sent-events.html>

mod stream;

use std::collections::BTreeSet;

use axum::{
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderName},
    response::{IntoResponse, Response, Sse},
};
use serde::{
    Deserialize,
    de::{IntoDeserializer, value::Error as ValueError},
};
use serde_json::{Value, json};
use utoipa::openapi::{OpenApi, Ref, RefOr, Response as ResponseDoc};

use self::stream::ChangeStream;
use super::{
    error::{BadRequest, ProblemRefusal},
    extract::{AccessError, Follower},
    types::ConnectedState,
};
use crate::{
    api::refusal::refusals, app::App, id::UserId, limit::TooManyStreams, presence::State as CoreState,
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
            let events = [("presence", "UserPresence"), ("presence-list", "PresenceList")];
            let events = events.map(|(name, schema)| (name.to_owned(), json!(Ref::from_schema_name(schema))));
            media.extensions =
                Some([("x-events", Value::Object(events.into_iter().collect()))].into_iter().collect());
        }
    }
}

/// What a stream is asked for.
#[derive(Debug, Default)]
struct Query {
    /// Whom to tell of; none: everybody whom the caller may see.
    users: Option<BTreeSet<UserId>>,
    /// What the stream says of the caller's device while it lasts; none: nothing.
    state: Option<CoreState>,
}

impl Query {
    fn parse(query: &str, most_users: usize) -> Result<Self, BadRequest> {
        let mut parsed = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "users" => parsed.users.get_or_insert_default().extend(users(&value)?),
                "state" => parsed.state = Some(state(&value)?),
                _ => {}
            }
        }
        if parsed.users.as_ref().is_some_and(|users| users.len() > most_users) {
            return Err(ProblemRefusal::invalid(format!("users: at most {most_users} in one stream")));
        }
        Ok(parsed)
    }
}

fn users(list: &str) -> Result<Vec<UserId>, BadRequest> {
    let parse = |text: &str| {
        text.parse().map_err(|error| ProblemRefusal::invalid(format!("users: {text:?}: {error}")))
    };
    list.split(',').map(parse).collect()
}

fn state(name: &str) -> Result<CoreState, BadRequest> {
    match ConnectedState::deserialize(name.into_deserializer()) {
        Ok(ConnectedState::Online) => Ok(CoreState::Online),
        Ok(ConnectedState::Unavailable) => Ok(CoreState::Unavailable),
        Err(error) => Err(ProblemRefusal::invalid(format!("state: {}", ValueError::to_string(&error)))),
    }
}

/// The token to go on from, if the client has one. An empty one is none, as it is in a stream.
fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, BadRequest> {
    let Some(value) = headers.get("last-event-id").filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let digits = value.to_str().ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let number = digits.and_then(|digits| digits.parse().ok());
    number
        .map(Some)
        .ok_or_else(|| ProblemRefusal::invalid("Last-Event-ID: is not an id that this server gave out"))
}

/// Follow presence as it changes.
///
/// A stream of Server-Sent Events, one for each user whose presence changed, as it is now: a slow reader
/// gets fewer events, never outdated ones. It starts with everybody who is not offline and, offline or
/// not, everybody named in `users`. Each event has the name `presence`; its data is a `UserPresence` on
/// one line:
///
/// ```text
/// event: presence
/// data: {"userId":"@alice:example.com","state":"online","currentlyActive":true}
/// id: 1767603600000000
/// ```
///
/// Where presence lists are on, a user's stream of everybody also has events with the name
/// `presence-list`: one at the start, if there are entries that the caller has part in, and one whenever
/// such an entry is made, accepted or ended. Their data is a `PresenceList`, whole and as it is now.
///
/// Events that go out together have one id, on the last of them. Who sends it as `Last-Event-ID` goes on
/// from there, with the same `users`: nothing is missed, and only what changed is sent. Comments show that
/// the stream is alive. It ends when the token does, and when the server stops. A page that waits for the whole answer,
/// as Swagger UI does, shows nothing of it: try it with `curl -N`.
#[utoipa::path(
    get,
    path = "/presenced/v1/changes",
    operation_id = "streamChanges",
    params(
        ("users" = Option<Vec<String>>, Query, style = Form, explode = false,
            description = "Whom to tell of, with commas between or repeated; everybody whom the caller may see \
                if left out. Users whom the caller may not see are passed over until that changes.",
            max_items = 1000, example = json!(["@alice:example.com", "@bob:example.com"])),
        ("state" = inline(Option<ConnectedState>), Query,
            description = "What the stream says of the caller's device while it lasts; nothing if left out. \
                It needs the scope `write`.",
            example = "online"),
        ("Last-Event-ID" = Option<String>, Header, nullable = false,
            description = "The last id that the client has seen.",
            example = "1767603600000000"),
    ),
    security(("bearer" = []), ("accessToken" = [])),
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
    RawQuery(query): RawQuery,
) -> Result<Response, ChangesError> {
    let (caller, token) = follower.caller()?;
    caller.viewer()?;
    let query = Query::parse(query.as_deref().unwrap_or_default(), app.config.limits.bulk_users)?;
    let last = last_event_id(&headers)?;
    if query.state.is_some() {
        caller.speaker()?;
    }
    // The user's own limit first: whoever is over it takes nothing from others.
    let permit = app.stream_limit.open(caller.user())?;
    app.new_stream_limit.check(&()).map_err(ProblemRefusal::too_many_new_streams)?;
    let stream = ChangeStream::start(app, permit, &caller, token, query, last).await?;
    // nginx keeps back what it proxies unless it is told.
    let unbuffered = [(HeaderName::from_static("x-accel-buffering"), "no")];
    Ok((unbuffered, Sse::new(stream.events())).into_response())
}
