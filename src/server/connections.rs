//! The loop over connections, and what each goes through before its first request: the PROXY protocol, the cap of
//! its address, TLS, the version of HTTP.

use std::{
    convert::Infallible,
    future::{Future, pending},
    io,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::Router;
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::{HttpService, service_fn},
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
};

use super::{
    addresses::Addresses,
    exchange::Exchanges,
    in_flight::{Guarded, InFlight},
    listener::{Listener, Peer, Stream},
    preface::{Begun, HttpVersion},
    proxy,
    tls::Tls,
    write_limit::WriteLimit,
};
use crate::{
    clock::Clock,
    config::{Config, Limits, Live},
    metrics,
};

/// How often a client of HTTP/2 is asked whether it is still there, and how long it may take to say so.
const PING_EVERY: Duration = Duration::from_secs(30);
const LONGEST_PONG: Duration = Duration::from_secs(20);

/// The connections that one set of routes answers. Cheap to clone.
#[derive(Clone)]
pub(super) struct Connections(Arc<Parts>);

struct Parts {
    exchanges: Exchanges,
    /// A place for each connection, and how many places there are.
    room: Arc<Semaphore>,
    places: AtomicUsize,
    addresses: Addresses,
    /// Nothing is counted while the server starts.
    metrics: Option<metrics::Shared>,
    stopping: watch::Sender<bool>,
}

impl Connections {
    pub(super) fn new(
        routes: Router,
        config: Arc<Live<Config>>,
        clock: Arc<dyn Clock>,
        metrics: Option<metrics::Shared>,
    ) -> Self {
        let places = config.limits.connections;
        Self(Arc::new(Parts {
            room: Arc::new(Semaphore::new(places)),
            places: AtomicUsize::new(places),
            addresses: Addresses::default(),
            metrics,
            exchanges: Exchanges::new(routes, config, clock),
            stopping: watch::Sender::new(false),
        }))
    }

    /// Takes connections until `end` completes. Those that were taken go on.
    pub(super) async fn serve(
        &self,
        listener: &Listener,
        mut replaced: watch::Receiver<()>,
        mut end: Pin<&mut impl Future<Output = ()>>,
    ) {
        loop {
            tokio::select! {
                accepted = self.accept(listener) => match accepted {
                    Ok((stream, peer, place)) => self.take(stream, peer, place, listener.tls.as_ref()),
                    Err(error) => {
                        // Out of file descriptors, most likely; others may close some.
                        tracing::warn!(%error, "a connection could not be accepted");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                },
                Ok(()) = replaced.changed() => self.resize(),
                () = &mut end => return,
            }
        }
    }

    /// The next connection, once there is room for it.
    async fn accept(&self, listener: &Listener) -> io::Result<(Stream, Peer, OwnedSemaphorePermit)> {
        let place = self.0.room.clone().acquire_owned().await.map_err(io::Error::other)?;
        let (stream, peer) = listener.accept().await?;
        Ok((stream, peer, place))
    }

    fn take(&self, stream: Stream, peer: Peer, place: OwnedSemaphorePermit, tls: Option<&Arc<Tls>>) {
        let counted = self.0.metrics.as_ref().map(|metrics| metrics.connect());
        let longest_write = Duration::from_secs(self.config().limits.stream_write_seconds);
        let stream = WriteLimit::new(stream, longest_write, (place, counted));
        let (connections, tls) = (self.clone(), tls.cloned());
        let speaks_first = self.config().server.proxy_protocol && peer.is_trusted(&self.config().server);
        // What most connections do not need takes no room in the task of each.
        if speaks_first || tls.is_some() {
            tokio::spawn(async move {
                // A client that goes away, or cannot say what it wants, is no event.
                let _gone = Box::pin(connections.prepare(stream, peer, speaks_first, tls)).await;
            });
        } else {
            tokio::spawn(async move {
                let _gone = connections.tell(stream, peer).await;
            });
        }
    }

    /// Lets the proxy say whom it speaks for, and TLS begin.
    async fn prepare(
        self,
        mut stream: WriteLimit,
        mut peer: Peer,
        speaks_first: bool,
        tls: Option<Arc<Tls>>,
    ) -> io::Result<()> {
        if speaks_first {
            peer = self.in_time(proxy::read_head(&mut stream, peer)).await?;
        }
        match tls {
            Some(tls) => {
                let stream = self.in_time(tls.acceptor().accept(stream)).await?;
                self.tell(stream, peer).await
            }
            None => self.tell(stream, peer).await,
        }
    }

    /// Finds out which version of HTTP is spoken, and answers.
    async fn tell<S>(self, stream: S, peer: Peer) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let server = &self.config().server;
        let most = self.config().limits.connections_per_address;
        let is_counted = !peer.is_trusted(server) && !peer.ip().is_loopback();
        let Ok(_place) = self.0.addresses.enter(peer.ip(), if is_counted { most } else { 0 }) else {
            if let Some(metrics) = &self.0.metrics {
                metrics.reject("connections");
            }
            tracing::debug!(address = %peer.ip(), "a connection was closed: its address has as many as one may");
            return Ok(());
        };
        let Some((stream, version)) = self.in_time(Begun::tell(stream)).await? else { return Ok(()) };
        match version {
            HttpVersion::One => self.speak_one(stream, peer).await,
            HttpVersion::Two => Box::pin(self.speak_two(stream, peer)).await,
        }
        Ok(())
    }

    /// What comes before the first request may take as long as the head of one.
    async fn in_time<T>(&self, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        let longest = Duration::from_secs(self.config().limits.head_seconds);
        let mut stopping = self.0.stopping.subscribe();
        tokio::select! {
            done = tokio::time::timeout(longest, work) => done?,
            () = stopped(&mut stopping) => Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }

    async fn speak_one<S>(&self, stream: S, peer: Peer)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut stopping = self.0.stopping.subscribe();
        let service = service_fn(|request| self.0.exchanges.answer(peer, request));
        let connection = http(&self.config().limits).serve_connection(TokioIo::new(stream), service);
        let mut connection = pin!(connection.with_upgrades());
        tokio::select! {
            _gone = connection.as_mut() => return,
            () = stopped(&mut stopping) => connection.as_mut().graceful_shutdown(),
        }
        let _gone = connection.await;
    }

    async fn speak_two<S>(&self, stream: S, peer: Peer)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut stopping = self.0.stopping.subscribe();
        let in_flight = InFlight::default();
        // Requests run beside one another, each as a task of its own.
        let (parts, counter) = (self.0.clone(), in_flight.clone());
        let service = service_fn(move |request| {
            let (parts, guard) = (parts.clone(), counter.enter());
            async move {
                let response = parts.exchanges.answer(peer, request).await;
                response.map(|response| response.map(|body| Guarded::new(body, guard)))
            }
        });
        let mut connection = pin!(serve_two(&self.config().limits, stream, service));
        let longest = Duration::from_secs(self.config().limits.head_seconds);
        tokio::select! {
            _gone = connection.as_mut() => return,
            () = stopped(&mut stopping) => {}
            () = in_flight.idle_for(longest) => {}
        }
        connection.as_mut().graceful_shutdown();
        let _gone = connection.await;
    }

    fn config(&self) -> &Config {
        self.0.exchanges.config()
    }

    /// Makes room for as many connections as are allowed now. Where fewer are, those that are there stay.
    fn resize(&self) {
        let (room, wanted) = (&self.0.room, self.config().limits.connections);
        let places = self.0.places.load(Ordering::Relaxed);
        if wanted > places {
            room.add_permits(wanted - places);
            self.0.places.store(wanted, Ordering::Relaxed);
        } else {
            self.0.places.store(places - room.forget_permits(places - wanted), Ordering::Relaxed);
        }
    }

    /// Lets running requests be the last, and waits until all connections have given their places back,
    /// upgraded ones too.
    pub(super) async fn end(&self) {
        self.0.stopping.send_replace(true);
        let places = u32::try_from(self.0.places.load(Ordering::Relaxed)).unwrap_or(u32::MAX);
        let _all = self.0.room.acquire_many(places).await;
    }
}

fn http(limits: &Limits) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(limits.head_seconds))
        .max_buf_size(limits.head_bytes);
    http
}

fn serve_two<S, H>(limits: &Limits, stream: S, service: H) -> http2::Connection<TokioIo<S>, H, TokioExecutor>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    H: HttpService<Incoming, ResBody = Guarded, Error = Infallible, Future: Send + 'static>,
{
    http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.http2_streams)
        .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX))
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(LONGEST_PONG)
        .serve_connection(TokioIo::new(stream), service)
}

/// Completes when connections are told to end. Nobody tells those that were taken while the server started.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    if stopping.wait_for(|stopping| *stopping).await.is_err() {
        pending::<()>().await;
    }
}
