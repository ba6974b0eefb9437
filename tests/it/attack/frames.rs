//! Frames of a WebSocket that are none: the client is told what was wrong.

use crate::support::{TestServer, socket::Socket};

#[tokio::test]
async fn a_socket_ends_with_a_code() {
    let server = TestServer::start().await;
    let cases: [(&str, &[u8], u16); 7] = [
        ("reserved bits", &[0xF1, 0x80, 0, 0, 0, 0], 1002),
        ("no mask", &[0x81, 0x01, b'x'], 1002),
        ("a reserved opcode", &[0x83, 0x80, 0, 0, 0, 0], 1002),
        ("a ping in pieces", &[0x09, 0x80, 0, 0, 0, 0], 1002),
        ("a binary message", &[0x82, 0x81, 0, 0, 0, 0, 1], 1003),
        ("a text that is none", &[0x81, 0x81, 0, 0, 0, 0, 0xFF], 1007),
        ("two gigabytes", &[0x81, 0xFF, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0], 1009),
    ];
    for (what, bytes, code) in cases {
        let mut socket = Socket::open(&server, "demo-alice").await;
        socket.send_bytes(bytes).await;
        assert_eq!(socket.close_code().await, Some(code), "{what}");
    }
}
