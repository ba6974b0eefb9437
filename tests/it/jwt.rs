//! JSON Web Tokens of issuers in the configuration, in every dialect.

mod ends;
mod first_sight;
pub(crate) mod idp;
mod key_sets;
mod passes;
mod refusals;
mod rooms;
mod scopes;
mod subscriptions;

use std::path::PathBuf;

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use presenced::config::{Config, JwtIssuer, SigningKey};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, TestServer, secrets};

pub(crate) const ISSUER: &str = "https://login.example.com";
pub(crate) const AUDIENCE: &str = "https://presence.example.com";
const SECRET: &str = "a secret that is shared with the issuer";

/// The start of the clock, in seconds since the Unix epoch.
const NOW: u64 = 1_767_603_600;

/// An issuer whose tokens are signed with a shared secret.
fn issuer() -> JwtIssuer {
    JwtIssuer {
        issuer: vec![ISSUER.to_owned()],
        audience: vec![AUDIENCE.to_owned()],
        keys: vec![key(None, SECRET)],
        jwks_url: None,
        user: "@{sub}:{server}".to_owned(),
        create_users: false,
        scopes: vec![presenced::directory::Scope::Read, presenced::directory::Scope::Write],
    }
}

fn key(kid: Option<&str>, secret: &str) -> SigningKey {
    let (kid, algorithm) = (kid.map(str::to_owned), "HS256".to_owned());
    SigningKey { kid, algorithm, key: secret.to_owned(), key_file: None::<PathBuf> }
}

/// With that issuer.
fn trusting(config: &mut Config) {
    config.auth.jwt = vec![issuer()];
}

/// The same, who may make users.
fn welcoming(config: &mut Config) {
    config.auth.jwt = vec![JwtIssuer { create_users: true, ..issuer() }];
}

/// Claims that hold for a minute, changed; null leaves one out.
fn claims(changes: &Value) -> Value {
    let mut claims = json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "iat": NOW, "exp": NOW + 60});
    for (name, value) in changes.as_object().expect("an object") {
        claims[name] = value.clone();
    }
    claims.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
    claims
}

fn token(changes: Value) -> String {
    signed(&Header::new(Algorithm::HS256), &claims(&changes), &EncodingKey::from_secret(SECRET.as_bytes()))
}

pub(crate) fn signed(header: &Header, claims: &Value, key: &EncodingKey) -> String {
    let token = encode(header, claims, key).expect("a token");
    secrets::note(&token);
    token
}

/// Who somebody is, as each dialect tells them.
async fn who(server: &TestServer, token: &str) -> [Answer; 4] {
    let ask = async |path: &str| server.call(Method::GET, path).token(token).send().await;
    [
        ask("/_matrix/client/v3/account/whoami").await,
        ask("/v0/token").await,
        ask("/restapi/v1.0/account/~/extension/~").await,
        ask("/presenced/v1/whoami").await,
    ]
}

async fn statuses(server: &TestServer, token: &str) -> [u16; 4] {
    who(server, token).await.map(|answer| answer.status.as_u16())
}

#[tokio::test]
async fn one_token_works_in_all_dialects() {
    let server = TestServer::start_with(trusting).await;
    let token = token(json!({"presenced": {"device": "WEB"}}));
    let [matrix, pnut, ringcentral, native] = who(&server, &token).await;
    insta::assert_snapshot!(matrix.line(), @r#"200 {"user_id":"@alice:example.com","device_id":"WEB","is_guest":false}"#);
    assert_eq!(pnut.json()["data"]["user"]["username"], "alice");
    assert_eq!(ringcentral.json()["extensionNumber"], "101");
    insta::assert_snapshot!(native.line(), @r#"200 {"userId":"@alice:example.com","deviceId":"WEB","scopes":["read","write"],"admin":false,"guest":false,"expiresAt":1767603690000}"#);
    // What one dialect is told the others show.
    let put = server.set_presence(
        &token,
        "@alice:example.com",
        json!({"presence": "online", "status_msg": "here"}),
    );
    assert_eq!(put.await.status, 200);
    let own = server.call(Method::GET, "/presenced/v1/users/me/presence").token(&token).send().await;
    assert_eq!((&own.json()["state"], &own.json()["status"]), (&json!("online"), &json!("here")));
}

#[tokio::test]
async fn a_device_comes_of_the_claim_the_session_or_the_issuer() {
    let server = TestServer::start_with(trusting).await;
    for (changes, device) in [
        (json!({"presenced": {"device": "PHONE"}, "sid": "s1"}), "PHONE"),
        (json!({"sid": "s1", "jti": "t1"}), "s1"),
        (json!({"jti": "t1"}), ISSUER),
        (json!({"jti": "t2"}), ISSUER),
    ] {
        let [.., native] = who(&server, &token(changes)).await;
        assert_eq!(native.json()["deviceId"], device);
    }
}

#[tokio::test]
async fn scopes_are_no_more_than_the_issuer_may_give() {
    let server = TestServer::start_with(trusting).await;
    for (asked, given) in [
        (json!(null), json!(["read", "write"])),
        (json!(["read"]), json!(["read"])),
        (json!(["write", "gateway"]), json!(["write"])),
        (json!(["gateway"]), json!([])),
    ] {
        let asked = if asked.is_null() { json!({}) } else { json!({"scopes": asked}) };
        let token = token(json!({"presenced": asked}));
        let [.., native] = who(&server, &token).await;
        assert_eq!(native.json()["scopes"], given);
        let reads = given.as_array().expect("a list").contains(&json!("read"));
        let read = server.presence(&token, "@bob:example.com").await;
        assert_eq!(read.status, if reads { 200 } else { 403 });
    }
}

#[tokio::test]
async fn lists_of_issuers_and_audiences_and_keys_by_their_names() {
    let server = TestServer::start_with(|config| {
        config.auth.jwt = vec![JwtIssuer {
            issuer: vec!["https://old.example.com".to_owned(), ISSUER.to_owned()],
            audience: vec!["web".to_owned(), "phone".to_owned()],
            keys: vec![key(Some("one"), SECRET), key(Some("two"), "another secret of theirs")],
            ..issuer()
        }];
    })
    .await;
    let works = async |kid: Option<&str>, secret: &str, changes: Value| {
        let header = Header { kid: kid.map(str::to_owned), ..Header::new(Algorithm::HS256) };
        let token = signed(&header, &claims(&changes), &EncodingKey::from_secret(secret.as_bytes()));
        statuses(&server, &token).await[3]
    };
    let phone = json!({"aud": ["elsewhere", "phone"]});
    assert_eq!(works(Some("one"), SECRET, phone.clone()).await, 200);
    assert_eq!(works(Some("two"), "another secret of theirs", json!({"aud": "web"})).await, 200);
    assert_eq!(works(None, "another secret of theirs", phone.clone()).await, 200);
    assert_eq!(works(None, SECRET, json!({"aud": "web", "iss": "https://old.example.com"})).await, 200);
    assert_eq!(works(Some("two"), SECRET, phone.clone()).await, 401);
    assert_eq!(works(Some("three"), SECRET, phone).await, 401);
    assert_eq!(works(Some("one"), SECRET, json!({"aud": ["elsewhere"]})).await, 401);
}

#[tokio::test]
async fn one_logs_in_with_it_at_ringcentral() {
    let server = TestServer::start_with(trusting).await;
    let login = async |assertion: &str| {
        secrets::note(assertion);
        let form = format!("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion={assertion}");
        let call = server.call(Method::POST, "/restapi/oauth/token");
        let call = call.header("authorization", "Basic YXBwOnNlY3JldA==");
        call.header("content-type", "application/x-www-form-urlencoded").body(form).send().await
    };
    let given = login(&token(json!({"presenced": {"scopes": ["read"]}}))).await;
    assert_eq!((given.status.as_u16(), &given.json()["scope"]), (200, &json!("ReadAccounts ReadPresence")));
    // With a name it holds once.
    let once = token(json!({"jti": "t1"}));
    assert_eq!(login(&once).await.status, 200);
    assert_eq!(login(&once).await.status, 400);
    assert_eq!(login(&token(json!({"sub": "nobody"}))).await.status, 400);
}
