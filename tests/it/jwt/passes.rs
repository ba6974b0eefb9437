//! What stands for a signed token for a short while, on another server than the one that gave it.

use presenced::store::Kind;
use reqwest::Method;
use serde_json::json;

use super::{NOW, token, trusting};
use crate::support::{
    ALICE, SharedStore, TestServer,
    socket::{Socket, socket_token},
};

#[tokio::test]
async fn the_other_server_lets_it_in_and_the_store_does_not_know_it() {
    let store = SharedStore::default();
    let one = TestServer::start_on(Box::new(store.clone()), trusting).await;
    let other = TestServer::start_again(Box::new(store.clone()), trusting).await;
    let token = token(json!({"exp": NOW + 3_600}));
    let made = other.call(Method::POST, "/presenced/v1/tickets").token(&token).send().await.json();
    let ticket = made["ticket"].as_str().expect("a ticket");
    let made = socket_token(&other, &token).await;
    let socket = made["ws_access_token"].as_str().expect("a token");
    let kept = store.documents_of(Kind::Pass);
    assert_eq!(kept.len(), 2);
    for (id, value) in kept {
        let kept = format!("{id} {}", String::from_utf8(value).expect("JSON"));
        let signature = token.rsplit_once('.').expect("a token of three parts").1;
        for secret in [ticket, socket, signature] {
            assert!(!kept.contains(secret), "{kept}");
        }
    }
    let path = format!("/presenced/v1/changes?users={ALICE}&ticket={ticket}");
    let mut stream = one.call(Method::GET, path).open().await;
    stream.snapshot().await;
    let origin = one.url.replacen("http", "ws", 1);
    let mut opened = Socket::connect(&format!("{origin}/restapi/v1.0/ws?access_token={socket}")).await;
    assert_eq!(opened.message().await.0["type"], "ConnectionDetails");
    // Both end with the token.
    let logout = other.call(Method::POST, "/_matrix/client/v3/logout").token(&token).send().await;
    assert_eq!(logout.status, 200);
    assert_eq!(stream.told_end().await, "revoked");
    opened.end().await;
}
