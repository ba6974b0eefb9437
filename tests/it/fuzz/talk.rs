//! Sending requests, and looking at what comes back.

use std::collections::VecDeque;

use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::{
    Client, Method, StatusCode, Url,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde_json::{Value, json, value::RawValue};
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use super::random::Request;
use crate::support::{Answer, conformance};

/// After so many requests the fixtures are brought back.
const RESET_AFTER: u64 = 250;

/// How many names of answers are remembered.
const REMEMBERED: usize = 200;

/// What the paths of operations begin with; everything else is a page.
const OPERATIONS: [&str; 5] = ["/_matrix/", "/v0/", "/v1/", "/restapi/", "/presenced/"];

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A client that sends all requests, one after the other.
pub(super) struct Talk {
    url: String,
    http: Client,
    socket: Option<Socket>,
    over_sockets: u64,
    heard: VecDeque<String>,
}

impl Talk {
    pub(super) fn with(url: &str) -> Self {
        let http = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build();
        let url = url.trim_end_matches('/').to_owned();
        Self { url, http: http.expect("a client"), socket: None, over_sockets: 0, heard: VecDeque::new() }
    }

    /// Names that were heard in answers.
    pub(super) fn heard(&mut self) -> &[String] {
        self.heard.make_contiguous()
    }

    pub(super) fn over_sockets(&self) -> u64 {
        self.over_sockets
    }

    /// Brings the fixtures back.
    pub(super) async fn reset(&self) {
        let call = self.http.post(format!("{}/presenced/v1/demo/reset", self.url)).bearer_auth("demo-admin");
        assert_eq!(call.send().await.expect("an answer").status(), StatusCode::NO_CONTENT);
    }

    /// Sends a request, and says what is wrong with the answer.
    pub(super) async fn send(&mut self, number: u64, request: &Request) -> Result<(), String> {
        if number.is_multiple_of(RESET_AFTER) {
            self.reset().await;
            self.socket = None;
        }
        let Some((method, url)) = self.sendable(request) else { return Ok(()) };
        let answer = if request.on_socket {
            self.over_socket(request).await?
        } else {
            self.over_http(&method, &url, request).await?
        };
        let Some(answer) = answer else { return Ok(()) };
        self.listen(&answer);
        if request.prefers && answer.text.starts_with("Prefer: ") {
            // Its path became another operation's, which has no such answer.
            return Ok(());
        }
        if answer.status.is_server_error() && !request.prefers {
            return Err(answer.line());
        }
        let is_health = matches!(url.path(), "/healthz" | "/readyz");
        if !is_health && !OPERATIONS.iter().any(|prefix| url.path().starts_with(prefix)) {
            return Ok(());
        }
        // This list is there with a slash at its end too, for clients that ask for it so; no document says it.
        if url.path().ends_with("/extension/") {
            return Ok(());
        }
        conformance::verdict(&method, &answer, true).map_err(|why| format!("{why}\n{}", answer.line()))
    }

    /// Its method and address, if a client could send it, and to this server.
    fn sendable(&self, request: &Request) -> Option<(Method, Url)> {
        let url = Url::parse(&format!("{}{}", self.url, request.target)).ok()?;
        Some((Method::from_bytes(request.method.as_bytes()).ok()?, url))
    }

    async fn over_http(
        &self,
        method: &Method,
        url: &Url,
        request: &Request,
    ) -> Result<Option<Answer>, String> {
        let mut call = self.http.request(method.clone(), url.clone()).body(request.body.clone());
        for (name, value) in &request.headers {
            let Ok(value) = HeaderValue::from_bytes(value) else { continue };
            call = call.header(*name, value);
        }
        let response = match call.send().await {
            Ok(response) => response,
            // Longer than a head may be.
            Err(error) if request.target.len() > 10_000 => {
                return Err(format!("a long request broke: {error:?}"));
            }
            Err(error) => return Err(format!("{error:?}")),
        };
        if request.streams && response.status().is_success() {
            return Ok(None);
        }
        Ok(Some(conformance::of_response(response).await))
    }

    /// Sends a request over a socket. None: it ended.
    async fn over_socket(&mut self, request: &Request) -> Result<Option<Answer>, String> {
        let Some(mut socket) = self.socket().await? else { return Ok(None) };
        self.over_sockets += 1;
        let id = self.over_sockets.to_string();
        let meta = json!({"type": "ClientRequest", "messageId": id, "method": request.method, "path": request.target});
        let body = String::from_utf8_lossy(&request.body);
        let body = if body.is_empty() { "null" } else { &body };
        if socket.send(Message::text(format!("[{meta},{body}]"))).await.is_err() {
            return Ok(None);
        }
        while let Some(Ok(message)) = socket.next().await {
            let Message::Text(text) = message else { continue };
            let (meta, body) = parts(&text).map_err(|error| format!("{error}: {text}"))?;
            if meta["messageId"] != *id {
                continue;
            }
            self.socket = Some(socket);
            let status = meta["status"]
                .as_u64()
                .and_then(|status| StatusCode::from_u16(u16::try_from(status).ok()?).ok());
            let status = status.ok_or_else(|| format!("no status: {meta}"))?;
            return Ok(Some(Answer { status, headers: headers(&meta), text: body }));
        }
        // Whoever sends what is no message is told so, and that was it.
        Ok(None)
    }

    /// The socket, which alice opens; none if she is gone.
    async fn socket(&mut self) -> Result<Option<Socket>, String> {
        if let Some(socket) = self.socket.take() {
            return Ok(Some(socket));
        }
        let call = self.http.post(format!("{}/restapi/oauth/wstoken", self.url)).bearer_auth("demo-alice");
        let answer = call.send().await.map_err(|error| error.to_string())?;
        if answer.status().is_client_error() {
            return Ok(None);
        }
        let token: Value = answer.json().await.map_err(|error| error.to_string())?;
        let (uri, token) = (token["uri"].as_str().expect("a URI"), token["ws_access_token"].as_str());
        let address = format!("{uri}?access_token={}", token.expect("a token"));
        let (socket, _) = connect_async(address).await.map_err(|error| error.to_string())?;
        Ok(Some(socket))
    }

    /// Remembers names in an answer, for later requests.
    fn listen(&mut self, answer: &Answer) {
        let Ok(body) = serde_json::from_str::<Value>(&answer.text) else { return };
        let mut left = vec![&body];
        while let Some(value) = left.pop() {
            match value {
                Value::Array(items) => left.extend(items.iter().take(3)),
                Value::Object(members) => {
                    for (name, value) in members {
                        let is_name =
                            ["id", "Id", "token", "next_batch"].iter().any(|end| name.ends_with(end));
                        match value.as_str().filter(|text| is_name && text.len() < 200) {
                            Some(text) => self.heard.push_back(text.to_owned()),
                            None => left.push(value),
                        }
                    }
                }
                _ => {}
            }
        }
        self.heard.drain(..self.heard.len().saturating_sub(REMEMBERED));
    }
}

/// What a message says of its body, and the body: JSON, or parts that stand there as they are, as clients split them off.
fn parts(message: &str) -> serde_json::Result<(Value, String)> {
    if let Some((meta, body)) = message.split_once(",--Boundary") {
        let body = format!("--Boundary{}", body.trim_end_matches(']'));
        return Ok((serde_json::from_str(meta.trim_start_matches('['))?, body));
    }
    let members: Vec<&RawValue> = serde_json::from_str(message)?;
    let body = members.get(1).map(|body| body.get().to_owned()).unwrap_or_default();
    Ok((serde_json::from_str(members[0].get())?, body))
}

fn headers(meta: &Value) -> HeaderMap {
    let pairs = meta["headers"].as_object().into_iter().flatten();
    let pairs = pairs.filter_map(|(name, value)| {
        Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value.as_str()?).ok()?))
    });
    pairs.collect()
}
