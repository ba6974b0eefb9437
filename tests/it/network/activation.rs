//! Sockets that systemd hands over.

use std::process::Command;

use crate::cli::running::Running;

/// What systemd does: opens two sockets, of both kinds, and becomes the server.
const HANDS_OVER: &str = r#"
import os, socket, sys
tcp = socket.socket(); tcp.bind(("127.0.0.1", 0)); tcp.listen()
unix = socket.socket(socket.AF_UNIX); unix.bind(sys.argv[2]); unix.listen()
print(tcp.getsockname()[1], flush=True)
for place, held in enumerate([os.dup(tcp.fileno()), os.dup(unix.fileno())]):
    os.dup2(held, 3 + place, inheritable=True)
os.environ.update(LISTEN_FDS="2", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[1], [sys.argv[1], "serve", "--demo", "--listen", "127.0.0.1:1"])
"#;

#[tokio::test]
#[ignore = "needs python3, which tests/run installs"]
async fn sockets_that_were_handed_over_are_served() {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("http.sock");
    let mut command = Command::new("python3");
    command.args(["-c", HANDS_OVER, env!("CARGO_BIN_EXE_presenced"), socket.to_str().expect("a path")]);
    let mut running = Running::spawn(command, &[]);
    let greeting = running.greeting();
    let address = format!("127.0.0.1:{}", greeting.lines().next().expect("the port"));
    assert!(greeting.contains(&format!("http://{address} ")), "the greeting names the socket: {greeting}");
    for place in [address.clone(), format!("unix:{}", socket.display())] {
        let line = running.line_with("listening");
        assert!(line.contains(&format!("address={place} ")), "{line}");
    }
    let answer = reqwest::get(format!("http://{address}/healthz")).await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let stream = tokio::net::UnixStream::connect(&socket).await.expect("a connection");
    let request = b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    assert_eq!(super::status(&super::exchange(stream, request).await), "200");
    let (code, log) = running.end("TERM");
    assert_eq!(code, Some(0), "{log}");
}
