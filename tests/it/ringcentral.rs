//! The RingCentral dialect over real HTTP.

mod account;
mod authorize;
mod batch;
mod calls;
mod endings;
mod errors;
mod features;
mod filters;
mod hidden;
mod info;
mod lines;
mod oauth;
mod presence;
mod queues;
mod rates;
mod rule;
mod socket;
mod subscriptions;
mod turns;
mod update;
mod webhooks;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{ALICE, Answer, Call, TestServer};

/// The caller's own presence.
const OWN: &str = "/restapi/v1.0/account/~/extension/~/presence";

/// Everybody in the caller's account.
const ACCOUNT: &str = "/restapi/v1.0/account/~/presence";

/// Makes a user's extension what the profile says.
async fn become_extension(server: &TestServer, user: &str, profile: Value) {
    let put = server.admin(Method::PUT, &format!("/users/{user}"), Some(profile)).await;
    assert!(put.status.is_success(), "{}", put.text);
}

/// A token of alice's with these scopes alone.
async fn token_with(server: &TestServer, scopes: &[&str]) -> String {
    let body = json!({"deviceId": "D", "scopes": scopes});
    let made = server.admin(Method::POST, &format!("/users/{ALICE}/tokens"), Some(body)).await;
    made.json()["token"].as_str().expect("a token").to_owned()
}

/// The presence of an extension of the caller's account.
fn presence_path(id: impl std::fmt::Display) -> String {
    format!("/restapi/v1.0/account/~/extension/{id}/presence")
}

fn get<'a>(server: &'a TestServer, token: &str, path: impl Into<String>) -> Call<'a> {
    server.call(Method::GET, path).token(token)
}

/// Reads with a token what has to be there.
async fn read(server: &TestServer, token: &str, path: impl Into<String>) -> Value {
    let answer = get(server, token, path).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

/// Updates the presence of a token's own extension.
async fn update(server: &TestServer, token: &str, body: Value) -> Answer {
    server.call(Method::PUT, OWN).token(token).json(&body).send().await
}

/// Reports a leg of a call as a gateway.
async fn report_call(server: &TestServer, user: &str, call: &str, body: Value) -> Answer {
    server.admin(Method::PUT, &format!("/users/{user}/calls/{call}"), Some(body)).await
}

/// A leg in that state.
fn leg(status: &str) -> Value {
    json!({"direction": "Inbound", "telephonyStatus": status})
}

/// Status, outer and inner code of a refusal, which stand in one line of the sheet.
fn codes(answer: &Answer) -> (u16, String, String) {
    let body = answer.json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    assert_eq!(body["message"], body["errors"][0]["message"], "both say the same");
    assert_eq!(body["parameterName"], body["errors"][0]["parameterName"]);
    assert_eq!(body["permissionName"], body["errors"][0]["permissionName"]);
    (answer.status.as_u16(), text(&body["errorCode"]), text(&body["errors"][0]["errorCode"]))
}

fn refused(status: u16, outer: &str, inner: &str) -> (u16, String, String) {
    (status, outer.to_owned(), inner.to_owned())
}
