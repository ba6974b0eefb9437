//! Tickets, which stand for a token in an address.

use presenced::api::presenced::unused_tickets;
use reqwest::Method;
use serde_json::{Value, json};

use super::service_token;
use crate::support::{ALICE, Answer, BOB, EventStream, TestServer, seconds};

async fn ask(server: &TestServer, token: &str) -> Answer {
    server.call(Method::POST, "/presenced/v1/tickets").token(token).send().await
}

async fn ticket(server: &TestServer, token: &str) -> String {
    let made = ask(server, token).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.json()["ticket"].as_str().expect("a ticket").to_owned()
}

fn address(ticket: &str) -> String {
    format!("/presenced/v1/changes?users={BOB}&ticket={ticket}")
}

async fn open(server: &TestServer, ticket: &str) -> EventStream {
    server.call(Method::GET, address(ticket)).open().await
}

async fn refused(server: &TestServer, ticket: &str) -> Value {
    let answer = server.call(Method::GET, address(ticket)).send().await;
    assert_eq!(answer.status, 401, "{}", answer.text);
    answer.json()["detail"].clone()
}

const NONE: &str = "the ticket is unknown, was used before, or has expired";

#[tokio::test]
async fn it_opens_one_stream() {
    let server = TestServer::start().await;
    let made = ask(&server, "demo-alice").await.json();
    assert_eq!(made["expiresAt"], 1_767_603_660_000_u64);
    let ticket = made["ticket"].as_str().expect("a ticket");
    let mut stream = open(&server, ticket).await;
    assert_eq!(stream.snapshot().await, [(BOB.to_owned(), "offline".to_owned())], "with the eyes of alice");
    assert_eq!(refused(&server, ticket).await, NONE);
    assert_eq!(unused_tickets(&server.app), 0);
}

#[tokio::test]
async fn within_a_minute() {
    let server = TestServer::start().await;
    let (early, late) = (ticket(&server, "demo-alice").await, ticket(&server, "demo-alice").await);
    server.advance(seconds(59)).await;
    drop(open(&server, &early).await);
    server.advance(seconds(1)).await;
    assert_eq!(refused(&server, &late).await, NONE);
}

#[tokio::test]
async fn it_is_no_token_and_no_other_way_in() {
    let server = TestServer::start().await;
    let ticket = ticket(&server, "demo-alice").await;
    let as_token = server.call(Method::GET, "/presenced/v1/whoami").token(&ticket).send().await;
    assert_eq!(as_token.status, 401);
    let elsewhere = server.call(Method::GET, format!("/presenced/v1/whoami?ticket={ticket}")).leniently();
    assert_eq!(elsewhere.send().await.status, 401);
    for other in ["access_token=demo-alice", "ticket=pd_0"] {
        let both = server.call(Method::GET, format!("{}&{other}", address(&ticket))).leniently().send().await;
        assert_eq!(both.status, 401, "{other}");
    }
    let both = server.call(Method::GET, address(&ticket)).token("demo-alice").send().await;
    assert_eq!(both.status, 401);
    drop(open(&server, &ticket).await);
}

#[tokio::test]
async fn what_it_opened_ends_with_the_token() {
    let server = TestServer::start().await;
    let body = Some(json!({"deviceId": "D", "expiresInSeconds": 200}));
    let issued = server.admin(Method::POST, &format!("/users/{ALICE}/tokens"), body).await.json();
    let token = issued["token"].as_str().expect("a token");
    let (used, unused) = (ticket(&server, token).await, ticket(&server, token).await);
    let mut stream = open(&server, &used).await;
    stream.snapshot().await;
    let id = issued["info"]["tokenId"].as_str().expect("an id");
    server.admin(Method::DELETE, &format!("/users/{ALICE}/tokens/{id}"), None).await;
    assert_eq!(stream.told_end().await, "revoked");
    assert_eq!(refused(&server, &unused).await, "the access token is unknown or was revoked");
}

#[tokio::test]
async fn of_any_token() {
    let server = TestServer::start().await;
    let service = service_token(&server, &["read"]).await;
    for token in ["demo-admin", &service] {
        let mut stream = open(&server, &ticket(&server, token).await).await;
        stream.snapshot().await;
    }
    // What the token may not do its ticket may not either.
    let writer = service_token(&server, &["write"]).await;
    let ticket = ticket(&server, &writer).await;
    assert_eq!(server.call(Method::GET, address(&ticket)).send().await.status, 403);
}

#[tokio::test]
async fn refusals() {
    let server = TestServer::start().await;
    let none = server.call(Method::POST, "/presenced/v1/tickets").send().await;
    assert_eq!(none.status, 401);
    let more = server.call(Method::POST, "/presenced/v1/tickets?users=a").token("demo-alice").leniently();
    assert_eq!(more.send().await.status, 400);
}

#[tokio::test]
async fn unused_ones_are_bounded() {
    let server = TestServer::start().await;
    let oldest = ticket(&server, "demo-alice").await;
    let others = ticket(&server, "demo-bob").await;
    for _ in 0..64 {
        ticket(&server, "demo-alice").await;
    }
    assert_eq!(unused_tickets(&server.app), 65);
    assert_eq!(refused(&server, &oldest).await, NONE, "it made room");
    drop(open(&server, &others).await);
    server.advance(seconds(60)).await;
    ticket(&server, "demo-alice").await;
    assert_eq!(unused_tickets(&server.app), 1, "the others are forgotten");
}
