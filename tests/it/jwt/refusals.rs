//! What is no token, and how each dialect says so.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use presenced::config::JwtIssuer;
use serde_json::{Value, json};

use super::{NOW, SECRET, claims, issuer, signed, statuses, token, trusting, who};
use crate::support::{TestServer, seconds};

#[tokio::test]
async fn nothing_is_taken_unchecked() {
    let server = TestServer::start_with(trusting).await;
    let good = token(json!({}));
    let payload = good.split('.').nth(1).expect("a payload");
    let with_header = |header: Value| {
        let header = BASE64_URL_SAFE_NO_PAD.encode(header.to_string());
        format!("{header}.{payload}.{}", good.split('.').nth(2).expect("a signature"))
    };
    let secret = EncodingKey::from_secret(SECRET.as_bytes());
    let crit = Header { crit: Some(vec!["b64".to_owned()]), ..Header::new(Algorithm::HS256) };
    let bad = [
        ("no signature", with_header(json!({"alg": "none"}))),
        ("none, in other letters", with_header(json!({"alg": "nOnE"}))),
        (
            "another algorithm with the same key",
            signed(&Header::new(Algorithm::HS512), &claims(&json!({})), &secret),
        ),
        ("a header that was changed", with_header(json!({"alg": "HS256", "kid": "x"}))),
        ("something of its reader", signed(&crit, &claims(&json!({})), &secret)),
        ("a signature that was cut", good[..good.len() - 2].to_owned()),
        ("another key", signed(&Header::default(), &claims(&json!({})), &EncodingKey::from_secret(b"x"))),
        ("another issuer", token(json!({"iss": "https://elsewhere.example"}))),
        ("no issuer", token(json!({"iss": null}))),
        ("another audience", token(json!({"aud": "https://elsewhere.example"}))),
        ("no audience", token(json!({"aud": null}))),
        ("no subject", token(json!({"sub": null}))),
        ("an empty subject", token(json!({"sub": ""}))),
        ("no end", token(json!({"exp": null}))),
        ("an end that is no moment", token(json!({"exp": "soon"}))),
        ("an end in eleven years", token(json!({"exp": NOW + 11 * 366 * 86_400}))),
        ("over", token(json!({"exp": NOW - 30}))),
        ("not yet", token(json!({"nbf": NOW + 31}))),
        ("issued in the future", token(json!({"iat": NOW + 31}))),
        ("a subject that is too long", token(json!({"sub": "é".repeat(50)}))),
        ("a room that is none", token(json!({"presenced": {"rooms": ["lobby"]}}))),
        ("a scope that is none", token(json!({"presenced": {"scopes": ["everything"]}}))),
        ("a claim with more in it", token(json!({"presenced": {"admin": true}}))),
        ("nobody who is known", token(json!({"sub": "nobody"}))),
        ("two dots alone", "..".to_owned()),
        ("four parts", format!("{good}.x")),
    ];
    for (what, token) in bad {
        assert_eq!(statuses(&server, &token).await, [401; 4], "{what}");
    }
    assert_eq!(statuses(&server, &good).await, [200; 4]);
}

#[tokio::test]
async fn each_dialect_says_so_in_its_own_form() {
    let server = TestServer::start_with(trusting).await;
    let lines = who(&server, &token(json!({"aud": "elsewhere"}))).await.map(|answer| answer.line());
    insta::assert_debug_snapshot!(lines, @r#"
    [
        "401 {\"errcode\":\"M_UNKNOWN_TOKEN\",\"error\":\"The access token cannot be used: it is for somebody else, as its claim `aud` says\",\"soft_logout\":false}",
        "401 {\"meta\":{\"code\":401,\"error_message\":\"The access token is unknown or was revoked.\"}}",
        "401 {\"errorCode\":\"TokenInvalid\",\"message\":\"OAuth token is invalid\",\"errors\":[{\"errorCode\":\"OAU-149\",\"message\":\"OAuth token is invalid\"}]}",
        "401 {\"type\":\"urn:presenced:problem:unknown-token\",\"title\":\"Unauthorized\",\"status\":401,\"detail\":\"the access token cannot be used: it is for somebody else, as its claim `aud` says\"}",
    ]
    "#);
    let lines = who(&server, &token(json!({"exp": NOW - 60}))).await.map(|answer| answer.line());
    insta::assert_debug_snapshot!(lines, @r#"
    [
        "401 {\"errcode\":\"M_UNKNOWN_TOKEN\",\"error\":\"The access token has expired\",\"soft_logout\":true}",
        "401 {\"meta\":{\"code\":401,\"error_message\":\"The access token has expired.\"}}",
        "401 {\"errorCode\":\"TokenExpired\",\"message\":\"Access token expired.\",\"errors\":[{\"errorCode\":\"OAU-128\",\"message\":\"Access token expired.\"}]}",
        "401 {\"type\":\"urn:presenced:problem:unknown-token\",\"title\":\"Unauthorized\",\"status\":401,\"detail\":\"the access token has expired\"}",
    ]
    "#);
}

#[tokio::test]
async fn clocks_may_be_off_by_half_a_minute() {
    let server = TestServer::start_with(trusting).await;
    assert_eq!(
        statuses(&server, &token(json!({"exp": NOW - 29, "nbf": NOW + 30, "iat": NOW + 30}))).await,
        [200; 4]
    );
    // Fractions are moments too.
    assert_eq!(statuses(&server, &token(json!({"exp": 1_767_603_570.5}))).await, [200; 4]);
    let token = token(json!({}));
    server.advance(seconds(89)).await;
    assert_eq!(statuses(&server, &token).await, [200; 4]);
    server.advance(seconds(1)).await;
    assert_eq!(statuses(&server, &token).await, [401; 4]);
}

#[tokio::test]
async fn a_public_key_is_no_secret() {
    let pair = rcgen::KeyPair::generate().expect("a key");
    let public = pair.public_key_pem();
    let server = TestServer::start_with(|config| {
        let mut key = super::key(None, &public);
        key.algorithm = "ES256".to_owned();
        config.auth.jwt = vec![JwtIssuer { keys: vec![key], ..issuer() }];
    })
    .await;
    let private = EncodingKey::from_ec_pem(pair.serialize_pem().as_bytes()).expect("a key");
    let good = signed(&Header::new(Algorithm::ES256), &claims(&json!({})), &private);
    assert_eq!(statuses(&server, &good).await, [200; 4]);
    let confused = EncodingKey::from_secret(public.as_bytes());
    let confused = signed(&Header::new(Algorithm::HS256), &claims(&json!({})), &confused);
    assert_eq!(statuses(&server, &confused).await, [401; 4]);
}
