//! Whose token a call carries, and what it may be used for.

use presenced::directory::Scope;
use reqwest::Method;

use super::{APP, OWN, add_token, data, get, outcome, put_call};
use crate::support::{Answer, TestServer};

#[tokio::test]
async fn in_the_header_or_in_the_query() {
    let server = TestServer::start().await;
    for path in ["/v0/presence/me?access_token=demo-bob", "/v0/presence/me?x=1&access_token=demo%2Dbob"] {
        assert_eq!(data(&server.call(Method::GET, path).send().await)["username"], "bob", "{path}");
    }
    let call = server.call(Method::GET, OWN).header("authorization", "bearer demo-bob");
    assert_eq!(data(&call.send().await)["username"], "bob");
    let put = server.call(Method::PUT, format!("{OWN}?access_token=demo-bob&presence=here"));
    assert_eq!(data(&put.send().await)["presence"], "here");
    let both = get(&server, "demo-bob", "/v0/presence?access_token=demo-bob").await;
    insta::assert_snapshot!(both.line(), @r#"401 {"meta":{"code":401,"error_message":"Send one access token, in the Authorization header or in the query."}}"#);
}

#[tokio::test]
async fn without_one() {
    let server = TestServer::start().await;
    for (method, path) in [
        (Method::GET, "/v0/presence"),
        (Method::GET, "/v0/users/1/presence"),
        (Method::GET, "/v0/presence/1"),
        (Method::PUT, OWN),
        (Method::GET, "/v0/token"),
        (Method::GET, "/v0/users/1"),
        // The token comes before path and method.
        (Method::GET, "/v0/nowhere"),
        (Method::DELETE, OWN),
    ] {
        let answer = server.call(method, path).send().await;
        assert_eq!(answer.line(), r#"401 {"meta":{"code":401,"error_message":"Access token required."}}"#);
    }
    insta::assert_snapshot!(get(&server, "nonsense", "/v0/presence").await.line(), @r#"401 {"meta":{"code":401,"error_message":"The access token is unknown or was revoked."}}"#);
}

fn scopes(answer: &Answer) -> &str {
    answer.header("x-oauth-scopes")
}

#[tokio::test]
async fn what_scopes_allow() {
    let server = TestServer::start().await;
    add_token(&server, "reads", &[Scope::Read], false).await;
    add_token(&server, "writes", &[Scope::Write], false).await;
    add_token(&server, "reports", &[Scope::Gateway], false).await;
    add_token(&server, "nothing", &[], false).await;
    add_token(&server, "guest", &Scope::ALL, true).await;
    for (token, names, read, write) in [
        ("demo-alice", "basic,presence,gateway", 200, 200),
        ("reads", "basic", 200, 403),
        ("writes", "presence", 200, 200),
        ("reports", "gateway", 200, 403),
        ("nothing", "", 403, 403),
        ("guest", "basic,presence,gateway", 403, 403),
    ] {
        let get = get(&server, token, "/v0/presence").await;
        assert_eq!((outcome(&get), scopes(&get)), ((read, None), names), "{token}");
        let put = server.call(Method::PUT, OWN).token(token).send().await;
        assert_eq!((outcome(&put), scopes(&put)), ((write, None), names), "{token}");
    }
    let refused = server.call(Method::PUT, OWN).token("reads").send().await;
    insta::assert_snapshot!(refused.line(), @r#"403 {"meta":{"code":403,"error_message":"The access token lacks the scope `presence`."}}"#);
}

/// A decision: a token without a user may read, but is nobody.
#[tokio::test]
async fn an_apps_token() {
    let server = TestServer::start().await;
    put_call(&server, "?presence=reading").send().await;
    assert_eq!(data(&get(&server, APP, "/v0/presence").await)[0]["presence"], "reading");
    assert_eq!(data(&get(&server, APP, "/v0/users/@alice/presence").await)["presence"], "reading");
    for path in [OWN, "/v0/presence/me", "/v0/users/me"] {
        assert_eq!(outcome(&get(&server, APP, path).await), (403, None), "{path}");
    }
    for path in [OWN, "/v0/users/1/presence", "/v0/users/99/presence"] {
        let put = server.call(Method::PUT, path).token(APP).send().await;
        assert_eq!(outcome(&put), (403, None), "{path}");
    }
}
