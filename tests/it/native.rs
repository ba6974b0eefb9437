//! presenced's own API over real HTTP.

mod app_tokens;
mod changes;
mod demo;
mod directory;
mod export;
mod followed;
mod health;
mod heartbeats;
mod lists;
mod me;
mod memberships;
mod presence;
mod refusals;
mod refusing;
mod room_presence;
mod saying;
mod socket;
mod subscriptions;
mod tickets;
mod updates;
mod webhooks;

use reqwest::Method;
use serde_json::json;

use crate::support::TestServer;

/// A token of an application's backend with these scopes.
async fn service_token(server: &TestServer, scopes: &[&str]) -> String {
    let wish = json!({"name": "backend", "scopes": scopes});
    let issued = server.admin(Method::POST, "/app-tokens", Some(wish)).await.json();
    issued["token"].as_str().expect("a token").to_owned()
}
