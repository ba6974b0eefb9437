//! Data folders of each format, as a server of that format wrote them, and what a server of today makes of
//! them. Every later version has to read them. Their journals were cut behind their ends.

use std::{collections::BTreeSet, fs, path::Path};

use presenced::{
    demo,
    store::{EmbeddedStore, Kind, Store},
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    disk::{copy, over},
    transfer::import,
};
use crate::support::{ALICE, BOB, CAROL, TestServer, snapshots};

/// A copy of a sample.
pub(super) fn sample(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name), folder.path());
    // An empty folder of the data, which a checkout does not have.
    fs::create_dir_all(folder.path().join("db/keyspaces/1/tables")).expect("a folder");
    folder
}

pub(super) fn export(store: &EmbeddedStore) -> String {
    let mut lines = String::new();
    let mut take = |line: String| {
        lines += &line;
        true
    };
    store.export(&mut take).expect("all of it is read");
    lines
}

/// With claims, statuses, settings, a presence list, a call, extensions and tokens; the same in each.
#[tokio::test]
async fn small_folders_of_every_format_are_read() {
    for format in ["format-1", "format-2"] {
        let folder = sample(format);
        // The second time, data of an earlier format has been brought to the present one.
        for _ in 0..2 {
            let store = over(folder.path()).expect("it opens");
            snapshots().bind(|| insta::assert_snapshot!("data-folder", export(&store)));
        }
    }
}

/// With something of every kind, made by `tests/data/sample`.
#[tokio::test]
async fn whole_folders_of_every_format_are_read() {
    for format in ["format-1-whole", "format-2-whole", "format-3-whole"] {
        let folder = sample(format);
        for _ in 0..2 {
            let store = over(folder.path()).expect("it opens");
            snapshots().bind(|| insta::assert_snapshot!(format!("data-folder-{format}"), export(&store)));
        }
        let store = over(folder.path()).expect("it opens");
        let server = serve(store).await;
        everything_is_there(&server).await;
        if format == "format-3-whole" {
            what_came_with_format_3_is_there(&server).await;
        }
    }
}

/// What a server exported is the same server again wherever it is imported.
#[tokio::test]
async fn a_whole_export_is_the_same_server_again() {
    let lines = export(&over(sample("format-3-whole").path()).expect("it opens"));
    let lines: Vec<String> = lines.lines().map(str::to_owned).collect();
    let store = || EmbeddedStore::over(Box::new(import(&lines).expect("an export")), 60).expect("it opens");
    assert_eq!(export(&store()).lines().collect::<Vec<_>>(), lines);
    let server = serve(store()).await;
    everything_is_there(&server).await;
    what_came_with_format_3_is_there(&server).await;
}

/// A kind that no sample has could not be read any more without anybody noticing. Removals are in no export: data
/// that moves has no watchers who would have to be told. What passes is in no data folder.
#[test]
fn the_latest_sample_has_every_kind() {
    let text = export(&over(sample("format-3-whole").path()).expect("it opens"));
    let kind = |line: &str| serde_json::from_str::<Value>(line).expect("JSON")["kind"].to_string();
    let found: BTreeSet<String> = text.lines().map(kind).collect();
    for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Removal && !kind.is_passing()) {
        assert!(found.contains(&format!("{:?}", kind.name())), "{kind:?}: see tests/data/sample");
    }
}

/// A demo that goes on with what a store has. The admin's token comes from elsewhere at each start.
async fn serve(store: EmbeddedStore) -> TestServer {
    let server = TestServer::start_again(Box::new(store), |_| {}).await;
    demo::furnish(&server.app.directory, server.app.service.now()).await.expect("there is everything");
    server
}

async fn everything_is_there(server: &TestServer) {
    let read = async |token: &str, path: &str| -> Value {
        server.call(Method::GET, path).token(token).send().await.json()
    };
    let users = server.admin(Method::GET, "/users", None).await.json();
    let dave = &users["users"][3];
    assert_eq!((&dave["extensionType"], &dave["hasDnd"]), (&json!("Department"), &json!(false)));
    let rooms = server.admin(Method::GET, "/rooms", None).await.json();
    for room in ["!lobby:example.com", "!pair:example.com"] {
        let room = json!({"roomId": room, "memberCount": 2});
        assert!(rooms["rooms"].as_array().expect("rooms").contains(&room), "{rooms}");
    }
    let tokens = server.admin(Method::GET, "/users/@dave:example.com/tokens", None).await.json();
    assert_eq!(tokens["tokens"].as_array().map(Vec::len), Some(3));
    let apps = server.admin(Method::GET, "/app-tokens", None).await.json();
    let names: Vec<&Value> =
        apps["tokens"].as_array().into_iter().flatten().map(|token| &token["name"]).collect();
    assert!(names.contains(&&json!("reader")), "{apps}");
    let logins = server.admin(Method::GET, &format!("/users/{ALICE}/tokens"), None).await.json();
    let refreshing = logins["tokens"].as_array().into_iter().flatten().filter(|it| it["refresh"] == true);
    assert_eq!(refreshing.count(), 1);
    // Who sees whom.
    let list = read("demo-carol", &format!("/presenced/v1/users/{CAROL}/presence-list")).await;
    assert_eq!(list["observed"][0], json!({"userId": ALICE, "standing": "accepted"}));
    assert_eq!(list["observed"][1], json!({"userId": BOB, "standing": "pending"}));
    let alice = server.presence("demo-bob", ALICE).await.json();
    assert_eq!((&alice["presence"], &alice["status_msg"]), (&json!("online"), &json!("Written down ☕")));
    assert_eq!(server.presence("demo-carol", CAROL).await.json()["status_msg"], "for myself");
    // Calls and who is told of them.
    let own = "/restapi/v1.0/account/~/extension/~/presence?detailedTelephonyState=true&sipData=true";
    let calls = read("demo-alice", own).await;
    assert_eq!(calls["activeCalls"].as_array().map(Vec::len), Some(2));
    let login = server
        .call(Method::POST, "/restapi/oauth/token")
        .header("authorization", "Basic YXBwOnNlY3JldA==")
        .header("content-type", "application/x-www-form-urlencoded")
        .body("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=demo-alice")
        .send()
        .await
        .json();
    let token = login["access_token"].as_str().expect("a token");
    let subscriptions = read(token, "/restapi/v1.0/subscription").await;
    let filters = json!(["/restapi/v1.0/account/1/extension/1/presence?detailedTelephonyState=true"]);
    assert_eq!(subscriptions["records"][0]["eventFilters"], filters);
}

/// Users whom tokens made, rooms by tokens, scopes, labels and leases, and statuses that end.
async fn what_came_with_format_3_is_there(server: &TestServer) {
    let read = async |path: &str| server.admin(Method::GET, path, None).await.json();
    let erin = read("/users/@erin:example.com").await;
    assert_eq!((&erin["displayName"], &erin["number"]), (&json!("Erin"), &json!(5)));
    let device = &read("/users/@erin:example.com/presence").await["devices"][0];
    assert_eq!(
        (&device["deviceId"], &device["label"], &device["state"]),
        (&json!("WEB"), &json!("web"), &json!("busy"))
    );
    assert_eq!(read("/users/@erin:example.com/rooms").await, json!({"rooms": ["!team:example.com"]}));
    assert_eq!(read(&format!("/users/{BOB}/rooms")).await["rooms"][1], "!one:example.com");
    let dave = read("/users/@dave:example.com/presence").await;
    assert_eq!(dave["status"], "until the new year");
    assert_eq!(dave["statusExpiresAt"].as_u64().map(|moment| moment % 1_000), Some(0));
    assert_eq!(dave["devices"][0]["label"], "ios");
    let apps = read("/app-tokens").await;
    let backend = apps["tokens"].as_array().into_iter().flatten().find(|token| token["name"] == "backend");
    assert_eq!(backend.expect("a token")["scopes"], json!(["read", "write"]));
    let lines = "/restapi/v1.0/account/~/extension/~/presence/line";
    let lines = server.call(Method::GET, lines).token("demo-alice").send().await.json();
    assert_eq!(lines["records"][0]["extension"]["id"], 2);
}
