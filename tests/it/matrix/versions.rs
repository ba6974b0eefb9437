use reqwest::Method;

use crate::support::TestServer;

#[tokio::test]
async fn versions_need_no_token() {
    let server = TestServer::start().await;
    let answer = server.call(Method::GET, "/_matrix/client/versions").send().await;
    insta::assert_snapshot!(answer.line(), @r#"200 {"versions":["v1.1","v1.2","v1.3","v1.4","v1.5","v1.6","v1.7","v1.8","v1.9","v1.10","v1.11"],"unstable_features":{}}"#);
}
