//! Bodies, which are JSON.

use axum::body::Body;
use serde::de::{self, DeserializeOwned};

use crate::{
    api::{
        body::{self, BodyError},
        stub::Limits,
    },
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
    parse(&read(of(app), body).await?)
}

/// The same within the bounds of a stub.
pub(super) async fn read_json_within<T: DeserializeOwned>(
    limits: Limits,
    body: Body,
) -> Result<T, JsonError> {
    parse(&read(limits, body).await?)
}

/// The same of a body that may be left out.
pub(super) async fn read_json_if_any<T: DeserializeOwned + Default>(
    limits: Limits,
    body: Body,
) -> Result<T, JsonError> {
    let read = read(limits, body).await?;
    if read.is_empty() { Ok(T::default()) } else { parse(&read) }
}

/// Every body is an object. Of a list serde would take the items for the members.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, JsonError> {
    if body.trim_ascii_start().starts_with(b"[") {
        return Err(JsonError::Invalid(de::Error::custom("a list is no object")));
    }
    serde_json::from_slice(body).map_err(JsonError::Invalid)
}

/// The bounds on what this dialect reads.
pub(super) fn of(app: &App) -> Limits {
    Limits::of(&app.config.limits, app.config.limits.bulk_body_bytes)
}

async fn read(limits: Limits, body: Body) -> Result<Vec<u8>, JsonError> {
    body::read_within(body, limits.body_bytes, limits.body_time).await.map_err(JsonError::Unread)
}
