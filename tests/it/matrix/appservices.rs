//! Application services: what they may do for whom.

use std::fs;

use presenced::{
    api::{config_reader, matrix::config::Matrix},
    config::{Config, Namespace, Overrides, Registration},
    directory::TokenSecret,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{ALICE, Answer, BOB, SharedStore, TestServer, status_path, sync};

const GHOST: &str = "@irc_dave:example.com";

fn registration(id: &str, namespaces: &[(&str, bool)]) -> Registration {
    let users = namespaces
        .iter()
        .map(|(regex, exclusive)| Namespace { regex: (*regex).to_owned(), exclusive: *exclusive });
    Registration {
        id: id.to_owned(),
        token: TokenSecret::from(format!("{id}-token").as_str()),
        sender: format!("{id}bot"),
        users: users.collect(),
    }
}

fn with_services(config: &mut Config) {
    config.section_mut::<Matrix>().registrations = vec![
        registration("irc", &[("@irc_.*", true)]),
        registration("xmpp", &[("@.*:example\\.com", false), ("@xmpp_.*:example\\.com", true)]),
    ];
}

async fn register(server: &TestServer, token: &str, body: Value) -> Answer {
    server.call(Method::POST, "/_matrix/client/v3/register").token(token).json(&body).send().await
}

/// Makes a ghost.
async fn make(server: &TestServer, token: &str, username: &str) -> Answer {
    let body = json!({"type": "m.login.application_service", "username": username, "inhibit_login": true});
    register(server, token, body).await
}

async fn whoami(server: &TestServer, token: &str, query: &str) -> Answer {
    let path = format!("/_matrix/client/v3/account/whoami?{query}");
    server.call(Method::GET, path).token(token).send().await
}

#[tokio::test]
async fn a_service_speaks_for_its_own_user() {
    let server = TestServer::start_with(with_services).await;
    insta::assert_snapshot!(whoami(&server, "irc-token", "").await.line(), @r#"200 {"user_id":"@ircbot:example.com","is_guest":false}"#);
    let path = status_path("@ircbot:example.com");
    let put = server.call(Method::PUT, path.clone()).token("irc-token").json(&json!({"presence": "online"}));
    assert_eq!(put.send().await.line(), "200 {}");
    let read = server.call(Method::GET, path).token("irc-token").send().await;
    assert_eq!(read.json()["presence"], "online");
    // It is no user's token, and opens no other dialect.
    for path in ["/v0/presence", "/presenced/v1/changes"] {
        let answer = server.call(Method::GET, path).token("irc-token").send().await;
        assert_eq!(answer.status, 401, "{path}");
    }
}

#[tokio::test]
async fn ghosts_are_made_once_and_within_the_namespace() {
    for prefix in ["v3", "r0"] {
        let server = TestServer::start_with(with_services).await;
        let body =
            json!({"type": "m.login.application_service", "username": "irc_dave", "inhibit_login": true});
        let call = server.call(Method::POST, format!("/_matrix/client/{prefix}/register?kind=user"));
        let made = call.token("irc-token").json(&body).send().await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(made.line(), @r#"200 {"user_id":"@irc_dave:example.com"}"#);
        }
        assert_eq!(make(&server, "irc-token", "irc_dave").await.errcode(), (400, "M_USER_IN_USE".to_owned()));
        assert_eq!(make(&server, "irc-token", "ircbot").await.errcode(), (400, "M_USER_IN_USE".to_owned()));
        for username in ["dave", "xmpp_dave", "xircx_dave", "alice"] {
            let refused = make(&server, "irc-token", username).await;
            assert_eq!(refused.errcode(), (400, "M_EXCLUSIVE".to_owned()), "{username}");
        }
        // What another service has for itself alone, though it is in this one's namespace too.
        assert_eq!(make(&server, "xmpp-token", "irc_erin").await.errcode(), (400, "M_EXCLUSIVE".to_owned()));
        assert_eq!(make(&server, "xmpp-token", "alice").await.errcode(), (400, "M_USER_IN_USE".to_owned()));
        assert_eq!(make(&server, "xmpp-token", "dave").await.status, 200);
    }
}

#[tokio::test]
async fn a_service_acts_for_the_ghosts_that_it_made() {
    let server = TestServer::start_with(with_services).await;
    let as_ghost = format!("user_id={}", GHOST.replace('@', "%40"));
    assert_eq!(whoami(&server, "irc-token", &as_ghost).await.errcode(), (403, "M_FORBIDDEN".to_owned()));
    make(&server, "irc-token", "irc_dave").await;
    insta::assert_snapshot!(whoami(&server, "irc-token", &as_ghost).await.line(), @r#"200 {"user_id":"@irc_dave:example.com","is_guest":false}"#);
    let members = json!({"members": [GHOST, ALICE]});
    server.admin(Method::PUT, "/rooms/!bridge:example.com/members", Some(members)).await;

    let path = format!("{}?{as_ghost}", status_path(GHOST));
    let body = json!({"presence": "unavailable", "status_msg": "on irc"});
    let put = server.call(Method::PUT, path).token("irc-token").json(&body).send().await;
    assert_eq!(put.line(), "200 {}");
    let seen = server.presence("demo-alice", GHOST).await.json();
    assert_eq!((&seen["presence"], &seen["status_msg"]), (&json!("unavailable"), &json!("on irc")));

    let path = format!("/_matrix/client/v3/sync?{as_ghost}&set_presence=offline");
    let synced = server.call(Method::GET, path).token("irc-token").send().await;
    assert_eq!(synced.json()["presence"]["events"][0]["sender"], GHOST);
    let path = format!("/_matrix/client/v3/joined_rooms?{as_ghost}");
    let rooms = server.call(Method::GET, path).token("irc-token").send().await;
    assert_eq!(rooms.json()["joined_rooms"], json!(["!bridge:example.com"]));
    // A service that speaks for one ghost does not speak for another, or for itself.
    let path = format!("{}?{as_ghost}", status_path("@ircbot:example.com"));
    let put = server.call(Method::PUT, path).token("irc-token").json(&body).send().await;
    assert_eq!(put.errcode(), (403, "M_FORBIDDEN".to_owned()));
}

#[tokio::test]
async fn a_service_acts_for_nobody_else() {
    let server = TestServer::start_with(with_services).await;
    make(&server, "irc-token", "irc_dave").await;
    // A user of the service's namespace whom it did not make.
    server.admin(Method::PUT, "/users/@irc_human:example.com", Some(json!({}))).await;
    for (token, user) in [
        ("irc-token", ALICE),
        ("irc-token", "@irc_human:example.com"),
        ("irc-token", "@irc_nobody:example.com"),
        ("irc-token", "@xmppbot:example.com"),
        ("irc-token", "nonsense"),
        ("irc-token", ""),
        ("xmpp-token", ALICE),
        ("xmpp-token", GHOST),
    ] {
        let answer = whoami(&server, token, &format!("user_id={user}")).await;
        assert_eq!(answer.errcode(), (403, "M_FORBIDDEN".to_owned()), "{token} {user}");
        let path = format!("{}?user_id={user}", status_path(ALICE));
        let answer = server.call(Method::GET, path).token(token).send().await;
        assert_eq!(answer.errcode(), (403, "M_FORBIDDEN".to_owned()), "{token} {user}");
    }
}

#[tokio::test]
async fn the_parameter_counts_for_nothing_with_a_users_token() {
    let server = TestServer::start_with(with_services).await;
    for user in [BOB, GHOST, "nonsense"] {
        let answer = whoami(&server, "demo-alice", &format!("user_id={user}")).await;
        assert_eq!(answer.json()["user_id"], ALICE, "{user}");
    }
}

#[tokio::test]
async fn a_ghost_may_log_in_at_once() {
    let server = TestServer::start_with(with_services).await;
    let body = json!({"type": "m.login.application_service", "username": "irc_dave", "device_id": "BRIDGE"});
    let made = register(&server, "irc-token", body).await.json();
    assert_eq!((&made["user_id"], &made["device_id"]), (&json!(GHOST), &json!("BRIDGE")));
    let token = made["access_token"].as_str().expect("a token");
    let expected = json!({"user_id": GHOST, "device_id": "BRIDGE", "is_guest": false});
    assert_eq!(whoami(&server, token, "").await.json(), expected);
    // An admin's change of the entry leaves the ghost to its service.
    server.admin(Method::PUT, &format!("/users/{GHOST}"), Some(json!({"displayName": "Dave"}))).await;
    assert_eq!(whoami(&server, "irc-token", &format!("user_id={GHOST}")).await.status, 200);
}

#[tokio::test]
async fn what_is_refused() {
    let server = TestServer::start_with(with_services).await;
    let kind = "m.login.application_service";
    for (token, body, status, errcode) in [
        ("nonsense", json!({"type": kind, "username": "irc_a"}), 401, "M_UNKNOWN_TOKEN"),
        ("demo-alice", json!({"type": kind, "username": "irc_a"}), 403, "M_FORBIDDEN"),
        ("irc-token", json!({"username": "irc_a", "password": "x"}), 403, "M_FORBIDDEN"),
        ("irc-token", json!({"type": kind}), 400, "M_BAD_JSON"),
        ("irc-token", json!({"type": kind, "username": 1}), 400, "M_BAD_JSON"),
        ("irc-token", json!({"type": kind, "username": "irc_a", "inhibit_login": 1}), 400, "M_BAD_JSON"),
        ("irc-token", json!({"type": kind, "username": "irc_a", "device_id": 1}), 400, "M_BAD_JSON"),
        ("irc-token", json!({"type": kind, "username": "irc_A"}), 400, "M_INVALID_USERNAME"),
        ("irc-token", json!({"type": kind, "username": "irc_a:x"}), 400, "M_INVALID_USERNAME"),
        ("irc-token", json!({"type": kind, "username": ""}), 400, "M_INVALID_USERNAME"),
        ("irc-token", json!({"type": kind, "username": "i".repeat(255)}), 400, "M_INVALID_USERNAME"),
        ("irc-token", json!([]), 403, "M_FORBIDDEN"),
    ] {
        let answer = register(&server, token, body.clone()).await;
        assert_eq!(answer.errcode(), (status, errcode.to_owned()), "{token} {body}");
    }
    let call = server.call(Method::POST, "/_matrix/client/v3/register");
    let answer = call.json(&json!({"type": kind, "username": "irc_a"})).send().await;
    assert_eq!(answer.errcode(), (401, "M_MISSING_TOKEN".to_owned()));
    let logout = server.call(Method::POST, "/_matrix/client/v3/logout").token("irc-token").send().await;
    assert_eq!(logout.errcode(), (403, "M_FORBIDDEN".to_owned()));
}

#[tokio::test]
async fn ghosts_outlive_a_restart() {
    let store = SharedStore::default();
    let server = TestServer::start_on(Box::new(store.clone()), with_services).await;
    make(&server, "irc-token", "irc_dave").await;
    server.stop().await;
    let server = TestServer::start_again(Box::new(store), with_services).await;
    assert_eq!(whoami(&server, "irc-token", &format!("user_id={GHOST}")).await.json()["user_id"], GHOST);
    assert_eq!(whoami(&server, "irc-token", "").await.status, 200);
}

/// The registration file of a bridge, with what has no meaning here.
const FILE: &str = r"
id: irc
url: http://127.0.0.1:9898
as_token: secret-as
hs_token: secret-hs
rate_limited: false
sender_localpart: heisenbridge
de.sorunome.msc2409.push_ephemeral: true
namespaces:
    users:
    - exclusive: true
      regex: '@irc_.*'
    aliases: []
    rooms:
";

#[test]
fn registration_files_are_read_beside_the_configuration() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("bridges")).expect("a folder in it");
    fs::write(folder.path().join("bridges/irc.yaml"), FILE).expect("a file");
    let file = folder.path().join("presenced.toml");
    fs::write(&file, "[matrix]\nappservices = [\"bridges/irc.yaml\"]\n").expect("a file");
    let config = config_reader().load(Some(&file), &Overrides::default()).expect("a configuration");
    let [registration] = &config.section::<Matrix>().registrations[..] else { panic!("one registration") };
    assert_eq!((registration.id.as_str(), registration.sender.as_str()), ("irc", "heisenbridge"));
    assert_eq!(registration.token.reveal(), "secret-as");
    let users = [Namespace { regex: "@irc_.*".to_owned(), exclusive: true }];
    assert_eq!(registration.users, users);
    assert!(!format!("{config:?}").contains("secret-as"), "no log shows the token");
}

#[test]
fn unusable_registration_files_are_refused_by_name() {
    let load = |text: &str| {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("irc.yaml"), text).expect("a file");
        fs::write(folder.path().join("again.yaml"), FILE).expect("a file");
        let file = folder.path().join("presenced.toml");
        fs::write(&file, "[matrix]\nappservices = [\"again.yaml\", \"irc.yaml\"]\n").expect("a file");
        let error =
            config_reader().load(Some(&file), &Overrides::default()).expect_err("it is unusable").to_string();
        assert!(!error.contains('\n'), "one line: {error}");
        error.replace(&folder.path().display().to_string(), "FOLDER")
    };
    let other = FILE.replace("id: irc", "id: other").replace("secret-as", "other-as");
    insta::assert_snapshot!(load(FILE), @r#"configuration: matrix.appservices = ["again.yaml", "irc.yaml"] (FOLDER/presenced.toml, line 2): FOLDER/irc.yaml: another registration has the same `id` or `as_token`"#);
    insta::assert_snapshot!(load(&other.replace("as_token: other-as\n", "")), @r#"configuration: matrix.appservices = ["again.yaml", "irc.yaml"] (FOLDER/presenced.toml, line 2): FOLDER/irc.yaml: missing field `as_token` at line 2 column 1"#);
    insta::assert_snapshot!(load(&other.replace("other-as", "''")), @r#"configuration: matrix.appservices = ["again.yaml", "irc.yaml"] (FOLDER/presenced.toml, line 2): FOLDER/irc.yaml: `id` and `as_token` may not be empty"#);
    insta::assert_snapshot!(load(&other.replace("heisenbridge", "'a b'")), @r#"configuration: matrix.appservices = ["again.yaml", "irc.yaml"] (FOLDER/presenced.toml, line 2): FOLDER/irc.yaml: `sender_localpart`: an id holds printable ASCII without spaces only"#);
    insta::assert_snapshot!(load(&other.replace("@irc_.*", "@irc_(.*")), @r#"configuration: matrix.appservices = ["again.yaml", "irc.yaml"] (FOLDER/presenced.toml, line 2): FOLDER/irc.yaml: `namespaces`: "@irc_(.*": error: unclosed group"#);
    assert!(load("[]").contains(": FOLDER/irc.yaml: "));
}

/// What waits in the name of a ghost ends with it.
#[tokio::test]
async fn a_sync_ends_with_the_ghost_it_is_for() {
    let server = TestServer::start_with(with_services).await;
    assert_eq!(make(&server, "irc-token", "irc_dave").await.status, 200);
    let as_dave = format!("set_presence=offline&user_id={GHOST}");
    let started = sync::sync(&server, "irc-token", &as_dave).await;
    let (since, _) = sync::read(&started);
    let waiting = server.open_sync("irc-token", &since, &as_dave).await;
    assert_eq!(server.admin(Method::DELETE, &format!("/users/{GHOST}"), None).await.status, 204);
    assert_eq!(waiting.answer().await.errcode(), (403, "M_FORBIDDEN".to_owned()));
}
