//! Reading request bodies, within the limits and in the order that the dialects need: after the checks
//! that do not look at the body.

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderMap, header},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::config::Limits;

/// Why a body was not read.
#[derive(Debug)]
pub(super) enum BodyError {
    /// It is larger than allowed.
    TooLarge,
    /// It ended early or did not arrive in time.
    Incomplete,
}

/// Whether the request says itself that its body is too large.
pub(super) fn declares_too_much(headers: &HeaderMap, limits: &Limits) -> bool {
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    declared
        .and_then(|length| length.parse::<u64>().ok())
        .is_some_and(|length| usize::try_from(length).is_ok_and(|length| length > limits.body_bytes))
}

/// The whole body.
pub(super) async fn read(body: Body, limits: &Limits) -> Result<Vec<u8>, BodyError> {
    let collecting = Limited::new(body, limits.body_bytes).collect();
    match tokio::time::timeout(Duration::from_secs(limits.body_seconds), collecting).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes().into()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(BodyError::TooLarge),
        Ok(Err(_)) | Err(_) => Err(BodyError::Incomplete),
    }
}
