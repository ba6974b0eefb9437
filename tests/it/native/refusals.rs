//! Every refusal is problem details, and changes nothing.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{ALICE, TestServer};

#[tokio::test]
async fn tokens() {
    let server = TestServer::start().await;
    let path = format!("/presenced/v1/users/{ALICE}");
    let missing = server.call(Method::GET, &path).send().await;
    insta::assert_snapshot!(missing.line(), @r#"401 {"type":"urn:presenced:problem:missing-token","title":"Unauthorized","status":401,"detail":"no access token was sent"}"#);
    let in_query = server.call(Method::GET, path.clone() + "?access_token=demo-admin").send().await;
    assert_eq!(in_query.text, missing.text);
    let unknown = server.call(Method::GET, &path).token("nonsense").send().await;
    insta::assert_snapshot!(unknown.line(), @r#"401 {"type":"urn:presenced:problem:unknown-token","title":"Unauthorized","status":401,"detail":"the access token is unknown or was revoked"}"#);
    let user = server.call(Method::GET, &path).token("demo-alice").send().await;
    insta::assert_snapshot!(user.line(), @r#"403 {"type":"urn:presenced:problem:forbidden","title":"Forbidden","status":403,"detail":"this needs the admin token"}"#);
}

#[tokio::test]
async fn bodies_and_ids() {
    let server = TestServer::start().await;
    let rows: [(Method, &str, Value, &str); 14] = [
        (Method::PUT, "/users/dave", json!({}), "userId: a user id starts with `@`"),
        (Method::PUT, "/users/@dave", json!({}), "userId: an id needs `:` and a server name after it"),
        (
            Method::PUT,
            "/users/@:example.com",
            json!({}),
            "userId: the part between the sigil and `:` is empty",
        ),
        (
            Method::PUT,
            "/users/@d:elsewhere.org",
            json!({}),
            "userId: users of this server end with :example.com",
        ),
        (Method::PUT, "/users/@d:example.com", json!({"numbr": 1}), "body: unknown field `numbr`"),
        (Method::PUT, "/users/@d:example.com", json!({"number": 0}), "number: has to be from 1 to"),
        (Method::PUT, "/users/@d:example.com", json!({"number": "1"}), "body: invalid type: string"),
        (
            Method::PUT,
            "/users/@d:example.com",
            json!({"account": 1}),
            "account and extensionNumber need each other",
        ),
        (
            Method::PUT,
            "/users/@d:example.com",
            json!({"account": 0, "extensionNumber": "1"}),
            "account: has to be positive",
        ),
        (
            Method::POST,
            "/users/@alice:example.com/tokens",
            json!({"deviceId": ""}),
            "deviceId: a device id is not empty",
        ),
        (
            Method::POST,
            "/users/@alice:example.com/tokens",
            json!({"deviceId": "D", "expiresInSeconds": 0}),
            "expiresInSeconds: has to be from 1 to",
        ),
        (
            Method::POST,
            "/users/@alice:example.com/tokens",
            json!({"deviceId": "D", "scopes": ["all"]}),
            "body: unknown variant `all`",
        ),
        (Method::PUT, "/rooms/lobby/members", json!({"members": []}), "roomId: a room id starts with `!`"),
        (Method::POST, "/presence/query", json!({"users": "dave"}), "body: invalid type: string \"dave\""),
    ];
    for (method, path, body, why) in rows {
        let answer = server.admin(method, path, Some(body.clone())).await;
        let problem = answer.json();
        assert_eq!(problem["type"], "urn:presenced:problem:invalid", "{path} {body}");
        let detail = problem["detail"].as_str().unwrap_or_default();
        assert!(detail.starts_with(why), "{path} {body}: {detail}");
    }
    let users = server.admin(Method::GET, "/users", None).await.json();
    assert_eq!(users["users"].as_array().map(Vec::len), Some(3), "nobody was added");
}

#[tokio::test]
async fn paths_methods_and_sizes() {
    let server = TestServer::start().await;
    let nowhere = server.admin(Method::GET, "/nowhere", None).await;
    insta::assert_snapshot!(nowhere.line(), @r#"404 {"type":"urn:presenced:problem:not-found","title":"Not Found","status":404,"detail":"there is no such path"}"#);
    for path in ["/presenced", "/presenced/", "/presenced/v2"] {
        let answer = server.call(Method::GET, path).send().await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (404, nowhere.text.as_str()), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        server.call(Method::OPTIONS, path).send().await;
    }
    let patch = server.admin(Method::PATCH, "/users", None).await;
    insta::assert_snapshot!(patch.line(), @r#"405 {"type":"urn:presenced:problem:method-not-allowed","title":"Method Not Allowed","status":405,"detail":"this path does not take this method"}"#);
    assert_eq!(patch.header("allow"), "GET,HEAD");
    let call = server.call(Method::PUT, format!("/presenced/v1/users/{ALICE}")).token("demo-admin");
    assert_eq!(call.body("x".repeat(1_048_577)).send().await.status, 413);
    let not_json = server.call(Method::PUT, format!("/presenced/v1/users/{ALICE}")).token("demo-admin");
    assert_eq!(not_json.body("nonsense").send().await.status, 400);
}

/// A parameter that an operation does not know may have been meant for more than it does.
#[tokio::test]
async fn parameters() {
    let server = TestServer::start().await;
    let room = "/rooms/!lobby:example.com";
    for (method, path, body) in [
        (Method::GET, "/whoami".to_owned(), json!(null)),
        (Method::PUT, format!("/users/{ALICE}/presence"), json!({"state": "busy"})),
        (Method::DELETE, format!("/users/{ALICE}/presence"), json!(null)),
        (Method::POST, "/presence/update".to_owned(), json!({"updates": []})),
        (Method::GET, format!("{room}/presence"), json!(null)),
        (Method::PUT, format!("{room}/members/{ALICE}"), json!(null)),
        (Method::DELETE, format!("{room}/members/{ALICE}"), json!(null)),
        (Method::GET, format!("/users/{ALICE}/rooms"), json!(null)),
        (Method::DELETE, format!("/users/{ALICE}/tokens"), json!(null)),
        (Method::POST, "/admin-token".to_owned(), json!(null)),
    ] {
        let body = Some(body).filter(|body| !body.is_null());
        let refused = server.admin(method, &format!("{path}?force=true"), body).await;
        assert_eq!(refused.status, 400, "{path}: {}", refused.text);
        assert!(refused.text.contains("force"), "{path}: {}", refused.text);
    }
    assert_eq!(server.presence("demo-alice", ALICE).await.status, 200, "she is still signed in");
}
