//! `/presenced/v1/export`: everything that the server keeps, for admins.

use std::io;

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use tokio::sync::mpsc;
use tokio_stream::{StreamExt as _, wrappers::ReceiverStream};

use super::{
    error::{AdminOnly, Failure, Problem},
    extract::Admin,
};
use crate::{app::App, store::StoreError};

/// How much is sent at once, in bytes.
const CHUNK_BYTES: usize = 64 * 1_024;

/// How many chunks may wait for a slow reader.
const CHUNKS: usize = 4;

type Chunk = Result<Bytes, StoreError>;

/// Export everything.
///
/// Users, rooms, presence lists, token hashes and records, as they are at one moment, while the server
/// runs: JSON Lines, as `presenced import` takes them. The first line names the format; the last one has
/// the kind `end` and says how many lines came before it. Without that line a part is missing.
#[utoipa::path(
    get,
    path = "/presenced/v1/export",
    operation_id = "exportData",
    security(("bearer" = [])),
    tag = "Server",
    responses(
        (status = 200, description = "The lines.", body = String, content_type = "application/x-ndjson",
            example = "{\"kind\":\"presenced\",\"format\":2}\n{\"kind\":\"end\",\"lines\":1}\n"),
        (status = 409, description = "The server keeps its data in memory alone.", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "The data cannot be read.", body = Problem,
            content_type = "application/problem+json"),
        AdminOnly,
    ),
)]
pub(super) async fn export_data(State(app): State<App>, _: Admin) -> Result<Response, Failure> {
    let (sender, mut chunks) = mpsc::channel(CHUNKS);
    tokio::task::spawn_blocking(move || send(&app, &sender));
    // Whether there is anything to send shows in the first chunk.
    let first = match chunks.recv().await {
        Some(first) => first?,
        None => return Err(Failure::internal_error()),
    };
    let rest = ReceiverStream::new(chunks).map(|chunk| chunk.map_err(io::Error::other));
    let body = Body::from_stream(tokio_stream::once(Ok(first)).chain(rest));
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    Ok(([kind], body).into_response())
}

/// Sends the lines in chunks, until the reader goes away. After an error the body ends before its end.
fn send(app: &App, sender: &mpsc::Sender<Chunk>) {
    let mut chunk = Vec::with_capacity(CHUNK_BYTES);
    let exported = app.service.export(&mut |line: String| {
        chunk.extend_from_slice(line.as_bytes());
        chunk.len() < CHUNK_BYTES || sender.blocking_send(Ok(std::mem::take(&mut chunk).into())).is_ok()
    });
    let last = exported.map(|()| Bytes::from(chunk));
    if let Err(error) = &last {
        tracing::error!(%error, "an export was broken off");
    }
    // A reader that went away needs no end.
    let _gone = sender.blocking_send(last);
}
