//! Bodies, which are JSON.

use axum::body::Body;
use serde::de::{self, DeserializeOwned};

use crate::{
    api::body::{self, BodyError},
    app::App,
};

/// Why a body does not say what is needed.
#[derive(Debug)]
pub(super) enum JsonError {
    Unread(BodyError),
    Invalid(serde_json::Error),
}

/// The body, within the limits, read as JSON whatever its content type says.
pub(super) async fn read_json<T: DeserializeOwned>(app: &App, body: Body) -> Result<T, JsonError> {
    parse(&read(app, body).await?)
}

/// The same of a body that may be left out.
pub(super) async fn read_json_if_any<T: DeserializeOwned + Default>(
    app: &App,
    body: Body,
) -> Result<T, JsonError> {
    let read = read(app, body).await?;
    if read.is_empty() { Ok(T::default()) } else { parse(&read) }
}

/// Every body is an object. Of a list serde would take the items for the members.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, JsonError> {
    if body.trim_ascii_start().starts_with(b"[") {
        return Err(JsonError::Invalid(de::Error::custom("a list is no object")));
    }
    serde_json::from_slice(body).map_err(JsonError::Invalid)
}

async fn read(app: &App, body: Body) -> Result<Vec<u8>, JsonError> {
    let limits = &app.config.limits;
    body::read(body, limits.bulk_body_bytes, limits).await.map_err(JsonError::Unread)
}
