//! `/metrics`, and the figures on it that are not counted as things happen.

mod census;

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing,
};

pub(super) use self::census::count;
use crate::{
    app::App,
    auth::{Accepts, AuthError},
    directory::Holder,
};

/// The form that is written for those who ask for it. Source: the OpenMetrics specification, version 1.0.
const OPEN_METRICS: &str = "application/openmetrics-text";
const OPEN_METRICS_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The form that every tool reads.
/// Source: <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>
const TEXT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The figures for callers with the admin token.
pub(super) fn guarded(app: &App) -> Router {
    Router::new().route("/metrics", routing::get(get_guarded)).with_state(app.clone())
}

/// The figures and nothing else, for every client that can reach them.
pub(super) fn alone(app: &App) -> Router {
    let get = async |State(app): State<App>, headers: HeaderMap| answer(&app, &headers);
    Router::new().route("/metrics", routing::get(get)).with_state(app.clone())
}

async fn get_guarded(State(app): State<App>, headers: HeaderMap, uri: Uri) -> Response {
    let identified = app.auth.identify_by(&headers, &uri, Accepts::default()).await;
    let refusal = match identified.map(|identified| identified.holder) {
        Ok(Holder::Admin) => return answer(&app, &headers),
        Ok(_) => "this needs the admin token".to_owned(),
        Err(AuthError::Missing) => return refuse("", &AuthError::Missing.to_string()),
        Err(error) => error.to_string(),
    };
    refuse(", error=\"invalid_token\"", &refusal)
}

/// Another token than the admin's is as good as none: scrapers know 401.
fn refuse(error: &str, why: &str) -> Response {
    let challenge = format!("Bearer realm=\"presenced\"{error}");
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, challenge)], format!("{why}\n")).into_response()
}

/// All figures as they are now, as text.
pub fn text(app: &App) -> String {
    let families = &app.metrics.families;
    let whole = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let (counts, store) = (app.directory.counts(), app.service.store_figures());
    families.tokens.set(whole(counts.tokens));
    families.rooms.set(whole(counts.rooms));
    families.records.set(whole(store.records));
    families.ready.set(i64::from(app.ready().is_ok()));
    families.store_queue.set(whole(store.queue));
    families.watermark_lag.set(app.service.watermark_lag().as_secs_f64());
    families.most_connections.set(whole(app.config.limits.connections));
    app.metrics.text()
}

fn answer(app: &App, headers: &HeaderMap) -> Response {
    let text = text(app);
    let mut accepted = headers.get_all(header::ACCEPT).iter().filter_map(|accept| accept.to_str().ok());
    let vary = (header::VARY, "Accept");
    if accepted.any(|accept| accept.contains(OPEN_METRICS)) {
        return ([(header::CONTENT_TYPE, OPEN_METRICS_TYPE), vary], text).into_response();
    }
    ([(header::CONTENT_TYPE, TEXT_TYPE), vary], as_plain(&text)).into_response()
}

/// OpenMetrics in the older form, which says of a counter by the name of its sample what it is, and has no last line.
fn as_plain(text: &str) -> String {
    let counters: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter")).collect();
    let line = |line: &str| match line.splitn(4, ' ').collect::<Vec<_>>()[..] {
        ["#", about, name, rest] if counters.contains(&name) => format!("# {about} {name}_total {rest}\n"),
        _ => format!("{line}\n"),
    };
    text.lines().filter(|line| *line != "# EOF").map(line).collect()
}
