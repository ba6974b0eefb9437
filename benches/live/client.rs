//! HTTP as little as the measurements need, so that the watchers cost the machine less than the server.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpSocket, TcpStream},
    sync::Notify,
};

/// How many addresses of the loopback network the connections come from: each has its own ports.
const SOURCES: usize = 16;

/// Kinds of WebSocket frames. Source: RFC 6455, section 5.2.
const TEXT: u8 = 1;
const PING: u8 = 9;
const PONG: u8 = 10;

/// One connection.
pub(super) struct Client {
    stream: BufReader<TcpStream>,
    line: String,
}

/// Counts what many watchers were told.
#[derive(Default)]
pub(super) struct Tally {
    count: AtomicUsize,
    target: AtomicUsize,
    reached: Notify,
}

impl Client {
    pub(super) async fn connect(server: SocketAddr, number: usize) -> Self {
        let last = u8::try_from(number % SOURCES + 2).expect("there are few sources");
        let socket = TcpSocket::new_v4().expect("a file descriptor is free");
        socket.bind((Ipv4Addr::new(127, 0, 0, last), 0).into()).expect("a port is free");
        let stream = socket.connect(server).await.expect("the server takes connections");
        stream.set_nodelay(true).expect("the connection is open");
        Self { stream: BufReader::with_capacity(1_024, stream), line: String::new() }
    }

    /// Sends a request.
    pub(super) async fn send(&mut self, method: &str, path: &str, token: &str, body: &str) {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await.expect("the server reads");
    }

    /// Reads a whole answer, and returns its body.
    pub(super) async fn answer(&mut self) -> String {
        let status = self.line().await.to_owned();
        assert!(status.starts_with("HTTP/1.1 20"), "{status}");
        let mut length = 0;
        loop {
            let line = self.line().await;
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().expect("a number");
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await.expect("a whole answer");
        String::from_utf8(body).expect("text")
    }

    /// Sends a request and reads its answer.
    pub(super) async fn call(&mut self, method: &str, path: &str, token: &str, body: &str) -> String {
        self.send(method, path, token, body).await;
        self.answer().await
    }

    /// Reads a stream up to the next event. Every event is a chunk of its own, so no line is split.
    pub(super) async fn event(&mut self) {
        while !self.line().await.starts_with("data: ") {}
    }

    /// Opens a WebSocket.
    pub(super) async fn upgrade(&mut self, path: &str, token: &str) {
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\nconnection: upgrade\r\n\
             upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        self.stream.write_all(request.as_bytes()).await.expect("the server reads");
        let status = self.line().await.to_owned();
        assert!(status.starts_with("HTTP/1.1 101"), "{status}");
        while !self.line().await.is_empty() {}
    }

    /// Reads the next text frame of a WebSocket, and returns how long it is. Pings are answered.
    pub(super) async fn frame(&mut self) -> usize {
        loop {
            let mut head = [0; 2];
            self.stream.read_exact(&mut head).await.expect("a frame");
            let length = match head[1] {
                126 => self.stream.read_u16().await.expect("a length").into(),
                127 => usize::try_from(self.stream.read_u64().await.expect("a length")).expect("a length"),
                short => usize::from(short),
            };
            let mut text = vec![0; length];
            self.stream.read_exact(&mut text).await.expect("a whole frame");
            match head[0] & 0x0f {
                PING => self.send_frame(PONG, &[]).await,
                TEXT => return length,
                other => panic!("the server sent a frame of the kind {other}"),
            }
        }
    }

    /// Sends a text frame of up to 125 bytes.
    pub(super) async fn send_text(&mut self, text: &str) {
        self.send_frame(TEXT, text.as_bytes()).await;
    }

    /// Clients mask what they send; the mask of zeros changes nothing.
    async fn send_frame(&mut self, kind: u8, data: &[u8]) {
        let length = u8::try_from(data.len()).ok().filter(|length| *length < 126).expect("a short frame");
        let head = [0x80 | kind, 0x80 | length, 0, 0, 0, 0];
        self.stream.write_all(&[&head, data].concat()).await.expect("the server reads");
    }

    async fn line(&mut self) -> &str {
        self.line.clear();
        let length = self.stream.read_line(&mut self.line).await.expect("the server answers");
        assert!(length > 0, "the server closed the connection");
        self.line.trim_end()
    }
}

impl Tally {
    pub(super) fn add(&self) {
        if self.count.fetch_add(1, Ordering::AcqRel) + 1 == self.target.load(Ordering::Acquire) {
            self.reached.notify_one();
        }
    }

    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// Says beforehand at what count [`reached`](Self::reached) completes.
    pub(super) fn expect(&self, more: usize) {
        self.target.store(self.count() + more, Ordering::Release);
    }

    pub(super) async fn reached(&self) {
        self.reached.notified().await;
    }
}
