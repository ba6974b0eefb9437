//! Assembly: all routes of a server, and the loop that serves connections until it is told to stop.

mod write_limit;

use std::{error::Error, io, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::StatusCode,
    middleware::{self, Next},
    response::{Redirect, Response},
    routing,
};
use hyper::{
    body::Incoming,
    server::conn::http1::{self, UpgradeableConnection},
    service::HttpService,
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    signal::unix::{SignalKind, signal},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::MissedTickBehavior,
};
use tracing::Level;

use self::write_limit::WriteLimit;
use crate::{
    api::{self, ringcentral::Push},
    app::App,
    openapi,
};

/// How often what time brings is let happen: transitions, and whatever waits for its moment.
const TICK: Duration = Duration::from_millis(250);

/// All routes: the dialects that the configuration names, the documents, and Swagger UI.
pub fn router(app: &App) -> Router {
    let dialects = api::ALL.into_iter().filter(|dialect| dialect.is_served(&app.config));
    let router = dialects
        .fold(openapi::router(app), |router, dialect| router.merge((dialect.router)(app)))
        .route("/", routing::get(async || Redirect::to("/swagger-ui/")))
        .fallback(async || (StatusCode::NOT_FOUND, "Not found. What there is: /swagger-ui/\n"));
    if tracing::enabled!(Level::DEBUG) { router.layer(middleware::from_fn(log)) } else { router }
}

/// Logs each exchange, without its query: that may hold a token.
async fn log(request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let response = next.run(request).await;
    tracing::debug!(%method, path, status = response.status().as_u16(), "answered");
    response
}

/// Serves connections until `shutdown` completes; then takes no more, lets running requests finish for
/// at most the configured grace, and returns.
pub async fn run(listener: TcpListener, app: App, shutdown: impl Future<Output = ()>) {
    let service = TowerToHyperService::new(router(&app));
    let connections = Arc::new(Semaphore::new(app.config.limits.connections));
    let http = http(&app);
    let longest_write = Duration::from_secs(app.config.limits.stream_write_seconds);
    if let Err(error) = Push::start(&app).await {
        tracing::error!(%error, "subscriptions could not be read, and bring nothing");
    }
    let ticking = tokio::spawn(tick(app.clone()));
    tokio::pin!(shutdown);
    loop {
        let (stream, permit) = tokio::select! {
            accepted = accept(&listener, &connections) => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, most likely; others may close some.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
            () = &mut shutdown => break,
        };
        let stream = WriteLimit::new(stream, longest_write, permit);
        let connection = http.serve_connection(TokioIo::new(stream), service.clone()).with_upgrades();
        tokio::spawn(serve(connection, app.clone()));
    }
    app.drain();
    ticking.abort();
    drop(listener);
    let grace = Duration::from_secs(app.config.server.shutdown_grace_seconds);
    let all = u32::try_from(app.config.limits.connections).unwrap_or(u32::MAX);
    let ended = async { tokio::join!(connections.acquire_many(all), app.push.ended()) };
    if tokio::time::timeout(grace, ended).await.is_err() {
        tracing::warn!(grace_s = grace.as_secs(), "some connections did not end in time");
    }
}

async fn tick(app: App) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        app.tick().await;
    }
}

fn http(app: &App) -> http1::Builder {
    let limits = &app.config.limits;
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(limits.head_seconds))
        .max_buf_size(limits.head_bytes);
    http
}

/// Serves one connection. When the server is about to stop, a running request is the last.
async fn serve<S>(connection: UpgradeableConnection<TokioIo<WriteLimit>, S>, app: App)
where
    S: HttpService<Incoming, ResBody = Body>,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
{
    tokio::pin!(connection);
    // A client that goes away in mid-request is no event.
    tokio::select! {
        _gone = connection.as_mut() => return,
        () = app.drained() => connection.as_mut().graceful_shutdown(),
    }
    let _gone = connection.await;
}

/// The next connection, once there is room for it.
async fn accept(
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let permit = connections.clone().acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, permit))
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
