//! The address of the server in what it generates: of a trusted proxy's headers, else as configured, else as asked.

use reqwest::Method;

use super::trust_this_machine;
use crate::support::TestServer;

async fn origin(public_url: &str, is_trusted: bool, headers: &[(&'static str, &str)]) -> String {
    let server = TestServer::start_with(|config| {
        public_url.clone_into(&mut config.server.public_url);
        if is_trusted {
            trust_this_machine(config);
        }
    })
    .await;
    let call = server.call(Method::GET, "/openapi/presenced.json").header("host", "asked.example");
    let call = headers.iter().fold(call, |call, (name, value)| call.header(name, *value));
    let answer = call.send_undocumented().await;
    answer.json()["servers"][0]["url"].as_str().expect("a URL").to_owned()
}

type Headers = &'static [(&'static str, &'static str)];

const PROTO: (&str, &str) = ("x-forwarded-proto", "https");
const HOST: (&str, &str) = ("x-forwarded-host", "told.example:8443");
const PREFIX: (&str, &str) = ("x-forwarded-prefix", "/below/");

#[tokio::test]
async fn each_part_is_what_is_known_best() {
    let rows: [(&str, Headers, &str); 9] = [
        ("", &[], "http://asked.example"),
        ("", &[PROTO], "https://asked.example"),
        ("", &[PROTO, HOST], "https://told.example:8443"),
        ("", &[PROTO, HOST, PREFIX], "https://told.example:8443/below"),
        ("https://p.example/", &[], "https://p.example"),
        ("https://p.example/under", &[("x-forwarded-for", "192.0.2.1")], "https://p.example/under"),
        ("https://p.example/under", &[HOST], "https://told.example:8443/under"),
        // A proxy that tells the scheme alone does not undo what the operator wrote.
        ("https://p.example/under", &[("x-forwarded-proto", "http")], "http://p.example/under"),
        // The proxy's own word is the last one.
        ("", &[("x-forwarded-host", "evil.example, told.example")], "http://told.example"),
    ];
    for (public_url, headers, expected) in rows {
        assert_eq!(origin(public_url, true, headers).await, expected, "{public_url} {headers:?}");
    }
}

#[tokio::test]
async fn what_cannot_stand_in_an_address_is_left_out() {
    for header in [
        ("x-forwarded-proto", "javascript"),
        ("x-forwarded-host", "user@evil.example"),
        ("x-forwarded-host", "a b"),
        ("x-forwarded-prefix", "//evil.example"),
        ("x-forwarded-prefix", "/a\"b"),
        ("x-forwarded-prefix", "below"),
    ] {
        assert_eq!(origin("", true, &[header]).await, "http://asked.example", "{header:?}");
    }
}

#[tokio::test]
async fn nobody_else_is_believed() {
    assert_eq!(origin("", false, &[PROTO, HOST, PREFIX]).await, "http://asked.example");
    assert_eq!(origin("https://p.example", false, &[PROTO, HOST, PREFIX]).await, "https://p.example");
}

#[tokio::test]
async fn forwarded_says_the_same() {
    let server = TestServer::start_with(|config| {
        trust_this_machine(config);
        config.server.forwarded = presenced::config::ForwardedHeaders::Forwarded;
    })
    .await;
    let call = server.call(Method::GET, "/openapi/presenced.json").header("x-forwarded-host", "evil.example");
    let call = call.header("forwarded", "for=192.0.2.1;host=\"told.example\";proto=https");
    let answer = call.header("x-forwarded-prefix", "/below").send_undocumented().await;
    assert_eq!(answer.json()["servers"][0]["url"], "https://told.example/below");
}

/// The other places that tell addresses: RingCentral's resources and its socket.
#[tokio::test]
async fn resources_are_told_by_it_too() {
    let server = TestServer::start_with(trust_this_machine).await;
    let path = "/restapi/v1.0/account/~/extension/~/presence";
    let call = server.call(Method::GET, path).token("demo-alice");
    let answer =
        [PROTO, HOST, PREFIX].iter().fold(call, |call, (name, value)| call.header(name, *value)).send().await;
    let uri = answer.json()["uri"].as_str().expect("an address").to_owned();
    assert_eq!(uri, "https://told.example:8443/below/restapi/v1.0/account/1/extension/1/presence");
    let call = server.call(Method::POST, "/restapi/oauth/wstoken").token("demo-alice");
    let answer =
        [PROTO, HOST, PREFIX].iter().fold(call, |call, (name, value)| call.header(name, *value)).send().await;
    assert_eq!(answer.json()["uri"], "wss://told.example:8443/below/restapi/v1.0/ws");
}
