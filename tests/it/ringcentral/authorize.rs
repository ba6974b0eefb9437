//! The authorization page, and codes.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use presenced::{
    api::ringcentral::config::{OAuthApp, RingCentral},
    directory::{Holder, NewToken, Scope, TokenSecret},
};
use reqwest::{Method, Url};
use serde_json::{Value, json};

use super::{OWN, read};
use crate::support::{ALICE, Answer, START, TestServer, minutes, seconds};

const PAGE: &str = "/restapi/oauth/authorize";
const BACK: &str = "https://desk.example.com/back";
const FORM: &str = "application/x-www-form-urlencoded";
/// The example of RFC 7636.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

type Fields<'a> = Vec<(&'a str, &'a str)>;

fn form(fields: &[(&str, &str)]) -> String {
    let mut url = Url::parse("http://x").expect("a URL");
    url.query_pairs_mut().extend_pairs(fields);
    url.query().unwrap_or_default().to_owned()
}

/// What an application asks, with some fields changed; an empty one is left out.
fn question<'a>(changes: &[(&'a str, &'a str)]) -> Fields<'a> {
    let mut fields = vec![
        ("response_type", "code"),
        ("client_id", "desk"),
        ("redirect_uri", BACK),
        ("state", "x y&z"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in changes {
        fields.retain(|(other, _)| other != name);
        fields.push((name, value));
    }
    fields.retain(|(_, value)| !value.is_empty());
    fields
}

async fn ask(server: &TestServer, changes: &[(&str, &str)]) -> Answer {
    server.call(Method::GET, format!("{PAGE}?{}", form(&question(changes)))).send().await
}

async fn answer(server: &TestServer, changes: &[(&str, &str)]) -> Answer {
    let body = form(&question(changes));
    server.call(Method::POST, PAGE).header("content-type", FORM).body(body).send().await
}

/// A parameter of the address that the browser is sent back to.
fn sent_back(answer: &Answer, name: &str) -> Option<String> {
    assert_eq!(answer.status, 302, "{}", answer.text);
    let url = Url::parse(answer.header("location")).expect("an address");
    assert!(url.as_str().starts_with(BACK), "{url}");
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// A code for alice, as the demo gives it at once.
async fn code(server: &TestServer, changes: &[(&str, &str)]) -> String {
    let changes = [&[("login_hint", "101")], changes].concat();
    sent_back(&ask(server, &changes).await, "code").expect("a code")
}

/// Exchanges a code as the application `desk`, with some fields changed.
async fn exchange(server: &TestServer, code: &str, changes: &[(&str, &str)]) -> Answer {
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
        ("client_id", "desk"),
    ];
    for (name, value) in changes {
        fields.retain(|(other, _)| other != name);
        fields.push((name, value));
    }
    fields.retain(|(_, value)| !value.is_empty());
    let call = server.call(Method::POST, "/restapi/oauth/token").header("content-type", FORM);
    call.body(form(&fields)).send().await
}

fn error(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.json()["error"].as_str().unwrap_or_default().to_owned())
}

/// A server whose operator named two apps, and nothing is open.
async fn strict() -> TestServer {
    TestServer::start_with(|config| {
        config.section_mut::<RingCentral>().open_login = false;
        let app = |id: &str, secret: &str| OAuthApp {
            secret_file: None,
            id: id.to_owned(),
            secret: secret.to_owned(),
            redirect_uris: vec![BACK.to_owned(), "com.example.desk:/back?from=login".to_owned()],
        };
        config.section_mut::<RingCentral>().apps = vec![app("desk", "s3cret"), app("public", "")];
    })
    .await
}

#[tokio::test]
async fn the_demo_offers_its_users() {
    let server = TestServer::start().await;
    let page = ask(&server, &[]).await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(page.header("cache-control").contains("no-store"));
    assert_eq!(page.header("x-frame-options"), "DENY");
    assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
    let main = page.text.split_once("<main>").expect("a page").1;
    insta::assert_snapshot!(main, @r#"
    <h1>Log in to <span class="app">desk</span></h1>
    <p>It will read presence and set yours.</p>
    <form method="post" action="?">
    <input type="hidden" name="response_type" value="code">
    <input type="hidden" name="client_id" value="desk">
    <input type="hidden" name="redirect_uri" value="https://desk.example.com/back">
    <input type="hidden" name="state" value="x y&amp;z">
    <input type="hidden" name="code_challenge" value="E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM">
    <input type="hidden" name="code_challenge_method" value="S256">
    <p>Who are you?</p>
    <button name="user" value="1">Alice <span class="extension">extension 101</span></button>
    <button name="user" value="2">Bob <span class="extension">extension 102</span></button>
    <button name="user" value="3">Carol <span class="extension">extension 103</span></button>
    <button class="deny" name="deny" value="1" formnovalidate>Cancel</button>
    </form>
    </main>
    </body>
    </html>
    "#);
    assert!(!page.text.contains("<script"), "it works without");
    // Pressing a button is the same as sending its form.
    let bob = answer(&server, &[("user", "2")]).await;
    assert_eq!(sent_back(&bob, "state").as_deref(), Some("x y&z"));
    let tokens = exchange(&server, &sent_back(&bob, "code").expect("a code"), &[]).await;
    assert_eq!(tokens.json()["owner_id"], "2", "{}", tokens.text);
    let own = read(&server, tokens.json()["access_token"].as_str().expect("a token"), OWN).await;
    assert_eq!(own["extension"]["id"], 2);
    let denied = answer(&server, &[("deny", "1"), ("user", "2")]).await;
    assert_eq!(sent_back(&denied, "error").as_deref(), Some("access_denied"));
    for nobody in ["9", "x", ""] {
        let again = answer(&server, &[("user", nobody)]).await;
        assert_eq!(again.status, 400, "{nobody}");
        assert!(again.text.contains("role=\"alert\""), "{}", again.text);
    }
}

#[tokio::test]
async fn a_hint_chooses_at_once() {
    let server = TestServer::start().await;
    for hint in ["101", "1", "alice", "Alice", "@alice", ALICE] {
        let back = ask(&server, &[("login_hint", hint)]).await;
        let tokens = exchange(&server, &sent_back(&back, "code").expect("a code"), &[]).await;
        assert_eq!(tokens.json()["owner_id"], "1", "{hint}");
    }
    let nobody = ask(&server, &[("login_hint", "<nobody>")]).await;
    assert_eq!(nobody.status, 400);
    assert!(nobody.text.contains("value=\"2\""), "the page offers the others: {}", nobody.text);
}

#[tokio::test]
async fn with_many_users_some_are_offered_and_any_may_be_named() {
    let server = TestServer::start().await;
    for number in 0..30 {
        let profile = json!({"account": 1, "extensionNumber": format!("2{number:02}")});
        super::become_extension(&server, &format!("@u{number:02}:example.com"), profile).await;
    }
    let page = ask(&server, &[]).await;
    assert_eq!(page.text.matches("name=\"user\"").count(), 20);
    assert!(page.text.contains("<label for=\"login_hint\">"), "{}", page.text);
    let named = answer(&server, &[("login_hint", "229")]).await;
    assert!(sent_back(&named, "code").is_some());
}

/// A code works once, for a minute, for whoever asked for it.
#[tokio::test]
async fn what_a_code_is_good_for() {
    let server = TestServer::start().await;
    let good = code(&server, &[]).await;
    for (name, wrong) in [
        ("code", "pd_nonsense"),
        ("code_verifier", "another-verifier-that-is-as-long-as-it-has-to-be"),
        ("code_verifier", CHALLENGE),
        ("code_verifier", ""),
        ("redirect_uri", "https://desk.example.com/back?"),
        ("redirect_uri", "https://elsewhere.example.com/"),
        ("client_id", "another"),
    ] {
        let refused = exchange(&server, &good, &[(name, wrong)]).await;
        assert_eq!(error(&refused), (400, "invalid_grant".to_owned()), "{name} {wrong}");
    }
    for missing in ["code", "redirect_uri"] {
        let refused = exchange(&server, &good, &[(missing, "")]).await;
        assert_eq!(error(&refused), (400, "invalid_request".to_owned()), "{missing}");
    }
    // None of these took it away.
    let tokens = exchange(&server, &good, &[]).await;
    assert_eq!(tokens.status, 200, "{}", tokens.text);
    assert_eq!(tokens.json()["scope"], "ReadAccounts ReadPresence EditPresence");
    assert_eq!(error(&exchange(&server, &good, &[]).await), (400, "invalid_grant".to_owned()), "once");

    let late = code(&server, &[]).await;
    let in_time = code(&server, &[]).await;
    server.advance(minutes(1) - std::time::Duration::from_millis(1)).await;
    assert_eq!(exchange(&server, &in_time, &[]).await.status, 200);
    server.advance(std::time::Duration::from_millis(1)).await;
    assert_eq!(error(&exchange(&server, &late, &[]).await), (400, "invalid_grant".to_owned()), "in time");
}

/// Whoever has a secret may do without a verifier, and nobody else.
#[tokio::test]
async fn a_secret_instead_of_a_verifier() {
    let server = TestServer::start().await;
    let plain = [("code_challenge", ""), ("code_challenge_method", "")];
    let good = code(&server, &plain).await;
    let without = [("code_verifier", "")];
    assert_eq!(
        error(&exchange(&server, &good, &without).await),
        (400, "invalid_grant".to_owned()),
        "no secret"
    );
    // A challenge that was taken away on the way is noticed.
    let with_secret = [("client_secret", "s3cret")];
    assert_eq!(error(&exchange(&server, &good, &with_secret).await), (400, "invalid_grant".to_owned()));
    let both = [without[0], with_secret[0]];
    assert_eq!(exchange(&server, &good, &both).await.status, 200);
    // Where there is a challenge, a secret does not help.
    let good = code(&server, &[]).await;
    assert_eq!(error(&exchange(&server, &good, &both).await), (400, "invalid_grant".to_owned()));
    assert_eq!(exchange(&server, &good, &with_secret).await.status, 200);
}

/// What is wrong with the question is told to the application, once it is known where that is.
#[tokio::test]
async fn bad_questions() {
    let server = strict().await;
    for (changes, word) in [
        (&[("response_type", "token")][..], "unsupported_response_type"),
        (&[("response_type", "")], "unsupported_response_type"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("code_challenge_method", "")], "invalid_request"),
        (&[("client_id", "public"), ("code_challenge", "")], "invalid_request"),
    ] {
        let back = ask(&server, changes).await;
        assert_eq!(sent_back(&back, "error").as_deref(), Some(word), "{changes:?}");
        assert_eq!(sent_back(&back, "state").as_deref(), Some("x y&z"), "{changes:?}");
        assert!(sent_back(&back, "code").is_none());
    }
    // An app with a secret may leave the challenge out.
    assert_eq!(ask(&server, &[("code_challenge", ""), ("code_challenge_method", "")]).await.status, 200);
    // Nobody is sent anywhere that is not named.
    for changes in [
        [("client_id", "unknown")],
        [("client_id", "")],
        [("redirect_uri", "")],
        [("redirect_uri", "https://desk.example.com/back/")],
        [("redirect_uri", "https://desk.example.com.evil.example/back")],
        [("redirect_uri", "javascript:alert(1)")],
        [("redirect_uri", "com.example.desk:/back")],
    ] {
        for refused in [ask(&server, &changes).await, answer(&server, &changes).await] {
            assert_eq!(refused.status, 400, "{changes:?}");
            assert!(!refused.headers.contains_key("location"), "{changes:?}");
            assert!(refused.text.contains("This login does not work"), "{}", refused.text);
        }
    }
    let open = TestServer::start().await;
    for uri in ["javascript:alert(1)", "data:text/html,x", "/back", "https://a.example/#x", "not a URI"] {
        assert_eq!(ask(&open, &[("redirect_uri", uri), ("login_hint", "101")]).await.status, 400, "{uri}");
    }
    let native = ask(&open, &[("redirect_uri", "myapp:/back"), ("login_hint", "101")]).await;
    assert!(native.header("location").starts_with("myapp:/back?code="), "{}", native.header("location"));
}

/// Outside the demo the user shows a token, whose scopes and end hold for the login too.
#[tokio::test]
async fn elsewhere_a_token_is_asked_for() {
    let server = strict().await;
    let page = ask(&server, &[("login_hint", "101")]).await;
    assert_eq!(page.status, 200, "a hint chooses nobody");
    assert!(page.text.contains("type=\"password\"") && !page.text.contains("name=\"user\""), "{}", page.text);
    for wrong in ["nonsense", "demo-admin", ""] {
        let again = answer(&server, &[("token", wrong), ("user", "1"), ("login_hint", "101")]).await;
        assert_eq!(again.status, 400, "{wrong}");
        assert!(again.text.contains("This is no token of a user with an extension."), "{}", again.text);
        assert!(wrong.is_empty() || !again.text.contains(wrong), "it is not shown again");
    }
    let limited = TokenSecret::from("limited");
    let add = async |guest: bool, secret: &TokenSecret| {
        let (user, device) = (ALICE.parse().expect("an id"), "D".parse().expect("a device"));
        let holder = Holder::User { user, device, scopes: [Scope::Read].into_iter().collect(), guest };
        let token = NewToken { holder, expires: Some(START + seconds(300)) };
        server.app.directory.add_token(secret, token).await.expect("a token");
    };
    add(false, &limited).await;
    add(true, &TokenSecret::from("guest")).await;
    assert_eq!(answer(&server, &[("token", "guest")]).await.status, 400);
    let back = answer(&server, &[("token", "limited")]).await;
    let code = sent_back(&back, "code").expect("a code");
    assert_eq!(error(&exchange(&server, &code, &[]).await), (400, "invalid_client".to_owned()), "no secret");
    let tokens = exchange(&server, &code, &[("client_secret", "s3cret")]).await;
    let body = tokens.json();
    assert_eq!((&body["owner_id"], &body["scope"]), (&json!("1"), &json!("ReadAccounts ReadPresence")));
    assert_eq!((&body["expires_in"], &body["refresh_token_expires_in"]), (&json!(300), &json!(300)));
    // A refresh does not carry it further.
    server.advance(seconds(100)).await;
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", body["refresh_token"].as_str().expect("a token")),
        ("client_id", "desk"),
        ("client_secret", "s3cret"),
    ];
    let call = server.call(Method::POST, "/restapi/oauth/token").header("content-type", FORM);
    let refreshed = call.body(form(&fields)).send().await.json();
    assert_eq!(
        (&refreshed["expires_in"], &refreshed["refresh_token_expires_in"]),
        (&json!(200), &json!(200))
    );
    let scheme = "com.example.desk:/back?from=login";
    let back = answer(&server, &[("token", "limited"), ("redirect_uri", scheme)]).await;
    assert!(back.header("location").starts_with("com.example.desk:/back?from=login&code="));
}

/// Whatever an application is called, or sends along, is text on the page.
#[tokio::test]
async fn nothing_of_the_question_is_markup() {
    let server = TestServer::start().await;
    super::become_extension(
        &server,
        ALICE,
        json!({"displayName": "<b>\"Alice\"", "account": 1, "extensionNumber": "'1&"}),
    )
    .await;
    let page = ask(&server, &[("client_id", "<script>x"), ("state", "\"><script>y</script>")]).await;
    assert!(!page.text.contains("<script") && !page.text.contains("<b>"), "{}", page.text);
    assert!(page.text.contains("&lt;script&gt;x") && page.text.contains("&#39;1&amp;"), "{}", page.text);
}

/// The client's id may come as Basic authentication, too.
#[tokio::test]
async fn applications_that_authenticate_themselves() {
    let server = strict().await;
    let back = answer(&server, &[("token", "demo-bob")]).await;
    let code = sent_back(&back, "code").expect("a code");
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ];
    let call = server.call(Method::POST, "/restapi/oauth/token").header("content-type", FORM);
    let basic = format!("Basic {}", BASE64_STANDARD.encode("desk:s3cret"));
    let tokens: Value = call.header("authorization", basic).body(form(&fields)).send().await.json();
    assert_eq!(tokens["owner_id"], "2", "{tokens}");
}
