//! How a server ends: running requests finish, and it does not wait for ever.

use std::{sync::Arc, time::Duration};

use presenced::{api, app::App, clock::ManualClock, demo, server::Server, store::EmbeddedStore};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};

use crate::support::{ALICE, START, status_path};

async fn start(grace_seconds: u64) -> (TcpStream, App, oneshot::Sender<()>, JoinHandle<()>) {
    let mut config = demo::config(&api::config_reader());
    config.server.shutdown_grace_seconds = grace_seconds;
    let app = App::open(config, Box::new(EmbeddedStore::in_memory()), Arc::new(ManualClock::at(START)))
        .await
        .expect("an empty store opens");
    demo::furnish(&app.directory, START).await.expect("an empty directory");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(Server::default().run(listener, app.clone(), async {
        let _told = stopped.await;
    }));
    (TcpStream::connect(address).await.expect("a connection"), app, stop, running)
}

/// Sends the first half of a PUT, up to the middle of its body.
async fn half_a_request(stream: &mut TcpStream) {
    let head = format!(
        "PUT {} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer demo-alice\r\ncontent-length: 22\r\nexpect: 100-continue\r\n\r\n",
        status_path(ALICE)
    );
    stream.write_all(head.as_bytes()).await.expect("a head that is sent");
    // The server asks for the body once the handler waits for it: the request is running.
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).await.expect("100 Continue");
    assert!(interim.starts_with(b"HTTP/1.1 100 Continue"));
}

#[tokio::test]
async fn a_running_request_finishes() {
    let (mut stream, app, stop, running) = start(600).await;
    half_a_request(&mut stream).await;
    assert_eq!(app.ready(), Ok(()));
    stop.send(()).expect("a server that listens");
    while app.ready().is_ok() {
        tokio::task::yield_now().await;
    }
    stream.write_all(br#"{"presence": "online"}"#).await.expect("a body that is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n{}"), "{answer}");
    running.await.expect("a server that ends");
}

#[tokio::test]
async fn a_request_that_does_not_finish_is_given_up() {
    let (mut stream, app, stop, running) = start(0).await;
    half_a_request(&mut stream).await;
    stop.send(()).expect("a server that listens");
    tokio::time::timeout(Duration::from_secs(60), running)
        .await
        .expect("in time")
        .expect("a server that ends");
    assert_eq!(app.ready(), Err("the server is stopping".to_owned()));
}
