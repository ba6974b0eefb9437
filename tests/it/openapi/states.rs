//! Every documented operation of every dialect while the server cannot do what it is asked for: each answer is
//! held to its document. Requests are made of the documents' own examples.

use std::collections::HashMap;

use presenced::{
    api::{self, Dialect, pnut::config::Pnut, ringcentral::config::RingCentral},
    demo,
    openapi::{
        conformance::{Contract, Exchange},
        to_value,
    },
    server::{Listener, Server},
};
use reqwest::{Method, header::HeaderMap};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::lint::{base_path, example_path, operations};
use crate::support::{Answer, FaultyStore, TestServer, conformance, coverage};

/// A documented operation, and a good request to it.
struct Example {
    dialect: &'static str,
    template: String,
    method: Method,
    path: String,
    statuses: Vec<String>,
    body: Option<(&'static str, String)>,
    needs_token: bool,
    streams: bool,
}

/// One for each documented operation, in the order of the documents.
fn examples() -> Vec<Example> {
    let of_dialect = |dialect: &'static Dialect| {
        let document = &to_value(&(dialect.document)());
        let example = |(path, method, operation): (&str, &str, &Value)| Example {
            dialect: dialect.name,
            template: path.to_owned(),
            method: method.to_uppercase().parse().expect("a method"),
            path: base_path(document, operation) + &example_path(path, operation),
            statuses: operation["responses"].as_object().expect("answers").keys().cloned().collect(),
            body: body(document, operation),
            needs_token: ways(operation).any(|way| way != "basic") && !does_without(operation),
            streams: operation.pointer("/responses/200/content/text~1event-stream").is_some(),
        };
        operations(document).into_iter().map(example).collect::<Vec<_>>()
    };
    api::ALL.into_iter().flat_map(of_dialect).collect()
}

/// Whether an operation takes callers who do not say who they are.
fn does_without(operation: &Value) -> bool {
    operation["security"].as_array().is_some_and(|ways| ways.contains(&json!({})))
}

/// The names of the ways to say who one is that an operation takes.
fn ways(operation: &Value) -> impl Iterator<Item = &str> {
    let ways = operation["security"].as_array().into_iter().flatten();
    ways.filter_map(Value::as_object).flat_map(|way| way.keys()).map(String::as_str)
}

/// The example of an operation's body, in the first media type that is written here.
fn body(document: &Value, operation: &Value) -> Option<(&'static str, String)> {
    let content = operation.pointer("/requestBody/content")?;
    let kinds = ["application/json", "application/x-www-form-urlencoded"];
    let (kind, media) = kinds.into_iter().find_map(|kind| Some((kind, content.get(kind)?)))?;
    let schema = &media["schema"];
    let schema = match schema["$ref"].as_str() {
        Some(reference) => document.pointer(&reference[1..])?,
        None => schema,
    };
    let example = media.get("example").or_else(|| schema.get("example"))?;
    Some((
        kind,
        match kind {
            "application/json" => example.to_string(),
            _ => form(example),
        },
    ))
}

fn form(example: &Value) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in example.as_object().into_iter().flatten() {
        form.append_pair(name, value.as_str().map_or_else(|| value.to_string(), str::to_owned).as_str());
    }
    form.finish()
}

/// The token that opens an operation in the demo.
fn token(path: &str) -> &'static str {
    if path.starts_with("/presenced") { demo::ADMIN_TOKEN } else { "demo-alice" }
}

/// Whether the server says of itself that it is there, whatever its store does.
fn is_about_the_process(example: &Example) -> bool {
    example.path == "/healthz"
}

/// Sends each example with `token`. Each answer has to be as documented.
async fn walk(server: &TestServer, token: impl Fn(&str) -> String) -> Vec<(Example, u16)> {
    let (mut answers, mut faults) = (Vec::new(), Vec::new());
    for example in examples() {
        let (status, verdict) = example.send(server, &token(&example.path)).await;
        faults.extend(verdict.err());
        answers.push((example, status));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    answers
}

impl Example {
    /// Sends the example. Says the answer's status, and what is wrong with it.
    async fn send(&self, server: &TestServer, token: &str) -> (u16, Result<(), String>) {
        let mut call = server.call(self.method.clone(), &self.path);
        if self.needs_token {
            call = call.token(token);
        }
        if let Some((kind, body)) = &self.body {
            call = call.header("content-type", *kind).body(body.as_str());
        }
        if self.streams {
            let (status, verdict) = call.send_head_judged().await;
            return (status.as_u16(), verdict);
        }
        let (answer, verdict) = call.send_judged().await;
        (answer.status.as_u16(), verdict.map_err(|why| format!("{} {why}: {}", answer.status, answer.text)))
    }

    /// Sends the example until it is refused so. Says what is wrong with it.
    async fn send_until(&self, server: &TestServer, token: &str, expected: u16) -> Option<String> {
        for _ in 0..50 {
            let (status, verdict) = self.send(server, token).await;
            if status == expected || verdict.is_err() {
                return verdict.err();
            }
        }
        Some(format!("{} {} is never answered with {expected}", self.method, self.path))
    }
}

fn of_demo(path: &str) -> String {
    token(path).to_owned()
}

#[tokio::test]
async fn a_store_that_refuses_writes() {
    let store = FaultyStore::default();
    let mood = store.mood.clone();
    let server = TestServer::start_on(Box::new(store), |_| {}).await;
    mood.refuse();
    let answers = walk(&server, of_demo).await;
    // Some write for sure.
    let refused = answers.iter().filter(|(_, status)| *status == 503).count();
    assert!(refused >= 5, "{refused} operations were refused");
    assert!(answers.iter().all(|(_, status)| *status < 500 || *status == 503));
}

#[tokio::test]
async fn a_store_that_cannot_be_read() {
    let store = FaultyStore::default();
    let mood = store.mood.clone();
    let server = TestServer::start_on(Box::new(store), |_| {}).await;
    mood.refuse_everything();
    let answers = walk(&server, of_demo).await;
    let refused = answers.iter().filter(|(_, status)| *status == 503).count();
    assert!(refused >= 10, "{refused} operations were refused");
    assert!(answers.iter().all(|(_, status)| *status < 500 || *status == 503));
}

#[tokio::test]
async fn a_token_that_was_revoked_meanwhile() {
    let server = TestServer::start().await;
    let tokens = server.admin(Method::GET, "/users/@alice:example.com/tokens", None).await.json();
    let id = tokens["tokens"][0]["tokenId"].as_str().expect("alice has a token");
    server.admin(Method::DELETE, &format!("/users/@alice:example.com/tokens/{id}"), None).await;
    for (example, status) in walk(&server, |_| "demo-alice".to_owned()).await {
        let expected = if example.needs_token { status == 401 } else { status != 401 };
        assert!(expected, "{} {}: {status}", example.method, example.path);
    }
}

/// What the rates of the dialects are that have some, once they are used up.
#[tokio::test]
async fn callers_that_call_too_often() {
    let server = TestServer::start_with(|config| {
        let pnut = config.section_mut::<Pnut>();
        (pnut.anonymous_reads, pnut.reads, pnut.writes) = (1, 1, 1);
        let ringcentral = config.section_mut::<RingCentral>();
        ringcentral.rate_limits = true;
        (ringcentral.light_per_minute, ringcentral.medium_per_minute) = (1, 1);
        (ringcentral.heavy_per_minute, ringcentral.auth_per_minute) = (1, 1);
    })
    .await;
    let mut faults = Vec::new();
    for example in examples().iter().filter(|it| ["pnut", "ringcentral"].contains(&it.dialect)) {
        if example.statuses.iter().any(|status| status == "429") {
            faults.extend(example.send_until(&server, token(&example.path), 429).await);
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Tokens that may do nothing at all: one without scopes, a guest's, and one of nobody's. Each operation is asked with
/// a new one, since some end it.
#[tokio::test]
async fn tokens_that_do_not_suffice() {
    let server = TestServer::start().await;
    let (mut faults, mut refused) = (Vec::new(), 0);
    for example in examples() {
        for wish in [json!({"deviceId": "D", "scopes": []}), json!({"deviceId": "D", "guest": true})] {
            let issued =
                server.admin(Method::POST, "/users/@alice:example.com/tokens", Some(wish)).await.json();
            let issued = issued["token"].as_str().expect("a token");
            // The admin's would do everything in presenced's own API.
            let of_nobody = (example.dialect != "presenced").then_some(demo::ADMIN_TOKEN);
            for token in [issued].into_iter().chain(of_nobody) {
                let (status, verdict) = example.send(&server, token).await;
                faults.extend(verdict.err());
                refused += usize::from(status == 403);
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(refused > 100, "{refused} were refused");
}

/// Bodies that are declared as something that the operation does not take.
#[tokio::test]
async fn bodies_of_another_type() {
    let server = TestServer::start().await;
    for example in examples().iter().filter(|it| it.statuses.iter().any(|status| status == "415")) {
        let call = server.call(example.method.clone(), &example.path).token(token(&example.path));
        let answer = call.header("content-type", "text/plain").body("{}").send().await;
        // There may be nothing at the example's path.
        assert!([404, 415].contains(&answer.status.as_u16()), "{} {}", example.method, example.path);
    }
}

#[tokio::test]
async fn a_body_that_is_too_large() {
    let server = TestServer::start_with(|config| {
        config.limits.body_bytes = 1_024;
        config.limits.bulk_body_bytes = 1_024;
    })
    .await;
    let mut faults = Vec::new();
    for example in examples() {
        let call = server.call(example.method.clone(), &example.path).token(token(&example.path));
        let call = call.header("content-type", "application/json").body(vec![b' '; 4_096]);
        let (answer, verdict) = call.send_judged().await;
        faults.extend(verdict.err());
        if answer.status != 413 && !is_read_without_its_body(&example) {
            faults.push(format!("{} {}: {}", example.method, example.path, answer.line()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// In pnut's dialect a body counts for nothing where nothing is set by it.
fn is_read_without_its_body(example: &Example) -> bool {
    example.path.starts_with("/v0") && example.method == Method::GET
}

/// What is not as documented in the answer of a server that does not look itself.
fn wrong(contract: &Contract, example: &Example, answer: &Answer) -> Vec<String> {
    let operation = contract.operation(&example.method, &example.template, &example.path);
    let name = operation.expect("it is documented").name.to_owned();
    let exchange = Exchange {
        method: &example.method,
        uri: &example.path.parse().expect("a path"),
        headers: &HeaderMap::new(),
        body: None,
        status: answer.status,
        answer_headers: &answer.headers,
        answer: Some(answer.text.as_bytes()),
        is_on_demand: false,
    };
    let violations = contract.check(operation, &exchange);
    if violations.is_empty() {
        coverage::note([(example.dialect, name, answer.status.as_u16())]);
    }
    violations.iter().map(|it| format!("{} {}: {it}", example.method, example.path)).collect()
}

#[tokio::test]
async fn a_server_that_is_starting() {
    let contract = |dialect: &Dialect| (dialect.name, Contract::of(to_value(&(dialect.document)())));
    let contracts: HashMap<_, _> = api::ALL.map(contract).into();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let listener = Listener::from(listener);
    let config = demo::config(&api::config_reader());
    let server = Server::default();
    let asking = async {
        let mut faults = Vec::new();
        for example in examples() {
            let request = reqwest::Client::new().request(example.method.clone(), url.clone() + &example.path);
            let answer = conformance::of_response(request.send().await.expect("an answer")).await;
            let expected = if is_about_the_process(&example) { 200 } else { 503 };
            assert_eq!(answer.status, expected, "{} {}", example.method, example.path);
            faults.extend(wrong(&contracts[example.dialect], &example, &answer));
        }
        faults
    };
    let faults = tokio::select! {
        faults = asking => faults,
        () = server.starting(&listener, &config) => unreachable!("it is never done"),
    };
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
