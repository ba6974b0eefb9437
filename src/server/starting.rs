use std::{future::pending, sync::Arc};

use axum::{
    Json, Router,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing,
};
use serde_json::json;
use tokio::pin;

use super::{Listener, Server, connections::Connections, workers::Workers};
use crate::{
    clock::SystemClock,
    config::{Config, Live},
    store::StoreError,
};

/// When a client may try again, in seconds.
const RETRY_AFTER: &str = "1";

impl Server {
    /// Answers while the data is being read, for as long as it is polled: the process is alive and not ready,
    /// and every dialect says so in its own shape.
    pub async fn starting(&self, listener: &Listener, config: &Config) {
        let dialects = self.clone();
        let router = Router::new()
            .route("/healthz", routing::get(async || Json(json!({"status": "ok"}))))
            .fallback(async move |request: Request| dialects.unavailable(request.uri().path()))
            .layer(middleware::from_fn(close));
        let forever = pending();
        pin!(forever);
        let config = Arc::new(Live::new(config.clone()));
        let replacements = config.replacements();
        let connections = Connections::new(listener, router, config, Arc::new(SystemClock::start()), None);
        connections.serve(listener, &Workers::default(), replacements, forever).await;
    }

    fn unavailable(&self, path: &str) -> Response {
        // Further slashes come from a server address with one at its end.
        let path = format!("/{}", path.trim_start_matches('/'));
        match self.dialect_of(&path) {
            Some(dialect) => (dialect.refusals.unavailable)(StoreError::Opening),
            None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        }
    }
}

/// Each connection has one answer, so that the next one is answered by the server itself.
async fn close(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
    }
    response
}
