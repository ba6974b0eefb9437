//! `user`, `token` and `room` against a running server.

use super::{presenced, run, shown};
use crate::support::{TestServer, snapshots};

/// Runs an admin command in a thread that may block, while the server answers in this one.
async fn admin(server: &TestServer, arguments: &[&str]) -> String {
    let mut all: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    all.extend(["--url", &server.url, "--token", "demo-admin"].map(str::to_owned));
    let run = move || {
        let arguments: Vec<&str> = all.iter().map(String::as_str).collect();
        shown(&presenced(&arguments).output().expect("the binary runs"))
    };
    tokio::task::spawn_blocking(run).await.expect("a run that ends").replace(&server.url, "URL")
}

#[tokio::test]
async fn a_session() {
    let server = TestServer::start().await;
    let mut session = Vec::new();
    for line in [
        "user list",
        "user add @dave:example.com --display-name Dave --account 1 --extension-number 104",
        "user show @dave:example.com",
        "user show @dave:example.com --json",
        "user add @dave:elsewhere.org",
        "user show @nobody:example.com",
        "room set !pair:example.com @dave:example.com @alice:example.com",
        "room show !pair:example.com",
        "room add !pair:example.com @bob:example.com",
        "room add !new:example.com @bob:example.com --json",
        "room add !pair:example.com @nobody:example.com",
        "room remove !pair:example.com @alice:example.com",
        "room remove !pair:example.com @alice:example.com --json",
        "room show !pair:example.com",
        "room list",
        "room list --json",
        "room set !pair:example.com",
        "room show !pair:example.com",
        "token list @alice:example.com",
        "token revoke @alice:example.com nonsense",
        "token create @nobody:example.com --device D",
        "token end-sessions @alice:example.com",
        "token end-sessions @alice:example.com --json",
        "token end-sessions @nobody:example.com",
        "token list @alice:example.com",
        "token rotate-admin",
        "subscription list",
        "subscription list --json",
        "subscription end 0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77",
        "user remove @dave:example.com",
        "user list --json",
    ] {
        let arguments: Vec<&str> = line.split(' ').collect();
        session.push(format!("$ presenced {line}\n{}", admin(&server, &arguments).await));
    }
    snapshots().bind(|| insta::assert_snapshot!("cli-admin", session.join("\n")));
}

#[tokio::test]
async fn a_created_token_works_until_it_is_revoked() {
    let server = TestServer::start().await;
    let created = admin(
        &server,
        &[
            "token",
            "create",
            "@carol:example.com",
            "--device",
            "PHONE",
            "--scope",
            "read",
            "--expires-in",
            "60",
        ],
    )
    .await;
    let token = created.strip_prefix("exit 0\n").expect("it is made").trim();
    assert_eq!(server.presence(token, "@carol:example.com").await.status, 200);
    let list = admin(&server, &["token", "list", "@carol:example.com"]).await;
    let row = list.lines().find(|line| line.contains("PHONE")).expect("it is listed");
    assert!(row.contains("read") && row.contains("2026-01-05T09:01:00Z") && !row.contains("write"), "{row}");
    let id = row.split_whitespace().next().expect("an id");
    let revoked = admin(&server, &["token", "revoke", "@carol:example.com", id]).await;
    assert_eq!(revoked, format!("exit 0\n{id} is revoked.\n"));
    assert_eq!(server.presence(token, "@carol:example.com").await.status, 401);
}

#[tokio::test]
async fn tokens_of_apps_are_shown_once_and_can_be_revoked() {
    let server = TestServer::start().await;
    let created = admin(&server, &["app-token", "create", "wallboard", "--expires-in", "60"]).await;
    let token = created.strip_prefix("exit 0\n").expect("it is made").trim();
    let read = async || server.call(reqwest::Method::GET, "/v0/presence").token(token).send().await.status;
    assert_eq!(read().await, 200);
    let list = admin(&server, &["app-token", "list"]).await;
    let row = list.lines().find(|line| line.contains("wallboard")).expect("it is listed");
    assert!(row.contains("2026-01-05T09:01:00Z"), "{row}");
    let id = row.split_whitespace().next().expect("an id");
    let revoked = admin(&server, &["app-token", "revoke", id]).await;
    assert_eq!(revoked, format!("exit 0\n{id} is revoked.\n"));
    assert_eq!(read().await, 401);
}

#[tokio::test]
async fn more_users_than_one_page() {
    let server = TestServer::start().await;
    for number in 0..1_001 {
        let path = format!("/users/@user{number:04}:example.com");
        server.admin(reqwest::Method::PUT, &path, Some(serde_json::json!({}))).await;
    }
    let list = admin(&server, &["user", "list"]).await;
    assert_eq!(list.lines().count(), 2 + 3 + 1_001, "exit code, header, the demo's users and these");
}

#[test]
fn without_a_server_or_a_token() {
    let unreachable = shown(&run(&["user", "list", "--url", "http://127.0.0.1:1", "--token", "x"]));
    insta::assert_snapshot!(unreachable, @"
    exit 2
    presenced: no answer from http://127.0.0.1:1: Connection refused (os error 111)
    ");
    let no_token = shown(&run(&["user", "list", "--token-file", "/nowhere"]));
    insta::assert_snapshot!(no_token, @"
    exit 2
    presenced: no admin token: /nowhere: No such file or directory (os error 2); name the file with --token-file, or use --token
    ");
}

#[tokio::test]
async fn a_wrong_token_is_refused() {
    let server = TestServer::start().await;
    let url = server.url.clone();
    let run = move || shown(&run(&["user", "list", "--url", &url, "--token", "demo-alice"]));
    let refused = tokio::task::spawn_blocking(run).await.expect("a run that ends");
    insta::assert_snapshot!(refused, @"
    exit 1
    presenced: this needs the admin token
    ");
}
