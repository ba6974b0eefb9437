//! `serve`: what it prints, what it refuses, how it ends.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt};

use super::{presenced, run, running::Running, shown};
use crate::support::snapshots;

/// Where a demo serves, as its greeting says.
pub(crate) fn url(greeting: &str) -> String {
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
        let is_of_start = |line: &&str| line.contains(" INFO ") || line.contains(" WARN ");
        assert!(rest.iter().all(is_of_start), "{text}");
        assert_eq!(reason.len(), 1, "{text}");
        lines.push(format!("{}\n", reason[0]).replace(path, "FILE").replace(&address, "ADDRESS"));
    }
    insta::assert_snapshot!(lines.concat(), @"
    presenced: ADDRESS is in use; choose another address with --listen
    presenced: the demo's tokens are known to everybody, so it listens on loopback addresses only, not on 0.0.0.0:0; --allow-remote lets it
    presenced: the demo's tokens are known to everybody, so it listens on loopback addresses only, not on [::]:0; --allow-remote lets it
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

#[test]
fn an_empty_admin_token_is_made_anew_and_a_damaged_one_is_refused_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, path) = (folder.path().join("admin-token"), folder.path().to_str().expect("a path"));
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("rights");
    fs::write(&file, "").expect("a file");
    let mut running = Running::start(&["serve", "--listen", "127.0.0.1:0", "--data", path]);
    running.line_with("a new token is made");
    running.url();
    assert_eq!(running.end("TERM").0, Some(0));
    assert!(fs::read_to_string(&file).expect("the token file").len() > 20);
    for name in ["", "admin-token", "acknowledged", "db", "db/0.jnl", "db/lock"] {
        let path = folder.path().join(name);
        let Ok(meta) = fs::metadata(&path) else { continue };
        assert_eq!(meta.permissions().mode() & 0o077, 0, "{}", path.display());
    }

    fs::write(&file, b"\xff\xff").expect("a file");
    fs::remove_file(folder.path().join("db/lock")).expect("a lock");
    let output = run(&["serve", "--listen", "127.0.0.1:0", "--data", path]);
    assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
    assert!(shown(&output).contains(&format!("the admin token in {}: ", file.display())));
    assert!(!folder.path().join("db/lock").exists(), "the data was not opened");
}

/// What is set wins over what the demo would have; what is not set is the demo's.
#[tokio::test]
async fn settings_win_over_the_demos() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("config.toml");
    fs::write(&file, "[presence]\nlists = false\n[limits]\nput_per_second = 0.001\nput_burst = 1\n")
        .expect("a file");
    let path = file.to_str().expect("a path");
    let arguments = ["serve", "--demo", "--allow-remote", "--listen", "0.0.0.0:0", "--config", path];
    let mut running = Running::start(&arguments);
    let greeting = running.greeting();
    let url = url(&greeting).replace("0.0.0.0", "127.0.0.1");
    let client = reqwest::Client::new();
    let status = format!("{url}/_matrix/client/v3/presence/@alice:example.com/status");
    let mut statuses = Vec::new();
    for _ in 0..2 {
        let put = client.put(&status).bearer_auth("demo-alice").body(r#"{"presence": "online"}"#);
        statuses.push(put.send().await.expect("an answer").status().as_u16());
    }
    assert_eq!(statuses, [200, 429]);
    let list = format!("{url}/_matrix/client/r0/presence/list/@alice:example.com");
    let list = client.get(list).bearer_auth("demo-alice").send().await.expect("an answer");
    let pnut =
        client.get(format!("{url}/v0/presence")).bearer_auth("demo-alice").send().await.expect("an answer");
    assert_eq!((list.status().as_u16(), pnut.status().as_u16()), (404, 200));
    let advance = client.post(format!("{url}/presenced/v1/demo/advance")).bearer_auth("demo-alice");
    let advanced = advance.body(r#"{"seconds": 1000}"#).send().await.expect("an answer");
    assert_eq!(advanced.status().as_u16(), 204);
    // The limit counts by the same clock.
    let put = client.put(&status).bearer_auth("demo-alice").body(r#"{"presence": "online"}"#);
    assert_eq!(put.send().await.expect("an answer").status().as_u16(), 200);
    assert_eq!(running.end("TERM").0, Some(0));
}

#[test]
fn the_demo_has_its_own_name() {
    let output = presenced(&["serve", "--demo", "--listen", "127.0.0.1:0"])
        .env("PRESENCED_SERVER__NAME", "presence.example")
        .output()
        .expect("a run");
    insta::assert_snapshot!(String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default(), @r#"presenced: the demo's users are of example.com; leave server.name = "presence.example" out"#);
    assert_eq!(run(&["serve", "--allow-remote"]).status.code(), Some(2));
}
