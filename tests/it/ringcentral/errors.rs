//! The table of refusals, in the order in which requests are checked.

use reqwest::Method;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{ACCOUNT, OWN, codes, get, presence_path, refused, update};
use crate::support::{ALICE, FaultyStore, TestServer, seconds};

#[tokio::test]
async fn tokens() {
    let server = TestServer::start().await;
    let none = server.call(Method::GET, OWN).send().await;
    insta::assert_snapshot!(none.line(), @r#"401 {"errorCode":"AGW-401","message":"Authorization header is not specified","errors":[{"errorCode":"AGW-401","message":"Authorization header is not specified"}]}"#);
    for value in ["Basic YTpi", "demo-alice", "Bearer", "Bearer "] {
        let answer = server.call(Method::GET, OWN).header("authorization", value).send().await;
        assert_eq!(codes(&answer), refused(401, "AGW-402", "AGW-402"), "{value}");
    }
    let twice = get(&server, "demo-alice", format!("{OWN}?access_token=demo-alice")).send().await;
    assert_eq!(codes(&twice), refused(401, "AGW-402", "AGW-402"));
    for unknown in ["nonsense", "undefined"] {
        let answer = get(&server, unknown, OWN).send().await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(answer.line(), @r#"401 {"errorCode":"TokenInvalid","message":"OAuth token is invalid","errors":[{"errorCode":"OAU-149","message":"OAuth token is invalid"}]}"#);
        }
    }
    for scheme in ["bearer", "BEARER"] {
        let call = server.call(Method::GET, OWN).header("authorization", format!("{scheme} demo-alice"));
        assert_eq!(call.send().await.status, 200);
    }
}

#[tokio::test]
async fn tokens_that_were_good_once() {
    let server = TestServer::start().await;
    let tokens = format!("/users/{ALICE}/tokens");
    let issue = |body| server.admin(Method::POST, &tokens, Some(body));
    let brief = issue(json!({"deviceId": "D", "expiresInSeconds": 60})).await.json();
    let revoked = issue(json!({"deviceId": "D"})).await.json();
    let token = |issued: &serde_json::Value| issued["token"].as_str().expect("a token").to_owned();
    let id = revoked["info"]["tokenId"].as_str().expect("an id");
    server.admin(Method::DELETE, &format!("{tokens}/{id}"), None).await;
    let answer = get(&server, &token(&revoked), OWN).send().await;
    insta::assert_snapshot!(answer.line(), @r#"401 {"errorCode":"TokenInvalid","message":"Access token corrupted","errors":[{"errorCode":"OAU-129","message":"Access token corrupted"}]}"#);
    server.advance(seconds(60)).await;
    let answer = get(&server, &token(&brief), OWN).send().await;
    insta::assert_snapshot!(answer.line(), @r#"401 {"errorCode":"TokenExpired","message":"Access token expired.","errors":[{"errorCode":"OAU-128","message":"Access token expired."}]}"#);
}

#[tokio::test]
async fn whoever_has_no_extension() {
    let server = TestServer::start().await;
    let admin = get(&server, "demo-admin", OWN).send().await;
    insta::assert_snapshot!(admin.line(), @r#"401 {"errorCode":"CMN-405","message":"Login to extension required","errors":[{"errorCode":"CMN-405","message":"Login to extension required"}]}"#);
    server.admin(Method::PUT, &format!("/users/{ALICE}"), Some(json!({}))).await;
    assert_eq!(codes(&get(&server, "demo-alice", OWN).send().await), refused(401, "CMN-405", "CMN-405"));
}

async fn issue(server: &TestServer, request: serde_json::Value) -> String {
    let issued = server.admin(Method::POST, &format!("/users/{ALICE}/tokens"), Some(request)).await.json();
    issued["token"].as_str().expect("a token").to_owned()
}

#[tokio::test]
async fn permissions_of_applications_and_of_users() {
    let server = TestServer::start().await;
    let reader = issue(&server, json!({"deviceId": "D", "scopes": ["read"]})).await;
    let answer = update(&server, &reader, json!({})).await;
    insta::assert_snapshot!(answer.line(), @r#"403 {"errorCode":"InsufficientPermissions","message":"In order to call this API endpoint, application needs to have [EditPresence] permission","errors":[{"errorCode":"CMN-401","message":"In order to call this API endpoint, application needs to have [EditPresence] permission","permissionName":"EditPresence"}],"permissionName":"EditPresence"}"#);
    let gateway = issue(&server, json!({"deviceId": "D", "scopes": ["gateway"]})).await;
    for path in [OWN, ACCOUNT] {
        let answer = get(&server, &gateway, path).send().await;
        assert_eq!(codes(&answer), refused(403, "InsufficientPermissions", "CMN-401"), "{path}");
        assert_eq!(answer.json()["permissionName"], "ReadPresence");
    }
    let guest = issue(&server, json!({"deviceId": "D", "scopes": ["read", "write"], "guest": true})).await;
    let answer = get(&server, &guest, OWN).send().await;
    insta::assert_snapshot!(answer.line(), @r#"403 {"errorCode":"InsufficientPermissions","message":"In order to call this API endpoint, user needs to have [ReadPresenceStatus] permission for requested resource.","errors":[{"errorCode":"CMN-408","message":"In order to call this API endpoint, user needs to have [ReadPresenceStatus] permission for requested resource.","permissionName":"ReadPresenceStatus"}],"permissionName":"ReadPresenceStatus"}"#);
    let answer = update(&server, &guest, json!({})).await;
    assert_eq!(answer.json()["permissionName"], "EditPresenceSettings");
}

#[tokio::test]
async fn what_is_not_there() {
    let server = TestServer::start().await;
    for unknown in ["9999", "101", "abc", "%ff", "01", "99999999999999999999"] {
        let answer = get(&server, "demo-alice", presence_path(unknown)).send().await;
        assert_eq!(codes(&answer), refused(404, "CMN-102", "CMN-102"), "{unknown}");
        assert_eq!(answer.json()["parameterName"], "extensionId");
    }
    for path in ["9999", "%ff", "%ff/renew"].map(|id| format!("/restapi/v1.0/subscription/{id}")) {
        let method = if path.ends_with("renew") { Method::POST } else { Method::GET };
        let answer = server.call(method, &path).token("demo-alice").send().await;
        assert_eq!(codes(&answer), refused(404, "CMN-102", "CMN-102"), "{path}");
        assert_eq!(answer.json()["parameterName"], "subscriptionId");
    }
    for path in
        ["/restapi", "/restapi/", "/restapi/v2.0", "/restapi/v1.0/account/~/nonsense", "/restapi/oauth"]
    {
        let answer = get(&server, "demo-alice", path).send().await;
        assert_eq!(codes(&answer), refused(404, "CMN-120", "CMN-120"), "{path}");
        let without = server.call(Method::GET, path).send().await;
        assert_eq!(codes(&without), refused(401, "AGW-401", "AGW-401"), "{path}");
    }
    for method in [Method::POST, Method::DELETE, Method::PATCH] {
        let answer = server.call(method.clone(), OWN).token("demo-alice").send().await;
        assert_eq!(codes(&answer), refused(405, "CMN-202", "CMN-202"), "{method}");
        assert_eq!(answer.header("allow"), "GET,HEAD,PUT");
    }
    let login = server.call(Method::GET, "/restapi/oauth/token").send().await;
    assert_eq!(codes(&login), refused(405, "CMN-202", "CMN-202"));
}

#[tokio::test]
async fn what_is_looked_at_first() {
    let server = TestServer::start().await;
    let reader = issue(&server, json!({"deviceId": "D", "scopes": ["read"]})).await;
    let put = |token: &str, path: &str| {
        server
            .call(Method::PUT, path.to_owned())
            .token(token)
            .header("content-type", "text/plain")
            .body("x")
            .send()
    };
    let nowhere = "/restapi/v1.0/account/9/extension/9999/presence";
    assert_eq!(codes(&put("nonsense", nowhere).await), refused(401, "TokenInvalid", "OAU-149"));
    assert_eq!(codes(&put(&reader, nowhere).await), refused(403, "InsufficientPermissions", "CMN-401"));
    let account = put("demo-alice", nowhere).await;
    assert_eq!((account.status.as_u16(), &account.json()["parameterName"]), (404, &json!("accountId")));
    let extension = put("demo-alice", &presence_path(9999)).await;
    assert_eq!((extension.status.as_u16(), &extension.json()["parameterName"]), (404, &json!("extensionId")));
    assert_eq!(codes(&put("demo-alice", OWN).await), refused(415, "CMN-104", "CMN-104"));
    let parameters = get(&server, "demo-alice", presence_path(9999) + "?sipData=x").send().await;
    assert_eq!(parameters.status, 404, "ids come before parameters");
}

#[tokio::test]
async fn a_store_that_cannot_be_read() {
    let store = FaultyStore::default();
    let mood = store.mood.clone();
    let server = TestServer::start_on(Box::new(store), |_| {}).await;
    mood.refuse_everything();
    for path in [OWN.to_owned(), ACCOUNT.to_owned(), presence_path("1,2")] {
        let answer = get(&server, "demo-alice", path).send().await;
        assert_eq!(codes(&answer), refused(503, "CMN-211", "CMN-211"));
    }
    let put = update(&server, "demo-alice", json!({"userStatus": "Busy"})).await;
    insta::assert_snapshot!(put.line(), @r#"503 {"errorCode":"CMN-211","message":"the store refuses writes: the disk is full","errors":[{"errorCode":"CMN-211","message":"the store refuses writes: the disk is full"}]}"#);
}

/// Sends a request up to where the server waits for its body, and what comes back when no body comes.
async fn without_its_body(method: &str, path: &str) -> String {
    let server = TestServer::start().await;
    let address = server.url.strip_prefix("http://").expect("an http address");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer demo-alice\r\ncontent-length: 22\r\n\
         content-type: application/json\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("a head that is sent");
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).await.expect("100 Continue");
    // From here on time passes as soon as everybody waits.
    tokio::time::pause();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    tokio::time::resume();
    answer
}

/// Each operation's refusal is in its own form: an object with codes, as logins have it, or a page.
#[tokio::test]
async fn bodies_that_do_not_come() {
    for (method, path, said) in [
        ("PUT", OWN, r#""errors":[{"errorCode":"CMN-103""#),
        ("POST", "/restapi/oauth/token", r#"{"error":"invalid_request","error_description":"#),
        ("POST", "/restapi/oauth/revoke", r#"{"error":"invalid_request","error_description":"#),
        ("POST", "/restapi/oauth/authorize", "<!doctype html>"),
    ] {
        let answer = without_its_body(method, path).await;
        assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{path}: {answer}");
        assert!(answer.contains(said), "{path}: {answer}");
    }
}

#[tokio::test]
async fn bodies_that_are_too_large() {
    let server = TestServer::start_with(|config| config.limits.body_bytes = 100).await;
    for (method, path) in [
        (Method::PUT, OWN),
        (Method::PUT, "/restapi/v1.0/account/~/extension/~/presence/line"),
        (Method::POST, "/restapi/oauth/token"),
        (Method::POST, "/restapi/oauth/authorize"),
    ] {
        let call = server.call(method, path).token("demo-alice").header("content-type", "application/json");
        let answer = call.body(" ".repeat(101)).send().await;
        assert_eq!(codes(&answer), refused(413, "CMN-104", "CMN-104"), "{path}");
    }
    let most = presenced::config::Config::default().limits.bulk_body_bytes;
    let version = server.call(Method::GET, "/restapi/v1.0").body(" ".repeat(most + 1)).send().await;
    assert_eq!(codes(&version), refused(413, "CMN-104", "CMN-104"));
}
