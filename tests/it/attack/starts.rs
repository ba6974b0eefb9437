//! Starts that are refused leave everything in a data folder as it was.

use std::{fs, net::TcpListener, path::Path};

use serde_json::json;

use crate::{
    cli::running::Running,
    store::damage::{Picture, open_to_others},
};

fn start(folder: &Path, configuration: &str) -> Running {
    let (file, data) = (folder.join("config.toml"), folder.join("data"));
    fs::write(&file, configuration).expect("a file");
    let (file, data) = (file.to_str().expect("a path"), data.to_str().expect("a path"));
    Running::start(&["serve", "--config", file, "--data", data])
}

const USUAL: &str = "[server]\nname = \"one.example\"\nlisten = \"127.0.0.1:0\"\n";

/// A folder with a configuration and with the data of a server that has a user, and that ended well.
async fn served() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let mut running = start(folder.path(), USUAL);
    let url = running.url();
    let token = fs::read_to_string(folder.path().join("data/admin-token")).expect("a token");
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let call = http.put(format!("{url}/presenced/v1/users/@a:one.example")).bearer_auth(token.trim());
    assert_eq!(call.json(&json!({})).send().await.expect("an answer").status(), 201);
    assert_eq!(running.end("TERM").0, Some(0));
    open_to_others(&folder.path().join("data"));
    folder
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_touched() {
    let folder = served().await;
    let data = folder.path().join("data");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address");
    let empty = folder.path().join("empty");
    fs::write(&empty, "").expect("a file");
    let named = |file: &Path| format!("{USUAL}admin_token_file = {file:?}\n");
    let usual: fn(&Path) = |_| {};
    let cases: [(&str, String, fn(&Path)); 10] = [
        ("are of \"one.example\"", USUAL.replace("one.", "other."), usual),
        ("is in use; choose another address", USUAL.replace("127.0.0.1:0", &address.to_string()), usual),
        ("the admin token in", named(&folder.path().join("missing")), usual),
        ("the file is empty", named(&empty), usual),
        ("tls.certificate", format!("{USUAL}[tls]\ncertificate = \"/nowhere\"\nkey = \"/nowhere\"\n"), usual),
        ("there is no such key", format!("{USUAL}nonsense = 1\n"), usual),
        ("the admin token in", USUAL.to_owned(), |data| {
            fs::write(data.join("admin-token"), b"\xff\xff").expect("a file");
        }),
        ("db/version: it is missing", USUAL.to_owned(), |data| {
            fs::remove_file(data.join("db/version")).expect("a file");
        }),
        ("it holds no number", USUAL.to_owned(), |data| {
            fs::write(data.join("acknowledged"), "nonsense").expect("a file");
        }),
        ("has lost changes", USUAL.to_owned(), |data| {
            fs::write(data.join("acknowledged"), "1000\n").expect("a file");
        }),
    ];
    for (why, configuration, damage) in cases {
        let whole = tempfile::tempdir().expect("a folder");
        crate::store::disk::copy(&data, whole.path());
        damage(&data);
        let before = Picture::of(&data);
        let (code, log) = start(folder.path(), &configuration).ended();
        assert_eq!(code, Some(2), "{log}");
        assert!(log.lines().last().is_some_and(|line| line.contains(why)), "{why}: {log}");
        before.assert_still(&data, why);
        fs::remove_dir_all(&data).expect("a folder");
        crate::store::disk::copy(whole.path(), &data);
    }
    // And it can be served as before.
    let mut running = start(folder.path(), USUAL);
    running.line_with("others could read in the data folder");
    running.url();
    assert_eq!(running.end("TERM").0, Some(0));
}

/// Whoever gave all users another name may have the folder: those who are there count, and not those who were.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_who_are_gone_are_of_no_server() {
    let folder = served().await;
    let token = fs::read_to_string(folder.path().join("data/admin-token")).expect("a token");
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let mut running = start(folder.path(), USUAL);
    let url = running.url();
    let call = http.delete(format!("{url}/presenced/v1/users/@a:one.example")).bearer_auth(token.trim());
    assert_eq!(call.send().await.expect("an answer").status(), 204);
    assert_eq!(running.end("TERM").0, Some(0));
    let mut running = start(folder.path(), &USUAL.replace("one.", "other."));
    let url = running.url();
    let call = http.put(format!("{url}/presenced/v1/users/@a:other.example")).bearer_auth(token.trim());
    assert_eq!(call.json(&json!({})).send().await.expect("an answer").status(), 201);
    assert_eq!(running.end("TERM").0, Some(0));
    let (code, log) = start(folder.path(), USUAL).ended();
    assert!(code == Some(2) && log.contains("are of \"other.example\""), "{log}");
}

/// Below the reserve a server starts, says so, and is not ready.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_is_almost_full_is_told_at_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut running = start(folder.path(), &format!("{USUAL}[store]\nreserve_mebibytes = 1000000000\n"));
    running.line_with("is almost full");
    let url = running.url();
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    for _ in 0..2 {
        let answer = http.get(format!("{url}/readyz")).send().await.expect("an answer");
        assert_eq!(answer.status(), 503);
        let text = answer.text().await.expect("text");
        assert!(text.contains("is almost full"), "{text}");
    }
    assert_eq!(running.end("TERM").0, Some(0));
}
