//! Answers over HTTP/2 that nobody takes. The connection is well: other answers go through it, and pings.

use axum::{
    body::Body,
    http::{Request, StatusCode, Version},
};
use http_body_util::BodyExt as _;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::task::JoinHandle;

use crate::support::{TestServer, connect, seconds};

/// A connection on which answers have so little room until they are read.
async fn speak(server: &TestServer, room: u32) -> (SendRequest<Body>, JoinHandle<()>) {
    let mut http = Builder::new(TokioExecutor::new());
    let stream = TokioIo::new(connect(server).await);
    let (sender, connection) = http.initial_stream_window_size(room).handshake(stream).await.expect("HTTP/2");
    let ended = tokio::spawn(async move {
        let _ended = connection.await;
    });
    (sender, ended)
}

fn get(path: &str) -> Request<Body> {
    let request = Request::get(format!("http://x{path}")).version(Version::HTTP_2);
    request.header("authorization", "Bearer demo-alice").body(Body::empty()).expect("a request")
}

const LARGE: &str = "/openapi/ringcentral.json";

/// A server that waits for so long until something is taken.
async fn server(patience: u64) -> TestServer {
    TestServer::start_with(|config| {
        config.limits.stream_write_seconds = patience;
        config.limits.stream_heartbeat_seconds = 1;
        config.limits.head_seconds = 600;
    })
    .await
}

#[tokio::test]
async fn a_connection_ends_on_which_an_answer_waits_for_too_long() {
    let server = server(1).await;
    // No byte of an answer has room, or the first of its pieces has.
    for room in [0, 1] {
        let (mut sender, ended) = speak(&server, room).await;
        let mut held = Vec::new();
        for _ in 0..5 {
            held.push(sender.send_request(get(LARGE)).await.expect("an answer's head"));
        }
        tokio::time::timeout(seconds(60), ended).await.expect("it ends").expect("its end");
    }
}

/// Nor does it help to take other answers meanwhile.
#[tokio::test]
async fn other_answers_that_are_taken_do_not_keep_it() {
    let server = server(1).await;
    let (mut sender, ended) = speak(&server, 1).await;
    let _held = sender.send_request(get(LARGE)).await.expect("an answer's head");
    while !ended.is_finished() {
        let Ok(answer) = sender.send_request(get("/healthz")).await else { break };
        assert_eq!(answer.status(), StatusCode::OK);
        let _taken = answer.into_body().collect().await;
    }
    tokio::time::timeout(seconds(60), ended).await.expect("it ends").expect("its end");
}

/// Where there is nothing to take, nobody is late; and whoever takes slowly is not either.
#[tokio::test]
async fn a_connection_stays_whose_answers_are_taken() {
    let server = server(2).await;
    let (mut sender, _ended) = speak(&server, 65_535).await;
    let mut stream = sender.send_request(get("/presenced/v1/changes")).await.expect("a stream");
    let mut large = sender.send_request(get(LARGE)).await.expect("an answer's head");
    let mut length = 0;
    // Heartbeats come once a second, and meanwhile half of what there is room for is taken.
    for _ in 0..4 {
        stream.frame().await.expect("a heartbeat").expect("a frame");
        for _ in 0..2 {
            length += large.frame().await.expect("more").expect("a frame").into_data().expect("data").len();
        }
    }
    length += large.into_body().collect().await.expect("the rest").to_bytes().len();
    let whole = sender.send_request(get(LARGE)).await.expect("an answer's head");
    assert_eq!(whole.headers()["content-length"], length.to_string());
}
