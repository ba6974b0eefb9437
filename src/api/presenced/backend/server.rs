//! A server of ours itself.

use std::io;

use async_trait::async_trait;
use axum::{body::Bytes, extract::FromRef};
use tokio::sync::mpsc;
use tokio_stream::{StreamExt as _, wrappers::ReceiverStream};

use crate::{
    api::{
        presenced::{
            error::ProblemRefusal,
            extract,
            stub::{
                self, AuthenticateError, Caller, Identity,
                server::{ExportError, Health, Lines, ReadinessError, Server},
            },
        },
        stub::{Credentials, Stub},
    },
    app::{App, Parts},
    service::Service,
    store::StoreError,
};

/// How much of an export is sent at once, in bytes.
const CHUNK_BYTES: usize = 64 * 1_024;

/// How many chunks may wait for a slow reader.
const CHUNKS: usize = 4;

type Chunk = Result<Bytes, StoreError>;

impl FromRef<App> for Stub<dyn Server> {
    fn from_ref(app: &App) -> Self {
        Self { backend: app.parts(), limits: extract::of(app) }
    }
}

#[async_trait]
impl Server for Parts {
    async fn authenticate(&self, credentials: &Credentials) -> Result<Identity, AuthenticateError> {
        stub::Presence::authenticate(self, credentials).await
    }

    async fn export_data(&self, _caller: &Caller) -> Result<Lines, ExportError> {
        let (sender, mut chunks) = mpsc::channel(CHUNKS);
        let service = self.service.clone();
        tokio::task::spawn_blocking(move || send(&service, &sender));
        // Whether there is anything to send shows in the first chunk.
        let first = chunks.recv().await.expect("an export has an end, if it meets no bug")?;
        let rest = ReceiverStream::new(chunks).map(|chunk| chunk.map_err(io::Error::other));
        Ok(Box::pin(tokio_stream::once(Ok(first)).chain(rest)))
    }

    async fn get_readiness(&self) -> Result<Health, ReadinessError> {
        self.ready().map_err(ProblemRefusal::not_ready)?;
        Ok(Health::ok())
    }
}

/// Sends the lines in chunks, until the reader goes away. After an error the body ends before its end.
fn send(service: &Service, sender: &mpsc::Sender<Chunk>) {
    let mut chunk = Vec::with_capacity(CHUNK_BYTES);
    let exported = service.export(&mut |line: String| {
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
