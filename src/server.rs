//! Assembly: all routes of a server, and the loop that serves connections until it is told to stop.

mod addresses;
mod backoff;
mod connections;
mod doing;
mod exchange;
mod handed;
mod listener;
mod preface;
pub(crate) mod proxy;
mod room;
mod starting;
mod strays;
mod tls;
mod write_limit;

use std::{future::pending, io, pin::pin, time::Duration};

use axum::{Router, middleware, routing};
use tokio::{
    signal::unix::{SignalKind, signal},
    time::MissedTickBehavior,
};

pub(crate) use self::addresses::network;
use self::connections::Connections;
#[cfg(feature = "opentelemetry")]
pub(crate) use self::exchange::REQUESTS;
pub use self::{
    listener::Listener,
    starting::starting,
    tls::{Tls, TlsError},
};
use crate::{
    api::{self, body},
    app::App,
    metrics, openapi,
    push::Push,
};

/// How often what time brings is let happen: transitions, and whatever waits for its moment.
const TICK: Duration = Duration::from_millis(250);

/// All routes: the dialects that the configuration names, the documents, and Swagger UI.
pub fn router(app: &App) -> Router {
    let pages = openapi::router(app)
        .merge(if app.config.metrics.address().is_none() { metrics::guarded(app) } else { Router::new() })
        .route("/", routing::get(async || openapi::see_other("swagger-ui/")))
        .layer(middleware::from_fn(body::drained));
    let dialects = api::ALL.into_iter().filter(|dialect| dialect.is_served(&app.config));
    let router = dialects.fold(pages, |router, dialect| router.merge((dialect.router)(app)));
    strays::refused(router, app)
}

/// Serves connections until `shutdown` completes; then takes no more, lets running requests finish for
/// at most the configured grace, makes durable what lags behind, and returns.
pub async fn run(listener: impl Into<Listener>, app: App, shutdown: impl Future<Output = ()>) {
    let listener = listener.into();
    Push::start(&app, &api::voices());
    if let Err(error) = app.auth.app_services.make_senders(&app.directory, app.service.now()).await {
        tracing::error!(%error, "application services could not be given their users");
    }
    let ticking = tokio::spawn(tick(app.clone()));
    let watching = listener.tls.clone().map(|tls| tokio::spawn(tls.watch(app.config.clone())));
    let measured = Some(app.metrics.clone());
    let answering = |listener: &Listener, routes, measured| {
        Connections::new(listener, routes, app.config.clone(), app.clock.clone(), measured)
    };
    let connections = answering(&listener, router(&app), measured);
    let telling = async {
        if let Some(listener) = &listener.metrics {
            let telling = answering(listener, metrics::alone(&app), None);
            telling.serve(listener, app.config.replacements(), pin!(pending())).await;
        }
        pending::<()>().await;
    };
    tokio::pin!(shutdown);
    tokio::select! {
        () = connections.serve(&listener, app.config.replacements(), shutdown) => {}
        () = telling => {}
    }
    tracing::info!("stopping");
    app.drain();
    for task in [Some(ticking), watching].into_iter().flatten() {
        task.abort();
    }
    drop(listener);
    let grace = Duration::from_secs(app.config.server.shutdown_grace_seconds);
    let ended = async { tokio::join!(connections.end(), app.push.ended()) };
    if tokio::time::timeout(grace, ended).await.is_err() {
        tracing::warn!(grace_s = grace.as_secs(), "some connections did not end in time");
    }
    if let Err(error) = app.service.close().await {
        tracing::error!(%error, "not all of the activity could be kept");
    }
    tracing::info!("stopped");
}

async fn tick(app: App) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let every = u64::try_from(TICK.as_micros()).unwrap_or(u64::MAX);
    let mut due = app.clock.micros();
    loop {
        ticks.tick().await;
        app.tick().await;
        let late = app.clock.micros().saturating_sub(due);
        app.metrics.families.sweep_lag.set(Duration::from_micros(late).as_secs_f64());
        app.count().await;
        due = app.clock.micros() + every;
    }
}

/// Catches SIGINT and SIGTERM from now on. What is returned completes on the first of them.
pub fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
