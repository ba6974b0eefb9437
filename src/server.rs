//! Assembly: all routes of a server, and the loop that serves connections until it is told to stop.

mod starting;
mod write_limit;

use std::{io, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{ConnectInfo, Request},
    http::StatusCode,
    middleware::{self, Next},
    response::{Redirect, Response},
    routing,
};
use hyper::{body::Incoming, server::conn::http1, service::Service as _, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    signal::unix::{SignalKind, signal},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::MissedTickBehavior,
};
use tracing::Level;

pub use self::starting::starting;
use self::write_limit::WriteLimit;
use crate::{api, app::App, config::Limits, openapi, service::Service};

/// How often watchers are told of transitions that happened by themselves.
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
/// at most the configured grace, makes durable what lags behind, and returns.
pub async fn run(listener: TcpListener, app: App, shutdown: impl Future<Output = ()>) {
    let ticking = tokio::spawn(tick(app.service.clone()));
    let connections = Connections::new(router(&app), &app.config.limits);
    tokio::pin!(shutdown);
    connections.serve(&listener, shutdown).await;
    app.drain();
    ticking.abort();
    drop(listener);
    let grace = Duration::from_secs(app.config.server.shutdown_grace_seconds);
    if tokio::time::timeout(grace, connections.graceful.shutdown()).await.is_err() {
        tracing::warn!(grace_s = grace.as_secs(), "some requests did not finish in time");
    }
    if let Err(error) = app.service.close().await {
        tracing::error!(%error, "not all of the activity could be kept");
    }
}

/// The connections that one set of routes answers.
struct Connections {
    service: TowerToHyperService<Router>,
    http: http1::Builder,
    room: Arc<Semaphore>,
    longest_write: Duration,
    graceful: GracefulShutdown,
}

impl Connections {
    fn new(router: Router, limits: &Limits) -> Self {
        Self {
            service: TowerToHyperService::new(router),
            http: http(limits),
            room: Arc::new(Semaphore::new(limits.connections)),
            longest_write: Duration::from_secs(limits.stream_write_seconds),
            graceful: GracefulShutdown::new(),
        }
    }

    /// Takes connections until `end` completes. Those that were taken go on.
    async fn serve(&self, listener: &TcpListener, mut end: Pin<&mut impl Future<Output = ()>>) {
        loop {
            tokio::select! {
                accepted = accept(listener, &self.room) => match accepted {
                    Ok((stream, peer, permit)) => self.answer(stream, peer, permit),
                    Err(error) => {
                        // Out of file descriptors, most likely; others may close some.
                        tracing::warn!(%error, "a connection could not be accepted");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                },
                () = &mut end => return,
            }
        }
    }

    fn answer(&self, stream: TcpStream, peer: SocketAddr, permit: OwnedSemaphorePermit) {
        let stream = WriteLimit::new(stream, self.longest_write);
        let service = self.service.clone();
        let with_peer = service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            service.call(request)
        });
        let connection = self.http.serve_connection(TokioIo::new(stream), with_peer);
        let connection = self.graceful.watch(connection);
        tokio::spawn(async move {
            // A client that goes away in mid-request is no event.
            let _gone = connection.await;
            drop(permit);
        });
    }
}

async fn tick(service: Arc<Service>) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        service.tick().await;
    }
}

fn http(limits: &Limits) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(limits.head_seconds))
        .max_buf_size(limits.head_bytes);
    http
}

/// The next connection, once there is room for it.
async fn accept(
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let permit = connections.clone().acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, peer, permit))
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
