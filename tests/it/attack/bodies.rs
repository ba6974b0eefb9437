//! Bodies that nobody reads.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{TestServer, connect};

/// The head of an answer, after as much of its body as that has.
async fn answer(stream: &mut tokio::net::TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("more of a head"));
    }
    let head = String::from_utf8(head).expect("text").to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length = length.map_or(0, |length| length.parse().expect("a length"));
    stream.read_exact(&mut vec![0; length]).await.expect("a body");
    head
}

#[tokio::test]
async fn a_connection_goes_on_or_says_that_it_ends() {
    let server = TestServer::start().await;
    for path in
        ["/nowhere", "/", "/openapi/matrix.json", "/metrics", "/_matrix/nowhere", "/swagger-ui/", "//nowhere"]
    {
        for size in [100_000, 3_000_000] {
            let mut stream = connect(&server).await;
            let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {size}\r\n\r\n");
            let (mut from, mut to) = stream.split();
            let sending = async {
                to.write_all(head.as_bytes()).await.expect("a head");
                // What is not read any more cannot be sent.
                let _closed = to.write_all(&vec![b'x'; size]).await;
            };
            let mut first = [0; 1];
            let receiving = from.peek(&mut first);
            let (_sent, received) = tokio::join!(sending, receiving);
            received.expect("an answer");
            let refused = answer(&mut stream).await;
            assert!(refused.starts_with("http/1.1 4"), "{path} {refused}");
            if refused.contains("connection: close") {
                assert!(size > 1_048_576, "{path}: what is small is read");
                continue;
            }
            stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("a request");
            assert!(answer(&mut stream).await.starts_with("http/1.1 200"), "{path}");
        }
    }
}
