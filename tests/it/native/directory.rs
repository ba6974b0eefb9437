//! Users, tokens and rooms.

use reqwest::Method;
use serde_json::json;

use crate::support::{ALICE, BOB, TestServer};

#[tokio::test]
async fn a_users_life() {
    let server = TestServer::start().await;
    let path = "/users/@dave:example.com";
    let profile = json!({"displayName": "Dave", "account": 1, "extensionNumber": "104"});
    let added = server.admin(Method::PUT, path, Some(profile)).await;
    insta::assert_snapshot!(added.line(), @r#"201 {"userId":"@dave:example.com","number":4,"displayName":"Dave","account":1,"extensionNumber":"104","extensionType":"User","extensionStatus":"Enabled","inDepartment":false,"hasDnd":true}"#);
    let changed =
        server.admin(Method::PUT, path, Some(json!({"avatarUrl": "https://example.com/d.png"}))).await;
    insta::assert_snapshot!(changed.line(), @r#"200 {"userId":"@dave:example.com","number":4,"avatarUrl":"https://example.com/d.png"}"#);
    assert_eq!(server.admin(Method::GET, path, None).await.text, changed.text);
    let room = json!({"members": [ALICE, "@dave:example.com"]});
    server.admin(Method::PUT, "/rooms/!pair:example.com/members", Some(room)).await;
    let issued = server.admin(Method::POST, &format!("{path}/tokens"), Some(json!({"deviceId": "D"}))).await;
    let token = issued.json()["token"].as_str().expect("a token").to_owned();
    server.set_presence(&token, "@dave:example.com", json!({"presence": "online", "status_msg": "hi"})).await;

    assert_eq!(server.admin(Method::DELETE, path, None).await.line(), "204 ");
    assert_eq!(server.admin(Method::DELETE, path, None).await.status, 404);
    assert_eq!(server.admin(Method::GET, path, None).await.status, 404);
    assert_eq!(server.presence(&token, ALICE).await.errcode(), (401, "M_UNKNOWN_TOKEN".to_owned()));
    let members = server.admin(Method::GET, "/rooms/!pair:example.com/members", None).await;
    assert_eq!(members.json(), json!({"members": [ALICE]}));

    // Whoever comes by that id later is somebody else.
    let again = server.admin(Method::PUT, path, Some(json!({}))).await;
    insta::assert_snapshot!(again.line(), @r#"201 {"userId":"@dave:example.com","number":4}"#);
    let presence = server.admin(Method::GET, &format!("{path}/presence"), None).await;
    insta::assert_snapshot!(presence.line(), @r#"200 {"userId":"@dave:example.com","state":"offline","currentlyActive":false,"devices":[]}"#);
}

/// What telephone applications ask of a user, where an admin knows it.
#[tokio::test]
async fn addresses_admins_and_departments() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = crate::store::disk::over(folder.path()).expect("it opens");
    let server = TestServer::start_on(Box::new(store), |_| {}).await;
    let path = "/users/@dave:example.com";
    let profile = json!({"email": "dave@example.com", "account": 1, "extensionNumber": "104",
        "accountAdmin": true, "departments": [9, 4, 9]});
    let added = server.admin(Method::PUT, path, Some(profile)).await;
    insta::assert_snapshot!(added.line(), @r#"201 {"userId":"@dave:example.com","number":4,"email":"dave@example.com","account":1,"extensionNumber":"104","extensionType":"User","extensionStatus":"Enabled","inDepartment":false,"hasDnd":true,"accountAdmin":true,"departments":[4,9]}"#);
    assert_eq!(server.admin(Method::GET, path, None).await.text, added.text);
    let export = server.admin(Method::GET, "/export", None).await.text;
    let dave = export.lines().find(|line| line.contains("@dave:example.com")).expect("a line");
    assert!(dave.contains("dave@example.com") && dave.contains("\"departments\":[4,9]"), "{dave}");
    let too_many: Vec<u64> = (1..=101).collect();
    for bad in [
        json!({"email": "dave"}),
        json!({"email": "@example.com"}),
        json!({"email": "da ve@example.com"}),
        json!({"email": "d".repeat(251) + "@a.b"}),
        json!({"accountAdmin": true}),
        json!({"departments": [4]}),
        json!({"account": 1, "extensionNumber": "104", "departments": [0]}),
        json!({"account": 1, "extensionNumber": "104", "departments": too_many}),
        json!({"account": 1, "extensionNumber": "104", "departments": ["4"]}),
    ] {
        assert_eq!(server.admin(Method::PUT, path, Some(bad.clone())).await.status, 400, "{bad}");
    }
    assert_eq!(server.admin(Method::GET, path, None).await.text, added.text);
    // A profile replaces the one before.
    let less =
        server.admin(Method::PUT, path, Some(json!({"account": 1, "extensionNumber": "104"}))).await.json();
    let known = ["email", "accountAdmin", "departments"].map(|name| less.get(name));
    assert_eq!(known, [None; 3]);
}

#[tokio::test]
async fn numbers_are_unique() {
    let server = TestServer::start().await;
    let taken = server.admin(Method::PUT, "/users/@dave:example.com", Some(json!({"number": 2}))).await;
    insta::assert_snapshot!(taken.line(), @r#"409 {"type":"urn:presenced:problem:conflict","title":"Conflict","status":409,"detail":"the number 2 belongs to @bob:example.com"}"#);
    let dave = server.admin(Method::PUT, "/users/@dave:example.com", Some(json!({"number": 40}))).await;
    assert_eq!(dave.json()["number"], 40);
    let erin = server.admin(Method::PUT, "/users/@erin:example.com", Some(json!({}))).await;
    assert_eq!(erin.json()["number"], 41);
    let moved = server.admin(Method::PUT, "/users/@dave:example.com", Some(json!({"number": 50}))).await;
    assert_eq!((moved.status.as_u16(), moved.json()["number"].clone()), (200, json!(50)));
    let freed = server.admin(Method::PUT, "/users/@erin:example.com", Some(json!({"number": 40}))).await;
    assert_eq!(freed.json()["number"], 40);
}

#[tokio::test]
async fn the_highest_number_is_not_passed() {
    let server = TestServer::start().await;
    let highest = json!({"number": i64::MAX});
    assert_eq!(server.admin(Method::PUT, "/users/@dave:example.com", Some(highest)).await.status, 201);
    let next = server.admin(Method::PUT, "/users/@erin:example.com", Some(json!({}))).await;
    assert_eq!(next.json()["number"], 4, "the lowest free one");
    let beyond = json!({"number": i64::MAX as u64 + 1});
    assert_eq!(server.admin(Method::PUT, "/users/@erin:example.com", Some(beyond)).await.status, 400);
}

#[tokio::test]
async fn tokens_are_bounded() {
    let server = TestServer::start_with(|config| config.limits.tokens_per_user = 2).await;
    let issue = || {
        let request = json!({"deviceId": "PHONE"});
        server.admin(Method::POST, "/users/@carol:example.com/tokens", Some(request))
    };
    assert_eq!(issue().await.status, 201);
    insta::assert_snapshot!(issue().await.line(), @r#"409 {"type":"urn:presenced:problem:conflict","title":"Conflict","status":409,"detail":"the user @carol:example.com has 2 tokens, as many as are allowed; revoke one first"}"#);
    let late = json!({"deviceId": "PHONE", "expiresInSeconds": 3_153_600_001_u64});
    assert_eq!(server.admin(Method::POST, "/users/@bob:example.com/tokens", Some(late)).await.status, 400);
}

#[tokio::test]
async fn a_large_room_in_one_call() {
    let server = TestServer::start().await;
    let members: Vec<String> = (0..3_000).map(|number| format!("@member{number}:example.com")).collect();
    for member in &members {
        server.admin(Method::PUT, &format!("/users/{member}"), Some(json!({}))).await;
    }
    let set =
        server.admin(Method::PUT, "/rooms/!large:example.com/members", Some(json!({"members": members})));
    assert_eq!(set.await.status, 200);
}

#[tokio::test]
async fn a_room_has_as_many_members_as_are_allowed() {
    let server = TestServer::start_with(|config| config.limits.room_members = 2).await;
    let put = async |members: &[&str]| {
        server.admin(Method::PUT, "/rooms/!pair:example.com/members", Some(json!({"members": members}))).await
    };
    let many = put(&[ALICE, "@bob:example.com", "@carol:example.com"]).await;
    insta::assert_snapshot!(many.line(), @r#"400 {"type":"urn:presenced:problem:invalid","title":"Bad Request","status":400,"detail":"members: a room may have 2, no more"}"#);
    assert_eq!(put(&[ALICE, "@bob:example.com"]).await.status, 200);
}

#[tokio::test]
async fn users_in_pages() {
    let server = TestServer::start().await;
    let ids = |answer: &crate::support::Answer| {
        let page = answer.json();
        let users = page["users"].as_array().expect("users");
        (users.iter().map(|user| user["userId"].clone()).collect::<Vec<_>>(), page["more"].clone())
    };
    let first = server.admin(Method::GET, "/users?limit=2", None).await;
    assert_eq!(ids(&first), (vec![json!(ALICE), json!(BOB)], json!(true)));
    let rest = server.admin(Method::GET, &format!("/users?limit=2&after={BOB}"), None).await;
    assert_eq!(ids(&rest), (vec![json!("@carol:example.com")], json!(false)));
    for bad in ["limit=0", "limit=1001", "limit=many", "limit=-1"] {
        assert_eq!(server.admin(Method::GET, &format!("/users?{bad}"), None).await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn tokens_are_shown_once() {
    let server = TestServer::start().await;
    let request = json!({"deviceId": "PHONE", "scopes": ["write", "read"], "expiresInSeconds": 60});
    let issued = server.admin(Method::POST, "/users/@carol:example.com/tokens", Some(request)).await;
    let issued = issued.json();
    let token = issued["token"].as_str().expect("a token");
    assert!(token.starts_with("pd_") && token.len() == 67, "{token}");
    let list = server.admin(Method::GET, "/users/@carol:example.com/tokens", None).await;
    assert!(!list.text.contains(token), "a listing does not show tokens");
    let list = list.json();
    let tokens = list["tokens"].as_array().expect("a list");
    assert_eq!(tokens.len(), 2, "the demo's token and the new one");
    let info = tokens.iter().find(|info| info["deviceId"] == "PHONE").expect("the new one");
    assert_eq!(info, &issued["info"]);
    assert_eq!(info["scopes"], json!(["read", "write"]));
    assert_eq!(info["expiresAt"], 1_767_603_660_000_u64);
    let path = format!("/users/@carol:example.com/tokens/{}", info["tokenId"].as_str().expect("an id"));
    let others = path.replace("carol", "bob");
    assert_eq!(server.admin(Method::DELETE, &others, None).await.status, 404, "not a token of that user");
    assert_eq!(server.admin(Method::DELETE, &path, None).await.status, 204);
    assert_eq!(server.admin(Method::DELETE, &path, None).await.status, 404);
}

#[tokio::test]
async fn rooms_are_replaced_whole() {
    let server = TestServer::start().await;
    let path = "/rooms/!pair:example.com/members";
    assert_eq!(server.admin(Method::GET, path, None).await.status, 404);
    let members = json!({"members": [BOB, ALICE, BOB]});
    let set = server.admin(Method::PUT, path, Some(members)).await;
    insta::assert_snapshot!(set.line(), @r#"200 {"members":["@alice:example.com","@bob:example.com"]}"#);
    let unknown = json!({"members": [ALICE, "@nobody:example.com"]});
    let refused = server.admin(Method::PUT, path, Some(unknown)).await;
    insta::assert_snapshot!(refused.line(), @r#"400 {"type":"urn:presenced:problem:invalid","title":"Bad Request","status":400,"detail":"members: there is no user @nobody:example.com"}"#);
    assert_eq!(server.admin(Method::GET, path, None).await.text, set.text, "nothing was changed");
    let rooms = server.admin(Method::GET, "/rooms", None).await;
    insta::assert_snapshot!(rooms.line(), @r#"200 {"rooms":[{"roomId":"!lobby:example.com","memberCount":2},{"roomId":"!pair:example.com","memberCount":2}],"more":false}"#);
    let empty = server.admin(Method::PUT, path, Some(json!({"members": []}))).await;
    assert_eq!(empty.line(), r#"200 {"members":[]}"#);
    assert_eq!(server.admin(Method::GET, path, None).await.status, 404);
}

/// As a server that keeps its admin token itself does it; in the demo everybody may know it.
#[tokio::test]
async fn another_admin_token() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = TestServer::start_with(|config| {
        config.demo = false;
        config.server.data = folder.path().to_owned();
    })
    .await;
    let made = server.admin(Method::POST, "/admin-token", None).await;
    assert_eq!(made.status, 200);
    let token = made.json()["token"].as_str().expect("a token").to_owned();
    let kept = std::fs::read_to_string(folder.path().join("admin-token")).expect("a file");
    assert_eq!(kept.trim(), token);
    assert_eq!(server.admin(Method::GET, "/users", None).await.status, 401, "the former one");
    let users = server.call(Method::GET, "/presenced/v1/users").token(&token).send().await;
    assert_eq!(users.status, 200);
}

#[tokio::test]
async fn an_unknown_user_has_no_tokens_and_no_calls() {
    let server = TestServer::start().await;
    let user = "/users/@nobody:example.com";
    let calls = [(Method::GET, format!("{user}/tokens")), (Method::DELETE, format!("{user}/calls/c1"))];
    for (method, path) in calls {
        assert_eq!(server.admin(method, &path, None).await.status, 404, "{path}");
    }
}
