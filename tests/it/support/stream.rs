//! A stream of Server-Sent Events, read piece by piece. The server checks each event's data against the document.

use std::time::Duration;

use reqwest::Response;
use serde_json::Value;

use super::conformance;

/// How long a test waits for what has to come.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct EventStream {
    response: Response,
    unread: String,
}

/// What a blank line ends: an event, a comment, or a hint to the client.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Block(Vec<(String, String)>);

/// An event of somebody's presence, or of the reader's presence list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub name: String,
    pub id: Option<String>,
    pub data: Value,
}

impl EventStream {
    pub(super) fn new(path: &str, response: Response) -> Self {
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.headers()["content-type"], "text/event-stream", "{path}");
        Self { response, unread: String::new() }
    }

    /// The next block; none at the end.
    pub(crate) async fn block(&mut self) -> Option<Block> {
        loop {
            if let Some((block, rest)) = self.unread.split_once("\n\n") {
                let block = Block::parse(block);
                self.unread = rest.to_owned();
                return Some(block);
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await;
            let chunk = chunk.expect("something in time").expect("no broken connection")?;
            self.unread += std::str::from_utf8(&chunk).expect("events in ASCII");
        }
    }

    /// The data of the next event as it is: for tests that read thousands.
    pub(crate) async fn unchecked_event(&mut self) -> String {
        loop {
            let block = self.block().await.expect("another event");
            if let Some(data) = block.field("data") {
                return data.to_owned();
            }
        }
    }

    /// The next event; none at the end.
    pub(crate) async fn try_event(&mut self) -> Option<Event> {
        loop {
            let block = self.block().await?;
            let Some(data) = block.field("data") else { continue };
            let name = block.field("event").expect("a name").to_owned();
            let data = serde_json::from_str(data).expect("JSON");
            assert_eq!(conformance::message_verdict("changes", &name, &data), Ok(()), "{data}");
            return Some(Event { name, id: block.field("id").map(str::to_owned), data });
        }
    }

    /// The next event.
    pub(crate) async fn event(&mut self) -> Event {
        self.try_event().await.expect("another event")
    }

    /// What presence lists say of the reader, as the next event tells.
    pub(crate) async fn told_list(&mut self) -> Value {
        let Event { name, data, .. } = self.event().await;
        assert_eq!(name, "presence-list", "{data}");
        data
    }

    /// Who the next snapshot is of, and their states. Another one does not follow.
    pub(crate) async fn snapshot(&mut self) -> Vec<(String, String)> {
        let Event { name, data, .. } = self.event().await;
        assert_eq!((name.as_str(), &data["more"]), ("snapshot", &Value::Bool(false)), "{data}");
        let users = data["users"].as_array().expect("users").iter();
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        users.map(|user| (text(&user["userId"]), text(&user["state"]))).collect()
    }

    /// Who may no longer be seen, as the next event tells.
    pub(crate) async fn told_gone(&mut self) -> Vec<String> {
        let Event { name, data, .. } = self.event().await;
        assert_eq!(name, "gone", "{data}");
        serde_json::from_value(data["users"].clone()).expect("ids")
    }

    /// Why the stream ends, which nothing follows.
    pub(crate) async fn told_end(&mut self) -> String {
        let Event { name, data, .. } = self.event().await;
        assert_eq!(name, "end", "{data}");
        assert_eq!(self.try_event().await, None);
        data["reason"].as_str().expect("a reason").to_owned()
    }

    /// Who the next event is about, and their state.
    pub(crate) async fn told(&mut self) -> (String, String) {
        let Event { name, data, .. } = self.event().await;
        assert_eq!(name, "presence", "{data}");
        let text = |name: &str| data[name].as_str().expect("text").to_owned();
        (text("userId"), text("state"))
    }
}

impl Block {
    fn parse(text: &str) -> Self {
        let field = |line: &str| {
            let (name, value) = line.split_once(':').unwrap_or((line, ""));
            (name.to_owned(), value.strip_prefix(' ').unwrap_or(value).to_owned())
        };
        Self(text.lines().map(field).collect())
    }

    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn is_comment(&self) -> bool {
        self.0.iter().all(|(name, _)| name.is_empty())
    }
}
