//! A receiver of webhooks, which does with each request what the test says, and no sooner.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing,
};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
};

use super::conformance;

/// How long a test waits for what has to come.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Receiver {
    pub url: String,
    requests: mpsc::UnboundedReceiver<Hook>,
    validation: Arc<Mutex<Validation>>,
    question: Arc<Mutex<HeaderMap>>,
}

/// What a receiver does when it is asked whether it wants notifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Validation {
    /// It answers as it has to.
    Right,
    /// It answers with another status.
    Status(u16),
    /// It sends another token back, or none.
    Echo(Option<&'static str>),
    /// Its answer has so many bytes.
    Long(usize),
    /// It never answers.
    Silent,
}

/// A request that waits for its answer.
#[derive(Debug)]
pub(crate) struct Hook {
    pub headers: HeaderMap,
    pub body: Value,
    /// The same as it came.
    pub text: String,
    answer: oneshot::Sender<Response>,
}

impl Receiver {
    /// A receiver on a port of its own, which asks nothing and answers when it is asked.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let (sender, requests) = mpsc::unbounded_channel();
        let validation = Arc::new(Mutex::new(Validation::Right));
        let (asked, question) = (validation.clone(), Arc::new(Mutex::new(HeaderMap::new())));
        let questions = question.clone();
        let take = move |headers: HeaderMap, body: Bytes| {
            if body.is_empty() {
                questions.lock().clone_from(&headers);
            }
            take(sender.clone(), asked.clone(), headers, body)
        };
        let routes = Router::new().route("/hook", routing::post(take));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url, requests, validation, question }
    }

    /// From now on the question is answered so.
    pub(crate) fn validate(&self, how: Validation) {
        *self.validation.lock() = how;
    }

    /// The headers with which it was asked last.
    pub(crate) fn question(&self) -> HeaderMap {
        self.question.lock().clone()
    }

    /// The next notification.
    pub(crate) async fn next(&mut self) -> Hook {
        let next = tokio::time::timeout(PATIENCE, self.requests.recv()).await;
        next.expect("a request in time").expect("a receiver that runs")
    }

    /// The body of the next notification, which is answered with 200.
    pub(crate) async fn told(&mut self) -> Value {
        self.next().await.answer(200)
    }

    /// How many notifications wait for their answers.
    pub(crate) fn waiting(&self) -> usize {
        self.requests.len()
    }

    /// Whether a notification waits.
    pub(crate) fn is_quiet(&mut self) -> bool {
        self.requests.is_empty()
    }
}

async fn take(
    requests: mpsc::UnboundedSender<Hook>,
    validation: Arc<Mutex<Validation>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if body.is_empty() {
        let how = *validation.lock();
        return validated(how, &headers).await;
    }
    let text = String::from_utf8(body.to_vec()).expect("text");
    let body: Value = serde_json::from_str(&text).expect("JSON");
    let verdict = match headers.contains_key("webhook-id") {
        true => conformance::message_verdict("webhook", body["type"].as_str().unwrap_or_default(), &body),
        false => conformance::notification_verdict(&body),
    };
    assert_eq!(verdict, Ok(()), "{body}");
    let (answer, answered) = oneshot::channel();
    if requests.send(Hook { headers, body, text, answer }).is_err() {
        return StatusCode::GONE.into_response();
    }
    match answered.await {
        Ok(answer) => answer,
        Err(_) => std::future::pending().await,
    }
}

async fn validated(how: Validation, headers: &HeaderMap) -> Response {
    let token = headers["validation-token"].to_str().expect("text").to_owned();
    let echo = |token: String| ([("validation-token", token)], "");
    match how {
        Validation::Right => echo(token).into_response(),
        Validation::Status(status) => (code(status), echo(token)).into_response(),
        Validation::Echo(Some(other)) => echo(other.to_owned()).into_response(),
        Validation::Echo(None) => StatusCode::OK.into_response(),
        Validation::Long(bytes) => ([("validation-token", token)], "x".repeat(bytes)).into_response(),
        Validation::Silent => std::future::pending().await,
    }
}

fn code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).expect("a status")
}

impl Hook {
    /// Answers the request. Says what its body was.
    pub(crate) fn answer(self, status: u16) -> Value {
        self.answer_with(code(status).into_response())
    }

    pub(crate) fn answer_with(self, response: Response) -> Value {
        // The server may have stopped waiting.
        let _waits = self.answer.send(response);
        self.body
    }
}
