//! Assembly: all routes of a server, and the loop that serves connections until it is told to stop.

mod starting;
mod strays;
mod write_limit;

use std::{error::Error, future::pending, io, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
    middleware::{self, Next},
    response::{Redirect, Response},
    routing,
};
use hyper::{
    body::Incoming,
    server::conn::http1::{self, UpgradeableConnection},
    service::{HttpService, Service as _, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    signal::unix::{SignalKind, signal},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::MissedTickBehavior,
};
use tracing::Level;

pub use self::starting::starting;
use self::write_limit::WriteLimit;
use crate::{
    api::{self, ringcentral::Push},
    app::App,
    config::Limits,
    openapi,
};

/// How often what time brings is let happen: transitions, and whatever waits for its moment.
const TICK: Duration = Duration::from_millis(250);

/// All routes: the dialects that the configuration names, the documents, and Swagger UI.
pub fn router(app: &App) -> Router {
    let dialects = api::ALL.into_iter().filter(|dialect| dialect.is_served(&app.config));
    let router = dialects
        .fold(openapi::router(app), |router, dialect| router.merge((dialect.router)(app)))
        .route("/", routing::get(async || Redirect::to("/swagger-ui/")));
    let router = strays::refused(router, app);
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
    if let Err(error) = Push::start(&app).await {
        tracing::error!(%error, "subscriptions could not be read, and bring nothing");
    }
    if let Err(error) = app.app_services.make_senders(&app.directory, app.service.now()).await {
        tracing::error!(%error, "application services could not be given their users");
    }
    let ticking = tokio::spawn(tick(app.clone()));
    let connections = Connections::new(router(&app), &app.config.limits);
    tokio::pin!(shutdown);
    connections.serve(&listener, shutdown).await;
    app.drain();
    ticking.abort();
    drop(listener);
    let grace = Duration::from_secs(app.config.server.shutdown_grace_seconds);
    let ended = async { tokio::join!(connections.end(), app.push.ended()) };
    if tokio::time::timeout(grace, ended).await.is_err() {
        tracing::warn!(grace_s = grace.as_secs(), "some connections did not end in time");
    }
    if let Err(error) = app.service.close().await {
        tracing::error!(%error, "not all of the activity could be kept");
    }
}

/// The connections that one set of routes answers.
struct Connections {
    service: TowerToHyperService<Router>,
    http: http1::Builder,
    /// A place for each connection.
    room: Arc<Semaphore>,
    places: usize,
    longest_write: Duration,
    stopping: watch::Sender<bool>,
}

impl Connections {
    fn new(router: Router, limits: &Limits) -> Self {
        Self {
            service: TowerToHyperService::new(router),
            http: http(limits),
            room: Arc::new(Semaphore::new(limits.connections)),
            places: limits.connections,
            longest_write: Duration::from_secs(limits.stream_write_seconds),
            stopping: watch::Sender::new(false),
        }
    }

    /// Takes connections until `end` completes. Those that were taken go on.
    async fn serve(&self, listener: &TcpListener, mut end: Pin<&mut impl Future<Output = ()>>) {
        loop {
            tokio::select! {
                accepted = accept(listener, &self.room) => match accepted {
                    Ok((stream, peer, place)) => self.answer(stream, peer, place),
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

    fn answer(&self, stream: TcpStream, peer: SocketAddr, place: OwnedSemaphorePermit) {
        let stream = WriteLimit::new(stream, self.longest_write, place);
        let service = self.service.clone();
        let with_peer = service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            service.call(request)
        });
        let connection = self.http.serve_connection(TokioIo::new(stream), with_peer);
        tokio::spawn(serve(connection.with_upgrades(), self.stopping.subscribe()));
    }

    /// Lets running requests be the last, and waits until all connections have given their places back,
    /// upgraded ones too.
    async fn end(&self) {
        self.stopping.send_replace(true);
        let places = u32::try_from(self.places).unwrap_or(u32::MAX);
        let _all = self.room.acquire_many(places).await;
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

fn http(limits: &Limits) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(limits.head_seconds))
        .max_buf_size(limits.head_bytes);
    http
}

/// Serves one connection. When the server is about to stop, a running request is the last.
async fn serve<S>(
    connection: UpgradeableConnection<TokioIo<WriteLimit>, S>,
    mut stopping: watch::Receiver<bool>,
) where
    S: HttpService<Incoming, ResBody = Body>,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
{
    tokio::pin!(connection);
    // A client that goes away in mid-request is no event.
    tokio::select! {
        _gone = connection.as_mut() => return,
        () = stopped(&mut stopping) => connection.as_mut().graceful_shutdown(),
    }
    let _gone = connection.await;
}

/// Completes when connections are told to end. Nobody tells those that were taken while the server started.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    if stopping.wait_for(|stopping| *stopping).await.is_err() {
        pending::<()>().await;
    }
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
