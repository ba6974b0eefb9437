//! The loop over connections, and what each goes through before its first request: the PROXY protocol, the cap of
//! its address, TLS, the version of HTTP.

use std::{
    convert::Infallible,
    future::Future,
    io,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    http::{Method, Request},
};
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::{HttpService, service_fn},
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
};

use super::{
    addresses::Addresses,
    backoff::Backoff,
    doing::{Doing, Guarded},
    exchange::Exchanges,
    handed::Waiting,
    listener::{Listener, Peer, Stream},
    preface::{Begun, HttpVersion},
    proxy,
    room::Room,
    tls::Tls,
    workers::{Load, Workers},
    write_limit::WriteLimit,
};
use crate::{
    clock::Clock,
    config::{Config, Limits, Live},
    metrics,
    places::Place,
    request::Lasting,
};

/// How often a client of HTTP/2 is asked whether it is still there, and how long it may take to say so.
const PING_EVERY: Duration = Duration::from_secs(30);
const LONGEST_PONG: Duration = Duration::from_secs(20);

/// The connections that one set of routes answers. Cheap to clone.
#[derive(Clone)]
pub(super) struct Connections(Arc<Parts>);

struct Parts {
    exchanges: Arc<Exchanges>,
    room: Room,
    /// How many may be open, where the configuration does not say so.
    most: Option<usize>,
    addresses: Addresses,
    /// Nothing is counted while the server starts.
    metrics: Option<metrics::Shared>,
}

impl Connections {
    /// Those of one listener, with its room.
    pub(super) fn new(
        listener: &Listener,
        routes: Router,
        config: Arc<Live<Config>>,
        clock: Arc<dyn Clock>,
        metrics: Option<metrics::Shared>,
    ) -> Self {
        let exchanges = Arc::new(Exchanges::new(routes, config, clock));
        let (room, most) = (listener.room.clone(), listener.most);
        let connections =
            Self(Arc::new(Parts { exchanges, room, most, addresses: Addresses::default(), metrics }));
        connections.resize();
        connections
    }

    /// Takes connections until `end` completes. Those that were taken go on.
    pub(super) async fn serve(
        &self,
        listener: &Listener,
        workers: &Workers,
        mut replaced: watch::Receiver<()>,
        mut end: Pin<&mut impl Future<Output = ()>>,
    ) {
        let mut backoff = Backoff::default();
        loop {
            tokio::select! {
                (stream, peer, place) = self.accept(listener, &mut backoff) => {
                    self.take(workers, stream, peer, place, listener.tls.as_ref());
                }
                Ok(()) = replaced.changed() => self.resize(),
                () = &mut end => return,
            }
        }
    }

    /// The next connection, once there is room for it.
    async fn accept(&self, listener: &Listener, backoff: &mut Backoff) -> (Stream, Peer, Place) {
        let place = self.0.room.enter().await;
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => {
                    backoff.end();
                    return (stream, peer, place);
                }
                Err(error) => backoff.pause(&error, self.0.exchanges.micros()).await,
            }
        }
    }

    /// Hands a connection to the thread that serves it.
    fn take(&self, workers: &Workers, stream: Stream, peer: Peer, place: Place, tls: Option<&Arc<Tls>>) {
        let Some((worker, load)) = workers.pick() else {
            return self.begin(stream, peer, place, None, tls);
        };
        // One that broke meanwhile is no event.
        let Ok(stream) = stream.detach() else { return };
        let (connections, tls) = (self.clone(), tls.cloned());
        worker.spawn(async move {
            if let Ok(stream) = stream.attach() {
                connections.begin(stream, peer, place, Some(load), tls.as_ref());
            }
        });
    }

    fn begin(&self, stream: Stream, peer: Peer, place: Place, load: Option<Load>, tls: Option<&Arc<Tls>>) {
        let counted = self.0.metrics.as_ref().map(|metrics| metrics.connect());
        let longest_write = Duration::from_secs(self.config().limits.stream_write_seconds);
        stream.watch_over(longest_write);
        let doing = Doing::default();
        let stream = WriteLimit::new(stream, longest_write, doing.clone(), (place, counted, load));
        let (connections, tls) = (self.clone(), tls.cloned());
        let speaks_first = self.config().server.proxy_protocol && peer.is_trusted(&self.config().server);
        // What most connections do not need takes no room in the task of each.
        if speaks_first || tls.is_some() {
            tokio::spawn(async move {
                // A client that goes away, or cannot say what it wants, is no event.
                let _gone = Box::pin(connections.prepare(stream, peer, doing, speaks_first, tls)).await;
            });
        } else {
            tokio::spawn(async move {
                let _gone = connections.tell(stream, peer, doing).await;
            });
        }
    }

    /// Lets the proxy say whom it speaks for, and TLS begin.
    async fn prepare(
        self,
        mut stream: WriteLimit,
        mut peer: Peer,
        doing: Doing,
        speaks_first: bool,
        tls: Option<Arc<Tls>>,
    ) -> io::Result<()> {
        if speaks_first {
            peer = self.in_time(proxy::read_head(&mut stream, peer)).await?;
        }
        match tls {
            Some(tls) => {
                let stream = self.in_time(tls.acceptor().accept(stream)).await?;
                self.tell(stream, peer, doing).await
            }
            None => self.tell(stream, peer, doing).await,
        }
    }

    /// Finds out which version of HTTP is spoken, and answers.
    async fn tell<S>(self, stream: S, peer: Peer, doing: Doing) -> io::Result<()>
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
            HttpVersion::One => self.speak_one(stream, peer, doing).await,
            HttpVersion::Two => Box::pin(self.speak_two(stream, peer, doing)).await,
        }
        Ok(())
    }

    /// What comes before the first request may take as long as the head of one.
    async fn in_time<T>(&self, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        let longest = Duration::from_secs(self.config().limits.head_seconds);
        tokio::select! {
            done = tokio::time::timeout(longest, work) => done?,
            () = self.0.room.stopped() => Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }

    async fn speak_one<S>(&self, stream: S, peer: Peer, doing: Doing)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = service_fn(|request| self.0.exchanges.answer(peer, request, doing.enter(), None));
        let limits = &self.config().limits;
        let connection = http1::Builder::new()
            .max_buf_size(limits.head_bytes)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = pin!(connection.with_upgrades());
        let longest_head = Duration::from_secs(limits.head_seconds);
        tokio::select! {
            // What came in time counts.
            biased;
            _gone = connection.as_mut() => return,
            () = self.0.room.stopped() => connection.as_mut().graceful_shutdown(),
            // hyper's own limit sets a timer for each request.
            () = doing.idle_for(longest_head) => return,
        }
        tokio::select! {
            _gone = connection => {}
            () = doing.done() => {}
        }
    }

    async fn speak_two<S>(&self, stream: S, peer: Peer, doing: Doing)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        // Requests run beside one another, each as a task of its own.
        let (waiting, counter) = (Waiting::default(), doing.clone());
        let (parts, of_answers) = (self.0.clone(), waiting.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            let (parts, guard, waiting) = (parts.clone(), counter.enter(), Some(of_answers.clone()));
            if request.method() == Method::CONNECT {
                request.extensions_mut().insert(Lasting::new(counter.enter()));
            }
            parts.exchanges.answer(peer, request, guard, waiting)
        });
        let limits = &self.config().limits;
        let mut connection = pin!(serve_two(limits, stream, service));
        let longest_idle = Duration::from_secs(limits.head_seconds);
        let longest_wait = Duration::from_secs(limits.stream_write_seconds);
        tokio::select! {
            _gone = connection.as_mut() => return,
            () = waiting.longer_than(longest_wait) => return,
            () = self.0.room.stopped() => {}
            () = doing.idle_for(longest_idle) => {}
        }
        connection.as_mut().graceful_shutdown();
        tokio::select! {
            _gone = connection => {}
            () = doing.done() => {}
        }
    }

    fn config(&self) -> &Config {
        self.0.exchanges.config()
    }

    fn resize(&self) {
        self.0.room.resize(self.0.most.unwrap_or(self.config().limits.connections));
    }

    /// Lets running requests be the last, and waits until all connections have given their places back,
    /// upgraded ones too.
    pub(super) async fn end(&self) {
        self.0.room.stop();
        self.0.room.emptied().await;
    }
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
        // WebSockets. Source: RFC 8441.
        .enable_connect_protocol()
        .serve_connection(TokioIo::new(stream), service)
}
