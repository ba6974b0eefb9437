//! `/sync`: asked and read, or left open.

use reqwest::Method;
use serde_json::Value;
use tokio::task::JoinHandle;

use super::{Answer, TestServer, conformance};

const PATH: &str = "/_matrix/client/v3/sync";

/// Long enough for any news to come, and never waited for.
pub(crate) const PATIENT: &str = "timeout=120000";

/// Asks for news.
pub(crate) async fn sync(server: &TestServer, token: &str, query: &str) -> Answer {
    server.call(Method::GET, format!("{PATH}?{query}")).token(token).send().await
}

/// Asks for news after a token, without saying anything of presence.
pub(crate) async fn news(server: &TestServer, token: &str, since: &str) -> Vec<(String, Value)> {
    read(&sync(server, token, &format!("since={since}&set_presence=offline")).await).1
}

/// The token that stands for now, without saying anything of presence.
pub(crate) async fn start(server: &TestServer, token: &str) -> String {
    read(&sync(server, token, "set_presence=offline").await).0
}

/// The token of an answer, and what it tells of whom.
pub(crate) fn read(answer: &Answer) -> (String, Vec<(String, Value)>) {
    let body = answer.json();
    let events = body["presence"]["events"].as_array().cloned().unwrap_or_default();
    let told = events.into_iter().map(|event| {
        assert_eq!(event["type"], "m.presence");
        (event["sender"].as_str().expect("a sender").to_owned(), event["content"].clone())
    });
    (body["next_batch"].as_str().expect("a token").to_owned(), told.collect())
}

/// Whom an answer tells of.
pub(crate) fn senders(answer: &Answer) -> Vec<String> {
    read(answer).1.into_iter().map(|(sender, _)| sender).collect()
}

/// A `/sync` that waits. Dropping it breaks its connection.
pub(crate) struct OpenSync(JoinHandle<Answer>);

impl OpenSync {
    /// What it was answered, once it is.
    pub(crate) async fn answer(mut self) -> Answer {
        let answer = (&mut self.0).await.expect("an answer");
        assert_eq!(conformance::verdict(&Method::GET, &answer, false), Ok(()));
        answer
    }

    /// The same as it is: for tests that read thousands.
    pub(crate) async fn unchecked_answer(mut self) -> Answer {
        (&mut self.0).await.expect("an answer")
    }

    /// Whether it still waits.
    pub(crate) fn waits(&self) -> bool {
        !self.0.is_finished()
    }
}

impl Drop for OpenSync {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl TestServer {
    /// Opens a `/sync` that goes on from `since`, and returns once it waits.
    pub(crate) async fn open_sync(&self, token: &str, since: &str, query: &str) -> OpenSync {
        let watchers = self.app.service.watchers();
        let open = self.begin_sync(token, since, query);
        self.watched_by(watchers + 1).await;
        open
    }

    /// The same without looking whether it waits.
    pub(crate) fn begin_sync(&self, token: &str, since: &str, query: &str) -> OpenSync {
        let url = format!("{}{PATH}?since={since}&{PATIENT}&{query}", self.url);
        let request = self.http.get(url).bearer_auth(token);
        OpenSync(tokio::spawn(async {
            let response = request.send().await.expect("an answer");
            let (status, headers) = (response.status(), response.headers().clone());
            Answer { status, headers, text: response.text().await.expect("a whole answer") }
        }))
    }

    /// Waits until there are so many watchers.
    pub(crate) async fn watched_by(&self, watchers: usize) {
        while self.app.service.watchers() != watchers {
            tokio::task::yield_now().await;
        }
    }
}
