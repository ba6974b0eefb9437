//! HTTP/2 without TLS, of clients that know beforehand; over TLS see `tls`.

use axum::{
    body::Body,
    http::{Request, StatusCode, Version},
};
use http_body_util::BodyExt;
use hyper::{
    client::conn::http2::{SendRequest, handshake},
    ext::Protocol,
    upgrade::Upgraded,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_tungstenite::{WebSocketStream, tungstenite::protocol::Role};

use super::connect;
use crate::support::{
    TestServer, seconds,
    socket::{Socket, socket_token},
};

/// Speaks HTTP/2 over a connection.
pub(super) async fn speak(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> SendRequest<Body> {
    let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("HTTP/2");
    tokio::spawn(async move {
        let _ended = connection.await;
    });
    sender
}

pub(super) fn get(path: &str) -> Request<Body> {
    let request = Request::get(format!("http://asked.example{path}")).version(Version::HTTP_2);
    request.header("authorization", "Bearer demo-alice").body(Body::empty()).expect("a request")
}

#[tokio::test]
async fn streams_do_not_block_one_another() {
    let server = TestServer::start().await;
    let mut sender = speak(connect(&server).await).await;
    let mut streams = Vec::new();
    // More than a browser opens connections to one host.
    for _ in 0..10 {
        let mut stream = sender.send_request(get("/presenced/v1/changes")).await.expect("a stream");
        assert_eq!((stream.status(), stream.version()), (StatusCode::OK, Version::HTTP_2));
        assert!(stream.frame().await.is_some(), "the picture at the start");
        streams.push(stream);
    }
    let answer = sender.send_request(get("/openapi/presenced.json")).await.expect("an answer");
    let body = answer.into_body().collect().await.expect("a body").to_bytes();
    let document: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(document["servers"][0]["url"], "http://asked.example", "the authority is the host");
}

/// Opens a socket over a connection that others use too.
async fn open_socket(sender: &mut SendRequest<Body>, path: &str) -> Socket<TokioIo<Upgraded>> {
    let request = || {
        let request = Request::connect(format!("http://asked.example{path}")).version(Version::HTTP_2);
        let request =
            request.extension(Protocol::from_static("websocket")).header("sec-websocket-version", "13");
        request.body(Body::empty()).expect("a request")
    };
    // Until it knows the server's settings the client opens none.
    let mut opened = loop {
        match sender.send_request(request()).await {
            Ok(opened) => break opened,
            Err(_) => tokio::task::yield_now().await,
        }
    };
    assert_eq!(opened.status(), StatusCode::OK);
    let upgraded = hyper::upgrade::on(&mut opened).await.expect("a socket");
    Socket::over(WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Client, None).await)
}

/// A browser's WebSocket shares the connection with its requests, and keeps it open.
#[tokio::test]
async fn a_web_socket_is_one_stream_of_many() {
    let server = TestServer::start_with(|config| config.limits.head_seconds = 1).await;
    let token = socket_token(&server, "demo-bob").await;
    let path =
        format!("/restapi/v1.0/ws?access_token={}", token["ws_access_token"].as_str().expect("a token"));
    let mut sender = speak(connect(&server).await).await;
    let mut socket = open_socket(&mut sender, &path).await;
    let (meta, _) = socket.message().await;
    assert_eq!(meta["type"], "ConnectionDetails");
    socket.subscribe(&["/restapi/v1.0/account/~/extension/1/presence"]).await;
    // An idle connection beside it is closed meanwhile, after as long as this one had no request.
    let mut idle = speak(connect(&server).await).await;
    assert_eq!(idle.send_request(get("/healthz")).await.expect("an answer").status(), StatusCode::OK);
    while idle.ready().await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert_eq!(sender.send_request(get("/healthz")).await.expect("an answer").status(), StatusCode::OK);
    let presence = "/restapi/v1.0/account/~/extension/~/presence";
    let call = server.call(Method::PUT, presence).token("demo-alice").json(&json!({"userStatus": "Busy"}));
    assert_eq!(call.send().await.status, 200);
    assert_eq!(socket.told().await["body"]["presenceStatus"], "Busy");

    let figures = server.figures();
    let opened =
        r#"presenced_http_requests_total{dialect="ringcentral",operation="OpenWebSocket",status="200"} 1"#;
    assert!(figures.contains(opened), "{figures}");
    // Whoever asks for another protocol is told what this path is for.
    let request = Request::connect(format!("http://asked.example{path}")).version(Version::HTTP_2);
    let request = request.extension(Protocol::from_static("connect-udp")).body(Body::empty());
    let refused = sender.send_request(request.expect("a request")).await.expect("an answer");
    assert_eq!(refused.status(), StatusCode::UPGRADE_REQUIRED);
    let stopping = tokio::spawn(server.stop());
    socket.end().await;
    tokio::time::timeout(seconds(60), stopping).await.expect("a server that ends").expect("no panic");
}

#[tokio::test]
async fn requests_over_the_bound_wait() {
    let server = TestServer::start_with(|config| config.limits.http2_streams = 1).await;
    let mut sender = speak(connect(&server).await).await;
    let held = sender.send_request(get("/presenced/v1/changes")).await.expect("a stream");
    let mut next = Box::pin(sender.send_request(get("/healthz")));
    assert!(tokio::time::timeout(std::time::Duration::from_millis(50), &mut next).await.is_err());
    drop(held);
    assert_eq!(next.await.expect("an answer").status(), StatusCode::OK);
}

#[tokio::test]
async fn a_server_that_stops_lets_requests_finish_and_streams_end() {
    let server = TestServer::start().await;
    let mut sender = speak(connect(&server).await).await;
    let stream = sender.send_request(get("/presenced/v1/changes")).await.expect("a stream");
    let ended = tokio::spawn(async move { stream.into_body().collect().await.is_ok() });
    tokio::time::timeout(seconds(60), server.stop()).await.expect("a server that ends");
    assert!(ended.await.expect("a body"), "the stream was cut off");
}

/// Half a preface is not kept waiting for longer than half a head.
#[tokio::test]
async fn a_preface_that_does_not_arrive_is_given_up() {
    let server = TestServer::start_with(|config| config.limits.head_seconds = 1).await;
    for bytes in [&b""[..], b"PRI * HTTP/2.0\r\n"] {
        let mut stream = connect(&server).await;
        stream.write_all(bytes).await.expect("bytes that are sent");
        let mut rest = Vec::new();
        let closed = tokio::time::timeout(seconds(60), stream.read_to_end(&mut rest)).await;
        assert!(closed.is_ok() && rest.is_empty(), "{rest:?}");
    }
}

/// An idle connection is closed as one of HTTP/1 is.
#[tokio::test]
async fn an_idle_connection_is_closed_and_one_with_a_stream_is_not() {
    let server = TestServer::start_with(|config| config.limits.head_seconds = 2).await;
    let mut busy = speak(connect(&server).await).await;
    let mut stream = busy.send_request(get("/presenced/v1/changes")).await.expect("a stream");
    let mut idle = speak(connect(&server).await).await;
    assert_eq!(idle.send_request(get("/healthz")).await.expect("an answer").status(), StatusCode::OK);
    while idle.ready().await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(stream.frame().await.is_some(), "the stream goes on");
    assert_eq!(busy.send_request(get("/healthz")).await.expect("an answer").status(), StatusCode::OK);
}
