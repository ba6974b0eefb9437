//! Logins: grants, clients, and the lives of tokens.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use jsonwebtoken::{EncodingKey, Header, encode};
use presenced::{
    api::ringcentral::config::{OAuthApp, RingCentral},
    config::JwtKey,
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{OWN, codes, get, read, refused};
use crate::support::{ALICE, Answer, SharedStore, TestServer, seconds};

const TOKEN: &str = "/restapi/oauth/token";
const JWT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const ISSUER: &str = "https://login.example.com";
const AUDIENCE: &str = "https://presence.example.com";
const SECRET: &str = "a secret that is long enough for a test";

/// A server whose operator named an app and a key, and nothing is open.
async fn strict() -> TestServer {
    TestServer::start_with(|config| {
        config.section_mut::<RingCentral>().open_login = false;
        config.section_mut::<RingCentral>().apps = vec![
            OAuthApp {
                id: "desk".to_owned(),
                secret: "s3cret".to_owned(),
                secret_file: None,
                redirect_uris: Vec::new(),
            },
            OAuthApp {
                id: "public".to_owned(),
                secret: String::new(),
                secret_file: None,
                redirect_uris: Vec::new(),
            },
        ];
        let (key, issuer, audience) = (SECRET.to_owned(), ISSUER.to_owned(), AUDIENCE.to_owned());
        config.section_mut::<RingCentral>().jwt_keys =
            vec![JwtKey { algorithm: "HS256".to_owned(), key, key_file: None, issuer, audience }];
    })
    .await
}

fn form(fields: &[(&str, &str)]) -> String {
    let mut form = reqwest::Url::parse("http://x").expect("a URL");
    form.query_pairs_mut().extend_pairs(fields);
    form.query().unwrap_or_default().to_owned()
}

/// Sends a form as the app `desk`.
async fn post(server: &TestServer, path: &str, fields: &[(&str, &str)]) -> Answer {
    let basic = format!("Basic {}", BASE64_STANDARD.encode("desk:s3cret"));
    let call = server.call(Method::POST, path).header("authorization", basic);
    call.header("content-type", "application/x-www-form-urlencoded").body(form(fields)).send().await
}

async fn login(server: &TestServer, assertion: &str) -> Answer {
    post(server, TOKEN, &[("grant_type", JWT), ("assertion", assertion)]).await
}

/// An assertion of the issuer's, with some claims changed; null takes one away.
fn assertion(changes: Value) -> String {
    signed(changes, SECRET)
}

fn signed(changes: Value, secret: &str) -> String {
    let mut claims = json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "1", "exp": 1_767_603_660});
    for (name, value) in changes.as_object().expect("an object") {
        claims[name] = value.clone();
    }
    let claims: serde_json::Map<_, _> = claims
        .as_object()
        .expect("an object")
        .clone()
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .collect();
    encode(&Header::default(), &claims, &EncodingKey::from_secret(secret.as_bytes())).expect("a token")
}

fn text(answer: &Answer, name: &str) -> String {
    answer.json()[name].as_str().unwrap_or_default().to_owned()
}

/// RFC 6749's word and the code.
fn grounds(answer: &Answer) -> (u16, String, String) {
    let body = answer.json();
    let code = body["errors"][0]["errorCode"].as_str().unwrap_or_default().to_owned();
    (answer.status.as_u16(), text(answer, "error"), code)
}

#[tokio::test]
async fn the_demo_logs_in_with_its_tokens() {
    let server = TestServer::start().await;
    let answer = login(&server, "demo-alice").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let body = answer.json();
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("bearer"), &json!(3_600)));
    assert_eq!((&body["owner_id"], &body["refresh_token_expires_in"]), (&json!("1"), &json!(604_800)));
    assert_eq!(body["scope"], "ReadAccounts ReadPresence EditPresence");
    assert_eq!(text(&answer, "session_id").len(), 16);
    let own = read(&server, &text(&answer, "access_token"), OWN).await;
    assert_eq!(own["extension"]["id"], 1);
    let nonsense = login(&server, "demo-nobody").await;
    assert_eq!(grounds(&nonsense), (400, "invalid_grant".into(), "OAU-140".into()));
    let admin = login(&server, "demo-admin").await;
    assert_eq!(admin.status, 400);
}

#[tokio::test]
async fn without_the_demo_the_text_of_a_token_is_no_assertion() {
    let server = strict().await;
    assert_eq!(grounds(&login(&server, "demo-alice").await), (400, "invalid_grant".into(), "OAU-140".into()));
}

#[tokio::test]
async fn an_assertion_that_is_signed_with_a_key() {
    let server = strict().await;
    for subject in ["1", ALICE] {
        let answer = login(&server, &assertion(json!({"sub": subject}))).await;
        assert_eq!(answer.status, 200, "{subject} {}", answer.text);
        assert_eq!(text(&answer, "owner_id"), "1");
    }
}

#[tokio::test]
async fn assertions_are_never_taken_unchecked() {
    let server = strict().await;
    let unsigned = format!(
        "{}.{}.",
        BASE64_STANDARD.encode(r#"{"alg":"none"}"#).trim_end_matches('='),
        assertion(json!({})).split('.').nth(1).expect("a payload")
    );
    let mut tampered = assertion(json!({}));
    tampered.pop();
    let bad = [
        ("no signature", unsigned),
        ("a signature that was cut", tampered),
        ("another key", signed(json!({}), "another secret that is long enough too")),
        ("another issuer", assertion(json!({"iss": "https://elsewhere.example"}))),
        ("another audience", assertion(json!({"aud": "https://elsewhere.example"}))),
        ("no issuer", assertion(json!({"iss": null}))),
        ("no audience", assertion(json!({"aud": null}))),
        ("no end", assertion(json!({"exp": null}))),
        ("no subject", assertion(json!({"sub": null}))),
        ("over since a minute and more", assertion(json!({"exp": 1_767_603_539}))),
        ("not yet", assertion(json!({"nbf": 1_767_603_661}))),
        ("nobody", assertion(json!({"sub": "9999"}))),
        ("nonsense", "x".to_owned()),
    ];
    for (what, assertion) in bad {
        let answer = login(&server, &assertion).await;
        assert_eq!(grounds(&answer), (400, "invalid_grant".into(), "OAU-140".into()), "{what}");
    }
    server.advance(seconds(120)).await;
    let late = login(&server, &assertion(json!({}))).await;
    assert_eq!(grounds(&late), (400, "invalid_grant".into(), "OAU-140".into()), "time passes for assertions");
}

#[tokio::test]
async fn applications_that_are_not_known() {
    let server = strict().await;
    let assertion = assertion(json!({}));
    let send = |authorization: Option<&str>, more: &[(&str, &str)]| {
        let fields: Vec<_> =
            [("grant_type", JWT), ("assertion", assertion.as_str())].iter().chain(more).copied().collect();
        let call = server.call(Method::POST, TOKEN).body(form(&fields));
        match authorization {
            Some(value) => call.header("authorization", value.as_bytes()).send(),
            None => call.send(),
        }
    };
    let basic = |text: &str| format!("Basic {}", BASE64_STANDARD.encode(text));
    let refused = [
        send(None, &[]).await,
        send(None, &[("client_id", "desk")]).await,
        send(None, &[("client_id", "elsewhere")]).await,
        send(Some(&basic("desk:wrong")), &[]).await,
        send(Some(&basic("desk")), &[]).await,
        send(Some(&basic("elsewhere:s3cret")), &[]).await,
        send(Some("Basic !"), &[]).await,
        send(Some("Bearer demo-alice"), &[]).await,
    ];
    for answer in refused {
        assert_eq!(grounds(&answer), (400, "invalid_client".into(), "OAU-123".into()));
    }
    assert_eq!(send(Some(&basic("desk:s3cret")), &[]).await.status, 200);
    assert_eq!(send(None, &[("client_id", "public")]).await.status, 200, "an app without a secret");
    assert_eq!(send(None, &[("client_id", "desk"), ("client_secret", "s3cret")]).await.status, 200);
}

#[tokio::test]
async fn grants_that_are_not_given() {
    let server = TestServer::start().await;
    for grant in ["password", "client_credentials"] {
        let answer = post(&server, TOKEN, &[("grant_type", grant), ("code", "c"), ("username", "u")]).await;
        assert_eq!(grounds(&answer), (400, "unauthorized_client".into(), "OAU-251".into()), "{grant}");
    }
    let unknown = post(&server, TOKEN, &[("grant_type", "nonsense")]).await;
    assert_eq!(grounds(&unknown), (400, "unsupported_grant_type".into(), "OAU-250".into()));
    for fields in [
        &[][..],
        &[("grant_type", JWT)],
        &[("grant_type", "refresh_token")],
        &[("grant_type", "authorization_code")],
        &[("grant_type", "")],
    ] {
        let answer = post(&server, TOKEN, fields).await;
        assert_eq!(grounds(&answer), (400, "invalid_request".into(), "CMN-101".into()), "{fields:?}");
    }
    assert_eq!(post(&server, "/restapi/oauth/revoke", &[]).await.status, 400);
}

#[tokio::test]
async fn a_refresh_token_gets_new_tokens_once() {
    let server = TestServer::start().await;
    let first = login(&server, "demo-alice").await;
    let refresh = |token: String, more: &[(&'static str, &'static str)]| {
        let more: Vec<_> = more.to_vec();
        let server = &server;
        async move {
            let mut fields = vec![("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
            fields.extend(more);
            post(server, TOKEN, &fields).await
        }
    };
    let second = refresh(text(&first, "refresh_token"), &[("access_token_ttl", "-1")]).await;
    assert_eq!((second.status.as_u16(), second.json()["expires_in"].clone()), (200, json!(3_600)));
    assert_eq!(get(&server, &text(&second, "access_token"), OWN).send().await.status, 200);
    let old = get(&server, &text(&first, "access_token"), OWN).send().await;
    assert_eq!(codes(&old), refused(401, "TokenInvalid", "OAU-129"), "the token before has ended");
    server.advance(seconds(10)).await;
    let again = refresh(text(&first, "refresh_token"), &[]).await;
    assert_eq!(grounds(&again), (400, "invalid_grant".into(), "OAU-213".into()));
    let unknown = refresh("nonsense".to_owned(), &[]).await;
    assert_eq!(grounds(&unknown), (400, "invalid_grant".into(), "OAU-213".into()));
    let access = refresh(text(&second, "access_token"), &[]).await;
    assert_eq!(grounds(&access), (400, "invalid_grant".into(), "OAU-213".into()), "not an access token");
    let bearer = get(&server, &text(&second, "refresh_token"), OWN).send().await;
    assert_eq!(codes(&bearer), refused(401, "TokenInvalid", "OAU-149"), "it opens nothing itself");
}

async fn refresh(server: &TestServer, token: &str) -> Answer {
    post(server, TOKEN, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
}

/// An answer without how long its tokens hold still.
fn tokens_of(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let mut body = answer.json();
    body["expires_in"] = Value::Null;
    body["refresh_token_expires_in"] = Value::Null;
    body
}

/// Several clients share a login, each with the refresh token that it knows.
#[tokio::test]
async fn a_refresh_token_gets_the_same_again_for_a_while() {
    let server = TestServer::start().await;
    let first = text(&login(&server, "demo-alice").await, "refresh_token");
    let second = refresh(&server, &first).await;
    server.advance(seconds(3_540)).await;
    let again = refresh(&server, &first).await;
    assert_eq!(tokens_of(&again), tokens_of(&second), "59 minutes later, while nobody used what it got");
    assert_eq!(again.json()["expires_in"], 60, "what is left");
    assert_eq!(again.json()["refresh_token_expires_in"], 604_800 - 3_540);
    server.advance(seconds(60)).await;
    assert_eq!(grounds(&refresh(&server, &first).await), (400, "invalid_grant".into(), "OAU-213".into()));
    // The refresh token that came of it is as good as before.
    let third = refresh(&server, &text(&second, "refresh_token")).await;
    assert_eq!(third.status, 200, "{}", third.text);
}

#[tokio::test]
async fn once_the_new_token_is_used_the_old_one_ends_soon() {
    let server = TestServer::start().await;
    let first = text(&login(&server, "demo-alice").await, "refresh_token");
    let second = refresh(&server, &first).await;
    server.advance(seconds(600)).await;
    assert_eq!(get(&server, &text(&second, "access_token"), OWN).send().await.status, 200);
    server.advance(seconds(9)).await;
    assert_eq!(get(&server, &text(&second, "access_token"), OWN).send().await.status, 200);
    assert_eq!(tokens_of(&refresh(&server, &first).await), tokens_of(&second));
    server.advance(seconds(1)).await;
    assert_eq!(refresh(&server, &first).await.status, 400, "10 seconds after the first use, not the last");
    // Whoever has the new one goes on.
    let third = refresh(&server, &text(&second, "refresh_token")).await;
    assert_eq!(tokens_of(&refresh(&server, &text(&second, "refresh_token")).await), tokens_of(&third));
    assert_ne!(text(&third, "access_token"), text(&second, "access_token"));
    let old = get(&server, &text(&second, "access_token"), OWN).send().await;
    assert_eq!(codes(&old), refused(401, "TokenInvalid", "OAU-129"));
}

/// A login that is over gives nothing again, and what is spent is no token of the user's any more.
#[tokio::test]
async fn what_is_spent_does_not_outlive_its_login() {
    let server = TestServer::start_with(|config| config.limits.tokens_per_user = 4).await;
    let mut token = text(&login(&server, "demo-alice").await, "refresh_token");
    for _ in 0..5 {
        let next = refresh(&server, &token).await;
        assert_eq!(next.status, 200, "{}", next.text);
        let list = server.admin(Method::GET, &format!("/users/{ALICE}/tokens"), None).await.json();
        assert_eq!(list["tokens"].as_array().map(Vec::len), Some(4), "{list}");
        let other = refresh(&server, &token).await;
        assert_eq!(tokens_of(&other), tokens_of(&next));
        let other_app = [("grant_type", "refresh_token"), ("refresh_token", &token), ("client_id", "other")];
        assert_eq!(server.call(Method::POST, TOKEN).body(form(&other_app)).send().await.status, 400);
        let revoked = refresh(&server, &token).await;
        token = text(&revoked, "refresh_token");
    }
    let spent = token.clone();
    let last = refresh(&server, &spent).await;
    post(&server, "/restapi/oauth/revoke", &[("token", &text(&last, "access_token"))]).await;
    for token in [&spent, &text(&last, "refresh_token")] {
        assert_eq!(refresh(&server, token).await.status, 400);
    }
    // Logging out with a token that was spent ends what came of it.
    let first = text(&login(&server, "demo-alice").await, "refresh_token");
    let second = refresh(&server, &first).await;
    post(&server, "/restapi/oauth/revoke", &[("token", &first)]).await;
    assert_eq!(get(&server, &text(&second, "access_token"), OWN).send().await.status, 401);
    assert_eq!(refresh(&server, &text(&second, "refresh_token")).await.status, 400);
}

/// The tokens follow from the spent one and a kept key, so that any server of one store gives the same, after a
/// restart too.
#[tokio::test]
async fn another_server_gives_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let open = || Box::new(crate::store::disk::over(folder.path()).expect("it opens"));
    let server = TestServer::start_on(open(), |_| {}).await;
    let first = text(&login(&server, "demo-alice").await, "refresh_token");
    let second = refresh(&server, &first).await;
    server.stop().await;
    let server = TestServer::start_again(open(), |_| {}).await;
    assert_eq!(tokens_of(&refresh(&server, &first).await), tokens_of(&second));
    assert_eq!(get(&server, &text(&second, "access_token"), OWN).send().await.status, 200);
    server.stop().await;
    let server = TestServer::start_again(open(), |_| {}).await;
    assert_eq!(tokens_of(&refresh(&server, &first).await), tokens_of(&second), "used at this very moment");
    server.advance(seconds(10)).await;
    assert_eq!(refresh(&server, &first).await.status, 400, "that it was used is kept too");
    let export = server.admin(Method::GET, "/export", None).await.text;
    assert!(!export.contains(&first) && !export.contains(&text(&second, "access_token")));
}

/// Several servers over one store, asked at the same time.
#[tokio::test]
async fn two_servers_give_the_same_at_once() {
    let store = SharedStore::default();
    let one = TestServer::start_on(Box::new(store.clone()), |_| {}).await;
    let first = text(&login(&one, "demo-alice").await, "refresh_token");
    let other = TestServer::start_again(Box::new(store), |_| {}).await;
    let both = tokio::join!(refresh(&one, &first), refresh(&other, &first));
    assert_eq!(tokens_of(&both.0), tokens_of(&both.1));
    let access = text(&both.0, "access_token");
    for server in [&one, &other] {
        assert_eq!(get(server, &access, OWN).send().await.status, 200);
    }
    // The first use is known to both.
    one.advance(seconds(70)).await;
    other.advance(seconds(10)).await;
    for server in [&one, &other] {
        assert_eq!(refresh(server, &first).await.status, 400);
    }
}

/// An application's instance has one name for as long as it is logged in.
#[tokio::test]
async fn the_endpoint_stays() {
    let server = TestServer::start().await;
    for (given, expected) in [("desk-1", Some("desk-1")), ("", None)] {
        let mut fields = vec![("grant_type", JWT), ("assertion", "demo-alice")];
        if !given.is_empty() {
            fields.push(("endpoint_id", given));
        }
        let first = post(&server, TOKEN, &fields).await;
        let endpoint = text(&first, "endpoint_id");
        assert!(expected.is_none_or(|expected| endpoint == expected) && !endpoint.is_empty(), "{endpoint}");
        let second = refresh(&server, &text(&first, "refresh_token")).await;
        let third = refresh(&server, &text(&second, "refresh_token")).await;
        assert_eq!([text(&second, "endpoint_id"), text(&third, "endpoint_id")], [&*endpoint; 2]);
    }
    let one = login(&server, "demo-alice").await;
    assert_ne!(text(&one, "endpoint_id"), text(&login(&server, "demo-alice").await, "endpoint_id"));
    let long = "x".repeat(256);
    let fields = [("grant_type", JWT), ("assertion", "demo-alice"), ("endpoint_id", &*long)];
    assert_eq!(
        grounds(&post(&server, TOKEN, &fields).await),
        (400, "invalid_request".into(), "CMN-101".into())
    );
}

#[tokio::test]
async fn a_refresh_token_is_for_its_own_app() {
    let server = TestServer::start().await;
    let token = text(&login(&server, "demo-alice").await, "refresh_token");
    let fields = [("grant_type", "refresh_token"), ("refresh_token", token.as_str()), ("client_id", "other")];
    let answer = server.call(Method::POST, TOKEN).body(form(&fields)).send().await;
    assert_eq!(grounds(&answer), (400, "invalid_grant".into(), "OAU-213".into()));
    let own = post(&server, TOKEN, &fields[..2]).await;
    assert_eq!(own.status, 200, "whoever tried it did not use it up");
}

#[tokio::test]
async fn tokens_end_when_they_said() {
    let server = TestServer::start().await;
    let answer = login(&server, "demo-alice").await;
    server.advance(seconds(3_599)).await;
    assert_eq!(get(&server, &text(&answer, "access_token"), OWN).send().await.status, 200);
    server.advance(seconds(1)).await;
    let over = get(&server, &text(&answer, "access_token"), OWN).send().await;
    assert_eq!(codes(&over), refused(401, "TokenExpired", "OAU-128"));
    let token = text(&answer, "refresh_token");
    server.advance(seconds(604_800 - 3_600 - 1)).await;
    let refreshed = post(&server, TOKEN, &[("grant_type", "refresh_token"), ("refresh_token", &token)]).await;
    assert_eq!(refreshed.status, 200);
    let token = text(&refreshed, "refresh_token");
    server.advance(seconds(604_800)).await;
    let late = post(&server, TOKEN, &[("grant_type", "refresh_token"), ("refresh_token", &token)]).await;
    assert_eq!(grounds(&late), (400, "invalid_grant".into(), "OAU-213".into()));
}

#[tokio::test]
async fn lives_are_brought_within_bounds() {
    let server = TestServer::start().await.lenient();
    let cases = [("600", 600), ("1", 60), ("0", 3_600), ("-1", 3_600), ("999999", 3_600), ("x", 3_600)];
    for (asked, given) in cases {
        let fields = [("grant_type", JWT), ("assertion", "demo-bob"), ("access_token_ttl", asked)];
        assert_eq!(post(&server, TOKEN, &fields).await.json()["expires_in"], given, "{asked}");
    }
    let fields =
        [("grant_type", JWT), ("assertion", "demo-bob"), ("refresh_token_ttl", "7200"), ("endpoint_id", "e")];
    let answer = post(&server, TOKEN, &fields).await.json();
    assert_eq!((&answer["refresh_token_expires_in"], &answer["endpoint_id"]), (&json!(7_200), &json!("e")));
}

#[tokio::test]
async fn either_token_ends_the_login() {
    let server = TestServer::start().await.lenient();
    for sent in ["access_token", "refresh_token"] {
        let answer = login(&server, "demo-alice").await;
        let token = text(&answer, sent);
        // In the form or in the query.
        let revoked = if sent == "access_token" {
            post(&server, "/restapi/oauth/revoke", &[("token", &token)]).await
        } else {
            post(&server, &format!("/restapi/oauth/revoke?token={token}"), &[]).await
        };
        assert_eq!(revoked.line(), "200 {}");
        let over = get(&server, &text(&answer, "access_token"), OWN).send().await;
        assert_eq!(codes(&over), refused(401, "TokenInvalid", "OAU-129"), "{sent}");
        let refresh = text(&answer, "refresh_token");
        let again =
            post(&server, TOKEN, &[("grant_type", "refresh_token"), ("refresh_token", &refresh)]).await;
        assert_eq!(grounds(&again), (400, "invalid_grant".into(), "OAU-213".into()), "{sent}");
    }
    let unknown = post(&server, "/restapi/oauth/revoke", &[("token", "nonsense")]).await;
    assert_eq!(unknown.line(), "200 {}");
    post(&server, "/restapi/oauth/revoke", &[("token", "demo-alice")]).await;
    assert_eq!(get(&server, "demo-alice", OWN).send().await.status, 200, "not a token of that app's");
}

#[tokio::test]
async fn logins_do_not_use_up_a_users_tokens() {
    let server = TestServer::start_with(|config| config.limits.tokens_per_user = 4).await;
    assert_eq!(login(&server, "demo-alice").await.status, 200);
    let full = login(&server, "demo-alice").await;
    assert_eq!(grounds(&full), (400, "invalid_grant".into(), "OAU-140".into()));
    let list = server.admin(Method::GET, &format!("/users/{ALICE}/tokens"), None).await.json();
    let refresh: Vec<&Value> =
        list["tokens"].as_array().expect("tokens").iter().filter(|token| token["refresh"] == true).collect();
    assert_eq!(
        (list["tokens"].as_array().map(Vec::len), refresh.len()),
        (Some(4), 1),
        "nothing is half done"
    );
    server.advance(seconds(604_800)).await;
    assert_eq!(login(&server, "demo-alice").await.status, 200, "what is over makes room");
}

#[tokio::test]
async fn an_admin_ends_a_login_with_its_access_token() {
    let server = TestServer::start().await;
    let answer = login(&server, "demo-alice").await;
    let path = format!("/users/{ALICE}/tokens/{}", text(&answer, "session_id"));
    assert_eq!(server.admin(Method::DELETE, &path, None).await.status, 204);
    let token = text(&answer, "refresh_token");
    let again = post(&server, TOKEN, &[("grant_type", "refresh_token"), ("refresh_token", &token)]).await;
    assert_eq!(again.status, 400);
}
