//! What clients see while the server reads its data.

use presenced::{
    config::Config,
    server::{Listener, Server},
};
use tokio::net::TcpListener;

#[tokio::test]
async fn every_dialect_says_that_it_is_not_there_yet() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let listener = Listener::from(listener);
    let asking = async {
        let mut answers = Vec::new();
        for path in
            ["/healthz", "/readyz", "/_matrix/client/v3/sync", "/presenced/v1/users", "/openapi/matrix.json"]
        {
            let answer = reqwest::get(format!("{url}{path}")).await.expect("an answer");
            let retry =
                answer.headers().get("retry-after").map_or("-", |value| value.to_str().expect("text"));
            let head = format!("{path} {} retry-after {retry}", answer.status().as_u16());
            answers.push(format!("{head}\n{}\n", answer.text().await.expect("text")));
        }
        answers
    };
    let (server, config) = (Server::default(), Config::default());
    let answers = tokio::select! {
        answers = asking => answers,
        () = server.starting(&listener, &config) => unreachable!("it is never done"),
    };
    insta::assert_snapshot!(answers.concat(), @r#"
    /healthz 200 retry-after -
    {"status":"ok"}
    /readyz 503 retry-after 1
    {"type":"urn:presenced:problem:store-unavailable","title":"Service Unavailable","status":503,"detail":"the server is starting and reads its data"}
    /_matrix/client/v3/sync 503 retry-after 1
    {"errcode":"M_UNKNOWN","error":"the server is starting and reads its data"}
    /presenced/v1/users 503 retry-after 1
    {"type":"urn:presenced:problem:store-unavailable","title":"Service Unavailable","status":503,"detail":"the server is starting and reads its data"}
    /openapi/matrix.json 503 retry-after 1
    {"type":"urn:presenced:problem:store-unavailable","title":"Service Unavailable","status":503,"detail":"the server is starting and reads its data"}
    "#);
}
