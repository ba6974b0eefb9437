//! Where connections come in: sockets of the server's own, or those that systemd hands over.

use std::{
    fs, io,
    net::SocketAddr,
    os::unix::fs::{FileTypeExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use listenfd::ListenFd;
use rustix::net::sockopt;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream, UnixListener, UnixStream},
};

use super::{room::Room, tls::Tls};
use crate::config::Listen;

/// Who may connect to a unix socket: its owner and its group.
const SOCKET_MODE: u32 = 0o660;

/// How many may ask for figures at a time, where figures alone are told.
const CONNECTIONS_FOR_METRICS: usize = 16;

/// When a client that says nothing is asked whether it is still there, how often again, and how often in all. Without
/// an answer it is gone.
const ASKED_AFTER: Duration = Duration::from_secs(30);
const ASKED_AGAIN: Duration = Duration::from_secs(10);
const ASKED: u32 = 3;

/// The sockets that a server accepts connections from.
#[derive(Debug)]
pub struct Listener {
    sockets: Vec<Socket>,
    /// Which socket is asked first: each in its turn.
    turn: AtomicUsize,
    pub(super) tls: Option<Arc<Tls>>,
    /// Whichever task answers its connections, this is where they are.
    pub(super) room: Room,
    /// How many of them there may be, where the configuration does not say so.
    pub(super) most: Option<usize>,
    /// Where figures alone are told.
    pub(super) metrics: Option<Box<Self>>,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    /// With its path, if it is ours to remove.
    Unix(UnixListener, Option<PathBuf>),
}

/// A connection that came in.
#[derive(Debug)]
pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// A connection that no runtime waits for, on its way to the one that will.
#[derive(Debug)]
pub(super) enum Detached {
    Tcp(std::net::TcpStream),
    Unix(std::os::unix::net::UnixStream),
}

/// Who is at the other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Peer {
    Address(SocketAddr),
    /// A program on this machine, over a unix socket.
    Local,
}

impl From<TcpListener> for Listener {
    fn from(listener: TcpListener) -> Self {
        Self::over(vec![Socket::Tcp(listener)])
    }
}

impl Listener {
    fn over(sockets: Vec<Socket>) -> Self {
        Self {
            sockets,
            turn: AtomicUsize::new(0),
            tls: None,
            room: Room::default(),
            most: None,
            metrics: None,
        }
    }

    /// Listens at a place. A unix socket at which no process listens any more is replaced.
    pub fn bind(place: &Listen) -> io::Result<Self> {
        let socket = match place {
            Listen::Tcp(address) => {
                let listener = std::net::TcpListener::bind(address)?;
                listener.set_nonblocking(true)?;
                Socket::Tcp(TcpListener::from_std(listener)?)
            }
            Listen::Unix(path) => {
                remove_stale(path)?;
                let listener = UnixListener::bind(path)?;
                fs::set_permissions(path, fs::Permissions::from_mode(SOCKET_MODE))?;
                Socket::Unix(listener, Some(path.clone()))
            }
        };
        Ok(Self::over(vec![socket]))
    }

    /// The sockets that the process manager has opened for this process, as systemd does; nothing if there are none.
    pub fn inherited() -> io::Result<Option<Self>> {
        let mut handed = ListenFd::from_env();
        let sockets: Vec<Socket> =
            (0..handed.len()).map(|place| take(&mut handed, place)).collect::<io::Result<_>>()?;
        Ok((!sockets.is_empty()).then(|| Self::over(sockets)))
    }

    /// The same sockets with TLS on each connection.
    pub fn with_tls(mut self, tls: Option<Arc<Tls>>) -> Self {
        self.tls = tls;
        self
    }

    /// The same sockets, and another listener for figures alone.
    pub fn with_metrics(mut self, metrics: Option<Self>) -> Self {
        self.metrics = metrics.map(|mut metrics| {
            metrics.most = Some(CONNECTIONS_FOR_METRICS);
            Box::new(metrics)
        });
        self
    }

    /// Where it listens, as it can be shown.
    pub fn addresses(&self) -> Vec<String> {
        let address = |socket: &Socket| match socket {
            Socket::Tcp(listener) => listener.local_addr().map(|address| address.to_string()).ok(),
            Socket::Unix(listener, _) => {
                let address = listener.local_addr().ok()?;
                Some(format!("unix:{}", address.as_pathname()?.display()))
            }
        };
        self.sockets.iter().filter_map(address).collect()
    }

    /// The first address that is no path.
    pub fn tcp_address(&self) -> Option<SocketAddr> {
        self.sockets.iter().find_map(|socket| match socket {
            Socket::Tcp(listener) => listener.local_addr().ok(),
            Socket::Unix(..) => None,
        })
    }

    /// The next connection.
    pub(super) async fn accept(&self) -> io::Result<(Stream, Peer)> {
        std::future::poll_fn(|context| self.poll_accept(context)).await
    }

    fn poll_accept(&self, context: &mut Context<'_>) -> Poll<io::Result<(Stream, Peer)>> {
        let first = self.turn.fetch_add(1, Ordering::Relaxed);
        for turn in 0..self.sockets.len() {
            let accepted = match &self.sockets[first.wrapping_add(turn) % self.sockets.len()] {
                Socket::Tcp(listener) => listener.poll_accept(context).map_ok(|(stream, peer)| {
                    // Without it answers are late, and nothing else happens.
                    let _late = stream.set_nodelay(true);
                    (Stream::Tcp(stream), Peer::Address(peer))
                }),
                Socket::Unix(listener, _) => {
                    listener.poll_accept(context).map_ok(|(stream, _)| (Stream::Unix(stream), Peer::Local))
                }
            };
            if accepted.is_ready() {
                return accepted;
            }
        }
        Poll::Pending
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        for socket in &self.sockets {
            if let Socket::Unix(_, Some(path)) = socket {
                let _gone = fs::remove_file(path);
            }
        }
    }
}

/// Takes a socket that was handed over, of either kind.
fn take(handed: &mut ListenFd, place: usize) -> io::Result<Socket> {
    if let Ok(Some(listener)) = handed.take_tcp_listener(place) {
        listener.set_nonblocking(true)?;
        return TcpListener::from_std(listener).map(Socket::Tcp);
    }
    let listener = handed.take_unix_listener(place)?;
    let listener =
        listener.ok_or_else(|| io::Error::other("a socket that was handed over is none to listen at"))?;
    listener.set_nonblocking(true)?;
    UnixListener::from_std(listener).map(|listener| Socket::Unix(listener, None))
}

fn remove_stale(path: &Path) -> io::Result<()> {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|meta| meta.file_type().is_socket());
    if is_socket && std::os::unix::net::UnixStream::connect(path).is_err() {
        fs::remove_file(path)?;
    }
    Ok(())
}

impl Detached {
    /// Lets the runtime of this thread wait for it.
    pub(super) fn attach(self) -> io::Result<Stream> {
        match self {
            Self::Tcp(stream) => TcpStream::from_std(stream).map(Stream::Tcp),
            Self::Unix(stream) => UnixStream::from_std(stream).map(Stream::Unix),
        }
    }
}

impl Stream {
    /// Takes it from the runtime that has waited for it.
    pub(super) fn detach(self) -> io::Result<Detached> {
        match self {
            Self::Tcp(stream) => stream.into_std().map(Detached::Tcp),
            Self::Unix(stream) => stream.into_std().map(Detached::Unix),
        }
    }

    /// Finds out when a client went without a word, as one does whose network is gone: it answers nothing any more, or
    /// takes nothing of what it is sent for too long.
    pub(super) fn watch_over(&self, longest_write: Duration) {
        let Self::Tcp(stream) = self else { return };
        let millis = u32::try_from(longest_write.as_millis()).unwrap_or(u32::MAX);
        let _known_later = sockopt::set_socket_keepalive(stream, true)
            .and_then(|()| sockopt::set_tcp_keepidle(stream, ASKED_AFTER))
            .and_then(|()| sockopt::set_tcp_keepintvl(stream, ASKED_AGAIN))
            .and_then(|()| sockopt::set_tcp_keepcnt(stream, ASKED))
            .and_then(|()| sockopt::set_tcp_user_timeout(stream, millis));
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Unix(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Unix(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Self::Unix(stream) => Pin::new(stream).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(context),
            Self::Unix(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
