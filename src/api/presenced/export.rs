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
    error::ProblemRefusal,
    extract::{AccessError, Asker},
};
use crate::{
    api::refusal::{Refusal as _, refusals},
    app::App,
    store::StoreError,
};

refusals! {
    /// Why nothing is exported.
    pub(super) enum ExportError: ProblemRefusal, from AccessError {
        Unauthorized,
        /// The caller is not an admin.
        Forbidden => ProblemRefusal::forbidden(AccessError::NotAdmin),
        /// The server keeps its data in memory alone.
        Conflict => ProblemRefusal::nothing_kept(),
        TooLarge,
        /// The server starts, or its data cannot be read.
        Unavailable => ProblemRefusal::unavailable(&StoreError::Opening),
    }
}

impl From<StoreError> for ExportError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NothingKept => ProblemRefusal::nothing_kept().into(),
            error => ProblemRefusal::unavailable(&error).into(),
        }
    }
}

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
        ExportError,
    ),
)]
pub(super) async fn export_data(State(app): State<App>, asker: Asker) -> Result<Response, ExportError> {
    asker.admin()?;
    let (sender, mut chunks) = mpsc::channel(CHUNKS);
    tokio::task::spawn_blocking(move || send(&app, &sender));
    // Whether there is anything to send shows in the first chunk.
    let first = chunks.recv().await.expect("an export has an end, if it meets no bug")?;
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
    // Where nothing is kept, nothing was begun.
    if let Err(error) = &last
        && !matches!(error, StoreError::NothingKept)
    {
        tracing::error!(%error, "an export was broken off");
    }
    // A reader that went away needs no end.
    let _gone = sender.blocking_send(last);
}
