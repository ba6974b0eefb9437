//! `serve`: what it prints, what it refuses, how it ends.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt};

use super::{presenced, running::Running, shown};
use crate::support::snapshots;

/// Where a demo serves, as its greeting says.
pub(super) fn url(greeting: &str) -> String {
    format!("http://{}", address_in(greeting))
}

fn address_in(greeting: &str) -> &str {
    let url = greeting.split("http://").nth(1).expect("a URL");
    url.split_whitespace().next().expect("an address")
}

#[tokio::test]
async fn the_demo_greets_serves_and_stops() {
    for signal in ["TERM", "INT"] {
        let mut running = Running::start(&["serve", "--demo", "--listen", "127.0.0.1:0"]);
        let greeting = running.greeting();
        let address = address_in(&greeting).to_owned();
        snapshots().bind(|| insta::assert_snapshot!("demo-greeting", greeting.replace(&address, "ADDRESS")));
        let secret = "demo-alice";
        let url = format!("http://{address}/_matrix/client/v3/presence/@bob:example.com/status");
        let answer = reqwest::get(format!("{url}?access_token={secret}&more=hush")).await.expect("an answer");
        assert_eq!(answer.status(), 200);
        let url = format!("http://{address}/v0/presence?access_token={secret}&update_presence=hush");
        assert_eq!(reqwest::get(url).await.expect("an answer").status(), 200);
        let (code, log) = running.end(signal);
        assert_eq!(code, Some(0), "{log}");
        assert!(log.contains("/v0/presence"), "the request is logged: {log}");
        assert!(log.contains("/presence/@bob:example.com/status"), "the request is logged: {log}");
        assert!(!log.contains(secret) && !log.contains("hush"), "a query reached the log: {log}");
    }
}

#[test]
fn a_signal_right_after_the_greeting_is_caught() {
    for _ in 0..10 {
        let mut running = Running::start(&["serve", "--demo", "--listen", "127.0.0.1:0"]);
        running.greeting();
        let (code, log) = running.end("TERM");
        assert_eq!(code, Some(0), "{log}");
    }
}

#[test]
#[ignore = "needs curl, which tests/run installs"]
fn the_demos_commands_can_be_pasted() {
    let mut running = Running::start(&["serve", "--demo", "--listen", "127.0.0.1:0"]);
    let greeting = running.greeting();
    let commands: Vec<&str> = greeting.split("\n\n").filter(|part| part.starts_with("  curl")).collect();
    assert_eq!(commands.len(), 3, "{greeting}");
    let answers: Vec<String> = commands
        .into_iter()
        .map(|command| {
            let output = std::process::Command::new("sh").args(["-c", command]).output().expect("a shell");
            String::from_utf8(output.stdout).expect("text")
        })
        .collect();
    assert_eq!(answers[0], "{}");
    assert!(answers[1].starts_with(r#"{"presence":"online","last_active_ago":"#), "{}", answers[1]);
    assert!(answers[2].starts_with(r#"{"errcode":"M_FORBIDDEN""#), "{}", answers[2]);
}

#[test]
fn starts_that_fail_say_why_in_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("config.toml");
    fs::write(&file, "[server]\nunknown = 1\n").expect("a file");
    let path = file.to_str().expect("a path");
    let rows: [&[&str]; 6] = [
        &["serve", "--demo", "--listen", &address],
        &["serve", "--demo", "--listen", "0.0.0.0:0"],
        &["serve", "--demo", "--listen", "[::]:0"],
        &["serve", "--config", path],
        &["serve", "--config", "/nowhere.toml"],
        &["serve", "--listen", "127.0.0.1:0", "--data", path],
    ];
    let mut lines = Vec::new();
    for arguments in rows {
        // So many connections there may be on any machine.
        let mut command = presenced(arguments);
        let output = command.env("PRESENCED_LIMITS__CONNECTIONS", "500").output().expect("the binary runs");
        assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
        let text = String::from_utf8(output.stderr).expect("text");
        // Before it there is only what the log says of the start.
        let (reason, rest): (Vec<&str>, Vec<&str>) =
            text.lines().partition(|line| line.starts_with("presenced: "));
        assert!(rest.iter().all(|line| line.contains(" INFO ")), "{text}");
        assert_eq!(reason.len(), 1, "{text}");
        lines.push(format!("{}\n", reason[0]).replace(path, "FILE").replace(&address, "ADDRESS"));
    }
    insta::assert_snapshot!(lines.concat(), @"
    presenced: ADDRESS is in use; choose another address with --listen
    presenced: the demo's tokens are known to everybody, so it listens on loopback addresses only, not on 0.0.0.0:0
    presenced: the demo's tokens are known to everybody, so it listens on loopback addresses only, not on [::]:0
    presenced: configuration: server.unknown (FILE, line 2): there is no such key; in [server] there are admin_token_file, allowed_origins, data, dialects, forwarded, listen, name, proxy_protocol, public_url, shutdown_grace_seconds, trusted_proxies
    presenced: configuration: /nowhere.toml: No such file or directory (os error 2)
    presenced: FILE: no data folder: File exists (os error 17)
    ");
}

#[tokio::test]
async fn the_admin_token_is_made_once_and_is_its_owners() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let file = data.join("admin-token");
    let path = data.to_str().expect("a path");
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let mut running = Running::start(&["serve", "--listen", "127.0.0.1:0", "--data", path]);
        let url = format!("{}/presenced/v1/users", running.url());
        let token = fs::read_to_string(&file).expect("the token file");
        assert_eq!(fs::metadata(&file).expect("the token file").permissions().mode() & 0o777, 0o600);
        let answer =
            reqwest::Client::new().get(url).bearer_auth(token.trim()).send().await.expect("an answer");
        assert_eq!(answer.text().await.expect("text"), r#"{"users":[],"more":false}"#);
        assert_eq!(running.end("TERM").0, Some(0));
        tokens.push(token);
    }
    assert_eq!(tokens[0], tokens[1]);
}
