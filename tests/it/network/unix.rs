//! Unix sockets.

use std::{fs, os::unix::fs::PermissionsExt};

use presenced::{config::Listen, server::Listener};
use tokio::net::UnixStream;

use super::{exchange, one_call_an_address, status, tokenless};
use crate::support::TestServer;

#[tokio::test]
async fn a_socket_is_listened_at_and_removed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("http.sock");
    let place: Listen = format!("unix:{}", path.display()).parse().expect("a place");
    // One that nobody listens at any more is no hindrance.
    drop(std::os::unix::net::UnixListener::bind(&path).expect("a socket"));
    let listener = Listener::bind(&place).expect("a listener");
    assert_eq!(listener.addresses(), [place.to_string()]);
    assert!(Listener::bind(&place).is_err(), "somebody listens there");
    let server = TestServer::start_at(listener, one_call_an_address).await;
    assert_eq!(fs::metadata(&path).expect("a socket").permissions().mode() & 0o777, 0o660);
    let call = async |headers: &str| {
        let stream = UnixStream::connect(&path).await.expect("a connection");
        status(&exchange(stream, tokenless(headers).as_bytes()).await).to_owned()
    };
    // Whoever may connect is believed.
    assert_eq!(call("x-forwarded-for: 203.0.113.9\r\n").await, "401");
    assert_eq!(call("x-forwarded-for: 203.0.113.9\r\n").await, "429");
    assert_eq!(call("x-forwarded-for: 203.0.113.10\r\n").await, "401");
    assert_eq!(call("").await, "401");
    server.stop().await;
    assert!(!path.exists());
}
