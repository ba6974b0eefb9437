//! What is refused, in which order; and what happens when the store refuses.

use presenced::directory::Scope;
use reqwest::Method;

use super::{add_token, get, outcome};
use crate::support::TestServer;

/// A decision: only one's own presence can be set; whoever is not there is not found.
#[tokio::test]
async fn setting_somebody_elses() {
    let server = TestServer::start().await;
    for (name, status) in [("2", 403), ("@bob", 403), ("99", 404), ("bob", 404), ("@", 404), ("%ff", 404)] {
        let path = format!("/v0/users/{name}/presence?presence=x");
        let answer = server.call(Method::PUT, path).token("demo-alice").send().await;
        assert_eq!(outcome(&answer), (status, None), "{name}");
    }
    let answer = server.call(Method::PUT, "/v0/users/2/presence").token("demo-alice").send().await;
    insta::assert_snapshot!(answer.line(), @r#"403 {"meta":{"code":403,"error_message":"Presence can only be set for oneself."}}"#);
    assert_eq!(super::reads(&server, "2").await, "offline");
}

/// A decision: token, then path and method, then scope, then target, then value.
#[tokio::test]
async fn the_order() {
    let server = TestServer::start().await;
    add_token(&server, "reads", &[Scope::Read], false).await;
    let call = async |method: Method, path: &str, token: &str| {
        let call = server.call(method, path).token(token).header("content-type", "application/json");
        call.body("nonsense").send().await.status.as_u16()
    };
    assert_eq!(call(Method::PUT, "/v0/nowhere", "nonsense").await, 401);
    assert_eq!(call(Method::DELETE, "/v0/users/99/presence", "reads").await, 405);
    assert_eq!(call(Method::PUT, "/v0/users/99/presence", "reads").await, 403);
    assert_eq!(call(Method::PUT, "/v0/users/99/presence", "demo-alice").await, 404);
    assert_eq!(call(Method::PUT, "/v0/users/2/presence", "demo-alice").await, 403);
    assert_eq!(call(Method::PUT, "/v0/users/1/presence", "demo-alice").await, 400);
}

#[tokio::test]
async fn a_user_who_is_removed() {
    let server = TestServer::start().await;
    server.admin(Method::DELETE, "/users/@alice:example.com", None).await;
    assert_eq!(outcome(&get(&server, "demo-alice", "/v0/presence").await), (401, None));
    assert_eq!(outcome(&get(&server, "demo-bob", "/v0/users/1/presence").await), (404, None));
}
