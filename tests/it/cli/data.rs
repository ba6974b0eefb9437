//! What the server keeps: over a restart, in an export, and in another folder.

use std::{fs, path::Path};

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    presenced, run,
    serve::{Running, url},
    shown,
};

const STATUS: &str = "_matrix/client/v3/presence/@alice:example.com/status";

/// A demo that keeps its data in a folder, and its address.
pub(super) fn start(data: &Path) -> (Running, String) {
    let data = data.to_str().expect("a path");
    let mut running = Running::start(&["serve", "--demo", "--listen", "127.0.0.1:0", "--data", data]);
    let greeting = running.greeting();
    assert!(greeting.contains(&format!("keeps everything in {data}.")), "{greeting}");
    let url = url(&greeting);
    (running, url)
}

async fn get(url: &str) -> Value {
    let answer = reqwest::Client::new().get(format!("{url}/{STATUS}")).bearer_auth("demo-bob").send().await;
    answer.expect("an answer").json().await.expect("JSON")
}

pub(super) async fn put(url: &str, text: &str) -> reqwest::Result<reqwest::StatusCode> {
    let body = json!({"presence": "unavailable", "status_msg": text});
    let call = reqwest::Client::new().put(format!("{url}/{STATUS}")).bearer_auth("demo-alice");
    Ok(call.json(&body).send().await?.status())
}

fn export(url: &str, file: &Path) -> String {
    let file = file.to_str().expect("a path");
    shown(&run(&["export", "--url", url, "--token", "demo-admin", "--output", file]))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_set_outlives_the_server_and_moves_with_its_export() {
    let folder = tempfile::tempdir().expect("a folder");
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    let (running, url) = start(&first);
    assert_eq!(put(&url, "here to stay").await.expect("an answer"), 200);
    assert_eq!(running.end("TERM").0, Some(0));

    let (running, url) = start(&first);
    let shows = get(&url).await;
    assert_eq!((&shows["presence"], &shows["status_msg"]), (&json!("unavailable"), &json!("here to stay")));

    // An export while it runs, read into another folder, is the same server again.
    let (one, other) = (folder.path().join("one.jsonl"), folder.path().join("other.jsonl"));
    assert_eq!(export(&url, &one), "exit 0\n");
    assert_eq!(running.end("TERM").0, Some(0));
    let import = |file: &Path, data: &Path| {
        let (file, data) = (file.to_str().expect("a path"), data.to_str().expect("a path"));
        shown(&run(&["import", file, "--data", data]))
            .replace(folder.path().to_str().expect("a path"), "FOLDER")
    };
    insta::assert_snapshot!(import(&one, &second), @"
    exit 0
    13 lines were imported into FOLDER/second
    ");
    let (running, url) = start(&second);
    assert_eq!(get(&url).await["status_msg"], "here to stay");
    assert_eq!(export(&url, &other), "exit 0\n");
    assert_eq!(running.end("TERM").0, Some(0));
    let read = |file: &Path| fs::read_to_string(file).expect("an export");
    assert_eq!(read(&one), read(&other));

    // Half a file leaves nothing behind, and data is never overwritten.
    let third = folder.path().join("third");
    let text = read(&one);
    let half = folder.path().join("half.jsonl");
    let mut refusals = vec![import(&one, &second)];
    let without_last_line = &text[..=text.trim_end().rfind('\n').expect("lines")];
    for broken in [
        without_last_line.to_owned(),
        text.lines().next().map(|first| first.to_owned() + "\n{\"kind\":\"ro").expect("a line"),
        text.replacen("\"kind\":\"member\"", "\"kind\":\"castle\"", 1),
        text.replacen("\"format\":2", "\"format\":3", 1),
        text.clone() + "{}\n",
        text.lines().filter(|line| !line.contains("\"member\"")).map(|line| line.to_owned() + "\n").collect(),
        "nonsense\n".to_owned(),
        String::new(),
    ] {
        fs::write(&half, broken).expect("a file");
        refusals.push(import(&half, &third));
        assert!(!third.join("db").exists());
    }
    insta::assert_snapshot!(refusals.concat(), @r#"
    exit 2
    presenced: FOLDER/second has data already; name another folder with --data
    exit 2
    presenced: FOLDER/half.jsonl: the file ends after 12 lines without the line that ends it: a part is missing; nothing was imported
    exit 2
    presenced: FOLDER/half.jsonl: line 2: EOF while parsing a string at line 1 column 11; nothing was imported
    exit 2
    presenced: FOLDER/half.jsonl: line 2: the kind "castle" is not known; nothing was imported
    exit 2
    presenced: FOLDER/half.jsonl: line 1: the file has format 3; this version reads up to 2; nothing was imported
    exit 2
    presenced: FOLDER/half.jsonl: line 14: there is something after the end; nothing was imported
    exit 2
    presenced: FOLDER/half.jsonl: line 11: the number of lines is another: a part is missing; nothing was imported
    exit 2
    presenced: FOLDER/half.jsonl: line 1: expected ident at line 1 column 2; nothing was imported
    exit 2
    presenced: FOLDER/half.jsonl: the file ends after 0 lines without the line that ends it: a part is missing; nothing was imported
    "#);
}

#[test]
fn a_folder_in_use_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let (running, _) = start(folder.path());
    let data = folder.path().to_str().expect("a path");
    let second = run(&["serve", "--demo", "--listen", "127.0.0.1:0", "--data", data]);
    assert_eq!(
        shown(&second),
        format!("exit 2\npresenced: the data folder {data} is in use by another process\n")
    );
    assert_eq!(running.end("TERM").0, Some(0));
}

#[test]
fn an_export_without_a_server_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("out.jsonl");
    let text = export("http://127.0.0.1:1", &file);
    assert!(text.starts_with("exit 2\npresenced: "), "{text}");
    assert!(!file.exists() && !folder.path().join("out.jsonl.part").exists());
    let output = presenced(&["export", "--token", "x", "--url", "https://example.com"]).output();
    assert_eq!(output.expect("the binary runs").status.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn presence_lists_and_tokens_outlive_a_server_that_was_killed() {
    let folder = tempfile::tempdir().expect("a folder");
    let (running, url) = start(folder.path());
    let http = reqwest::Client::new();
    let call = async |method: Method, url: &str, path: &str, token: &str, body: Value| -> Value {
        let call = http.request(method, format!("{url}/{path}")).bearer_auth(token).json(&body);
        call.send().await.expect("an answer").json().await.expect("JSON")
    };
    let carols = "_matrix/client/r0/presence/list/@carol:example.com";
    let invite = json!({"invite": ["@alice:example.com", "@bob:example.com"]});
    call(Method::POST, &url, carols, "demo-carol", invite).await;
    let observers = "presenced/v1/users/@alice:example.com/observers/@carol:example.com";
    call(Method::PUT, &url, observers, "demo-alice", Value::Null).await;
    let sync = "_matrix/client/v3/sync?set_presence=offline";
    let since = call(Method::GET, &url, sync, "demo-carol", Value::Null).await["next_batch"].clone();
    assert_eq!(put(&url, "here to stay").await.expect("an answer"), 200);
    running.end("KILL");

    let (running, url) = start(folder.path());
    let list = call(Method::GET, &url, carols, "demo-carol", Value::Null).await;
    assert_eq!(list[0]["content"]["user_id"], "@alice:example.com");
    assert_eq!(list[0]["content"]["status_msg"], "here to stay");
    let own = "presenced/v1/users/@carol:example.com/presence-list";
    let own = call(Method::GET, &url, own, "demo-carol", Value::Null).await;
    assert_eq!(own["observed"][1], json!({"userId": "@bob:example.com", "standing": "pending"}));
    let sync = format!("{sync}&since={}", since.as_str().expect("a token"));
    let news = call(Method::GET, &url, &sync, "demo-carol", Value::Null).await;
    let told = news["presence"]["events"].as_array().expect("events");
    assert!(told.iter().any(|event| event["content"]["status_msg"] == "here to stay"), "{news}");
    assert_eq!(running.end("TERM").0, Some(0));
}
