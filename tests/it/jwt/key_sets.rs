//! Keys that issuers publish: fetched when they are needed, and not more often than that.

use futures_util::future::join_all;
use presenced::config::JwtIssuer;
use serde_json::json;

use super::{
    idp::{Idp, Mood, Pair, answer},
    issuer, statuses,
};
use crate::support::{TestServer, minutes, seconds};

async fn trusting(idp: &Idp) -> TestServer {
    let url = idp.url.clone();
    TestServer::start_with(move |config| {
        config.auth.jwt = vec![JwtIssuer { keys: Vec::new(), jwks_url: Some(url), ..issuer() }];
        config.auth.jwks_timeout_milliseconds = 300;
    })
    .await
}

#[tokio::test]
async fn keys_are_fetched_once_for_all() {
    let pair = Pair::new("one");
    let idp = Idp::start(Mood::Keys(vec![pair.public()])).await;
    let server = trusting(&idp).await;
    assert_eq!(idp.asked(), 0);
    let tokens: Vec<_> = (0..20).map(|i| pair.token(json!({ "jti": i.to_string() }))).collect();
    for statuses in join_all(tokens.iter().map(|token| statuses(&server, token))).await {
        assert_eq!(statuses, [200; 4]);
    }
    assert_eq!(idp.asked(), 1);
}

#[tokio::test]
async fn keys_rotate() {
    let (old, new) = (Pair::new("old"), Pair::new("new"));
    let idp = Idp::start(Mood::Keys(vec![old.public()])).await;
    let server = trusting(&idp).await;
    let (by_old, by_new) =
        (old.token(json!({"exp": super::NOW + 600})), new.token(json!({"exp": super::NOW + 600})));
    assert_eq!(statuses(&server, &by_old).await, [200; 4]);
    idp.become_so(Mood::Keys(vec![new.public()]));
    // Not so soon after the last time.
    assert_eq!(statuses(&server, &by_new).await, [401; 4]);
    assert_eq!(statuses(&server, &by_old).await, [200; 4]);
    assert_eq!(idp.asked(), 1);
    server.advance(seconds(30)).await;
    assert_eq!(statuses(&server, &by_new).await, [200; 4]);
    assert_eq!(idp.asked(), 2);
    // The key that is gone is refused, whoever used it before.
    assert_eq!(statuses(&server, &by_old).await, [401; 4]);
}

#[tokio::test]
async fn strangers_make_it_fetch_no_more_than_that() {
    let (known, unknown) = (Pair::new("known"), Pair::new("unknown"));
    let idp = Idp::start(Mood::Keys(vec![known.public()])).await;
    let server = trusting(&idp).await;
    for round in 1..=3 {
        for i in 0..10 {
            let token = unknown.token(json!({ "jti": format!("{round} {i}") }));
            assert_eq!(statuses(&server, &token).await, [401; 4]);
        }
        assert_eq!(idp.asked(), round);
        server.advance(seconds(30)).await;
    }
    // A known name with another signature is no reason to fetch.
    let forged = Pair::new("known").token(json!({"exp": super::NOW + 600}));
    assert_eq!(statuses(&server, &forged).await, [401; 4]);
    assert_eq!(idp.asked(), 3);
}

#[tokio::test]
async fn whatever_else_an_issuer_answers_the_keys_stay() {
    let (old, new) = (Pair::new("old"), Pair::new("new"));
    let huge = format!(r#"{{"keys": [{}], "x": "{}"}}"#, new.public(), "x".repeat(600_000));
    let elsewhere = Idp::start(Mood::Keys(vec![new.public()])).await;
    let redirect = format!(
        "HTTP/1.1 302 Found\r\nlocation: {}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        elsewhere.url
    );
    let moods = [
        ("garbage", Mood::Says(answer(b"<html>"))),
        ("no set", Mood::Says(answer(b"[]"))),
        ("no HTTP", Mood::Says(b"hello".to_vec())),
        (
            "an error",
            Mood::Says(b"HTTP/1.1 500 Oh\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec()),
        ),
        ("too much", Mood::Says(answer(huge.as_bytes()))),
        ("a way elsewhere", Mood::Says(redirect.into_bytes())),
        ("half an answer", Mood::Says(answer(b"{}")[..40].to_vec())),
        ("nothing", Mood::Hangs),
    ];
    let idp = Idp::start(Mood::Keys(vec![old.public()])).await;
    let server = trusting(&idp).await;
    let exp = super::NOW + 3_600;
    assert_eq!(statuses(&server, &old.token(json!({ "exp": exp }))).await, [200; 4]);
    for (asked, (what, mood)) in (2..).zip(moods) {
        idp.become_so(mood);
        server.advance(seconds(30)).await;
        assert_eq!(statuses(&server, &new.token(json!({"exp": exp, "jti": what}))).await, [401; 4], "{what}");
        assert_eq!(statuses(&server, &old.token(json!({"exp": exp, "jti": what}))).await, [200; 4], "{what}");
        assert_eq!(idp.asked(), asked, "{what}");
    }
    assert_eq!(elsewhere.asked(), 0);
    idp.become_so(Mood::Keys(vec![new.public()]));
    server.advance(seconds(30)).await;
    assert_eq!(statuses(&server, &new.token(json!({ "exp": exp }))).await, [200; 4]);
}

#[tokio::test]
async fn keys_that_sign_no_tokens_are_passed_over() {
    let pair = Pair::new("one");
    let mut for_encryption = pair.public();
    for_encryption["use"] = json!("enc");
    let secret =
        json!({"kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75", "kid": "one"});
    let mut of_another_kind = pair.public();
    of_another_kind["alg"] = json!("RS256");
    for useless in
        [for_encryption, secret, of_another_kind, json!("x"), json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"})]
    {
        let idp = Idp::start(Mood::Keys(vec![useless.clone()])).await;
        let server = trusting(&idp).await;
        assert_eq!(statuses(&server, &pair.token(json!({}))).await, [401; 4], "{useless}");
        idp.become_so(Mood::Keys(vec![useless.clone(), pair.public()]));
        server.advance(seconds(30)).await;
        assert_eq!(statuses(&server, &pair.token(json!({}))).await, [200; 4], "{useless}");
    }
}

#[tokio::test]
async fn a_key_that_is_withdrawn_is_refused_before_long() {
    let pair = Pair::new("one");
    let idp = Idp::start(Mood::Keys(vec![pair.public()])).await;
    let server = trusting(&idp).await;
    let token = pair.token(json!({"exp": super::NOW + 3_600}));
    assert_eq!(statuses(&server, &token).await, [200; 4]);
    idp.become_so(Mood::Keys(Vec::new()));
    server.advance(minutes(10)).await;
    // It is fetched in the background.
    while statuses(&server, &token).await != [401; 4] {
        tokio::task::yield_now().await;
    }
    assert_eq!(idp.asked(), 2);
}
