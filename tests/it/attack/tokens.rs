//! Assertions give what they say and no more, and once where they say so.

use presenced::{
    api::ringcentral::config::RingCentral,
    directory::{Holder, NewToken, Scope, TokenSecret},
};
use reqwest::Method;
use serde_json::json;

use super::{JWT, TOKEN, assertion, log_in, send, with_an_app};
use crate::support::{ALICE, START, TestServer, minutes};

fn unlimited(config: &mut presenced::config::Config) {
    with_an_app(config);
    config.section_mut::<RingCentral>().rate_limits = false;
}

const OWN: &str = "/restapi/v1.0/account/~/extension/~/presence";

#[tokio::test]
async fn a_login_may_do_no_more_than_the_token_it_was_made_with() {
    let server = TestServer::start().await;
    let secret = TokenSecret::from("a-guests-token");
    let (user, device) = (ALICE.parse().expect("an id"), "D".parse().expect("a name"));
    let holder = Holder::User { user, device, scopes: [Scope::Read].into_iter().collect(), guest: true };
    let token = NewToken { holder, expires: Some(START + minutes(10)) };
    server.app.directory.add_token(&secret, token).await.expect("a token");
    let fields = [("client_id", "any"), ("grant_type", JWT), ("assertion", secret.reveal())];
    let mut login = send(&server, "127.0.0.1", TOKEN, &fields).await.json();
    // The same holds after it was renewed.
    for _ in 0..2 {
        assert_eq!(login["scope"], "ReadAccounts ReadPresence");
        assert_eq!((&login["expires_in"], &login["refresh_token_expires_in"]), (&json!(600), &json!(600)));
        let access = login["access_token"].as_str().expect("a token");
        assert_eq!(
            server.call(Method::GET, OWN).token(access).send().await.status,
            403,
            "guests read nothing"
        );
        let refresh = login["refresh_token"].as_str().expect("a token").to_owned();
        let fields = [("client_id", "any"), ("grant_type", "refresh_token"), ("refresh_token", &refresh)];
        login = send(&server, "127.0.0.1", TOKEN, &fields).await.json();
    }
}

#[tokio::test]
async fn a_number_is_a_subject_as_it_is_written() {
    let server = TestServer::start_with(unlimited).await;
    for subject in ["01", "+1", " 1", "1 ", "1.0", "0x1", ""] {
        let answer = log_in(&server, "127.0.0.1", &assertion(json!({"sub": subject}))).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["error"]),
            (400, &json!("invalid_grant")),
            "{subject}"
        );
    }
    assert_eq!(log_in(&server, "127.0.0.1", &assertion(json!({}))).await.status, 200);
}

#[tokio::test]
async fn an_assertion_with_a_name_holds_once() {
    let server = TestServer::start_with(unlimited).await;
    let status = async |claims| log_in(&server, "127.0.0.1", &assertion(claims)).await.status.as_u16();
    assert_eq!([status(json!({"jti": "a"})).await, status(json!({"jti": "a"})).await], [200, 400]);
    assert_eq!(status(json!({"jti": "b"})).await, 200);
    // Without a name it is a credential for as long as it holds.
    assert_eq!([status(json!({})).await, status(json!({})).await], [200, 200]);
    // What was refused for another reason is not used.
    let nobody = assertion(json!({"jti": "c", "sub": "9999"}));
    assert_eq!(log_in(&server, "127.0.0.1", &nobody).await.status, 400);
    assert_eq!(status(json!({"jti": "c"})).await, 200);
}

#[tokio::test]
async fn an_assertion_ends_within_ten_years() {
    let server = TestServer::start_with(unlimited).await;
    for end in [START.as_millis() / 1_000 + 11 * 366 * 86_400, u64::MAX - 60, u64::MAX] {
        let answer = log_in(&server, "127.0.0.1", &assertion(json!({"exp": end, "jti": "a"}))).await;
        assert_eq!(answer.status, 400, "{end}");
        let why = "The assertion is of no use: it would hold for more than ten years";
        assert_eq!(answer.json()["error_description"], why);
    }
    let nine = START.as_millis() / 1_000 + 9 * 366 * 86_400;
    assert_eq!(log_in(&server, "127.0.0.1", &assertion(json!({"exp": nine}))).await.status, 200);
}
