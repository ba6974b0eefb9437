//! Rate groups: how often one user of one app may make calls of a kind, as each operation names it.
//! Source: RingCentral's developer guide, "Rate limits".

use std::{
    net::IpAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::{
    extract::{Request, State},
    http::{Extensions, HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use utoipa::openapi::{ObjectBuilder, Type};

use super::{Own, config::RingCentral};
use crate::{
    api::cors,
    app::{App, Parts},
    clock::Clock,
    directory::Scopes,
    id::{DeviceId, UserId},
    limit::{Tally, WindowLimit},
    openapi::HeaderDoc,
    request::{RequestInfo, network},
};

/// The window of what is limited by the minute.
const MINUTE: Duration = Duration::from_secs(60);

/// What is counted of callers.
pub(super) struct RateLimits {
    /// How often one user of one app calls operations of one group.
    groups: WindowLimit,
    /// How often an address brings what does not let anybody in.
    refusals: WindowLimit,
}

impl RateLimits {
    pub(super) fn new(clock: &Arc<dyn Clock>) -> Self {
        let new = || WindowLimit::new(MINUTE, clock.clone());
        Self { groups: new(), refusals: new() }
    }
}

/// A group of operations that share a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateGroup {
    Light,
    Medium,
    Heavy,
    Auth,
}

/// Names a group in a handler's arguments.
pub(super) trait Grouped: Send {
    const GROUP: RateGroup;
}

pub(super) struct Light;
pub(super) struct Medium;
pub(super) struct Heavy;

impl Grouped for Light {
    const GROUP: RateGroup = RateGroup::Light;
}

impl Grouped for Medium {
    const GROUP: RateGroup = RateGroup::Medium;
}

impl Grouped for Heavy {
    const GROUP: RateGroup = RateGroup::Heavy;
}

impl RateGroup {
    fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Medium => "medium",
            Self::Heavy => "heavy",
            Self::Auth => "auth",
        }
    }

    fn limit(self, app: &Parts) -> u32 {
        let limits = &app.config.section::<RingCentral>();
        match self {
            Self::Light => limits.light_per_minute,
            Self::Medium => limits.medium_per_minute,
            Self::Heavy => limits.heavy_per_minute,
            Self::Auth => limits.auth_per_minute,
        }
    }

    /// Counts a call, and notes for the answer's headers where the caller stands; or says how long to wait. A caller
    /// who may do less is counted apart, so that what is refused to them takes nothing from who may do it.
    pub(super) fn count(
        self,
        app: &App,
        note: Option<&Note>,
        user: &UserId,
        client: &DeviceId,
        scopes: Scopes,
    ) -> Result<(), Duration> {
        let Some(tally) = self.tally(app, user, client, scopes) else { return Ok(()) };
        if let Some(Note(note)) = note {
            let _first = note.set((self, tally));
        }
        tally.retry_after.map_or(Ok(()), Err)
    }

    /// Counts a call, if calls are counted.
    pub(super) fn tally(
        self,
        app: &Parts,
        user: &UserId,
        client: &DeviceId,
        scopes: Scopes,
    ) -> Option<Tally> {
        app.config.section::<RingCentral>().rate_limits.then(|| {
            app.own::<Own>().limits.groups.check(
                (user, client, scopes, self.name()),
                self.limit(app),
                Duration::from_secs(app.config.section::<RingCentral>().penalty_seconds),
            )
        })
    }
}

/// Notes for the answer's headers where the caller stands.
pub(super) fn note(extensions: &Extensions, group: RateGroup, tally: Tally) {
    if let Some(Note(note)) = extensions.get() {
        let _first = note.set((group, tally));
    }
}

/// How many calls a minute of one address may bring no proof of an application or of a user.
const REFUSALS_A_MINUTE: u32 = 30;

/// What an address brought that let no caller in. It is counted by nothing that the caller says, so that no one can
/// use up what others have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refusals(Option<IpAddr>);

impl Refusals {
    /// Those of the address that a request comes from, while it may ask.
    pub(super) fn of(app: &App, extensions: &Extensions) -> Result<Self, Duration> {
        if !app.config.section::<RingCentral>().rate_limits {
            return Ok(Self(None));
        }
        let address = network(RequestInfo::client_of(extensions));
        match app.own::<Own>().limits.refusals.shut_out(address) {
            Some(wait) => Err(wait),
            None => Ok(Self(Some(address))),
        }
    }

    /// Counts one more.
    pub(super) fn count(self, app: &App) -> Result<(), Duration> {
        let Some(address) = self.0 else { return Ok(()) };
        let tally = app.own::<Own>().limits.refusals.check(address, REFUSALS_A_MINUTE, MINUTE);
        tally.retry_after.map_or(Ok(()), Err)
    }
}

/// Where the caller stands after this call, once that is known.
#[derive(Clone, Default)]
pub(super) struct Note(Arc<OnceLock<(RateGroup, Tally)>>);

/// Puts on every answer what this dialect has beside its body, and CORS for the origin that asks.
pub(super) async fn headers(State(app): State<App>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let mut response = told(request, next).await;
    if let Some(origin) = origin {
        cors::allow_with_credentials(&app.config.server, &origin, response.headers_mut());
    }
    response
}

/// Puts on every answer what this dialect has beside its body: the rate group, and a charset that clients need.
pub(super) async fn told(mut request: Request, next: Next) -> Response {
    let note = Note::default();
    request.extensions_mut().insert(note.clone());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json") {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=UTF-8"));
    }
    if let Some((group, tally)) = note.0.get() {
        add_tally(headers, *group, *tally);
    }
    response
}

/// The headers that tell where the caller stands.
pub(super) fn documented() -> [HeaderDoc; 4] {
    let groups = ["light", "medium", "heavy", "auth"];
    let group = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(groups));
    let count = || ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0));
    let doc = |name, schema: ObjectBuilder, about| HeaderDoc {
        name,
        schema: schema.build(),
        is_required: false,
        about,
    };
    [
        doc(
            "X-Rate-Limit-Group",
            group,
            "While rate limits are on: with which other calls this one is counted.",
        ),
        doc(
            "X-Rate-Limit-Limit",
            count(),
            "While rate limits are on: how many calls of the group a window has.",
        ),
        doc("X-Rate-Limit-Remaining", count(), "While rate limits are on: how many are left of them."),
        doc("X-Rate-Limit-Window", count(), "While rate limits are on: how long the window is, in seconds."),
    ]
}

fn add_tally(headers: &mut HeaderMap, group: RateGroup, tally: Tally) {
    let lines = [
        ("x-rate-limit-group", HeaderValue::from_static(group.name())),
        ("x-rate-limit-limit", tally.limit.into()),
        ("x-rate-limit-remaining", tally.remaining.into()),
        ("x-rate-limit-window", tally.window.as_secs().into()),
    ];
    for (name, value) in lines {
        headers.insert(HeaderName::from_static(name), value);
    }
}
