use reqwest::Method;

use crate::support::TestServer;

#[tokio::test]
async fn well_and_ready_until_it_stops() {
    let server = TestServer::start().await;
    for path in ["/healthz", "/readyz"] {
        let answer = server.call(Method::GET, path).send().await;
        assert_eq!(answer.line(), r#"200 {"status":"ok"}"#, "{path}");
    }
    server.app.drain();
    assert_eq!(server.call(Method::GET, "/healthz").send().await.status, 200);
    let answer = server.call(Method::GET, "/readyz").send().await;
    insta::assert_snapshot!(answer.line(), @r#"503 {"type":"urn:presenced:problem:not-ready","title":"Service Unavailable","status":503,"detail":"the server is stopping"}"#);
}
