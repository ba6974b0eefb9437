//! The pnut.io dialect over real HTTP.

mod account;
mod cors;
mod envelope;
mod expiration;
mod lease;
mod limits;
mod list;
mod meetings;
mod reading;
mod refusals;
mod setting;
mod tokens;
mod update_presence;

use presenced::directory::{Holder, NewToken, Profile, Scope, TokenSecret};
use reqwest::Method;
use serde_json::Value;

use crate::support::{Answer, Call, START, TestServer};

const OWN: &str = "/v0/users/me/presence";

/// The operator's token, which belongs to no user.
const APP: &str = "demo-admin";

const FORM: &str = "application/x-www-form-urlencoded";

fn get_call<'a>(server: &'a TestServer, token: &str, path: &str) -> Call<'a> {
    server.call(Method::GET, path).token(token)
}

async fn get(server: &TestServer, token: &str, path: &str) -> Answer {
    get_call(server, token, path).send().await
}

/// A PUT of alice's presence with this query.
fn put_call<'a>(server: &'a TestServer, query: &str) -> Call<'a> {
    server.call(Method::PUT, format!("{OWN}{query}")).token("demo-alice")
}

/// Sets alice's presence by form data.
async fn put(server: &TestServer, value: &str) -> Answer {
    let body: String = form_urlencoded(value);
    put_call(server, "").header("content-type", FORM).body(format!("presence={body}")).send().await
}

fn form_urlencoded(value: &str) -> String {
    value.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

/// How the presence of `user` reads to bob.
async fn reads(server: &TestServer, user: &str) -> String {
    data(&get(server, "demo-bob", &format!("/v0/users/{user}/presence")).await)["presence"].text()
}

/// When `user` was last seen, as bob is told; nothing if never.
async fn last_seen(server: &TestServer, user: &str) -> Option<String> {
    let data = data(&get(server, "demo-bob", &format!("/v0/users/{user}/presence")).await);
    data.get("last_seen_at").map(Text::text)
}

fn data(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.line());
    answer.json()["data"].clone()
}

/// The status, which `meta.code` repeats, and `meta.updated_presence`.
fn outcome(answer: &Answer) -> (u16, Option<bool>) {
    let meta = &answer.json()["meta"];
    assert_eq!(meta["code"], answer.status.as_u16(), "{}", answer.line());
    assert_eq!(meta["error_message"].is_string(), answer.status != 200, "{}", answer.line());
    (answer.status.as_u16(), meta.get("updated_presence").and_then(Value::as_bool))
}

/// A further token of alice's, with these scopes.
async fn add_token(server: &TestServer, text: &str, scopes: &[Scope], guest: bool) {
    let holder = Holder::User {
        user: crate::support::ALICE.parse().expect("a user id"),
        device: "FURTHER".parse().expect("a device id"),
        scopes: scopes.iter().copied().collect(),
        guest,
    };
    let token = NewToken { holder, expires: None };
    server.app.directory.add_token(&TokenSecret::from(text), token).await.expect("a free text");
}

async fn add_user(server: &TestServer, id: &str, profile: Profile) {
    server
        .app
        .directory
        .put_user(&id.parse().expect("a user id"), profile, START)
        .await
        .expect("a free number");
}

trait Text {
    fn text(&self) -> String;
}

impl Text for Value {
    fn text(&self) -> String {
        self.as_str().unwrap_or_else(|| panic!("text, not {self}")).to_owned()
    }
}
