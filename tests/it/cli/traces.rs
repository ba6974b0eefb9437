//! The feature `opentelemetry`: a span for each request goes to whoever collects them.

use std::time::Duration;

use axum::{Router, body::Bytes, routing};
use reqwest::Client;
use tokio::{net::TcpListener, sync::mpsc};

use super::{running::Running, serve::url};
use crate::support::secrets;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_are_part_of_their_clients_traces() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    let (sender, mut received) = mpsc::unbounded_channel();
    let take = async move |body: Bytes| {
        let _over = sender.send(body);
    };
    let collector = Router::new().route("/v1/traces", routing::post(take));
    tokio::spawn(async move { axum::serve(listener, collector).await });

    let environment = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()), ("OTEL_BSP_SCHEDULE_DELAY", "50")];
    let mut running = Running::start_with(&["serve", "--demo", "--listen", "127.0.0.1:0"], &environment);
    let url = url(&running.greeting());
    let path = "/_matrix/client/v3/presence/@alice:example.com/status";
    let call = Client::new().get(format!("{url}{path}?access_token=demo-alice"));
    let call = call.header("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01"));
    assert_eq!(call.send().await.expect("an answer").status(), 200);

    let body = tokio::time::timeout(Duration::from_secs(60), received.recv()).await.expect("in time");
    let body = body.expect("spans");
    let trace = hex::decode(TRACE).expect("an id");
    assert!(body.windows(trace.len()).any(|part| part == trace), "the trace goes on");
    let text = String::from_utf8_lossy(&body);
    for part in ["presenced", "request", "url.path", path, "http.response.status_code"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert_eq!(secrets::found_in(&text), None, "{text}");
    assert_eq!(running.end("TERM").0, Some(0));
}
