//! A newer server: answers with members and words that this version has never heard of.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderMap, Response},
};
use parking_lot::Mutex;
use presenced::{
    api::{Open, presenced::types::PresenceState},
    client::Client,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::operations::{call, covered};
use crate::support::{ALICE, conformance};

/// A server that answers what it is told, on a port of its own.
pub(super) struct Fake {
    pub(super) url: String,
    /// The headers of the requests that came.
    pub(super) requests: Arc<Mutex<Vec<HeaderMap>>>,
}

/// A status, headers and a body.
pub(super) type FakeAnswer = (u16, Vec<(&'static str, String)>, String);

impl Fake {
    pub(super) async fn start(answer: impl Fn(usize) -> FakeAnswer + Clone + Send + Sync + 'static) -> Self {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        let handler = move |request: Request| {
            let number = {
                let mut seen = seen.lock();
                seen.push(request.headers().clone());
                seen.len()
            };
            let (status, headers, body) = answer(number);
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            async move { response.body(Body::from(body)).expect("a response") }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async { axum::serve(listener, Router::new().fallback(handler)).await });
        Self { url, requests }
    }
}

/// The names of members that have one of some words, in a document.
fn words(document: &Value) -> BTreeSet<&str> {
    let schemas = &document["components"]["schemas"];
    let is_word = |schema: &Value| {
        let name = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
        let schema = name.map_or(schema, |name| &schemas[name]);
        schema["enum"].is_array()
    };
    let mut found = BTreeSet::new();
    for schema in schemas.as_object().expect("schemas").values() {
        for (name, member) in schema["properties"].as_object().into_iter().flatten() {
            if is_word(member) || is_word(&member["items"]) {
                found.insert(name.as_str());
            }
        }
    }
    found
}

/// What a newer server might say: each object has more, and each word is another.
fn renewed(value: &Value, words: &BTreeSet<&str>) -> Value {
    match value {
        Value::Object(members) => {
            let told = members.iter().map(|(name, member)| {
                let member = match member {
                    Value::String(_) if words.contains(name.as_str()) => json!("unheard-of"),
                    Value::Array(items) if words.contains(name.as_str()) => {
                        vec!["unheard-of"; items.len()].into()
                    }
                    member => renewed(member, words),
                };
                (name.clone(), member)
            });
            told.chain([("news".to_owned(), json!({"of": ["a newer server"]}))]).collect()
        }
        Value::Array(items) => items.iter().map(|item| renewed(item, words)).collect(),
        value => value.clone(),
    }
}

/// The documented example of an answer.
fn example(answer: &Value, document: &Value) -> Option<Value> {
    let media = answer["content"]
        .as_object()?
        .iter()
        .find(|(kind, _)| kind.contains("json") && !kind.contains("ndjson"))?
        .1;
    let named = media["examples"].as_object().and_then(|examples| examples.values().next());
    let schema = &media["schema"];
    let component =
        schema["$ref"].as_str().and_then(|reference| document.pointer(reference.strip_prefix('#')?));
    let found =
        named.map(|named| &named["value"]).or(Some(&media["example"]).filter(|value| !value.is_null()));
    found.or(component.map(|component| &component["example"]).filter(|value| !value.is_null())).cloned()
}

#[tokio::test]
async fn every_answer_of_a_newer_server_is_understood() {
    let mut count = 0;
    for (dialect, id, operation) in covered() {
        let document = conformance::document(dialect);
        for (status, answer) in operation["responses"].as_object().expect("answers") {
            let status: u16 = status.parse().expect("a status");
            let Some(example) = example(answer, document) else { continue };
            let body = renewed(&example, &words(document)).to_string();
            let newer = Fake::start(move |_| (status, vec![], body.clone())).await;
            let called =
                call(&Client::new(&newer.url), dialect, id, status).await.expect("the client has it");
            match called {
                Ok(()) => assert!(status < 300, "{dialect} {id} {status}"),
                Err(error) => assert_eq!(
                    error.status().map(|told| told.as_u16()),
                    Some(status),
                    "{dialect} {id} {error:?}"
                ),
            }
            count += 1;
        }
    }
    assert!(count > 250, "{count}");
}

/// A word that is not known can be read, and is none of those that are.
#[tokio::test]
async fn words_that_are_not_known_can_be_read() {
    let body =
        json!({"userId": ALICE, "state": "asleep", "currentlyActive": false, "mood": "good"}).to_string();
    let newer = Fake::start(move |_| (200, vec![], body.clone())).await;
    let presence = Client::new(&newer.url).user(ALICE).presence().await.expect("an answer");
    assert_eq!(presence.state, Open::Other("asleep".to_owned()));
    assert!(presence.state != PresenceState::Online && presence.state.to_string() == "asleep");
}
