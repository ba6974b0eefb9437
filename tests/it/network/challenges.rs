//! `WWW-Authenticate` on every 401.

use reqwest::Method;

use crate::support::{ALICE, TestServer, status_path};

#[tokio::test]
async fn every_dialect_says_how_to_come_in() {
    let server = TestServer::start().await;
    for path in
        [&status_path(ALICE), "/v0/presence", "/restapi/v1.0/account/~/presence", "/presenced/v1/users"]
    {
        let none = server.call(Method::GET, path).send().await;
        assert_eq!(
            (none.status.as_u16(), none.header("www-authenticate")),
            (401, r#"Bearer realm="presenced""#)
        );
        let invalid = r#"Bearer realm="presenced", error="invalid_token""#;
        let bad = server.call(Method::GET, path).token("nonsense").send().await;
        assert_eq!((bad.status.as_u16(), bad.header("www-authenticate")), (401, invalid));
    }
    let in_query = server.call(Method::GET, "/v0/presence?access_token=nonsense").send().await;
    assert!(in_query.header("www-authenticate").contains("invalid_token"));
    let good = server.call(Method::GET, status_path(ALICE)).token("demo-alice").send().await;
    assert_eq!(good.header("www-authenticate"), "");
}
