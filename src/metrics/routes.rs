//! `/metrics`.

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing,
};

use crate::{
    app::App,
    auth::{Accepts, AuthError},
    directory::Holder,
};

/// The form that is written. Source: the OpenMetrics specification, version 1.0.
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The figures for whoever has the admin token.
pub(crate) fn guarded(app: &App) -> Router {
    Router::new().route("/metrics", routing::get(get_guarded)).with_state(app.clone())
}

/// The figures and nothing else, for everybody who can reach them.
pub(crate) fn alone(app: &App) -> Router {
    let get = async |State(app): State<App>| answer(&app);
    Router::new().route("/metrics", routing::get(get)).with_state(app.clone())
}

async fn get_guarded(State(app): State<App>, headers: HeaderMap, uri: Uri) -> Response {
    let identified = app.auth.identify_by(&headers, &uri, Accepts::default()).await;
    match identified.map(|identified| identified.holder) {
        Ok(Holder::Admin) => answer(&app),
        Ok(_) => (StatusCode::FORBIDDEN, "This needs the admin token.\n").into_response(),
        Err(error) => {
            let is_missing = error == AuthError::Missing;
            let challenge = if is_missing {
                "Bearer realm=\"presenced\""
            } else {
                "Bearer realm=\"presenced\", error=\"invalid_token\""
            };
            (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, challenge)], format!("{error}\n"))
                .into_response()
        }
    }
}

fn answer(app: &App) -> Response {
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], app.metrics.text(app)).into_response()
}
