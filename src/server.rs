//! Assembly: all routes of a server, and the loop that serves connections until it is told to stop.

mod addresses;
mod backoff;
mod connections;
mod doing;
mod exchange;
mod handed;
mod in_process;
mod listener;
pub mod metrics;
mod preface;
mod proxy;
mod room;
mod starting;
mod strays;
mod tls;
mod workers;
mod write_limit;

use std::{future::pending, io, num::NonZero, pin::pin, sync::Arc, time::Duration};

use axum::{Router, middleware};
use futures_util::future::join_all;
use tokio::{
    signal::unix::{SignalKind, signal},
    time::MissedTickBehavior,
};

#[cfg(feature = "opentelemetry")]
pub(crate) use self::exchange::REQUESTS;
use self::{connections::Connections, workers::Workers};
pub use self::{
    in_process::demo,
    listener::Listener,
    tls::{Tls, TlsError},
};
use crate::{
    api::{self, Dialect, Mounted, Work, body, documents, pages},
    app::App,
    config::Config,
    push::Push,
};

/// How often what time brings is let happen: transitions, and whatever waits for its moment.
const TICK: Duration = Duration::from_millis(250);

/// A server: the dialects that it speaks, wherever they come from.
#[derive(Clone)]
pub struct Server {
    dialects: Vec<&'static Dialect>,
    workers: Arc<Workers>,
}

/// Puts a server together, from all dialects of this crate on.
pub struct Builder(Server);

impl Builder {
    /// Adds a dialect.
    pub fn dialect(mut self, dialect: &'static Dialect) -> Self {
        self.0.dialects.push(dialect);
        self
    }

    /// Serves connections on so many threads of their own, instead of on the runtime that runs the server.
    pub fn threads(mut self, threads: NonZero<usize>) -> io::Result<Self> {
        self.0.workers = Arc::new(Workers::start(threads)?);
        Ok(self)
    }

    /// The server.
    pub fn build(self) -> Server {
        self.0
    }
}

impl Default for Server {
    fn default() -> Self {
        Self::builder().build()
    }
}

impl Server {
    pub fn builder() -> Builder {
        Builder(Server { dialects: api::ALL.to_vec(), workers: Arc::default() })
    }

    /// The dialects that a configuration names, and those that are always there.
    fn served(&self, config: &Config) -> Vec<&'static Dialect> {
        self.dialects.iter().copied().filter(|dialect| dialect.is_served(config)).collect()
    }

    /// The dialect whose path it is. The one that is always there speaks for what is no dialect's.
    fn dialect_of(&self, path: &str) -> Option<&'static Dialect> {
        let of_path = self.dialects.iter().find(|dialect| dialect.has(path));
        of_path.or_else(|| self.dialects.iter().find(|dialect| !dialect.is_optional)).copied()
    }

    /// Serves connections until `shutdown` completes; then takes no more, lets running requests finish for
    /// at most the configured grace, makes durable what lags behind, and returns.
    pub async fn run(self, listener: impl Into<Listener>, app: App, shutdown: impl Future<Output = ()>) {
        let listener = listener.into();
        let dialects = self.served(&app.config);
        Push::start(&app, &self.dialects.iter().filter_map(|dialect| dialect.voice).collect::<Vec<_>>());
        let ticking = tokio::spawn(tick(app.clone()));
        let watching = listener.tls.clone().map(|tls| tokio::spawn(tls.watch(app.config.clone())));
        let measured = Some(app.metrics.clone());
        let answering = |listener: &Listener, routes, measured| {
            Connections::new(listener, routes, app.config.clone(), app.clock.clone(), measured)
        };
        let mut mounted = mount(&app, &dialects);
        for start in mounted.iter_mut().filter_map(|mounted| mounted.start.take()) {
            start.await;
        }
        let ended: Vec<Work> = mounted.iter_mut().filter_map(|mounted| mounted.ended.take()).collect();
        let connections = answering(&listener, routes(&app, &dialects, mounted), measured);
        let telling = async {
            if let Some(listener) = &listener.metrics {
                let telling = answering(listener, metrics::alone(&app), None);
                telling.serve(listener, &self.workers, app.config.replacements(), pin!(pending())).await;
            }
            pending::<()>().await;
        };
        tokio::pin!(shutdown);
        tokio::select! {
            () = connections.serve(&listener, &self.workers, app.config.replacements(), shutdown) => {}
            () = telling => {}
        }
        tracing::info!("stopping");
        app.drain();
        for task in [Some(ticking), watching].into_iter().flatten() {
            task.abort();
        }
        drop(listener);
        let grace = Duration::from_secs(app.config.server.shutdown_grace_seconds);
        let ended = async { tokio::join!(connections.end(), Push::of(&app).ended(), join_all(ended)) };
        if tokio::time::timeout(grace, ended).await.is_err() {
            tracing::warn!(grace_s = grace.as_secs(), "some connections did not end in time");
        }
        if let Err(error) = app.service.close().await {
            tracing::error!(%error, "not all of the activity could be kept");
        }
        #[cfg(feature = "contract-check")]
        if app.config.check_contract {
            app.own::<api::contract::Ledger>().tell();
        }
        tracing::info!("stopped");
    }
}

fn mount(app: &App, dialects: &[&Dialect]) -> Vec<Mounted> {
    dialects.iter().map(|dialect| (dialect.mount)(app)).collect()
}

/// All routes: those of dialects, the documents, Swagger UI, and the pages.
fn routes(app: &App, dialects: &[&'static Dialect], mounted: Vec<Mounted>) -> Router {
    let pages = documents::router(app, dialects)
        .merge(if app.config.metrics.address().is_none() { metrics::guarded(app) } else { Router::new() })
        .merge(pages::router(app, dialects))
        .layer(middleware::from_fn(body::drained));
    let router = mounted.into_iter().fold(pages, |router, mounted| router.merge(mounted.routes));
    strays::refused(router, dialects)
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
        metrics::count(&app).await;
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
